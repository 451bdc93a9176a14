#include "proto/wire.h"

void
read_str8(struct reader *r, char *out, size_t size)
{
	const size_t len = read_u8(r);
	const uint8_t *p = read_bytes(r, len);

	out[0] = '\0';
	if (!p || len >= size || memchr(p, '\0', len)) {
		r->bad = true;
		return;
	}
	memcpy(out, p, len);
	out[len] = '\0';
}

void
write_str8(struct writer *w, const char *s)
{
	const size_t len = strlen(s);

	if (len > UINT8_MAX) {
		w->bad = true;
		return;
	}
	write_u8(w, (uint8_t)len);
	write_bytes(w, s, len);
}
