/*
 * The inbox from within. store_open.c opens it, store_damage.c when it is damaged; store.c holds
 * its transactions and store_log.c its log; store_in.c puts in what arrives; store_out.c takes out what is unread.
 */
#ifndef PCHAT_SESSION_MAILBOX_STORE_IMPL_H
#define PCHAT_SESSION_MAILBOX_STORE_IMPL_H

#include <limits.h>

#include "core/notes/notes.h"
#include "db/database.h"
#include "session/mailbox/pack.h"
#include "session/mailbox/scan.h"
#include "session/mailbox/store.h"

enum store_statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	META_GET,
	META_SET,
	NEWEST,
	RECORD_ADD,
	STRETCH_ADD,
	STRETCH_GROW,
	STRETCH_FIND,
	STRETCH_NEXT,
	TAKE,
	TAKEN,
	TAKEN_FORGET,
	DATA_VERSION,
	STATEMENTS,
};

/* Those about notes, and about what was passed over. An inbox of an older pchat that cannot be written has neither. */
enum store_later_statement {
	COUNT_NOTES,
	NOTES_DOWN,
	PASS,
	PASSED,
	COUNT_PASSED,
	PASSED_FORGET,
	PASSED_ADD,
	LATER_STATEMENTS,
};

/* The stretch that the next message may continue. */
struct store_stretch {
	int64_t record; /* its first; 0: there is none */
	uint64_t count;
	struct ident first;
	struct ident bound; /* the next id that is known already, when bounded */
	bool bounded;
	bool saved; /* its row is there */
	bool dirty; /* and does not say `count` */
	uint64_t pair;
	struct peer peer;
};

/* What a transaction changes in memory, and a rollback restores. */
struct store_tally {
	int64_t newest; /* record */
	int64_t mark;   /* all records up to it are read */
	uint64_t unread, unread_bytes;
	struct notes_unread notes;
	uint64_t passed; /* records at or below the mark that are unread still */
	struct store_stretch stretch;
};

struct store {
	sqlite3 *db; /* NULL: not open, for want of room on the disk */
	bool alone;  /* open, but only to be read: closed again when that is done */
	sqlite3_stmt *stmt[STATEMENTS];
	sqlite3_stmt *later[LATER_STATEMENTS]; /* NULL: there are none */
	struct scan scan;
	struct pack pack; /* the newest messages, not yet a row of the open transaction */
	int64_t pack_time;
	char path[PATH_MAX];
	int lock;
	bool made; /* by our store_open() */
	struct store_limits limits;
	int64_t generation;
	int64_t version; /* SQLite's number of what the file was like when it was read; only others' changes alter it */
	bool claimed;    /* our generation is on the disk */
	bool synced;     /* as is all that an earlier helper wrote, because it was looked for there */
	bool lazily;     /* whether the next transaction need not be synced, */
	bool lazy;       /* and whether SQLite knows */
	bool writing;
	bool unsure; /* what failed last may be on the disk, and what was committed may not: store_settle() */
	int failure; /* of the open transaction: it will be rolled back */
	int log;     /* its descriptor, -1: none */
	ino_t log_ino;
	dev_t log_dev;
	int frames;         /* in the log */
	bool used;          /* messages came since it was opened */
	bool patient;       /* store_be_patient() */
	off_t ahead;        /* how far the log has been asked for */
	uint64_t forget_at; /* clock_monotonic_ms(), when it is to be looked next for what is not kept */
	struct store_tally now, committed;
};

/* store.c */

/* Opens a transaction unless one is open. The first failure dooms it; store_commit() tells. */
int store_begin(struct store *s);
int store_doom(struct store *s, int failure);
void store_rollback(struct store *s);

/* Counts the generation up: from now on nothing of an earlier helper is accepted. 0 or -errno. */
int store_claim(struct store *s);

/* One transaction that says which generation writes. 0; -ESTALE: a later one does; -errno. */
int store_write_generation(struct store *s, int64_t generation);

/*
 * After a commit that failed, or whose log was lost: writes all that is committed anew, into the file itself, and begins
 * the log anew, so that nothing of what failed can come back and nothing counts that only memory holds. Outside of a
 * transaction. 0, and nothing is unsure any more; -EBUSY: a reader is in the way; -errno.
 */
MUST_USE int store_settle(struct store *s);

/* As store_keep(), within the open transaction; as store_kept(), 0 when there is none. */
int store_keep_number(struct store *s, const char *key, int64_t value);
int store_kept_number(struct store *s, const char *key, int64_t *value);

/* store_log.c */

/* Looks after the log of one that was just opened. What fails here makes it slower only. */
void store_log_begin(struct store *s);
void store_log_end(struct store *s);

/*
 * Brings to the disk what an earlier helper, killed before it could, left in the log, and looks whether it is there: what
 * a disk failed to take stays in memory, and counts as written. 0 or -errno.
 */
MUST_USE int store_log_sync(const struct store *s);

/* When nothing happens: makes the log as long as it may become, once it is used, or cuts it. */
void store_log_rest(struct store *s);

/*
 * Whether the log that is written to has no name any more, or not its own, or lies on a file system that has died:
 * nobody may find what is in it.
 */
bool store_log_lost(const struct store *s);

/* All that is in a lost log goes into the file itself, which is opened anew. 0 or -errno. */
MUST_USE int store_log_rescue(struct store *s);

/* store_open.c */

/*
 * Opens the file at s->path. 0, or -errno as database_open(): -EUCLEAN also for contents that cannot be. On a full disk
 * it is read once, and not left open.
 */
MUST_USE int store_attach(struct store *s);
void store_detach(struct store *s);

/* What somebody else has changed, an old copy that was laid over it, say, into memory. 0 or -errno. */
int store_refresh(struct store *s);

/* Opens it, to be written, unless it is open. 0 or -errno. */
MUST_USE int store_reach(struct store *s);

/* Opens it, to be read at least, unless it is open; until store_let_go(). 0 or -errno. */
MUST_USE int store_hold(struct store *s);
void store_let_go(struct store *s);

/* store_damage.c */

/* Opens a new one in the place of a damaged one, which is set aside, with what of it can be read. As store_open(). */
MUST_USE int store_anew(struct store *s, char note[STORE_NOTE]);

/* Opens it without its damaged log, which is set aside. As store_open(). */
MUST_USE int store_leave_log(struct store *s, char note[STORE_NOTE]);

/* Gives a new one its place, if whoever made it was stopped before that. 0, also when there is none; or -errno. */
MUST_USE int store_finish_salvage(const struct store *s);

/* store_in.c */

/* Makes rows of what the open transaction has gathered in memory. 0 or -errno. */
int store_save_gathered(struct store *s);

/* Puts a record of another inbox into the open transaction, under the id that it has there. Ids only grow. 0 or -errno. */
int store_restore(struct store *s, const struct record *r);

/* store_out.c */

struct store_count {
	int64_t last;
	uint64_t messages, bytes;
};

/* Counts again what is unread beside messages, and of that the notes of one sender, who may be NULL. 0 or -errno. */
int store_count_others(struct store *s, const struct note *sender);

/* Unread messages among the records above `after`, up to `last`. 0 or -errno. */
int store_count_unread(struct store *s, int64_t after, int64_t last, struct store_count *c);

#endif
