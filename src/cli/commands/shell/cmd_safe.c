/* pchat __safe TEXT: as a terminal may see it; for the light program, which has no tables for most scripts. */
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "proto/safe.h"

static int
safe_run(struct invocation *inv)
{
	const char *text = inv->opt.operands[0];
	const size_t length = strlen(text), size = safe_bound(length, 0);
	_cleanup_(freep) char *safe = malloc(size);

	if (!safe)
		return 1;
	output_write(safe, safe_line(text, length, safe, size));
	return 0;
}

const struct command command_safe = {
	.name = "__safe",
	.operands = "TEXT",
	.summary = N_("what a terminal may see of a text"),
	.examples = "pchat __safe -- \"$line\"\n",
	.min_operands = 1,
	.max_operands = 1,
	.hidden = true,
	.run = safe_run,
};
