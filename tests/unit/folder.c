#include "folder.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void
folder_make(char path[FOLDER_PATH])
{
	(void)snprintf(path, FOLDER_PATH, "/tmp/pchat-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st, (void)kind, (void)place;
	return remove(path);
}

void
folder_remove(const char *path)
{
	ck_assert_int_eq(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *wanted; /* nftw(3) hands nothing on */

static int
look_into(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	const size_t size = (size_t)st->st_size;
	bool found;
	void *held;
	int fd;

	(void)place;
	if (kind != FTW_F || !S_ISREG(st->st_mode) || size == 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	held = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	ck_assert_ptr_ne(held, MAP_FAILED);
	found = memmem(held, size, wanted, strlen(wanted)) != NULL;
	ck_assert_int_eq(munmap(held, size), 0);
	ck_assert_int_eq(close(fd), 0);
	return found;
}

bool
folder_holds(const char *path, const char *bytes)
{
	int found;

	wanted = bytes;
	found = nftw(path, look_into, 16, FTW_PHYS);
	ck_assert_int_ge(found, 0);
	return found;
}
