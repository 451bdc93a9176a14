/* The partner's offers, between an inbox, a daemon and commands that are made of nothing but a trace. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "number.h"
#include "session/messages/offers_in.h"
#include "trace.h"

static struct offers_in *in;
static enum verdict stored;
static bool writes, known, connected;
static uint64_t newest;

static enum verdict
store(void *context, const struct offer *o, int64_t now_ms, uint64_t *id, bool *was_known)
{
	(void)context;
	ck_assert_int_gt(now_ms, 0);
	trace("store %u", o->msgid.b[15]);
	*was_known = known;
	*id = ++newest;
	return stored;
}

static bool
writing(void *context)
{
	(void)context;
	return writes;
}

static bool
send_up(void *context, const struct upstream_message *m)
{
	const struct offer_word *w = &m->u.word;

	(void)context;
	if (m->type == UPSTREAM_OFFER_ACK)
		trace("ack %u: %u as %u", w->msgid.b[15], w->verdict, (unsigned)w->number);
	else
		trace("%s %u%s",
		    m->type == UPSTREAM_ACCEPT        ? "accept"
			: m->type == UPSTREAM_DECLINE ? "decline"
						      : "over",
		    w->msgid.b[15], connected ? "" : " lost");
	return connected;
}

static void
taken(void *context, uint32_t client, const struct record *r, int fd)
{
	(void)context;
	ck_assert_int_eq(r->type, RECORD_OFFER);
	ck_assert_str_eq(r->peer.name, "bob");
	ck_assert_uint_eq(r->length, 6);
	ck_assert_mem_eq(r->body, "\0label", 6);
	trace("taken %u of %u: %d", client, (unsigned)r->id, fd);
}

static void
refused(void *context, uint32_t client, enum verdict v)
{
	(void)context;
	trace("refused %u: %u", client, v);
}

static const struct peer *
partner(void *context)
{
	static const struct peer bob = { .name = "bob" };

	(void)context;
	return &bob;
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
	static const struct offers_in_class class = { store, writing, send_up, taken, refused, partner, drop, changed };

	trace_clear();
	stored = VERDICT_OK;
	writes = connected = true;
	known = false;
	newest = 0;
	in = offers_in_new(&class, NULL);
	ck_assert_ptr_nonnull(in);
}

static void
teardown(void)
{
	offers_in_free(in);
	offers_in_free(NULL);
}

static void
arrive(uint8_t id)
{
	const struct offer o = { .msgid = number(id), .body = (const uint8_t *)"\0label", .length = 6 };

	offers_in_offered(in, &o);
}

/* Offers 1 to n, as records 1 to n. */
static void
have(unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		arrive((uint8_t)i);
	offers_in_committed(in, VERDICT_OK);
	trace_clear();
}

static void
channel(uint8_t id, int fd, enum verdict v)
{
	const struct offer_word w = { .msgid = number(id), .verdict = (uint8_t)v };

	offers_in_channel(in, &w, fd);
}

static void
list_one(const struct record *r, void *context)
{
	(void)context;
	trace("%u", (unsigned)r->id);
}

static void
expect_list(const char *numbers)
{
	trace_clear();
	offers_in_each(in, list_one, NULL);
	trace_is(numbers);
}

START_TEST(answered_when_committed)
{
	arrive(1);
	trace_is("store 1");
	expect_list(""); /* not before it is on the disk */
	known = true;
	arrive(2); /* is on the disk, whatever becomes of the transaction */
	known = false;
	stored = VERDICT_INBOX_FULL;
	arrive(3);
	trace_clear();
	offers_in_committed(in, VERDICT_STORAGE);
	trace_is("ack 1: 16 as 1; ack 2: 0 as 2; ack 3: 15 as 3");
	expect_list("2");
	stored = VERDICT_OK;
	arrive(4);
	trace_clear();
	offers_in_committed(in, VERDICT_STALE); /* another helper answers */
	trace_is("");
	expect_list("2");
}
END_TEST

