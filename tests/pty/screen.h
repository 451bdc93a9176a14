/*
 * A terminal in memory, for tests: a screen with its scrollback, as tmux has it. It wraps when it is told to, lays its rows
 * out anew when it becomes narrower or wider, and answers where its cursor is. Of two kinds: one that adds up the widths of code
 * points, and one that knows clusters.
 */
#ifndef PCHAT_TESTS_SCREEN_H
#define PCHAT_TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen;

struct screen *screen_new(size_t columns, size_t lines, bool clusters);
void screen_free(struct screen *s);

/* What a program writes. Answers are appended to `answers` (NUL-terminated), as far as they fit. */
void screen_write(struct screen *s, const char *bytes, size_t n, char *answers, size_t size);

void screen_resize(struct screen *s, size_t columns, size_t lines);

void screen_cursor(const struct screen *s, size_t *column, size_t *line);
size_t screen_columns(const struct screen *s);
size_t screen_lines(const struct screen *s);

/* A row of the screen as text, without the blanks at its end; rows before 0 are in the scrollback. NULL: there is none. */
const char *screen_row(const struct screen *s, long row);
/* The same as the first byte of that, quickly. */
bool screen_begins_with(const struct screen *s, long row, char c);
/* How many rows are in the scrollback. */
size_t screen_scrolled(const struct screen *s);
/* Whether it had more than it keeps: the oldest rows are gone. */
bool screen_forgot(const struct screen *s);

/* The number N of the latest mark, ESC ] 777 ; N BEL, which shows nothing; 0: there was none. */
unsigned long screen_mark(const struct screen *s);

/* The first escape sequence that it did not know; NULL: there was none. */
const char *screen_unknown(const struct screen *s);

#endif
