/* The host's own list of accounts: who is in it, and what a file that cannot be read says (nothing). */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/names/passwd.h"
#include "folder.h"

static char dir[FOLDER_PATH], file[128];
static struct passwd_file *list;

static void
put(const char *text)
{
	char temp[160];
	FILE *f;

	(void)snprintf(temp, sizeof(temp), "%s+", file);
	f = fopen(temp, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(rename(temp, file), 0);
}

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(file, sizeof(file), "%s/passwd", dir);
	list = passwd_new(file);
	ck_assert_ptr_nonnull(list);
}

static void
teardown(void)
{
	passwd_free(list);
	folder_remove(dir);
}

static void
assert_name(uint32_t uid, const char *wanted)
{
	const char *name = passwd_name(list, uid);

	if (wanted)
		ck_assert_str_eq(name ? name : "nobody", wanted);
	else
		ck_assert_ptr_null(name);
}

START_TEST(test_names_and_owners)
{
	put("root:x:0:0:root:/root:/bin/sh\n"
	    "alice:x:1000:1000::/home/alice:/bin/sh\n"
	    "al:x:1000:1000:a second name of that uid::\n"
	    "Bob:x:1001:1001::/:/bin/sh\n"
	    "large:x:4294967294:0::/:/bin/sh");
	assert_name(0, "root");
	assert_name(1000, "alice");
	assert_name(4294967294U, "large");
	assert_name(1002, NULL);
	ck_assert_int_eq(passwd_owner(list, "alice", 1000), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "al", 1000), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "alice", 1001), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "ALICE", 1001), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "bob", 1001), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "alice", 0), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "carol", 1000), VERDICT_NO_SUCH_USER);
}
END_TEST

/* Names beyond ASCII belong to the account that they look like, or that spells them otherwise; and the other way round. */
START_TEST(test_names_that_look_alike)
{
	put("ivan:x:1001:1:::\nweiss:x:1002:1:::\n\u5C0F\u660E:x:1003:1:::\nJos\u00E9:x:1004:1:::\n");
	ck_assert_int_eq(passwd_owner(list, "\u0131van", 1001), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "\u0131van", 1002), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "Wei\u00DF", 1002), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "Wei\u00DF", 1001), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "\u5C0F\u660E", 1003), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "\u5C0F\u660E", 1001), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "jos\u00E9", 1004), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "jos\u00E9", 1001), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "jose", 1001), VERDICT_NO_SUCH_USER);
	ck_assert_int_eq(passwd_owner(list, "lvan", 1002), VERDICT_NO_SUCH_USER); /* of ASCII, as ivan is */
}
END_TEST

START_TEST(test_of_names_alike_the_exact_one_counts)
{
	put("Bob:x:1001:1:::\nbob:x:1002:1:::\nBOB:x:1003:1:::\n");
	ck_assert_int_eq(passwd_owner(list, "bob", 1002), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "bob", 1001), VERDICT_RESERVED);
	ck_assert_int_eq(passwd_owner(list, "BOB", 1003), VERDICT_OK);
	ck_assert_int_eq(passwd_owner(list, "boB", 1003), VERDICT_RESERVED);
}
END_TEST

START_TEST(test_what_is_no_account)
{
	put("+::::::\n+@staff::::::\n-mallory:x:7:7:::\n\n:x:8:8:::\nshort:x\nnone:x::1:::\nword:x:abc:1:::\n"
	    "neg:x:-5:1:::\nover:x:4294967295:1:::\nmore:x:99999999999999999999:1:::\n9:x:9x:1:::\nlast:x:12");
	ck_assert_int_eq(passwd_owner(list, "mallory", 7), VERDICT_NO_SUCH_USER);
	for (uint32_t uid = 0; uid < 32; uid++)
		assert_name(uid, NULL);
	for (const char *const *name =
		 (const char *const[]){ "short", "none", "word", "neg", "over", "more", "last", NULL };
	     *name; name++)
		ck_assert_int_eq(passwd_owner(list, *name, 1), VERDICT_NO_SUCH_USER);
}
END_TEST

START_TEST(test_a_name_that_no_session_can_have)
{
	put("dom\\user:x:1005:1:::\nname with blanks:x:1006:1:::\n");
	assert_name(1005, "dom\\user");
	assert_name(1006, "name with blanks");
}
END_TEST

START_TEST(test_changes_are_seen)
{
	put("alice:x:1000:1:::\n");
	assert_name(1000, "alice");
	put("alise:x:1000:1:::\n");
	assert_name(1000, "alise");
	ck_assert_int_eq(passwd_owner(list, "alice", 5), VERDICT_NO_SUCH_USER);
	ck_assert_int_eq(unlink(file), 0);
	assert_name(1000, NULL);
	ck_assert_int_eq(passwd_owner(list, "alise", 5), VERDICT_NO_SUCH_USER);
	put("alice:x:1001:1:::\n");
	assert_name(1001, "alice");
}
END_TEST

/* What is there and cannot be read makes no name free. */
START_TEST(test_a_file_that_cannot_be_read)
{
	put("alice:x:1000:1:::\n");
	assert_name(1000, "alice");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(mkdir(file, 0700), 0);
	ck_assert_int_eq(passwd_owner(list, "carol", 5), VERDICT_NO_ANSWER);
	assert_name(1000, NULL);
	ck_assert_int_eq(rmdir(file), 0);
	ck_assert_int_eq(symlink("passwd", file), 0);
	ck_assert_int_eq(passwd_owner(list, "carol", 5), VERDICT_NO_ANSWER);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert_int_eq(passwd_owner(list, "carol", 5), VERDICT_NO_ANSWER);
	put("alice:x:1000:1:::\n");
	ck_assert_int_eq(passwd_owner(list, "carol", 5), VERDICT_NO_SUCH_USER);
}
END_TEST

Suite *
passwd_suite(void)
{
	Suite *s = suite_create("passwd");
	TCase *tc = tcase_create("passwd");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_names_that_look_alike);
	tcase_add_test(tc, test_names_and_owners);
	tcase_add_test(tc, test_of_names_alike_the_exact_one_counts);
	tcase_add_test(tc, test_what_is_no_account);
	tcase_add_test(tc, test_a_name_that_no_session_can_have);
	tcase_add_test(tc, test_changes_are_seen);
	tcase_add_test(tc, test_a_file_that_cannot_be_read);
	suite_add_tcase(s, tc);
	return s;
}
