#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/chat/editor/recall.h"
#include "core/limits.h"
#include "folder.h"
#include "proto/typed_line.h"

static char folder[FOLDER_PATH], path[128], words[512];

static void
setup(void)
{
	folder_make(folder);
	(void)snprintf(path, sizeof(path), "%s/typed", folder);
}

static void
teardown(void)
{
	folder_remove(folder);
}

static struct recall *
open_recall(void)
{
	struct recall *r = recall_new();

	ck_assert_ptr_nonnull(r);
	recall_open(r, path, words, sizeof(words));
	return r;
}

static void
add(struct recall *r, const char *text)
{
	recall_add(r, text, strlen(text), "");
}

static void
write_file(const char *data, size_t n)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(write(fd, data, n), (ssize_t)n);
	(void)close(fd);
}

START_TEST(test_kept_across_runs)
{
	struct recall *r = open_recall();
	struct stat st;

	ck_assert_str_eq(words, "");
	add(r, "first");
	add(r, "two\nlines \\ and a backslash");
	add(r, "two\nlines \\ and a backslash");
	add(r, "");
	recall_free(r);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	r = open_recall();
	ck_assert_str_eq(recall_line(r, 1), "two\nlines \\ and a backslash");
	ck_assert_str_eq(recall_line(r, 2), "first");
	ck_assert_ptr_null(recall_line(r, 3));
	ck_assert_ptr_null(recall_line(r, 0));
	recall_free(r);
}
END_TEST

/* Two chats of one session: neither overwrites what the other has added, nor when the file is shortened meanwhile. */
START_TEST(test_two_at_once)
{
	struct recall *a = open_recall(), *b = open_recall();
	char line[32];

	add(a, "of a");
	add(b, "of b");
	for (unsigned i = 0; i < 3 * RECALL_LINES; i++) {
		(void)snprintf(line, sizeof(line), "line %u", i);
		add(a, line);
	}
	recall_free(a);
	a = open_recall(); /* shortens */
	ck_assert_str_eq(recall_line(a, 1), "line 2999");
	ck_assert_str_eq(recall_line(a, RECALL_LINES), "line 2000");
	ck_assert_ptr_null(recall_line(a, RECALL_LINES + 1));
	add(b, "b again");
	recall_free(a);
	recall_free(b);
	a = open_recall();
	ck_assert_str_eq(recall_line(a, 1), "b again");
	recall_free(a);
}
END_TEST

START_TEST(test_cut_off)
{
	struct recall *r;

	write_file("whole\ncut o", 11);
	r = open_recall();
	ck_assert_str_eq(words, "");
	ck_assert_str_eq(recall_line(r, 1), "whole");
	add(r, "next");
	recall_free(r);
	r = open_recall();
	ck_assert_str_eq(recall_line(r, 1), "next");
	ck_assert_str_eq(recall_line(r, 2), "whole");
	recall_free(r);
}
END_TEST

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A disk that takes half a line: it goes, and does not become the beginning of the next one. */
START_TEST(test_full_disk)
{
	struct recall *r = open_recall();
	struct stat st;

	(void)signal(SIGXFSZ, SIG_IGN);
	add(r, "before");
	ck_assert_int_eq(stat(path, &st), 0);
	limit_files((rlim_t)st.st_size + 5);
	add(r, "half a \\ line");
	limit_files(RLIM_INFINITY);
	add(r, "after");
	ck_assert_str_eq(recall_line(r, 2), "half a \\ line");
	recall_free(r);
	r = open_recall();
	ck_assert_str_eq(words, "");
	ck_assert_str_eq(recall_line(r, 1), "after");
	ck_assert_str_eq(recall_line(r, 2), "before");
	ck_assert_ptr_null(recall_line(r, 3));
	recall_free(r);
}
END_TEST

/* The file would be shortened, and the disk takes nothing: it stays as long as it is. */
START_TEST(test_full_disk_shortening)
{
	struct recall *r = open_recall();
	char line[32];

	(void)signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < 3 * RECALL_LINES; i++) {
		(void)snprintf(line, sizeof(line), "line %u", i);
		add(r, line);
	}
	recall_free(r);
	limit_files(100);
	recall_free(open_recall());
	limit_files(RLIM_INFINITY);
	r = open_recall();
	ck_assert_str_eq(recall_line(r, 1), "line 2999");
	ck_assert_str_eq(recall_line(r, RECALL_LINES), "line 2000");
	recall_free(r);
}
END_TEST

