#include <check.h>
#include <ctype.h>
#include <string.h>

#include "base/macros.h"
#include "proto/status.h"

/* The exit status that the manual promises, verdict by verdict. */
static const struct {
	enum verdict verdict;
	int exit;
} rows[] = {
	/* clang-format off */
	{ VERDICT_OK, 0 }, { VERDICT_QUEUED, 0 }, { VERDICT_NOTHING, 1 }, { VERDICT_USAGE, 2 },
	{ VERDICT_NO_SESSION, 3 }, { VERDICT_EXPIRED, 3 }, { VERDICT_NO_DAEMON, 4 }, { VERDICT_STARTING, 4 },
	{ VERDICT_RATE, 4 }, { VERDICT_NO_SUCH_USER, 5 }, { VERDICT_BUSY, 6 }, { VERDICT_REFUSES, 6 },
	{ VERDICT_SELF, 6 }, { VERDICT_SUPERSEDED, 6 }, { VERDICT_LIMIT, 6 }, { VERDICT_NOT_PAIRED, 7 },
	{ VERDICT_WRONG_PARTNER, 7 }, { VERDICT_LEFT, 8 }, { VERDICT_PARTNER_QUIT, 8 }, { VERDICT_GONE, 8 },
	{ VERDICT_TAKEN, 9 }, { VERDICT_RESERVED, 9 }, { VERDICT_MALFORMED, 9 }, { VERDICT_EMPTY, 10 },
	{ VERDICT_TOO_LONG, 10 }, { VERDICT_INBOX_FULL, 10 }, { VERDICT_STORAGE, 10 }, { VERDICT_FAILED, 71 },
	{ VERDICT_OUTPUT, 74 }, { VERDICT_ID_USED, 10 }, { VERDICT_UNCONFIRMED, 75 }, { VERDICT_STALE, 75 },
	{ VERDICT_TIMED_OUT, 124 }, { VERDICT_NOT_RUN, 126 }, { VERDICT_NO_COMMAND, 127 },
	{ VERDICT_NO_ANSWER, 4 }, { VERDICT_TAKEN_OVER, 3 }, { VERDICT_UNMAPPED, 4 }, { VERDICT_FULL, 4 },
	{ VERDICT_OLD_PARTNER, 6 }, { VERDICT_ABSENT, 124 }, { VERDICT_NO_NOTES, 6 }, { VERDICT_NOTES_FULL, 10 },
	{ VERDICT_OLD_DAEMON, 4 }, { VERDICT_KEPT, 12 }, { VERDICT_DECLINED, 11 }, { VERDICT_NOT_TAKEN, 11 },
	{ VERDICT_OFFERS_FULL, 10 }, { VERDICT_NO_STREAMS, 6 }, { VERDICT_CHANNEL_OPEN, 6 }, { VERDICT_NO_OWNER, 4 },
	/* clang-format on */
};

START_TEST(test_status_exits)
{
	ck_assert_uint_eq(ARRAY_SIZE(rows), VERDICT_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(status_exit(rows[i].verdict) == rows[i].exit, "%s", status_name(rows[i].verdict));
}
END_TEST

START_TEST(test_status_names_are_stable_and_distinct)
{
	ck_assert_str_eq(status_name(VERDICT_NO_SUCH_USER), "no-such-user");
	for (int v = 0; v < VERDICT_COUNT; v++) {
		for (const char *c = status_name((enum verdict)v); *c; c++)
			ck_assert(islower((unsigned char)*c) || *c == '-');
		for (int w = 0; w < v; w++)
			ck_assert_str_ne(status_name((enum verdict)v), status_name((enum verdict)w));
	}
}
END_TEST

START_TEST(test_status_words_are_clauses)
{
	for (int v = 0; v < VERDICT_COUNT; v++) {
		const char *words = status_words((enum verdict)v);

		ck_assert_uint_gt(strlen(words), 0);
		ck_assert_msg(islower((unsigned char)words[0]), "'%s'", words);
		ck_assert_int_ne(words[strlen(words) - 1], '.');
	}
}
END_TEST

START_TEST(test_status_of_no_verdict)
{
	static const int none[] = { VERDICT_COUNT, 255, -1, 1 << 30 };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		ck_assert_int_eq(status_exit((enum verdict)none[i]), 71);
		ck_assert_str_eq(status_name((enum verdict)none[i]), "unknown");
		ck_assert_uint_gt(strlen(status_words((enum verdict)none[i])), 0);
	}
}
END_TEST

Suite *
status_suite(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_add_test(t, test_status_exits);
	tcase_add_test(t, test_status_names_are_stable_and_distinct);
	tcase_add_test(t, test_status_words_are_clauses);
	tcase_add_test(t, test_status_of_no_verdict);
	suite_add_tcase(s, t);
	return s;
}
