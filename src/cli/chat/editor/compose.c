/* ^X^E: the text in an editor of the user's choice, which has the terminal meanwhile; what arrives waits. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/translate.h"
#include "base/write.h"
#include "cli/chat/editor/editor_impl.h"
#include "cli/output/foreign.h"
#include "proto/safe.h"

/* A file that nobody else can read, with the text in it. Its path; false when there is none, and errno says why. */
static bool
write_file(const struct editor *e, char *path, size_t size)
{
	const char *folder = getenv("TMPDIR");
	_cleanup_(closep) int fd = -1;

	if (snprintf(path, size, "%s/pchat-XXXXXX", folder && *folder == '/' ? folder : "/tmp") >= (int)size)
		return errno = ENAMETOOLONG, false;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return false;
	if (write_whole(fd, e->buffer.text, e->buffer.len) == 0 && write_whole(fd, "\n", 1) == 0)
		return true;
	(void)unlink(path);
	return false;
}

/* Through a shell, as git does: the choice may have arguments. Its exit status; -1 when it cannot be started. */
static int
run(const char *path)
{
	char sh[] = "sh", c[] = "-c", line[] = "exec ${VISUAL:-${EDITOR:-vi}} \"$0\"", file[PATH_MAX];
	char *const argv[] = { sh, c, line, file, NULL };
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int status, rc;

	(void)snprintf(file, sizeof(file), "%s", path);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawnattr_init(&attr) != 0)
		return -1;
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(&pid, "/bin/sh", NULL, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	if (rc != 0)
		return errno = rc, -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What the file holds now, without its last line feed; NULL when it cannot be read, or holds too much. */
static char *
read_file(const char *path, size_t *len)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = fd < 0 ? NULL : malloc(BUFFER_MAX + 2);
	ssize_t n;

	*len = 0;
	while (text && *len < BUFFER_MAX + 2 && (n = read(fd, text + *len, BUFFER_MAX + 2 - *len)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		*len += n > 0 ? (size_t)n : 0;
	}
	if (text && *len > 0 && text[*len - 1] == '\n')
		--*len;
	if (text && *len > BUFFER_MAX) {
		free(text);
		errno = EMSGSIZE;
		return NULL;
	}
	return text;
}

/* What cannot be taken is not lost: the file stays. `fault`: what it holds, or NULL: it is too long. */
static void
leave_file(struct editor *e, const char *path, const char *fault)
{
	const size_t most = safe_bound(FOREIGN_QUOTED(strlen(path)), 0);
	_cleanup_(freep) char *quoted = malloc(FOREIGN_QUOTED(strlen(path)));
	_cleanup_(freep) char *shown = malloc(most + 1);

	e->buffer.origin.left_out = true;
	if (!quoted || !shown)
		return;
	(void)foreign_quoted(path, strlen(path), quoted, FOREIGN_QUOTED(strlen(path)));
	shown[safe_line(quoted, strlen(quoted), shown, most)] = '\0';
	if (fault)
		editor_note(e,
		    "* the text is as it was: what was written holds %s, which cannot be sent from here; it is in "
		    "\"%s\"",
		    fault, shown);
	else
		editor_note(e, "* the text is as it was: what was written is too long; it is in \"%s\"", shown);
}

/* False: the file is still wanted. */
static bool
take_file(struct editor *e, const char *path)
{
	size_t len, n, fault;
	_cleanup_(freep) char *text = read_file(path, &len);
	char name[KEYS_NAME];

	if (!text && errno != EMSGSIZE) {
		editor_note(e, "* the text is as it was: %s", error_words(errno));
		return true;
	}
	fault = text ? keys_fault(text, len, &n) : 0;
	if (!text || fault < len) {
		leave_file(e, path, text ? keys_name(text + fault, len - fault, name) : NULL);
		return false;
	}
	if (len != e->buffer.len || memcmp(text, e->buffer.text, len) != 0)
		(void)edit_replace_all(e, text, len, len);
	return true;
}

/* ^C is for the editor. */
static int
run_alone(const char *path)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction interrupt, quit;
	int status;

	(void)sigaction(SIGINT, &ignore, &interrupt);
	(void)sigaction(SIGQUIT, &ignore, &quit);
	status = run(path);
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGQUIT, &quit, NULL);
	return status;
}

void
compose(struct editor *e)
{
	char path[PATH_MAX];
	int status;

	if (!write_file(e, path, sizeof(path))) {
		editor_note(e, "* no file for the editor: %s", error_words(errno));
		return;
	}
	editor_leave_screen(e);
	status = run_alone(path);
	editor_take_screen(e);
	if (status != 0)
		editor_note(e, "* the editor failed: the text is as it was; VISUAL or EDITOR chooses another");
	if (status != 0 || take_file(e, path))
		(void)unlink(path);
}
