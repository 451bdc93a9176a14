/*
 * Sends notes (R11), one after another, and waits until each is on its receiver's disk: to the daemon itself, without a
 * session, or by the session's helper, under its name. core/telling.h decides; here it is done, in a loop that blocks.
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
	/* set by the caller */
	struct link *link;         /* its session is found when `session`, and it is not connected yet */
	bool session;              /* by its helper */
	struct daemon_link daemon; /* else to it */
	struct feed *feed;
	const char *to;
	bool to_uid; /* only if the session is that uid's: */
	uint32_t uid;
	uint64_t timeout_ms;       /* for each note */
	uint64_t reading_deadline; /* until when a note that is all of the feed has to be read; UINT64_MAX: no limit */
	struct ident id;           /* of the first; the others count up */
	bool repeats;              /* the ids are the caller's */
	bool later;                /* have it kept where that session is not there */
	/* A note is on the receiver's disk; or, kept, on the daemon's; or NULL. */
	void (*delivered)(const struct teller *t, bool kept);

	struct telling telling;
	uint64_t deadline; /* of the present one */
	uint64_t kept;     /* notes that are */
	uint64_t count;    /* notes before the present one */
	int problem;       /* of reading the feed: -errno */
	enum feed_answer feeding;
	bool heard; /* the daemon said something on this connection */
};

/* Sends all of the feed. OK when everything is delivered; KEPT: some of it is kept; else why the present one is not; words may be in the link. */
enum verdict teller_run(struct teller *t);

#endif
