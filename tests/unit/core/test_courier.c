#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/courier.h"
#include "quick.h"

#define PAIR 77U
#define EPOCH 1U

static struct courier c;

static void
setup(void)
{
	memset(&c, 0, sizeof(c));
	courier_attach(&c, 0);
	courier_attach(&c, 1);
}

/* Message n of a client's stream. */
static struct ident
id_of(uint32_t client, uint64_t n)
{
	const struct ident base = { { (uint8_t)(client + 1) } };

	return ident_add(&base, n);
}

static enum verdict why;

static enum courier_answer
offer_as(uint32_t client, uint64_t pair, uint32_t gen, uint64_t n, uint32_t size)
{
	const struct ident id = id_of(client, n);

	why = VERDICT_OK;
	return courier_offer(&c, client, pair, gen, &id, size, &why);
}

static enum courier_answer
offer(uint32_t client, uint32_t gen, uint64_t n)
{
	return offer_as(client, 0, gen, n, 10);
}

static void
expect_notice(uint32_t client, int tell, uint32_t gen, uint32_t forwarded)
{
	struct courier_notice n;

	ck_assert(courier_notice(&c, &n));
	ck_assert_uint_eq(n.client, client);
	ck_assert_int_eq((int)n.tell, tell);
	ck_assert_uint_eq(n.gen, gen);
	ck_assert_uint_eq(n.forwarded, forwarded);
	if (tell == COURIER_TELL_READY)
		ck_assert_uint_eq(n.pair, c.pair);
}

/* A message of a client that has been greeted, or is now. */
static void
forward(uint32_t client, uint32_t gen, uint64_t n)
{
	const bool greeted = c.client[client].told;

	ck_assert_int_eq(offer(client, gen, n), COURIER_FORWARD);
	if (!greeted)
		expect_notice(client, COURIER_TELL_READY, gen, 0);
}

static void
expect_held(uint32_t client, uint32_t gen)
{
	expect_notice(client, COURIER_TELL_HELD, gen, 0);
}

static void
expect_ended(uint32_t client, enum verdict v)
{
	struct courier_notice n;

	ck_assert(courier_notice(&c, &n));
	ck_assert_uint_eq(n.client, client);
	ck_assert_int_eq((int)n.tell, COURIER_TELL_ENDED);
	ck_assert_int_eq(n.why, v);
}

static void
expect_silence(void)
{
	struct courier_notice n;

	ck_assert(!courier_notice(&c, &n));
}

/* One acknowledgement as it arrives; returns how many messages clients were told of, the last client in *client. */
static uint32_t
ack(uint64_t pair, uint32_t epoch, struct ident first, uint32_t count, uint32_t *client)
{
	struct ident run_first;
	uint32_t n, sum = 0;

	while (courier_ack(&c, pair, epoch, &first, &count, client, &run_first, &n))
		sum += n;
	return sum;
}

START_TEST(test_courier_without_partner)
{
	courier_ended(&c, ENDING_NONE);
	ck_assert_int_eq(offer(0, 0, 0), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
	expect_silence();
}
END_TEST

START_TEST(test_courier_names_the_pair_before_anything_goes)
{
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	expect_silence();
	ck_assert_int_eq(offer(0, 0, 0), COURIER_FORWARD);
	ck_assert_uint_eq(c.client[0].pair, PAIR);
	expect_notice(0, COURIER_TELL_READY, 0, 0); /* to be told before the message goes */
	expect_silence();
	ck_assert_int_eq(offer(0, 0, 1), COURIER_FORWARD);
	expect_silence();
	ck_assert_int_eq(offer_as(1, PAIR, 0, 0, 1), COURIER_FORWARD); /* it knows already */
}
END_TEST

START_TEST(test_courier_coalesces_runs)
{
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	for (unsigned i = 0; i < 5; i++)
		forward(0, 0, i);
	ck_assert_uint_eq(c.run_count, 1);
	forward(1, 0, 0);
	forward(0, 0, 5);
	forward(0, 0, 7); /* not the next one: a run of its own */
	ck_assert_uint_eq(c.run_count, 4);
	ck_assert_uint_eq(c.window.count, 8);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 3, &client), 3);
	ck_assert_uint_eq(client, 0);
	ck_assert_uint_eq(c.run_count, 4);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 3), 2, &client), 2);
	ck_assert_uint_eq(c.run_count, 3);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(1, 0), 1, &client), 1);
	ck_assert_uint_eq(client, 1);
	ck_assert_uint_eq(c.client[0].inflight, 2);
	ck_assert_uint_eq(c.client[1].inflight, 0);
	ck_assert_uint_eq(c.window.count, 2);
	ck_assert_uint_eq(c.window.bytes, 20);
}
END_TEST

