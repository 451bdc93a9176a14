#include "net/session_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/name.h"

#define SUFFIX ".session"
#define SESSION_FILE_MAX (2 * PATH_MAX + 512)

static int
file_name(const char *name, char out[NAME_MAX_LEN + sizeof(SUFFIX)])
{
	char folded[NAME_MAX_LEN + 1];

	if (!name_valid(name, strlen(name)))
		return -EINVAL;
	name_fold(name, folded);
	(void)snprintf(out, NAME_MAX_LEN + sizeof(SUFFIX), "%s" SUFFIX, folded);
	return 0;
}

/* Copies what stands behind "key " up to the end of its line; moves *text behind it. */
static bool
take_line(const char **text, const char *key, char *out, size_t size)
{
	const size_t k = strlen(key);
	const char *value = *text + k + 1;
	const char *end;

	if (strncmp(*text, key, k) != 0 || (*text)[k] != ' ')
		return false;
	end = strchr(value, '\n');
	if (!end || (size_t)(end - value) >= size)
		return false;
	memcpy(out, value, (size_t)(end - value));
	out[end - value] = '\0';
	*text = end + 1;
	return true;
}

static bool
take_number(const char **text, const char *key, uint64_t *out)
{
	char digits[24];
	char *end;

	if (!take_line(text, key, digits, sizeof(digits)) || digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(digits, &end, 10);
	return *end == '\0' && errno == 0;
}

static bool
parse(const char *text, struct session_file *s)
{
	char version[8], id[IDENT_HEX_LEN + 1];
	uint64_t named;

	if (!take_line(&text, "pchat-session", version, sizeof(version)) || strcmp(version, "1") != 0)
		return false;
	if (!take_line(&text, "name", s->name, sizeof(s->name)) || !name_valid(s->name, strlen(s->name)))
		return false;
	if (!take_line(&text, "id", id, sizeof(id)) || !ident_parse(id, &s->id))
		return false;
	if (!take_line(&text, "socket", s->socket, sizeof(s->socket)) || !take_number(&text, "explicit", &named))
		return false;
	s->explicit_socket = named != 0;
	return take_line(&text, "inbox", s->inbox, sizeof(s->inbox)) &&
	    take_number(&text, "max-messages", &s->max_messages) && take_number(&text, "max-bytes", &s->max_bytes) &&
	    *text == '\0';
}

static ssize_t
read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, buf + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < size) || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : (ssize_t)len;
}

static int
write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, buf, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			buf += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int
session_file_read(const struct rundir *r, const char *name, struct session_file *s)
{
	char file[NAME_MAX_LEN + sizeof(SUFFIX)], text[SESSION_FILE_MAX];
	_cleanup_(closep) int fd = -1;
	ssize_t n;
	int rc;

	if ((rc = file_name(name, file)) < 0)
		return rc;
	fd = openat(r->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if ((n = read_all(fd, text, sizeof(text) - 1)) < 0)
		return (int)n;
	text[n] = '\0';
	memset(s, 0, sizeof(*s));
	return strlen(text) == (size_t)n && parse(text, s) ? 0 : -EBADMSG;
}

static int
format(const struct session_file *s, char *out, size_t size)
{
	char id[IDENT_HEX_LEN + 1];
	int n;

	/* One line each: a path with a line feed in it cannot be kept. */
	if (strchr(s->socket, '\n') || strchr(s->inbox, '\n'))
		return -EINVAL;
	ident_format(&s->id, id);
	n = snprintf(out, size,
	    "pchat-session 1\nname %s\nid %s\nsocket %s\nexplicit %d\ninbox %s\n"
	    "max-messages %" PRIu64 "\nmax-bytes %" PRIu64 "\n",
	    s->name, id, s->socket, s->explicit_socket, s->inbox, s->max_messages, s->max_bytes);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : n;
}

int
session_file_write(const struct rundir *r, const struct session_file *s)
{
	char file[NAME_MAX_LEN + sizeof(SUFFIX)], temp[64], text[SESSION_FILE_MAX];
	_cleanup_(closep) int fd = -1;
	int n, rc;

	if ((rc = file_name(s->name, file)) < 0)
		return rc;
	if ((n = format(s, text, sizeof(text))) < 0)
		return n;
	(void)snprintf(temp, sizeof(temp), ".session-%ld", (long)getpid());
	fd = openat(r->fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, text, (size_t)n);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && renameat(r->fd, temp, r->fd, file) < 0)
		rc = -errno;
	if (rc == 0 && fsync(r->fd) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(r->fd, temp, 0);
	return rc;
}

int
session_file_remove(const struct rundir *r, const char *name)
{
	char file[NAME_MAX_LEN + sizeof(SUFFIX)];
	const int rc = file_name(name, file);

	if (rc < 0)
		return rc;
	return unlinkat(r->fd, file, 0) < 0 ? -errno : 0;
}

int
session_file_each(const struct rundir *r, bool (*fn)(const char *name, void *context), void *context)
{
	const int fd = openat(r->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	char name[NAME_MAX_LEN + 1];

	if (!dir) {
		const int rc = -errno;

		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	while ((e = readdir(dir))) {
		const size_t len = strlen(e->d_name), suffix = sizeof(SUFFIX) - 1;

		if (len <= suffix || strcmp(e->d_name + len - suffix, SUFFIX) != 0 ||
		    !name_valid(e->d_name, len - suffix))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(len - suffix), e->d_name);
		if (!fn(name, context))
			break;
	}
	(void)closedir(dir);
	return 0;
}

bool
session_file_exists(const struct rundir *r, const char *name)
{
	char file[NAME_MAX_LEN + sizeof(SUFFIX)];

	return file_name(name, file) == 0 && faccessat(r->fd, file, F_OK, 0) == 0;
}

int
session_file_find(struct rundir *r, const char *name)
{
	int rc, hidden = -ENOENT;

	r->fd = -1;
	if (!name_valid(name, strlen(name)))
		return -EINVAL;
	for (unsigned place = 0; place < RUNDIR_PLACES; place++) {
		if ((rc = rundir_open(r, place)) < 0) {
			hidden = rundir_hides(rc) ? rc : hidden;
			continue;
		}
		if (session_file_exists(r, name))
			return 0;
		rundir_close(r);
	}
	return hidden;
}
