/*
 * Bounded cursors over bytes in memory, with which the encoders and decoders of upstream.h and control.h are written.
 * Numbers are little-endian. A read or write beyond the end marks the cursor bad, for good, and does nothing else: a
 * read returns zero. So the caller looks once, at the end.
 */
#ifndef PCHAT_PROTO_WIRE_H
#define PCHAT_PROTO_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/ident.h"

/* Reads from p to `end`. */
struct reader {
	const uint8_t *p, *end;
	bool bad;
};

/* Writes from `start` to `end`; p is where the next byte goes. */
struct writer {
	uint8_t *start, *p, *end;
	bool bad;
};

/* The next n bytes, where they are; NULL: there are not so many. */
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

/* Leaves *id as it is when there are too few bytes. */
static inline void
read_ident(struct reader *r, struct ident *id)
{
	const uint8_t *p = read_bytes(r, IDENT_LEN);

	if (p)
		memcpy(id->b, p, IDENT_LEN);
}

/*
 * A string: its length in one byte, then as many bytes. It is copied to out[size] and ended with a NUL. Bad when it
 * does not fit or holds a NUL.
 */
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

/* Writes s in that form. Bad when it has more than 255 bytes. */
void write_str8(struct writer *w, const char *s);

#endif
