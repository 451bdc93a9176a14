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
#include "cli/output/restore.h"
#include "cli/output/rows.h"
#include "cli/output/terminal.h"
#include "cli/process/child.h"

#define SHELL_CHARACTERS "|&;<>()$`\\\"'\n*?[#~=%"
#define BLANKS " \t"
#define WORDS 16

static struct child pager = { .fd = -1, .ended = true };
static int into = -1;
static char command[1024]; /* what runs, for people */

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

/* Mere words need no shell, and when there is no such program all is shown without it. False: they are not so mere. */
static bool
split(char *words, char *argv[WORDS + 1])
{
	char *rest;
	size_t n = 0;

	if (strpbrk(words, SHELL_CHARACTERS))
		return false;
	for (char *word = strtok_r(words, BLANKS, &rest); word; word = strtok_r(NULL, BLANKS, &rest)) {
		if (n == WORDS)
			return false;
		argv[n++] = word;
	}
	argv[n] = NULL;
	return n > 0;
}

static int
start(const char *wish, int from)
{
	char sh[] = "sh", c[] = "-c", words[sizeof(command)];
	char *const shell[] = { sh, c, (char *)wish, NULL };
	char *alone[WORDS + 1];

	(void)snprintf(command, sizeof(command), "%s", wish);
	memcpy(words, command, sizeof(words));
	return child_start(
	    &pager, strlen(wish) < sizeof(words) && split(words, alone) ? alone : shell, from, -1, false);
}

/* Is for the pager; and it is kept in mind that it came. */
static void
hold_interrupts(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool
was_interrupted(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && sigismember(&set, SIGINT) == 1;
}

void
pager_begin(void)
{
	const char *wish = chosen();
	int fds[2], rc;

	if (!wish || pipe2(fds, O_CLOEXEC) < 0)
		return;
	prepare_less();
	(void)setenv("LV", "-c", 0); /* colours */
	if ((rc = start(wish, fds[0])) == 0) {
		into = fds[1];
		restore_pager(pager.pid);
		rows_into_pager();
		output_redirect(into);
		hold_interrupts();
	} else {
		remark("cannot run the pager '%s': %s; set PAGER to another, or to nothing", wish, error_words(-rc));
		(void)close(fds[1]);
	}
	(void)close(fds[0]);
}

/* Whoever ended it, by a key or a signal, has seen enough. */
static int
judge(void)
{
	const int status = child_exit_status(&pager);

	if (status == 0 || status > 128 || was_interrupted())
		return 0;
	return report(VERDICT_OUTPUT, "the pager '%s' ended with status %d; set PAGER to another, or to nothing",
	    command, status);
}

int
pager_end(void)
{
	if (into < 0)
		return 0;
	(void)output_flush();
	(void)close(into);
	into = -1;
	while (!child_ended(&pager))
		(void)poll(&(struct pollfd){ .fd = pager.fd, .events = POLLIN }, 1, -1);
	restore_pager(0);
	if (child_exit_status(&pager) > 128)
		restore_modes();
	output_redirect(STDOUT_FILENO);
	return judge();
}
