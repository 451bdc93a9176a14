/* pchat quit: end chat and session; the name is free at once, the inbox stays. */
#include <errno.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/report.h"

static int
quit_run(struct invocation *inv)
{
	const struct control_message request = { .type = CONTROL_QUIT };
	const uint64_t deadline = options_deadline(&inv->opt);
	struct link *l = &inv->link;
	struct control_message reply;
	enum verdict v;
	int rc = link_request(l, &request, deadline, &reply);

	if (rc == 0)
		v = link_outcome(l, &reply);
	else if (rc == -ECONNRESET && (v = link_come_back(l, deadline)) == VERDICT_NO_SESSION)
		return 0; /* it went without a word, but not without the session */
	else if (rc == -ECONNRESET && v == VERDICT_OK)
		v = link_command(l, &request, deadline);
	else if (rc != -ECONNRESET)
		v = link_verdict(l, rc);
	return v == VERDICT_OK ? 0 : report(v, "%s", l->words);
}

const struct command command_quit = {
	.name = "quit",
	.operands = "",
	.summary = N_("end the chat and log out; what was received stays readable"),
	.examples = "pchat quit\n",
	.needs_session = true,
	.run = quit_run,
};
