#include "net/closing.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/hub.h"
#include "net/process.h"
#include "net/socket.h"

#define TICK_SECONDS .01
#define PATIENCE_MS 1000U
#define STACK_SIZE 65536U /* of a child that shares our descriptors */

struct closing_shared {
	sem_t go[CLOSING_CHILDREN]; /* ours are closed: the child has the last ones */
	atomic_size_t next;         /* of the batch: which one its child closes next */
};

/* ------ children with connections ------ */

/* Keeps the descriptors in `fd`, which grow, and no others. */
static void
keep_only(const int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fd[i] != (int)i)
			(void)dup2(fd[i], (int)i);
	(void)syscall(SYS_close_range, (unsigned)n, ~0U, 0U);
}

/* Waits until nobody else has what it holds, and ends: the kernel closes everything, and waits for nothing. */
static _Noreturn void
take_along(sem_t *go, const int *fd, size_t n)
{
	struct timespec end;

	keep_only(fd, n);
	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	while (sem_timedwait(go, &end) < 0 && errno == EINTR)
		continue;
	_exit(0);
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* A child takes them; we close ours while it has them, too, which blocks nobody. False: there is no child. */
static bool
hand_over(sem_t *go, int *fd, size_t n, pid_t *pid)
{
	qsort(fd, n, sizeof(*fd), by_number);
	if (sem_init(go, 1, 0) < 0 || (*pid = fork()) < 0)
		return false;
	if (*pid == 0)
		take_along(go, fd, n);
	for (size_t i = 0; i < n; i++)
		(void)close(fd[i]);
	(void)sem_post(go);
	return true;
}

/* Takes the waiting connections of that uid, at most a batch, out of the queue. */
static size_t
take_waiting(struct closing *c, uint32_t uid, int *fd)
{
	size_t n = 0, left = 0;

	for (size_t i = 0; i < c->n_waiting; i++) {
		if (c->waiting[i].uid == uid && n < CLOSING_PASSED)
			fd[n++] = c->waiting[i].fd;
		else
			c->waiting[left++] = c->waiting[i];
	}
	c->n_waiting = left;
	return n;
}

/* ------ children with descriptors that were passed ------ */

struct errand {
	pid_t parent;
	const struct closing_batch *batch;
	atomic_size_t *next;
};

/*
 * In the child, which holds our table for as long as it lives, and so lives no longer than we do. It counts first: one that is
 * killed in the middle has closed, or will have, what it counted. Even setsockopt(2) waits where somebody holds the socket's
 * lock; what is no socket refuses it, as it should.
 */
static int
close_batch(void *arg)
{
	static const struct linger none = { .l_onoff = 1 };
	const struct errand *e = arg;

	if (!process_dies_with(e->parent, SIGKILL))
		return 1;
	for (size_t i = e->batch->next; i < e->batch->n; i++) {
		const int fd = e->batch->fd[i];

		atomic_store(e->next, i + 1);
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		(void)close(fd);
	}
	return 0;
}

/* A process that has our descriptors, not a copy of them. */
static bool
send_errand(const struct closing_batch *batch, atomic_size_t *next, pid_t *pid)
{
	struct errand e = { .parent = getpid(), .batch = batch, .next = next };
	_cleanup_(freep) char *stack = malloc(STACK_SIZE);

	if (!stack)
		return false;
	atomic_store(next, batch->next);
	*pid = clone(close_batch, stack + STACK_SIZE, CLONE_FILES | SIGCHLD, &e);
	return *pid > 0;
}

/* ------ one child a uid ------ */

static struct closing_child *
child_of(struct closing *c, uint32_t uid)
{
	for (size_t i = 0; i < CLOSING_CHILDREN; i++)
		if (c->child[i].pid > 0 && c->child[i].uid == uid)
			return &c->child[i];
	return NULL;
}

static struct closing_child *
free_child(struct closing *c)
{
	for (size_t i = 0; i < CLOSING_CHILDREN; i++)
		if (c->child[i].pid == 0)
			return &c->child[i];
	return NULL;
}

static void
begin(struct closing_child *child, uint32_t uid, bool batch)
{
	child->uid = uid;
	child->began = clock_monotonic_ms();
	child->killed = false;
	child->batch = batch;
}

static void
start_batch(struct closing *c)
{
	struct closing_batch *b = &c->batch;
	struct closing_child *child = free_child(c);

	if (b->n == 0 || b->taken || !child || child_of(c, b->uid))
		return;
	if (!send_errand(b, &c->shared->next, &child->pid)) {
		child->pid = 0; /* the next tick tries again */
		return;
	}
	b->taken = true;
	begin(child, b->uid, true);
}

/* The first in the queue whose uid has no child. */
static const struct closing_connection *
next_waiting(struct closing *c)
{
	for (size_t i = 0; i < c->n_waiting; i++)
		if (!child_of(c, c->waiting[i].uid))
			return &c->waiting[i];
	return NULL;
}

static void
start_connections(struct closing *c)
{
	const struct closing_connection *first;
	struct closing_child *child;
	int fd[CLOSING_PASSED];

	while ((child = free_child(c)) && (first = next_waiting(c))) {
		const uint32_t uid = first->uid;
		const size_t n = take_waiting(c, uid, fd);

		if (!hand_over(&c->shared->go[child - c->child], fd, n, &child->pid)) {
			child->pid = 0;
			for (size_t i = 0; i < n; i++) /* there is room: they were just taken out */
				c->waiting[c->n_waiting++] = (struct closing_connection){ fd[i], uid };
			return;
		}
		begin(child, uid, false);
	}
}

/* It has ended: what it did not close is for another child. */
static void
end_child(struct closing *c, struct closing_child *child)
{
	struct closing_batch *b = &c->batch;

	child->pid = 0;
	if (!child->batch)
		return;
	b->taken = false;
	b->next = atomic_load(&c->shared->next);
	if (b->next >= b->n)
		b->next = b->n = 0;
}

static void
look_after(struct closing *c, struct closing_child *child)
{
	if (waitpid(child->pid, NULL, WNOHANG) != 0) {
		end_child(c, child);
	} else if (!child->killed && clock_monotonic_ms() - child->began >= PATIENCE_MS) {
		(void)kill(child->pid, SIGKILL);
		child->killed = true;
	}
}

static bool
is_full(const struct closing *c)
{
	return c->n_waiting >= CLOSING_FULL;
}

/* Who waits for room hears of it. */
static void
tell_of_room(struct closing *c)
{
	struct closing_waiter *w;

	while (!is_full(c) && (w = TAILQ_FIRST(&c->waiters))) {
		closing_await_no_more(c->loop, w);
		w->room(w);
	}
}

static bool
is_idle(const struct closing *c)
{
	for (size_t i = 0; i < CLOSING_CHILDREN; i++)
		if (c->child[i].pid > 0)
			return false;
	return c->n_waiting == 0 && closing_held(c) == 0;
}

static void
on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct closing *c = w->data;

	(void)revents;
	for (size_t i = 0; i < CLOSING_CHILDREN; i++)
		if (c->child[i].pid > 0)
			look_after(c, &c->child[i]);
	start_batch(c);
	start_connections(c);
	tell_of_room(c);
	if (is_idle(c))
		ev_timer_stop(loop, w);
}

