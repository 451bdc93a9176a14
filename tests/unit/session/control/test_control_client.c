/* A command's connection, without a socket and without anything behind it. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "proto/feature.h"
#include "session/control/client.h"
#include "session/fake.h"
#include "trace.h"

static struct control_client *c;
static struct state state;
static bool full, no_memory, connected, held;
static int failure;

static void
stirred(void *context)
{
	(void)context;
}

/* Takes the messages that stand first; when full, none. */
static ssize_t
messages(void *context, uint32_t client, uint8_t *data, size_t n, bool *is_full)
{
	struct frame f;
	ssize_t used, at = 0;

	(void)context, (void)client;
	while ((used = frame_parse(data + at, n - (size_t)at, &f)) > 0 && f.type == FRAME_MSG) {
		if (f.length < MSG_FIXED)
			return -1;
		*is_full = full;
		if (full)
			break;
		trace("message");
		at += used;
	}
	return at;
}

static enum verdict
expect(void *context, uint32_t client, const char *name)
{
	(void)context, (void)client;
	trace("expect %s", name);
	return VERDICT_WRONG_PARTNER;
}

static void
show(void *context, struct control_message *m)
{
	(void)context;
	state_show(&state, true, m);
}

static bool
ask(void *context, uint32_t client, const struct upstream_message *m)
{
	(void)context;
	trace("ask %u type %d", client, (int)m->type);
	return !no_memory;
}

static void
read_inbox(void *context, uint32_t client, const struct control_message *m)
{
	(void)context;
	trace("read %u%s", client, m->u.read.flags & READ_ANSWER ? " its answer" : "");
}

static void
done(void *context, uint32_t client, const struct control_message *m)
{
	(void)context, (void)m;
	trace("done %u", client);
	control_client_outcome(c, VERDICT_OK, NULL);
}

static bool
is_held(void *context)
{
	(void)context;
	return held;
}

static int
keep_rules(void *context, const struct policy *p)
{
	(void)context;
	trace("rules %u dnd %d", p->count, p->dnd);
	if (failure == 0)
		state.policy = *p;
	return failure;
}

static const char *away, *lost;

static bool
is_connected(void *context)
{
	(void)context;
	return connected;
}

static const char *
trouble(void *context)
{
	(void)context;
	return away;
}

static const char *
hopeless(void *context)
{
	(void)context;
	return lost;
}

static int
history(void *context, int fd, const struct control_message *m)
{
	(void)context, (void)fd, (void)m;
	trace("history");
	return failure;
}

static void
closed(void *context, uint32_t client)
{
	(void)context;
	trace("closed %u", client);
	c = NULL;
}

static int
take_notes(void *context, bool take)
{
	(void)context;
	trace("notes %s", take ? "on" : "off");
	return failure;
}

static void
find_note(void *context, uint32_t client, uint64_t id)
{
	(void)context;
	trace("note %u of %u", (unsigned)id, client);
}

static void
tell(void *context, uint32_t client, const struct tell *t)
{
	(void)context;
	trace("tell %u %s", client, t->name);
}

static void
offer(void *context, uint32_t client, const struct offer *o)
{
	(void)context;
	trace("offer %u of %u bytes", client, o->length);
}

/* One stream. */
static void
offers(void *context, void (*fn)(const struct record *r, void *fn_context), void *fn_context)
{
	const struct record r = {
		.id = 7, .type = RECORD_OFFER, .peer.name = "alice", .body = (const uint8_t *)"\0dump", .length = 5
	};

	(void)context;
	fn(&r, fn_context);
}

static void
accept_offer(void *context, uint32_t client, uint64_t number)
{
	(void)context;
	trace("accept %u by %u", (unsigned)number, client);
}

static enum verdict
decline(void *context, uint64_t number)
{
	(void)context;
	trace("decline %u", (unsigned)number);
	return VERDICT_NOTHING;
}

static enum verdict
keep_away(void *context, const char *text)
{
	(void)context;
	trace("keep_away %s", text);
	return VERDICT_OK;
}

static const struct control_client_class class = { stirred, messages, expect, show, ask, take_notes, find_note, tell,
	offer, offers, accept_offer, decline, read_inbox, done, is_held, keep_rules, is_connected, trouble, hopeless,
	keep_away, history, closed };

static uint32_t features; /* that HELLO names */

