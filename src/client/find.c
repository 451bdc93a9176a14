#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "base/translate.h"
#include "client/link_impl.h"
#include "core/names/name.h"
#include "core/via.h"
#include "net/endpoint.h"
#include "net/folder.h"
#include "net/socket.h"
#include "net/whereabouts.h"

void
link_name(struct link *l, const char *host, const char *name)
{
	/* By hand: each command does it. */
	if (l->host != host)
		(void)stpcpy(l->host, host);
	(void)stpcpy(l->name, name);
	via_join(l->host, l->name, l->shown);
}

/* ------------------------------------------------------------------------- why there is none */

/* A sandbox may forbid sockets: then nobody knows whether there is a session. */
bool
link_sockets_forbidden(struct link *l)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		(void)link_trouble(l, VERDICT_FAILED,
		    "this process may not use Unix sockets (%s): pchat cannot work in this sandbox",
		    error_words(errno));
	else
		(void)close(fd);
	return fd < 0;
}

/* The session of that name, or the first of which something is known. */
static bool
tell_what_became(const char *name, char *words, size_t size)
{
	char folder[PATH_MAX], all[PATH_MAX];
	const struct dirent *e;
	bool told = false;
	DIR *d;

	if (name)
		return folder_state(name, folder) == 0 && whereabouts_tell(name, folder, words, size);
	if (folder_state("", all) < 0 || !(d = opendir(all)))
		return false;
	while (!told && (e = readdir(d)))
		told = name_possible(e->d_name, strlen(e->d_name)) && folder_state(e->d_name, folder) == 0 &&
		    whereabouts_tell(e->d_name, folder, words, size);
	(void)closedir(d);
	return told;
}

static enum verdict
no_session_there(struct link *l)
{
	char folder[PATH_MAX], below[sizeof(VIA_FOLDER "/") + VIA_SESSION_MAX], what[PATH_MAX + 256];

	(void)snprintf(below, sizeof(below), VIA_FOLDER "/%s", l->shown);
	if (folder_state(below, folder) == 0 && whereabouts_tell(l->name, folder, what, sizeof(what)))
		return link_trouble(l, VERDICT_NO_SESSION, "you are not logged in as %s: %s", l->shown, what);
	return link_trouble(l, VERDICT_NO_SESSION,
	    "you are not logged in as '%s'; log in with: pchat login --via %s %s", l->shown, l->host, l->name);
}

/* Why a session may be looked for in vain; or nothing. */
static const char *
about_runtime_folder(char *out, size_t size)
{
	struct rundir r;
	int rc;

	if (!getenv("XDG_RUNTIME_DIR"))
		return _(" (a session that began with XDG_RUNTIME_DIR is found only where that is set)");
	rc = rundir_open(&r, RUNDIR_XDG, NULL);
	rundir_close(&r);
	if (rc != -EPERM)
		return "";
	(void)snprintf(out, size, _(" ('%s' is not yours, or others may write to it: it is not looked into)"), r.path);
	return out;
}

/* With words. name: folded, NULL: any. Apart, for the stack's sake, as make_absolute(). */
static enum verdict __attribute__((noinline)) say_no_session(struct link *l, const char *name)
{
	char what[PATH_MAX + 512];
	const char *hint;

	if (name && l->host[0])
		return no_session_there(l);

	if (link_sockets_forbidden(l))
		return VERDICT_FAILED;
	if (tell_what_became(name, what, sizeof(what)))
		return name ? link_trouble(l, VERDICT_NO_SESSION, "you are not logged in as %s: %s", name, what)
			    : link_trouble(l, VERDICT_NO_SESSION, "you are not logged in: %s", what);
	hint = about_runtime_folder(what, sizeof(what));
	return name ? link_trouble(l, VERDICT_NO_SESSION,
			  "you are not logged in as '%s'; log in with: pchat login %s%s", name, name, hint)
		    : link_trouble(l, VERDICT_NO_SESSION, "you are not logged in; log in with: pchat login%s", hint);
}

static enum verdict
no_session(struct link *l, const char *name)
{
	return l->wordless ? VERDICT_NO_SESSION : say_no_session(l, name);
}

enum verdict
link_no_file(struct link *l, int error)
{
	if (error == -ENOENT)
		return no_session(l, l->name);
	return link_trouble(l, error == -EBADMSG ? VERDICT_NO_SESSION : VERDICT_FAILED,
	    "cannot read '%s/%s.session': %s", l->dir.path, l->name, error_words(-error));
}

/* ------------------------------------------------------------------------- which one */

