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

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU };
static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };

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

static bool
is_stop(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (number == stops[i])
			return true;
	return false;
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
	if (restore.pager != 0 && !is_stop(number))
		end_pager();
	restore_suffer(number);
	if (restore.pager == 0 && restore.resumed)
		restore.resumed();
	errno = error;
}

/* All signals are blocked: one that is not ours to catch keeps its handler, or stays ignored, and none comes between. */
static void
watch_for(const int *numbers, size_t n)
{
	struct sigaction present, ours = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	(void)sigfillset(&ours.sa_mask);
	for (size_t i = 0; i < n; i++)
		if (sigaction(numbers[i], &ours, &present) == 0 && present.sa_handler != SIG_DFL)
			(void)sigaction(numbers[i], &present, NULL);
}

void
restore_at_signals(int fd, void (*resumed)(void))
{
	const bool stopped = resumed && !restore.resumed;
	sigset_t all, before;

	restore.terminals[fd] = true;
	if (restore.caught && !stopped)
		return;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	watch_for(ends, restore.caught ? 0 : ARRAY_SIZE(ends));
	watch_for(stops, stopped ? ARRAY_SIZE(stops) : 0);
	restore.caught = true;
	restore.resumed = resumed ? resumed : restore.resumed;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
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
