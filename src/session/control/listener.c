#include "session/control/listener.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/limits.h"
#include "net/socket.h"
#include "session/control/client.h"
#include "session/control/reading.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

#define ACCEPTS_A_TURN 64

struct listener {
	struct session *session;
	ev_io listener; /* fd -1: not listening */
	ev_timer pause; /* after EMFILE */
	char path[RUNDIR_PATH_MAX];
	ino_t ino;
	struct control_client *client[CONTROL_CLIENTS];
};

struct control_client *
listener_client(const struct listener *v, uint32_t slot)
{
	return slot < CONTROL_CLIENTS ? v->client[slot] : NULL;
}

void
listener_forget(struct listener *v, uint32_t slot)
{
	v->client[slot] = NULL;
}

void
listener_each(const struct listener *v, void (*fn)(struct control_client *c))
{
	for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
		if (v->client[i])
			fn(v->client[i]);
}

/* Too many at once: said in the protocol's words, without a client. */
static void
turn_away(int fd)
{
	const struct control_message bye = { .type = CONTROL_BYE, .u.bye.reason = BYE_CROWDED };
	uint8_t frame[64];
	const size_t n = control_encode(&bye, frame, sizeof(frame));

	(void)!send(fd, frame, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(fd);
}

static void
welcome(struct listener *v, int fd)
{
	struct credentials peer;

	/* Nobody but the user himself; root has no business here either. */
	if (socket_peer(fd, &peer) < 0 || peer.uid != geteuid()) {
		(void)close(fd);
		return;
	}
	for (uint32_t slot = 0; slot < CONTROL_CLIENTS; slot++) {
		if (!v->client[slot]) {
			v->client[slot] = control_client_new(v->session, fd, slot);
			return;
		}
	}
	turn_away(fd);
}

static bool
out_of_means(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void
pause_accepting(struct listener *v)
{
	ev_io_stop(v->session->loop, &v->listener);
	ev_timer_set(&v->pause, ACCEPT_PAUSE_SECONDS, 0.);
	ev_timer_start(v->session->loop, &v->pause);
}

static void
on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct listener *v = w->data;

	(void)loop;
	if (revents & EV_ERROR) { /* it could not be watched */
		pause_accepting(v);
		return;
	}
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		const int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			welcome(v, fd);
			continue;
		}
		if (out_of_means(errno))
			pause_accepting(v);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct listener *v = w->data;

	(void)revents;
	ev_io_start(loop, &v->listener);
}

int
listener_open(struct listener *v)
{
	char file[NAME_MAX_LEN + sizeof(".sock")];
	int fd;

	(void)snprintf(file, sizeof(file), "%s.sock", v->session->folded);
	rundir_path(&v->session->rundir, file, v->path);
	fd = socket_listen(v->path, 0600, (gid_t)-1, &v->ino);
	if (fd < 0)
		return fd;
	ev_io_set(&v->listener, fd, EV_READ);
	ev_io_start(v->session->loop, &v->listener);
	return 0;
}

static void
let_go(struct control_client *c)
{
	control_client_bye(c, BYE_STOPPING);
}

void
listener_close(struct listener *v, bool over)
{
	if (v->listener.fd >= 0) {
		socket_remove(v->path, v->ino);
		ev_io_stop(v->session->loop, &v->listener);
		(void)close(v->listener.fd);
		ev_io_set(&v->listener, -1, EV_READ);
	}
	ev_timer_stop(v->session->loop, &v->pause);
	if (over) {
		reading_end(v->session->reading);
		uplink_over(v->session->uplink);
	}
	listener_each(v, let_go);
}

struct listener *
listener_new(struct session *s)
{
	struct listener *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->session = s;
	ev_io_init(&v->listener, on_connection, -1, EV_READ);
	ev_timer_init(&v->pause, on_pause_over, 0., 0.);
	v->listener.data = v->pause.data = v;
	return v;
}

void
listener_free(struct listener *v)
{
	if (!v)
		return;
	for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
		control_client_free(v->client[i]);
	free(v);
}
