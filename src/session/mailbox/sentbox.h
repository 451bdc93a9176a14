/*
 * What this session wrote, for its history: a copy of each message is kept until its
 * acknowledgement, then stored, some time later and in the background. Nobody
 * waits for it; what is lost with the machine is no more than the latest second.
 *
 * sent.db has a row for each run of messages that were acknowledged together: a stream costs a row
 * for some hundred messages.
 */
#ifndef PCHAT_SESSION_MAILBOX_SENTBOX_H
#define PCHAT_SESSION_MAILBOX_SENTBOX_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/frame.h"
#include "proto/upstream.h"

struct sentbox;

/* Opens nothing yet. */
MUST_USE struct sentbox *sentbox_new(struct ev_loop *loop, const char *dir);
void sentbox_free(struct sentbox *b);

/* A message went upstream. */
void sentbox_forwarded(struct sentbox *b, const struct msg *m);

/* Calls fn for the copies of the `count` oldest under way, numbered from 0; one that is missing is passed over. */
void sentbox_each(const struct sentbox *b, uint32_t count,
    void (*fn)(uint32_t n, const uint8_t *body, uint32_t length, void *context), void *context);

/*
 * The `count` oldest under way, with ids from *first, are acknowledged. With `to` they were delivered to it, when
 * `after` was the newest record of the inbox; NULL: refused.
 */
void sentbox_acked(struct sentbox *b, const struct ident *first, uint32_t count, const struct peer *to, uint64_t after);

/* What is under way counts no more: it will be repeated, or not. */
void sentbox_forget(struct sentbox *b);

/* Stores what was acknowledged; called in good time by itself. */
void sentbox_flush(struct sentbox *b);

/* While `held`, another process of ours changes what is stored: what is acknowledged meanwhile waits, and is stored then. */
void sentbox_be_held(struct sentbox *b, bool held);

/* Whether more may be forwarded: not so much waits that the rest should, too. */
bool sentbox_has_room(const struct sentbox *b);

/* Gives memory back that is not needed now. */
void sentbox_rest(struct sentbox *b);

/* The folder's sent.db, and how to read it: see sent_scan.h. */
#define SENTBOX_FILE "sent.db"
#define SENTBOX_SCHEMA                                                                                       \
	"CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY, count INTEGER, after INTEGER, time INTEGER," \
	" msgid BLOB, uid INTEGER, name TEXT, account TEXT, bodies BLOB);" /* bodies: a pack */

#endif
