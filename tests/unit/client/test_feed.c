#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "client/feed.h"
#include "quick.h"

static struct feed feed;

static void
write_all(int fd, const char *data, size_t n)
{
	ck_assert_int_eq(write(fd, data, n), (ssize_t)n);
}

/* The next message, reading as often as the feed asks to. */
static enum feed_answer
next(const uint8_t **body, uint32_t *length)
{
	enum feed_answer a;

	while ((a = feed_peek(&feed, body, length)) == FEED_MORE)
		ck_assert_int_eq(feed_fill(&feed), 0);
	return a;
}

static void
expect_message(const char *text)
{
	const uint8_t *body;
	uint32_t length = 0;

	ck_assert_int_eq(next(&body, &length), FEED_MESSAGE);
	ck_assert_uint_eq(length, strlen(text));
	ck_assert_mem_eq(body, text, length);
	feed_take(&feed, length);
}

static void
expect(enum feed_answer wanted)
{
	const uint8_t *body;
	uint32_t length;

	ck_assert_int_eq(next(&body, &length), wanted);
}

/* A pipe that holds `data` and is closed behind it. */
static int
pipe_with(const char *data, size_t n)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	(void)fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
	write_all(fds[1], data, n);
	ck_assert_int_eq(close(fds[1]), 0);
	return fds[0];
}

START_TEST(test_feed_words)
{
	char a[] = "two", b[] = "words", none[] = "";
	char *const both[] = { a, b }, *const empty[] = { none };

	feed_words(&feed, both, 2);
	expect_message("two words");
	expect(FEED_END);
	feed_words(&feed, empty, 1);
	expect(FEED_EMPTY);
}
END_TEST

START_TEST(test_feed_words_up_to_the_limit)
{
	static char word[MESSAGE_MAX + 100];
	char one[] = "x", *const words[] = { word, one };

	memset(word, 'w', MESSAGE_MAX - 2);
	word[MESSAGE_MAX - 2] = '\0';
	feed_words(&feed, words, 2);
	expect(FEED_MESSAGE);
	for (size_t n = MESSAGE_MAX - 1; n < MESSAGE_MAX + 3; n++) {
		memset(word, 'w', n);
		word[n] = '\0';
		feed_words(&feed, words, 2);
		expect(FEED_TOO_LONG);
	}
}
END_TEST

/* However many follow: no byte of them is kept. */
START_TEST(test_feed_words_far_beyond_the_limit)
{
	static char word[MESSAGE_MAX + 1];
	char one[] = "x";
	char *const words[] = { one, word, word, word, word, word, word, word, word, one };
	static struct {
		struct feed feed;
		uint8_t behind[16 * MESSAGE_MAX];
	} m;
	const uint8_t *body;
	uint32_t length;

	for (size_t n = MESSAGE_MAX - 4; n < MESSAGE_MAX; n++) {
		memset(word, 'w', n);
		word[n] = '\0';
		feed_words(&m.feed, words, ARRAY_SIZE(words));
		ck_assert_int_eq(feed_peek(&m.feed, &body, &length), FEED_TOO_LONG);
		ck_assert_uint_eq(m.feed.len, MESSAGE_MAX + 1);
		for (size_t i = 0; i < sizeof(m.behind); i++)
			ck_assert_uint_eq(m.behind[i], 0);
	}
}
END_TEST

