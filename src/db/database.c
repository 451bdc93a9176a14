#include "db/database.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "db/wal_index.h"

#define BUSY_MS 2000
#define RETRY_MS 10

#define WRITER_SETUP "PRAGMA journal_mode=WAL; PRAGMA secure_delete=1; PRAGMA temp_store=MEMORY;"
/* A log that became longer is cut when it is begun anew. */
#define LOG_LIMIT "PRAGMA journal_size_limit=4194304;"

static const char *const setup[] = {
	[DATABASE_DURABLE] =
	    (WRITER_SETUP LOG_LIMIT "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-128;"),
	[DATABASE_LAZY] = (WRITER_SETUP LOG_LIMIT "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32;"),
	[DATABASE_OWN] = ("PRAGMA locking_mode=EXCLUSIVE;" WRITER_SETUP "PRAGMA synchronous=NORMAL;"
			  "PRAGMA cache_size=-128; PRAGMA wal_autocheckpoint=256; PRAGMA journal_size_limit=1048576;"),
	[DATABASE_READER] = "PRAGMA query_only=1; PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY;",
	[DATABASE_ALONE] = ("PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=1; PRAGMA cache_size=-128;"
			    "PRAGMA temp_store=MEMORY;"),
};

void
database_setup(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* Nothing ahead of need, for each database: no memory for small pieces (48 KiB), and none for pages (86 KiB). */
	(void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	(void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

int
database_error(sqlite3 *db, int result)
{
	int error;

	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		error = db ? sqlite3_system_errno(db) : 0;
		/* A file system that calls itself damaged says nothing of what the file holds. */
		return error > 0 && error != EUCLEAN ? -error : -EIO;
	default:
		return -EIO;
	}
}

bool
database_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT || error == -EFBIG; /* a limit is like a full disk */
}

int
database_exec(sqlite3 *db, const char *sql)
{
	return database_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

void
database_close(sqlite3 *db)
{
	(void)sqlite3_close_v2(db);
}

void
database_closep(sqlite3 **db)
{
	database_close(*db);
}

static void
pause_briefly(void)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };

	(void)nanosleep(&pause, NULL);
}

int
database_checkpoint(sqlite3 *db, int mode, int *frames, int *moved)
{
	int rc = SQLITE_BUSY;

	/* Without a count of frames, another one was at it (https://sqlite.org/c3ref/wal_checkpoint_v2.html). */
	for (unsigned ms = 0; ms < BUSY_MS; ms += RETRY_MS) {
		rc = sqlite3_wal_checkpoint_v2(db, NULL, mode, frames, moved);
		if ((rc & 0xff) != SQLITE_BUSY || *frames >= 0)
			break;
		pause_briefly();
	}
	return database_error(db, rc);
}

static bool
exists_already(enum database_mode mode)
{
	return mode == DATABASE_READER || mode == DATABASE_ALONE;
}

/* Before anything is read. */
static int
set_up(sqlite3 *db, enum database_mode mode)
{
	int yes = 1, r;

	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_timeout(db, mode == DATABASE_ALONE ? 0 : BUSY_MS); /* open_alone() waits itself */
	if ((r = wal_index_guard(db)) < 0 || (r = database_exec(db, setup[mode])) < 0)
		return r;
	/* A WAL that stays is written over from its beginning, which is twice as fast to sync as one that grows. */
	(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &yes);
	if (mode == DATABASE_ALONE)
		(void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return 0;
}

static int
open_once(sqlite3 **out, const char *path, enum database_mode mode, const char *schema)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
	    (exists_already(mode) ? 0 : SQLITE_OPEN_CREATE);
	_cleanup_(database_closep) sqlite3 *db = NULL;
	int r;

	if (mode != DATABASE_ALONE && mode != DATABASE_OWN)
		wal_index_prepare(path);
	r = sqlite3_open_v2(path, &db, flags, NULL);
	if (r != SQLITE_OK)
		return db ? database_error(db, r) : -ENOMEM;
	if ((r = set_up(db, mode)) < 0 || (r = database_exec(db, schema)) < 0)
		return r;
	*out = db;
	db = NULL;
	return 0;
}

/* SQLite waits for who is beside us at some of its steps only, when we want it alone. */
static int
open_alone(sqlite3 **db, const char *path, const char *schema)
{
	int r;

	for (unsigned ms = 0; (r = open_once(db, path, DATABASE_ALONE, schema)) == -EBUSY && ms < BUSY_MS;
	     ms += RETRY_MS)
		pause_briefly();
	return r;
}

int
database_open(sqlite3 **db, const char *path, enum database_mode mode, const char *schema)
{
	int r;

	if (mode == DATABASE_ALONE)
		return open_alone(db, path, schema);
	r = open_once(db, path, mode, schema);
	return mode == DATABASE_READER && database_full(r) ? open_alone(db, path, schema) : r;
}

/* 0, 1, or -errno, which may have ended the transaction. */
static int
holds_tables(sqlite3 *db)
{
	int64_t tables;
	const int r = database_number(db, "SELECT count(*) FROM sqlite_master", &tables);

	return r < 0 ? r : tables > 0;
}

int
database_open_made(sqlite3 **db, const char *dir, const char *file, enum database_mode mode, const char *begin)
{
	char path[PATH_MAX];
	struct stat st;
	int r;

	*db = NULL;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >= sizeof(path))
		return -ENAMETOOLONG;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_size == 0)
		return 0;
	if ((r = database_open(db, path, mode, begin)) < 0)
		return r;
	if ((r = holds_tables(*db)) <= 0) {
		database_close(*db);
		*db = NULL;
	}
	return r < 0 ? r : 0;
}

