#include "samples.h"

#include <stdio.h>

#include "base/macros.h"
#include "core/verdict.h"

/* clang-format off */
#define ID { { 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18, 0x29, 0x3a, 0x4b, 0x5c, 0x6d, 0x7e, 0x8f, 0x90 } }
#define ALICE { .name = "alice", .account = "alice", .uid = 1000 }
#define BOB { .name = "Bob.2_x-y", .account = "robert", .uid = 1001 }
#define LONGEST { .name = "a2345678901234567890123456789012", .account = "A account with bytes \xff\x01 of any", .uid = UINT32_MAX }
#define SINCE 1795435267042 /* 2026-11-23T12:01:07.042Z */
/* clang-format on */

static uint8_t longest_body[MESSAGE_MAX];

#define TWO_FILES "\1\12\0\0\0\0\0\0\0\5a.csv\0\0\0\0\1\0\0\0\5b.csv"

static struct upstream_message upstream[] = {
	{ .type = UPSTREAM_HELLO, .u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } },
	{ .type = UPSTREAM_HELLO, .u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = 1 } },
	{ .type = UPSTREAM_TO, .u.to = { .name = "\u5C0F\u660E@example.org" } },
	{ .type = UPSTREAM_LOGIN, .u.login = { .id = ID, .name = "alice" } },
	{ .type = UPSTREAM_LOGIN,
	    .u.login = { .id = ID,
		.name = "bob",
		.resume_only = true,
		.pair = 0x1122334455667788,
		.partner = ALICE,
		.policy = { .dnd = true,
		    .count = 4,
		    .rule = { { .type = POLICY_BLOCK_NAME, .name = "eve" },
			{ .type = POLICY_BLOCK_UID, .id = 1002, .name = "eve" },
			{ .type = POLICY_BLOCK_GROUP, .id = 50, .name = "staff" },
			{ .type = POLICY_ALLOW_GROUP, .id = 0 } } } } },
	{ .type = UPSTREAM_TO, .u.to = { .name = "bob" } },
	{ .type = UPSTREAM_TO, .u.to = { .name = "a2345678901234567890123456789012", .wait = true } },
	{ .type = UPSTREAM_CANCEL },
	{ .type = UPSTREAM_LEAVE },
	{ .type = UPSTREAM_QUIT },
	{ .type = UPSTREAM_WHO },
	{ .type = UPSTREAM_WHO, .u.who = { .cursor = 257 } },
	{ .type = UPSTREAM_POLICY, .u.policy = { .dnd = true } },
	{ .type = UPSTREAM_POLICY }, /* every rule that fits: set below */
	{ .type = UPSTREAM_RESULT, .u.result = { .verdict = VERDICT_OK } },
	{ .type = UPSTREAM_RESULT, .u.result = { .verdict = VERDICT_COUNT - 1 } },
	{ .type = UPSTREAM_WELCOME, .u.welcome = { .self = ALICE, .grace_ms = 10000 } },
	{ .type = UPSTREAM_WELCOME, .u.welcome = { .resumed = true, .last_end = ENDING_GONE, .self = LONGEST } },
	{ .type = UPSTREAM_WHO_PAGE },
	{ .type = UPSTREAM_WHO_PAGE, .u.who_page = { .next = 3 } },          /* two entries: set below */
	{ .type = UPSTREAM_WHO_PAGE, .u.who_page = { .next = UINT32_MAX } }, /* a full page of the longest entries */
	{ .type = UPSTREAM_PAIRED,
	    .u.paired = { .pair = 0x1122334455667788, .epoch = 1, .online = true, .peer = BOB } },
	{ .type = UPSTREAM_ENDED, .u.ended = { .pair = 0x1122334455667788, .ending = ENDING_LEFT } },
	{ .type = UPSTREAM_LOST, .u.link = { .pair = 0x1122334455667788 } },
	{ .type = UPSTREAM_BACK, .u.link = { .pair = 0x1122334455667788, .epoch = 2 } },
	{ .type = UPSTREAM_WAIT_OVER, .u.wait_over = { .verdict = VERDICT_NO_SUCH_USER } },
	{ .type = UPSTREAM_WAITING, .u.waiting = { .peer = BOB } },
	{ .type = UPSTREAM_AWAY, .u.away = { .text = "lunch until two" } },
	{ .type = UPSTREAM_AWAY },
	{ .type = UPSTREAM_IS_AWAY, .u.away = { .pair = 0x1122334455667788, .text = "lunch until two" } },
	{ .type = UPSTREAM_BYE, .u.bye = { .reason = BYE_VERSION } },
	{ .type = UPSTREAM_BYE, .u.bye = { .reason = BYE_STOPPING } },
	{ .type = UPSTREAM_TELL,
	    .u.tell = { .msgid = ID, .name = "bob", .body = (const uint8_t *)"build: exit 0", .length = 13 } },
	{ .type = UPSTREAM_TELL,
	    .u.tell = { .name = "a2345678901234567890123456789012", .body = longest_body, .length = NOTE_MAX } },
	{ .type = UPSTREAM_TELL,
	    .u.tell = { .flags = TELL_TO_UID,
		.uid = 1001,
		.name = "bob",
		.body = (const uint8_t *)"thanks",
		.length = 6 } },
	{ .type = UPSTREAM_KEPT, .u.kept = { .cursor = 33 } },
	{ .type = UPSTREAM_KEPT_PAGE },
	{ .type = UPSTREAM_KEPT_PAGE,
	    .u.kept_page = { .next = 40,
		.count = 2,
		.entry = { { .msgid = ID, .name = "bob", .time_ms = SINCE, .length = 13 },
		    { .name = "a2345678901234567890123456789012", .length = NOTE_MAX } } } },
	{ .type = UPSTREAM_ABOUT },
	{ .type = UPSTREAM_VERSION, .u.version = { "1.0.0" } },
	{ .type = UPSTREAM_VERSION, .u.version = { "12345678901234567890123456789012" } },
	{ .type = UPSTREAM_UNTELL, .u.untell = { .msgid = ID } },
	{ .type = UPSTREAM_NOTE_ACK, .u.note_ack = { .token = 0x1122334455667788, .verdict = VERDICT_NOTES_FULL } },
	{ .type = UPSTREAM_NOTE,
	    .u.note = { .token = 1024,
		.from = ALICE,
		.msgid = ID,
		.body = (const uint8_t *)"build: exit 0",
		.length = 13 } },
	{ .type = UPSTREAM_NOTE,
	    .u.note = { .token = UINT64_MAX,
		.stranger = true,
		.from = { .account = "uid 1002", .uid = 1002 },
		.body = longest_body,
		.length = NOTE_MAX } },
	{ .type = UPSTREAM_TOLD, .u.told = { .msgid = ID, .verdict = VERDICT_OK } },
	{ .type = UPSTREAM_OFFER,
	    .u.offer = { .pair = 0x1122334455667788,
		.msgid = ID,
		.body = (const uint8_t *)"\0the dump",
		.length = 9 } },
	{ .type = UPSTREAM_OFFER,
	    .u.offer = { .pair = 1,
		.open = true,
		.body = (const uint8_t *)TWO_FILES,
		.length = sizeof(TWO_FILES) - 1 } },
	{ .type = UPSTREAM_OFFER_ACK, .u.word = { .msgid = ID, .verdict = VERDICT_OK, .number = 7 } },
	{ .type = UPSTREAM_OFFER_OVER, .u.word = { .msgid = ID } },
	{ .type = UPSTREAM_ACCEPT, .u.word = { .msgid = ID } },
	{ .type = UPSTREAM_DECLINE, .u.word = { .msgid = ID } },
	{ .type = UPSTREAM_OFFERED,
	    .u.offer = { .pair = 0x1122334455667788,
		.msgid = ID,
		.body = (const uint8_t *)"\0the dump",
		.length = 9 } },
	{ .type = UPSTREAM_OFFER_TOLD, .u.word = { .msgid = ID, .verdict = VERDICT_DECLINED } },
	{ .type = UPSTREAM_OFFER_GONE, .u.word = { .msgid = ID } },
	{ .type = UPSTREAM_CHANNEL, .u.word = { .msgid = ID, .verdict = VERDICT_CHANNEL_OPEN } },
};

