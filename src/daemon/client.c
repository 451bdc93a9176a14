#include "daemon/client.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "core/bucket.h"
#include "daemon/windows.h"
#include "proto/feature.h"

void
client_send(struct client *c, const struct upstream_message *m)
{
	uint8_t out[FRAME_MAX];
	const size_t n = upstream_encode(m, out, sizeof(out));

	if (n > 0)
		(void)stream_write(&c->stream, out, n);
}

void
client_result(struct client *c, enum verdict v)
{
	struct upstream_message m;

	m.type = UPSTREAM_RESULT;
	m.u.result.verdict = (uint8_t)feature_fit_verdict(c->features, v);
	client_send(c, &m);
}

void
client_login_over(struct client *c)
{
	free(c->login);
	c->login = NULL;
}

void
client_unanswered(struct client *c)
{
	c->login->unanswered = true;
	client_result(c, c->login->resumes ? VERDICT_FAILED : VERDICT_NO_ANSWER);
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

bool
client_may_ask(const struct client *c)
{
	return bucket_take(&c->account->requests, clock_monotonic_ms(), REQUEST_RATE, REQUEST_BURST);
}

static void
empty_window(struct client *c)
{
	c->lone = 0;
	windows_give(c->windows, c->window);
	c->window = NULL;
}

void
client_pair_reset(struct client *c)
{
	empty_window(c);
	streams_reset(&c->streams);
}

int
client_window_push(struct client *c, uint32_t size)
{
	if (!c->window) {
		if (c->lone == 0) {
			c->lone = size;
			return 0;
		}
		if (!(c->window = windows_take(c->windows)))
			return -ENOMEM;
		(void)window_push(c->window, c->lone);
		c->lone = 0;
	}
	return window_push(c->window, size) ? 0 : -ENOBUFS;
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
		empty_window(c);
	return true;
}
