/* What our commands offer, between commands and a daemon that are made of nothing but a trace. */
#include <check.h>
#include <string.h>

#include "core/exchange.h"
#include "core/limits.h"
#include "number.h"
#include "session/messages/offers_out.h"
#include "trace.h"

#define PAIR 7

static struct state state;
static struct offers_out *out;
static bool connected;

static bool
send_up(void *context, const struct upstream_message *m)
{
	(void)context;
	if (m->type == UPSTREAM_OFFER)
		trace("offer %u%s%s", m->u.offer.msgid.b[15], m->u.offer.open ? " open" : "", connected ? "" : " lost");
	else if (m->type == UPSTREAM_OFFER_OVER)
		trace("over %u", m->u.word.msgid.b[15]);
	else
		trace("type %d", (int)m->type);
	return connected;
}

static void
told(void *context, uint32_t client, const struct offer_word *w)
{
	(void)context;
	trace("told %u of %u: %u", client, w->msgid.b[15], w->verdict);
}

static void
channel(void *context, uint32_t client, const struct offer_word *w, int fd)
{
	(void)context;
	trace("channel %u of %u: %d", client, w->msgid.b[15], fd);
}

static void
drop(void *context, int fd)
{
	(void)context;
	trace("drop %d", fd);
}

static void
changed(void *context)
{
	(void)context;
}

static void
setup(void)
{
	static const struct offers_out_class class = { send_up, told, channel, drop, changed };

	trace_clear();
	state = (struct state){ .partner = { .pair = PAIR, .online = true } };
	connected = true;
	out = offers_out_new(&class, NULL, &state);
	ck_assert_ptr_nonnull(out);
}

static void
teardown(void)
{
	offers_out_free(out);
	offers_out_free(NULL);
}

static void
offer(uint32_t client, uint8_t id, uint64_t pair)
{
	const struct offer o = { .pair = pair, .msgid = number(id), .body = (const uint8_t *)"\0label", .length = 6 };

	offers_out_offer(out, client, &o);
}

static void
answer(uint8_t id, enum verdict v)
{
	const struct offer_word w = { .msgid = number(id), .verdict = (uint8_t)v, .number = 40U + id };

	offers_out_told(out, &w);
}

static void
pass(uint8_t id, int fd)
{
	const struct offer_word w = { .msgid = number(id) };

	offers_out_channel(out, &w, fd);
}

START_TEST(an_offer_is_taken)
{
	const struct ident one = number(1);

	ck_assert(!offers_out_any(out));
	offer(3, 1, PAIR);
	trace_is("offer 1");
	ck_assert(offers_out_any(out) && offers_out_has(out, &one));
	answer(1, VERDICT_OK);
	trace_is("told 3 of 1: 0");
	pass(1, 9);
	trace_is("channel 3 of 1: 9");
	ck_assert(!offers_out_any(out)); /* no second descriptor is awaited */
	pass(1, 10);
	trace_is("drop 10");
	answer(1, VERDICT_LEFT); /* its command has the channel */
	trace_is("");
	answer(1, VERDICT_NOT_TAKEN);
	trace_is("told 3 of 1: 46");
	ck_assert(!offers_out_has(out, &one));
	pass(1, 11);
	trace_is("drop 11");
}
END_TEST

START_TEST(what_cannot_be_offered)
{
	offer(3, 1, PAIR + 1); /* the command knew an earlier pair */
	trace_is("told 3 of 1: 7");
	offer(3, 1, 0);
	trace_is("told 3 of 1: 7");
	offer(3, 1, PAIR);
	offer(4, 1, PAIR);
	trace_is("offer 1; told 4 of 1: 32");
	for (unsigned i = 2; i <= OFFERS_PAIR; i++)
		offer(3, (uint8_t)i, PAIR);
	trace_clear();
	offer(3, 99, PAIR);
	trace_is("told 3 of 99: 47");
	state.partner = (struct partner){ .last_end = ENDING_QUIT };
	offer(3, 99, PAIR);
	trace_is("told 3 of 99: 8");
}
END_TEST

/* Nobody can be told that it is done, or another end of pchat's own, by what a partner has answered. */
START_TEST(what_no_daemon_says)
{
	static const enum verdict said[] = { VERDICT_QUEUED, VERDICT_EXPIRED, VERDICT_NOTHING, VERDICT_EMPTY };
	const struct ident one = number(1);

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		offer(3, 1, PAIR);
		trace_clear();
		answer(1, said[i]);
		trace_is("told 3 of 1: 46");
		ck_assert(!offers_out_has(out, &one));
	}
}
END_TEST

START_TEST(it_is_said_again)
{
	state.partner.online = false;
	offer(3, 1, PAIR);
	trace_is("");
	state.partner.online = true;
	offers_out_paired(out);
	trace_is("offer 1");
	answer(1, VERDICT_OK);
	trace_clear();
	offers_out_blocked(out);
	connected = false;
	offers_out_paired(out);
	trace_is("offer 1 lost");
	connected = true;
	offers_out_paired(out);
	pass(1, 5);
	trace_clear();
	offers_out_paired(out);
	trace_is("offer 1 open");  /* the daemon need not pass another end */
	answer(1, VERDICT_ABSENT); /* it comes back */
	trace_is("");
}
END_TEST

START_TEST(its_pair_is_over)
{
	offer(3, 1, PAIR);
	offer(4, 2, PAIR);
	trace_clear();
	offers_out_ended(out, VERDICT_PARTNER_QUIT);
	trace_is("told 3 of 1: 8; told 4 of 2: 8");
	offers_out_ended(out, VERDICT_PARTNER_QUIT);
	trace_is("");
	offer(3, 1, PAIR); /* or it went while we were away */
	trace_clear();
	state.partner.pair = PAIR + 1;
	offers_out_paired(out);
	trace_is("told 3 of 1: 7");
	ck_assert(!offers_out_any(out));
}
END_TEST

START_TEST(its_command_has_gone)
{
	offer(3, 1, PAIR);
	offer(4, 2, PAIR);
	trace_clear();
	offers_out_forget(out, 3);
	trace_is("over 1");
	offers_out_forget(out, 3);
	trace_is("");
	state.partner.online = false;
	offers_out_blocked(out);
	offer(4, 3, PAIR);
	offers_out_forget(out, 4); /* neither was said on this connection: nobody need hear of it */
	trace_is("");
	ck_assert(!offers_out_any(out));
}
END_TEST

Suite *
offers_out_suite(void)
{
	Suite *s = suite_create("offers_out");
	TCase *tc = tcase_create("offers_out");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_offer_is_taken);
	tcase_add_test(tc, what_cannot_be_offered);
	tcase_add_test(tc, what_no_daemon_says);
	tcase_add_test(tc, it_is_said_again);
	tcase_add_test(tc, its_pair_is_over);
	tcase_add_test(tc, its_command_has_gone);
	suite_add_tcase(s, tc);
	return s;
}