static struct control_message control[] = {
	{ .type = CONTROL_HELLO, .u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } },
	{ .type = CONTROL_STATUS },
	{ .type = CONTROL_TO, .u.to = { .name = "bob", .wait = true } },
	{ .type = CONTROL_LEAVE },
	{ .type = CONTROL_QUIT },
	{ .type = CONTROL_WHO, .u.who = { .cursor = 12 } },
	{ .type = CONTROL_EXPECT, .u.expect = { .name = "bob" } },
	{ .type = CONTROL_READ, .u.read = { .flags = READ_WAIT, .limit = 1 } },
	{ .type = CONTROL_READ, .u.read = { .flags = READ_PEEK | READ_WAIT | READ_MESSAGES, .after = UINT64_MAX } },
	{ .type = CONTROL_DONE, .u.done = { .last = 7 } },
	{ .type = CONTROL_DONE, .u.done = { .last = 8, .single = true } },
	{ .type = CONTROL_WATCH },
	{ .type = CONTROL_RULE, .u.rule = { .dnd = 2 } },
	{ .type = CONTROL_RULE,
	    .u.rule = { .remove = true, .has_rule = true, .rule = { .type = POLICY_BLOCK_NAME, .name = "eve" } } },
	{ .type = CONTROL_HISTORY },
	{ .type = CONTROL_HISTORY,
	    .u.history = { .partner = "bob", .limit = 20, .since_ms = SINCE, .grep = "lunch \xf0\x9f\x8d\x95" } },
	{ .type = CONTROL_POLICY },
	{ .type = CONTROL_AWAY, .u.away = { .text = "lunch until two" } },
	{ .type = CONTROL_STATE, .u.state = { .self = ALICE, .away = "lunch", .partner_away = "" } },
	{ .type = CONTROL_STATE, .u.state = { .self = ALICE, .notes = 3, .partner_away = "\xe5\x8d\x88" } },
	{ .type = CONTROL_FORGET, .u.forget = { .partner = "bob", .before_ms = SINCE, .unread = true } },
	{ .type = CONTROL_FORGET, .u.forget = { .keep = true, .keep_age_ms = 86400000, .keep_records = 1000 } },
	{ .type = CONTROL_OUTCOME, .u.outcome = { .verdict = VERDICT_FAILED, .words = "no space left on device" } },
	{ .type = CONTROL_OUTCOME, .u.outcome = { .verdict = VERDICT_OK } },
	{ .type = CONTROL_STATE, .u.state = { .self = ALICE, .last_end = ENDING_QUIT, .unread = 2, .last = 9 } },
	{ .type = CONTROL_STATE,
	    .u.state = { .self = ALICE,
		.partner = BOB,
		.pair = 0x1122334455667788,
		.state = WHO_PAIRED,
		.daemon = DAEMON_RECONNECTING,
		.partner_online = true,
		.dnd = true } },
	{ .type = CONTROL_RECORD,
	    .u.record = { .id = 7,
		.time_ms = SINCE,
		.peer = ALICE,
		.msgid = ID,
		.body = (const uint8_t *)"lunch?",
		.length = 6 } },
	{ .type = CONTROL_RECORD,
	    .u.record = { .id = UINT64_MAX,
		.own = true,
		.time_ms = INT64_MIN,
		.peer = LONGEST,
		.msgid = ID,
		.body = longest_body,
		.length = MESSAGE_MAX } },
	{ .type = CONTROL_RECORD, .u.record = { .id = 8, .type = RECORD_GONE, .time_ms = SINCE, .peer = BOB } },
	{ .type = CONTROL_RECORD, .u.record = { .id = 9, .type = RECORD_WAITING, .time_ms = SINCE, .peer = ALICE } },
	{ .type = CONTROL_READ_END, .u.read_end = { .count = 2, .more = true, .last = 8 } },
	{ .type = CONTROL_READ_END, .u.read_end = { .verdict = VERDICT_NOTHING } },
	{ .type = CONTROL_RULES, .u.policy = { .count = 1, .rule = { { .type = POLICY_BLOCK_UID, .id = 0 } } } },
	{ .type = CONTROL_HELD, .u.route = { .pair = 0x1122334455667788, .gen = 1, .forwarded = 3 } },
	{ .type = CONTROL_READY, .u.route = { .pair = 0x1122334455667788, .gen = 1 } },
	{ .type = CONTROL_ENDED, .u.ended = { .verdict = VERDICT_LEFT } },
	{ .type = CONTROL_CHANGED, .u.state = { .self = BOB } },
	{ .type = CONTROL_BYE, .u.bye = { .reason = BYE_MALFORMED } },
	{ .type = CONTROL_READ, .u.read = { .flags = READ_WAIT | READ_MESSAGES | READ_NOTES, .limit = 1 } },
	{ .type = CONTROL_HISTORY, .u.history = { .notes = true } },
	{ .type = CONTROL_STATE, .u.state = { .self = ALICE, .unread = 2, .last = 9, .notes = 3 } },
	{ .type = CONTROL_RECORD,
	    .u.record = { .id = 9,
		.type = RECORD_NOTE,
		.time_ms = SINCE,
		.peer = { .account = "alice", .uid = 1000 },
		.msgid = ID,
		.body = (const uint8_t *)"build: exit 0",
		.length = 13 } },
	{ .type = CONTROL_TELL,
	    .u.tell = { .msgid = ID, .name = "bob", .body = (const uint8_t *)"build: exit 0", .length = 13 } },
	{ .type = CONTROL_NOTE, .u.note = { .id = 7 } },
	{ .type = CONTROL_LINK },
	{ .type = CONTROL_RULE, .u.rule = { .notes = 1 } },
	{ .type = CONTROL_STATE, .u.state = { .self = ALICE, .notes_off = true } },
	{ .type = CONTROL_TOLD, .u.told = { .msgid = ID, .verdict = VERDICT_NO_SUCH_USER } },
	{ .type = CONTROL_OFFER,
	    .u.offer = { .pair = 0x1122334455667788,
		.msgid = ID,
		.body = (const uint8_t *)"\0the dump",
		.length = 9 } },
	{ .type = CONTROL_OFFERS },
	{ .type = CONTROL_ACCEPT, .u.offered = { .number = 7 } },
	{ .type = CONTROL_DECLINE },
	{ .type = CONTROL_OFFER_TOLD, .u.word = { .msgid = ID, .verdict = VERDICT_OK, .number = 7 } },
	{ .type = CONTROL_CHANNEL, .u.word = { .msgid = ID } },
	{ .type = CONTROL_RECORD,
	    .u.record = { .id = 7,
		.type = RECORD_OFFER,
		.time_ms = SINCE,
		.peer = ALICE,
		.msgid = ID,
		.body = (const uint8_t *)TWO_FILES,
		.length = sizeof(TWO_FILES) - 1 } },
	{ .type = CONTROL_RECORD,
	    .u.record = { .id = 3,
		.own = true,
		.time_ms = SINCE,
		.peer = BOB,
		.msgid = ID,
		.body = (const uint8_t *)"lunch?",
		.length = 6 } },
	{ .type = CONTROL_READ_END, .u.read_end = { .count = 1, .follows = true } },
};

