/*
 * Names (R1, R2). Pure; knows nothing of accounts.
 *
 * A name is 1 to 32 characters, at most NAME_MAX_LEN bytes. One of ASCII consists of A-Z a-z 0-9 . _ - @, begins with a
 * letter or a digit, and is compared without case. The rules for all other scripts are in core/names/rules.h.
 */
#ifndef PCHAT_CORE_NAMES_NAME_H
#define PCHAT_CORE_NAMES_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_MAX_LEN 64U        /* bytes of a name (R2) */
#define NAME_MAX_CHARACTERS 32U /* characters as a reader counts them */
#define NAME_MARKS_MAX 2U       /* nonspacing marks on a base of a name */

/* ------ in every program: name.c, without tables of Unicode ------ */

/* Whether all bytes are ASCII. */
bool name_is_ascii(const char *text, size_t len);

/*
 * Whether `len` bytes at `text` may be a name: ASCII by the rule above; beyond it UTF-8 of at most NAME_MAX_LEN bytes
 * whose ASCII is by the rule. Reads no further than len.
 */
bool name_possible(const char *text, size_t len);

/* `name`, of ASCII, in lower case, with a NUL; beyond ASCII the bytes stay as they are. */
void name_lower(const char *name, char out[NAME_MAX_LEN + 1]);

/* Whether two names are the same but for the case of ASCII. Both NUL-terminated. */
bool name_equal_ascii(const char *a, const char *b);

/* A hash that is equal for names that are equal but for the case of ASCII. */
uint32_t name_hash(const char *name);

/* ------ in programs with the tables: core/names ------ */

/* Whether `len` bytes at `text` are a name by R2. Reads no further than len. */
bool name_valid(const char *text, size_t len);

/*
 * Whether two names are one. Two of ASCII are when only their case differs. Of others it is enough that one of three
 * forms is equal: the fold (without case), the fold of the skeleton (UTS 39), the skeleton of the fold. Both
 * NUL-terminated.
 */
bool name_equal(const char *a, const char *b);

/*
 * `name` folded and composed, with a NUL: the folder of an inbox has this name. One whose fold does not fit, which no
 * valid name has, stays as it is.
 */
#define NAME_FOLD_MAX (3 * NAME_MAX_LEN)
void name_fold(const char *name, char out[NAME_FOLD_MAX + 1]);

/*
 * The name of a session's files, without the end: an ASCII name in lower case; beyond ASCII `_` and 32 digits of a
 * hash of its fold, for a socket's path is short.
 */
#define NAME_FILE_MAX NAME_MAX_LEN
void name_file(const char *name, char out[NAME_FILE_MAX + 1]);

#endif
