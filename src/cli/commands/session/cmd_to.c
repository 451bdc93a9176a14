/* pchat to: begin a chat, or wait for one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/partner.h"
#include "cli/output/report.h"
#include "proto/feature.h"
#include "proto/status.h"
#include "proto/upstream.h"

#define PATIENCE_MS 300 /* a shorter wait is not told, nor is one by an older helper before */

static const struct option_row options[] = {
	{ OPT_WAIT, 0, "wait", OPTION_MAYBE_SECONDS, "SEC", N_("if NAME is busy, queue until it is free") },
	{ 0 },
};

static uint64_t
limit(const struct options *o)
{
	if (!o->given[OPT_WAIT])
		return options_timeout(o, SEND_TIMEOUT_SECONDS * 1000);
	return o->text[OPT_WAIT] ? o->number[OPT_WAIT] : options_timeout(o, UINT64_MAX);
}

/* A chat that has begun us has words of its own for it. */
static void
say_wait(const char *name)
{
	if (!hint_in_chat()) {
		remark("waiting until '%s' is free", name);
		return;
	}
	output_string("queued\n");
	(void)output_flush();
}

/* As link_reply(), with the answer: that we wait comes before, perhaps more than once, and is said. NULL: it is not. */
static int
answer(struct link *l, uint64_t deadline, struct control_message *reply, const char *name)
{
	bool told = false;
	int rc;

	while ((rc = link_reply(l, deadline, reply)) == 0 && reply->type == CONTROL_OUTCOME &&
	    reply->u.outcome.verdict == VERDICT_QUEUED) {
		if (name && !told)
			say_wait(name);
		told = true;
	}
	return rc;
}

/* Asks an older helper, and says so when the answer takes its time. As link_request(). */
static int
ask_patiently(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *reply)
{
	const uint64_t soon = deadline_in(PATIENCE_MS);
	const int rc = link_request(l, request, deadline < soon ? deadline : soon, reply);

	if (rc != -ETIMEDOUT || deadline <= soon)
		return rc;
	say_wait(request->u.to.name);
	return link_reply(l, deadline, reply);
}

/* Asks, and says when the wait begins, unless it ends as soon. As link_request(). */
static int
ask(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *reply)
{
	const bool brief = deadline <= deadline_in(PATIENCE_MS);
	int rc;

	if (!(l->features & FEATURE_QUEUED))
		return ask_patiently(l, request, deadline, reply);
	link_queue(l, request);
	if ((rc = link_flush(l, deadline)) < 0)
		return rc;
	return answer(l, deadline, reply, brief ? NULL : request->u.to.name);
}

/* What the daemon was asked before is answered when this is: it answers in order. */
static enum verdict
ask_behind(struct link *l, uint64_t deadline)
{
	const struct control_message who = { .type = CONTROL_WHO, .u.who.cursor = UINT32_MAX }; /* an empty page */
	struct control_message refusal;
	struct frame f;
	int rc;

	link_queue(l, &who);
	if ((rc = link_flush(l, deadline)) < 0 || (rc = link_receive(l, deadline, &f)) < 0)
		return rc == -ETIMEDOUT ? link_timed_out(l) : link_verdict(l, rc);
	if (f.type == UPSTREAM_WHO_PAGE)
		return VERDICT_OK;
	return control_decode(&f, &refusal) < 0 ? link_verdict(l, -EPROTO) : link_outcome(l, &refusal);
}

/* The helper sees the end of what we ask, and waits no longer. As link_reply(): an answer may have come before. */
static int
withdraw(struct link *l, uint64_t deadline, struct control_message *reply)
{
	(void)shutdown(l->fd, SHUT_WR);
	return answer(l, deadline, reply, NULL);
}

/*
 * The time is up. Before that is said the wait is over at the daemon, too; then NAME is asked for once more, without a
 * wait: the answer to that is what it came to, whatever happened in between.
 */
static enum verdict
stop_waiting(struct link *l, struct control_message request)
{
	const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);
	struct control_message reply;
	const int rc = withdraw(l, deadline, &reply);
	enum verdict v;

	if (rc != -ECONNRESET)
		return rc < 0 ? link_verdict(l, rc) : link_outcome(l, &reply);
	if ((v = link_connect(l, deadline)) != VERDICT_OK || (v = ask_behind(l, deadline)) != VERDICT_OK)
		return v;
	request.u.to.wait = false;
	v = link_command(l, &request, deadline);
	return v == VERDICT_BUSY ? VERDICT_QUEUED : v;
}

static enum verdict
wait_for(struct link *l, const struct control_message *request, uint64_t deadline)
{
	struct control_message reply;
	enum verdict v;
	int rc;

	while ((rc = ask(l, request, deadline, &reply)) == -ECONNRESET)
		if ((v = link_come_back(l, deadline)) != VERDICT_OK)
			return v;
	if (rc == -ETIMEDOUT)
		return stop_waiting(l, *request);
	return rc < 0 ? link_verdict(l, rc) : link_outcome(l, &reply);
}

/* With whom, as the helper knows it. It is a remark: when the partner went away meanwhile, the next command tells. */
static void
say_partner(struct invocation *inv, const char *name)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);
	struct control_message m;
	char words[PARTNER_WORDS], away[PARTNER_AWAY];

	if (inv->opt.given[OPT_QUIET])
		return;
	if (link_call(&inv->link, &request, deadline, CONTROL_STATE, &m) != VERDICT_OK || !m.u.state.partner.name[0]) {
		remark("chatting with %s", name);
		return;
	}
	remark("%s", partner_words(&m.u.state.partner, words));
	if (m.u.state.partner_away[0])
		remark("%s", partner_away(&m.u.state.partner, m.u.state.partner_away, away));
}

static int
to_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	const char *name = o->operands[0];
	struct control_message request = { .type = CONTROL_TO, .u.to.wait = o->given[OPT_WAIT] };
	enum verdict v;

	(void)snprintf(request.u.to.name, sizeof(request.u.to.name), "%s", name);
	v = o->given[OPT_WAIT] ? wait_for(&inv->link, &request, deadline_in(limit(o)))
			       : link_command(&inv->link, &request, deadline_in(limit(o)));
	if (v == VERDICT_QUEUED)
		return report(VERDICT_TIMED_OUT, "%s: %s", name,
		    _("not free in time; --wait without a number waits as long as it takes"));
	if (v == VERDICT_TIMED_OUT)
		return report(v, "%s: %s", name,
		    _("no answer in time; it may still be done: 'pchat status' shows whether it was"));
	if (v == VERDICT_NO_SESSION || v == VERDICT_FAILED)
		return report(v, "%s", inv->link.words);
	if (v == VERDICT_NO_SUCH_USER && link_alone(&inv->link))
		return report(v, "%s: %s (%s)", name, inv->link.words, link_alone(&inv->link));
	if (v != VERDICT_OK)
		return report(v, "%s: %s", name, inv->link.words);
	say_partner(inv, name);
	return 0;
}

const struct command command_to = {
	.name = "to",
	.operands = "NAME",
	.missing = N_("to whom?"),
	.summary = N_("begin to chat with NAME"),
	.examples = "pchat to bob\n"
		    "pchat to bob --wait=60 && pchat send \"my turn now\"\n",
	.details = N_("If you are in a chat, you leave it for the new one. If NAME cannot be reached,\n"
		      "nothing changes.\n"),
	.options = options,
	.min_operands = 1,
	.max_operands = 1,
	.names_first = true,
	.needs_session = true,
	.knows_away = true,
	.knows_queue = true,
	.run = to_run,
};
