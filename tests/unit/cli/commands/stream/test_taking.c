/* What the partner hands over, taken from a channel whose other end is the test's: whole, or not at all. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/commands/stream/offers.h"
#include "cli/commands/stream/taking.h"
#include "client/peer.h"
#include "folder.h"
#include "proto/feature.h"
#include "trace.h"

#define PAIR 7

static char dir[FOLDER_PATH], path[FOLDER_PATH + 16];
static struct link l;
static struct taking t;
static struct channel partner; /* the other end */
static int ours;

static void
setup(void)
{
	int fds[2];

	trace_clear();
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	peer_open(&l);
	l.features = FEATURE_STREAMS;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ours = fds[0];
	ck_assert_int_eq(channel_open(&partner, fds[1]), 0);
	t = (struct taking){ .link = &l, .pair = PAIR, .number = 1, .signals = -1, .command_status = -1 };
	(void)snprintf(t.partner, sizeof(t.partner), "bob");
	t.length = (uint32_t)offer_put_stream(t.body, "", 0);
	ck_assert_int_eq(sink_open_file(&t.sink, path), 0);
}

static void
teardown(void)
{
	channel_release(&partner);
	channel_release(&t.channel);
	if (partner.fd >= 0)
		(void)close(partner.fd);
	(void)close(ours);
	peer_close();
	link_close(&l);
	folder_remove(dir);
}

static void
put(struct piece p)
{
	channel_put(&partner, &p);
	ck_assert_int_eq(channel_flush(&partner), 0);
}

static void
put_data(const char *text)
{
	memcpy(channel_room(&partner), text, strlen(text));
	channel_put_data(&partner, (uint32_t)strlen(text));
	ck_assert_int_eq(channel_flush(&partner), 0);
}

/* Takes it, and what the other side is told of that: the RESULT. */
static struct piece
take(enum verdict expected)
{
	struct piece p;

	ck_assert_int_eq(taking_run(&t, ours), expected);
	ck_assert_int_eq(channel_fill(&partner), 1);
	ck_assert_int_eq(channel_next(&partner, &p), 1);
	ck_assert_int_eq(p.type, PIECE_RESULT);
	return p;
}

static void
expect_file(const char *name, const char *text, size_t length)
{
	char got[64];
	FILE *f = fopen(name, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(got, 1, sizeof(got), f), length);
	ck_assert_mem_eq(got, text, length);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_stream)
{
	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	put_data("all of ");
	put_data("it");
	put((struct piece){ .type = PIECE_END, .u.bytes = 9 });
	ck_assert_int_eq(take(VERDICT_OK).u.said.verdict, VERDICT_OK);
	expect_file(path, "all of it", 9);
}
END_TEST

