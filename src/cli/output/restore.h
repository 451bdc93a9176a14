/*
 * A terminal that is as it was although a signal ends or stops the command that prints there: without colour, and with
 * autowrap. A command that reads its signals itself is not touched by this, nor is a signal that was ignored.
 */
#ifndef PCHAT_CLI_OUTPUT_RESTORE_H
#define PCHAT_CLI_OUTPUT_RESTORE_H

#include <sys/types.h>

/*
 * From now on the terminal `fd` is put back before a signal ends this process. With `resumed` also before one stops it, and
 * that is called when it goes on: it must be fit for a signal handler.
 */
void restore_at_signals(int fd, void (*resumed)(void));

/* For handlers of signals: does what the signal does when it is not caught, which ends or stops the process. */
void restore_suffer(int number);

/*
 * A pager with this pid has the terminal, until 0 is said: a signal that ends us ends the pager before, and the terminal gets
 * back the modes that it has now.
 */
void restore_pager(pid_t pid);

/* The pager was ended by a signal: the terminal has the modes that it had when restore_pager() named the pager. */
void restore_modes(void);

#endif
