/* Which daemon is meant, and who is trusted there. */
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "net/endpoint.h"

START_TEST(the_one_that_is_named)
{
	struct stat st;

	ck_assert_str_eq(endpoint_path("/a/socket"), "/a/socket");
	if (stat(ENDPOINT_FOLDER, &st) < 0 && errno == ENOENT)
		ck_assert_ptr_null(endpoint_path(NULL));
	else
		ck_assert_str_eq(endpoint_path(NULL), ENDPOINT_HOST);
}
END_TEST

START_TEST(ourselves_are_trusted)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(endpoint_trusted(fds[0], "/a/socket", false), 0);
	ck_assert_int_eq(endpoint_trusted(fds[0], NULL, false), 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
	ck_assert_int_lt(endpoint_trusted(-1, "/a/socket", false), 0);
	ck_assert_int_eq(endpoint_trusted(-1, "/a/socket", true), 0); /* by --socket whoever it is */
}
END_TEST

START_TEST(words_name_the_socket_and_a_way_out)
{
	static const struct {
		const char *path;
		int error;
		const char *words;
	} t[] = {
		{ "/no/socket", -EPERM, "another user's" },
		{ "/no/socket", -ENOENT, "pchatd --detach --socket '/no/socket'" },
		{ ENDPOINT_HOST, -ECONNREFUSED, "systemctl start" },
		{ "/etc/passwd", -ECONNREFUSED, "is not a socket" },
		{ "/no/socket", -EACCES, "is not for you" },
		{ "/no/socket", -ETIMEDOUT, "cannot reach" },
	};
	char words[512];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		endpoint_words(t[i].path, t[i].error, words, sizeof(words));
		ck_assert_msg(strstr(words, t[i].words), "%s", words);
		ck_assert_msg(strstr(words, t[i].path), "%s", words);
	}
}
END_TEST

/* A group that none of our accounts is in, now or then. */
static const struct group *
strange_group(void)
{
	gid_t ours[256];
	const int count = getgroups(256, ours);
	const struct group *gr;

	setgrent();
	while ((gr = getgrent())) {
		bool held = gr->gr_gid == getegid() || gr->gr_mem[0];

		for (int i = 0; i < count; i++)
			held = held || ours[i] == gr->gr_gid;
		if (!held)
			break;
	}
	return gr;
}

/* What is said of a socket that is for a group. False: no socket can be given to it. */
static bool
words_for_group(gid_t gid, char *words, size_t size)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char dir[FOLDER_PATH];
	bool given;

	ck_assert_int_ge(fd, 0);
	folder_make(dir);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/socket", dir);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	given = chown(a.sun_path, (uid_t)-1, gid) == 0;
	ck_assert_int_eq(chmod(a.sun_path, 0660), 0);
	endpoint_words(a.sun_path, -EACCES, words, size);
	(void)close(fd);
	folder_remove(dir);
	return given;
}

/* As root alone: nobody else gives a socket to a group that is not theirs. */
START_TEST(who_is_not_in_the_group_is_told_to_ask_for_it)
{
	const struct group *gr = geteuid() == 0 ? strange_group() : NULL;
	char words[512], name[64];

	(void)snprintf(name, sizeof(name), "%s", gr ? gr->gr_name : "");
	if (gr && words_for_group(gr->gr_gid, words, sizeof(words)))
		ck_assert_msg(strstr(words, name) && strstr(words, "usermod -aG"), "%s", words);
}
END_TEST

/* As root alone: nobody else can be without a group of theirs. */
START_TEST(who_joined_the_group_since_is_told_to_log_in_again)
{
	const struct passwd *pw = geteuid() == 0 ? getpwuid(0) : NULL;
	const gid_t egid = getegid(), own = pw ? pw->pw_gid : 0;
	gid_t ours[256];
	const int count = getgroups(256, ours);
	char words[512];
	bool said = false;

	if (pw && count >= 0 && setegid(own + 1) == 0 && setgroups(0, NULL) == 0)
		said = words_for_group(own, words, sizeof(words));
	if (pw && count >= 0)
		ck_assert(setegid(egid) == 0 && (setgroups((size_t)count, ours) == 0 || !said));
	ck_assert_msg(!said || strstr(words, "which you joined after you logged in"), "%s", words);
}
END_TEST

Suite *
endpoint_suite(void)
{
	Suite *s = suite_create("endpoint");
	TCase *t = tcase_create("core");

	tcase_add_test(t, the_one_that_is_named);
	tcase_add_test(t, ourselves_are_trusted);
	tcase_add_test(t, words_name_the_socket_and_a_way_out);
	tcase_add_test(t, who_is_not_in_the_group_is_told_to_ask_for_it);
	tcase_add_test(t, who_joined_the_group_since_is_told_to_log_in_again);
	suite_add_tcase(s, t);
	return s;
}
