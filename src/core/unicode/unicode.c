#include "core/unicode/unicode_impl.h"

const struct unicode *
unicode_get(uint32_t cp)
{
	if (cp > UNICODE_MAX)
		cp = UNICODE_MAX;
	return &unicode_records[unicode_block[unicode_blocks[cp / UNICODE_BLOCK]][cp % UNICODE_BLOCK]];
}

const uint64_t *
unicode_scripts(const struct unicode *u)
{
	return unicode_sets[u->set];
}

/* The bytes that a first byte announces; 0: it begins nothing. */
static size_t
sequence_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

size_t
unicode_decode(const char *text, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t n = len > 0 ? sequence_length((uint8_t)text[0]) : 0;
	uint32_t value;

	if (n == 0 || n > len)
		return 0;
	value = n == 1 ? (uint8_t)text[0] : (uint8_t)text[0] & (0x7FU >> n);
	for (size_t i = 1; i < n; i++) {
		if (((uint8_t)text[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | ((uint8_t)text[i] & 0x3F);
	}
	if (value < least[n] || value > UNICODE_MAX || (value >= 0xD800 && value < 0xE000))
		return 0;
	*cp = value;
	return n;
}

size_t
unicode_whole(const char *text, size_t n)
{
	size_t first = n;
	uint32_t cp;

	while (first > 0 && n - first < UNICODE_UTF8_MAX - 1 && ((unsigned char)text[first - 1] & 0xC0) == 0x80)
		first--;
	if (first == 0 || (unsigned char)text[first - 1] < 0xC0)
		return n;
	return unicode_decode(text + first - 1, n - first + 1, &cp) == 0 ? first - 1 : n;
}

size_t
unicode_encode(uint32_t cp, char out[UNICODE_UTF8_MAX])
{
	const size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)cp;
		return 1;
	}
	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3F));
	out[0] = (char)((0xF0U << (4 - n) & 0xFF) | cp);
	return n;
}
