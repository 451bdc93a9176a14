/* What waits until it can be stored, and in which order it is handed on. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "session/messages/backlog.h"
#include "trace.h"

#define PAIR 7U

static struct backlog *b;
static uint64_t ours;
static uint32_t epoch;
static unsigned events[RECORD_WAITING + 1]; /* by type */
static const struct peer alice = { .name = "alice", .account = "al", .uid = 1000 };
static const struct peer mallory = { .name = "mallory", .account = "mal", .uid = 1001 };

static void
message(void *context, const struct frame *f)
{
	struct msg m;

	ck_assert_ptr_eq(context, &ours);
	ck_assert_int_eq(msg_decode(f, &m), 0);
	trace("message %u", m.id.b[IDENT_LEN - 1]);
}

static void
note(void *context, const struct note *n)
{
	(void)context;
	trace("note %s %.*s", n->from.account, (int)n->length, (const char *)n->body);
}

static void
offer(void *context, const struct offer *o)
{
	(void)context;
	trace("offer %.*s", (int)o->length, (const char *)o->body);
}

static void
event(void *context, enum record_type type, const struct peer *peer)
{
	(void)context;
	events[type]++;
	trace("event %d %s", (int)type, peer->name);
}

static void
note_refused(void *context, const struct note *n)
{
	(void)context;
	trace("refused note %s", n->from.account);
}

static void
offer_refused(void *context, const struct offer *o)
{
	(void)context;
	trace("refused offer %.*s", (int)o->length, (const char *)o->body);
}

static void
no_memory(void *context)
{
	(void)context;
	trace("no memory");
}

static bool
counts(void *context, uint64_t pair)
{
	(void)context;
	return pair == ours;
}

static const struct backlog_class class = { message, note, offer, event, note_refused, offer_refused, no_memory,
	counts };

static void
setup(void)
{
	ours = PAIR;
	epoch = 1;
	memset(events, 0, sizeof(events));
	trace_clear();
	b = backlog_new(&class, &ours);
	ck_assert_ptr_nonnull(b);
}

static void
teardown(void)
{
	backlog_free(b);
	backlog_free(NULL);
}

static void
give_message(uint64_t pair, uint8_t id, uint32_t length)
{
	static uint8_t bytes[FRAME_MAX];
	const struct msg m = { .pair = pair, .epoch = epoch, .id = { { [IDENT_LEN - 1] = id } }, .length = length };
	struct frame f;

	msg_encode_head(bytes, &m);
	ck_assert_int_gt(frame_parse(bytes, sizeof(bytes), &f), 0);
	backlog_message(b, &f);
	memset(bytes, 0xff, FRAME_HEADER + MSG_FIXED); /* it was copied */
}

static void
give_note(const struct peer *from, bool stranger, const char *text)
{
	char body[NOTE_MAX];
	const struct note n = {
		.from = *from, .stranger = stranger, .body = (const uint8_t *)body, .length = (uint32_t)strlen(text)
	};

	memcpy(body, text, strlen(text));
	backlog_note(b, &n);
	memset(body, 'x', sizeof(body));
}

static void
give_offer(uint8_t id)
{
	char body[8];
	const struct offer o = { .pair = ours,
		.msgid = { { id } },
		.body = (const uint8_t *)body,
		.length = (uint32_t)snprintf(body, sizeof(body), "%u", id) };

	backlog_offer(b, &o);
}

START_TEST(test_backlog_hands_on_at_once)
{
	give_message(PAIR, 1, 2);
	give_note(&alice, false, "n");
	give_offer(3);
	backlog_event(b, RECORD_LEFT, &alice);
	trace_is("message 1; note al n; offer 3; event 2 alice");
}
END_TEST

START_TEST(test_backlog_held_in_order)
{
	backlog_hold(b, true);
	ck_assert(backlog_is_held(b));
	give_note(&alice, false, "n");
	backlog_event(b, RECORD_PAIRED, &alice);
	give_message(PAIR, 1, 2);
	give_offer(3);
	give_message(PAIR, 2, 2);
	backlog_event(b, RECORD_LEFT, &alice);
	trace_is("");
	backlog_hold(b, false);
	trace_is("note al n; event 1 alice; message 1; offer 3; message 2; event 2 alice");
	ck_assert(!backlog_is_held(b));
	backlog_hold(b, false);
	trace_is("");
}
END_TEST

START_TEST(test_backlog_unsure_whose)
{
	backlog_unsure(b, true);
	give_message(PAIR, 1, 2);
	give_note(&alice, false, "n");
	backlog_event(b, RECORD_LEFT, &alice);
	trace_is("note al n; event 2 alice"); /* those are ours, whatever becomes of the pair */
	backlog_unsure(b, false);
	trace_is("message 1");
}
END_TEST

