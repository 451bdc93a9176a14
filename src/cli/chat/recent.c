/*
 * What a chat shows first at a terminal: what was said last, dimmed; below a line that parts them what was unread when it
 * began, and what has come since. The first batch of the inbox says what is unread, and is kept until what was said before is
 * looked up: so nothing stands in both, whatever comes or is read meanwhile.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/chat/chat.h"
#include "cli/output/colour.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "client/conn.h"
#include "proto/feature.h"

#define RECENT 10U       /* records that are shown */
#define UNREAD_MAX 1000U /* of so many, or more, that are unread nothing is shown before them */
#define MEANWHILE 64U    /* records that may come until they are looked up, and no fewer are shown */
#define LOOK_MS 2000U    /* for so long at most the new ones wait for the old ones */
#define SHOWN_MAX 64U    /* own lines that are known to have been shown */

struct kept {
	TAILQ_ENTRY(kept) link;
	struct record record;
	uint8_t body[];
};

TAILQ_HEAD(kept_list, kept);

struct recent {
	struct chat *chat;
	struct conn *conn; /* to the reader of the history; NULL: it does not look */
	ev_timer patience;
	bool plain; /* the helper is an older one, */
	bool again; /* and was asked a second time */

	bool done;       /* all of it was shown */
	uint64_t newest; /* id of the newest record when the chat began */
	size_t unread;   /* messages that were unread then */
	bool more;       /* of those then unread, newer ones than the new ones below */
	struct kept_list last, fresh;
	size_t last_count;

	bool parts;   /* the line that parts them is still to come, before a record */
	int64_t when; /* that came before this time */

	struct ident shown[SHOWN_MAX];
	size_t shown_count; /* the latest SHOWN_MAX of them are kept */
};

/* ------------------------------------------------------------------------- what is kept */

static bool
keep(struct kept_list *list, const struct record *r)
{
	struct kept *k = malloc(sizeof(*k) + r->length);

	if (!k)
		return false;
	k->record = *r;
	if (r->length > 0)
		memcpy(k->body, r->body, r->length);
	k->record.body = k->body;
	TAILQ_INSERT_TAIL(list, k, link);
	return true;
}

static void
drop(struct kept_list *list, struct kept *k)
{
	TAILQ_REMOVE(list, k, link);
	free(k);
}

static void
drop_all(struct kept_list *list)
{
	while (!TAILQ_EMPTY(list))
		drop(list, TAILQ_FIRST(list));
}

/* What somebody has written, and no event. */
static bool
is_written(const struct record *r)
{
	return r->type == RECORD_MESSAGE || r->type == RECORD_NOTE || r->type == RECORD_OFFER;
}

static bool
is_fresh(const struct recent *n, uint64_t id)
{
	const struct kept *k;

	TAILQ_FOREACH(k, &n->fresh, link)
		if (k->record.id == id)
			return true;
	k = TAILQ_LAST(&n->fresh, kept_list);
	return n->more && k && id > k->record.id;
}

bool
recent_hold(struct recent *n, const struct record *r)
{
	return !n->done && keep(&n->fresh, r);
}

void
recent_note(struct recent *n, const struct ident *id)
{
	n->shown[n->shown_count++ % SHOWN_MAX] = *id;
}

bool
recent_showed(const struct recent *n, const struct ident *id)
{
	for (size_t i = 0; i < SHOWN_MAX && i < n->shown_count; i++)
		if (ident_equal(&n->shown[i], id))
			return true;
	return false;
}

/* ------------------------------------------------------------------------- what is shown */

static void
part(struct recent *n)
{
	output_printf("%s--- %s ---%s\n", colour_quiet(), _("new"), colour_off());
	n->parts = false;
}

void
recent_before(struct recent *n, const struct record *r)
{
	if (!n->parts || r->own || !is_written(r))
		return;
	if (r->time_ms <= n->when)
		part(n);
	n->parts = false;
}

