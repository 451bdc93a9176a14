/* Where history comes from when no helper runs. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/history_open.h"
#include "folder.h"
#include "host.h"
#include "trace.h"

static char dir[FOLDER_PATH];
static struct link l;

static void
setup(void)
{
	trace_clear();
	folder_make(dir);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(setenv("PCHAT_EXEC_PATH", dir, 1), 0);
	ck_assert_int_eq(unsetenv("PCHAT_SESSION"), 0);
	memset(&l, 0, sizeof(l));
	link_init(&l);
}

static void
teardown(void)
{
	link_close(&l);
	folder_remove(dir);
}

static void
make(const char *format, const char *name, bool folder)
{
	char path[FOLDER_PATH + 128];

	(void)snprintf(path, sizeof(path), "%s/", dir);
	(void)snprintf(path + strlen(path), sizeof(path) - strlen(path), format, name);
	if (folder)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else
		ck_assert_int_eq(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700)), 0);
}

static void
make_inbox(const char *name)
{
	make("pchat/%s", name, true);
	make("pchat/%s/inbox.db", name, false);
}

/* A program in the place of ours tells how it was called. */
static void
make_program(void)
{
	char path[FOLDER_PATH + 32];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/pchat-session", dir);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("#!/bin/sh\necho \"$*\"\nexec cat\n", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

static void
expect_reader(const char *line)
{
	char got[128];
	size_t n = 0;

	do
		ck_assert_int_eq(read(l.fd, got + n, 1), 1);
	while (got[n++] != '\n');
	got[n - 1] = '\0';
	ck_assert_str_eq(got, line);
}

static void
note(const char *name, void *context)
{
	(void)context;
	trace("%s", name);
}

START_TEST(inboxes)
{
	history_each_inbox(note, NULL);
	trace_is("");
	make("pchat%s", "", true);
	make_inbox("aa-test");
	make("pchat/%s", "bb-test", true); /* has no inbox */
	make_inbox("_pchatd");             /* is no name */
	history_each_inbox(note, NULL);
	trace_is("aa-test");
}
END_TEST

START_TEST(the_one_that_is_wished_for)
{
	const struct link_wish wish = { .session = "aa-test" }, other = { .session = "far.example/bb-test" };

	make_program();
	ck_assert_int_eq(history_open(&l, &wish), VERDICT_NO_SESSION);
	ck_assert_ptr_nonnull(strstr(l.words, "aa-test"));
	make("pchat%s", "", true);
	make("pchat/%s", "aa-test", true); /* what is in it the reader tells */
	make("pchat/%s", "via", true);
	make("pchat/via/%s", "far.example", true);
	make("pchat/via/far.example/%s", "bb-test", true);
	ck_assert_int_eq(history_open(&l, &wish), VERDICT_OK);
	expect_reader("--history aa-test");
	ck_assert_int_eq(history_open(&l, &other), VERDICT_OK);
	expect_reader("--history far.example/bb-test");
	ck_assert_str_eq(l.host, "far.example");
}
END_TEST

START_TEST(the_only_one)
{
	const struct link_wish none = { .session = NULL };

	make_program();
	ck_assert_int_eq(history_open(&l, &none), VERDICT_NO_SESSION);
	ck_assert_str_ne(l.words, "");
	make("pchat%s", "", true);
	make_inbox("aa-test");
	ck_assert_int_eq(history_open(&l, &none), VERDICT_OK);
	expect_reader("--history aa-test");
	make_inbox("bb-test");
	ck_assert_int_eq(history_open(&l, &none), VERDICT_NO_SESSION);
	ck_assert_ptr_nonnull(strstr(l.words, "aa-test"));
	ck_assert_ptr_nonnull(strstr(l.words, "bb-test"));
}
END_TEST

/* A session at another host counts as one here does. */
START_TEST(the_only_one_at_a_host)
{
	const struct link_wish none = { .session = NULL };

	make_program();
	make("pchat%s", "", true);
	make("pchat/%s", "via", true);
	make("pchat/via/%s", "-no.host", true);
	make("pchat/via/%s", "far.example", true);
	ck_assert_int_eq(history_open(&l, &none), VERDICT_NO_SESSION);
	make("pchat/via/far.example/%s", "aa-test", true);
	make("pchat/via/far.example/%s/inbox.db", "aa-test", false);
	ck_assert_int_eq(history_open(&l, &none), VERDICT_OK);
	expect_reader("--history far.example/aa-test");
	ck_assert_str_eq(l.host, "far.example");
	make_inbox("aa-test");
	ck_assert_int_eq(history_open(&l, &none), VERDICT_NO_SESSION);
	ck_assert_ptr_nonnull(strstr(l.words, "far.example/aa-test"));
	trace_clear();
	history_each_inbox(note, NULL);
	trace_is("aa-test; far.example/aa-test");
	trace_clear();
	history_each_login(note, NULL);
	trace_is("aa-test"); /* under that one may log in here */
}
END_TEST

START_TEST(no_program)
{
	const struct link_wish wish = { .session = "aa-test" };

	if (!host_tells_of_no_program(__func__))
		return;
	make("pchat%s", "", true);
	make_inbox("aa-test");
	ck_assert_int_eq(history_open(&l, &wish), VERDICT_FAILED);
	ck_assert_ptr_nonnull(strstr(l.words, "pchat-session"));
	ck_assert_int_eq(l.fd, -1);
}
END_TEST

Suite *
history_open_suite(void)
{
	Suite *s = suite_create("history_open");
	TCase *tc = tcase_create("history_open");

	tcase_set_timeout(tc, 60);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, inboxes);
	tcase_add_test(tc, the_one_that_is_wished_for);
	tcase_add_test(tc, the_only_one);
	tcase_add_test(tc, the_only_one_at_a_host);
	tcase_add_test(tc, no_program);
	suite_add_tcase(s, tc);
	return s;
}
