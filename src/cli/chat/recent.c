/* What was said last, when a chat begins at a terminal: dimmed, before what is new. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/translate.h"
#include "cli/chat/chat.h"
#include "cli/output/colour.h"
#include "cli/output/output.h"
#include "net/loop.h"

#define RECENT_MAX 1000U /* of so many, or more, that are unread nothing is shown before them */
#define DATE 10U         /* bytes of 2026-11-28 */
#define TIME 19U         /* bytes of 2026-11-28 12:01:07 */
#define STAMP "[2026-11-28 12:01:07] "

/* Where each record begins in what history printed; returns how many. */
static size_t
find_records(const char *text, const char *starts[], size_t most)
{
	size_t count = 0;

	for (const char *p = text; *p && count < most; p += strcspn(p, "\n"), p += *p == '\n')
		if (*p == '[' && strcspn(p, "\n") >= sizeof(STAMP) - 1)
			starts[count++] = p;
	return count;
}

/* Whether the partner has said it, as "[...] bob: text". */
static bool
is_received(const char *record, const char *partner)
{
	const char *name = record + sizeof(STAMP) - 1;
	const size_t n = strlen(partner);

	return strncmp(name, partner, n) == 0 && name[n] == ':';
}

/* "2026-11-28 12:01:07 first line", of a message; else NULL. `text` begins behind the time. */
static char *
key_of(const char *stamp, const char *text, size_t len)
{
	const char *feed = memchr(text, '\n', len), *end = feed ? feed : text + len;
	const char *colon = memmem(text, (size_t)(end - text), ": ", 2);
	char *key = NULL;

	if (!colon || asprintf(&key, "%.*s %.*s", (int)TIME, stamp, (int)(end - colon - 2), colon + 2) < 0)
		return NULL;
	return key;
}

/* Its place is free: there are no more than are shown. */
static void
remember(struct chat *c, const char *record, const char *end)
{
	const char *text = record + sizeof(STAMP) - 1;

	for (size_t i = 0; i < RECENT; i++)
		if (!c->recent_shown[i]) {
			c->recent_shown[i] = key_of(record + 1, text, (size_t)(end - text));
			return;
		}
}

void
recent_forget(struct chat *c)
{
	for (size_t i = 0; i < RECENT; i++) {
		free(c->recent_shown[i]);
		c->recent_shown[i] = NULL;
	}
}

bool
recent_showed(struct chat *c, int64_t time_ms)
{
	const time_t seconds = (time_t)(time_ms / 1000);
	const char *stamp = c->text_len > 0 ? memchr(c->text, ']', c->text_len) : NULL, *begin = stamp;
	char written[TIME + 1] = "";
	struct tm tm;
	bool found = false;

	if (!stamp || !localtime_r(&seconds, &tm) || strftime(written, sizeof(written), "%F %T", &tm) == 0)
		return false;

	_cleanup_(freep) char *key = key_of(written, stamp, c->text_len - (size_t)(stamp - c->text));

	for (size_t i = 0; key && !found && i < RECENT; i++)
		if (c->recent_shown[i] && strcmp(c->recent_shown[i], key) == 0) {
			free(c->recent_shown[i]);
			c->recent_shown[i] = NULL;
			found = true;
		}
	while (found && begin > c->text && begin[-1] != '\n')
		begin--;
	if (found)
		c->text_len = (size_t)(begin - c->text);
	return found;
}

/* One record, with its further lines. On a terminal HH:MM, with a line where the day changes. */
static void
show_record(struct chat *c, const char *record, const char *end, char day[DATE + 1])
{
	const char *text = record + sizeof(STAMP) - 1;

	if (c->opt->given[OPT_FULL_TIME]) {
		text = record;
	} else if (strncmp(day, record + 1, DATE) != 0) {
		(void)snprintf(day, DATE + 1, "%s", record + 1);
		output_printf("%s--- %s ---%s\n", colour_quiet(), day, colour_off());
	}
	output_string(colour_quiet());
	if (text != record)
		output_printf("[%.5s] ", record + 1 + DATE + 1);
	output_write(text, (size_t)(end - text));
	output_string(colour_off());
	output_string("\n");
}

static void
show_records(struct chat *c, const char *text, size_t unread)
{
	const char *starts[RECENT_MAX + RECENT];
	size_t count = find_records(text, starts, ARRAY_SIZE(starts)), left = unread, first;
	char day[DATE + 1] = "";

	while (left > 0 && count > 0)
		left -= is_received(starts[--count], chat_partner(c));
	first = count > RECENT ? count - RECENT : 0;
	for (size_t i = first; i < count; i++) {
		const char *end = starts[i] + strcspn(starts[i], "\n");

		while (*end == '\n' && end[1] == ' ')
			end += 1 + strcspn(end + 1, "\n");
		show_record(c, starts[i], end, day);
		remember(c, starts[i], end);
	}
}

static void
recent_done(void *context, const char *text, size_t len, int status)
{
	struct chat *c = context;

	(void)len;
	c->recent = NULL;
	if (status == 0)
		show_records(c, text, c->unread);
	if (c->unread > 0)
		output_printf("%s--- %s ---%s\n", colour_quiet(), _("new"), colour_off());
	(void)chat_show(c);
	chat_go_on(c);
}

bool
recent_begin(struct chat *c)
{
	char number[24];
	const char *const words[] = { "--color=never", "--timeout", "2", "history", "-n", number, chat_partner(c),
		NULL };

	c->unread = c->state.u.state.unread < RECENT_MAX ? (size_t)c->state.u.state.unread : RECENT_MAX;
	if (!*chat_partner(c) || c->unread == RECENT_MAX)
		return false;
	(void)snprintf(number, sizeof(number), "%zu", RECENT + c->unread);
	c->recent = run_new(c->loop, words, false, recent_done, c);
	return c->recent != NULL;
}
