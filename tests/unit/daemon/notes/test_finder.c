/* Notes that wait until the user database has told whose their receiver is: a real database, with and without an answer. */
#include <check.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/names/passwd.h"
#include "daemon/notes/finder.h"
#include "folder.h"

static char dir[FOLDER_PATH];
static struct accounts accounts;
static struct ev_loop *loop;
static struct names *names;
static struct finder finder;
static struct {
	unsigned count;
	uint64_t token[4];
	enum verdict verdict;
	char body[8];
} told;

static void
on_found(void *context, uint64_t token, const struct kept_record *r, enum verdict v)
{
	ck_assert_ptr_eq(context, &told);
	ck_assert_uint_lt(told.count, 4);
	told.token[told.count++] = token;
	told.verdict = v;
	ck_assert_uint_lt(r->note.length, sizeof(told.body));
	memcpy(told.body, r->note.body, r->note.length);
}

static const struct finder_class class = { .found = on_found };

static void
begin(const char *nsswitch)
{
	memset(&told, 0, sizeof(told));
	memset(&accounts, 0, sizeof(accounts));
	loop = ev_default_loop(0);
	accounts.passwd = passwd_new("/etc/passwd");
	names = names_new(loop, &accounts, nsswitch);
	ck_assert(loop && accounts.passwd && names);
	finder_init(&finder, &class, &told, names);
}

static void
end(void)
{
	finder_release(&finder);
	names_free(names);
	passwd_free(accounts.passwd);
	accounts_release(&accounts);
}

static enum verdict
find(const char *name, uint64_t token, uint32_t *uid, const uint32_t *only)
{
	char body[] = "hello";
	struct kept_record r = { .note = { .body = (const uint8_t *)body, .length = 5, .from.uid = 7 } };
	enum verdict v;

	(void)strncpy(r.to_name, name, sizeof(r.to_name) - 1);
	v = finder_find(&finder, token, &r, only);
	*uid = r.to_uid;
	memset(body, 'x', sizeof(body)); /* one that waits has been copied */
	return v;
}

static void
run_until(unsigned count)
{
	while (told.count < count)
		(void)ev_run(loop, EVRUN_ONCE);
}

START_TEST(test_finder_knows_the_hosts_accounts)
{
	const uint32_t root = 0, other = 1;
	uint32_t uid = 99;

	begin("/nowhere");
	ck_assert_int_eq(find("root", 1, &uid, NULL), VERDICT_OK);
	ck_assert_uint_eq(uid, 0);
	ck_assert_int_eq(find("root", 1, &uid, &root), VERDICT_OK);
	ck_assert_int_eq(find("root", 1, &uid, &other), VERDICT_NO_SUCH_USER);
	end();
}
END_TEST

/* One after another, in their order; the same name again is known to be nobody's. */
START_TEST(test_finder_asks)
{
	uint32_t uid;

	begin("/nowhere");
	ck_assert_int_eq(find("no.such-name-1", 1, &uid, NULL), VERDICT_QUEUED);
	ck_assert_int_eq(find("no.such-name-2", 2, &uid, NULL), VERDICT_QUEUED);
	run_until(2);
	ck_assert_uint_eq(told.token[0], 1);
	ck_assert_uint_eq(told.token[1], 2);
	ck_assert_int_eq(told.verdict, VERDICT_NO_SUCH_USER);
	ck_assert_str_eq(told.body, "hello");
	ck_assert_int_eq(find("no.such-name-1", 3, &uid, NULL), VERDICT_NO_SUCH_USER);
	end();
}
END_TEST

/* A name that no session can have is nobody's, whatever it would cost to look for it. */
START_TEST(test_finder_of_no_name)
{
	char longest[NAME_MAX_LEN + 1] = "";
	uint32_t uid;

	for (unsigned i = 0; i < NAME_MAX_LEN / 3; i++)
		(void)strcat(longest, "\uFDFA"); /* each looks like 18 letters */
	begin("/nowhere");
	ck_assert_int_eq(find(longest, 1, &uid, NULL), VERDICT_NO_SUCH_USER);
	ck_assert_int_eq(find("no name", 2, &uid, NULL), VERDICT_NO_SUCH_USER);
	end();
}
END_TEST

/* No answer is a refusal of its own, and is not remembered. */
START_TEST(test_finder_without_an_answer)
{
	uint32_t uid;

	folder_make(dir);
	begin(dir); /* a list of databases that cannot be read */
	for (unsigned i = 1; i <= 2; i++) {
		ck_assert_int_eq(find("no.such-name-1", i, &uid, NULL), VERDICT_QUEUED);
		run_until(i);
		ck_assert_int_eq(told.verdict, VERDICT_NO_OWNER);
	}
	end();
	folder_remove(dir);
}
END_TEST

START_TEST(test_finder_is_full)
{
	uint32_t uid;
	unsigned n = 0;

	begin("/nowhere");
	while (find("no.such-name-1", ++n, &uid, NULL) == VERDICT_QUEUED)
		ck_assert_uint_le(n, LOOKUPS_NOTE_UID);
	ck_assert_uint_eq(n, LOOKUPS_NOTE_UID + 1);
	ck_assert_int_eq(find("no.such-name-1", n, &uid, NULL), VERDICT_FULL);
	end(); /* while they wait: nobody is told */
	ck_assert_uint_eq(told.count, 0);
}
END_TEST

Suite *
finder_suite(void)
{
	Suite *s = suite_create("finder");
	TCase *tc = tcase_create("finder");

	tcase_add_test(tc, test_finder_knows_the_hosts_accounts);
	tcase_add_test(tc, test_finder_asks);
	tcase_add_test(tc, test_finder_of_no_name);
	tcase_add_test(tc, test_finder_without_an_answer);
	tcase_add_test(tc, test_finder_is_full);
	suite_add_tcase(s, tc);
	return s;
}
