#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define LOG_LINE 1024 /* below PIPE_BUF: a line is written whole or not at all */

static struct {
	const char *program;
	bool to_syslog;
	enum log_level most;
} config = {"pchat", false, LOG_LEVEL_NOTICE};

void
log_init(const char *program, bool to_syslog, enum log_level most)
{
	config.program = program;
	config.to_syslog = to_syslog;
	config.most = most;
	if (to_syslog)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* A log that nobody reads must not stop the program: what a full pipe does not take is dropped. */
static void
write_line(const char *line, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
			continue;
}

static void
emit(enum log_level level, const char *fmt, va_list args)
{
	static const int priority[] = {LOG_ERR, LOG_NOTICE, LOG_DEBUG};
	char line[LOG_LINE];
	int n, m;

	if (level > config.most)
		return;
	if (config.to_syslog) {
		vsyslog(priority[level], fmt, args);
		return;
	}
	n = snprintf(line, sizeof(line), "%s: ", config.program);
	if (n < 0 || (size_t)n >= sizeof(line) - 1)
		return;
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	if (m < 0)
		return;
	n = (int)strlen(line);
	line[n++] = '\n';
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