/* Which message under way is the one before, of this client; and none is when all are answered, or will come again. */
START_TEST(test_courier_tells_which_is_before)
{
	static const struct {
		uint32_t client, n, behind;
	} steps[] = { { 0, 0, 1 }, { 0, 1, 2 }, { 1, 0, 1 }, { 0, 2, 3 }, { 1, 1, 3 }, { 1, 5, 2 } };
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		forward(steps[i].client, 0, steps[i].n);
		ck_assert_uint_eq(c.behind, steps[i].behind);
	}
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 2, &client), 2);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(1, 0), 1, &client), 1);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 2), 1, &client), 1);
	forward(0, 0, 3);
	ck_assert_uint_eq(c.behind, 1);
	forward(1, 0, 6);
	ck_assert_uint_eq(c.behind, 3);
	courier_paired(&c, PAIR, EPOCH + 1, true, "bob");
	expect_notice(0, COURIER_TELL_HELD, 1, 1);
	expect_notice(0, COURIER_TELL_READY, 1, 0);
	forward(0, 1, 3);
	ck_assert_uint_eq(c.behind, 1);
}
END_TEST

/* A full window is the most that there can be between two. */
START_TEST(test_courier_before_a_window)
{
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	for (uint32_t n = 0; n < WINDOW_MESSAGES - 1; n++)
		forward(n > 0, 0, n);
	forward(0, 0, 1);
	ck_assert_uint_eq(c.behind, WINDOW_MESSAGES);
}
END_TEST

START_TEST(test_courier_ack_over_several_owners)
{
	/* Two clients whose ids happen to follow each other: one acknowledgement, told to both. */
	const struct ident id = id_of(0, 2);
	struct ident first = id_of(0, 0), run_first;
	uint32_t count = 3, client, n;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	forward(0, 0, 1);
	ck_assert_int_eq(courier_offer(&c, 1, PAIR, 0, &id, 1, &why), COURIER_FORWARD);
	ck_assert(courier_ack(&c, PAIR, EPOCH, &first, &count, &client, &run_first, &n));
	ck_assert_uint_eq(client, 0);
	ck_assert_uint_eq(n, 2);
	ck_assert(courier_ack(&c, PAIR, EPOCH, &first, &count, &client, &run_first, &n));
	ck_assert_uint_eq(client, 1);
	ck_assert_uint_eq(n, 1);
	ck_assert(ident_equal(&run_first, &id));
	ck_assert(!courier_ack(&c, PAIR, EPOCH, &first, &count, &client, &run_first, &n));
}
END_TEST

START_TEST(test_courier_ignores_acks_that_do_not_match)
{
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	forward(0, 0, 1);
	ck_assert_uint_eq(ack(PAIR + 1, EPOCH, id_of(0, 0), 1, &client), 0);
	ck_assert_uint_eq(ack(PAIR, EPOCH + 1, id_of(0, 0), 1, &client), 0);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 1), 1, &client), 0); /* not the oldest */
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(1, 0), 1, &client), 0);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), UINT32_MAX, &client), 2);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 1, &client), 0); /* nothing is under way */
}
END_TEST

START_TEST(test_courier_waits_for_the_window)
{
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	for (unsigned i = 1; i < WINDOW_MESSAGES; i++)
		quick_assert(offer(0, 0, i) == COURIER_FORWARD);
	ck_assert_int_eq(offer(0, 0, WINDOW_MESSAGES), COURIER_WAIT);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_WAIT);
	expect_notice(1, COURIER_TELL_READY, 0, 0);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_WAIT);
	expect_silence();
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 1, &client), 1);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_FORWARD);
	ck_assert_int_eq(offer(0, 0, WINDOW_MESSAGES), COURIER_WAIT);
}
END_TEST

