/*
 * Standard output: collected, written in large pieces, and never forgotten: the
 * first error stays, and main() asks for it at the end.
 */
#ifndef PCHAT_CLI_OUTPUT_OUTPUT_H
#define PCHAT_CLI_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

void output_write(const void *data, size_t n);
void output_string(const char *s);
void output_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* What was to be written could not be made (-errno): that is an error like one of writing. */
void output_fail(int error);

/* Writes all that was collected. 0, or -errno of the first error there ever was. */
int output_flush(void);

/* Whether some of what was printed may not be written yet. Fit for a signal handler. */
bool output_is_pending(void);

/*
 * For what must not wait: what nobody reads is given up at this deadline of base/clock.h, which is an error as any,
 * -ETIMEDOUT. Whoever reads, be it slowly, gets all.
 */
void output_give_up(uint64_t deadline);

/* Everything goes to this descriptor from now on (a pager); errors of the earlier one are forgotten. */
void output_redirect(int fd);

/* What is collected goes to `take` from now on, which cannot fail; NULL: to the descriptor again. */
void output_divert(void (*take)(const void *data, size_t n, void *context), void *context);

#endif
