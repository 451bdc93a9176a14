/* Offers on their way through the daemon: who is told what, which channels count, and that nothing is left of a pair. */
#include <check.h>
#include <string.h>

#include "daemon/streams/streams.h"
#include "trace.h"

static struct streams_end alice, bob;
static uint32_t channels_alice, channels_bob;
static uint32_t *of_bob; /* where bob's are counted */
static bool can_pass, is_there;

static const char *
name_of(const struct streams_end *e)
{
	return e == &alice ? "alice" : "bob";
}

static enum verdict
partner(const struct streams_end *from, uint64_t pair, struct streams_end **to)
{
	if (pair != 1)
		return VERDICT_NOT_PAIRED;
	if (!is_there)
		return VERDICT_ABSENT;
	*to = from == &alice ? &bob : &alice;
	return VERDICT_OK;
}

static uint32_t *
channels(const struct streams_end *e)
{
	return e == &alice ? &channels_alice : of_bob;
}

static void
offered(struct streams_end *to, const struct offer *o)
{
	trace("%s offered %u", name_of(to), o->msgid.b[0]);
}

static void
word(struct streams_end *to, enum upstream_type type, const struct offer_word *w)
{
	trace("%s 0x%02x %u verdict %u", name_of(to), (unsigned)type, w->msgid.b[0], w->verdict);
}

static bool
channel(struct streams_end *taker, struct streams_end *offerer, const struct ident *msgid)
{
	if (can_pass)
		trace("channel %u of %s for %s", msgid->b[0], name_of(offerer), name_of(taker));
	return can_pass;
}

static const struct streams_class class = { partner, channels, offered, word, channel };

static void
setup(void)
{
	alice = bob = (struct streams_end){ .class = &class };
	channels_alice = channels_bob = 0;
	of_bob = &channels_bob;
	can_pass = is_there = true;
	trace_clear();
}

static void
teardown(void)
{
	streams_reset(&alice);
	ck_assert_ptr_null(alice.pair);
	ck_assert_ptr_null(bob.pair);
	ck_assert_uint_eq(channels_alice, 0); /* nothing stays counted */
	ck_assert_uint_eq(channels_bob, 0);
}

static struct ident
ident_of(uint8_t n)
{
	return (struct ident){ .b = { n } };
}

static void
say(struct streams_end *e, uint8_t n, bool open)
{
	const struct offer o = { .pair = 1, .msgid = ident_of(n), .open = open };

	streams_offer(e, &o);
}

static void
stored(struct streams_end *e, uint8_t n, enum verdict v)
{
	const struct offer_word w = { .msgid = ident_of(n), .verdict = (uint8_t)v, .number = 7 };

	streams_stored(e, &w);
}

static void
accept_it(struct streams_end *e, uint8_t n)
{
	const struct ident id = ident_of(n);

	streams_accept(e, &id);
}

static void
over(struct streams_end *e, uint8_t n)
{
	const struct ident id = ident_of(n);

	streams_over(e, &id);
}

START_TEST(test_streams_taken)
{
	say(&alice, 1, false);
	trace_is("bob offered 1");
	accept_it(&bob, 1); /* not stored yet */
	trace_is("bob 0x8c 1 verdict 28");
	stored(&bob, 1, VERDICT_OK);
	trace_is("alice 0x8a 1 verdict 0");
	accept_it(&alice, 1); /* one's own */
	trace_is("alice 0x8c 1 verdict 28");
	accept_it(&bob, 1);
	trace_is("channel 1 of alice for bob");
	ck_assert_uint_eq(channels_alice, 1);
	ck_assert_uint_eq(channels_bob, 1);
	say(&bob, 2, false);
	trace_is("alice offered 2");
	stored(&alice, 2, VERDICT_OK);
	trace_is("bob 0x8a 2 verdict 0");
	accept_it(&alice, 2); /* beside the first */
	trace_is("alice 0x8c 2 verdict 49");
	over(&bob, 1);
	trace_is("alice 0x8a 1 verdict 46");
	accept_it(&alice, 2);
	trace_is("channel 2 of bob for alice");
	over(&bob, 2);
	trace_is("alice 0x8b 2 verdict 0");
	over(&bob, 2); /* it is over already */
	trace_is("");
}
END_TEST

