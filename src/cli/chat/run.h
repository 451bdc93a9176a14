/*
 * Runs another command of pchat beside the chat, which goes on meanwhile, and collects what it says: a
 * /command does exactly what the command of that name does in the shell.
 */
#ifndef PCHAT_CLI_CHAT_RUN_H
#define PCHAT_CLI_CHAT_RUN_H

#include <ev.h>
#include <stddef.h>

#define RUN_WORDS 16       /* arguments at most, the command included */
#define RUN_OUTPUT 1048576 /* bytes that are kept of what it says on either, the newest */

struct run;

/* What came of it. Both texts are as they came, and NUL-terminated. */
struct run_end {
	const char *output; /* what it has printed, `length` bytes */
	size_t length;
	const char *errors; /* what it has said on standard error: errors and remarks */
	int status;         /* its exit status */
};

/* It has ended. The run, and with it both texts, is freed afterwards. */
typedef void run_fn(void *context, const struct run_end *end);

/* It has printed something, and goes on. */
typedef void run_heard_fn(void *context);

/*
 * `words` ends with NULL: the command and its arguments. It is told that a chat shows what it says (hint.h), and never
 * has the terminal. NULL when the system refuses; errno says why.
 */
struct run *run_new(struct ev_loop *loop, const char *const words[], run_fn *fn, void *context);

/* Calls fn, with the context of its run_fn, whenever something of its output has come. */
void run_listen(struct run *r, run_heard_fn *fn);

/* Takes NULL. The command gets a SIGTERM, and fn is not called. */
void run_drop(struct run *r);

#endif