static void
say(enum control_type type)
{
	struct control_message m = { .type = type };
	uint8_t bytes[1024];
	size_t n;

	if (type == CONTROL_HELLO) {
		m.u.hello.features = features;
		m.u.hello.magic = PROTOCOL_MAGIC;
		m.u.hello.version = PROTOCOL_VERSION;
	} else if (type == CONTROL_TO || type == CONTROL_EXPECT) {
		strcpy(m.u.to.name, "bob");
	}
	n = control_encode(&m, bytes, sizeof(bytes));
	ck_assert_uint_gt(n, 0);
	(void)fake_input(fake_stream(), bytes, n);
}

static void
say_message(void)
{
	const struct msg m = { .length = 2 };
	uint8_t bytes[FRAME_HEADER + MSG_FIXED + 2] = { 0 };

	msg_encode_head(bytes, &m);
	(void)fake_input(fake_stream(), bytes, sizeof(bytes));
}

/* The next frame that the command gets. */
static void
hears(enum control_type type, struct control_message *m)
{
	struct frame f;

	ck_assert(fake_output(&f));
	ck_assert_uint_eq(f.type, type);
	ck_assert_int_eq(control_decode(&f, m), 0);
}

static void
hears_verdict(enum verdict v)
{
	struct control_message m;

	hears(CONTROL_OUTCOME, &m);
	ck_assert_uint_eq(m.u.outcome.verdict, v);
}

static void
hears_nothing(void)
{
	struct frame f;

	ck_assert(!fake_output(&f));
}

static void
hears_bye(enum bye reason)
{
	struct control_message m;

	hears(CONTROL_BYE, &m);
	ck_assert_uint_eq(m.u.bye.reason, reason);
	fake_turn();
	trace_is("closed 3");
}

static void
setup(void)
{
	trace_clear();
	fake_begin();
	full = no_memory = held = false;
	connected = true;
	failure = 0;
	state = (struct state){ .self.name = "alice", .partner = { .pair = 1, .peer.name = "bob" } };
	c = control_client_new(&class, NULL, &state, NULL, -1, 3);
	ck_assert_ptr_nonnull(c);
}

static void
greeted(void)
{
	setup();
	say(CONTROL_HELLO);
}

static void
teardown(void)
{
	control_client_free(c);
	control_client_free(NULL);
}

START_TEST(test_client_begins_with_hello)
{
	say(CONTROL_STATUS);
	hears_bye(BYE_MALFORMED);
}
END_TEST

START_TEST(test_client_no_message_before_hello)
{
	say_message();
	trace_is("");
	hears_bye(BYE_MALFORMED);
}
END_TEST

START_TEST(test_client_of_another_version)
{
	const struct control_message m = { .type = CONTROL_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION + 1 } };
	uint8_t bytes[64];

	(void)fake_input(fake_stream(), bytes, control_encode(&m, bytes, sizeof(bytes)));
	hears_bye(BYE_VERSION);
}
END_TEST

START_TEST(test_client_nonsense)
{
	static const uint8_t none[FRAME_HEADER] = { 0, 0, 0, 0, 0x30, 0, 0, 0 };
	static const uint8_t bad[FRAME_HEADER] = { 0, 0, 0, 0, 0x42, 0, 1, 0 };
	static const uint8_t reply[FRAME_HEADER + 2] = { 2, 0, 0, 0, 0x60, 0, 0, 0 };
	static const uint8_t message[FRAME_HEADER] = { 0, 0, 0, 0, FRAME_MSG, 0, 0, 0 };
	static const struct {
		const uint8_t *bytes;
		size_t n;
	} t[] = { { none, sizeof(none) }, { bad, sizeof(bad) }, { reply, sizeof(reply) },
		{ message, sizeof(message) } };

	(void)fake_input(fake_stream(), t[_i].bytes, t[_i].n);
	hears_bye(BYE_MALFORMED);
}
END_TEST

/* One that has not named the feature takes it for the answer. */
START_TEST(test_client_waits)
{
	features = _i ? FEATURE_QUEUED : 0;
	say(CONTROL_HELLO);
	features = 0;
	say(CONTROL_TO);
	control_client_queued(c);
	control_client_outcome(c, VERDICT_OK, NULL);
	if (_i)
		hears_verdict(VERDICT_QUEUED);
	hears_verdict(VERDICT_OK);
	hears_nothing();
}
END_TEST

