/*
 * The text that is edited, in UTF-8, with a cursor, where it comes from, and what was changed, so that it can be undone. It
 * holds what a message may hold. Knows no keys and no terminal.
 */
#ifndef PCHAT_EDITOR_BUFFER_H
#define PCHAT_EDITOR_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "cli/chat/editor/origin.h"
#include "core/limits.h"

#define BUFFER_MAX (MESSAGE_MAX + 1U) /* bytes: a message, and the slash before one that begins with a slash */
#define BUFFER_STEPS 1000U            /* changes that can be undone, at most */
#define BUFFER_UNDO_MAX 1048576U      /* bytes of text that they hold, at most */

/* One change: `old` stood where `new_len` bytes stand now. */
struct buffer_step {
	size_t at, cursor;
	char *old;
	size_t old_len, new_len;
	struct origin origin; /* of the whole text before */
	bool typed;           /* one character after the other: the next one may join */
};

struct buffer {
	char *text; /* NUL-terminated */
	size_t len, cap;
	size_t at;            /* the cursor, in bytes: within a cluster when what follows joined what was put in */
	struct origin origin; /* of the text: that of now when it began, until somebody sets another one */
	struct origin now;    /* of a text that begins now; somebody else sets it */
	struct buffer_step *steps;
	size_t step_count;
	size_t step_bytes;
};

/* False when memory is short. */
MUST_USE bool buffer_init(struct buffer *b);
void buffer_release(struct buffer *b);

/*
 * Puts `text` in place of from..to, and the cursor behind it. `typed`: it was typed, and is undone together with what was
 * typed just before. False, and nothing is changed, when it would be too long or memory is short.
 */
MUST_USE bool buffer_replace(struct buffer *b, size_t from, size_t to, const char *text, size_t len, bool typed);

/* Empties it, and forgets what could be undone. */
void buffer_clear(struct buffer *b);

/* Takes the latest change back; false when there is none. */
bool buffer_undo(struct buffer *b);

/* What is typed next begins a change of its own. */
void buffer_seal(struct buffer *b);

/* Moves the cursor into the text, to where a cluster begins. */
void buffer_move(struct buffer *b, size_t at);

/* Places in the text, seen from `at`. */
size_t buffer_left(const struct buffer *b, size_t at); /* one cluster */
size_t buffer_right(const struct buffer *b, size_t at);
size_t buffer_word_left(const struct buffer *b, size_t at);  /* begin of a word */
size_t buffer_word_right(const struct buffer *b, size_t at); /* end of a word */
size_t buffer_line_begin(const struct buffer *b, size_t at); /* behind a line feed */
size_t buffer_line_end(const struct buffer *b, size_t at);

#endif
