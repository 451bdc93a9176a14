/* Pieces of a channel, and what an offer says: whole, cut at every byte, and what they must not be. */
#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "proto/offer.h"
#include "proto/piece.h"

static const struct piece small[] = {
	{ .type = PIECE_BEGIN, .u.version = PIECE_VERSION },
	{ .type = PIECE_HOLE, .u.bytes = INT64_MAX },
	{ .type = PIECE_FILE, .u.index = 7 },
	{ .type = PIECE_END, .u.bytes = 12 },
	{ .type = PIECE_DONE },
	{ .type = PIECE_FAILED, .u.said = { .words = "disk on fire" } },
	{ .type = PIECE_RESULT, .u.said = { .verdict = 46, .status = 3, .words = "'psql' failed" } },
};

START_TEST(test_piece_small)
{
	const struct piece *p = &small[_i];
	uint8_t bytes[PIECE_HEADER + PIECE_SMALL_MAX];
	const size_t n = piece_encode(p, bytes);
	struct piece_reader r = { 0 };
	struct piece back;

	for (size_t cut = 0; cut < n; cut++)
		ck_assert_int_eq(piece_parse(&r, bytes, cut, &back), 0);
	memset(&back, 0, sizeof(back));
	ck_assert_int_eq(piece_parse(&r, bytes, n, &back), (int)n);
	ck_assert_uint_eq(back.type, p->type);
	if (p->type == PIECE_RESULT || p->type == PIECE_FAILED)
		ck_assert_str_eq(back.u.said.words, p->u.said.words);
	if (p->type == PIECE_RESULT) {
		ck_assert_uint_eq(back.u.said.verdict, p->u.said.verdict);
		ck_assert_uint_eq(back.u.said.status, p->u.said.status);
	}
	if (p->type == PIECE_HOLE || p->type == PIECE_END)
		ck_assert_uint_eq(back.u.bytes, p->u.bytes);
	for (size_t at = 5; at < PIECE_HEADER; at++) { /* the bytes that are zero */
		bytes[at] = 1;
		ck_assert_int_eq(piece_parse(&r, bytes, n, &back), -1);
		bytes[at] = 0;
	}
}
END_TEST

/* DATA is given as far as it is there, in parts of any size. */
START_TEST(test_piece_data)
{
	uint8_t bytes[PIECE_HEADER + 10];

	piece_data_header(bytes, 10);
	for (size_t i = 0; i < 10; i++)
		bytes[PIECE_HEADER + i] = (uint8_t)i;
	for (size_t step = 1; step <= sizeof(bytes); step++) {
		struct piece_reader r = { 0 };
		size_t at = 0, there = 0, got = 0;
		struct piece p;

		while (got < 10) {
			const int used = piece_parse(&r, bytes + at, there - at, &p);

			ck_assert_int_ge(used, 0);
			if (used == 0) {
				there = there + step < sizeof(bytes) ? there + step : sizeof(bytes);
				continue;
			}
			at += (size_t)used;
			for (uint32_t i = 0; i < p.u.data.length; i++)
				ck_assert_uint_eq(p.u.data.bytes[i], got++);
		}
		ck_assert_uint_eq(at, sizeof(bytes));
		ck_assert_uint_eq(r.data_left, 0);
	}
}
END_TEST

START_TEST(test_piece_malformed)
{
	static const uint8_t wrong[][PIECE_HEADER + 9] = {
		{ 0, 0, 0, 0, PIECE_DATA },                                   /* of nothing */
		{ 1, 0, 1, 0, PIECE_DATA },                                   /* too much */
		{ 1, 2, 0, 0, PIECE_END },                                    /* a small piece that is not */
		{ 0, 0, 0, 0, 0 },                                            /* no such type */
		{ 0, 0, 0, 0, PIECE_RESULT + 1 },                             /* nor this */
		{ 1, 0, 0, 0, PIECE_DONE },                                   /* something in it */
		{ 1, 0, 0, 0, PIECE_BEGIN },                                  /* something missing */
		{ 8, 0, 0, 0, PIECE_HOLE },                                   /* of nothing */
		{ 3, 0, 0, 0, PIECE_RESULT, 0, 0, 0, 255, 0, 0 },             /* no such verdict */
		{ 1, 0, 0, 0, PIECE_RESULT, 0, 0, 0, 0 },                     /* a result without a status */
		{ 2, 0, 0, 0, PIECE_FAILED, 0, 0, 0, 'a', 0 },                /* NUL */
		{ 8, 0, 0, 0, PIECE_END, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128 }, /* below zero */
	};
	struct piece_reader r = { 0 };
	struct piece p;

	ck_assert_int_eq(piece_parse(&r, wrong[_i], sizeof(wrong[0]), &p), -1);
}
END_TEST

