/*
 * A catalogue of translated messages in memory, in the format of GNU gettext's .mo files (its manual, "The Format of
 * GNU MO Files"). Whatever the bytes are, nothing outside of them is read. Pure.
 */
#ifndef PCHAT_BASE_CATALOGUE_H
#define PCHAT_BASE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalogue {
	const unsigned char *bytes;
	size_t size;
	bool swapped; /* it was made for the other byte order */
	uint32_t count;
	size_t english, translated; /* tables of (length, offset), sorted by the English */
	const char *forms;          /* Plural-Forms; NULL: none */
};

/* Whether it is one. It refers to the bytes from now on. */
bool catalogue_init(struct catalogue *c, const void *bytes, size_t size);

/* The translation, or NULL; of a message with plural forms the first. */
const char *catalogue_find(const struct catalogue *c, const char *english);

/* The form for a count. */
const char *catalogue_find_count(const struct catalogue *c, const char *one, unsigned long n);

#endif
