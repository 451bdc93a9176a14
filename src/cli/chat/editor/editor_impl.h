/* What editor.c (terminal, loop, drawing) and edit.c (what each key does) share; for nobody else. */
#ifndef PCHAT_CLI_CHAT_EDITOR_EDITOR_IMPL_H
#define PCHAT_CLI_CHAT_EDITOR_EDITOR_IMPL_H

#include <histedit.h>
#include <stdio.h>

#include "cli/chat/editor/editor.h"
#include "cli/chat/editor/keys.h"

/* Runs as an editing command of libedit's; returns a CC_ code. */
typedef unsigned char editor_action(struct editor *e);

struct editor {
	EditLine *el;
	FILE *out;
	int in;
	struct ev_loop *loop;
	ev_io input;
	ev_timer expiry; /* of an incomplete key */
	ev_signal winch, cont;
	ev_prepare show;
	const struct editor_class *class;
	void *context;
	struct recall *recall;
	struct keys keys;
	bool drop_input; /* the rest of what was read */
	bool ended;      /* said so already */

	/* The command that libedit performs next: keys for it, or our own action. */
	const wchar_t *queue;
	editor_action *action;
	const wchar_t *text; /* argument of the action */
	size_t from, to;     /* the same */

	/* Drawing. */
	char *above; /* text that is to appear above the line */
	size_t above_len, above_cap;
	bool showing; /* rows are cleared, the cursor is on the first: the prompt function writes it */
	char *prompt; /* as it was set */
	wchar_t drawn_prompt[128];
	size_t columns, lines;
	const char *up, *clear; /* of the terminal; NULL when it cannot */

	/* Editing. */
	char *held; /* a part of the draft that does not fit on the screen; it goes before the line */
	size_t held_len;
	size_t recalled; /* so much of its end is a recalled line, in whose place another one may come */
	wchar_t *killed;
	bool told_full;
	size_t recall_at; /* 0: not in the recall, else which line of it is shown */
	char *typed;      /* the line as it was before */
	size_t typed_len;
	char *search; /* what ^R looks for */
	enum key last_key;
};

/* Has libedit perform one command. */
void editor_perform(struct editor *e, editor_action *action);
void editor_native(struct editor *e, const wchar_t *keys);

/* Whether the line fits on the screen when it is `before` and `text` in place of from..to. */
bool editor_fits(const struct editor *e, size_t from, size_t to, const wchar_t *text, size_t len);

/* Recomputes the prompt as it is drawn. */
void editor_compose_prompt(struct editor *e);

void editor_suspend(struct editor *e);
void editor_end(struct editor *e, enum editor_end how);

/* A short note of the editor's own, above the line. */
void editor_note(struct editor *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* edit.c */
key_fn edit_key;

/* Shows `text` above, and holds it as part of the draft. */
void edit_hold(struct editor *e, const char *text, size_t len);

/* The line no longer fits: out of libedit with it. Outside of a command. */
void edit_hold_line(struct editor *e);

void edit_insert(struct editor *e, const char *text, size_t len);
void edit_forget(struct editor *e);

#endif
