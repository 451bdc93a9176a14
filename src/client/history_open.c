#include "client/history_open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "client/link_impl.h"
#include "core/names/name.h"
#include "core/via.h"
#include "net/folder.h"
#include "net/process.h"

#define HELPER_MS 1000
#define FOREIGN_HOME N_("'%.300s' is not yours; set HOME (sudo -H does) or XDG_STATE_HOME to a folder of your own")

#define BELOW_MAX (sizeof(VIA_FOLDER "/") + VIA_HOST_MAX + 1 + NAME_FOLD_MAX)

struct inboxes {
	unsigned count;
	char session[VIA_SESSION_MAX + 1];
	char list[256];
};

/* A folder that is called by a folded name, and has an inbox in it, or may have: we cannot look. */
static bool
is_inbox(int folder, const char *name)
{
	char file[NAME_MAX_LEN + sizeof("/inbox.db")];

	if (!name_valid(name, strlen(name)))
		return false;
	(void)snprintf(file, sizeof(file), "%.*s/inbox.db", (int)NAME_MAX_LEN, name);
	return faccessat(folder, file, F_OK, 0) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* What stands in the state folder below which path: of a host, of a session at it, of a session here. */
static void
path_below(const char *host, const char *name, char out[BELOW_MAX + 1])
{
	char session[VIA_HOST_MAX + 1 + NAME_FOLD_MAX + 1];

	(void)snprintf(session, sizeof(session), "%s%s%s", host, host[0] && name[0] ? "/" : "", name);
	(void)snprintf(out, BELOW_MAX + 1, "%s%s", host[0] ? VIA_FOLDER "/" : "", session);
}

/* 0, and NULL when it is not there; -errno. */
static int
open_below(const char *below, DIR **d)
{
	char path[PATH_MAX];

	*d = folder_state(below, path) < 0 ? NULL : opendir(path);
	return *d || errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

/* Those of sessions at that host; "": at this one. 0, also when there are none; -errno. */
static int
each_inbox_at(const char *host, void (*fn)(const char *session, void *context), void *context)
{
	char below[BELOW_MAX + 1], session[VIA_SESSION_MAX + 1];
	const struct dirent *e;
	DIR *d;
	int rc;

	path_below(host, "", below);
	if ((rc = open_below(below, &d)) < 0 || !d)
		return rc;
	while ((e = readdir(d))) {
		if (!is_inbox(dirfd(d), e->d_name))
			continue;
		via_join(host, e->d_name, session);
		fn(session, context);
	}
	(void)closedir(d);
	return 0;
}

/* Those at all hosts. 0, also when there are none; -errno. */
static int
each_inbox(void (*fn)(const char *session, void *context), void *context)
{
	const struct dirent *e;
	int rc = each_inbox_at("", fn, context);
	DIR *d;

	if (rc < 0 || (rc = open_below(VIA_FOLDER, &d)) < 0 || !d)
		return rc;
	while (rc == 0 && (e = readdir(d)))
		if (via_is_host(e->d_name))
			rc = each_inbox_at(e->d_name, fn, context);
	(void)closedir(d);
	return rc;
}

void
history_each_inbox(void (*fn)(const char *session, void *context), void *context)
{
	(void)!each_inbox(fn, context);
}

void
history_each_login(void (*fn)(const char *name, void *context), void *context)
{
	(void)!each_inbox_at("", fn, context);
}

static void
note_inbox(const char *session, void *context)
{
	struct inboxes *in = context;
	const size_t len = strlen(in->list);

	if (in->count++ == 0)
		(void)snprintf(in->session, sizeof(in->session), "%s", session);
	(void)snprintf(in->list + len, sizeof(in->list) - len, "%s%s", len ? ", " : "", session);
}

/* Whether the inbox of that name, at l->host, is there and may be read; a link to it, and its files, the reader judges. */
static enum verdict
look_into(struct link *l)
{
	char below[BELOW_MAX + 1], path[PATH_MAX];
	char folded[NAME_FOLD_MAX + 1];
	_cleanup_(closep) int fd = -1;
	int rc;

	name_fold(l->name, folded);
	path_below(l->host, folded, below);
	if ((rc = folder_state(below, path)) == 0)
		rc = fd = folder_open(path, false);
	if (fd >= 0)
		rc = folder_owned(fd);
	if (rc == 0)
		return VERDICT_OK;
	if (rc == -ENOENT)
		return link_trouble(l, VERDICT_NO_SESSION,
		    "there is no history of '%s': you were never logged in under that name", l->shown);
	return link_trouble(l, VERDICT_FAILED, "cannot read the history in '%s': %s", path,
	    rc == -EPERM ? _("it is not yours") : error_words(-rc));
}

/* Nobody is logged in, or under several names: whose history can be meant? */
static enum verdict
choose_inbox(struct link *l, const struct link_wish *wish)
{
	const char *name = wish->session ? wish->session : getenv("PCHAT_SESSION");
	struct inboxes in = { .count = 0 };
	const char *bare;
	int rc;

	if (name && *name) { /* never another's: --delete comes this way, too */
		if (!via_split(name, l->host, &bare) || !name_valid(bare, strlen(bare)))
			return link_trouble(l, VERDICT_NO_SESSION, "'%.64s' is not a name; see PCHAT_SESSION", name);
		link_name(l, l->host, bare);
		return look_into(l);
	}
	if ((rc = each_inbox(note_inbox, &in)) < 0) {
		(void)snprintf(l->words, sizeof(l->words), _("cannot look for the history: %s"), error_words(-rc));
		return VERDICT_FAILED;
	}
	if (in.count == 1 && via_split(in.session, l->host, &bare)) {
		link_name(l, l->host, bare);
		return look_into(l);
	}
	if (in.count == 0)
		(void)snprintf(l->words, sizeof(l->words), "%s", _("there is no history: you were never logged in"));
	else
		(void)snprintf(l->words, sizeof(l->words),
		    _("you have the history of %u names (%s); say whose: -s NAME"), in.count, in.list);
	return VERDICT_NO_SESSION;
}

/* Its standard input and output are `end`. It is no child to be waited for: it ends with us at the latest. 0 or -errno. */
static int
spawn(char *const argv[], int end)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return -rc;
	if ((rc = posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO)) == 0)
		rc = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

/* pchat-session --history NAME, at the other end of a socket of our own. It ends when we close ours. */
static enum verdict
start_reader(struct link *l)
{
	static char option[] = "--history";
	char path[PATH_MAX];
	char *const argv[] = { path, option, l->shown, NULL };
	_cleanup_(closep) int far = -1;
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		(void)snprintf(l->words, sizeof(l->words), _("no socket: %s"), error_words(errno));
		return VERDICT_FAILED;
	}
	far = fds[1];
	if ((rc = process_path("pchat-session", path, sizeof(path))) == 0)
		rc = spawn(argv, far);
	if (rc < 0) {
		(void)close(fds[0]);
		(void)snprintf(l->words, sizeof(l->words), _("cannot run 'pchat-session': %s"), error_words(-rc));
		return VERDICT_FAILED;
	}
	link_adopt(l, fds[0]);
	return VERDICT_OK;
}

enum verdict
history_open(struct link *l, const struct link_wish *wish)
{
	enum verdict v = link_find(l, wish);
	char home[PATH_MAX];

	if (v == VERDICT_OK && link_connect(l, deadline_in(HELPER_MS)) == VERDICT_OK)
		return VERDICT_OK;
	if (v == VERDICT_OK && !link_look_further(l) && !session_file_exists(&l->dir, l->name))
		v = VERDICT_NO_SESSION; /* the folder for it was found, and nothing in it */
	if (v == VERDICT_FAILED)
		return v; /* it may be there all the same */
	if (v != VERDICT_OK && folder_state("", home) == -EPERM) {
		(void)snprintf(l->words, sizeof(l->words), _(FOREIGN_HOME), home);
		return VERDICT_FAILED;
	}
	if (v != VERDICT_OK && (v = choose_inbox(l, wish)) != VERDICT_OK)
		return v;
	return start_reader(l);
}
