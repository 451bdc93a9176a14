/*
 * Names (R1, R2): 1 to 32 of A-Z a-z 0-9 . _ -, beginning with a letter or a
 * digit, compared without case. Pure; knows nothing of accounts.
 */
#ifndef PCHAT_CORE_NAME_H
#define PCHAT_CORE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

/* Whether `len` bytes at `text` are a name by R2. Reads no further than len. */
bool name_valid(const char *text, size_t len);

/* Whether two valid names are the same without case. Both NUL-terminated. */
bool name_equal(const char *a, const char *b);

/* `name` in lower case, with a NUL; name must be valid. The folder of an inbox is called so. */
void name_fold(const char *name, char out[NAME_MAX_LEN + 1]);

/* A hash that is equal for names that are equal without case. */
uint32_t name_hash(const char *name);

#endif
