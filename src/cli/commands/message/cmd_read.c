/* pchat read: show what arrived, then mark it read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/colour.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "client/records.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_FOLLOW, 'f', "follow", OPTION_NOTHING, NULL, N_("go on until the session ends") },
	{ OPT_WAIT, 0, "wait", OPTION_MAYBE_SECONDS, "SEC", N_("wait until there is something to read") },
	{ OPT_NUMBER, 'n', "number", OPTION_COUNT, "N", N_("at most N records") },
	{ OPT_PEEK, 0, "peek", OPTION_NOTHING, NULL, N_("leave them unread") },
	{ OPT_RAW, 0, "raw", OPTION_NOTHING, NULL, N_("messages only, as they came, each with a newline") },
	{ OPT_NUL, '0', "null", OPTION_NOTHING, NULL, N_("messages only, as they came, each with a NUL") },
	{ OPT_NOTES, 0, "notes", OPTION_NOTHING, NULL, N_("with --raw and -0: notes as well") },
	{ OPT_FULL_TIME, 0, "full-time", OPTION_NOTHING, NULL,
	    N_("date and time with each record, also on a terminal") },
	{ 0 },
};

struct reading {
	struct link *link;
	const struct options *o;
	uint64_t seen;     /* id of the latest record that was shown */
	uint64_t shown;    /* how many records */
	uint64_t deadline; /* for the first one */
	bool follow, messages_only;
	bool terminal; /* people look at it */
	int pipe_size; /* that it had */
	bool drains;   /* into a pipe: what is in it still was not taken */
	bool by_one;   /* and a record is read when it was taken out of it */
	bool unmarked; /* the disk does not take that something was read: what is there is shown all the same */
	bool asked;    /* the next batch was asked for, with what the one before was marked by */
};

static void
show(const struct record *r, void *context)
{
	struct reading *rd = context;

	/* A helper that was started anew gives again what was shown but not marked. */
	if (r->id <= rd->seen)
		return;
	rd->seen = r->id;
	rd->shown++;
	if (rd->messages_only) {
		output_write(r->body, r->length);
		output_write(rd->o->given[OPT_NUL] ? "" : "\n", 1);
	} else if (rd->o->given[OPT_JSON]) {
		format_json_record(r, rd->link->name);
	} else {
		format_text_record(r, rd->link->name);
	}
}

/* Sees to it that the pipe holds little: `read -f | head -1` takes one record, and `read | head -1` no batch that it leaves. */
static bool
narrow_pipe(struct reading *rd)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    (rd->pipe_size = fcntl(STDOUT_FILENO, F_GETPIPE_SZ)) > 0 &&
	    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, (int)sysconf(_SC_PAGESIZE)) > 0;
}

/* Others may write to it as well. */
static void
widen_pipe(const struct reading *rd)
{
	if (rd->drains)
		(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, rd->pipe_size);
}

/* Writes what was shown. Into a pipe until the other end has taken it: one of one page is writable when empty. */
static int
deliver(const struct reading *rd, bool more)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	const int rc = output_flush();

	if (rc < 0 || !rd->drains || !(more || rd->follow))
		return rc;
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		continue;
	return p.revents & POLLOUT ? 0 : -EPIPE;
}

static uint64_t
remaining(const struct reading *rd)
{
	return rd->o->given[OPT_NUMBER] ? rd->o->number[OPT_NUMBER] - rd->shown : UINT64_MAX;
}

static struct control_message
request_of(const struct reading *rd)
{
	struct control_message m = { .type = CONTROL_READ };

	if (rd->o->given[OPT_PEEK] || rd->unmarked) {
		m.u.read.flags |= READ_PEEK;
		m.u.read.after = rd->seen;
	}
	if (rd->messages_only)
		m.u.read.flags |= READ_MESSAGES;
	if (rd->link->features != 0 && (!rd->messages_only || rd->o->given[OPT_NOTES]))
		m.u.read.flags |= READ_NOTES;
	if (rd->follow || (rd->o->given[OPT_WAIT] && rd->shown == 0))
		m.u.read.flags |= READ_WAIT;
	if (rd->o->given[OPT_NUMBER])
		m.u.read.limit = (uint32_t)remaining(rd);
	if (rd->by_one)
		m.u.read.limit = 1;
	return m;
}

/* What was shown up to that record is read. With `goes_on` the next batch is asked for. */
static enum verdict
mark(struct reading *rd, uint64_t last, bool goes_on)
{
	const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);
	const struct control_message next = request_of(rd);
	enum verdict v;

	if (rd->o->given[OPT_PEEK] || rd->unmarked || last == 0)
		return VERDICT_OK;
	v = goes_on ? records_done_and_ask(rd->link, last, &next, deadline)
		    : records_done(rd->link, last, false, deadline);
	rd->asked = goes_on && v != VERDICT_STALE;
	rd->unmarked = v == VERDICT_STORAGE;
	return rd->unmarked ? VERDICT_OK : v;
}

