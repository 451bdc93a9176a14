/* pchat decline: what the partner offers is not wanted. */
#include <string.h>

#include "base/translate.h"
#include "cli/commands/stream/offers.h"
#include "cli/line/command.h"
#include "cli/output/report.h"

static int
decline_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct control_message m = { .type = CONTROL_DECLINE };
	enum verdict v;

	if (o->operand_count > 0 && !offers_number(o->operands[0], &m.u.offered.number))
		return report(VERDICT_USAGE, "'%.64s' is not the number of an offer", o->operands[0]);
	v = offers_need_features(&inv->link);
	if (v == VERDICT_OK)
		v = link_command(&inv->link, &m, options_deadline(o));
	if (v == VERDICT_NO_STREAMS || inv->link.features == 0)
		return report(VERDICT_NO_STREAMS, "%s", inv->link.words);
	if (v == VERDICT_NOTHING && m.u.offered.number > 0)
		return report(v, "offer %s is not there, or not any more", o->operands[0]);
	if (v == VERDICT_NOTHING)
		return report(v, "nothing is offered");
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

const struct command command_decline = {
	.name = "decline",
	.operands = "[ID]",
	.summary = N_("refuse the partner's oldest offer, or offer ID"),
	.examples = "pchat decline\n"
		    "pchat decline 7\n",
	.details = N_("Whoever offered it is told: their 'pipe' or 'give' ends with exit status 11. Exit status\n"
		      "1: nothing is offered.\n"),
	.max_operands = 1,
	.needs_session = true,
	.knows_notes = true,
	.run = decline_run,
};
