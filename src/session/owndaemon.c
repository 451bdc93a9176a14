#include "session/owndaemon.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/process.h"
#include "net/socket.h"
#include "proto/quote.h"
#include "session/session.h"

#define SPAWN_LOCK "pchatd.spawn"
#define IDLE_EXIT "30"
#define START_MS 5000
#define LOCK_WAIT_MS 3000

/* Whoever holds it starts the daemon; the others wait until it is done. */
static int
take_turn(const struct session *s)
{
	const uint64_t end = clock_monotonic_ms() + LOCK_WAIT_MS;
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_path(&s->rundir, SPAWN_LOCK, path);
	while ((fd = socket_lock(path, NULL)) == -EWOULDBLOCK && clock_monotonic_ms() < end)
		(void)poll(NULL, 0, 5);
	return fd;
}

static int
listens(const struct session *s)
{
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_path(&s->rundir, OWNDAEMON_SOCKET, path);
	fd = socket_connect(path, false);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 || fd == -EAGAIN;
}

static void
tell(struct session *s, const char *path)
{
	char shown[256], note[320];

	(void)snprintf(
	    note, sizeof(note), "started your own daemon at %s", quote(path, strlen(path), shown, sizeof(shown)));
	session_note(s, note);
}

static int
start(struct session *s)
{
	char program[PATH_MAX], socket[PATH_MAX + sizeof(OWNDAEMON_SOCKET) + 1], report[512];
	char o_socket[] = "--socket", o_idle[] = "--idle-exit", idle[] = IDLE_EXIT;
	char *const argv[] = { program, o_socket, socket, o_idle, idle, NULL };
	int r;

	(void)snprintf(socket, sizeof(socket), "%s/" OWNDAEMON_SOCKET, s->rundir.path);
	if ((r = process_path("pchatd", program, sizeof(program))) < 0)
		return r;
	r = process_start(argv, START_MS, report, sizeof(report));
	if (r < 0 || strncmp(report, "ok", 2) != 0) {
		log_error("cannot start a daemon: %s", r < 0 ? strerror(-r) : r == 0 ? "it ended at once" : report);
		return r < 0 ? r : -ECONNREFUSED;
	}
	tell(s, socket);
	return 0;
}

int
owndaemon_start(struct session *s)
{
	_cleanup_(closep) int lock = take_turn(s);

	if (lock < 0)
		return lock;
	return listens(s) ? 0 : start(s);
}
