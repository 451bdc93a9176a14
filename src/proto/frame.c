#include "proto/frame.h"

#include "proto/wire.h"

ssize_t
frame_parse(const uint8_t *in, size_t n, struct frame *f)
{
	struct reader r = { .p = in, .end = in + n };

	if (n < FRAME_HEADER)
		return 0;
	f->length = read_u32(&r);
	f->type = read_u16(&r);
	if (f->length > FRAME_BODY_MAX || read_u16(&r) != 0)
		return -1;
	f->body = r.p;
	return n - FRAME_HEADER < f->length ? 0 : (ssize_t)(FRAME_HEADER + f->length);
}

void
frame_header(uint8_t out[FRAME_HEADER], uint16_t type, uint32_t length)
{
	struct writer w = { .start = out, .p = out, .end = out + FRAME_HEADER };

	write_u32(&w, length);
	write_u16(&w, type);
	write_u16(&w, 0);
}

int
msg_decode(const struct frame *f, struct msg *m)
{
	struct reader r = { .p = f->body, .end = f->body + f->length };

	if (f->type != FRAME_MSG)
		return -1;
	m->pair = read_u64(&r);
	m->epoch = read_u32(&r);
	m->behind = read_u32(&r);
	read_ident(&r, &m->id);
	m->body = r.p;
	m->length = (uint32_t)(r.end - r.p);
	return r.bad || m->behind > WINDOW_MESSAGES ? -1 : 0;
}

void
msg_encode_head(uint8_t out[FRAME_HEADER + MSG_FIXED], const struct msg *m)
{
	struct writer w = { .start = out, .p = out + FRAME_HEADER, .end = out + FRAME_HEADER + MSG_FIXED };

	frame_header(out, FRAME_MSG, MSG_FIXED + m->length);
	write_u64(&w, m->pair);
	write_u32(&w, m->epoch);
	write_u32(&w, m->behind);
	write_ident(&w, &m->id);
}

void
msg_patch(uint8_t *frame, uint64_t pair, uint32_t epoch, uint32_t behind)
{
	struct writer w = { .start = frame, .p = frame + FRAME_HEADER, .end = frame + FRAME_HEADER + MSG_FIXED };

	write_u64(&w, pair);
	write_u32(&w, epoch);
	write_u32(&w, behind);
}

void
msg_patch_behind(uint8_t *frame, uint32_t behind)
{
	struct writer w = { .start = frame, .p = frame + FRAME_HEADER + 12, .end = frame + FRAME_HEADER + MSG_FIXED };

	write_u32(&w, behind);
}

int
ack_decode(const struct frame *f, struct ack *a)
{
	struct reader r = { .p = f->body, .end = f->body + f->length };

	if (f->type != FRAME_ACK || f->length != ACK_BODY)
		return -1;
	a->pair = read_u64(&r);
	a->epoch = read_u32(&r);
	a->count = read_u32(&r);
	read_ident(&r, &a->first);
	a->verdict = read_u8(&r);
	return a->count < 1 || a->count > WINDOW_MESSAGES || a->verdict >= VERDICT_COUNT ? -1 : 0;
}

void
ack_encode(uint8_t out[FRAME_HEADER + ACK_BODY], const struct ack *a)
{
	struct writer w = { .start = out, .p = out + FRAME_HEADER, .end = out + FRAME_HEADER + ACK_BODY };

	frame_header(out, FRAME_ACK, ACK_BODY);
	write_u64(&w, a->pair);
	write_u32(&w, a->epoch);
	write_u32(&w, a->count);
	write_ident(&w, &a->first);
	write_u8(&w, a->verdict);
}

void
ack_patch(uint8_t *frame, enum verdict v)
{
	frame[FRAME_HEADER + ACK_BODY - 1] = (uint8_t)v;
}
