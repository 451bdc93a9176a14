/* The log: what it looks like where, and that nobody can fill it. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static int out, saved;
static char said[65536];

static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	saved = dup(STDERR_FILENO);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(fds[1]);
	out = fds[0];
	ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
}

static void
teardown(void)
{
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(out);
}

/* What was said since the last time. */
static const char *
hear(void)
{
	const ssize_t n = read(out, said, sizeof(said) - 1);

	said[n > 0 ? n : 0] = '\0';
	return said;
}

static unsigned
lines(const char *text)
{
	unsigned n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

START_TEST(test_plain)
{
	log_init("test", false, LOG_LEVEL_NOTICE);
	log_error("one %d", 1);
	log_debug("not said");
	ck_assert_str_eq(hear(), "test: one 1\n");
}
END_TEST

START_TEST(test_to_the_journal)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(
	    stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_init("test", false, LOG_LEVEL_DEBUG);
	log_error("bad");
	log_notice("good");
	log_debug("more");
	ck_assert_str_eq(hear(), "<3>test: bad\n<5>test: good\n<7>test: more\n");
	(void)snprintf(
	    stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + 1);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_init("test", false, LOG_LEVEL_NOTICE);
	log_error("another stream is");
	ck_assert_str_eq(hear(), "test: another stream is\n");
}
END_TEST

START_TEST(test_the_same_again_and_again)
{
	log_init("test", false, LOG_LEVEL_DEBUG);
	for (unsigned i = 0; i < 1000; i++)
		log_error("attempt %u", i);
	ck_assert_uint_eq(lines(hear()), LOG_BURST);
	log_error("something else");
	ck_assert_str_eq(hear(), "test: something else\n");
	for (unsigned i = 0; i < 100; i++)
		log_debug("debug %u", i);
	ck_assert_uint_eq(lines(hear()), 100);
}
END_TEST

Suite *
log_suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_plain);
	tcase_add_test(tc, test_to_the_journal);
	tcase_add_test(tc, test_the_same_again_and_again);
	suite_add_tcase(s, tc);
	return s;
}
