/*
 * The receiving half: every short sequence of arrivals, fates and commits, and long random ones, held against what must
 * be true of it. The judge knows nothing of runs or gaps: it remembers, of each message, what became of it.
 */
#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/intake.h"
#include "quick.h"

#define PAIR 7U
#define STREAMS 700U
#define LENGTH 64U

/* What the judge knows of a message. */
enum state { NOT_SENT, UNDER_WAY, PENDING, STORED, MAYBE, REFUSED };

struct message {
	uint8_t state;
	uint8_t verdict; /* as it was answered, when it was */
	bool answered;
	bool behind; /* refused unseen */
};

static struct intake in;
static struct message message[STREAMS][LENGTH];
static uint32_t sent[STREAMS]; /* of each stream, under this epoch */
static uint32_t from[STREAMS]; /* the first that its present command sends */
/* Whether the sender tells which message under way is the one before, and the number of that: 0, there is none. */
static bool tells;
static uint64_t arrivals, last[STREAMS];
static struct {
	uint32_t stream, index;
} order[WINDOW_MESSAGES]; /* of what arrived in this turn, to be answered in this order */
static uint32_t order_count;
static uint32_t epoch;
static const char *guilty;

static struct ident
id_of(uint32_t stream, uint32_t index)
{
	struct ident id = { { 0 } };

	id.b[0] = (uint8_t)(stream >> 8);
	id.b[1] = (uint8_t)stream;
	return ident_add(&id, index);
}

static void
blame(const char *of)
{
	if (!guilty)
		guilty = of;
}

static void
begin(void)
{
	memset(message, 0, sizeof(message));
	memset(sent, 0, sizeof(sent));
	memset(from, 0, sizeof(from));
	memset(last, 0, sizeof(last));
	tells = false;
	intake_reset(&in);
	arrivals = 0;
	order_count = 0;
	epoch = 1;
	guilty = NULL;
}

static bool
is_there(const struct message *m)
{
	return m->state == STORED || m->state == PENDING || m->state == MAYBE;
}

/* From an earlier epoch: what nobody could know then is not known by coming again. */
static bool
is_or_may_be(const struct message *m)
{
	return m->state == STORED || m->state == MAYBE;
}

/* ------------------------------------------------------------------------- the end of a turn */

static void
answered(uint32_t stream, uint32_t index, enum verdict v)
{
	struct message *m = &message[stream][index];

	if (m->answered)
		blame("answered twice");
	m->answered = true;
	m->verdict = (uint8_t)v;
	if (v == VERDICT_OK && m->state != STORED)
		blame("said to be stored, and is not");
	/* Of what stands behind a refused one its command says nothing. */
	if (v != VERDICT_OK && v != VERDICT_UNCONFIRMED && m->state == STORED && !(tells && m->behind))
		blame("said not to be stored, and is");
	if (v != VERDICT_UNCONFIRMED && m->state == MAYBE)
		blame("nobody can know that");
}

static void
take_answers(void)
{
	struct intake_run r;
	uint32_t at = 0;

	while (intake_answer(&in, &r)) {
		for (uint32_t n = 0; n < r.count; n++, at++) {
			const struct ident id = ident_add(&r.first, n),
					   expected = at < order_count ? id_of(order[at].stream, order[at].index)
								       : (struct ident){ { 0xff } };

			if (!ident_equal(&id, &expected)) {
				blame("answers are not those of the messages, in their order");
				return;
			}
			answered(order[at].stream, order[at].index, (enum verdict)r.verdict);
		}
	}
	if (at != order_count)
		blame("a message was not answered");
	order_count = 0;
}

static void
end_turn(enum verdict commit)
{
	for (uint32_t i = 0; i < order_count; i++) {
		struct message *m = &message[order[i].stream][order[i].index];

		if (m->state == PENDING)
			m->state = commit == VERDICT_OK ? STORED : commit == VERDICT_STORAGE ? REFUSED : MAYBE;
	}
	intake_committed(&in, commit);
	take_answers();
}

/* ------------------------------------------------------------------------- arrivals */

static void
store(uint32_t stream, uint32_t index, enum intake_fate fate)
{
	static const enum state states[] = {
		[INTAKE_ADDED] = PENDING,
		[INTAKE_KNOWN] = STORED,
		[INTAKE_OTHER] = REFUSED,
		[INTAKE_FULL] = REFUSED,
		[INTAKE_FAILED] = REFUSED,
		[INTAKE_UNKNOWN] = MAYBE,
	};
	const struct ident id = id_of(stream, index);
	struct message *m = &message[stream][index];

	if (index > from[stream] && !is_there(&message[stream][index - 1]))
		blame("stored behind a gap");
	if (index > from[stream] && message[stream][index - 1].state == MAYBE)
		blame("stored behind what may be a gap");
	m->state = (uint8_t)states[fate];
	/* Was it not there, then nothing was that came behind it. */
	for (uint32_t i = index + 1; i < LENGTH && fate != INTAKE_KNOWN && fate != INTAKE_UNKNOWN; i++)
		if (message[stream][i].state == MAYBE)
			message[stream][i].state = REFUSED;
	intake_stored(&in, &id, fate);
}

