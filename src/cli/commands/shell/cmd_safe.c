/*
 * pchat __safe TEXT [COLUMNS]: as a terminal may see it, in rows when it has so many columns; for the light program, which
 * has no tables for most scripts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"

static int
safe_run(struct invocation *inv)
{
	const char *text = inv->opt.operands[0];
	const size_t columns = inv->opt.operand_count > 1 ? strtoul(inv->opt.operands[1], NULL, 10) : 0;
	const size_t size = REPORT_SAFE_MAX(strlen(text));
	_cleanup_(freep) char *safe = malloc(size);

	if (!safe)
		return 1;
	output_write(safe, rows_safe(text, columns, safe, size));
	return 0;
}

const struct command command_safe = {
	.name = "__safe",
	.operands = "TEXT [COLUMNS]",
	.summary = N_("what a terminal may see of a text"),
	.examples = "pchat __safe -- \"$line\"\n",
	.min_operands = 1,
	.max_operands = 2,
	.hidden = true,
	.run = safe_run,
};
