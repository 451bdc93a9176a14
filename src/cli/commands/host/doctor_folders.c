/* The folders that a session needs: whose they are, whether they can be written, and whether they stay. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/host/doctor.h"
#include "net/folder.h"
#include "net/rundir.h"

/* A helper's socket, its file and its log want less; so much is left for a login beside others. */
#define RUNTIME_ROOM (256U * 1024U)
/* The log of an inbox grows ahead to this size. */
#define STATE_ROOM (4U * 1024U * 1024U)

/* The file systems that matter here, by statfs(2). */
static const char *
filesystem_name(long type)
{
	static const struct {
		long type;
		const char *name;
	} known[] = {
		{ 0x01021994, "tmpfs" },
		{ 0xef53, "ext4" },
		{ 0x9123683e, "btrfs" },
		{ 0x58465342, "xfs" },
		{ 0x6969, "nfs" },
		{ 0xff534d42, "cifs" },
		{ 0xfe534d42, "smb2" },
		{ 0x794c7630, "overlayfs" },
		{ 0x65735546, "fuse" },
		{ 0x2fc12fc1, "zfs" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].type == type)
			return known[i].name;
	return _("another file system");
}

static bool
is_network(const char *name)
{
	return strcmp(name, "nfs") == 0 || strcmp(name, "cifs") == 0 || strcmp(name, "smb2") == 0;
}

static bool
is_readonly(const struct statvfs *v)
{
	return v->f_flag & ST_RDONLY;
}

/* Whether there is room in the folder that is open; tells, when there is not. */
static bool
has_room(int fd, const char *path, uint64_t wanted, struct finding *f, const char **type)
{
	struct statvfs v;
	struct statfs s;
	uint64_t left;

	if (fstatvfs(fd, &v) < 0 || fstatfs(fd, &s) < 0) {
		finding_ill(f, N_("look at the file system"), "cannot find out how much space '%s' has: %s", path,
		    error_words(errno));
		return false;
	}
	*type = filesystem_name((long)s.f_type);
	left = (uint64_t)v.f_bavail * v.f_frsize;
	if (is_readonly(&v))
		finding_ill(f, N_("mount it for writing"), "'%s' is on a read-only file system (%s)", path, *type);
	else if (left < wanted)
		finding_ill(
		    f, N_("make room there"), "'%s' has %ju KiB left (%s)", path, (uintmax_t)left / 1024, *type);
	else if (v.f_files > 0 && v.f_favail < 16)
		finding_ill(f, N_("remove files there"), "'%s' has room for %ju more files (%s)", path,
		    (uintmax_t)v.f_favail, *type);
	else
		return true;
	return false;
}

/* The same, and whether something can be made there. */
static bool
is_fit(int fd, const char *path, uint64_t wanted, struct finding *f, const char **type)
{
	if (!has_room(fd, path, wanted, f, type))
		return false;
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	finding_ill(
	    f, N_("open it for yourself: chmod u+rwx"), "'%s' cannot be written to: %s", path, error_words(errno));
	return false;
}

