/* pchat send: messages out, and the truth about each. */
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/message/sender_report.h"
#include "cli/commands/message/text_source.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "net/random.h"

static const struct option_row options[] = {
	{ OPT_TO, 0, "to", OPTION_NAME, "NAME", N_("send only if NAME is the partner") },
	TEXT_SOURCE_ROWS(
	    N_("each line is a message, sent as it comes"), N_("each piece that ends with a NUL is a message")),
	{ OPT_ID, 0, "id", OPTION_IDENT, "ID", N_("repeat an unconfirmed message: it arrives once") },
	{ 0 },
};

static struct feed feed;
static struct sender sender;

static void
tell_hungry(void)
{
	remark(feed.separator == FEED_WHOLE ? N_("reading the message: it is sent when the input ends; ^C gives up")
					    : N_("reading messages until the input ends; ^C gives up"));
}

static int
send_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct ident id;
	int rc;

	if ((rc = text_source_open(o, 0, false, &feed)) != 0)
		return rc;
	if (o->given[OPT_ID])
		(void)ident_parse(o->text[OPT_ID], &id);
	else if ((rc = random_ident(&id)) < 0)
		return report(VERDICT_FAILED, "no random numbers: %s", error_words(-rc));
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
	.summary = N_("send a message, and wait until it is on the partner's disk"),
	.examples = "pchat send \"lunch?\"\n"
		    "make 2>&1 | tail -5 | pchat send\n"
		    "tail -f log | grep --line-buffered . | pchat send -l\n"
		    "pchat send --to bob -f notes.txt || echo \"bob did not get it\"\n",
	.details = N_("Words are joined by a space. Without TEXT all of standard input is one message,\n"
		      "its last newline dropped. With -l or -0, empty input is no message: it needs no\n"
		      "partner, and ends with 0. Options stand before TEXT; put -- before a variable:\n"
		      "    pchat send -- \"$line\"\n"
		      "Exit status 0 means delivered; 75 means it may or may not arrive, and prints the\n"
		      "id to repeat it with; everything else means it was certainly not delivered. With\n"
		      "--id, status 8, 71 and 124 become 75: an earlier attempt may have arrived. But a\n"
		      "text that cannot be read stays 71: to repeat that would not help. Every other\n"
		      "status is about this attempt alone.\n"),
	.options = options,
	.max_operands = OPERANDS_ANY,
	.takes_text = true,
	.needs_session = true,
	.run = send_run,
};
