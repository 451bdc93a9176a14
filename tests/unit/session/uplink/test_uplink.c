/* The connection to a daemon that is made of nothing: what is said on it, what is passed on, and when it is made again. */
#include <check.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "core/limits.h"
#include "net/loop.h"
#include "session/fake.h"
#include "session/uplink/uplink.h"
#include "trace.h"

static struct ev_loop *loop;
static struct uplink *u;
static const struct session_file file = { .name = "alice" };
static const struct state state;
static int connect_result;

static int
on_connect(void *context, char why[UPLINK_WHY])
{
	(void)context;
	trace("connect");
	(void)strcpy(why, "because");
	ev_break(loop, EVBREAK_ALL);
	return connect_result;
}

static void
up(void *context)
{
	(void)context;
	trace("up");
}

static void
welcome(void *context, const struct upstream_message *m, bool lost)
{
	(void)context;
	trace("welcome %s%s", m->u.welcome.self.name, lost ? " lost" : "");
}

static void
ready(void *context)
{
	(void)context;
	trace("ready");
}

static void
down(void *context)
{
	(void)context;
	trace("down");
}

static void
refused(void *context, enum verdict why, const char *words)
{
	(void)context;
	trace("refused %d %s", (int)why, words ? words : "");
}

static void
replaced(void *context)
{
	(void)context;
	trace("replaced");
	uplink_stop(u);
}

static void
message(void *context, const struct frame *f)
{
	(void)context;
	trace("message %u", f->length);
}

static void
ack(void *context, const struct ack *a)
{
	(void)context;
	trace("ack %u", a->count);
}

static void
result(void *context, enum verdict v)
{
	(void)context;
	trace("result %d", (int)v);
}

static void
page(void *context, const struct frame *f)
{
	(void)context;
	trace("page %x", f->type);
}

static void
notice(void *context, const struct upstream_message *m)
{
	(void)context;
	if (m->type == UPSTREAM_NOTE)
		trace("notice %x from %s (%s)", (unsigned)m->type, m->u.note.from.name, m->u.note.from.account);
	else
		trace("notice %x", (unsigned)m->type);
}

static void
turn(void *context)
{
	(void)context;
	trace("turn");
}

static const struct uplink_class class = { on_connect, up, welcome, ready, down, refused, replaced, message, ack,
	result, page, notice, turn };

static void
setup(void)
{
	trace_clear();
	fake_begin();
	loop = loop_new();
	connect_result = 9;
	u = uplink_new(&class, NULL, &file, &state, loop);
	ck_assert_ptr_nonnull(u);
}

static void
teardown(void)
{
	uplink_free(u);
	uplink_free(NULL);
	ev_loop_destroy(loop);
}

static int
start(bool fresh)
{
	char why[UPLINK_WHY];

	return uplink_start(u, fresh, why);
}

static void
say(const struct upstream_message *m)
{
	uint8_t bytes[FRAME_MAX];

	(void)fake_input(fake_stream(), bytes, upstream_encode(m, bytes, sizeof(bytes)));
}

static void
say_result(enum verdict v)
{
	const struct upstream_message m = { .type = UPSTREAM_RESULT, .u.result.verdict = (uint8_t)v };

	say(&m);
}

static void
say_welcome(bool resumed)
{
	const struct upstream_message m = { .type = UPSTREAM_WELCOME,
		.u.welcome = { .resumed = resumed, .self.name = "alice" } };

	say(&m);
}

static void
say_bye(enum bye reason)
{
	const struct upstream_message m = { .type = UPSTREAM_BYE, .u.bye.reason = (uint8_t)reason };

	say(&m);
}

static void
daemon_hears(enum upstream_type type, struct upstream_message *m)
{
	struct frame f;

	ck_assert(fake_output(&f));
	ck_assert_uint_eq(f.type, type);
	ck_assert_int_eq(upstream_decode(&f, m), 0);
}

static void
daemon_hears_nothing(void)
{
	struct frame f;

	ck_assert(!fake_output(&f));
}

static void
daemon_hears_login(bool resume_only)
{
	struct upstream_message m;

	daemon_hears(UPSTREAM_HELLO, &m);
	daemon_hears(UPSTREAM_LOGIN, &m);
	ck_assert_str_eq(m.u.login.name, "alice");
	ck_assert(m.u.login.resume_only == resume_only);
	daemon_hears_nothing();
}

static void
log_in(void)
{
	struct upstream_message m;

	ck_assert_int_eq(start(false), 0);
	daemon_hears_login(true);
	say_welcome(true);
	daemon_hears(UPSTREAM_CANCEL, &m);
	ck_assert(!uplink_ready(u));
	say_result(VERDICT_OK);
	ck_assert(uplink_ready(u));
	trace_is("connect; up; welcome alice; turn; ready; turn");
}

