#include "daemon/names/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "core/names/same.h"

#define FILE_MAX (64U * 1024U * 1024U)

struct entry {
	const char *name;
	uint32_t uid;
	uint32_t hash;  /* name_hash() */
	uint32_t place; /* in the file: of equals the first counts */
	bool is_name;   /* a session could have that name */
	bool foreign;   /* beyond ASCII: it may be one with a name that is spelled otherwise */
	struct name_keys keys;
};

struct passwd_file {
	const char *path;
	char *text; /* of the whole file; the names are in it */
	struct entry *entry;
	struct entry **by_uid, **by_hash;
	size_t count;
	struct stat seen; /* of the file as it was read */
	int error;        /* 0, or -errno: it is there and cannot be read */
	bool loaded;
};

static int
compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int
compare_uid(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	const int by_uid = compare(x->uid, y->uid);

	return by_uid ? by_uid : compare(x->place, y->place);
}

static int
compare_hash(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	const int by_hash = compare(x->hash, y->hash);

	return by_hash ? by_hash : compare(x->place, y->place);
}

/* ------ reading ------ */

/* "name:password:uid:..." False: no such line, or one that hands over to NIS. Cuts the name out of the line. */
static bool
parse_line(char *line, struct entry *e)
{
	char *colon = strchr(line, ':');
	const char *uid = colon ? strchr(colon + 1, ':') : NULL;
	unsigned long n;
	char *end;

	if (!uid || colon == line || line[0] == '+' || line[0] == '-' || uid[1] < '0' || uid[1] > '9')
		return false;
	errno = 0;
	n = strtoul(uid + 1, &end, 10);
	if (errno != 0 || *end != ':' || n >= UINT32_MAX)
		return false;
	*colon = '\0';
	*e = (struct entry){ .name = line, .uid = (uint32_t)n, .is_name = name_valid(line, strlen(line)) };
	e->hash = e->is_name ? name_hash(line) : 0;
	e->foreign = !name_is_ascii(line, strlen(line));
	if (e->is_name)
		name_account_keys(line, &e->keys);
	return true;
}

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static int
parse(struct passwd_file *p)
{
	const size_t most = count_lines(p->text);
	char *rest = p->text, *line;

	p->entry = calloc(most, sizeof(*p->entry));
	p->by_uid = calloc(most, sizeof(struct entry *));
	p->by_hash = calloc(most, sizeof(struct entry *));
	if (!p->entry || !p->by_uid || !p->by_hash)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n")))
		if (parse_line(line, &p->entry[p->count])) {
			p->entry[p->count].place = (uint32_t)p->count;
			p->count++;
		}
	for (size_t i = 0; i < p->count; i++)
		p->by_uid[i] = p->by_hash[i] = &p->entry[i];
	qsort(p->by_uid, p->count, sizeof(struct entry *), compare_uid);
	qsort(p->by_hash, p->count, sizeof(struct entry *), compare_hash);
	return 0;
}

