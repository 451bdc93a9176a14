/* The daemon: which one it would be, whose it is, and whether it listens. */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands/host/doctor.h"
#include "cli/line/options.h"
#include "client/link.h"
#include "net/endpoint.h"
#include "net/rundir.h"
#include "net/socket.h"

/* The account of that uid as text: "root", or "uid 1001". */
static const char *
account_of(uid_t uid, char out[64])
{
	const struct passwd *pw = getpwuid(uid);

	if (pw)
		(void)snprintf(out, 64, "%s", pw->pw_name);
	else
		(void)snprintf(out, 64, "uid %ju", (uintmax_t)uid);
	return out;
}

static void
tell_refusal(const char *path, int error, struct finding *f)
{
	const bool host = strcmp(path, ENDPOINT_HOST) == 0;

	if (error == -EACCES)
		finding_ill(f, "an administrator adds you to the group of the socket, or opens it: pchatd --mode",
		    "'%s' is closed to you", path);
	else if (error == -EPERM || error == -EAFNOSUPPORT)
		finding_ill(f, "run pchat outside of the sandbox", "sockets are forbidden here: %s", strerror(-error));
	else if (host)
		finding_ill(f, "an administrator starts it: systemctl start pchatd.socket",
		    "the host's daemon does not answer at '%s': %s", path, strerror(-error));
	else
		finding_ill(f, "start it: pchatd --detach --socket PATH", "no daemon answers at '%s': %s", path,
		    strerror(-error));
}

static void
tell_daemon(int fd, const char *path, bool explicit, struct finding *f)
{
	struct credentials peer;
	char account[64];

	if (socket_peer(fd, &peer) < 0)
		finding_ill(f, "try again", "the kernel does not say who listens at '%s'", path);
	else if (endpoint_trusted(fd, path, explicit) < 0)
		finding_ill(f, "unset PCHAT_SOCKET, or name the socket by --socket to trust it",
		    "'%s' is served by %s, who is neither root, you, nor the system account that owns its folder", path,
		    account_of(peer.uid, account));
	else
		finding_well(f, "'%s', of %s", path, account_of(peer.uid, account));
}

/* The user's own daemon, which need not run: a login starts it. */
static void
tell_own(struct finding *f)
{
	static const char cure[] = "to meet others, an administrator starts one for the host: systemctl enable --now "
				   "pchatd.socket";

	for (unsigned place = 0; place < RUNDIR_PLACES; place++) {
		struct rundir r = { .fd = -1 };
		char path[RUNDIR_PATH_MAX];
		int fd;

		if (rundir_open(&r, place) < 0)
			continue;
		rundir_path(&r, ENDPOINT_OWN, path);
		fd = socket_connect(path, false);
		if (fd >= 0)
			finding_note(f, cure, "your own, at '%s/" ENDPOINT_OWN "': nobody else is there", r.path);
		rundir_close(&r);
		if (fd >= 0) {
			(void)close(fd);
			return;
		}
	}
	finding_note(f, cure, "this host has none; a login starts one of your own, where nobody else is");
}

void
doctor_daemon(const struct options *o, struct finding *f)
{
	_cleanup_(freep) struct link *l = calloc(1, sizeof(*l));
	const struct link_wish wish = { .socket = o->text[OPT_SOCKET] };
	const char *named, *path;
	int fd;

	if (!l || link_named_socket(l, &wish, &named) != VERDICT_OK) {
		finding_ill(f, "name a shorter path", "%s", l ? l->words : "no memory");
		return;
	}
	if (!(path = endpoint_path(named))) {
		tell_own(f);
		return;
	}
	if ((fd = socket_connect(path, false)) < 0) {
		tell_refusal(path, fd, f);
		return;
	}
	tell_daemon(fd, path, o->given[OPT_SOCKET], f);
	(void)close(fd);
}
