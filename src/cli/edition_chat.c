/* pchat-chat: the command line as in pchat-full, with a single row. */
#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "cli/chat/chat.h"
#include "cli/line/command.h"
#include "cli/line/typed.h"
#include "cli/output/format.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "net/process.h"
#include "proto/status.h"

static const struct command *const commands[] = {
	&command_chat,
	NULL,
};

/* pchat-full has looked at the line before. */
static int
prepare(struct invocation *inv, int parsed)
{
	char words[TYPED_WORDS];

	if (inv->opt.given[OPT_JSON])
		report_as_json(format_json_error);
	if (parsed < 0 || !inv->opt.command || inv->opt.given[OPT_HELP] || inv->opt.given[OPT_VERSION])
		return report(VERDICT_USAGE, "run it as: pchat chat [NAME]");
	if (typed_names(&inv->opt, words) != VERDICT_OK)
		return report(VERDICT_MALFORMED, "%s", words);
	return -1;
}

/* A pair with whom the user named comes first: when it cannot be had, the chat does not begin. */
static enum verdict
pair(struct invocation *inv)
{
	struct control_message request = { .type = CONTROL_TO };
	const uint64_t deadline = options_deadline(&inv->opt);

	if (inv->opt.operand_count == 0)
		return VERDICT_OK;
	(void)snprintf(request.u.to.name, sizeof(request.u.to.name), "%s", inv->opt.operands[0]);
	return link_command(&inv->link, &request, deadline);
}

int
chat_run(struct invocation *inv)
{
	const int room = process_room(CHAT_FILES);
	enum verdict v;

	/* Before anything is changed: a connection that cannot be made would be waited for. */
	if (room < 0)
		return report(VERDICT_FAILED, "a chat needs %u more open files: %s; 'ulimit -n' shows the limit",
		    CHAT_FILES, error_words(-room));
	v = pair(inv);
	if (v == VERDICT_NO_SESSION || v == VERDICT_FAILED)
		return report(v, "%s", inv->link.words);
	if (v == VERDICT_NO_SUCH_USER && link_alone(&inv->link))
		return report(v, "%s: %s (%s)", inv->opt.operands[0], inv->link.words, link_alone(&inv->link));
	if (v != VERDICT_OK)
		return report(v, "%s: %s", inv->opt.operands[0], inv->link.words);
	return chat_main(inv);
}

const struct edition edition = {
	.commands = commands,
	.prepare = prepare,
	.safe = rows_safe,
};
