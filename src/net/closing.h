/*
 * Closing what may block. Close a socket on which an unread descriptor waits, or a descriptor that a stranger
 * passed (SCM_RIGHTS), and you may sleep for as long as he likes: a TCP socket with SO_LINGER whose peer reads nothing is
 * enough. So no loop of ours closes such a socket
 * or descriptor itself:
 *
 * - a connection is shut down, so that nothing more can come; words in it are read, and it is closed; when a descriptor
 *   is in it, a child process takes it and ends, which never lingers (inet_release() of Linux looks at PF_EXITING);
 * - an end of a channel that was passed on is closed by such a child always: nobody can say whether it is the last one;
 * - descriptors that were received are closed by a child that shares our table of them, for nobody else can.
 *
 * A child that is not done within a second is killed. One uid has one child at a time, all together CLOSING_CHILDREN;
 * everything else waits. Only the descriptors of one message are held at a time: no others are
 * received until these are closed (stream.h).
 *
 * Linux alone, like SCM_RIGHTS over AF_UNIX. All functions take a loop that stream_setup() has prepared.
 */
#ifndef PCHAT_NET_CLOSING_H
#define PCHAT_NET_CLOSING_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/macros.h"

#define CLOSING_CHILDREN 8U
#define CLOSING_PASSED 253U /* descriptors that one message can bring: the kernel's SCM_MAX_FD */
#define CLOSING_FULL 256U   /* so many connections wait: accept no more until some of them are closed */

struct closing_connection {
	int fd;
	uint32_t uid; /* of the peer */
};

/* The descriptors of one message. */
struct closing_batch {
	uint32_t uid;
	bool taken;     /* a child closes them */
	size_t next, n; /* which one is closed next, of how many; n 0: there are none */
	int fd[CLOSING_PASSED];
};

struct closing_child {
	pid_t pid; /* 0: none */
	uint32_t uid;
	uint64_t began; /* ms of the monotonic clock */
	bool killed;
	bool batch; /* it closes closing::batch; else it has connections */
};

/* One who accepts connections, and waits for room. */
struct closing_waiter {
	TAILQ_ENTRY(closing_waiter) link;
	bool waits;
	void (*room)(struct closing_waiter *w); /* there is: it waits no more */
};

TAILQ_HEAD(closing_waiters, closing_waiter);

struct closing_shared; /* what a child and we tell each other */

/* Part of what the streams of a loop share (hub.h). */
struct closing {
	struct ev_loop *loop;
	ev_timer tick; /* runs while there is something to do */
	struct closing_shared *shared;
	struct closing_connection *waiting; /* in the order of arrival */
	size_t n_waiting, cap_waiting;
	struct closing_waiters waiters;
	struct closing_batch batch;
	struct closing_child child[CLOSING_CHILDREN];
};

/* 0 or -errno. */
MUST_USE int closing_init(struct closing *c, struct ev_loop *loop);

/* At the end: whatever waits goes to one last child. */
void closing_release(struct closing *c);

/* Closes a connected Unix socket, at once or soon. The peer sees the end at once. */
void closing_socket(struct ev_loop *loop, int fd);

/*
 * Closes an end of a channel that others use (R13): it is not shut down, and what the other end has put in it is not
 * waited for. `uid`: of whom that is.
 */
void closing_end(struct ev_loop *loop, int fd, uint32_t uid);

/* Closes descriptors that came over `connection`. Only when closing_takes() says so. n: 1 to CLOSING_PASSED. */
void closing_passed(struct ev_loop *loop, int connection, const int *fds, size_t n);

/* Whether descriptors may be received: those of an earlier message are closed. */
static inline bool
closing_takes(const struct closing *c)
{
	return c->batch.n == 0;
}

/* Whether so many connections wait to be closed that none should be accepted. */
bool closing_full(struct ev_loop *loop);

/* Calls w->room() once, as soon as that is so no more. The waiter stays the caller's; it may wait already, or not at all. */
void closing_await_room(struct ev_loop *loop, struct closing_waiter *w);
void closing_await_no_more(struct ev_loop *loop, struct closing_waiter *w);

/* Descriptors that are open only because they wait to be closed. */
static inline size_t
closing_held(const struct closing *c)
{
	return c->n_waiting + c->batch.n - c->batch.next;
}

#endif
