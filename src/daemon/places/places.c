#include "daemon/places/places.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/places/registry.h"
#include "net/folder.h"
#include "net/rundir.h"
#include "net/socket.h"
#include "proto/quote.h"

#define SHOWN 512 /* bytes of a path in a message */
#define OWN_RUNTIME "_registry"
#define LEFT_MS 1000U /* for a lock that a child may hold still */
#define LEFT_PAUSE_MS 20U

static int PRINTF_LIKE(2, 3) fail(char words[PLACES_WORDS], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, PLACES_WORDS, fmt, args);
	va_end(args);
	return -1;
}

/* A path in a message; one in each. */
static const char *
shown(const char *path, char out[SHOWN])
{
	return quote(path, strlen(path), out, SHOWN);
}

/* ------ finding ------ */

static int
find_state(struct places *p, char words[PLACES_WORDS])
{
	char s[SHOWN];
	int r;

	if (geteuid() == 0) {
		(void)snprintf(p->state, sizeof(p->state), PLACES_STATE);
		return 0;
	}
	r = folder_state("daemon", p->state);
	if (r == -ENOENT)
		return fail(words, "no state folder: neither HOME nor XDG_STATE_HOME is set; use --state DIR");
	if (r == -EPERM)
		return fail(words, "'%s' belongs to somebody else; set HOME, or use --state DIR", shown(p->state, s));
	return r < 0 ? fail(words, "no state folder: %s", strerror(-r)) : 0;
}

static int
find_runtime(struct places *p, char words[PLACES_WORDS])
{
	struct rundir dir;
	char s[SHOWN];
	int r;

	if (geteuid() == 0) {
		(void)snprintf(p->runtime, sizeof(p->runtime), PLACES_FOLDER);
		return 0;
	}
	if ((r = rundir_make(&dir, NULL)) < 0)
		return fail(words, "no runtime folder: '%s': %s; use --runtime DIR", shown(dir.path, s),
		    r == -EPERM ? "it belongs to somebody else, or others may write to it" : strerror(-r));
	rundir_close(&dir);
	if ((size_t)snprintf(p->runtime, sizeof(p->runtime), "%s/" OWN_RUNTIME, dir.path) >= sizeof(p->runtime))
		return fail(words, "'%s': %s", shown(dir.path, s), strerror(ENAMETOOLONG));
	return 0;
}

int
places_find(struct places *p, char words[PLACES_WORDS])
{
	if (!p->runtime[0] && p->state[0])
		memcpy(p->runtime, p->state, sizeof(p->runtime));
	else if (!p->runtime[0] && find_runtime(p, words) < 0)
		return -1;
	return p->state[0] ? 0 : find_state(p, words);
}

/* ------ claiming ------ */

