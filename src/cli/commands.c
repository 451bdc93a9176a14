#include <string.h>

#include "cli/command.h"
#include "cli/edition.h"

const struct command *
command_find(const char *name)
{
	for (const struct command *const *c = edition_commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}
