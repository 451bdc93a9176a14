#include "net/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "net/process.h"

#define OUT_FD 3
#define REAP_SECONDS 0.1 /* until one that has answered, and has not ended, is killed; and then again and again */

/* Never returns. `parent`: it may have died before we asked to be told. */
static _Noreturn void
run(pid_t parent, int out, void (*work)(const void *task, int out), const void *task)
{
	if (!process_dies_with(parent, SIGKILL))
		_exit(1);
	process_default_signals();
	if (out != OUT_FD && dup2(out, OUT_FD) < 0)
		_exit(1);
	process_close_from(OUT_FD + 1);
	work(task, OUT_FD);
	_exit(0);
}

static void
stop_listening(struct worker *c)
{
	if (!ev_is_active(&c->out))
		return;
	ev_io_stop(c->loop, &c->out);
	(void)close(c->out.fd);
}

static void
tell(struct worker *c)
{
	if (c->over)
		return;
	c->over = true;
	stop_listening(c);
	ev_timer_stop(c->loop, &c->limit);
	ev_timer_set(&c->limit, REAP_SECONDS, REAP_SECONDS);
	ev_timer_start(c->loop, &c->limit);
	c->told(c);
}

static void
forget(struct worker *c)
{
	stop_listening(c);
	ev_timer_stop(c->loop, &c->limit);
	ev_signal_stop(c->loop, &c->ended);
	c->pid = 0;
}

/* False: nothing more comes, now or ever. */
static bool
take(struct worker *c)
{
	const ssize_t n = read(c->out.fd, c->answer + c->length, sizeof(c->answer) - c->length);

	if (n > 0)
		c->length += (size_t)n;
	return (n > 0 && c->length < sizeof(c->answer)) || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void
on_output(struct ev_loop *loop, ev_io *w, int revents)
{
	struct worker *c = w->data;

	(void)loop;
	if ((revents & EV_ERROR) || !take(c))
		tell(c);
}

/* What it wrote before its end may not have been read yet. */
static void
drain(struct worker *c)
{
	while (ev_is_active(&c->out) && c->length < sizeof(c->answer)) {
		const size_t before = c->length;

		if (!take(c) || c->length == before)
			break;
	}
}

/* If it has ended. */
static void
reap(struct worker *c)
{
	pid_t pid;

	do
		pid = waitpid(c->pid, NULL, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return;
	drain(c);
	tell(c);
	forget(c);
	c->gone(c);
}

static void
on_ended(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	reap(w->data);
}

/* The signal of its end may have been lost. */
static void
on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct worker *c = w->data;

	(void)loop, (void)revents;
	(void)kill(c->pid, SIGKILL);
	tell(c);
	if (worker_runs(c))
		reap(c);
}

/* Before the fork: the end of a child that ends at once must not be missed. */
static void
prepare(struct worker *c, struct ev_loop *loop, int out, unsigned limit_ms)
{
	c->loop = loop;
	c->length = 0;
	c->over = false;
	ev_io_init(&c->out, on_output, out, EV_READ);
	ev_timer_init(&c->limit, on_limit, limit_ms / 1000., 0.);
	ev_signal_init(&c->ended, on_ended, SIGCHLD);
	c->out.data = c->limit.data = c->ended.data = c;
	ev_now_update(loop);
	ev_io_start(loop, &c->out);
	ev_timer_start(loop, &c->limit);
	ev_signal_start(loop, &c->ended);
}

int
worker_start(struct worker *c, struct ev_loop *loop, unsigned limit_ms, void (*work)(const void *task, int out),
    const void *task)
{
	const pid_t parent = getpid();
	sigset_t all, before;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	prepare(c, loop, fds[0], limit_ms);
	/* A handler of ours that ran in the child would write into the loop's own pipe. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	c->pid = fork();
	if (c->pid == 0)
		run(parent, fds[1], work, task);
	r = c->pid < 0 ? -errno : 0;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)close(fds[1]);
	if (r < 0)
		forget(c);
	return r;
}

void
worker_stop(struct worker *c)
{
	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGKILL);
	forget(c);
}
