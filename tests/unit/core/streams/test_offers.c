/* Offers of a pair, in every state that three ids and two sides can reach; and what of a transfer counts as whole. */
#include <check.h>
#include <string.h>

#include "core/streams/offers.h"
#include "core/streams/transfer.h"

#define IDS 3U

static struct ident
ident_of(unsigned n)
{
	struct ident id = { { 0 } };

	id.b[0] = (uint8_t)(n + 1);
	return id;
}

/* ------ every state ------ */

/* What the rules say, told in another way: each id by itself. */
struct world {
	struct {
		uint8_t state, by;
	} offer[IDS];
};

#define STATES_MAX 4096U

static struct offers reached[STATES_MAX];
static struct world worlds[STATES_MAX];
static size_t states;

static bool
open_in(const struct world *w)
{
	for (unsigned i = 0; i < IDS; i++)
		if (w->offer[i].state == OFFER_CHANNEL)
			return true;
	return false;
}

/* The places say the same as the world does. */
static void
compare(const struct offers *o, const struct world *w)
{
	unsigned open = 0, used = 0, wanted = 0;

	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		const struct offers_place *p = &o->place[i];
		const unsigned n = p->msgid.b[0] - 1U;

		if (p->state == OFFER_NONE)
			continue;
		used++;
		open += p->state == OFFER_CHANNEL;
		ck_assert_uint_lt(n, IDS);
		ck_assert_uint_eq(p->state, w->offer[n].state);
		ck_assert_uint_eq(p->by, w->offer[n].by);
	}
	for (unsigned n = 0; n < IDS; n++)
		wanted += w->offer[n].state != OFFER_NONE;
	ck_assert_uint_eq(used, wanted); /* none twice, none lost */
	ck_assert_uint_le(open, 1);
	ck_assert(offers_have_channel(o) == open_in(w));
}

static void
reach(const struct offers *o, const struct world *w)
{
	compare(o, w);
	for (size_t i = 0; i < states; i++)
		if (memcmp(&worlds[i], w, sizeof(*w)) == 0)
			return;
	ck_assert_uint_lt(states, STATES_MAX);
	worlds[states] = *w;
	reached[states++] = *o;
}

static void
try_say(size_t at, uint8_t by, unsigned n, bool open)
{
	const struct ident id = ident_of(n);
	struct offers o = reached[at];
	struct world w = worlds[at];
	const enum verdict v = offers_say(&o, by, &id, open);

	if (w.offer[n].state != OFFER_NONE && w.offer[n].by != by) {
		ck_assert_int_eq(v, VERDICT_ID_USED);
	} else if (open && w.offer[n].state != OFFER_CHANNEL && open_in(&w)) {
		ck_assert_int_eq(v, VERDICT_CHANNEL_OPEN);
	} else {
		ck_assert_int_eq(v, VERDICT_OK);
		w.offer[n].by = by;
		if (w.offer[n].state == OFFER_NONE)
			w.offer[n].state = OFFER_SAID;
		if (open)
			w.offer[n].state = OFFER_CHANNEL;
	}
	if (v != VERDICT_OK)
		ck_assert(memcmp(&o, &reached[at], sizeof(o)) == 0); /* a refusal changes nothing */
	reach(&o, &w);
}

static void
try_stored(size_t at, uint8_t by, unsigned n, enum verdict stored)
{
	const struct ident id = ident_of(n);
	struct offers o = reached[at];
	struct world w = worlds[at];
	const bool may = (w.offer[n].state == OFFER_SAID || w.offer[n].state == OFFER_OPEN) && w.offer[n].by != by;

	ck_assert(offers_stored(&o, by, &id, stored) == may);
	if (may)
		w.offer[n].state = stored == VERDICT_OK ? OFFER_OPEN : OFFER_NONE;
	if (w.offer[n].state == OFFER_NONE)
		w.offer[n].by = 0;
	reach(&o, &w);
}