/* Large pastes: the file stays readable, and does not grow without end. */
START_TEST(test_large_lines)
{
	static char text[MESSAGE_MAX + 2];
	struct recall *r = open_recall();
	struct stat st;

	memset(text, '\\', sizeof(text) - 1);
	for (unsigned i = 0; i < 100; i++) {
		text[0] = (char)('A' + i % 26);
		recall_add(r, text, MESSAGE_MAX, "");
	}
	recall_free(r);
	for (unsigned i = 0; i < 2; i++) {
		r = open_recall();
		ck_assert_str_eq(words, "");
		ck_assert_uint_eq(strlen(recall_line(r, 1)), MESSAGE_MAX);
		ck_assert_int_eq(recall_line(r, 1)[0], 'A' + 99 % 26);
		ck_assert_int_eq(recall_line(r, 2)[0], 'A' + 98 % 26);
		recall_free(r);
	}
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_lt(st.st_size, 8 * 1024 * 1024);
}
END_TEST

/* What would not be taken back is not written. */
START_TEST(test_not_kept)
{
	static char text[MESSAGE_MAX + 3];
	struct recall *r = open_recall();

	add(r, "kept");
	add(r, "not \xff UTF-8");
	ck_assert_str_eq(recall_line(r, 1), "not \xff UTF-8");
	memset(text, 'x', sizeof(text) - 1);
	recall_add(r, text, MESSAGE_MAX + 2, "");
	ck_assert_str_eq(recall_line(r, 1), "not \xff UTF-8");
	recall_free(r);
	r = open_recall();
	ck_assert_str_eq(words, "");
	ck_assert_str_eq(recall_line(r, 1), "kept");
	recall_free(r);
}
END_TEST

/* For whom a line was typed is kept with it; the same line for somebody else is another one. */
START_TEST(test_labels)
{
	struct recall *r = open_recall();

	recall_add(r, "hello\n\\:x", 9, "bob");
	recall_add(r, "hello\n\\:x", 9, "carol");
	recall_add(r, "hello\n\\:x", 9, "carol");
	recall_add(r, "/who", 4, "");
	recall_add(r, "odd", 3, "a\\b");
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_str_eq(recall_line(r, 2), "/who");
		ck_assert_str_eq(recall_label(r, 2), "");
		ck_assert_str_eq(recall_line(r, 3), "hello\n\\:x");
		ck_assert_str_eq(recall_label(r, 3), "carol");
		ck_assert_str_eq(recall_line(r, 4), "hello\n\\:x");
		ck_assert_str_eq(recall_label(r, 4), "bob");
		ck_assert_ptr_null(recall_line(r, 5));
		recall_free(r);
		r = open_recall();
		ck_assert_str_eq(words, "");
	}
	recall_free(r);
}
END_TEST

/* When a line was typed is kept with it, also when the file is shortened; lines of older versions have none. */
START_TEST(test_times)
{
	static char text[RECALL_LINES * 2 * 32 + 64];
	struct typed_line l;
	size_t n = 0;
	FILE *f;

	for (unsigned i = 0; i < 2 * RECALL_LINES; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\\:bob\t%u\\:line %u\n", 1000 + i, i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\\:bob\\:of no time\n");
	write_file(text, n);
	recall_free(open_recall());
	ck_assert_str_eq(words, "");
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	for (unsigned i = RECALL_LINES + 1; fgets(text, sizeof(text), f); i++) {
		ck_assert(typed_line_parse(text, strlen(text) - 1, &l));
		ck_assert_int_eq(l.time_ms, i < 2 * RECALL_LINES ? 1000 + i : 0);
		ck_assert_uint_eq(l.label_len, 3);
	}
	ck_assert_int_eq(fclose(f), 0);
}
END_TEST

/* The file lost its name while it was waited for: the one that has it now is used. */
START_TEST(test_replaced)
{
	struct recall *r = open_recall();
	char other[160];

	add(r, "gone");
	(void)snprintf(other, sizeof(other), "%s.other", path);
	ck_assert_int_eq(rename(path, other), 0);
	write_file("of another\n", 11);
	ck_assert_int_eq(unlink(other), 0);
	add(r, "new");
	recall_free(r);
	r = open_recall();
	ck_assert_str_eq(recall_line(r, 1), "new");
	ck_assert_str_eq(recall_line(r, 2), "of another");
	ck_assert_ptr_null(recall_line(r, 3));
	recall_free(r);
}
END_TEST

static void
replace_file(const char *data)
{
	char fresh[160];

	(void)snprintf(fresh, sizeof(fresh), "%s.fresh", path);
	ck_assert_int_eq(rename(path, fresh), 0);
	write_file(data, strlen(data));
	ck_assert_int_eq(unlink(fresh), 0);
}

/* What was taken out of the file is recalled no more; what was added to it by others may be. */
START_TEST(test_forgotten)
{
	struct recall *r = open_recall();
	struct stat st;

	ck_assert(!recall_refresh(r));
	add(r, "secret");
	add(r, "said");
	ck_assert(!recall_refresh(r));
	replace_file("said\n");
	ck_assert(recall_refresh(r));
	ck_assert(!recall_refresh(r));
	ck_assert_str_eq(recall_line(r, 1), "said");
	ck_assert_ptr_null(recall_line(r, 2));
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert(recall_refresh(r));
	ck_assert_ptr_null(recall_line(r, 1));
	add(r, "secret");
	replace_file("");
	add(r, "new"); /* before anybody has looked */
	ck_assert_str_eq(recall_line(r, 1), "new");
	ck_assert_ptr_null(recall_line(r, 2));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(recall_refresh(r));
	ck_assert_ptr_null(recall_line(r, 1));
	replace_file("not\\what we write\n"); /* what is damaged is left to the next one who opens it */
	ck_assert(recall_refresh(r));
	add(r, "only here");
	ck_assert(!recall_refresh(r));
	ck_assert_str_eq(recall_line(r, 1), "only here");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 18);
	recall_free(r);
}
END_TEST

