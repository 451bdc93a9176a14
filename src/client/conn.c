#include "client/conn.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/macros.h"
#include "net/stream.h"

#define OUTPUT_CAP (2U * 1024U * 1024U) /* a window of messages, and again after a HELD */

struct conn {
	struct stream stream;           /* first, so that one is the other */
	const struct conn_class *class; /* NULL: its owner does not want it any more */
	void *owner;
};

static ssize_t
on_bytes(struct stream *s, uint8_t *data, size_t n)
{
	struct conn *c = (struct conn *)s;
	size_t used = 0;
	struct frame f;
	ssize_t rc;

	while (c->class && (rc = frame_parse(data + used, n - used, &f)) != 0) {
		if (rc < 0)
			return -1;
		c->class->frame(c->owner, &f);
		used += (size_t)rc;
	}
	return c->class ? (ssize_t)used : (ssize_t)n;
}

static void
on_closed(struct stream *s, int error)
{
	struct conn *c = (struct conn *)s;
	const struct conn_class *class = c->class;
	void *owner = c->owner;

	(void)error;
	free(c);
	if (class)
		class->lost(owner);
}

static const struct stream_class stream_class = { .input = on_bytes, .closed = on_closed, .output_cap = OUTPUT_CAP };

struct conn *
conn_open(struct ev_loop *loop, struct link *l, const struct conn_class *class, void *owner)
{
	const bool revive = l->revive;
	enum verdict v;
	struct conn *c;

	l->revive = false;
	v = link_connect(l, 0);
	l->revive = revive;
	if (v != VERDICT_OK)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c || fcntl(l->fd, F_SETFL, O_NONBLOCK) < 0) {
		free(c);
		link_close(l);
		return NULL;
	}
	c->class = class;
	c->owner = owner;
	stream_init(&c->stream, &stream_class, loop, l->fd);
	l->fd = -1;
	conn_write(c, l->out, l->out_len);
	l->out_len = 0;
	return c;
}

void
conn_close(struct conn *c)
{
	if (!c)
		return;
	c->class = NULL;
	stream_close(&c->stream, 0);
}

void
conn_request(struct conn *c, const struct control_message *m)
{
	uint8_t frame[1024];

	conn_write(c, frame, control_encode(m, frame, sizeof(frame)));
}

void
conn_write(struct conn *c, const void *data, size_t n)
{
	(void)stream_write(&c->stream, data, n);
}
