/*
 * pchat with NAME -- COMMAND: a command that lives as long as the chat does.
 * The kernel tells of both ends: the child by a descriptor of its own, the chat by the helper's notices.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "cli/process/child.h"
#include "cli/process/hangup.h"
#include "core/names/name.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_STAY, 0, "stay", OPTION_NOTHING, NULL, N_("stay in the chat when COMMAND has ended") },
	{ 0 },
};

struct pairing {
	struct link *link;
	const char *partner;
	struct child child;
	struct hangup hangup; /* of the child, once the chat is over */
	int signals;          /* what is for the command, as a descriptor */
	uint64_t before;      /* the pair that we were in */
	uint64_t pair;
	bool stay; /* in the chat, whatever becomes of the command */
	bool over; /* the chat is */
};

static enum verdict
pair_with(struct pairing *c, uint64_t deadline)
{
	const struct control_message status = { .type = CONTROL_STATUS };
	struct control_message m;
	const enum verdict v = link_call(c->link, &status, deadline, CONTROL_STATE, &m);

	if (v != VERDICT_OK)
		return v;
	c->before = m.u.state.pair;
	m = (struct control_message){ .type = CONTROL_TO };

	(void)snprintf(m.u.to.name, sizeof(m.u.to.name), "%s", c->partner);
	return link_command(c->link, &m, deadline);
}

/* Asks to be told of changes; learns, or compares, the pair. */
static enum verdict
watch(struct pairing *c, uint64_t deadline)
{
	const struct control_message request = { .type = CONTROL_WATCH };
	struct control_message m;
	const enum verdict v = link_call(c->link, &request, deadline, CONTROL_STATE, &m);

	if (v != VERDICT_OK)
		return v;
	if (c->pair == 0 && name_equal(m.u.state.partner.name, c->partner))
		c->pair = m.u.state.pair;
	c->over = c->pair == 0 || m.u.state.pair != c->pair;
	return VERDICT_OK;
}

/* Notices that arrived. A helper that died is started again; without one the chat is over. */
static void
listen_to_helper(struct pairing *c)
{
	struct control_message m;
	struct frame f;
	int filled = link_fill(c->link), rc;

	while ((rc = link_next(c->link, &f)) > 0)
		if (control_decode(&f, &m) == 0 && m.type == CONTROL_CHANGED)
			c->over |= m.u.state.pair != c->pair;
	if (rc < 0)
		filled = rc;
	if (filled < 0 && !c->over) {
		const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);

		c->over =
		    link_come_back(c->link, deadline) != VERDICT_OK || watch(c, deadline) != VERDICT_OK || c->over;
	}
}

/* Until the child has ended; when the chat has, until all have that it started. */
static void
keep(struct pairing *c)
{
	while (!child_ended(&c->child)) {
		struct pollfd p[3] = {
			{ .fd = c->child.fd, .events = POLLIN },
			{ .fd = c->over ? -1 : c->link->fd, .events = POLLIN },
			{ .fd = c->signals, .events = POLLIN },
		};

		if (c->over && !c->hangup.begun)
			hangup_begin(&c->hangup, &c->child);
		(void)poll(p, 3, hangup_poll_time(&c->hangup));
		hangup_go_on(&c->hangup, &c->child);
		if (p[1].revents)
			listen_to_helper(c);
		if (p[2].revents)
			child_signal(&c->child, child_caught_signal(c->signals));
	}
	hangup_finish(&c->hangup);
}

/* What is sent to us alone is passed on, so that nothing is left behind when we are told to end. */
static int
catch_signals(struct pairing *c)
{
	static const int passed_on[] = { SIGTERM, SIGHUP };

	c->signals = child_catch_signals(passed_on, ARRAY_SIZE(passed_on));
	return c->signals < 0 ? c->signals : 0;
}

/* As a shell does while it waits: what the terminal sends is the command's. */
static void
leave_signals_to_child(void)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
}

/* A chat that was begun for the command ends with it. */
static void
leave(struct pairing *c)
{
	const struct control_message m = { .type = CONTROL_LEAVE };

	if (c->stay || c->pair == c->before)
		return;
	if (link_command(c->link, &m, deadline_in(SEND_TIMEOUT_SECONDS * 1000)) != VERDICT_OK)
		remark("the chat with %s goes on: %s", c->partner, c->link->words);
}

/* 0, or the exit status of what was reported. */
static int
start(struct pairing *c, char *const argv[])
{
	int rc = catch_signals(c);

	if (rc < 0)
		return report(VERDICT_FAILED, "cannot wait for signals: %s", error_words(-rc));
	rc = child_start(&c->child, argv, -1, -1, false);
	return rc < 0 ? report_not_started(argv[0], rc) : 0;
}

static int
with_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	const uint64_t deadline = options_deadline(o);
	struct pairing c = { .link = &inv->link, .partner = o->operands[0], .stay = o->given[OPT_STAY] };
	enum verdict v;
	int rc;

	if (o->dashes > 1)
		return report(
		    VERDICT_USAGE, "'%.64s' is left over: the whole command stands behind the --", o->operands[1]);
	v = pair_with(&c, deadline);
	if (v != VERDICT_OK && v != VERDICT_NO_SESSION && v != VERDICT_FAILED)
		return report(v, "%s: %s", c.partner, inv->link.words);
	if (v == VERDICT_OK)
		v = watch(&c, deadline);
	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	if (c.over)
		return report(VERDICT_LEFT, "%s: left before the command began", c.partner);
	(void)setenv("PCHAT_SESSION", inv->link.shown, 1);
	(void)setenv("PCHAT_PARTNER", c.partner, 1);
	if ((rc = start(&c, o->operands + 1)) != 0) {
		leave(&c);
		return rc;
	}
	leave_signals_to_child();
	keep(&c);
	if (c.over)
		return report(VERDICT_LEFT, "the chat with %s is over; '%s' was ended", c.partner, o->operands[1]);
	leave(&c);
	return child_exit_status(&c.child);
}

const struct command command_with = {
	.name = "with",
	.operands = "NAME -- COMMAND...",
	.missing = N_("with whom, and which command?"),
	.summary = N_("begin to chat with NAME, and run COMMAND while the chat lasts"),
	.examples = "pchat with bob -- tail -f /var/log/syslog\n"
		    "pchat with bob -- sh -c 'while read -r line; do pchat send -- \"$line\"; done'\n",
	.details = N_("When the partner leaves, COMMAND and what it has started get SIGHUP, and the exit\n"
		      "status is 8; else it is COMMAND's own. A chat that was begun for COMMAND ends with it.\n"
		      "COMMAND finds PCHAT_SESSION and PCHAT_PARTNER in its environment.\n"),
	.options = options,
	.min_operands = 2,
	.max_operands = OPERANDS_ANY,
	.names_first = true,
	.needs_session = true,
	.run = with_run,
};
