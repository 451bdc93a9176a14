#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#define LOG_LINE 1024 /* below PIPE_BUF: a line is written whole or not at all */
#define LOG_TEXT 960  /* of it; the rest is for who says it */
#define LOG_SOCKET "/dev/log"

static struct {
	const char *program;
	bool to_syslog;
	enum log_level most;
	int syslog; /* connected to LOG_SOCKET, or -1 */
} config = { "pchat", false, LOG_LEVEL_NOTICE, -1 };

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

void
log_init(const char *program, bool to_syslog, enum log_level most)
{
	config.program = program;
	config.to_syslog = to_syslog;
	config.most = most;
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

static void
emit(enum log_level level, const char *fmt, va_list args)
{
	static const int priority[] = { LOG_ERR, LOG_NOTICE, LOG_DEBUG };
	char text[LOG_TEXT], line[LOG_LINE];
	int n;

	if (level > config.most || vsnprintf(text, sizeof(text), fmt, args) < 0)
		return;
	if (config.to_syslog)
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
