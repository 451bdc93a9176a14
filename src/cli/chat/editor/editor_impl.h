/* What the files of the editor share; for nobody else. */
#ifndef PCHAT_EDITOR_IMPL_H
#define PCHAT_EDITOR_IMPL_H

#include "cli/chat/editor/bindings.h"
#include "cli/chat/editor/buffer.h"
#include "cli/chat/editor/draw.h"
#include "cli/chat/editor/editor.h"
#include "cli/chat/editor/keys.h"
#include "cli/chat/editor/metrics.h"
#include "cli/chat/editor/plain.h"
#include "cli/chat/editor/search.h"
#include "cli/chat/editor/tty.h"
#include "cli/chat/editor/view.h"
#include "cli/chat/editor/walk.h"

#define EDITOR_LABEL_MAX 128U /* bytes of a label, with its NUL */

struct editor {
	struct ev_loop *loop;
	int in, out;
	struct tty *tty;
	const struct editor_class *class;
	void *context;
	ev_io input;
	ev_timer expiry;  /* of an incomplete key */
	ev_timer settled; /* the size has not changed for a while */
	ev_signal winch, cont;
	ev_prepare show;
	struct bindings bindings;
	struct keys keys;
	bool drop_input; /* the rest of what was read */
	bool ended;      /* said so already */
	bool resumed;    /* the terminal was left and taken again */

	/* Drawing. */
	bool plain;
	bool titled; /* the title that it had is saved */
	bool dirty;
	size_t depth;   /* rows of the screen down to the line, at least */
	double changed; /* when the size changed last */
	double settle;  /* seconds from then on in which nothing is drawn */
	struct metrics metrics;
	unsigned asked; /* kinds of metrics that the terminal is yet to answer; the next is METRICS_KINDS - asked */
	struct view view;
	struct draw draw;
	char *above; /* text that is to appear above the line */
	size_t above_len, above_cap;
	char *prompt; /* as it was set */

	/* Editing. */
	struct buffer buffer;
	struct recall *recall;
	struct walk walk;     /* through what can be recalled */
	struct search search; /* ^R */
	char label[EDITOR_LABEL_MAX];
	char *killed;
	size_t killed_len;
	bool pasted;   /* the text begins with a paste */
	bool recalled; /* it is the line at which the walk stands, changed or not */
	bool walking;  /* the latest key was Up or Down, and went to another line of the recall */
	bool left_out; /* something that was typed was not taken */
	bool stayed;   /* the latest key was an Enter that changed nothing */
	enum key last_key;
};

/* editor.c */
void editor_suspend(struct editor *e);
void editor_end(struct editor *e, enum editor_end how);
void editor_leave_screen(struct editor *e);
void editor_take_screen(struct editor *e);
/* A short note of the editor's own, above the line. */
void editor_note(struct editor *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* edit.c */
key_fn edit_key;
void edit_insert(struct editor *e, const char *text, size_t len);
/* Puts other text in place of all of it; the change can be undone. */
void edit_replace_all(struct editor *e, const char *text, size_t len, size_t at);

/* compose.c: the text in $VISUAL or $EDITOR. */
void compose(struct editor *e);

#endif