/* `looked`: what was said last is known. */
static void
finish(struct recent *n, bool looked)
{
	struct chat *c = n->chat;
	bool written = false;
	struct kept *k;

	ev_timer_stop(c->loop, &n->patience);
	conn_close(n->conn);
	n->conn = NULL;
	n->done = true;
	TAILQ_FOREACH(k, &n->last, link) {
		if (!looked)
			break;
		format_text_dimmed(&k->record, c->state.u.state.self.name);
		if (k->record.own)
			recent_note(n, &k->record.msgid);
	}
	TAILQ_FOREACH(k, &n->fresh, link)
		written = written || is_written(&k->record);
	n->parts = looked;
	n->when = clock_wall_ms();
	if (looked && written)
		part(n);
	TAILQ_FOREACH(k, &n->fresh, link)
		chat_record(c, &k->record);
	drop_all(&n->last);
	drop_all(&n->fresh);
	(void)chat_show(c);
	chat_go_on(c);
}

/* ------------------------------------------------------------------------- the look */

/* What came since, and what is unread, is shown as new; what this chat has said it has shown, or will. */
static bool
is_of_before(const struct recent *n, const struct record *r)
{
	if (r->own)
		return !chat_has_said(n->chat, &r->msgid) && !recent_showed(n, &r->msgid);
	return r->id <= n->newest && !is_fresh(n, r->id);
}

static void
on_frame(void *owner, const struct frame *f)
{
	struct recent *n = owner;
	struct control_message m;

	if (control_decode(f, &m) < 0)
		return;
	if (m.type == CONTROL_RECORD && is_of_before(n, &m.u.record) && keep(&n->last, &m.u.record)) {
		if (++n->last_count > RECENT)
			drop(&n->last, TAILQ_FIRST(&n->last));
	} else if (m.type == CONTROL_READ_END) {
		finish(n, true);
	} else if (m.type == CONTROL_BYE && m.u.bye.reason == BYE_MALFORMED) {
		n->plain = true; /* it takes a HELLO that names features for a broken one */
	}
}

static bool look(struct recent *n);

static void
on_lost(void *owner)
{
	struct recent *n = owner;
	const bool again = n->plain && !n->again;

	n->conn = NULL;
	n->again = true;
	if (!again || !look(n))
		finish(n, false);
}

/* The reader of the history takes the connection over from the helper. False: there is no helper. */
static bool
look(struct recent *n)
{
	static const struct conn_class class = { on_frame, on_lost };
	struct chat *c = n->chat;
	struct control_message m = { .type = CONTROL_HISTORY };

	m.u.history.limit = (uint32_t)(RECENT + n->unread + MEANWHILE);
	m.u.history.notes = !n->plain;
	memcpy(m.u.history.partner, chat_partner(c), strlen(chat_partner(c)) + 1);
	c->link->features = n->plain ? 0 : FEATURE_NOTES;
	n->conn = conn_open(c->loop, c->link, &class, n);
	c->link->features = 0; /* others on this link name none */
	if (n->conn)
		conn_request(n->conn, &m);
	return n->conn != NULL;
}

static void
on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	finish(w->data, false);
}

void
recent_look(struct recent *n, bool more)
{
	struct chat *c = n->chat;

	n->more = more;
	if (!*chat_partner(c) || n->unread >= UNREAD_MAX || !look(n)) {
		finish(n, false);
		return;
	}
	ev_timer_set(&n->patience, (double)options_timeout(c->opt, LOOK_MS) / 1000., 0.);
	ev_timer_start(c->loop, &n->patience);
}

void
recent_begin(struct recent *n, uint64_t newest, uint64_t unread)
{
	n->newest = newest;
	n->unread = unread < UNREAD_MAX ? (size_t)unread : UNREAD_MAX;
}

struct recent *
recent_new(struct chat *c)
{
	struct recent *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->chat = c;
	TAILQ_INIT(&n->last);
	TAILQ_INIT(&n->fresh);
	ev_timer_init(&n->patience, on_patience, 0., 0.);
	n->patience.data = n;
	return n;
}

void
recent_free(struct recent *n)
{
	if (!n)
		return;
	ev_timer_stop(n->chat->loop, &n->patience);
	conn_close(n->conn);
	drop_all(&n->last);
	drop_all(&n->fresh);
	free(n);
}
