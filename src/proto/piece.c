#include "proto/piece.h"

#include <string.h>

#include "core/verdict.h"
#include "proto/wire.h"

static bool
parse_words(struct reader *r, char words[PIECE_WORDS_MAX + 1])
{
	const size_t n = (size_t)(r->end - r->p);

	if (n > PIECE_WORDS_MAX || memchr(r->p, '\0', n))
		return false;
	memcpy(words, r->p, n);
	words[n] = '\0';
	r->p += n;
	return true;
}

static bool
parse_body(struct reader *r, struct piece *p)
{
	switch (p->type) {
	case PIECE_BEGIN:
		p->u.version = read_u16(r);
		break;
	case PIECE_FILE:
		p->u.index = read_u32(r);
		break;
	case PIECE_HOLE:
	case PIECE_END:
		p->u.bytes = read_u64(r);
		if (p->u.bytes > INT64_MAX || (p->type == PIECE_HOLE && p->u.bytes == 0))
			return false;
		break;
	case PIECE_DONE:
		break;
	case PIECE_RESULT:
		p->u.said.verdict = read_u8(r);
		p->u.said.status = read_u16(r);
		if (p->u.said.verdict >= VERDICT_COUNT)
			return false;
		/* fall through */
	case PIECE_FAILED:
		if (r->bad || !parse_words(r, p->u.said.words))
			return false;
		break;
	default:
		return false;
	}
	return !r->bad && r->p == r->end;
}

static int
part_of_data(struct piece_reader *r, const uint8_t *in, size_t n, struct piece *p)
{
	const uint32_t there = n < r->data_left ? (uint32_t)n : r->data_left;

	p->type = PIECE_DATA;
	p->u.data.bytes = in;
	p->u.data.length = there;
	r->data_left -= there;
	return (int)there;
}

int
piece_parse(struct piece_reader *r, const uint8_t *in, size_t n, struct piece *p)
{
	struct reader head = { .p = in, .end = in + n };
	struct reader body;
	uint32_t length;

	if (r->data_left > 0)
		return part_of_data(r, in, n, p);
	if (n < PIECE_HEADER)
		return 0;
	length = read_u32(&head);
	p->type = read_u8(&head);
	if (read_u8(&head) != 0 || read_u16(&head) != 0)
		return -1;
	if (p->type == PIECE_DATA) {
		if (length == 0 || length > PIECE_DATA_MAX)
			return -1;
		if (n == PIECE_HEADER)
			return 0;
		r->data_left = length;
		return (int)PIECE_HEADER + part_of_data(r, in + PIECE_HEADER, n - PIECE_HEADER, p);
	}
	if (length > PIECE_SMALL_MAX)
		return -1;
	if (n - PIECE_HEADER < length)
		return 0;
	body = (struct reader){ .p = in + PIECE_HEADER, .end = in + PIECE_HEADER + length };
	return parse_body(&body, p) ? (int)(PIECE_HEADER + length) : -1;
}

static void
put_header(struct writer *w, uint8_t type, uint32_t length)
{
	write_u32(w, length);
	write_u8(w, type);
	write_u8(w, 0);
	write_u16(w, 0);
}

void
piece_data_header(uint8_t out[PIECE_HEADER], uint32_t length)
{
	struct writer w = { .start = out, .p = out, .end = out + PIECE_HEADER };

	put_header(&w, PIECE_DATA, length);
}

size_t
piece_encode(const struct piece *p, uint8_t out[PIECE_HEADER + PIECE_SMALL_MAX])
{
	struct writer w = { .start = out, .p = out + PIECE_HEADER, .end = out + PIECE_HEADER + PIECE_SMALL_MAX };
	struct writer head = { .start = out, .p = out, .end = out + PIECE_HEADER };

	switch (p->type) {
	case PIECE_BEGIN:
		write_u16(&w, p->u.version);
		break;
	case PIECE_FILE:
		write_u32(&w, p->u.index);
		break;
	case PIECE_HOLE:
	case PIECE_END:
		write_u64(&w, p->u.bytes);
		break;
	case PIECE_RESULT:
		write_u8(&w, p->u.said.verdict);
		write_u16(&w, p->u.said.status);
		/* fall through */
	case PIECE_FAILED:
		write_bytes(&w, p->u.said.words, strlen(p->u.said.words));
		break;
	default:
		break;
	}
	put_header(&head, p->type, (uint32_t)(w.p - out) - PIECE_HEADER);
	return (size_t)(w.p - out);
}
