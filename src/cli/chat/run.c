#include "cli/chat/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/translate.h"
#include "net/process.h"

struct run {
	struct ev_loop *loop;
	ev_io io;
	pid_t pid;
	run_fn *fn;
	void *context;
	size_t len, cap;
	char *text;
};

/* The newest is what is wanted: half of it stays, from a whole line on. */
static void
forget_oldest(struct run *r)
{
	const char *note = _("(what came before is left out)\n");
	const size_t skip = strlen(note);
	const char *from = memchr(r->text + r->len / 2, '\n', r->len - r->len / 2);

	from = from ? from + 1 : r->text + r->len / 2;
	r->len -= (size_t)(from - r->text);
	memmove(r->text + skip, from, r->len);
	memcpy(r->text, note, skip);
	r->len += skip;
}

/* Reads what there is; false at the end. */
static bool
collect(struct run *r)
{
	char rest[4096];
	ssize_t n;

	if (r->len + 1 >= r->cap && r->cap < RUN_OUTPUT) {
		char *more = realloc(r->text, r->cap ? 2 * r->cap : 4096);

		if (more) {
			r->text = more;
			r->cap = r->cap ? 2 * r->cap : 4096;
		}
	}
	if (r->len + 1 >= r->cap && r->cap >= RUN_OUTPUT)
		forget_oldest(r);
	if (r->len + 1 >= r->cap) /* no memory: the rest is read so that it can end */
		n = read(r->io.fd, rest, sizeof(rest));
	else if ((n = read(r->io.fd, r->text + r->len, r->cap - r->len - 1)) > 0)
		r->len += (size_t)n;
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static int
reap(const struct run *r)
{
	int status;

	while (waitpid(r->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
release(struct run *r)
{
	ev_io_stop(r->loop, &r->io);
	(void)close(r->io.fd);
	free(r->text);
	free(r);
}

static void
on_output(struct ev_loop *loop, ev_io *w, int revents)
{
	struct run *r = w->data;
	int status;

	(void)revents;
	if (collect(r))
		return;
	ev_io_stop(loop, w);
	status = reap(r);
	if (r->text)
		r->text[r->len] = '\0';
	r->fn(r->context, r->text ? r->text : "", r->len, status);
	release(r);
}

/* Its input is empty, its output and errors go into the pipe; signals are as a shell would leave them. */
static int
spawn(pid_t *pid, const char *path, char *const argv[], int out, bool on_terminal)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0 && !on_terminal)
		rc = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawn(pid, path, &files, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

struct run *
run_new(struct ev_loop *loop, const char *const words[], bool on_terminal, run_fn *fn, void *context)
{
	char path[PATH_MAX], *argv[RUN_WORDS + 2] = { path };
	struct run *r = calloc(1, sizeof(*r));
	int out[2], rc;

	if (!r)
		return NULL;
	for (size_t i = 0; i < RUN_WORDS && words[i]; i++)
		/* exec takes them so, and changes nothing. NOLINTNEXTLINE(performance-no-int-to-ptr) */
		argv[i + 1] = (char *)(uintptr_t)words[i];
	rc = -process_path("pchat-full", path, sizeof(path));
	if (rc == 0 && pipe2(out, O_CLOEXEC) < 0)
		rc = errno;
	if (rc == 0) {
		rc = spawn(&r->pid, path, argv, out[1], on_terminal);
		(void)close(out[1]);
		if (rc != 0)
			(void)close(out[0]);
	}
	if (rc != 0) {
		free(r);
		errno = rc;
		return NULL;
	}
	r->loop = loop;
	r->fn = fn;
	r->context = context;
	ev_io_init(&r->io, on_output, out[0], EV_READ);
	r->io.data = r;
	ev_io_start(loop, &r->io);
	return r;
}

void
run_drop(struct run *r)
{
	if (!r)
		return;
	(void)kill(r->pid, SIGTERM);
	(void)reap(r);
	release(r);
}
