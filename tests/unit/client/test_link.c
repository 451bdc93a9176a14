/* The link's deadlines, and the descriptors that come with frames; its helper is played by the test, or gone. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/peer.h"
#include "folder.h"
#include "session/fake_process.h"

#define START 1000000U

static struct link l;

/* ------------------------------------------------------------------------- coming back */

/* How long it pauses, by a clock that does nothing else. */
static uint64_t
comes_back_within(unsigned pause_ms, uint64_t deadline)
{
	char dir[FOLDER_PATH];
	uint64_t end;

	folder_make(dir);
	peer_listen(&l, dir);
	l.wordless = true;
	l.places = 0;
	l.pause_ms = pause_ms;
	fake_process_begin(START);
	fake_connects(-ENOENT);
	ck_assert_int_eq(link_come_back(&l, deadline), VERDICT_NO_SESSION);
	end = clock_monotonic_ms();
	fake_process_end();
	rundir_close(&l.dir);
	peer_close();
	folder_remove(dir);
	return end - START;
}

START_TEST(it_comes_back_by_its_deadline)
{
	ck_assert_uint_eq(comes_back_within(0, UINT64_MAX), 0);
	ck_assert_uint_gt(comes_back_within(640, UINT64_MAX), 0);
	ck_assert_uint_le(comes_back_within(640, UINT64_MAX), 640);
	ck_assert_uint_le(comes_back_within(640, deadline_in(500)), 500);
	ck_assert_uint_eq(comes_back_within(640, deadline_in(0)), 0);
}
END_TEST

/* ------------------------------------------------------------------------- descriptors */

static int reader[2];

/* The end of a pipe that is passed; its other end shows when no process has it any more. */
static int
passed_pipe(int i)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	reader[i] = fds[0];
	return fds[1];
}

static bool
is_closed(int i)
{
	struct pollfd p = { .fd = reader[i], .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

START_TEST(one_descriptor_is_kept)
{
	const struct control_message m = { .type = CONTROL_OUTCOME };
	int fd;

	peer_open(&l);
	l.takes = true;
	peer_passes(&m, passed_pipe(0));
	peer_passes(&m, passed_pipe(1));
	ck_assert_int_eq(link_fill(&l), 0);
	ck_assert_int_eq(link_fill(&l), 0);
	ck_assert(!is_closed(0));
	ck_assert(is_closed(1));
	fd = link_take_passed(&l);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(link_take_passed(&l), -1);
	(void)close(fd);
	ck_assert(is_closed(0));
	peer_close();
	link_close(&l);
}
END_TEST

/* There is room for two beside each other. */
START_TEST(one_descriptor_of_two_is_kept)
{
	const struct control_message m = { .type = CONTROL_OUTCOME };

	peer_open(&l);
	l.takes = true;
	peer_passes_times(&m, passed_pipe(0), 2);
	ck_assert_int_eq(link_fill(&l), 0);
	ck_assert(!is_closed(0));
	(void)close(link_take_passed(&l));
	ck_assert(is_closed(0));
	peer_close();
	link_close(&l);
}
END_TEST

Suite *
link_suite(void)
{
	Suite *s = suite_create("link");
	TCase *tc = tcase_create("link");

	tcase_add_test(tc, it_comes_back_by_its_deadline);
	tcase_add_test(tc, one_descriptor_is_kept);
	tcase_add_test(tc, one_descriptor_of_two_is_kept);
	suite_add_tcase(s, tc);
	return s;
}
