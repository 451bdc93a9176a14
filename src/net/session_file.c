#include "net/session_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/write.h"
#include "core/names/name.h"

#define SUFFIX ".session"
#define SESSION_FILE_MAX (3 * PATH_MAX + 1024)
#define HASH_DIGITS 32U

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
	if (!take_line(&text, "name", s->name, sizeof(s->name)) || !name_possible(s->name, strlen(s->name)))
		return false;
	if (!take_line(&text, "id", id, sizeof(id)) || !ident_parse(id, &s->id))
		return false;
	if (!take_line(&text, "socket", s->socket, sizeof(s->socket)) || !take_number(&text, "explicit", &named))
		return false;
	s->explicit_socket = named != 0;
	if (!take_line(&text, "inbox", s->inbox, sizeof(s->inbox)) ||
	    !take_number(&text, "max-messages", &s->max_messages) || !take_number(&text, "max-bytes", &s->max_bytes))
		return false;
	if (*text == '\0')
		return true;
	return take_line(&text, "via", s->via, sizeof(s->via)) &&
	    take_line(&text, "agent", s->agent, sizeof(s->agent)) && *text == '\0';
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

#define FILE_MAX (SESSION_BASE_MAX + sizeof(SUFFIX))

static void
file_of(const char *base, char out[FILE_MAX])
{
	(void)snprintf(out, FILE_MAX, "%s" SUFFIX, base);
}

static int
read_file(const struct rundir *r, const char *base, struct session_file *s)
{
	char file[FILE_MAX], text[SESSION_FILE_MAX];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	file_of(base, file);
	fd = openat(r->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if ((n = read_all(fd, text, sizeof(text) - 1)) < 0)
		return (int)n;
	text[n] = '\0';
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->base, sizeof(s->base), "%s", base);
	return strlen(text) == (size_t)n && parse(text, s) ? 0 : -EBADMSG;
}

/* ------ finding them ------ */

/* What stands for a name beyond ASCII: `_` and hexadecimal digits. */
static bool
is_hashed(const char *base)
{
	return base[0] == '_' && strspn(base + 1, "0123456789abcdef") == HASH_DIGITS && base[1 + HASH_DIGITS] == '\0';
}

