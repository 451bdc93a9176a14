/* What `send` and `tell` say of what they have sent: each end has its exit status and its words. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands/message/sender_report.h"
#include "cli/commands/message/tell_report.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "core/exchange.h"
#include "number.h"
#include "proto/status.h"
#include "words.h"

#define HEX_OF_7 "00000000000000000000000000000007"

static struct link l;
static struct feed feed;
static struct sender sender;
static struct teller teller;

static void
setup(void)
{
	const struct ident first = number(5);
	char word[] = "x", *const words[] = { word };

	report_setup(words_as_they_are, false);
	memset(&l, 0, sizeof(l));
	memset(&sender, 0, sizeof(sender));
	link_init(&l);
	feed_words(&feed, words, 1);
	sender_init(&sender, &l, &feed, &first, false);
	sender.stopped_at = 2;
	teller = (struct teller){ .link = &l, .feed = &feed, .to = "bob", .id = number(7), .count = 2 };
}

static void
says(int status, int expected, const char *words)
{
	const char *said = capture_end();

	ck_assert_int_eq(status, expected);
	ck_assert_msg(*words ? strstr(said, words) != NULL : !*said, "'%s' does not say '%s'", said, words);
}

static void
send_says(enum verdict v, const char *words)
{
	int status;

	sender.why = v;
	capture_begin(STDERR_FILENO);
	status = sender_report(&sender, "send");
	says(status, status_exit(v), words);
}

static void
tell_says(enum verdict v, const char *words)
{
	int status;

	capture_begin(STDERR_FILENO);
	status = tell_report(&teller, "tell", teller.to, v);
	says(status, status_exit(v), words);
}

START_TEST(sent)
{
	send_says(VERDICT_OK, "");
	send_says(VERDICT_INBOX_FULL, status_words(VERDICT_INBOX_FULL));
	send_says(VERDICT_UNCONFIRMED, "repeat with: pchat send --id " HEX_OF_7 ", and the same text");
	(void)snprintf(sender.partner, sizeof(sender.partner), "bob");
	send_says(VERDICT_UNCONFIRMED, "pchat send --to bob --id " HEX_OF_7);
	(void)snprintf(l.words, sizeof(l.words), "no session at all");
	send_says(VERDICT_NO_SESSION, "no session at all");
	send_says(VERDICT_FAILED, "no session at all");
	sender.problem = -EIO;
	send_says(VERDICT_FAILED, "cannot read the message: ");
	send_says(VERDICT_TIMED_OUT, status_words(VERDICT_TIMED_OUT));
	sender.last_end = ENDING_QUIT;
	send_says(VERDICT_NOT_PAIRED, "your partner quit; ");
	sender.to = "carol";
	send_says(VERDICT_WRONG_PARTNER, "carol: ");
}
END_TEST

/* Of a feed that has lines it is said which one. */
START_TEST(sent_by_lines)
{
	feed.separator = '\n';
	feed.taken = 8;
	send_says(VERDICT_STORAGE, "pchat: line 3: ");
	send_says(VERDICT_EMPTY, "pchat: line 9: "); /* the one that was read */
	send_says(VERDICT_UNCONFIRMED, "line 3: unconfirmed");
	feed.separator = 0;
	send_says(VERDICT_STORAGE, "pchat: message 3: ");
}
END_TEST

START_TEST(progress)
{
	capture_begin(STDERR_FILENO);
	sender_report_progress(7, false);
	sender_report_progress(9, true);
	ck_assert_str_eq(capture_end(), "\r7 delivered\r9 delivered\n");
}
END_TEST

START_TEST(told)
{
	tell_says(VERDICT_OK, "");
	tell_says(VERDICT_KEPT, "bob: ");
	tell_says(VERDICT_EMPTY, "the note is empty");
	tell_says(VERDICT_TOO_LONG, "the note is too long");
	tell_says(VERDICT_UNCONFIRMED, "pchat tell --id " HEX_OF_7 " bob, and the same text");
	tell_says(VERDICT_STORAGE, "bob: ");
	teller.later = true;
	tell_says(VERDICT_STORAGE, "or the daemon's");
	tell_says(VERDICT_NO_DAEMON, status_words(VERDICT_NO_DAEMON));
	(void)snprintf(l.words, sizeof(l.words), "it is gone");
	tell_says(VERDICT_NO_DAEMON, "it is gone");
	tell_says(VERDICT_FAILED, "it is gone");
	teller.problem = -EIO;
	tell_says(VERDICT_FAILED, "cannot read the note: ");
	tell_says(VERDICT_NO_NOTES, "bob: ");
	teller.daemon.socket = "/run/pchat/pchat.sock";
	tell_says(VERDICT_NO_SUCH_USER, "pchat: bob: ");
	feed.separator = '\n';
	tell_says(VERDICT_NO_NOTES, "line 3: bob: ");
}
END_TEST

