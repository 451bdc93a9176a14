#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "guard.h"
#include "proto/frame.h"
#include "quick.h"
#include "samples.h"

/* clang-format off */
static const uint8_t msg_bytes[] = {
	0x26, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00,                         /* 38 bytes, MSG */
	0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,                         /* pair */
	0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,                         /* epoch, zero */
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, /* id */
	0x0c, 0x0d, 0x0e, 0x0f, 'l', 'u', 'n', 'c', 'h', '?',
};

static const uint8_t ack_bytes[] = {
	0x21, 0x00, 0x00, 0x00, 0x11, 0x00, 0x00, 0x00,                         /* 33 bytes, ACK */
	0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,                         /* pair */
	0x02, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,                         /* epoch, count */
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, /* first */
	0x0c, 0x0d, 0x0e, 0x0f, VERDICT_INBOX_FULL,
};
/* clang-format on */

static const struct ident counting = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };

static ssize_t
parse(const void *data, size_t n, struct frame *f)
{
	return frame_parse(guard_copy(data, n), n, f);
}

START_TEST(test_frame_of_each_length_so_far)
{
	struct frame f;

	for (size_t n = 0; n < sizeof(msg_bytes); n++)
		ck_assert_int_eq(parse(msg_bytes, n, &f), 0);
	ck_assert_int_eq(parse(msg_bytes, sizeof(msg_bytes), &f), sizeof(msg_bytes));
	ck_assert_uint_eq(f.type, FRAME_MSG);
	ck_assert_uint_eq(f.length, sizeof(msg_bytes) - FRAME_HEADER);
	ck_assert_mem_eq(f.body, msg_bytes + FRAME_HEADER, f.length);
}
END_TEST

START_TEST(test_frame_refuses_what_is_too_long_by_its_header_alone)
{
	static const struct {
		uint32_t length;
		ssize_t answer;
	} t[] = { { 0, FRAME_HEADER }, { 1, 0 }, { FRAME_BODY_MAX, 0 }, { FRAME_BODY_MAX + 1, -1 }, { INT32_MAX, -1 },
		{ UINT32_MAX - FRAME_HEADER + 1, -1 }, { UINT32_MAX, -1 } };
	uint8_t header[FRAME_HEADER];
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		frame_header(header, 0x20, t[i].length);
		ck_assert_int_eq(parse(header, sizeof(header), &f), t[i].answer);
	}
}
END_TEST

START_TEST(test_frame_refuses_zero_that_is_not_zero)
{
	uint8_t header[FRAME_HEADER];
	struct frame f;

	for (unsigned byte = 6; byte < FRAME_HEADER; byte++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			frame_header(header, 0x20, 0);
			header[byte] ^= (uint8_t)(1U << bit);
			ck_assert_int_eq(parse(header, sizeof(header), &f), -1);
		}
	}
}
END_TEST

/* A connection as a receiver sees it: pieces of `chunk` bytes, what is incomplete waits. Checks every frame. */
static void
feed(const uint8_t *stream, size_t total, size_t chunk)
{
	size_t consumed = 0, received = 0;
	struct frame whole, f;

	while (received < total) {
		received = received + chunk < total ? received + chunk : total;
		for (;;) {
			const ssize_t n = parse(stream + consumed, received - consumed, &f);

			quick_assert(n >= 0);
			if (n == 0)
				break;
			quick_assert(frame_parse(stream + consumed, total - consumed, &whole) == n);
			quick_assert(f.type == whole.type);
			quick_assert(f.length == whole.length);
			quick_assert(memcmp(f.body, whole.body, f.length) == 0);
			consumed += (size_t)n;
		}
	}
	quick_assert(consumed == total);
}

