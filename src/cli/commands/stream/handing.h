/*
 * Hands something over to the partner: offers it and, when it is taken, puts pieces into the channel until the other
 * side has said what became of it.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_HANDING_H
#define PCHAT_CLI_COMMANDS_STREAM_HANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/commands/stream/progress.h"
#include "cli/line/command.h"
#include "client/channel.h"
#include "client/offering.h"

#define HANDING_WORDS 768U /* room for all that the other side may say, quoted */

struct handing;

/* Where the pieces come from. */
struct handing_class {
	/*
	 * Puts the next pieces into h->channel, which is idle. An enum handing_step; or -errno, with what failed in
	 * h->words: the whole will not arrive.
	 */
	int (*next)(struct handing *h);
};

enum handing_step {
	HANDING_NOTHING, /* h->input has nothing now */
	HANDING_MORE,    /* more will follow */
	HANDING_ALL,     /* these were the last pieces */
};

struct handing {
	/* Set by the caller; the rest is zero. */
	const struct handing_class *class;
	int input;                 /* is polled for POLLIN before next() */
	uint64_t of;               /* bytes in all; 0: nobody knows */
	uint64_t bytes;            /* bytes that next() has put into the channel; it counts them */
	char words[HANDING_WORDS]; /* what failed, for people */

	/* Within. */
	struct offering offering;
	struct channel channel;
	struct progress progress;
	bool said_all;        /* the last piece is in the channel */
	bool done;            /* the other side has said what became of it, or it is over */
	enum verdict verdict; /* OK: the other side has all of it */
	int command_status;   /* the exit status of the command that took it; -1: there was none, or nobody knows */
};

/*
 * Makes the offer `body` (proto/offer.h), waits until the deadline (base/clock.h) for the partner to take it, and hands
 * it over. The session is connected. Returns the exit status, after a report of what failed.
 */
int handing_run(struct handing *h, struct invocation *inv, uint64_t deadline, const uint8_t *body, uint32_t length);

#endif
