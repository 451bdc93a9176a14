#include "cli/output/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/signals.h"
#include "base/translate.h"
#include "cli/output/hint.h"
#include "cli/output/restore.h"
#include "proto/status.h"

#define REPORT_MAX 1024
#define QUESTION_MAX 2048 /* its end, which says what to answer, must not be cut off: it may hold two names of files */

static char *(*to_json)(enum verdict v, const char *message, const struct report_details *d);
static report_safe_fn *to_safe;
static bool quiet;

void
report_setup(report_safe_fn *safe, bool be_quiet)
{
	to_safe = safe;
	quiet = be_quiet;
}

void
report_as_json(char *(*json)(enum verdict v, const char *message, const struct report_details *d))
{
	to_json = json;
}

/* Of the terminal that it goes to; 0: it is none. */
static size_t
columns(void)
{
	struct winsize size;

	if (!isatty(STDERR_FILENO))
		return 0;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* One write, so that lines of several commands do not mix. Nobody is left to tell when it fails. */
static void
say_in(char *line, size_t size, const char *text, char end)
{
	size_t n = to_safe(text, columns(), line, size - 1);

	line[n++] = end;
	if (memchr(line, '\033', n)) /* rows, on a terminal */
		restore_at_signals(STDERR_FILENO, NULL);
	signals_begin(); /* it may go into a file, which has its largest size */
	(void)!write(STDERR_FILENO, line, n);
}

static void
say(const char *text)
{
	char line[REPORT_SAFE_MAX(REPORT_MAX) + 1];

	say_in(line, sizeof(line), text, '\n');
}

static void
say_json(enum verdict v, const char *text, const struct report_details *d)
{
	_cleanup_(freep) char *line = to_json(v, text, d);

	signals_begin();
	if (line)
		(void)dprintf(STDERR_FILENO, "%s\n", line);
}

static int
report_all(enum verdict v, const struct report_details *d, const char *fmt, va_list ap)
{
	char text[REPORT_MAX] = "pchat: ";
	const size_t prefix = strlen(text);

	if (status_exit(v) == 0)
		v = VERDICT_FAILED;
	(void)vsnprintf(text + prefix, sizeof(text) - prefix, translate(fmt), ap);
	hint_complete(text + prefix, sizeof(text) - prefix);
	if (to_json)
		say_json(v, text + prefix, d);
	else
		say(text);
	return status_exit(v);
}

int
report(enum verdict v, const char *fmt, ...)
{
	const struct report_details none = { .command_status = -1 };
	va_list ap;
	int status;

	va_start(ap, fmt);
	status = report_all(v, &none, fmt, ap);
	va_end(ap);
	return status;
}

int
report_message(enum verdict v, const char *msgid, const char *fmt, ...)
{
	const struct report_details d = { .msgid = msgid, .command_status = -1 };
	va_list ap;
	int status;

	va_start(ap, fmt);
	status = report_all(v, &d, fmt, ap);
	va_end(ap);
	return status;
}

int
report_command(enum verdict v, int command_status, const char *fmt, ...)
{
	const struct report_details d = { .command_status = command_status };
	va_list ap;
	int status;

	va_start(ap, fmt);
	status = report_all(v, &d, fmt, ap);
	va_end(ap);
	return status;
}

int
report_unsent(enum verdict v, const char *id, const char *words)
{
	if (!id || v != VERDICT_TIMED_OUT)
		return report(v, "%s", words);
	return report_message(
	    VERDICT_UNCONFIRMED, id, "%s; unconfirmed: an earlier attempt under this id may have arrived", words);
}

int
report_verdict(enum verdict v, const char *subject)
{
	if (subject && *subject)
		return report(v, "%s: %s", subject, _(status_words(v)));
	return report(v, "%s", _(status_words(v)));
}

int
report_not_started(const char *command, int error)
{
	const enum verdict v = error == -ENOENT ? VERDICT_NO_COMMAND : VERDICT_NOT_RUN;

	return report(v, "cannot run '%s': %s", command, error_words(-error));
}

void
remark(const char *fmt, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), translate(fmt), ap);
	va_end(ap);
	hint_complete(text, sizeof(text));
	say(text);
}

void
report_ask(const char *fmt, ...)
{
	char text[QUESTION_MAX], line[REPORT_SAFE_MAX(QUESTION_MAX) + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), translate(fmt), ap);
	va_end(ap);
	say_in(line, sizeof(line), text, ' ');
}
