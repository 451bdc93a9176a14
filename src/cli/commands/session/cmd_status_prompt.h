/*
 * `status --prompt`, which the light and the full program have. The light one has a row for it; the full one runs it
 * from the row of status.
 */
#ifndef PCHAT_CLI_COMMANDS_SESSION_CMD_STATUS_PROMPT_H
#define PCHAT_CLI_COMMANDS_SESSION_CMD_STATUS_PROMPT_H

struct invocation;

/*
 * Prints what a shell's prompt shows; prints nothing, and starts no helper, when there is no session. Returns the exit
 * status.
 */
int status_prompt_run(struct invocation *inv);

#endif
