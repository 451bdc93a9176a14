/* pchat send: messages out, and the truth about each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/commands/message/sender_report.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "net/random.h"

static const struct option_row options[] = {
	{ OPT_TO, 0, "to", OPTION_NAME, "NAME", "only if NAME is the partner" },
	{ OPT_LINES, 'l', "lines", OPTION_NOTHING, NULL, "each line is a message, sent as it comes" },
	{ OPT_NUL, '0', "null", OPTION_NOTHING, NULL, "each piece that ends with a NUL is a message" },
	{ OPT_FILE, 'f', "file", OPTION_TEXT, "FILE", "read FILE, - being standard input" },
	{ OPT_ID, 0, "id", OPTION_IDENT, "ID", "repeat an unconfirmed message: it arrives once" },
	{ 0 },
};

static struct feed feed;
static struct sender sender;

/* Opens what the messages come from; reports what cannot be. */
static int
open_feed(const struct options *o)
{
	const int separator = o->given[OPT_LINES] ? '\n' : o->given[OPT_NUL] ? '\0' : FEED_WHOLE;
	int fd = STDIN_FILENO;

	if (o->operand_count > 0) {
		feed_words(&feed, o->operands, o->operand_count);
		return 0;
	}
	if (o->given[OPT_FILE] && strcmp(o->text[OPT_FILE], "-") != 0 &&
	    (fd = open(o->text[OPT_FILE], O_RDONLY | O_CLOEXEC)) < 0)
		return report(VERDICT_FAILED, "cannot open '%s': %s", o->text[OPT_FILE], strerror(errno));
	if (fd == STDIN_FILENO && isatty(fd))
		remark("type the %s; ^D ends", separator == FEED_WHOLE ? "message" : "messages");
	feed_descriptor(&feed, fd, separator);
	return 0;
}

static int
contradiction(const struct options *o)
{
	if (o->given[OPT_LINES] && o->given[OPT_NUL])
		return report(VERDICT_USAGE, "send: -l and -0 cannot be used together");
	if (o->operand_count > 0 && (o->given[OPT_LINES] || o->given[OPT_NUL] || o->given[OPT_FILE]))
		return report(VERDICT_USAGE,
		    "send: TEXT cannot be used together with -l, -0 or -f; put -- before text that begins with '-'");
	return 0;
}

static void
tell_hungry(void)
{
	remark(feed.separator == FEED_WHOLE ? "reading the message: it is sent when the input ends; ^C gives up"
					    : "reading messages until the input ends; ^C gives up");
}

static int
send_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct ident id;
	int rc;

	if ((rc = contradiction(o)) != 0 || (rc = open_feed(o)) != 0)
		return rc;
	if (o->given[OPT_ID])
		(void)ident_parse(o->text[OPT_ID], &id);
	else if ((rc = random_ident(&id)) < 0)
		return report(VERDICT_FAILED, "no random numbers: %s", strerror(-rc));
	sender_init(&sender, &inv->link, &feed, &id, o->given[OPT_ID]);
	sender.to = o->text[OPT_TO];
	sender.timeout_ms = options_timeout(o, SEND_TIMEOUT_SECONDS * 1000);
	if (feed.separator != FEED_WHOLE && !o->given[OPT_QUIET] && !isatty(feed.fd) && isatty(STDERR_FILENO))
		sender.progress = sender_report_progress;
	if (feed.separator == FEED_WHOLE && feed.fd >= 0 && o->given[OPT_TIMEOUT])
		sender.feed_deadline = options_deadline(o);
	if (feed.fd >= 0 && !isatty(feed.fd) && isatty(STDERR_FILENO))
		sender.hungry = tell_hungry;
	(void)sender_run(&sender);
	return sender_report(&sender, "send");
}

const struct command command_send = {
	.name = "send",
	.operands = "[TEXT...]",
	.summary = "send a message, and wait until it is on the partner's disk",
	.examples = "pchat send \"lunch?\"\n"
		    "make 2>&1 | tail -5 | pchat send\n"
		    "tail -f log | grep --line-buffered . | pchat send -l\n"
		    "pchat send --to bob -f notes.txt || echo \"bob did not get it\"\n",
	.details = "Words are joined by a space. Without TEXT all of standard input is one message,\n"
		   "its last newline dropped. Options stand before TEXT; put -- before a variable:\n"
		   "    pchat send -- \"$line\"\n"
		   "Exit status 0 means delivered; 75 means it may or may not arrive, and prints the\n"
		   "id to repeat it with; everything else means it was certainly not delivered. With\n"
		   "--id, status 8, 71 and 124 become 75: an earlier attempt may have arrived.\n",
	.options = options,
	.max_operands = OPERANDS_ANY,
	.takes_text = true,
	.needs_session = true,
	.run = send_run,
};
