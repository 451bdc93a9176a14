/*
 * Unix sockets, pipes, and waiting for them: poll, epoll, timers, inotify. How many bytes a read or a write moves is
 * chance, and so is whether a connection is cut.
 */
#include "kernel.h"
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define FAIL(e) return errno = (e), -1

/* ------ rings ------ */

void
ring_add(struct ring *r, const void *data, uint32_t n)
{
	const uint8_t *from = data;
	const uint32_t at = (r->start + r->len) % RING, first = n < RING - at ? n : RING - at;

	memcpy(r->data + at, from, first);
	memcpy(r->data, from + first, n - first);
	r->len += n;
}

void
ring_take(struct ring *r, void *data, uint32_t n, bool peek)
{
	uint8_t *to = data;
	const uint32_t first = n < RING - r->start ? n : RING - r->start;

	memcpy(to, r->data + r->start, first);
	memcpy(to + first, r->data, n - first);
	if (peek)
		return;
	r->start = (r->start + n) % RING;
	r->len -= n;
}

#define SMALL 64U /* bytes */

/* At least one, at most n: chance. */
static uint32_t
some(size_t n, size_t room)
{
	uint32_t most = (uint32_t)(n < room ? n : room);

	if (most > 1 && me != 0 && kernel_chance(k->weather.shortened) && !kernel_left_out(&k->faults, 'f')) {
		most = 1 + kernel_pick(most - 1);
	}
	return most;
}

/* ------ sockets ------ */

static int
sock_new(void)
{
	for (int i = 0; i < SOCKS; i++)
		if (!k->sock[i].used) {
			struct sock *s = &k->sock[i];

			k->socks = i < k->socks ? k->socks : i + 1;
			s->used = true;
			s->datagram = s->no_read = s->no_write = s->reset = s->accepted = false;
			s->state = SOCK_NEW;
			s->peer = s->inode = NONE;
			s->n_waiting = 0;
			s->in.start = s->in.len = 0;
			s->peer_uid = 0;
			s->peer_pid = 0;
			return i;
		}
	kernel_bug("too many sockets");
}

static void
sock_part(struct sock *s, bool reset)
{
	if (s->peer == NONE)
		return;
	k->sock[s->peer].peer = NONE;
	k->sock[s->peer].state = SOCK_OVER;
	k->sock[s->peer].no_read = true;
	k->sock[s->peer].reset |= reset;
	s->peer = NONE;
}

void
sock_close(int i)
{
	struct sock *s = &k->sock[i];

	model_close(i);
	sock_part(s, s->in.len > 0);
	for (int w = 0; w < s->n_waiting; w++)
		sock_close(s->waiting[w]);
	if (s->inode != NONE) {
		k->inode[s->inode].listener = NONE;
		inode_put(s->inode);
	}
	s->used = false;
}

/*
 * As if both ends had closed it. What was written to the end that connected can still be read, as with all Unix sockets;
 * what the other one has not read is lost, as when it dies: a connection is not cut between two who live, and who goes
 * on reading from one that is gone would do what nobody can know of.
 */
void
sock_cut(int i)
{
	struct sock *s = &k->sock[i];
	struct sock *accepted;

	if (s->peer == NONE)
		return;
	kernel_trace("a connection is cut");
	accepted = s->accepted ? s : &k->sock[s->peer];
	if (accepted->accepted)
		accepted->in.len = 0;
	sock_part(s, false);
	s->state = SOCK_OVER;
	s->no_read = true;
}

static struct sock *
sock_at(int fd)
{
	const struct ofile *o = ofile_at(fd);

	if (o && o->kind != SOCKET)
		return errno = ENOTSOCK, NULL;
	return o ? &k->sock[o->index] : NULL;
}

int
socket(int domain, int type, int protocol)
{
	int i;

	(void)protocol;
	kernel_enter("socket");
	if (domain != AF_UNIX)
		FAIL(EAFNOSUPPORT);
	if (k->proc[me].mortal && kernel_fault(k->weather.emfile)) {
		kernel_trace("too many open files: no socket");
		FAIL(EMFILE);
	}
	i = sock_new();
	k->sock[i].datagram = (type & 0xf) == SOCK_DGRAM;
	return file_put(ofile_new(SOCKET, i, (type & SOCK_NONBLOCK) | (type & SOCK_CLOEXEC) | O_RDWR));
}

