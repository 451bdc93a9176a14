/*
 * What the files of the inbox share; for nobody else. store_open.c opens it, and store_damage.c one that is damaged.
 * store.c has its transactions, store_log.c its write-ahead log. store_in.c stores what arrives, store_out.c reads what
 * is unread.
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
	SQL_BEGIN,
	SQL_VIEW,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_META_GET,
	SQL_META_SET,
	SQL_NEWEST,
	SQL_RECORD_ADD,
	SQL_STRETCH_ADD,
	SQL_STRETCH_GROW,
	SQL_STRETCH_FIND,
	SQL_STRETCH_NEXT,
	SQL_TAKE,
	SQL_TAKEN,
	SQL_TAKEN_FORGET,
	SQL_DATA_VERSION,
	SQL_STATEMENTS,
};

/*
 * Statements on tables that 0.1.0 did not have: notes, and records that were passed over. An inbox of that release has
 * no such tables when it cannot be written to.
 */
enum store_later_statement {
	SQL_COUNT_NOTES,
	SQL_NOTES_DOWN,
	SQL_PASS,
	SQL_PASSED,
	SQL_COUNT_PASSED,
	SQL_COUNT_CAUSED,
	SQL_PASSED_FORGET,
	SQL_PASSED_ADD,
	SQL_LATER_STATEMENTS,
};

/*
 * Messages of one sender whose ids count up, which the next message may continue: one row remembers all of their ids.
 */
struct store_stretch {
	int64_t record; /* the record of the first; 0: there is no stretch */
	uint64_t count; /* messages */
	struct ident first;
	bool bounded;       /* it may not grow up to `bound` */
	struct ident bound; /* an id that is known already */
	bool saved;         /* it has a row in the database */
	bool dirty;         /* that row does not say `count` yet */
	uint64_t pair;      /* under which the messages came */
	struct peer peer;   /* who sent them */
};

/* Unread records of a kind that others cause. */
struct store_caused {
	uint64_t count;
	uint64_t of_peer; /* by the peer that was counted for */
};

/* What a transaction changes in memory, and what a rollback restores. */
struct store_tally {
	int64_t newest;             /* the id of the newest record */
	int64_t mark;               /* the id up to which all records are read, but for those that were passed over */
	uint64_t unread;            /* messages */
	uint64_t unread_bytes;      /* of their texts */
	struct notes_unread notes;  /* notes */
	struct store_caused events; /* records that are neither messages nor notes nor offers */
	struct store_caused offers;
	uint64_t passed; /* records at or below the mark that are unread */
	struct store_stretch stretch;
};

struct store {
	sqlite3 *db; /* NULL: it is not open, for want of room on the disk */
	bool alone;  /* it is open for reading only, until store_let_go() */
	sqlite3_stmt *stmt[SQL_STATEMENTS];
	sqlite3_stmt *later[SQL_LATER_STATEMENTS]; /* NULL: the inbox lacks these tables */
	struct scan scan;
	struct pack pack;  /* the newest messages, which are not a row of the open transaction yet */
	int64_t pack_time; /* when the first of them came, in ms of the wall clock */
	char path[PATH_MAX];
	int lock;  /* the descriptor that holds the lock of the inbox */
	bool made; /* store_open() has made the file */
	struct store_limits limits;
	int64_t generation; /* counts the helpers that have written to it */
	int64_t version;    /* SQLite's data_version when it was last read: only changes of other processes alter it */
	bool claimed;       /* our generation is in the file */
	bool synced;        /* all that earlier helpers wrote is on the disk: they left no log, or it was read back */
	bool given_back;    /* by a process that forgot, since the last transaction */
	bool lazily;        /* the next transaction need not be synced */
	bool lazy;          /* SQLite is set so that it syncs no transaction */
	bool writing;       /* a transaction is open */
	bool unsure;        /* what failed last may be on the disk, or what was committed may not: settle() */
	int failure;        /* the first -errno of the open transaction, which will be rolled back; 0: none */
	int log;            /* the descriptor of the write-ahead log; -1: none */
	ino_t log_ino;      /* the log's inode, by which an exchange is seen */
	dev_t log_dev;      /* the log's device */
	int frames;         /* pages in the log */
	bool used;          /* messages came since it was opened */
	bool held;          /* set by store_be_held() */
	bool unbegun;       /* nothing in the log was synced since the file was opened */
	off_t ahead;        /* the system was asked to read the log into memory up to here, in bytes */
	uint64_t forget_at; /* when to look next for what is not kept, by clock_monotonic_ms() */
	struct store_tally now;       /* within the open transaction */
	struct store_tally committed; /* as of the latest commit */
};

/* store.c */

/* Opens a transaction, unless one is open. 0 or the -errno by which that one is to be rolled back. */
int store_begin(struct store *s);

