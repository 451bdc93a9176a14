/* pchat history: what was said, by both sides, also when logged out; or forgets it. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/line/when.h"
#include "cli/output/colour.h"
#include "cli/output/format.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/pager.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "client/history_open.h"
#include "client/records.h"
#include "proto/feature.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_NUMBER, 'n', "number", OPTION_COUNT, "N", N_("the latest N records") },
	{ OPT_SINCE, 0, "since", OPTION_TEXT, "WHEN",
	    N_("only what was said since WHEN: 2026-11-23, 12:01, today, yesterday, 90m, 2h, 3d") },
	{ OPT_GREP, 0, "grep", OPTION_TEXT, "TEXT", N_("messages that hold TEXT, in upper or lower case") },
	{ OPT_FULL_TIME, 0, "full-time", OPTION_NOTHING, NULL,
	    N_("date and time with each record, also on a terminal") },
	{ OPT_NO_PAGER, 0, "no-pager", OPTION_NOTHING, NULL, N_("do not use $PAGER") },
	{ OPT_DELETE, 0, "delete", OPTION_NOTHING, NULL, N_("forget it for good, instead of showing it") },
	{ OPT_BEFORE, 0, "before", OPTION_TEXT, "WHEN", N_("with --delete: only what was said before WHEN") },
	{ OPT_UNREAD, 0, "unread", OPTION_NOTHING, NULL, N_("with --delete: unread records as well") },
	{ 0 },
};

struct printing {
	bool json, paged;
	const char *self;
	uint64_t count;
};

static void
show(const struct record *r, void *context)
{
	struct printing *p = context;

	if (p->count++ == 0 && p->paged)
		pager_begin();
	if (p->json)
		format_json_record(r, p->self);
	else
		format_text_record(r, p->self);
}

/* Makes the request of the options; 0, or the exit status of what is wrong with them. */
static int
request_of(const struct options *o, struct control_message *m)
{
	m->type = CONTROL_HISTORY;
	if (o->operand_count > 0)
		(void)snprintf(m->u.history.partner, sizeof(m->u.history.partner), "%s", o->operands[0]);
	if (o->given[OPT_NUMBER])
		m->u.history.limit = (uint32_t)o->number[OPT_NUMBER];
	if (o->given[OPT_SINCE] && !when_parse(o->text[OPT_SINCE], clock_wall_ms(), &m->u.history.since_ms))
		return report(VERDICT_USAGE,
		    "--since: '%.64s' is not a time; write 2026-11-23, '2026-11-23 12:01', 12:01, today, yesterday, a "
		    "record's time under --json, or how long ago: 90s, 30m, 2h, 3d, 1w",
		    o->text[OPT_SINCE]);
	if (o->given[OPT_GREP] && strlen(o->text[OPT_GREP]) >= sizeof(m->u.history.grep))
		return report(VERDICT_USAGE, "--grep takes %zu bytes at most", sizeof(m->u.history.grep) - 1);
	if (o->given[OPT_GREP])
		(void)snprintf(m->u.history.grep, sizeof(m->u.history.grep), "%s", o->text[OPT_GREP]);
	return 0;
}

static int
report_end(const struct link *l, enum verdict v)
{
	switch (v) {
	case VERDICT_STORAGE:
		return report(VERDICT_FAILED,
		    "some of the history of '%s' cannot be read: its disk, or a file of it, is damaged", l->shown);
	case VERDICT_FAILED:
		if (l->words[0])
			break;
		return report(
		    v, "the history of '%s' cannot be read: its folder, or a file in it, is closed to you", l->shown);
	case VERDICT_STALE:
		return report(VERDICT_FAILED, "the reader of the history of '%s' ended early", l->shown);
	default:
		break;
	}
	return report(v, "%s", l->words[0] ? l->words : _(status_words(v)));
}

/* ------------------------------------------------------------------------- forgetting */

/* Makes the request of the options; 0, or the exit status of what is wrong with them. */
static int
forget_request_of(const struct options *o, struct control_message *m)
{
	m->type = CONTROL_FORGET;
	if (o->given[OPT_NUMBER] || o->given[OPT_SINCE] || o->given[OPT_GREP])
		return report(VERDICT_USAGE, "--delete takes a NAME, --before and --unread, and nothing else");
	if (o->operand_count > 0)
		(void)snprintf(m->u.forget.partner, sizeof(m->u.forget.partner), "%s", o->operands[0]);
	m->u.forget.unread = o->given[OPT_UNREAD];
	if (o->given[OPT_BEFORE] && !when_parse(o->text[OPT_BEFORE], clock_wall_ms(), &m->u.forget.before_ms))
		return report(VERDICT_USAGE,
		    "--before: '%.64s' is not a time; write 2026-11-23, '2026-11-23 12:01', 12:01, today, yesterday, a "
		    "record's time under --json, or how long ago: 90s, 30m, 2h, 3d, 1w",
		    o->text[OPT_BEFORE]);
	return 0;
}

