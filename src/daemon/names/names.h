/*
 * Whose a name is, and what the account of a uid is called. /etc/passwd is read at once. The host's other user
 * databases (LDAP, NIS, ...) may take for ever to answer, so child processes ask them while whoever logs in waits. A
 * name is free only when a database has answered so.
 */
#ifndef PCHAT_DAEMON_NAMES_NAMES_H
#define PCHAT_DAEMON_NAMES_NAMES_H

#include <ev.h>
#include <stdbool.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "daemon/names/account.h"

struct names;

/* Someone who waits for an answer. The caller zeroes it, and sets `answered`; the rest is ours. */
struct names_asker {
	void (*answered)(struct names_asker *asker, enum verdict v); /* is called once, from the loop */
	size_t question; /* the number of the question (core/lookups.h) plus 1; 0: waits for none */
	bool finds;      /* asked by names_find() */
	uint32_t uid;    /* the answer to names_find(), when the verdict is OK */
};

/*
 * Makes the part that asks. `accounts` and the path `nsswitch`, of nsswitch.conf(5), are the caller's and must stay.
 * NULL: short of memory.
 */
MUST_USE struct names *names_new(struct ev_loop *loop, struct accounts *accounts, const char *nsswitch);

/* Frees it and kills the look-ups that run. Nobody is answered any more. */
void names_free(struct names *n);

/*
 * Logs which user databases the host has, and asks them once, so that it is in the log early when they do not answer.
 */
void names_begin(struct names *n);

/*
 * Whether the account may have `name` (R3): OK; RESERVED: it is another account's; NO_ANSWER: no database could say; or
 * QUEUED: asker->answered will be called with one of these, unless names_leave() comes first. By then the account's own
 * name is known, too, if a database has it.
 */
enum verdict names_ask(struct names *n, struct account *a, const char *name, struct names_asker *asker);

/*
 * The uid of the account that has the name: OK, in *uid; NO_SUCH_USER; NO_ANSWER; FULL: there are too many such
 * questions; or QUEUED: asker->answered will be called with one of the first three, and asker->uid set. Questions of
 * one `uid_asking` are answered in their order.
 */
enum verdict
names_find(struct names *n, uint32_t uid_asking, const char *name, uint32_t *uid, struct names_asker *asker);

/*
 * Whether `name` is certainly another uid's: /etc/passwd or an account that is held here says so, or /etc/passwd cannot
 * be read, so that nobody can tell. Asks no other database.
 */
bool names_reserved(struct names *n, const struct account *a, const char *name);

/* Whether anybody waits for an answer. */
bool names_asked(const struct names *n);

/* The asker waits no longer, and is not called any more. */
void names_leave(struct names *n, struct names_asker *asker);

/*
 * Looks an account that is not known up again, unless that was done a short while ago. Its name comes later, from the
 * loop.
 */
void names_look_again(struct names *n, struct account *a);

#endif
