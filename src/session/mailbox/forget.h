/*
 * Forgets for good what was said: records of an inbox folder, received and own ones, and the lines that were typed in a
 * chat. What is forgotten is overwritten, in the databases, in their logs, in the file of typed lines, and in copies of
 * damaged ones, which are removed. The ids of messages stay known, so that none is stored again.
 *
 * Works beside the helper of the session, or without it.
 */
#ifndef PCHAT_SESSION_MAILBOX_FORGET_H
#define PCHAT_SESSION_MAILBOX_FORGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/names/name.h"

struct forget {
	char partner[NAME_MAX_LEN + 1]; /* empty: with everybody */
	int64_t before_ms;              /* what was said before then; 0: whenever */
	bool unread;                    /* what is unread as well */
};

#define FORGET_UNREAD 1
#define FORGET_TYPED 2

/*
 * 0, and how many records were forgotten; FORGET_TYPED: none, but typed lines were; FORGET_UNREAD: nothing was, for
 * `count` of them are unread; -errno: -EUCLEAN: a damaged file, whose contents cannot be told apart; -EBUSY: they are
 * gone from the history, but a reader keeps some of it in a log, or somebody the file of typed lines; else as
 * database_open().
 */
MUST_USE int forget(const char *dir, const struct forget *what, uint64_t *count);

/* How long what was read is kept. */
struct keep {
	int64_t age_ms;   /* 0: whatever its age */
	uint64_t records; /* the latest so many, of both sides together; 0: all */
};

/* Keeps the rule in the inbox. 0 or -errno. */
MUST_USE int forget_set_keep(const char *dir, const struct keep *keep);

/*
 * Forgets what the rule of the inbox does not keep at the time now_ms; what is unread stays. Typed lines go by the same age,
 * or when they are older than the records that are kept. As forget().
 */
MUST_USE int forget_expired(const char *dir, int64_t now_ms, uint64_t *count);

#endif
