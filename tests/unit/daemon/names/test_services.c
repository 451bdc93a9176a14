/* What nsswitch.conf(5) names, and what a look-up's bytes say. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "daemon/names/lookup.h"
#include "daemon/names/services.h"
#include "folder.h"

static char dir[FOLDER_PATH], file[128];

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(file, sizeof(file), "%s/nsswitch.conf", dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

static void
put(const char *text)
{
	FILE *f = fopen(file, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(test_services)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "", "" },
		{ "group: files ldap\n", "" },
		{ "passwd: files\n", "" },
		{ "passwd:files systemd\n", "systemd" },
		{ "# passwd: nis\npasswd:\t\tfiles  systemd ldap # and nis\nshadow: files\n", "systemd, ldap" },
		{ "passwd: ldap [NOTFOUND=return SUCCESS=merge] files", "ldap" },
		{ "passwd: compat\n", "compat" },
		{ "  passwd: [!UNAVAIL=return]sss\n", "sss" },
		{ "passwd: files [", "" },
	};
	char text[SERVICES_TEXT];
	struct services s;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put(rows[i].text);
		ck_assert_int_eq(services_read(file, &s), 0);
		ck_assert_str_eq(services_text(&s, text), rows[i].wanted);
	}
}
END_TEST

START_TEST(test_a_list_that_cannot_be_read)
{
	struct services s;

	ck_assert_int_eq(services_read(file, &s), 0);
	ck_assert_uint_eq(s.count, 0);
	ck_assert_int_eq(mkdir(file, 0700), 0);
	ck_assert_int_lt(services_read(file, &s), 0);
	ck_assert_int_eq(rmdir(file), 0);
	put("passwd: a b c d e f g h i j k l m n o p q\n");
	ck_assert_int_eq(services_read(file, &s), -E2BIG);
	put("passwd: a23456789012345678901234567890123\n");
	ck_assert_int_eq(services_read(file, &s), -E2BIG);
}
END_TEST

/* A child that asks for real: the look-up of an account that every host has, and of one that none has. */
static size_t
ask(const struct lookup_task *task, uint8_t *bytes, size_t size)
{
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	lookup_run(task, fds[1]);
	(void)close(fds[1]);
	n = read(fds[0], bytes, size);
	ck_assert_int_ge(n, 0);
	(void)close(fds[0]);
	return (size_t)n;
}

START_TEST(test_a_look_up)
{
	struct lookup_task task = { .nsswitch = "/nowhere", .name = "root", .uid = 0, .account = true };
	struct lookup_answer answer;
	uint8_t bytes[512];
	size_t n = ask(&task, bytes, sizeof(bytes));

	lookup_understand(&task, bytes, n, &answer);
	ck_assert_int_eq(answer.owner, VERDICT_OK);
	ck_assert(answer.account_told && answer.account_found);
	ck_assert_str_eq(answer.account, "root");
	ck_assert_int_eq(answer.error, 0);
	task.uid = 1;
	lookup_understand(&task, bytes, n, &answer);
	ck_assert_int_eq(answer.owner, VERDICT_RESERVED);
	ck_assert_uint_eq(answer.owner_uid, 0);
}
END_TEST

/* Whatever is missing is no answer, byte by byte. */
START_TEST(test_a_look_up_that_was_cut_off)
{
	const struct lookup_task task = { .nsswitch = "/nowhere", .name = "no.such-name-1", .uid = 0, .account = true };
	struct lookup_answer answer;
	uint8_t bytes[512];
	const size_t whole = ask(&task, bytes, sizeof(bytes));

	lookup_understand(&task, bytes, whole, &answer);
	ck_assert_int_eq(answer.owner, VERDICT_NO_SUCH_USER);
	for (size_t n = 0; n < whole; n++) {
		lookup_understand(&task, bytes, n, &answer);
		ck_assert_int_eq(answer.owner, n < whole / 2 ? VERDICT_NO_ANSWER : VERDICT_NO_SUCH_USER);
		ck_assert(!answer.account_told);
		ck_assert_int_eq(answer.error, -ETIMEDOUT);
	}
}
END_TEST

Suite *
services_suite(void)
{
	Suite *s = suite_create("services");
	TCase *tc = tcase_create("services");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_services);
	tcase_add_test(tc, test_a_list_that_cannot_be_read);
	tcase_add_test(tc, test_a_look_up);
	tcase_add_test(tc, test_a_look_up_that_was_cut_off);
	suite_add_tcase(s, tc);
	return s;
}