START_TEST(test_frame_stream_at_every_chunk_size)
{
	static uint8_t stream[32 * 1024], one[FRAME_MAX];
	size_t total = 0;

	for (unsigned i = 0; sample_upstream(i); i++) {
		const size_t n = upstream_encode(sample_upstream(i), one, sizeof(one));

		ck_assert_uint_gt(n, 0);
		if (n > 2000)
			continue; /* long ones are bytes of the same kind */
		memcpy(stream + total, one, n);
		total += n;
	}
	memcpy(stream + total, msg_bytes, sizeof(msg_bytes));
	total += sizeof(msg_bytes);
	for (size_t chunk = 1; chunk <= total; chunk++)
		feed(stream, total, chunk);
}
END_TEST

START_TEST(test_msg_both_ways)
{
	const struct msg m = { .pair = 0x1122334455667788, .epoch = 2, .id = counting, .length = 6 };
	uint8_t out[FRAME_HEADER + MSG_FIXED];
	struct msg back;
	struct frame f;

	msg_encode_head(out, &m);
	ck_assert_mem_eq(out, msg_bytes, sizeof(out));
	ck_assert_int_gt(parse(msg_bytes, sizeof(msg_bytes), &f), 0);
	ck_assert_int_eq(msg_decode(&f, &back), 0);
	ck_assert_uint_eq(back.pair, m.pair);
	ck_assert_uint_eq(back.epoch, m.epoch);
	ck_assert(ident_equal(&back.id, &m.id));
	ck_assert_uint_eq(back.length, 6);
	ck_assert_mem_eq(back.body, "lunch?", 6);
}
END_TEST

START_TEST(test_msg_patched_in_place)
{
	uint8_t *frame = guard_copy(msg_bytes, sizeof(msg_bytes));
	struct frame f;
	struct msg m;

	msg_patch(frame, 5, 0xfffffffe, WINDOW_MESSAGES);
	ck_assert_int_gt(frame_parse(frame, sizeof(msg_bytes), &f), 0);
	ck_assert_int_eq(msg_decode(&f, &m), 0);
	ck_assert_uint_eq(m.pair, 5);
	ck_assert_uint_eq(m.epoch, 0xfffffffe);
	ck_assert_uint_eq(m.behind, WINDOW_MESSAGES);
	ck_assert_mem_eq(frame + 24, msg_bytes + 24, sizeof(msg_bytes) - 24);
	msg_patch_behind(frame, 0);
	ck_assert_int_eq(msg_decode(&f, &m), 0);
	ck_assert_uint_eq(m.pair, 5);
	ck_assert_uint_eq(m.epoch, 0xfffffffe);
	ck_assert_uint_eq(m.behind, 0);
	ck_assert_mem_eq(frame + 24, msg_bytes + 24, sizeof(msg_bytes) - 24);
}
END_TEST

START_TEST(test_msg_lengths)
{
	struct frame f = { .type = FRAME_MSG };
	struct msg m;

	for (uint32_t n = 0; n < MSG_FIXED; n++) {
		f = (struct frame){ FRAME_MSG, n, guard_copy(msg_bytes + FRAME_HEADER, n) };
		ck_assert_int_eq(msg_decode(&f, &m), -1);
	}
	f = (struct frame){ FRAME_MSG, MSG_FIXED, guard_copy(msg_bytes + FRAME_HEADER, MSG_FIXED) };
	ck_assert_int_eq(msg_decode(&f, &m), 0);
	ck_assert_uint_eq(m.length, 0);
	f = (struct frame){ FRAME_MSG, FRAME_BODY_MAX, guard_copy(NULL, FRAME_BODY_MAX) };
	memset((uint8_t *)f.body, 0, FRAME_BODY_MAX);
	ck_assert_int_eq(msg_decode(&f, &m), 0);
	ck_assert_uint_gt(m.length, MESSAGE_MAX);
}
END_TEST

