#include "db/erase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/database.h"

#define ATTEMPTS 5 /* each waits for readers for as long as SQLite does, see database.c */

#define LOG_HEAD 32 /* bytes */

static const uint8_t zeros[65536];

static size_t
piece(sqlite3_int64 at, sqlite3_int64 end)
{
	return end - at < (sqlite3_int64)sizeof(zeros) ? (size_t)(end - at) : sizeof(zeros);
}

int
erase_cut(sqlite3_file *file, const sqlite3_io_methods *methods, sqlite3_int64 size)
{
	sqlite3_int64 end = 0;
	int rc = methods->xFileSize(file, &end);

	for (sqlite3_int64 at = size; rc == SQLITE_OK && at < end; at += (sqlite3_int64)piece(at, end))
		rc = methods->xWrite(file, zeros, (int)piece(at, end), at);
	if (rc == SQLITE_OK && size < end)
		rc = methods->xSync(file, SQLITE_SYNC_NORMAL);
	/* A disk that does not even take zeros: it is cut nevertheless. */
	return methods->xTruncate(file, size);
}

/* ------------------------------------------------------------------------- the log */

/* Stands in the place of SQLite's table of methods for the log. */
struct log {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *original;
};

/*
 * Its head goes first, and is synced: of zeros that the power is lost among, any may be missing, and an intact beginning
 * would be an older state, which is then written over the database. (WAL format: https://sqlite.org/fileformat2.html)
 */
static int
cut_log(sqlite3_file *file, sqlite3_int64 size)
{
	const sqlite3_io_methods *methods = ((struct log *)file->pMethods)->original;
	int rc = size == 0 ? methods->xWrite(file, zeros, LOG_HEAD, 0) : SQLITE_OK;

	if (rc == SQLITE_OK && size == 0)
		rc = methods->xSync(file, SQLITE_SYNC_NORMAL);
	return rc == SQLITE_OK ? erase_cut(file, methods, size) : methods->xTruncate(file, size);
}

/* SQLite cuts the log while it keeps everybody else out of it. */
static int
empty_log(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	struct log log;
	int r = -EBUSY, frames, moved;

	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
	if (!file || !file->pMethods)
		return -EIO;
	log.original = file->pMethods;
	log.methods = *file->pMethods;
	log.methods.xTruncate = cut_log;
	file->pMethods = &log.methods;
	for (int i = 0; i < ATTEMPTS && r == -EBUSY; i++)
		r = database_checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, &frames, &moved);
	file->pMethods = log.original;
	return r;
}

int
erase_deleted(sqlite3 *db)
{
	const int r = database_exec(db, "VACUUM");

	return r < 0 ? r : empty_log(db);
}

/* ------------------------------------------------------------------------- whole files */

int
erase_descriptor(int fd)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	for (off_t at = 0; at < st.st_size; at += n)
		if ((n = pwrite(fd, zeros, piece(at, st.st_size), at)) <= 0)
			return n < 0 ? -errno : -EIO;
	return fdatasync(fd) < 0 ? -errno : 0;
}

int
erase_file(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0)
		(void)!erase_descriptor(fd); /* it is removed in each case */
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
