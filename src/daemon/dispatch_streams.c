#include "daemon/dispatch_streams.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/macros.h"
#include "daemon/client.h"
#include "daemon/daemon.h"
#include "net/closing.h"
#include "net/socket.h"
#include "proto/feature.h"

static struct client *
of_streams(const struct streams_end *e)
{
	return container_of(e, struct client, streams);
}

static enum verdict
find_partner(const struct streams_end *from, uint64_t pair, struct streams_end **to)
{
	const struct client *c = of_streams(from);
	const struct roster *r = &c->daemon->roster;
	const struct exchange_session *s = exchange_session(r->exchange, c->slot);
	struct client *partner;

	if (s->partner == SLOT_NONE || s->pair != pair)
		return VERDICT_NOT_PAIRED;
	partner = r->member[s->partner].client;
	if (!partner || partner->stream.dead)
		return VERDICT_ABSENT;
	*to = &partner->streams;
	return partner->features & FEATURE_STREAMS ? VERDICT_OK : VERDICT_NO_STREAMS;
}

static uint32_t *
channels_of(const struct streams_end *e)
{
	struct account *a = of_streams(e)->account;

	return account_known(a) ? &a->channels : &a->all->unknown_channels;
}

static void
say_offered(struct streams_end *to, const struct offer *o)
{
	const struct upstream_message m = { .type = UPSTREAM_OFFERED, .u.offer = *o };

	client_send(of_streams(to), &m);
}

static void
say_word(struct streams_end *to, enum upstream_type type, const struct offer_word *w)
{
	const struct upstream_message m = { .type = type, .u.word = *w };

	client_send(of_streams(to), &m);
}

/* One end of it for each; what one command pushes into its end, the other must not have to close. */
static int
make_channel(int fd[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
		return -errno;
	socket_guard(fd[0]);
	socket_guard(fd[1]);
	return 0;
}

static bool
pass_end(struct client *c, const struct ident *msgid, int fd)
{
	const struct upstream_message m = { .type = UPSTREAM_CHANNEL, .u.word.msgid = *msgid };
	uint8_t frame[FRAME_HEADER + 64];
	const size_t n = upstream_encode(&m, frame, sizeof(frame));

	return stream_pass(&c->stream, frame, n, fd);
}

/* The taker has asked, and waits; whoever offers may take nothing just now. Of an end whose other one is gone it hears. */
static bool
open_channel(struct streams_end *taker, struct streams_end *offerer, const struct ident *msgid)
{
	struct client *to = of_streams(taker), *from = of_streams(offerer);
	struct ev_loop *loop = to->daemon->loop;
	int fd[2], r;
	bool done;

	if (!stream_takes(&to->stream) || !stream_takes(&from->stream))
		return false;
	if ((r = make_channel(fd)) < 0) {
		log_error("cannot make a channel: error %d", -r);
		return false;
	}
	done = pass_end(from, msgid, fd[0]) && pass_end(to, msgid, fd[1]);
	closing_end(loop, fd[0], to->account->uid);
	closing_end(loop, fd[1], from->account->uid);
	return done;
}

const struct streams_class dispatch_streams = {
	.partner = find_partner,
	.channels = channels_of,
	.offered = say_offered,
	.word = say_word,
	.channel = open_channel,
};

void
dispatch_offer(struct client *c, const struct upstream_message *m)
{
	struct offer_word refused;

	switch (m->type) {
	case UPSTREAM_OFFER:
		if (client_may_ask(c)) {
			streams_offer(&c->streams, &m->u.offer);
			break;
		}
		refused = (struct offer_word){ .msgid = m->u.offer.msgid, .verdict = VERDICT_RATE };
		say_word(&c->streams, UPSTREAM_OFFER_TOLD, &refused);
		break;
	case UPSTREAM_OFFER_ACK:
		streams_stored(&c->streams, &m->u.word);
		break;
	case UPSTREAM_ACCEPT:
		if (client_may_ask(c)) {
			streams_accept(&c->streams, &m->u.word.msgid);
			break;
		}
		refused = (struct offer_word){ .msgid = m->u.word.msgid, .verdict = VERDICT_RATE };
		say_word(&c->streams, UPSTREAM_CHANNEL, &refused);
		break;
	case UPSTREAM_DECLINE:
		streams_decline(&c->streams, &m->u.word.msgid);
		break;
	default:
		streams_over(&c->streams, &m->u.word.msgid);
		break;
	}
}
