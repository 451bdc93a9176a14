#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "guard.h"
#include "message.h"
#include "proto/feature.h"
#include "proto/upstream.h"
#include "samples.h"

static size_t
encode(const void *m, uint8_t *out, size_t cap)
{
	return upstream_encode(m, out, cap);
}

static int
decode(const struct frame *f, void *m)
{
	return upstream_decode(f, m);
}

static const struct protocol protocol = { encode, decode, sizeof(struct upstream_message) };

START_TEST(test_upstream_round_trips)
{
	for (unsigned i = 0; sample_upstream(i); i++)
		message_round_trip(&protocol, sample_upstream(i));
}
END_TEST

/* Of what ends with a note, the least bytes; of all else 0: it has one length. */
static size_t
note_fixed(const struct upstream_message *m)
{
	if (m->type == UPSTREAM_TELL)
		return IDENT_LEN + 1 + 1 + strlen(m->u.tell.name) + (m->u.tell.flags ? 4 : 0) + 1;
	if (m->type == UPSTREAM_NOTE)
		return 8 + 1 + 1 + strlen(m->u.note.from.name) + 1 + strlen(m->u.note.from.account) + 4 + IDENT_LEN + 1;
	if (m->type == UPSTREAM_OFFER || m->type == UPSTREAM_OFFERED)
		return 8 + IDENT_LEN + 1 + 1;
	return 0;
}

START_TEST(test_upstream_lengths)
{
	for (unsigned i = 0; sample_upstream(i); i++) {
		const struct upstream_message *m = sample_upstream(i);

		if (m->type == UPSTREAM_WHO_PAGE && m->u.who_page.count == WHO_PAGE_ENTRIES)
			continue; /* tried with two entries; this one would take a minute */
		if (m->type == UPSTREAM_HELLO && m->u.hello.features != 0)
			continue; /* of two lengths: below */
		if (m->type == UPSTREAM_OFFER && m->u.offer.open)
			continue; /* of as many as it has files */
		message_lengths(&protocol, m, note_fixed(m));
	}
}
END_TEST

START_TEST(test_upstream_mutations)
{
	for (unsigned i = 0; sample_upstream(i); i++) {
		const struct upstream_message *m = sample_upstream(i);

		if (m->type == UPSTREAM_WHO_PAGE && m->u.who_page.count == WHO_PAGE_ENTRIES)
			continue;
		message_mutations(&protocol, m);
	}
}
END_TEST

START_TEST(test_upstream_values_arrive)
{
	static struct upstream_message m;
	uint8_t out[512];
	struct frame f;

	for (unsigned i = 0; sample_upstream(i); i++) {
		if (sample_upstream(i)->type != UPSTREAM_LOGIN || sample_upstream(i)->u.login.pair == 0)
			continue;
		ck_assert_int_gt(frame_parse(out, upstream_encode(sample_upstream(i), out, sizeof(out)), &f), 0);
		ck_assert_int_eq(upstream_decode(&f, &m), 0);
	}
	ck_assert_str_eq(m.u.login.name, "bob");
	ck_assert(m.u.login.resume_only);
	ck_assert_uint_eq(m.u.login.pair, 0x1122334455667788);
	ck_assert_uint_eq(m.u.login.id.b[15], 0x90);
	ck_assert(m.u.login.policy.dnd);
	ck_assert_uint_eq(m.u.login.policy.count, 4);
	ck_assert_uint_eq(m.u.login.policy.rule[2].type, POLICY_BLOCK_GROUP);
	ck_assert_uint_eq(m.u.login.policy.rule[2].id, 50);
	ck_assert_str_eq(m.u.login.policy.rule[2].name, "staff");
}
END_TEST

/* The layout is a promise to other versions: these bytes never change. */
START_TEST(test_upstream_bytes)
{
	static const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = 1 } };
	static const struct upstream_message to = { .type = UPSTREAM_TO, .u.to = { .name = "bob", .wait = true } };
	static const struct upstream_message paired = { .type = UPSTREAM_PAIRED,
		.u.paired = { .pair = 0x0102030405060708,
		    .epoch = 9,
		    .online = true,
		    .peer = { .name = "bob", .account = "robert", .uid = 1001 } } };
	static const struct upstream_message bye = { .type = UPSTREAM_BYE, .u.bye = { .reason = BYE_WINDOW } };

	message_is(&protocol, &hello, "\6\0\0\0\1\0\0\0CHAT\1\0", 14);
	message_is(&protocol, &to, "\5\0\0\0\3\0\0\0\3bob\1", 13);
	message_is(&protocol, &paired, "\34\0\0\0\200\0\0\0\10\7\6\5\4\3\2\1\11\0\0\0\1\3bob\6robert\351\3\0\0", 36);
	message_is(&protocol, &bye, "\1\0\0\0\205\0\0\0\3", 9);
}
END_TEST

#define SINCE "12345678"
#define ENTRIES(n, bytes)                                                                      \
	{                                                                                      \
		.count = (n), .length = sizeof(bytes) - 1, .entries = (const uint8_t *)(bytes) \
	}

