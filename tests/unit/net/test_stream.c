/*
 * Streams between two ends of a socket pair: frames whole and in pieces,
 * pausing, queues and their cap, peers that go or take nothing, and when closed
 * is told.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../system/pass.h"
#include "net/loop.h"
#include "net/stream.h"

#define CAP (512U * 1024U)

struct end {
	struct stream stream;
	unsigned frames, closes;
	size_t bytes; /* of bodies */
	int error;
	bool pause_after; /* after each frame */
	bool refuse;      /* the next frame breaks the protocol */
	bool in_input;
	struct stream *pauses; /* another one, with each frame */
};

static struct ev_loop *loop;
static struct end end;
static int peer;

static ssize_t
on_input(struct stream *s, uint8_t *data, size_t n)
{
	struct end *e = (struct end *)s;
	size_t done = 0;
	ssize_t used;
	struct frame f;

	ck_assert(!s->paused);
	e->in_input = true;
	while (!s->paused && (used = frame_parse(data + done, n - done, &f)) > 0) {
		e->in_input = !e->refuse;
		if (e->refuse)
			return -1;
		for (uint32_t i = 0; i < f.length; i++)
			ck_assert_uint_eq(f.body[i], (uint8_t)(e->frames + i));
		e->frames++;
		e->bytes += f.length;
		done += (size_t)used;
		if (e->pause_after)
			stream_pause(s);
		if (e->pauses)
			stream_pause(e->pauses);
	}
	e->in_input = false;
	return (ssize_t)done;
}

static void
on_closed(struct stream *s, int error)
{
	struct end *e = (struct end *)s;

	ck_assert(!e->in_input);
	e->closes++;
	e->error = error;
}

static const struct stream_class class = { .input = on_input, .closed = on_closed, .output_cap = CAP };

static void
setup(void)
{
	int fds[2];

	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(stream_setup(loop), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	memset(&end, 0, sizeof(end));
	stream_init(&end.stream, &class, loop, fds[0]);
	peer = fds[1];
}

static void
teardown(void)
{
	if (end.closes == 0) {
		stream_close(&end.stream, 0);
		(void)ev_run(loop, EVRUN_NOWAIT);
	}
	ck_assert_uint_eq(end.closes, 1);
	if (peer >= 0)
		(void)close(peer);
	stream_teardown(loop);
	ev_loop_destroy(loop);
}

static void
turn(void)
{
	(void)ev_run(loop, EVRUN_NOWAIT);
}

/* Frame number `number` with so many bytes of body; returns its length. */
static size_t
make(uint8_t *out, unsigned number, uint32_t length)
{
	frame_header(out, 0x55, length);
	for (uint32_t i = 0; i < length; i++)
		out[FRAME_HEADER + i] = (uint8_t)(number + i);
	return FRAME_HEADER + length;
}

START_TEST(frames_arrive_in_pieces_of_any_size)
{
	static uint8_t data[4096];
	size_t n = 0;

	for (unsigned i = 0; i < 5; i++)
		n += make(data + n, i, i * 17);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(send(peer, data + i, 1, 0), 1);
		turn();
	}
	ck_assert_uint_eq(end.frames, 5);
	ck_assert_uint_eq(end.bytes, 170);
	ck_assert_ptr_null(end.stream.partial);
}
END_TEST

START_TEST(the_longest_frame_arrives)
{
	static uint8_t data[2 * FRAME_MAX];
	size_t n = make(data, 0, FRAME_BODY_MAX), done = 0;

	n += make(data + n, 1, FRAME_BODY_MAX);
	while (done < n) {
		const ssize_t r = send(peer, data + done, n - done, 0);

		if (r > 0)
			done += (size_t)r;
		turn();
	}
	turn();
	turn();
	ck_assert_uint_eq(end.frames, 2);
	ck_assert_ptr_null(end.stream.partial);
}
END_TEST

START_TEST(a_paused_stream_keeps_what_it_has_and_goes_on_with_it)
{
	uint8_t data[256];
	size_t n = 0;

	for (unsigned i = 0; i < 3; i++)
		n += make(data + n, i, 10);
	end.pause_after = true;
	ck_assert_int_eq(send(peer, data, n, 0), (ssize_t)n);
	for (unsigned i = 1; i <= 3; i++) {
		turn();
		turn();
		ck_assert_uint_eq(end.frames, i);
		stream_resume(&end.stream);
		ck_assert_uint_eq(end.frames, i); /* not inside the call */
	}
	turn();
	ck_assert_uint_eq(end.frames, 3);
}
END_TEST

