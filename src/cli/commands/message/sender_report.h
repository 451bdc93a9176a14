/* What a command says about the messages that it has sent. */
#ifndef PCHAT_CLI_COMMANDS_MESSAGE_SENDER_REPORT_H
#define PCHAT_CLI_COMMANDS_MESSAGE_SENDER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/sender.h"

/*
 * Says how sender_run() ended, unless it ended well, and returns the exit status. `command` is what the advice to
 * repeat names: "send".
 */
int sender_report(const struct sender *s, const char *command);

/* For sender.progress: a line on standard error that counts. With `last` it is complete. */
void sender_report_progress(uint64_t delivered, bool last);

#endif