int
database_check(sqlite3 *db)
{
	static const char *const sql = "PRAGMA quick_check(1)";
	const char *said;
	sqlite3_stmt *q;
	int r;

	if ((r = database_prepare(db, &sql, &q, 1)) < 0)
		return r;
	if ((r = database_row(q)) == 0)
		r = -EUCLEAN;
	if (r > 0 && !(said = (const char *)sqlite3_column_text(q, 0)))
		r = -ENOMEM;
	if (r > 0)
		r = strcmp(said, "ok") == 0 ? 0 : -EUCLEAN;
	database_finalize(&q, 1);
	return r;
}

void
database_finalize(sqlite3_stmt *stmt[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)sqlite3_finalize(stmt[i]);
		stmt[i] = NULL;
	}
}

int
database_prepare(sqlite3 *db, const char *const sql[], sqlite3_stmt *stmt[], size_t count)
{
	memset(stmt, 0, count * sizeof(*stmt));
	for (size_t i = 0; i < count; i++) {
		const int r = sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &stmt[i], NULL);

		if (r != SQLITE_OK) {
			database_finalize(stmt, i);
			return r == SQLITE_ERROR ? -EUCLEAN : database_error(db, r); /* not the tables that we know */
		}
	}
	return 0;
}

int
database_row(sqlite3_stmt *stmt)
{
	const int r = sqlite3_step(stmt);

	if (r == SQLITE_ROW)
		return 1;
	return r == SQLITE_DONE ? 0 : database_error(sqlite3_db_handle(stmt), r);
}

int
database_number(sqlite3 *db, const char *query, int64_t *value)
{
	sqlite3_stmt *q;
	int r;

	*value = 0;
	if ((r = database_prepare(db, &query, &q, 1)) < 0)
		return r;
	if ((r = database_row(q)) > 0)
		*value = sqlite3_column_int64(q, 0);
	database_finalize(&q, 1);
	return r < 0 ? r : 0;
}

int
database_run(sqlite3_stmt *stmt)
{
	const int r = database_row(stmt);

	(void)sqlite3_reset(stmt);
	return r;
}

void
database_text(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	const size_t len = text ? strnlen(text, size - 1) : 0;

	if (len > 0)
		memcpy(out, text, len);
	out[len] = '\0';
}

bool
database_ident(sqlite3_stmt *stmt, int column, struct ident *out)
{
	const void *blob = sqlite3_column_blob(stmt, column);
	const bool whole = sqlite3_column_bytes(stmt, column) == IDENT_LEN;

	memset(out, 0, sizeof(*out));
	if (whole)
		memcpy(out->b, blob, IDENT_LEN);
	return whole;
}

void
database_reset(sqlite3_stmt *const *stmt)
{
	if (*stmt)
		(void)sqlite3_reset(*stmt);
}

bool
database_log_damaged(const char *path)
{
	static const uint8_t magic[] = { 0x37, 0x7f, 0x06 };
	uint8_t head[4] = { 0 };
	char log[PATH_MAX + 4];
	_cleanup_(closep) int fd = -1;
	struct stat st;

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	fd = open(log, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
		return false;
	if (head[0] == 0 && head[1] == 0 && head[2] == 0 && head[3] == 0)
		return false; /* not begun yet */
	if (memcmp(head, magic, sizeof(magic)) != 0 || (head[3] & ~1U) != 0x82)
		return true;
	return stat(path, &st) < 0 ? errno == ENOENT : st.st_size == 0;
}

/* The first name of its kind that is still free. */
static int
aside_name(const char *path, char *out, size_t size)
{
	char stamp[32];
	struct tm tm;
	const time_t now = time(NULL);

	if (!gmtime_r(&now, &tm) || strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm) == 0)
		return -EOVERFLOW;
	for (int i = 0; i < 100; i++) {
		const int n = i == 0 ? snprintf(out, size, "%s.corrupt-%s", path, stamp)
				     : snprintf(out, size, "%s.corrupt-%s-%d", path, stamp, i);

		if (n < 0 || (size_t)n >= size)
			return -ENAMETOOLONG;
		if (access(out, F_OK) < 0)
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

/* What SQLite keeps beside a database. */
static const char *const companion[] = { "-wal", "-shm" };

int
database_set_aside(const char *path, char *aside, size_t size)
{
	char from[4096], to[4096];
	int r;

	if ((r = aside_name(path, aside, size)) < 0)
		return r;
	/* The database last: as long as it is there, whoever comes next finds it damaged and tries again. */
	for (size_t i = 0; i < ARRAY_SIZE(companion); i++) {
		if ((size_t)snprintf(from, sizeof(from), "%s%s", path, companion[i]) >= sizeof(from) ||
		    (size_t)snprintf(to, sizeof(to), "%s%s", aside, companion[i]) >= sizeof(to))
			return -ENAMETOOLONG;
		if (rename(from, to) < 0 && errno != ENOENT)
			return -errno;
	}
	return rename(path, aside) < 0 && errno != ENOENT ? -errno : 0;
}

void
database_remove(const char *path)
{
	char beside[4096];

	for (size_t i = 0; i < ARRAY_SIZE(companion); i++)
		if ((size_t)snprintf(beside, sizeof(beside), "%s%s", path, companion[i]) < sizeof(beside))
			(void)unlink(beside);
	(void)unlink(path);
}
