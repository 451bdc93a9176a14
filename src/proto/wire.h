/*
 * Bounded cursors over a byte string: the encoders and decoders of upstream.h
 * and control.h are written with them. Little-endian. A cursor that ran over its end
 * stays bad; the caller looks once, at the end.
 */
#ifndef PCHAT_PROTO_WIRE_H
#define PCHAT_PROTO_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/ident.h"

struct reader {
	const uint8_t *p, *end;
	bool bad;
};

struct writer {
	uint8_t *start, *p, *end;
	bool bad;
};

static inline const uint8_t *
read_bytes(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || (size_t)(r->end - r->p) < n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	return p;
}

static inline uint8_t
read_u8(struct reader *r)
{
	const uint8_t *p = read_bytes(r, 1);

	return p ? *p : 0;
}

static inline uint16_t
read_u16(struct reader *r)
{
	uint16_t v = 0;
	const uint8_t *p = read_bytes(r, sizeof(v));

	if (p)
		memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t
read_u32(struct reader *r)
{
	uint32_t v = 0;
	const uint8_t *p = read_bytes(r, sizeof(v));

	if (p)
		memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t
read_u64(struct reader *r)
{
	uint64_t v = 0;
	const uint8_t *p = read_bytes(r, sizeof(v));

	if (p)
		memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void
read_ident(struct reader *r, struct ident *id)
{
	const uint8_t *p = read_bytes(r, IDENT_LEN);

	if (p)
		memcpy(id->b, p, IDENT_LEN);
}

/* A string of u8 length and bytes without NUL, into out[size], NUL-terminated; bad when it does not fit. */
void read_str8(struct reader *r, char *out, size_t size);

static inline void
write_bytes(struct writer *w, const void *data, size_t n)
{
	if (w->bad || (size_t)(w->end - w->p) < n) {
		w->bad = true;
		return;
	}
	if (n > 0)
		memcpy(w->p, data, n);
	w->p += n;
}

static inline void
write_u8(struct writer *w, uint8_t v)
{
	write_bytes(w, &v, 1);
}

static inline void
write_u16(struct writer *w, uint16_t v)
{
	v = htole16(v);
	write_bytes(w, &v, sizeof(v));
}

static inline void
write_u32(struct writer *w, uint32_t v)
{
	v = htole32(v);
	write_bytes(w, &v, sizeof(v));
}

static inline void
write_u64(struct writer *w, uint64_t v)
{
	v = htole64(v);
	write_bytes(w, &v, sizeof(v));
}

static inline void
write_ident(struct writer *w, const struct ident *id)
{
	write_bytes(w, id->b, IDENT_LEN);
}

/* The same, written; bad when it is over 255 bytes. */
void write_str8(struct writer *w, const char *s);

#endif
