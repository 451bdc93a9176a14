/*
 * What is kept: each note's place in the order in which they were kept, who it is from and for, and what has become of its
 * file. No note's text is here. Here is decided which one is next; nothing is read, written or timed.
 */
#ifndef PCHAT_DAEMON_NOTES_KEPT_TABLE_H
#define PCHAT_DAEMON_NOTES_KEPT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/notes/kept.h"
#include "daemon/notes/kept_file.h"

#define KEPT_HEADS 256U /* lists of each kind */

/* What is known of its file. */
enum file_state {
	FILE_NEW, /* it is being written */
	FILE_UNSURE, /* whoever was to write it died, or could not sync it, or it was found: it may be there, synced or not */
	FILE_SURE, /* it is there */
	FILE_BAD,  /* it is there, and cannot be read: it is left alone, and is nobody's */
};

/* One that is kept. The table's lists are in the order in which they were kept. */
struct kept {
	TAILQ_ENTRY(kept) link;
	TAILQ_ENTRY(kept) numbered, sent, awaited; /* with the same hash of its number, its sender, its receiver */
	uint64_t number;
	struct ident msgid;
	uint64_t digest; /* of its body */
	int64_t time_ms;
	uint32_t from_uid, to_uid;
	uint32_t length;
	bool stranger; /* its sender is not known to have an account */
	bool yields;   /* its receiver does not take it now, but may take those of other senders */
	bool behind;   /* one of its sender that yields */
	char to_name[NAME_MAX_LEN + 1];
	/* The keeper's: what happens to it. */
	uint8_t file;   /* enum file_state */
	bool under_way; /* it is read, or passed on and not answered: */
	bool passed;
	bool anew;       /* under its id its receiver has another note of its sender: it goes under kept_other_id() */
	bool has_failed; /* for a reason that may pass: it waits for another attempt, or has it */
	TAILQ_ENTRY(kept) failed;  /* if so */
	bool is_put_off;           /* its receiver does not take it now */
	TAILQ_ENTRY(kept) put_off; /* if so, */
	uint64_t due_ms;           /* until then */
	uint32_t pause_ms;         /* the latest; 0: it never was */
};

TAILQ_HEAD(kept_list, kept);

struct kept_table {
	struct kept_list all;
	struct kept_list numbered[KEPT_HEADS], sent[KEPT_HEADS], awaited[KEPT_HEADS];
	uint64_t all_bytes, stranger_bytes; /* what all cost, and those without an account */
	size_t yielding;
};

void kept_table_init(struct kept_table *t);

/* A note whose file is new; NULL: no memory. kept_table_remove() frees it. */
struct kept *kept_table_add(struct kept_table *t, uint64_t number, const struct kept_record *r);
void kept_table_remove(struct kept_table *t, struct kept *e);

/* NULL: there is none. */
struct kept *kept_table_find(const struct kept_table *t, uint64_t number);

/* One of the same sender and id for the same receiver, or NULL. */
struct kept *kept_table_find_same(const struct kept_table *t, const struct kept_record *r);

/* What counts where that note is to be kept, too. */
struct kept_use kept_table_use(const struct kept_table *t, const struct kept_record *r);

/* It lets those of other senders go before it, and holds back those of its own sender that came after it; or no longer. */
void kept_table_yield(struct kept_table *t, struct kept *e, bool yields);

/* The first one for that session that may go; NULL: none, or one is under way already, or put off before all others. */
struct kept *kept_table_next_for(const struct kept_table *t, const char *name, uint32_t uid);

/* Whether one of that sender and id is being written, or is passed on and not answered: it cannot be taken back now. */
bool kept_table_is_in_use(const struct kept_table *t, uint32_t uid, const struct ident *msgid);

/* The first one of that sender and id, or NULL. */
struct kept *kept_table_first_of(const struct kept_table *t, uint32_t uid, const struct ident *msgid);

/* The first one that is too old and not in use, or NULL. */
struct kept *kept_table_first_old(const struct kept_table *t, int64_t now_ms);

/* Those of a sender from that number on, a page of them. */
void kept_table_page(const struct kept_table *t, uint32_t uid, uint64_t cursor, struct kept_page *page);

/* Whether it is for the session of that name and uid. */
bool kept_is_for(const struct kept *e, const char *name, uint32_t uid);

#endif
