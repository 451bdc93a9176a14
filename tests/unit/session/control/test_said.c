/* What was said: the latest of it, numbered, for whoever asks from any number on. */
#include <check.h>
#include <string.h>

#include "core/limits.h"
#include "session/control/said.h"

static struct said *s;

static void
setup(void)
{
	s = said_new();
	ck_assert_ptr_nonnull(s);
}

static void
teardown(void)
{
	said_free(s);
	said_free(NULL);
}

static void
add(const char *text, uint64_t after)
{
	char body[16];
	const struct record r = {
		.own = true, .body = (const uint8_t *)body, .length = (uint32_t)strlen(text), .id = 99
	};

	memcpy(body, text, r.length);
	said_add(s, &r, after);
	memset(body, 'x', sizeof(body)); /* it was copied */
}

static void
next_is(uint64_t number, uint64_t id, const char *text, uint64_t expected)
{
	uint64_t after;
	const struct record *r = said_next(s, number, &after);

	ck_assert_ptr_nonnull(r);
	ck_assert(r->own);
	ck_assert_uint_eq(r->id, id);
	ck_assert_uint_eq(r->length, strlen(text));
	ck_assert_mem_eq(r->body, text, r->length);
	ck_assert_uint_eq(after, expected);
}

START_TEST(numbers_count_up)
{
	uint64_t after;

	ck_assert_uint_eq(said_newest(s), 0);
	ck_assert_ptr_null(said_next(s, 0, &after));
	add("one", 0);
	add("two", 7);
	ck_assert_uint_eq(said_newest(s), 2);
	next_is(0, 1, "one", 0);
	next_is(1, 2, "two", 7);
	ck_assert_ptr_null(said_next(s, 2, &after));
	ck_assert_ptr_null(said_next(s, UINT64_MAX, &after));
	said_clear(s);
	ck_assert_ptr_null(said_next(s, 0, &after));
	add("three", 7);
	next_is(0, 3, "three", 7);
}
END_TEST

START_TEST(the_oldest_is_forgotten)
{
	static uint8_t body[MESSAGE_MAX];
	const struct record r = { .own = true, .body = body, .length = sizeof(body) };
	const uint64_t many = 2 * (SAID_BYTES / MESSAGE_MAX);
	const struct record *oldest;
	uint64_t after;

	for (uint64_t i = 0; i < many; i++)
		said_add(s, &r, 0);
	oldest = said_next(s, 0, &after);
	ck_assert_ptr_nonnull(oldest);
	ck_assert_uint_eq(said_newest(s), many);
	ck_assert_uint_gt(oldest->id, many / 2);
	ck_assert_uint_lt(oldest->id, many / 2 + 3);
}
END_TEST

Suite *
said_suite(void)
{
	Suite *suite = suite_create("said");
	TCase *t = tcase_create("said");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, numbers_count_up);
	tcase_add_test(t, the_oldest_is_forgotten);
	suite_add_tcase(suite, t);
	return suite;
}