START_TEST(test_courier_runs_of_every_client_at_once)
{
	/* As many runs as there can be, twice round the ring. */
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < WINDOW_MESSAGES; i++)
			quick_assert(offer_as(i % 2, PAIR, 0, round * 10000 + i, 1) == COURIER_FORWARD);
		ck_assert_uint_eq(c.run_count, WINDOW_MESSAGES);
		for (unsigned i = 0; i < WINDOW_MESSAGES; i++)
			quick_assert(
			    ack(PAIR, EPOCH, id_of(i % 2, round * 10000 + i), 1, &client) == 1 && client == i % 2);
		ck_assert_uint_eq(c.run_count, 0);
	}
}
END_TEST

START_TEST(test_courier_holds_until_something_is_known)
{
	ck_assert_int_eq(offer(0, 0, 0), COURIER_DROP);
	expect_held(0, 1);
	ck_assert_uint_eq(c.client[0].gen, 1);
	ck_assert_uint_eq(c.client[0].pair, 0);
	ck_assert_int_eq(offer(0, 0, 1), COURIER_DROP); /* it was on the way when HELD was said */
	ck_assert_int_eq(offer(0, 1, 0), COURIER_DROP); /* it may not go on before READY */
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	expect_notice(0, COURIER_TELL_READY, 1, 0);
	expect_silence();
	ck_assert_int_eq(offer(0, 1, 0), COURIER_FORWARD);
}
END_TEST

START_TEST(test_courier_known_to_be_without_pair)
{
	ck_assert_int_eq(offer(0, 0, 0), COURIER_DROP);
	expect_held(0, 1);
	courier_ended(&c, ENDING_NONE);
	expect_ended(0, VERDICT_NOT_PAIRED);
	expect_silence();
	ck_assert_int_eq(offer(0, 1, 0), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
}
END_TEST

START_TEST(test_courier_link_lost_and_back)
{
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	forward(0, 0, 1);
	forward(0, 0, 2);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 1, &client), 1);
	courier_blocked(&c);
	expect_notice(0, COURIER_TELL_HELD, 1, 2);
	expect_silence(); /* client 1 had nothing under way */
	ck_assert_int_eq(offer(0, 0, 3), COURIER_DROP);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_DROP);
	expect_held(1, 1);
	ck_assert_uint_eq(
	    ack(PAIR, EPOCH, id_of(0, 1), 1, &client), 0); /* too late, the repetition will be acknowledged */
	courier_paired(&c, PAIR, EPOCH + 1, true, "bob");
	expect_notice(0, COURIER_TELL_READY, 1, 0);
	expect_notice(1, COURIER_TELL_READY, 1, 0);
	expect_silence();
	ck_assert_int_eq(offer(0, 0, 4), COURIER_DROP);
	ck_assert_int_eq(offer(0, 1, 1), COURIER_FORWARD);
	ck_assert_int_eq(offer(1, 1, 0), COURIER_FORWARD);
	ck_assert_uint_eq(ack(PAIR, EPOCH + 1, id_of(0, 1), 1, &client), 1);
}
END_TEST

START_TEST(test_courier_same_pair_again_changes_nothing)
{
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_paired(&c, PAIR, EPOCH, true, "bob"); /* `to` the partner one has */
	expect_silence();
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 1, &client), 1);
}
END_TEST

START_TEST(test_courier_new_epoch_without_a_loss_before)
{
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_paired(&c, PAIR, EPOCH + 1, true, "bob");
	expect_notice(0, COURIER_TELL_HELD, 1, 1);
	expect_notice(0, COURIER_TELL_READY, 1, 0);
	expect_silence();
	ck_assert_uint_eq(c.window.count, 0);
}
END_TEST

START_TEST(test_courier_partner_offline)
{
	courier_paired(&c, PAIR, EPOCH, false, "bob");
	ck_assert_int_eq(offer(0, 0, 0), COURIER_DROP);
	expect_held(0, 1);
	ck_assert_uint_eq(c.client[0].pair, PAIR);
	courier_blocked(&c); /* twice is once */
	expect_silence();
	courier_paired(&c, PAIR, EPOCH + 1, true, "bob");
	expect_notice(0, COURIER_TELL_READY, 1, 0);
}
END_TEST

