#include "cli/output/restore.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/macros.h"

#define AS_IT_WAS "\033[0m\033[?7h"
#define PATIENCE_MS 2000 /* for a terminal that takes nothing at the moment, and for a pager that does not end */
#define STEP_MS 10

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU };

static struct {
	bool caught;
	bool terminals[STDERR_FILENO + 1]; /* by their descriptors */
	void (*resumed)(void);
	pid_t pager; /* 0: none */
	bool has_modes;
	struct termios modes; /* before the pager began */
} restore;

/* What is written there meanwhile by others is no reason to wait for ever. */
static void
put_back(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, PATIENCE_MS) == 1 && p.revents == POLLOUT)
		(void)!write(fd, AS_IT_WAS, sizeof(AS_IT_WAS) - 1);
}

static void
end_pager(void)
{
	(void)kill(restore.pager, SIGTERM);
	for (int ms = 0; ms < PATIENCE_MS && waitpid(restore.pager, NULL, WNOHANG) == 0; ms += STEP_MS)
		(void)poll(NULL, 0, STEP_MS);
	restore_modes();
}

void
restore_suffer(int number)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	struct sigaction ours;
	sigset_t set, before;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)sigaction(number, &standard, &ours);
	(void)raise(number);
	(void)sigprocmask(SIG_UNBLOCK, &set, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)sigaction(number, &ours, NULL);
}

/* All others are blocked meanwhile, SIGTTOU among them: it may write from the background. */
static void
on_signal(int number)
{
	const int error = errno;

	if (restore.pager == 0)
		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			if (restore.terminals[fd])
				put_back(fd);
	if (restore.pager != 0 && number != SIGTSTP)
		end_pager();
	restore_suffer(number);
	if (restore.pager == 0 && restore.resumed)
		restore.resumed();
	errno = error;
}

static void
watch_for(int number)
{
	struct sigaction present, ours = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	(void)sigfillset(&ours.sa_mask);
	if (sigaction(number, NULL, &present) == 0 && present.sa_handler == SIG_DFL)
		(void)sigaction(number, &ours, NULL);
}

void
restore_at_signals(int fd, void (*resumed)(void))
{
	restore.terminals[fd] = true;
	for (size_t i = 0; i < ARRAY_SIZE(signals) && !restore.caught; i++)
		watch_for(signals[i]);
	restore.caught = true;
	if (resumed)
		watch_for(SIGTSTP);
	restore.resumed = resumed ? resumed : restore.resumed;
}

void
restore_pager(pid_t pid)
{
	if (pid != 0)
		restore.has_modes = tcgetattr(STDOUT_FILENO, &restore.modes) == 0;
	restore.pager = pid;
}

void
restore_modes(void)
{
	if (!restore.has_modes || tcgetpgrp(STDOUT_FILENO) != getpgrp())
		return;
	(void)tcsetattr(STDOUT_FILENO, TCSANOW, &restore.modes);
	put_back(STDOUT_FILENO);
}
