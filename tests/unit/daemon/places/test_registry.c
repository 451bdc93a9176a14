/*
 * The registry: what was committed is there again, what was not is not, and
 * every kind of damage is told from emptiness.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/places/registry.h"
#include "folder.h"

static char dir[FOLDER_PATH], file[128];
static struct registry *registry;
static enum registry_origin origin;
static struct registry_row rows[8];
static unsigned row_count;

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(file, sizeof(file), "%s/registry.db", dir);
	ck_assert_int_eq(registry_open(dir, &registry, &origin), 0);
	ck_assert_int_eq(origin, REGISTRY_NEW);
}

static void
teardown(void)
{
	registry_close(registry);
	registry = NULL;
	folder_remove(dir);
}

static void
reopen(void)
{
	registry_close(registry);
	registry = NULL;
	ck_assert_int_eq(registry_open(dir, &registry, &origin), 0);
}

static void
collect(const struct registry_row *row, void *context)
{
	(void)context;
	ck_assert_uint_lt(row_count, 8);
	rows[row_count++] = *row;
}

static unsigned
load(void)
{
	row_count = 0;
	ck_assert_int_eq(registry_load(registry, collect, NULL), 0);
	return row_count;
}

static struct registry_row
sample(const char *name, uint8_t id, uint64_t pair)
{
	struct registry_row row = { .uid = 4000000000U, .since_ms = -5, .pair = pair };

	row.id.b[15] = id;
	(void)snprintf(row.name, sizeof(row.name), "%s", name);
	return row;
}

static void
put(const char *name, uint8_t id, uint64_t pair)
{
	const struct registry_row row = sample(name, id, pair);

	registry_begin(registry);
	registry_put(registry, &row);
	ck_assert_int_eq(registry_commit(registry), 0);
}

static uint64_t
next_pair(struct registry *r)
{
	uint64_t next;

	ck_assert_int_eq(registry_next_pair(r, &next), 0);
	return next;
}

static bool
partial(struct registry *r)
{
	bool yes;

	ck_assert_int_eq(registry_partial(r, &yes), 0);
	return yes;
}

START_TEST(a_session_is_there_again)
{
	struct registry_row row = sample("Bob", 1, INT64_MAX);

	row.account_told = true;
	(void)snprintf(row.account, sizeof(row.account), "robert");
	row.policy.dnd = true;
	row.policy.count = 1;
	row.policy.rule[0].type = POLICY_BLOCK_NAME;
	(void)snprintf(row.policy.rule[0].name, NAME_MAX_LEN + 1, "mallory");
	registry_begin(registry);
	registry_put(registry, &row);
	registry_set_next_pair(registry, 77);
	registry_set_partial(registry, true);
	ck_assert_int_eq(registry_commit(registry), 0);
	reopen();
	ck_assert_int_eq(origin, REGISTRY_FOUND);
	ck_assert_uint_eq(load(), 1);
	ck_assert_str_eq(rows[0].name, "Bob");
	ck_assert(ident_equal(&rows[0].id, &row.id));
	ck_assert_uint_eq(rows[0].uid, 4000000000U);
	ck_assert_int_eq(rows[0].since_ms, -5);
	ck_assert_uint_eq(rows[0].pair, INT64_MAX);
	ck_assert(rows[0].account_told);
	ck_assert_str_eq(rows[0].account, "robert");
	ck_assert(rows[0].policy.dnd);
	ck_assert_uint_eq(rows[0].policy.count, 1);
	ck_assert_str_eq(rows[0].policy.rule[0].name, "mallory");
	ck_assert_uint_eq(next_pair(registry), 77);
	ck_assert(partial(registry));
	registry_begin(registry);
	registry_set_partial(registry, false);
	ck_assert_int_eq(registry_commit(registry), 0);
	reopen();
	ck_assert(!partial(registry));
}
END_TEST

START_TEST(partners_come_one_after_the_other)
{
	const struct registry_row a = sample("a", 1, 0);
	const struct policy none = { .count = 0 };

	put("a", 1, 0);
	put("b", 2, 9);
	put("c", 3, 5);
	put("d", 4, 9);
	registry_begin(registry);
	registry_set_pair(registry, &a.id, 5);
	registry_set_policy(registry, &a.id, &none);
	ck_assert_int_eq(registry_commit(registry), 0);
	ck_assert_uint_eq(load(), 4);
	ck_assert_uint_eq(rows[0].pair, 5);
	ck_assert_uint_eq(rows[1].pair, 5);
	ck_assert_uint_eq(rows[2].pair, 9);
	ck_assert_uint_eq(rows[3].pair, 9);
	registry_begin(registry);
	registry_remove(registry, &a.id);
	ck_assert_int_eq(registry_commit(registry), 0);
	ck_assert_uint_eq(load(), 3);
	registry_begin(registry);
	registry_clear(registry);
	ck_assert_int_eq(registry_commit(registry), 0);
	ck_assert_uint_eq(load(), 0);
}
END_TEST

START_TEST(a_pair_that_is_over_is_known)
{
	const struct registry_row a = sample("a", 1, INT64_MAX), b = sample("b", 2, INT64_MAX);
	struct registry_row left = sample("c", 3, 7);

	left.over = true;
	registry_begin(registry);
	registry_put(registry, &a);
	registry_put(registry, &b);
	registry_put(registry, &left);
	registry_end_pair(registry, &a.id, INT64_MAX);
	ck_assert_int_eq(registry_commit(registry), 0);
	reopen();
	ck_assert_uint_eq(load(), 3);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(rows[i].over == (rows[i].name[0] != 'b'));
		ck_assert_uint_eq(rows[i].pair, rows[i].name[0] == 'c' ? 7 : INT64_MAX);
	}
}
END_TEST

START_TEST(what_was_committed_survives_a_kill)
{
	pid_t pid;
	int status;

	registry_close(registry); /* a database must not be taken across a fork */
	registry = NULL;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		reopen();
		put("bob", 1, 0);
		registry_begin(registry);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(registry_open(dir, &registry, &origin), 0);
	ck_assert_int_eq(origin, REGISTRY_FOUND);
	ck_assert_uint_eq(load(), 1);
}
END_TEST

