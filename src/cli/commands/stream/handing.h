/*
 * Handing something over to the partner: it is offered, and when it was taken its pieces go into the channel, until the
 * other side has said what became of it.
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

struct handing;

/* Where the pieces come from. */
struct handing_class {
	/*
	 * Puts the next pieces into h->channel, which is idle: HANDING_MORE; HANDING_NOTHING: h->input has none now; HANDING_ALL:
	 * these were the last. -errno, and what failed in h->words: it will not be whole.
	 */
	int (*next)(struct handing *h);
};

enum handing_step { HANDING_NOTHING, HANDING_MORE, HANDING_ALL };

struct handing {
	const struct handing_class *class;
	int input;      /* to poll for POLLIN before next() */
	uint64_t of;    /* bytes in all; 0: nobody knows */
	uint64_t bytes; /* that were put into the channel, by next() */
	char words[512];

	/* within */
	struct offering offering;
	struct channel channel;
	struct progress progress;
	bool said_all, done;
	enum verdict verdict;
	int command_status; /* of the command that took it; -1: there was none, or it was not heard of */
};

/*
 * Offers `body` (proto/offer.h) until `deadline` (base/clock.h), and hands it over. The exit status; what failed was
 * told.
 */
int handing_run(struct handing *h, struct invocation *inv, uint64_t deadline, const uint8_t *body, uint32_t length);

#endif
