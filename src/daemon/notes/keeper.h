/*
 * Notes for accounts that are not logged in (R11), kept on the daemon's disk, for 30 days: told as kept when they are
 * synced, passed on in their order when the session of that name and uid logs in, overwritten when that is done. What
 * waits for the disk is done by a child process, one thing after another; here is what is kept, and what is next. Where no
 * child can be started, or one fails, or the receiver is there and does not take it, the note is tried again at the next
 * login and after a pause that grows.
 */
#ifndef PCHAT_DAEMON_NOTES_KEEPER_H
#define PCHAT_DAEMON_NOTES_KEEPER_H

#include <ev.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "daemon/notes/kept_file.h"

struct keeper;

struct keeper_class {
	/*
	 * What was to be done under that token is done: KEPT, or why not; of keeper_cancel() OK, or why not. The first word
	 * counts: what follows under that token is nothing.
	 */
	void (*told)(void *context, uint64_t token, enum verdict v);
	/* A note is to be passed on to its session: OK, and keeper_answered() follows; or why it cannot be. */
	enum verdict (*pass)(void *context, uint64_t number, const struct kept_record *r);
};

/*
 * Takes over what is in the folder, which is made if need be; its name is copied. What cannot be read yet is tried again
 * after a pause that grows; while the folder itself cannot be, none is kept. 0, -ENOMEM or -ENAMETOOLONG.
 */
MUST_USE int keeper_new(struct keeper **k, const struct keeper_class *class, void *context, struct ev_loop *loop,
    const char *dir, uint64_t most_bytes);

/* Whether it may keep any: most_bytes was not 0. */
bool keeper_keeps(const struct keeper *k);
void keeper_free(struct keeper *k);

/* QUEUED: told() follows; KEPT: it is kept already; or why it is not. */
enum verdict keeper_keep(struct keeper *k, uint64_t token, const struct kept_record *r);

/* The session has logged in: it gets what is kept for it. */
void keeper_arrived(struct keeper *k, const char *name, uint32_t uid);

/* What its receiver said of a note that was passed on. STALE: it is gone. */
void keeper_answered(struct keeper *k, uint64_t number, enum verdict v);

/* The sender takes a note back, for whomever it is kept. QUEUED: told() follows; NOTHING: none of that id is kept;
 * UNCONFIRMED: one is being written, or passed on, and nothing was done; STORAGE: none is known, and there may be some that
 * cannot be read. */
enum verdict keeper_cancel(struct keeper *k, uint64_t token, uint32_t uid, const struct ident *msgid);

/* A page of what is kept of that sender, from the cursor on, which is 0 at first. OK; STORAGE: it is not known. */
enum verdict keeper_list(const struct keeper *k, uint32_t uid, uint64_t cursor, struct kept_page *page);

#endif
