/* Whose a name is, asked of a real user database in child processes: what is remembered of an answer, and what is not. */
#include <check.h>
#include <string.h>

#include "daemon/names/names.h"
#include "daemon/names/passwd.h"
#include "folder.h"

#define STRANGER 3999999999U /* no account's uid */

static char dir[FOLDER_PATH];
static struct accounts accounts;
static struct account *stranger;
static struct ev_loop *loop;
static struct names *names;
static unsigned told;
static enum verdict verdict;

static void
on_answered(struct names_asker *asker, enum verdict v)
{
	ck_assert_uint_eq(asker->question, 0);
	told++;
	verdict = v;
}

static void
begin(const char *nsswitch)
{
	told = 0;
	memset(&accounts, 0, sizeof(accounts));
	loop = ev_default_loop(0);
	accounts.passwd = passwd_new("/etc/passwd");
	names = names_new(loop, &accounts, nsswitch);
	stranger = accounts_get(&accounts, STRANGER);
	ck_assert(loop && accounts.passwd && names && stranger);
}

static void
end(void)
{
	account_put(stranger);
	names_free(names);
	passwd_free(accounts.passwd);
	accounts_release(&accounts);
}

static void
run_until(unsigned count)
{
	while (told < count)
		(void)ev_run(loop, EVRUN_ONCE);
}

/* "No such name" and "no such uid" hold for a while: a second login asks nobody. */
START_TEST(test_names_remember_an_answer)
{
	struct names_asker asker = { .answered = on_answered };

	begin("/nowhere");
	ck_assert_int_eq(names_ask(names, stranger, "no.such-name", &asker), VERDICT_QUEUED);
	ck_assert(names_asked(names));
	run_until(1);
	ck_assert_int_eq(verdict, VERDICT_OK);
	ck_assert(!names_asked(names));
	ck_assert_int_eq(names_ask(names, stranger, "no.such-name", &asker), VERDICT_OK);
	ck_assert(!names_asked(names));
	end();
}
END_TEST

/* Of another name only that is asked, and its answer too holds for whoever comes next. */
START_TEST(test_names_ask_for_each_name)
{
	struct names_asker asker = { .answered = on_answered };

	begin("/nowhere");
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(names_ask(names, stranger, i ? "another.name" : "no.such-name", &asker), VERDICT_QUEUED);
		run_until(i + 1);
		ck_assert_int_eq(verdict, VERDICT_OK);
	}
	ck_assert_int_eq(names_ask(names, stranger, "no.such-name", &asker), VERDICT_OK);
	end();
}
END_TEST

/* Silence frees no name, and is asked again each time. */
START_TEST(test_names_forget_silence)
{
	struct names_asker asker = { .answered = on_answered };

	folder_make(dir);
	begin(dir); /* a list of databases that cannot be read */
	for (unsigned i = 1; i <= 2; i++) {
		ck_assert_int_eq(names_ask(names, stranger, "no.such-name", &asker), VERDICT_QUEUED);
		run_until(i);
		ck_assert_int_eq(verdict, VERDICT_NO_ANSWER);
	}
	end();
	folder_remove(dir);
}
END_TEST

START_TEST(test_names_of_the_hosts_accounts)
{
	struct names_asker asker = { .answered = on_answered };

	begin("/nowhere");
	ck_assert_int_eq(names_ask(names, stranger, "root", &asker), VERDICT_RESERVED);
	ck_assert(names_reserved(names, stranger, "Root"));
	ck_assert(!names_reserved(names, stranger, "no.such-name"));
	ck_assert_uint_eq(told, 0);
	end();
}
END_TEST

/* Whoever left is not called. */
START_TEST(test_names_left)
{
	struct names_asker gone = { .answered = on_answered }, asker = { .answered = on_answered };

	begin("/nowhere");
	ck_assert_int_eq(names_ask(names, stranger, "no.such-name", &gone), VERDICT_QUEUED);
	names_leave(names, &gone);
	ck_assert(!names_asked(names));
	ck_assert_int_eq(names_ask(names, stranger, "another.name", &asker), VERDICT_QUEUED);
	run_until(1);
	ck_assert_uint_eq(told, 1);
	end();
}
END_TEST

Suite *names_suite(void);

Suite *
names_suite(void)
{
	Suite *s = suite_create("names");
	TCase *tc = tcase_create("names");

	tcase_add_test(tc, test_names_remember_an_answer);
	tcase_add_test(tc, test_names_ask_for_each_name);
	tcase_add_test(tc, test_names_forget_silence);
	tcase_add_test(tc, test_names_of_the_hosts_accounts);
	tcase_add_test(tc, test_names_left);
	suite_add_tcase(s, tc);
	return s;
}
