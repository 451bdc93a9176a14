#include "in_tmux.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEN_MAX 8388608U
#define ROWS_MAX 65536U
#define KEYS_AT_ONCE 500U
#define ARGS_MAX (KEYS_AT_ONCE + 16)

struct in_tmux {
	char *seen; /* what the latest look took down; rows point into it */
	char **rows;
	size_t count;
	size_t column, line, scrolled, columns, lines;
};

static char folder[64];

const char *
in_tmux_folder(void)
{
	if (!folder[0]) {
		(void)snprintf(folder, sizeof(folder), "/tmp/pchat-fuzz-XXXXXX");
		if (!mkdtemp(folder))
			folder[0] = '\0';
	}
	return folder;
}

static void
become_tmux(const char *const args[], int out)
{
	const char *argv[ARGS_MAX + 8] = { "tmux", "-f", "/dev/null", "-S" };
	char socket[sizeof(folder) + 8];
	size_t n = 4;

	(void)snprintf(socket, sizeof(socket), "%s/s", folder);
	argv[n++] = socket;
	for (size_t i = 0; args[i]; i++)
		argv[n++] = args[i];
	(void)unsetenv("TMUX");
	(void)dup2(out, STDOUT_FILENO);
	(void)execvp(argv[0], (char *const *)argv);
	_exit(127);
}

/* Runs tmux; what it prints is NUL-terminated in `into`. */
static bool
tmux(const char *const args[], char *into, size_t size)
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0)
		become_tmux(args, fds[1]);
	(void)close(fds[1]);
	while (pid > 0 && len + 1 < size && (n = read(fds[0], into + len, size - len - 1)) > 0)
		len += (size_t)n;
	into[len] = '\0';
	(void)close(fds[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
tmux_quietly(const char *const args[])
{
	char nothing[256];

	return tmux(args, nothing, sizeof(nothing));
}

struct in_tmux *
in_tmux_new(const char *command, size_t columns, size_t lines)
{
	struct in_tmux *t = calloc(1, sizeof(*t));
	char x[24], y[24];
	/* The history's limit is that of the panes to come. */
	const char *const args[] = { "start-server", ";", "set-option", "-g", "history-limit", "60000", ";",
		"new-session", "-d", "-x", x, "-y", y, command, ";", "set-option", "-g", "window-size", "manual", ";",
		"set-option", "-g", "status", "off", NULL };
	const char *const again[] = { "resize-window", "-x", x, "-y", y, NULL };

	if (!t || !in_tmux_folder()[0])
		abort();
	t->seen = malloc(SEEN_MAX);
	t->rows = malloc(ROWS_MAX * sizeof(*t->rows));
	if (!t->seen || !t->rows)
		abort();
	(void)snprintf(x, sizeof(x), "%zu", columns);
	(void)snprintf(y, sizeof(y), "%zu", lines);
	if (tmux_quietly(args) && tmux_quietly(again)) /* the line of its status was one of ours */
		return t;
	in_tmux_free(t);
	return NULL;
}

void
in_tmux_free(struct in_tmux *t)
{
	const char *const args[] = { "kill-server", NULL };
	static const char *const files[] = { "s", "orders", "report", "status" };
	char path[sizeof(folder) + 16];

	(void)tmux_quietly(args);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	folder[0] = '\0';
	free(t->seen);
	free(t->rows);
	free(t);
}

bool
in_tmux_keys(struct in_tmux *t, const char *bytes, size_t n)
{
	const char *args[ARGS_MAX] = { "send-keys", "-H" };
	char hex[KEYS_AT_ONCE][3];

	(void)t;
	for (size_t at = 0; at < n;) {
		size_t count = 0;

		for (; count < KEYS_AT_ONCE && at < n; at++, count++) {
			(void)snprintf(hex[count], sizeof(hex[count]), "%02x", (unsigned char)bytes[at]);
			args[2 + count] = hex[count];
		}
		args[2 + count] = NULL;
		if (!tmux_quietly(args))
			return false;
	}
	return true;
}

bool
in_tmux_resize(struct in_tmux *t, size_t columns, size_t lines)
{
	char x[24], y[24];
	const char *const args[] = { "resize-window", "-x", x, "-y", y, NULL };

	(void)t;
	(void)snprintf(x, sizeof(x), "%zu", columns);
	(void)snprintf(y, sizeof(y), "%zu", lines);
	return tmux_quietly(args);
}

bool
in_tmux_look(struct in_tmux *t)
{
	static const char *const args[] = { "display-message", "-p",
		"#{cursor_x} #{cursor_y} #{history_size} #{pane_width} #{pane_height}", ";", "capture-pane", "-p", "-S",
		"-", NULL };
	char *row;

	if (!tmux(args, t->seen, SEEN_MAX) ||
	    sscanf(t->seen, "%zu %zu %zu %zu %zu", &t->column, &t->line, &t->scrolled, &t->columns, &t->lines) != 5)
		return false;
	t->count = 0;
	row = strchr(t->seen, '\n') + 1;
	for (char *end; *row && t->count < ROWS_MAX && (end = strchr(row, '\n')); row = end + 1) {
		char *last = end;

		while (last > row && last[-1] == ' ')
			last--;
		*last = *end = '\0';
		t->rows[t->count++] = row;
	}
	return true;
}

void
in_tmux_cursor(const struct in_tmux *t, size_t *column, size_t *line)
{
	*column = t->column < t->columns ? t->column : t->columns - 1;
	*line = t->line;
}

size_t
in_tmux_columns(const struct in_tmux *t)
{
	return t->columns;
}

size_t
in_tmux_lines(const struct in_tmux *t)
{
	return t->lines;
}

size_t
in_tmux_scrolled(const struct in_tmux *t)
{
	return t->scrolled;
}

const char *
in_tmux_row(const struct in_tmux *t, long row)
{
	const long at = (long)t->scrolled + row;

	return at < 0 || row >= (long)t->lines ? NULL : at < (long)t->count ? t->rows[at] : "";
}
