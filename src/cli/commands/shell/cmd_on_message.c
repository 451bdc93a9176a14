/*
 * pchat on-message -- COMMAND: runs a command for each message, its body on
 * standard input, who and when in its environment. Never through a shell; so many at once; each
 * with a time limit. A message is marked read when its command has started.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "base/write.h"
#include "cli/line/command.h"
#include "cli/output/format.h"
#include "cli/output/report.h"
#include "cli/process/child.h"
#include "client/records.h"
#include "proto/status.h"

#define AT_ONCE_MAX OPTION_FEW_MAX
#define AT_ONCE 4U
#define LIMIT_MS 60000

static const struct option_row options[] = {
	{ OPT_AT_ONCE, 0, "at-once", OPTION_FEW, "N", N_("run at most N commands at once (4; up to 64)") },
	{ OPT_NOTES, 0, "notes", OPTION_NOTHING, NULL, N_("run COMMAND for each note as well") },
	{ OPT_LIMIT, 0, "limit", OPTION_SECONDS, "SEC", N_("end a command that takes longer than SEC seconds (60)") },
	{ 0 },
};

struct hook {
	struct child child;
	uint64_t deadline;
	bool used, ended_by_us;
};

struct hooks {
	struct link *link;
	char *const *argv;
	unsigned at_once, running;
	uint64_t limit_ms;
	bool notes;
	int signals;    /* what ends us in an orderly way, as a descriptor */
	bool asked;     /* a READ is under way */
	uint64_t taken; /* id of the record that was given, and is to be marked; 0: none */
	uint64_t seen;  /* id of the latest record that was started */
	int failed;     /* the command cannot be started: its exit status */
	bool stop;
	struct hook hook[AT_ONCE_MAX];
};

static bool
set_number(const char *name, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	return setenv(name, text, 1) == 0;
}

/* 0, or -ENOMEM: then some of it is of the message before. */
static int
set_environment(const struct record *r, const char *session)
{
	char time[FORMAT_TIME_MAX], msgid[IDENT_HEX_LEN + 1];

	ident_format(&r->msgid, msgid);
	return setenv("PCHAT_SESSION", session, 1) == 0 && setenv("PCHAT_FROM", record_whose(r), 1) == 0 &&
		setenv("PCHAT_TYPE", r->type == RECORD_NOTE ? "note" : "message", 1) == 0 &&
		setenv("PCHAT_ACCOUNT", r->peer.account, 1) == 0 &&
		setenv("PCHAT_TIME", format_json_time(r->time_ms, time), 1) == 0 &&
		setenv("PCHAT_MSGID", msgid, 1) == 0 && set_number("PCHAT_UID", r->peer.uid) &&
		set_number("PCHAT_ID", r->id)
	    ? 0
	    : -ENOMEM;
}

/* The body as a file that nobody else sees: a command that does not read it blocks nobody. */
static int
body_file(const struct record *r)
{
	_cleanup_(closep) int fd = memfd_create("pchat-message", MFD_CLOEXEC);
	int keep, error;

	if (fd < 0)
		return -errno;
	if ((error = write_whole(fd, r->body, r->length)) < 0)
		return error;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	keep = fd;
	fd = -1;
	return keep;
}

static struct hook *
free_hook(struct hooks *h)
{
	for (unsigned i = 0; i < h->at_once; i++)
		if (!h->hook[i].used)
			return &h->hook[i];
	return NULL;
}

static void
start(struct hooks *h, const struct record *r)
{
	struct hook *hook = free_hook(h);
	_cleanup_(closep) int input = body_file(r);
	int rc = input;

	if (rc >= 0)
		rc = set_environment(r, h->link->shown);
	if (rc >= 0)
		rc = child_start(&hook->child, h->argv, input, -1, true);
	if (rc < 0) {
		h->failed = report_not_started(h->argv[0], rc);
		return;
	}
	hook->used = true;
	hook->ended_by_us = false;
	hook->deadline = deadline_in(h->limit_ms);
	h->running++;
	h->taken = h->seen = r->id;
}

