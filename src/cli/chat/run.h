/*
 * Runs another command of pchat beside the chat, which goes on meanwhile, and collects what it says: a
 * /command does exactly what the command of that name does in the shell.
 */
#ifndef PCHAT_CLI_CHAT_RUN_H
#define PCHAT_CLI_CHAT_RUN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#define RUN_WORDS 16       /* arguments at most, the command included */
#define RUN_OUTPUT 1048576 /* bytes that are kept of what it says, the newest */

struct run;

/* It has ended: its output and errors, as they came, NUL-terminated, and its exit status. The run is freed afterwards. */
typedef void run_fn(void *context, const char *text, size_t len, int status);

/*
 * `words` ends with NULL: the command and its arguments. NULL when the system refuses; errno says why. `on_terminal`: its
 * standard output is ours, which is nothing that it would write to (accept), and only its errors are taken.
 */
struct run *run_new(
    struct ev_loop *loop, const char *const words[], bool on_terminal, run_fn *fn, void *context);

/* Takes NULL. The command gets a SIGTERM, and fn is not called. */
void run_drop(struct run *r);

#endif
