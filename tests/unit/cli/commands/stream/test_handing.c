/* Something handed over to a partner and a helper that another process plays. */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands/stream/handing.h"
#include "cli/output/report.h"
#include "client/peer.h"
#include "proto/feature.h"
#include "proto/status.h"
#include "words.h"

static struct invocation inv;
static unsigned pieces; /* that next() still gives */

static int
next(struct handing *h)
{
	const struct piece end = { .type = PIECE_END, .u.bytes = h->bytes };

	if (pieces == UINT32_MAX) {
		(void)strcpy(h->words, "the disk is gone");
		return -5;
	}
	if (pieces-- == 0) {
		channel_put(&h->channel, &end);
		return HANDING_ALL;
	}
	memset(channel_room(&h->channel), 'x', PIECE_DATA_MAX);
	channel_put_data(&h->channel, PIECE_DATA_MAX);
	h->bytes += PIECE_DATA_MAX;
	return HANDING_MORE;
}

static void
setup(void)
{
	report_setup(words_as_they_are, false);
	memset(&inv, 0, sizeof(inv));
	peer_open(&inv.link);
	inv.link.features = FEATURE_STREAMS;
	inv.opt.given[OPT_QUIET] = true; /* no progress is shown */
	pieces = 20;
}

static void
teardown(void)
{
	peer_close();
	link_close(&inv.link);
}

/* ------------------------------------------------------------------------- the other side */

/* What the partner does with it. */
enum partner { TAKES, DECLINES, FAILS, HANGS_UP };

static struct control_message
await(enum control_type type)
{
	struct control_message m;

	do
		peer_await();
	while (!peer_heard(&m));
	if (m.type != type)
		_exit(10);
	return m;
}

static void
answer(struct channel *c, enum partner what)
{
	struct piece p = { .type = PIECE_RESULT, .u.said.status = PIECE_NO_STATUS };

	if (what == FAILS) {
		p.u.said.verdict = VERDICT_NOT_TAKEN;
		p.u.said.status = 3;
		(void)strcpy(p.u.said.words, "it\" did not: \\");
	}
	channel_put(c, &p);
	if (channel_flush(c) != 0)
		_exit(11);
}

/* Reads to the END, or to a FAILED, which is answered by nothing. */
static void
take(int fd, enum partner what)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct channel c;
	uint64_t bytes = 0;
	struct piece p;
	int rc;

	if (channel_open(&c, fd) < 0)
		_exit(12);
	for (;;) {
		while ((rc = channel_next(&c, &p)) == 1) {
			bytes += p.type == PIECE_DATA ? p.u.data.length : 0;
			if (p.type == PIECE_END && p.u.bytes != bytes)
				_exit(13);
			if (p.type == PIECE_END)
				answer(&c, what);
			if (p.type == PIECE_FAILED)
				_exit(strcmp(p.u.said.words, "the disk is gone") == 0 ? 0 : 14);
		}
		(void)poll(&poll_fd, 1, -1);
		rc = channel_fill(&c);
		if (rc < 0)
			_exit(0); /* it has hung up: it knows what it wanted to know */
	}
}

static _Noreturn void
play(enum partner what)
{
	const struct control_message state = { .type = CONTROL_STATE,
		.u.state = { .self.name = "alice", .pair = 7, .partner.name = "bob" } };
	struct control_message told = { .type = CONTROL_OFFER_TOLD }, channel = { .type = CONTROL_CHANNEL };
	int fds[2];

	(void)await(CONTROL_STATUS);
	peer_says(&state);
	told.u.word.msgid = channel.u.word.msgid = await(CONTROL_OFFER).u.offer.msgid;
	if (what == DECLINES)
		told.u.word.verdict = VERDICT_DECLINED;
	told.u.word.number = 12;
	peer_says(&told);
	if (what != DECLINES) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
			_exit(15);
		peer_passes(&channel, fds[0]);
		if (what == HANGS_UP) {
			told.u.word.verdict = VERDICT_LEFT;
			peer_says(&told);
			_exit(0);
		}
		take(fds[1], what);
	}
	_exit(0);
}

static int
hand_over(enum partner what, const char *words)
{
	static const struct handing_class class = { next };
	static struct handing h;
	const pid_t pid = fork();
	const char *said;
	int status, ended;

	if (pid == 0) {
		link_close(&inv.link);
		play(what);
	}
	ck_assert_int_gt(pid, 0);
	peer_close();
	h = (struct handing){ .class = &class, .input = -1, .channel.fd = -1 };
	capture_begin(STDERR_FILENO);
	status = handing_run(&h, &inv, UINT64_MAX, (const uint8_t *)"\0label", 6);
	said = capture_end();
	ck_assert_msg(*words ? strstr(said, words) != NULL : !*said, "'%s' does not say '%s'", said, words);
	if (h.channel.fd >= 0)
		ck_assert_int_eq(close(h.channel.fd), 0);
	link_close(&inv.link);
	ck_assert_int_eq(waitpid(pid, &ended, 0), pid);
	ck_assert_int_eq(ended, 0);
	return status;
}

START_TEST(it_is_taken)
{
	ck_assert_int_eq(hand_over(TAKES, ""), 0);
}
END_TEST

START_TEST(it_is_declined)
{
	ck_assert_int_eq(hand_over(DECLINES, status_words(VERDICT_DECLINED)), status_exit(VERDICT_DECLINED));
}
END_TEST

/* Whose words these are is told, and where they end. */
START_TEST(its_command_fails)
{
	ck_assert_int_eq(
	    hand_over(FAILS, "pchat: bob did not take it: \"it\\\" did not: \\\\\"\n"), status_exit(VERDICT_NOT_TAKEN));
}
END_TEST

START_TEST(the_partner_leaves)
{
	ck_assert_int_eq(hand_over(HANGS_UP, status_words(VERDICT_LEFT)), status_exit(VERDICT_LEFT));
}
END_TEST

/* What failed here is told there. */
START_TEST(it_cannot_be_read)
{
	pieces = UINT32_MAX;
	ck_assert_int_eq(hand_over(TAKES, "the disk is gone"), status_exit(VERDICT_FAILED));
}
END_TEST

Suite *
handing_suite(void)
{
	Suite *s = suite_create("handing");
	TCase *tc = tcase_create("handing");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_is_taken);
	tcase_add_test(tc, it_is_declined);
	tcase_add_test(tc, its_command_fails);
	tcase_add_test(tc, the_partner_leaves);
	tcase_add_test(tc, it_cannot_be_read);
	suite_add_tcase(s, tc);
	return s;
}