static const struct who_entry two[] = {
	{ .peer = ALICE, .state = WHO_PAIRED, .reachable = true, .since_ms = SINCE },
	{ .peer = BOB, .state = WHO_RECONNECTING, .since_ms = -1 },
};
static const struct who_entry longest = { .peer = LONGEST, .since_ms = INT64_MAX };

static void
fill_page(struct who_page *p)
{
	static uint8_t small[WHO_PAGE_BYTES], large[WHO_PAGE_BYTES];

	for (size_t i = 0; p->next == 3 && i < ARRAY_SIZE(two); i++)
		(void)who_page_add(p, small, &two[i]);
	while (p->next == UINT32_MAX && who_page_add(p, large, &longest))
		continue;
}

const struct upstream_message *
sample_upstream(unsigned i)
{
	struct upstream_message *m = &upstream[i];

	if (i >= ARRAY_SIZE(upstream))
		return NULL;
	if (i > 0 && m->type == UPSTREAM_POLICY && m[-1].type == m->type) {
		m->u.policy.count = POLICY_ENTRIES;
		for (unsigned k = 0; k < POLICY_ENTRIES; k++) {
			m->u.policy.rule[k].type = POLICY_BLOCK_NAME;
			(void)snprintf(m->u.policy.rule[k].name, sizeof(m->u.policy.rule[k].name), "nobody-%u", k);
		}
	}
	if (m->type == UPSTREAM_WHO_PAGE && m->u.who_page.count == 0)
		fill_page(&m->u.who_page);
	return m;
}

const struct control_message *
sample_control(unsigned i)
{
	return i < ARRAY_SIZE(control) ? &control[i] : NULL;
}
