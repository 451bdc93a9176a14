#include "base/memory.h"

#include <stdlib.h>

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
