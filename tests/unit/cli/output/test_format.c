#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "proto/offer.h"

#define DAY_MS (24 * 3600 * 1000LL)

static char shown[4096];

static void
take(const void *data, size_t n, void *context)
{
	const size_t len = strlen(shown);

	(void)context;
	ck_assert_uint_lt(len + n, sizeof(shown));
	memcpy(shown + len, data, n);
	shown[len + n] = '\0';
}

static void
show(int64_t time_ms, const char *body)
{
	struct record r = { .type = RECORD_MESSAGE,
		.time_ms = time_ms,
		.peer.name = "bob",
		.body = (const uint8_t *)body,
		.length = (uint32_t)strlen(body) };

	output_divert(take, NULL);
	format_text_record(&r, "alice");
	output_divert(NULL, NULL);
}

/* "[HH:MM] bob: body\n", or the line of a day. */
static const char *
line(const char *how, int64_t time_ms, char *out, size_t size)
{
	const time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	(void)localtime_r(&seconds, &tm);
	ck_assert_uint_gt(strftime(out, size, how, &tm), 0);
	return out;
}

static void
show_offer(const struct record *r)
{
	shown[0] = '\0';
	output_divert(take, NULL);
	format_offer(r);
	output_divert(NULL, NULL);
}

/* No quotation mark in a label or a name can be taken for its end, whatever stands before it. */
START_TEST(offers_are_quoted)
{
	static const char *const label[] = { "a \"dump\"", "end\\\"", "\033\"" };
	static const char *const quoted[] = { ": \"a \\\"dump\\\"\"", ": \"end\\\\\\\"\"", ": \"\\u{001B}\\\"\"" };
	static const struct offer_file file = { .size = 1, .name = "x\", \"y" };
	uint8_t body[OFFER_MAX];
	struct record r = { .type = RECORD_OFFER, .body = body };

	for (size_t i = 0; i < ARRAY_SIZE(label); i++) {
		r.length = (uint32_t)offer_put_stream(body, label[i], strlen(label[i]));
		show_offer(&r);
		ck_assert_str_eq(shown, quoted[i]);
	}
	r.length = (uint32_t)offer_put_file(body, 0, &file);
	show_offer(&r);
	ck_assert_str_eq(shown, ": 1 file, 1 byte: \"x\\\", \\\"y\"");
}
END_TEST

START_TEST(days_change)
{
	const int64_t now = clock_wall_ms(), before = now - 2 * DAY_MS;
	char a[128], b[128], c[128], d[128], all[1024];

	format_text_setup(true);
	shown[0] = '\0';
	show(now, "today");
	show(before, "then");
	show(before, "again");
	show(now, "now");
	(void)snprintf(all, sizeof(all), "%s%s%s%s%s", line("[%H:%M] bob: today\n", now, a, sizeof(a)),
	    line("--- %Y-%m-%d ---\n[%H:%M] bob: then\n", before, b, sizeof(b)),
	    line("[%H:%M] bob: again\n", before, c, sizeof(c)),
	    line("--- %Y-%m-%d ---\n[%H:%M] bob: now\n", now, d, sizeof(d)), "");
	ck_assert_str_eq(shown, all);
}
END_TEST

START_TEST(full_times)
{
	const int64_t now = clock_wall_ms(), before = now - 2 * DAY_MS;
	char a[128], b[128], all[1024];

	format_text_setup(false);
	shown[0] = '\0';
	show(now, "today");
	show(before, "then");
	(void)snprintf(all, sizeof(all), "%s%s", line("[%Y-%m-%d %H:%M:%S] bob: today\n", now, a, sizeof(a)),
	    line("[%Y-%m-%d %H:%M:%S] bob: then\n", before, b, sizeof(b)));
	ck_assert_str_eq(shown, all);
}
END_TEST

/* Each as if it were the only one, whatever stood before it: within a minute, over its ends, back and forth, before 1970. */
START_TEST(each_second_has_its_own_time)
{
	static const int64_t steps[] = { 0, 1, 59, 60, 61, -1, -60, 3599, 3600, -DAY_MS / 1000, 30, 90, 59, -3601 };
	static const char *const zones[] = { "UTC", "Asia/Kolkata", "America/St_Johns" };
	const int64_t start = _i == 0 ? 1795824000 : _i == 1 ? 1774746000 : -86400; /* a midnight, a change of clocks */
	char out[FORMAT_TIME_MAX], expected[FORMAT_TIME_MAX];

	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
		ck_assert_int_eq(setenv("TZ", zones[z], 1), 0);
		tzset();
		(void)format_time(start * 1000 + 400L * DAY_MS, out); /* of no minute of this zone that comes now */
		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
			const int64_t ms = (start + steps[i]) * 1000;

			ck_assert_str_eq(
			    format_time(ms, out), line("%Y-%m-%d %H:%M:%S", ms, expected, sizeof(expected)));
		}
	}
}
END_TEST

Suite *
format_suite(void)
{
	Suite *s = suite_create("format");
	TCase *t = tcase_create("format");

	tcase_add_test(t, offers_are_quoted);
	tcase_add_test(t, days_change);
	tcase_add_test(t, full_times);
	tcase_add_loop_test(t, each_second_has_its_own_time, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
