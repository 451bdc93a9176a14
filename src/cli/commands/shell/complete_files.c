#include "cli/commands/shell/complete_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cli/output/output.h"
#include "net/process.h"
#include "proto/safe.h"

#define SAFE_MAX (8 * NAME_MAX + 16)
#define ANSWER_MAX 65536U

/* One word of a /command, which shows as it is. */
static bool
is_word(const char *name)
{
	char safe[SAFE_MAX];
	const size_t n = strlen(name);

	if (strpbrk(name, " \t") || safe_bound(n, 0) > sizeof(safe))
		return false;
	return safe_line(name, n, safe, sizeof(safe)) == n && memcmp(name, safe, n) == 0;
}

/* What stands behind the name: nothing; "/" of a folder; NULL: it is no file that could be given. */
static const char *
kind_of(int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	if (S_ISREG(st.st_mode))
		return "";
	if (S_ISLNK(st.st_mode) && fstatat(folder, name, &st, 0) < 0)
		return NULL;
	return S_ISDIR(st.st_mode) ? "/" : NULL;
}

static bool
write_name(int out, const char *path, const char *name, const char *behind)
{
	char line[PATH_MAX + NAME_MAX + 3];
	const int n = snprintf(line, sizeof(line), "%s%s%s\n", path, name, behind);

	return n > 0 && (size_t)n < sizeof(line) && write(out, line, (size_t)n) == n;
}

/* In the child: `typed` up to its last slash, and the names that begin as what stands behind it. */
static void
look_into(const char *typed, int out)
{
	const char *slash = strrchr(typed, '/'), *begins = slash ? slash + 1 : typed;
	const int before = (int)(begins - typed);
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%.*s", before, typed);
	d = opendir(before > 0 ? path : ".");
	while (d && (e = readdir(d))) {
		const char *behind;

		if (strncmp(e->d_name, begins, strlen(begins)) != 0 || (e->d_name[0] == '.' && begins[0] != '.') ||
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || !is_word(e->d_name))
			continue;
		if ((behind = kind_of(dirfd(d), e->d_name)) && !write_name(out, path, e->d_name, behind))
			break;
	}
}

static _Noreturn void
run(pid_t parent, const char *typed, int fd)
{
	(void)close(STDOUT_FILENO); /* whoever reads it waits for its end, and not for us */
	(void)close(STDERR_FILENO);
	if (process_dies_with(parent, SIGKILL) && strlen(typed) < PATH_MAX)
		look_into(typed, fd);
	_exit(0);
}

/* All that comes before the deadline and the end; -1: it did not end. */
static ssize_t
collect(int fd, char *answer, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t length = 0;

	while (length < ANSWER_MAX) {
		ssize_t n;

		if (poll(&p, 1, poll_time(deadline)) <= 0)
			return -1;
		n = read(fd, answer + length, ANSWER_MAX - length);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			return (ssize_t)length;
		length += n > 0 ? (size_t)n : 0;
	}
	return -1; /* far too many to be of help */
}

void
complete_files(const char *typed, uint64_t deadline)
{
	const pid_t parent = getpid();
	_cleanup_(freep) char *answer = malloc(ANSWER_MAX);
	_cleanup_(closep) int out = -1;
	ssize_t length;
	int ends[2];
	pid_t pid;

	if (!answer || pipe2(ends, O_CLOEXEC) < 0)
		return;
	out = ends[0];
	if ((pid = fork()) == 0)
		run(parent, typed, ends[1]);
	(void)close(ends[1]);
	length = pid > 0 ? collect(out, answer, deadline) : -1;
	if (length > 0)
		output_write(answer, (size_t)length);
}
