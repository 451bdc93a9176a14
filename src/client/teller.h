/*
 * Sends notes (R11), one after another, and waits until each is on its receiver's disk. Without a session they go to
 * the daemon itself; with one they go to its helper, and bear its name. core/notes/telling.h decides; this performs it,
 * in a loop that blocks.
 */
#ifndef PCHAT_CLIENT_TELLER_H
#define PCHAT_CLIENT_TELLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "client/daemon_link.h"
#include "client/feed.h"
#include "client/link.h"
#include "core/notes/telling.h"

struct teller {
	/* Set by the caller; the rest is zero. */
	struct link *link;         /* not connected; with `session` it has found its session */
	bool session;              /* notes go to the helper of that session */
	struct daemon_link daemon; /* notes go there when there is no session; uses `link` */
	struct feed *feed;
	const char *to;            /* the name of the receiver */
	bool to_uid;               /* it must be a session of `uid` */
	uint32_t uid;              /* see to_uid */
	uint64_t timeout_ms;       /* for each note */
	uint64_t reading_deadline; /* until when a note that is all of the feed must be read; UINT64_MAX: no limit */
	struct ident id;           /* of the first note; the ids of the others count up */
	bool repeats;              /* the user gave the id (--id), so a note of that id may have arrived */
	bool later;                /* the daemon is to keep a note whose receiver is not there (--later) */
	/* Is called when a note is on the receiver's disk or, `kept`, on the daemon's. NULL: it is not. */
	void (*delivered)(const struct teller *t, bool kept);

	/* Within, and for the report. */
	struct telling telling;
	uint64_t deadline;        /* of the present note */
	uint64_t kept;            /* how many notes were kept */
	uint64_t count;           /* how many notes came before the present one */
	int problem;              /* why the feed could not be read, -errno; 0: it could */
	enum feed_answer feeding; /* what the feed answered last */
	bool heard;               /* the daemon has said something on this connection */
};

/*
 * Sends all of the feed. OK: all of it is delivered; KEPT: all of it is delivered or kept; else why the note number
 * t->count is not, and words may be in the link.
 */
enum verdict teller_run(struct teller *t);

#endif
