/* What the daemon holds and its connections share. Plain state, without functions; server.h makes it run. */
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
	struct roster roster;             /* the sessions */
	struct greetings greetings;       /* connections that have not logged in */
	struct tells tells;               /* notes on their way */
	struct finder finder;             /* looks up the account that a note is kept for */
	struct keeper *keeper;            /* keeps notes on the disk */
	struct windows windows;           /* spare ones, for who has several messages under way */
	void (*closed)(struct daemon *d); /* is called when a connection has ended */
};

#endif
