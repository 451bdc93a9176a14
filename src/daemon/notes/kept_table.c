#include "daemon/notes/kept_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/names/name.h"

static uint32_t
hash(uint32_t uid)
{
	return (uid * 0x9e3779b1U) >> 24;
}

void
kept_table_init(struct kept_table *t)
{
	*t = (struct kept_table){ .yielding = 0 };
	TAILQ_INIT(&t->all);
	for (size_t i = 0; i < KEPT_HEADS; i++) {
		TAILQ_INIT(&t->numbered[i]);
		TAILQ_INIT(&t->sent[i]);
		TAILQ_INIT(&t->awaited[i]);
	}
}

static bool
is_of(const struct kept *e, uint32_t uid, const struct ident *msgid)
{
	return e->from_uid == uid && ident_equal(&e->msgid, msgid);
}

bool
kept_is_for(const struct kept *e, const char *name, uint32_t uid)
{
	return e->to_uid == uid && name_equal(e->to_name, name);
}

/* For whom users without an account are one, as they are for their receiver's limit. */
static bool
one_sender(const struct kept *e, const struct kept *other)
{
	return e->from_uid == other->from_uid || (e->stranger && other->stranger);
}

void
kept_table_yield(struct kept_table *t, struct kept *e, bool yields)
{
	struct kept *other = e;

	if (e->yields == yields)
		return;
	e->yields = yields;
	t->yielding = yields ? t->yielding + 1 : t->yielding - 1;
	while ((other = TAILQ_NEXT(other, awaited))) {
		if (kept_is_for(other, e->to_name, e->to_uid) && one_sender(other, e))
			other->behind = yields;
	}
}

static bool
is_held_back(const struct kept_table *t, const struct kept *e)
{
	const struct kept *other = e;

	if (t->yielding == 0)
		return false;
	while ((other = TAILQ_PREV(other, kept_list, awaited))) {
		if (other->yields && kept_is_for(other, e->to_name, e->to_uid) && one_sender(other, e))
			return true;
	}
	return false;
}

/* Last, but for one that could not be read before. */
#define INSERT_BY_NUMBER(list, e, link)                               \
	do {                                                          \
		struct kept *before = TAILQ_LAST(list, kept_list);    \
                                                                      \
		while (before && before->number > (e)->number)        \
			before = TAILQ_PREV(before, kept_list, link); \
		if (before)                                           \
			TAILQ_INSERT_AFTER(list, before, e, link);    \
		else                                                  \
			TAILQ_INSERT_HEAD(list, e, link);             \
	} while (0)

struct kept *
kept_table_add(struct kept_table *t, uint64_t number, const struct kept_record *r)
{
	struct kept *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct kept){
		.number = number,
		.msgid = r->note.msgid,
		.digest = kept_digest(r->note.body, r->note.length),
		.time_ms = r->time_ms,
		.from_uid = r->note.from.uid,
		.to_uid = r->to_uid,
		.length = r->note.length,
		.stranger = r->note.stranger,
	};
	memcpy(e->to_name, r->to_name, sizeof(e->to_name));
	TAILQ_INSERT_TAIL(&t->all, e, link);
	TAILQ_INSERT_TAIL(&t->numbered[number % KEPT_HEADS], e, numbered);
	INSERT_BY_NUMBER(&t->sent[hash(e->from_uid)], e, sent);
	INSERT_BY_NUMBER(&t->awaited[hash(e->to_uid)], e, awaited);
	e->behind = is_held_back(t, e);
	t->all_bytes += kept_cost(e->length);
	t->stranger_bytes += e->stranger ? kept_cost(e->length) : 0;
	return e;
}

void
kept_table_remove(struct kept_table *t, struct kept *e)
{
	kept_table_yield(t, e, false);
	TAILQ_REMOVE(&t->all, e, link);
	TAILQ_REMOVE(&t->numbered[e->number % KEPT_HEADS], e, numbered);
	TAILQ_REMOVE(&t->sent[hash(e->from_uid)], e, sent);
	TAILQ_REMOVE(&t->awaited[hash(e->to_uid)], e, awaited);
	t->all_bytes -= kept_cost(e->length);
	t->stranger_bytes -= e->stranger ? kept_cost(e->length) : 0;
	free(e);
}