int
bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)sa;
	char name[NAME_BYTES];
	struct sock *s;
	int parent, i;

	(void)len;
	kernel_enter("bind");
	if (!(s = sock_at(fd)))
		return -1;
	i = inode_resolve(1, un->sun_path, &parent, name);
	if (i >= 0)
		FAIL(EADDRINUSE);
	if (i != -ENOENT || !name[0])
		FAIL(-i);
	i = inode_make(parent, name, S_IFSOCK | (0777 & ~k->proc[me].umask), k->proc[me].uid);
	s->inode = i;
	k->inode[i].listener = (int)(s - k->sock);
	s->state = SOCK_BOUND;
	return 0;
}

int
listen(int fd, int backlog)
{
	struct sock *s;

	(void)backlog;
	kernel_enter("listen");
	if (!(s = sock_at(fd)))
		return -1;
	s->state = SOCK_LISTENS;
	s->peer_uid = k->proc[me].uid;
	s->peer_pid = k->proc[me].pid;
	return 0;
}

static int
reach(struct ofile *o, struct sock *s, int inode)
{
	struct sock *l, *other;
	int j;

	if (!S_ISSOCK(k->inode[inode].mode) || k->inode[inode].listener == NONE)
		FAIL(ECONNREFUSED);
	if (k->proc[me].uid != 0 && k->proc[me].uid != k->inode[inode].uid && !(k->inode[inode].mode & 2))
		FAIL(EACCES);
	l = &k->sock[k->inode[inode].listener];
	if (l->state != SOCK_LISTENS)
		FAIL(ECONNREFUSED);
	if (l->n_waiting == BACKLOG)
		FAIL(EAGAIN);
	j = sock_new();
	other = &k->sock[j];
	other->state = s->state = SOCK_CONNECTED;
	other->peer = o->index;
	other->accepted = true;
	s->peer = j;
	other->peer_uid = k->proc[me].uid;
	other->peer_pid = k->proc[me].pid;
	s->peer_uid = l->peer_uid;
	s->peer_pid = l->peer_pid;
	l->waiting[l->n_waiting++] = j;
	return 0;
}

int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)sa;
	char name[NAME_BYTES];
	struct ofile *o;
	struct sock *s;
	int parent, i;

	(void)len;
	kernel_enter("connect");
	if (!(s = sock_at(fd)))
		return -1;
	o = ofile_at(fd);
	if (s->datagram && strcmp(un->sun_path, "/dev/log") == 0)
		return o->kind = LOG, s->used = false, 0;
	i = inode_resolve(1, un->sun_path, &parent, name);
	if (i < 0)
		FAIL(-i);
	return reach(o, s, i);
}

int
socketpair(int domain, int type, int protocol, int fd[2])
{
	int i, j;

	(void)domain, (void)protocol;
	kernel_enter("socketpair");
	i = sock_new();
	j = sock_new();
	k->sock[i].state = k->sock[j].state = SOCK_CONNECTED;
	k->sock[i].peer = j;
	k->sock[j].peer = i;
	k->sock[i].peer_uid = k->sock[j].peer_uid = k->proc[me].uid;
	k->sock[i].peer_pid = k->sock[j].peer_pid = k->proc[me].pid;
	fd[0] = file_put(ofile_new(SOCKET, i, (type & (SOCK_NONBLOCK | SOCK_CLOEXEC)) | O_RDWR));
	fd[1] = file_put(ofile_new(SOCKET, j, (type & (SOCK_NONBLOCK | SOCK_CLOEXEC)) | O_RDWR));
	return fd[0] < 0 || fd[1] < 0 ? -1 : 0;
}

