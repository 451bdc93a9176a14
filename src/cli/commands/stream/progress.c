#include "cli/commands/stream/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"

#define EVERY_MS 1000U

const char *
progress_size(uint64_t bytes, char out[PROGRESS_SIZE_MAX])
{
	static const char *const unit[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t n = bytes, rest = 0;
	size_t i = 0;

	if (bytes < 1000) {
		(void)snprintf(out, PROGRESS_SIZE_MAX, "%" PRIu64 " %s", bytes, bytes == 1 ? "byte" : "bytes");
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
	p->line = !json && !quiet && isatty(STDERR_FILENO);
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

static void
show_line(struct progress *p, uint64_t bytes, uint64_t rate)
{
	char done[PROGRESS_SIZE_MAX], all[PROGRESS_SIZE_MAX], speed[PROGRESS_SIZE_MAX];

	(void)fprintf(stderr, "\r\033[K%s", progress_size(bytes, done));
	if (p->of > 0)
		(void)fprintf(stderr, " of %s", progress_size(p->of, all));
	(void)fprintf(stderr, ", %s/s", progress_size(rate, speed));
	if (p->of > bytes && rate > 0) {
		const uint64_t left = (p->of - bytes) / rate;

		(void)fprintf(stderr, ", %" PRIu64 ":%02" PRIu64 " left", left / 60, left % 60);
	}
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
