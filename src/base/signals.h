/*
 * What signals do in our programs, whatever who started us made them do: a program that inherits SIGCHLD ignored cannot
 * wait for its children, and one that is killed for writing too much cannot say so. The user's own settings are kept,
 * and given to the programs that we start or become.
 */
#ifndef PCHAT_BASE_SIGNALS_H
#define PCHAT_BASE_SIGNALS_H

#include <signal.h>

#include "base/macros.h"

/*
 * First of all in a main. Writing to nobody (SIGPIPE), or beyond the largest file that is allowed (SIGXFSZ), is an error;
 * of children is told (SIGCHLD); nothing is blocked.
 */
void signals_begin(void);

/* Only that of SIGPIPE, by one system call: for a program that is to be fast. signals_begin() may follow. */
void signals_begin_writing(void);

/* Before this process becomes another program: all is as it was when it began. */
void signals_give_back(void);

/* For a program that is run for the user: which of those it has at their defaults, and which are blocked, as we had it. */
void signals_of_user(sigset_t *defaults, sigset_t *blocked);

#endif
