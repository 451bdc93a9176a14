/*
 * Any bytes as a stream of frames: what is found may not depend on the pieces in
 * which it arrives, and a MSG or ACK that is understood encodes to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "proto/frame.h"

/* frame_parse() of a copy that has not one byte more. */
static ssize_t
parse_alone(const uint8_t *data, size_t n, struct frame *f)
{
	uint8_t *copy = fuzz_copy(data, n);
	const ssize_t used = frame_parse(copy, n, f);

	if (used > 0)
		f->body = data + FRAME_HEADER;
	free(copy);
	return used;
}

static void
check_msg(const uint8_t *bytes, const struct frame *f)
{
	uint8_t out[FRAME_HEADER + MSG_FIXED];
	struct msg m;

	if (msg_decode(f, &m) != 0)
		return;
	msg_encode_head(out, &m);
	fuzz_require(memcmp(out, bytes, sizeof(out)) == 0);
	fuzz_require(m.body + m.length == f->body + f->length);
	msg_patch(out, ~m.pair, ~m.epoch, ~m.behind);
	msg_patch(out, m.pair, m.epoch, 0);
	msg_patch_behind(out, m.behind);
	fuzz_require(memcmp(out, bytes, sizeof(out)) == 0);
}

static void
check_ack(const uint8_t *bytes, const struct frame *f)
{
	uint8_t out[FRAME_HEADER + ACK_BODY];
	struct ack a;

	if (ack_decode(f, &a) != 0)
		return;
	ack_encode(out, &a);
	fuzz_require(memcmp(out, bytes, sizeof(out)) == 0);
}

/* The frame at the start, whole or not, as it arrives in pieces of `chunk` bytes. Returns as frame_parse() of all. */
static ssize_t
parse_in_pieces(const uint8_t *data, size_t n, size_t chunk)
{
	struct frame f, whole;
	const ssize_t all = frame_parse(data, n, &whole);

	for (size_t have = 0; have < n;) {
		ssize_t used;

		have = have + chunk < n ? have + chunk : n;
		used = parse_alone(data, have, &f);
		if (used < 0)
			fuzz_require(all < 0);
		if (used <= 0)
			continue;
		fuzz_require(used == all && (size_t)used <= have);
		fuzz_require(f.type == whole.type && f.length == whole.length);
		check_msg(data, &f);
		check_ack(data, &f);
		break;
	}
	return all;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const size_t chunk = n > 0 ? data[0] + 1U : 1;

	for (size_t at = 1; at < n;) {
		const ssize_t used = parse_in_pieces(data + at, n - at, chunk);

		if (used <= 0)
			break;
		at += (size_t)used;
	}
	return 0;
}
