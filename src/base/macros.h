/*
 * Small language helpers shared by every layer: cleanup attributes, array
 * sizes, the attributes of the compiler that we lean on.
 */
#ifndef PCHAT_BASE_MACROS_H
#define PCHAT_BASE_MACROS_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The object that `member` is embedded in. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_USE __attribute__((warn_unused_result))

/* _cleanup_(foo_freep) struct foo *f = NULL;  hand over by storing, then f = NULL. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void
freep(void *p)
{
	free(*(void **)p);
}

static inline void
closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#endif