START_TEST(test_client_status)
{
	struct control_message m;

	say(CONTROL_STATUS);
	hears(CONTROL_STATE, &m);
	ck_assert_str_eq(m.u.state.partner.name, "bob");
	control_client_tell_change(c);
	hears_nothing(); /* it did not say WATCH */
}
END_TEST

START_TEST(test_client_watches)
{
	struct control_message m;

	say(CONTROL_WATCH);
	hears(CONTROL_STATE, &m);
	control_client_tell_change(c);
	hears(CONTROL_CHANGED, &m);
	fake_stall(&c->stream, true); /* it takes nothing: it is told no more, */
	control_client_tell_change(c);
	control_client_tell_change(c);
	hears_nothing();
	fake_stall(&c->stream, false); /* and then the latest, */
	say(CONTROL_STATUS);           /* as soon as it says something */
	hears(CONTROL_CHANGED, &m);
	hears(CONTROL_STATE, &m);
	hears_nothing();
}
END_TEST

/* Each that the daemon answers; what comes behind it waits. */
START_TEST(test_client_asks)
{
	static const struct {
		enum control_type type;
		const char *asks;
	} t[] = { { CONTROL_TO, "ask 3 type 3" }, { CONTROL_LEAVE, "ask 3 type 5" }, { CONTROL_QUIT, "ask 3 type 6" },
		{ CONTROL_WHO, "ask 3 type 7" } };
	struct control_message m;

	say(t[_i].type);
	trace_is(t[_i].asks);
	say_message(); /* not past a request that may change who the partner is */
	say(CONTROL_STATUS);
	hears_nothing();
	trace_is("");
	control_client_outcome(c, VERDICT_OK, NULL);
	hears_verdict(VERDICT_OK);
	fake_turn();
	trace_is("message");
	hears(CONTROL_STATE, &m);
}
END_TEST

START_TEST(test_client_who_page)
{
	const struct upstream_message m = { .type = UPSTREAM_WHO_PAGE };
	uint8_t bytes[64];
	struct frame f;

	say(CONTROL_WHO);
	ck_assert_int_gt(frame_parse(bytes, upstream_encode(&m, bytes, sizeof(bytes)), &f), 0);
	control_client_page(c, &f);
	ck_assert(fake_output(&f));
	ck_assert_uint_eq(f.type, UPSTREAM_WHO_PAGE);
	say(CONTROL_WHO);
	trace_is("ask 3 type 7; ask 3 type 7");
}
END_TEST

START_TEST(test_client_asks_in_vain)
{
	no_memory = true;
	say(CONTROL_LEAVE);
	hears_verdict(VERDICT_FAILED);
	say(CONTROL_LEAVE); /* and may go on */
	trace_is("ask 3 type 5; ask 3 type 5");
}
END_TEST

START_TEST(test_client_reads)
{
	const struct control_message end = { .type = CONTROL_READ_END, .u.read_end.verdict = VERDICT_NOTHING };
	struct control_message m;

	say(CONTROL_READ);
	say_message(); /* these may go meanwhile */
	trace_is("read 3; message");
	say(CONTROL_DONE);
	trace_is("");
	control_client_read_begin(c);
	ck_assert(c->stream.corked);
	control_client_read_end(c, NULL); /* it goes on waiting */
	ck_assert(!c->stream.corked);
	fake_turn();
	trace_is("");
	control_client_read_begin(c);
	control_client_read_end(c, &end);
	hears(CONTROL_READ_END, &m);
	fake_turn();
	trace_is("done 3");
	hears_verdict(VERDICT_OK);
	say(CONTROL_READ); /* what it reads after its message is the answer */
	trace_is("read 3 its answer");
}
END_TEST

START_TEST(test_client_window_is_full)
{
	struct control_message m;

	full = true;
	say_message();
	ck_assert(c->stream.paused);
	say(CONTROL_STATUS); /* behind the message, so after it */
	hears_nothing();
	full = false;
	control_client_unthrottle(c);
	fake_turn();
	trace_is("message");
	hears(CONTROL_STATE, &m);
	control_client_unthrottle(c);
}
END_TEST

START_TEST(test_client_expects)
{
	say(CONTROL_EXPECT);
	trace_is("expect bob");
	hears_verdict(VERDICT_WRONG_PARTNER);
}
END_TEST

