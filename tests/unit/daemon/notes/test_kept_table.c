/* Which kept note is next, and what counts; nothing is read, written or timed. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "daemon/notes/kept_table.h"

static struct kept_table table;

static void
setup(void)
{
	kept_table_init(&table);
}

static void
teardown(void)
{
	struct kept *e;

	while ((e = TAILQ_FIRST(&table.all)))
		kept_table_remove(&table, e);
	ck_assert_uint_eq(table.all_bytes, 0);
	ck_assert_uint_eq(table.stranger_bytes, 0);
	ck_assert_uint_eq(table.yielding, 0);
}

static struct kept_record
record(uint32_t from, const char *to, uint32_t to_uid, uint8_t id)
{
	struct kept_record r = {
		.time_ms = 1000,
		.to_uid = to_uid,
		.note = { .from.uid = from, .msgid.b = { id }, .body = (const uint8_t *)"hello", .length = 5 },
	};

	(void)snprintf(r.to_name, sizeof(r.to_name), "%s", to);
	return r;
}

/* Its file is there. */
static struct kept *
add(uint64_t number, uint32_t from, uint8_t id)
{
	const struct kept_record r = record(from, "bob", 2000, id);
	struct kept *e = kept_table_add(&table, number, &r);

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->file, FILE_NEW);
	e->file = FILE_SURE;
	return e;
}

static struct kept *
next(void)
{
	return kept_table_next_for(&table, "bob", 2000);
}

/* In the order in which they were kept, one at a time; also one that is found last. */
START_TEST(test_kept_table_order)
{
	struct kept *second = add(5, 1000, 2), *third = add(7, 1000, 3), *first = add(3, 1001, 1);

	ck_assert_ptr_null(kept_table_next_for(&table, "bob", 2001));
	ck_assert_ptr_null(kept_table_next_for(&table, "carol", 2000));
	ck_assert_ptr_eq(kept_table_next_for(&table, "BOB", 2000), first);
	first->under_way = true;
	ck_assert_ptr_null(next());
	kept_table_remove(&table, first);
	ck_assert_ptr_eq(next(), second);
	second->file = FILE_BAD;
	ck_assert_ptr_eq(next(), third);
	third->file = FILE_NEW;
	ck_assert_ptr_null(next());
	ck_assert_ptr_eq(kept_table_find(&table, 7), third);
	ck_assert_ptr_null(kept_table_find(&table, 7 + KEPT_HEADS));
}
END_TEST

START_TEST(test_kept_table_put_off)
{
	struct kept *first = add(1, 1000, 1);

	(void)add(2, 1001, 2);
	first->is_put_off = true;
	ck_assert_ptr_null(next());
	first->is_put_off = false;
	ck_assert_ptr_eq(next(), first);
}
END_TEST

/* One that yields holds back those of its sender, also those that come later, and nobody else's. */
START_TEST(test_kept_table_yield)
{
	struct kept *first = add(1, 1000, 1), *behind = add(2, 1000, 2), *other = add(3, 1001, 3), *later;

	kept_table_yield(&table, first, true);
	kept_table_yield(&table, first, true); /* again is nothing */
	ck_assert_ptr_eq(next(), other);
	kept_table_remove(&table, other);
	later = add(4, 1000, 4);
	ck_assert_ptr_null(next());
	kept_table_yield(&table, first, false);
	ck_assert_ptr_eq(next(), first);
	kept_table_yield(&table, first, true);
	kept_table_remove(&table, first); /* it holds back nobody any more */
	ck_assert_ptr_eq(next(), behind);
	kept_table_remove(&table, behind);
	ck_assert_ptr_eq(next(), later);
}
END_TEST

/* All users without an account are one sender, who is held back as one. */
START_TEST(test_kept_table_strangers)
{
	struct kept_record r = record(61001, "bob", 2000, 1);
	struct kept *first, *second;
	struct kept_use use;

	r.note.stranger = true;
	ck_assert_ptr_nonnull(first = kept_table_add(&table, 1, &r));
	r.note.from.uid = 61002;
	ck_assert_ptr_nonnull(second = kept_table_add(&table, 2, &r));
	first->file = second->file = FILE_SURE;
	kept_table_yield(&table, first, true);
	ck_assert_ptr_null(next());
	r.note.from.uid = 61003;
	use = kept_table_use(&table, &r);
	ck_assert_uint_eq(use.sender_bytes, 2 * kept_cost(5));
	ck_assert_uint_eq(use.both, 2);
	r.note.stranger = false;
	use = kept_table_use(&table, &r);
	ck_assert_uint_eq(use.sender_bytes, 0);
	ck_assert_uint_eq(use.both, 0);
	ck_assert_uint_eq(use.receiver_bytes, 2 * kept_cost(5));
	ck_assert_uint_eq(use.all_bytes, 2 * kept_cost(5));
}
END_TEST