static enum intake_decision
offer_next(uint32_t stream, const struct ident *id)
{
	const uint32_t distance = last[stream] > 0 ? (uint32_t)(arrivals + 1 - last[stream]) : 0;

	return intake_offer(&in, PAIR, PAIR, epoch, id, tells ? 1 + distance : 0);
}

/* The next message of a stream arrives. The sender knows of no refusal yet. */
static void
arrive(uint32_t stream, enum intake_fate fate)
{
	const uint32_t index = sent[stream]++;
	const struct ident id = id_of(stream, index);
	struct message *m = &message[stream][index];
	enum intake_decision d;

	while ((d = offer_next(stream, &id)) == INTAKE_COMMIT)
		end_turn(VERDICT_OK);
	last[stream] = ++arrivals;
	*m = (struct message){ .state = is_or_may_be(m) ? m->state : UNDER_WAY };
	order[order_count].stream = stream;
	order[order_count++].index = index;
	if (d == INTAKE_DROP) {
		blame("dropped a message of our pair");
		return;
	}
	if (d == INTAKE_REFUSED) {
		if (index == from[stream] || (message[stream][index - 1].state == STORED && !tells))
			blame("refused, and no gap is there");
		m->behind = true;
		m->state = is_or_may_be(m) ? m->state : REFUSED;
		return;
	}
	if (m->state == STORED)
		fate = INTAKE_KNOWN; /* the inbox looks for the id first */
	else if (fate == INTAKE_KNOWN && m->state != MAYBE)
		fate = INTAKE_ADDED;
	store(stream, index, fate);
}

/* The partner, or we, came back: all is sent again that was not answered, from the oldest on. */
static void
new_epoch(void)
{
	end_turn(VERDICT_OK);
	epoch++;
	for (uint32_t s = 0; s < STREAMS; s++) {
		uint32_t oldest = from[s];

		while (oldest < sent[s] && message[s][oldest].state == STORED)
			oldest++;
		sent[s] = oldest;
		last[s] = 0;
	}
}

/* Every answer has been seen, and another command follows: with the same ids again, or with the next ones. */
static void
new_command(bool same)
{
	end_turn(VERDICT_OK);
	for (uint32_t s = 0; s < STREAMS; s++) {
		sent[s] = from[s] = same ? 0 : sent[s];
		last[s] = 0;
	}
}

/* ------------------------------------------------------------------------- every short sequence */

#define MOVES (2 * 6 + 3 + 1) /* and two more of a sender that tells */
#define DEPTH 5

static void
move(unsigned m)
{
	static const enum verdict commits[] = { VERDICT_OK, VERDICT_STORAGE, VERDICT_UNCONFIRMED };

	if (m < 12)
		arrive(m / 6, (enum intake_fate)(m % 6));
	else if (m < 15)
		end_turn(commits[m - 12]);
	else if (m == 15)
		new_epoch();
	else
		new_command(m == 16);
}

START_TEST(test_intake_every_short_sequence)
{
	const unsigned moves = _i < 8 ? MOVES : MOVES + 2;
	unsigned total = 1;

	for (unsigned d = 0; d < DEPTH; d++)
		total *= moves;
	begin();
	tells = _i >= 8;
	for (unsigned n = (unsigned)_i % 8; n < total && !guilty; n += 8) {
		for (uint32_t s = 0; s < 2; s++) {
			memset(message[s], 0, sizeof(message[s]));
			sent[s] = from[s] = 0;
			last[s] = 0;
		}
		intake_reset(&in);
		arrivals = 0;
		order_count = 0;
		for (unsigned d = 0, left = n; d < DEPTH; d++, left /= moves)
			move(left % moves);
		end_turn(VERDICT_OK);
		if (guilty)
			ck_abort_msg("sequence %u: %s", n, guilty);
	}
}
END_TEST

/* ------------------------------------------------------------------------- long ones */

static uint32_t seed;

static uint32_t
dice(uint32_t sides)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % sides;
}