/*
 * Notes what a step of the open transaction returned: after a negative `failure` store_commit() rolls the transaction
 * back, and returns the first one. Returns `failure`.
 */
int store_fail(struct store *s, int failure);

/* Rolls the open transaction back, and all that it changed in memory. */
void store_rollback(struct store *s);

/* Counts the generation up, so that an earlier helper that still runs can commit nothing any more. 0 or -errno. */
int store_claim(struct store *s);

/* The same without a sync: it tells apart helpers that live, and none of them outlives the machine. */
int store_claim_lazily(struct store *s);

/* Commits a transaction that sets the generation. 0; -ESTALE: a later generation is there; another -errno. */
int store_write_generation(struct store *s, int64_t generation);

/* Keeps a number under a key, as store_keep() does. */
int store_keep_number(struct store *s, const char *key, int64_t value);

/* Reads it, as store_kept() does; 0 when there is none. */
int store_kept_number(struct store *s, const char *key, int64_t *value);

/* store_log.c */

/* Opens the log of an inbox that was just opened. A failure only makes the inbox slower. */
void store_log_begin(struct store *s);

/* Closes the log again. */
void store_log_end(struct store *s);

/* Whether an earlier helper has left a log; before the inbox is opened, which makes one. */
bool store_log_left(const struct store *s);

/*
 * Syncs what an earlier helper left in the log, and reads it back from the disk. The reading is needed because the
 * kernel keeps pages in memory that a disk failed to take, and takes them as written. 0 or -errno.
 */
MUST_USE int store_log_sync(const struct store *s);

/* When nothing happens: makes the log as long as it may become if messages came, or cuts it. */
void store_log_rest(struct store *s);

/*
 * Whether the log that is written to was removed or replaced by another file, or lies on a file system that has died,
 * so that nobody will find what is in it.
 */
bool store_log_lost(const struct store *s);

/* Writes all that a lost log holds into the file itself, and opens the file anew. 0 or -errno. */
MUST_USE int store_log_rescue(struct store *s);

/* store_open.c */

/*
 * Opens the file at s->path and reads its state. On a full disk it is only read, and closed again. 0; -EUCLEAN: its
 * contents cannot be right; another -errno of database_open().
 */
MUST_USE int store_attach(struct store *s);

/* Closes the file, and forgets what was read. */
void store_detach(struct store *s);

/*
 * Reads the state anew if another process has changed the file: an old copy may have been put in its place. 0 or
 * -errno.
 */
int store_refresh(struct store *s);

/* Opens the file for writing, unless it is open. 0 or -errno. */
MUST_USE int store_reach(struct store *s);

/* Opens the file, at least for reading, unless it is open. The caller ends with store_let_go(). 0 or -errno. */
MUST_USE int store_hold(struct store *s);

/* Whether a full disk left the file with nothing in it, which is an inbox that holds nothing. */
bool store_is_empty(const struct store *s);

/* Closes the file again, if it is open for reading only. */
void store_let_go(struct store *s);

/* store_damage.c */

/*
 * Sets a damaged inbox aside, and opens a new one in its place with all that could be read of it. `note` says so, for
 * people. Fails as store_open().
 */
MUST_USE int store_anew(struct store *s, char note[STORE_NOTE]);

/* Sets a damaged log aside, and opens the inbox without it. `note` says so, for people. Fails as store_open(). */
MUST_USE int store_leave_log(struct store *s, char note[STORE_NOTE]);

/*
 * Puts a new inbox in its place, if the helper that made it was stopped before it could. 0, also when there is none; or
 * -errno.
 */
MUST_USE int store_finish_salvage(const struct store *s);

/* store_in.c */

/* Writes what the open transaction has gathered in memory as rows. 0 or -errno. */
int store_save_gathered(struct store *s);

/*
 * Puts a record of another inbox into the open transaction, under its id there. The ids of successive calls go up. 0 or
 * -errno.
 */
int store_restore(struct store *s, const struct record *r);

/* store_out.c */

/* How many unread messages there are among some records. */
struct store_count {
	int64_t last; /* records above this id do not count */
	uint64_t messages, bytes;
};

/*
 * Counts the unread records that are no messages anew, and the unread notes of `sender`; NULL: of nobody. 0 or -errno.
 */
int store_count_others(struct store *s, const struct note *sender);

/*
 * Counts the unread events and offers anew, and those that `peer` has caused, or, if it is not known to have an account,
 * all such; NULL: nobody. 0 or -errno.
 */
int store_count_caused(struct store *s, const struct peer *peer);

/* Counts the unread messages with ids above `after` and up to `last`. 0 or -errno. */
int store_count_unread(struct store *s, int64_t after, int64_t last, struct store_count *c);

#endif