/* Those that it is in are made as well, all ours alone. */
static int
make_folders(const char *path)
{
	char part[PATH_MAX];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(part, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* Everybody goes through this one to the socket. */
static void
make_host_folder(void)
{
	if (geteuid() == 0 && mkdir(PLACES_FOLDER, 0755) == 0)
		(void)chmod(PLACES_FOLDER, 0755); /* whatever the umask */
}

static bool
is_served(const char *socket)
{
	const int fd = socket_connect(socket, false);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 || fd == -EAGAIN;
}

/*
 * A child that a killed daemon has left holds its locks, too, until it has closed what it inherited, or ends. Nobody waits
 * where a daemon is known to serve `socket`, which may be NULL.
 */
static int
lock_patiently(const char *path, enum lock_before *before, const char *socket)
{
	static const struct timespec pause = { .tv_nsec = LEFT_PAUSE_MS * 1000000L };
	int lock;

	for (unsigned ms = 0; (lock = socket_lock(path, before)) == -EWOULDBLOCK && ms < LEFT_MS; ms += LEFT_PAUSE_MS) {
		if (socket && is_served(socket))
			break;
		(void)nanosleep(&pause, NULL);
	}
	return lock;
}

/* The lock, or -1. */
static int
claim(const char *path, enum lock_before *before, const char *socket, const char *busy, const char *what,
    char words[PLACES_WORDS])
{
	const int lock = lock_patiently(path, before, socket);
	char s[SHOWN];

	if (lock == -EWOULDBLOCK)
		return fail(words, busy, shown(what, s));
	if (lock == -EPERM)
		return fail(words,
		    "'%s.lock' is no file of ours alone: somebody else has made it, or it has another name, too",
		    shown(path, s));
	return lock < 0 ? fail(words, "cannot lock '%s.lock': %s", shown(path, s), strerror(-lock)) : lock;
}

int
places_claim_socket(struct places *p, char words[PLACES_WORDS])
{
	enum lock_before before;
	char s[SHOWN];
	struct stat st;

	if (strlen(p->socket) > SOCKET_PATH_MAX)
		return fail(words, "socket path '%s' is %zu bytes long; the limit is %zu", shown(p->socket, s),
		    strlen(p->socket), SOCKET_PATH_MAX);
	/* No lock is left beside what is not ours. What comes there later socket_listen() refuses. */
	if (lstat(p->socket, &st) == 0 && !S_ISSOCK(st.st_mode))
		return fail(words, "'%s' is there and is not a socket; it was left alone", shown(p->socket, s));
	if (strcmp(p->socket, PLACES_SOCKET) == 0)
		make_host_folder();
	p->socket_lock = claim(p->socket, &before, p->socket, "another pchatd serves '%s'", p->socket, words);
	if (p->socket_lock < 0)
		return -1;
	p->was_used |= before == LOCK_SINCE_BOOT;
	return 0;
}

static int
claim_folder(const char *folder, enum lock_before *before, char words[PLACES_WORDS])
{
	char path[PATH_MAX], s[SHOWN];
	int r;

	if (strcmp(folder, PLACES_FOLDER) == 0)
		make_host_folder();
	if ((r = make_folders(folder)) < 0)
		return fail(words, "cannot make '%s': %s", shown(folder, s), strerror(-r));
	/* Before anything is written there: in somebody else's folder it might be written elsewhere. */
	if (registry_check_folder(folder) == -EPERM)
		return fail(words, "'%s' belongs to somebody else, or others may write to it", shown(folder, s));
	if ((size_t)snprintf(path, sizeof(path), "%s/registry", folder) >= sizeof(path))
		return fail(words, "'%s': %s", shown(folder, s), strerror(ENAMETOOLONG));
	return claim(path, before, NULL, "another pchatd uses '%s'", folder, words);
}

int
places_claim_folders(struct places *p, char words[PLACES_WORDS])
{
	enum lock_before before;

	if ((p->runtime_lock = claim_folder(p->runtime, &before, words)) < 0)
		return -1;
	p->was_used |= before == LOCK_SINCE_BOOT;
	if (before == LOCK_BEFORE_BOOT)
		registry_erase(p->runtime);
	if (strcmp(p->state, p->runtime) == 0)
		return 0;
	p->state_lock = claim_folder(p->state, &before, words);
	return p->state_lock < 0 ? -1 : 0;
}

void
places_forget(const struct places *p)
{
	const int lock[] = { p->socket_lock, p->runtime_lock };

	for (size_t i = 0; i < ARRAY_SIZE(lock) && !p->was_used; i++)
		if (lock[i] >= 0)
			socket_lock_forget(lock[i]);
}

/* ------ the registry ------ */

static int
open_in(const char *folder, struct registry **r, enum registry_origin *origin, char words[PLACES_WORDS])
{
	const int error = registry_open(folder, r, origin);
	char s[SHOWN];

	if (error == -EPROTO)
		return fail(words, "'%s/registry.db' was written by a newer pchatd", shown(folder, s));
	return error < 0 ? fail(words, "cannot open '%s/registry.db': %s", shown(folder, s), strerror(-error)) : 0;
}

/* What an older pchatd kept in the state folder: taken over once, and removed when that is done. */
static int
take_over(const struct places *p, struct registry *r, enum registry_origin *origin, char words[PLACES_WORDS])
{
	struct registry *old = NULL;
	char s[SHOWN];
	int error;

	if (strcmp(p->state, p->runtime) == 0 || !registry_exists(p->state))
		return 0;
	if (*origin == REGISTRY_NEW) {
		if (open_in(p->state, &old, origin, words) < 0)
			return -1;
		error = registry_import(r, old);
		registry_close(old);
		if (error < 0)
			return fail(
			    words, "cannot take over '%s/registry.db': %s", shown(p->state, s), strerror(-error));
		log_notice("registry: taken over from '%s'", shown(p->state, s));
	}
	registry_erase(p->state);
	return 0;
}

int
places_open_registry(const struct places *p, struct registry **r, bool *lost, char words[PLACES_WORDS])
{
	enum registry_origin origin;
	char s[SHOWN];
	bool partial;
	int error;

	if (open_in(p->runtime, r, &origin, words) < 0 || take_over(p, *r, &origin, words) < 0)
		return -1;
	if ((error = registry_partial(*r, &partial)) < 0)
		return fail(words, "cannot read '%s/registry.db': %s", shown(p->runtime, s), strerror(-error));
	*lost = origin == REGISTRY_DAMAGED || (origin == REGISTRY_NEW && p->was_used) || partial;
	return 0;
}
