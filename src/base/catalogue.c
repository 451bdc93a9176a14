#include "base/catalogue.h"

#include <string.h>

#include "base/plural.h"

#define MAGIC 0x950412deU
#define MAGIC_SWAPPED 0xde120495U
#define HEADER_BYTES 20U
#define ENTRY_BYTES 8U

/* The caller has seen to it that four bytes are there. */
static uint32_t
number(const struct catalogue *c, size_t at)
{
	const unsigned char *b = c->bytes + at;
	const uint32_t value =
	    (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;

	return c->swapped ? __builtin_bswap32(value) : value;
}

/* Entry i of a table: text that ends with NUL, within the file. NULL: it is not so. */
static const char *
text(const struct catalogue *c, size_t table, uint32_t i, size_t *length)
{
	const size_t entry = table + (size_t)i * ENTRY_BYTES;
	const size_t offset = number(c, entry + 4);

	*length = number(c, entry);
	if (offset >= c->size || *length >= c->size - offset || c->bytes[offset + *length] != '\0')
		return NULL;
	return (const char *)c->bytes + offset;
}

static bool
has_table(const struct catalogue *c, size_t at)
{
	return at <= c->size && c->count <= (c->size - at) / ENTRY_BYTES;
}

bool
catalogue_init(struct catalogue *c, const void *bytes, size_t size)
{
	const char *header;

	*c = (struct catalogue){ .bytes = bytes, .size = size };
	if (size < HEADER_BYTES)
		return false;
	c->swapped = number(c, 0) == MAGIC_SWAPPED;
	if (number(c, 0) != MAGIC || number(c, 4) >> 16 > 1)
		return false;
	c->count = number(c, 8);
	c->english = number(c, 12);
	c->translated = number(c, 16);
	if (!has_table(c, c->english) || !has_table(c, c->translated))
		return false;
	header = catalogue_find(c, "");
	c->forms = header ? strstr(header, "Plural-Forms:") : NULL;
	return true;
}

static const char *
find(const struct catalogue *c, const char *english, size_t *length)
{
	uint32_t low = 0, high = c->count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const char *here = text(c, c->english, middle, length);
		const int order = here ? strcmp(english, here) : 0;

		if (!here)
			return NULL;
		if (order == 0)
			return text(c, c->translated, middle, length);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* One that is empty is none: the message is not translated yet. */
const char *
catalogue_find(const struct catalogue *c, const char *english)
{
	size_t length;
	const char *found = find(c, english, &length);

	return found && *found ? found : NULL;
}

const char *
catalogue_find_count(const struct catalogue *c, const char *one, unsigned long n)
{
	size_t length;
	const char *found = find(c, one, &length), *end = found ? found + length : NULL;

	for (unsigned long form = plural_form(c->forms, n); found && form > 0; form--) {
		found += strlen(found) + 1;
		if (found > end)
			return NULL;
	}
	return found && *found ? found : NULL;
}
