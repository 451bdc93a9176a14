#include "core/lookups.h"

#include <string.h>

bool
lookups_is_free(const struct lookups *l, const char *name, uint64_t now)
{
	for (size_t i = 0; i < LOOKUPS_CACHE; i++)
		if (l->free_name[i].until > now && strcmp(l->free_name[i].name, name) == 0)
			return true;
	return false;
}

static void
remember_free(struct lookups *l, const char *name, uint64_t now)
{
	struct lookups_free *f = &l->free_name[l->oldest];

	if (lookups_is_free(l, name, now))
		return;
	memcpy(f->name, name, strlen(name) + 1);
	f->until = now + LOOKUP_KEEP_MS;
	l->oldest = (l->oldest + 1) % LOOKUPS_CACHE;
}

/* An unused place; else, for a login, that of the latest question that nobody waits for. */
static size_t
find_place(const struct lookups *l, enum lookup_rank rank)
{
	size_t latest = LOOKUP_NONE;

	for (size_t i = 0; i < LOOKUPS_MAX; i++) {
		const struct lookup *q = &l->lookup[i];

		if (!q->used)
			return i;
		if (q->rank == LOOKUP_LATER && !q->running &&
		    (latest == LOOKUP_NONE || q->arrival > l->lookup[latest].arrival))
			latest = i;
	}
	return rank >= LOOKUP_NOTE ? LOOKUP_NONE : latest;
}

static bool
are_too_many(const struct lookups *l, uint32_t uid)
{
	unsigned all = 0, of_uid = 0;

	for (size_t i = 0; i < LOOKUPS_MAX; i++) {
		const struct lookup *q = &l->lookup[i];
		const bool counts = q->used && q->rank == LOOKUP_NOTE;

		all += counts;
		of_uid += counts && q->uid == uid;
	}
	return all >= LOOKUPS_NOTE || of_uid >= LOOKUPS_NOTE_UID;
}

size_t
lookups_ask(struct lookups *l, uint32_t uid, const char *name, bool account, enum lookup_rank rank)
{
	const size_t place = find_place(l, rank);
	struct lookup *q;

	if (place == LOOKUP_NONE || (rank == LOOKUP_NOTE && are_too_many(l, uid)))
		return LOOKUP_NONE;
	q = &l->lookup[place];
	*q = (struct lookup){ .used = true, .account = account, .rank = (uint8_t)rank, .uid = uid };
	q->arrival = ++l->arrivals;
	memcpy(q->name, name, strlen(name) + 1);
	return place;
}

bool
lookups_has_account(const struct lookups *l, uint32_t uid)
{
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		if (l->lookup[i].used && l->lookup[i].uid == uid && l->lookup[i].account)
			return true;
	return false;
}

static bool
runs_for(const struct lookups *l, uint32_t uid)
{
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		if (l->lookup[i].running && l->lookup[i].uid == uid)
			return true;
	return false;
}

/* How many run; of one rank, or, with LOOKUP_RANKS, of all. */
static unsigned
running(const struct lookups *l, unsigned rank)
{
	unsigned n = 0;

	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		n += l->lookup[i].running && (rank == LOOKUP_RANKS || l->lookup[i].rank == rank);
	return n;
}

static bool
comes_before(const struct lookup *a, const struct lookup *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->arrival < b->arrival;
}

size_t
lookups_next(struct lookups *l)
{
	const bool note = running(l, LOOKUP_NOTE) == 0, later = running(l, LOOKUP_LATER) == 0;
	size_t next = LOOKUP_NONE;

	if (running(l, LOOKUP_RANKS) >= LOOKUPS_RUNNING)
		return LOOKUP_NONE;
	for (size_t i = 0; i < LOOKUPS_MAX; i++) {
		const struct lookup *q = &l->lookup[i];

		if (!q->used || q->running || runs_for(l, q->uid))
			continue;
		if ((q->rank == LOOKUP_NOTE && !note) || (q->rank == LOOKUP_LATER && !later))
			continue;
		if (next == LOOKUP_NONE || comes_before(q, &l->lookup[next]))
			next = i;
	}
	if (next != LOOKUP_NONE)
		l->lookup[next].running = true;
	return next;
}

size_t
lookups_settled(const struct lookups *l, uint64_t now)
{
	for (size_t i = 0; i < LOOKUPS_MAX; i++) {
		const struct lookup *q = &l->lookup[i];

		if (q->used && !q->running && !q->account && (!q->name[0] || lookups_is_free(l, q->name, now)))
			return i;
	}
	return LOOKUP_NONE;
}

void
lookups_told_account(struct lookups *l, uint32_t uid)
{
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		if (l->lookup[i].used && !l->lookup[i].running && l->lookup[i].uid == uid)
			l->lookup[i].account = false;
}

void
lookups_end(struct lookups *l, size_t which, bool free_name, uint64_t now)
{
	struct lookup *q = &l->lookup[which];

	if (free_name && q->name[0])
		remember_free(l, q->name, now);
	*q = (struct lookup){ .used = false };
}

void
lookups_leave(struct lookups *l, size_t which)
{
	if (!l->lookup[which].running)
		l->lookup[which] = (struct lookup){ .used = false };
}
