/*
 * Takes what the partner hands over, once its channel is there: pieces into a sink, or files into new files, until all
 * is whole and taken, or it is known that it will not be. The other side is told how it went.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_TAKING_H
#define PCHAT_CLI_COMMANDS_STREAM_TAKING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/commands/stream/progress.h"
#include "cli/commands/stream/sink.h"
#include "client/channel.h"
#include "client/link.h"
#include "core/streams/transfer.h"
#include "proto/offer.h"

#define TAKING_WORDS 768U /* room for all that the other side may say, quoted */

struct taking {
	/* Set by the caller; the rest is zero. */
	struct link *link;              /* connected */
	char partner[NAME_MAX_LEN + 1]; /* who made the offer */
	uint64_t pair;                  /* under which it is taken; 0: taking_watch() learns it */
	uint64_t number;                /* of the offer */
	uint8_t body[OFFER_MAX];        /* of the offer, `length` bytes */
	uint32_t length;
	struct sink sink;            /* where all goes; SINK_NONE: each file goes into a new one */
	char (*names)[NAME_MAX + 1]; /* the names of these files, in the order of the offer; the caller's */
	const char *command;         /* how people are told of the sink's command */
	int signals;                 /* a signalfd(2) of the signals that end us */

	/* Within. */
	struct channel channel;
	struct transfer transfer;
	struct progress progress;
	size_t file_at;      /* where the next file is in the offer */
	const uint8_t *data; /* bytes that came and are not written yet, `left` of them */
	size_t left;
	uint64_t hole;  /* zero bytes that are not written yet */
	bool waits;     /* the sink takes nothing now */
	bool told;      /* all is whole, and a command has its end of file */
	bool shut;      /* a command took no more: it has closed its input, or is failing */
	bool pair_over; /* the pair is over, or nobody can tell */
	int signal;     /* a signal that came; 0: none */
	bool broken;    /* the channel cannot be used any more */

	/* The result. */
	enum verdict verdict;     /* OK: all is well so far */
	int command_status;       /* of a command, or of one that could not be run, as shells have it; -1: of none */
	char words[TAKING_WORDS]; /* what failed, for people */
};

/*
 * Learns under which pair it is taken; later, whether we are still in that. OK, or why nobody can tell, with words in
 * the link.
 */
enum verdict taking_watch(struct taking *t, uint64_t deadline);

/*
 * Takes all from the channel `fd`, which it takes over. Returns the verdict; t->words and t->command_status say what
 * failed.
 */
enum verdict taking_run(struct taking *t, int fd);

#endif
