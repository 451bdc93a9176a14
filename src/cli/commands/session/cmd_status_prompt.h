/*
 * `status --prompt`, which both programs have. The light one has it as a row
 * of its own, the full one runs it from the row of status.
 */
#ifndef PCHAT_CLI_COMMANDS_SESSION_CMD_STATUS_PROMPT_H
#define PCHAT_CLI_COMMANDS_SESSION_CMD_STATUS_PROMPT_H

struct invocation;

int status_prompt_run(struct invocation *inv);

#endif
