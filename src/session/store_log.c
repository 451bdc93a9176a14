/* The write-ahead log of the inbox: as long as it may become from the start, and written back in quiet moments. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "session/database.h"
#include "session/store_impl.h"

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

void
store_tidy(struct store *s)
{
	int frames, moved;

	if (s->writing || s->frames < WAL_FRAMES)
		return;
	s->frames = 0;
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved) != SQLITE_OK)
		return;
	/* The next commit begins the log anew, with a sync more than others: let none that somebody waits for be it. */
	if (frames == moved && s->claimed)
		(void)store_write_generation(s, s->generation);
}

/* Makes the log as long as it may become: writing over blocks that are there is faster to sync than adding some. */
static void
prolong_log(const struct store *s)
{
	char path[PATH_MAX + 4];
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) char *zeros = NULL;
	struct stat st;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s-wal", s->path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size >= WAL_BYTES)
		return;
	n = (size_t)(WAL_BYTES - st.st_size);
	zeros = calloc(1, n);
	if (!zeros)
		return;
	if (pwrite(fd, zeros, n, st.st_size) != (ssize_t)n)
		(void)!ftruncate(fd, st.st_size); /* a disk that is nearly full has better uses */
	else
		(void)fdatasync(fd);
}

void
store_log_begin(struct store *s)
{
	(void)sqlite3_wal_hook(s->db, on_commit, s);
	prolong_log(s);
}
