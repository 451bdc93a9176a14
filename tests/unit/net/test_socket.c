/*
 * Sockets in a folder of their own: who may listen where, what is replaced, what
 * is left alone, and who is at the other end.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "core/ident.h"
#include "folder.h"
#include "host.h"
#include "net/random.h"
#include "net/socket.h"

static char dir[FOLDER_PATH], path[128];

/* What whoever owns the folder puts in the place of a socket that was just bound. */
enum theft { LEAVES, LINKS, LINKS_HARD, WRITES };

static struct {
	enum theft how;
	const char *to;
} thief;

static void
steal(const char *name)
{
	int fd;

	ck_assert_int_eq(unlink(name), 0);
	if (thief.how == LINKS)
		ck_assert_int_eq(symlink(thief.to, name), 0);
	if (thief.how == LINKS_HARD)
		ck_assert_int_eq(link(thief.to, name), 0);
	if (thief.how == WRITES) {
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		ck_assert_int_ge(fd, 0);
		(void)close(fd);
	}
}

int __real_bind(int fd, const struct sockaddr *sa, socklen_t len);
int
__wrap_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	const int r = __real_bind(fd, sa, len);

	if (r == 0 && thief.how != LEAVES)
		steal(((const struct sockaddr_un *)sa)->sun_path);
	return r;
}

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/s", dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

START_TEST(listens_with_its_mode_and_nothing_beside_it)
{
	_cleanup_(closep) int fd = -1;
	char temp[128];
	struct stat st;
	ino_t ino = 0;

	fd = socket_listen(path, 0640, (gid_t)-1, &ino);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	ck_assert_uint_eq(st.st_ino, ino);
	(void)snprintf(temp, sizeof(temp), "%s/.pchat-%ld", dir, (long)getpid());
	ck_assert_int_eq(access(temp, F_OK), -1);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
}
END_TEST