int
accept4(int fd, struct sockaddr *restrict sa, socklen_t *restrict len, int flags)
{
	struct sock *s;
	int i;

	(void)sa, (void)len;
	kernel_enter("accept4");
	if (!(s = sock_at(fd)))
		return -1;
	if (s->n_waiting == 0)
		FAIL(EAGAIN);
	if (k->proc[me].mortal && kernel_fault(k->weather.emfile)) {
		kernel_trace("too many open files: accepts nobody");
		FAIL(EMFILE);
	}
	i = s->waiting[0];
	if (k->proc[me].watched)
		model_open(i, k->sock[i].peer_uid);
	memmove(s->waiting, s->waiting + 1, (size_t)--s->n_waiting * sizeof(int));
	return file_put(ofile_new(SOCKET, i, (flags & SOCK_NONBLOCK) | (flags & SOCK_CLOEXEC) | O_RDWR));
}

int
shutdown(int fd, int how)
{
	struct sock *s;

	kernel_enter("shutdown");
	if (!(s = sock_at(fd)))
		return -1;
	if (how != SHUT_RD) {
		s->no_write = true;
		if (s->peer != NONE)
			k->sock[s->peer].no_read = true;
	}
	if (how != SHUT_WR) {
		s->no_read = true;
		if (s->peer != NONE)
			k->sock[s->peer].no_write = true;
	}
	return 0;
}

int
getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict len)
{
	struct sock *s;

	(void)level;
	kernel_enter("getsockopt");
	if (!(s = sock_at(fd)))
		return -1;
	if (option == SO_PEERCRED) {
		const struct ucred c = { .pid = s->peer_pid, .uid = s->peer_uid, .gid = s->peer_uid };

		memcpy(value, &c, sizeof(c));
		*len = sizeof(c);
		return 0;
	}
	if (option == SO_PEERGROUPS)
		return *len = 0, 0;
	if (*len >= sizeof(int))
		memset(value, 0, *len);
	return 0;
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	return (void)fd, (void)level, (void)option, (void)value, (void)len, 0;
}

int
getsockname(int fd, struct sockaddr *restrict sa, socklen_t *restrict len)
{
	return (void)fd, (void)sa, (void)len, errno = ENOTSOCK, -1;
}

/* ------ moving bytes ------ */

static ssize_t
sock_receive(struct ofile *o, void *buf, size_t n, int flags)
{
	struct sock *s = &k->sock[o->index];
	uint32_t moved;

	if (me != 0 && kernel_fault(k->weather.cut))
		sock_cut(o->index);
	if (s->state == SOCK_NEW || s->state == SOCK_BOUND || s->state == SOCK_LISTENS)
		FAIL(ENOTCONN);
	if (s->in.len == 0 && s->reset)
		return s->reset = false, errno = ECONNRESET, -1;
	if (s->in.len == 0 && s->no_read)
		return 0;
	if (s->in.len == 0)
		FAIL(EAGAIN);
	moved = some(n, s->in.len);
	ring_take(&s->in, buf, moved, (flags & MSG_PEEK) != 0);
	if (k->proc[me].watched && !(flags & MSG_PEEK))
		model_read(o->index, buf, moved);
	return moved;
}

static ssize_t
sock_send(struct ofile *o, const void *buf, size_t n)
{
	struct sock *s = &k->sock[o->index];
	uint32_t moved;

	if (me != 0 && kernel_fault(k->weather.cut))
		sock_cut(o->index);
	if (s->state == SOCK_NEW)
		FAIL(ENOTCONN);
	if (s->peer == NONE || s->no_write)
		FAIL(EPIPE);
	if (k->sock[s->peer].in.len == RING)
		FAIL(EAGAIN);
	/* What is small goes whole, or not at all: unix_stream_sendmsg() makes one buffer of it. */
	moved =
	    n <= SMALL && n <= RING - k->sock[s->peer].in.len ? (uint32_t)n : some(n, RING - k->sock[s->peer].in.len);
	ring_add(&k->sock[s->peer].in, buf, moved);
	if (k->proc[me].watched)
		model_write(o->index, buf, moved);
	return moved;
}

