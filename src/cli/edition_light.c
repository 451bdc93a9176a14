#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/signals.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "core/names/name.h"
#include "net/process.h"
#include "proto/quote.h"
#include "proto/status.h"
#include "proto/wrap.h"

static const struct command *const commands[] = {
	&command_send,
	&command_tell,
	&command_status_prompt,
	&command_ask,
	&command_to,
	&command_leave,
	&command_quit,
	NULL,
};

/* Of our own words below: nothing in them has to be escaped. */
static char *
to_json(enum verdict v, const char *message, const struct report_details *d)
{
	char *line;

	(void)d;
	if (asprintf(&line, "{\"error\":{\"code\":%d,\"name\":\"%s\",\"message\":\"%s\"}}", status_exit(v),
		status_name(v), message) < 0)
		return NULL;
	return line;
}

/* The full program cannot be run: `begun`, it was tried. */
static int
stay(const struct options *o, int error, bool begun)
{
	if (o->given[OPT_PROMPT])
		return 0; /* a prompt never ends in an error */
	if (o->given[OPT_JSON]) {
		translate_off();
		report_as_json(to_json);
	}
	if (!begun)
		return report(VERDICT_FAILED, "cannot run 'pchat-full': %s", error_words(-error));
	return report(
	    VERDICT_FAILED, "cannot run 'pchat-full': %s; is pchat installed completely?", error_words(-error));
}

static int
hand_over(const struct options *o, char **argv)
{
	char path[PATH_MAX];
	int error = process_room(1);

	/* The loader of its libraries would have words and a status of its own for that. */
	if (error < 0)
		return stay(o, error, false);
	error = process_path("pchat-full", path, sizeof(path));
	if (error == 0) {
		signals_give_back();
		(void)execv(path, argv);
		error = -errno;
	}
	return stay(o, error, true);
}

/* A name beyond ASCII takes tables to be judged, and composed. */
static bool
is_foreign(const char *name)
{
	return name && !name_is_ascii(name, strlen(name));
}

/* The environment is asked once, as link_find() would. */
static bool
has_foreign_names(struct options *o)
{
	if (!o->given[OPT_SESSION])
		o->text[OPT_SESSION] = getenv("PCHAT_SESSION");
	if (!o->text[OPT_SESSION])
		o->text[OPT_SESSION] = "";
	return is_foreign(o->text[OPT_SESSION]) || is_foreign(o->text[OPT_TO]) ||
	    (o->command->names_first && o->operand_count > 0 && is_foreign(o->operands[0]));
}

static int
prepare(struct invocation *inv, int parsed)
{
	struct options *o = &inv->opt;

	if (parsed < 0 || !o->command || o->given[OPT_HELP] || o->given[OPT_VERSION] || o->given[OPT_JSON])
		return hand_over(o, inv->argv);
	if (has_foreign_names(o))
		return hand_over(o, inv->argv);
	if (o->command->shows_others && isatty(STDOUT_FILENO))
		return hand_over(o, inv->argv); /* which makes it safe */
	if (o->command->only_with && !o->given[o->command->only_with])
		return hand_over(o, inv->argv);
	if (o->command->shows_others)
		signals_begin(); /* what it prints may go into a file */
	return -1;
}

/* What `pchat __safe` prints. In the child. */
static void __attribute__((noreturn)) run_safe(const char *text, size_t columns, int out)
{
	char path[PATH_MAX], word[] = "__safe", end[] = "--", number[24];
	char *const argv[] = { path, word, end, (char *)text, number, NULL };

	(void)snprintf(number, sizeof(number), "%zu", columns);
	if (dup2(out, STDOUT_FILENO) >= 0 && process_path("pchat-full", path, sizeof(path)) == 0)
		(void)execv(path, argv);
	_exit(1);
}

/* Of a script that takes tables, or in rows: the full program has what that takes. 0: it could not tell. */
static size_t
safe_by_full(const char *text, size_t columns, char *out, size_t size)
{
	size_t length = 0;
	ssize_t n = -1;
	int fd[2], status = -1;
	pid_t pid;

	signals_begin();
	if (pipe2(fd, O_CLOEXEC) < 0)
		return 0;
	if ((pid = fork()) == 0)
		run_safe(text, columns, fd[1]);
	(void)close(fd[1]);
	while (pid > 0 && length < size && (n = read(fd[0], out + length, size - length)) != 0)
		if (n > 0)
			length += (size_t)n;
		else if (errno != EINTR)
			break;
	(void)close(fd[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return pid > 0 && n == 0 && status == 0 ? length : 0;
}

/* Rows by bytes, none of which takes more than a column, where nobody knows the words and widths. */
static size_t
fold(const char *line, size_t columns, char *out, size_t size)
{
	static const char feed[] = "\n    ";
	const size_t indent = columns / 2 < WRAP_INDENT ? columns / 2 : WRAP_INDENT,
		     most = columns > 2 ? columns - 1 : 1;
	size_t n = 0, width = 0, bytes;

	for (; *line; line += bytes, width += bytes) {
		bytes = 1;
		while (((unsigned char)line[bytes] & 0xc0) == 0x80)
			bytes++;
		if (n + sizeof(feed) + bytes > size)
			break;
		if (width + bytes > most && width > indent) {
			memcpy(out + n, feed, 1 + indent);
			n += 1 + indent;
			width = indent;
		}
		memcpy(out + n, line, bytes);
		n += bytes;
	}
	return n;
}

static size_t
safe(const char *text, size_t columns, char *out, size_t size)
{
	const size_t length = strlen(text);
	const bool known = strcmp(quote_letters(text, length, out, size), text) == 0 || name_is_ascii(text, length);
	const bool fits = columns == 0 || strlen(out) < columns;
	_cleanup_(freep) char *line = NULL;
	size_t n;

	if (known && fits)
		return strlen(out);
	if ((n = safe_by_full(text, columns, out, size)) > 0)
		return n;
	(void)quote_letters(text, length, out, size);
	return fits || !(line = strdup(out)) ? strlen(out) : fold(line, columns, out, size);
}

static void
print(const struct invocation *inv, const struct record *r)
{
	(void)inv;
	output_write(r->body, r->length);
	output_write("\n", 1);
}

const struct edition edition = {
	.commands = commands,
	.brief = true,
	.prepare = prepare,
	.safe = safe,
	.print = print,
};
