/* What a command says of what it has sent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands/message/sender_report.h"

#include "base/errors.h"
#include "base/translate.h"
#include "cli/output/hint.h"
#include "cli/output/report.h"
#include "proto/status.h"

/* "line 7: ", for a feed that has lines. */
static const char *
which(const struct sender *s, char *out, size_t size)
{
	const bool of_feed = s->why == VERDICT_EMPTY || s->why == VERDICT_TOO_LONG;
	char number[24];

	out[0] = '\0';
	if (s->feed->separator == FEED_WHOLE)
		return out;
	(void)snprintf(number, sizeof(number), "%" PRIu64, (of_feed ? s->feed->taken : s->stopped_at) + 1);
	(void)snprintf(out, size, s->feed->separator == '\n' ? _("line %s: ") : _("message %s: "), number);
	return out;
}

static int
report_unconfirmed(const struct sender *s, const char *command)
{
	const struct ident id = ident_add(&s->out.box.first, s->stopped_at);
	char hex[IDENT_HEX_LEN + 1], line[48], to[NAME_MAX_LEN + 16] = "", hint[HINT_MAX];

	ident_format(&id, hex);
	(void)hint_command(s->link, NULL, command, hint);
	(void)snprintf(to, sizeof(to), "%s%s%s%s", feed_option(s->feed), s->partner[0] ? "--to " : "", s->partner,
	    s->partner[0] ? " " : "");
	if (s->feed->separator == FEED_WHOLE)
		return report_message(VERDICT_UNCONFIRMED, hex,
		    "unconfirmed: it may or may not arrive; repeat with: pchat %s %s--id %s, and the same text", hint,
		    to, hex);
	return report_message(VERDICT_UNCONFIRMED, hex,
	    "%sunconfirmed: it may or may not arrive; repeat from there with: pchat %s %s--id %s",
	    which(s, line, sizeof(line)), hint, to, hex);
}

/* The cause, before what it led to. */
static const char *
last_words(uint8_t last_end)
{
	switch (last_end) {
	case ENDING_LEFT:
		return _("your partner left the chat; ");
	case ENDING_QUIT:
		return _("your partner quit; ");
	case ENDING_GONE:
		return _("the connection to your partner was lost and did not come back; ");
	default:
		return "";
	}
}

int
sender_report(const struct sender *s, const char *command)
{
	char line[64];

	(void)which(s, line, sizeof(line));
	switch (s->why) {
	case VERDICT_OK:
		return 0;
	case VERDICT_UNCONFIRMED:
		return report_unconfirmed(s, command);
	case VERDICT_FAILED:
		if (s->problem != 0)
			return report(s->why, "cannot read the message: %s", error_words(-s->problem));
		return report(s->why, "%s", s->link->words);
	case VERDICT_NO_SESSION:
		return report(s->why, "%s%s", line, s->link->words);
	case VERDICT_TIMED_OUT:
		if (s->link->host[0] && link_timed_out(s->link) == VERDICT_NO_DAEMON)
			return report(VERDICT_NO_DAEMON, "%s%s; certainly not delivered", line, s->link->words);
		return report(s->why, "%s%s", line, status_words(s->why));
	case VERDICT_NOT_PAIRED:
		return report(s->why, "%s%s%s", line, last_words(s->last_end), _(status_words(s->why)));
	case VERDICT_WRONG_PARTNER:
		return report(s->why, "%s%s%s%s", line, s->to ? s->to : "", s->to ? ": " : "", _(status_words(s->why)));
	default:
		return report(s->why, "%s%s", line, _(status_words(s->why)));
	}
}

void
sender_report_progress(uint64_t delivered, bool last)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, delivered);
	(void)dprintf(STDERR_FILENO, "\r");
	(void)dprintf(STDERR_FILENO, _("%s delivered"), number);
	if (last)
		(void)dprintf(STDERR_FILENO, "\n");
}