/* Blocks unless it may not, as read(2) does. */
static ssize_t
wait_for(int fd, short events, ssize_t r, bool nonblocking, bool *again)
{
	struct proc *p = &k->proc[me];

	*again = false;
	if (r >= 0 || errno != EAGAIN || nonblocking)
		return r;
	p->wait = W_POLL;
	p->poll[0] = (struct pollfd){ .fd = fd, .events = events };
	p->n_poll = 1;
	p->until = UINT64_MAX;
	(void)kernel_wait();
	if (kernel_signals())
		FAIL(EINTR);
	*again = true;
	return -1;
}

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	struct ofile *o;
	bool again;
	ssize_t r;

	kernel_enter("recvfrom");
	do {
		if (!sock_at(fd))
			return -1;
		o = ofile_at(fd);
		r = wait_for(fd, POLLIN, sock_receive(o, buf, n, flags),
		    (o->flags & O_NONBLOCK) || (flags & MSG_DONTWAIT), &again);
	} while (again);
	return r;
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	const ssize_t r = recv(fd, m->msg_iov->iov_base, m->msg_iov->iov_len, flags);

	m->msg_controllen = 0;
	m->msg_flags = 0;
	return r;
}

ssize_t
send(int fd, const void *buf, size_t n, int flags)
{
	struct ofile *o;
	bool again;
	ssize_t r;

	kernel_enter("sendto");
	do {
		if (!(o = ofile_at(fd)))
			return -1;
		if (o->kind == LOG) {
			const char *text = memmem(buf, n, "]: ", 3);

			text = text ? text + 3 : buf;
			kernel_trace("log: %.*s", (int)(n - (size_t)(text - (const char *)buf)), text);
			return (ssize_t)n;
		}
		if (!sock_at(fd))
			return -1;
		r = wait_for(
		    fd, POLLOUT, sock_send(o, buf, n), (o->flags & O_NONBLOCK) || (flags & MSG_DONTWAIT), &again);
	} while (again);
	return r;
}

ssize_t
sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *sa, socklen_t len)
{
	return (void)sa, (void)len, send(fd, buf, n, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	ssize_t all = 0;

	if (m->msg_controllen > 0)
		FAIL(EOPNOTSUPP);
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		const ssize_t r =
		    m->msg_iov[i].iov_len ? send(fd, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len, flags) : 0;

		if (r < 0)
			return all > 0 ? all : -1;
		all += r;
		if ((size_t)r < m->msg_iov[i].iov_len)
			break;
	}
	return all;
}

/* ------ pipes ------ */

int
pipe2(int fd[2], int flags)
{
	for (int i = 0; i < PIPES; i++) {
		struct pipe_ *p = &k->pipe[i];

		if (p->readers + p->writers > 0)
			continue;
		p->readers = p->writers = 1;
		p->ring.start = p->ring.len = 0;
		if ((fd[0] = file_put(ofile_new(PIPE_READ, i, flags))) < 0) {
			p->writers = 0;
			return -1;
		}
		if ((fd[1] = file_put(ofile_new(PIPE_WRITE, i, flags))) < 0) {
			(void)close(fd[0]);
			FAIL(EMFILE);
		}
		return 0;
	}
	kernel_bug("too many pipes");
}

int
pipe(int fd[2])
{
	return pipe2(fd, 0);
}

static ssize_t
pipe_read(struct ofile *o, void *buf, size_t n)
{
	struct pipe_ *p = &k->pipe[o->index];
	uint32_t moved;

	if (p->ring.len == 0 && p->writers == 0)
		return 0;
	if (p->ring.len == 0)
		FAIL(EAGAIN);
	moved = some(n, p->ring.len);
	ring_take(&p->ring, buf, moved, false);
	return moved;
}

static ssize_t
pipe_write(struct ofile *o, const void *buf, size_t n)
{
	struct pipe_ *p = &k->pipe[o->index];

	if (p->readers == 0)
		FAIL(EPIPE);
	if (n <= 4096 && RING - p->ring.len < n)
		FAIL(EAGAIN);
	if (RING == p->ring.len)
		FAIL(EAGAIN);
	if (n > RING - p->ring.len)
		n = RING - p->ring.len;
	ring_add(&p->ring, buf, (uint32_t)n);
	return (ssize_t)n;
}

