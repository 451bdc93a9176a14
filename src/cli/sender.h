/*
 * Sends what a feed gives, and waits until all of it is on the partner's disk
 * (D1-D3): core/outbox.h decides, this carries it out. Messages stay here,
 * encoded, until they are acknowledged; a helper that dies meanwhile is started
 * again and gets them again. Constant memory, however long the feed.
 */
#ifndef PCHAT_CLI_SENDER_H
#define PCHAT_CLI_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/line/feed.h"
#include "cli/session_link.h"
#include "core/outbox.h"
#include "proto/frame.h"

/* Room for a full window, twice, so that it is moved together only now and then. */
#define SENDER_STORE (2U * (WINDOW_BYTES + WINDOW_MESSAGES * (FRAME_HEADER + MSG_FIXED)))

struct sender {
	/* set by the caller */
	struct link *link;
	struct feed *feed;
	const char *to;      /* --to: only to that partner; or NULL */
	uint64_t timeout_ms; /* since the last progress */
	bool progress;       /* show it on standard error */
	bool repeats;        /* the ids were the caller's: what was sent under them before may have arrived */

	struct outbox box;
	uint64_t last_progress;
	uint64_t shown_at;
	int retry_ms; /* pause before the next attempt to reach a helper */
	int problem;  /* of reading the feed: -errno */
	enum feed_answer feeding;
	bool deaf;                      /* the helper takes no more; what it wrote is still to be read */
	uint8_t last_end;               /* enum ending of the latest pair, asked for when there is no pair */
	char partner[NAME_MAX_LEN + 1]; /* to whom it was, when that is known; for the advice to repeat it */
	enum verdict why;               /* how it ended */

	/*
	 * Encoded frames: acknowledged up to base, written up to written, given an id and a generation up to claimed.
	 * stub != 0: a frame of an older generation is half written; up to there it is completed first.
	 */
	size_t base, written, claimed, end, stub;
	uint8_t store[SENDER_STORE];
};

/* A new sender; the messages' ids count up from *id. Large: belongs into static storage. */
void sender_init(struct sender *s, struct link *link, struct feed *feed, const struct ident *id);

/* Sends all of the feed over the connected link. OK when everything is delivered, else why not. */
enum verdict sender_run(struct sender *s);

/* Tells people how it ended, unless well; returns the exit status. `command`: what to repeat it with. */
int sender_report(const struct sender *s, const char *command);

#endif
