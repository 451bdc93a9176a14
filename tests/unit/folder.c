#include "folder.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

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
