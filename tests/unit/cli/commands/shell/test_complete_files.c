/* Which files Tab offers. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture.h"
#include "cli/commands/shell/complete_files.h"
#include "cli/output/output.h"
#include "folder.h"

static char dir[FOLDER_PATH];

static void
make(const char *name)
{
	char path[FOLDER_PATH + 192];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
}

static void
setup(void)
{
	char path[FOLDER_PATH + 64];

	folder_make(dir);
	make("report.pdf");
	make("result");
	make("other");
	make(".rest");
	make("re two words"); /* is no one word */
	make("re\033[2J");
	(void)snprintf(path, sizeof(path), "%s/recipes", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/re-pipe", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/re-link", dir);
	ck_assert_int_eq(symlink("recipes", path), 0);
	(void)snprintf(path, sizeof(path), "%s/re-nothing", dir);
	ck_assert_int_eq(symlink("is-not-there", path), 0);
}

static void
teardown(void)
{
	folder_remove(dir);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is offered for a text of that folder, in order, each without the folder's path. */
static const char *
offered(const char *typed, uint64_t ms)
{
	static char joined[1024];
	char text[FOLDER_PATH + 64], *said, *word, *words[32];
	const size_t before = strlen(dir) + 1;
	size_t n = 0;

	(void)snprintf(text, sizeof(text), "%s/%s", dir, typed);
	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	complete_files(text, deadline_in(ms));
	(void)output_flush();
	said = strdup(capture_end());
	for (char *rest = said; (word = strsep(&rest, "\n")) && *word; n++) {
		ck_assert_uint_lt(n, 32);
		ck_assert_int_eq(strncmp(word, text, strlen(text)), 0);
		words[n] = word + before;
	}
	qsort(words, n, sizeof(*words), by_text);
	joined[0] = '\0';
	for (size_t i = 0; i < n; i++)
		(void)strncat(strncat(joined, i > 0 ? " " : "", 2), words[i], 128);
	free(said);
	return joined;
}

START_TEST(those_that_begin_so)
{
	ck_assert_str_eq(offered("re", 60000), "re-link/ recipes/ report.pdf result");
	ck_assert_str_eq(offered("res", 60000), "result");
	ck_assert_str_eq(offered(".r", 60000), ".rest");
	ck_assert_str_eq(offered("", 60000), "other re-link/ recipes/ report.pdf result");
	ck_assert_str_eq(offered("x", 60000), "");
	ck_assert_str_eq(offered("no-folder/x", 60000), "");
}
END_TEST

/* Nothing at all: the names that came so far would pass for all of them. */
START_TEST(it_takes_too_long)
{
	const char *said;

	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	complete_files("/", 0); /* a time that is over */
	(void)output_flush();
	said = capture_end();
	ck_assert(*said == '\0' || strstr(said, "/etc/\n"));
}
END_TEST

START_TEST(too_many)
{
	char name[128];

	for (unsigned i = 0; i < 700; i++) {
		(void)snprintf(name, sizeof(name), "many-%0100u", i);
		make(name);
	}
	ck_assert_str_eq(offered("many-", 60000), ""); /* of no help */
	ck_assert_str_eq(offered("res", 60000), "result");
}
END_TEST

Suite *
complete_files_suite(void)
{
	Suite *s = suite_create("complete_files");
	TCase *tc = tcase_create("complete_files");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, those_that_begin_so);
	tcase_add_test(tc, it_takes_too_long);
	tcase_add_test(tc, too_many);
	suite_add_tcase(s, tc);
	return s;
}
