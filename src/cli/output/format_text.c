#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/translate.h"
#include "cli/output/colour.h"
#include "cli/output/foreign.h"
#include "cli/output/format.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/rows.h"
#include "proto/offer.h"
#include "proto/safe.h"
#include "proto/wrap.h"

static struct {
	bool short_times;
	char day[FORMAT_TIME_MAX]; /* of the latest record */
} times;

static const char *
format_local(int64_t time_ms, const char *how, char out[FORMAT_TIME_MAX])
{
	const time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(out, FORMAT_TIME_MAX, how, &tm) == 0)
		(void)snprintf(out, FORMAT_TIME_MAX, "?");
	return out;
}

/*
 * Thousands of lines are of few minutes: only the seconds are put in then. Those of the minute that is kept, by the tm_sec of
 * one of them: 60 is a leap second, and asked for.
 */
const char *
format_time(int64_t time_ms, char out[FORMAT_TIME_MAX])
{
	static const char how[] = "%Y-%m-%d %H:%M:%S";
	static struct {
		char text[FORMAT_TIME_MAX];
		size_t length; /* 0: none */
		int64_t began; /* the second that its tm_sec is 0 in */
	} kept;
	const int64_t seconds = time_ms / 1000, second = seconds - kept.began;
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (kept.length == 0 || second < 0 || second > 59) {
		kept.length = localtime_r(&t, &tm) ? strftime(kept.text, sizeof(kept.text), how, &tm) : 0;
		if (kept.length == 0)
			return strcpy(out, "?");
		kept.began = seconds - tm.tm_sec;
		return memcpy(out, kept.text, sizeof(kept.text));
	}
	memcpy(out, kept.text, sizeof(kept.text));
	out[kept.length - 2] = (char)('0' + second / 10);
	out[kept.length - 1] = (char)('0' + second % 10);
	return out;
}

void
format_text_setup(bool short_times)
{
	times.short_times = short_times;
	(void)format_local(clock_wall_ms(), "%Y-%m-%d", times.day);
	if (getenv(HINT_CHAT))
		(void)snprintf(times.day, sizeof(times.day), "%s", getenv(HINT_CHAT));
}

const char *
format_text_day(void)
{
	return times.day;
}

/* A line where the day changes. */
static void
show_day(const char *now)
{
	if (strcmp(now, times.day) == 0)
		return;
	(void)snprintf(times.day, sizeof(times.day), "%s", now);
	output_printf("%s--- %s ---%s\n", colour_quiet(), now, colour_off());
}

static void
day(int64_t time_ms)
{
	char now[FORMAT_TIME_MAX];

	show_day(format_local(time_ms, "%Y-%m-%d", now));
}

void
format_text_end(void)
{
	const char *chats = getenv(HINT_CHAT);

	if (times.short_times && chats)
		show_day(chats);
}

const char *
format_safe(const char *text, char out[FORMAT_SAFE_MAX])
{
	out[safe_line(text, strnlen(text, ACCOUNT_MAX_LEN), out, FORMAT_SAFE_MAX - 1)] = '\0';
	return out;
}

const char *
format_state(uint8_t who_state)
{
	static const char *const words[] = {
		[WHO_FREE] = N_("free"), [WHO_PAIRED] = N_("paired"), [WHO_RECONNECTING] = N_("reconnecting")
	};

	return who_state < ARRAY_SIZE(words) ? words[who_state] : "?";
}

/* "the dump": one line. */
static void
quoted(const char *text, size_t length)
{
	const size_t size = FOREIGN_QUOTED(length), cap = safe_bound(size, 0);
	_cleanup_(freep) char *escaped = malloc(size);
	_cleanup_(freep) char *safe = malloc(cap);

	if (!escaped || !safe) {
		output_fail(-ENOMEM);
		return;
	}
	(void)foreign_quoted(text, length, escaped, size);
	output_string("\"");
	output_write(safe, safe_line(escaped, strlen(escaped), safe, cap));
	output_string("\"");
}

static void
offered_files(const struct record *r)
{
	char count[16], number[24], size[64];
	struct offer_file f;
	uint32_t files;
	uint64_t bytes;
	size_t at = 0;

	offer_total(r->body, r->length, &files, &bytes);
	(void)snprintf(count, sizeof(count), "%" PRIu32, files);
	(void)snprintf(number, sizeof(number), "%" PRIu64, bytes);
	(void)snprintf(size, sizeof(size), translate_count("%s byte", "%s bytes", (unsigned long)bytes), number);
	output_string(": ");
	output_printf(translate_count("%s file, %s", "%s files, %s", files), count, size);
	output_string(": ");
	for (uint32_t i = 0; offer_next_file(r->body, r->length, &at, &f); i++) {
		if (i > 0)
			output_string(", ");
		quoted(f.name, strlen(f.name));
	}
}

