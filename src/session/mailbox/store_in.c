/* What arrives: each message once, known again by its id; a stream in few rows. */
#include <errno.h>
#include <string.h>

#include "core/limits.h"
#include "core/notes/kept.h"
#include "session/mailbox/store_impl.h"

static int
stretch_add(struct store *s, const struct store_stretch *t)
{
	sqlite3_stmt *q = s->stmt[SQL_STRETCH_ADD];

	(void)sqlite3_bind_int64(q, 1, t->record);
	(void)sqlite3_bind_int64(q, 2, (int64_t)t->count);
	(void)sqlite3_bind_int64(q, 3, t->peer.uid);
	(void)sqlite3_bind_blob(q, 4, t->first.b, IDENT_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 5, (int64_t)t->pair);
	(void)sqlite3_bind_text(q, 6, t->peer.name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 7, t->peer.account, -1, SQLITE_STATIC);
	return database_run(q);
}

/* Brings the row of the current stretch up to date. */
static int
stretch_save(struct store *s)
{
	struct store_stretch *t = &s->now.stretch;
	sqlite3_stmt *q = s->stmt[SQL_STRETCH_GROW];
	int r;

	if (!t->dirty)
		return 0;
	if (t->saved) {
		(void)sqlite3_bind_int64(q, 1, t->record);
		(void)sqlite3_bind_int64(q, 2, (int64_t)t->count);
		r = database_run(q);
	} else {
		r = stretch_add(s, t);
	}
	if (r == 0) {
		t->saved = true;
		t->dirty = false;
	}
	return r;
}

/* A row of its own, for one record or a pack of them. */
static int
row_add(struct store *s, int64_t id, enum record_type type, int64_t time_ms, const void *body, size_t length)
{
	sqlite3_stmt *q = s->stmt[SQL_RECORD_ADD];

	(void)sqlite3_bind_int64(q, 1, id);
	(void)sqlite3_bind_int64(q, 2, time_ms);
	(void)sqlite3_bind_int(q, 3, (int)type);
	if (body)
		(void)sqlite3_bind_blob(q, 4, body, (int)length, SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(q, 4);
	return database_run(q);
}

/* Makes the gathered messages a row. */
static int
pack_save(struct store *s)
{
	const struct pack *p = &s->pack;
	const int64_t id = s->now.newest - p->count + 1;
	const uint8_t *body = p->bytes;
	uint32_t length = (uint32_t)p->length;
	int r;

	if (p->count == 0)
		return 0;
	if (p->count == 1)
		body = pack_single(p, &length);
	r = row_add(s, id, p->count == 1 ? RECORD_MESSAGE : RECORD_PACK, s->pack_time, body, length);
	pack_clear(&s->pack);
	return r;
}

int
store_save_gathered(struct store *s)
{
	const int r = pack_save(s);

	return r < 0 ? r : stretch_save(s);
}

static int
event_add(struct store *s, enum record_type type, const struct peer *peer, int64_t now_ms)
{
	sqlite3_stmt *q = s->stmt[SQL_STRETCH_ADD];
	int r;

	if ((r = store_save_gathered(s)) < 0 || (r = row_add(s, s->now.newest + 1, type, now_ms, NULL, 0)) < 0)
		return r;
	s->now.newest++;
	s->now.stretch.record = 0;
	(void)sqlite3_bind_int64(q, 1, s->now.newest);
	(void)sqlite3_bind_int64(q, 2, 1);
	(void)sqlite3_bind_int64(q, 3, peer->uid);
	(void)sqlite3_bind_null(q, 4);
	(void)sqlite3_bind_null(q, 5);
	(void)sqlite3_bind_text(q, 6, peer->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 7, peer->account, -1, SQLITE_STATIC);
	s->now.events.count++;
	return database_run(q);
}

/*
 * Whether there is room for one more of what `peer` causes: beside `all` of them, and `share` by one account. 1, 0 or
 * -errno. Whose the unread ones are is looked up when it may matter.
 */
static int
has_room(struct store *s, const struct store_caused *unread, uint64_t all, uint64_t share, const struct peer *peer)
{
	int r;

	if (unread->count < share)
		return 1;
	if (unread->count < all && (r = store_fail(s, store_count_caused(s, peer))) < 0)
		return r;
	return unread->count < all && unread->of_peer < share;
}

int
store_event(struct store *s, enum record_type type, const struct peer *peer, int64_t now_ms)
{
	int r = store_begin(s);

	if (r == 0)
		r = has_room(s, &s->now.events, INBOX_EVENTS, INBOX_EVENTS_UID, peer);
	return r <= 0 ? r : store_fail(s, event_add(s, type, peer, now_ms));
}

/* Whether a message is the next one of the current stretch, and so certainly new. */
static bool
stretch_continues(const struct store_stretch *t, const struct peer *from, const struct msg *m)
{
	uint64_t n;

	return t->record > 0 && ident_distance(&t->first, &m->id, &n) && n == t->count && t->pair == m->pair &&
	    memcmp(t->first.b, m->id.b, IDENT_LEN) < 0 && /* not wrapped around */
	    (!t->bounded || memcmp(m->id.b, t->bound.b, IDENT_LEN) < 0) && t->peer.uid == from->uid &&
	    strcmp(t->peer.name, from->name) == 0;
}

/* The record that holds message `id` of `uid`: 1 and *record, 0 when there is none, -errno. */
static int
find(struct store *s, uint32_t uid, const struct ident *id, int64_t *record)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_STRETCH_FIND];
	struct ident first;
	uint64_t n;
	int r;

	(void)sqlite3_bind_int64(q, 1, uid);
	(void)sqlite3_bind_blob(q, 2, id->b, IDENT_LEN, SQLITE_STATIC);
	if ((r = database_row(q)) <= 0)
		return r;
	if (!database_ident(q, 2, &first))
		return -EUCLEAN;
	if (!ident_distance(&first, id, &n) || n >= (uint64_t)sqlite3_column_int64(q, 1))
		return 0;
	*record = sqlite3_column_int64(q, 0) + (int64_t)n;
	return 1;
}

