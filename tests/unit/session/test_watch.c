/* What happens when the session's files go, without files. */
#include <check.h>

#include "net/loop.h"
#include "session/fake.h"
#include "session/watch.h"
#include "trace.h"

static struct ev_loop *loop;
static struct watch *w;

static void
gone(void *context, bool uprooted)
{
	(void)context;
	trace(uprooted ? "uprooted" : "gone");
}

static void
restore(void *context)
{
	(void)context;
	trace("restore");
	fake_file("alice.session", true);
}

static const struct watch_class class = { gone, restore };
static const struct watch_paths paths = { .folder = "/run/x", .name = "alice", .inbox = "/home/x" };

static void
setup(void)
{
	trace_clear();
	fake_begin();
	loop = loop_new();
	w = watch_new(&class, NULL, loop, &paths);
	ck_assert_ptr_nonnull(w);
	watch_renew(w);
}

static void
teardown(void)
{
	watch_free(w);
	watch_free(NULL);
	watch_renew(NULL);
	ev_loop_destroy(loop);
}

START_TEST(test_watch_nothing_is_gone)
{
	fake_notify(loop); /* a link to it, say */
	trace_is("");
}
END_TEST

START_TEST(test_watch_what_it_cannot_be_without)
{
	static const char *const files[] = { "alice.sock", "inbox.db" };

	fake_file(files[_i], false);
	fake_notify(loop);
	trace_is("gone");
}
END_TEST

START_TEST(test_watch_folder)
{
	fake_file("alice.sock", false); /* with what was in it */
	fake_file("/run/x", false);
	fake_notify(loop);
	trace_is("uprooted");
	fake_file("inbox.db", false); /* all is gone: nobody is left to be told */
	fake_notify(loop);
	trace_is("gone");
}
END_TEST

START_TEST(test_watch_session_file)
{
	fake_file("alice.session", false);
	fake_notify(loop);
	trace_is("restore");
	fake_notify(loop);
	trace_is("");
	fake_file("alice.session", false); /* once more: the new file is watched */
	fake_notify(loop);
	trace_is("restore");
}
END_TEST

START_TEST(test_watch_what_was_not_there)
{
	fake_file("alice.sock", false);
	watch_renew(w); /* before commands are served */
	fake_notify(loop);
	trace_is("");
	fake_file("alice.sock", true);
	watch_renew(w);
	fake_file("alice.sock", false);
	fake_notify(loop);
	trace_is("gone");
}
END_TEST

Suite *
watch_suite(void)
{
	Suite *s = suite_create("watch");
	TCase *t = tcase_create("watch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_watch_nothing_is_gone);
	tcase_add_loop_test(t, test_watch_what_it_cannot_be_without, 0, 2);
	tcase_add_test(t, test_watch_folder);
	tcase_add_test(t, test_watch_session_file);
	tcase_add_test(t, test_watch_what_was_not_there);
	suite_add_tcase(s, t);
	return s;
}
