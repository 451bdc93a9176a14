/* A start report is read as it was written; and what nobody wrote is no start. */
#include <check.h>
#include <string.h>

#include "net/report.h"

static char notes[256], words[64];
static enum verdict verdict;

static void
take_note(const char *text)
{
	(void)strcat(strcat(notes, text), "|");
}

static void
read_it(const char *report)
{
	notes[0] = '\0';
	report_read(report, take_note, &verdict, words, sizeof(words));
}

START_TEST(what_is_written_is_read)
{
	char report[REPORT_SIZE] = "";

	report_add_note(report, sizeof(report), "one");
	report_add_note(report, sizeof(report), "two\nerror 3 forged");
	report_add_end(report, sizeof(report), VERDICT_OK, "");
	read_it(report);
	ck_assert_int_eq(verdict, VERDICT_OK);
	ck_assert_str_eq(notes, "one|two error 3 forged|");
	report[0] = '\0';
	report_add_note(report, sizeof(report), "ok");
	report_add_end(report, sizeof(report), VERDICT_TAKEN, "somebody has it");
	read_it(report);
	ck_assert_int_eq(verdict, VERDICT_TAKEN);
	ck_assert_str_eq(words, "somebody has it");
	ck_assert_str_eq(notes, "ok|");
	report_read(report, NULL, &verdict, words, sizeof(words));
	ck_assert_int_eq(verdict, VERDICT_TAKEN);
}
END_TEST

START_TEST(what_has_no_room_is_left_out)
{
	char report[12] = "";

	report_add_note(report, sizeof(report), "too long for it");
	ck_assert_str_eq(report, "");
	report_add_end(report, sizeof(report), VERDICT_OK, "");
	ck_assert_str_eq(report, "ok\n");
}
END_TEST

START_TEST(nonsense_is_no_start)
{
	static const char *const none[] = { "", "\n", "okay\n", "note: ok\n", "error\n", "error x\n",
		"Segmentation fault\n" };

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		read_it(none[i]);
		ck_assert_int_eq(verdict, VERDICT_STARTING);
	}
	read_it("error 0 all is well\n");
	ck_assert_int_eq(verdict, VERDICT_FAILED);
	read_it("error 99999999999999999999 much\n");
	ck_assert_int_eq(verdict, VERDICT_FAILED);
	read_it("error 9");
	ck_assert_int_eq(verdict, 9);
	ck_assert_str_eq(words, "");
}
END_TEST

Suite *
report_suite(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_test(tc, what_is_written_is_read);
	tcase_add_test(tc, what_has_no_room_is_left_out);
	tcase_add_test(tc, nonsense_is_no_start);
	suite_add_tcase(s, tc);
	return s;
}