static int
report_forgotten(const struct link *l, enum verdict v, uint32_t count)
{
	switch (v) {
	case VERDICT_OK:
		if (count == 0)
			remark("what was typed in a chat is forgotten; there was nothing else");
		else
			remark(translate_count("%u record is forgotten", "%u records are forgotten", count), count);
		return 0;
	case VERDICT_NOTHING:
		remark("there is nothing to forget");
		return status_exit(v);
	case VERDICT_USAGE:
		return report(v,
		    translate_count("nothing is forgotten: %u of these records is unread; read it, or add --unread",
			"nothing is forgotten: %u of these records are unread; read them, or add --unread", count),
		    count);
	case VERDICT_STORAGE:
		return report(VERDICT_FAILED,
		    "not everything could be forgotten: the disk is full, or a file is damaged or in use; try again");
	default:
		return report_end(l, v);
	}
}

static int
forget_run(struct invocation *inv)
{
	struct control_message request = { 0 }, end = { 0 };
	const struct options *o = &inv->opt;
	const struct link_wish wish = { .session = o->text[OPT_SESSION], .socket = o->text[OPT_SOCKET] };
	const int rc = forget_request_of(o, &request);
	enum verdict v;

	if (rc != 0)
		return rc;
	if ((v = history_open(&inv->link, &wish)) != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	v = records_batch(&inv->link, &request, deadline_in(options_timeout(o, UINT64_MAX)), NULL, NULL, &end);
	return report_forgotten(&inv->link, v, end.type == CONTROL_READ_END ? end.u.read_end.count : 0);
}

/* ------------------------------------------------------------------------- showing */

/* A helper of an older pchat is asked again without notes, which it has none of. */
static enum verdict
read_history(struct link *l, const struct link_wish *wish, struct control_message *request, uint64_t deadline,
    struct printing *p)
{
	struct control_message end;
	enum verdict v;

	request->u.history.notes = true;
	v = records_batch(l, request, deadline, show, p, &end);
	if (v != VERDICT_STALE || l->features != 0)
		return v;
	if ((v = history_open(l, wish)) != VERDICT_OK)
		return v;
	request->u.history.notes = false;
	return records_batch(l, request, deadline, show, p, &end);
}

static int
history_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct printing p = {
		.json = o->given[OPT_JSON],
		.paged = !o->given[OPT_NO_PAGER],
		.self = inv->link.name,
	};
	const struct link_wish wish = { .session = o->text[OPT_SESSION], .socket = o->text[OPT_SOCKET] };
	bool terminal;
	struct control_message request = { 0 };
	int rc = request_of(o, &request);
	enum verdict v;

	if (o->given[OPT_DELETE])
		return forget_run(inv);
	if (o->given[OPT_BEFORE] || o->given[OPT_UNREAD])
		return report(VERDICT_USAGE, "--before and --unread belong to --delete");
	if (rc != 0)
		return rc;
	inv->link.features = FEATURE_NOTES;
	if ((v = history_open(&inv->link, &wish)) != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	colour_setup(o);
	terminal = rows_setup();
	format_text_setup((terminal || hint_in_chat()) && !o->given[OPT_FULL_TIME]);
	v = read_history(&inv->link, &wish, &request, deadline_in(options_timeout(o, UINT64_MAX)), &p);
	format_text_end();
	rc = pager_end();
	if (terminal && p.count == 0 && v == VERDICT_NOTHING)
		remark("there is nothing");
	if (rc != 0)
		return rc;
	if (v == VERDICT_OK || v == VERDICT_NOTHING)
		return status_exit(p.count > 0 ? VERDICT_OK : VERDICT_NOTHING);
	return report_end(&inv->link, v);
}

const struct command command_history = {
	.name = "history",
	.operands = "[NAME]",
	.summary = N_("show what was said, with NAME or with everyone, also when logged out"),
	.examples = "pchat history bob\n"
		    "pchat history -n 20\n"
		    "pchat history --since yesterday --grep deploy --json\n"
		    "pchat history --delete bob --before 30d\n",
	.details = N_("On a terminal $PAGER shows the records, with hours and minutes, and a line where the day\n"
		      "changes. Exit status 1: there is nothing. --delete overwrites what was received, sent and\n"
		      "typed in a chat, in every file that holds it. It also removes copies of damaged files.\n"),
	.options = options,
	.max_operands = 1,
	.names_first = true,
	.run = history_run,
};
