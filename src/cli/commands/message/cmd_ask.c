/* pchat ask: send a question, print the answer. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/message/sender_report.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "net/random.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_TO, 0, "to", OPTION_NAME, "NAME", N_("send only if NAME is the partner") },
	{ 0 },
};

static struct feed feed;
static struct sender sender;

struct answer {
	const struct invocation *inv;
	struct link *link;
	uint64_t after; /* what had arrived before the question was sent */
	uint64_t pair;  /* of the question */
	uint64_t deadline;
};

/* What is known before the question goes out: anything newer is the answer. */
static enum verdict
look(struct answer *a)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	struct control_message m;
	const enum verdict v = link_call(a->link, &request, a->deadline, CONTROL_STATE, &m);

	if (v != VERDICT_OK)
		return v;
	a->after = m.u.state.last;
	return VERDICT_OK;
}

static int
put_question(struct invocation *inv, struct answer *a)
{
	struct ident id;
	const int rc = random_ident(&id);

	if (rc < 0)
		return report(VERDICT_FAILED, "no random numbers: %s", error_words(-rc));
	feed_words(&feed, inv->opt.operands, inv->opt.operand_count);
	sender_init(&sender, &inv->link, &feed, &id, false);
	sender.to = inv->opt.text[OPT_TO];
	sender.timeout_ms = options_timeout(&inv->opt, SEND_TIMEOUT_SECONDS * 1000);
	(void)sender_run(&sender);
	a->pair = sender.out.box.pair;
	return sender_report(&sender, "send");
}

/* Waits for one record and prints it. OK; LEFT, PARTNER_QUIT, GONE; OUTPUT; or as link_verdict(), -ECONNRESET as STALE. */
static enum verdict
wait_for_record(struct answer *a, uint64_t *id)
{
	struct control_message m;
	int rc;

	for (;;) {
		if ((rc = link_hear(a->link, a->deadline, &m)) < 0)
			return rc == -ECONNRESET ? VERDICT_STALE : link_verdict(a->link, rc);
		if (m.type == CONTROL_ENDED)
			return m.u.ended.verdict;
		if (m.type == CONTROL_RECORD) {
			a->inv->edition->print(a->inv, &m.u.record);
			if (output_flush() < 0)
				return VERDICT_OUTPUT;
			*id = m.u.record.id;
		}
		if (m.type == CONTROL_READ_END)
			return *id ? VERDICT_OK : m.u.read_end.verdict;
	}
}

static void
mark_read(struct answer *a, uint64_t id)
{
	const struct control_message done = { .type = CONTROL_DONE, .u.done = { .last = id, .single = true } };

	if (link_command(a->link, &done, deadline_in(SEND_TIMEOUT_SECONDS * 1000)) != VERDICT_OK)
		remark("the answer could not be marked read: 'pchat read' will show it again");
}

/* After the helper was started anew: is the pair still the one that was asked? */
static enum verdict
come_back(struct answer *a)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	struct control_message m;
	enum verdict v = link_come_back(a->link, a->deadline);

	if (v == VERDICT_OK)
		v = link_call(a->link, &request, a->deadline, CONTROL_STATE, &m);
	if (v != VERDICT_OK || m.u.state.pair == a->pair)
		return v;
	return VERDICT_LEFT;
}

static enum verdict
take_answer(struct answer *a)
{
	const struct control_message request = {
		.type = CONTROL_READ,
		.u.read = { .flags = READ_WAIT | READ_MESSAGES, .limit = 1, .after = a->after },
	};
	enum verdict v;
	uint64_t id = 0;

	do {
		link_queue(a->link, &request);
		v = link_flush(a->link, a->deadline) < 0 ? VERDICT_STALE : wait_for_record(a, &id);
		if (v == VERDICT_STALE && id == 0 && (v = come_back(a)) == VERDICT_OK)
			v = VERDICT_STALE;
	} while (v == VERDICT_STALE && id == 0);
	if (id == 0 || v == VERDICT_OUTPUT)
		return v;
	mark_read(a, id);
	return VERDICT_OK; /* the answer is written, whatever ended after it */
}

static int
ask_run(struct invocation *inv)
{
	struct answer a = {
		.inv = inv,
		.link = &inv->link,
		.deadline = deadline_in(options_timeout(&inv->opt, UINT64_MAX)),
	};
	enum verdict v = look(&a);
	int rc;

	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	if ((rc = put_question(inv, &a)) != 0)
		return rc;
	switch (v = take_answer(&a)) {
	case VERDICT_OK:
		return 0;
	case VERDICT_TIMED_OUT:
		return report(VERDICT_NOTHING, "delivered, but not answered in time");
	case VERDICT_LEFT:
	case VERDICT_PARTNER_QUIT:
	case VERDICT_GONE:
	case VERDICT_NOT_PAIRED:
	case VERDICT_NO_SESSION: /* we quit */
		return report(VERDICT_LEFT, "delivered, but the chat ended without an answer");
	case VERDICT_OUTPUT:
		return 0; /* main() says it */
	case VERDICT_STORAGE:
		return report(VERDICT_FAILED,
		    "delivered, but the inbox of '%s' cannot be read: its disk, or its file, is damaged",
		    a.link->shown);
	default:
		return report(v, "delivered, but: %s", a.link->words[0] ? a.link->words : _(status_words(v)));
	}
}

const struct command command_ask = {
	.name = "ask",
	.operands = "TEXT...",
	.missing = N_("ask what?"),
	.summary = N_("send a question, wait for the next message of the partner, print it"),
	.examples = "ans=$(pchat ask \"deploy now? [y/n]\")\n"
		    "pchat ask --to bob --timeout 60 \"may I reboot?\" || echo \"no answer\"\n",
	.details = N_("The answer is printed as it came, with a newline added; on a terminal, characters that\n"
		      "could harm it are shown as numbers. What had arrived before stays unread. --timeout\n"
		      "limits the wait for the answer (exit status 1); without it there is no limit. Put --\n"
		      "before a variable: pchat ask -- \"$question\"\n"),
	.options = options,
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.takes_text = true,
	.needs_session = true,
	.shows_others = true,
	.run = ask_run,
};
