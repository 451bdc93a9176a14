/* Kept notes: what is kept, and the file of each. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/notes/kept.h"
#include "daemon/notes/kept_file.h"
#include "folder.h"

static char dir[FOLDER_PATH];
static uint8_t bytes[KEPT_FILE_MAX];

static struct kept_record
sample(void)
{
	return (struct kept_record){ .time_ms = 1795435267042,
		.to_uid = 1001,
		.to_name = "bob",
		.note = { .stranger = true,
		    .from = { .account = "uid 60000", .uid = 60000 },
		    .msgid.b = { 7 },
		    .body = (const uint8_t *)"build: exit 0",
		    .length = 13 },
		.groups = 2,
		.group = { 50, 100 } };
}

START_TEST(test_kept_room)
{
	struct kept_use u = { .both = KEPT_NOTES - 1, .both_bytes = KEPT_BYTES - 300 };

	ck_assert_int_eq(kept_has_room(&u, 300, KEPT_BYTES_ALL), VERDICT_OK);
	ck_assert_int_eq(kept_has_room(&u, 301, KEPT_BYTES_ALL), VERDICT_NOTES_FULL);
	ck_assert_int_eq(kept_has_room(&u, 300, 299), VERDICT_NOTES_FULL);
	u.both++;
	ck_assert_int_eq(kept_has_room(&u, 1, KEPT_BYTES_ALL), VERDICT_NOTES_FULL);
	u = (struct kept_use){ .sender_bytes = KEPT_BYTES_SENDER - 257 };
	ck_assert_int_eq(kept_has_room(&u, 257, KEPT_BYTES_ALL), VERDICT_OK);
	ck_assert_int_eq(kept_has_room(&u, 258, KEPT_BYTES_ALL), VERDICT_NOTES_FULL);
	u = (struct kept_use){ .receiver_bytes = KEPT_BYTES_RECEIVER };
	ck_assert_int_eq(kept_has_room(&u, 1, KEPT_BYTES_ALL), VERDICT_NOTES_FULL);
}
END_TEST

/* What is short costs as much as what is not. */
START_TEST(test_kept_cost)
{
	const struct kept_use u = { .sender_bytes = KEPT_BYTES_SENDER - KEPT_LEAST + 1 };

	ck_assert_uint_eq(kept_cost(1), KEPT_LEAST);
	ck_assert_uint_eq(kept_cost(KEPT_LEAST + 1), KEPT_LEAST + 1);
	ck_assert_int_eq(kept_has_room(&u, 1, KEPT_BYTES_ALL), VERDICT_NOTES_FULL);
}
END_TEST

START_TEST(test_kept_time)
{
	const int64_t month = 30LL * 24 * 60 * 60 * 1000;

	ck_assert(!kept_is_over(1000, 1000 + month));
	ck_assert(kept_is_over(1000, 1001 + month));
	ck_assert(!kept_is_over(1000, 0));
}
END_TEST

START_TEST(test_kept_fates)
{
	for (int v = 0; v < VERDICT_COUNT; v++) {
		const bool done = v == VERDICT_OK || v == VERDICT_REFUSES, used = v == VERDICT_ID_USED;
		const enum kept_fate later = v == VERDICT_ABSENT ? KEPT_AT_LOGIN
		    : v == VERDICT_NOTES_FULL                    ? KEPT_YIELD
								 : KEPT_LATER;

		ck_assert_int_eq(kept_fate((enum verdict)v, false), done ? KEPT_DONE : used ? KEPT_ANEW : later);
		ck_assert_int_eq(kept_fate((enum verdict)v, true), done || used ? KEPT_DONE : later);
	}
}
END_TEST

START_TEST(test_kept_other_ids)
{
	const struct ident id = { .b = { 1, 2, 3 } };
	const uint64_t one = kept_digest((const uint8_t *)"one", 3), two = kept_digest((const uint8_t *)"two", 3);
	const struct ident a = kept_other_id(&id, one), b = kept_other_id(&id, two), again = kept_other_id(&id, one);

	ck_assert(ident_equal(&a, &again));
	ck_assert(!ident_equal(&a, &id) && !ident_equal(&b, &id) && !ident_equal(&a, &b));
}
END_TEST