START_TEST(answered_at_once)
{
	writes = false;
	arrive(1);
	trace_is("store 1; ack 1: 0 as 1");
	arrive(1); /* said again after a loss */
	trace_is("store 1; ack 1: 0 as 2");
	have(OFFERS_PAIR);
	arrive(99);
	trace_is("ack 99: 47 as 0");
}
END_TEST

START_TEST(accepted)
{
	have(3);
	ck_assert(!offers_in_any(in));
	offers_in_accept(in, 5, 2);
	trace_is("accept 2");
	ck_assert(offers_in_any(in));
	expect_list("1; 3");
	channel(2, 8, VERDICT_OK);
	trace_is("taken 5 of 2: 8");
	ck_assert(!offers_in_any(in));
	channel(2, 9, VERDICT_OK); /* nobody asked */
	trace_is("drop 9");
	offers_in_accept(in, 6, 0); /* the oldest */
	trace_is("accept 1");
	offers_in_accept(in, 7, 2); /* is taken */
	trace_is("refused 7: 28");
	arrive(2); /* is said again, and its command goes on */
	trace_is("");
	offers_in_forget(in, 5);
	trace_is("over 2");
}
END_TEST

START_TEST(not_accepted)
{
	have(2);
	connected = false;
	offers_in_accept(in, 5, 1);
	trace_is("accept 1 lost; refused 5: 40");
	expect_list("1; 2");
	connected = true;
	offers_in_accept(in, 5, 1);
	channel(1, -1, VERDICT_CHANNEL_OPEN);
	trace_is("accept 1; refused 5: 49");
	expect_list("1; 2"); /* it may be tried again */
	offers_in_accept(in, 5, 1);
	channel(1, -1, VERDICT_NOT_TAKEN);
	trace_is("accept 1; refused 5: 46");
	expect_list("2");
}
END_TEST

START_TEST(its_command_has_gone)
{
	have(1);
	offers_in_accept(in, 5, 1);
	offers_in_forget(in, 5);
	trace_clear();
	channel(1, 8, VERDICT_OK);
	trace_is("drop 8; over 1");
	expect_list("");
	have(1);
	offers_in_accept(in, 5, 0);
	offers_in_forget(in, 5);
	trace_clear();
	channel(1, -1, VERDICT_RATE); /* and the next command may take it */
	trace_is("");
	offers_in_accept(in, 6, 0);
	channel(1, 9, VERDICT_OK);
	trace_is("accept 1; taken 6 of 2: 9");
}
END_TEST

START_TEST(gone)
{
	const struct ident one = number(1), two = number(2), three = number(3);

	have(3);
	offers_in_accept(in, 5, 1);
	offers_in_accept(in, 6, 2);
	channel(2, 8, VERDICT_OK);
	trace_clear();
	offers_in_gone(in, &one);
	offers_in_gone(in, &two); /* its command sees the end of the channel */
	offers_in_gone(in, &three);
	trace_is("refused 5: 28");
	expect_list("");
	offers_in_reset(in);
	have(2);
	offers_in_accept(in, 5, 0);
	trace_clear();
	offers_in_reset(in);
	trace_is("refused 5: 40");
	expect_list("");
}
END_TEST

START_TEST(declined)
{
	have(2);
	ck_assert_int_eq(offers_in_decline(in, 7), VERDICT_NOTHING);
	trace_is("");
	connected = false;
	ck_assert_int_eq(offers_in_decline(in, 0), VERDICT_ABSENT);
	connected = true;
	trace_is("decline 1 lost");
	ck_assert_int_eq(offers_in_decline(in, 0), VERDICT_OK);
	trace_is("decline 1");
	expect_list("2");
}
END_TEST

Suite *
offers_in_suite(void)
{
	Suite *s = suite_create("offers_in");
	TCase *tc = tcase_create("offers_in");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answered_when_committed);
	tcase_add_test(tc, answered_at_once);
	tcase_add_test(tc, accepted);
	tcase_add_test(tc, not_accepted);
	tcase_add_test(tc, its_command_has_gone);
	tcase_add_test(tc, gone);
	tcase_add_test(tc, declined);
	suite_add_tcase(s, tc);
	return s;
}
