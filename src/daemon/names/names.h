/*
 * Whose a name is, and what a uid's account is called. /etc/passwd is asked at
 * once; the other user databases of the host (LDAP, NIS, ...) may take for ever, so child processes ask
 * them, and whoever logs in waits. Only a database that has answered makes a name free.
 */
#ifndef PCHAT_DAEMON_NAMES_NAMES_H
#define PCHAT_DAEMON_NAMES_NAMES_H

#include <ev.h>
#include <stdbool.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "daemon/names/account.h"

struct names;

/* Who waits for an answer; zeroed at first. */
struct names_asker {
	void (*answered)(struct names_asker *asker, enum verdict v); /* once, from the loop */
	size_t question;                                             /* of core/lookups.h, + 1; 0: waits for none */
	bool finds;                                                  /* asked by names_find(): */
	uint32_t uid; /* whose the name is, when it is answered with OK */
};

/* `nsswitch` is the path of nsswitch.conf(5), and not copied. NULL: short of memory. */
MUST_USE struct names *names_new(struct ev_loop *loop, struct accounts *accounts, const char *nsswitch);

/* Kills what runs; nobody is answered any more. */
void names_free(struct names *n);

/* Logs which databases there are, and asks them: one that does not answer is told of before anybody needs it. */
void names_begin(struct names *n);

/*
 * Whether the account may have `name` (R3): OK, RESERVED, NO_ANSWER, or QUEUED: then asker->answered is called with one of the others.
 * By then the account's own name is known, too, if the database has told it.
 */
enum verdict names_ask(struct names *n, struct account *a, const char *name, struct names_asker *asker);

/*
 * The uid of the account that has that name, whoever asks: OK (*uid), NO_SUCH_USER, NO_ANSWER; FULL (there are too many such
 * questions); or QUEUED: then asker->answered is called with one of the first three. Questions of one `uid_asking` are answered in
 * their order.
 */
enum verdict
names_find(struct names *n, uint32_t uid_asking, const char *name, uint32_t *uid, struct names_asker *asker);

/* Whether `name` is another uid's for sure, by /etc/passwd or since nobody can tell whose it is there. */
bool names_reserved(struct names *n, const struct account *a, const char *name);

/* Whether anybody waits. */
bool names_asked(const struct names *n);

/* The asker waits no longer. */
void names_leave(struct names *n, struct names_asker *asker);

/* An account that is not known is shown or judged: it is looked up again, unless that was done lately. */
void names_look_again(struct names *n, struct account *a);

#endif
