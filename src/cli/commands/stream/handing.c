#include "cli/commands/stream/handing.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/stream/offers.h"
#include "cli/output/foreign.h"
#include "cli/output/report.h"
#include "proto/status.h"

#define TICK_MS 1000
#define LOOK_UP 256U /* turns in which all flows, until it is looked what else happened */
#define LAST_WORDS_MS 1000U

static void
finish(struct handing *h, enum verdict v, const char *words)
{
	if (h->done)
		return;
	h->done = true;
	h->verdict = v;
	if (words != h->words)
		(void)snprintf(h->words, sizeof(h->words), "%s", words);
}

/* ------------------------------------------------------------------------- what the other side says */

/* The words are its own, and shown as such. */
static void
refuses(struct handing *h, const char *theirs)
{
	char quoted[FOREIGN_QUOTED(PIECE_WORDS_MAX)], words[HANDING_WORDS];

	(void)snprintf(words, sizeof(words), _("%s did not take it: \"%s\""), h->offering.partner,
	    foreign_quoted(theirs, strlen(theirs), quoted, sizeof(quoted)));
	finish(h, VERDICT_NOT_TAKEN, words);
}

static void
take_result(struct handing *h, const struct piece *p)
{
	const bool ok = p->u.said.verdict == VERDICT_OK;

	if (p->type == PIECE_RESULT && p->u.said.status != PIECE_NO_STATUS)
		h->command_status = p->u.said.status;
	if (p->type != PIECE_RESULT || (ok && !h->said_all))
		finish(h, VERDICT_NOT_TAKEN, _("the other side gave an answer that makes no sense"));
	else if (ok)
		finish(h, VERDICT_OK, "");
	else if (p->u.said.words[0])
		refuses(h, p->u.said.words);
	else
		finish(h, VERDICT_NOT_TAKEN, _(status_words(VERDICT_NOT_TAKEN)));
}

static void
listen_to_channel(struct handing *h)
{
	struct piece p;
	int rc = channel_fill(&h->channel);

	if (channel_next(&h->channel, &p) > 0)
		take_result(h, &p);
	else if (rc == -EPERM)
		finish(h, VERDICT_NOT_TAKEN, _("the other side passed a descriptor, which nobody asked for"));
	else if (rc < 0)
		h->channel.ended = true;
}

/* The chat is over, or the other command is gone. */
static void
listen_to_helper(struct handing *h)
{
	struct offering *o = &h->offering;

	offering_listen(o);
	if (!o->over)
		return;
	if (o->verdict == VERDICT_NOT_TAKEN)
		listen_to_channel(h); /* what it said before */
	finish(h, o->verdict, o->link->words);
}

/* No answer, and no more will come: the helper may know why. */
static void
find_out_why(struct handing *h)
{
	const uint64_t deadline = deadline_in(LAST_WORDS_MS);
	struct pollfd p = { .events = POLLIN };

	while (!h->done) {
		p.fd = h->offering.link->fd;
		if (p.fd < 0 || poll(&p, 1, poll_time(deadline)) <= 0)
			break;
		listen_to_helper(h);
	}
	finish(h, VERDICT_NOT_TAKEN, _(status_words(VERDICT_NOT_TAKEN)));
}

/* ------------------------------------------------------------------------- until it is taken */

static void
tell_number(const struct offering *o)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, o->number);
	remark("offered to %s, as %s", o->partner, number);
}

static enum verdict
await_taker(struct handing *h, uint64_t deadline)
{
	struct offering *o = &h->offering;
	bool told = !isatty(STDERR_FILENO);
	struct pollfd p = { .events = POLLIN };

	while (!o->taken && !o->over) {
		p.fd = o->link->fd;
		if (poll(&p, 1, poll_time(deadline)) == 0)
			return VERDICT_TIMED_OUT;
		offering_listen(o);
		if (o->number != 0 && !told)
			tell_number(o);
		told |= o->number != 0;
	}
	return o->over ? o->verdict : VERDICT_OK;
}

