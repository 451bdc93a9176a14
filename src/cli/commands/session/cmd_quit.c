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
	int rc;

	while ((rc = link_request(l, &request, deadline, &reply)) == -ECONNRESET) {
		if ((v = link_come_back(l, deadline)) == VERDICT_NO_SESSION)
			return 0; /* it went without a word, but not without the session */
		if (v != VERDICT_OK)
			return report(v, "%s", l->words);
	}
	v = rc == 0 ? link_outcome(l, &reply) : link_verdict(l, rc);
	if (v == VERDICT_OK && reply.u.outcome.words[0])
		remark("%s", l->words); /* the daemon does not know of it */
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
