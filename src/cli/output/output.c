#include "cli/output/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define PIECE_MS 50 /* for whoever reads slowly */

static int descriptor = STDOUT_FILENO;
static uint64_t end = UINT64_MAX; /* when it is given up */
static volatile sig_atomic_t writing;
static struct {
	void (*take)(const void *data, size_t n, void *context); /* instead of the descriptor */
	void *context;
	int error;
	size_t len;
	char buf[65536];
} out;

/*
 * How much may be written now; 0: nobody reads. What poll(2) lets pass is as much as a pipe takes at once: more of it
 * would block.
 */
static size_t
room(size_t n)
{
	if (end == UINT64_MAX)
		return n;
	if (poll(&(struct pollfd){ .fd = descriptor, .events = POLLOUT }, 1, poll_time(end)) == 0)
		return 0;
	return n < PIPE_BUF ? n : PIPE_BUF;
}

static void
write_all(const char *data, size_t n)
{
	if (out.take) {
		out.take(data, n, out.context);
		return;
	}
	writing = 1;
	while (n > 0 && out.error == 0) {
		const size_t now = room(n);
		ssize_t w;

		if (now == 0) {
			out.error = -ETIMEDOUT;
			break;
		}
		w = write(descriptor, data, now);
		if (w >= 0) {
			data += w;
			n -= (size_t)w;
			if (n > 0 && end < deadline_in(PIECE_MS))
				end = deadline_in(PIECE_MS);
		} else if (errno == EAGAIN) {
			/* Somebody else made it non-blocking. */
			(void)poll(&(struct pollfd){ .fd = descriptor, .events = POLLOUT }, 1, poll_time(end));
		} else if (errno != EINTR) {
			out.error = -errno;
		}
	}
	writing = 0;
}

void
output_give_up(uint64_t deadline)
{
	end = deadline;
}

void
output_fail(int error)
{
	if (out.error == 0)
		out.error = error;
}

int
output_flush(void)
{
	write_all(out.buf, out.len);
	out.len = 0;
	return out.error;
}

bool
output_is_pending(void)
{
	return writing || out.len > 0;
}

void
output_write(const void *data, size_t n)
{
	if (n > sizeof(out.buf) - out.len)
		(void)output_flush();
	if (n > sizeof(out.buf)) {
		write_all(data, n);
		return;
	}
	memcpy(out.buf + out.len, data, n);
	out.len += n;
}

void
output_string(const char *s)
{
	output_write(s, strlen(s));
}

void
output_printf(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		output_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void
output_redirect(int fd)
{
	(void)output_flush();
	descriptor = fd;
	out.error = 0;
}

void
output_divert(void (*take)(const void *data, size_t n, void *context), void *context)
{
	(void)output_flush();
	out.take = take;
	out.context = context;
}
