/* The write-ahead log of the inbox: as long as it may become from the start, and written back in quiet moments. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "db/database.h"
#include "session/mailbox/store_impl.h"

#define FRAME_BYTES 4120L            /* of a page and its header, https://sqlite.org/fileformat2.html section 4 */
#define AHEAD_BYTES (64L * 1024)     /* more than most commits add */
#define DIRECT_BYTES 65536L          /* read at once from the disk itself, */
#define DIRECT_ALIGN 4096            /* which wants buffers that begin where its blocks may */
#define WAL_FRAMES 1000              /* the log is written back when it is so long, */
#define WAL_BYTES (4L * 1024 * 1024) /* which is how long the file is made beforehand */

static int
on_commit(void *context, sqlite3 *db, const char *name, int frames)
{
	struct store *s = context;

	(void)db, (void)name;
	s->frames = frames;
	return SQLITE_OK;
}

/*
 * A block that is written over in part has to be in memory. Where it was taken out of memory since the log was made, it
 * would be read from the disk, once for each block, while a sender waits: so it is asked for beforehand.
 */
static void
read_ahead(struct store *s)
{
	const off_t end = s->frames * FRAME_BYTES;

	if (s->log < 0)
		return;
	if (end < s->ahead - 2 * AHEAD_BYTES)
		s->ahead = 0; /* begun anew */
	if (end + AHEAD_BYTES <= s->ahead)
		return;
	s->ahead = end + 2 * AHEAD_BYTES;
	(void)posix_fadvise(s->log, end, 2 * AHEAD_BYTES, POSIX_FADV_WILLNEED);
}

static void
write_back(struct store *s)
{
	int frames, moved;
	const int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);

	/* A sync that failed here fails nobody else's, and what it should have brought to the disk stays in memory. */
	s->frames = 0;
	s->unsure |= (rc & 0xff) == SQLITE_IOERR;
	if (rc != SQLITE_OK)
		return;
	/* The next commit begins the log anew, with a sync more than others: let none that somebody waits for be it. */
	if (frames == moved && s->claimed)
		(void)store_write_generation(s, s->generation);
}

/* The first commit since the file was opened takes more syncs than others do: no sender is to wait for them. */
static void
begin_log(struct store *s)
{
	s->unbegun = false;
	if (store_begin(s) == 0)
		(void)store_fail(s, store_keep_number(s, "generation", s->generation));
	(void)store_commit(s);
}

void
store_tidy(struct store *s)
{
	if (s->writing || s->held)
		return;
	if (s->unbegun)
		begin_log(s);
	if (s->frames >= WAL_FRAMES)
		write_back(s);
	read_ahead(s);
}

/*
 * Makes the log as long as it may become: writing over blocks that are there is faster to sync than adding some. 0; or
 * -errno of a sync: what was to be brought to the disk, frames of before too, may stay in memory from then on.
 */
static int
prolong(int fd, off_t size)
{
	_cleanup_(freep) char *zeros = NULL;
	const size_t n = (size_t)(WAL_BYTES - size);

	zeros = calloc(1, n);
	if (!zeros)
		return 0;
	if (pwrite(fd, zeros, n, size) == (ssize_t)n)
		return fdatasync(fd) < 0 ? -errno : 0;
	(void)!ftruncate(fd, size); /* a disk that is nearly full has better uses */
	return 0;
}

void
store_log_rest(struct store *s)
{
	struct stat st;

	if (s->log < 0 || s->writing || fstat(s->log, &st) < 0)
		return;
	if (st.st_size > WAL_BYTES)
		write_back(s); /* the log that is begun then is cut */
	else if (s->used && st.st_size < WAL_BYTES)
		s->unsure |= prolong(s->log, st.st_size) < 0;
}

static void
name_of_log(const struct store *s, char path[PATH_MAX + 4])
{
	(void)snprintf(path, PATH_MAX + 4, "%s-wal", s->path);
}

/* How many bytes of the file are read, all that there are up to `n`; or -errno. */
static ssize_t
read_all(int fd, uint8_t *out, size_t n, off_t at)
{
	size_t have = 0;

	while (have < n) {
		const ssize_t r = pread(fd, out + have, n - have, at + (off_t)have);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		have += (size_t)r;
	}
	return (ssize_t)have;
}

