#include "core/names/name.h"

#include <string.h>

/* By hand, not by ctype(3): a name means the same in every locale. */
static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
name_is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)text[i] >= 0x80)
			return false;
	return true;
}

/* Bytes of the sequence at `text`; 0 when it is none. Of what is not shortest, or no character, tables tell. */
static size_t
sequence(const char *text, size_t len)
{
	const uint8_t first = (uint8_t)text[0];
	const size_t n = first < 0x80 ? 1
	    : first < 0xC2            ? 0
	    : first < 0xE0            ? 2
	    : first < 0xF0            ? 3
	    : first < 0xF5            ? 4
				      : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((uint8_t)text[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

#define LETTERS UINT64_C(0x7FFFFFE) /* of 32 codes those of A to Z, or a to z */

/* Of ASCII what may stand in a name: a bit for each, looked up, since each message asks. What is beyond ASCII is not. */
static bool
is_name_character(uint8_t c)
{
	static const uint64_t allowed[4] = {
		UINT64_C(0x3FF) << '0' | UINT64_C(1) << '.' | UINT64_C(1) << '-',
		LETTERS | LETTERS << 32 | UINT64_C(1) << ('_' - 64) | UINT64_C(1) << ('@' - 64),
	};

	return allowed[c >> 6] >> (c & 63) & 1;
}

bool
name_possible(const char *text, size_t len)
{
	size_t at = 0, n;

	if (len < 1 || len > NAME_MAX_LEN || !(is_alnum(text[0]) || (uint8_t)text[0] >= 0x80))
		return false;
	while (at < len && is_name_character((uint8_t)text[at]))
		at++;
	if (at == len)
		return len <= NAME_MAX_CHARACTERS; /* of ASCII alone, as most are */
	for (; at < len; at += n) {
		const uint8_t c = (uint8_t)text[at];

		n = 1;
		if (c < 0x80 ? !is_name_character(c) : (n = sequence(text + at, len - at)) == 0)
			return false;
	}
	return true;
}

bool
name_equal_ascii(const char *a, const char *b)
{
	for (; lower(*a) == lower(*b); a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

void
name_lower(const char *name, char out[NAME_MAX_LEN + 1])
{
	const bool ascii = name_is_ascii(name, strnlen(name, NAME_MAX_LEN));
	size_t i;

	for (i = 0; i < NAME_MAX_LEN && name[i] != '\0'; i++)
		out[i] = ascii ? lower(name[i]) : name[i];
	out[i] = '\0';
}

/* FNV-1a. Unkeyed will do: whoever may hold but a few sessions cannot make a chain long. */
uint32_t
name_hash(const char *name)
{
	uint32_t hash = 2166136261U;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)lower(*name)) * 16777619U;
	return hash;
}