/* A stretch of one message that is still to come. */
static int
stretch_start(struct store *s, const struct peer *from, const struct msg *m)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_STRETCH_NEXT];
	struct store_stretch *t = &s->now.stretch;
	int r;

	(void)sqlite3_bind_int64(q, 1, from->uid);
	(void)sqlite3_bind_blob(q, 2, m->id.b, IDENT_LEN, SQLITE_STATIC);
	if ((r = database_row(q)) < 0)
		return r;
	*t = (struct store_stretch){
		.record = s->now.newest + 1, .first = m->id, .bounded = r > 0, .pair = m->pair, .peer = *from
	};
	if (t->bounded)
		(void)database_ident(q, 0, &t->bound);
	return 0;
}

static int
message_add(struct store *s, const struct peer *from, const struct msg *m, int64_t now_ms, bool continues)
{
	int r;

	if (!continues && (r = stretch_start(s, from, m)) < 0)
		return r;
	if (s->pack.count > 0 && (s->pack_time != now_ms || !pack_has_room(&s->pack, m->length)) &&
	    (r = pack_save(s)) < 0)
		return r;
	if (!pack_add(&s->pack, m->body, m->length))
		return -ENOMEM;
	s->pack_time = now_ms;
	s->now.newest++;
	s->now.stretch.count++;
	s->now.stretch.dirty = true;
	s->used = true;
	s->now.unread++;
	s->now.unread_bytes += m->length;
	return 0;
}

/* Whether record `id` is another one; one that is not there any more is the same. 1, 0, -errno. */
static int
differs(struct store *s, int64_t id, enum record_type type, const struct msg *m)
{
	struct record known;
	int r;

	scan_start(&s->scan, id, KINDS_ALL);
	if ((r = scan_next(&s->scan, &known)) > 0)
		r = (int64_t)known.id == id &&
		    (known.type != type || known.length != m->length || memcmp(known.body, m->body, m->length) != 0);
	scan_stop(&s->scan);
	return r;
}

