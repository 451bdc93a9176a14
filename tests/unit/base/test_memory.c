/* Memory that is given back: zeros stay zeros, and what is beside them stays as it is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

START_TEST(zeros_stay_zeros)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 8 * page;
	unsigned char in_memory[8];
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	memset(p, 'x', n);
	memset(p + page / 2, 0, 4 * page);
	memory_give_back_zeros(p + page / 2, 4 * page);
	ck_assert_int_eq(mincore(p, n, in_memory), 0);
	ck_assert((in_memory[0] & 1) && !(in_memory[1] & 1) && !(in_memory[3] & 1) && (in_memory[4] & 1));
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(p[i], i >= page / 2 && i < page / 2 + 4 * page ? 0 : 'x');
	memory_give_back_zeros(p + page / 2, page); /* no whole page is in it */
	ck_assert_int_eq(p[0], 'x');
	(void)munmap(p, n);
}
END_TEST

START_TEST(what_is_in_use_stays)
{
	char *p;

	memory_setup();
	p = malloc(100000);
	ck_assert_ptr_nonnull(p);
	memset(p, 'x', 100000);
	free(malloc(1000000));
	memory_give_back();
	for (size_t i = 0; i < 100000; i++)
		ck_assert_int_eq(p[i], 'x');
	free(p);
}
END_TEST

Suite *
memory_suite(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("core");

	tcase_add_test(t, zeros_stay_zeros);
	tcase_add_test(t, what_is_in_use_stays);
	suite_add_tcase(s, t);
	return s;
}
