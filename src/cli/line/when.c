#include "cli/line/when.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"

static bool
to_ms(struct tm *tm, int64_t *ms)
{
	const int day = tm->tm_mday, month = tm->tm_mon;
	time_t t;

	tm->tm_isdst = -1;
	t = mktime(tm);
	*ms = (int64_t)t * 1000;
	/* mktime(3) takes the 30th of February for a day in March. */
	return t != (time_t)-1 && (day < 1 || (tm->tm_mday == day && tm->tm_mon == month));
}

/* The day that is `ago` days before now, at its beginning. */
static bool
begin_of_day(int64_t now_ms, int ago, struct tm *tm)
{
	const time_t now = (time_t)(now_ms / 1000);

	if (!localtime_r(&now, tm))
		return false;
	tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
	tm->tm_mday -= ago;
	return true;
}

static bool
parse_ago(const char *text, int64_t now_ms, int64_t *ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 }, { 'w', 604800000 } };
	char *end;
	long n;

	if (*text < '0' || *text > '9' || strlen(text) > 7)
		return false;
	n = strtol(text, &end, 10);
	if (end[0] == '\0' || end[1] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (*end == units[i].unit) {
			*ms = now_ms - n * units[i].ms;
			return true;
		}
	}
	return false;
}

static bool
parse_absolute(const char *text, int64_t now_ms, int64_t *ms)
{
	static const char *const formats[] = {
		"%Y-%m-%d",
		"%Y-%m-%d %H:%M",
		"%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M",
		"%Y-%m-%dT%H:%M:%S",
		"%H:%M",
		"%H:%M:%S",
	};
	struct tm tm;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *end;

		if (!begin_of_day(now_ms, 0, &tm))
			return false;
		end = strptime(text, formats[i], &tm);
		if (end && *end == '\0')
			return to_ms(&tm, ms);
	}
	return false;
}

/* "2026-11-23T12:01:07.042Z": as records have it under --json, so that one can go on from the last. */
static bool
parse_record_time(const char *text, int64_t *ms)
{
	struct tm tm = { 0 };
	const char *p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t fraction = 0;

	if (p && *p == '.')
		for (int64_t scale = 100; *++p >= '0' && *p <= '9'; scale /= 10)
			fraction += (*p - '0') * scale;
	if (!p || strcmp(p, "Z") != 0)
		return false;
	*ms = (int64_t)timegm(&tm) * 1000 + fraction;
	return true;
}

bool
when_parse(const char *text, int64_t now_ms, int64_t *ms)
{
	struct tm tm;

	if (strcmp(text, "today") == 0)
		return begin_of_day(now_ms, 0, &tm) && to_ms(&tm, ms);
	if (strcmp(text, "yesterday") == 0)
		return begin_of_day(now_ms, 1, &tm) && to_ms(&tm, ms);
	return parse_ago(text, now_ms, ms) || parse_record_time(text, ms) || parse_absolute(text, now_ms, ms);
}