START_TEST(test_courier_ready_that_was_never_said)
{
	/* The way closes again before the notices were fetched: the client is still held. */
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_blocked(&c);
	courier_paired(&c, PAIR, EPOCH + 1, true, "bob");
	courier_blocked(&c);
	expect_notice(0, COURIER_TELL_HELD, 1, 1);
	expect_silence();
	ck_assert_int_eq(offer(0, 1, 0), COURIER_DROP);
	courier_paired(&c, PAIR, EPOCH + 2, true, "bob");
	expect_notice(0, COURIER_TELL_READY, 1, 0);
	ck_assert_int_eq(offer(0, 1, 0), COURIER_FORWARD);
}
END_TEST

START_TEST(test_courier_partner_ends_it)
{
	static const struct {
		enum ending how;
		enum verdict why;
	} t[] = { { ENDING_LEFT, VERDICT_LEFT }, { ENDING_QUIT, VERDICT_PARTNER_QUIT }, { ENDING_GONE, VERDICT_GONE } };
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_ended(&c, t[_i].how);
	expect_ended(0, t[_i].why);
	expect_silence(); /* client 1 never talked to it */
	ck_assert_int_eq(offer(0, 0, 1), COURIER_REFUSE);
	ck_assert_int_eq(why, t[_i].why);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 1, &client), 0);
	ck_assert_uint_eq(c.window.count, 0);
}
END_TEST

START_TEST(test_courier_refused_once_refused_for_good)
{
	courier_ended(&c, ENDING_NONE);
	ck_assert_int_eq(offer(0, 0, 0), COURIER_REFUSE);
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	ck_assert_int_eq(offer(0, 0, 1), COURIER_REFUSE); /* else there would be a gap */
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
	expect_silence();
}
END_TEST

/* The receiver was full for message 0, and has room again: what lay behind it must not close the gap. */
START_TEST(test_courier_nothing_goes_behind_a_refusal)
{
	const struct ident next = id_of(0, 1);

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_refused(&c, 0, &next, VERDICT_INBOX_FULL);
	for (uint64_t n = 1; n < 4; n++) {
		ck_assert_int_eq(offer(0, 0, n), COURIER_REFUSE);
		ck_assert_int_eq(why, VERDICT_INBOX_FULL);
	}
	forward(0, 0, 1000); /* another stream */
	forward(1, 0, 0);    /* another client */
}
END_TEST

START_TEST(test_courier_never_to_the_next_partner)
{
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_ended(&c, ENDING_LEFT);
	expect_ended(0, VERDICT_LEFT);
	courier_paired(&c, PAIR + 1, EPOCH, true, "bob");
	expect_silence();
	ck_assert_int_eq(offer(0, 0, 1), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_LEFT);
	forward(1, 0, 0); /* it begins with the new pair */
	courier_detach(&c, 0);
	courier_attach(&c, 0);
	forward(0, 0, 0); /* begun anew, so does this one */
}
END_TEST

