/*
 * A line being typed at the bottom of a terminal, and text that appears above it at any time, inside the event loop:
 * nothing in it ever blocks but the terminal itself. Knows no chat.
 *
 * The text lies in a buffer of our own (buffer.h) and is drawn by ourselves (view.h, draw.h), the keys are those of
 * libedit (bindings.h, tty.h). On a terminal that can draw nothing, or when plainness is wanted, the line has one row (plain.h).
 */
#ifndef PCHAT_EDITOR_EDITOR_H
#define PCHAT_EDITOR_EDITOR_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "cli/chat/editor/recall.h"

struct editor;

enum editor_end {
	EDITOR_END_OF_FILE, /* ^D on an empty line */
	EDITOR_HANGUP,      /* the terminal is gone */
};

/* What becomes of a line that was entered. */
enum editor_answer {
	EDITOR_TAKEN,      /* it goes, and can be recalled */
	EDITOR_UNRECALLED, /* it goes, and is not kept for Up */
	EDITOR_STAYS, /* it stays as it is; keys that were typed ahead are dropped: they were meant for an empty line */
};

struct editor_line {
	const char *text; /* at least one byte; NUL-terminated */
	size_t len;
	const char *label; /* it was recalled: for whom it was typed then; else "" */
	bool pasted;       /* it begins with what was pasted */
	bool again;        /* Enter once more on a line that stayed */
};

/* Each is called between two keys: it may call any function of the editor but free. */
struct editor_class {
	/* Enter. */
	enum editor_answer (*said)(void *context, const struct editor_line *line);
	/* Tab: what stands before the cursor. */
	void (*tab)(void *context, const char *before, size_t len);
	/* A key was typed: somebody is there. */
	void (*touched)(void *context);
	/* ^C on an empty line. */
	void (*interrupted)(void *context);
	void (*ended)(void *context, enum editor_end how);
};

/* `in` and `out` are terminals; setlocale() was called. NULL and errno when libedit or memory fails. */
struct editor *editor_new(struct ev_loop *loop, int in, int out, bool plain, struct recall *recall,
    const struct editor_class *class, void *context);

/* Leaves the terminal as it was, the cursor on a line of its own. */
void editor_free(struct editor *e);

/* Queues text, safe and in UTF-8, to be shown above the line in this turn of the loop; the last line gets its end. */
void editor_print(struct editor *e, const char *text, size_t len);

/* Shows now what is queued. Fails as write(2): the terminal did not take it. */
MUST_USE int editor_flush(struct editor *e);

/* What stands before the line, safe; shortened when it would take more than half of a narrow terminal. */
void editor_prompt(struct editor *e, const char *prompt);

/* For whom lines are typed from now on (recall.h). */
void editor_label(struct editor *e, const char *label);

/* Inserts text at the cursor, as if typed. */
void editor_insert(struct editor *e, const char *text);
/* The same, in the place of `len` bytes before the cursor: whole clusters, or nothing. */
void editor_complete(struct editor *e, size_t len, const char *text);

/* Whether something is typed. */
bool editor_has_draft(const struct editor *e);

/* What stands before the cursor, in UTF-8; the caller frees it. NULL when memory is short. */
char *editor_before(const struct editor *e, size_t *len);

/* A key that did nothing; and the same for something that arrived. */
void editor_beep(struct editor *e);

/* The title of the terminal's window, safe; where that can be saved and given back. */
void editor_title(struct editor *e, const char *title);

/* An empty screen, the line at its bottom. */
void editor_clear_screen(struct editor *e);

/* Whether the terminal is one that draws. */
bool editor_is_plain(const struct editor *e);

#endif
