/* What is counted for a uid, and how it is called. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/names/account.h"
#include "daemon/names/passwd.h"
#include "folder.h"
#include "session/fake_process.h"

#define STRANGER 4000000123U /* is nobody's, and not ours */
#define KNOWN 4000000124U

static bool no_memory;

char *__real_strdup(const char *text);
char *
__wrap_strdup(const char *text)
{
	return no_memory ? NULL : __real_strdup(text);
}

static struct accounts all;
static char dir[FOLDER_PATH], file[FOLDER_PATH + 16];
static struct passwd_file *passwd;

static void
setup(void)
{
	FILE *f;

	folder_make(dir);
	(void)snprintf(file, sizeof(file), "%s/passwd", dir);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(fprintf(f, "known:x:%u:1::/:/bin/sh\n", KNOWN), 0);
	ck_assert_int_eq(fclose(f), 0);
	passwd = passwd_new(file);
	memset(&all, 0, sizeof(all));
	all.passwd = passwd;
}

static void
teardown(void)
{
	fake_process_end();
	accounts_release(&all);
	passwd_free(passwd);
	folder_remove(dir);
}

static const char *
shown(const struct account *a)
{
	static char name[ACCOUNT_MAX_LEN + 1];

	account_show(a, name);
	return name;
}

START_TEST(one_entry_for_a_uid)
{
	struct account *a = accounts_get(&all, KNOWN), *b = accounts_get(&all, STRANGER);

	ck_assert(a && b && a != b);
	ck_assert_ptr_eq(accounts_get(&all, KNOWN), a);
	ck_assert_uint_eq(a->refs, 2);
	ck_assert_int_eq(a->state, ACCOUNT_NAMED);
	ck_assert_str_eq(shown(a), "known");
	ck_assert_int_eq(b->state, ACCOUNT_UNKNOWN);
	ck_assert_str_eq(shown(b), "uid 4000000123");
	account_put(a);
	account_put(a);
	account_put(NULL);
	ck_assert_uint_eq(a->refs, 0);
}
END_TEST

START_TEST(what_a_look_up_told)
{
	struct account *a = accounts_get(&all, STRANGER);
	char longest[ACCOUNT_MAX_LEN + 2];

	ck_assert(account_told(a, "found"));
	ck_assert_int_eq(a->state, ACCOUNT_NAMED);
	ck_assert_str_eq(shown(a), "found");
	ck_assert(account_told(a, NULL));
	ck_assert_int_eq(a->state, ACCOUNT_NONE);
	ck_assert_str_eq(shown(a), "uid 4000000123");
	ck_assert(account_told(a, ""));
	ck_assert_int_eq(a->state, ACCOUNT_NAMED);
	ck_assert_str_eq(shown(a), "uid 4000000123");
	memset(longest, 'x', sizeof(longest));
	longest[ACCOUNT_MAX_LEN + 1] = '\0';
	ck_assert(account_told(a, longest)); /* a part of it may be somebody else */
	ck_assert_str_eq(shown(a), "uid 4000000123");
	longest[ACCOUNT_MAX_LEN] = '\0';
	ck_assert(account_told(a, longest));
	ck_assert_str_eq(shown(a), longest);
}
END_TEST

/* Without memory for its name an account is as if nobody had told: a stranger, who is looked up again. */
START_TEST(no_memory_for_a_name)
{
	struct account *a = accounts_get(&all, STRANGER), *b;

	account_sessions(a, 1);
	no_memory = true;
	ck_assert(!account_told(a, "found"));
	ck_assert_int_eq(a->state, ACCOUNT_UNKNOWN);
	ck_assert_uint_eq(all.unknown_sessions, 1);
	ck_assert_str_eq(shown(a), "uid 4000000123");
	ck_assert(account_told(a, "")); /* it takes none */
	ck_assert_int_eq(a->state, ACCOUNT_NAMED);
	ck_assert_uint_eq(all.unknown_sessions, 0);
	b = accounts_get(&all, KNOWN);
	ck_assert_int_eq(b->state, ACCOUNT_UNKNOWN);
	no_memory = false;
	accounts_recall(&all, b);
	ck_assert_str_eq(shown(b), "known");
}
END_TEST