START_TEST(test_courier_names_one_pair)
{
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	ck_assert_int_eq(offer_as(0, PAIR, 0, 1, 1), COURIER_FORWARD);
	ck_assert_int_eq(offer_as(0, PAIR + 1, 0, 2, 1), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
	ck_assert_int_eq(offer_as(0, PAIR, 0, 3, 1), COURIER_REFUSE); /* it may not go without the one before */
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
	forward(1, 0, 0); /* another client */
}
END_TEST

START_TEST(test_courier_named_pair_is_over)
{
	/* A client that outlived an earlier helper: what it names is not what is there. */
	courier_paired(&c, PAIR + 1, EPOCH, true, "bob");
	ck_assert_int_eq(offer_as(0, PAIR, 0, 0, 1), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
	memset(&c, 0, sizeof(c));
	courier_attach(&c, 0);
	ck_assert_int_eq(offer_as(0, PAIR, 0, 0, 1), COURIER_DROP);
	expect_held(0, 1);
	courier_paired(&c, PAIR + 1, EPOCH, true, "bob");
	expect_ended(0, VERDICT_NOT_PAIRED);
	expect_silence();
	ck_assert_int_eq(offer_as(0, PAIR, 1, 0, 1), COURIER_REFUSE);
	ck_assert_int_eq(offer_as(0, PAIR + 1, 1, 0, 1), COURIER_REFUSE);
}
END_TEST

START_TEST(test_courier_named_pair_ended_while_no_helper_ran)
{
	ck_assert_int_eq(offer_as(0, PAIR, 0, 0, 1), COURIER_DROP);
	expect_held(0, 1);
	courier_ended(&c, ENDING_QUIT);
	expect_ended(0, VERDICT_PARTNER_QUIT);
	ck_assert_int_eq(offer_as(1, PAIR, 0, 0, 1), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_PARTNER_QUIT);
}
END_TEST

START_TEST(test_courier_we_leave)
{
	uint32_t client;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(1, 0, 0);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(1, 0), 1, &client), 1);
	forward(0, 0, 0);
	forward(0, 0, 1);
	courier_left(&c);
	expect_notice(0, COURIER_TELL_HELD, 1, 2);
	expect_ended(0, VERDICT_NOT_PAIRED);
	expect_ended(1, VERDICT_NOT_PAIRED);
	expect_silence();
	ck_assert_int_eq(offer(0, 1, 2), COURIER_REFUSE);
}
END_TEST

START_TEST(test_courier_another_pair_is_leaving_the_first)
{
	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	courier_paired(&c, PAIR + 1, EPOCH, true, "bob");
	expect_notice(0, COURIER_TELL_HELD, 1, 1);
	expect_ended(0, VERDICT_NOT_PAIRED);
	expect_silence();
	ck_assert_uint_eq(c.pair, PAIR + 1);
	ck_assert(c.open);
}
END_TEST

START_TEST(test_courier_detached_owner)
{
	uint32_t client = 99;

	courier_paired(&c, PAIR, EPOCH, true, "bob");
	forward(0, 0, 0);
	forward(1, 0, 0);
	courier_detach(&c, 0);
	courier_attach(&c, 0); /* somebody else now */
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(0, 0), 1, &client), 0);
	ck_assert_uint_eq(c.client[0].inflight, 0);
	ck_assert_uint_eq(c.window.count, 1);
	ck_assert_uint_eq(ack(PAIR, EPOCH, id_of(1, 0), 1, &client), 1);
	courier_blocked(&c);
	expect_silence();
}
END_TEST

START_TEST(test_courier_only_to_whom_it_expects)
{
	courier_paired(&c, PAIR, EPOCH, true, "Bob");
	ck_assert_int_eq(courier_expect(&c, 0, "bob"), VERDICT_OK); /* names are compared without case */
	forward(0, 0, 0);
	ck_assert_int_eq(courier_expect(&c, 1, "carol"), VERDICT_WRONG_PARTNER);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_WRONG_PARTNER);
	courier_ended(&c, ENDING_LEFT);
	expect_ended(0, VERDICT_LEFT);
	expect_silence();
	courier_paired(&c, PAIR + 1, EPOCH, true, "carol");
	ck_assert_int_eq(offer(1, 0, 1), COURIER_REFUSE); /* for good: what follows may not go without the first */
	ck_assert_int_eq(why, VERDICT_WRONG_PARTNER);
}
END_TEST

START_TEST(test_courier_expects_while_nothing_is_known)
{
	ck_assert_int_eq(courier_expect(&c, 0, "bob"), VERDICT_OK);
	ck_assert_int_eq(offer(0, 0, 0), COURIER_DROP);
	expect_held(0, 1);
	courier_paired(&c, PAIR, EPOCH, true, "carol");
	expect_notice(0, COURIER_TELL_READY, 1, 0);
	ck_assert_int_eq(offer(0, 1, 0), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_WRONG_PARTNER);
	courier_ended(&c, ENDING_QUIT);
	expect_silence(); /* it was refused already */
	ck_assert_int_eq(courier_expect(&c, 1, "carol"), VERDICT_NOT_PAIRED);
}
END_TEST

