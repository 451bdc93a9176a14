#include "cli/commands/stream/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/translate.h"
#include "cli/output/terminal.h"
#include "proto/safe.h"

#define EVERY_MS 1000U

const char *
progress_size(uint64_t bytes, char out[PROGRESS_SIZE_MAX])
{
	static const char *const unit[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t n = bytes, rest = 0;
	char number[24];
	size_t i = 0;

	if (bytes < 1000) {
		(void)snprintf(number, sizeof(number), "%" PRIu64, bytes);
		(void)snprintf(
		    out, PROGRESS_SIZE_MAX, translate_count("%s byte", "%s bytes", (unsigned long)bytes), number);
		return out;
	}
	for (; i < ARRAY_SIZE(unit) && n >= 1000; i++) {
		rest = n % 1000 / 100;
		n /= 1000;
	}
	if (n < 10)
		(void)snprintf(out, PROGRESS_SIZE_MAX, "%" PRIu64 ".%" PRIu64 " %s", n, rest, unit[i - 1]);
	else
		(void)snprintf(out, PROGRESS_SIZE_MAX, "%" PRIu64 " %s", n, unit[i - 1]);
	return out;
}

void
progress_begin(struct progress *p, bool json, bool quiet, uint64_t of)
{
	const uint64_t now = clock_monotonic_ms();

	*p = (struct progress){ .json = json, .of = of, .began = now, .next = now + EVERY_MS, .latest_at = now };
	p->line = !json && !quiet && isatty(STDERR_FILENO) && !terminal_is_dumb();
}

static void
show_json(const struct progress *p, uint64_t bytes, uint64_t rate, uint64_t ms)
{
	char of[32] = "null";

	if (p->of > 0)
		(void)snprintf(of, sizeof(of), "%" PRIu64, p->of);
	(void)fprintf(stderr,
	    "{\"progress\":{\"bytes\":%" PRIu64 ",\"of\":%s,\"rate\":%" PRIu64 ",\"seconds\":%" PRIu64 ".%03" PRIu64
	    "}}\n",
	    bytes, of, rate, ms / 1000, ms % 1000);
}

/* In one row, which is what can be written over; its last column stays free. */
static bool
fits(const char *line, size_t columns)
{
	return safe_width(line, strlen(line)) < columns;
}

void
progress_line(const struct progress *p, uint64_t bytes, uint64_t rate, size_t columns, char out[PROGRESS_LINE_MAX])
{
	const uint64_t seconds = p->of > bytes && rate > 0 ? (p->of - bytes) / rate : 0;
	char done[PROGRESS_SIZE_MAX], all[PROGRESS_SIZE_MAX], speed[PROGRESS_SIZE_MAX], left[48];

	(void)progress_size(bytes, done);
	(void)progress_size(p->of, all);
	(void)progress_size(rate, speed);
	(void)snprintf(left, sizeof(left), "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
	if (p->of > bytes && rate > 0) {
		(void)snprintf(out, PROGRESS_LINE_MAX, _("%s of %s, %s/s, %s left"), done, all, speed, left);
		if (fits(out, columns))
			return;
	}
	if (p->of > 0)
		(void)snprintf(out, PROGRESS_LINE_MAX, _("%s of %s, %s/s"), done, all, speed);
	else
		(void)snprintf(out, PROGRESS_LINE_MAX, _("%s, %s/s"), done, speed);
	if (!fits(out, columns) && p->of > 0)
		(void)snprintf(out, PROGRESS_LINE_MAX, _("%s of %s"), done, all);
	if (!fits(out, columns))
		(void)snprintf(out, PROGRESS_LINE_MAX, "%s", done);
	if (!fits(out, columns))
		out[0] = '\0';
}

static void
show_line(struct progress *p, uint64_t bytes, uint64_t rate)
{
	char line[PROGRESS_LINE_MAX];
	size_t columns, lines;

	terminal_size(STDERR_FILENO, &columns, &lines);
	progress_line(p, bytes, rate, columns, line);
	(void)fprintf(stderr, "\r\033[K%s", line);
	p->shown = true;
}

void
progress_show(struct progress *p, uint64_t bytes)
{
	uint64_t now, rate;

	if (!p->json && !p->line)
		return;
	now = clock_monotonic_ms();
	if (now < p->next)
		return;
	rate = (bytes - p->latest) * 1000 / (now - p->latest_at);
	p->next = now + EVERY_MS;
	p->latest = bytes;
	p->latest_at = now;
	if (p->json)
		show_json(p, bytes, rate, now - p->began);
	else
		show_line(p, bytes, rate);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}
