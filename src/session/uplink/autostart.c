#include "session/uplink/autostart.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/translate.h"
#include "net/endpoint.h"
#include "net/process.h"
#include "net/socket.h"
#include "proto/quote.h"

#define SPAWN_LOCK "_pchatd.spawn"
#define STATE "_pchatd"
#define IDLE_EXIT "30"
#define START_MS 5000
#define LOCK_WAIT_MS 3000
#define RETRY_MS 50 /* while a daemon that starts anew is waited for */

/* Whoever holds it starts the daemon; the others wait until it is done. */
static int
take_turn(const struct rundir *dir)
{
	const uint64_t end = clock_monotonic_ms() + LOCK_WAIT_MS;
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_path(dir, SPAWN_LOCK, path);
	while ((fd = socket_lock(path, NULL)) == -EWOULDBLOCK && clock_monotonic_ms() < end)
		(void)poll(NULL, 0, 5);
	return fd;
}

static bool
listens(const struct rundir *dir)
{
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_path(dir, ENDPOINT_OWN, path);
	fd = socket_connect(path, false);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 || fd == -EAGAIN;
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
start(const struct rundir *dir, char why[AUTOSTART_WHY])
{
	char program[PATH_MAX], socket[PATH_MAX + sizeof(ENDPOINT_OWN) + 1], state[PATH_MAX + sizeof(STATE) + 1];
	char o_socket[] = "--socket", o_state[] = "--state", o_idle[] = "--idle-exit", idle[] = IDLE_EXIT;
	char o_kept[] = "--max-kept-bytes",
	     none[] = "0"; /* its folder is gone with the logout, and nobody else reaches it */
	char *const argv[] = { program, o_socket, socket, o_state, state, o_idle, idle, o_kept, none, NULL };
	char report[AUTOSTART_WHY];
	int r;

	(void)snprintf(socket, sizeof(socket), "%s/" ENDPOINT_OWN, dir->path);
	(void)snprintf(state, sizeof(state), "%s/" STATE, dir->path);
	if ((r = process_path("pchatd", program, sizeof(program))) < 0)
		return r;
	r = process_start(argv, START_MS, report, sizeof(report));
	if (r >= 0 && strncmp(report, "ok", 2) == 0)
		return 1;
	explain(r < 0 ? error_words(-r) : r == 0 ? _("it ended at once") : report, why);
	log_error("cannot start a daemon: %s", why);
	return r < 0 ? r : -ECONNREFUSED;
}

/* 1: it was started now; 0: it is there, or somebody else has started it meanwhile; -errno. */
static int
start_once(const struct rundir *dir, char why[AUTOSTART_WHY])
{
	_cleanup_(closep) int lock = take_turn(dir);

	why[0] = '\0';
	if (lock < 0)
		return lock;
	return listens(dir) ? 0 : start(dir, why);
}

/* ------------------------------------------------------------------------- reaching it */

static void
note_start(const struct autostart *a)
{
	char path[PATH_MAX + sizeof(ENDPOINT_OWN) + 1], shown[256];

	(void)snprintf(path, sizeof(path), "%s/" ENDPOINT_OWN, a->dir->path);
	a->note(a->context, N_("started your own daemon at %s"), quote(path, strlen(path), shown, sizeof(shown)));
}

static int
reach(const struct autostart *a)
{
	const struct session_file *file = a->file;
	const char *path = file->socket[0] ? file->socket : NULL;
	char own[RUNDIR_PATH_MAX];
	_cleanup_(closep) int fd = -1;
	int r;

	rundir_path(a->dir, ENDPOINT_OWN, own);
	fd = socket_connect(path ? path : own, false);
	if (fd < 0)
		return fd;
	if ((r = endpoint_trusted(fd, path, file->explicit_socket)) < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

int
autostart_connect(const struct autostart *a, char why[AUTOSTART_WHY])
{
	const int fd = reach(a);
	int r;

	why[0] = '\0';
	if (a->file->socket[0] || (fd != -ENOENT && fd != -ECONNREFUSED))
		return fd;
	if ((r = start_once(a->dir, why)) < 0)
		return fd;
	if (r > 0)
		note_start(a);
	return reach(a);
}

int
autostart_await(const struct autostart *a, unsigned wait_ms, char why[AUTOSTART_WHY])
{
	const uint64_t end = clock_monotonic_ms() + wait_ms;
	int fd;

	while ((fd = autostart_connect(a, why)) == -ENOENT || fd == -ECONNREFUSED) {
		if (!a->file->socket[0] || clock_monotonic_ms() >= end)
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	return fd;
}

void
autostart_words(const struct autostart *a, int error, const char *why, char *words, size_t size)
{
	if (a->file->socket[0])
		endpoint_words(a->file->socket, error, words, size);
	else
		(void)snprintf(words, size, _("cannot start your own daemon: %s"), why[0] ? why : error_words(-error));
}
