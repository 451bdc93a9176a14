/*
 * What libedit knows of the terminal: its modes, what it can do, and the keys that the user has bound in ~/.editrc
 * (editrc(5)). libedit edits and draws nothing here. What it prints goes into memory.
 */
#ifndef PCHAT_EDITOR_TTY_H
#define PCHAT_EDITOR_TTY_H

#include <stdbool.h>

#include "cli/chat/editor/bindings.h"
#include "cli/chat/editor/editrc.h"

struct tty;

/*
 * `in` is a terminal, `out` what is written to; both stay the caller's. setlocale(3) was called. NULL and errno:
 * libedit fails, or memory is short.
 */
struct tty *tty_new(int in, int out);

/* Frees it; takes NULL. The terminal's mode stays as it is. */
void tty_free(struct tty *t);

/* Sets the mode in which each key arrives as it is typed, ^C and ^Z among them. */
void tty_raw(struct tty *t);

/* Sets the mode that the terminal had before. */
void tty_restore(struct tty *t);

/* Whether the terminal can move its cursor up and clear what is below it (terminfo). */
bool tty_can_draw(const struct tty *t);

/* Adds the keys that ~/.editrc binds otherwise than libedit does. What else it says changes nothing. *rc: what is wrong. */
void tty_bindings(struct tty *t, struct bindings *b, struct editrc *rc);

#endif
