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
#include "cli/output/format.h"
#include "cli/output/hint.h"
#include "net/process.h"

/* What it says on one of the two. */
struct speech {
	struct run *run;
	ev_io io;
	size_t len, cap;
	char *text;
};

struct run {
	struct ev_loop *loop;
	struct speech output, errors;
	pid_t pid;
	run_fn *fn;
	run_heard_fn *heard; /* NULL: nobody listens */
	void *context;
};

/* The newest is what is wanted: half of it stays, from a whole line on. */
static void
forget_oldest(struct speech *s)
{
	const char *note = _("(what came before is left out)\n");
	const size_t skip = strlen(note);
	const char *from = memchr(s->text + s->len / 2, '\n', s->len - s->len / 2);

	from = from ? from + 1 : s->text + s->len / 2;
	s->len -= (size_t)(from - s->text);
	memmove(s->text + skip, from, s->len);
	memcpy(s->text, note, skip);
	s->len += skip;
}

/* Reads what there is; false at the end. */
static bool
collect(struct speech *s)
{
	char rest[4096];
	ssize_t n;

	if (s->len + 1 >= s->cap && s->cap < RUN_OUTPUT) {
		char *more = realloc(s->text, s->cap ? 2 * s->cap : 4096);

		if (more) {
			s->text = more;
			s->cap = s->cap ? 2 * s->cap : 4096;
		}
	}
	if (s->len + 1 >= s->cap && s->cap >= RUN_OUTPUT)
		forget_oldest(s);
	if (s->len + 1 >= s->cap) /* no memory: the rest is read so that it can end */
		n = read(s->io.fd, rest, sizeof(rest));
	else if ((n = read(s->io.fd, s->text + s->len, s->cap - s->len - 1)) > 0)
		s->len += (size_t)n;
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
speech_end(struct speech *s)
{
	ev_io_stop(s->run->loop, &s->io);
	(void)close(s->io.fd);
	free(s->text);
}

static void
release(struct run *r)
{
	speech_end(&r->output);
	speech_end(&r->errors);
	free(r);
}

static const char *
text_of(struct speech *s)
{
	if (s->text)
		s->text[s->len] = '\0';
	return s->text ? s->text : "";
}

/* It has ended when nobody can say anything any more. */
static void
on_speech(struct ev_loop *loop, ev_io *w, int revents)
{
	struct speech *s = w->data;
	struct run *r = s->run;
	struct run_end end;

	(void)revents;
	if (collect(s)) {
		if (s == &r->output && r->heard)
			r->heard(r->context);
		return;
	}
	ev_io_stop(loop, w);
	if (ev_is_active(&r->output.io) || ev_is_active(&r->errors.io))
		return;
	end = (struct run_end){ .output = text_of(&r->output), .length = r->output.len, .errors = text_of(&r->errors) };
	end.status = reap(r);
	r->fn(r->context, &end);
	release(r);
}

static void
speech_begin(struct speech *s, struct run *r, int fd)
{
	s->run = r;
	ev_io_init(&s->io, on_speech, fd, EV_READ);
	s->io.data = s;
	ev_io_start(r->loop, &s->io);
}

/* Its input is empty; signals are as a shell would leave them. */
static int
spawn_with(pid_t *pid, char *const argv[], posix_spawn_file_actions_t *files, posix_spawnattr_t *attr)
{
	sigset_t none, all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	(void)posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return posix_spawn(pid, argv[0], files, attr, argv, environ);
}

static int
spawn(pid_t *pid, char *const argv[], int output, int errors)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
	if (rc == 0)
		rc = spawn_with(pid, argv, &files, &attr);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* Starts it with a pipe for each of the two, whose ends for reading are in fds[]. 0, or an errno. */
static int
start(pid_t *pid, char *const argv[], int fds[2])
{
	int output[2], errors[2], rc;

	if (pipe2(output, O_CLOEXEC) < 0)
		return errno;
	if (pipe2(errors, O_CLOEXEC) < 0) {
		rc = errno;
		(void)close(output[0]);
		(void)close(output[1]);
		return rc;
	}
	rc = spawn(pid, argv, output[1], errors[1]);
	(void)close(output[1]);
	(void)close(errors[1]);
	if (rc != 0) {
		(void)close(output[0]);
		(void)close(errors[0]);
	}
	fds[0] = output[0];
	fds[1] = errors[0];
	return rc;
}

struct run *
run_new(struct ev_loop *loop, const char *const words[], run_fn *fn, void *context)
{
	char path[PATH_MAX], *argv[RUN_WORDS + 2] = { path };
	struct run *r = calloc(1, sizeof(*r));
	int fds[2] = { -1, -1 }, rc;

	if (!r)
		return NULL;
	for (size_t i = 0; i < RUN_WORDS && words[i]; i++)
		/* exec takes them so, and changes nothing. NOLINTNEXTLINE(performance-no-int-to-ptr) */
		argv[i + 1] = (char *)(uintptr_t)words[i];
	rc = -process_path("pchat-full", path, sizeof(path));
	if (rc == 0) {
		(void)setenv(HINT_CHAT, format_text_day(), 1);
		rc = start(&r->pid, argv, fds);
		(void)unsetenv(HINT_CHAT);
	}
	if (rc != 0) {
		free(r);
		errno = rc;
		return NULL;
	}
	r->loop = loop;
	r->fn = fn;
	r->context = context;
	speech_begin(&r->output, r, fds[0]);
	speech_begin(&r->errors, r, fds[1]);
	return r;
}

void
run_listen(struct run *r, run_heard_fn *fn)
{
	r->heard = fn;
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
