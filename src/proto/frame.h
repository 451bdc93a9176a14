/*
 * Frames: what both sockets carry. A header of 8 bytes, little-endian,
 *
 *   u32 length   bytes of the body, at most FRAME_BODY_MAX
 *   u16 type     of the message, see upstream.h and control.h
 *   u16 zero     must be 0
 *
 * then the body. Pure; reads no byte that it was not given.
 */
#ifndef PCHAT_PROTO_FRAME_H
#define PCHAT_PROTO_FRAME_H

#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "core/ident.h"
#include "core/limits.h"
#include "core/verdict.h"

#define FRAME_HEADER 8U
#define FRAME_BODY_MAX (MESSAGE_MAX + 512U)
#define FRAME_MAX (FRAME_HEADER + FRAME_BODY_MAX)

#define PROTOCOL_MAGIC 0x54414843U /* "CHAT" on the wire */
#define PROTOCOL_VERSION 1U

struct frame {
	uint16_t type;
	uint32_t length;     /* of the body */
	const uint8_t *body; /* points into the input */
};

/* Returns bytes consumed (> 0) and *f, 0 when more is needed, -1 when malformed (over-long, or zero is not 0). */
ssize_t frame_parse(const uint8_t *in, size_t n, struct frame *f);

void frame_header(uint8_t out[FRAME_HEADER], uint16_t type, uint32_t length);

/*
 * The two frames that are relayed as they came, and are most of the traffic.
 * MSG is the same on both sockets: on the way from the command to its helper pair is 0, or the pair that
 * the helper named (READY, HELD), and epoch holds the client's generation; the helper overwrites both in place,
 * and tells what is under way before it (`behind`, core/courier.h): 0, nothing is told, to who does not know FEATURE_BEHIND.
 *
 *   MSG  u64 pair, u32 epoch, u32 behind, id[16], body (1 to MESSAGE_MAX bytes)
 *   ACK  u64 pair, u32 epoch, u32 count, id[16] of the first, u8 verdict (of all: OK, or why refused)
 */
#define FRAME_MSG 0x10
#define FRAME_ACK 0x11
#define MSG_FIXED 32U
#define ACK_BODY 33U

struct msg {
	uint64_t pair;
	uint32_t epoch;
	uint32_t behind; /* 0 to WINDOW_MESSAGES */
	struct ident id;
	const uint8_t *body;
	uint32_t length;
};

struct ack {
	uint64_t pair;
	uint32_t epoch;
	uint32_t count;
	struct ident first;
	uint8_t verdict;
};

/* 0, or -1 when malformed. An empty or over-long body is not malformed but msg->length tells: the caller answers. */
int msg_decode(const struct frame *f, struct msg *m);
int ack_decode(const struct frame *f, struct ack *a); /* count: 1 to WINDOW_MESSAGES */

/* Writes header and fixed part, FRAME_HEADER + MSG_FIXED bytes; the body follows as it is. */
void msg_encode_head(uint8_t out[FRAME_HEADER + MSG_FIXED], const struct msg *m);
void ack_encode(uint8_t out[FRAME_HEADER + ACK_BODY], const struct ack *a);

/* Overwrites pair, epoch and `behind` of an encoded MSG whose header begins at `frame`; or `behind` alone. */
void msg_patch(uint8_t *frame, uint64_t pair, uint32_t epoch, uint32_t behind);
void msg_patch_behind(uint8_t *frame, uint32_t behind);

/* Overwrites the verdict of an encoded ACK whose header begins at `frame`. */
void ack_patch(uint8_t *frame, enum verdict v);

#endif
