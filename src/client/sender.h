/*
 * Sends what a feed gives, and waits until all of it is on the partner's disk (D1-D3): client/outgoing.h in a loop
 * that blocks. A helper that dies meanwhile is started again and gets again what was not acknowledged. Constant
 * memory, however long the feed.
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
	/* set by the caller */
	struct link *link;
	struct feed *feed;
	const char *to;         /* --to: only to that partner; or NULL */
	uint64_t timeout_ms;    /* since the last progress */
	uint64_t feed_deadline; /* for reading the feed; 0: none */
	void (*hungry)(void);   /* is told once, when the feed lets itself be waited for; or NULL */
	void (*progress)(uint64_t delivered, bool last); /* is told now and then; or NULL */

	struct outgoing out;
	uint64_t last_progress;
	uint64_t shown_at;
	uint64_t hungry_at; /* when to tell */
	int problem;        /* of reading the feed: -errno */
	enum feed_answer feeding;
	bool deaf;                      /* the helper takes no more; what it wrote is still to be read */
	uint8_t last_end;               /* enum ending of the latest pair, asked for when there is no pair */
	char partner[NAME_MAX_LEN + 1]; /* to whom it was, when that is known; for the advice to repeat it */
	uint64_t stopped_at;            /* the message, counted from 0, that `why` is about */
	enum verdict why;               /* how it ended */
};

/*
 * A new sender; the messages' ids count up from *id. `repeats`: the ids are the caller's, what was sent under them
 * before may have arrived. Large: belongs into static storage.
 */
void sender_init(struct sender *s, struct link *link, struct feed *feed, const struct ident *id, bool repeats);

/* Sends all of the feed over the connected link. OK when everything is delivered, else why not. */
enum verdict sender_run(struct sender *s);

#endif