/* Calls fn for the base of each session's file; stops when it returns false. */
static int
each_base(const struct rundir *r, bool (*fn)(const char *base, void *context), void *context)
{
	const int fd = openat(r->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	char base[SESSION_BASE_MAX + 1];

	if (!dir) {
		const int rc = -errno;

		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	while ((e = readdir(dir))) {
		const size_t len = strlen(e->d_name), suffix = sizeof(SUFFIX) - 1;

		if (len <= suffix || len - suffix > SESSION_BASE_MAX || strcmp(e->d_name + len - suffix, SUFFIX) != 0)
			continue;
		(void)snprintf(base, sizeof(base), "%.*s", (int)(len - suffix), e->d_name);
		if ((is_hashed(base) || (name_possible(base, len - suffix) && name_is_ascii(base, len - suffix))) &&
		    !fn(base, context))
			break;
	}
	(void)closedir(dir);
	return 0;
}

struct search {
	const struct rundir *r;
	const char *name;
	char *base;
	bool found;
};

static bool
look_inside(const char *base, void *context)
{
	struct search *look = context;
	struct session_file file;

	look->found = read_file(look->r, base, &file) == 0 && strcmp(file.name, look->name) == 0;
	if (look->found)
		(void)snprintf(look->base, SESSION_BASE_MAX + 1, "%s", base);
	return !look->found;
}

int
session_file_base(const struct rundir *r, const char *name, char out[SESSION_BASE_MAX + 1])
{
	struct search look = { .r = r, .name = name, .base = out };
	int rc;

	if (!is_hashed(name) && !name_possible(name, strlen(name)))
		return -EINVAL;
	if (name_is_ascii(name, strlen(name))) {
		name_lower(name, out);
		return 0;
	}
	rc = each_base(r, look_inside, &look);
	return rc < 0 || look.found ? rc : -ENOENT;
}

struct listing {
	const struct rundir *r;
	bool (*fn)(const char *name, void *context);
	void *context;
};

static bool
name_inside(const char *base, void *context)
{
	const struct listing *l = context;
	struct session_file file;

	if (!is_hashed(base))
		return l->fn(base, l->context);
	return read_file(l->r, base, &file) < 0 || l->fn(file.name, l->context);
}

int
session_file_each(const struct rundir *r, bool (*fn)(const char *name, void *context), void *context)
{
	struct listing l = { .r = r, .fn = fn, .context = context };

	return each_base(r, name_inside, &l);
}

struct at_hosts {
	const struct rundir *in;
	const char *host;
	bool (*fn)(const char *host, const char *name, void *context);
	void *context;
	bool stopped;
};

static bool
name_at_host(const char *name, void *context)
{
	struct at_hosts *a = context;

	a->stopped = !a->fn(a->host, name, a->context);
	return !a->stopped;
}

static bool
each_at_host(const char *host, void *context)
{
	struct at_hosts *a = context;
	struct rundir r;

	if (rundir_open_host(&r, a->in, host) < 0)
		return true;
	a->host = host;
	(void)!session_file_each(&r, name_at_host, a);
	rundir_close(&r);
	return !a->stopped;
}

void
session_file_each_via(
    const struct rundir *r, bool (*fn)(const char *host, const char *name, void *context), void *context)
{
	struct at_hosts a = { .in = r, .fn = fn, .context = context };

	rundir_each_host(r, each_at_host, &a);
}

/* ------ as a whole ------ */

int
session_file_read(const struct rundir *r, const char *name, struct session_file *s)
{
	char base[SESSION_BASE_MAX + 1];
	const int rc = session_file_base(r, name, base);

	return rc < 0 ? rc : read_file(r, base, s);
}

static int
format(const struct session_file *s, char *out, size_t size)
{
	char id[IDENT_HEX_LEN + 1];
	int n;

	/* One line each: a path with a line feed in it cannot be kept. */
	if (strchr(s->socket, '\n') || strchr(s->inbox, '\n') || strchr(s->agent, '\n'))
		return -EINVAL;
	ident_format(&s->id, id);
	n = snprintf(out, size,
	    "pchat-session 1\nname %s\nid %s\nsocket %s\nexplicit %d\ninbox %s\n"
	    "max-messages %" PRIu64 "\nmax-bytes %" PRIu64 "\n",
	    s->name, id, s->socket, s->explicit_socket, s->inbox, s->max_messages, s->max_bytes);
	if (n > 0 && (size_t)n < size && s->via[0])
		n += snprintf(out + n, size - (size_t)n, "via %s\nagent %s\n", s->via, s->agent);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : n;
}

int
session_file_write(const struct rundir *r, const struct session_file *s)
{
	char base[SESSION_BASE_MAX + 1], file[FILE_MAX], temp[64], text[SESSION_FILE_MAX];
	_cleanup_(closep) int fd = -1;
	int n, rc;

	if (!name_possible(s->name, strlen(s->name)))
		return -EINVAL;
	if ((rc = session_file_base(r, s->base[0] ? s->base : s->name, base)) < 0)
		return rc;
	file_of(base, file);
	if ((n = format(s, text, sizeof(text))) < 0)
		return n;
	(void)snprintf(temp, sizeof(temp), ".session-%ld", (long)getpid());
	fd = openat(r->fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = write_whole(fd, text, (size_t)n);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	/* Its name is not synced: no session outlives a boot (D6), so after a crash this one need not be found. */
	if (rc == 0 && renameat(r->fd, temp, r->fd, file) < 0)
		rc = -errno;
	if (rc < 0)
		(void)unlinkat(r->fd, temp, 0);
	return rc;
}

int
session_file_remove(const struct rundir *r, const char *name)
{
	char base[SESSION_BASE_MAX + 1], file[FILE_MAX];
	const int rc = session_file_base(r, name, base);

	if (rc < 0)
		return rc;
	file_of(base, file);
	return unlinkat(r->fd, file, 0) < 0 ? -errno : 0;
}

bool
session_file_exists(const struct rundir *r, const char *name)
{
	char base[SESSION_BASE_MAX + 1], file[FILE_MAX];

	if (session_file_base(r, name, base) < 0)
		return false;
	file_of(base, file);
	return faccessat(r->fd, file, F_OK, 0) == 0;
}

int
session_file_find(struct rundir *r, unsigned places, const char *host, const char *name)
{
	int rc, hidden = -ENOENT;

	r->fd = -1;
	if (!is_hashed(name) && !name_possible(name, strlen(name)))
		return -EINVAL;
	for (unsigned place = 0; place < places; place++) {
		if ((rc = rundir_open(r, place, host)) < 0) {
			hidden = rundir_hides(rc) ? rc : hidden;
			continue;
		}
		if (session_file_exists(r, name))
			return 0;
		rundir_close(r);
	}
	return hidden;
}
