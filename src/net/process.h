/*
 * Starting our own programs, and living in the background: a started program
 * holds none of the caller's descriptors, terminal, working directory or process group, and
 * reports through a pipe when it is ready.
 */
#ifndef PCHAT_NET_PROCESS_H
#define PCHAT_NET_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/macros.h"

/*
 * The path of one of our own programs ("pchat-session", "pchat-full", "pchatd", ...): in $PCHAT_EXEC_PATH when
 * that is set, else where it was installed. It is absolute, also when the variable is not. -ENAMETOOLONG when it does not
 * fit, -errno when there is no working directory.
 */
MUST_USE int process_path(const char *program, char *out, size_t size);

/*
 * Runs `argv` (argv[0] a path) in a session of its own with standard input, output and error on /dev/null, every
 * other descriptor closed but the readiness pipe, which is its descriptor 3. Waits at most timeout_ms
 * for what it reports. `report` receives the report as text, NUL-terminated: "ok", or lines.
 * Returns the length of the report, 0 when it ended without one, -ETIMEDOUT, or -errno of fork, exec, pipe.
 * The program is no child of the caller: nothing has to be reaped.
 */
MUST_USE int process_start(char *const argv[], int timeout_ms, char *report, size_t size);

/*
 * 0 when `count` more descriptors may be opened, else -EMFILE: for a program that would stop half-way without them.
 */
MUST_USE int process_room(unsigned count);

/* In a process that was forked: every descriptor from `first` on is closed; signals do what they do in a new process. */
void process_close_from(unsigned first);
void process_default_signals(void);

/*
 * In a process that was forked: `sig` comes when `parent`, who forked it, dies (PR_SET_PDEATHSIG, prctl(2)). False: it has
 * died already, or the kernel refuses.
 */
MUST_USE bool process_dies_with(pid_t parent, int sig);

/* In the started program: writes the report to descriptor 3 and closes it. */
void process_report(const char *text);

/* Makes the calling process a daemon as above; the parent waits for process_report() and exits with its
 * outcome: 0 after "ok", else 1 with the report on stderr. Only for a main. */
MUST_USE int process_detach(void);

#endif