/* A helper that ended before it knew what we took gives it again when it is back: it is marked, and runs once. */
static void
take_record(struct hooks *h, const struct record *r)
{
	if (r->id > h->seen)
		start(h, r);
	else
		h->taken = r->id;
}

static void
ask(struct hooks *h)
{
	const struct control_message m = { .type = CONTROL_READ,
		.u.read = { .flags = READ_WAIT | READ_MESSAGES | (h->notes && h->link->features ? READ_NOTES : 0),
		    .limit = 1 } };

	link_queue(h->link, &m);
	h->asked = true;
	h->taken = 0;
}

/* What the helper said: a record to start, or that it was the last one for now. OK: go on. */
static enum verdict
take(struct hooks *h, const struct control_message *m)
{
	struct control_message done = { .type = CONTROL_DONE };

	switch (m->type) {
	case CONTROL_RECORD:
		take_record(h, &m->u.record);
		return VERDICT_OK;
	case CONTROL_READ_END:
		if (m->u.read_end.verdict != VERDICT_OK)
			return m->u.read_end.verdict;
		h->asked = false;
		done.u.done.last = m->u.read_end.last;
		if (h->taken != 0)
			link_queue(h->link, &done);
		return VERDICT_OK;
	case CONTROL_OUTCOME:
		return m->u.outcome.verdict == VERDICT_OK ? VERDICT_OK : link_outcome(h->link, m);
	default:
		return VERDICT_OK;
	}
}

static enum verdict
listen_to_helper(struct hooks *h)
{
	const int filled = link_fill(h->link);
	struct control_message m;
	enum verdict v = VERDICT_OK;
	struct frame f;
	int rc;

	while (v == VERDICT_OK && (rc = link_next(h->link, &f)) != 0) {
		if (rc < 0)
			return rc == -ECONNRESET ? VERDICT_STALE : link_verdict(h->link, rc);
		v = control_decode(&f, &m) < 0 ? link_verdict(h->link, -EPROTO) : take(h, &m);
	}
	return v == VERDICT_OK && filled < 0 ? VERDICT_STALE : v;
}

static void
reap(struct hooks *h, struct hook *hook)
{
	int status;

	if (!hook->used || !child_ended(&hook->child))
		return;
	hook->used = false;
	h->running--;
	status = child_exit_status(&hook->child);
	if (hook->ended_by_us)
		remark("'%s' took too long, and was ended", h->argv[0]);
	else if (status != 0)
		remark("'%s' ended with status %d", h->argv[0], status);
}

static void
look_after_children(struct hooks *h)
{
	for (unsigned i = 0; i < h->at_once; i++) {
		struct hook *hook = &h->hook[i];

		if (hook->used && poll_time(hook->deadline) == 0) {
			hook->ended_by_us = true;
			child_signal(&hook->child, SIGKILL);
			hook->deadline = UINT64_MAX;
		}
		reap(h, hook);
	}
}

static uint64_t
nearest_deadline(const struct hooks *h)
{
	uint64_t nearest = UINT64_MAX;

	for (unsigned i = 0; i < h->at_once; i++)
		if (h->hook[i].used && h->hook[i].deadline < nearest)
			nearest = h->hook[i].deadline;
	return nearest;
}

/* A place for each command that may run: at its end it is readable. */
static void
watch_children(const struct hooks *h, struct pollfd *p)
{
	for (unsigned i = 0; i < h->at_once; i++)
		p[i] = (struct pollfd){ .fd = h->hook[i].used ? h->hook[i].child.fd : -1, .events = POLLIN };
}