struct kept *
kept_table_find(const struct kept_table *t, uint64_t number)
{
	struct kept *e;

	TAILQ_FOREACH(e, &t->numbered[number % KEPT_HEADS], numbered) {
		if (e->number == number)
			return e;
	}
	return NULL;
}

/* An id is one note's for each receiver, as it is in their inboxes. */
struct kept *
kept_table_find_same(const struct kept_table *t, const struct kept_record *r)
{
	const uint32_t uid = r->note.from.uid;
	struct kept *e;

	TAILQ_FOREACH(e, &t->sent[hash(uid)], sent) {
		if (is_of(e, uid, &r->note.msgid) && kept_is_for(e, r->to_name, r->to_uid))
			return e;
	}
	return NULL;
}

/* All senders without an account are one. */
static uint64_t
sender_bytes(const struct kept_table *t, const struct note *n)
{
	uint64_t bytes = n->stranger ? t->stranger_bytes : 0;
	const struct kept *e;

	TAILQ_FOREACH(e, &t->sent[hash(n->from.uid)], sent) {
		if (e->from_uid == n->from.uid && !(e->stranger && n->stranger))
			bytes += kept_cost(e->length);
	}
	return bytes;
}

struct kept_use
kept_table_use(const struct kept_table *t, const struct kept_record *r)
{
	struct kept_use u = { .all_bytes = t->all_bytes, .sender_bytes = sender_bytes(t, &r->note) };
	const struct kept *e;

	TAILQ_FOREACH(e, &t->awaited[hash(r->to_uid)], awaited) {
		const bool sender = e->from_uid == r->note.from.uid || (e->stranger && r->note.stranger);
		const uint64_t cost = kept_cost(e->length);

		if (e->to_uid != r->to_uid)
			continue;
		u.receiver_bytes += cost;
		u.both += sender;
		u.both_bytes += sender ? cost : 0;
	}
	return u;
}

struct kept *
kept_table_next_for(const struct kept_table *t, const char *name, uint32_t uid)
{
	struct kept *e, *first = NULL;
	bool stopped = false;

	TAILQ_FOREACH(e, &t->awaited[hash(uid)], awaited) {
		if (!kept_is_for(e, name, uid))
			continue;
		if (e->under_way)
			return NULL;
		if (first || stopped || e->yields || e->behind || e->file == FILE_NEW || e->file == FILE_BAD)
			continue;
		stopped = e->is_put_off;
		first = stopped ? NULL : e;
	}
	return first;
}

bool
kept_table_is_in_use(const struct kept_table *t, uint32_t uid, const struct ident *msgid)
{
	const struct kept *e;

	TAILQ_FOREACH(e, &t->sent[hash(uid)], sent) {
		if (is_of(e, uid, msgid) && (e->file == FILE_NEW || e->passed))
			return true;
	}
	return false;
}

struct kept *
kept_table_first_of(const struct kept_table *t, uint32_t uid, const struct ident *msgid)
{
	struct kept *e;

	TAILQ_FOREACH(e, &t->sent[hash(uid)], sent) {
		if (is_of(e, uid, msgid))
			return e;
	}
	return NULL;
}

struct kept *
kept_table_first_old(const struct kept_table *t, int64_t now_ms)
{
	struct kept *e;

	TAILQ_FOREACH(e, &t->all, link) {
		if (e->file != FILE_NEW && !e->under_way && kept_is_over(e->time_ms, now_ms))
			return e;
	}
	return NULL;
}

void
kept_table_page(const struct kept_table *t, uint32_t uid, uint64_t cursor, struct kept_page *page)
{
	const struct kept *e;

	*page = (struct kept_page){ .next = 0 };
	TAILQ_FOREACH(e, &t->sent[hash(uid)], sent) {
		if (e->number < cursor || e->from_uid != uid || e->file == FILE_NEW || e->file == FILE_BAD)
			continue;
		if (page->count == KEPT_PAGE_ENTRIES) {
			page->next = e->number;
			break;
		}
		page->entry[page->count] =
		    (struct kept_entry){ .msgid = e->msgid, .time_ms = e->time_ms, .length = e->length };
		memcpy(page->entry[page->count++].name, e->to_name, sizeof(e->to_name));
	}
}
