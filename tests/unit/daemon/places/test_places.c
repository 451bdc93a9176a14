/*
 * Where a daemon lives: whether its registry was lost, or never was, and who was here before.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemon/places/places.h"
#include "daemon/places/registry.h"
#include "folder.h"
#include "net/socket.h"

static char dir[FOLDER_PATH], words[PLACES_WORDS];
static struct places places;

static void
begin(void)
{
	places = (struct places){ .socket_lock = -1, .state_lock = -1, .runtime_lock = -1 };
	(void)snprintf(places.state, sizeof(places.state), "%s", dir);
	ck_assert_int_eq(places_find(&places, words), 0);
	ck_assert_str_eq(places.runtime, dir);
}

static void
end(void)
{
	if (places.runtime_lock >= 0)
		(void)close(places.runtime_lock);
	places.runtime_lock = -1;
}

static void
setup(void)
{
	folder_make(dir);
	begin();
}

static void
teardown(void)
{
	end();
	folder_remove(dir);
}

static bool
is_lost(void)
{
	struct registry *r = NULL;
	bool lost;

	ck_assert_int_eq(places_open_registry(&places, &r, &lost, words), 0);
	registry_close(r);
	return lost;
}

static void
damage(void)
{
	char file[FOLDER_PATH + 16];

	(void)snprintf(file, sizeof(file), "%s/registry.db", dir);
	const int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "this is no database, whatever its name says", 43), 43);
	ck_assert_int_eq(close(fd), 0);
}

/* The first daemon misses nothing; one that comes after another does. */
START_TEST(a_registry_is_lost_where_one_should_be)
{
	places.was_used = _i != 0;
	ck_assert_int_eq(is_lost(), places.was_used);
	ck_assert(!is_lost()); /* there by now */
}
END_TEST

START_TEST(a_damaged_registry_is_lost)
{
	places.was_used = _i != 0;
	damage();
	ck_assert(is_lost());
}
END_TEST

/* The lock is the mark. */
START_TEST(a_daemon_knows_of_the_one_before_it)
{
	ck_assert_int_eq(places_claim_folders(&places, words), 0);
	ck_assert(!places.was_used);
	end();
	begin();
	ck_assert_int_eq(places_claim_folders(&places, words), 0);
	ck_assert(places.was_used);
}
END_TEST

/* Nor does it take the mark of one that was there away. */
START_TEST(a_daemon_that_did_not_start_was_never_here)
{
	ck_assert_int_eq(places_claim_folders(&places, words), 0);
	if (_i == 0)
		places_forget(&places);
	end();
	for (unsigned later = 0; later < 2; later++) {
		begin();
		ck_assert_int_eq(places_claim_folders(&places, words), 0);
		ck_assert_int_eq(places.was_used, _i != 0);
		places_forget(&places);
		end();
	}
}
END_TEST

START_TEST(a_folder_is_one_daemons)
{
	struct places other;

	ck_assert_int_eq(places_claim_folders(&places, words), 0);
	other = (struct places){ .socket_lock = -1, .state_lock = -1, .runtime_lock = -1 };
	(void)snprintf(other.state, sizeof(other.state), "%s", dir);
	ck_assert_int_eq(places_find(&other, words), 0);
	ck_assert_int_lt(places_claim_folders(&other, words), 0);
	ck_assert_int_lt(other.runtime_lock, 0);
}
END_TEST

static int left;

static void
on_alarm(int signal)
{
	(void)signal;
	(void)close(left);
}

/* A child of a daemon that was killed holds its locks for a moment more. */
START_TEST(a_lock_that_is_left_is_waited_for)
{
	const struct itimerval moment = { .it_value.tv_usec = 50000 };

	(void)snprintf(places.socket, sizeof(places.socket), "%s/pchat.sock", dir);
	ck_assert_int_ge(left = socket_lock(places.socket, NULL), 0);
	ck_assert_int_lt(places_claim_socket(&places, words), 0);
	ck_assert_ptr_nonnull(strstr(words, "another pchatd serves"));
	(void)signal(SIGALRM, on_alarm);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &moment, NULL), 0);
	ck_assert_int_eq(places_claim_socket(&places, words), 0);
	(void)close(places.socket_lock);
}
END_TEST

/* Nothing is left beside a path that is refused. */
START_TEST(what_is_no_socket_is_left_alone)
{
	char lock[PATH_MAX + 8];
	int fd;

	(void)snprintf(places.socket, sizeof(places.socket), "%s/file", dir);
	(void)snprintf(lock, sizeof(lock), "%s.lock", places.socket);
	fd = open(places.socket, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_lt(places_claim_socket(&places, words), 0);
	ck_assert_int_lt(places.socket_lock, 0);
	ck_assert_int_lt(access(lock, F_OK), 0);
	ck_assert_int_eq(unlink(places.socket), 0);
	ck_assert_int_eq(places_claim_socket(&places, words), 0);
	ck_assert_int_eq(access(lock, F_OK), 0);
	ck_assert_int_eq(close(places.socket_lock), 0);
}
END_TEST

/* As root, where nothing is named: what everybody knows, whatever the environment says. */
START_TEST(the_hosts_daemon_has_its_places)
{
	struct places host = { .socket_lock = -1, .state_lock = -1, .runtime_lock = -1 };

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
	ck_assert_int_eq(places_find(&host, words), 0);
	ck_assert_str_eq(host.state, PLACES_STATE);
	ck_assert_str_eq(host.runtime, PLACES_FOLDER);
}
END_TEST

Suite *
places_suite(void)
{
	Suite *s = suite_create("places");
	TCase *tc = tcase_create("places");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_registry_is_lost_where_one_should_be, 0, 2);
	tcase_add_loop_test(tc, a_damaged_registry_is_lost, 0, 2);
	tcase_add_test(tc, a_daemon_knows_of_the_one_before_it);
	tcase_add_loop_test(tc, a_daemon_that_did_not_start_was_never_here, 0, 2);
	tcase_add_test(tc, a_folder_is_one_daemons);
	tcase_add_test(tc, a_lock_that_is_left_is_waited_for);
	tcase_add_test(tc, what_is_no_socket_is_left_alone);
	tcase_add_test(tc, the_hosts_daemon_has_its_places);
	suite_add_tcase(s, tc);
	return s;
}