/* ------ read(2) and write(2) ------ */

static ssize_t
read_number(struct ofile *o, void *buf)
{
	if (o->count == 0)
		FAIL(EAGAIN);
	if (o->kind == TIMER) {
		o->count = 0;
		FAIL(ECANCELED);
	}
	memcpy(buf, &o->count, 8);
	o->count = 0;
	return 8;
}

static ssize_t
read_events(struct ofile *o, void *buf, size_t n)
{
	if (o->count == 0)
		FAIL(EAGAIN);
	o->count = 0;
	memset(buf, 0, n < sizeof(struct inotify_event) ? n : sizeof(struct inotify_event));
	return sizeof(struct inotify_event);
}

static ssize_t
read_device(const struct ofile *o, void *buf, size_t n)
{
	if (o->index != DEV_URANDOM)
		return 0;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = (uint8_t)kernel_random();
	return (ssize_t)n;
}

static ssize_t
read_once(struct ofile *o, void *buf, size_t n)
{
	ssize_t r;

	switch (o->kind) {
	case FILE_:
		r = file_read(o, buf, n, o->offset);
		o->offset += r > 0 ? r : 0;
		return r;
	case SOCKET:
		return sock_receive(o, buf, n, 0);
	case PIPE_READ:
		return pipe_read(o, buf, n);
	case EVENT:
	case TIMER:
		return read_number(o, buf);
	case INOTIFY:
		return read_events(o, buf, n);
	case DEVICE:
		return read_device(o, buf, n);
	default:
		FAIL(EBADF);
	}
}

static ssize_t
write_device(const struct ofile *o, const void *buf, size_t n)
{
	struct capture *c = k->proc[me].capture == NONE ? NULL : &k->capture[k->proc[me].capture];

	if (o->index != DEV_CAPTURE)
		return (ssize_t)n;
	kernel_trace("says: %.*s", (int)(n < 400 ? n : 400), (const char *)buf);
	if (c && c->len + n < CAPTURE) {
		memcpy(c->text + c->len, buf, n);
		c->len += n;
		c->text[c->len] = '\0';
	}
	return (ssize_t)n;
}

static ssize_t
write_once(struct ofile *o, const void *buf, size_t n)
{
	uint64_t number;
	ssize_t r;

	switch (o->kind) {
	case FILE_:
		r = file_write(o, buf, n, o->offset);
		o->offset += r > 0 ? r : 0;
		return r;
	case SOCKET:
		return sock_send(o, buf, n);
	case PIPE_WRITE:
		return pipe_write(o, buf, n);
	case EVENT:
		memcpy(&number, buf, 8);
		o->count += number;
		return 8;
	case DEVICE:
		return write_device(o, buf, n);
	default:
		FAIL(EBADF);
	}
}

ssize_t
read(int fd, void *buf, size_t n)
{
	struct ofile *o;
	bool again;
	ssize_t r;

	if (!k || me == 0)
		return raw(SYS_read, (long)fd, buf, n);
	kernel_enter("read");
	do {
		if (!(o = ofile_at(fd)))
			return -1;
		r = wait_for(fd, POLLIN, read_once(o, buf, n), (o->flags & O_NONBLOCK) || o->kind == TIMER, &again);
	} while (again);
	return r;
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	struct ofile *o;
	bool again;
	ssize_t r;

	if (!k || me == 0 || k->host)
		return raw(SYS_write, (long)fd, buf, n);
	kernel_enter("write");
	do {
		if (!(o = ofile_at(fd)))
			return -1;
		r = wait_for(fd, POLLOUT, write_once(o, buf, n), (o->flags & O_NONBLOCK) != 0, &again);
	} while (again);
	return r;
}

