/*
 * Gives memory back to the system. malloc(3) keeps what was freed, so without this a daemon that was busy once would
 * stay large for ever.
 */
#ifndef PCHAT_BASE_MEMORY_H
#define PCHAT_BASE_MEMORY_H

#include <stddef.h>

/*
 * Sets malloc(3) up so that a block of 64 KiB or more goes back to the system as soon as it is freed. Call it once, at
 * the start of a program that runs for long. Does nothing where the C library is not GNU's.
 */
void memory_setup(void);

/* Gives back to the system what is free in the heap. It walks the whole heap, so call it only when little happens. */
void memory_give_back(void);

/*
 * Gives back the whole pages among the n bytes at p, which must all be zero and lie in private memory of no file. They
 * read as zero afterwards. When the system refuses, they only go on taking memory.
 */
void memory_give_back_zeros(void *p, size_t n);

#endif
