/* Long output on a terminal goes through $PAGER, else less(1), else more(1). */
#ifndef PCHAT_CLI_OUTPUT_PAGER_H
#define PCHAT_CLI_OUTPUT_PAGER_H

#include "base/macros.h"

/*
 * Starts a pager and sends what output.h prints into it. Does nothing unless standard input and output are a terminal
 * that is known, and there is a pager.
 */
void pager_begin(void);

/*
 * Ends the output, and waits until the user leaves the pager. 0; leaving it before the end of the output, or ending it by a
 * signal, is no error. Else the exit status, with words: the pager failed, and nobody knows what it has shown.
 */
MUST_USE int pager_end(void);

#endif
