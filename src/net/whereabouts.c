#include "net/whereabouts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/translate.h"

#define FILE_NAME "whereabouts"
#define LOCK_NAME "inbox.db.lock" /* held by the helper whose inbox it is */
#define TEXT_MAX (PATH_MAX + WHEREABOUTS_WHY + 128)

void
whereabouts_boot(char out[WHEREABOUTS_BOOT])
{
	_cleanup_(closep) const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? 0 : read(fd, out, WHEREABOUTS_BOOT - 1);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static int
open_file(const char *folder, const char *file, int flags)
{
	char path[PATH_MAX];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int
whereabouts_write(const char *folder, const struct whereabouts *w)
{
	char text[TEXT_MAX];
	_cleanup_(closep) int fd = -1;
	int n;

	if (strchr(w->runtime, '\n'))
		return -EINVAL;
	n = snprintf(text, sizeof(text), "pchat-whereabouts 1\nruntime %s\nboot %s\nended %" PRId64 " %s\n", w->runtime,
	    w->boot, w->ended_ms, w->why);
	if ((fd = open_file(folder, FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC)) < 0)
		return fd;
	return write(fd, text, (size_t)n) == n ? 0 : -EIO; /* half of one is not read */
}

/* Copies what stands behind "key " up to the end of its line; moves *text behind it. */
static bool
take_line(char **text, const char *key, char *out, size_t size)
{
	const size_t k = strlen(key);
	char *value = *text + k + 1, *end;

	if (strncmp(*text, key, k) != 0 || (*text)[k] != ' ' || !(end = strchr(value, '\n')))
		return false;
	*end = '\0';
	*text = end + 1;
	return (size_t)snprintf(out, size, "%s", value) < size;
}

static bool
parse(char *text, struct whereabouts *w)
{
	char version[8], ended[WHEREABOUTS_WHY + 32], *end;

	if (!take_line(&text, "pchat-whereabouts", version, sizeof(version)) || strcmp(version, "1") != 0 ||
	    !take_line(&text, "runtime", w->runtime, sizeof(w->runtime)) ||
	    !take_line(&text, "boot", w->boot, sizeof(w->boot)) || !take_line(&text, "ended", ended, sizeof(ended)))
		return false;
	w->ended_ms = strtoll(ended, &end, 10);
	return *end == ' ' && (size_t)snprintf(w->why, sizeof(w->why), "%s", end + 1) < sizeof(w->why);
}

int
whereabouts_read(const char *folder, struct whereabouts *w)
{
	char text[TEXT_MAX];
	_cleanup_(closep) const int fd = open_file(folder, FILE_NAME, O_RDONLY);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	if ((n = read(fd, text, sizeof(text) - 1)) < 0)
		return -errno;
	text[n] = '\0';
	memset(w, 0, sizeof(*w));
	return parse(text, w) ? 0 : -EBADMSG;
}

void
whereabouts_remove(const char *folder)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/" FILE_NAME, folder) < sizeof(path))
		(void)unlink(path);
}

bool
whereabouts_helper_runs(const char *folder)
{
	_cleanup_(closep) const int fd = open_file(folder, LOCK_NAME, O_RDONLY);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* ------------------------------------------------------------------------- words */

/* It lives where we do not look, or where we see another folder of that name. */
static bool
tell_elsewhere(const char *name, const struct whereabouts *w, char *words, size_t size)
{
	const char *end = strrchr(w->runtime, '/');
	char file[PATH_MAX + 64];

	(void)snprintf(file, sizeof(file), "%s/%s.session", w->runtime, name);
	if (access(file, F_OK) < 0)
		(void)snprintf(words, size,
		    _("your session '%s' lives in '%s', which cannot be seen from here (a service with a /tmp of its "
		      "own: "
		      "PrivateTmp?)"),
		    name, w->runtime);
	else if (end && strcmp(end, "/pchat") == 0)
		(void)snprintf(words, size, _("your session '%s' lives in '%s'; to reach it set XDG_RUNTIME_DIR=%.*s"),
		    name, w->runtime, (int)(end - w->runtime), w->runtime);
	else
		(void)snprintf(words, size, _("your session '%s' lives in '%s', where this command does not look"),
		    name, w->runtime);
	return true;
}

static bool
tell_ended(const char *name, const struct whereabouts *w, char *words, size_t size)
{
	const time_t seconds = (time_t)(w->ended_ms / 1000);
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(words, size, _("your session '%s' ended at %s: %s"), name, when, _(w->why));
	return true;
}

bool
whereabouts_tell(const char *name, const char *folder, char *words, size_t size)
{
	char boot[WHEREABOUTS_BOOT];
	struct whereabouts w;
	struct stat st;

	if (whereabouts_read(folder, &w) < 0)
		return false;
	if (w.ended_ms > 0)
		return tell_ended(name, &w, words, size);
	if (whereabouts_helper_runs(folder))
		return tell_elsewhere(name, &w, words, size);
	whereabouts_boot(boot);
	if (boot[0] && w.boot[0] && strcmp(boot, w.boot) != 0)
		(void)snprintf(words, size, _("your session '%s' ended when this host was restarted"), name);
	else if (stat(w.runtime, &st) < 0 && errno == ENOENT)
		(void)snprintf(words, size,
		    _("your session '%s' ended because its folder '%s' was removed, as at a last logout (see "
		      "LOGGING OUT in pchat(1))"),
		    name, w.runtime);
	else
		return false;
	return true;
}
