/*
 * Giving memory back to the system: what a rush has taken, malloc(3) keeps for the next one, and a daemon that was busy once
 * stays large for ever.
 */
#ifndef PCHAT_BASE_MEMORY_H
#define PCHAT_BASE_MEMORY_H

#include <stddef.h>

/* At the start of a program that runs for long: what is large is given back as soon as it is freed. */
void memory_setup(void);

/* Gives back what is free now. It walks the heap: not more often than now and then. */
void memory_give_back(void);

/* Gives back what of a block holds zeros alone, as far as it fills pages. They are zero when they are next read. */
void memory_give_back_zeros(void *p, size_t n);

#endif