START_TEST(test_feed_whole)
{
	static const struct {
		const char *in, *out;
	} t[] = { { "a", "a" }, { "a\n", "a" }, { "a\n\n", "a\n" }, { "\n\n", "\n" }, { "\n", NULL }, { "", NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_(closep) const int fd = pipe_with(t[i].in, strlen(t[i].in));

		feed_descriptor(&feed, fd, FEED_WHOLE);
		if (t[i].out)
			expect_message(t[i].out);
		expect(t[i].out ? FEED_END : FEED_EMPTY);
	}
}
END_TEST

/* The longest is taken, also with a line feed behind it; one byte more is refused, and no more than it is read. */
START_TEST(test_feed_whole_limit)
{
	static char data[MESSAGE_MAX + 100];

	memset(data, 'x', sizeof(data));
	for (size_t n = MESSAGE_MAX - 1; n < sizeof(data); n++) {
		for (unsigned feeds = 0; feeds < 2 && n > 0; feeds++) {
			const size_t length = n - feeds;
			const uint8_t *body;
			uint32_t got = 0;
			enum feed_answer a;
			_cleanup_(closep) int fd = -1;

			memset(data, 'x', sizeof(data));
			if (feeds)
				data[n - 1] = '\n';
			fd = pipe_with(data, n);
			feed_descriptor(&feed, fd, FEED_WHOLE);
			a = next(&body, &got);
			quick_assert(a == (length > MESSAGE_MAX ? FEED_TOO_LONG : FEED_MESSAGE));
			quick_assert(length > MESSAGE_MAX || got == length);
			quick_assert(feed.len <= MESSAGE_MAX + 2);
		}
	}
}
END_TEST

START_TEST(test_feed_lines)
{
	_cleanup_(closep) const int fd = pipe_with("one\ntwo\n\nthree", 14);

	feed_descriptor(&feed, fd, '\n');
	expect_message("one");
	expect_message("two");
	expect(FEED_EMPTY);
	expect(FEED_EMPTY);
	ck_assert_uint_eq(feed.taken, 2);
}
END_TEST

START_TEST(test_feed_last_line_without_its_end)
{
	_cleanup_(closep) const int fd = pipe_with("one\0two\nlines\0three", 19);

	feed_descriptor(&feed, fd, '\0');
	expect_message("one");
	expect_message("two\nlines");
	expect_message("three");
	expect(FEED_END);
}
END_TEST

START_TEST(test_feed_lines_as_they_come)
{
	const uint8_t *body;
	uint32_t length;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	feed_descriptor(&feed, fds[0], '\n');
	write_all(fds[1], "on", 2);
	ck_assert_int_eq(feed_fill(&feed), 0);
	ck_assert_int_eq(feed_peek(&feed, &body, &length), FEED_MORE);
	write_all(fds[1], "e\ntw", 4);
	ck_assert_int_eq(feed_fill(&feed), 0);
	expect_message("one");
	ck_assert_int_eq(feed_peek(&feed, &body, &length), FEED_MORE);
	ck_assert_int_eq(close(fds[1]), 0);
	expect_message("tw");
	expect(FEED_END);
	ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* Lines of every length, so that they lie across the buffer's end at every place. */
START_TEST(test_feed_many_lines)
{
	char line[700];
	unsigned wrote = 0, got = 0;
	const uint8_t *body;
	uint32_t length;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	feed_descriptor(&feed, fds[0], '\n');
	while (got < 5000) {
		for (; wrote < 5000 && wrote < got + 50; wrote++) {
			const size_t n = wrote % 699 + 1;

			memset(line, 'a' + (int)(wrote % 26), n);
			line[n] = '\n';
			write_all(fds[1], line, n + 1);
		}
		ck_assert_int_eq(feed_fill(&feed), 0);
		while (feed_peek(&feed, &body, &length) == FEED_MESSAGE) {
			quick_assert(length == got % 699 + 1);
			quick_assert(body[0] == 'a' + got % 26 && body[length - 1] == body[0]);
			feed_take(&feed, length);
			got++;
		}
	}
	ck_assert_int_eq(close(fds[0]), 0);
	ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

START_TEST(test_feed_line_limit)
{
	static char data[2 * MESSAGE_MAX];
	_cleanup_(closep) int fd = -1;

	memset(data, 'x', sizeof(data));
	memcpy(data, "ok\n", 3);
	data[3 + MESSAGE_MAX] = '\n';
	fd = pipe_with(data, sizeof(data));
	feed_descriptor(&feed, fd, '\n');
	expect_message("ok");
	expect(FEED_MESSAGE);
	feed_take(&feed, MESSAGE_MAX);
	expect(FEED_MESSAGE); /* the rest fits just so */
	(void)close(fd);
	data[3 + MESSAGE_MAX] = 'x';
	fd = pipe_with(data, sizeof(data));
	feed_descriptor(&feed, fd, '\n');
	expect_message("ok");
	expect(FEED_TOO_LONG);
}
END_TEST

/* What is too long is passed over, in however many pieces it comes; what follows is there. */
START_TEST(test_feed_skip)
{
	static char data[20 * MESSAGE_MAX];
	FILE *file = tmpfile();

	memset(data, 'x', sizeof(data));
	memcpy(data, "ok\n", 3);
	memcpy(data + 18 * MESSAGE_MAX, "\nnext\n", 6);
	ck_assert_uint_eq(fwrite(data, 1, sizeof(data), file), sizeof(data));
	rewind(file);
	feed_descriptor(&feed, fileno(file), '\n');
	expect_message("ok");
	expect(FEED_TOO_LONG);
	feed_skip(&feed);
	ck_assert_uint_eq(feed.taken, 2);
	expect_message("next");
	expect(FEED_TOO_LONG); /* the last one, which ends with the input */
	feed_skip(&feed);
	expect(FEED_END);
	(void)fclose(file);
}
END_TEST

START_TEST(test_feed_error)
{
	const uint8_t *body;
	uint32_t length;
	_cleanup_(closep) const int fd = open("/", O_RDONLY | O_DIRECTORY);

	feed_descriptor(&feed, fd, FEED_WHOLE);
	ck_assert_int_eq(feed_peek(&feed, &body, &length), FEED_MORE);
	ck_assert_int_lt(feed_fill(&feed), 0);
}
END_TEST

START_TEST(test_feed_option)
{
	const struct {
		int separator;
		const char *option;
	} row[] = { { '\n', "-l " }, { '\0', "-0 " }, { FEED_WHOLE, "" } };
	struct feed f;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		feed_descriptor(&f, -1, row[i].separator);
		ck_assert_str_eq(feed_option(&f), row[i].option);
	}
}
END_TEST

Suite *
feed_suite(void)
{
	Suite *s = suite_create("feed");
	TCase *tc = tcase_create("feed");

	tcase_add_test(tc, test_feed_words);
	tcase_add_test(tc, test_feed_words_up_to_the_limit);
	tcase_add_test(tc, test_feed_words_far_beyond_the_limit);
	tcase_add_test(tc, test_feed_whole);
	tcase_add_test(tc, test_feed_whole_limit);
	tcase_add_test(tc, test_feed_lines);
	tcase_add_test(tc, test_feed_last_line_without_its_end);
	tcase_add_test(tc, test_feed_lines_as_they_come);
	tcase_add_test(tc, test_feed_many_lines);
	tcase_add_test(tc, test_feed_line_limit);
	tcase_add_test(tc, test_feed_skip);
	tcase_add_test(tc, test_feed_error);
	tcase_add_test(tc, test_feed_option);
	suite_add_tcase(s, tc);
	return s;
}