/* ------------------------------------------------------------------------- while it is */

/* What failed here is told, so that the other side need not guess. */
static void
give_up(struct handing *h)
{
	struct piece p = { .type = PIECE_FAILED };

	(void)foreign_cut(h->words, p.u.said.words, sizeof(p.u.said.words));
	channel_put(&h->channel, &p);
	if (channel_flush(&h->channel) < 0)
		h->channel.ended = true; /* it sees the end, and no words */
	finish(h, VERDICT_FAILED, h->words);
}

/* Puts more into the channel, and writes it. False: nothing moved. */
static bool
hand_on(struct handing *h)
{
	int rc;

	if (channel_idle(&h->channel)) {
		rc = h->said_all ? HANDING_NOTHING : h->class->next(h);
		if (rc < 0)
			give_up(h);
		if (rc <= 0)
			return false;
		h->said_all = rc == HANDING_ALL;
	}
	rc = channel_flush(&h->channel);
	if (rc < 0 && rc != -EAGAIN) {
		listen_to_channel(h); /* it may have said why */
		h->channel.ended = true;
	}
	progress_show(&h->progress, h->bytes);
	return rc == 0;
}

static void
await(struct handing *h, int timeout_ms)
{
	const bool idle = channel_idle(&h->channel);
	struct pollfd p[3] = {
		{ .fd = h->channel.fd, .events = (short)(POLLIN | (idle ? 0 : POLLOUT)) },
		{ .fd = h->offering.link->fd, .events = POLLIN },
		{ .fd = idle && !h->said_all ? h->input : -1, .events = POLLIN },
	};

	(void)poll(p, ARRAY_SIZE(p), timeout_ms);
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
		listen_to_channel(h);
	if (!h->done && p[1].revents)
		listen_to_helper(h);
	progress_show(&h->progress, h->bytes);
}

static void
hand_over(struct handing *h)
{
	const struct piece begin = { .type = PIECE_BEGIN, .u.version = PIECE_VERSION };
	unsigned turns = 0;

	channel_put(&h->channel, &begin);
	while (!h->done && !h->channel.ended) {
		if (!hand_on(h) && !h->done && !h->channel.ended)
			await(h, TICK_MS);
		else if (++turns % LOOK_UP == 0)
			await(h, 0);
	}
	find_out_why(h);
}

/* ------------------------------------------------------------------------- as a whole */

/* For the helper to hear of it: --timeout is for the partner, and may be none at all. */
static uint64_t
saying_deadline(const struct options *o)
{
	const uint64_t least = SEND_TIMEOUT_SECONDS * 1000, given = options_timeout(o, 0);

	return deadline_in(given > least ? given : least);
}

int
handing_run(struct handing *h, struct invocation *inv, uint64_t deadline, const uint8_t *body, uint32_t length)
{
	const struct options *o = &inv->opt;
	enum verdict v;
	int rc;

	h->command_status = -1;
	inv->link.takes = true;
	v = offers_need_features(&inv->link);
	if (v == VERDICT_OK)
		v = offering_begin(&h->offering, &inv->link, body, length, saying_deadline(o));
	if (v == VERDICT_OK)
		v = await_taker(h, deadline);
	if (v == VERDICT_TIMED_OUT && h->offering.partner[0])
		return report(v, "%s did not take it in time", h->offering.partner);
	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	rc = channel_open(&h->channel, h->offering.channel);
	if (rc == 0) {
		progress_begin(&h->progress, o->given[OPT_JSON], o->given[OPT_QUIET], h->of);
		hand_over(h);
		progress_end(&h->progress);
	}
	channel_release(&h->channel);
	if (rc < 0)
		return report(VERDICT_FAILED, "%s", error_words(-rc));
	return h->verdict == VERDICT_OK ? 0 : report_command(h->verdict, h->command_status, "%s", h->words);
}
