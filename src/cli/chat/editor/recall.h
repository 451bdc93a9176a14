/*
 * The lines that were typed, for the Up key: the latest RECALL_LINES of them, kept across runs in a file of the session's
 * state folder (0600; proto/typed_line.h). Each line is appended when it is said, so neither a crash nor a second chat
 * on the same session loses any, and no chat writes back, or recalls, what was taken out of it. Knows no terminal.
 */
#ifndef PCHAT_CLI_CHAT_EDITOR_RECALL_H
#define PCHAT_CLI_CHAT_EDITOR_RECALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

#define RECALL_LINES 1000U

struct recall;

/* In memory only; NULL when memory is short. */
struct recall *recall_new(void);
void recall_free(struct recall *r);

/*
 * Loads the file `path`, and from now on keeps it. When it belongs to another user it is left alone, and
 * nothing is kept; when it is damaged it is moved aside, and a new one begun. In both cases, and when it cannot be read,
 * the recall starts empty, and `words` (else empty) says why.
 */
void recall_open(struct recall *r, const char *path, char *words, size_t size);

/*
 * Adds a line. One that is empty, longer than a message may be, or the same as the latest changes nothing; one that is
 * not UTF-8 is not kept in the file. `label`: for whom it was typed, a short text without control characters; "": nobody.
 */
void recall_add(struct recall *r, const char *text, size_t len, const char *label);

/*
 * Lines are to be forgotten: from the next recall_add() or recall_refresh() on there are only those that are in the file. A
 * line that no file has, since there is none or the disk was full, is gone.
 */
void recall_doubt(struct recall *r);

/* Leaves out what was taken out of the file meanwhile. True: each line may have another place now. */
bool recall_refresh(struct recall *r);

/* The line that was added so many lines ago, 1: the latest; NULL when there is none. NUL-terminated. */
const char *recall_line(const struct recall *r, size_t ago);

/* For whom it was typed; "" when that is not known. */
const char *recall_label(const struct recall *r, size_t ago);

#endif