/* A folder that is not there yet: of the one in which it is to be made. `owned`: nothing is made below somebody else's. */
static void
tell_future(const char *path, uint64_t wanted, bool owned, struct finding *f)
{
	char above[PATH_MAX];
	const char *type;
	char *slash;
	int fd;

	(void)snprintf(above, sizeof(above), "%s", path);
	while ((fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 && errno == ENOENT &&
	    (slash = strrchr(above, '/')))
		slash[slash == above] = '\0';
	if (fd < 0) {
		finding_ill(f, N_("look at who may enter it"), "'%s' cannot be opened: %s", above, error_words(errno));
		return;
	}
	if (owned && folder_owned(fd) < 0)
		finding_ill(f, N_("set XDG_STATE_HOME to a folder of your own"), "'%s' is somebody else's", above);
	else if (is_fit(fd, above, wanted, f, &type))
		finding_well(f, "'%s' is not there yet; the first login makes it", path);
	(void)close(fd);
}

/* The first of the places that a login has to pass over. */
struct passed {
	char path[PATH_MAX]; /* empty: none */
	unsigned place;
	int why; /* -errno */
};

/* Of the places the first that a login can use, and what it passes over. -ENOENT: it is to be made; its path, if that is known. */
static int
first_usable(struct rundir *r, struct passed *passed)
{
	passed->path[0] = '\0';
	for (unsigned place = 0; place < RUNDIR_PLACES; place++) {
		const int error = rundir_open(r, place, NULL);

		if (error == 0 || (error == -ENOENT && rundir_may_come(r)))
			return error;
		if (error != -ENOENT && !passed->path[0]) {
			passed->why = error;
			passed->place = place;
			(void)snprintf(passed->path, sizeof(passed->path), "%s", r->path);
		}
	}
	r->path[0] = '\0';
	return -ENOENT;
}

void
doctor_runtime(const struct options *o, struct finding *f)
{
	struct rundir r = { .fd = -1 };
	struct passed passed;
	const char *type;

	(void)o;
	if (first_usable(&r, &passed) < 0) {
		if (passed.path[0])
			finding_note(f,
			    passed.place == RUNDIR_STATE
				? N_("set HOME to a folder of your own (sudo -H does)")
				: N_("ask its owner to remove it, or set XDG_RUNTIME_DIR to a folder of your own"),
			    "'%s' cannot be used (%s): a login takes another folder", passed.path,
			    error_words(-passed.why));
		else if (r.path[0])
			tell_future(r.path, RUNTIME_ROOM, false, f);
		else
			finding_well(f, "there is none yet; the first login makes it");
		return;
	}
	if (is_fit(r.fd, r.path, RUNTIME_ROOM, f, &type)) {
		if (passed.path[0])
			finding_note(f,
			    passed.place == RUNDIR_XDG ? N_("ask its owner to remove it, or unset XDG_RUNTIME_DIR")
				: passed.place == RUNDIR_STATE
				? N_("set HOME to a folder of your own (sudo -H does)")
				: N_("ask its owner to remove it, or set XDG_RUNTIME_DIR to a folder of your own"),
			    "'%s' is used, because '%s' cannot be used: %s", r.path, passed.path,
			    error_words(-passed.why));
		else if (r.place == RUNDIR_STATE)
			finding_note(f, N_("log in by pam_systemd, or set XDG_RUNTIME_DIR"),
			    "'%s' is used, because there is no folder in memory", r.path);
		else
			finding_well(f, "'%s', %s", r.path, type);
	}
	rundir_close(&r);
}

static const char foreign[] =
    N_("ask root to give it back to you (chown -R), or set XDG_STATE_HOME to a folder of your own");

/* One that cannot be opened: most often its owner has closed it. */
static void
tell_closed(const char *path, int error, struct finding *f)
{
	struct stat st;

	if (error == EACCES && stat(path, &st) == 0 && st.st_uid != geteuid())
		finding_ill(f, foreign, "'%s' is somebody else's", path);
	else
		finding_ill(f, N_("look at who may enter it"), "'%s' cannot be opened: %s", path, error_words(error));
}

void
doctor_state(const struct options *o, struct finding *f)
{
	char path[PATH_MAX];
	const char *type;
	int r = folder_state(".", path); /* .../pchat/. */

	(void)o;
	if (r == -EPERM) {
		finding_ill(f, N_("set HOME to a folder of your own (sudo -H does)"), "'%s' is somebody else's", path);
		return;
	}
	if (r < 0) {
		finding_ill(f, N_("set HOME"), "there is no folder for inboxes: %s", error_words(-r));
		return;
	}
	path[strlen(path) - 2] = '\0';
	r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r < 0 && errno == ENOENT) {
		tell_future(path, STATE_ROOM, true, f);
		return;
	}
	if (r < 0) {
		tell_closed(path, errno, f);
		return;
	}
	if (folder_owned(r) < 0)
		finding_ill(f, foreign, "'%s' is somebody else's", path);
	else if (is_fit(r, path, STATE_ROOM, f, &type)) {
		if (is_network(type))
			finding_note(f, N_("set XDG_STATE_HOME to a folder on this host's own disk"),
			    "'%s' is on a network file system (%s), whose locks may not hold", path, type);
		else
			finding_well(f, "'%s', %s", path, type);
	}
	(void)close(r);
}

/* Whether systemd keeps the user's processes and runtime folder after the last logout. */
void
doctor_linger(const struct options *o, struct finding *f)
{
	enum account_answer answer = ACCOUNT_NONE;
	char path[PATH_MAX], account[ACCOUNT_ROOM];
	struct stat st;

	(void)o;
	if (stat("/run/systemd/system", &st) < 0)
		finding_well(f, "this host has no systemd that would end what you leave running");
	else if (geteuid() == 0 || (answer = doctor_account(geteuid(), account)) == ACCOUNT_NONE)
		finding_well(f, "systemd keeps this user's folders");
	else if (answer != ACCOUNT_KNOWN)
		finding_note(f, N_("look at /etc/nsswitch.conf and the services that it names"),
		    "whether sessions go on after your last logout is not known: the user database does not answer");
	else if ((size_t)snprintf(path, sizeof(path), "/var/lib/systemd/linger/%s", account) < sizeof(path) &&
	    stat(path, &st) == 0)
		finding_well(f, "sessions go on after your last logout");
	else
		finding_note(
		    f, N_("to keep them: loginctl enable-linger"), "sessions end with your last logout from this host");
}
