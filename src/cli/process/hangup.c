#include "cli/process/hangup.h"

#include <signal.h>

#include "base/clock.h"

#define HANGUP_MS 5000 /* between SIGHUP and SIGKILL */

void
hangup_begin(struct hangup *e, struct child *c)
{
	offspring_stop(&e->offspring, c->pid);
	offspring_signal(&e->offspring, SIGHUP);
	child_signal(c, SIGHUP);
	offspring_signal(&e->offspring, SIGCONT);
	child_signal(c, SIGCONT);
	e->kill_at = deadline_in(HANGUP_MS);
	e->begun = true;
}

int
hangup_poll_time(const struct hangup *e)
{
	return poll_time(e->begun && !e->killed ? e->kill_at : UINT64_MAX);
}

void
hangup_go_on(struct hangup *e, struct child *c)
{
	if (hangup_poll_time(e) != 0)
		return;
	child_signal(c, SIGKILL);
	e->killed = true;
}

void
hangup_finish(struct hangup *e)
{
	offspring_await(&e->offspring, e->kill_at);
}
