/* Writes the corpus that the fuzzers start from, out of the messages that the unit tests use: seed DIRECTORY */
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/piece.h"
#include "samples.h"

#define SEED_MAX 2048U /* larger ones teach a fuzzer nothing more */

static const char *directory;

static void
write_file(const char *target, const char *kind, unsigned number, const void *data, size_t n)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s/%s-%02u", directory, target, kind, number);
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
}

static void
write_messages(void)
{
	static uint8_t out[FRAME_MAX];

	for (unsigned i = 0; sample_upstream(i); i++) {
		const size_t n = upstream_encode(sample_upstream(i), out, sizeof(out));

		if (n <= SEED_MAX)
			write_file("message", "upstream", i, out, n);
	}
	for (unsigned i = 0; sample_control(i); i++) {
		const size_t n = control_encode(sample_control(i), out, sizeof(out));

		if (n <= SEED_MAX)
			write_file("message", "control", i, out, n);
	}
}

/* A byte that says how large the pieces are, then frames. */
static void
write_frames(void)
{
	static const uint8_t chunks[] = { 0, 6, 255 };
	const struct msg m = { .pair = 0x1122334455667788, .epoch = 2, .length = 6 };
	const struct ack a = { .pair = 0x1122334455667788, .epoch = 2, .count = 3, .verdict = VERDICT_OK };
	struct {
		uint8_t chunk, msg[FRAME_HEADER + MSG_FIXED], body[6], ack[FRAME_HEADER + ACK_BODY],
		    empty[FRAME_HEADER], too_long[FRAME_HEADER];
	} stream = { .body = { 'l', 'u', 'n', 'c', 'h', '?' } };

	msg_encode_head(stream.msg, &m);
	ack_encode(stream.ack, &a);
	frame_header(stream.empty, UPSTREAM_LEAVE, 0);
	frame_header(stream.too_long, UPSTREAM_TO, FRAME_BODY_MAX + 1);
	for (unsigned i = 0; i < ARRAY_SIZE(chunks); i++) {
		stream.chunk = chunks[i];
		write_file("frame", "stream", i, &stream, sizeof(stream));
	}
}

/* A byte that says how large the cuts are, then pieces: a stream, and files. */
static void
write_pieces(void)
{
	static const struct piece begin = { .type = PIECE_BEGIN, .u.version = PIECE_VERSION },
				  file = { .type = PIECE_FILE }, hole = { .type = PIECE_HOLE, .u.bytes = 10 },
				  done = { .type = PIECE_DONE }, end = { .type = PIECE_END, .u.bytes = 3 },
				  failed = { .type = PIECE_FAILED, .u.said.words = "failed" },
				  result = { .type = PIECE_RESULT, .u.said = { VERDICT_NOT_TAKEN, 3, "not taken" } };
	static const struct piece *const rows[][6] = { { &begin, NULL, &end },
		{ &begin, &file, NULL, &hole, &end, &done }, { &failed, &result, &begin } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t out[8 * (PIECE_HEADER + PIECE_SMALL_MAX)] = { (uint8_t)(5 * i) };
		size_t n = 1;

		for (unsigned k = 0; k < ARRAY_SIZE(rows[i]) && (rows[i][k] || k == 1 || k == 2); k++) {
			if (rows[i][k]) {
				n += piece_encode(rows[i][k], out + n);
				continue;
			}
			piece_data_header(out + n, 3);
			memcpy(out + n + PIECE_HEADER, "abc", 3);
			n += PIECE_HEADER + 3;
		}
		write_file("piece", "channel", i, out, n);
	}
	write_file("piece", "offer", 0, "\0\0the dump", 10);
	write_file("piece", "offer", 1, "\1\1\12\0\0\0\0\0\0\0\5a.csv", 16);
}

/* A byte that says how far to indent, then text. */
static void
write_texts(void)
{
	static const char *const texts[] = {
		"\4plain text, and more of it than a word holds\n[12:00] eve: not a record\n",
		"\1a\tb\r\033[2J\177\302\205\342\200\256\357\273\277",
		"\2\360\237\221\251\360\237\217\275\342\200\215\360\237\222\273 a\342\200\215b \346\274\242 e\314\201",
		"\3\355\240\200\300\200\377\364\220\200\200\356\200\200\315\270\342\200",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		write_file("safe", "text", i, texts[i], strlen(texts[i]));
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return EXIT_FAILURE;
	directory = argv[1];
	write_messages();
	write_frames();
	write_pieces();
	write_texts();
	return EXIT_SUCCESS;
}
