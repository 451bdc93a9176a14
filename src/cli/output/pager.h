/* Long output on a terminal goes through $PAGER, else less(1), else more(1). */
#ifndef PCHAT_CLI_OUTPUT_PAGER_H
#define PCHAT_CLI_OUTPUT_PAGER_H

/*
 * Starts a pager and sends what output.h prints into it. Does nothing unless standard input and output are a terminal
 * that is known, and there is a pager.
 */
void pager_begin(void);

/* Ends the output, and waits until the user leaves the pager. Leaving it before the end of the output is no error. */
void pager_end(void);

#endif