/* Those of uids without a known account count together, whenever that becomes known. */
START_TEST(strangers_count_together)
{
	struct account *a = accounts_get(&all, STRANGER), *b = accounts_get(&all, STRANGER + 5),
		       *c = accounts_get(&all, KNOWN);

	account_sessions(a, 1);
	account_sessions(a, 1);
	account_sessions(b, 1);
	account_sessions(c, 1);
	account_greeting(a, 1);
	account_greeting(c, 1);
	ck_assert_uint_eq(a->sessions, 2);
	ck_assert_uint_eq(all.unknown_sessions, 3);
	ck_assert_uint_eq(all.unknown_greeting, 1);
	ck_assert_ptr_eq(account_party(a), account_party(b));
	ck_assert_ptr_eq(account_party(c), &c->party);
	ck_assert(account_told(a, "found"));
	ck_assert_uint_eq(all.unknown_sessions, 1);
	ck_assert_uint_eq(all.unknown_greeting, 0);
	ck_assert_ptr_eq(account_party(a), &a->party);
	ck_assert(account_told(a, NULL));
	ck_assert_uint_eq(all.unknown_sessions, 3);
	account_sessions(a, -2);
	account_greeting(a, -1);
	account_sessions(b, -1);
	ck_assert_uint_eq(all.unknown_sessions, 0);
	ck_assert_uint_eq(all.unknown_greeting, 0);
}
END_TEST

START_TEST(our_own)
{
	struct account *a = accounts_get(&all, geteuid());

	ck_assert(a->own && account_known(a));
	ck_assert(account_told(a, NULL));
	account_sessions(a, 1);
	ck_assert_uint_eq(all.unknown_sessions, 0); /* is known whatever the user database says */
}
END_TEST

START_TEST(whose_a_name_is)
{
	struct account *a = accounts_get(&all, STRANGER);

	ck_assert(account_told(a, "Müller"));
	ck_assert(accounts_have(&all, "müller", STRANGER + 1));
	ck_assert(!accounts_have(&all, "müller", STRANGER));
	ck_assert(!accounts_have(&all, "meier", STRANGER + 1));
	ck_assert(account_told(a, "found"));
	ck_assert(!accounts_have(&all, "found", STRANGER + 1)); /* the user database is asked for these */
}
END_TEST

/* Who comes back at once has no more requests than before; some time later nothing is known any more. */
START_TEST(it_is_kept_for_a_while)
{
	struct account *a;

	fake_process_begin(1000000);
	a = accounts_get(&all, STRANGER);
	ck_assert(account_told(a, "found"));
	ck_assert(bucket_take(&a->requests, clock_monotonic_ms(), 1, 10));
	account_put(a);
	a = accounts_get(&all, STRANGER);
	ck_assert_uint_gt(a->requests.full_at, 1000000);
	ck_assert_int_eq(a->state, ACCOUNT_UNKNOWN); /* the uid may be another's by now */
	account_put(a);
	fake_clock(1100000);
	(void)accounts_get(&all, STRANGER + 256); /* any other look into the table may free it */
	a = accounts_get(&all, STRANGER);
	ck_assert_uint_le(a->requests.full_at, 1100000);
}
END_TEST

Suite *
account_suite(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("account");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_entry_for_a_uid);
	tcase_add_test(tc, what_a_look_up_told);
	tcase_add_test(tc, no_memory_for_a_name);
	tcase_add_test(tc, strangers_count_together);
	tcase_add_test(tc, our_own);
	tcase_add_test(tc, whose_a_name_is);
	tcase_add_test(tc, it_is_kept_for_a_while);
	suite_add_tcase(s, tc);
	return s;
}
