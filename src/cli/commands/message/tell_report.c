/* What a command says of the notes that it told. */
#include "cli/commands/message/tell_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "net/endpoint.h"
#include "proto/status.h"

/* A name holds nothing that JSON would have to escape. */
void
tell_report_delivered(const struct teller *t, bool kept)
{
	char msgid[IDENT_HEX_LEN + 1];

	ident_format(&t->id, msgid);
	output_printf("{\"delivered\":%s,\"kept\":%s,\"to\":\"%s\",\"msgid\":\"%s\"}\n", kept ? "false" : "true",
	    kept ? "true" : "false", t->to, msgid);
	(void)output_flush(); /* what failed is told in the end */
}

/* "line 7: ", for a feed that has lines. */
static void
which(const struct teller *t, char *out, size_t size)
{
	char number[24];

	out[0] = '\0';
	if (t->feed->separator == FEED_WHOLE)
		return;
	(void)snprintf(number, sizeof(number), "%" PRIu64, t->count + 1);
	(void)snprintf(out, size, t->feed->separator == '\n' ? _("line %s: ") : _("note %s: "), number);
}

static int
report_unconfirmed(const struct teller *t, const char *command, const char *whom, const char *line)
{
	const char *const later = t->later ? "--later " : "";
	const char *const socket = !t->session && t->daemon.explicit ? t->daemon.socket : NULL;
	char hex[IDENT_HEX_LEN + 1], hint[HINT_MAX];

	ident_format(&t->id, hex);
	(void)hint_command(t->link, socket, command, hint);
	if (t->feed->separator == FEED_WHOLE)
		return report_message(VERDICT_UNCONFIRMED, hex,
		    "%sunconfirmed: it may or may not arrive; repeat it with: pchat %s %s--id %s %s, and the same text",
		    line, hint, later, hex, whom);
	return report_message(VERDICT_UNCONFIRMED, hex,
	    "%sunconfirmed: it may or may not arrive; repeat from there with: pchat %s %s%s--id %s %s", line, hint,
	    later, feed_option(t->feed), hex, whom);
}

/* Nobody of that name: on a daemon of the user's own nobody else is there at all. */
static int
report_nobody(const struct teller *t, const char *line)
{
	char whom[64 + NAME_MAX_LEN + 1];
	const char *alone = NULL;

	if (t->session)
		alone = link_alone(t->link);
	else if (!endpoint_path(t->daemon.socket))
		alone = link_alone_words();
	if (!alone)
		return report(VERDICT_NO_SUCH_USER, "%s%s: %s", line, t->to, _(status_words(VERDICT_NO_SUCH_USER)));
	(void)snprintf(whom, sizeof(whom), "%s%.*s", line, (int)NAME_MAX_LEN, t->to);
	return report(VERDICT_NO_SUCH_USER, "%s: %s (%s)", whom, _(status_words(VERDICT_NO_SUCH_USER)), alone);
}

/* Why the daemon is not reached: of a session at another host its helper knows what ssh waits for. */
static const char *
daemon_words(const struct teller *t)
{
	if (t->link->words[0])
		return t->link->words;
	if (t->session && t->link->host[0] && link_timed_out(t->link) == VERDICT_NO_DAEMON)
		return t->link->words;
	return _(status_words(VERDICT_NO_DAEMON));
}

int
tell_report(const struct teller *t, const char *command, const char *whom, enum verdict v)
{
	char line[64];

	which(t, line, sizeof(line));
	switch (v) {
	case VERDICT_OK:
		return 0;
	case VERDICT_KEPT:
		remark("%s: %s", t->to, _(status_words(v)));
		return status_exit(v);
	case VERDICT_STORAGE:
		if (t->later) /* whose disk it was is not told */
			return report(v, "%s%s: not delivered: the other's disk, or the daemon's, could not store it",
			    line, t->to);
		return report(v, "%s%s: %s", line, t->to, _(status_words(v)));
	case VERDICT_UNCONFIRMED:
		return report_unconfirmed(t, command, whom, line);
	case VERDICT_EMPTY:
		return report(v, "%sthe note is empty; a note has 1 to %u bytes", line, NOTE_MAX);
	case VERDICT_TOO_LONG:
		return report(v, "%sthe note is too long; a note has 1 to %u bytes", line, NOTE_MAX);
	case VERDICT_FAILED:
		if (t->problem != 0)
			return report(v, "cannot read the note: %s", error_words(-t->problem));
		return report(v, "%s%s", line, t->link->words[0] ? t->link->words : _(status_words(v)));
	case VERDICT_NO_DAEMON:
		return report(v, "%s%s", line, daemon_words(t));
	case VERDICT_USAGE: /* of the socket that was named */
	case VERDICT_NO_SESSION:
		return report(v, "%s%s", line, t->link->words[0] ? t->link->words : _(status_words(v)));
	case VERDICT_NO_SUCH_USER:
		return report_nobody(t, line);
	case VERDICT_OLD_DAEMON:
	case VERDICT_TIMED_OUT:
		return report(v, "%s%s", line, _(status_words(v)));
	default:
		return report(v, "%s%s: %s", line, t->to, _(status_words(v)));
	}
}
