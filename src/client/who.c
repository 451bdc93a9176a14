#include "client/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/link_impl.h"
#include "core/names/name.h"

void
who_release(struct who_list *r)
{
	free(r->entry);
	*r = (struct who_list){ .count = 0 };
}

static int
add(struct who_list *r, struct who_page *page)
{
	if (r->count + page->count > r->room) {
		const size_t room = 2 * r->room + WHO_PAGE_ENTRIES;
		struct who_entry *grown = reallocarray(r->entry, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->entry = grown;
		r->room = room;
	}
	while (who_page_next(page, &r->entry[r->count])) {
		const char *name = r->entry[r->count].peer.name;

		r->count += name_valid(name, strlen(name)); /* what a daemon says is no name is shown to nobody */
	}
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp(((const struct who_entry *)a)->peer.name, ((const struct who_entry *)b)->peer.name);
}

/* One page, as the daemon made it, or the helper's refusal. OK, and *next: 0 is the end. */
static enum verdict
take_page(struct who_list *r, struct link *l, const struct frame *f, uint32_t *next)
{
	struct upstream_message page;
	struct control_message m;

	if (f->type != UPSTREAM_WHO_PAGE)
		return control_decode(f, &m) < 0 ? link_verdict(l, -EPROTO) : link_outcome(l, &m);
	if (upstream_decode(f, &page) < 0)
		return link_verdict(l, -EPROTO);
	*next = page.u.who_page.next;
	return add(r, &page.u.who_page) < 0 ? link_trouble(l, VERDICT_FAILED, "out of memory") : VERDICT_OK;
}

/* One page; rc: -ECONNRESET when the helper has died. */
static enum verdict
ask_page(struct who_list *r, struct link *l, uint64_t deadline, struct control_message *request, int *rc)
{
	struct frame f;

	link_queue(l, request);
	if ((*rc = link_flush(l, deadline)) < 0)
		return link_verdict(l, *rc);
	do
		if ((*rc = link_receive(l, deadline, &f)) < 0)
			return link_verdict(l, *rc);
	while (f.type & 0x80);
	return take_page(r, l, &f, &request->u.who.cursor);
}

enum verdict
who_fetch(struct who_list *r, struct link *l, uint64_t deadline)
{
	struct control_message request = { .type = CONTROL_WHO };
	enum verdict v;
	int rc;

	do {
		v = ask_page(r, l, deadline, &request, &rc);
		if (rc == -ECONNRESET && (v = link_come_back(l, deadline)) == VERDICT_OK) {
			who_release(r); /* another helper, another list */
			request.u.who.cursor = 0;
		}
	} while (v == VERDICT_OK && (rc == -ECONNRESET || request.u.who.cursor != 0));
	if (r->count > 0)
		qsort(r->entry, r->count, sizeof(*r->entry), by_name);
	return v;
}
