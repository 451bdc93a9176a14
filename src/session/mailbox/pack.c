#include "session/mailbox/pack.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define PREFIX sizeof(uint32_t)

/* ------------------------------------------------------------------------- making */

bool
pack_has_room(const struct pack *p, uint32_t length)
{
	return PREFIX + length <= PACK_BYTES - p->length;
}

bool
pack_add(struct pack *p, const void *body, uint32_t length)
{
	const uint32_t prefix = htole32(length);

	if (!p->bytes && !(p->bytes = malloc(PACK_BYTES)))
		return false;
	memcpy(p->bytes + p->length, &prefix, PREFIX);
	memcpy(p->bytes + p->length + PREFIX, body, length);
	p->length += PREFIX + length;
	p->count++;
	return true;
}

const uint8_t *
pack_single(const struct pack *p, uint32_t *length)
{
	*length = (uint32_t)(p->length - PREFIX);
	return p->bytes + PREFIX;
}

void
pack_clear(struct pack *p)
{
	p->count = 0;
	p->length = 0;
}

void
pack_release(struct pack *p)
{
	free(p->bytes);
	*p = (struct pack){ 0 };
}

/* ------------------------------------------------------------------------- reading */

static uint32_t
length_at(const uint8_t *bytes, size_t at)
{
	uint32_t n;

	memcpy(&n, bytes + at, PREFIX);
	return le32toh(n);
}

static bool
reserve(struct pack_view *v)
{
	const uint32_t room = v->room ? 2 * v->room : 64;
	uint32_t *p;

	if (v->count < v->room)
		return true;
	if (!(p = realloc(v->at, room * sizeof(*p))))
		return false;
	v->at = p;
	v->room = room;
	return true;
}

/* Whether a whole body stands there. None is empty: what was written over with zeros is none. */
static bool
is_body(const uint8_t *bytes, size_t at, size_t n)
{
	return n - at > PREFIX && length_at(bytes, at) > 0 && length_at(bytes, at) <= n - at - PREFIX;
}

int
pack_open(struct pack_view *v, const void *bytes, size_t n)
{
	size_t at = 0;

	v->bytes = bytes;
	v->count = v->left = 0;
	if (n > PACK_BYTES)
		return -EUCLEAN;
	while (is_body(bytes, at, n)) {
		if (!reserve(v)) {
			v->count = 0;
			return -ENOMEM;
		}
		v->at[v->count++] = (uint32_t)at;
		at += PREFIX + length_at(bytes, at);
	}
	return at == n && n > 0 ? 0 : -EUCLEAN;
}

const uint8_t *
pack_body(const struct pack_view *v, uint32_t index, uint32_t *length)
{
	*length = length_at(v->bytes, v->at[index]);
	return v->bytes + v->at[index] + PREFIX;
}

void
pack_start(struct pack_view *v, bool down, int64_t from)
{
	const int64_t most = down ? from + (from < INT64_MAX) : v->count - (from > 0 ? from : 0);

	v->down = down;
	if (most < 0)
		v->left = 0;
	else
		v->left = most < v->count ? (uint32_t)most : v->count;
}

const uint8_t *
pack_next(struct pack_view *v, uint32_t *index, uint32_t *length)
{
	if (v->left == 0)
		return NULL;
	*index = v->down ? v->left - 1 : v->count - v->left;
	v->left--;
	return pack_body(v, *index, length);
}

void
pack_view_release(struct pack_view *v)
{
	free(v->at);
	*v = (struct pack_view){ 0 };
}
