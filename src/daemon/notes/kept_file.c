#include "daemon/notes/kept_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write.h"
#include "core/names/name.h"
#include "proto/wire.h"

#define MAGIC 0x314b4350U /* "PCK1" */
#define SUFFIX ".note"
#define NEW ".new"

/* ------ bytes ------ */

size_t
kept_file_encode(const struct kept_record *r, uint8_t *out, size_t cap)
{
	struct writer w = { .start = out, .p = out, .end = out + cap };

	write_u32(&w, MAGIC);
	write_u64(&w, (uint64_t)r->time_ms);
	write_u32(&w, r->to_uid);
	write_str8(&w, r->to_name);
	write_u8(&w, r->note.stranger);
	write_u32(&w, r->note.from.uid);
	write_str8(&w, r->note.from.name);
	write_str8(&w, r->note.from.account);
	write_u32(&w, r->groups);
	for (uint32_t i = 0; i < r->groups; i++)
		write_u32(&w, r->group[i]);
	write_ident(&w, &r->note.msgid);
	write_u32(&w, r->note.length);
	write_bytes(&w, r->note.body, r->note.length);
	return w.bad || r->groups > KEPT_GROUPS ? 0 : (size_t)(w.p - w.start);
}

static bool
is_sound(const struct kept_record *r)
{
	return name_possible(r->to_name, strlen(r->to_name)) && r->note.length > 0 && r->note.length <= NOTE_MAX &&
	    (r->note.from.name[0] == '\0' || name_possible(r->note.from.name, strlen(r->note.from.name)));
}

int
kept_file_decode(const uint8_t *bytes, size_t n, struct kept_record *r)
{
	struct reader in = { .p = bytes, .end = bytes + n };

	*r = (struct kept_record){ .to_uid = 0 };
	if (read_u32(&in) != MAGIC)
		return -1;
	r->time_ms = (int64_t)read_u64(&in);
	r->to_uid = read_u32(&in);
	read_str8(&in, r->to_name, sizeof(r->to_name));
	r->note.stranger = read_u8(&in);
	r->note.from.uid = read_u32(&in);
	read_str8(&in, r->note.from.name, sizeof(r->note.from.name));
	read_str8(&in, r->note.from.account, sizeof(r->note.from.account));
	r->groups = read_u32(&in);
	if (r->groups > KEPT_GROUPS)
		return -1;
	for (uint32_t i = 0; i < r->groups; i++)
		r->group[i] = read_u32(&in);
	read_ident(&in, &r->note.msgid);
	r->note.length = read_u32(&in);
	r->note.body = read_bytes(&in, r->note.length);
	return !in.bad && in.p == in.end && is_sound(r) ? 0 : -1;
}

/* ------ files ------ */

static void
path_of(const char *dir, uint64_t number, const char *suffix, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%016" PRIx64 "%s", dir, number, suffix);
}

static int
write_synced(int fd, const uint8_t *bytes, size_t n)
{
	const int r = write_whole(fd, bytes, n);

	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int
write_new(const char *path, const uint8_t *bytes, size_t n)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	if ((r = write_synced(fd, bytes, n)) < 0)
		(void)unlink(path);
	return r;
}

int
kept_file_store(const char *dir, uint64_t number, const uint8_t *bytes, size_t n)
{
	char fresh[PATH_MAX], path[PATH_MAX];
	int r;

	path_of(dir, number, NEW, fresh);
	path_of(dir, number, SUFFIX, path);
	(void)unlink(fresh); /* of one who was killed at it, and whose work this is again */
	if ((r = write_new(fresh, bytes, n)) < 0)
		return r;
	if (rename(fresh, path) < 0) {
		r = -errno;
		(void)unlink(fresh);
		return r;
	}
	return write_names(dir) == 0 ? 0 : 1;
}

/* By whoever was killed before it was removed. */
static bool
is_overwritten(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

ssize_t
kept_file_load(const char *dir, uint64_t number, uint8_t *out, size_t cap)
{
	char path[PATH_MAX];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	path_of(dir, number, SUFFIX, path);
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return -errno;
	if ((n = read(fd, out, cap)) < 0)
		return -errno;
	return is_overwritten(out, (size_t)n) ? -ENOENT : n;
}

static int
overwrite(const char *path)
{
	static const uint8_t nothing[KEPT_FILE_MAX];
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return write_synced(fd, nothing, st.st_size < (off_t)sizeof(nothing) ? (size_t)st.st_size : sizeof(nothing));
}

/* 1: there is none. */
static int
forget(const char *path)
{
	const int r = overwrite(path);

	if (r == -ENOENT)
		return 1;
	return unlink(path) < 0 ? -errno : r;
}

int
kept_file_forget(const char *dir, uint64_t number)
{
	char path[PATH_MAX];
	int fresh, r;

	path_of(dir, number, NEW, path);
	fresh = forget(path);
	path_of(dir, number, SUFFIX, path);
	if ((r = forget(path)) < 0 || fresh < 0)
		return r < 0 ? r : fresh;
	return r == 1 && fresh == 1 ? 0 : write_names(dir);
}

/* ------ all of them ------ */

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of those that are there; what was not finished is removed. 0 or -errno. */
static int
collect(DIR *d, uint64_t **numbers, size_t *count)
{
	size_t room = 0;
	const struct dirent *e;
	char end[8];
	uint64_t n, *p;

	while ((errno = 0, e = readdir(d))) {
		if (strlen(e->d_name) < 17 || sscanf(e->d_name, "%16" SCNx64 "%7s", &n, end) != 2)
			continue;
		if (strcmp(end, NEW) == 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
		if (strcmp(end, SUFFIX) != 0)
			continue;
		if (*count == room) {
			if (!(p = realloc(*numbers, (room += room + 64) * sizeof(*p))))
				return -ENOMEM;
			*numbers = p;
		}
		(*numbers)[(*count)++] = n;
	}
	return -errno;
}

ssize_t
kept_file_list(const char *dir, uint64_t **numbers)
{
	size_t count = 0;
	DIR *d;
	int r;

	*numbers = NULL;
	if ((mkdir(dir, 0700) < 0 && errno != EEXIST) || !(d = opendir(dir)))
		return -errno;
	r = collect(d, numbers, &count);
	(void)closedir(d);
	if (r < 0) {
		free(*numbers);
		*numbers = NULL;
		return r;
	}
	if (count > 0)
		qsort(*numbers, count, sizeof(**numbers), compare);
	return (ssize_t)count;
}
