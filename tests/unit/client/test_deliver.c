/* The lines of a chat on their way, in an event loop, to a helper that the test plays. */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include "client/deliver.h"
#include "client/peer.h"
#include "folder.h"
#include "net/loop.h"
#include "net/stream.h"
#include "trace.h"

#define PAIR 7

static char dir[FOLDER_PATH];
static struct ev_loop *loop;
static struct deliver *deliver;
static struct link l;
static struct ident last; /* of the message that the helper took last */
static uint32_t count;    /* of the latest acknowledgement */
static const char *next;  /* is said as soon as there is room, while others are settled */

static void
waits(void *context, const char *text, size_t len)
{
	(void)context;
	trace("%.*s waits", (int)len, text);
}

static void
settled(void *context, const struct deliver_line *line, enum verdict v)
{
	struct ident second;
	bool waited;

	(void)context;
	ck_assert(!deliver_has(deliver, &line->id, &waited));
	second = ident_add(&line->id, 1);
	if (line->text[0] == 'o' && count > 1)
		ck_assert(deliver_has(deliver, &second, &waited)); /* is not told of yet */
	trace("%.*s: %u%s", (int)line->len, line->text, v, line->waited ? " waited" : "");
	if (next && deliver_has_room(deliver, strlen(next))) {
		ck_assert(deliver_say(deliver, next, strlen(next)));
		next = NULL;
	}
}

static void
lost(void *context)
{
	(void)context;
	trace("lost");
}

static void
setup(void)
{
	static const struct deliver_class class = { waits, settled, lost };

	trace_clear();
	next = NULL;
	folder_make(dir);
	loop = loop_new();
	ck_assert_int_eq(stream_setup(loop), 0);
	peer_listen(&l, dir);
	deliver = deliver_new(loop, &l, PAIR, &class, NULL);
	ck_assert_ptr_nonnull(deliver);
	ck_assert_uint_eq(deliver_pair(deliver), PAIR);
}

static void
teardown(void)
{
	deliver_free(deliver);
	deliver_free(NULL);
	(void)ev_run(loop, EVRUN_NOWAIT);
	peer_close();
	(void)close(l.dir.fd);
	stream_teardown(loop);
	ev_loop_destroy(loop);
	folder_remove(dir);
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
}

static void
say(const char *text)
{
	ck_assert(deliver_say(deliver, text, strlen(text)));
	turn();
}

/* The messages that the helper has now: their texts, in order. */
static void
expect_messages(const char *texts)
{
	char got[256] = "";
	struct frame f;
	struct msg m;

	while (peer_frame(&f))
		if (f.type == FRAME_MSG) {
			ck_assert_int_eq(msg_decode(&f, &m), 0);
			ck_assert_uint_eq(m.pair, PAIR);
			(void)strncat(got, (const char *)m.body, m.length);
			last = m.id;
		}
	ck_assert_str_eq(got, texts);
}

static void
acknowledge(const struct ident *first, uint32_t messages, enum verdict v)
{
	const struct ack a = { .first = *first, .count = messages, .verdict = (uint8_t)v };
	uint8_t frame[FRAME_HEADER + ACK_BODY];

	count = messages;
	ack_encode(frame, &a);
	peer_writes(frame, sizeof(frame));
	turn();
}

START_TEST(delivered)
{
	struct ident first;
	bool waited;

	ck_assert(deliver_reconnect(deliver)); /* nothing to do */
	say("one");
	peer_accept();
	expect_messages("one");
	first = last;
	ck_assert(deliver_has(deliver, &first, &waited));
	ck_assert(!waited);
	say("two");
	expect_messages("two");
	ck_assert_uint_eq(deliver_pending(deliver), 2);
	acknowledge(&first, 2, VERDICT_OK);
	trace_is("one: 0; two: 0");
	ck_assert_uint_eq(deliver_pending(deliver), 0);
	ck_assert(!deliver_has(deliver, &first, &waited));
}
END_TEST

