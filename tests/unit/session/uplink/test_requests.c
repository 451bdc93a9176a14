/* Questions of commands, between commands and a daemon that are made of nothing but a trace. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "net/loop.h"
#include "session/uplink/requests.h"
#include "trace.h"

static struct ev_loop *loop;
static struct requests *req;
static struct state state;
static bool dead;

static bool
send_up(void *context, const struct upstream_message *m)
{
	static const char *const names[] = { [UPSTREAM_TO] = "TO",
		[UPSTREAM_CANCEL] = "CANCEL",
		[UPSTREAM_LEAVE] = "LEAVE",
		[UPSTREAM_QUIT] = "QUIT",
		[UPSTREAM_WHO] = "WHO",
		[UPSTREAM_POLICY] = "POLICY" };

	(void)context;
	if (dead)
		return false;
	if (m->type == UPSTREAM_TO)
		trace("TO %s%s", m->u.to.name, m->u.to.wait ? " wait" : "");
	else if (m->type == UPSTREAM_WHO)
		trace("WHO %u", m->u.who.cursor);
	else if (m->type == UPSTREAM_POLICY)
		trace("POLICY %d", m->u.policy.dnd);
	else
		trace("%s", names[m->type]);
	ev_break(loop, EVBREAK_ALL);
	return true;
}

static void
unsure(void *context, bool is)
{
	(void)context;
	trace(is ? "unsure" : "sure");
}

static void
answered(void *context, uint32_t client, enum verdict v, const char *words)
{
	(void)context;
	trace("answer %u %d%s", client, (int)v, words ? ", held" : "");
}

static void
page(void *context, uint32_t client, const struct frame *f)
{
	(void)context;
	trace("page %u type %x", client, f->type);
}

static void
queued(void *context, uint32_t client)
{
	(void)context;
	trace("queued %u", client);
}

static void
left(void *context)
{
	(void)context;
	trace("left");
}

static void
quit(void *context)
{
	(void)context;
	trace("quit");
	ev_break(loop, EVBREAK_ALL);
}

static void
broken(void *context, int error)
{
	(void)context;
	trace("broken %d", error);
}

static const struct requests_class class = { send_up, unsure, answered, page, queued, left, quit, broken };

static void
setup(void)
{
	trace_clear();
	dead = false;
	loop = loop_new();
	state = (struct state){ .policy.dnd = true };
	req = requests_new(&class, NULL, &state, loop);
	ck_assert_ptr_nonnull(req);
	requests_up(req);
	requests_ready(req);
}

static void
teardown(void)
{
	requests_free(req);
	requests_free(NULL);
	ev_loop_destroy(loop);
}

static void
ask(uint32_t client, enum upstream_type type)
{
	const struct upstream_message m = { .type = type };

	ck_assert(requests_ask(req, client, &m));
}

static void
ask_to(uint32_t client, const char *name, bool wait)
{
	struct upstream_message m = { .type = UPSTREAM_TO, .u.to.wait = wait };

	strcpy(m.u.to.name, name);
	ck_assert(requests_ask(req, client, &m));
}

START_TEST(test_requests_are_answered_in_order)
{
	const struct frame f = { .type = UPSTREAM_WHO_PAGE };

	ask(0, UPSTREAM_WHO);
	ask(1, UPSTREAM_POLICY);
	ask_to(2, "bob", false);
	trace_is("WHO 0; POLICY 1; unsure; TO bob");
	requests_page(req, &f);
	requests_result(req, VERDICT_OK);
	requests_result(req, VERDICT_BUSY);
	trace_is("page 0 type 22; answer 1 0; answer 2 3; sure");
	requests_result(req, VERDICT_OK);
	trace_is("broken 71"); /* what nobody asked */
}
END_TEST

START_TEST(test_requests_wait_for_the_daemon)
{
	requests_down(req);
	ask(0, UPSTREAM_WHO);
	requests_up(req);
	ask(1, UPSTREAM_LEAVE);
	trace_is("");
	requests_ready(req);
	trace_is("WHO 0; unsure; LEAVE");
}
END_TEST

START_TEST(test_requests_are_asked_again)
{
	ask(0, UPSTREAM_WHO);
	ask(1, UPSTREAM_LEAVE);
	ask(2, UPSTREAM_POLICY);
	requests_forget(req, 2);
	trace_clear();
	requests_down(req);
	requests_up(req);
	requests_ready(req);
	trace_is("WHO 0; unsure; LEAVE"); /* the rules went with the login */
	requests_result(req, VERDICT_OK);
	requests_result(req, VERDICT_NOT_PAIRED);
	trace_is("answer 0 0; answer 1 0; sure"); /* the first LEAVE has done it */
	ask(1, UPSTREAM_LEAVE);
	requests_result(req, VERDICT_NOT_PAIRED);
	trace_is("unsure; LEAVE; answer 1 6; sure");
}
END_TEST

START_TEST(test_requests_connection_that_is_lost_already)
{
	dead = true;
	ask(0, UPSTREAM_LEAVE);
	trace_is("unsure");
	dead = false;
	requests_down(req);
	requests_ready(req);
	requests_result(req, VERDICT_NOT_PAIRED);
	trace_is("unsure; LEAVE; answer 0 6; sure"); /* it was never asked before */
}
END_TEST

START_TEST(test_requests_leave)
{
	ask(0, UPSTREAM_LEAVE);
	requests_result(req, VERDICT_OK);
	trace_is("unsure; LEAVE; left; answer 0 0; sure");
}
END_TEST