START_TEST(test_msg_refuses_other_types_and_what_no_window_holds)
{
	struct frame f = { FRAME_ACK, sizeof(msg_bytes) - FRAME_HEADER, msg_bytes + FRAME_HEADER };
	struct msg m;

	ck_assert_int_eq(msg_decode(&f, &m), -1);
	for (unsigned bit = 0; bit < 32; bit++) {
		uint8_t *body = guard_copy(f.body, f.length);

		body[12 + bit / 8] = (uint8_t)(1U << bit % 8);
		f = (struct frame){ FRAME_MSG, f.length, body };
		ck_assert_int_eq(msg_decode(&f, &m), 1U << bit <= WINDOW_MESSAGES ? 0 : -1);
		body[12] = 1;
		ck_assert_int_eq(msg_decode(&f, &m), 1U << bit < WINDOW_MESSAGES ? 0 : -1);
		memset(body + 12, 0, 4);
		ck_assert_int_eq(msg_decode(&f, &m), 0);
	}
}
END_TEST

START_TEST(test_ack_both_ways)
{
	const struct ack a = { 0x1122334455667788, 2, 3, counting, VERDICT_INBOX_FULL };
	uint8_t out[sizeof(ack_bytes)];
	struct ack back;
	struct frame f;

	ack_encode(out, &a);
	ck_assert_mem_eq(out, ack_bytes, sizeof(out));
	ck_assert_int_eq(parse(ack_bytes, sizeof(ack_bytes), &f), sizeof(ack_bytes));
	ck_assert_int_eq(ack_decode(&f, &back), 0);
	ck_assert_uint_eq(back.pair, a.pair);
	ck_assert_uint_eq(back.epoch, a.epoch);
	ck_assert_uint_eq(back.count, a.count);
	ck_assert(ident_equal(&back.first, &a.first));
	ck_assert_uint_eq(back.verdict, a.verdict);
}
END_TEST

START_TEST(test_ack_of_another_length)
{
	uint8_t longer[ACK_BODY + 1] = { 0 };
	struct frame f;
	struct ack a;

	memcpy(longer, ack_bytes + FRAME_HEADER, ACK_BODY);
	for (uint32_t n = 0; n <= sizeof(longer); n++) {
		f = (struct frame){ FRAME_ACK, n, guard_copy(longer, n) };
		ck_assert_int_eq(ack_decode(&f, &a), n == ACK_BODY ? 0 : -1);
	}
	f = (struct frame){ FRAME_MSG, ACK_BODY, longer };
	ck_assert_int_eq(ack_decode(&f, &a), -1);
}
END_TEST

START_TEST(test_ack_of_impossible_values)
{
	static const struct {
		uint32_t count;
		uint8_t verdict;
		int answer;
	} t[] = { { 1, VERDICT_OK, 0 }, { WINDOW_MESSAGES, VERDICT_OK, 0 }, { 0, VERDICT_OK, -1 },
		{ WINDOW_MESSAGES + 1, VERDICT_OK, -1 }, { UINT32_MAX, VERDICT_OK, -1 }, { 1, VERDICT_COUNT - 1, 0 },
		{ 1, VERDICT_COUNT, -1 }, { 1, UINT8_MAX, -1 } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct ack a = { .count = t[i].count, .verdict = t[i].verdict };
		uint8_t out[FRAME_HEADER + ACK_BODY];
		struct frame f;

		ack_encode(out, &a);
		ck_assert_int_gt(parse(out, sizeof(out), &f), 0);
		ck_assert_int_eq(ack_decode(&f, &a), t[i].answer);
	}
}
END_TEST

Suite *
frame_suite(void)
{
	Suite *s = suite_create("frame");
	TCase *t = tcase_create("frame");

	tcase_add_test(t, test_frame_of_each_length_so_far);
	tcase_add_test(t, test_frame_refuses_what_is_too_long_by_its_header_alone);
	tcase_add_test(t, test_frame_refuses_zero_that_is_not_zero);
	tcase_add_test(t, test_frame_stream_at_every_chunk_size);
	tcase_add_test(t, test_msg_both_ways);
	tcase_add_test(t, test_msg_patched_in_place);
	tcase_add_test(t, test_msg_lengths);
	tcase_add_test(t, test_msg_refuses_other_types_and_what_no_window_holds);
	tcase_add_test(t, test_ack_both_ways);
	tcase_add_test(t, test_ack_of_another_length);
	tcase_add_test(t, test_ack_of_impossible_values);
	suite_add_tcase(s, t);
	return s;
}
