/*
 * What goes through a channel between two commands (R13, docs/PROTOCOL.md): pieces. A header of 8 bytes, little-endian,
 *
 *   u32 length   bytes of the body
 *   u8  type
 *   u8[3] zero
 *
 * then the body. From who offers: BEGIN; of a stream DATA and END; of files, for each in its turn, FILE, DATA and HOLE, END,
 * and DONE behind the last; or FAILED anywhere. From who takes: RESULT, once. A channel that closes before END or DONE
 * carried no whole, whatever came. Pure.
 */
#ifndef PCHAT_PROTO_PIECE_H
#define PCHAT_PROTO_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIECE_HEADER 8U
#define PIECE_DATA_MAX 65536U /* bytes of one DATA; 1 at least */
#define PIECE_WORDS_MAX 255U
#define PIECE_SMALL_MAX 512U /* bytes of every other body, at most */
#define PIECE_VERSION 1U
#define PIECE_NO_STATUS UINT16_MAX

enum piece_type {
	PIECE_BEGIN = 1, /* u16 version */
	PIECE_DATA,      /* bytes */
	PIECE_HOLE,      /* u64 bytes that are zero, 1 at least */
	PIECE_FILE,      /* u32 index in the offer, from 0 */
	PIECE_END,       /* u64 bytes of the stream, or of the file: it is whole */
	PIECE_DONE,      /* all files are */
	PIECE_FAILED,    /* words: what failed at the side that offers */
	PIECE_RESULT,    /* u8 verdict, u16 status, words: OK, all was taken; else what failed at the side that takes */
};

struct piece {
	uint8_t type;
	union {
		uint16_t version;
		uint32_t index;
		uint64_t bytes;
		struct {
			const uint8_t *bytes; /* in the input */
			uint32_t length;      /* of this DATA, or of the part of it that is there */
		} data;
		struct {
			uint8_t verdict; /* RESULT */
			uint16_t
			    status; /* RESULT: of the command that took it, as shells have it; or PIECE_NO_STATUS */
			char words[PIECE_WORDS_MAX + 1];
		} said; /* FAILED, RESULT */
	} u;
};

/* Where a reader stands: zeroed at first. */
struct piece_reader {
	uint32_t data_left; /* of the DATA whose beginning was there */
};

/* Bytes consumed and *p; 0: more are needed; -1: malformed. DATA is given as far as it is there. */
int piece_parse(struct piece_reader *r, const uint8_t *in, size_t n, struct piece *p);

/* The header of a DATA of `length` bytes. */
void piece_data_header(uint8_t out[PIECE_HEADER], uint32_t length);

/* Any other piece, header and body; its length. */
size_t piece_encode(const struct piece *p, uint8_t out[PIECE_HEADER + PIECE_SMALL_MAX]);

#endif