/* After a lost registry: the daemon gave up waiting for the partner before we did. */
START_TEST(test_requests_leave_a_pair_that_is_only_ours)
{
	state.partner.pair = 9;
	ask(0, UPSTREAM_LEAVE);
	requests_result(req, VERDICT_NOT_PAIRED);
	trace_is("unsure; LEAVE; left; answer 0 0; sure");
}
END_TEST

START_TEST(test_requests_wait_in_the_queue)
{
	ask_to(0, "bob", true);
	requests_result(req, VERDICT_QUEUED);
	trace_is("unsure; TO bob wait; queued 0; sure");
	ck_assert(requests_asked_for(req, "BOB"));
	ck_assert(!requests_asked_for(req, "carol"));
	requests_paired(req, "Bob");
	trace_is("answer 0 0");
	ask_to(0, "bob", true);
	requests_result(req, VERDICT_QUEUED);
	requests_paired(req, "carol"); /* somebody else was faster */
	ask_to(1, "bob", true);
	requests_result(req, VERDICT_QUEUED);
	requests_wait_over(req, VERDICT_NO_SUCH_USER);
	trace_is("unsure; TO bob wait; queued 0; sure; answer 0 24; unsure; TO bob wait; queued 1; sure; answer 1 2");
	requests_wait_over(req, VERDICT_OK);
	requests_paired(req, "bob");
	trace_is(""); /* nobody waits */
}
END_TEST

START_TEST(test_requests_wait_that_nobody_is_behind)
{
	ask_to(0, "bob", true);
	requests_result(req, VERDICT_QUEUED);
	trace_clear();
	requests_forget(req, 0);
	trace_is("CANCEL");
	requests_result(req, VERDICT_OK);
	trace_is("");
	ask_to(1, "bob", true);
	requests_forget(req, 1); /* before the answer is there */
	requests_result(req, VERDICT_QUEUED);
	trace_is("unsure; TO bob wait; CANCEL; sure");
	requests_result(req, VERDICT_OK);
	ask_to(1, "bob", true);
	requests_result(req, VERDICT_QUEUED);
	ask_to(2, "carol", true);
	trace_clear();
	requests_forget(req, 1); /* carol's wait takes its place: CANCEL would meet that one */
	trace_is("");
}
END_TEST

/* A daemon that has two waits of ours, which none should: nobody waits for what nobody would tell. */
START_TEST(test_requests_one_wait_at_a_time)
{
	ask_to(0, "bob", true);
	ask_to(1, "carol", true);
	requests_result(req, VERDICT_QUEUED);
	trace_clear();
	requests_result(req, VERDICT_QUEUED);
	trace_is("queued 1; answer 0 24; sure");
	requests_paired(req, "carol");
	trace_is("answer 1 0");
}
END_TEST

START_TEST(test_requests_wait_is_asked_again_first)
{
	ask_to(0, "bob", true);
	requests_result(req, VERDICT_QUEUED);
	ask(1, UPSTREAM_WHO);
	trace_clear();
	requests_down(req);
	requests_ready(req);
	trace_is("unsure; TO bob wait; WHO 0");
}
END_TEST

START_TEST(test_requests_one_too_many)
{
	ask(0, UPSTREAM_WHO);
	requests_result(req, VERDICT_RATE);
	trace_is("WHO 0");
	ev_run(loop, 0);
	trace_is("WHO 0");
	requests_forget(req, 0);
	requests_result(req, VERDICT_RATE); /* nobody waits for it any more */
	trace_is("");
}
END_TEST

START_TEST(test_requests_quit)
{
	ask(0, UPSTREAM_QUIT);
	ck_assert(requests_quitting(req));
	requests_result(req, VERDICT_OK);
	trace_is("unsure; QUIT; quit; sure");
	requests_over(req);
	trace_is("answer 0 0");
}
END_TEST

START_TEST(test_requests_quit_without_a_daemon)
{
	requests_down(req);
	ask(0, UPSTREAM_QUIT);
	trace_is("quit");
	requests_over(req);
	trace_is("answer 0 0, held");
}
END_TEST

START_TEST(test_requests_quit_that_is_not_answered)
{
	ask(0, UPSTREAM_QUIT);
	ask(1, UPSTREAM_WHO);
	trace_clear();
	ev_run(loop, 0);
	trace_is("quit");
	requests_over(req);
	trace_is("answer 0 0, held");
}
END_TEST

Suite *
requests_suite(void)
{
	Suite *s = suite_create("requests");
	TCase *t = tcase_create("requests");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_requests_are_answered_in_order);
	tcase_add_test(t, test_requests_wait_for_the_daemon);
	tcase_add_test(t, test_requests_are_asked_again);
	tcase_add_test(t, test_requests_connection_that_is_lost_already);
	tcase_add_test(t, test_requests_leave);
	tcase_add_test(t, test_requests_leave_a_pair_that_is_only_ours);
	tcase_add_test(t, test_requests_wait_in_the_queue);
	tcase_add_test(t, test_requests_wait_that_nobody_is_behind);
	tcase_add_test(t, test_requests_one_wait_at_a_time);
	tcase_add_test(t, test_requests_wait_is_asked_again_first);
	tcase_add_test(t, test_requests_one_too_many);
	tcase_add_test(t, test_requests_quit);
	tcase_add_test(t, test_requests_quit_without_a_daemon);
	tcase_add_test(t, test_requests_quit_that_is_not_answered);
	suite_add_tcase(s, t);
	return s;
}