/* What is to be typed is of this session, and of this daemon, whatever shell it is typed in. */
START_TEST(the_session_is_named)
{
	(void)snprintf(l.shown, sizeof(l.shown), "lab/alice");
	teller.daemon.socket = "/tmp/it's here.sock";
	tell_says(VERDICT_UNCONFIRMED, "with: pchat tell --id "); /* by a variable, which is there still */
	teller.daemon.explicit = true;
	tell_says(VERDICT_UNCONFIRMED, "with: pchat --socket '/tmp/it'\\''s here.sock' tell --id " HEX_OF_7 " bob, ");
	l.chosen = true;
	teller.session = true;
	teller.later = true;
	tell_says(VERDICT_UNCONFIRMED, "with: pchat -s lab/alice tell --later --id " HEX_OF_7 " bob, ");
	send_says(VERDICT_UNCONFIRMED, "with: pchat -s lab/alice send --id " HEX_OF_7 ", ");
	feed.separator = '\n';
	tell_says(VERDICT_UNCONFIRMED, "with: pchat -s lab/alice tell --later -l --id " HEX_OF_7 " bob");
	(void)snprintf(sender.partner, sizeof(sender.partner), "bob");
	send_says(VERDICT_UNCONFIRMED, "with: pchat -s lab/alice send -l --to bob --id " HEX_OF_7);
}
END_TEST

static void
becomes(const char *text, const char *wanted)
{
	char out[64];

	(void)snprintf(out, sizeof(out), "%s", text);
	hint_complete(out, sizeof(out));
	ck_assert_str_eq(out, wanted);
}

/* What -s chose stands in every sentence that names a command, but not in what others have written. */
START_TEST(the_chosen_session_is_named)
{
	becomes("'pchat quit' and log in again", "'pchat quit' and log in again");
	hint_choose("lab/al");
	becomes("'pchat quit' and log in again", "'pchat -s lab/al quit' and log in again");
	becomes("say pchat read, pchat to NAME", "say pchat -s lab/al read, pchat -s lab/al to NAME");
	becomes("pchat login, pchat reader, xpchat read, pchat -s x read",
	    "pchat login, pchat reader, xpchat read, pchat -s x read");
	becomes("bob: \"a \\\" pchat quit\" pchat who", "bob: \"a \\\" pchat quit\" pchat -s lab/al who");
	becomes("pchat read 012345678901234567890123456789012345678901234",
	    "pchat read 012345678901234567890123456789012345678901234");
	sender.last_end = 0;
	send_says(VERDICT_NOT_PAIRED, "'pchat -s lab/al to NAME'");
	ck_assert_str_eq(hint_chosen(), "-s lab/al ");
	hint_choose(NULL);
	ck_assert_str_eq(hint_chosen(), "");
	becomes("'pchat quit'", "'pchat quit'");
}
END_TEST

START_TEST(told_as_json)
{
	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	tell_report_delivered(&teller, false);
	tell_report_delivered(&teller, true);
	ck_assert_str_eq(capture_end(),
	    "{\"delivered\":true,\"kept\":false,\"to\":\"bob\",\"msgid\":\"" HEX_OF_7 "\"}\n"
	    "{\"delivered\":false,\"kept\":true,\"to\":\"bob\",\"msgid\":\"" HEX_OF_7 "\"}\n");
}
END_TEST

Suite *
sender_report_suite(void)
{
	Suite *s = suite_create("sender_report");
	TCase *tc = tcase_create("sender_report");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, sent);
	tcase_add_test(tc, sent_by_lines);
	tcase_add_test(tc, progress);
	tcase_add_test(tc, told);
	tcase_add_test(tc, the_session_is_named);
	tcase_add_test(tc, the_chosen_session_is_named);
	tcase_add_test(tc, told_as_json);
	suite_add_tcase(s, tc);
	return s;
}