START_TEST(test_kept_table_use)
{
	const struct kept_record mine = record(1000, "bob", 2000, 9), others = record(1000, "carol", 2001, 9);
	struct kept_use use;

	(void)add(1, 1000, 1);
	(void)add(2, 1001, 2);
	ck_assert_ptr_nonnull(kept_table_add(&table, 3, &others));
	use = kept_table_use(&table, &mine);
	ck_assert_uint_eq(use.all_bytes, 3 * kept_cost(5));
	ck_assert_uint_eq(use.sender_bytes, 2 * kept_cost(5));
	ck_assert_uint_eq(use.receiver_bytes, 2 * kept_cost(5));
	ck_assert_uint_eq(use.both, 1);
	ck_assert_uint_eq(use.both_bytes, kept_cost(5));
}
END_TEST

/* An id is one note's for each receiver. */
START_TEST(test_kept_table_same)
{
	const struct kept_record same = record(1000, "Bob", 2000, 1), other_id = record(1000, "bob", 2000, 2),
				 other_sender = record(1001, "bob", 2000, 1),
				 other_receiver = record(1000, "bob", 2001, 1);
	const struct kept *e = add(1, 1000, 1);

	ck_assert_ptr_eq(kept_table_find_same(&table, &same), e);
	ck_assert_ptr_null(kept_table_find_same(&table, &other_id));
	ck_assert_ptr_null(kept_table_find_same(&table, &other_sender));
	ck_assert_ptr_null(kept_table_find_same(&table, &other_receiver));
}
END_TEST

/* What is being written, or was passed on, is in use, and cannot be taken back; nor does it grow old. */
START_TEST(test_kept_table_cancel_and_age)
{
	const struct ident id = { .b = { 1 } };
	const int64_t later = 1000 + (int64_t)31 * 24 * 60 * 60 * 1000;
	struct kept *e = add(1, 1000, 1);

	ck_assert_ptr_null(kept_table_first_of(&table, 1001, &id));
	ck_assert_ptr_eq(kept_table_first_of(&table, 1000, &id), e);
	ck_assert_ptr_null(kept_table_first_old(&table, 1000));
	ck_assert_ptr_eq(kept_table_first_old(&table, later), e);
	ck_assert(!kept_table_is_in_use(&table, 1000, &id));
	e->under_way = e->passed = true;
	ck_assert(kept_table_is_in_use(&table, 1000, &id));
	ck_assert(!kept_table_is_in_use(&table, 1001, &id));
	ck_assert_ptr_null(kept_table_first_old(&table, later));
	e->under_way = e->passed = false;
	e->file = FILE_NEW;
	ck_assert(kept_table_is_in_use(&table, 1000, &id));
	ck_assert_ptr_null(kept_table_first_old(&table, later));
}
END_TEST

START_TEST(test_kept_table_pages)
{
	struct kept_page page;
	struct kept *e;

	for (uint64_t n = 1; n <= KEPT_PAGE_ENTRIES + 3; n++)
		e = add(n, 1000, (uint8_t)n);
	e->file = FILE_BAD; /* nobody's */
	(void)add(1000, 1001, 1);
	kept_table_page(&table, 1000, 0, &page);
	ck_assert_uint_eq(page.count, KEPT_PAGE_ENTRIES);
	ck_assert_uint_eq(page.next, KEPT_PAGE_ENTRIES + 1);
	kept_table_page(&table, 1000, page.next, &page);
	ck_assert_uint_eq(page.count, 2);
	ck_assert_uint_eq(page.next, 0);
	ck_assert_str_eq(page.entry[0].name, "bob");
	kept_table_page(&table, 1002, 0, &page);
	ck_assert_uint_eq(page.count, 0);
}
END_TEST

Suite *
kept_table_suite(void)
{
	Suite *s = suite_create("kept_table");
	TCase *tc = tcase_create("kept_table");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_kept_table_order);
	tcase_add_test(tc, test_kept_table_put_off);
	tcase_add_test(tc, test_kept_table_yield);
	tcase_add_test(tc, test_kept_table_strangers);
	tcase_add_test(tc, test_kept_table_use);
	tcase_add_test(tc, test_kept_table_same);
	tcase_add_test(tc, test_kept_table_cancel_and_age);
	tcase_add_test(tc, test_kept_table_pages);
	suite_add_tcase(s, tc);
	return s;
}
