#include "daemon/client.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/dispatch.h"
#include "daemon/relay.h"
#include "daemon/server.h"

/* What a peer may have queued: a partner's whole window, its headers, and notices. */
#define OUTPUT_CAP (2U * WINDOW_BYTES)

/* All frames that are there: MSG and ACK by the run, the others one by one. */
static ssize_t
on_input(struct stream *s, uint8_t *data, size_t n)
{
	struct client *c = (struct client *)s;
	size_t done = 0;
	ssize_t used;
	struct frame f;

	while (done < n && c->state != CLIENT_ENDED) {
		if (c->state == CLIENT_LOGGED_IN) {
			done += relay_frames(c, data + done, n - done);
			if (c->state == CLIENT_ENDED || done == n)
				break;
		}
		used = frame_parse(data + done, n - done, &f);
		if (used == 0)
			break;
		if (used < 0)
			client_bye(c, BYE_MALFORMED);
		else
			dispatch_frame(c, &f);
		if (c->waits)
			break; /* the frame is met again */
		done += used > 0 ? (size_t)used : 0;
	}
	stream_uncork(s);
	return c->state == CLIENT_ENDED ? (ssize_t)n : (ssize_t)done;
}

static void
on_closed(struct stream *s, int error)
{
	struct client *c = (struct client *)s;

	log_debug("connection of uid %u closed: %d", c->account->uid, error);
	if (error == EPERM && !c->account->passes_descriptors) {
		log_notice("uid %u passes descriptors; its connections are closed", c->account->uid);
		c->account->passes_descriptors = true;
	}
	client_window_reset(c);
	server_client_closed(c->server, c);
	account_put(c->account);
	free(c);
}

static const struct stream_class client_class = {
	.input = on_input,
	.closed = on_closed,
	.output_cap = OUTPUT_CAP,
};

_Static_assert(offsetof(struct client, stream) == 0, "a client is known by its stream");

struct client *
client_new(struct server *server, int fd, struct account *account)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	stream_init(&c->stream, &client_class, server->loop, fd);
	c->server = server;
	c->account = account;
	c->notes.uid = account->uid;
	c->slot = SLOT_NONE;
	c->state = CLIENT_CONNECTED;
	return c;
}

void
client_send(struct client *c, const struct upstream_message *m)
{
	static uint8_t out[FRAME_MAX];
	const size_t n = upstream_encode(m, out, sizeof(out));

	if (n > 0)
		(void)stream_write(&c->stream, out, n);
}

void
client_result(struct client *c, enum verdict v)
{
	struct upstream_message m;

	m.type = UPSTREAM_RESULT;
	m.u.result.verdict = (uint8_t)v;
	client_send(c, &m);
}

void
client_bye(struct client *c, enum bye reason)
{
	struct upstream_message m;

	m.type = UPSTREAM_BYE;
	m.u.bye.reason = (uint8_t)reason;
	client_send(c, &m);
	c->state = CLIENT_ENDED;
	stream_close(&c->stream, 0);
}

void
client_window_reset(struct client *c)
{
	c->lone = 0;
	windows_give(&c->server->windows, c->window);
	c->window = NULL;
}

bool
client_window_push(struct client *c, uint32_t size)
{
	if (!c->window) {
		if (c->lone == 0) {
			c->lone = size;
			return true;
		}
		if (!(c->window = windows_take(&c->server->windows)))
			return false;
		(void)window_push(c->window, c->lone);
		c->lone = 0;
	}
	return window_push(c->window, size);
}

bool
client_window_pop(struct client *c, uint32_t count)
{
	const uint32_t under_way = c->window ? c->window->count : c->lone > 0;

	if (count > under_way)
		return false;
	if (!c->window) {
		c->lone = count > 0 ? 0 : c->lone;
		return true;
	}
	window_pop(c->window, count);
	if (c->window->count == 0)
		client_window_reset(c);
	return true;
}
