#include "net/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/translate.h"

#define REPORT_FD 3
#define REPORT_ENV "PCHAT_REPORT" /* tells a started program that its descriptor 3 is ours */
#define REPORT_MAX 4096
#define EXEC_ENV "PCHAT_EXEC_PATH"

/* Where the working directory does not matter any more: what is started leaves it. */
static int
make_absolute(const char *folder, char out[PATH_MAX])
{
	size_t n;

	if (!getcwd(out, PATH_MAX))
		return -errno;
	n = strlen(out);
	return (size_t)snprintf(out + n, PATH_MAX - n, "/%s", folder) < PATH_MAX - n ? 0 : -ENAMETOOLONG;
}

int
process_path(const char *program, char *out, size_t size)
{
	const char *folder = getenv(EXEC_ENV);
	char absolute[PATH_MAX];
	int n;

	if (!folder || !*folder)
		folder = strcmp(program, "pchatd") == 0 ? SBINDIR : PKGLIBEXECDIR;
	if (*folder != '/') {
		if ((n = make_absolute(folder, absolute)) < 0)
			return n;
		folder = absolute;
	}
	n = snprintf(out, size, "%s/%s", folder, program);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int
process_room(unsigned count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	for (int fd = 0; count > 0; fd++) {
		if ((rlim_t)fd >= limit.rlim_cur)
			return -EMFILE;
		if (fcntl(fd, F_GETFD) < 0)
			count--;
	}
	return 0;
}

void
process_close_from(unsigned first)
{
	if (syscall(SYS_close_range, first, ~0U, 0U) == 0)
		return;
	for (int fd = (int)first; fd < sysconf(_SC_OPEN_MAX); fd++)
		(void)close(fd);
}

void
process_default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL); /* refused for SIGKILL and its kin: nothing to do */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

bool
process_dies_with(pid_t parent, int sig)
{
	return prctl(PR_SET_PDEATHSIG, sig) == 0 && getppid() == parent;
}

/*
 * Leaves the caller's world: a session, a directory and descriptors of its own, and `report` as descriptor 3.
 * The working directory is / so that no file system is kept busy.
 */
static int
detach(int report)
{
	int high, null;

	if (setsid() < 0 || chdir("/") < 0)
		return -errno;
	(void)umask(077);
	/* Out of the way of the four descriptors that are set next. */
	high = fcntl(report, F_DUPFD, REPORT_FD + 1);
	if (high < 0)
		return -errno;
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return -errno;
	for (int fd = 0; fd < REPORT_FD; fd++)
		if (null != fd && dup2(null, fd) < 0)
			return -errno;
	if (dup2(high, REPORT_FD) < 0)
		return -errno;
	process_close_from(REPORT_FD + 1);
	return 0;
}

/* A report that begins with NUL: the program did not run, and why. */
static _Noreturn void
fail(int fd, int error)
{
	char text[1 + sizeof(error)] = "";

	memcpy(text + 1, &error, sizeof(error));
	(void)!write(fd, text, sizeof(text));
	_exit(127);
}

/* What is started looks there for others, from the root. */
static int
inherit_folder(void)
{
	const char *folder = getenv(EXEC_ENV);
	char absolute[PATH_MAX];
	int r;

	if (!folder || !*folder || *folder == '/')
		return 0;
	if ((r = make_absolute(folder, absolute)) < 0)
		return r;
	return setenv(EXEC_ENV, absolute, 1) < 0 ? -errno : 0;
}

static _Noreturn void
run(char *const argv[], int report)
{
	int r;

	process_default_signals();
	if ((r = inherit_folder()) < 0 || (r = detach(report)) < 0)
		fail(report, -r);
	translate_inherit();
	if (setenv(REPORT_ENV, "3", 1) == 0)
		(void)execv(argv[0], argv);
	fail(REPORT_FD, errno);
}

/* Reads until the other end is closed. Returns the length, or -errno. */
static int
collect(int fd, int timeout_ms, char *report, size_t size)
{
	const uint64_t end = clock_monotonic_ms() + (uint64_t)timeout_ms;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		const uint64_t now = clock_monotonic_ms();
		const int r = poll(&p, 1, timeout_ms < 0 ? -1 : now < end ? (int)(end - now) : 0);
		ssize_t n;

		if (r == 0)
			return -ETIMEDOUT;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r < 0)
			continue;
		n = read(fd, report + len, size - 1 - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			len += (size_t)n;
		if (n == 0 || len == size - 1)
			break;
	}
	report[len] = '\0';
	return (int)len;
}

static int
understand(const char *report, int len)
{
	int error;

	if (len == 1 + (int)sizeof(error) && report[0] == '\0') {
		memcpy(&error, report + 1, sizeof(error));
		return error > 0 ? -error : -EIO;
	}
	return len;
}

int
process_start(char *const argv[], int timeout_ms, char *report, size_t size)
{
	_cleanup_(closep) int out = -1;
	_cleanup_(closep) int in = -1;
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	out = fds[0];
	in = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		/* The child of a child that ends at once belongs to init. */
		pid = fork();
		if (pid < 0)
			fail(in, errno);
		if (pid == 0)
			run(argv, in);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	(void)close(in);
	in = -1;
	r = collect(out, timeout_ms, report, size);
	return r < 0 ? r : understand(report, r);
}

static bool reporting; /* process_detach() made descriptor 3 */

void
process_report(const char *text)
{
	if (!reporting && !getenv(REPORT_ENV))
		return;
	reporting = false;
	(void)unsetenv(REPORT_ENV);
	for (size_t len = strlen(text); len > 0;) {
		const ssize_t n = write(REPORT_FD, text, len);

		if (n < 0 && errno != EINTR)
			break;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	(void)close(REPORT_FD);
}

/* The caller of the daemon: waits, tells, and ends. */
static _Noreturn void
await(int fd)
{
	char report[REPORT_MAX];
	int r = collect(fd, -1, report, sizeof(report));
	const char *text = r > 0 ? report : "ended before it was ready\n";

	if (r > 0 && (r = understand(report, r)) < 0)
		text = strerror(-r);
	process_report(text); /* when it was started by process_start() itself */
	if (strncmp(text, "ok", 2) == 0)
		_exit(0);
	(void)dprintf(STDERR_FILENO, "%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
	_exit(1);
}

int
process_detach(void)
{
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		r = -errno;
		(void)close(fds[0]);
		(void)close(fds[1]);
		return r;
	}
	if (pid > 0) {
		(void)close(fds[1]);
		await(fds[0]);
	}
	if ((r = detach(fds[1])) < 0)
		fail(fds[1], -r);
	(void)unsetenv(REPORT_ENV);
	reporting = true;
	return 0;
}
