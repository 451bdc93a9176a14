/* The system that pchat runs on: its programs, limits, clock and user database. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/host/doctor.h"
#include "net/process.h"

/* A helper takes as many commands at once as CONTROL_CLIENTS says; each has a descriptor. */
#define FILES_WANTED 320
/* 2026-01-01: this program is younger. */
#define YOUNGEST 1767225600
#define DATABASE_MS 3000

void
doctor_programs(const struct options *o, struct finding *f)
{
	static const char *const program[] = { "pchat-session", "pchat-chat", "pchatd" };

	(void)o;
	for (size_t i = 0; i < ARRAY_SIZE(program); i++) {
		char path[PATH_MAX];
		const int r = process_path(program[i], path, sizeof(path));

		if (r < 0 || access(path, X_OK) < 0) {
			finding_ill(f, N_("install pchat again, or unset PCHAT_EXEC_PATH"), "'%s' cannot be run: %s",
			    r < 0 ? program[i] : path, error_words(r < 0 ? -r : errno));
			return;
		}
	}
	finding_well(f, "pchat %s, and its programs are there", PACKAGE_VERSION);
}

void
doctor_limits(const struct options *o, struct finding *f)
{
	struct rlimit files, size;

	(void)o;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || getrlimit(RLIMIT_FSIZE, &size) < 0)
		finding_ill(f, N_("look at ulimit -a"), "the limits cannot be read: %s", error_words(errno));
	else if (files.rlim_cur < FILES_WANTED)
		finding_ill(f, N_("raise it: ulimit -n 1024"), "a helper needs %d open files, and the limit is %ju",
		    FILES_WANTED, (uintmax_t)files.rlim_cur);
	else if (size.rlim_cur != RLIM_INFINITY)
		finding_note(f, N_("raise it: ulimit -f unlimited"),
		    "files may have at most %ju bytes: an inbox may need more", (uintmax_t)size.rlim_cur);
	else
		finding_well(f, "%ju open files", (uintmax_t)files.rlim_cur);
}

void
doctor_clock(const struct options *o, struct finding *f)
{
	const time_t now = time(NULL);
	struct tm tm;
	char text[64] = "?";

	(void)o;
	if (localtime_r(&now, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	if (now < YOUNGEST)
		finding_ill(f, N_("set the clock: records would have a wrong time"), "the clock says %s", text);
	else
		finding_well(f, "%s", text);
}

/* Ends with 0: our account is known; 1: the database answered, and has none; 2: it did not answer. */
static _Noreturn void
ask_database(void)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwuid(geteuid());
	_exit(pw ? 0 : errno == 0 ? 1 : 2);
}

/* Waits for the child's end; -ETIMEDOUT, and it is killed. */
static int
wait_for(pid_t child, int end)
{
	struct pollfd p = { .fd = end, .events = POLLIN };
	const int ready = poll(&p, 1, DATABASE_MS);
	int status;

	if (ready <= 0)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return ready <= 0 ? -ETIMEDOUT : WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void
cannot_be_asked(struct finding *f, int error)
{
	finding_ill(f, N_("look at ulimit -u and -n"), "it cannot be asked: %s", error_words(error));
}

/* In a child: a directory server that is down may keep a look-up waiting for minutes. */
void
doctor_accounts(const struct options *o, struct finding *f)
{
	int ends[2], r;
	pid_t child;

	(void)o;
	if (pipe(ends) < 0) {
		cannot_be_asked(f, errno);
		return;
	}
	if ((child = fork()) == 0)
		ask_database();
	if (child < 0) {
		cannot_be_asked(f, errno);
		(void)close(ends[0]);
		(void)close(ends[1]);
		return;
	}
	(void)close(ends[1]); /* the child holds the other: its end shows on ours */
	r = wait_for(child, ends[0]);
	(void)close(ends[0]);
	if (r == 0)
		finding_well(f, "it answers");
	else if (r == 1)
		finding_note(f, N_("log in with a name: pchat login NAME"), "it has no account with your uid, %ju",
		    (uintmax_t)geteuid());
	else
		finding_ill(f, N_("look at /etc/nsswitch.conf and the services that it names"),
		    "the user database does not answer");
}