static void
wake(struct closing *c)
{
	if (!ev_is_active(&c->tick))
		ev_timer_again(c->loop, &c->tick);
}

/* ------ what is to be closed ------ */

/* The peer's uid; one that cannot be asked has that of nobody. */
static uint32_t
uid_of(int fd)
{
	struct credentials peer;

	return socket_peer(fd, &peer) < 0 ? UINT32_MAX : (uint32_t)peer.uid;
}

/*
 * Whether a descriptor may be unread in a connection, which is shut down: nothing more comes. Words alone are read, as far as
 * they were looked at, which closes no descriptor; closing blocks nobody then.
 */
static bool
has_descriptor(int fd)
{
	char words[16384];
	struct iovec room = { .iov_base = words, .iov_len = sizeof(words) };

	socket_guard(fd); /* what is "out of band" is seen as well */
	for (;;) {
		struct msghdr m = { .msg_iov = &room, .msg_iovlen = 1 };
		const ssize_t n = recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT);

		if (n <= 0)
			return false;
		if ((m.msg_flags & MSG_CTRUNC) || recv(fd, words, (size_t)n, MSG_DONTWAIT) <= 0)
			return true;
	}
}

static bool
reserve(struct closing *c)
{
	const size_t cap = c->cap_waiting > 0 ? 2 * c->cap_waiting : CLOSING_FULL;
	struct closing_connection *p;

	if (c->n_waiting < c->cap_waiting)
		return true;
	p = realloc(c->waiting, cap * sizeof(*p));
	if (!p)
		return false;
	c->waiting = p;
	c->cap_waiting = cap;
	return true;
}

