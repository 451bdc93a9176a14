/*
 * A cursor that reads or writes, as it was begun: a message's layout stands
 * once, as one list of fields, and serves encoder and decoder alike. Each call
 * moves one field between the wire and *v. What the decoder must not accept
 * the encoder does not emit: either turns the codec bad, and the caller looks once, at the
 * end. While writing nothing is stored through the pointers.
 *
 * For upstream.c and control.c; programs use upstream.h and control.h.
 */
#ifndef PCHAT_PROTO_CODEC_H
#define PCHAT_PROTO_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy.h"
#include "proto/frame.h"
#include "proto/offer.h"
#include "proto/upstream.h"
#include "proto/wire.h"

struct codec {
	bool writing;
	bool bad; /* a value that the field does not allow */
	struct reader r;
	struct writer w;
};

struct codec codec_reader(const struct frame *f);

/* Leaves room for the header, which codec_finish() fills in. */
struct codec codec_writer(uint8_t *out, size_t cap);

/* Whether all of the body was read, and every field was as it should be. */
bool codec_done(const struct codec *c);

/* Completes the frame. Returns its length, 0 when a field was bad or it did not fit. */
size_t codec_finish(struct codec *c, uint16_t type);

void codec_u8(struct codec *c, uint8_t *v, uint8_t least, uint8_t most);
void codec_bool(struct codec *c, bool *v);
void codec_u16(struct codec *c, uint16_t *v);
void codec_u32(struct codec *c, uint32_t *v);
void codec_u64(struct codec *c, uint64_t *v);
void codec_i64(struct codec *c, int64_t *v);
void codec_ident(struct codec *c, struct ident *id);

/* A length in one byte, and that many bytes without NUL, fewer than `size`. */
void codec_string(struct codec *c, char *s, size_t size);

/* The same, and what may be a name (core/names/name.h); or, where that means nobody, empty. */
void codec_name(struct codec *c, char name[NAME_MAX_LEN + 1]);
void codec_name_or_none(struct codec *c, char name[NAME_MAX_LEN + 1]);

/* All that remains of the body, at most `most` bytes; read, *data points into the frame. */
void codec_rest(struct codec *c, const uint8_t **data, uint32_t *length, uint32_t most);

/* Whether a field of a later release follows: one that is written only when there is something to tell. */
bool codec_follows(const struct codec *c, bool something);

/* How many of something follow, as u16; 0 once the codec is bad, so that a loop over it ends. */
uint32_t codec_count(struct codec *c, uint32_t *count, uint16_t most);

/* What both sockets have in common. */
void codec_hello(struct codec *c, uint32_t *magic, uint16_t *version, uint32_t *features);
void codec_verdict(struct codec *c, uint8_t *verdict);
void codec_bye(struct codec *c, uint8_t *reason);
void codec_peer(struct codec *c, struct peer *p);
void codec_peer_or_none(struct codec *c, struct peer *p);
void codec_note(struct codec *c, const uint8_t **body, uint32_t *length); /* of a note; all that remains */
void codec_tell(struct codec *c, struct tell *t);
void codec_told(struct codec *c, struct told *t);
void codec_offer(struct codec *c, struct offer *o);
void codec_offer_word(struct codec *c, struct offer_word *w);
void codec_rule(struct codec *c, struct policy_rule *r);
void codec_policy(struct codec *c, struct policy *p);

#endif
