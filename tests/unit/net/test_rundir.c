/*
 * The folder of a user's sessions: ours alone or refused; what is written of a
 * session is read again, and nothing else is taken for it.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/names/name.h"
#include "folder.h"
#include "net/folder.h"
#include "net/rundir.h"
#include "net/session_file.h"
#include "net/whereabouts.h"

static char dir[FOLDER_PATH], inside[128];
static struct rundir r;

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(inside, sizeof(inside), "%s/pchat", dir);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	r.fd = -1;
}

static void
teardown(void)
{
	rundir_close(&r);
	folder_remove(dir);
}

START_TEST(is_made_only_when_asked_and_ours_alone)
{
	struct stat st;

	ck_assert_int_eq(rundir_open(&r, RUNDIR_XDG, NULL), -ENOENT);
	ck_assert_str_eq(r.path, inside);
	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(stat(inside, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(a_closed_one_holds_nothing)
{
	int held;

	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	held = r.fd;
	rundir_close(&r);
	ck_assert_int_eq(r.fd, -1);
	ck_assert_int_lt(fcntl(held, F_GETFD), 0);
	rundir_close(&r); /* once more is nothing */
}
END_TEST

START_TEST(what_others_can_look_into_is_put_right)
{
	struct stat st;

	ck_assert_int_eq(mkdir(inside, 0755), 0);
	ck_assert_int_eq(rundir_open(&r, RUNDIR_XDG, NULL), 0);
	ck_assert_int_eq(stat(inside, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(what_others_can_write_to_is_refused)
{
	ck_assert_int_eq(mkdir(inside, 0700), 0);
	ck_assert_int_eq(chmod(inside, 0770), 0);
	ck_assert_int_eq(rundir_open(&r, RUNDIR_XDG, NULL), -EPERM);
	ck_assert_int_eq(r.fd, -1);
}
END_TEST

START_TEST(a_link_and_a_foreign_folder_are_refused)
{
	ck_assert_int_eq(symlink("/tmp", inside), 0);
	ck_assert_int_lt(rundir_open(&r, RUNDIR_XDG, NULL), 0);
	ck_assert_int_eq(unlink(inside), 0);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(mkdir(inside, 0700), 0);
	ck_assert_int_eq(chown(inside, 4711, 4711), 0);
	ck_assert_int_eq(rundir_open(&r, RUNDIR_XDG, NULL), -EPERM);
}
END_TEST

/* As root, what is above is somebody else's: as after `sudo -E`. */
START_TEST(nothing_is_made_below_what_is_foreign)
{
	char path[PATH_MAX];
	struct stat st;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, 4711, 4711), 0);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
	ck_assert_int_eq(folder_state("bob", path), 0);
	ck_assert_int_eq(folder_open(path, true), -EPERM);
	ck_assert_str_eq(path, dir);
	ck_assert_int_eq(unsetenv("XDG_STATE_HOME"), 0);
	ck_assert_int_eq(setenv("HOME", dir, 1), 0);
	ck_assert_int_eq(folder_state("bob", path), -EPERM);
	ck_assert_str_eq(path, dir);
	ck_assert_int_lt(stat(inside, &st), 0);
	ck_assert_int_eq(chown(dir, 0, 0), 0);
	ck_assert_int_eq(folder_state("bob", path), 0);
	ck_assert_int_ge(folder_open(path, true), 0);
	ck_assert_str_eq(path + strlen(dir), "/.local/state/pchat/bob");
}
END_TEST

START_TEST(whereabouts_tell_what_became)
{
	struct whereabouts w = { .ended_ms = 0 };
	char words[PATH_MAX + 256];

	ck_assert(!whereabouts_tell("bob", dir, words, sizeof(words)));
	(void)snprintf(w.runtime, sizeof(w.runtime), "%s/gone", dir);
	whereabouts_boot(w.boot);
	ck_assert_int_eq(whereabouts_write(dir, &w), 0);
	ck_assert(whereabouts_tell("bob", dir, words, sizeof(words)));
	ck_assert_ptr_nonnull(strstr(words, "was removed"));
	(void)snprintf(w.boot, sizeof(w.boot), "another");
	ck_assert_int_eq(whereabouts_write(dir, &w), 0);
	ck_assert(whereabouts_tell("bob", dir, words, sizeof(words)));
	ck_assert_ptr_nonnull(strstr(words, "was restarted"));
	w.ended_ms = 1;
	(void)snprintf(w.why, sizeof(w.why), "because");
	ck_assert_int_eq(whereabouts_write(dir, &w), 0);
	ck_assert(whereabouts_tell("bob", dir, words, sizeof(words)));
	ck_assert_ptr_nonnull(strstr(words, "ended at 1970-01-01"));
	ck_assert_ptr_nonnull(strstr(words, "because"));
	whereabouts_remove(dir);
	ck_assert(!whereabouts_tell("bob", dir, words, sizeof(words)));
}
END_TEST

START_TEST(whereabouts_who_asks_is_no_helper)
{
	char path[PATH_MAX];
	int lock;

	ck_assert(!whereabouts_helper_runs(dir));
	(void)snprintf(path, sizeof(path), "%s/inbox.db.lock", dir);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(lock, 0);
	ck_assert(!whereabouts_helper_runs(dir));
	ck_assert_int_eq(flock(lock, LOCK_SH), 0);
	ck_assert(!whereabouts_helper_runs(dir));
	ck_assert_int_eq(flock(lock, LOCK_EX), 0);
	ck_assert(whereabouts_helper_runs(dir));
	(void)close(lock);
	ck_assert(!whereabouts_helper_runs(dir));
}
END_TEST

START_TEST(a_session_is_found_in_any_folder)
{
	static const struct session_file s = { .name = "found" };
	struct rundir other;

	ck_assert_int_eq(unsetenv("XDG_RUNTIME_DIR"), 0);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
	ck_assert_int_eq(rundir_open(&r, RUNDIR_XDG, NULL), -ENOENT);
	ck_assert_int_eq(rundir_open(&r, RUNDIR_STATE, NULL), -ENOENT);
	ck_assert_int_eq(folder_open(r.path, true) < 0, 0);
	ck_assert_int_eq(rundir_open(&r, RUNDIR_STATE, NULL), 0);
	ck_assert_int_eq(session_file_find(&other, RUNDIR_PLACES, NULL, "found"), -ENOENT);
	ck_assert_int_eq(session_file_write(&r, &s), 0);
	ck_assert_int_eq(session_file_find(&other, RUNDIR_PLACES, NULL, "Found"), 0);
	ck_assert_uint_eq(other.place, RUNDIR_STATE);
	ck_assert_int_eq(session_file_find(&other, RUNDIR_PLACES, NULL, "../x"), -EINVAL);
}
END_TEST

static struct session_file
sample(const char *name)
{
	struct session_file s;

	memset(&s, 0, sizeof(s));
	(void)snprintf(s.name, sizeof(s.name), "%s", name);
	ck_assert(ident_parse("000102030405060708090a0b0c0d0eff", &s.id));
	(void)snprintf(s.socket, sizeof(s.socket), "/a path/with spaces");
	s.explicit_socket = true;
	(void)snprintf(s.inbox, sizeof(s.inbox), "/home/bob/.local/state/pchat/bob");
	s.max_messages = 100000;
	s.max_bytes = UINT64_MAX;
	return s;
}

START_TEST(a_session_is_read_as_written_under_any_case)
{
	const struct session_file s = sample("Bob.1");
	struct session_file t;

	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(session_file_read(&r, "bob.1", &t), -ENOENT);
	ck_assert_int_eq(session_file_write(&r, &s), 0);
	ck_assert_int_eq(session_file_read(&r, "BOB.1", &t), 0);
	ck_assert_str_eq(t.name, "Bob.1");
	ck_assert(ident_equal(&t.id, &s.id));
	ck_assert_str_eq(t.socket, s.socket);
	ck_assert(t.explicit_socket);
	ck_assert_str_eq(t.inbox, s.inbox);
	ck_assert_uint_eq(t.max_messages, s.max_messages);
	ck_assert_uint_eq(t.max_bytes, s.max_bytes);
	ck_assert_int_eq(session_file_remove(&r, "bob.1"), 0);
	ck_assert_int_eq(session_file_remove(&r, "bob.1"), -ENOENT);
}
END_TEST

/* In ASCII its name itself; any other is looked for among what is there. */
START_TEST(the_base_of_a_session_that_ascii_spells_otherwise)
{
	struct session_file s = sample("Straße");
	char base[SESSION_BASE_MAX + 1];

	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(session_file_base(&r, "Bob.1", base), 0);
	ck_assert_str_eq(base, "bob.1");
	ck_assert_int_eq(session_file_base(&r, "Straße", base), -ENOENT);
	name_file(s.name, s.base);
	ck_assert_int_eq(session_file_write(&r, &s), 0);
	ck_assert_int_eq(session_file_base(&r, "Straße", base), 0);
	ck_assert_str_eq(base, s.base);
	ck_assert_int_eq(session_file_remove(&r, "Straße"), 0);
	ck_assert_int_eq(session_file_base(&r, "Straße", base), -ENOENT);
}
END_TEST

START_TEST(no_name_reaches_out_of_the_folder)
{
	struct session_file s = sample("x");

	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(session_file_read(&r, "../x", &s), -EINVAL);
	ck_assert_int_eq(session_file_remove(&r, "a/b"), -EINVAL);
	(void)snprintf(s.name, sizeof(s.name), "../x");
	ck_assert_int_eq(session_file_write(&r, &s), -EINVAL);
	s = sample("x");
	(void)snprintf(s.inbox, sizeof(s.inbox), "/a\nname evil");
	ck_assert_int_eq(session_file_write(&r, &s), -EINVAL);
}
END_TEST

static void
write_file(const char *name, const char *text, size_t len)
{
	const int fd = openat(r.fd, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
}

/* Every beginning of a file that is whole, and the whole with one byte more. */
START_TEST(a_damaged_file_is_told_from_a_whole_one)
{
	const struct session_file s = sample("bob");
	struct session_file t;
	char text[1024];
	ssize_t n;
	int fd;

	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(session_file_write(&r, &s), 0);
	fd = openat(r.fd, "bob.session", O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	(void)close(fd);
	for (ssize_t i = 0; i < n; i++) {
		write_file("bob.session", text, (size_t)i);
		ck_assert_int_eq(session_file_read(&r, "bob", &t), -EBADMSG);
	}
	text[n] = 'x';
	write_file("bob.session", text, (size_t)n + 1);
	ck_assert_int_eq(session_file_read(&r, "bob", &t), -EBADMSG);
	write_file("bob.session", text, (size_t)n);
	ck_assert_int_eq(session_file_read(&r, "bob", &t), 0);
}
END_TEST

static bool
count_one(const char *name, void *context)
{
	unsigned *n = context;

	ck_assert(strcmp(name, "bob") == 0 || strcmp(name, "alice") == 0);
	return ++*n < 10;
}

static bool
count_first(const char *name, void *context)
{
	(void)name;
	++*(unsigned *)context;
	return false;
}

START_TEST(each_session_and_nothing_else_is_listed)
{
	const struct session_file a = sample("alice"), b = sample("Bob");
	unsigned n = 0;

	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(session_file_write(&r, &a), 0);
	ck_assert_int_eq(session_file_write(&r, &b), 0);
	write_file("bob.sock", "", 0);
	write_file(".session", "", 0);
	write_file("-x.session", "", 0);
	ck_assert_int_eq(session_file_each(&r, count_one, &n), 0);
	ck_assert_uint_eq(n, 2);
	n = 0;
	ck_assert_int_eq(session_file_each(&r, count_first, &n), 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static int unread = -1; /* the folder that was not read */
static bool no_memory;

DIR *__real_fdopendir(int fd);
DIR *
__wrap_fdopendir(int fd)
{
	if (!no_memory)
		return __real_fdopendir(fd);
	unread = fd;
	errno = ENOMEM;
	return NULL;
}

/* A list of hosts that cannot be read, for want of memory, holds no descriptor. */
START_TEST(the_hosts_are_listed_or_nothing_is_held)
{
	unsigned n = 0;

	ck_assert_int_eq(rundir_make(&r, "lab"), 0);
	rundir_close(&r);
	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	rundir_each_host(&r, count_first, &n);
	ck_assert_uint_eq(n, 1);
	no_memory = true;
	rundir_each_host(&r, count_first, &n);
	no_memory = false;
	ck_assert_uint_eq(n, 1);
	ck_assert_int_ge(unread, 0);
	ck_assert_int_lt(fcntl(unread, F_GETFD), 0);
}
END_TEST

Suite *
rundir_suite(void)
{
	Suite *s = suite_create("rundir");
	TCase *tc = tcase_create("rundir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, is_made_only_when_asked_and_ours_alone);
	tcase_add_test(tc, a_closed_one_holds_nothing);
	tcase_add_test(tc, what_others_can_look_into_is_put_right);
	tcase_add_test(tc, what_others_can_write_to_is_refused);
	tcase_add_test(tc, a_link_and_a_foreign_folder_are_refused);
	tcase_add_test(tc, nothing_is_made_below_what_is_foreign);
	tcase_add_test(tc, whereabouts_tell_what_became);
	tcase_add_test(tc, whereabouts_who_asks_is_no_helper);
	tcase_add_test(tc, a_session_is_found_in_any_folder);
	tcase_add_test(tc, a_session_is_read_as_written_under_any_case);
	tcase_add_test(tc, the_base_of_a_session_that_ascii_spells_otherwise);
	tcase_add_test(tc, no_name_reaches_out_of_the_folder);
	tcase_add_test(tc, a_damaged_file_is_told_from_a_whole_one);
	tcase_add_test(tc, each_session_and_nothing_else_is_listed);
	tcase_add_test(tc, the_hosts_are_listed_or_nothing_is_held);
	suite_add_tcase(s, tc);
	return s;
}
