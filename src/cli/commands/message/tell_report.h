/* What a command says of the notes that it told. */
#ifndef PCHAT_CLI_COMMANDS_MESSAGE_TELL_REPORT_H
#define PCHAT_CLI_COMMANDS_MESSAGE_TELL_REPORT_H

#include "client/teller.h"

/* Tells people how it ended, unless well; returns the exit status. `command`: what to repeat it with. */
int tell_report(const struct teller *t, const char *command, enum verdict v);

/* For teller.delivered, under --json: an object that says so. */
void tell_report_delivered(const struct teller *t, bool kept);

#endif