static const struct {
	const char *what;
	struct upstream_message m;
} wrong[] = {
	{ "a magic that is not ours", { .type = UPSTREAM_HELLO, .u.hello = { .magic = 1, .version = 1 } } },
	{ "no name", { .type = UPSTREAM_LOGIN } },
	{ "a name that is none", { .type = UPSTREAM_LOGIN, .u.login = { .name = ".alice" } } },
	{ "a name with a space", { .type = UPSTREAM_TO, .u.to = { .name = "al ice" } } },
	{ "a name to nobody", { .type = UPSTREAM_TO } },
	{ "too many rules", { .type = UPSTREAM_POLICY, .u.policy = { .count = POLICY_ENTRIES + 1 } } },
	{ "far too many rules", { .type = UPSTREAM_POLICY, .u.policy = { .count = 0x10000 } } },
	{ "no such rule", { .type = UPSTREAM_POLICY, .u.policy = { .count = 1, .rule = { { .type = 5 } } } } },
	{ "a rule of type 0", { .type = UPSTREAM_POLICY, .u.policy = { .count = 1 } } },
	{ "a rule for a name that is none",
	    { .type = UPSTREAM_POLICY,
		.u.policy = { .count = 1, .rule = { { .type = POLICY_BLOCK_NAME, .name = "-" } } } } },
	{ "no such verdict", { .type = UPSTREAM_RESULT, .u.result = { .verdict = VERDICT_COUNT } } },
	{ "no such ending", { .type = UPSTREAM_ENDED, .u.ended = { .ending = ENDING_MOVED + 1 } } },
	{ "an end without ending", { .type = UPSTREAM_ENDED } },
	{ "no such last end",
	    { .type = UPSTREAM_WELCOME, .u.welcome = { .self.name = "a", .last_end = ENDING_GONE + 1 } } },
	{ "a welcome to nobody", { .type = UPSTREAM_WELCOME } },
	{ "paired with nobody", { .type = UPSTREAM_PAIRED } },
	{ "too many entries", { .type = UPSTREAM_WHO_PAGE, .u.who_page = { .count = WHO_PAGE_ENTRIES + 1 } } },
	{ "fewer entries than it says",
	    { .type = UPSTREAM_WHO_PAGE, .u.who_page = ENTRIES(2, "\1a\1a1234\0\0" SINCE) } },
	{ "more entries than it says",
	    { .type = UPSTREAM_WHO_PAGE, .u.who_page = ENTRIES(0, "\1a\1a1234\0\0" SINCE) } },
	{ "half an entry", { .type = UPSTREAM_WHO_PAGE, .u.who_page = ENTRIES(1, "\1a\1a1234\0") } },
	{ "no such state", { .type = UPSTREAM_WHO_PAGE, .u.who_page = ENTRIES(1, "\1a\1a1234\3\0" SINCE) } },
	{ "an entry of nobody", { .type = UPSTREAM_WHO_PAGE, .u.who_page = ENTRIES(1, "\0\1a1234\0\0" SINCE) } },
	{ "a bye without reason", { .type = UPSTREAM_BYE } },
	{ "no such reason", { .type = UPSTREAM_BYE, .u.bye = { .reason = BYE_STOPPING + 1 } } },
	{ "no such type", { .type = 0 } },
	{ "MSG", { .type = FRAME_MSG } },
	{ "ACK", { .type = FRAME_ACK } },
	{ "a type of the other socket", { .type = 0x42 } },
};

START_TEST(test_upstream_never_emits)
{
	message_is_refused(&protocol, &wrong[_i].m);
}
END_TEST

/* HELLO: without features, or with some. */
START_TEST(test_upstream_hello)
{
	static const uint8_t body[] = { 'C', 'H', 'A', 'T', 1, 0, 5, 0, 0, 0, 0 },
			     none[10] = { 'C', 'H', 'A', 'T', 1, 0 };
	struct upstream_message m;

	for (uint32_t n = 0; n <= sizeof(body); n++) {
		const struct frame f = { UPSTREAM_HELLO, n, guard_copy(body, n) };

		ck_assert_int_eq(upstream_decode(&f, &m), n == 6 || n == 10 ? 0 : -1);
		if (n == 6 || n == 10)
			ck_assert_uint_eq(m.u.hello.features, n == 10 ? 5 : 0);
	}
	ck_assert_int_eq(upstream_decode(&(const struct frame){ UPSTREAM_HELLO, sizeof(none), none }, &m), -1);
}
END_TEST

START_TEST(test_upstream_features)
{
	struct peer peer = { .uid = 1001 };

	ck_assert(feature_holds_name(0, "A.b_c-9"));
	ck_assert(!feature_holds_name(0, "alice@example.org"));
	ck_assert(!feature_holds_name(0, "\u5C0F\u660E"));
	ck_assert(feature_holds_name(FEATURES_KNOWN, "\u5C0F\u660E@example.org"));
	memset(peer.account, 'a', 33);
	feature_fit_peer(FEATURES_KNOWN, &peer);
	ck_assert_uint_eq(strlen(peer.account), 33);
	feature_fit_peer(0, &peer);
	ck_assert_str_eq(peer.account, "uid 1001");
}
END_TEST