/* Both have something to read, and whoever is served first pauses the other. */
START_TEST(one_that_is_paused_while_it_waits_its_turn_is_not_served)
{
	static uint8_t data[64];
	const size_t n = make(data, 0, 8);
	struct end other = { .pauses = &end.stream };
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	stream_init(&other.stream, &class, loop, fds[0]);
	end.pauses = &other.stream;
	ck_assert_int_eq(send(peer, data, n, 0), (ssize_t)n);
	ck_assert_int_eq(send(fds[1], data, n, 0), (ssize_t)n);
	turn();
	ck_assert_uint_eq(end.frames + other.frames, 1);
	turn();
	ck_assert_uint_eq(end.frames + other.frames, 1);
	stream_resume(end.frames == 0 ? &end.stream : &other.stream);
	turn();
	ck_assert_uint_eq(end.frames, 1);
	ck_assert_uint_eq(other.frames, 1);
	stream_close(&other.stream, 0);
	turn();
	ck_assert_uint_eq(other.closes, 1);
	(void)close(fds[1]);
}
END_TEST

/* What is resumed and then changed to be watched for output must not be forgotten. */
START_TEST(a_resume_survives_a_queue_that_begins)
{
	static uint8_t big[CAP];
	uint8_t data[64];
	const size_t n = make(data, 0, 5) + make(data + 13, 1, 5);

	end.pause_after = true;
	ck_assert_int_eq(send(peer, data, n, 0), (ssize_t)n);
	turn();
	ck_assert_uint_eq(end.frames, 1);
	stream_resume(&end.stream);
	ck_assert(stream_write(&end.stream, big, sizeof(big)));
	ck_assert_uint_gt(stream_pending(&end.stream), 0);
	turn();
	ck_assert_uint_eq(end.frames, 2);
}
END_TEST

START_TEST(what_the_peer_does_not_take_is_queued_in_order)
{
	static uint8_t out[CAP], in[CAP];
	size_t got = 0;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(out); i += 4096)
		ck_assert(stream_write(&end.stream, out + i, 4096));
	ck_assert_uint_gt(stream_pending(&end.stream), 0);
	while (got < sizeof(in)) {
		const ssize_t r = recv(peer, in + got, 10000, 0);

		if (r > 0)
			got += (size_t)r;
		turn();
	}
	ck_assert_mem_eq(in, out, sizeof(in));
	ck_assert_uint_eq(stream_pending(&end.stream), 0);
	ck_assert_ptr_null(end.stream.out);
}
END_TEST

START_TEST(a_queue_over_its_cap_closes)
{
	static uint8_t out[65536];
	unsigned written = 0;

	while (stream_write(&end.stream, out, sizeof(out)))
		ck_assert_uint_lt(written++, 2 * CAP / sizeof(out) + 16);
	ck_assert_uint_eq(end.closes, 0); /* not inside the call */
	turn();
	ck_assert_uint_eq(end.closes, 1);
	ck_assert_int_eq(end.error, ENOBUFS);
	ck_assert(!stream_write(&end.stream, out, 1));
}
END_TEST

START_TEST(a_cork_makes_one_write_of_many)
{
	char in[16];

	stream_cork(&end.stream);
	ck_assert(stream_write(&end.stream, "one", 3));
	ck_assert(stream_write(&end.stream, "two", 3));
	ck_assert_int_eq(recv(peer, in, sizeof(in), 0), -1);
	stream_uncork(&end.stream);
	ck_assert_int_eq(recv(peer, in, sizeof(in), 0), 6);
	ck_assert_mem_eq(in, "onetwo", 6);
}
END_TEST

START_TEST(the_end_of_the_peer_comes_after_what_it_said)
{
	uint8_t data[64];
	const size_t n = make(data, 0, 5);

	ck_assert_int_eq(send(peer, data, n, 0), (ssize_t)n);
	(void)close(peer);
	peer = -1;
	ck_assert(!stream_write(&end.stream, "x", 1)); /* it is gone; what it said is still there */
	for (unsigned i = 0; i < 4; i++)
		turn();
	ck_assert_uint_eq(end.frames, 1);
	ck_assert_uint_eq(end.closes, 1);
}
END_TEST

START_TEST(a_broken_protocol_closes)
{
	uint8_t data[64];
	const size_t n = make(data, 0, 5);

	end.refuse = true;
	ck_assert_int_eq(send(peer, data, n, 0), (ssize_t)n);
	turn();
	turn();
	ck_assert_uint_eq(end.closes, 1);
	ck_assert_int_eq(end.error, EPROTO);
}
END_TEST

