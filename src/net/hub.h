/*
 * What all connections of one loop share, hung on it by stream_setup(): several loops of one process
 * know nothing of each other. For the files of net alone.
 */
#ifndef PCHAT_NET_HUB_H
#define PCHAT_NET_HUB_H

#include <ev.h>
#include <sys/socket.h>

#include "core/turns.h"
#include "net/closing.h"
#include "net/deadlines.h"
#include "net/stream.h"

struct hub {
	struct ev_loop *loop;
	uint8_t *input;              /* what was left of the frame before, then what recvmsg(2) brings */
	struct stream_output *spare; /* one that nobody uses just now, or NULL */
	size_t streams;              /* open ones */
	size_t room; /* for so many streams, open or closing, and the descriptors of one message (RLIMIT_NOFILE) */
	struct turn_list dead;    /* stream::turn, by the time they died */
	struct deadlines stalled; /* streams with output queued */
	ev_prepare reaper;        /* runs while somebody is dead */
	struct turns turns;       /* streams with something to do */
	struct party everybody;   /* of streams whose class tells no party */
	ev_check server;          /* serves those whose turn it is, behind all that a turn of the loop has brought */
	ev_idle hurry; /* runs, as the server does, while some are left for the next turn: the loop waits for nothing */
	struct closing closing;
	/* How input is received: only where it goes, and how much room there was, changes from one time to the next. */
	struct iovec into;
	struct msghdr message;
	char control[CMSG_SPACE(CLOSING_PASSED * sizeof(int))];
};

static inline struct hub *
hub_of(struct ev_loop *loop)
{
	return ev_userdata(loop);
}

#endif
