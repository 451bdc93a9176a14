/* What a /command says, as the chat collects it. */
#include <check.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/chat/run.h"
#include "folder.h"

static char dir[FOLDER_PATH];
static struct ev_loop *loop;
static char *said, *wrong;
static int ended;

static void
setup(void)
{
	folder_make(dir);
	ck_assert_int_eq(setenv("PCHAT_EXEC_PATH", dir, 1), 0);
	loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_ptr_nonnull(loop);
}

static void
teardown(void)
{
	free(said);
	free(wrong);
	said = wrong = NULL;
	ev_loop_destroy(loop);
	folder_remove(dir);
}

static void
take(void *context, const struct run_end *end)
{
	ck_assert_uint_eq(strlen(end->output), end->length);
	said = strdup(end->output);
	wrong = strdup(end->errors);
	ended = end->status;
	*(int *)context = 1;
}

/* In the place of pchat-full. */
static void
run_script(const char *script)
{
	static const char *const words[] = { "word", NULL };
	char path[FOLDER_PATH + 16];
	int done = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/pchat-full", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(fprintf(f, "#!/bin/sh\n%s\n", script), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
	ck_assert_ptr_nonnull(run_new(loop, words, take, &done));
	while (!done)
		ev_run(loop, EVRUN_ONCE);
}

START_TEST(is_given_with_its_status)
{
	run_script("echo $1; echo wrong >&2; exit 3");
	ck_assert_str_eq(said, "word\n");
	ck_assert_str_eq(wrong, "wrong\n");
	ck_assert_int_eq(ended, 3);
}
END_TEST

/* However early it closes one of the two. */
START_TEST(is_heard_to_its_end)
{
	run_script("exec >&-; echo wrong >&2");
	ck_assert_str_eq(said, "");
	ck_assert_str_eq(wrong, "wrong\n");
}
END_TEST

/* Only the command: what else the chat starts, an editor say, is in no chat. */
START_TEST(is_told_of_the_chat)
{
	run_script("echo ${PCHAT_CHAT+chat}; [ -t 1 ] || echo nowhere");
	ck_assert_str_eq(said, "chat\nnowhere\n");
	ck_assert_ptr_null(getenv("PCHAT_CHAT"));
}
END_TEST

START_TEST(of_too_much_the_newest_is_kept)
{
	static const char note[] = "(what came before is left out)\n";
	unsigned long first, n = 0;

	run_script("i=0; while [ $i -lt 300000 ]; do echo $i; i=$((i + 1)); done");
	ck_assert_uint_lt(strlen(said), RUN_OUTPUT);
	ck_assert_uint_gt(strlen(said), RUN_OUTPUT / 3);
	ck_assert_int_eq(strncmp(said, note, sizeof(note) - 1), 0);
	first = strtoul(said + sizeof(note) - 1, NULL, 10);
	for (char *p = said + sizeof(note) - 1; *p; p++, n++)
		ck_assert_uint_eq(strtoul(p, &p, 10), first + n);
	ck_assert_uint_eq(first + n, 300000);
}
END_TEST

Suite *
run_suite(void)
{
	Suite *s = suite_create("run");
	TCase *t = tcase_create("run");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, is_given_with_its_status);
	tcase_add_test(t, is_heard_to_its_end);
	tcase_add_test(t, is_told_of_the_chat);
	tcase_add_test(t, of_too_much_the_newest_is_kept);
	suite_add_tcase(s, t);
	return s;
}