static void
try_take(size_t at, uint8_t by, unsigned n, uint32_t channels)
{
	const struct offers_use use = { .taker = channels };
	const struct ident id = ident_of(n);
	struct offers o = reached[at];
	struct world w = worlds[at];
	const enum verdict v = offers_take(&o, by, &id, &use);

	if (w.offer[n].state == OFFER_NONE || w.offer[n].state == OFFER_SAID || w.offer[n].by == by) {
		ck_assert_int_eq(v, VERDICT_NOTHING);
	} else if (open_in(&w) || channels >= CHANNELS_UID) {
		ck_assert_int_eq(v, VERDICT_CHANNEL_OPEN);
	} else {
		ck_assert_int_eq(v, VERDICT_OK);
		w.offer[n].state = OFFER_CHANNEL;
	}
	reach(&o, &w);
}

static void
try_decline(size_t at, uint8_t by, unsigned n)
{
	const struct ident id = ident_of(n);
	struct offers o = reached[at];
	struct world w = worlds[at];
	const bool may = (w.offer[n].state == OFFER_SAID || w.offer[n].state == OFFER_OPEN) && w.offer[n].by != by;

	ck_assert(offers_decline(&o, by, &id) == may);
	if (may)
		w.offer[n].state = w.offer[n].by = 0;
	reach(&o, &w);
}

static void
try_over(size_t at, uint8_t by, unsigned n)
{
	const struct ident id = ident_of(n);
	struct offers o = reached[at];
	struct world w = worlds[at];
	struct offers_end end;
	const bool channel = w.offer[n].state == OFFER_CHANNEL;
	const bool may = channel || (w.offer[n].state != OFFER_NONE && w.offer[n].by == by);

	ck_assert(offers_over(&o, by, &id, &end) == may);
	if (may) {
		ck_assert(end.channel == channel);
		ck_assert(end.by_offerer == (w.offer[n].by == by));
		w.offer[n].state = w.offer[n].by = 0;
	}
	reach(&o, &w);
}

START_TEST(test_offers_every_state)
{
	const struct offers none = { 0 };
	const struct world empty = { 0 };

	states = 0;
	reach(&none, &empty);
	for (size_t at = 0; at < states; at++) {
		for (unsigned i = 0; i < 2 * IDS; i++) {
			const uint8_t by = (uint8_t)(i % 2);
			const unsigned n = i / 2;

			try_say(at, by, n, false);
			try_say(at, by, n, true);
			try_stored(at, by, n, VERDICT_OK);
			try_stored(at, by, n, VERDICT_STORAGE);
			try_take(at, by, n, 0);
			try_take(at, by, n, CHANNELS_UID);
			try_decline(at, by, n);
			try_over(at, by, n);
		}
	}
	ck_assert_uint_gt(states, 200); /* 7 for each id, but those with two channels */
}
END_TEST

START_TEST(test_offers_limit)
{
	struct offers o = { 0 };
	struct ident id;

	for (unsigned i = 0; i < OFFERS_PAIR; i++) {
		id = ident_of(i);
		ck_assert_int_eq(offers_say(&o, (uint8_t)(i % 2), &id, false), VERDICT_OK);
	}
	id = ident_of(OFFERS_PAIR);
	ck_assert_int_eq(offers_say(&o, 0, &id, false), VERDICT_OFFERS_FULL);
	id = ident_of(3);
	ck_assert_int_eq(offers_say(&o, 1, &id, false), VERDICT_OK); /* one that is there */
	ck_assert(offers_decline(&o, 0, &id));
	id = ident_of(OFFERS_PAIR);
	ck_assert_int_eq(offers_say(&o, 0, &id, false), VERDICT_OK);
}
END_TEST

/* ------ transfers ------ */

START_TEST(test_transfer_stream)
{
	struct transfer t;

	transfer_init(&t, 0);
	ck_assert(transfer_begin(&t, true));
	ck_assert(!transfer_whole(&t));
	ck_assert(transfer_bytes(&t, 10));
	ck_assert(transfer_bytes(&t, 1));
	ck_assert(!transfer_whole(&t));
	ck_assert(transfer_end(&t, 11));
	ck_assert(transfer_whole(&t));
	ck_assert(!transfer_bytes(&t, 1)); /* nothing comes behind it */
	ck_assert(!transfer_whole(&t));
}
END_TEST

