#include "cli/roster.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

void
roster_release(struct roster *r)
{
	free(r->entry);
	*r = (struct roster){ .count = 0 };
}

static int
add(struct roster *r, struct who_page *page)
{
	if (r->count + page->count > r->room) {
		const size_t room = 2 * r->room + WHO_PAGE_ENTRIES;
		struct who_entry *grown = reallocarray(r->entry, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->entry = grown;
		r->room = room;
	}
	while (who_page_next(page, &r->entry[r->count]))
		r->count++;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct who_entry *)a)->peer.name, ((const struct who_entry *)b)->peer.name);
}

/* Receives one page, as the daemon made it, or the helper's refusal. OK, and *next: 0 is the end. */
static enum verdict
take_page(struct roster *r, struct link *l, uint64_t deadline, uint32_t *next)
{
	struct upstream_message page;
	struct control_message m;
	struct frame f;
	int rc;

	do
		if ((rc = link_receive(l, deadline, &f)) < 0)
			return link_verdict(l, rc);
	while (f.type & 0x80);
	if (f.type != UPSTREAM_WHO_PAGE)
		return link_verdict(l, -EPROTO), control_decode(&f, &m) < 0 ? VERDICT_FAILED : link_outcome(l, &m);
	if (upstream_decode(&f, &page) < 0)
		return link_verdict(l, -EPROTO);
	*next = page.u.who_page.next;
	if ((rc = add(r, &page.u.who_page)) < 0)
		return link_verdict(l, rc);
	return VERDICT_OK;
}

enum verdict
roster_fetch(struct roster *r, struct link *l, uint64_t deadline)
{
	struct control_message request = { .type = CONTROL_WHO };
	enum verdict v;
	int rc;

	do {
		link_queue(l, &request);
		if ((rc = link_flush(l, deadline)) < 0)
			return link_verdict(l, rc);
		v = take_page(r, l, deadline, &request.u.who.cursor);
	} while (v == VERDICT_OK && request.u.who.cursor != 0);
	if (r->count > 0)
		qsort(r->entry, r->count, sizeof(*r->entry), by_name);
	return v;
}