int
ioctl(int fd, unsigned long request, ...)
{
	const struct ofile *o;
	va_list args;
	int *value;

	va_start(args, request);
	value = va_arg(args, int *);
	va_end(args);
	kernel_enter("ioctl");
	if (!(o = ofile_at(fd)))
		return -1;
	if (o->kind != SOCKET || (request != SIOCOUTQ && request != SIOCINQ))
		FAIL(ENOTTY);
	if (request == SIOCINQ)
		*value = (int)k->sock[o->index].in.len;
	else
		*value = k->sock[o->index].peer == NONE ? 0 : (int)k->sock[k->sock[o->index].peer].in.len;
	return 0;
}

int
isatty(int fd)
{
	return (void)fd, errno = ENOTTY, 0;
}

/* ------ what is ready ------ */

static short
sock_ready(const struct sock *s)
{
	short r = 0;

	if (s->state == SOCK_LISTENS)
		return s->n_waiting > 0 ? POLLIN : 0;
	if (s->state == SOCK_NEW || s->state == SOCK_BOUND)
		return POLLOUT | POLLHUP;
	if (s->in.len > 0 || s->no_read || s->reset)
		r |= POLLIN;
	if (s->peer == NONE)
		r |= POLLOUT | POLLHUP | (s->reset ? POLLERR : 0);
	else if (k->sock[s->peer].in.len < RING)
		r |= POLLOUT;
	return r;
}

short
ofile_ready(int i)
{
	const struct ofile *o = &k->ofile[i];

	switch (o->kind) {
	case SOCKET:
		return sock_ready(&k->sock[o->index]);
	case PIPE_READ:
		return (short)((k->pipe[o->index].ring.len > 0 ? POLLIN : 0) |
		    (k->pipe[o->index].writers == 0 ? POLLHUP : 0));
	case PIPE_WRITE:
		return (short)((RING - k->pipe[o->index].ring.len >= 4096 ? POLLOUT : 0) |
		    (k->pipe[o->index].readers == 0 ? POLLERR : 0));
	case EVENT:
		return (short)((o->count > 0 ? POLLIN : 0) | POLLOUT);
	case TIMER:
	case INOTIFY:
		return o->count > 0 ? POLLIN : 0;
	case EPOLL:
		return 0;
	default:
		return POLLIN | POLLOUT;
	}
}

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct proc *p = &k->proc[me];
	int count;

	kernel_enter("poll");
	if (n > POLLS)
		kernel_bug("poll(2) of %lu descriptors", (unsigned long)n);
	p->until = timeout < 0 ? UINT64_MAX : k->now + (uint64_t)timeout * 1000;
	for (;;) {
		const bool over = k->now >= p->until;

		count = 0;
		for (nfds_t i = 0; i < n; i++) {
			const int fd = fds[i].fd;

			fds[i].revents = 0;
			if (fd < 0)
				continue;
			fds[i].revents = fd >= FDS || p->fd[fd] == NONE
			    ? POLLNVAL
			    : (short)(ofile_ready(p->fd[fd]) & (fds[i].events | POLLHUP | POLLERR));
			count += fds[i].revents != 0;
		}
		if (count > 0 || over)
			return count;
		p->wait = W_POLL;
		memcpy(p->poll, fds, n * sizeof(*fds));
		p->n_poll = (int)n;
		(void)kernel_wait();
		if (kernel_signals())
			FAIL(EINTR);
	}
}

int
__poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size)
{
	return (void)size, poll(fds, n, timeout);
}

/* ------ epoll and its companions ------ */

int
epoll_create1(int flags)
{
	kernel_enter("epoll_create1");
	for (int i = 0; i < EPOLLS; i++)
		if (!k->epoll[i].used) {
			k->epoll[i].used = true;
			k->epoll[i].n = 0;
			return file_put(ofile_new(EPOLL, i, flags));
		}
	kernel_bug("too many epolls");
}

int
epoll_create(int size)
{
	return (void)size, epoll_create1(0);
}

