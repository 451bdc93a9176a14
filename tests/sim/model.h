/*
 * The rules R1 to R10 once more, a page of them, kept beside the daemon: each frame that it reads from a session or writes
 * to one is looked at, in that order. What a session was told last is what it may be sent: a message under another pair or
 * epoch, a pair that ended told again, a partner moved by an outsider, a name that is another account's, a waiter that is
 * forgotten or overtaken, more under way than a window holds (D7).
 */
#ifndef PCHAT_SIM_MODEL_H
#define PCHAT_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/ident.h"

void model_begin(void);

/* A socket of the daemon's: there is a new one, and who is at its other end; it is over. */
void model_open(int sock, uid_t uid);
void model_close(int sock);

/* What the daemon has read from there, or written to there. */
void model_read(int sock, const void *data, size_t n);
void model_write(int sock, const void *data, size_t n);

/* A new daemon is there, which may have lost what the old one knew. */
void model_restart(void);

/* Now and then: whether somebody waits for a session that has long been free. */
void model_look(void);

/* Whether another account has chosen the id of a session of this one's: after a lost registry it may have come first. */
bool model_is_stolen(uid_t uid);

/* What a thief would like to know: ids of sessions, pairs and messages, present and past. False, 0: there are none yet. */
bool model_betray_session(struct ident *id);
uint64_t model_betray_pair(void);
uint64_t model_betray_own(const char *name, uint32_t *epoch); /* the pair that one of that name is in now, or 0 */
bool model_betray_message(struct ident *id);

#endif
