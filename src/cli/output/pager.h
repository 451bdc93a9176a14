/*
 * Long output on a terminal goes through $PAGER, else less(1), as git does it.
 */
#ifndef PCHAT_CLI_OUTPUT_PAGER_H
#define PCHAT_CLI_OUTPUT_PAGER_H

/* Diverts output.h into a pager, when standard input and output are a terminal that is known, and there is one. */
void pager_begin(void);

/* Waits until it is left; it is no error when that was before the end of the output. */
void pager_end(void);

#endif
