/*
 * The inbox: what was received, what of it was read, and the few facts that outlive a login. One helper owns it, by a
 * lock, and by a generation number that each helper counts up at its start and checks in every transaction, so that
 * nothing a stopped and replaced helper writes later counts (D4, D5).
 *
 * A transaction begins by itself with the first message or event of a turn, and ends with store_commit(): then all of
 * it is on the disk, or nothing was stored.
 *
 * Records have ids that count up from 1. A *stretch* is a run of records that arrived one after another from one
 * sender, with message ids counting up: one row for a stream, not one a message. By it an id that arrives again is
 * known. Ids that come from different uids are different ones, so nobody can make another's message look like a
 * repetition.
 */
#ifndef PCHAT_SESSION_MAILBOX_STORE_H
#define PCHAT_SESSION_MAILBOX_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "proto/control.h"
#include "proto/frame.h"
#include "proto/upstream.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/kinds.h"

struct store;

struct store_limits {
	uint64_t messages, bytes; /* unread; beyond them messages are refused */
};

#define STORE_NOTE 320

/*
 * Opens the inbox in folder `dir`, which must be there. A damaged one is set aside, and a new one begun with what of it
 * can be read; a damaged log is set aside and what was written back goes on; then `note` says so, else it is empty. Fails: -EWOULDBLOCK
 * (another helper has it), and as database_open(). That nothing can be written is no failure as long as what is there
 * can be read: `note` says so, and it is tried again with each message. On a full disk the file is open only while it is
 * used, so that whoever reads the history gets at it as well.
 */
MUST_USE int store_open(struct store **s, const char *dir, const struct store_limits *limits, char note[STORE_NOTE]);
void store_close(struct store *s);

/*
 * Closes it. An inbox that this store_open() made, and that has nothing in it, is removed, with its lock and, if it is empty
 * then, its folder.
 */
void store_discard(struct store *s);

enum store_answer {
	STORE_ADDED,   /* stored if store_commit() succeeds */
	STORE_KNOWN,   /* it was stored before */
	STORE_OTHER,   /* not stored: another message of the same sender was, under its id */
	STORE_FULL,    /* over the limits: not stored */
	STORE_FAILED,  /* not stored */
	STORE_UNKNOWN, /* not stored now; whether it was stored before could not be found out */
};

/* The body is read before this returns. */
enum store_answer store_message(struct store *s, const struct peer *from, const struct msg *m, int64_t now_ms);

/* A note; its limits are those of core/notes/notes.h. */
enum store_answer store_note(struct store *s, const struct note *n, int64_t now_ms);

/*
 * An offer (R13). *number is its record's id where the answer is ADDED or KNOWN. FULL: INBOX_OFFERS are unread, or
 * INBOX_OFFERS_UID of the sender.
 */
enum store_answer
store_offer(struct store *s, const struct peer *from, const struct offer *o, int64_t now_ms, uint64_t *number);

/*
 * A record of another kind; when INBOX_EVENTS are unread, or INBOX_EVENTS_UID of those that this peer has caused, it is
 * left out, for whoever causes it is not asked whether there is room. 0 or -errno, which store_commit() tells too.
 */
int store_event(struct store *s, enum record_type type, const struct peer *peer, int64_t now_ms);

/*
 * 0; -errno: nothing of this transaction is stored (-ESTALE: another helper took over, this one must end; -EUCLEAN: the
 * inbox is damaged, see store_renew()); STORE_UNSURE: the disk failed in such a way that it
 * may be, or something may that failed so before.
 */
#define STORE_UNSURE 1
int store_commit(struct store *s);

/* Whether a transaction is open. */
bool store_writing(const struct store *s);

/*
 * To be called when the answers are on their way, and when nobody waits for an inbox that was just opened: its first commit
 * takes longer than others. Writes the log back when it has become long.
 */
void store_tidy(struct store *s);

/* To be called when nothing has happened for a while: gives memory back. */
void store_rest(struct store *s);

/* Whether what the rule of the inbox does not keep should be forgotten now (forget.h): now and then, if there is a rule. */
bool store_forget_due(struct store *s);

/*
 * While `held`, another process of ours changes all of the inbox: it is read as it was, and nothing is written, which
 * would have to wait for that one. A transaction fails at once then, with -EBUSY. None may be open.
 */
void store_be_held(struct store *s, bool held);

/*
 * Sets a damaged inbox aside and begins a new one in its place, with what of it can be read; ids go on. `note` as
 * store_open(). -errno: nothing is stored, until it can be opened, or renewed, after all.
 */
MUST_USE int store_renew(struct store *s, char note[STORE_NOTE]);

/*
 * Calls fn for each unread record with an id above `after`, in order, until fn returns false; only
 * those of the kinds that are asked for. The record's body lives until fn returns. 0 or -errno.
 */
MUST_USE int store_read(
    struct store *s, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context);

/* As store_read(), whether it was read or not. */
MUST_USE int store_follow(
    struct store *s, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context);

/*
 * Everything up to `last` that is of these kinds, messages among them, was read, and what was passed over stays unread;
 * or that one alone. 0 or -errno. A transaction of its own: none may be open.
 */
MUST_USE int store_mark(struct store *s, uint64_t last, unsigned kinds);
MUST_USE int store_take(struct store *s, uint64_t id);

uint64_t store_unread(struct store *s);       /* messages */
uint64_t store_notes(const struct store *s);  /* unread, as of the latest store_unread() */
uint64_t store_newest(const struct store *s); /* id of the newest record, 0: none */

/* Who wrote a note. */
struct store_writer {
	uint64_t id;
	struct peer peer;
	bool other_unread; /* there is a newer one, unread, by somebody else: */
	struct peer other;
};

/* Of note `id`; 0: of the latest one that was read. 1; 0: there is none; -errno. */
MUST_USE int store_find_writer(struct store *s, uint64_t id, struct store_writer *w);

/*
 * Small facts that are kept with the inbox, set as part of the transaction: 0 or -errno. store_kept() returns the
 * length, 0: none, -errno; -EUCLEAN: longer than `size`.
 */
int store_keep(struct store *s, const char *key, const void *data, size_t n);
MUST_USE ssize_t store_kept(struct store *s, const char *key, void *out, size_t size);

#endif
