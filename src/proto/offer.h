/*
 * What an offer says of the thing that is offered (R13): a stream with its label, or files with their names and sizes. In
 * frames and in the inbox alike it is
 *
 *   u8 kind   0 a stream, 1 files
 *   stream: its label, all the rest, up to OFFER_LABEL_MAX bytes
 *   files:  for each u64 size, u8 length and name
 *
 * little-endian, at most OFFER_MAX bytes. A label and a name hold no NUL, a name no slash, and it is not "." or "..". All
 * else may be in them: it goes through safe.h before a person sees it, and no file gets such a name.
 */
#ifndef PCHAT_PROTO_OFFER_H
#define PCHAT_PROTO_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum offer_kind { OFFER_STREAM = 0, OFFER_FILES = 1 };

/* Whether the bytes are such a text: decoders have asked, and what follows is for those that are. */
bool offer_valid(const void *body, size_t length);

/* Its kind; and, of a stream, the label, which is not NUL-terminated. */
enum offer_kind offer_kind(const void *body, size_t length);
const char *offer_label(const void *body, size_t length, size_t *label_length);

struct offer_file {
	uint64_t size;
	char name[OFFER_FILE_NAME + 1];
};

/* The file that stands at *at, which begins with 0 and then is the next one's place; false: that was all. */
bool offer_next_file(const void *body, size_t length, size_t *at, struct offer_file *f);

/* How many files, and how many bytes they have together; of a stream none. */
void offer_total(const void *body, size_t length, uint32_t *files, uint64_t *bytes);

/* Writes the text of a stream: its length, or 0: the label is not allowed. `out` has OFFER_MAX bytes. */
size_t offer_put_stream(uint8_t *out, const char *label, size_t label_length);

/* Appends a file to a text of `length` bytes, 0 at first: the new length, or 0: no room, or the name is not allowed. */
size_t offer_put_file(uint8_t *out, size_t length, const struct offer_file *f);

#endif
