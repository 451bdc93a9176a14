/* What a command says of what it has sent. */
#ifndef PCHAT_CLI_COMMANDS_MESSAGE_SENDER_REPORT_H
#define PCHAT_CLI_COMMANDS_MESSAGE_SENDER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/sender.h"

/* Tells people how it ended, unless well; returns the exit status. `command`: what to repeat it with. */
int sender_report(const struct sender *s, const char *command);

/* For sender.progress: a line of standard error that counts. */
void sender_report_progress(uint64_t delivered, bool last);

#endif
