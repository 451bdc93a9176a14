/*
 * The terminal as libedit knows it: its modes, its abilities, and the keys that the user has bound in ~/.editrc. libedit
 * edits and draws nothing here; what it prints goes into memory.
 */
#ifndef PCHAT_EDITOR_TTY_H
#define PCHAT_EDITOR_TTY_H

#include <stdbool.h>

#include "cli/chat/editor/bindings.h"

struct tty;

/* `in` is a terminal; setlocale() was called. NULL and errno when libedit or memory fails. */
struct tty *tty_new(int in, int out);

/* Takes NULL. The mode stays as it is. */
void tty_free(struct tty *t);

/* Keys arrive as they are typed, ^C and ^Z among them; or as it was before. */
void tty_raw(struct tty *t);
void tty_restore(struct tty *t);

/* Rows can be gone up and cleared. */
bool tty_can_draw(const struct tty *t);

/* Adds what ~/.editrc binds otherwise than libedit does. */
void tty_bindings(struct tty *t, struct bindings *b);

#endif