START_TEST(a_close_writes_what_is_queued_and_tells_once)
{
	char in[8];

	stream_cork(&end.stream);
	ck_assert(stream_write(&end.stream, "bye", 3));
	stream_close(&end.stream, 0);
	stream_close(&end.stream, EIO);
	ck_assert_uint_eq(end.closes, 0);
	turn();
	ck_assert_uint_eq(end.closes, 1);
	ck_assert_int_eq(end.error, 0);
	ck_assert_int_eq(recv(peer, in, sizeof(in), 0), 3);
	ck_assert_int_eq(recv(peer, in, sizeof(in), 0), 0);
}
END_TEST

/* The other process, here a second descriptor, goes on with the connection. */
START_TEST(one_that_is_handed_over_stays_open)
{
	const int other = dup(end.stream.io.fd);
	char in[8];

	ck_assert_int_ge(other, 0);
	stream_hand_over(&end.stream);
	turn();
	ck_assert_uint_eq(end.closes, 1);
	ck_assert_int_eq(send(other, "on", 2, MSG_NOSIGNAL), 2);
	ck_assert_int_eq(recv(peer, in, sizeof(in), 0), 2);
	(void)close(other);
}
END_TEST

/* A frame with so many descriptors of /dev/null; 0: none. */
static void
pass(unsigned number, unsigned descriptors)
{
	uint8_t data[64];
	const size_t n = make(data, number, 5);
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pass_descriptors(peer, data, n, fd, descriptors, 0), (ssize_t)n);
	(void)close(fd);
	turn();
	turn();
}

START_TEST(one_descriptor_that_is_expected_is_kept)
{
	stream_expect(&end.stream, true);
	pass(0, 1);
	ck_assert_uint_eq(end.closes, 0);
	const int fd = stream_take_passed(&end.stream);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	(void)close(fd);
	ck_assert_int_lt(stream_take_passed(&end.stream), 0);
	pass(1, 0);
	ck_assert_int_lt(stream_take_passed(&end.stream), 0);
	ck_assert_uint_eq(end.closes, 0);
	ck_assert_uint_eq(end.frames, 2);
}
END_TEST

START_TEST(one_that_is_not_expected_ends_it)
{
	if (_i == 1) { /* no longer */
		stream_expect(&end.stream, true);
		stream_expect(&end.stream, false);
	}
	pass(0, 1);
	ck_assert_uint_eq(end.closes, 1);
	ck_assert_int_eq(end.error, EPERM);
}
END_TEST

START_TEST(two_with_a_frame_end_it)
{
	stream_expect(&end.stream, true);
	pass(0, 2);
	ck_assert_uint_eq(end.closes, 1);
	ck_assert_int_eq(end.error, EPERM);
}
END_TEST

/* What is not taken is kept, to a limit. */
START_TEST(no_more_than_there_is_room_for)
{
	unsigned kept = 0;

	stream_expect(&end.stream, true);
	while (end.closes == 0) {
		pass(end.frames, 1);
		kept += end.closes == 0;
	}
	ck_assert_uint_eq(kept, STREAM_PASSED);
	ck_assert_int_eq(end.error, EPERM);
}
END_TEST

Suite *
stream_suite(void)
{
	Suite *s = suite_create("stream");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, frames_arrive_in_pieces_of_any_size);
	tcase_add_test(tc, the_longest_frame_arrives);
	tcase_add_test(tc, a_paused_stream_keeps_what_it_has_and_goes_on_with_it);
	tcase_add_test(tc, one_that_is_paused_while_it_waits_its_turn_is_not_served);
	tcase_add_test(tc, a_resume_survives_a_queue_that_begins);
	tcase_add_test(tc, what_the_peer_does_not_take_is_queued_in_order);
	tcase_add_test(tc, a_queue_over_its_cap_closes);
	tcase_add_test(tc, a_cork_makes_one_write_of_many);
	tcase_add_test(tc, the_end_of_the_peer_comes_after_what_it_said);
	tcase_add_test(tc, a_broken_protocol_closes);
	tcase_add_test(tc, a_close_writes_what_is_queued_and_tells_once);
	tcase_add_test(tc, one_that_is_handed_over_stays_open);
	tcase_add_test(tc, one_descriptor_that_is_expected_is_kept);
	tcase_add_loop_test(tc, one_that_is_not_expected_ends_it, 0, 2);
	tcase_add_test(tc, two_with_a_frame_end_it);
	tcase_add_test(tc, no_more_than_there_is_room_for);
	suite_add_tcase(s, tc);
	return s;
}
