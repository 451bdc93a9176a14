/*
 * Turns: one stream of each party after the other, whoever has how many of them; and in a loop: what has come is handled
 * in that order, and goes on in the next turn when it takes long, or when its owner has enough.
 */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/limits.h"
#include "core/turns.h"
#include "net/hub.h"
#include "net/loop.h"
#include "net/stream.h"

#define STREAMS 6U

static struct turns turns;
static struct party party[3];
static struct stream one[STREAMS];

static void
begin(void)
{
	turns_init(&turns);
	memset(party, 0, sizeof(party));
	memset(one, 0, sizeof(one));
}

static void
in_line(unsigned number, unsigned whose)
{
	turns_add(&turns, &one[number].turn, &party[whose]);
}

static void
next_is(unsigned number)
{
	const struct turn *t = turns_next(&turns);

	ck_assert_ptr_eq(t, &one[number].turn);
	ck_assert_ptr_null(t->party);
}

static void
nobody_is_next(void)
{
	ck_assert(!turns_wait(&turns));
	ck_assert_ptr_null(turns_next(&turns));
	for (unsigned i = 0; i < 3; i++)
		ck_assert(TAILQ_EMPTY(&party[i].ready));
}

START_TEST(parties_take_turns)
{
	begin();
	nobody_is_next();
	for (unsigned i = 0; i < 4; i++)
		in_line(i, 0);
	in_line(4, 1);
	in_line(5, 2);
	ck_assert(turns_wait(&turns));
	next_is(0);
	next_is(4);
	next_is(5);
	next_is(1);
	in_line(4, 1); /* it has something to do again: behind those who waited meanwhile, before the rest of them */
	next_is(2);
	next_is(4);
	next_is(3);
	nobody_is_next();
}
END_TEST

START_TEST(who_goes_leaves_the_line)
{
	begin();
	for (unsigned i = 0; i < 3; i++)
		in_line(i, 0);
	in_line(3, 1);
	turns_remove(&turns, &one[1].turn);
	turns_remove(&turns, &one[1].turn);
	turns_remove(&turns, &one[3].turn);
	next_is(0);
	next_is(2);
	nobody_is_next();
}
END_TEST

/* Who came later, or has more than one, is none of those for whom a turn lasts. */
START_TEST(a_turn_lasts_until_each_party_had_one)
{
	begin();
	for (unsigned i = 0; i < 3; i++)
		in_line(i, i);
	in_line(3, 0);
	turns_begin(&turns);
	next_is(0);
	in_line(4, 1);
	next_is(1);
	ck_assert(!turns_over(&turns, 31));
	ck_assert(turns_over(&turns, 32));
	next_is(2);
	ck_assert(turns_over(&turns, 2));
	ck_assert(!turns_over(&turns, 1));
	turns_begin(&turns);
	next_is(3);
	ck_assert(!turns_over(&turns, 2));
	turns_remove(&turns, &one[4].turn);
	nobody_is_next();
	in_line(5, 0);
	turns_begin(&turns);
	next_is(5);
	ck_assert(turns_over(&turns, 2));
}
END_TEST

/* ------ in a loop ------ */

static struct ev_loop *loop;
static int peer[STREAMS];
static unsigned served[64], count;
static unsigned a_time;   /* frames that are taken at a time; 0: all */
static unsigned takes_ms; /* each */

static void
pass(unsigned ms)
{
	for (const uint64_t end = deadline_in(ms); ms > 0 && clock_monotonic_ms() < end;)
		continue;
}

static ssize_t
on_input(struct stream *s, uint8_t *data, size_t n)
{
	size_t done = 0;
	ssize_t used;
	struct frame f;

	for (unsigned i = 0; (used = frame_parse(data + done, n - done, &f)) > 0; i++) {
		if (a_time > 0 && i == a_time) {
			stream_yield(s);
			break;
		}
		ck_assert_uint_lt(count, 64);
		served[count++] = (unsigned)(s - one);
		done += (size_t)used;
	}
	pass(takes_ms);
	return (ssize_t)done;
}

static void
on_closed(struct stream *s, int error)
{
	(void)s, (void)error;
}

/* The last one is of a party of its own, all others are of one. */
static struct party *
party_of(struct stream *s)
{
	return &party[s - one == STREAMS - 1];
}

static const struct stream_class class = {
	.input = on_input, .closed = on_closed, .output_cap = 65536, .party = party_of
};

