/*
 * What a command says on standard error: errors, in words or as --json, and
 * remarks. Foreign bytes need no care by the caller: every text is made safe
 * here, as a whole.
 */
#ifndef PCHAT_CLI_OUTPUT_REPORT_H
#define PCHAT_CLI_OUTPUT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "core/verdict.h"

/*
 * Before anything else: what makes a text one line that is safe on a terminal (its size is REPORT_SAFE_MAX of the
 * text's length, or more), and whether remarks are unwanted.
 */
#define REPORT_SAFE_MAX(length) (8 * (length) + 16)
void report_setup(size_t (*safe)(const char *text, char *out, size_t size), bool quiet);

/* What an error is about, beside its words. */
struct report_details {
	const char *msgid;  /* of a message; NULL: of none */
	int command_status; /* of a command of the user's, as shells have it; -1: of none */
};

/* Errors in another form (--json), as text that is the caller's. */
void report_as_json(char *(*json)(enum verdict v, const char *message, const struct report_details *d));

/* Says "pchat: ..." and returns the exit status of v. All of these look their text up (base/translate.h). */
int report(enum verdict v, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same about the message of that id, which is in the words as well. */
int report_message(enum verdict v, const char *msgid, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same about a command of the user's, which ended with this status; -1: about none. */
int report_command(enum verdict v, int command_status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same in the words of the verdict itself, about `subject`: "pchat: bob: nobody is ...". NULL: about nobody. */
int report_verdict(enum verdict v, const char *subject);

/* Says why a command of the user's could not be started (-errno); returns the exit status that env(1) would. */
int report_not_started(const char *command, int error);

/* A remark, unless -q. */
void remark(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
