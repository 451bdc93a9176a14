#include "cli/process/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/signals.h"
#include "net/process.h"

static int
set_up(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions, int input, int output, bool group)
{
	sigset_t standard, blocked;
	int rc;

	/* It has what the user had. But SIGHUP is how we end it, also when nohup(1) made us deaf to it. */
	signals_of_user(&standard, &blocked);
	(void)sigaddset(&standard, SIGHUP);
	(void)sigdelset(&blocked, SIGHUP);
	if ((rc = posix_spawnattr_setsigdefault(attributes, &standard)) != 0 ||
	    (rc = posix_spawnattr_setsigmask(attributes, &blocked)) != 0 ||
	    (rc = posix_spawnattr_setflags(attributes,
		 (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (group ? POSIX_SPAWN_SETPGROUP : 0)))) != 0)
		return rc;
	if (input >= 0 && (rc = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO)) != 0)
		return rc;
	return output < 0 ? 0 : posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
}

int
child_start(struct child *c, char *const argv[], int input, int output, bool group)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc;

	*c = (struct child){ .fd = -1, .group = group };
	/* For its pidfd: one that runs already would have to be killed for want of it. */
	if ((rc = process_room(1)) < 0)
		return rc;
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		return -rc;
	if ((rc = posix_spawnattr_init(&attributes)) == 0) {
		if ((rc = set_up(&attributes, &actions, input, output, group)) == 0)
			rc = posix_spawnp(&c->pid, argv[0], &actions, &attributes, argv, environ);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		return -rc;
	c->fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->fd < 0) {
		rc = -errno;
		child_signal(c, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
	return rc;
}

void
child_signal(struct child *c, int sig)
{
	if (!c->ended)
		(void)kill(c->group ? -c->pid : c->pid, sig);
}

bool
child_ended(struct child *c)
{
	if (!c->ended && waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
		c->ended = true;
		(void)close(c->fd);
		c->fd = -1;
	}
	return c->ended;
}

int
child_exit_status(const struct child *c)
{
	return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : 128 + WTERMSIG(c->status);
}

int
child_catch_signals(const int numbers[], size_t count)
{
	struct sigaction present;
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		if (sigaction(numbers[i], NULL, &present) == 0 && present.sa_handler != SIG_IGN)
			(void)sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int
child_caught_signal(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
