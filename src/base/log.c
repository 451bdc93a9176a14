#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

#include "base/clock.h"

#define LOG_LINE 1024 /* below PIPE_BUF: a line is written whole or not at all */
#define LOG_TEXT 960  /* of it; the rest is for who says it */
#define LOG_SOCKET "/dev/log"

#define FORMATS 32U /* whose lines are counted; those used least lately are forgotten */

/* Of the lines with one format. */
struct repeats {
	const char *fmt;
	uint64_t full_at; /* when the whole burst may be written again */
	unsigned left_out;
};

static struct {
	const char *program;
	bool to_syslog;
	bool to_journal; /* stderr is */
	struct repeats repeats[FORMATS];
	enum log_level most;
	int syslog; /* connected to LOG_SOCKET, or -1 */
} config = { .program = "pchat", .most = LOG_LEVEL_NOTICE, .syslog = -1 };

static void
syslog_connect(void)
{
	static const struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = LOG_SOCKET };

	if (config.syslog >= 0)
		(void)close(config.syslog);
	config.syslog = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (config.syslog >= 0 && connect(config.syslog, (const struct sockaddr *)&sa, sizeof(sa)) < 0) {
		(void)close(config.syslog);
		config.syslog = -1;
	}
}

/* systemd tells, as in systemd.exec(5), which stream it has connected to the journal. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	int end = 0;

	return stream && sscanf(stream, "%llu:%llu%n", &device, &inode, &end) == 2 && stream[end] == '\0' &&
	    fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void
log_init(const char *program, bool to_syslog, enum log_level most)
{
	config.program = program;
	config.to_syslog = to_syslog;
	config.most = most;
	config.to_journal = !to_syslog && is_journal(STDERR_FILENO);
	if (to_syslog)
		syslog_connect();
}

/* A log that nobody reads must not stop the program: what a full pipe does not take is dropped. */
static void
write_line(const char *line, size_t len)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
			continue;
}

/* The same of syslog: syslog(3) would wait for a server that hangs. One that was restarted has another socket. */
static void
send_line(const char *line, size_t len)
{
	if (config.syslog >= 0 && (send(config.syslog, line, len, MSG_NOSIGNAL) >= 0 || errno == EAGAIN))
		return;
	syslog_connect();
	if (config.syslog >= 0)
		(void)send(config.syslog, line, len, MSG_NOSIGNAL);
}

static struct repeats *
repeats_of(const char *fmt)
{
	struct repeats *oldest = config.repeats;

	for (struct repeats *q = config.repeats; q < config.repeats + FORMATS; q++) {
		if (q->fmt == fmt)
			return q;
		if (q->full_at < oldest->full_at)
			oldest = q;
	}
	*oldest = (struct repeats){ .fmt = fmt };
	return oldest;
}

/* False: there were too many of them. *left_out receives how many were left out before this one. */
static bool
may_say(const char *fmt, unsigned *left_out)
{
	const uint64_t now = clock_monotonic_ms();
	struct repeats *q = repeats_of(fmt);
	const uint64_t base = q->full_at > now ? q->full_at : now;

	if (base + LOG_PAUSE_MS > now + (uint64_t)LOG_BURST * LOG_PAUSE_MS) {
		q->left_out++;
		return false;
	}
	q->full_at = base + LOG_PAUSE_MS;
	*left_out = q->left_out;
	q->left_out = 0;
	return true;
}

static void
emit(enum log_level level, const char *fmt, va_list args)
{
	static const int priority[] = { LOG_ERR, LOG_NOTICE, LOG_DEBUG };
	char text[LOG_TEXT], line[LOG_LINE];
	unsigned left_out = 0;
	int n;

	if (level > config.most || (level != LOG_LEVEL_DEBUG && !may_say(fmt, &left_out)))
		return;
	if ((n = vsnprintf(text, sizeof(text), fmt, args)) < 0)
		return;
	if (left_out > 0 && (size_t)n < sizeof(text))
		(void)snprintf(text + n, sizeof(text) - (size_t)n, " (and %u more like it)", left_out);
	if (config.to_journal)
		n = snprintf(line, sizeof(line), "<%d>%s: %s\n", priority[level], config.program, text);
	else if (config.to_syslog)
		n = snprintf(line, sizeof(line), "<%d>%s[%ld]: %s", LOG_DAEMON | priority[level], config.program,
		    (long)getpid(), text);
	else
		n = snprintf(line, sizeof(line), "%s: %s\n", config.program, text);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	if (config.to_syslog)
		send_line(line, (size_t)n);
	else
		write_line(line, (size_t)n);
}

void
log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit(LOG_LEVEL_ERROR, fmt, args);
	va_end(args);
}

void
log_notice(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit(LOG_LEVEL_NOTICE, fmt, args);
	va_end(args);
}

void
log_debug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit(LOG_LEVEL_DEBUG, fmt, args);
	va_end(args);
}
