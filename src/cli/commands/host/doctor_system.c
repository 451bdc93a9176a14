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

/* Ends with what the database says; the name goes before it. */
static _Noreturn void
ask_database(uid_t uid, int out)
{
	const struct passwd *pw;
	size_t length;

	errno = 0;
	pw = getpwuid(uid);
	if (!pw)
		_exit(errno == 0 ? ACCOUNT_NONE : ACCOUNT_UNKNOWN);
	length = strnlen(pw->pw_name, ACCOUNT_ROOM - 1);
	_exit(write(out, pw->pw_name, length) == (ssize_t)length ? ACCOUNT_KNOWN : ACCOUNT_UNKNOWN);
}

/* Waits for the child's word, and its end; one that takes too long is killed. */
static enum account_answer
wait_for(pid_t child, int end, char name[ACCOUNT_ROOM])
{
	struct pollfd p = { .fd = end, .events = POLLIN };
	const int ready = poll(&p, 1, DATABASE_MS);
	const ssize_t n = ready > 0 ? read(end, name, ACCOUNT_ROOM - 1) : 0;
	int status;

	if (ready <= 0)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return ACCOUNT_UNASKED;
	name[n > 0 ? n : 0] = '\0';
	if (ready <= 0 || !WIFEXITED(status) || WEXITSTATUS(status) > ACCOUNT_UNKNOWN)
		return ACCOUNT_UNKNOWN;
	return (enum account_answer)WEXITSTATUS(status);
}

enum account_answer
doctor_account(uid_t uid, char name[ACCOUNT_ROOM])
{
	enum account_answer answer = ACCOUNT_UNASKED;
	int ends[2], error;
	pid_t child;

	name[0] = '\0';
	if (pipe(ends) < 0)
		return ACCOUNT_UNASKED;
	if ((child = fork()) == 0)
		ask_database(uid, ends[1]);
	error = errno;
	(void)close(ends[1]); /* the child holds the other: its end shows on ours */
	if (child > 0)
		answer = wait_for(child, ends[0], name);
	(void)close(ends[0]);
	if (child < 0)
		errno = error;
	return answer;
}

void
doctor_accounts(const struct options *o, struct finding *f)
{
	char name[ACCOUNT_ROOM];

	(void)o;
	switch (doctor_account(geteuid(), name)) {
	case ACCOUNT_KNOWN:
		finding_well(f, "it answers");
		break;
	case ACCOUNT_NONE:
		finding_note(f, N_("log in with a name: pchat login NAME"), "it has no account with your uid, %ju",
		    (uintmax_t)geteuid());
		break;
	case ACCOUNT_UNASKED:
		finding_ill(f, N_("look at ulimit -u and -n"), "it cannot be asked: %s", error_words(errno));
		break;
	default:
		finding_ill(f, N_("look at /etc/nsswitch.conf and the services that it names"),
		    "the user database does not answer");
	}
}
