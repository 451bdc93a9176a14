#include "session/uplink/autostart.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/process.h"
#include "net/socket.h"
#include "proto/quote.h"
#include "session/session.h"

#define SPAWN_LOCK "_pchatd.spawn"
#define STATE "_pchatd"
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

	rundir_path(&s->rundir, AUTOSTART_SOCKET, path);
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

/* The daemon's own words, without its name in front and the line feed behind. */
static void
explain(const char *report, char why[AUTOSTART_WHY])
{
	static const char self[] = "pchatd: ";

	if (strncmp(report, self, strlen(self)) == 0)
		report += strlen(self);
	(void)snprintf(why, AUTOSTART_WHY, "%.*s", (int)strcspn(report, "\n"), report);
}

static int
start(struct session *s, char why[AUTOSTART_WHY])
{
	char program[PATH_MAX], socket[PATH_MAX + sizeof(AUTOSTART_SOCKET) + 1], state[PATH_MAX + sizeof(STATE) + 1];
	char o_socket[] = "--socket", o_state[] = "--state", o_idle[] = "--idle-exit", idle[] = IDLE_EXIT;
	char *const argv[] = { program, o_socket, socket, o_state, state, o_idle, idle, NULL };
	char report[AUTOSTART_WHY];
	int r;

	(void)snprintf(socket, sizeof(socket), "%s/" AUTOSTART_SOCKET, s->rundir.path);
	(void)snprintf(state, sizeof(state), "%s/" STATE, s->rundir.path);
	if ((r = process_path("pchatd", program, sizeof(program))) < 0)
		return r;
	r = process_start(argv, START_MS, report, sizeof(report));
	if (r >= 0 && strncmp(report, "ok", 2) == 0) {
		tell(s, socket);
		return 0;
	}
	explain(r < 0 ? strerror(-r) : r == 0 ? "it ended at once" : report, why);
	log_error("cannot start a daemon: %s", why);
	return r < 0 ? r : -ECONNREFUSED;
}

int
autostart_start(struct session *s, char why[AUTOSTART_WHY])
{
	_cleanup_(closep) int lock = take_turn(s);

	why[0] = '\0';
	if (lock < 0)
		return lock;
	return listens(s) ? 0 : start(s, why);
}