static unsigned
set_aside(void)
{
	char pattern[160];
	glob_t g;
	unsigned n;

	(void)snprintf(pattern, sizeof(pattern), "%s/registry.db.corrupt-*Z", dir);
	n = glob(pattern, 0, NULL, &g) == 0 ? (unsigned)g.gl_pathc : 0;
	globfree(&g);
	return n;
}

/* Writes `len` bytes of noise at `at`. */
static void
damage(off_t at, size_t len)
{
	uint8_t noise[8192];
	const int fd = open(file, O_WRONLY | O_CLOEXEC);

	ck_assert_uint_le(len, sizeof(noise));
	for (size_t i = 0; i < len; i++)
		noise[i] = (uint8_t)(i * 31 + 7);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, noise, len, at), (ssize_t)len);
	(void)close(fd);
}

START_TEST(a_damaged_file_is_set_aside)
{
	static const struct {
		off_t at;
		size_t len;
	} where[] = { { 0, 100 }, { 100, 2000 }, { 4096, 4096 } };

	put("bob", 1, 0);
	registry_close(registry);
	registry = NULL;
	damage(where[_i].at, where[_i].len);
	ck_assert_int_eq(registry_open(dir, &registry, &origin), 0);
	ck_assert_int_eq(origin, REGISTRY_DAMAGED);
	ck_assert_uint_eq(set_aside(), 1);
	ck_assert_uint_eq(load(), 0);
	put("alice", 2, 0);
	reopen();
	ck_assert_int_eq(origin, REGISTRY_FOUND);
	ck_assert_uint_eq(load(), 1);
}
END_TEST

START_TEST(a_missing_or_empty_file_is_a_new_one)
{
	put("bob", 1, 0);
	registry_close(registry);
	registry = NULL;
	ck_assert_int_eq(_i == 0 ? unlink(file) : truncate(file, 0), 0);
	ck_assert_int_eq(registry_open(dir, &registry, &origin), 0);
	ck_assert_int_eq(origin, REGISTRY_NEW);
	ck_assert_uint_eq(load(), 0);
	ck_assert_uint_eq(next_pair(registry), 0);
}
END_TEST

START_TEST(a_folder_that_others_write_to_is_refused)
{
	registry_close(registry);
	registry = NULL;
	ck_assert_int_eq(chmod(dir, 0770), 0);
	ck_assert_int_eq(registry_open(dir, &registry, &origin), -EPERM);
	ck_assert_int_eq(registry_open("/nonexistent", &registry, &origin), -ENOENT);
}
END_TEST