int
epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	const struct ofile *o = ofile_at(epfd);
	struct epoll *e;
	int i = 0, target;

	kernel_enter("epoll_ctl");
	if (!o || !ofile_at(fd))
		return -1;
	e = &k->epoll[o->index];
	target = k->proc[me].fd[fd];
	if (k->ofile[target].kind == FILE_ || k->ofile[target].kind == DEVICE)
		FAIL(EPERM);
	while (i < e->n && (e->of[i].fd != fd || e->of[i].ofile != target))
		i++;
	if (op == EPOLL_CTL_ADD && i < e->n)
		FAIL(EEXIST);
	if (op != EPOLL_CTL_ADD && i == e->n)
		FAIL(ENOENT);
	if (op == EPOLL_CTL_DEL)
		return e->of[i] = e->of[--e->n], 0;
	if (i == INTEREST)
		kernel_bug("too many descriptors in one epoll");
	if (i == e->n)
		e->n++;
	e->of[i] = (struct interest){ .fd = fd, .ofile = target, .events = event->events, .data = event->data.u64 };
	return 0;
}

static int
collect(const struct epoll *e, struct epoll_event *events, int most)
{
	const int first = e->n ? (int)kernel_pick((uint32_t)e->n) : 0;
	int n = 0;

	for (int i = 0; i < e->n && n < most; i++) {
		const struct interest *x = &e->of[(first + i) % e->n];
		const uint32_t ready = (uint32_t)ofile_ready(x->ofile) & (x->events | POLLHUP | POLLERR);

		if (ready)
			events[n++] = (struct epoll_event){ .events = ready, .data.u64 = x->data };
	}
	return n;
}

int
epoll_wait(int epfd, struct epoll_event *events, int most, int timeout)
{
	struct proc *p = &k->proc[me];
	const struct ofile *o;
	int n;

	kernel_enter("epoll_wait");
	if (!(o = ofile_at(epfd)))
		return -1;
	p->until = timeout < 0 ? UINT64_MAX : k->now + (uint64_t)timeout * 1000;
	for (;;) {
		const bool over = k->now >= p->until;

		if ((n = collect(&k->epoll[o->index], events, most)) > 0 || over)
			return n;
		p->wait = W_EPOLL;
		p->epoll = o->index;
		(void)kernel_wait();
		if (kernel_signals())
			FAIL(EINTR);
	}
}

int
eventfd(unsigned value, int flags)
{
	const int o = ofile_new(EVENT, 0, flags);

	kernel_enter("eventfd2");
	k->ofile[o].count = value;
	return file_put(o);
}

/* libev has one to hear of jumps of the wall clock, and no other. */
int
timerfd_create(int clock, int flags)
{
	(void)clock;
	kernel_enter("timerfd_create");
	return file_put(ofile_new(TIMER, 0, flags));
}

int
timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct ofile *o;

	(void)flags, (void)new, (void)old;
	kernel_enter("timerfd_settime");
	if (!(o = ofile_at(fd)))
		return -1;
	o->count = 0;
	return 0;
}

int
signalfd(int fd, const sigset_t *mask, int flags)
{
	return (void)fd, (void)mask, (void)flags, errno = ENOSYS, -1;
}

int
inotify_init1(int flags)
{
	kernel_enter("inotify_init1");
	return file_put(ofile_new(INOTIFY, 0, flags));
}

int
inotify_init(void)
{
	return inotify_init1(0);
}

int
inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	char name[NAME_BYTES];
	int parent, i, w = 0;

	(void)mask;
	kernel_enter("inotify_add_watch");
	if (!ofile_at(fd))
		return -1;
	if ((i = inode_resolve(1, path, &parent, name)) < 0)
		FAIL(-i);
	for (int at = 0; at < WATCHES; at++)
		if (k->watch[at].ofile == k->proc[me].fd[fd] && k->watch[at].inode == i)
			return at + 1;
	while (w < WATCHES && k->watch[w].ofile != NONE)
		w++;
	if (w == WATCHES)
		FAIL(ENOSPC);
	k->watch[w] = (struct watch_){ .ofile = k->proc[me].fd[fd], .inode = i };
	return w + 1;
}

int
inotify_rm_watch(int fd, int w)
{
	(void)fd;
	if (w > 0 && w <= WATCHES)
		k->watch[w - 1].ofile = NONE;
	return 0;
}
