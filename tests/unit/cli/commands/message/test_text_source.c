/* Where the text of a message comes from. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands/message/text_source.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "folder.h"
#include "proto/status.h"
#include "words.h"

static struct options o;
static struct feed feed;

static void
parse(const char *const words[])
{
	ck_assert_int_eq(words_parse(&o, words), 0);
}

#define PARSE(...) parse((const char *const[WORDS]){ __VA_ARGS__ })

static void
expect(enum feed_answer answer, const char *text)
{
	const uint8_t *body = NULL;
	uint32_t length = 0;
	enum feed_answer a;

	while ((a = feed_peek(&feed, &body, &length)) == FEED_MORE)
		ck_assert_int_eq(feed_fill(&feed), 0);
	ck_assert_int_eq(a, answer);
	if (a != FEED_MESSAGE)
		return;
	ck_assert_uint_eq(length, strlen(text));
	ck_assert_mem_eq(body, text, length);
	feed_take(&feed, length);
}

static void
refused(int status, const char *words)
{
	const char *said;
	int got;

	report_setup(words_as_they_are, false);
	capture_begin(STDERR_FILENO);
	got = text_source_open(&o, 0, false, &feed);
	said = capture_end();
	ck_assert_int_eq(got, status);
	ck_assert_msg(strstr(said, words), "'%s' does not say '%s'", said, words);
}

START_TEST(words)
{
	PARSE("send", "some", "words");
	ck_assert_int_eq(text_source_open(&o, 0, false, &feed), 0);
	expect(FEED_MESSAGE, "some words");
	expect(FEED_END, NULL);
	PARSE("tell", "bob", "for", "him");
	ck_assert_int_eq(text_source_open(&o, 1, true, &feed), 0);
	expect(FEED_MESSAGE, "for him");
}
END_TEST

START_TEST(a_file)
{
	char dir[FOLDER_PATH], path[FOLDER_PATH + 8];
	FILE *f;

	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/text", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite("one\ntwo\0three\n", 1, 14, f), 14);
	ck_assert_int_eq(fclose(f), 0);
	PARSE("send", "-l", "-f", path);
	ck_assert_int_eq(text_source_open(&o, 0, false, &feed), 0);
	expect(FEED_MESSAGE, "one");
	ck_assert_int_eq(close(feed.fd), 0);
	PARSE("send", "-0", "-f", path);
	ck_assert_int_eq(text_source_open(&o, 0, false, &feed), 0);
	expect(FEED_MESSAGE, "one\ntwo");
	expect(FEED_MESSAGE, "three\n");
	ck_assert_int_eq(close(feed.fd), 0);
	folder_remove(dir);
	refused(status_exit(VERDICT_FAILED), path); /* it is not there any more */
}
END_TEST

START_TEST(standard_input)
{
	PARSE("send", "-f", "-");
	ck_assert_int_eq(text_source_open(&o, 0, false, &feed), 0);
	ck_assert_int_eq(feed.fd, STDIN_FILENO);
	ck_assert_int_eq(feed.separator, FEED_WHOLE);
	PARSE("send", "-0");
	ck_assert_int_eq(text_source_open(&o, 0, false, &feed), 0);
	ck_assert_int_eq(feed.fd, STDIN_FILENO);
	ck_assert_int_eq(feed.separator, 0);
}
END_TEST

START_TEST(contradictions)
{
	PARSE("send", "-l", "-0");
	refused(status_exit(VERDICT_USAGE), "send: -l and -0");
	PARSE("send", "-l", "text");
	refused(status_exit(VERDICT_USAGE), "put -- before text");
	PARSE("send", "-f", "file", "text");
	refused(status_exit(VERDICT_USAGE), "put -- before text");
}
END_TEST

Suite *
text_source_suite(void)
{
	Suite *s = suite_create("text_source");
	TCase *tc = tcase_create("text_source");

	tcase_add_test(tc, words);
	tcase_add_test(tc, a_file);
	tcase_add_test(tc, standard_input);
	tcase_add_test(tc, contradictions);
	suite_add_tcase(s, tc);
	return s;
}