static void
setup(void)
{
	begin();
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(stream_setup(loop), 0);
	for (unsigned i = 0; i < STREAMS; i++) {
		int fds[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
		stream_init(&one[i], &class, loop, fds[0]);
		peer[i] = fds[1];
	}
	count = a_time = takes_ms = 0;
}

static void
teardown(void)
{
	for (unsigned i = 0; i < STREAMS; i++) {
		stream_close(&one[i], 0);
		(void)close(peer[i]);
	}
	(void)ev_run(loop, EVRUN_NOWAIT);
	stream_teardown(loop);
	ev_loop_destroy(loop);
}

static void
turn(void)
{
	(void)ev_run(loop, EVRUN_NOWAIT);
}

static void
say(unsigned number, unsigned frames)
{
	uint8_t header[FRAME_HEADER];

	frame_header(header, 0x55, 0);
	for (unsigned i = 0; i < frames; i++)
		ck_assert_int_eq(send(peer[number], header, sizeof(header), 0), sizeof(header));
}

/* Where in the order of service the number stands for the first time. */
static unsigned
when(unsigned number)
{
	for (unsigned i = 0; i < count; i++)
		if (served[i] == number)
			return i;
	return count;
}

START_TEST(what_comes_is_handled_by_turns)
{
	for (unsigned i = 0; i < STREAMS; i++)
		say(i, 1);
	while (count < STREAMS)
		turn();
	ck_assert_uint_le(when(STREAMS - 1), 1);
}
END_TEST

/* Each takes a whole turn of the usual length: one of each party is served, once the machine lets us have that at a stretch. */
START_TEST(one_of_each_party_is_served_in_a_turn)
{
	takes_ms = TURN_MS;
	do {
		while (turns_wait(&hub_of(loop)->turns))
			turn();
		count = 0;
		for (unsigned i = 0; i < STREAMS; i++)
			say(i, 1);
		turn();
		ck_assert_uint_le(count, 2);
	} while (count < 2);
	ck_assert_uint_le(when(STREAMS - 1), 1);
}
END_TEST

/* It is one of each party at most that goes before; and it is seen when the first one is done, though the others came first. */
START_TEST(what_takes_long_goes_on_in_the_next_turn)
{
	takes_ms = TURN_MOST_MS + 1;
	for (unsigned i = 0; i < STREAMS - 1; i++)
		say(i, 1);
	turn();
	ck_assert_uint_eq(count, 1);
	say(STREAMS - 1, 1);
	turn();
	turn();
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_le(when(STREAMS - 1), 2);
	for (unsigned i = 0; i < 3; i++)
		turn();
	ck_assert_uint_eq(count, STREAMS);
	turn();
	ck_assert_uint_eq(count, STREAMS);
}
END_TEST

/* No time passes in which the loop sleeps, though nothing more comes. */
START_TEST(who_has_enough_is_given_the_rest_when_it_is_its_turn)
{
	a_time = 2;
	say(0, 5);
	say(STREAMS - 1, 1);
	takes_ms = TURN_MOST_MS + 1;
	while (count < 6)
		(void)ev_run(loop, EVRUN_ONCE);
	ck_assert_uint_le(when(STREAMS - 1), 2);
	turn();
	ck_assert_uint_eq(count, 6);
	ck_assert_ptr_null(one[0].partial);
}
END_TEST

START_TEST(a_pause_outlasts_what_is_left)
{
	a_time = 1;
	takes_ms = TURN_MOST_MS + 1;
	say(0, 3);
	turn();
	ck_assert_uint_eq(count, 1);
	stream_pause(&one[0]);
	turn();
	turn();
	ck_assert_uint_eq(count, 1);
	stream_resume(&one[0]);
	turn();
	ck_assert_uint_eq(count, 2);
	turn();
	ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(who_is_closed_in_line_is_not_served)
{
	takes_ms = TURN_MOST_MS + 1;
	say(0, 1);
	say(1, 1);
	turn();
	ck_assert_uint_eq(count, 1);
	for (unsigned i = 0; i < 2; i++)
		stream_close(&one[i], 0);
	turn();
	turn();
	ck_assert_uint_eq(count, 1);
	ck_assert(TAILQ_EMPTY(&party[0].ready));
}
END_TEST

Suite *
turns_suite(void)
{
	Suite *s = suite_create("turns");
	TCase *t = tcase_create("line");

	tcase_add_test(t, parties_take_turns);
	tcase_add_test(t, who_goes_leaves_the_line);
	tcase_add_test(t, a_turn_lasts_until_each_party_had_one);
	suite_add_tcase(s, t);
	t = tcase_create("loop");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_comes_is_handled_by_turns);
	tcase_add_test(t, one_of_each_party_is_served_in_a_turn);
	tcase_add_test(t, what_takes_long_goes_on_in_the_next_turn);
	tcase_add_test(t, who_has_enough_is_given_the_rest_when_it_is_its_turn);
	tcase_add_test(t, a_pause_outlasts_what_is_left);
	tcase_add_test(t, who_is_closed_in_line_is_not_served);
	suite_add_tcase(s, t);
	return s;
}