/* An account is told, or there is none, or nobody has said. */
START_TEST(an_account_is_there_again)
{
	struct registry_row none = sample("none", 1, 1), unknown = sample("unknown", 2, 2);

	none.uid = 1;
	none.account_told = true;
	unknown.uid = 2;
	registry_begin(registry);
	registry_put(registry, &none);
	registry_put(registry, &unknown);
	ck_assert_int_eq(registry_commit(registry), 0);
	reopen();
	ck_assert_uint_eq(load(), 2);
	ck_assert(rows[0].account_told);
	ck_assert_str_eq(rows[0].account, "");
	ck_assert(!rows[1].account_told);
}
END_TEST

START_TEST(one_is_taken_over_by_another)
{
	char other[FOLDER_PATH];
	struct registry *from = registry;

	put("bob", 1, 9);
	put("alice", 2, 9);
	registry_begin(registry);
	registry_set_next_pair(registry, 77);
	registry_set_partial(registry, true);
	ck_assert_int_eq(registry_commit(registry), 0);
	folder_make(other);
	ck_assert(!registry_exists(other));
	ck_assert_int_eq(registry_open(other, &registry, &origin), 0);
	ck_assert_int_eq(registry_import(registry, from), 0);
	registry_close(from);
	registry_close(registry);
	ck_assert_int_eq(registry_open(other, &registry, &origin), 0);
	ck_assert_int_eq(origin, REGISTRY_FOUND);
	ck_assert_uint_eq(load(), 2);
	ck_assert_uint_eq(rows[0].pair, 9);
	ck_assert_uint_eq(rows[1].pair, 9);
	ck_assert_uint_eq(next_pair(registry), 77);
	ck_assert(partial(registry));
	registry_close(registry);
	registry = NULL;
	ck_assert(registry_exists(other));
	registry_erase(other);
	ck_assert(!registry_exists(other));
	folder_remove(other);
}
END_TEST

/* However much is written, its log stays small. */
START_TEST(its_log_is_bounded)
{
	char log[160];
	struct stat st;

	(void)snprintf(log, sizeof(log), "%s-wal", file);
	for (unsigned i = 0; i < 20000; i++)
		put("bob", (uint8_t)i, 0);
	ck_assert_int_eq(stat(log, &st), 0);
	ck_assert_int_le(st.st_size, 4 * 1024 * 1024);
}
END_TEST

/* A file that may not grow: the commit fails as a whole, and the whole can be written again later. */
START_TEST(a_full_disk_undoes_the_transaction)
{
	struct rlimit limit = { .rlim_cur = 0, .rlim_max = RLIM_INFINITY };
	const struct registry_row alice = sample("alice", 2, 0);
	struct registry_row row;

	put("bob", 1, 0);
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	registry_begin(registry);
	registry_put(registry, &alice);
	ck_assert_int_lt(registry_commit(registry), 0);
	ck_assert(registry_behind(registry));
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_uint_eq(load(), 1);
	ck_assert_str_eq(rows[0].name, "bob");
	row = rows[0];
	registry_begin(registry);
	registry_clear(registry);
	registry_put(registry, &row);
	registry_put(registry, &alice);
	ck_assert_int_eq(registry_commit(registry), 0);
	ck_assert(!registry_behind(registry));
	ck_assert_uint_eq(load(), 2);
}
END_TEST

Suite *
registry_suite(void)
{
	Suite *s = suite_create("registry");
	TCase *tc = tcase_create("registry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_session_is_there_again);
	tcase_add_test(tc, partners_come_one_after_the_other);
	tcase_add_test(tc, a_pair_that_is_over_is_known);
	tcase_add_test(tc, what_was_committed_survives_a_kill);
	tcase_add_loop_test(tc, a_damaged_file_is_set_aside, 0, 3);
	tcase_add_loop_test(tc, a_missing_or_empty_file_is_a_new_one, 0, 2);
	tcase_add_test(tc, a_folder_that_others_write_to_is_refused);
	tcase_add_test(tc, a_full_disk_undoes_the_transaction);
	tcase_add_test(tc, an_account_is_there_again);
	tcase_add_test(tc, one_is_taken_over_by_another);
	tcase_add_test(tc, its_log_is_bounded);
	suite_add_tcase(s, tc);
	return s;
}
