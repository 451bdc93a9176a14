/* Connections that have not logged in: who gives way, and what is counted. */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/fake_client.h"
#include "daemon/greeting.h"
#include "net/loop.h"

#define CLIENTS 3U

static struct ev_loop *loop;
static struct greetings greetings;
static struct accounts accounts;
static struct account known = { .all = &accounts, .uid = 1000, .refs = 1, .state = ACCOUNT_NAMED };
static struct account unknown = { .all = &accounts, .uid = 61000, .refs = 1, .state = ACCOUNT_NONE };
static struct client client[CLIENTS];
static struct login login[CLIENTS];
static int peer[CLIENTS];

static void
setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(stream_setup(loop), 0);
	greeting_init(&greetings, loop);
	for (unsigned i = 0; i < CLIENTS; i++) {
		peer[i] = fake_client(&client[i], loop);
		login[i] = (struct login){ .client = &client[i] };
		client[i].login = &login[i];
	}
}

static void
teardown(void)
{
	greeting_stop(&greetings);
	for (unsigned i = 0; i < CLIENTS; i++) {
		stream_close(&client[i].stream, 0);
		(void)close(peer[i]);
	}
	(void)ev_run(loop, EVRUN_NOWAIT);
	stream_teardown(loop);
	ev_loop_destroy(loop);
}

static void
add(struct account *a)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		client[i].account = i == 1 ? a : &known;
		greeting_add(&greetings, &client[i]);
	}
}

START_TEST(test_greeting_counts)
{
	add(&unknown);
	ck_assert_uint_eq(greetings.count, 3);
	ck_assert_uint_eq(known.greeting, 2);
	ck_assert_uint_eq(unknown.greeting, 1);
	ck_assert_uint_eq(accounts.unknown_greeting, 1);
	greeting_remove(&greetings, &client[1]);
	greeting_remove(&greetings, &client[1]);
	ck_assert_uint_eq(greetings.count, 2);
	ck_assert_uint_eq(accounts.unknown_greeting, 0);
	greeting_stop(&greetings);
	ck_assert_uint_eq(greetings.count, 0);
	ck_assert_uint_eq(known.greeting, 0);
	ck_assert_int_eq(client[0].state, CLIENT_ENDED);
	ck_assert_int_ne(client[1].state, CLIENT_ENDED);
}
END_TEST

START_TEST(test_greeting_oldest_gives_way)
{
	add(&known);
	login[0].waits = true; /* its LOGIN is here: it gives way to nobody */
	ck_assert(greeting_make_room(&greetings, false));
	ck_assert_int_ne(client[0].state, CLIENT_ENDED);
	ck_assert_int_eq(client[1].state, CLIENT_ENDED);
	ck_assert(greeting_make_room(&greetings, false));
	ck_assert_int_eq(client[2].state, CLIENT_ENDED);
	ck_assert(!greeting_make_room(&greetings, false));
}
END_TEST

START_TEST(test_greeting_unknown_gives_way)
{
	add(&unknown);
	ck_assert(greeting_make_room(&greetings, true));
	ck_assert_int_eq(client[1].state, CLIENT_ENDED);
	ck_assert(!greeting_make_room(&greetings, true));
	ck_assert_uint_eq(greetings.count, 2);
}
END_TEST

Suite *
greeting_suite(void)
{
	Suite *s = suite_create("greeting");
	TCase *c = tcase_create("greeting");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_greeting_counts);
	tcase_add_test(c, test_greeting_oldest_gives_way);
	tcase_add_test(c, test_greeting_unknown_gives_way);
	suite_add_tcase(s, c);
	return s;
}
