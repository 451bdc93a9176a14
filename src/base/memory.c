#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>

#define LARGE (64 * 1024)

void
memory_setup(void)
{
	/* Said once, they do not grow by themselves any more (mallopt(3)). */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	(void)mallopt(M_TRIM_THRESHOLD, LARGE);
}

void
memory_give_back(void)
{
	(void)malloc_trim(0);
}

#else

/* Other C libraries keep little. */
void
memory_setup(void)
{
}

void
memory_give_back(void)
{
}

#endif

void
memory_give_back_zeros(void *p, size_t n)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t first = ((uintptr_t)p + page - 1) / page * page;
	const uintptr_t end = ((uintptr_t)p + n) / page * page;

	/* One that is refused costs memory alone. */
	if (first < end)
		(void)madvise((char *)p + (first - (uintptr_t)p), end - first, MADV_DONTNEED);
}