START_TEST(test_intake_long_random_sequences)
{
	static const enum intake_fate fates[] = { INTAKE_ADDED, INTAKE_ADDED, INTAKE_ADDED, INTAKE_OTHER, INTAKE_FULL,
		INTAKE_FAILED, INTAKE_UNKNOWN };

	for (uint32_t round = 1; round <= 60; round++) {
		const uint32_t streams = 1 + dice(STREAMS);
		uint32_t left = WINDOW_MESSAGES; /* of one window: nobody knows of a refusal before */

		seed = round * 2654435761U;
		begin();
		tells = round % 3 == 0;
		while (left > 0) {
			const uint32_t s = dice(streams);

			if (dice(40) == 0)
				end_turn(dice(2) ? VERDICT_OK : dice(2) ? VERDICT_STORAGE : VERDICT_UNCONFIRMED);
			if (sent[s] == LENGTH)
				continue;
			arrive(s, fates[dice(ARRAY_SIZE(fates))]);
			left--;
			if (dice(200) == 0) {
				new_epoch();
				left = WINDOW_MESSAGES / 2;
				if (round % 2 == 0 || dice(3) == 0)
					break;
			}
			if (streams < 20 && dice(4) == 0)
				left--;
		}
		end_turn(VERDICT_OK);
		ck_assert_msg(!guilty, "round %u: %s", round, guilty);
	}
}
END_TEST

/* ------------------------------------------------------------------------- the seams */

static enum intake_decision
offer(uint64_t ours, uint64_t pair, uint32_t of_epoch, uint32_t stream, uint32_t index)
{
	const struct ident id = id_of(stream, index);

	return intake_offer(&in, ours, pair, of_epoch, &id, 0);
}

START_TEST(test_intake_of_our_pair_alone)
{
	ck_assert_int_eq(offer(0, PAIR, 1, 0, 0), INTAKE_DROP);
	ck_assert_int_eq(offer(PAIR, PAIR + 1, 1, 0, 0), INTAKE_DROP);
	ck_assert_int_eq(offer(0, 0, 1, 0, 0), INTAKE_DROP);
	ck_assert(!intake_owes(&in));
	ck_assert_int_eq(offer(PAIR, PAIR, 1, 0, 0), INTAKE_STORE);
}
END_TEST

START_TEST(test_intake_one_turn_one_epoch)
{
	arrive(0, INTAKE_ADDED);
	ck_assert_int_eq(offer(PAIR, PAIR, 2, 0, 1), INTAKE_COMMIT);
	ck_assert_uint_eq(in.epoch, 1); /* that of the answers that are owed */
	end_turn(VERDICT_OK);
	ck_assert_int_eq(offer(PAIR, PAIR, 2, 0, 1), INTAKE_STORE);
	ck_assert_uint_eq(in.epoch, 2);
	ck_assert_int_eq(offer(PAIR + 1, PAIR + 1, 2, 1, 0), INTAKE_STORE); /* nothing is owed yet */
	ck_assert_uint_eq(in.pair, PAIR + 1);
}
END_TEST

START_TEST(test_intake_runs)
{
	struct intake_run r;

	for (unsigned i = 0; i < 10; i++)
		arrive(0, INTAKE_ADDED);
	arrive(1, INTAKE_ADDED);
	arrive(0, INTAKE_ADDED);
	arrive(0, INTAKE_FULL);
	arrive(0, INTAKE_ADDED); /* refused: it stands behind the full one */
	intake_committed(&in, VERDICT_OK);
	for (unsigned i = 0; i < 4; i++) {
		static const uint32_t counts[] = { 10, 1, 1, 2 };

		ck_assert(intake_owes(&in));
		ck_assert(intake_answer(&in, &r));
		ck_assert_uint_eq(r.count, counts[i]);
		ck_assert_int_eq(r.verdict, i < 3 ? VERDICT_OK : VERDICT_INBOX_FULL);
	}
	ck_assert(!intake_answer(&in, &r));
	ck_assert(!intake_owes(&in));
}
END_TEST

START_TEST(test_intake_more_runs_than_there_is_room_for)
{
	for (uint32_t i = 0; i < 2 * INTAKE_RUNS + 10; i++)
		arrive(i, INTAKE_ADDED); /* which ends turns by itself */
	ck_assert_uint_eq(order_count, 10);
	end_turn(VERDICT_OK);
	ck_assert_msg(!guilty, "%s", guilty);
}
END_TEST

/* More streams than anybody would expect are refused at once, and each goes on: all of it is refused. */
START_TEST(test_intake_gaps_of_every_stream_at_once)
{
	for (uint32_t s = 0; s < WINDOW_MESSAGES / 2; s++)
		arrive(s, INTAKE_FAILED);
	end_turn(VERDICT_OK);
	for (uint32_t s = 0; s < WINDOW_MESSAGES / 2; s++)
		arrive(s, INTAKE_ADDED);
	end_turn(VERDICT_OK);
	ck_assert_msg(!guilty, "%s", guilty);
	for (uint32_t s = 0; s < WINDOW_MESSAGES / 2; s++)
		ck_assert_int_eq(message[s][1].state, REFUSED);
}
END_TEST