void
closing_end(struct ev_loop *loop, int fd, uint32_t uid)
{
	struct closing *c = &hub_of(loop)->closing;

	if (!reserve(c)) { /* better one descriptor lost than everybody kept waiting */
		log_error("no memory to close a connection; it stays open");
		return;
	}
	c->waiting[c->n_waiting++] = (struct closing_connection){ .fd = fd, .uid = uid };
	wake(c);
	if (c->n_waiting == CLOSING_FULL) /* nobody comes in meanwhile: now, not at the next tick */
		ev_feed_event(loop, &c->tick, EV_TIMER);
}

void
closing_socket(struct ev_loop *loop, int fd)
{
	(void)shutdown(fd, SHUT_RDWR);
	if (has_descriptor(fd))
		closing_end(loop, fd, uid_of(fd));
	else
		(void)close(fd);
}

void
closing_passed(struct ev_loop *loop, int connection, const int *fds, size_t n)
{
	struct closing *c = &hub_of(loop)->closing;
	struct closing_batch *b = &c->batch;

	*b = (struct closing_batch){ .uid = uid_of(connection), .n = n };
	memcpy(b->fd, fds, n * sizeof(*fds));
	wake(c);
}

bool
closing_full(struct ev_loop *loop)
{
	return is_full(&hub_of(loop)->closing);
}

void
closing_await_room(struct ev_loop *loop, struct closing_waiter *w)
{
	if (w->waits)
		return;
	w->waits = true;
	TAILQ_INSERT_TAIL(&hub_of(loop)->closing.waiters, w, link);
}

void
closing_await_no_more(struct ev_loop *loop, struct closing_waiter *w)
{
	if (!w->waits)
		return;
	w->waits = false;
	TAILQ_REMOVE(&hub_of(loop)->closing.waiters, w, link);
}

int
closing_init(struct closing *c, struct ev_loop *loop)
{
	void *page = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*c = (struct closing){ .loop = loop };
	TAILQ_INIT(&c->waiters);
	if (page == MAP_FAILED)
		return -errno;
	c->shared = page;
	ev_timer_init(&c->tick, on_tick, 0., TICK_SECONDS);
	c->tick.data = c;
	return 0;
}

void
closing_release(struct closing *c)
{
	int fd[CLOSING_PASSED];
	pid_t pid;

	ev_timer_stop(c->loop, &c->tick);
	for (size_t i = 0; i < CLOSING_CHILDREN; i++) /* it would keep what our table holds, our locks among it */
		if (c->child[i].pid > 0 && c->child[i].batch)
			(void)kill(c->child[i].pid, SIGKILL);
	while (c->n_waiting > 0) {
		const size_t n = take_waiting(c, c->waiting[0].uid, fd);

		if (!hand_over(&c->shared->go[0], fd, n, &pid))
			break; /* the end of the process closes them as well */
	}
	free(c->waiting);
	(void)munmap(c->shared, sizeof(*c->shared));
}
