/*
 * Any bytes as a channel: cut anywhere, the same comes out; a small piece encodes to what it was read from; and what is
 * whole by the rules has as many bytes as it says.
 */
#include "core/streams/transfer.h"
#include "fuzz.h"
#include "proto/offer.h"
#include "proto/piece.h"

/* What a reader has seen. */
struct seen {
	uint64_t bytes, pieces;
	bool bad;
	struct transfer transfer;
};

static void
check_same(const struct piece *p, const uint8_t *in, int used)
{
	uint8_t out[PIECE_HEADER + PIECE_SMALL_MAX];

	fuzz_require(piece_encode(p, out) == (size_t)used && memcmp(out, in, (size_t)used) == 0);
}

static void
obey(struct seen *s, const struct piece *p)
{
	struct transfer *t = &s->transfer;

	s->bytes += p->type == PIECE_DATA ? p->u.data.length : 0;
	s->pieces += p->type != PIECE_DATA;
	if (p->type == PIECE_BEGIN)
		(void)transfer_begin(t, p->u.version == PIECE_VERSION);
	else if (p->type == PIECE_DATA)
		(void)transfer_bytes(t, p->u.data.length);
	else if (p->type == PIECE_HOLE)
		fuzz_require(!transfer_hole(t, p->u.bytes));
	else if (p->type == PIECE_END && transfer_end(t, p->u.bytes))
		fuzz_require(transfer_whole(t) && p->u.bytes == s->bytes && t->all == s->bytes);
	else if (p->type != PIECE_END)
		t->stage = TRANSFER_BROKEN; /* no stream has these */
}

/* Reads all of it, `step` bytes more at a time. */
static struct seen
read_all(const uint8_t *data, size_t n, size_t step)
{
	struct piece_reader r = { 0 };
	struct seen s = { 0 };
	size_t at = 0, there = 0;
	struct piece p;

	transfer_init(&s.transfer, 0);
	while (there < n) {
		uint8_t *copy;
		int used;

		there = there + step < n ? there + step : n;
		do {
			copy = fuzz_copy(data + at, there - at);
			used = at < there ? piece_parse(&r, copy, there - at, &p) : 0;
			fuzz_require(used <= (int)(there - at));
			if (used > 0 && p.type != PIECE_DATA)
				check_same(&p, copy, used);
			if (used > 0)
				obey(&s, &p);
			free(copy);
			at += used > 0 ? (size_t)used : 0;
		} while (used > 0);
		if (used < 0) {
			s.bad = true;
			break;
		}
	}
	return s;
}

static void
check_offer(const uint8_t *data, size_t n)
{
	uint8_t out[OFFER_MAX];
	struct offer_file f;
	size_t at = 0, length = 0;

	if (!offer_valid(data, n))
		return;
	if (offer_kind(data, n) == OFFER_STREAM) {
		const char *label = offer_label(data, n, &at);

		length = offer_put_stream(out, label, at);
	} else {
		while (offer_next_file(data, n, &at, &f))
			fuzz_require((length = offer_put_file(out, length, &f)) > 0);
	}
	fuzz_require(length == n && memcmp(out, data, n) == 0);
}

/* The first byte says how it is cut. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct seen whole, cut;

	if (n < 1)
		return 0;
	whole = read_all(data + 1, n - 1, n);
	cut = read_all(data + 1, n - 1, (size_t)data[0] + 1);
	fuzz_require(whole.bytes == cut.bytes && whole.pieces == cut.pieces && whole.bad == cut.bad);
	fuzz_require(transfer_whole(&whole.transfer) == transfer_whole(&cut.transfer));
	check_offer(data + 1, n - 1);
	return 0;
}
