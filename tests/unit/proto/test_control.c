#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "guard.h"
#include "message.h"
#include "proto/control.h"
#include "samples.h"

#define RECORD_FIXED(name, account) (8 + 1 + 1 + 8 + 1 + strlen(name) + 1 + strlen(account) + 4 + IDENT_LEN)

static size_t
encode(const void *m, uint8_t *out, size_t cap)
{
	return control_encode(m, out, cap);
}

static int
decode(const struct frame *f, void *m)
{
	return control_decode(f, m);
}

static const struct protocol protocol = { encode, decode, sizeof(struct control_message) };

START_TEST(test_control_round_trips)
{
	for (unsigned i = 0; sample_control(i); i++)
		message_round_trip(&protocol, sample_control(i));
}
END_TEST

START_TEST(test_control_lengths)
{
	for (unsigned i = 0; sample_control(i); i++) {
		const struct control_message *m = sample_control(i);
		const struct record *r = &m->u.record;

		if (m->type == CONTROL_RECORD && r->length == MESSAGE_MAX)
			continue; /* below */
		if ((m->type == CONTROL_STATE &&
			(m->u.state.notes > 0 || m->u.state.notes_off || m->u.state.away[0] ||
			    m->u.state.partner_away[0])) ||
		    (m->type == CONTROL_RULE && m->u.rule.notes > 0) ||
		    (m->type == CONTROL_HISTORY && m->u.history.notes) ||
		    (m->type == CONTROL_READ_END && m->u.read_end.follows))
			continue; /* of two lengths, as HELLO */
		if (m->type == CONTROL_OFFER)
			message_lengths(&protocol, m, 8 + IDENT_LEN + 1 + 1);
		else if (m->type == CONTROL_TELL)
			message_lengths(&protocol, m, IDENT_LEN + 1 + 1 + strlen(m->u.tell.name) + 1);
		else
			message_lengths(
			    &protocol, m, m->type == CONTROL_RECORD ? RECORD_FIXED(r->peer.name, r->peer.account) : 0);
	}
}
END_TEST

START_TEST(test_control_mutations)
{
	for (unsigned i = 0; sample_control(i); i++) {
		const struct control_message *m = sample_control(i);

		if (m->type != CONTROL_RECORD || m->u.record.length < MESSAGE_MAX)
			message_mutations(&protocol, m);
	}
}
END_TEST

START_TEST(test_control_record_body)
{
	static uint8_t out[FRAME_MAX], body[MESSAGE_MAX + 1];
	struct control_message m = { .type = CONTROL_RECORD, .u.record = { .peer.name = "bob", .body = body } };
	struct control_message back;
	struct frame f;

	for (uint32_t n = 0; n <= MESSAGE_MAX; n = n < 10 ? n + 1 : n * 2 > MESSAGE_MAX ? n + 8192 : n * 2) {
		m.u.record.length = n;
		ck_assert_int_gt(frame_parse(out, control_encode(&m, out, sizeof(out)), &f), 0);
		ck_assert_int_eq(control_decode(&f, &back), 0);
		ck_assert_uint_eq(back.u.record.length, n);
		ck_assert_ptr_eq(back.u.record.body, out + FRAME_HEADER + RECORD_FIXED("bob", ""));
	}
	m.u.record.length = MESSAGE_MAX + 1;
	ck_assert_uint_eq(control_encode(&m, out, sizeof(out)), 0);
	m.u.record.length = MESSAGE_MAX;
	ck_assert_int_gt(frame_parse(out, control_encode(&m, out, sizeof(out)), &f), 0);
	f.length++;
	ck_assert_int_eq(control_decode(&f, &back), -1);
}
END_TEST