/* It may grow while it is read: what is behind its size then is met the next time. */
static int
read_text(struct passwd_file *p, int fd)
{
	size_t len = 0;
	ssize_t n;

	if (!S_ISREG(p->seen.st_mode))
		return -EINVAL;
	if (p->seen.st_size > FILE_MAX)
		return -EFBIG;
	p->text = calloc(1, (size_t)p->seen.st_size + 1);
	if (!p->text)
		return -ENOMEM;
	while ((n = read(fd, p->text + len, (size_t)p->seen.st_size - len)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void
forget(struct passwd_file *p)
{
	free(p->text);
	free(p->entry);
	free(p->by_uid);
	free(p->by_hash);
	*p = (struct passwd_file){ .path = p->path };
}

static int
load(struct passwd_file *p)
{
	_cleanup_(closep) int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &p->seen) < 0)
		return -errno;
	if ((r = read_text(p, fd)) < 0)
		return r;
	return parse(p);
}

static bool
is_fresh(const struct passwd_file *p)
{
	struct stat now;

	if (!p->loaded || p->error < 0)
		return false;
	if (stat(p->path, &now) < 0)
		return errno == ENOENT && p->seen.st_ino == 0;
	return now.st_ino == p->seen.st_ino && now.st_dev == p->seen.st_dev && now.st_size == p->seen.st_size &&
	    now.st_mtim.tv_sec == p->seen.st_mtim.tv_sec && now.st_mtim.tv_nsec == p->seen.st_mtim.tv_nsec &&
	    now.st_ctim.tv_sec == p->seen.st_ctim.tv_sec && now.st_ctim.tv_nsec == p->seen.st_ctim.tv_nsec;
}

static void
refresh(struct passwd_file *p)
{
	if (is_fresh(p))
		return;
	forget(p);
	p->error = load(p);
	p->loaded = true;
}

struct passwd_file *
passwd_new(const char *path)
{
	struct passwd_file *p = calloc(1, sizeof(*p));

	if (p)
		p->path = path;
	return p;
}

void
passwd_free(struct passwd_file *p)
{
	if (p)
		forget(p);
	free(p);
}

/* ------ asking ------ */

/* The place of the first one that is not below `key`; count: there is none. */
static size_t
first_of(struct entry *const *sorted, size_t count, const struct entry *key, int (*order)(const void *, const void *))
{
	size_t low = 0, high = count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (order(&sorted[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *
passwd_name(struct passwd_file *p, uint32_t uid)
{
	const struct entry key = { .uid = uid };
	size_t i;

	refresh(p);
	if (p->error < 0)
		return NULL;
	i = first_of(p->by_uid, p->count, &key, compare_uid);
	return i < p->count && p->by_uid[i]->uid == uid ? p->by_uid[i]->name : NULL;
}

enum verdict
passwd_uid(struct passwd_file *p, const char *name, uint32_t *uid)
{
	const struct entry *found = NULL;

	refresh(p);
	if (p->error < 0)
		return VERDICT_NO_ANSWER;
	for (size_t i = 0; i < p->count; i++) {
		const struct entry *e = &p->entry[i];

		if (strcmp(e->name, name) == 0 || (!found && strcasecmp(e->name, name) == 0))
			found = e;
	}
	if (found)
		*uid = found->uid;
	return found ? VERDICT_OK : VERDICT_NO_SUCH_USER;
}

/* Among those that look like it, or are it in another spelling: a name beyond ASCII is held against all. */
static enum verdict
owner_alike(const struct passwd_file *p, const char *name, uint32_t uid)
{
	const bool foreign = !name_is_ascii(name, strlen(name));
	enum verdict v = VERDICT_NO_SUCH_USER;
	struct name_search search;

	name_search_init(&search, name);
	for (size_t i = 0; i < p->count && v != VERDICT_RESERVED; i++) {
		const struct entry *e = &p->entry[i];

		if (e->is_name && (foreign || e->foreign) && name_search_finds(&search, e->name, &e->keys))
			v = e->uid == uid ? VERDICT_OK : VERDICT_RESERVED;
	}
	return v;
}

enum verdict
passwd_owner(struct passwd_file *p, const char *name, uint32_t uid)
{
	const struct entry key = { .hash = name_hash(name) };
	enum verdict v = VERDICT_NO_SUCH_USER;

	refresh(p);
	if (p->error < 0)
		return VERDICT_NO_ANSWER;
	for (size_t i = first_of(p->by_hash, p->count, &key, compare_hash);
	     i < p->count && p->by_hash[i]->hash == key.hash; i++) {
		const struct entry *e = p->by_hash[i];

		if (!e->is_name || !name_equal_ascii(e->name, name))
			continue;
		if (strcmp(e->name, name) == 0)
			return e->uid == uid ? VERDICT_OK : VERDICT_RESERVED;
		if (v != VERDICT_RESERVED)
			v = e->uid == uid ? VERDICT_OK : VERDICT_RESERVED;
	}
	return v != VERDICT_NO_SUCH_USER ? v : owner_alike(p, name, uid);
}
