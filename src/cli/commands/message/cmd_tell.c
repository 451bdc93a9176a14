/* pchat tell: a note to a session, without a conversation. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/message/tell_report.h"
#include "cli/commands/message/text_source.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "client/teller.h"
#include "net/random.h"
#include "proto/feature.h"

static const struct option_row options[] = {
	{ OPT_LATER, 0, "later", OPTION_NOTHING, NULL,
	    N_("have the daemon keep it, if NAME is not logged in (status 12)") },
	TEXT_SOURCE_ROWS(N_("each line is a note, sent as it comes"), N_("each piece that ends with a NUL is a note")),
	{ OPT_ID, 0, "id", OPTION_IDENT, "ID", N_("repeat an unconfirmed note: it arrives once") },
	{ 0 },
};

static struct feed feed;

/* By the session that -s or PCHAT_SESSION names; without one, as the account. */
static enum verdict
find_sender(struct invocation *inv, struct teller *t)
{
	const struct options *o = &inv->opt;
	const char *session = o->text[OPT_SESSION] ? o->text[OPT_SESSION] : getenv("PCHAT_SESSION");
	const struct link_wish wish = { .session = o->text[OPT_SESSION], .socket = o->text[OPT_SOCKET] };

	t->session = session && session[0];
	if (!t->session)
		return link_named_socket(&inv->link, &wish, &t->daemon.socket);
	inv->link.revive = true;
	inv->link.features = FEATURE_NOTES;
	return command_find_session(inv);
}

static int
tell_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct teller t = {
		.link = &inv->link,
		.daemon = { .link = &inv->link, .explicit = o->given[OPT_SOCKET] },
		.feed = &feed,
		.to = o->operands[0],
		.timeout_ms = options_timeout(o, SEND_TIMEOUT_SECONDS * 1000),
		.reading_deadline = o->given[OPT_TIMEOUT] ? options_deadline(o) : UINT64_MAX,
		.later = o->given[OPT_LATER],
		.repeats = o->given[OPT_ID],
		.delivered = o->given[OPT_JSON] ? tell_report_delivered : NULL,
	};
	enum verdict v;
	int rc;

	if ((rc = text_source_open(o, 1, true, &feed)) != 0)
		return rc;
	if (o->given[OPT_ID])
		(void)ident_parse(o->text[OPT_ID], &t.id);
	else if ((rc = random_ident(&t.id)) < 0)
		return report(VERDICT_FAILED, "no random numbers: %s", error_words(-rc));
	if ((v = find_sender(inv, &t)) == VERDICT_OK)
		v = teller_run(&t);
	return tell_report(&t, "tell", t.to, v);
}

const struct command command_tell = {
	.name = "tell",
	.operands = "NAME [TEXT...]",
	.summary = N_("tell NAME something without a chat, and wait until it is in the inbox there"),
	.examples = "make; pchat tell bob \"build: exit $?\"\n"
		    "df -h / | pchat tell bob\n"
		    "pchat -s alice tell bob -- \"$answer\"\n",
	.details = N_("No session is needed: the note is then from your account. With -s or PCHAT_SESSION it is\n"
		      "from that session. A note begins, ends and joins no chat, and 'tell' starts no daemon. A\n"
		      "note has 1 to 4096 bytes. Exit status 0: it is in the inbox; 75: it may or may not arrive; all\n"
		      "else: it was certainly not delivered. With --later a note for an account that is not\n"
		      "logged in is kept by the daemon for 30 days; then the exit status is 12. With -l or -0,\n"
		      "empty input is no note: it needs no NAME to be there, and ends with 0. With --id, status 124\n"
		      "becomes 75: an earlier attempt may have arrived.\n"),
	.options = options,
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.takes_text = true,
	.text_after = 1,
	.names_first = true,
	.run = tell_run,
};