static void
say_rule(uint8_t dnd, bool has_rule, bool remove)
{
	const struct control_message m = { .type = CONTROL_RULE,
		.u.rule = { .dnd = dnd,
		    .has_rule = has_rule,
		    .remove = remove,
		    .rule = { .type = POLICY_BLOCK_NAME, .name = "eve" } } };
	uint8_t bytes[256];

	(void)fake_input(fake_stream(), bytes, control_encode(&m, bytes, sizeof(bytes)));
}

START_TEST(test_client_rules)
{
	struct control_message m;

	say_rule(2, true, false);
	trace_is("rules 1 dnd 1; ask 3 type 8");
	control_client_outcome(c, VERDICT_OK, NULL);
	hears_verdict(VERDICT_OK);
	say(CONTROL_POLICY);
	hears(CONTROL_RULES, &m);
	ck_assert_uint_eq(m.u.policy.count, 1);
	say(CONTROL_LINK);
	hears_verdict(VERDICT_OK);
	away = "no route";
	say(CONTROL_LINK);
	hears_verdict(VERDICT_NO_DAEMON);
	lost = "type ssh-add";
	say(CONTROL_LEAVE); /* it is not asked what cannot be answered before a person has done something */
	trace_is("");
	hears_verdict(VERDICT_NO_DAEMON);
	say(CONTROL_QUIT);
	trace_is("ask 3 type 6");
	control_client_outcome(c, VERDICT_OK, NULL);
	hears_verdict(VERDICT_OK);
	away = lost = NULL;
	connected = false; /* it goes with the next login */
	say_rule(1, true, true);
	trace_is("rules 0 dnd 0");
	hears_verdict(VERDICT_OK);
	failure = -ENOSPC;
	say_rule(2, false, false);
	trace_is("rules 0 dnd 1");
	hears_verdict(VERDICT_FAILED);
	ck_assert(!state.policy.dnd);
	state.policy = (struct policy){ .count = POLICY_ENTRIES };
	say_rule(0, true, false);
	trace_is("");
	hears_verdict(VERDICT_LIMIT);
}
END_TEST

/* A rule waits until it can be stored, and what is said behind it; others get their answers. */
START_TEST(test_client_rules_wait)
{
	struct control_message m;

	held = true;
	connected = false;
	say(CONTROL_STATUS);
	hears(CONTROL_STATE, &m);
	say_rule(2, false, false);
	say(CONTROL_POLICY);
	control_client_go_on(c);
	fake_turn();
	hears_nothing();
	trace_is("");
	held = false;
	control_client_go_on(c);
	fake_turn();
	trace_is("rules 0 dnd 1");
	hears_verdict(VERDICT_OK);
	hears(CONTROL_RULES, &m);
}
END_TEST

START_TEST(test_client_history)
{
	failure = -EAGAIN;
	say(CONTROL_HISTORY);
	hears_verdict(VERDICT_FAILED);
	failure = 0;
	say(CONTROL_HISTORY);
	ck_assert(c->stream.shared); /* another program answers */
	hears_nothing();
	fake_turn();
	trace_is("history; history; closed 3");
}
END_TEST

START_TEST(test_client_hangs_up)
{
	fake_hang_up(fake_stream());
	trace_is("closed 3");
	ck_assert_ptr_null(c);
}
END_TEST

Suite *
control_client_suite(void)
{
	Suite *s = suite_create("control_client");
	TCase *first = tcase_create("before hello"), *t = tcase_create("client");

	tcase_add_checked_fixture(first, setup, teardown);
	tcase_add_test(first, test_client_begins_with_hello);
	tcase_add_test(first, test_client_no_message_before_hello);
	tcase_add_test(first, test_client_of_another_version);
	tcase_add_loop_test(first, test_client_waits, 0, 2);
	suite_add_tcase(s, first);
	tcase_add_checked_fixture(t, greeted, teardown);
	tcase_add_loop_test(t, test_client_nonsense, 0, 4);
	tcase_add_test(t, test_client_status);
	tcase_add_test(t, test_client_watches);
	tcase_add_loop_test(t, test_client_asks, 0, 4);
	tcase_add_test(t, test_client_who_page);
	tcase_add_test(t, test_client_asks_in_vain);
	tcase_add_test(t, test_client_reads);
	tcase_add_test(t, test_client_window_is_full);
	tcase_add_test(t, test_client_expects);
	tcase_add_test(t, test_client_rules);
	tcase_add_test(t, test_client_rules_wait);
	tcase_add_test(t, test_client_history);
	tcase_add_test(t, test_client_hangs_up);
	suite_add_tcase(s, t);
	return s;
}