START_TEST(test_uplink_logs_in)
{
	log_in();
	daemon_hears_nothing();
}
END_TEST

START_TEST(test_uplink_logs_in_for_the_first_time)
{
	ck_assert_int_eq(start(true), 0);
	daemon_hears_login(false);
	say_welcome(false);
	say_result(VERDICT_OK);
	trace_is("connect; up; welcome alice; turn; ready; turn");
}
END_TEST

START_TEST(test_uplink_daemon_without_registry)
{
	ck_assert_int_eq(start(false), 0);
	say_welcome(false);
	trace_is("connect; up; welcome alice lost; turn");
}
END_TEST

START_TEST(test_uplink_unknown_session_is_begun_anew)
{
	struct upstream_message m;

	ck_assert_int_eq(start(false), 0);
	daemon_hears_login(true);
	say_result(VERDICT_EXPIRED);
	daemon_hears(UPSTREAM_LOGIN, &m);
	ck_assert(!m.u.login.resume_only);
	fake_hang_up(fake_stream());
	trace_is("connect; up; turn; down");
	ev_run(loop, 0);
	daemon_hears_login(true); /* each connection asks for what there was */
}
END_TEST

START_TEST(test_uplink_nobody_is_there)
{
	connect_result = -ECONNREFUSED;
	ck_assert_int_eq(start(true), -ECONNREFUSED);
	trace_is("connect");
	connect_result = -EAGAIN; /* somebody is, and is busy */
	ck_assert_int_eq(start(true), 0);
	trace_is("connect");
	connect_result = 9;
	ev_run(loop, 0);
	trace_is("connect; up");
}
END_TEST

START_TEST(test_uplink_goes_on_trying)
{
	connect_result = -ENOENT;
	ck_assert_int_eq(start(false), 0);
	ev_run(loop, 0);
	ev_run(loop, 0);
	trace_is("connect; connect; connect");
}
END_TEST

/* What was ready comes back at once, what was not after a pause. */
START_TEST(test_uplink_comes_back)
{
	log_in();
	fake_hang_up(fake_stream());
	trace_is("down; connect; up");
	daemon_hears_login(true);
	say_result(VERDICT_RATE);
	fake_turn();
	trace_is("turn; down");
	ck_assert_ptr_null(fake_stream());
	ev_run(loop, 0);
	trace_is("connect; up");
}
END_TEST

START_TEST(test_uplink_refused)
{
	ck_assert_int_eq(start(true), 0);
	say_result(VERDICT_TAKEN);
	trace_is("connect; up; refused 10 ; turn");
}
END_TEST

START_TEST(test_uplink_passes_on)
{
	static const uint8_t msg[FRAME_HEADER + MSG_FIXED + 3] = { MSG_FIXED + 3, 0, 0, 0, FRAME_MSG };
	const struct upstream_message paired = { .type = UPSTREAM_PAIRED, .u.paired = { .peer.name = "bob" } };
	const struct upstream_message none = { .type = UPSTREAM_WHO_PAGE };
	const struct ack a = { .count = 4 };
	uint8_t frame[FRAME_HEADER + ACK_BODY];

	log_in();
	(void)fake_input(fake_stream(), msg, sizeof(msg));
	ack_encode(frame, &a);
	(void)fake_input(fake_stream(), frame, sizeof(frame));
	say_result(VERDICT_BUSY);
	say(&paired);
	say(&none);
	trace_is("message 35; turn; ack 4; turn; result 3; turn; notice 80; turn; page 22; turn");
}
END_TEST

START_TEST(test_uplink_one_turn_for_all_that_came)
{
	static const uint8_t two[2 * (FRAME_HEADER + MSG_FIXED)] = { MSG_FIXED, 0, 0, 0, FRAME_MSG,
		[FRAME_HEADER + MSG_FIXED] = MSG_FIXED, [FRAME_HEADER + MSG_FIXED + 4] = FRAME_MSG };

	log_in();
	ck_assert_uint_eq(fake_input(fake_stream(), two, sizeof(two) - 1), sizeof(two) / 2 - 1);
	trace_is("message 32; turn");
	(void)fake_input(fake_stream(), "", 1);
	trace_is("message 32; turn");
}
END_TEST

START_TEST(test_uplink_broken_protocol)
{
	static const uint8_t unknown[FRAME_HEADER] = { 0, 0, 0, 0, 0x30 }, too_long[FRAME_HEADER] = { 0, 0, 0, 1, 1 },
			     half_ack[FRAME_HEADER] = { 0, 0, 0, 0, FRAME_ACK };
	static const uint8_t *const t[] = { unknown, too_long, half_ack };

	log_in();
	(void)fake_input(fake_stream(), t[_i], FRAME_HEADER);
	trace_is("turn");
	fake_turn();
	trace_is("down; connect; up");
}
END_TEST