START_TEST(test_transfer_files)
{
	struct transfer t;

	transfer_init(&t, 2);
	ck_assert(transfer_begin(&t, true));
	ck_assert(transfer_file(&t, 0, 3));
	ck_assert(transfer_bytes(&t, 3));
	ck_assert(transfer_end(&t, 3));
	ck_assert(transfer_file(&t, 1, 5));
	ck_assert(transfer_hole(&t, 4));
	ck_assert(transfer_bytes(&t, 1));
	ck_assert(transfer_end(&t, 5));
	ck_assert_uint_eq(t.all, 8);
	ck_assert(!transfer_whole(&t));
	ck_assert(transfer_done(&t));
	ck_assert(transfer_whole(&t));
}
END_TEST

/* Holes are for files alone. */
START_TEST(test_transfer_holes)
{
	struct transfer t;

	for (uint64_t before = 0; before < 2; before++) {
		transfer_init(&t, 0);
		ck_assert(transfer_begin(&t, true) && transfer_bytes(&t, before));
		ck_assert(!transfer_hole(&t, 1));
		ck_assert_uint_eq(t.all, before);
		ck_assert(!transfer_end(&t, before) && !transfer_whole(&t));
	}
	transfer_init(&t, 1);
	ck_assert(transfer_begin(&t, true) && !transfer_hole(&t, 1)); /* between files */
	transfer_init(&t, 1);
	ck_assert(transfer_begin(&t, true) && transfer_file(&t, 0, 5) && transfer_bytes(&t, 1));
	ck_assert(!transfer_hole(&t, 5)); /* more than was offered */
	ck_assert_int_eq(t.stage, TRANSFER_BROKEN);
}
END_TEST

/* Each breaks it, for good. */
START_TEST(test_transfer_broken)
{
	struct transfer t;

	for (int what = 0; what < 10; what++) {
		transfer_init(&t, what < 4 ? 0 : 2);
		if (what == 0)
			ck_assert(!transfer_begin(&t, false));
		else if (what == 1)
			ck_assert(!transfer_bytes(&t, 1));
		else
			ck_assert(transfer_begin(&t, true));
		if (what == 2)
			ck_assert(!transfer_end(&t, 1)); /* so many did not come */
		if (what == 3)
			ck_assert(!transfer_done(&t));
		if (what == 4)
			ck_assert(!transfer_file(&t, 1, 5)); /* not the first */
		if (what == 5)
			ck_assert(!transfer_done(&t)); /* none came */
		if (what == 6)
			ck_assert(transfer_file(&t, 0, 5) && !transfer_bytes(&t, 6)); /* more than was offered */
		if (what == 7)
			ck_assert(transfer_file(&t, 0, 5) && transfer_bytes(&t, 4) && !transfer_end(&t, 4));
		if (what == 8)
			ck_assert(transfer_file(&t, 0, 5) && transfer_bytes(&t, 5) && !transfer_bytes(&t, UINT64_MAX));
		if (what == 9)
			ck_assert(
			    transfer_file(&t, 0, 0) && !transfer_file(&t, 1, 0)); /* without the end of the first */
		ck_assert_int_eq(t.stage, TRANSFER_BROKEN);
		ck_assert(!transfer_begin(&t, true) && !transfer_bytes(&t, 0) && !transfer_end(&t, 0));
		ck_assert(!transfer_file(&t, 0, 0) && !transfer_done(&t) && !transfer_whole(&t));
	}
}
END_TEST

Suite *
offers_suite(void)
{
	Suite *s = suite_create("offers");
	TCase *t = tcase_create("offers");

	tcase_add_test(t, test_offers_every_state);
	tcase_add_test(t, test_offers_limit);
	tcase_add_test(t, test_transfer_stream);
	tcase_add_test(t, test_transfer_files);
	tcase_add_test(t, test_transfer_holes);
	tcase_add_test(t, test_transfer_broken);
	suite_add_tcase(s, t);
	return s;
}