/* ------ offers ------ */

START_TEST(test_offer_stream)
{
	static const char likeness[] = "12345678!abcdefghijklmnopqrstuvwxyzabcdefg";
	uint32_t files;
	uint64_t bytes;
	uint8_t body[OFFER_MAX];
	char label[OFFER_LABEL_MAX + 1];
	size_t n, length;

	memset(label, 'x', sizeof(label));
	ck_assert_uint_eq(offer_put_stream(body, label, sizeof(label)), 0);
	ck_assert_uint_eq(offer_put_stream(body, "a\0b", 3), 0);
	n = offer_put_stream(body, label, OFFER_LABEL_MAX);
	ck_assert_uint_eq(n, OFFER_LABEL_MAX + 1);
	ck_assert(offer_valid(body, n));
	ck_assert_int_eq(offer_kind(body, n), OFFER_STREAM);
	ck_assert_mem_eq(offer_label(body, n, &length), label, OFFER_LABEL_MAX);
	/* A label that reads as a file, too. */
	n = offer_put_stream(body, likeness, sizeof(likeness) - 1);
	offer_total(body, n, &files, &bytes);
	ck_assert_uint_eq(files, 0);
	ck_assert_uint_eq(bytes, 0);
	ck_assert_uint_eq(length, OFFER_LABEL_MAX);
	ck_assert_uint_eq(offer_put_stream(body, "", 0), 1);
	ck_assert(offer_valid(body, 1));
	ck_assert(!offer_valid(body, 0));
	body[0] = OFFER_FILES;
	ck_assert(!offer_valid(body, 1)); /* no files */
	body[0] = OFFER_FILES + 1;
	ck_assert(!offer_valid(body, 1));
}
END_TEST

START_TEST(test_offer_files)
{
	struct offer_file a = { .size = 10, .name = "a.csv" }, b = { .size = INT64_MAX, .name = "..." }, f;
	uint8_t body[OFFER_MAX];
	size_t n = 0, at = 0;
	uint64_t bytes;
	uint32_t files;

	n = offer_put_file(body, n, &a);
	n = offer_put_file(body, n, &b);
	ck_assert(offer_valid(body, n));
	for (size_t cut = 0; cut < n; cut++) /* a whole file may be missing, a part of one not */
		ck_assert(offer_valid(body, cut) == (cut == 1 + 8 + 1 + strlen(a.name)));
	ck_assert(offer_next_file(body, n, &at, &f));
	ck_assert_str_eq(f.name, "a.csv");
	ck_assert(offer_next_file(body, n, &at, &f));
	ck_assert_uint_eq(f.size, INT64_MAX);
	ck_assert(!offer_next_file(body, n, &at, &f));
	offer_total(body, n, &files, &bytes);
	ck_assert_uint_eq(files, 2);
	ck_assert_uint_eq(bytes, 10 + (uint64_t)INT64_MAX);
	for (n = 0; (at = offer_put_file(body, n, &a)) > 0;)
		n = at;
	ck_assert(offer_valid(body, n) && n <= OFFER_MAX && n > OFFER_MAX - 14);
}
END_TEST

START_TEST(test_offer_no_file)
{
	static const struct offer_file wrong[] = { { .name = "" }, { .name = "." }, { .name = ".." }, { .name = "a/b" },
		{ .size = (uint64_t)INT64_MAX + 1, .name = "a" } };
	uint8_t body[OFFER_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_uint_eq(offer_put_file(body, 0, &wrong[i]), 0);
}
END_TEST

Suite *
piece_suite(void)
{
	Suite *s = suite_create("piece");
	TCase *t = tcase_create("piece");

	tcase_add_loop_test(t, test_piece_small, 0, (int)ARRAY_SIZE(small));
	tcase_add_test(t, test_piece_data);
	tcase_add_loop_test(t, test_piece_malformed, 0, 12);
	tcase_add_test(t, test_offer_stream);
	tcase_add_test(t, test_offer_files);
	tcase_add_test(t, test_offer_no_file);
	suite_add_tcase(s, t);
	return s;
}
