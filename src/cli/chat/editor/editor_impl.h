/*
 * What the files of the editor share; for nobody else. editor.c has the terminal and the loop, edit.c what each key
 * does, compose.c the user's own editor.
 */
#ifndef PCHAT_EDITOR_IMPL_H
#define PCHAT_EDITOR_IMPL_H

#include "cli/chat/editor/bindings.h"
#include "cli/chat/editor/buffer.h"
#include "cli/chat/editor/draw.h"
#include "cli/chat/editor/editor.h"
#include "cli/chat/editor/keys.h"
#include "cli/chat/editor/metrics.h"
#include "cli/chat/editor/origin.h"
#include "cli/chat/editor/plain.h"
#include "cli/chat/editor/search.h"
#include "cli/chat/editor/tty.h"
#include "cli/chat/editor/view.h"
#include "cli/chat/editor/walk.h"
#include "cli/output/stops.h"

struct editor {
	struct ev_loop *loop;
	int in, out;
	struct tty *tty;
	const struct editor_class *class;
	void *context;
	ev_io input;
	ev_timer expiry;  /* runs out when an incomplete key stays incomplete */
	ev_timer settled; /* runs out when the size has not changed for a while */
	ev_signal winch, cont;
	struct stops stops; /* while the terminal is ours */
	ev_prepare show;
	struct bindings bindings;
	struct keys keys;
	bool drop_input; /* the rest of what was read is dropped */
	bool ended;      /* class->ended() was called */

	/* Drawing. */
	bool plain;     /* the line has one row */
	bool pastes;    /* the terminal can be asked to say what is pasted */
	bool titled;    /* the title that the window had is saved */
	bool dirty;     /* something is to be drawn anew */
	bool anew;      /* all of the line is, also what should stand there already */
	size_t depth;   /* the line is at least so many rows below the top of the screen */
	double changed; /* when the size changed last, in seconds of the monotonic clock */
	double settle;  /* nothing is drawn for so many seconds after that */
	struct metrics metrics;
	unsigned asked; /* so many kinds of metrics are to be answered; the next one is METRICS_KINDS - asked */
	struct view view;
	struct draw draw;
	char *above; /* text that is to appear above the line, above_len bytes */
	size_t above_len, above_cap;
	char *prompt; /* as it was set, not shortened */

	/* Editing. */
	struct buffer buffer;
	struct recall *recall;
	struct walk walk;     /* where Up and Down are among the lines of the recall */
	struct search search; /* ^R */
	char *killed;         /* what KEY_YANK inserts, killed_len bytes */
	size_t killed_len;
	struct origin killed_origin;
	bool walking; /* the latest key was Up or Down, and went to another line */
	bool stayed;  /* the latest key was an Enter that changed nothing */
	enum key last_key;
	char refused[KEYS_NAME]; /* what was refused last */
};

/* editor.c */

/* ^Z, or a signal: leaves the terminal, stops the process, and takes the terminal again when it is continued. */
void editor_suspend(struct editor *e);

/* Nothing more is read; class->ended() is called, the first time. */
void editor_end(struct editor *e, enum editor_end how);

/* Leaves the terminal to somebody else, for a while; signals that stop the process do so at once then. */
void editor_leave_screen(struct editor *e);

/* Takes the terminal again, and draws all anew. */
void editor_take_screen(struct editor *e);

/* A note of the editor's own, above the line. */
void editor_note(struct editor *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* edit.c */

/* Does what a key asks for. The context is the editor. */
key_fn edit_key;

/* Inserts `len` bytes at the cursor; notes it when not all of them can be taken. */
void edit_insert(struct editor *e, const char *text, size_t len);

/* Puts `len` bytes in the place of the whole text, with the cursor at `at`. It can be undone. False: memory is short. */
bool edit_replace_all(struct editor *e, const char *text, size_t len, size_t at);

/* compose.c */

/* Lets the user edit the text in $VISUAL or $EDITOR, and takes the result. Blocks until that program ends. */
void compose(struct editor *e);

#endif
