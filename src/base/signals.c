#include "base/signals.h"

#include <stdbool.h>
#include <stddef.h>

typedef void disposition(int);

static struct {
	bool writing, all; /* those are set */
	disposition *pipe, *limit, *child;
	sigset_t blocked;
} before;

void
signals_begin_writing(void)
{
	if (before.writing)
		return;
	before.writing = true;
	before.pipe = signal(SIGPIPE, SIG_IGN);
}

void
signals_begin(void)
{
	sigset_t none;

	signals_begin_writing();
	if (before.all)
		return;
	before.all = true;
	before.limit = signal(SIGXFSZ, SIG_IGN);
	before.child = signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, &before.blocked);
}

void
signals_give_back(void)
{
	if (before.writing)
		(void)signal(SIGPIPE, before.pipe);
	if (before.all) {
		(void)signal(SIGXFSZ, before.limit);
		(void)signal(SIGCHLD, before.child);
		(void)sigprocmask(SIG_SETMASK, &before.blocked, NULL);
	}
	before.writing = before.all = false;
}

void
signals_of_user(sigset_t *defaults, sigset_t *blocked)
{
	(void)sigemptyset(defaults);
	if (before.writing && before.pipe != SIG_IGN)
		(void)sigaddset(defaults, SIGPIPE);
	if (before.all && before.limit != SIG_IGN)
		(void)sigaddset(defaults, SIGXFSZ);
	if (before.all)
		*blocked = before.blocked;
	else
		(void)sigemptyset(blocked);
}