/* Whether a message that does not continue the stretch, or a note, was stored before; STORE_ADDED: it was not. */
static enum store_answer
recall(
    struct store *s, const struct peer *from, enum record_type type, const struct msg *m, bool *found, int64_t *number)
{
	int64_t record = 0;
	int r;

	*found = false;
	if (s->failure == 0)
		(void)store_fail(s, stretch_save(s)); /* so that the lookup sees it */
	if ((r = find(s, from->uid, &m->id, &record)) > 0) {
		*found = true;
		if (s->failure == 0)
			(void)store_fail(s, store_save_gathered(s)); /* the same */
		r = differs(s, record, type, m);
	}
	if (r < 0)
		return store_fail(s, r) < 0 ? STORE_UNKNOWN : STORE_FAILED;
	if (r > 0)
		return STORE_OTHER;
	if (number)
		*number = record;
	/* What this transaction added holds only if it is committed. */
	if (!*found || record > s->committed.newest)
		return STORE_ADDED;
	/* What was committed last may be in memory only. */
	if (s->unsure)
		return STORE_UNKNOWN;
	/* So may be what an earlier helper left: killed before its sync, it has acknowledged nothing. */
	if (!s->synced)
		s->synced = store_log_sync(s) == 0;
	return s->synced ? STORE_KNOWN : STORE_UNKNOWN;
}

/* It may be there all the same, where an earlier try of it is unsure. */
static enum store_answer
refusal(const struct store *s)
{
	return s->unsure ? STORE_UNKNOWN : STORE_FAILED;
}

enum store_answer
store_message(struct store *s, const struct peer *from, const struct msg *m, int64_t now_ms)
{
	enum store_answer answer;
	bool continues, found = false;

	(void)store_begin(s);
	continues = stretch_continues(&s->now.stretch, from, m);
	if (!continues) {
		answer = store_hold(s) < 0 ? STORE_UNKNOWN : recall(s, from, RECORD_MESSAGE, m, &found, NULL);
		store_let_go(s);
		if (found || answer != STORE_ADDED)
			return answer;
	}
	if (s->failure < 0)
		return refusal(s);
	if (s->now.unread >= s->limits.messages || s->now.unread_bytes + m->length > s->limits.bytes)
		return STORE_FULL;
	return store_fail(s, message_add(s, from, m, now_ms, continues)) < 0 ? refusal(s) : STORE_ADDED;
}

/* ------------------------------------------------------------------------- notes */

/* A record of one message that belongs to no run of others. */
static int
single_add(
    struct store *s, enum record_type type, const struct peer *from, uint64_t pair, const struct msg *m, int64_t now_ms)
{
	const struct store_stretch t = {
		.count = 1, .first = m->id, .pair = pair, .peer = *from, .record = s->now.newest + 1
	};
	int r;

	if ((r = store_save_gathered(s)) < 0 || (r = row_add(s, t.record, type, now_ms, m->body, m->length)) < 0 ||
	    (r = stretch_add(s, &t)) < 0)
		return r;
	s->now.newest++;
	s->now.stretch.record = 0;
	s->used = true;
	return 0;
}

static int
note_add(struct store *s, const struct note *n, int64_t now_ms)
{
	const struct msg m = { .id = n->msgid, .body = n->body, .length = n->length };
	const int r = single_add(s, RECORD_NOTE, &n->from, n->stranger, &m, now_ms);

	if (r < 0)
		return r;
	s->now.notes.count++;
	s->now.notes.bytes += n->length;
	return 0;
}

/* Whether there is room for it, in an inbox that can be written. Whose the unread ones are is looked up when it may matter. */
static enum store_answer
note_room(struct store *s, const struct note *n)
{
	s->now.notes.of_sender = 0;
	if (s->failure < 0 || (s->now.notes.count >= NOTES_UNREAD_UID && store_fail(s, store_count_others(s, n)) < 0))
		return refusal(s);
	return notes_have_room(&s->now.notes, n->length) == VERDICT_OK ? STORE_ADDED : STORE_FULL;
}