/* Two paths of one socket: through a link, say, as /var/run is one. */
static bool
is_same_socket(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

struct candidates {
	unsigned count;
	unsigned where; /* the folder of the first */
	char host[VIA_HOST_MAX + 1];
	char name[NAME_MAX_LEN + 1];
	char list[192];
};

struct search {
	const struct rundir *dir;
	unsigned place;
	const char *socket; /* of the daemon that was named; NULL: none was */
	bool here;          /* by the option, which means a daemon of this host */
	struct candidates all, at_socket;
};

static void
add(struct candidates *c, const char *host, const char *name, unsigned place)
{
	const size_t len = strlen(c->list);

	if (c->count++ == 0) {
		(void)stpcpy(c->host, host);
		(void)stpcpy(c->name, name);
		c->where = place;
	}
	(void)snprintf(c->list + len, sizeof(c->list) - len, "%s%s%s%s", len ? ", " : "", host, *host ? "/" : "", name);
}

/* Whether that daemon is the session's. What is wrong with its file is told when it is the only one. */
static bool __attribute__((noinline)) is_at_socket(const struct search *s, const char *name)
{
	struct session_file file;

	return session_file_read(s->dir, name, &file) < 0 || is_same_socket(file.socket, s->socket);
}

static bool
candidate_at(const char *host, const char *name, void *context)
{
	struct search *s = context;

	add(&s->all, host, name, s->place);
	if (s->socket && (*host ? !s->here : is_at_socket(s, name)))
		add(&s->at_socket, host, name, s->place);
	return true;
}

static bool
candidate(const char *name, void *context)
{
	return candidate_at("", name, context);
}

/* One that sessions may be in, and that we cannot look into. */
static enum verdict
closed_folder(struct link *l, int error)
{
	return link_trouble(l, VERDICT_FAILED, "cannot open '%s': %s", l->dir.path, error_words(-error));
}

/* There are several. */
static enum verdict
say_which(struct link *l, const struct search *s)
{
	const struct candidates *c = s->at_socket.count > 0 ? &s->at_socket : &s->all;

	l->several = true;
	if (s->socket && s->at_socket.count == 0)
		return link_trouble(l, VERDICT_NO_SESSION,
		    "none of your %u sessions (%s) is at '%s'; log in there under another name: pchat --socket '%s' "
		    "login "
		    "NAME",
		    c->count, c->list, s->socket, s->socket);
	return link_trouble(l, VERDICT_NO_SESSION,
	    "you have %u sessions (%s); say which: -s NAME, or export PCHAT_SESSION", c->count, c->list);
}

/* Of the sessions in all folders the only one; where a daemon was named, the only one there. */
static enum verdict
find_only(struct link *l, const char *socket, bool here)
{
	struct search s = { .dir = &l->dir, .socket = socket, .here = here };
	const struct candidates *c;
	int rc;

	for (s.place = 0; s.place < l->places; s.place++) {
		if ((rc = rundir_open(&l->dir, s.place, NULL)) < 0) {
			if (rundir_hides(rc))
				return closed_folder(l, rc);
			continue;
		}
		rc = session_file_each(&l->dir, candidate, &s);
		session_file_each_via(&l->dir, candidate_at, &s);
		rundir_close(&l->dir);
		if (rc < 0)
			return link_trouble(l, VERDICT_FAILED, "cannot list '%s': %s", l->dir.path, error_words(-rc));
	}
	if (s.all.count == 0)
		return no_session(l, NULL);
	c = s.at_socket.count == 1 ? &s.at_socket : &s.all;
	if (c->count > 1)
		return say_which(l, &s);
	link_name(l, c->host, c->name);
	l->chosen = l->host[0] || s.all.count > 1;
	return rundir_open(&l->dir, c->where, l->host) == 0 ? VERDICT_OK : no_session(l, l->name);
}

/*
 * The first folder that is there: most often that is the one. Whether the session is really in it shows when its
 * helper does not answer; then link_look_further() looks in the others.
 */
static enum verdict
find_named(struct link *l)
{
	for (unsigned place = 0; place < l->places; place++) {
		const int rc = rundir_open(&l->dir, place, l->host);

		if (rc == 0)
			return VERDICT_OK;
		if (rundir_hides(rc))
			return closed_folder(l, rc);
	}
	return no_session(l, l->name);
}

bool
link_look_further(struct link *l)
{
	struct rundir found;

	if (session_file_exists(&l->dir, l->name) || session_file_find(&found, l->places, l->host, l->name) < 0)
		return false;
	rundir_close(&l->dir);
	l->dir = found;
	return true;
}

/* A daemon that was named has to be the one that the session is logged in to. */
static enum verdict
check_daemon(struct link *l, const char *socket)
{
	struct session_file file;
	int rc;

	if (l->host[0])
		return link_trouble(
		    l, VERDICT_USAGE, "session '%s' is at another host: --socket is for daemons of this one", l->shown);
	(void)link_look_further(l);
	rc = session_file_read(&l->dir, l->name, &file);
	if (rc < 0)
		return link_no_file(l, rc);
	if (is_same_socket(file.socket, socket))
		return VERDICT_OK;
	if (!file.socket[0])
		return link_trouble(l, VERDICT_NO_SESSION,
		    "session '%s' is logged in at your own daemon, not at '%s'; quit it, or log in there under another "
		    "name: pchat --socket '%s' login NAME",
		    l->name, socket, socket);
	return link_trouble(l, VERDICT_NO_SESSION,
	    "session '%s' is logged in at '%s', not at '%s'; quit it, or log in there under another name: pchat "
	    "--socket '%s' login NAME",
	    l->name, file.socket, socket, socket);
}

enum verdict
link_daemon_of(struct link *l, struct link_daemon *d)
{
	struct session_file file;
	int rc;

	if (l->host[0])
		return link_trouble(l, VERDICT_USAGE,
		    "session '%s' is at another host: ask its daemon there, with a login of your own", l->shown);
	(void)link_look_further(l);
	if ((rc = session_file_read(&l->dir, l->name, &file)) < 0)
		return link_no_file(l, rc);
	memcpy(d->socket, file.socket, sizeof(d->socket));
	d->explicit = file.explicit_socket;
	return VERDICT_OK;
}

static enum verdict
too_long(struct link *l, size_t length)
{
	return link_trouble(
	    l, VERDICT_USAGE, "the socket's path has %zu bytes; at most %zu are possible", length, SOCKET_PATH_MAX);
}

/* A relative path from the root on. Apart, for the stack's sake: a prompt is not to touch pages that it does not need. */
static enum verdict __attribute__((noinline)) make_absolute(struct link *l, const char *named, const char **socket)
{
	static char absolute[SOCKET_PATH_MAX + 1];
	char here[PATH_MAX];
	size_t length;

	if (!getcwd(here, sizeof(here)))
		return link_trouble(
		    l, VERDICT_USAGE, "cannot make '%s' an absolute path: %s", named, error_words(errno));
	length = (size_t)snprintf(absolute, sizeof(absolute), "%s/%s", here, named);
	if (length > SOCKET_PATH_MAX)
		return too_long(l, length);
	*socket = absolute;
	return VERDICT_OK;
}

enum verdict
link_named_socket(struct link *l, const struct link_wish *wish, const char **socket)
{
	const char *named = wish->socket ? wish->socket : getenv("PCHAT_SOCKET");
	size_t length;

	*socket = named && *named ? named : NULL;
	if (!*socket)
		return VERDICT_OK;
	if ((length = strlen(named)) > SOCKET_PATH_MAX)
		return too_long(l, length);
	return *named == '/' ? VERDICT_OK : make_absolute(l, named, socket);
}

enum verdict
link_find(struct link *l, const struct link_wish *wish)
{
	const char *session = wish->session ? wish->session : getenv("PCHAT_SESSION");
	char lowered[NAME_MAX_LEN + 1];
	const char *name, *socket;
	enum verdict v;

	if ((v = link_named_socket(l, wish, &socket)) != VERDICT_OK)
		return v;
	if (session && *session) {
		if (!via_split(session, l->host, &name) || !name_possible(name, strlen(name)))
			return link_trouble(l, VERDICT_NO_SESSION, "'%.64s' is not a name; see PCHAT_SESSION", session);
		name_lower(name, lowered);
		link_name(l, l->host, lowered);
		l->chosen = true;
		v = find_named(l);
	} else {
		v = find_only(l, socket, wish->socket);
	}
	if (v != VERDICT_OK)
		return v;
	/* PCHAT_SOCKET says nothing of another host. */
	return socket && (!l->host[0] || wish->socket) ? check_daemon(l, socket) : VERDICT_OK;
}

const char *
link_alone_words(void)
{
	if (endpoint_path(NULL))
		return _("only your own sessions are on this daemon, which you started; other people meet on the "
			 "host's daemon, which is running by now: 'pchat quit', then 'pchat login'");
	return _("only your own sessions are on this daemon, which you started; to meet other people, ask an "
		 "administrator to start the host's daemon: systemctl enable --now pchatd.socket");
}

const char *
link_alone(const struct link *l)
{
	struct session_file file;

	if (l->dir.fd < 0 || session_file_read(&l->dir, l->name, &file) < 0 || file.socket[0])
		return NULL;
	return link_alone_words();
}
