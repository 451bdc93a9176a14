#include "cli/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "cli/process/child.h"
#include "core/name.h"
#include "net/folder.h"
#include "net/process.h"

#define HELPER_MS 1000
#define FOREIGN_HOME "'%.300s' is not yours; set HOME (sudo -H does) or XDG_STATE_HOME to a folder of your own"

struct inboxes {
	unsigned count;
	char name[NAME_MAX_LEN + 1];
	char list[256];
};

/* A folder that is called by a folded name, and has an inbox in it. */
static bool
is_inbox(int folder, const char *name)
{
	char file[NAME_MAX_LEN + sizeof("/inbox.db")];

	if (!name_valid(name, strlen(name)))
		return false;
	(void)snprintf(file, sizeof(file), "%.*s/inbox.db", (int)NAME_MAX_LEN, name);
	return faccessat(folder, file, F_OK, 0) == 0;
}

/* 0, also when there are none; -errno. */
static int
find_inboxes(struct inboxes *in)
{
	char path[PATH_MAX];
	const struct dirent *e;
	DIR *d;

	if (folder_state("", path) < 0)
		return 0;
	d = opendir(path);
	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while ((e = readdir(d))) {
		const size_t len = strlen(in->list);

		if (!is_inbox(dirfd(d), e->d_name))
			continue;
		if (in->count++ == 0)
			(void)snprintf(in->name, sizeof(in->name), "%.*s", (int)NAME_MAX_LEN, e->d_name);
		(void)snprintf(in->list + len, sizeof(in->list) - len, "%s%s", len ? ", " : "", e->d_name);
	}
	(void)closedir(d);
	return 0;
}

/* Nobody is logged in, or under several names: whose history can be meant? */
static enum verdict
choose_inbox(struct link *l, const struct options *o)
{
	const char *name = o->given[OPT_SESSION] ? o->text[OPT_SESSION] : getenv("PCHAT_SESSION");
	struct inboxes in = { .count = 0 };
	int rc;

	if (name && name_valid(name, strlen(name))) {
		name_fold(name, l->name);
		return VERDICT_OK;
	}
	if ((rc = find_inboxes(&in)) < 0) {
		(void)snprintf(l->words, sizeof(l->words), "cannot look for the history: %s", strerror(-rc));
		return VERDICT_FAILED;
	}
	if (in.count == 1) {
		memcpy(l->name, in.name, sizeof(l->name));
		return VERDICT_OK;
	}
	if (in.count == 0)
		(void)snprintf(l->words, sizeof(l->words), "there is no history: you were never logged in");
	else
		(void)snprintf(l->words, sizeof(l->words), "you have the history of %u names (%s); say whose: -s NAME",
		    in.count, in.list);
	return VERDICT_NO_SESSION;
}

/* pchat-session --history NAME, at the other end of a socket of our own. It ends when we close ours. */
static enum verdict
start_reader(struct link *l)
{
	static char option[] = "--history";
	char path[PATH_MAX];
	char *const argv[] = { path, option, l->name, NULL };
	_cleanup_(closep) int far = -1;
	struct child child;
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		(void)snprintf(l->words, sizeof(l->words), "no socket: %s", strerror(errno));
		return VERDICT_FAILED;
	}
	far = fds[1];
	if ((rc = process_path("pchat-session", path, sizeof(path))) == 0)
		rc = child_start(&child, argv, far, far, false);
	if (rc < 0) {
		(void)close(fds[0]);
		(void)snprintf(l->words, sizeof(l->words), "cannot run 'pchat-session': %s", strerror(-rc));
		return VERDICT_FAILED;
	}
	link_adopt(l, fds[0]);
	return VERDICT_OK;
}

enum verdict
archive_open(struct link *l, const struct options *o)
{
	enum verdict v = link_find(l, o);
	char home[PATH_MAX];

	if (v == VERDICT_OK && link_connect(l, deadline_in(HELPER_MS)) == VERDICT_OK)
		return VERDICT_OK;
	if (v != VERDICT_OK && folder_state("", home) == -EPERM) {
		(void)snprintf(l->words, sizeof(l->words), FOREIGN_HOME, home);
		return VERDICT_FAILED;
	}
	if (v != VERDICT_OK && (v = choose_inbox(l, o)) != VERDICT_OK)
		return v;
	return start_reader(l);
}
