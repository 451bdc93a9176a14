/*
 * What all connections of one loop share, hung on it by stream_setup(): several loops of one process
 * know nothing of each other. For the files of net alone.
 */
#ifndef PCHAT_NET_HUB_H
#define PCHAT_NET_HUB_H

#include <ev.h>
#include <sys/socket.h>

#include "net/closing.h"
#include "net/deadlines.h"
#include "net/stream.h"

TAILQ_HEAD(stream_list, stream);

struct hub {
	struct ev_loop *loop;
	uint8_t *input; /* what was left of the frame before, then what recvmsg(2) brings */
	uint8_t *spare; /* a queue that nobody uses just now */
	size_t streams; /* open ones */
	size_t room;    /* for so many streams, open or closing, and the descriptors of one message (RLIMIT_NOFILE) */
	struct stream_list dead;  /* by the turn they died */
	struct deadlines stalled; /* streams with output queued */
	ev_prepare reaper;        /* runs while somebody is dead */
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
