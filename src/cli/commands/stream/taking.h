/*
 * Taking what the partner hands over, from the moment its channel is there: pieces into a sink, or files into new files,
 * until all is whole and taken, or it is known that it will not be. The other side is told how it went.
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

struct taking {
	struct link *link;
	char partner[NAME_MAX_LEN + 1];
	uint64_t pair; /* 0: see taking_watch() */
	uint64_t number;
	uint8_t body[OFFER_MAX]; /* of the offer */
	uint32_t length;
	struct sink sink;            /* where all goes; or, SINK_NONE, each file into a new one */
	char (*names)[NAME_MAX + 1]; /* which are to have these names */
	const char *command;         /* of the sink, as people are told */
	int signals;                 /* those that end us, as a descriptor */

	/* within */
	struct channel channel;
	struct transfer transfer;
	struct progress progress;
	size_t file_at;      /* where the next file stands in the offer */
	const uint8_t *data; /* what came, and is not written yet */
	size_t left;
	uint64_t hole;
	bool waits; /* the sink takes nothing now */
	bool told;  /* all is whole: a command has its end of file */
	bool pair_over;
	int signal; /* that came; 0: none */
	bool broken;
	enum verdict verdict; /* OK as long as all is well */
	int command_status;   /* of a command that ended by itself, as shells have it; -1 */
	char words[PIECE_WORDS_MAX + 1];
};

/* Learns under which pair it is taken; later, whether that is still there. OK, or why that is not known. */
enum verdict taking_watch(struct taking *t, uint64_t deadline);

/* Takes all from the channel `fd`; the verdict, and what failed in t->words and t->command_status. */
enum verdict taking_run(struct taking *t, int fd);

#endif
