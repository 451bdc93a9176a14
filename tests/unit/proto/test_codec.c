/* Cursors over bytes, and the fields of messages: what is written is read again, and nothing is taken that may not be. */
#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "proto/codec.h"
#include "proto/wire.h"

START_TEST(numbers_are_little_endian)
{
	static const uint8_t expected[] = { 1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8 };
	uint8_t bytes[sizeof(expected)];
	struct writer w = { .start = bytes, .p = bytes, .end = bytes + sizeof(bytes) };
	struct reader r = { .p = bytes, .end = bytes + sizeof(bytes) };

	write_u8(&w, 1);
	write_u16(&w, 0x0203);
	write_u32(&w, 0x04050607);
	write_u64(&w, 0x08090a0b0c0d0e0f);
	ck_assert(!w.bad && w.p == w.end);
	ck_assert_int_eq(memcmp(bytes, expected, sizeof(bytes)), 0);
	ck_assert_uint_eq(read_u8(&r), 1);
	ck_assert_uint_eq(read_u16(&r), 0x0203);
	ck_assert_uint_eq(read_u32(&r), 0x04050607);
	ck_assert_uint_eq(read_u64(&r), 0x08090a0b0c0d0e0f);
	ck_assert(!r.bad && r.p == r.end);
}
END_TEST

START_TEST(beyond_the_end_is_bad_for_good)
{
	uint8_t bytes[3] = { 9, 9, 9 };
	struct reader r = { .p = bytes, .end = bytes + 3 };
	struct writer w = { .start = bytes, .p = bytes, .end = bytes + 3 };

	ck_assert_uint_eq(read_u32(&r), 0);
	ck_assert_uint_eq(read_u8(&r), 0); /* although there is one */
	ck_assert(r.bad);
	write_u32(&w, 1);
	write_u8(&w, 1);
	ck_assert(w.bad);
	ck_assert_uint_eq(bytes[0], 9);
}
END_TEST

START_TEST(strings_fit_and_have_no_nul)
{
	static const struct {
		uint8_t bytes[6];
		size_t n;
		bool good;
	} t[] = {
		{ { 3, 'b', 'o', 'b' }, 4, true },
		{ { 0 }, 1, true },
		{ { 4, 'm', 'o', 'r', 'e' }, 5, false }, /* than the place has */
		{ { 3, 'b', 0, 'b' }, 4, false },
		{ { 3, 'b', 'o' }, 3, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char out[4];
		struct reader r = { .p = t[i].bytes, .end = t[i].bytes + t[i].n };

		read_str8(&r, out, sizeof(out));
		ck_assert_int_eq(r.bad, !t[i].good);
		if (t[i].good)
			ck_assert_uint_eq(strlen(out), t[i].bytes[0]);
	}
}
END_TEST

/* A frame with one field in it, as written by `field`; its length, 0 when that may not be. */
static size_t
written(uint8_t *frame, size_t cap, uint8_t value, uint8_t most)
{
	struct codec c = codec_writer(frame, cap);

	codec_u8(&c, &value, 1, most);
	return codec_finish(&c, 5);
}

START_TEST(what_may_not_be_read_is_not_written)
{
	uint8_t frame[64];
	struct frame f;

	ck_assert_uint_eq(written(frame, sizeof(frame), 0, 9), 0);
	ck_assert_uint_eq(written(frame, sizeof(frame), 10, 9), 0);
	ck_assert_uint_eq(written(frame, FRAME_HEADER, 3, 9), 0); /* no room */
	ck_assert_uint_eq(written(frame, FRAME_HEADER - 1, 3, 9), 0);
	ck_assert_uint_eq(written(frame, sizeof(frame), 9, 9), FRAME_HEADER + 1);
	ck_assert_int_eq(frame_parse(frame, FRAME_HEADER + 1, &f), FRAME_HEADER + 1);
	ck_assert_uint_eq(f.type, 5);
	for (unsigned most = 8; most <= 9; most++) {
		struct codec c = codec_reader(&f);
		uint8_t v = 0;

		codec_u8(&c, &v, 1, (uint8_t)most);
		ck_assert_int_eq(codec_done(&c), most == 9);
	}
}
END_TEST

START_TEST(all_of_a_body_has_to_be_read)
{
	static const uint8_t body[] = { 1, 1, 2 };
	const struct frame f = { .type = 1, .length = sizeof(body), .body = body };
	struct codec c = codec_reader(&f);
	bool yes = false, other = true;

	codec_bool(&c, &yes);
	ck_assert(yes && codec_follows(&c, false));
	ck_assert(!codec_done(&c));
	codec_bool(&c, &other);
	ck_assert(!codec_done(&c));
	codec_bool(&c, &other); /* 2 is neither */
	ck_assert(!codec_follows(&c, true));
	ck_assert(c.bad && !codec_done(&c));
}
END_TEST

START_TEST(a_count_that_is_too_high_ends_the_loop)
{
	static const uint8_t body[] = { 3, 0, 'x', 'x', 'x' };
	const struct frame f = { .type = 1, .length = sizeof(body), .body = body };
	struct codec c = codec_reader(&f);
	uint32_t count = 7;

	ck_assert_uint_eq(codec_count(&c, &count, 3), 3);
	ck_assert_uint_eq(count, 3);
	c = codec_reader(&f);
	ck_assert_uint_eq(codec_count(&c, &count, 2), 0);
	ck_assert(c.bad);
}
END_TEST

START_TEST(names_are_names)
{
	static const struct {
		const char *name;
		bool good, or_none;
	} t[] = { { "bob", true, true }, { "", false, true }, { "-bob", false, false }, { "a b", false, false } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		uint8_t frame[64];
		char name[NAME_MAX_LEN + 1] = "";
		struct codec c = codec_writer(frame, sizeof(frame));

		memcpy(name, t[i].name, strlen(t[i].name));
		codec_name(&c, name);
		ck_assert_int_eq(codec_finish(&c, 1) > 0, t[i].good);
		c = codec_writer(frame, sizeof(frame));
		codec_name_or_none(&c, name);
		ck_assert_int_eq(codec_finish(&c, 1) > 0, t[i].or_none);
	}
}
END_TEST

Suite *
codec_suite(void)
{
	Suite *s = suite_create("codec");
	TCase *t = tcase_create("core");

	tcase_add_test(t, numbers_are_little_endian);
	tcase_add_test(t, beyond_the_end_is_bad_for_good);
	tcase_add_test(t, strings_fit_and_have_no_nul);
	tcase_add_test(t, what_may_not_be_read_is_not_written);
	tcase_add_test(t, all_of_a_body_has_to_be_read);
	tcase_add_test(t, a_count_that_is_too_high_ends_the_loop);
	tcase_add_test(t, names_are_names);
	suite_add_tcase(s, t);
	return s;
}
