/*
 * Notes on their way through the daemon (R11): a TELL becomes a NOTE for its receiver, the receiver's NOTE_ACK becomes
 * TOLD. Only who waits for whose answer is kept here; a note itself is passed on, or refused, at once. A sender needs no
 * session: a connection that only tells has a place of its own, and gives it back when it has nothing to tell.
 *
 * It knows connections by what of them is embedded here, and says by a class of callbacks what happens.
 */
#ifndef PCHAT_DAEMON_NOTES_TELLS_H
#define PCHAT_DAEMON_NOTES_TELLS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "net/deadlines.h"
#include "proto/upstream.h"

/* A connection, as far as notes go: embedded in it, zeroed at first but for its uid. */
struct tells_end {
	struct teller *teller; /* NULL: it has a session, or none yet */
	uint32_t uid;
	uint32_t open; /* notes of it that are not answered yet */
};

/* What a connection that only tells has beside, from tells_enter() to tells_closed(). */
struct teller {
	TAILQ_ENTRY(teller) link; /* tells::tellers */
	struct tells_end *end;
	struct deadline idle; /* tells::idle */
};

TAILQ_HEAD(tellers, teller);

struct tells_class {
	/* Whether the connection's uid is known to have an account. */
	bool (*known)(const struct tells_end *e);
	/* Whether a note of `from` may go to the session of that name, as far as that does not depend on other notes: OK and *to. */
	enum verdict (*admit)(const struct tells_end *from, const struct tell *t, struct tells_end **to);
	/*
	 * A note that may be kept, since nobody of that name is there: QUEUED, and tells_settled() with the token tells what
	 * became of it; or that at once. And what its receiver said of a kept note.
	 */
	enum verdict (*keep)(const struct tells_end *from, const struct tell *t, uint64_t token);
	void (*kept_answered)(const struct tells_end *to, uint64_t number, enum verdict v);
	/* NOTE, to be written to `to`. */
	void (*pass)(const struct tells_end *from, struct tells_end *to, uint64_t token, const struct tell *t);
	/* TOLD. */
	void (*told)(struct tells_end *e, const struct told *t);
	/* It only tells, and has said nothing for long: it is to be closed. */
	void (*idle)(struct tells_end *e);
};

/* One that was passed on, and is not answered yet. */
struct tells_way {
	uint64_t token;         /* 0: not in use */
	struct tells_end *from; /* NULL: it is gone */
	struct tells_end *to;   /* NULL: it goes to nobody, tells_settled() tells what became of it */
	uint64_t kept;          /* its number when it was a kept one; 0: it was not */
	uint32_t uid;           /* the sender's */
	bool stranger;          /* which is not known to have an account */
	struct ident msgid;
	struct deadline late; /* tells::late */
};

struct tells {
	const struct tells_class *class;
	struct tells_way *way; /* NOTES_WAY of them; NULL: there was none yet */
	uint32_t count;        /* in use */
	uint64_t serial;
	struct tellers tellers;
	uint32_t teller_count;
	struct deadlines idle; /* tellers that have nothing under way */
	struct deadlines late; /* notes that are not answered yet */
	uint32_t connections;  /* that the daemon may have */
};

void tells_init(struct tells *t, const struct tells_class *class, struct ev_loop *loop, uint32_t connections);
void tells_release(struct tells *t);

/* The connection has no session, and begins with something about notes: it stays to tell. False: there is no place for it, or memory. */
MUST_USE bool tells_enter(struct tells *t, struct tells_end *e);

/* It was answered: whoever only tells, and waits for no answer, has so long for what it says next. */
void tells_watch(struct tells *t, struct tells_end *e);

/* TELL, of a session or of a connection that only tells; answered now or later. NOTE_ACK. */
void tells_tell(struct tells *t, struct tells_end *e, const struct tell *m);
void tells_acked(struct tells *t, const struct tells_end *e, uint64_t token, enum verdict v);

/* Something else is done for the connection, under a token, until tells_settled(). 0: it is not. */
uint64_t tells_hold(struct tells *t, struct tells_end *e, const struct ident *msgid);
void tells_settled(struct tells *t, uint64_t token, enum verdict v);

/* A kept note of `uid` is passed on to `to` under that token; its answer comes by kept_answered(). 0: it cannot be now. */
uint64_t tells_pass_kept(struct tells *t, struct tells_end *to, uint64_t number, uint32_t uid, bool stranger);

/* The connection is gone: what was on its way to it may have arrived, and its senders are told so. */
void tells_closed(struct tells *t, struct tells_end *e);

/* Calls fn for each connection that only tells. */
void tells_each(struct tells *t, void (*fn)(struct tells_end *e));

#endif