void
format_offer(const struct record *r)
{
	size_t length;
	const char *label = offer_label(r->body, r->length, &length);

	if (!offer_valid(r->body, r->length))
		return;
	if (offer_kind(r->body, r->length) == OFFER_FILES) {
		offered_files(r);
	} else if (length > 0) {
		output_string(": ");
		quoted(label, length);
	}
}

static const char *
event_words(uint8_t type)
{
	static const char *const words[] = {
		[RECORD_MESSAGE] = "",
		[RECORD_PAIRED] = N_("%s is now chatting with you"),
		[RECORD_LEFT] = N_("%s left the chat"),
		[RECORD_QUIT] = N_("%s quit"),
		[RECORD_LOST] = N_("connection to %s lost"),
		[RECORD_BACK] = N_("%s is back"),
		[RECORD_GONE] = N_("%s is gone"),
		[RECORD_ENDED] = N_("your session %s ended: its folder was removed, as at a last logout"),
		[RECORD_WAITING] = N_("%s would like to chat with you"),
	};

	return type < ARRAY_SIZE(words) && words[type] ? words[type] : "";
}

static void
event(const struct record *r)
{
	const char *words = _(event_words(r->type)), *gap = strstr(words, "%s");

	if (!gap)
		return;
	output_printf("%s* ", colour_quiet());
	output_write(words, (size_t)(gap - words));
	output_string(r->peer.name);
	output_string(gap + 2);
	output_string(colour_off());
}

static void
body(const struct record *r)
{
	const size_t cap = safe_bound(r->length, WRAP_INDENT);
	_cleanup_(freep) char *safe = malloc(cap + 1);

	if (safe)
		output_write(safe, safe_text((const char *)r->body, r->length, WRAP_INDENT, safe, cap));
	else
		output_fail(-ENOMEM); /* what is not shown is not read */
}

/* From the session's name, which nobody else could have; without one, from the account. */
static void
note(const struct record *r)
{
	char from[FORMAT_SAFE_MAX];

	(void)format_safe(record_whose(r), from);
	output_printf(
	    "%s%s%s %s%s%s: ", colour_quiet(), _("note from"), colour_off(), colour_of_name(from), from, colour_off());
	body(r);
}

static const char *
offer_words(const struct record *r)
{
	uint64_t bytes;
	uint32_t files;

	if (offer_kind(r->body, r->length) == OFFER_STREAM)
		return _("%s offers a stream (%saccept %s)");
	offer_total(r->body, r->length, &files, &bytes);
	return translate_count(N_("%s offers a file (%saccept %s)"), N_("%s offers files (%saccept %s)"), files);
}

/* The command that takes it, and what is offered; what the partner has written stands last. */
static void
offer(const struct record *r)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%" PRIu64, r->id);
	output_printf("%s* ", colour_quiet());
	output_printf(offer_words(r), r->peer.name, hint_before(), number);
	format_offer(r);
	output_string(colour_off());
}

/* Without its line feed. */
static void
line(const struct record *r, const char *self)
{
	const char *from = r->own ? self : r->peer.name;
	char time[FORMAT_TIME_MAX];

	output_printf("%s[%s]%s ", colour_quiet(),
	    times.short_times ? format_local(r->time_ms, "%H:%M", time) : format_time(r->time_ms, time), colour_off());
	if (r->type == RECORD_NOTE) {
		note(r);
	} else if (r->type == RECORD_OFFER) {
		offer(r);
	} else if (r->type != RECORD_MESSAGE) {
		event(r);
	} else {
		/* Our name can only be ours: that is what was just said. */
		output_printf(r->own ? _("%s%s%s to %s: ") : "%s%s%s: ",
		    strcmp(from, self) == 0 ? colour_of_self() : colour_of_name(from), from, colour_off(),
		    r->peer.name);
		body(r);
	}
}

void
format_text_record(const struct record *r, const char *self)
{
	rows_begin();
	if (times.short_times)
		day(r->time_ms);
	line(r, self);
	output_write("\n", 1);
	rows_end();
}

void
format_text_dimmed(const struct record *r, const char *self)
{
	rows_begin();
	if (times.short_times)
		day(r->time_ms);
	output_string(colour_quiet());
	colour_mute(true);
	line(r, self);
	colour_mute(false);
	output_printf("%s\n", colour_off());
	rows_end();
}
