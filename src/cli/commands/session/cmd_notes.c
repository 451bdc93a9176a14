/* pchat notes: take notes, or none; what the daemon keeps of one's own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "client/daemon_link.h"
#include "proto/feature.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_KEPT, 0, "kept", OPTION_NOTHING, NULL, N_("list your notes that the daemon keeps for others") },
	{ OPT_CANCEL, 0, "cancel", OPTION_IDENT, "ID", N_("cancel one of them") },
	{ 0 },
};

/* ------------------------------------------------------------------------- taken, or not */

static int
switch_notes(struct invocation *inv)
{
	const char *what = inv->opt.operands[0];
	const uint64_t deadline = options_deadline(&inv->opt);
	struct control_message request = { .type = CONTROL_RULE };
	enum verdict v;

	if (strcmp(what, "on") != 0 && strcmp(what, "off") != 0)
		return report(VERDICT_USAGE, "notes are on or off, not '%.64s'", what);
	request.u.rule.notes = what[1] == 'n' ? 2 : 1;
	inv->link.revive = true;
	inv->link.features = FEATURE_NOTES;
	v = command_find_session(inv);
	if (v == VERDICT_OK && (v = link_connect(&inv->link, deadline)) == VERDICT_OK)
		v = link_command(&inv->link, &request, deadline);
	if (v != VERDICT_OK && inv->link.features == 0)
		v = link_old_helper(&inv->link, VERDICT_FAILED);
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

/* ------------------------------------------------------------------------- kept by the daemon */

/* That of the session. */
static enum verdict
daemon_of_session(struct invocation *inv, struct daemon_link *d)
{
	static struct link_daemon daemon;
	enum verdict v = command_find_session(inv);

	if (v != VERDICT_OK || (v = link_daemon_of(&inv->link, &daemon)) != VERDICT_OK)
		return v;
	d->own = !daemon.socket[0];
	d->socket = d->own ? NULL : daemon.socket;
	d->explicit |= daemon.explicit;
	return VERDICT_OK;
}

/* The one that keeps what `tell --later` has told it: where -s or PCHAT_SESSION names a session, that of the session. */
static int
open_daemon(struct invocation *inv, struct daemon_link *d)
{
	const struct options *o = &inv->opt;
	const char *session = o->text[OPT_SESSION] ? o->text[OPT_SESSION] : getenv("PCHAT_SESSION");
	const struct link_wish wish = { .socket = o->text[OPT_SOCKET] };
	enum verdict v;

	*d = (struct daemon_link){ .link = &inv->link, .explicit = o->given[OPT_SOCKET] };
	v = session && session[0] ? daemon_of_session(inv, d) : link_named_socket(&inv->link, &wish, &d->socket);
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

/* The daemon may be another host's: a name that is none is shown as what it is, since the id is what one asks for. */
static void
show(const struct kept_entry *e, bool json)
{
	char msgid[IDENT_HEX_LEN + 1], time[FORMAT_TIME_MAX], name[FORMAT_SAFE_MAX];

	ident_format(&e->msgid, msgid);
	if (json) {
		format_json_line(json_pack("{sssosssI}", "msgid", msgid, "to", format_json_text(e->name), "time",
		    format_json_time(e->time_ms, time), "bytes", (json_int_t)e->length));
		return;
	}
	rows_begin();
	output_printf(
	    translate_count("%s  %s  %5u byte   for %s\n", "%s  %s  %5u bytes  for %s\n", (unsigned long)e->length),
	    msgid, format_time(e->time_ms, time), (unsigned)e->length, format_safe(e->name, name));
	rows_end();
}

static int
list_kept(struct invocation *inv)
{
	struct upstream_message request = { .type = UPSTREAM_KEPT }, reply;
	struct daemon_link d;
	uint64_t count = 0;
	enum verdict v;
	int rc;

	if ((rc = open_daemon(inv, &d)) != 0)
		return rc;
	(void)rows_setup();
	do {
		v = daemon_link_call(&d, &request, options_deadline(&inv->opt), UPSTREAM_KEPT_PAGE, &reply);
		if (v != VERDICT_OK)
			return report(v, "%s", inv->link.words[0] ? inv->link.words : _(status_words(v)));
		for (uint32_t i = 0; i < reply.u.kept_page.count; i++)
			show(&reply.u.kept_page.entry[i], inv->opt.given[OPT_JSON]);
		count += reply.u.kept_page.count;
		request.u.kept.cursor = reply.u.kept_page.next;
	} while (request.u.kept.cursor != 0);
	return status_exit(count > 0 ? VERDICT_OK : VERDICT_NOTHING);
}

static int
cancel(struct invocation *inv)
{
	struct upstream_message request = { .type = UPSTREAM_UNTELL }, reply;
	struct daemon_link d;
	enum verdict v;
	int rc;

	(void)ident_parse(inv->opt.text[OPT_CANCEL], &request.u.untell.msgid);
	if ((rc = open_daemon(inv, &d)) != 0)
		return rc;
	v = daemon_link_call(&d, &request, options_deadline(&inv->opt), UPSTREAM_TOLD, &reply);
	if (v == VERDICT_OK)
		v = (enum verdict)reply.u.told.verdict;
	else
		return report(v, "%s", inv->link.words[0] ? inv->link.words : _(status_words(v)));
	switch (v) {
	case VERDICT_OK:
		return 0;
	case VERDICT_NOTHING:
		return report(v, "the daemon keeps no note of yours under that id; it may have been delivered");
	case VERDICT_UNCONFIRMED:
		return report(v, "not cancelled: the note is just being kept or delivered; ask again in a minute");
	case VERDICT_STORAGE:
		return report(VERDICT_FAILED,
		    "it could not be erased from the daemon's disk: it may still be delivered after the daemon has "
		    "been started again");
	default:
		return report(v, "%s", _(status_words(v)));
	}
}

static int
notes_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;

	if (o->given[OPT_KEPT] + o->given[OPT_CANCEL] + o->operand_count != 1)
		return report(VERDICT_USAGE, "notes: on, off, --kept or --cancel ID?");
	if (o->given[OPT_KEPT])
		return list_kept(inv);
	return o->given[OPT_CANCEL] ? cancel(inv) : switch_notes(inv);
}

const struct command command_notes = {
	.name = "notes",
	.operands = "[on|off]",
	.summary = N_("accept notes (see tell) or refuse them; list those of yours that the daemon keeps"),
	.examples = "pchat notes off\n"
		    "pchat notes --kept\n",
	.details = N_("Notes are taken unless you turn them off. This is remembered across logins. --kept and\n"
		      "--cancel need no session: they are about the notes of your account. Exit status 1:\n"
		      "there is none.\n"),
	.options = options,
	.max_operands = 1,
	.run = notes_run,
};
