/*
 * A line being typed at the bottom of a terminal, and text that appears above it at any time: libedit, inside
 * the event loop, nothing in it ever blocks but the terminal itself. Knows no chat.
 *
 * libedit holds and draws the line; what leads it into reading or writing out of bounds (lines that fill the screen
 * or exceed its first buffer) is kept away from it: a draft that does not fit on the screen, such as a long
 * paste, is shown once above, and then held beside the line until Enter or ^C.
 */
#ifndef PCHAT_CLI_CHAT_EDITOR_EDITOR_H
#define PCHAT_CLI_CHAT_EDITOR_EDITOR_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "cli/chat/editor/recall.h"

#define EDITOR_LINE_MAX 1000U /* characters; libedit's history search and kill commands fail beyond 1,024 */

struct editor;

enum editor_end {
	EDITOR_END_OF_FILE, /* ^D on an empty line */
	EDITOR_HANGUP,      /* the terminal is gone */
};

/* Each is called between two editing commands, never inside one: it may call any function of the editor but free. */
struct editor_class {
	/* Enter: a draft of at least one byte; it is in the recall already. */
	void (*said)(void *context, const char *text, size_t len);
	/* Tab: what stands before the cursor. */
	void (*tab)(void *context, const char *before, size_t len);
	/* ^C on an empty line. */
	void (*interrupted)(void *context);
	void (*ended)(void *context, enum editor_end how);
};

/* `in` and `out` are terminals; setlocale() was called. NULL and errno when libedit or memory fails. */
struct editor *editor_new(
    struct ev_loop *loop, int in, int out, struct recall *recall, const struct editor_class *class, void *context);

/* Leaves the terminal as it was, the cursor on a line of its own. */
void editor_free(struct editor *e);

/* Queues text, safe and in UTF-8, to be shown above the line in this turn of the loop; the last line gets its end. */
void editor_print(struct editor *e, const char *text, size_t len);

/* Shows now what is queued. Fails as write(2): the terminal did not take it. */
MUST_USE int editor_flush(struct editor *e);

/* What stands before the line, in UTF-8; shortened when it would take more than half of a narrow terminal. */
void editor_prompt(struct editor *e, const char *prompt);

/* Inserts text at the cursor, as if typed. */
void editor_insert(struct editor *e, const char *text);

/* Gives back what was said, as the draft; keys that were typed ahead are dropped: they were meant for an empty line. */
void editor_restore(struct editor *e, const char *text, size_t len);

/* Whether something is typed. */
bool editor_has_draft(const struct editor *e);

/* What stands before the cursor, in UTF-8; the caller frees it. */
char *editor_before(const struct editor *e, size_t *len);

void editor_beep(struct editor *e);

#endif