START_TEST(a_live_socket_is_left_alone_a_dead_one_replaced)
{
	ino_t first, second;
	int fd = socket_listen(path, 0600, (gid_t)-1, &first);
	_cleanup_(closep) int again = -1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(socket_listen(path, 0600, (gid_t)-1, &second), -EADDRINUSE);
	(void)close(fd);
	ck_assert_int_eq(socket_connect(path, true), -ECONNREFUSED);
	again = socket_listen(path, 0600, (gid_t)-1, &second);
	ck_assert_int_ge(again, 0);
	socket_remove(path, second + 1);
	ck_assert_int_eq(access(path, F_OK), 0);
	socket_remove(path, second);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(what_is_no_socket_is_never_removed)
{
	char target[128];
	ino_t ino;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	ck_assert_int_eq(socket_listen(path, 0600, (gid_t)-1, &ino), -ENOTSOCK);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(unlink(path), 0);
	(void)snprintf(target, sizeof(target), "%s/elsewhere", dir);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(socket_listen(path, 0600, (gid_t)-1, &ino), -ENOTSOCK);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(socket_listen(path, 0600, (gid_t)-1, &ino), -ENOTSOCK);
	socket_remove(path, ino);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* In a folder of somebody else's: nothing but the socket itself gets its mode and its group, and appears at its place. */
START_TEST(what_took_the_socket_s_place_is_left_alone)
{
	const bool live = _i % 2 != 0;
	char target[128];
	struct stat st;
	ino_t ino;
	int fd;

	thief.to = target;
	(void)snprintf(target, sizeof(target), "%s/elsewhere", dir);
	fd = live ? socket_listen(target, 0600, (gid_t)-1, &ino) : open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	thief.how = (enum theft)(LINKS + _i / 2);
	ck_assert_int_eq(socket_listen(path, 0666, getegid(), &ino), -EPERM);
	thief.how = LEAVES;
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(lstat(path, &st), -1);
	(void)close(fd);
}
END_TEST

START_TEST(the_longest_path_works_and_one_byte_more_does_not)
{
	char longest[SOCKET_PATH_MAX + 2];
	_cleanup_(closep) int fd = -1;
	_cleanup_(closep) int peer = -1;
	ino_t ino;

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, dir, strlen(dir));
	longest[strlen(dir)] = '/';
	longest[SOCKET_PATH_MAX] = '\0';
	fd = socket_listen(longest, 0600, (gid_t)-1, &ino);
	ck_assert_int_ge(fd, 0);
	peer = socket_connect(longest, true);
	ck_assert_int_ge(peer, 0);
	longest[SOCKET_PATH_MAX] = 'x';
	longest[SOCKET_PATH_MAX + 1] = '\0';
	ck_assert_int_eq(socket_listen(longest, 0600, (gid_t)-1, &ino), -ENAMETOOLONG);
	ck_assert_int_eq(socket_connect(longest, true), -ENAMETOOLONG);
	ck_assert_int_eq(socket_connect("", true), -ENOENT);
}
END_TEST

START_TEST(a_lock_is_one_holder_s)
{
	enum lock_before before = LOCK_SINCE_BOOT;
	int fd = socket_lock(path, &before);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(before, LOCK_NOBODY);
	ck_assert_int_eq(socket_lock(path, &before), -EWOULDBLOCK);
	(void)close(fd);
	fd = socket_lock(path, &before);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(before, LOCK_SINCE_BOOT);
	socket_lock_forget(fd);
	(void)close(fd);
	fd = socket_lock(path, &before);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(before, LOCK_NOBODY);
	(void)close(fd);
}
END_TEST

static bool
lock_is_there(void)
{
	char name[sizeof(path) + 8];

	(void)snprintf(name, sizeof(name), "%s.lock", path);
	return access(name, F_OK) == 0;
}

START_TEST(a_lock_that_is_removed_is_nobody_s)
{
	enum lock_before before = LOCK_SINCE_BOOT;
	int fd = socket_lock(path, NULL), next;

	ck_assert_int_ge(fd, 0);
	ck_assert(lock_is_there());
	socket_lock_remove(path, fd);
	ck_assert(!lock_is_there());
	next = socket_lock(path, &before);
	ck_assert_int_ge(next, 0);
	ck_assert_int_eq(before, LOCK_NOBODY);
	ck_assert_int_eq(socket_lock(path, NULL), -EWOULDBLOCK);
	socket_lock_remove(path, next);
}
END_TEST

/* Takes the lock, counts, and removes it, again and again, beside others. */
static void
take_and_remove(int counter)
{
	for (unsigned done = 0; done < 100;) {
		const int fd = socket_lock(path, NULL);
		char n[2];

		if (fd == -EWOULDBLOCK)
			continue;
		if (fd < 0 || pread(counter, n, 1, 0) != 1 || n[0] != '0' || pwrite(counter, "1", 1, 0) != 1)
			_exit(1);
		(void)sched_yield();
		if (pwrite(counter, "0", 1, 0) != 1)
			_exit(2);
		socket_lock_remove(path, fd);
		done++;
	}
	_exit(0);
}

START_TEST(a_lock_that_is_removed_has_one_holder_at_a_time)
{
	char name[sizeof(path) + 8];
	pid_t pid[4];
	int counter, status;

	(void)snprintf(name, sizeof(name), "%s.counter", path);
	counter = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(counter, "0", 1), 1);
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = fork();
		ck_assert_int_ge(pid[i], 0);
		if (pid[i] == 0)
			take_and_remove(counter);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++) {
		ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
		ck_assert_int_eq(status, 0);
	}
	(void)close(counter);
}
END_TEST