START_TEST(test_backlog_held_and_unsure)
{
	backlog_hold(b, true);
	give_message(PAIR, 1, 2);
	backlog_unsure(b, true);
	give_message(PAIR, 2, 2);
	give_note(&alice, false, "n");
	backlog_hold(b, false);
	trace_is("note al n");
	give_message(PAIR, 3, 2);
	backlog_hold(b, true);
	backlog_unsure(b, false);
	trace_is("");
	backlog_hold(b, false);
	trace_is("message 1; message 2; message 3");
}
END_TEST

START_TEST(test_backlog_too_many_messages)
{
	backlog_hold(b, true);
	for (unsigned i = 0; i < 8; i++) /* more than one window has */
		give_message(PAIR, (uint8_t)i, MESSAGE_MAX);
	trace_is("");
	for (unsigned i = 0; i < 8; i++)
		give_message(PAIR, (uint8_t)i, MESSAGE_MAX);
	trace_is("no memory");
	ours = PAIR + 1; /* those of a pair that is over make room */
	give_message(PAIR + 1, 9, MESSAGE_MAX);
	backlog_hold(b, false);
	trace_is("message 9");
}
END_TEST

/* Its sender comes back, and repeats all under the next epoch: nobody waits for an answer to what came before. */
START_TEST(test_backlog_repeated_messages)
{
	uint8_t id = 0;

	backlog_hold(b, true);
	for (; epoch <= 19; epoch++)
		for (unsigned n = 0; n < WINDOW_BYTES / MESSAGE_MAX; n++)
			give_message(PAIR, ++id, MESSAGE_MAX);
	trace_is("");
	backlog_hold(b, false);
	trace_is("message 73; message 74; message 75; message 76");
}
END_TEST

START_TEST(test_backlog_too_many_notes)
{
	static const struct peer stranger = { .account = "uid 5", .uid = 5 }, other = { .account = "uid 6", .uid = 6 };

	backlog_hold(b, true);
	for (unsigned i = 0; i < NOTES_UNREAD_UID; i++)
		give_note(&mallory, false, "m");
	trace_is("");
	give_note(&mallory, false, "m");
	trace_is("refused note mal");
	for (unsigned i = 0; i < NOTES_UNREAD_UID; i++)
		give_note(i % 2 ? &stranger : &other, true, "s");
	trace_is("");
	give_note(&other, true, "s");
	trace_is("refused note uid 6");
	give_note(&alice, false, "a");
	trace_is("");
}
END_TEST

START_TEST(test_backlog_too_many_offers)
{
	backlog_hold(b, true);
	for (unsigned i = 0; i <= OFFERS_PAIR; i++)
		give_offer((uint8_t)(i + 1));
	trace_is("refused offer 17");
	for (unsigned i = 1; i < OFFERS_PAIR; i++)
		backlog_offer_gone(b, &(struct ident){ { (uint8_t)i } });
	backlog_hold(b, false);
	trace_is("offer 16");
	backlog_hold(b, true);
	give_offer(1);
	give_offer(2);
	backlog_offer_gone(b, NULL);
	backlog_hold(b, false);
	trace_is("");
}
END_TEST

/* One account's events leave room for another's. */
START_TEST(test_backlog_too_many_events)
{
	backlog_hold(b, true);
	for (unsigned i = 0; i < HELD_EVENTS_UID + 5; i++)
		backlog_event(b, RECORD_PAIRED, &mallory);
	backlog_event(b, RECORD_PAIRED, &alice);
	for (unsigned i = 0; i < HELD_EVENTS_UID; i++) {
		const struct peer p = { .name = "s", .account = "uid 7", .uid = 100000 + i };

		backlog_event(b, RECORD_WAITING, &p);
		backlog_event(b, RECORD_WAITING, &p);
	}
	trace_is("");
	backlog_hold(b, false);
	ck_assert_uint_eq(events[RECORD_PAIRED], HELD_EVENTS_UID + 1);
	ck_assert_uint_eq(events[RECORD_WAITING], HELD_EVENTS_UID);
}
END_TEST

START_TEST(test_backlog_lost_connection)
{
	backlog_hold(b, true);
	backlog_unsure(b, true);
	give_message(PAIR, 1, 2);
	give_note(&alice, false, "n");
	give_offer(3);
	backlog_event(b, RECORD_LEFT, &alice);
	backlog_reset(b);
	give_message(PAIR, 2, 2);
	backlog_hold(b, false);
	trace_is("event 2 alice; message 2");
}
END_TEST

Suite *
backlog_suite(void)
{
	Suite *s = suite_create("backlog");
	TCase *t = tcase_create("backlog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_backlog_hands_on_at_once);
	tcase_add_test(t, test_backlog_held_in_order);
	tcase_add_test(t, test_backlog_unsure_whose);
	tcase_add_test(t, test_backlog_held_and_unsure);
	tcase_add_test(t, test_backlog_too_many_messages);
	tcase_add_test(t, test_backlog_repeated_messages);
	tcase_add_test(t, test_backlog_too_many_notes);
	tcase_add_test(t, test_backlog_too_many_offers);
	tcase_add_test(t, test_backlog_too_many_events);
	tcase_add_test(t, test_backlog_lost_connection);
	suite_add_tcase(s, t);
	return s;
}