/* Where another one has its id it may have come from the daemon, which had said that it keeps it, under the other one. */
static enum store_answer
note_recall(struct store *s, const struct note *n, bool *found)
{
	struct msg m = { .id = n->msgid, .body = n->body, .length = n->length };
	const enum store_answer answer = recall(s, &n->from, RECORD_NOTE, &m, found, NULL);
	enum store_answer other;

	if (answer != STORE_OTHER)
		return answer;
	m.id = kept_other_id(&n->msgid, kept_digest(n->body, n->length));
	other = recall(s, &n->from, RECORD_NOTE, &m, found, NULL);
	return *found || other != STORE_ADDED ? other : answer;
}

enum store_answer
store_note(struct store *s, const struct note *n, int64_t now_ms)
{
	enum store_answer answer;
	bool found = false;

	(void)store_begin(s);
	answer = store_hold(s) < 0 ? STORE_UNKNOWN : note_recall(s, n, &found);
	store_let_go(s);
	if (found || answer != STORE_ADDED || (answer = note_room(s, n)) != STORE_ADDED)
		return answer;
	return store_fail(s, note_add(s, n, now_ms)) < 0 ? refusal(s) : STORE_ADDED;
}

/* ------------------------------------------------------------------------- offers */

static int
offer_add(struct store *s, const struct peer *from, const struct offer *o, int64_t now_ms)
{
	const struct msg m = { .id = o->msgid, .body = o->body, .length = o->length };
	const int r = single_add(s, RECORD_OFFER, from, o->pair, &m, now_ms);

	s->now.offers.count += r == 0;
	return r;
}

enum store_answer
store_offer(struct store *s, const struct peer *from, const struct offer *o, int64_t now_ms, uint64_t *number)
{
	const struct msg m = { .id = o->msgid, .body = o->body, .length = o->length };
	enum store_answer answer;
	int64_t record = 0;
	bool found = false;
	int room;

	(void)store_begin(s);
	answer = store_hold(s) < 0 ? STORE_UNKNOWN : recall(s, from, RECORD_OFFER, &m, &found, &record);
	store_let_go(s);
	*number = (uint64_t)record;
	if (found || answer != STORE_ADDED)
		return answer;
	if (s->failure < 0)
		return refusal(s);
	if ((room = has_room(s, &s->now.offers, INBOX_OFFERS, INBOX_OFFERS_UID, from)) == 0)
		return STORE_FULL;
	if (room < 0 || store_fail(s, offer_add(s, from, o, now_ms)) < 0)
		return refusal(s);
	*number = (uint64_t)s->now.newest;
	return STORE_ADDED;
}

/* ------------------------------------------------------------------------- salvage */

static int
restore_offer(struct store *s, const struct record *r)
{
	const struct offer o = { .msgid = r->msgid, .body = r->body, .length = r->length };

	return offer_add(s, &r->peer, &o, r->time_ms);
}

static int
restore_note(struct store *s, const struct record *r)
{
	const struct note n = { .from = r->peer, .msgid = r->msgid, .body = r->body, .length = r->length };

	return note_add(s, &n, r->time_ms);
}

int
store_restore(struct store *s, const struct record *r)
{
	const struct msg m = { .id = r->msgid, .body = r->body, .length = r->length };
	bool continues;
	int rc;

	if ((int64_t)r->id != s->now.newest + 1) {
		if ((rc = store_save_gathered(s)) < 0)
			return rc;
		s->now.stretch.record = 0;
		s->now.newest = (int64_t)r->id - 1;
	}
	if (r->type == RECORD_NOTE)
		return restore_note(s, r);
	if (r->type == RECORD_OFFER)
		return restore_offer(s, r);
	if (r->type != RECORD_MESSAGE)
		return event_add(s, (enum record_type)r->type, &r->peer, r->time_ms);
	continues = stretch_continues(&s->now.stretch, &r->peer, &m);
	if (!continues && (rc = stretch_save(s)) < 0)
		return rc;
	return message_add(s, &r->peer, &m, r->time_ms, continues);
}