START_TEST(test_streams_refused)
{
	const struct offer foreign = { .pair = 2 };
	const struct ident id = ident_of(1);

	streams_offer(&alice, &foreign);
	trace_is("alice 0x8a 0 verdict 6");
	is_there = false;
	say(&alice, 1, false);
	trace_is("alice 0x8a 1 verdict 40");
	is_there = true;
	say(&alice, 1, false);
	say(&bob, 1, false);
	trace_is("bob offered 1; bob 0x8a 1 verdict 32");
	stored(&bob, 1, VERDICT_STORAGE);
	trace_is("alice 0x8a 1 verdict 16");
	stored(&bob, 1, VERDICT_OK);
	trace_is("");
	say(&alice, 1, false);
	stored(&bob, 1, VERDICT_OK);
	streams_decline(&alice, &id);
	trace_is("bob offered 1; alice 0x8a 1 verdict 0");
	streams_decline(&bob, &id);
	trace_is("alice 0x8a 1 verdict 45");
}
END_TEST

/* Of what a partner says of an offer only that is passed on which can be; all else ends the offer, and is no success. */
START_TEST(test_streams_believes_no_answer)
{
	static const enum verdict said[] = { VERDICT_QUEUED, VERDICT_EXPIRED, VERDICT_NOTHING, VERDICT_ABSENT,
		VERDICT_NOT_PAIRED };

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		say(&alice, 1, false);
		stored(&bob, 1, said[i]);
		trace_is("bob offered 1; alice 0x8a 1 verdict 46");
		accept_it(&bob, 1);
		trace_is("bob 0x8c 1 verdict 28");
	}
	say(&alice, 1, false);
	stored(&bob, 1, VERDICT_OFFERS_FULL);
	trace_is("bob offered 1; alice 0x8a 1 verdict 47");
}
END_TEST

/* A channel that cannot be handed over is none; one of many of a uid is refused; of one uid it counts once. */
START_TEST(test_streams_channels)
{
	can_pass = false;
	say(&alice, 1, false);
	stored(&bob, 1, VERDICT_OK);
	accept_it(&bob, 1);
	trace_is("bob offered 1; alice 0x8a 1 verdict 0; bob 0x8c 1 verdict 40; alice 0x8a 1 verdict 46");
	ck_assert_uint_eq(channels_alice, 0);
	can_pass = true;
	say(&alice, 2, false);
	stored(&bob, 2, VERDICT_OK);
	trace_clear();
	channels_alice = CHANNELS_UID;
	accept_it(&bob, 2);
	trace_is("bob 0x8c 2 verdict 49");
	channels_alice = 0;
	of_bob = &channels_alice;
	accept_it(&bob, 2);
	trace_is("channel 2 of alice for bob");
	ck_assert_uint_eq(channels_alice, 1);
	of_bob = &channels_bob; /* its account is found meanwhile */
	over(&alice, 2);
	trace_is("bob 0x8b 2 verdict 0");
}
END_TEST

/* After a loss all is said again, also that a channel is open, which nobody is told of. */
START_TEST(test_streams_again)
{
	say(&alice, 1, false);
	stored(&bob, 1, VERDICT_OK);
	accept_it(&bob, 1);
	streams_reset(&bob);
	ck_assert_ptr_null(alice.pair);
	ck_assert_uint_eq(channels_alice, 0);
	trace_clear();
	say(&alice, 1, true);
	trace_is("");
	ck_assert_uint_eq(channels_alice, 1);
	say(&alice, 1, true);
	ck_assert_uint_eq(channels_alice, 1);
	say(&alice, 2, true);
	trace_is("alice 0x8a 2 verdict 49");
	stored(&bob, 1, VERDICT_OK); /* of an open one nothing more is asked */
	trace_is("");
}
END_TEST

Suite *
streams_suite(void)
{
	Suite *s = suite_create("streams");
	TCase *t = tcase_create("streams");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_streams_taken);
	tcase_add_test(t, test_streams_refused);
	tcase_add_test(t, test_streams_believes_no_answer);
	tcase_add_test(t, test_streams_channels);
	tcase_add_test(t, test_streams_again);
	suite_add_tcase(s, t);
	return s;
}