/* What it wrote behind the question that was refused: it has been told that nothing was delivered. */
START_TEST(test_courier_refuses_what_was_refused_beforehand)
{
	courier_paired(&c, PAIR, EPOCH, true, "carol");
	courier_ended(&c, ENDING_QUIT);
	ck_assert_int_eq(courier_expect(&c, 0, "bob"), VERDICT_NOT_PAIRED);
	courier_paired(&c, PAIR + 1, EPOCH, true, "bob");
	ck_assert_int_eq(offer(0, 0, 0), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
}
END_TEST

START_TEST(test_courier_remembers_the_partner_of_an_earlier_helper)
{
	courier_remember(&c, PAIR, "bob");
	ck_assert_int_eq(courier_expect(&c, 0, "carol"), VERDICT_WRONG_PARTNER);
	ck_assert_int_eq(offer(0, 0, 0), COURIER_REFUSE);
	ck_assert_int_eq(courier_expect(&c, 1, "bob"), VERDICT_OK);
	ck_assert_int_eq(offer(1, 0, 0), COURIER_DROP);
	expect_held(1, 1);
	courier_ended(&c, ENDING_GONE);
	expect_ended(1, VERDICT_NOT_PAIRED);
}
END_TEST

START_TEST(test_courier_of_an_earlier_pair_the_end_is_told)
{
	/* It expects bob, and was bob's; that carol is the partner now is not what it has to hear. */
	ck_assert_int_eq(courier_expect(&c, 0, "bob"), VERDICT_OK);
	courier_paired(&c, PAIR + 1, EPOCH, true, "carol");
	ck_assert_int_eq(offer_as(0, PAIR, 0, 0, 1), COURIER_REFUSE);
	ck_assert_int_eq(why, VERDICT_NOT_PAIRED);
}
END_TEST

Suite *
courier_suite(void)
{
	Suite *s = suite_create("courier");
	TCase *t = tcase_create("courier");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_courier_without_partner);
	tcase_add_test(t, test_courier_names_the_pair_before_anything_goes);
	tcase_add_test(t, test_courier_coalesces_runs);
	tcase_add_test(t, test_courier_tells_which_is_before);
	tcase_add_test(t, test_courier_before_a_window);
	tcase_add_test(t, test_courier_ack_over_several_owners);
	tcase_add_test(t, test_courier_ignores_acks_that_do_not_match);
	tcase_add_test(t, test_courier_waits_for_the_window);
	tcase_add_test(t, test_courier_runs_of_every_client_at_once);
	tcase_add_test(t, test_courier_holds_until_something_is_known);
	tcase_add_test(t, test_courier_known_to_be_without_pair);
	tcase_add_test(t, test_courier_link_lost_and_back);
	tcase_add_test(t, test_courier_same_pair_again_changes_nothing);
	tcase_add_test(t, test_courier_new_epoch_without_a_loss_before);
	tcase_add_test(t, test_courier_partner_offline);
	tcase_add_test(t, test_courier_ready_that_was_never_said);
	tcase_add_loop_test(t, test_courier_partner_ends_it, 0, 3);
	tcase_add_test(t, test_courier_refused_once_refused_for_good);
	tcase_add_test(t, test_courier_nothing_goes_behind_a_refusal);
	tcase_add_test(t, test_courier_never_to_the_next_partner);
	tcase_add_test(t, test_courier_names_one_pair);
	tcase_add_test(t, test_courier_named_pair_is_over);
	tcase_add_test(t, test_courier_named_pair_ended_while_no_helper_ran);
	tcase_add_test(t, test_courier_we_leave);
	tcase_add_test(t, test_courier_another_pair_is_leaving_the_first);
	tcase_add_test(t, test_courier_detached_owner);
	tcase_add_test(t, test_courier_only_to_whom_it_expects);
	tcase_add_test(t, test_courier_expects_while_nothing_is_known);
	tcase_add_test(t, test_courier_refuses_what_was_refused_beforehand);
	tcase_add_test(t, test_courier_remembers_the_partner_of_an_earlier_helper);
	tcase_add_test(t, test_courier_of_an_earlier_pair_the_end_is_told);
	suite_add_tcase(s, t);
	return s;
}