/* What was not acknowledged is said again, once the helper is there. */
START_TEST(the_helper_dies)
{
	say("one");
	peer_accept();
	expect_messages("one");
	peer_close();
	turn();
	trace_is("lost");
	ck_assert(!deliver_reconnect(deliver));
	say("two");
	trace_is("lost");
	(void)close(l.dir.fd);
	peer_listen(&l, dir);
	ck_assert(deliver_reconnect(deliver));
	turn();
	peer_accept();
	expect_messages("onetwo");
	ck_assert_uint_eq(deliver_pending(deliver), 2);
}
END_TEST

/* The ids go on elsewhere: behind a refused one the receiver takes none of the same stream. */
START_TEST(refused)
{
	struct ident first;
	uint64_t n;

	say("one");
	peer_accept();
	expect_messages("one");
	first = last;
	acknowledge(&first, 1, VERDICT_INBOX_FULL);
	trace_is("one: 15");
	say("two");
	expect_messages("two");
	ck_assert(!ident_distance(&first, &last, &n) || n > WINDOW_MESSAGES);
}
END_TEST

/* What is said while refusals are told belongs to the new ids; nobody takes it for one of the refused. */
START_TEST(refused_together)
{
	struct ident first, again;
	uint64_t n;

	say("one");
	peer_accept();
	expect_messages("one");
	first = last;
	say("two");
	say("three");
	expect_messages("twothree");
	next = "four";
	acknowledge(&first, 3, VERDICT_STORAGE);
	trace_is("one: 16; two: 16; three: 16");
	expect_messages("four");
	again = last;
	ck_assert(!ident_distance(&first, &again, &n) || n > WINDOW_MESSAGES);
	ck_assert_uint_eq(deliver_pending(deliver), 1);
	say("five");
	expect_messages("five");
	acknowledge(&again, 2, VERDICT_OK);
	trace_is("four: 0; five: 0");
	ck_assert_uint_eq(deliver_pending(deliver), 0);
}
END_TEST

START_TEST(it_waits)
{
	bool waited;

	say("slow");
	peer_accept();
	expect_messages("slow");
	do {
		(void)ev_run(loop, EVRUN_ONCE); /* DELIVER_PATIENCE is over some time */
		ck_assert(deliver_has(deliver, &last, &waited));
	} while (!waited);
	trace_is("slow waits");
	acknowledge(&last, 1, VERDICT_OK);
	trace_is("slow: 0 waited");
}
END_TEST

/* What was handed over may have arrived; what was not, has not. */
START_TEST(given_up)
{
	say("one");
	peer_accept();
	expect_messages("one");
	deliver_give_up(deliver, VERDICT_TIMED_OUT);
	trace_is("one: 17");
	peer_close();
	turn();
	trace_is("lost");
	say("two");
	deliver_give_up(deliver, VERDICT_TIMED_OUT);
	trace_is("lost; two: 18");
}
END_TEST

START_TEST(no_more_room)
{
	static char text[MESSAGE_MAX];
	size_t n;

	memset(text, 'x', sizeof(text));
	for (n = 0; deliver_has_room(deliver, sizeof(text)) && n <= WINDOW_MESSAGES; n++)
		ck_assert(deliver_say(deliver, text, sizeof(text)));
	ck_assert_uint_gt(n, 1);
	ck_assert_uint_le(n, WINDOW_MESSAGES);
	ck_assert(!deliver_say(deliver, text, sizeof(text)));
	ck_assert_uint_eq(deliver_pending(deliver), n);
}
END_TEST

Suite *
deliver_suite(void)
{
	Suite *s = suite_create("deliver");
	TCase *tc = tcase_create("deliver");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, delivered);
	tcase_add_test(tc, the_helper_dies);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, refused_together);
	tcase_add_test(tc, it_waits);
	tcase_add_test(tc, given_up);
	tcase_add_test(tc, no_more_room);
	suite_add_tcase(s, tc);
	return s;
}
