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

enum verdict
command_find_session(struct invocation *inv)
{
	const struct link_wish wish = { .session = inv->opt.text[OPT_SESSION], .socket = inv->opt.text[OPT_SOCKET] };

	return link_find(&inv->link, &wish);
}
