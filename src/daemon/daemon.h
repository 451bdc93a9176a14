/* What the daemon holds, and its connections share. Plain state; server.h makes it run. */
#ifndef PCHAT_DAEMON_DAEMON_H
#define PCHAT_DAEMON_DAEMON_H

#include <ev.h>

#include "daemon/greeting.h"
#include "daemon/notes/finder.h"
#include "daemon/notes/keeper.h"
#include "daemon/notes/tells.h"
#include "daemon/roster.h"
#include "daemon/windows.h"

struct daemon {
	struct ev_loop *loop;
	struct roster roster;
	struct greetings greetings; /* connections that have not logged in */
	struct tells tells;
	struct finder finder;  /* of whom a note is kept for */
	struct keeper *keeper; /* NULL: nothing can be kept */
	struct windows windows;
	void (*closed)(struct daemon *d); /* a connection has ended */
};

#endif