/* Lines that no file has are forgotten when somebody says so. */
START_TEST(test_doubted)
{
	struct recall *alone = recall_new(), *r;

	ck_assert_ptr_nonnull(alone);
	add(alone, "secret");
	recall_doubt(alone);
	ck_assert(recall_refresh(alone));
	ck_assert_ptr_null(recall_line(alone, 1));
	ck_assert(!recall_refresh(alone));
	add(alone, "secret");
	recall_doubt(alone);
	add(alone, "new");
	ck_assert_str_eq(recall_line(alone, 1), "new");
	ck_assert_ptr_null(recall_line(alone, 2));
	recall_free(alone);
	r = open_recall();
	add(r, "kept");
	add(r, "not text \xff");
	recall_doubt(r);
	ck_assert(recall_refresh(r));
	ck_assert_str_eq(recall_line(r, 1), "kept");
	ck_assert_ptr_null(recall_line(r, 2));
	recall_free(r);
}
END_TEST

/* Who has taken the file away has taken away what it held. */
START_TEST(test_gone)
{
	struct recall *r = open_recall();

	add(r, "secret");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	if (_i == 0)
		ck_assert(recall_refresh(r));
	else
		add(r, "new");
	ck_assert_ptr_null(recall_line(r, 2));
	ck_assert(_i == 1 || !recall_line(r, 1));
	recall_free(r);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* Its old file may keep a name of its own for a while. */
START_TEST(test_set_aside)
{
	struct recall *r = open_recall();
	char aside[160];
	struct stat st;

	add(r, "secret");
	(void)snprintf(aside, sizeof(aside), "%s.forgotten", path);
	ck_assert_int_eq(rename(path, aside), 0);
	write_file("", 0);
	add(r, "new");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 0);
	ck_assert_ptr_null(recall_line(r, 2));
	recall_free(r);
}
END_TEST

static const struct {
	const char *data;
	size_t n;
} damaged[] = {
	{ "\\:a label without end\n", 22 },
	{ "a\0b\n", 4 },
	{ "not \xff UTF-8\n", 12 },
	{ "a backslash \\x\n", 15 },
	{ "at the end \\\n", 13 },
};

START_TEST(test_damaged)
{
	struct recall *r;
	char *aside;
	struct stat st;

	write_file(damaged[_i].data, damaged[_i].n);
	r = open_recall();
	ck_assert_ptr_nonnull(strstr(words, "it is damaged): moved to"));
	ck_assert_ptr_null(recall_line(r, 1));
	aside = strchr(words, '\'') + 1;
	*strchr(aside, '\'') = '\0';
	ck_assert_int_eq(stat(aside, &st), 0);
	ck_assert_int_eq(st.st_size, (off_t)damaged[_i].n);
	add(r, "new");
	recall_free(r);
	r = open_recall();
	ck_assert_str_eq(words, "");
	ck_assert_str_eq(recall_line(r, 1), "new");
	recall_free(r);
}
END_TEST

/* A link is not followed, a pipe not waited for. */
START_TEST(test_no_file)
{
	struct recall *r;

	ck_assert_int_eq(_i == 0 ? symlink("/etc/passwd", path) : mkfifo(path, 0600), 0);
	r = open_recall();
	ck_assert_ptr_nonnull(strstr(words, "is damaged"));
	ck_assert_ptr_null(recall_line(r, 1));
	recall_free(r);
}
END_TEST

Suite *
recall_suite(void)
{
	Suite *s = suite_create("recall");
	TCase *t = tcase_create("recall");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_kept_across_runs);
	tcase_add_test(t, test_two_at_once);
	tcase_add_test(t, test_cut_off);
	tcase_add_test(t, test_full_disk);
	tcase_add_test(t, test_full_disk_shortening);
	tcase_add_test(t, test_large_lines);
	tcase_add_test(t, test_not_kept);
	tcase_add_test(t, test_labels);
	tcase_add_test(t, test_times);
	tcase_add_test(t, test_replaced);
	tcase_add_test(t, test_forgotten);
	tcase_add_test(t, test_doubted);
	tcase_add_loop_test(t, test_gone, 0, 2);
	tcase_add_test(t, test_set_aside);
	tcase_add_loop_test(t, test_damaged, 0, (int)ARRAY_SIZE(damaged));
	tcase_add_loop_test(t, test_no_file, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