/* A name that is none is shown to nobody: bytes of it may steer a terminal. A new session is told at once. */
START_TEST(test_uplink_welcome_of_another)
{
	struct upstream_message m = { .type = UPSTREAM_WELCOME,
		.u.welcome = { .self.name = "al\xc2\x9b\x33\x31mice" } };

	ck_assert_int_eq(start(_i == 1), 0);
	say(&m);
	trace_is(_i == 0 ? "connect; up; turn"
			 : "connect; up; turn; refused 31 the daemon gave an answer that makes no sense");
	ck_assert(fake_stream()->dead);
}
END_TEST

START_TEST(test_uplink_note_from_no_name)
{
	const struct upstream_message m = { .type = UPSTREAM_NOTE,
		.u.note = { .from = { .name = "x\xc2\x9b\x33\x31m", .account = "acct" },
		    .body = (const uint8_t *)"hi",
		    .length = 2 } };

	log_in();
	say(&m);
	trace_is("notice 86 from  (acct); turn");
}
END_TEST

START_TEST(test_uplink_writes)
{
	const struct upstream_message m = { .type = UPSTREAM_LEAVE };
	struct upstream_message heard;

	uplink_write(u, "dropped", 7); /* there is no connection */
	ck_assert(!uplink_send(u, &m));
	ck_assert_int_eq(start(false), 0);
	daemon_hears_login(true);
	ck_assert(!uplink_send(u, &m));
	say_welcome(true);
	daemon_hears(UPSTREAM_CANCEL, &heard);
	uplink_write(u, "\0\0\0\0\5\0\0\0", 8); /* the partner may write as soon as we are back: it is answered */
	daemon_hears(UPSTREAM_LEAVE, &heard);
	ck_assert(!uplink_send(u, &m));
	say_result(VERDICT_OK);
	ck_assert(uplink_send(u, &m));
	daemon_hears(UPSTREAM_LEAVE, &heard);
}
END_TEST

START_TEST(test_uplink_bye)
{
	log_in();
	say_bye(BYE_STOPPING);
	say_bye(BYE_WINDOW);
	trace_is("turn; turn");
	say_bye(BYE_REPLACED);
	trace_is("replaced; turn");
	fake_hang_up(fake_stream());
	trace_is("down"); /* and it does not come back */
}
END_TEST

START_TEST(test_uplink_of_another_version)
{
	ck_assert_int_eq(start(true), 0);
	say_bye(BYE_VERSION);
	trace_is("connect; up; refused 31 the daemon is of another version; turn");
}
END_TEST

START_TEST(test_uplink_restart_and_farewell)
{
	struct upstream_message m;

	uplink_restart(u, 0); /* there is no connection */
	uplink_farewell(u);
	log_in();
	uplink_restart(u, 0);
	fake_turn();
	trace_is("down; connect; up");
	daemon_hears_login(true);
	uplink_farewell(u); /* also of a login that was not answered */
	daemon_hears(UPSTREAM_QUIT, &m);
	ck_assert(fake_stream()->dead);
}
END_TEST

/* It is made anew in silence, unless that is for want of memory: then nobody would know why messages take so long. */
START_TEST(test_uplink_restart_without_memory_is_logged)
{
	log_in();
	capture_begin(STDERR_FILENO);
	uplink_restart(u, _i == 0 ? 0 : ENOMEM);
	fake_turn();
	ck_assert_int_eq(strstr(capture_end(), "memory is short") != NULL, _i != 0);
	trace_is("down; connect; up");
}
END_TEST

Suite *
uplink_suite(void)
{
	Suite *s = suite_create("uplink");
	TCase *t = tcase_create("uplink");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_uplink_logs_in);
	tcase_add_test(t, test_uplink_logs_in_for_the_first_time);
	tcase_add_test(t, test_uplink_daemon_without_registry);
	tcase_add_test(t, test_uplink_unknown_session_is_begun_anew);
	tcase_add_test(t, test_uplink_nobody_is_there);
	tcase_add_test(t, test_uplink_goes_on_trying);
	tcase_add_test(t, test_uplink_comes_back);
	tcase_add_test(t, test_uplink_refused);
	tcase_add_test(t, test_uplink_passes_on);
	tcase_add_test(t, test_uplink_one_turn_for_all_that_came);
	tcase_add_loop_test(t, test_uplink_broken_protocol, 0, 3);
	tcase_add_loop_test(t, test_uplink_welcome_of_another, 0, 2);
	tcase_add_test(t, test_uplink_note_from_no_name);
	tcase_add_test(t, test_uplink_writes);
	tcase_add_test(t, test_uplink_bye);
	tcase_add_test(t, test_uplink_of_another_version);
	tcase_add_test(t, test_uplink_restart_and_farewell);
	tcase_add_loop_test(t, test_uplink_restart_without_memory_is_logged, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
