/* pchat leave: end the chat, keep the session. */
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/report.h"

static int
leave_run(struct invocation *inv)
{
	const struct control_message request = { .type = CONTROL_LEAVE };
	const uint64_t deadline = options_deadline(&inv->opt);
	const enum verdict v = link_command(&inv->link, &request, deadline);

	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

const struct command command_leave = {
	.name = "leave",
	.operands = "",
	.summary = N_("end the chat, and stay logged in"),
	.examples = "pchat leave\n",
	.needs_session = true,
	.run = leave_run,
};
