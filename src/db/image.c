#include "db/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/write.h"
#include "db/database.h"

#define MADE ".made" /* one in the making */

/* Of the first page, https://sqlite.org/fileformat2.html section 1.3 */
#define VERSION_TO_WRITE 18
#define VERSION_TO_READ 19
#define WITH_LOG 2
#define HEAD_BYTES 100

#ifdef HAVE_SQLITE3_SERIALIZE
/* A database in memory has no log, and cannot be told to have one: its image is. */
static int
take_image(sqlite3 *db, unsigned char **image, size_t *size)
{
	sqlite3_int64 n = 0;

	*image = sqlite3_serialize(db, "main", &n, 0);
	if (!*image)
		return -ENOMEM;
	if (n < HEAD_BYTES)
		return -EIO;
	(*image)[VERSION_TO_WRITE] = (*image)[VERSION_TO_READ] = WITH_LOG;
	*size = (size_t)n;
	return 0;
}
#else
static int
take_image(sqlite3 *db, unsigned char **image, size_t *size)
{
	(void)db, (void)image, (void)size;
	return -ENOSYS;
}
#endif

static int
draw(const char *sql, unsigned char **image, size_t *size)
{
	_cleanup_(database_closep) sqlite3 *db = NULL;
	int r;

	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return -ENOMEM;
	r = database_exec(db, sql);
	return r < 0 ? r : take_image(db, image, size);
}

static int
write_file(const char *path, const void *data, size_t n)
{
	_cleanup_(closep) const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_whole(fd, data, n);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int
write_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return write_names(folder[0] ? folder : "/");
}

static int
put(const char *path, const void *image, size_t size)
{
	char made[PATH_MAX];
	int r;

	if ((size_t)snprintf(made, sizeof(made), "%s" MADE, path) >= sizeof(made))
		return -ENAMETOOLONG;
	/* What it holds before its name: a name alone would be a file that is empty, or damaged. */
	r = write_file(made, image, size);
	if (r == 0 && rename(made, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(made);
		return r;
	}
	return write_name(path);
}

int
image_make(const char *path, const char *sql)
{
	unsigned char *image = NULL;
	size_t size = 0;
	int r;

	if ((r = draw(sql, &image, &size)) == 0)
		r = put(path, image, size);
	sqlite3_free(image);
	return r;
}