/* A window later nobody can have been on the way any more: the id may be another attempt's. */
START_TEST(test_intake_a_gap_ends)
{
	arrive(0, INTAKE_FULL);
	for (uint32_t i = 0; i < WINDOW_MESSAGES; i++)
		arrive(1 + i % 600, INTAKE_ADDED);
	end_turn(VERDICT_OK);
	ck_assert_int_eq(offer(PAIR, PAIR, 1, 0, 1), INTAKE_STORE);
	ck_assert_uint_eq(in.gap_count, 0);
}
END_TEST

/* A sender that tells what is under way has the guard as long as it needs it, and no longer. */
START_TEST(test_intake_a_gap_ends_when_it_was_seen)
{
	tells = true;
	arrive(0, INTAKE_FULL);
	arrive(0, INTAKE_ADDED);
	arrive(1, INTAKE_ADDED);
	arrive(0, INTAKE_ADDED);
	end_turn(VERDICT_OK);
	ck_assert_int_eq(message[0][1].state, REFUSED);
	ck_assert_int_eq(message[0][2].state, REFUSED);
	new_command(false);
	arrive(0, INTAKE_ADDED);
	new_command(true);
	for (unsigned i = 0; i < 5; i++)
		arrive(0, INTAKE_ADDED);
	end_turn(VERDICT_OK);
	ck_assert_msg(!guilty, "%s", guilty);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(message[0][i].state, STORED);
}
END_TEST

/* Two commands send the same ids at once: each is behind its own refusal alone. */
START_TEST(test_intake_of_two_commands_each_has_its_own_gap)
{
	const struct ident first = id_of(0, 0), second = id_of(0, 1);
	static const enum intake_fate fates[] = { INTAKE_FULL, INTAKE_ADDED };

	for (unsigned n = 0; n < 2; n++) {
		ck_assert_int_eq(intake_offer(&in, PAIR, PAIR, 1, &first, 1), INTAKE_STORE);
		intake_stored(&in, &first, fates[n]);
	}
	ck_assert_int_eq(intake_offer(&in, PAIR, PAIR, 1, &second, 3), INTAKE_REFUSED);
	ck_assert_int_eq(intake_offer(&in, PAIR, PAIR, 1, &second, 3), INTAKE_STORE);
	intake_stored(&in, &second, INTAKE_ADDED);
	intake_committed(
	    &in, VERDICT_STORAGE); /* and so is that of a commit that fails, whichever was the last of it */
	ck_assert_int_eq(in.run[in.run_count - 1].verdict, VERDICT_STORAGE);
	take_answers();
	ck_assert_int_eq(intake_offer(&in, PAIR, PAIR, 1, &second, 4), INTAKE_REFUSED);
}
END_TEST

START_TEST(test_intake_lost_connection)
{
	struct intake_run r;

	arrive(0, INTAKE_FULL);
	arrive(1, INTAKE_ADDED);
	intake_reset(&in);
	ck_assert(!intake_owes(&in));
	ck_assert(!intake_answer(&in, &r));
	ck_assert_int_eq(offer(PAIR, PAIR, 1, 0, 1), INTAKE_STORE); /* it came again, and so did what stood before */
}
END_TEST

/* The judge is awake: a receiver that does without gaps is found guilty. */
START_TEST(test_intake_the_judge_finds_a_gap)
{
	arrive(0, INTAKE_FULL);
	in.gap_count = 0;
	arrive(0, INTAKE_ADDED);
	ck_assert_str_eq(guilty, "stored behind a gap");
	begin();
	arrive(0, INTAKE_ADDED);
	intake_committed(&in, VERDICT_OK); /* of a commit that failed */
	message[0][0].state = REFUSED;
	take_answers();
	ck_assert_str_eq(guilty, "said to be stored, and is not");
}
END_TEST

Suite *
intake_suite(void)
{
	Suite *s = suite_create("intake");
	TCase *t = tcase_create("intake");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, begin, NULL);
	tcase_add_loop_test(t, test_intake_every_short_sequence, 0, 16);
	tcase_add_test(t, test_intake_long_random_sequences);
	tcase_add_test(t, test_intake_of_our_pair_alone);
	tcase_add_test(t, test_intake_one_turn_one_epoch);
	tcase_add_test(t, test_intake_runs);
	tcase_add_test(t, test_intake_more_runs_than_there_is_room_for);
	tcase_add_test(t, test_intake_gaps_of_every_stream_at_once);
	tcase_add_test(t, test_intake_a_gap_ends);
	tcase_add_test(t, test_intake_a_gap_ends_when_it_was_seen);
	tcase_add_test(t, test_intake_of_two_commands_each_has_its_own_gap);
	tcase_add_test(t, test_intake_lost_connection);
	tcase_add_test(t, test_intake_the_judge_finds_a_gap);
	suite_add_tcase(s, t);
	return s;
}
