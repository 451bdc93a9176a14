#include "daemon/relay.h"

#include <errno.h>

#include "core/answer.h"
#include "daemon/client.h"
#include "daemon/roster.h"
#include "proto/feature.h"

/*
 * One call's view of where the client's frames go. What it sends can only go to
 * its partner, so frames that stand side by side and may pass are one run of
 * bytes, written with one call straight from the buffer they were read into.
 */
struct route {
	const struct roster *roster;
	struct client *from;
	struct client *to; /* NULL: not asked yet */
	uint64_t pair;
	uint32_t epoch;
};

enum fate { PASS, DROP, END };

/* Asks the rules, unless the frame before was under the same pair and epoch. */
static enum verdict
find_route(struct route *route, uint64_t pair, uint32_t epoch)
{
	const struct roster *r = route->roster;
	slot_t to;
	enum verdict v;

	if (route->to && route->pair == pair && route->epoch == epoch)
		return VERDICT_OK;
	v = exchange_route(r->exchange, route->from->slot, pair, epoch, &to);
	if (v != VERDICT_OK)
		return v;
	route->to = r->member[to].client;
	route->pair = pair;
	route->epoch = epoch;
	return route->to ? VERDICT_OK : VERDICT_STALE;
}

static enum fate
refuse(struct client *c, const struct msg *m, enum verdict why)
{
	uint8_t frame[FRAME_HEADER + ACK_BODY];
	const struct ack a = {
		.pair = m->pair,
		.epoch = m->epoch,
		.count = 1,
		.first = m->id,
		.verdict = (uint8_t)why,
	};

	ack_encode(frame, &a);
	stream_cork(&c->stream);
	(void)stream_write(&c->stream, frame, sizeof(frame));
	return DROP;
}

static enum fate
relay_msg(struct route *route, uint8_t *frame, const struct frame *f)
{
	struct client *c = route->from;
	struct msg m;
	enum verdict v;
	int r;

	if (msg_decode(f, &m) < 0) {
		client_bye(c, BYE_MALFORMED);
		return END;
	}
	if (m.length == 0 || m.length > MESSAGE_MAX)
		return refuse(c, &m, m.length == 0 ? VERDICT_EMPTY : VERDICT_TOO_LONG);
	v = find_route(route, m.pair, m.epoch);
	if (v == VERDICT_STALE)
		return DROP;
	if (v != VERDICT_OK)
		return refuse(c, &m, v);
	if ((r = client_window_push(c, m.length)) < 0) {
		if (r == -ENOMEM)
			stream_close(&c->stream, ENOMEM); /* it comes back, and repeats it */
		else
			client_bye(c, BYE_WINDOW);
		return END;
	}
	if (m.behind != 0 && !(route->to->features & FEATURE_BEHIND))
		msg_patch_behind(frame, 0);
	return PASS;
}

static enum fate
relay_ack(struct route *route, uint8_t *frame, const struct frame *f)
{
	enum verdict said;
	struct ack a;

	if (ack_decode(f, &a) < 0) {
		client_bye(route->from, BYE_MALFORMED);
		return END;
	}
	if (find_route(route, a.pair, a.epoch) != VERDICT_OK)
		return DROP;
	/* What nobody waits for is not passed on: it would be bytes that no window bounds. */
	if (!client_window_pop(route->to, a.count))
		return DROP;
	said = answer_to_message((enum verdict)a.verdict);
	if (said != (enum verdict)a.verdict)
		ack_patch(frame, said);
	return PASS;
}

size_t
relay_frames(const struct roster *r, struct client *c, uint8_t *data, size_t n)
{
	struct route route = { .roster = r, .from = c };
	size_t begin = 0, end = 0; /* the run that is to be passed on */
	enum fate fate = PASS;
	struct frame f;
	ssize_t used;

	while (fate != END && (used = frame_parse(data + end, n - end, &f)) > 0) {
		if (f.type == FRAME_MSG)
			fate = relay_msg(&route, data + end, &f);
		else if (f.type == FRAME_ACK)
			fate = relay_ack(&route, data + end, &f);
		else
			break;
		if (fate == PASS) {
			end += (size_t)used;
			continue;
		}
		if (end > begin)
			(void)stream_write(&route.to->stream, data + begin, end - begin);
		begin = end += (size_t)used;
	}
	if (end > begin)
		(void)stream_write(&route.to->stream, data + begin, end - begin);
	return end;
}
