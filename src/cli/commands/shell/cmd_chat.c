/* pchat chat: the row. What runs it differs: pchat-full becomes pchat-chat, which links what a terminal takes. */
#include "cli/line/command.h"

const struct command command_chat = {
	.name = "chat",
	.operands = "[NAME]",
	.summary = "talk at a terminal: messages appear above the line being typed",
	.examples = "pchat chat\n"
		    "pchat chat bob\n"
		    "tail -f build.log | pchat chat bob\n",
	.details = "Begins to chat with NAME, if given. In it, /help shows the commands; ^D closes\n"
		   "it, and you stay logged in: what arrives meanwhile is shown the next time.\n"
		   "Without a terminal it is a filter: each line of standard input is sent as it\n"
		   "is, and what arrives is printed.\n",
	.max_operands = 1,
	.names_first = true,
	.needs_session = true,
	.run = chat_run,
};
