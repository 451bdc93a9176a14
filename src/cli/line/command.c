#include "cli/line/command.h"

#include <string.h>

const struct command *
command_find(const struct command *const *table, const char *name)
{
	for (const struct command *const *c = table; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}