START_TEST(test_upstream_strings)
{
	/* TO with a name, then `wait`: what a name may not be on the wire, whatever an encoder does. */
	static const struct {
		const char *body;
		uint32_t length;
		int answer;
	} t[] = {
		{ "\3bob\0", 5, 0 },
		{ "\3bob\2", 5, -1 }, /* a boolean is 0 or 1 */
		{ "\3bob\377", 5, -1 },
		{ "\4bob\0\0", 6, -1 },
		{ "\3b\0b\0", 5, -1 },
		{ "\3b\303\266\0", 5, 0 }, /* whether it is one, tables tell */
		{ "\3b\303b\0", 5, -1 },
		{ "\3b\302\240\0", 5, 0 },
		{ "\0\0", 2, -1 },
		{ "\2bob\0", 5, -1 },
		{ "\4bob\0", 5, -1 },
		{ "\377bob\0", 5, -1 },
		{ "\40a2345678901234567890123456789012\0", 34, 0 },
		{ "\41a23456789012345678901234567890123\0", 35, -1 },
	};
	static struct upstream_message m;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct frame f = { UPSTREAM_TO, t[i].length, guard_copy(t[i].body, t[i].length) };

		ck_assert_msg(upstream_decode(&f, &m) == t[i].answer, "row %zu", i);
	}
}
END_TEST

START_TEST(test_upstream_types)
{
	static struct upstream_message m;
	unsigned known = 0;

	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		const struct frame f = { (uint16_t)type, 0, guard_copy(NULL, 0) };

		known += upstream_decode(&f, &m) == 0;
	}
	ck_assert_uint_eq(known, 4); /* CANCEL, LEAVE, QUIT, ABOUT: all others have a body, or are none */
}
END_TEST

/* What the table of wrong messages is compared with: the same entry is good when its fields are. */
START_TEST(test_upstream_page_by_hand)
{
	struct upstream_message m = { .type = UPSTREAM_WHO_PAGE, .u.who_page = ENTRIES(1, "\1a\1a1234\2\1" SINCE) };
	uint8_t out[64];

	ck_assert_uint_eq(upstream_encode(&m, out, sizeof(out)), FRAME_HEADER + 4 + 2 + 18);
}
END_TEST

START_TEST(test_upstream_page)
{
	static uint8_t room[WHO_PAGE_BYTES], out[FRAME_MAX];
	struct upstream_message m = { .type = UPSTREAM_WHO_PAGE };
	struct who_entry e = { .peer = { .name = "a", .account = "b" }, .state = WHO_RECONNECTING + 1 };
	struct who_page *p = &m.u.who_page;
	struct frame f;

	ck_assert_uint_lt(sizeof(m), 6144);    /* small enough for everybody's stack */
	ck_assert(!who_page_add(p, room, &e)); /* no such state */
	e.state = WHO_PAIRED;
	e.peer.name[0] = '\0';
	ck_assert(!who_page_add(p, room, &e)); /* nobody */
	ck_assert_uint_eq(p->count + p->length, 0);
	e.peer.name[0] = 'a';
	for (e.peer.uid = 0; who_page_add(p, room, &e); e.peer.uid++)
		continue;
	ck_assert_uint_eq(p->count, WHO_PAGE_ENTRIES);
	ck_assert_int_gt(frame_parse(out, upstream_encode(&m, out, sizeof(out)), &f), 0);
	memset(&m, 0, sizeof(m));
	ck_assert_int_eq(upstream_decode(&f, &m), 0);
	for (uint32_t uid = 0; uid < WHO_PAGE_ENTRIES; uid++) {
		ck_assert(who_page_next(p, &e));
		ck_assert_uint_eq(e.peer.uid, uid);
		ck_assert_str_eq(e.peer.account, "b");
		ck_assert_uint_eq(e.state, WHO_PAIRED);
	}
	ck_assert(!who_page_next(p, &e));
}
END_TEST

Suite *
upstream_suite(void)
{
	Suite *s = suite_create("upstream");
	TCase *t = tcase_create("upstream");

	tcase_add_test(t, test_upstream_round_trips);
	tcase_add_test(t, test_upstream_lengths);
	tcase_add_test(t, test_upstream_mutations);
	tcase_add_test(t, test_upstream_values_arrive);
	tcase_add_test(t, test_upstream_bytes);
	tcase_add_loop_test(t, test_upstream_never_emits, 0, (int)ARRAY_SIZE(wrong));
	tcase_add_test(t, test_upstream_page_by_hand);
	tcase_add_test(t, test_upstream_page);
	tcase_add_test(t, test_upstream_hello);
	tcase_add_test(t, test_upstream_features);
	tcase_add_test(t, test_upstream_strings);
	tcase_add_test(t, test_upstream_types);
	suite_add_tcase(s, t);
	return s;
}
