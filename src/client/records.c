#include "client/records.h"

#include <errno.h>

static enum verdict
failed(struct link *l, int error)
{
	return error == -ECONNRESET ? VERDICT_STALE : link_verdict(l, error);
}

enum verdict
records_answer(struct link *l, uint64_t deadline, void (*show)(const struct record *r, void *context), void *context,
    struct control_message *end)
{
	int rc;

	for (;;) {
		if ((rc = link_reply(l, deadline, end)) < 0)
			return failed(l, rc);
		if (end->type == CONTROL_READ_END)
			return end->u.read_end.verdict;
		if (end->type != CONTROL_RECORD)
			return link_outcome(l, end);
		show(&end->u.record, context);
	}
}

enum verdict
records_batch(struct link *l, const struct control_message *request, uint64_t deadline,
    void (*show)(const struct record *r, void *context), void *context, struct control_message *end)
{
	int rc;

	link_queue(l, request);
	if ((rc = link_flush(l, deadline)) < 0)
		return failed(l, rc);
	return records_answer(l, deadline, show, context, end);
}

/* They were taken: that the output goes away by now is no reason not to know whether they are marked. */
static enum verdict
mark(struct link *l, uint64_t last, bool single, const struct control_message *next, uint64_t deadline)
{
	const struct control_message done = { .type = CONTROL_DONE, .u.done = { .last = last, .single = single } };
	struct control_message reply;
	const int watch = l->watch;
	int rc;

	link_queue(l, &done);
	if (next)
		link_queue(l, next);
	l->watch = -1;
	if ((rc = link_flush(l, deadline)) == 0)
		rc = link_reply(l, deadline, &reply);
	l->watch = watch;
	return rc < 0 ? failed(l, rc) : link_outcome(l, &reply);
}

enum verdict
records_done(struct link *l, uint64_t last, bool single, uint64_t deadline)
{
	return mark(l, last, single, NULL, deadline);
}

enum verdict
records_done_and_ask(struct link *l, uint64_t last, const struct control_message *next, uint64_t deadline)
{
	return mark(l, last, false, next, deadline);
}
