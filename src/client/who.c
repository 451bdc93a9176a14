#include "client/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/link_impl.h"
#include "core/names/name.h"

#define TEXT_ROOM 16384U

struct who_text {
	struct who_text *next;
	size_t used;
	char text[TEXT_ROOM];
};

void
who_release(struct who_list *r)
{
	struct who_text *next;

	for (; r->text; r->text = next) {
		next = r->text->next;
		free(r->text);
	}
	free(r->row);
	*r = (struct who_list){ .count = 0 };
}

/* A copy that lives as long as the list; NULL: no memory. */
static const char *
keep(struct who_list *r, const char *text, size_t length)
{
	struct who_text *t = r->text;
	char *copy;

	if (!t || sizeof(t->text) - t->used <= length) {
		if (!(t = malloc(sizeof(*t))))
			return NULL;
		t->next = r->text;
		t->used = 0;
		r->text = t;
	}
	copy = t->text + t->used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	t->used += length + 1;
	return copy;
}

static bool
grow(struct who_list *r, size_t more)
{
	const size_t room = 2 * r->room + WHO_PAGE_ENTRIES;
	struct who_row *grown;

	if (r->count + more <= r->room)
		return true;
	if (!(grown = reallocarray(r->row, room, sizeof(*grown))))
		return false;
	r->row = grown;
	r->room = room;
	return true;
}

static int
add_entry(struct who_list *r, const struct who_entry *e)
{
	const struct who_row row = {
		.name = keep(r, e->peer.name, strlen(e->peer.name)),
		.account = keep(r, e->peer.account, strlen(e->peer.account)),
		.uid = e->peer.uid,
		.state = e->state,
		.reachable = e->reachable,
		.since_ms = e->since_ms,
	};

	if (!row.name || !row.account)
		return -ENOMEM;
	r->row[r->count++] = row;
	return 0;
}

/* What a daemon says is no name is shown to nobody. One of ASCII was looked at when it was read. */
static bool
is_name(const char *text)
{
	const size_t length = strlen(text);

	return name_is_ascii(text, length) || name_valid(text, length);
}

static int
add(struct who_list *r, struct who_page *page, const char *begins)
{
	const size_t length = strlen(begins);
	struct who_entry e;

	if (!grow(r, page->count))
		return -ENOMEM;
	while (who_page_next(page, &e)) {
		if (strncasecmp(e.peer.name, begins, length) != 0 || !is_name(e.peer.name))
			continue;
		if (add_entry(r, &e) < 0)
			return -ENOMEM;
	}
	return who_page_over(page) ? 0 : -EPROTO;
}

/* ------------------------------------------------------------------------- in order */

static uint8_t
folded(char c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* How many bytes the two begin with alike, at most `most`. */
static size_t
alike(const char *a, const char *b, size_t most)
{
	size_t n = 0;

	while (n < most && a[n] && folded(a[n]) == folded(b[n]))
		n++;
	return n;
}

/* Eight bytes as a number, zeros behind the end: compared as the bytes are. */
static uint64_t
order_of(const char *text)
{
	uint64_t order = 0;

	for (unsigned i = 0; i < sizeof(order); i++)
		order = order << 8 | (*text ? folded(*text++) : 0);
	return order;
}

static int
by_name(const void *a, const void *b)
{
	const struct who_row *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcasecmp(x->name, y->name);
}

/* Thousands of names that begin alike are told apart by what stands behind that. */
static void
sort(struct who_list *r)
{
	size_t shared = NAME_MAX_LEN;

	for (size_t i = 0; i < r->count; i++)
		shared = alike(r->row[0].name, r->row[i].name, shared);
	for (size_t i = 0; i < r->count; i++)
		r->row[i].order = order_of(r->row[i].name + shared);
	if (r->count > 0)
		qsort(r->row, r->count, sizeof(*r->row), by_name);
}

/* ------------------------------------------------------------------------- the pages */

/* One page, as the daemon made it, or the helper's refusal. OK, and *next: 0 is the end. */
static enum verdict
take_page(struct who_list *r, struct link *l, const struct frame *f, const char *begins, uint32_t *next)
{
	struct control_message m;
	struct who_page page;
	int rc;

	if (f->type != UPSTREAM_WHO_PAGE)
		return control_decode(f, &m) < 0 ? link_verdict(l, -EPROTO) : link_outcome(l, &m);
	if (who_page_open(f, &page) < 0)
		return link_verdict(l, -EPROTO);
	*next = page.next;
	if ((rc = add(r, &page, begins)) == -ENOMEM)
		return link_trouble(l, VERDICT_FAILED, "out of memory");
	return rc < 0 ? link_verdict(l, rc) : VERDICT_OK;
}

/* One page; rc: -ECONNRESET when the helper has died. */
static enum verdict
ask_page(
    struct who_list *r, struct link *l, const char *begins, uint64_t deadline, struct control_message *request, int *rc)
{
	struct frame f;

	link_queue(l, request);
	if ((*rc = link_flush(l, deadline)) < 0)
		return link_verdict(l, *rc);
	do
		if ((*rc = link_receive(l, deadline, &f)) < 0)
			return link_verdict(l, *rc);
	while (f.type & 0x80);
	return take_page(r, l, &f, begins, &request->u.who.cursor);
}

enum verdict
who_fetch(struct who_list *r, struct link *l, const char *begins, uint64_t deadline)
{
	struct control_message request = { .type = CONTROL_WHO };
	enum verdict v;
	int rc;

	do {
		v = ask_page(r, l, begins, deadline, &request, &rc);
		if (rc == -ECONNRESET && (v = link_come_back(l, deadline)) == VERDICT_OK) {
			who_release(r); /* another helper, another list */
			request.u.who.cursor = 0;
		}
	} while (v == VERDICT_OK && (rc == -ECONNRESET || request.u.who.cursor != 0));
	sort(r);
	return v;
}
