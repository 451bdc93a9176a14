/*
 * What a command says on standard error: errors, in words or with --json as objects, remarks, and questions. The caller
 * need not care about foreign bytes: every text is made safe here, as a whole, and on a terminal it is wrapped, so that
 * what somebody else has written begins no row as a word of ours. Formats are translated here, too (base/translate.h).
 */
#ifndef PCHAT_CLI_OUTPUT_REPORT_H
#define PCHAT_CLI_OUTPUT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "core/verdict.h"

/* Most bytes of a safe text of `length` foreign bytes, in rows: on a terminal of few columns each has a feed and an indent. */
#define REPORT_SAFE_MAX(length) (4 * (8 * (length) + 16))

/*
 * Makes of a text one line that is safe on a terminal, in out[size] of at least REPORT_SAFE_MAX of its length, and returns
 * its length. With `columns` it is for a terminal of so many, and stands there in rows (proto/wrap.h).
 */
typedef size_t report_safe_fn(const char *text, size_t columns, char *out, size_t size);

/* Call it before anything is reported. `quiet`: remarks are dropped. */
void report_setup(report_safe_fn *safe, bool quiet);

/* What an error is about, beside its words. */
struct report_details {
	const char *msgid;  /* the id of a message, in hex; NULL: it is about none */
	int command_status; /* the status of a command of the user's, as shells have it; -1: it is about none */
};

/*
 * Errors are printed as `json` makes them from now on. It returns a line, which is freed here; NULL: short of memory.
 */
void report_as_json(char *(*json)(enum verdict v, const char *message, const struct report_details *d));

/* Says "pchat: ..." and returns the exit status of v, as do the functions below; never 0: what is reported has not succeeded. */
int report(enum verdict v, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same about the message `msgid`. The words name it as well. */
int report_message(enum verdict v, const char *msgid, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same about a command of the user's that ended with command_status; -1: about none. */
int report_command(enum verdict v, int command_status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * The same of a command that has sent nothing yet. With an `id` of the user's (--id; NULL: none) a time that is over does
 * not tell whether an earlier attempt under it has arrived: then it is UNCONFIRMED.
 */
int report_unsent(enum verdict v, const char *id, const char *words);

/* The same in the verdict's own words, about `subject`: "pchat: bob: nobody is ...". NULL or "": about nobody. */
int report_verdict(enum verdict v, const char *subject);

/*
 * Says why a command of the user's could not be started, by this -errno. The exit status is that of env(1): 126 or 127.
 */
int report_not_started(const char *command, int error);

/* Says a remark, unless remarks are dropped. */
void remark(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Asks the user, who sits at a terminal: the answer is typed behind it, after a blank. */
void report_ask(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
