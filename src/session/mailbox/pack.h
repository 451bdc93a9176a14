/*
 * Messages that share a row of a database: their bodies one behind the other, each
 * a u32 length, little-endian, and so many bytes. A row costs as much as its bytes,
 * and nearly as much again for being one: a stream is kept by the hundred.
 *
 * No I/O, and nothing of SQLite.
 */
#ifndef PCHAT_SESSION_MAILBOX_PACK_H
#define PCHAT_SESSION_MAILBOX_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/limits.h"

#define PACK_BYTES (2U * (MESSAGE_MAX + 4U)) /* of one pack */

/* A pack in the making; zeroed, it is empty. */
struct pack {
	uint32_t count;
	size_t length;
	uint8_t *bytes; /* PACK_BYTES, or NULL: allocated with the first body */
};

/* Whether a body of `length` bytes has room. */
bool pack_has_room(const struct pack *p, uint32_t length);

/* Adds a body that has room, of 1 byte or more; false: no memory, nothing changed. */
MUST_USE bool pack_add(struct pack *p, const void *body, uint32_t length);

/* The body of a pack that has one only; it lives until the pack is changed. */
const uint8_t *pack_single(const struct pack *p, uint32_t *length);

/* Empties it; the memory stays, for the next one. */
void pack_clear(struct pack *p);
void pack_release(struct pack *p);

/* A pack that is read; zeroed, it has no bodies. */
struct pack_view {
	const uint8_t *bytes; /* the caller's */
	uint32_t count;
	uint32_t room;
	uint32_t *at; /* where each body's length stands */
	bool down;
	uint32_t left; /* bodies that pack_next() is still to give */
};

/*
 * Looks at the pack of `n` bytes, which must stay as long as its bodies are used. 0; -ENOMEM: it has no bodies;
 * -EUCLEAN: it is damaged, or empty; the bodies before the damage can be used.
 */
MUST_USE int pack_open(struct pack_view *v, const void *bytes, size_t n);

/* Body `index`, below v->count. */
const uint8_t *pack_body(const struct pack_view *v, uint32_t index, uint32_t *length);

/* Begins to walk up or down, with body `from`, or with the first one behind it in that direction. */
void pack_start(struct pack_view *v, bool down, int64_t from);

/* The next body and its index; NULL at the end. */
const uint8_t *pack_next(struct pack_view *v, uint32_t *index, uint32_t *length);

void pack_view_release(struct pack_view *v);

#endif
