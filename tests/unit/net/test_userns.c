/* Whom a user namespace knows. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/macros.h"
#include "folder.h"
#include "net/userns.h"

START_TEST(test_maps)
{
	static const struct {
		const char *map;
		bool whole;
	} rows[] = {
		{ "         0          0 4294967295\n", true }, { "         0       1000          1\n", false },
		{ "         0          0      65536\n", false },
		{ "         0     100000      65536\n     65536          0          1\n", false },
		{ "", false }, /* not written yet: nobody is known */
	};
	char dir[FOLDER_PATH], path[128];

	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/map", dir);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		FILE *f = fopen(path, "we");

		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(rows[i].map, f), 0);
		ck_assert_int_eq(fclose(f), 0);
		ck_assert_msg((userns_stranger(path) == USERNS_NOBODY) == rows[i].whole, "%s", rows[i].map);
	}
	(void)snprintf(path, sizeof(path), "%s/none", dir);
	ck_assert_uint_eq(userns_stranger(path), USERNS_NOBODY);
	folder_remove(dir);
}
END_TEST

Suite *
userns_suite(void)
{
	Suite *s = suite_create("userns");
	TCase *tc = tcase_create("userns");

	tcase_add_test(tc, test_maps);
	suite_add_tcase(s, tc);
	return s;
}
