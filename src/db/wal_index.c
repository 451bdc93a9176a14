#include "db/wal_index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "db/erase.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define REGIONS 64 /* each is the index of 4,096 frames of the log */

/* Of the first region, https://sqlite.org/walformat.html section 2 */
#define INDEX_HEAD 136U  /* bytes before the numbers of pages */
#define INDEX_FRAMES 16  /* where the number of frames stands, as the machine has it */
#define INDEX_RECOVERY 2 /* the lock of who makes it anew */

/* Stands in the place of SQLite's table of methods for one file. Some of them are ours, the others are SQLite's. */
struct guard {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *original;
	const char *path; /* of the database; SQLite's */
	struct {
		void *at;
		size_t size;
	} region[REGIONS];
};

static struct guard *
guard_of(sqlite3_file *file)
{
	return (struct guard *)file->pMethods; /* methods is its first member */
}

/* Whether memory can be written to. A kernel that cannot be asked is taken at its word. */
static bool
has_room(void *at, size_t size)
{
	return madvise(at, size, MADV_POPULATE_WRITE) == 0 || errno != EFAULT;
}

/* Whether the index could be opened for writing, if there were a descriptor for it. */
static bool
is_writable(const struct guard *g)
{
	char index[PATH_MAX];

	return (size_t)snprintf(index, sizeof(index), "%s-shm", g->path) < sizeof(index) && access(index, W_OK) == 0;
}

static int
unmap(sqlite3_file *file, int remove)
{
	struct guard *g = guard_of(file);

	for (int i = 0; i < REGIONS; i++)
		g->region[i].at = NULL;
	return g->original->xShmUnmap(file, remove);
}

/*
 * SQLite opens the index for reading only where it cannot be opened for writing, be it that no descriptor was free for a
 * moment. Such a connection writes nothing, and tries for 10 s before it reads. So it is opened once more, and else it is
 * an error, which is over when there are descriptors. Later parts of the index (number > 0) belong to what was opened.
 */
static int
map_writable(sqlite3_file *file, int number, int size, int extend, void volatile **at)
{
	struct guard *g = guard_of(file);
	int rc = g->original->xShmMap(file, number, size, extend, at);

	if ((rc & 0xff) != SQLITE_READONLY || number > 0 || !is_writable(g))
		return rc;
	(void)unmap(file, 0);
	rc = g->original->xShmMap(file, number, size, extend, at);
	if ((rc & 0xff) != SQLITE_READONLY)
		return rc;
	(void)unmap(file, 0);
	errno = EMFILE;
	return SQLITE_CANTOPEN;
}

static int
map(sqlite3_file *file, int number, int size, int extend, void volatile **at)
{
	struct guard *g = guard_of(file);
	const int rc = map_writable(file, number, size, extend, at);

	if (rc != SQLITE_OK || !*at || number >= REGIONS)
		return rc;
	g->region[number].at = (void *)*at;
	g->region[number].size = (size_t)size;
	return has_room(g->region[number].at, g->region[number].size) ? SQLITE_OK : SQLITE_FULL;
}

/*
 * SQLite makes the index anew in memory that it does not clear, and copies all of it: of a log without frames, whatever was
 * in that memory, which may have been said by somebody.
 */
static void
clear_unused(const struct guard *g)
{
	uint8_t *const at = g->region[0].at;
	uint32_t frames;

	if (!at || g->region[0].size <= INDEX_HEAD)
		return;
	memcpy(&frames, at + INDEX_FRAMES, sizeof(frames));
	if (frames == 0)
		memset(at + INDEX_HEAD, 0, g->region[0].size - INDEX_HEAD);
}

/* Whoever writes to the index has locked a part of it for himself. */
static int
lock(sqlite3_file *file, int offset, int n, int flags)
{
	struct guard *g = guard_of(file);

	if ((flags & SQLITE_SHM_UNLOCK) && (flags & SQLITE_SHM_EXCLUSIVE) && offset <= INDEX_RECOVERY &&
	    offset + n > INDEX_RECOVERY)
		clear_unused(g);
	if ((flags & SQLITE_SHM_LOCK) && (flags & SQLITE_SHM_EXCLUSIVE))
		for (int i = 0; i < REGIONS && g->region[i].at; i++)
			if (!has_room(g->region[i].at, g->region[i].size))
				return SQLITE_FULL;
	return g->original->xShmLock(file, offset, n, flags);
}

/* What is cut off a database was said by somebody. */
static int
cut(sqlite3_file *file, sqlite3_int64 size)
{
	return erase_cut(file, guard_of(file)->original, size);
}

static int
close_file(sqlite3_file *file)
{
	struct guard *g = guard_of(file);

	file->pMethods = g->original;
	free(g);
	return file->pMethods->xClose(file);
}

int
wal_index_guard(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	struct guard *g;

	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (!file || !file->pMethods || file->pMethods->iVersion < 2)
		return 0; /* one that has no index */
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->original = file->pMethods;
	g->path = sqlite3_db_filename(db, "main");
	g->methods = *file->pMethods;
	g->methods.xShmMap = map;
	g->methods.xShmLock = lock;
	g->methods.xShmUnmap = unmap;
	g->methods.xTruncate = cut;
	g->methods.xClose = close_file;
	file->pMethods = &g->methods;
	return 0;
}

/* Whether the file system of PATH's folder writes nothing in place. */
static bool
copies_on_write(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	struct statfs fs;

	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return statfs(folder[0] ? folder : "/", &fs) == 0 && fs.f_type == BTRFS_SUPER_MAGIC;
}

void
wal_index_prepare(const char *path)
{
	char index[PATH_MAX];
	_cleanup_(closep) int fd = -1;
	int flags;

	if (!copies_on_write(path) || (size_t)snprintf(index, sizeof(index), "%s-shm", path) >= sizeof(index))
		return;
	/* Never one that is there: to close it would take its locks away from SQLite. */
	fd = open(index, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	flags |= FS_NOCOW_FL;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}
