/*
 * One layout for encoder and decoder. A codec is begun either for reading or for writing. A message's layout is one
 * list of calls, each of which moves one field between the frame and *v: it reads into *v, or writes *v and leaves it
 * as it is. All numbers are little-endian.
 *
 * A field that the decoder must not accept is not encoded either. Both mark the codec bad, and go on without effect on
 * the frame; the caller looks once, at the end, by codec_done() or codec_finish(). Nothing is allocated.
 *
 * For upstream.c and control.c. Programs use upstream.h and control.h.
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
	bool bad;        /* a field had a value that it does not allow */
	struct reader r; /* when reading */
	struct writer w; /* when writing */
};

/* Begins to read the body of a frame. What is read may point into it. */
struct codec codec_reader(const struct frame *f);

/* Begins to write a frame into out[cap]. Room is left for the header, which codec_finish() fills in. */
struct codec codec_writer(uint8_t *out, size_t cap);

/* After reading: whether every field was as it should be, and nothing of the body is left. */
bool codec_done(const struct codec *c);

/*
 * After writing: fills in the header. Returns the length of the frame in bytes; 0: a field was bad, or it did not fit.
 */
size_t codec_finish(struct codec *c, uint16_t type);

/* A number of 8 bits, from `least` to `most`. */
void codec_u8(struct codec *c, uint8_t *v, uint8_t least, uint8_t most);

/* One byte, 0 or 1. */
void codec_bool(struct codec *c, bool *v);

/* Numbers of any value; a signed one in two's complement. */
void codec_u16(struct codec *c, uint16_t *v);
void codec_u32(struct codec *c, uint32_t *v);
void codec_u64(struct codec *c, uint64_t *v);
void codec_i64(struct codec *c, int64_t *v);

/* The 16 bytes of an id. */
void codec_ident(struct codec *c, struct ident *id);

/*
 * A string: its length in one byte, then as many bytes, none of them NUL, and fewer than `size`. s[size] ends with a
 * NUL.
 */
void codec_string(struct codec *c, char *s, size_t size);

/* A string that may be a name, by name_possible() of core/names/name.h. */
void codec_name(struct codec *c, char name[NAME_MAX_LEN + 1]);

/* The same, or an empty string, which means nobody. */
void codec_name_or_none(struct codec *c, char name[NAME_MAX_LEN + 1]);

/* All that remains of the body, at most `most` bytes. When reading, *data points into the frame. */
void codec_rest(struct codec *c, const uint8_t **data, uint32_t *length, uint32_t most);

/*
 * Whether a field that a later release added follows. When writing it follows if there is `something` to tell; when
 * reading, if the body has bytes left.
 */
bool codec_follows(const struct codec *c, bool something);

/* A count of 16 bits, at most `most`. Returns *count, or 0 when the codec is bad, so that a loop over it ends. */
uint32_t codec_count(struct codec *c, uint32_t *count, uint16_t most);

/* The fields that both protocols have, as docs/PROTOCOL.md describes them. */
void codec_hello(struct codec *c, uint32_t *magic, uint16_t *version, uint32_t *features);
void codec_verdict(struct codec *c, uint8_t *verdict);
void codec_bye(struct codec *c, uint8_t *reason);
void codec_peer(struct codec *c, struct peer *p);
void codec_peer_or_none(struct codec *c, struct peer *p);
void codec_note(struct codec *c, const uint8_t **body, uint32_t *length); /* all that remains; 1 to NOTE_MAX bytes */
void codec_tell(struct codec *c, struct tell *t);
void codec_told(struct codec *c, struct told *t);
void codec_offer(struct codec *c, struct offer *o);
void codec_offer_word(struct codec *c, struct offer_word *w);
void codec_rule(struct codec *c, struct policy_rule *r);
void codec_policy(struct codec *c, struct policy *p);

#endif