START_TEST(test_kept_bytes)
{
	const struct kept_record r = sample();
	const size_t n = kept_file_encode(&r, bytes, sizeof(bytes));
	struct kept_record back;

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(kept_file_decode(bytes, n, &back), 0);
	ck_assert_str_eq(back.to_name, "bob");
	ck_assert_str_eq(back.note.from.account, "uid 60000");
	ck_assert(back.note.stranger);
	ck_assert_uint_eq(back.to_uid, 1001);
	ck_assert_uint_eq(back.group[1], 100);
	ck_assert_mem_eq(back.note.body, r.note.body, r.note.length);
	for (size_t cut = 0; cut < n; cut++) {
		ck_assert_int_eq(kept_file_decode(bytes, cut, &back), -1);
		ck_assert_uint_eq(kept_file_encode(&r, bytes + 1000, cut), 0);
	}
	bytes[n] = 0;
	ck_assert_int_eq(kept_file_decode(bytes, n + 1, &back), -1);
}
END_TEST

static void
setup(void)
{
	folder_make(dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

START_TEST(test_kept_files)
{
	const struct kept_record r = sample();
	const size_t n = kept_file_encode(&r, bytes, sizeof(bytes));
	uint8_t back[KEPT_FILE_MAX] = { 0 };
	char path[FOLDER_PATH + 64];
	uint64_t *numbers;
	struct stat st;
	int fd;

	for (uint64_t i = 20; i > 0; i -= 10)
		ck_assert_int_eq(kept_file_store(dir, i, bytes, n), 0);
	ck_assert_int_eq(kept_file_load(dir, 10, back, sizeof(back)), (ssize_t)n);
	ck_assert_mem_eq(back, bytes, n);
	(void)snprintf(path, sizeof(path), "%s/%016x.note", dir, 10);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	(void)snprintf(path, sizeof(path), "%s/%016x.new", dir, 11); /* of a daemon that was killed */
	ck_assert_int_ge(fd = open(path, O_CREAT | O_WRONLY, 0600), 0);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/%016x.note", dir, 12); /* and one that is no note */
	ck_assert_int_ge(fd = open(path, O_CREAT | O_WRONLY, 0600), 0);
	(void)close(fd);
	(void)snprintf(
	    path, sizeof(path), "%s/%016x.note", dir, 13); /* and one that was overwritten, and not removed */
	ck_assert_int_ge(fd = open(path, O_CREAT | O_WRONLY, 0600), 0);
	ck_assert_int_eq(write(fd, back + 4000, 100), 100);
	(void)close(fd);
	ck_assert_int_eq(kept_file_list(dir, &numbers), 4);
	ck_assert_mem_eq(numbers, ((const uint64_t[]){ 10, 12, 13, 20 }), 4 * sizeof(numbers[0]));
	free(numbers);
	ck_assert_int_eq(kept_file_load(dir, 12, back, sizeof(back)), -ENOENT);
	ck_assert_int_eq(kept_file_load(dir, 13, back, sizeof(back)), -ENOENT);
	ck_assert_int_eq(kept_file_list(path, &numbers), -ENOTDIR);
	ck_assert_ptr_null(numbers);
	(void)snprintf(path, sizeof(path), "%s/%016x.new", dir, 11);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* What is forgotten is overwritten: whoever holds the file open sees nothing of it. */
START_TEST(test_kept_files_are_overwritten)
{
	const struct kept_record r = sample();
	const size_t n = kept_file_encode(&r, bytes, sizeof(bytes));
	uint8_t back[KEPT_FILE_MAX];
	char path[FOLDER_PATH + 64];
	int fd;

	ck_assert_int_eq(kept_file_store(dir, 1, bytes, n), 0);
	(void)snprintf(path, sizeof(path), "%s/%016x.note", dir, 1);
	ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
	ck_assert_int_eq(kept_file_forget(dir, 1), 0);
	ck_assert_int_eq(kept_file_forget(dir, 1), 0);
	ck_assert_int_eq(read(fd, back, sizeof(back)), (ssize_t)n);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(back[i], 0);
	(void)close(fd);
	ck_assert_int_eq(kept_file_load(dir, 1, back, sizeof(back)), -ENOENT);
	ck_assert_int_eq(kept_file_store("/nowhere", 1, bytes, n), -ENOENT);
}
END_TEST

Suite *
kept_file_suite(void)
{
	Suite *s = suite_create("kept_file");
	TCase *rules = tcase_create("rules"), *files = tcase_create("files");

	tcase_add_test(rules, test_kept_room);
	tcase_add_test(rules, test_kept_cost);
	tcase_add_test(rules, test_kept_time);
	tcase_add_test(rules, test_kept_fates);
	tcase_add_test(rules, test_kept_other_ids);
	tcase_add_test(rules, test_kept_bytes);
	suite_add_tcase(s, rules);
	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, test_kept_files);
	tcase_add_test(files, test_kept_files_are_overwritten);
	suite_add_tcase(s, files);
	return s;
}
