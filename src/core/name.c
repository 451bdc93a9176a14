#include "core/name.h"

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
name_valid(const char *text, size_t len)
{
	if (len < 1 || len > NAME_MAX_LEN || !is_alnum(text[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_alnum(text[i]) && text[i] != '.' && text[i] != '_' && text[i] != '-')
			return false;
	return true;
}

bool
name_equal(const char *a, const char *b)
{
	for (; lower(*a) == lower(*b); a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

void
name_fold(const char *name, char out[NAME_MAX_LEN + 1])
{
	size_t i;

	for (i = 0; i < NAME_MAX_LEN && name[i] != '\0'; i++)
		out[i] = lower(name[i]);
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
