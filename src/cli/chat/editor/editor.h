/*
 * A line that is being typed at the bottom of a terminal, and text that appears above it at any time. It runs in an
 * event loop, and blocks only when the terminal takes no output. Knows no chat.
 *
 * The text is in buffer.h and is drawn by view.h and draw.h. The keys are those of libedit (bindings.h, tty.h). On a
 * terminal that cannot move its cursor up, or when plainness is wanted, the line has one row (plain.h).
 */
#ifndef PCHAT_EDITOR_EDITOR_H
#define PCHAT_EDITOR_EDITOR_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/chat/editor/recall.h"

struct editor;

/* Why nothing more will be typed. */
enum editor_end {
	EDITOR_END_OF_FILE, /* ^D on an empty line */
	EDITOR_HANGUP,      /* the terminal is gone */
};

/* What becomes of a line that was entered. */
enum editor_answer {
	EDITOR_TAKEN,      /* it is taken for whom lines are typed now, and can be recalled by Up */
	EDITOR_UNSENT,     /* nobody took it: it can be recalled, as a line for whom it was typed */
	EDITOR_UNRECALLED, /* it is taken, and cannot be recalled */
	EDITOR_STAYS,      /* it stays; keys that were typed ahead are dropped, as they were meant for an empty line */
};

struct editor_line {
	const char *text;  /* at least one byte; NUL-terminated; valid during the call only */
	size_t len;        /* bytes */
	const char *label; /* of what was recalled or yanked, for whom it was typed then (recall.h); else "" */
	bool changed;      /* since it was begun, lines are typed for somebody else */
	bool pasted;       /* it begins with something that was pasted */
	bool again;        /* Enter was typed again on a line that stayed */
};

/* Each function is called between two keys. It may call any function of the editor but editor_free(). */
struct editor_class {
	/* Enter: says what becomes of the line. */
	enum editor_answer (*said)(void *context, const struct editor_line *line);
	/* Tab. `before` is the text before the cursor, valid during the call only. */
	void (*tab)(void *context, const char *before, size_t len);
	/* A key was typed, so somebody is there. */
	void (*touched)(void *context);
	/* ^C on an empty line. */
	void (*interrupted)(void *context);
	/* Nothing more will be typed. Called once. */
	void (*ended)(void *context, enum editor_end how);
};

/*
 * Takes the terminal `in` and `out`, which stay the caller's; setlocale(3) was called. `plain`: the line has one row.
 * `recall`, the class and the context must stay. NULL and errno: libedit fails, or memory is short.
 */
struct editor *editor_new(struct ev_loop *loop, int in, int out, bool plain, struct recall *recall,
    const struct editor_class *class, void *context);

/* Leaves the terminal as it was, with the cursor at the beginning of a row, and frees the editor. */
void editor_free(struct editor *e);

/*
 * Queues text to be shown above the line in this turn of the loop. It must be UTF-8 and safe on a terminal; a missing
 * line feed at its end is added.
 */
void editor_print(struct editor *e, const char *text, size_t len);

/* Shows what is queued now. 0; or -EIO: the terminal did not take it. */
MUST_USE int editor_flush(struct editor *e);

/* Sets the prompt, which must be safe. It is copied, and shortened where it would take more than half of a row. */
void editor_prompt(struct editor *e, const char *prompt);

/*
 * Sets for whom lines are typed from now on (recall.h). It is copied. Another number: somebody else, even if the label is
 * the same.
 */
void editor_label(struct editor *e, const char *label, uint64_t number);

/* Inserts text at the cursor, as if it had been typed. */
void editor_insert(struct editor *e, const char *text);

/* Puts text in the place of the `len` bytes before the cursor. Does nothing unless these are whole clusters. */
void editor_complete(struct editor *e, size_t len, const char *text);

/* Whether the line has any text. */
bool editor_has_draft(const struct editor *e);

/* A copy of the text before the cursor, with its length in bytes, which the caller frees. NULL: short of memory. */
char *editor_before(const struct editor *e, size_t *len);

/* Rings the terminal's bell. */
void editor_beep(struct editor *e);

/*
 * Sets the title of the terminal's window, which must be safe. Does nothing where the old title cannot be saved and
 * given back.
 */
void editor_title(struct editor *e, const char *title);

/* Clears the screen; the line is at its bottom afterwards. */
void editor_clear_screen(struct editor *e);

#endif
