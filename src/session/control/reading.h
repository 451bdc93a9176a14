/*
 * Commands that read the inbox. One at a time has the lease: what it was given is given to nobody else until it said
 * DONE, or is gone. DONE marks no more than its reader was given. Commands are named by their index.
 *
 * Chats *follow* (READ_FOLLOW), any number of them: each is given every record, whoever else has or had it, and what
 * the session's commands said and was delivered. What one of them has shown is read; until then no other kind of reader
 * is given it. So a chat that stands still withholds nothing from other chats, and once one of those has shown a
 * record, it withholds that from nobody.
 */
#ifndef PCHAT_SESSION_CONTROL_READING_H
#define PCHAT_SESSION_CONTROL_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/control.h"

struct reading;

#define READING_LATER 1

struct reading_class {
	/*
	 * Of the inbox: as store_read(); and marks as read all of these kinds up to `last`; 0: that one alone. 0, -errno or
	 * READING_LATER: it cannot be stored now, and is tried again by reading_go_on().
	 */
	int (*read)(void *context, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *fn_context),
	    void *fn_context);
	int (*mark)(void *context, uint64_t last, unsigned kinds);
	/* As store_follow(). */
	int (*follow)(void *context, uint64_t after, unsigned kinds,
	    bool (*fn)(const struct record *r, void *fn_context), void *fn_context);
	/* It failed, and the command was told. */
	void (*failed)(void *context, int error);
	/* The answer to READ: its records, then READ_END; or NULL: there is no record yet, and it waits for one. */
	void (*begin)(void *context, uint32_t client);
	void (*record)(void *context, uint32_t client, const struct control_message *m);
	void (*end)(void *context, uint32_t client, const struct control_message *m);
	/* The answer to DONE. */
	void (*marked)(void *context, uint32_t client, enum verdict v);
};

MUST_USE struct reading *reading_new(const struct reading_class *class, void *context);
void reading_free(struct reading *r);

/* READ, DONE. */
void reading_read(struct reading *r, uint32_t client, const struct control_message *m);
void reading_done(struct reading *r, uint32_t client, const struct control_message *m);

/* What could not be marked can be now: the DONEs that waited are answered. settle: at the end, nobody else is served. */
void reading_go_on(struct reading *r);
void reading_settle(struct reading *r);

/*
 * A command is gone. The lease may be free now: reading_wake() serves the next one. What its DONE could not mark yet is still
 * marked when it can be; until then nobody else is given it.
 */
void reading_forget(struct reading *r, uint32_t client);

/* Records arrived: those who wait for some are served. */
void reading_wake(struct reading *r);

/* Whether there is anybody who follows. What was delivered, when record `after` was the newest; it is copied. */
bool reading_followed(const struct reading *r);
void reading_said(struct reading *r, const struct record *record, uint64_t after);

/* Gives what was said since to those who wait. Not while a transaction of the inbox is open. */
void reading_show_said(struct reading *r);

/* The session ends: those who wait are told. */
void reading_end(struct reading *r);

#endif
