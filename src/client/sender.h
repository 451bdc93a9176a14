/*
 * Sends what a feed gives, and waits until all of it is on the partner's disk (D1-D3): client/outgoing.h in a loop that
 * blocks. A helper that dies meanwhile is started again, and is given again what was not acknowledged. It takes the
 * same memory however long the feed is.
 */
#ifndef PCHAT_CLIENT_SENDER_H
#define PCHAT_CLIENT_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/feed.h"
#include "client/link.h"
#include "client/outgoing.h"

struct sender {
	/* Set by sender_init(). */
	struct link *link;
	struct feed *feed;

	/* Set by the caller after that. Deadlines are by base/clock.h. */
	const char *to;         /* send to this partner only (--to); NULL: to whoever it is */
	uint64_t timeout_ms;    /* how long nothing may be acknowledged */
	uint64_t feed_deadline; /* until when the feed must be read; 0: none */
	void (*hungry)(void);   /* is called once when the feed gives nothing for a second; NULL: it is not */
	void (*progress)(uint64_t delivered, bool last); /* is called now and then; NULL: it is not */

	/* Within. */
	struct outgoing out;
	uint64_t last_progress;
	uint64_t shown_at;        /* when `progress` was called last */
	uint64_t hungry_at;       /* when to call `hungry` */
	enum feed_answer feeding; /* what the feed answered last */
	bool deaf;                /* the helper takes no more; what it wrote is still to be read */
	uint8_t last_end;         /* enum ending of the latest pair, asked for when there is no pair */

	/* For the report. */
	int problem;                    /* why the feed could not be read, -errno; 0: it could */
	char partner[NAME_MAX_LEN + 1]; /* to whom it was sent; empty: nobody knows */
	uint64_t stopped_at;            /* which message `why` is about, counted from 0 */
	enum verdict why;               /* how it ended */
};

/*
 * Prepares a sender that is all zero. The ids of the messages count up from *id. `repeats`: the user gave the id
 * (--id), so what was sent under it before may have arrived. A sender is large: it belongs into static storage. The
 * link and the feed must stay.
 */
void sender_init(struct sender *s, struct link *link, struct feed *feed, const struct ident *id, bool repeats);

/* Sends all of the feed over the connected link. OK: all of it is delivered; else why not, which is s->why, too. */
enum verdict sender_run(struct sender *s);

#endif