/* Until when a record is waited for: --wait is for the first one, --timeout for all. */
static uint64_t
wait_until(const struct reading *rd)
{
	return rd->shown == 0 || !rd->o->text[OPT_WAIT] ? rd->deadline : UINT64_MAX;
}

static enum verdict
take_batch(struct reading *rd, struct control_message *end)
{
	const struct control_message request = request_of(rd);
	const bool asked = rd->asked, waits = request.u.read.flags & READ_WAIT;
	const uint64_t deadline = waits ? wait_until(rd) : options_deadline(rd->o);
	enum verdict v;

	rd->asked = false;
	if (asked)
		v = records_answer(rd->link, deadline, show, rd, end);
	else
		v = records_batch(rd->link, &request, deadline, show, rd, end);
	/* A wait that ends with nothing read has not failed. */
	return v == VERDICT_TIMED_OUT && waits ? VERDICT_NOTHING : v;
}

/* One batch, shown and marked. OK: there may be more; NOTHING: there is not. */
static enum verdict
one_batch(struct reading *rd)
{
	struct control_message end;
	enum verdict v = take_batch(rd, &end);
	bool goes_on;

	if (v != VERDICT_OK)
		return v;
	goes_on = (end.u.read_end.more || rd->follow) && remaining(rd) > 0;
	if (deliver(rd, end.u.read_end.more && remaining(rd) > 0) < 0)
		return VERDICT_OUTPUT;
	v = mark(rd, end.u.read_end.last, goes_on);
	if (v == VERDICT_OK && !end.u.read_end.more && !rd->follow)
		v = VERDICT_NOTHING;
	return v;
}

static enum verdict
read_all(struct reading *rd)
{
	enum verdict v;

	do {
		v = one_batch(rd);
		if (v == VERDICT_STALE)
			v = link_come_back(
			    rd->link, rd->shown == 0 ? rd->deadline : deadline_in(SEND_TIMEOUT_SECONDS * 1000));
	} while (v == VERDICT_OK && remaining(rd) > 0);
	return v;
}

static int
report_end(const struct reading *rd, enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
		return 0;
	case VERDICT_NOTHING:
		if (rd->terminal && rd->shown == 0)
			remark("nothing new");
		return status_exit(rd->shown > 0 ? VERDICT_OK : VERDICT_NOTHING);
	case VERDICT_OUTPUT: /* main() has the words */
		return status_exit(VERDICT_OUTPUT);
	case VERDICT_STORAGE:
		return report(VERDICT_FAILED, "the inbox of '%s' cannot be read: its disk, or its file, is damaged",
		    rd->link->shown);
	case VERDICT_NO_SESSION:
		if (rd->follow)
			return 0; /* the session ended */
		break;
	default:
		break;
	}
	return report(v, "%s", rd->link->words[0] ? rd->link->words : _(status_words(v)));
}

static int
read_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct reading rd = {
		.link = &inv->link,
		.o = o,
		.follow = o->given[OPT_FOLLOW],
		.messages_only = o->given[OPT_RAW] || o->given[OPT_NUL],
		.deadline = UINT64_MAX,
	};
	enum verdict v;

	if (o->given[OPT_RAW] + o->given[OPT_NUL] + o->given[OPT_JSON] > 1)
		return report(VERDICT_USAGE, "read: --json, --raw and -0 cannot be used together");
	if (o->text[OPT_WAIT])
		rd.deadline = deadline_in(o->number[OPT_WAIT]);
	else if (o->given[OPT_TIMEOUT])
		rd.deadline = deadline_in(o->number[OPT_TIMEOUT]);
	rd.drains = !o->given[OPT_PEEK] && narrow_pipe(&rd);
	rd.by_one = rd.drains && rd.follow;
	inv->link.watch = STDOUT_FILENO;
	colour_setup(o);
	rd.terminal = !rd.messages_only && !o->given[OPT_JSON] && rows_setup();
	format_text_setup(rd.terminal && !o->given[OPT_FULL_TIME]);
	v = read_all(&rd);
	widen_pipe(&rd);
	if (rd.unmarked && (v == VERDICT_OK || v == VERDICT_NOTHING))
		return report(VERDICT_FAILED,
		    "it could not be marked read, and will be shown again: the disk of '%s' is full, or cannot be "
		    "written",
		    inv->link.shown);
	return report_end(&rd, v);
}

const struct command command_read = {
	.name = "read",
	.operands = "",
	.summary = N_("show what arrived, and mark it read"),
	.examples = "pchat read\n"
		    "pchat read -f\n"
		    "pchat read --wait=60 --raw\n"
		    "pchat read --json | jq -r .text\n",
	.details = N_("Records are marked read when they were written without an error; a reader that\n"
		      "is killed loses nothing. Exit status 1: there is nothing to read.\n"),
	.options = options,
	.needs_session = true,
	.knows_notes = true,
	.run = read_run,
};
