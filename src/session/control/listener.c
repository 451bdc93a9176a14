#include "session/control/listener.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/names/name.h"
#include "net/acceptor.h"
#include "net/closing.h"
#include "net/socket.h"
#include "proto/control.h"

#define ACCEPTS_A_TURN 64

struct listener {
	const struct listener_class *class;
	void *context;
	struct ev_loop *loop;
	struct acceptor acceptor;
	int fd; /* -1: not listening */
	char path[RUNDIR_PATH_MAX];
	ino_t ino;
	struct control_client *client[CONTROL_CLIENTS];
};

struct control_client *
listener_client(const struct listener *l, uint32_t client)
{
	return client < CONTROL_CLIENTS ? l->client[client] : NULL;
}

void
listener_forget(struct listener *l, uint32_t client)
{
	l->client[client] = NULL;
}

void
listener_each(const struct listener *l, void (*fn)(struct control_client *c))
{
	for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
		if (l->client[i])
			fn(l->client[i]);
}

/* Too many at once: said in the protocol's words, without a client. */
static void
turn_away(struct acceptor *a, int fd)
{
	const struct listener *l = container_of(a, struct listener, acceptor);
	const struct control_message bye = { .type = CONTROL_BYE, .u.bye.reason = BYE_CROWDED };
	uint8_t frame[64];
	const size_t n = control_encode(&bye, frame, sizeof(frame));

	(void)!send(fd, frame, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	closing_socket(l->loop, fd);
}

static void
on_accepted(struct acceptor *a, int fd, const struct credentials *peer)
{
	struct listener *l = container_of(a, struct listener, acceptor);

	/* Nobody but the user himself; root has no business here either. */
	if (peer->uid != geteuid()) {
		closing_socket(l->loop, fd);
		return;
	}
	for (uint32_t client = 0; client < CONTROL_CLIENTS; client++) {
		if (!l->client[client]) {
			l->client[client] = l->class->welcome(l->context, fd, client);
			return;
		}
	}
	turn_away(a, fd);
}

int
listener_open(struct listener *l, const struct rundir *dir, const char *name)
{
	char file[NAME_FILE_MAX + sizeof(".sock")];
	int fd;

	(void)snprintf(file, sizeof(file), "%s.sock", name);
	rundir_path(dir, file, l->path);
	fd = socket_listen(l->path, 0600, (gid_t)-1, &l->ino);
	if (fd < 0)
		return fd;
	l->fd = fd;
	acceptor_start(&l->acceptor, fd);
	return 0;
}

void
listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	socket_remove(l->path, l->ino);
	acceptor_stop(&l->acceptor);
	(void)close(l->fd);
	l->fd = -1;
}

struct listener *
listener_new(const struct listener_class *class, void *context, struct ev_loop *loop)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->class = class;
	l->context = context;
	l->loop = loop;
	l->fd = -1;
	acceptor_init(&l->acceptor, loop, ACCEPTS_A_TURN, on_accepted);
	acceptor_turn_away(&l->acceptor, turn_away);
	return l;
}

void
listener_free(struct listener *l)
{
	if (!l)
		return;
	listener_close(l);
	free(l);
}