/* Waits for the helper, a child, a signal, or a time limit. */
static enum verdict
one_turn(struct hooks *h)
{
	struct pollfd p[2 + AT_ONCE_MAX] = { { .fd = h->link->fd, .events = POLLIN },
		{ .fd = h->signals, .events = POLLIN } };
	enum verdict v = VERDICT_OK;

	if (!h->asked && h->running < h->at_once)
		ask(h);
	if (link_flush(h->link, deadline_in(SEND_TIMEOUT_SECONDS * 1000)) < 0)
		v = VERDICT_STALE;
	watch_children(h, p + 2);
	if (poll(p, 2 + h->at_once, v == VERDICT_STALE ? 0 : poll_time(nearest_deadline(h))) < 0) {
		if (errno != EINTR)
			h->failed = report(VERDICT_FAILED, "cannot wait for messages: %s", error_words(errno));
		return VERDICT_OK;
	}
	look_after_children(h);
	if (p[0].revents)
		v = listen_to_helper(h);
	h->stop = p[1].revents != 0;
	if (v != VERDICT_STALE)
		return v;
	h->asked = false;
	return link_come_back(h->link, deadline_in(SEND_TIMEOUT_SECONDS * 1000));
}

/* The session has ended: what was begun may come to its end, within its limit. */
static void
await_children(struct hooks *h)
{
	while (h->running > 0 && !h->stop) {
		struct pollfd p[1 + AT_ONCE_MAX] = { { .fd = h->signals, .events = POLLIN } };

		watch_children(h, p + 1);
		if (poll(p, 1 + h->at_once, poll_time(nearest_deadline(h))) < 0 && errno != EINTR)
			return;
		look_after_children(h);
		h->stop = p[0].revents != 0;
	}
}

/* Told to end, or failing, we end those that still run with us: nobody would look after them. */
static void
end_children(struct hooks *h)
{
	for (unsigned i = 0; i < h->at_once; i++)
		if (h->hook[i].used)
			child_signal(&h->hook[i].child, SIGTERM);
}

static int
on_message_run(struct invocation *inv)
{
	static struct hooks h;
	static const int ends_us[] = { SIGINT, SIGTERM, SIGHUP };
	const struct options *o = &inv->opt;
	enum verdict v;

	if (o->dashes > 0)
		return report(
		    VERDICT_USAGE, "'%.64s' is left over: the whole command stands behind the --", o->operands[0]);
	if (o->given[OPT_LIMIT] && o->number[OPT_LIMIT] == 0)
		return report(VERDICT_USAGE, "--limit needs more than 0 seconds: it would end every command at once");
	h.link = &inv->link;
	h.argv = o->operands;
	h.at_once = o->given[OPT_AT_ONCE] ? (unsigned)o->number[OPT_AT_ONCE] : AT_ONCE;
	h.notes = o->given[OPT_NOTES];
	h.limit_ms = o->given[OPT_LIMIT] ? o->number[OPT_LIMIT] : LIMIT_MS;
	if ((h.signals = child_catch_signals(ends_us, ARRAY_SIZE(ends_us))) < 0)
		return report(VERDICT_FAILED, "cannot wait for signals: %s", error_words(-h.signals));
	do
		v = one_turn(&h);
	while (v == VERDICT_OK && !h.stop && h.failed == 0);
	(void)!link_flush(h.link, deadline_in(SEND_TIMEOUT_SECONDS * 1000)); /* what was started is read */
	if (v == VERDICT_NO_SESSION)
		await_children(&h);
	end_children(&h);
	if (h.failed)
		return h.failed;
	if (h.stop || v == VERDICT_NO_SESSION)
		return 0; /* the session ended, or we were told to */
	return report(v, "%s", inv->link.words[0] ? inv->link.words : _(status_words(v)));
}

const struct command command_on_message = {
	.name = "on-message",
	.operands = "-- COMMAND...",
	.missing = N_("which command?"),
	.summary = N_("run COMMAND for each message that arrives"),
	.examples = "pchat on-message -- notify-send 'a message'\n"
		    "pchat on-message -- sh -c 'echo \"$PCHAT_FROM: $(cat)\" >>messages.txt'\n",
	.details = N_("The body is on COMMAND's standard input; PCHAT_FROM, PCHAT_ACCOUNT, PCHAT_UID,\n"
		      "PCHAT_ID, PCHAT_MSGID, PCHAT_TIME, PCHAT_TYPE (message, note) and PCHAT_SESSION are in\n"
		      "its environment. The body is never given to a shell. 'on-message' runs until the\n"
		      "session ends.\n"),
	.options = options,
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.needs_session = true,
	.knows_notes = true,
	.run = on_message_run,
};
