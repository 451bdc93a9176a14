/*
 * The host's own list of accounts, /etc/passwd. It is read by ourselves, so that
 * no name service is asked and nothing is waited for, and read again when it has changed.
 */
#ifndef PCHAT_DAEMON_NAMES_PASSWD_H
#define PCHAT_DAEMON_NAMES_PASSWD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"

struct passwd_file;

/* `path` is not copied. NULL: short of memory. */
struct passwd_file *passwd_new(const char *path);
void passwd_free(struct passwd_file *p);

/*
 * The name of a uid's account; NULL when the file has none, or cannot be read. It stays valid until the next
 * call for the same `p`.
 */
const char *passwd_name(struct passwd_file *p, uint32_t uid);

/* The uid of the account of that name, also in another case of ASCII: OK, NO_SUCH_USER, NO_ANSWER (the file cannot be read). */
enum verdict passwd_uid(struct passwd_file *p, const char *name, uint32_t *uid);

/*
 * Whose the session name `name` is, by this file: OK (that uid's), RESERVED (another uid's), NO_SUCH_USER (nobody's; a
 * file that is not there has nobody), NO_ANSWER (the file cannot be read). An account of exactly that name counts first, then
 * those whose names differ in the case of ASCII, then those that name_search_finds() finds.
 */
enum verdict passwd_owner(struct passwd_file *p, const char *name, uint32_t uid);

#endif