/* What an earlier holder has left in the lock. */
static void
leave(const char *text)
{
	char name[sizeof(path) + 8];
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.lock", path);
	f = fopen(name, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_lock_is_a_mark)
{
	static const struct {
		const char *text;
		enum lock_before before;
	} rows[] = {
		{ "", LOCK_NOBODY },
		{ "1234\n", LOCK_SINCE_BOOT }, /* of an older version */
		{ "1234 11111111-2222-3333-4444-555555555555\n", LOCK_BEFORE_BOOT },
		{ "rubbish", LOCK_SINCE_BOOT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum lock_before before;
		int fd;

		leave(rows[i].text);
		fd = socket_lock(path, &before);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(before, rows[i].before);
		(void)close(fd);
	}
}
END_TEST

/* Somebody was faster, in a folder that others write to. */
START_TEST(a_lock_that_is_something_else_is_left_alone)
{
	char name[sizeof(path) + 8], other[sizeof(path) + 8], text[16] = "";
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.lock", path);
	(void)snprintf(other, sizeof(other), "%s.mine", path);
	f = fopen(other, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("precious", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(link(other, name), 0);
	ck_assert_int_eq(socket_lock(path, NULL), -EPERM);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(symlink(other, name), 0);
	ck_assert_int_eq(socket_lock(path, NULL), -EPERM);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	ck_assert_int_eq(socket_lock(path, NULL), -EPERM);
	ck_assert_int_eq(unlink(name), 0);
	if (geteuid() == 0) {
		leave("theirs");
		ck_assert_int_eq(chown(name, 1234, 1234), 0);
		ck_assert_int_eq(chmod(name, 0666), 0);
		ck_assert_int_eq(socket_lock(path, NULL), -EPERM);
		ck_assert_int_eq(unlink(name), 0);
	}
	f = fopen(other, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text, "precious");
	ck_assert_int_eq(unlink(other), 0);
}
END_TEST

START_TEST(the_kernel_says_who_it_is)
{
	int fds[2];
	struct credentials c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(socket_peer(fds[0], &c), 0);
	ck_assert_uint_eq(c.uid, getuid());
	ck_assert_int_eq(c.pid, getpid());
	(void)close(fds[0]);
	(void)close(fds[1]);
	ck_assert_int_eq(socket_peer(-1, &c), -EBADF);
}
END_TEST

START_TEST(the_kernel_says_in_which_groups)
{
	int fds[2];
	_cleanup_(freep) uint32_t *groups = NULL;
	size_t n = 0;
	bool primary = false;

	if (!host_tells_groups(__func__))
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(socket_peer_groups(fds[0], &groups, &n), 0);
	for (size_t i = 0; i < n; i++)
		primary |= groups[i] == getgid();
	ck_assert(primary);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(one_that_is_left_is_known_before_its_bytes_are_read)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert(!socket_is_left(fds[0]));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
	ck_assert(!socket_is_left(fds[0]));
	(void)close(fds[1]);
	ck_assert(socket_is_left(fds[0]));
	(void)close(fds[0]);
	ck_assert(!socket_is_left(-1));
}
END_TEST

START_TEST(random_idents_differ)
{
	struct ident a, b;

	ck_assert_int_eq(random_ident(&a), 0);
	ck_assert_int_eq(random_ident(&b), 0);
	ck_assert(!ident_equal(&a, &b));
}
END_TEST

Suite *
socket_suite(void)
{
	Suite *s = suite_create("socket");
	TCase *tc = tcase_create("socket");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, listens_with_its_mode_and_nothing_beside_it);
	tcase_add_test(tc, a_live_socket_is_left_alone_a_dead_one_replaced);
	tcase_add_test(tc, what_is_no_socket_is_never_removed);
	tcase_add_loop_test(tc, what_took_the_socket_s_place_is_left_alone, 0, 5);
	tcase_add_test(tc, the_longest_path_works_and_one_byte_more_does_not);
	tcase_add_test(tc, a_lock_is_one_holder_s);
	tcase_add_test(tc, a_lock_that_is_removed_is_nobody_s);
	tcase_add_test(tc, a_lock_that_is_removed_has_one_holder_at_a_time);
	tcase_add_test(tc, a_lock_is_a_mark);
	tcase_add_test(tc, a_lock_that_is_something_else_is_left_alone);
	tcase_add_test(tc, the_kernel_says_who_it_is);
	tcase_add_test(tc, the_kernel_says_in_which_groups);
	tcase_add_test(tc, one_that_is_left_is_known_before_its_bytes_are_read);
	tcase_add_test(tc, random_idents_differ);
	suite_add_tcase(s, tc);
	return s;
}