START_TEST(one_that_breaks_off)
{
	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	put_data("half of it");
	(void)shutdown(partner.fd, SHUT_WR);
	peer_close(); /* nobody knows why, so that is not waited for */
	ck_assert_int_ne(taking_run(&t, ours), VERDICT_OK);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* Fewer bytes than its END says, and nonsense. */
START_TEST(what_was_not_offered)
{
	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	put_data("nine byte");
	put((struct piece){ .type = PIECE_END, .u.bytes = 10 });
	ck_assert_int_eq(take(VERDICT_NOT_TAKEN).u.said.verdict, VERDICT_NOT_TAKEN);
	ck_assert_ptr_nonnull(strstr(t.words, "bob"));
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* A stream has no holes: they are for files. */
START_TEST(a_hole_in_a_stream)
{
	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	put((struct piece){ .type = PIECE_HOLE, .u.bytes = 1 });
	put((struct piece){ .type = PIECE_END, .u.bytes = 1 });
	ck_assert_int_eq(take(VERDICT_NOT_TAKEN).u.said.verdict, VERDICT_NOT_TAKEN);
	ck_assert_ptr_nonnull(strstr(t.words, "bob"));
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

START_TEST(the_other_side_says_why)
{
	struct piece failed = { .type = PIECE_FAILED, .u.said.words = "no \"disk\"" };

	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	put(failed);
	(void)take(VERDICT_NOT_TAKEN);
	ck_assert_str_eq(t.words, "bob could not hand it over: \"no \\\"disk\\\"\"");
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

/* The pair is over: what still comes is not taken. */
START_TEST(the_pair_is_over)
{
	const struct control_message changed = { .type = CONTROL_CHANGED,
		.u.state = { .self.name = "alice", .pair = PAIR + 1, .partner.name = "carol" } };

	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	peer_says(&changed);
	ck_assert_int_eq(taking_run(&t, ours), VERDICT_LEFT);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

START_TEST(files)
{
	static const struct offer_file offered[] = { { .size = 6, .name = "a" }, { .size = 2, .name = "b" } };
	char names[2][NAME_MAX + 1];

	sink_abort(&t.sink);
	t.sink = (struct sink){ .fd = -1, .to = -1, .folder = -1 };
	t.length = (uint32_t)offer_put_file(t.body, 0, &offered[0]);
	t.length = (uint32_t)offer_put_file(t.body, t.length, &offered[1]);
	(void)snprintf(names[0], sizeof(names[0]), "%s/a", dir);
	(void)snprintf(names[1], sizeof(names[1]), "%s/b", dir);
	t.names = names;
	put((struct piece){ .type = PIECE_BEGIN, .u.version = PIECE_VERSION });
	put((struct piece){ .type = PIECE_FILE, .u.index = 0 });
	put_data("one");
	put((struct piece){ .type = PIECE_HOLE, .u.bytes = 3 });
	put((struct piece){ .type = PIECE_END, .u.bytes = 6 });
	put((struct piece){ .type = PIECE_FILE, .u.index = 1 });
	put_data("2!");
	put((struct piece){ .type = PIECE_END, .u.bytes = 2 });
	put((struct piece){ .type = PIECE_DONE });
	(void)take(VERDICT_OK);
	expect_file(names[0], "one\0\0\0", 6);
	expect_file(names[1], "2!", 2);
}
END_TEST

START_TEST(under_which_pair)
{
	struct control_message state = { .type = CONTROL_STATE,
		.u.state = { .self.name = "alice", .pair = PAIR, .partner.name = "bob" } },
			       m;

	t.pair = 0;
	peer_says(&state);
	ck_assert_int_eq(taking_watch(&t, UINT64_MAX), VERDICT_OK);
	ck_assert_uint_eq(t.pair, PAIR);
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_WATCH);
	peer_says(&state);
	ck_assert_int_eq(taking_watch(&t, UINT64_MAX), VERDICT_OK);
	ck_assert(!t.pair_over);
	state.u.state.pair = PAIR + 1;
	peer_says(&state);
	ck_assert_int_eq(taking_watch(&t, UINT64_MAX), VERDICT_OK);
	ck_assert(t.pair_over);
}
END_TEST

static void
list_one(const struct record *r, void *context)
{
	(void)context;
	trace("%u", (unsigned)r->id);
}

START_TEST(what_there_is_to_take)
{
	struct control_message offer = { .type = CONTROL_RECORD,
		.u.record = { .id = 3,
		    .type = RECORD_OFFER,
		    .peer = { .name = "bob", .account = "bob" },
		    .body = t.body,
		    .length = t.length } },
			       end = { .type = CONTROL_READ_END, .u.read_end.verdict = VERDICT_OK };
	uint64_t number;

	ck_assert_int_eq(offers_need_features(&l), VERDICT_OK);
	peer_says(&offer);
	offer.u.record.id = 5;
	peer_says(&offer);
	peer_says(&end);
	ck_assert_int_eq(offers_list(&l, UINT64_MAX, list_one, NULL), VERDICT_OK);
	trace_is("3; 5");
	end.u.read_end.verdict = VERDICT_NOTHING;
	peer_says(&end);
	ck_assert_int_eq(offers_list(&l, UINT64_MAX, list_one, NULL), VERDICT_NOTHING);
	ck_assert_str_ne(l.words, "");
	l.features = 0;
	ck_assert_int_eq(offers_need_features(&l), VERDICT_NO_STREAMS);

	ck_assert(offers_number("7", &number));
	ck_assert_uint_eq(number, 7);
	ck_assert(offers_number("18446744073709551615", &number));
	ck_assert_uint_eq(number, UINT64_MAX);
	ck_assert(!offers_number("18446744073709551616", &number));
	ck_assert(!offers_number("0", &number) && !offers_number("-1", &number) && !offers_number("", &number));
	ck_assert(!offers_number("7x", &number) && !offers_number(" 7", &number) && !offers_number("+7", &number));
}
END_TEST

Suite *
taking_suite(void)
{
	Suite *s = suite_create("taking");
	TCase *tc = tcase_create("taking");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_stream);
	tcase_add_test(tc, one_that_breaks_off);
	tcase_add_test(tc, what_was_not_offered);
	tcase_add_test(tc, a_hole_in_a_stream);
	tcase_add_test(tc, the_other_side_says_why);
	tcase_add_test(tc, the_pair_is_over);
	tcase_add_test(tc, files);
	tcase_add_test(tc, under_which_pair);
	tcase_add_test(tc, what_there_is_to_take);
	suite_add_tcase(s, tc);
	return s;
}
