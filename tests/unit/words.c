#include "words.h"

#include <check.h>
#include <string.h>

#include "cli/line/edition.h"

int
words_parse(struct options *o, const char *const words[])
{
	static char *argv[WORDS + 2];
	int argc = 1;

	memset(o, 0, sizeof(*o));
	argv[0] = (char *)"pchat";
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc] = NULL;
	return options_parse(o, edition.commands, argc, argv);
}

size_t
words_as_they_are(const char *text, size_t columns, char *out, size_t size)
{
	(void)columns;
	ck_assert_uint_lt(strlen(text), size);
	memcpy(out, text, strlen(text));
	return strlen(text);
}
