#include "session/control/said.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct line {
	TAILQ_ENTRY(line) link;
	uint64_t after;
	struct record record;
	uint8_t body[];
};

TAILQ_HEAD(line_list, line);

struct said {
	struct line_list lines;
	size_t bytes;
	uint64_t newest;
};

static size_t
size_of(const struct line *l)
{
	return sizeof(*l) + l->record.length;
}

struct said *
said_new(void)
{
	struct said *s = calloc(1, sizeof(*s));

	if (s)
		TAILQ_INIT(&s->lines);
	return s;
}

static void
forget_oldest(struct said *s)
{
	struct line *l = TAILQ_FIRST(&s->lines);

	TAILQ_REMOVE(&s->lines, l, link);
	s->bytes -= size_of(l);
	free(l);
}

void
said_clear(struct said *s)
{
	while (!TAILQ_EMPTY(&s->lines))
		forget_oldest(s);
}

void
said_free(struct said *s)
{
	if (!s)
		return;
	said_clear(s);
	free(s);
}

void
said_add(struct said *s, const struct record *r, uint64_t after)
{
	struct line *l = malloc(sizeof(*l) + r->length);

	s->newest++;
	if (!l)
		return;
	l->after = after;
	l->record = *r;
	l->record.id = s->newest;
	l->record.body = l->body;
	memcpy(l->body, r->body, r->length);
	TAILQ_INSERT_TAIL(&s->lines, l, link);
	s->bytes += size_of(l);
	while (s->bytes > SAID_BYTES)
		forget_oldest(s);
}

uint64_t
said_newest(const struct said *s)
{
	return s->newest;
}

/* Nearly always the latest one is wanted, or none. */
const struct record *
said_next(const struct said *s, uint64_t number, uint64_t *after)
{
	const struct line *found = NULL;

	for (const struct line *l = TAILQ_LAST(&s->lines, line_list); l && l->record.id > number;
	     l = TAILQ_PREV(l, line_list, link))
		found = l;
	if (!found)
		return NULL;
	*after = found->after;
	return &found->record;
}
