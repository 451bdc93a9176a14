/*
 * The inbox from within. store.c opens it and holds its transactions; store_in.c puts
 * in what arrives; store_out.c takes out what is unread.
 */
#ifndef PCHAT_SESSION_STORE_IMPL_H
#define PCHAT_SESSION_STORE_IMPL_H

#include <limits.h>

#include "session/database.h"
#include "session/pack.h"
#include "session/scan.h"
#include "session/store.h"

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
	STATEMENTS,
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
	struct store_stretch stretch;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *stmt[STATEMENTS];
	struct scan scan;
	struct pack pack; /* the newest messages, not yet a row of the open transaction */
	int64_t pack_time;
	char path[PATH_MAX];
	int lock;
	bool made; /* by our store_open() */
	struct store_limits limits;
	int64_t generation;
	bool claimed; /* our generation is on the disk */
	bool lazily;  /* whether the next transaction need not be synced, */
	bool lazy;    /* and whether SQLite knows */
	bool writing;
	int failure; /* of the open transaction: it will be rolled back */
	int frames;  /* in the log */
	struct store_tally now, committed;
};

/* store.c */

/* Opens a transaction unless one is open. The first failure dooms it; store_commit() tells. */
int store_begin(struct store *s);
int store_doom(struct store *s, int failure);

/* As store_keep(), within the open transaction. */
int store_keep_number(struct store *s, const char *key, int64_t value);

/* store_in.c */

/* Makes rows of what the open transaction has gathered in memory. 0 or -errno. */
int store_save_gathered(struct store *s);

/* store_out.c */

struct store_count {
	int64_t last;
	uint64_t messages, bytes;
};

/* Unread messages among the records above `after`, up to `last`. 0 or -errno. */
int store_count_unread(struct store *s, int64_t after, int64_t last, struct store_count *c);

#endif
