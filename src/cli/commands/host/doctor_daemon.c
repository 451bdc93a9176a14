/* The daemon: which one it would be, whose it is, and whether it listens. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/host/doctor.h"
#include "cli/line/options.h"
#include "client/daemon_link.h"
#include "client/link.h"
#include "net/endpoint.h"
#include "net/rundir.h"
#include "net/socket.h"

#define VERSION_WAIT_MS 5000U

/* The account of that uid as text: "root", or "uid 1001". */
static const char *
account_of(uid_t uid, char out[ACCOUNT_ROOM])
{
	if (doctor_account(uid, out) != ACCOUNT_KNOWN)
		(void)snprintf(out, ACCOUNT_ROOM, "uid %ju", (uintmax_t)uid);
	return out;
}

static bool
is_other_than_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

static void
tell_refusal(const char *path, int error, struct finding *f)
{
	const bool host = strcmp(path, ENDPOINT_HOST) == 0;

	if (is_other_than_socket(path))
		finding_ill(f, N_("name the daemon's socket, by --socket or PCHAT_SOCKET"), "'%s' is no socket", path);
	else if (error == -EACCES)
		finding_ill(f,
		    N_("ask an administrator to add you to the group of the socket, or to open it: pchatd --mode"),
		    "you may not connect to '%s'", path);
	else if (error == -EPERM || error == -EAFNOSUPPORT)
		finding_ill(
		    f, N_("run pchat outside of the sandbox"), "sockets are forbidden here: %s", error_words(-error));
	else if (host)
		finding_ill(f, N_("ask an administrator to start it: systemctl start pchatd.socket"),
		    "the host's daemon does not answer at '%s': %s", path, error_words(-error));
	else
		finding_ill(f, N_("start it: pchatd --detach --socket PATH"), "no daemon answers at '%s': %s", path,
		    error_words(-error));
}

/* Who serves the socket is trusted: `which` says where it is, and whose; the rest is what it says of itself. */
static void
tell_version(const struct daemon_link *d, const char *which, struct finding *f)
{
	static const char restart[] = N_("restart it: sessions and chats live through that");
	char version[VERSION_MAX + 1];
	const enum verdict v = daemon_link_version(d, clock_monotonic_ms() + VERSION_WAIT_MS, version);

	if (v == VERDICT_OK && strcmp(version, PACKAGE_VERSION) == 0)
		finding_well(f, "%s, pchat %s", which, version);
	else if (v == VERDICT_OK)
		finding_note(f, restart, "%s, is of pchat %s; this is pchat %s", which, version, PACKAGE_VERSION);
	else if (v == VERDICT_OLD_DAEMON)
		finding_note(f, restart, "%s, is of an older pchat; this is pchat %s", which, PACKAGE_VERSION);
	else if (v == VERDICT_TIMED_OUT)
		finding_ill(f, N_("restart it"), "%s, listens but does not answer", which);
	else
		finding_note(f, N_("try again"), "%s, does not say which version it is: %s", which, d->link->words);
}

static void
tell_daemon(int fd, const struct daemon_link *d, const char *path, struct finding *f)
{
	struct credentials peer;
	char account[ACCOUNT_ROOM], which[256];

	if (socket_peer(fd, &peer) < 0)
		finding_ill(f, N_("try again"), "the kernel does not say who listens at '%s'", path);
	else if (endpoint_trusted(fd, path, d->explicit) < 0)
		finding_ill(f, N_("unset PCHAT_SOCKET, or name the socket by --socket to trust it"),
		    "'%s' is served by %s, who is neither root, you, nor the system account that owns its folder", path,
		    account_of(peer.uid, account));
	else {
		(void)snprintf(which, sizeof(which), _("'%s', of %s"), path, account_of(peer.uid, account));
		tell_version(d, which, f);
	}
}

/* What is said of the user's own daemon: "pchat 1.0.0". */
static const char *
release_of(const struct daemon_link *d, char out[64])
{
	char version[VERSION_MAX + 1];
	const enum verdict v = daemon_link_version(d, clock_monotonic_ms() + VERSION_WAIT_MS, version);

	if (v == VERDICT_OK)
		(void)snprintf(out, 64, "pchat %s", version);
	else
		(void)snprintf(
		    out, 64, "%s", v == VERDICT_OLD_DAEMON ? _("of an older pchat") : _("which does not answer"));
	return out;
}

/* The user's own daemon, which need not run: a login starts it. */
static void
tell_own(const struct daemon_link *d, struct finding *f)
{
	static const char cure[] =
	    N_("to meet others, ask an administrator to start one for the host: systemctl enable --now pchatd.socket");

	for (unsigned place = 0; place < RUNDIR_PLACES; place++) {
		struct rundir r = { .fd = -1 };
		char path[RUNDIR_PATH_MAX], release[64];
		int fd;

		if (rundir_open(&r, place, NULL) < 0)
			continue;
		rundir_path(&r, ENDPOINT_OWN, path);
		fd = socket_connect(path, false);
		if (fd >= 0)
			finding_note(f, cure,
			    "this is your own daemon, %s, at '%s/%s'; only your own sessions meet there",
			    release_of(d, release), r.path, ENDPOINT_OWN);
		rundir_close(&r);
		if (fd >= 0) {
			(void)close(fd);
			return;
		}
	}
	finding_note(
	    f, cure, "this host has no daemon; a login starts one of your own, where only your own sessions meet");
}

void
doctor_daemon(const struct options *o, struct finding *f)
{
	_cleanup_(freep) struct link *l = calloc(1, sizeof(*l));
	struct daemon_link d = { .link = l, .explicit = o->given[OPT_SOCKET] };
	const struct link_wish wish = { .socket = o->text[OPT_SOCKET] };
	const char *named, *path;
	int fd;

	if (!l) {
		finding_ill(f, N_("end other programs"), "there is no memory");
		return;
	}
	link_init(l);
	if (link_named_socket(l, &wish, &named) != VERDICT_OK) {
		finding_ill(f, N_("name a shorter path"), "%s", l->words);
		return;
	}
	d.socket = named;
	if (!(path = endpoint_path(named))) {
		tell_own(&d, f);
		return;
	}
	if ((fd = socket_connect(path, false)) < 0) {
		tell_refusal(path, fd, f);
		return;
	}
	tell_daemon(fd, &d, path, f);
	(void)close(fd);
}
