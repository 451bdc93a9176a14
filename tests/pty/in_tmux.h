/*
 * A program in a real tmux of its own: keys into it, and what stands on its screen and in its scrollback. The server has a
 * socket in a folder of its own, which goes with it.
 */
#ifndef PCHAT_TESTS_IN_TMUX_H
#define PCHAT_TESTS_IN_TMUX_H

#include <stdbool.h>
#include <stddef.h>

struct in_tmux;

/* Runs `command`, for sh(1), in so many columns and lines. NULL when there is no tmux, or it did not start. */
struct in_tmux *in_tmux_new(const char *command, size_t columns, size_t lines);
void in_tmux_free(struct in_tmux *t);

/* The folder that it has, for files of the caller's; they go with it. */
const char *in_tmux_folder(void);

/* False when tmux did not do it. */
bool in_tmux_keys(struct in_tmux *t, const char *bytes, size_t n);
bool in_tmux_resize(struct in_tmux *t, size_t columns, size_t lines);

/* Takes down all that there is to be seen now; what follows speaks of that. */
bool in_tmux_look(struct in_tmux *t);
void in_tmux_cursor(const struct in_tmux *t, size_t *column, size_t *line);
size_t in_tmux_columns(const struct in_tmux *t);
size_t in_tmux_lines(const struct in_tmux *t);
size_t in_tmux_scrolled(const struct in_tmux *t);
/* As screen_row(): without blanks at its end; rows before 0 are in the scrollback; NULL: there is none. */
const char *in_tmux_row(const struct in_tmux *t, long row);

#endif