/* Whether the disk has what memory has of the file: 0, -EIO, -errno. Both buffers are aligned. */
static int
compare(int memory, int disk, uint8_t *a, uint8_t *b)
{
	for (off_t at = 0;; at += DIRECT_BYTES) {
		const ssize_t n = read_all(memory, a, DIRECT_BYTES, at), m = read_all(disk, b, DIRECT_BYTES, at);

		if (m == -EINVAL)
			return 0; /* it cannot be read so, or not in such pieces: the sync is all that can be had */
		if (n < 0 || m < 0)
			return (int)(n < 0 ? n : m);
		if (n != m || memcmp(a, b, (size_t)n) != 0)
			return -EIO;
		if (n < DIRECT_BYTES)
			return 0;
	}
}

static int
compare_with_disk(int fd, const char *path)
{
	_cleanup_(closep) int disk = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	_cleanup_(freep) uint8_t *room = NULL;
	uint8_t *buffer;

	if (disk < 0)
		return errno == EINVAL ? 0 : -errno; /* a file system in memory */
	if (!(room = malloc(DIRECT_ALIGN + 2 * DIRECT_BYTES)))
		return -ENOMEM;
	buffer = room + (DIRECT_ALIGN - (uintptr_t)room % DIRECT_ALIGN) % DIRECT_ALIGN;
	return compare(fd, disk, buffer, buffer + DIRECT_BYTES);
}

bool
store_log_left(const struct store *s)
{
	char path[PATH_MAX + 4];
	struct stat st;

	name_of_log(s, path);
	return stat(path, &st) < 0 ? errno != ENOENT : st.st_size > 0;
}

int
store_log_sync(const struct store *s)
{
	char path[PATH_MAX + 4];
	_cleanup_(closep) int fd = -1;

	name_of_log(s, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return fdatasync(fd) < 0 ? -errno : compare_with_disk(fd, path);
}

void
store_log_begin(struct store *s)
{
	char path[PATH_MAX + 4];
	struct stat st;

	name_of_log(s, path);
	s->log = open(path, O_RDWR | O_CLOEXEC);
	if (s->log >= 0 && fstat(s->log, &st) == 0) {
		s->log_ino = st.st_ino;
		s->log_dev = st.st_dev;
	}
	s->ahead = 0;
	(void)sqlite3_wal_hook(s->db, on_commit, s);
	read_ahead(s);
}

void
store_log_end(struct store *s)
{
	if (s->log >= 0)
		(void)close(s->log);
	s->log = -1;
}

/*
 * A file system that was shut down, or made read-only by an error, opens nothing or cannot be written; some of them let
 * a sync of before succeed all the same (ext4: blocks that were just added).
 */
static bool
is_dead(int fd)
{
	struct statvfs v;

	return fstatvfs(fd, &v) < 0 || (v.f_flag & ST_RDONLY);
}

bool
store_log_lost(const struct store *s)
{
	char path[PATH_MAX + 4];
	_cleanup_(closep) int fd = -1;
	struct stat st;

	name_of_log(s, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
		return true;
	if ((fd < 0 ? stat(path, &st) : fstat(fd, &st)) < 0 || is_dead(fd < 0 ? s->log : fd))
		return true;
	return s->log < 0 || st.st_ino != s->log_ino || st.st_dev != s->log_dev;
}

/* Another log in its place is older than what was written back, and would be read. */
static int
leave_other_log(const struct store *s)
{
	char path[PATH_MAX + 4], aside[PATH_MAX + 64];
	struct stat st;

	name_of_log(s, path);
	if (stat(path, &st) < 0 || st.st_size == 0)
		return 0;
	return database_set_aside(path, aside, sizeof(aside));
}

int
store_log_rescue(struct store *s)
{
	int moved = 0, frames, done, r;

	(void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved)
		return -ENOENT; /* another inbox is there, with a log of its own */
	r = database_checkpoint(s->db, SQLITE_CHECKPOINT_FULL, &frames, &done);
	if (r == 0 && frames != done)
		r = -EBUSY;
	if (r < 0)
		return r; /* nothing of it is lost as long as we have it open */
	store_detach(s);
	r = leave_other_log(s);
	return r < 0 ? r : store_attach(s);
}
