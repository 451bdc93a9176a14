#include "core/name.h"

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

static bool
possible_character(char c, bool first)
{
	return is_alnum(c) || (uint8_t)c >= 0x80 || (!first && (c == '.' || c == '_' || c == '-' || c == '@'));
}

bool
name_possible(const char *text, size_t len)
{
	size_t n;

	if (len < 1 || len > NAME_MAX_LEN)
		return false;
	for (size_t at = 0; at < len; at += n) {
		n = sequence(text + at, len - at);
		if (n == 0 || !possible_character(text[at], at == 0))
			return false;
	}
	return len <= NAME_MAX_CHARACTERS || !name_is_ascii(text, len);
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
