#include "daemon/connection.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "daemon/client.h"
#include "daemon/daemon.h"
#include "daemon/dispatch.h"
#include "daemon/dispatch_streams.h"
#include "daemon/relay.h"

/* What a peer may have queued: a partner's whole window, its headers, and notices. */
#define OUTPUT_CAP (2U * WINDOW_BYTES)

/* Frames that are there: MSG and ACK by the run, the others one by one, and only so many of them. */
static ssize_t
on_input(struct stream *s, uint8_t *data, size_t n)
{
	struct client *c = (struct client *)s;
	size_t done = 0;
	unsigned requests = 0;
	ssize_t used;
	struct frame f;

	while (done < n && c->state != CLIENT_ENDED) {
		if (c->state == CLIENT_LOGGED_IN) {
			done += relay_frames(&c->daemon->roster, c, data + done, n - done);
			if (c->state == CLIENT_ENDED || done == n)
				break;
		}
		used = frame_parse(data + done, n - done, &f);
		if (used == 0)
			break;
		if (requests++ == REQUESTS_AN_EVENT) {
			stream_yield(s);
			break;
		}
		if (used < 0)
			client_bye(c, BYE_MALFORMED);
		else
			dispatch_frame(c, &f);
		if (client_waits(c))
			break; /* the frame is met again */
		done += used > 0 ? (size_t)used : 0;
	}
	if (c->greets_late && c->state == CLIENT_TELLS)
		c->greets_late = false; /* until it is answered, or says more */
	else
		stream_uncork(s);
	return c->state == CLIENT_ENDED ? (ssize_t)n : (ssize_t)done;
}

static void
on_closed(struct stream *s, int error)
{
	struct client *c = (struct client *)s;
	struct daemon *d = c->daemon;

	log_debug("connection of uid %u closed: %d", c->account->uid, error);
	if (error == EPERM && !c->account->passes_descriptors) {
		log_notice("uid %u passes descriptors; its connections are closed", c->account->uid);
		c->account->passes_descriptors = true;
	}
	client_pair_reset(c);
	greeting_remove(&d->greetings, c);
	tells_closed(&d->tells, &c->notes);
	roster_login_forget(&d->roster, c);
	client_login_over(c);
	roster_lost(&d->roster, c);
	account_put(c->account);
	free(c);
	d->closed(d);
}

static struct party *
party_of(struct stream *s)
{
	return account_party(((struct client *)s)->account);
}

static const struct stream_class connection_class = {
	.input = on_input,
	.closed = on_closed,
	.output_cap = OUTPUT_CAP,
	.party = party_of,
};

_Static_assert(offsetof(struct client, stream) == 0, "a client is known by its stream");

struct client *
connection_new(struct daemon *daemon, int fd, struct account *account)
{
	struct client *c = calloc(1, sizeof(*c));
	struct login *login = calloc(1, sizeof(*login));

	if (!c || !login) {
		free(c);
		free(login);
		return NULL;
	}
	stream_init(&c->stream, &connection_class, daemon->loop, fd);
	c->daemon = daemon;
	c->windows = &daemon->windows;
	c->account = account;
	c->login = login;
	login->client = c;
	c->notes.uid = account->uid;
	c->streams.class = &dispatch_streams;
	c->slot = SLOT_NONE;
	c->state = CLIENT_CONNECTED;
	return c;
}