/* The layout is a promise to other versions: these bytes never change. */
START_TEST(test_control_bytes)
{
	static const struct control_message hello = { .type = CONTROL_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = 1 } };
	static const struct control_message held = { .type = CONTROL_HELD,
		.u.route = { .pair = 0x0102030405060708, .gen = 1, .forwarded = 3 } };
	static const struct control_message outcome = { .type = CONTROL_OUTCOME,
		.u.outcome = { .verdict = VERDICT_BUSY, .words = "eh" } };
	static const struct control_message record = { .type = CONTROL_RECORD,
		.u.record = { .id = 7,
		    .time_ms = -2,
		    .peer = { .name = "bob", .account = "r", .uid = 1001 },
		    .msgid = { .b = { [15] = 1 } },
		    .body = (const uint8_t *)"hi",
		    .length = 2 } };

	message_is(&protocol, &hello, "\6\0\0\0\101\0\0\0CHAT\1\0", 14);
	message_is(&protocol, &held, "\20\0\0\0\300\0\0\0\10\7\6\5\4\3\2\1\1\0\0\0\3\0\0\0", 24);
	message_is(&protocol, &outcome, "\4\0\0\0\140\0\0\0\3\2eh", 12);
	message_is(&protocol, &record,
	    "\56\0\0\0\142\0\0\0"
	    "\7\0\0\0\0\0\0\0\0\0\376\377\377\377\377\377\377\377\3bob\1r\351\3\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1hi",
	    54);
}
END_TEST

static const struct {
	const char *what;
	struct control_message m;
} wrong[] = {
	{ "a magic that is not ours", { .type = CONTROL_HELLO, .u.hello = { .magic = 1, .version = 1 } } },
	{ "a name that is none", { .type = CONTROL_TO, .u.to = { .name = "al/ice" } } },
	{ "nobody expected", { .type = CONTROL_EXPECT } },
	{ "unknown flags", { .type = CONTROL_READ, .u.read = { .flags = 16 } } },
	{ "dnd that is neither", { .type = CONTROL_RULE, .u.rule = { .dnd = 3 } } },
	{ "no such rule", { .type = CONTROL_RULE, .u.rule = { .has_rule = true } } },
	{ "a partner that is no name", { .type = CONTROL_HISTORY, .u.history = { .partner = "a b" } } },
	{ "no such verdict", { .type = CONTROL_OUTCOME, .u.outcome = { .verdict = VERDICT_COUNT } } },
	{ "the state of nobody", { .type = CONTROL_STATE } },
	{ "no such state", { .type = CONTROL_STATE, .u.state = { .self.name = "a", .state = WHO_RECONNECTING + 1 } } },
	{ "no such daemon", { .type = CONTROL_STATE, .u.state = { .self.name = "a", .daemon = 2 } } },
	{ "no such ending", { .type = CONTROL_CHANGED, .u.state = { .self.name = "a", .last_end = ENDING_GONE + 1 } } },
	{ "no such record", { .type = CONTROL_RECORD, .u.record = { .type = RECORD_WAITING + 1, .peer.name = "a" } } },
	{ "a record of nobody", { .type = CONTROL_RECORD } },
	{ "no such end", { .type = CONTROL_READ_END, .u.read_end = { .verdict = VERDICT_COUNT } } },
	{ "no such end of a pair", { .type = CONTROL_ENDED, .u.ended = { .verdict = VERDICT_COUNT } } },
	{ "a bye without reason", { .type = CONTROL_BYE } },
	{ "no such type", { .type = 0 } },
	{ "MSG", { .type = FRAME_MSG } },
	{ "ACK", { .type = FRAME_ACK } },
	{ "a type of the other socket", { .type = 0x02 } },
};

START_TEST(test_control_never_emits)
{
	message_is_refused(&protocol, &wrong[_i].m);
}
END_TEST

START_TEST(test_control_types)
{
	static struct control_message m;
	unsigned known = 0;

	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		const struct frame f = { (uint16_t)type, 0, guard_copy(NULL, 0) };

		known += control_decode(&f, &m) == 0;
	}
	ck_assert_uint_eq(
	    known, 7); /* STATUS, LEAVE, QUIT, WATCH, POLICY, OFFERS, LINK: all others have a body, or are none */
}
END_TEST

Suite *
control_suite(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("control");

	tcase_add_test(t, test_control_round_trips);
	tcase_add_test(t, test_control_lengths);
	tcase_add_test(t, test_control_mutations);
	tcase_add_test(t, test_control_record_body);
	tcase_add_test(t, test_control_bytes);
	tcase_add_loop_test(t, test_control_never_emits, 0, (int)ARRAY_SIZE(wrong));
	tcase_add_test(t, test_control_types);
	suite_add_tcase(s, t);
	return s;
}
