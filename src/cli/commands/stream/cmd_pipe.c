/* pchat pipe: standard input for the partner, who takes it or not. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/stream/handing.h"
#include "cli/output/report.h"
#include "proto/offer.h"

static bool
is_readable(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* What is there of standard input, or its end. */
static int
next(struct handing *h)
{
	struct piece end = { .type = PIECE_END };
	ssize_t n;

	if (!is_readable())
		return HANDING_NOTHING;
	n = read(STDIN_FILENO, channel_room(&h->channel), PIECE_DATA_MAX);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return HANDING_NOTHING;
	if (n < 0) {
		const int error = errno;

		(void)snprintf(h->words, sizeof(h->words), _("standard input cannot be read: %s"), error_words(error));
		return -error;
	}
	if (n > 0) {
		channel_put_data(&h->channel, (uint32_t)n);
		h->bytes += (uint64_t)n;
		return HANDING_MORE;
	}
	end.u.bytes = h->bytes;
	channel_put(&h->channel, &end);
	return HANDING_ALL;
}

static const struct handing_class pipe_class = { .next = next };

static int
pipe_run(struct invocation *inv)
{
	static uint8_t body[OFFER_MAX];
	struct handing h = { .class = &pipe_class, .input = STDIN_FILENO, .channel.fd = -1 };
	const uint64_t deadline = deadline_in(options_timeout(&inv->opt, UINT64_MAX));
	const char *label = inv->opt.operand_count > 0 ? inv->opt.operands[0] : "";
	const size_t length = offer_put_stream(body, label, strlen(label));

	if (length == 0)
		return report(VERDICT_TOO_LONG, "the label is too long; it may have at most 200 bytes");
	return handing_run(&h, inv, deadline, body, (uint32_t)length);
}

const struct command command_pipe = {
	.name = "pipe",
	.operands = "[LABEL]",
	.summary = N_("offer standard input to the partner, and hand it over when it is accepted"),
	.examples = "pg_dump db | pchat pipe \"the dump\"\n"
		    "pchat pipe --timeout 60 < report.txt || echo \"not taken\"\n",
	.details = N_("Waits until the partner accepts it, with --timeout for at most SEC seconds, and exits 0\n"
		      "when all was taken: the partner's COMMAND read it and exited with 0, or it was written.\n"
		      "11: declined, or not taken to its end; 8: the partner left; 124: not accepted in time. An\n"
		      "end of file does not mean that the program before the pipe succeeded: see 'set -o\n"
		      "pipefail' of your shell.\n"),
	.max_operands = 1,
	.needs_session = true,
	.knows_notes = true,
	.run = pipe_run,
};
