/*
 * LD_PRELOAD: every read from, and write to, a socket, pipe or terminal moves one byte. What a kernel may do, it
 * does, and no more: a write of at most PIPE_BUF bytes to a pipe is whole (POSIX), and so is a datagram. Files are left
 * alone: a short write to them is a full disk. Event, timer and signal descriptors know no single bytes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name, ...)                                            \
	static __typeof__(&name) real;                             \
	if (!real)                                                 \
		real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
	return real(__VA_ARGS__)

static bool
is_stream(int fd)
{
	socklen_t size = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static bool
is_short(int fd)
{
	struct stat st;
	const int saved = errno;
	const bool yes = fstat(fd, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) || (S_ISSOCK(st.st_mode) && is_stream(fd)));

	errno = saved;
	return yes;
}

static bool
is_whole(int fd, size_t n)
{
	struct stat st;
	const int saved = errno;
	const bool yes = n <= PIPE_BUF && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);

	errno = saved;
	return yes;
}

static size_t
least(int fd, size_t n)
{
	return n > 1 && is_short(fd) ? 1 : n;
}

static size_t
sum(const struct iovec *iov, size_t n)
{
	size_t bytes = 0;

	while (n > 0)
		bytes += iov[--n].iov_len;
	return bytes;
}

/* The first byte of a vector. */
static struct iovec
first(const struct iovec *iov, size_t n)
{
	size_t i = 0;

	while (i < n && iov[i].iov_len == 0)
		i++;
	return i < n ? (struct iovec){ iov[i].iov_base, 1 } : (struct iovec){ NULL, 0 };
}

ssize_t
read(int fd, void *buf, size_t n)
{
	REAL(read, fd, buf, least(fd, n));
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	REAL(write, fd, buf, is_whole(fd, n) ? n : least(fd, n));
}

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	REAL(recv, fd, buf, least(fd, n), flags);
}

ssize_t
send(int fd, const void *buf, size_t n, int flags)
{
	REAL(send, fd, buf, least(fd, n), flags);
}

ssize_t
readv(int fd, const struct iovec *iov, int n)
{
	const struct iovec one = first(iov, (size_t)n);

	if (is_short(fd) && one.iov_len > 0) {
		iov = &one;
		n = 1;
	}
	REAL(readv, fd, iov, n);
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	const struct iovec one = first(iov, (size_t)n);

	if (is_short(fd) && one.iov_len > 0 && !is_whole(fd, sum(iov, (size_t)n))) {
		iov = &one;
		n = 1;
	}
	REAL(writev, fd, iov, n);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	struct iovec one = first(m->msg_iov, m->msg_iovlen);
	struct iovec *const iov = m->msg_iov;
	const size_t n = m->msg_iovlen;
	static __typeof__(&recvmsg) real;
	ssize_t got;

	if (!real)
		real = (__typeof__(&recvmsg))dlsym(RTLD_NEXT, "recvmsg");
	if (is_short(fd) && one.iov_len > 0) {
		m->msg_iov = &one;
		m->msg_iovlen = 1;
	}
	got = real(fd, m, flags);
	m->msg_iov = iov;
	m->msg_iovlen = n;
	return got;
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct iovec one = first(m->msg_iov, m->msg_iovlen);
	struct msghdr copy = *m;

	if (is_short(fd) && one.iov_len > 0) {
		copy.msg_iov = &one;
		copy.msg_iovlen = 1;
	}
	REAL(sendmsg, fd, &copy, flags);
}
