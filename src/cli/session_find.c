#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/line/options.h"
#include "cli/session_link_impl.h"
#include "core/name.h"
#include "net/socket.h"

/* Cron has none, say: then what is there is looked for elsewhere. */
static const char *
elsewhere(void)
{
	return getenv("XDG_RUNTIME_DIR") ? ""
					 : "; sessions that began with XDG_RUNTIME_DIR are found only where it is set";
}

enum verdict
link_no_file(struct link *l, int error)
{
	if (error == -ENOENT)
		return link_trouble(l, VERDICT_NO_SESSION,
		    "you are not logged in as '%s'; log in with: pchat login %s%s", l->name, l->name, elsewhere());
	return link_trouble(l, error == -EBADMSG ? VERDICT_NO_SESSION : VERDICT_FAILED,
	    "cannot read '%s/%s.session': %s", l->dir.path, l->name, strerror(-error));
}

static enum verdict
open_folder(struct link *l)
{
	const int rc = rundir_open(&l->dir, false);

	if (rc == 0)
		return VERDICT_OK;
	if (rc == -ENOENT)
		return link_trouble(
		    l, VERDICT_NO_SESSION, "you are not logged in; log in with: pchat login%s", elsewhere());
	if (rc == -EPERM)
		return link_trouble(l, VERDICT_FAILED,
		    "'%s' belongs to somebody else, or others may write to it; remove it, or set XDG_RUNTIME_DIR",
		    l->dir.path);
	return link_trouble(l, VERDICT_FAILED, "cannot open '%s': %s", l->dir.path, strerror(-rc));
}

struct candidates {
	unsigned count;
	char name[NAME_MAX_LEN + 1];
	char list[128];
};

static bool
candidate(const char *name, void *context)
{
	struct candidates *c = context;
	const size_t len = strlen(c->list);

	if (c->count++ == 0)
		memcpy(c->name, name, strlen(name) + 1);
	(void)snprintf(c->list + len, sizeof(c->list) - len, "%s%s", len ? ", " : "", name);
	return true;
}

static enum verdict
find_only(struct link *l)
{
	struct candidates c = { .count = 0 };
	const int rc = session_file_each(&l->dir, candidate, &c);

	if (rc < 0)
		return link_trouble(l, VERDICT_FAILED, "cannot list '%s': %s", l->dir.path, strerror(-rc));
	if (c.count == 0)
		return link_trouble(
		    l, VERDICT_NO_SESSION, "you are not logged in; log in with: pchat login%s", elsewhere());
	if (c.count > 1)
		return link_trouble(l, VERDICT_NO_SESSION,
		    "you have %u sessions (%s); say which: -s NAME, or export PCHAT_SESSION", c.count, c.list);
	memcpy(l->name, c.name, sizeof(l->name));
	return VERDICT_OK;
}

/* Two paths of one socket: through a link, say, as /var/run is one. */
static bool
is_same_socket(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A daemon that was named has to be the one that the session is logged in to. */
static enum verdict
check_daemon(struct link *l, const char *socket)
{
	struct session_file file;
	const int rc = session_file_read(&l->dir, l->name, &file);

	if (rc < 0)
		return link_no_file(l, rc);
	if (is_same_socket(file.socket, socket))
		return VERDICT_OK;
	return link_trouble(l, VERDICT_NO_SESSION,
	    "session '%s' is not logged in at '%s'; log in there with: pchat --socket %s login", l->name, socket,
	    socket);
}

static enum verdict
too_long(struct link *l, size_t length)
{
	return link_trouble(
	    l, VERDICT_USAGE, "the socket's path has %zu bytes; at most %zu are possible", length, SOCKET_PATH_MAX);
}

enum verdict
link_named_socket(struct link *l, const struct options *o, const char **socket)
{
	static char absolute[SOCKET_PATH_MAX + 1];
	const char *named = o->given[OPT_SOCKET] ? o->text[OPT_SOCKET] : getenv("PCHAT_SOCKET");
	char here[PATH_MAX];
	size_t length;

	*socket = named && *named ? named : NULL;
	if (!*socket)
		return VERDICT_OK;
	if ((length = strlen(named)) > SOCKET_PATH_MAX)
		return too_long(l, length);
	if (*named == '/')
		return VERDICT_OK;
	if (!getcwd(here, sizeof(here)))
		return link_trouble(l, VERDICT_USAGE, "'%s' as an absolute path: %s", named, strerror(errno));
	length = (size_t)snprintf(absolute, sizeof(absolute), "%s/%s", here, named);
	if (length > SOCKET_PATH_MAX)
		return too_long(l, length);
	*socket = absolute;
	return VERDICT_OK;
}

enum verdict
link_find(struct link *l, const struct options *o)
{
	const char *name = o->given[OPT_SESSION] ? o->text[OPT_SESSION] : getenv("PCHAT_SESSION");
	const char *socket;
	enum verdict v;

	if ((v = link_named_socket(l, o, &socket)) != VERDICT_OK || (v = open_folder(l)) != VERDICT_OK)
		return v;
	if (name && *name) {
		if (!name_valid(name, strlen(name)))
			return link_trouble(l, VERDICT_NO_SESSION, "'%.64s' is not a name; see PCHAT_SESSION", name);
		name_fold(name, l->name);
	} else if ((v = find_only(l)) != VERDICT_OK) {
		return v;
	}
	return socket ? check_daemon(l, socket) : VERDICT_OK;
}
