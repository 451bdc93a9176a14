#include "session/service.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/limits.h"
#include "net/socket.h"
#include "session/caller.h"
#include "session/reader.h"
#include "session/session.h"
#include "session/uplink.h"

#define ACCEPTS_A_TURN 64

struct service {
	struct session *session;
	ev_io listener; /* fd -1: not listening */
	ev_timer pause; /* after EMFILE */
	char path[RUNDIR_PATH_MAX];
	ino_t ino;
	struct caller *caller[CONTROL_CLIENTS];
};

struct caller *
service_caller(const struct service *v, uint32_t slot)
{
	return slot < CONTROL_CLIENTS ? v->caller[slot] : NULL;
}

void
service_forget(struct service *v, uint32_t slot)
{
	v->caller[slot] = NULL;
}

void
service_each(const struct service *v, void (*fn)(struct caller *c))
{
	for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
		if (v->caller[i])
			fn(v->caller[i]);
}

/* Too many at once: said in the protocol's words, without a caller. */
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
welcome(struct service *v, int fd)
{
	struct credentials peer;

	/* Nobody but the user himself; root has no business here either. */
	if (socket_peer(fd, &peer) < 0 || peer.uid != geteuid()) {
		(void)close(fd);
		return;
	}
	for (uint32_t slot = 0; slot < CONTROL_CLIENTS; slot++) {
		if (!v->caller[slot]) {
			v->caller[slot] = caller_new(v->session, fd, slot);
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
pause_accepting(struct service *v)
{
	ev_io_stop(v->session->loop, &v->listener);
	ev_timer_set(&v->pause, ACCEPT_PAUSE_SECONDS, 0.);
	ev_timer_start(v->session->loop, &v->pause);
}

static void
on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct service *v = w->data;

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
	struct service *v = w->data;

	(void)revents;
	ev_io_start(loop, &v->listener);
}

int
service_open(struct service *v)
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
let_go(struct caller *c)
{
	caller_bye(c, BYE_STOPPING);
}

void
service_close(struct service *v, bool over)
{
	if (v->listener.fd >= 0) {
		socket_remove(v->path, v->ino);
		ev_io_stop(v->session->loop, &v->listener);
		(void)close(v->listener.fd);
		ev_io_set(&v->listener, -1, EV_READ);
	}
	ev_timer_stop(v->session->loop, &v->pause);
	if (over) {
		reader_end(v->session->reader);
		uplink_over(v->session->uplink);
	}
	service_each(v, let_go);
}

struct service *
service_new(struct session *s)
{
	struct service *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->session = s;
	ev_io_init(&v->listener, on_connection, -1, EV_READ);
	ev_timer_init(&v->pause, on_pause_over, 0., 0.);
	v->listener.data = v->pause.data = v;
	return v;
}

void
service_free(struct service *v)
{
	if (!v)
		return;
	for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
		caller_free(v->caller[i]);
	free(v);
}
