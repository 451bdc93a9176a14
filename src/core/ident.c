#include "core/ident.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

static uint64_t
load_half(const uint8_t *b)
{
	uint64_t v;

	memcpy(&v, b, sizeof(v));
	return be64toh(v);
}

static void
store_half(uint8_t *b, uint64_t v)
{
	v = htobe64(v);
	memcpy(b, &v, sizeof(v));
}

struct ident
ident_add(const struct ident *id, uint64_t n)
{
	const uint64_t low = load_half(id->b + 8) + n;
	const uint64_t high = load_half(id->b) + (low < n);
	struct ident sum;

	store_half(sum.b, high);
	store_half(sum.b + 8, low);
	return sum;
}

bool
ident_distance(const struct ident *first, const struct ident *id, uint64_t *n)
{
	const uint64_t low_first = load_half(first->b + 8);
	const uint64_t low = load_half(id->b + 8);
	const uint64_t high = load_half(id->b) - load_half(first->b) - (low < low_first);

	if (high != 0)
		return false;
	*n = low - low_first;
	return true;
}

void
ident_format(const struct ident *id, char out[IDENT_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < IDENT_LEN; i++) {
		out[2 * i] = digits[id->b[i] >> 4];
		out[2 * i + 1] = digits[id->b[i] & 15];
	}
	out[IDENT_HEX_LEN] = '\0';
}

/* The value of a hex digit, -1 when it is none: isxdigit(3) would ask the locale. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
ident_parse(const char *text, struct ident *id)
{
	struct ident parsed;

	for (size_t i = 0; i < IDENT_LEN; i++) {
		const int high = hex_value(text[2 * i]);
		const int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);

		if (low < 0)
			return false;
		parsed.b[i] = (uint8_t)(high << 4 | low);
	}
	if (text[IDENT_HEX_LEN] != '\0')
		return false;
	*id = parsed;
	return true;
}
