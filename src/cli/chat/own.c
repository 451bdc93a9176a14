#include "cli/chat/own.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "core/limits.h"

#define HALVES_MAX WINDOW_MESSAGES /* as many as may be under way */

enum way { TO_SHOW, SHOWN, TOLD }; /* delivered, and not shown yet, or shown; told, and shown */

/* One that came by one of the two ways. */
struct half {
	TAILQ_ENTRY(half) link;
	struct ident id;
	enum way what;
	int64_t time_ms;
	size_t len;
	char text[];
};

TAILQ_HEAD(half_list, half);

struct own {
	own_show_fn *show;
	void *context;
	struct half_list halves;
	size_t count;
};

struct own *
own_new(own_show_fn *show, void *context)
{
	struct own *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->show = show;
	o->context = context;
	TAILQ_INIT(&o->halves);
	return o;
}

static void
drop(struct own *o, struct half *h)
{
	TAILQ_REMOVE(&o->halves, h, link);
	o->count--;
	free(h);
}

void
own_free(struct own *o)
{
	if (!o)
		return;
	while (!TAILQ_EMPTY(&o->halves))
		drop(o, TAILQ_FIRST(&o->halves));
	free(o);
}

static bool
add(struct own *o, const struct ident *id, enum way what, const char *text, size_t len)
{
	struct half *h = o->count < HALVES_MAX ? malloc(sizeof(*h) + len) : NULL;

	if (!h)
		return false;
	*h = (struct half){ .id = *id, .what = what, .time_ms = clock_wall_ms(), .len = len };
	if (len > 0)
		memcpy(h->text, text, len);
	TAILQ_INSERT_TAIL(&o->halves, h, link);
	o->count++;
	return true;
}

static struct half *
find(const struct own *o, const struct ident *id)
{
	struct half *h;

	TAILQ_FOREACH(h, &o->halves, link)
		if (ident_equal(&h->id, id))
			return h;
	return NULL;
}

bool
own_knows(const struct own *o, const struct ident *id)
{
	return find(o, id) != NULL;
}

/* Shows what is to be shown, up to this one; NULL: all. The helper's word of what stands before it was left out. */
static void
show_up_to(struct own *o, const struct half *last)
{
	struct half *h, *next;
	bool end = false;

	for (h = TAILQ_FIRST(&o->halves); h && !end; h = next) {
		next = TAILQ_NEXT(h, link);
		end = h == last;
		if (h->what == TO_SHOW)
			o->show(o->context, h->text, h->len, h->time_ms);
		if (h->what != TOLD)
			drop(o, h);
	}
}

bool
own_delivered(struct own *o, const struct deliver_line *line, bool will_be_told)
{
	struct half *h = find(o, &line->id);

	if (h) {
		drop(o, h);
		return false;
	}
	if (!will_be_told)
		return true;
	if (!line->waited)
		return !add(o, &line->id, TO_SHOW, line->text, line->len);
	(void)add(o, &line->id, SHOWN, NULL, 0);
	return true;
}

void
own_told(struct own *o, const struct record *r, enum own_line whose)
{
	struct half *h = find(o, &r->msgid);

	if (h && h->what != TOLD) {
		h->time_ms = r->time_ms; /* as all show it */
		show_up_to(o, h);
	} else if (!h && whose != OWN_WAITED) {
		if (whose == OWN_OURS)
			(void)add(o, &r->msgid, TOLD, NULL, 0);
		o->show(o->context, (const char *)r->body, r->length, r->time_ms);
	}
}

void
own_flush(struct own *o)
{
	if (o)
		show_up_to(o, NULL);
}
