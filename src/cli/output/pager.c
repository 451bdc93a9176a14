#include "cli/output/pager.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/macros.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "cli/output/terminal.h"
#include "cli/process/child.h"

#define SHELL_CHARACTERS "|&;<>()$`\\\"' \t\n*?[#~=%"

static struct child pager = { .fd = -1, .ended = true };
static int into = -1;

static bool
is_installed(const char *program)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	for (; path && *path; path += strcspn(path, ":"), path += *path == ':') {
		const int n = snprintf(file, sizeof(file), "%.*s/%s", (int)strcspn(path, ":"), path, program);

		if (n > 0 && (size_t)n < sizeof(file) && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* NULL: none. PAGER that is empty, or cat, is how people say so; a terminal that is not known runs none. */
static const char *
chosen(void)
{
	const char *wish = getenv("PAGER");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !terminal_is_known())
		return NULL;
	if (!wish)
		return is_installed("less") ? "less" : is_installed("more") ? "more" : NULL;
	return *wish && strcmp(wish, "cat") != 0 ? wish : NULL;
}

/*
 * Leave when it fits (F), colours (R), leave the screen as it is (X); and whatever else the user wants: rows that became
 * too long for a window are cut (S), for what less wraps begins at the edge, where our own lines begin.
 */
static void
prepare_less(void)
{
	const char *wish = getenv("LESS");
	char options[1024];

	if (snprintf(options, sizeof(options), "-S %s", wish ? wish : "-FRX") < (int)sizeof(options))
		(void)setenv("LESS", options, 1);
}

void
pager_begin(void)
{
	const char *command = chosen();
	char sh[] = "sh", c[] = "-c";
	char *const shell[] = { sh, c, (char *)command, NULL }, *const alone[] = { (char *)command, NULL };
	int fds[2], rc;

	if (!command || pipe2(fds, O_CLOEXEC) < 0)
		return;
	prepare_less();
	(void)setenv("LV", "-c", 0); /* colours */
	/* A mere word needs no shell, and when there is no such program all is shown without it. */
	rc = child_start(&pager, strpbrk(command, SHELL_CHARACTERS) ? shell : alone, fds[0], -1, false);
	if (rc == 0) {
		into = fds[1];
		rows_into_pager();
		output_redirect(into);
		(void)signal(SIGINT, SIG_IGN); /* is for the pager */
	} else {
		remark("cannot run the pager '%s': %s; set PAGER to another, or to nothing", command, error_words(-rc));
		(void)close(fds[1]);
	}
	(void)close(fds[0]);
}

void
pager_end(void)
{
	if (into < 0)
		return;
	(void)output_flush();
	(void)close(into);
	into = -1;
	while (!child_ended(&pager))
		(void)poll(&(struct pollfd){ .fd = pager.fd, .events = POLLIN }, 1, -1);
	output_redirect(STDOUT_FILENO);
}
