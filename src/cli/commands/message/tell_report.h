/* What a command says about the notes that it has told. */
#ifndef PCHAT_CLI_COMMANDS_MESSAGE_TELL_REPORT_H
#define PCHAT_CLI_COMMANDS_MESSAGE_TELL_REPORT_H

#include "client/teller.h"

/*
 * Says how teller_run() ended, by v, unless it ended well, and returns the exit status. `command` is what the advice to
 * repeat names, and `whom` are its words for the receiver: "bob", or "--note 12", which is bound to the account.
 */
int tell_report(const struct teller *t, const char *command, const char *whom, enum verdict v);

/* For teller.delivered, with --json: prints an object for the note. */
void tell_report_delivered(const struct teller *t, bool kept);

#endif
