/*
 * pchat status --prompt: for PS1 and status lines. Says a word or nothing, never
 * fails, never takes long, starts nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands/session/cmd_status_prompt.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "proto/feature.h"

#define PROMPT_MS 40 /* of the 50 that a prompt may take */

static const struct option_row options[] = {
	{ OPT_PROMPT, 0, "prompt", OPTION_NOTHING, NULL, "" },
	{ 0 },
};

/* A helper of an older pchat that knows no notes is asked again without them. */
static bool
ask(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *m)
{
	int rc;

	do {
		if (link_connect(l, deadline) != VERDICT_OK)
			return false;
		rc = link_request(l, request, deadline, m);
	} while (rc == -ECONNRESET && l->features == 0 && poll_time(deadline) != 0);
	return rc == 0 && m->type == CONTROL_STATE;
}

int
status_prompt_run(struct invocation *inv)
{
	static const struct control_message request = { .type = CONTROL_STATUS };
	const uint64_t deadline = deadline_in(PROMPT_MS);
	struct link *l = &inv->link;
	struct control_message m;
	const char *name;
	uint64_t unread;

	l->features = FEATURE_NOTES;
	if (command_find_session(inv) != VERDICT_OK || !ask(l, &request, deadline, &m))
		return 0;
	output_give_up(deadline);
	unread = m.u.state.unread + m.u.state.notes;
	name = m.u.state.partner.name[0] ? m.u.state.partner.name : m.u.state.self.name;
	if (unread > 0)
		output_printf("%s:%" PRIu64 "\n", name, unread);
	else
		output_printf("%s\n", name);
	output_redirect(STDOUT_FILENO); /* written; and that it could not be is forgotten */
	return 0;
}

/* The light program's row: every other form of status is the full program's. */
const struct command command_status_prompt = {
	.name = "status",
	.operands = "",
	.options = options,
	.only_with = OPT_PROMPT,
	.run = status_prompt_run,
};
