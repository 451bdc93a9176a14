/*
 * Visits every state that a small world can reach: a few people, each of whom
 * logs in, is lost, resumes, begins anew, expires, asks for and waits for every other,
 * leaves, quits, refuses contact, is restored from a registry; every event in every
 * state, also those that make no sense there. After each step the state is
 * checked as a whole, and the step against what the rules say of it.
 *
 * What people do not tell apart is one state: pair ids and epochs, which only count,
 * last_end, which nothing reads, the slots that sessions happen to have, and who of
 * equals is called how (states that differ by a renaming are visited once, and
 * counted both ways). Each of these is checked with each transition instead.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "core/exchange.h"
#include "core/names/name.h"
#include "quick.h"

#define PEOPLE_MAX 6
#define RENAMINGS 720 /* of so many people */
#define NOBODY (-1)
#define UNKNOWN (-2)   /* a name that nobody has */
#define MALFORMED (-3) /* what is no name */
#define FIRST_PAIR (1ULL << 32)
#define STEP_MAX 64      /* effects of a step and all that settles after it */
#define MANY_STATES 1024 /* equally deep */

enum refusing {
	REFUSING_NOBODY,
	REFUSING_ALL, /* each may refuse everybody: dnd */
	REFUSING_ANY, /* each may refuse any of the others: block */
};

/* What a person is, told without slots. */
enum presence { ABSENT, OFFLINE, ONLINE };

struct person {
	enum presence presence;
	slot_t slot;
	int partner, target;
	int place; /* in the target's queue, 0: first */
	uint64_t pair;
	uint32_t epoch;
	int last_end;
};

/* What a connected session knows from the verdicts and effects it was told. */
struct knowledge {
	int partner, target;
	int over; /* a wait for whom was over, in this step */
	bool partner_online;
	uint64_t pair;
	uint32_t epoch;
};

struct keys {
	size_t count, capacity;
	uint64_t *key; /* open addressing; 0: empty, for no key is 0 */
};

/* States in a row: refusals, then the exchange. */
struct states {
	size_t count, capacity;
	uint8_t *bytes;
};

struct visit {
	int people;
	enum refusing refusing;
	size_t size, stride;
	int permutations;
	int permutation[RENAMINGS][PEOPLE_MAX];

	struct keys seen;
	struct states now, next;
	uint64_t states_named, transitions;
	uint64_t repair_pair; /* the registry's: below all that are given out */
	uint32_t verdicts;    /* a bit for each that occurred */

	/* The step that is being tried. */
	const struct exchange *from;
	struct exchange *x, *full;
	bool shared_names, shared_ids; /* whether two ever shared a head of the tables */
	uint64_t refusals;             /* bit target * PEOPLE_MAX + caller */
	struct person before[PEOPLE_MAX], after[PEOPLE_MAX];
	struct knowledge known[PEOPLE_MAX];
};

/* An event as the test thinks of it. */
struct request {
	enum exchange_event_type type;
	int actor;
	int target;   /* TO, WAIT, REPAIR: the other; LOGIN, RESTORE: whose id */
	bool foreign; /* RESUME, ANEW: by another uid */
};

static const char *const names[PEOPLE_MAX] = { "Ann", "bob", "Cy", "d.e", "E-5", "6f" };
static const char *const spelled[PEOPLE_MAX] = { "aNN", "BOB", "cy", "D.E", "e-5", "6F" };

/* ck_assert() makes a note of each call: too slow for millions. */
#define REQUIRE(what)                              \
	do {                                       \
		if (!(what))                       \
			ck_abort_msg("%s", #what); \
	} while (0)

/* Chosen so that some share a head of the table. */
static struct ident
id_of(int person)
{
	return (struct ident){ .b = { [3] = 2, [15] = (uint8_t)(person + 1) } };
}

static uint32_t
uid_of(int person)
{
	return 1000 + (uint32_t)person / 2;
}

static int
person_called(const char *name)
{
	for (int p = 0; p < PEOPLE_MAX; p++)
		if (name_equal(name, names[p]))
			return p;
	ck_abort_msg("a session is called '%s'", name);
}

static int
person_in(const struct exchange *x, slot_t slot)
{
	return slot == SLOT_NONE ? NOBODY : person_called(exchange_session(x, slot)->name);
}

static enum verdict
judge(const void *context, slot_t target, slot_t caller)
{
	const struct visit *v = context;
	const int bit = person_in(v->x, target) * PEOPLE_MAX + person_in(v->x, caller);

	return v->refusals >> bit & 1 ? VERDICT_REFUSES : VERDICT_OK;
}

static void
require_sound(const char *found)
{
	if (found)
		ck_abort_msg("%s", found);
}

/* ------ what is true in every state ------ */

/* NULL, or what is wrong with the queue of `slot`. */
static const char *
queue_flaw(const struct exchange *x, slot_t slot)
{
	const struct exchange_session *s = exchange_session(x, slot);
	slot_t previous = SLOT_NONE;
	uint32_t length = 0;

	for (slot_t w = s->waiter_first; w != SLOT_NONE; w = exchange_session(x, w)->waiter_next) {
		const struct exchange_session *waiter = exchange_session(x, w);

		if (w >= exchange_capacity(x) || ++length > exchange_count(x))
			return "a queue without end";
		if (!waiter->used || !waiter->online)
			return "a waiter that is not connected";
		if (waiter->target != slot)
			return "a waiter in the wrong queue";
		if (waiter->waiter_prev != previous)
			return "a broken link back";
		previous = w;
	}
	return s->waiter_last == previous ? NULL : "a wrong end of a queue";
}

static bool
queue_holds(const struct exchange *x, slot_t target, slot_t waiter)
{
	slot_t w = exchange_session(x, target)->waiter_first;

	while (w != SLOT_NONE && w != waiter)
		w = exchange_session(x, w)->waiter_next;
	return w == waiter;
}

static const char *
session_flaw(const struct exchange *x, slot_t slot)
{
	const struct exchange_session *s = exchange_session(x, slot);
	const struct exchange_session *p;

	if (!name_valid(s->name, strnlen(s->name, sizeof(s->name))))
		return "a name that is none";
	if (exchange_find_name(x, s->name) != slot)
		return "a name that finds somebody else, or nobody";
	if (exchange_find_id(x, &s->id) != slot)
		return "an id that finds somebody else, or nobody";
	if (s->partner != SLOT_NONE) {
		if (s->partner >= exchange_capacity(x) || s->partner == slot)
			return "a partner that cannot be";
		p = exchange_session(x, s->partner);
		if (!p->used || p->partner != slot)
			return "a pair of one side";
		if (s->pair == 0 || p->pair != s->pair || p->epoch != s->epoch)
			return "a pair that its sides know differently";
	}
	if (s->target != SLOT_NONE) {
		if (s->target >= exchange_capacity(x) || s->target == slot || s->target == s->partner)
			return "a target that cannot be";
		if (!queue_holds(x, s->target, slot))
			return "a wait outside of the queue";
	} else if (s->waiter_next != SLOT_NONE || s->waiter_prev != SLOT_NONE) {
		return "links without a wait";
	}
	return NULL;
}

/* NULL, or the first thing that is wrong with the state, at any time. */
static const char *
flaw(const struct exchange *x)
{
	uint32_t used = 0;
	const char *found;

	for (slot_t slot = 0; slot < exchange_capacity(x); slot++) {
		const struct exchange_session *s = exchange_session(x, slot);

		if (s->name[0] == '\0') /* never used */
			continue;
		if ((found = queue_flaw(x, slot)) || (s->used && (found = session_flaw(x, slot))))
			return found;
		used += s->used;
		for (slot_t other = 0; s->used && other < slot; other++) {
			const struct exchange_session *o = exchange_session(x, other);

			if (o->used && name_equal(o->name, s->name))
				return "a name twice";
			if (o->used && ident_equal(&o->id, &s->id))
				return "an id twice";
			if (o->used && o->partner != SLOT_NONE && o->partner != slot && o->pair == s->pair &&
			    s->partner != SLOT_NONE)
				return "a pair id twice";
		}
	}
	return used == exchange_count(x) ? NULL : "a wrong count";
}

/* The same, when all has settled. */
static const char *
settled_flaw(const struct exchange *x, struct exchange_policy policy)
{
	for (slot_t slot = 0; slot < exchange_capacity(x); slot++) {
		const struct exchange_session *s = exchange_session(x, slot);

		if (s->name[0] == '\0')
			continue;
		if (s->ripe || (!s->used && s->waiter_first != SLOT_NONE) || (s->used && s->check != SLOT_NONE))
			return "somebody forgotten";
		if (!s->used || s->target == SLOT_NONE)
			continue;
		if (exchange_session(x, s->target)->partner == SLOT_NONE)
			return "a wait for somebody free";
		if (exchange_session(x, s->target)->target == slot)
			return "two who wait for each other";
		if (policy.judge(policy.context, s->target, slot) != VERDICT_OK)
			return "a wait for somebody who refuses";
	}
	return flaw(x);
}

/* No slot is lost, none is given out twice: as many as there is room for come in, and no more. */
static void
room_check(struct visit *v)
{
	const struct exchange_policy policy = { judge, v };
	struct exchange_effects fx;
	char name[] = "guest0";

	memcpy(v->full, v->x, v->size);
	while (exchange_count(v->full) < (uint32_t)v->people) {
		struct exchange_event ev = { .type = EXCHANGE_LOGIN, .name = name, .id = id_of(100 + name[5]++) };

		REQUIRE(exchange_step(v->full, &ev, policy, &fx) == VERDICT_OK);
		require_sound(flaw(v->full));
	}
	for (slot_t slot = 0; slot < (uint32_t)v->people; slot++)
		REQUIRE(exchange_session(v->full, slot)->used);
}

/* A message of anybody, under any pair and epoch there is or was, reaches the partner or nobody (R9). */
static void
routes_check(const struct visit *v)
{
	for (int from = 0; from < v->people; from++) {
		const struct person *s = &v->after[from];

		if (s->presence == ABSENT)
			continue;
		for (int p = 0; p < v->people; p++) {
			for (uint32_t back = 0; back < 3; back++) {
				slot_t to = SLOT_NONE;
				const uint64_t pair = v->after[p].pair + (back == 2);
				const uint32_t epoch = v->after[p].epoch - (back == 1);
				const enum verdict verdict = exchange_route(v->x, s->slot, pair, epoch, &to);
				const bool ours = s->partner != NOBODY && pair == s->pair;
				const bool there = ours && epoch == s->epoch && v->after[s->partner].presence == ONLINE;

				REQUIRE(verdict == (there ? VERDICT_OK : ours ? VERDICT_STALE : VERDICT_NOT_PAIRED));
				REQUIRE(to == (there ? v->after[s->partner].slot : SLOT_NONE));
			}
		}
	}
}

/* ------ a picture of the state ------ */

static void
picture_take(const struct visit *v, const struct exchange *x, struct person *people)
{
	for (int p = 0; p < v->people; p++) {
		const slot_t slot = exchange_find_name(x, names[p]);
		const struct exchange_session *s;

		people[p] = (struct person){ .slot = slot, .partner = NOBODY, .target = NOBODY };
		if (slot == SLOT_NONE)
			continue;
		s = exchange_session(x, slot);
		people[p].presence = s->online ? ONLINE : OFFLINE;
		people[p].partner = person_in(x, s->partner);
		people[p].target = person_in(x, s->target);
		for (slot_t w = s->waiter_prev; w != SLOT_NONE; w = exchange_session(x, w)->waiter_prev)
			people[p].place++;
		people[p].pair = s->pair;
		people[p].epoch = s->epoch;
		people[p].last_end = s->last_end;
	}
}

static uint64_t
encode(const struct visit *v, const int *renamed)
{
	uint64_t key = 0;

	for (int p = 0; p < v->people; p++) {
		const struct person *s = &v->after[p];
		const uint64_t partner = s->partner == NOBODY ? 7 : (uint64_t)renamed[s->partner];
		const uint64_t target = s->target == NOBODY ? 7 : (uint64_t)renamed[s->target];

		key |= ((uint64_t)s->presence | partner << 2 | target << 5 | (uint64_t)s->place << 8)
		    << 10 * renamed[p];
		if (v->refusing == REFUSING_ALL)
			key |= (v->refusals >> (p * PEOPLE_MAX + (p == 0)) & 1) << (10 * v->people + renamed[p]);
		/* Four people fill the key; with more of them it serves the walk, which needs no exact one. */
		for (int c = 0; v->refusing == REFUSING_ANY && c < v->people; c++)
			key |= (v->refusals >> (p * PEOPLE_MAX + c) & 1)
			    << (10 * v->people + renamed[p] * v->people + renamed[c]) % 64;
	}
	return key;
}

/* The least key over all renamings, and how many different ones there are. */
static uint64_t
canonical(const struct visit *v, uint64_t *named)
{
	uint64_t least = encode(v, v->permutation[0]);
	unsigned same = 1;

	for (int i = 1; i < v->permutations; i++) {
		const uint64_t key = encode(v, v->permutation[i]);

		if (key < least) {
			least = key;
			same = 0;
		}
		same += key == least;
	}
	*named = (unsigned)v->permutations / same;
	return least;
}

/* ------ the states seen ------ */

static bool
keys_insert(struct keys *keys, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15U) & (keys->capacity - 1);

	for (; keys->key[i] != 0; i = (i + 1) & (keys->capacity - 1))
		if (keys->key[i] == key)
			return false;
	keys->key[i] = key;
	keys->count++;
	return true;
}

static bool
keys_add(struct keys *keys, uint64_t key)
{
	struct keys bigger = { .capacity = keys->capacity ? 2 * keys->capacity : 1024 };

	if (2 * keys->count >= keys->capacity) {
		bigger.key = calloc(bigger.capacity, sizeof(*bigger.key));
		REQUIRE(bigger.key);
		for (size_t i = 0; i < keys->capacity; i++)
			if (keys->key[i] != 0)
				keys_insert(&bigger, keys->key[i]);
		free(keys->key);
		*keys = bigger;
	}
	return keys_insert(keys, key);
}

static void
states_push(struct states *states, size_t stride, uint64_t refusals, const struct exchange *x)
{
	uint8_t *end;

	if (states->count == states->capacity) {
		states->capacity = states->capacity ? 2 * states->capacity : 256;
		states->bytes = realloc(states->bytes, states->capacity * stride);
		REQUIRE(states->bytes);
	}
	end = states->bytes + states->count++ * stride;
	memcpy(end, &refusals, sizeof(refusals));
	memcpy(end + 8, x, stride - 8);
}

/* The state after a step, when nobody was there before, is a new place to go on from. */
static void
visit_arrive(struct visit *v)
{
	uint64_t named;

	v->transitions++;
	if (!keys_add(&v->seen, canonical(v, &named)))
		return;
	v->states_named += named;
	states_push(&v->next, v->stride, v->refusals, v->x);
}

/* ------ what a step may do ------ */

static void
knowledge_begin(struct visit *v)
{
	for (int p = 0; p < v->people; p++) {
		const struct person *s = &v->before[p];

		v->known[p] = (struct knowledge){ .partner = NOBODY, .target = NOBODY, .over = NOBODY };
		if (s->presence != ONLINE)
			continue;
		v->known[p].target = s->target;
		if (s->partner == NOBODY)
			continue;
		v->known[p].partner = s->partner;
		v->known[p].partner_online = v->before[s->partner].presence == ONLINE;
		v->known[p].pair = s->pair;
		v->known[p].epoch = s->epoch;
	}
}

/* Whoever caused a step learns from its verdict. */
static void
knowledge_verdict(struct visit *v, const struct request *rq, enum verdict verdict)
{
	struct knowledge *k = &v->known[rq->actor];

	if (verdict == VERDICT_QUEUED) {
		REQUIRE(k->target == NOBODY); /* an earlier wait was told to be over */
		k->target = rq->target;
	} else if (verdict != VERDICT_OK) {
		return;
	} else if (rq->type == EXCHANGE_LEAVE) {
		k->partner = NOBODY;
		REQUIRE(k->target == NOBODY);
	} else if (rq->type == EXCHANGE_CANCEL) {
		k->target = NOBODY;
	} else if (rq->type == EXCHANGE_TO || rq->type == EXCHANGE_WAIT) {
		REQUIRE(k->partner == rq->target);
	}
}

static void
knowledge_effect(struct visit *v, const struct exchange_effect *e)
{
	const struct exchange_session *to = exchange_session(v->x, e->to);
	const int other = person_in(v->x, e->other);
	struct knowledge *k = &v->known[person_in(v->x, e->to)];

	REQUIRE(to->used && to->online);
	switch (e->type) {
	case EFFECT_PAIRED:
		REQUIRE(other >= 0 && k->partner != other && k->over != other);
		k->partner = other;
		k->partner_online = exchange_session(v->x, e->other)->online;
		k->pair = e->pair;
		k->epoch = e->epoch;
		if (k->target == other)
			k->target = NOBODY;
		REQUIRE(k->target == NOBODY);
		break;
	case EFFECT_ENDED:
		REQUIRE(k->partner == other && k->pair == e->pair && e->ending != ENDING_NONE);
		k->partner = NOBODY;
		break;
	case EFFECT_LOST:
		REQUIRE(k->partner == other && k->pair == e->pair && k->partner_online);
		k->partner_online = false;
		break;
	case EFFECT_BACK:
		REQUIRE(k->partner == other && k->pair == e->pair && !k->partner_online && e->epoch == k->epoch + 1);
		k->partner_online = true;
		k->epoch = e->epoch;
		break;
	case EFFECT_WAIT_OVER:
		REQUIRE(k->target != NOBODY && k->target == other);
		REQUIRE(e->verdict == VERDICT_SUPERSEDED || e->verdict == VERDICT_NO_SUCH_USER ||
		    e->verdict == VERDICT_REFUSES);
		v->verdicts |= 1U << e->verdict;
		k->over = other;
		k->target = NOBODY;
		break;
	}
}

static void
knowledge_effects(struct visit *v, const struct exchange_effects *fx)
{
	REQUIRE(fx->count <= EXCHANGE_EFFECTS);
	for (size_t i = 0; i < fx->count; i++)
		knowledge_effect(v, &fx->e[i]);
}

/* Everybody who is connected knows exactly how things are. */
static void
knowledge_check(const struct visit *v)
{
	for (int p = 0; p < v->people; p++) {
		const struct person *s = &v->after[p];
		const struct knowledge *k = &v->known[p];

		if (s->presence != ONLINE)
			continue;
		REQUIRE(k->partner == s->partner && k->target == s->target);
		if (s->partner == NOBODY)
			continue;
		REQUIRE(k->pair == s->pair && k->epoch == s->epoch);
		REQUIRE(k->partner_online == (v->after[s->partner].presence == ONLINE));
	}
}

static bool
wait_matched(const struct visit *v, int p)
{
	return v->before[p].target != NOBODY && v->after[p].partner == v->before[p].target;
}

/* R5, R7: who ended a pair, and that the one left behind can say why. `actor` caused the step. */
static void
pair_end_check(const struct visit *v, enum exchange_event_type type, int actor, int p)
{
	const int partner = v->before[p].partner;
	const struct person *s = &v->after[p];
	enum ending how = ENDING_LEFT;

	REQUIRE(p == actor || partner == actor || wait_matched(v, p) || wait_matched(v, partner));
	if (type == EXCHANGE_ANEW && partner == actor)
		how = ENDING_GONE;
	else if (v->after[partner].presence == ABSENT)
		how = type == EXCHANGE_EXPIRE ? ENDING_GONE : ENDING_QUIT;
	if (s->presence != ABSENT && s->partner == NOBODY)
		REQUIRE(s->last_end == (p == actor ? ENDING_NONE : (int)how));
}

/* Everything about pairs that holds from one state to the next. */
static void
pairs_check(const struct visit *v, enum exchange_event_type type, int actor)
{
	const uint64_t next = exchange_next_pair(v->from);

	for (int p = 0; p < v->people; p++) {
		const struct person *b = &v->before[p], *a = &v->after[p];

		if (b->partner != NOBODY && b->partner != a->partner)
			pair_end_check(v, type, actor, p);
		if (b->partner != NOBODY && b->partner == a->partner) {
			const bool resumed = type == EXCHANGE_RESUME && (actor == p || actor == a->partner);

			REQUIRE(a->pair == b->pair && a->epoch == b->epoch + resumed);
		}
		if (a->partner != NOBODY && b->partner != a->partner) {
			REQUIRE(type == EXCHANGE_REPAIR ? a->pair == v->repair_pair : a->pair >= next);
			REQUIRE(a->pair < exchange_next_pair(v->x) && a->epoch == 1 && a->last_end == ENDING_NONE);
			REQUIRE(p == actor || a->partner == actor || wait_matched(v, p) || wait_matched(v, a->partner));
		}
		if (a->partner == NOBODY && b->partner == NOBODY && b->presence != ABSENT && a->presence != ABSENT)
			REQUIRE(a->last_end == b->last_end || p == actor);
	}
	REQUIRE(exchange_next_pair(v->x) >= next);
}

/* Whether the two asked for it themselves, in this step. */
static bool
asked_for(enum exchange_event_type type, int actor, int p, int q)
{
	return (type == EXCHANGE_TO || type == EXCHANGE_WAIT || type == EXCHANGE_REPAIR) && (actor == p || actor == q);
}

/* R6: nobody is overtaken. */
static void
queues_check(const struct visit *v, enum exchange_event_type type, int actor)
{
	for (int p = 0; p < v->people; p++) {
		const int target = v->before[p].target;

		for (int q = 0; target != NOBODY && q < v->people; q++) {
			if (v->before[q].target != target || v->before[q].place >= v->before[p].place)
				continue;
			/* q stood before p */
			if (v->after[p].target == target && v->after[q].target == target)
				REQUIRE(v->after[q].place < v->after[p].place);
			if (wait_matched(v, p) && !asked_for(type, actor, p, target))
				REQUIRE(v->after[q].target != target);
		}
	}
}

/* R4, by the book. */
static enum verdict
expected_contact(const struct visit *v, const struct request *rq)
{
	const struct person *t;

	if (rq->target == MALFORMED)
		return VERDICT_MALFORMED;
	if (rq->target == UNKNOWN || v->before[rq->target].presence == ABSENT)
		return VERDICT_NO_SUCH_USER;
	if (rq->target == rq->actor)
		return VERDICT_SELF;
	t = &v->before[rq->target];
	if (t->partner == rq->actor)
		return VERDICT_OK;
	if (v->refusals >> (rq->target * PEOPLE_MAX + rq->actor) & 1)
		return VERDICT_REFUSES;
	if (t->partner == NOBODY)
		return VERDICT_OK;
	if (rq->type == EXCHANGE_TO)
		return VERDICT_BUSY;
	return t->target == rq->actor ? VERDICT_OK : VERDICT_QUEUED;
}

/* R8: under the name of one's own session, when that is lost. */
static enum verdict
expected_anew(const struct visit *v, const struct request *rq)
{
	const struct person *s = &v->before[rq->actor];
	bool awaited = false;
	int present = 0;

	for (int p = 0; p < v->people; p++) {
		awaited |= v->before[p].target == rq->actor;
		present += v->before[p].presence != ABSENT;
	}
	if (s->presence == ONLINE || rq->foreign)
		return VERDICT_TAKEN;
	if (rq->target != rq->actor)
		return VERDICT_TAKEN;
	return awaited && present == v->people ? VERDICT_LIMIT
					       : VERDICT_OK; /* its slot is kept until its waiters are told */
}

static enum verdict
expected_verdict(const struct visit *v, const struct request *rq)
{
	const struct person *s = &v->before[rq->actor];

	switch (rq->type) {
	case EXCHANGE_LOGIN:
	case EXCHANGE_RESTORE:
		if (rq->target == MALFORMED)
			return VERDICT_MALFORMED;
		return s->presence != ABSENT || v->before[rq->target].presence != ABSENT ? VERDICT_TAKEN : VERDICT_OK;
	case EXCHANGE_ANEW:
		if (s->presence == ABSENT)
			return v->before[rq->target].presence != ABSENT ? VERDICT_TAKEN : VERDICT_OK;
		return expected_anew(v, rq);
	case EXCHANGE_RESUME:
		return s->presence == ABSENT || rq->foreign ? VERDICT_EXPIRED : VERDICT_OK;
	case EXCHANGE_REPAIR:
		if (s->presence == ABSENT || v->before[rq->target].presence == ABSENT)
			return VERDICT_EXPIRED;
		if (rq->target == rq->actor)
			return VERDICT_SELF;
		return s->partner == NOBODY && v->before[rq->target].partner == NOBODY ? VERDICT_OK : VERDICT_BUSY;
	case EXCHANGE_LOST:
		return s->presence == ABSENT ? VERDICT_EXPIRED : VERDICT_OK;
	case EXCHANGE_EXPIRE:
		return s->presence == ABSENT ? VERDICT_EXPIRED : s->presence == ONLINE ? VERDICT_STALE : VERDICT_OK;
	default:
		break;
	}
	if (s->presence != ONLINE)
		return VERDICT_EXPIRED;
	if (rq->type == EXCHANGE_TO || rq->type == EXCHANGE_WAIT)
		return expected_contact(v, rq);
	if (rq->type == EXCHANGE_LEAVE && s->partner == NOBODY && s->target == NOBODY)
		return VERDICT_NOT_PAIRED;
	return VERDICT_OK;
}

/* What the actor itself wanted has come about. */
static void
outcome_check(const struct visit *v, const struct request *rq, enum verdict verdict)
{
	const struct person *b = &v->before[rq->actor], *a = &v->after[rq->actor];

	switch (rq->type) {
	case EXCHANGE_LOGIN:
	case EXCHANGE_RESUME:
		REQUIRE(a->presence == ONLINE && a->target == NOBODY && a->partner == b->partner);
		break;
	case EXCHANGE_ANEW:
		REQUIRE(a->presence == ONLINE && a->target == NOBODY && a->partner == NOBODY);
		REQUIRE(a->last_end == ENDING_NONE);
		break;
	case EXCHANGE_RESTORE:
		REQUIRE(a->presence == OFFLINE && a->partner == NOBODY);
		break;
	case EXCHANGE_LOST:
		REQUIRE(a->presence == OFFLINE && a->target == NOBODY && a->partner == b->partner);
		break;
	case EXCHANGE_TO:
	case EXCHANGE_WAIT:
	case EXCHANGE_REPAIR:
		if (verdict == VERDICT_QUEUED)
			REQUIRE(a->target == rq->target && a->partner == b->partner);
		else
			REQUIRE(a->partner == rq->target && (a->target == NOBODY || b->partner == rq->target));
		break;
	case EXCHANGE_CANCEL:
		REQUIRE(a->target == NOBODY && a->partner == b->partner);
		break;
	case EXCHANGE_LEAVE: /* and may be paired at once with somebody who waited */
		REQUIRE(a->target == NOBODY && a->presence == ONLINE);
		REQUIRE(b->partner == NOBODY || a->partner != b->partner);
		break;
	case EXCHANGE_QUIT:
	case EXCHANGE_EXPIRE:
		REQUIRE(a->presence == ABSENT);
		break;
	}
}

/* ------ trying a step ------ */

/* A slot that nobody is in; SLOT_NONE when all are used. */
static slot_t
slot_unused(const struct exchange *x)
{
	for (slot_t slot = 0; slot < exchange_capacity(x); slot++)
		if (!exchange_session(x, slot)->used)
			return slot;
	return SLOT_NONE;
}

static struct exchange_event
event_for(const struct visit *v, const struct request *rq)
{
	const slot_t slot = v->before[rq->actor].slot;
	struct exchange_event ev = {
		.type = rq->type,
		.slot = slot == SLOT_NONE ? slot_unused(v->from) : slot,
		.uid = uid_of(rq->actor) + rq->foreign,
		.id = id_of(rq->actor),
		.name = names[rq->actor],
		.pair = rq->type == EXCHANGE_REPAIR ? v->repair_pair : 0,
	};

	if (rq->target >= 0 &&
	    (rq->type == EXCHANGE_LOGIN || rq->type == EXCHANGE_ANEW || rq->type == EXCHANGE_RESTORE)) {
		ev.id = id_of(rq->target);
	} else if (rq->target >= 0) {
		ev.other = v->before[rq->target].slot;
		ev.name = spelled[rq->target];
	} else if (rq->target == MALFORMED) {
		ev.name = ".hidden";
	} else if (rq->target == UNKNOWN) {
		ev.name = "nobody";
	}
	return ev;
}

/* Lets things settle; each state on the way is sound, too. */
static void
settle(struct visit *v, struct exchange_policy policy)
{
	struct exchange_effects fx;
	uint32_t budget = UINT32_MAX;
	unsigned calls = 0;

	while (exchange_settle(v->x, policy, &budget, &fx)) {
		REQUIRE(calls++ < STEP_MAX && fx.count > 0);
		knowledge_effects(v, &fx);
		require_sound(flaw(v->x));
	}
	REQUIRE(fx.count == 0 && exchange_settled(v->x));
}

static void
conclude(struct visit *v, struct exchange_policy policy, enum exchange_event_type type, int actor)
{
	require_sound(settled_flaw(v->x, policy));
	picture_take(v, v->x, v->after);
	for (int p = 0; p < v->people; p++) {
		if (v->after[p].presence == ABSENT)
			continue;
		v->shared_names |= exchange_session(v->x, v->after[p].slot)->form_next[NAME_FOLD] != 0;
		v->shared_ids |= exchange_session(v->x, v->after[p].slot)->id_next != 0;
	}
	knowledge_check(v);
	pairs_check(v, type, actor);
	queues_check(v, type, actor);
	routes_check(v);
}

/* What exchange_match() foretold has happened, and no other pair has been made so far: what settles comes later. */
static void
match_check(const struct visit *v, const struct request *rq, slot_t slot, slot_t match)
{
	if (match == SLOT_NONE) {
		REQUIRE(rq->type == EXCHANGE_REPAIR || exchange_next_pair(v->x) == exchange_next_pair(v->from));
		return;
	}
	REQUIRE(exchange_session(v->from, slot)->partner != match);
	REQUIRE(exchange_session(v->x, slot)->partner == match);
}

static void
attempt(struct visit *v, struct request rq)
{
	const struct exchange_policy policy = { judge, v };
	const uint64_t refusals = v->refusals;
	struct exchange_event ev = event_for(v, &rq);
	struct exchange_effects fx;
	enum verdict verdict;
	slot_t match = SLOT_NONE;

	memcpy(v->x, v->from, v->size);
	knowledge_begin(v);
	if ((rq.type == EXCHANGE_TO || rq.type == EXCHANGE_WAIT) && v->before[rq.actor].presence == ONLINE)
		match = exchange_match(v->x, &ev, policy);
	verdict = exchange_step(v->x, &ev, policy, &fx);
	v->verdicts |= 1U << verdict;
	REQUIRE(verdict == expected_verdict(v, &rq));
	if (verdict != VERDICT_OK && verdict != VERDICT_QUEUED) {
		v->transitions++;
		REQUIRE(fx.count == 0 && memcmp(v->x, v->from, v->size) == 0 && match == SLOT_NONE);
		return;
	}
	match_check(v, &rq, ev.slot, match);
	require_sound(flaw(v->x));
	if (rq.type == EXCHANGE_RESUME)
		v->known[rq.actor] = (struct knowledge){ .partner = NOBODY, .target = NOBODY, .over = NOBODY };
	knowledge_effects(v, &fx);
	knowledge_verdict(v, &rq, verdict);
	settle(v, policy);
	conclude(v, policy, rq.type, rq.actor);
	outcome_check(v, &rq, verdict);
	if (v->before[rq.actor].presence == ABSENT || v->after[rq.actor].presence == ABSENT || rq.type == EXCHANGE_ANEW)
		room_check(v);
	if (v->after[rq.actor].presence == ABSENT) /* its rules go with it */
		v->refusals &= ~(((1ULL << PEOPLE_MAX) - 1) << rq.actor * PEOPLE_MAX);
	visit_arrive(v);
	v->refusals = refusals;
}

/* `actor` changes its mind about those in `callers`, a bit each. */
static void
attempt_policy(struct visit *v, int actor, uint64_t callers)
{
	const struct exchange_policy policy = { judge, v };
	const uint64_t refusals = v->refusals;
	struct exchange_effects fx;
	uint32_t budget = UINT32_MAX;

	memcpy(v->x, v->from, v->size);
	knowledge_begin(v);
	v->refusals ^= (callers & ~(1ULL << actor)) << actor * PEOPLE_MAX;
	exchange_recheck(v->x, v->before[actor].slot);
	while (exchange_settle(v->x, policy, &budget, &fx)) {
		REQUIRE(fx.count == 1 && fx.e[0].verdict == VERDICT_REFUSES);
		knowledge_effects(v, &fx);
		require_sound(flaw(v->x));
	}
	REQUIRE(exchange_settled(v->x));
	conclude(v, policy, EXCHANGE_CANCEL, NOBODY);
	visit_arrive(v);
	v->refusals = refusals;
}

/* With all people there, nobody else comes in. */
static void
attempt_crowded(struct visit *v)
{
	const struct exchange_policy policy = { judge, v };
	struct exchange_event ev = { .type = EXCHANGE_LOGIN, .name = "late", .id = id_of(PEOPLE_MAX), .uid = 1 };
	struct exchange_effects fx;

	memcpy(v->x, v->from, v->size);
	REQUIRE(exchange_step(v->x, &ev, policy, &fx) == VERDICT_LIMIT);
	REQUIRE(memcmp(v->x, v->from, v->size) == 0);
	v->verdicts |= 1U << VERDICT_LIMIT;
	v->transitions++;
}

static void
attempt_all_by(struct visit *v, int actor)
{
	static const enum exchange_event_type alone[] = { EXCHANGE_LOST, EXCHANGE_EXPIRE, EXCHANGE_CANCEL,
		EXCHANGE_LEAVE, EXCHANGE_QUIT };
	static const enum exchange_event_type named[] = { EXCHANGE_TO, EXCHANGE_WAIT };
	static const enum exchange_event_type other[] = { EXCHANGE_LOGIN, EXCHANGE_ANEW, EXCHANGE_RESTORE,
		EXCHANGE_REPAIR };

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		attempt(v, (struct request){ alone[i], actor, actor, false });
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		for (int target = MALFORMED; target < v->people; target++)
			if (target != NOBODY)
				attempt(v, (struct request){ named[i], actor, target, false });
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		for (int target = 0; target < v->people; target++)
			if (target == actor || v->before[target].presence != ABSENT) /* an id stays with its name */
				attempt(v, (struct request){ other[i], actor, target, false });
	attempt(v, (struct request){ EXCHANGE_LOGIN, actor, MALFORMED, false });
	if (v->before[actor].presence != ABSENT)
		attempt(v, (struct request){ EXCHANGE_ANEW, actor, actor, true });
	attempt(v, (struct request){ EXCHANGE_RESUME, actor, actor, false });
	attempt(v, (struct request){ EXCHANGE_RESUME, actor, actor, true });
	if (v->before[actor].presence == ABSENT)
		return;
	if (v->refusing == REFUSING_ALL)
		attempt_policy(v, actor, (1ULL << v->people) - 1);
	for (int caller = 0; v->refusing == REFUSING_ANY && caller < v->people; caller++)
		if (caller != actor)
			attempt_policy(v, actor, 1ULL << caller);
}

static void
attempt_all(struct visit *v, const uint8_t *state)
{
	memcpy(&v->refusals, state, sizeof(v->refusals));
	v->from = (const struct exchange *)(state + 8);
	picture_take(v, v->from, v->before);
	v->repair_pair = 1;
	for (int p = 0; p < v->people; p++)
		if (v->before[p].pair < FIRST_PAIR && v->before[p].pair >= v->repair_pair)
			v->repair_pair = v->before[p].pair + 1;
	for (int actor = 0; actor < v->people; actor++)
		attempt_all_by(v, actor);
	if (exchange_count(v->from) == (uint32_t)v->people)
		attempt_crowded(v);
}

/* ------ the visit ------ */

/* Heap's algorithm, by recursion. */
static void
permute(struct visit *v, int *order, int n)
{
	if (n == 1) {
		memcpy(v->permutation[v->permutations++], order, sizeof(v->permutation[0]));
		return;
	}
	for (int i = 0; i < n; i++) {
		const int with = n % 2 == 0 ? i : 0;
		const int last = order[n - 1];

		permute(v, order, n - 1);
		order[n - 1] = order[with];
		order[with] = last;
	}
}

static void
visit_begin(struct visit *v, int people, enum refusing refusing, bool rename)
{
	int order[PEOPLE_MAX] = { 0, 1, 2, 3, 4, 5 };

	memset(v, 0, sizeof(*v));
	v->people = people;
	v->refusing = refusing;
	v->size = exchange_size((uint32_t)people);
	v->stride = 8 + v->size;
	v->x = calloc(1, v->size);
	v->full = malloc(v->size);
	REQUIRE(v->x && v->full && v->stride % 8 == 0);
	if (rename)
		permute(v, order, people);
	else
		memcpy(v->permutation[v->permutations++], order, sizeof(order));
	exchange_init(v->x, (uint32_t)people, FIRST_PAIR);
	exchange_set_secret(v->x, (const uint64_t[]){ 1, 1 }); /* by which names share heads */
	picture_take(v, v->x, v->after);
	visit_arrive(v);
	v->transitions = 0;
}

static void
visit_end(struct visit *v)
{
	free(v->x);
	free(v->full);
	free(v->seen.key);
	free(v->now.bytes);
	free(v->next.bytes);
}

/* Where there are many states that are equally deep, one in `step` of them is gone on from. */
static struct visit *
visit_world(int people, enum refusing refusing, bool rename, size_t step)
{
	static const char *const whom[] = { "nobody", "all or none", "any of the others" };
	static struct visit world;
	struct visit *v = &world;
	unsigned depth = 0;

	visit_begin(v, people, refusing, rename);
	for (; v->next.count > 0; depth++) {
		const struct states done = v->now;

		v->now = v->next;
		v->next = done;
		v->next.count = 0;
		for (size_t i = 0; i<v->now.count; i += v->now.count> MANY_STATES ? step : 1)
			attempt_all(v, v->now.bytes + i * v->stride);
	}
	printf("# %d sessions and names, refusing %s: %zu states%s, %llu transitions, %u deep\n", people,
	    whom[refusing], v->seen.count, rename ? " that differ by more than names" : "",
	    (unsigned long long)v->transitions, depth);
	if (rename)
		printf("#   with names: %llu states\n", (unsigned long long)v->states_named);
	fflush(stdout);
	ck_assert(v->shared_names && v->shared_ids);
	for (enum verdict verdict = VERDICT_OK; verdict <= VERDICT_NOT_PAIRED; verdict++)
		if (verdict != VERDICT_REFUSES || refusing != REFUSING_NOBODY)
			ck_assert_msg(v->verdicts >> verdict & 1, "verdict %d never occurred", (int)verdict);
	visit_end(v);
	return v;
}

START_TEST(three_people_and_blocks)
{
	visit_world(3, REFUSING_ANY, true, 1);
}
END_TEST

START_TEST(four_people_and_dnd)
{
	visit_world(4, REFUSING_ALL, true, 1);
}
END_TEST

/* The same world without the shortcut has exactly as many states as the shortcut says. */
START_TEST(four_people_by_name)
{
	const uint64_t expected = visit_world(4, REFUSING_ALL, true, 1)->states_named;

	ck_assert_uint_eq(visit_world(4, REFUSING_ALL, false, 1)->seen.count, expected);
}
END_TEST

START_TEST(four_people_and_blocks)
{
	visit_world(4, REFUSING_ANY, true, SPARSE(7));
}
END_TEST

START_TEST(five_people_and_dnd)
{
	visit_world(5, REFUSING_ALL, true, SPARSE(7));
}
END_TEST

START_TEST(six_people)
{
	visit_world(6, REFUSING_NOBODY, true, SPARSE(7));
}
END_TEST

/* ------ when settling comes late ------ */

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % below;
}

static void
walk(struct visit *v, uint64_t *seed)
{
	static const enum exchange_event_type types[] = { EXCHANGE_LOGIN, EXCHANGE_ANEW, EXCHANGE_RESTORE,
		EXCHANGE_RESUME, EXCHANGE_RESUME, EXCHANGE_LOST, EXCHANGE_EXPIRE, EXCHANGE_TO, EXCHANGE_TO,
		EXCHANGE_WAIT, EXCHANGE_WAIT, EXCHANGE_WAIT, EXCHANGE_WAIT, EXCHANGE_CANCEL, EXCHANGE_LEAVE,
		EXCHANGE_QUIT };
	const struct exchange_policy policy = { judge, v };
	struct request rq = { .type = types[draw(seed, ARRAY_SIZE(types))] };
	struct exchange_effects fx;
	struct exchange_event ev;

	rq.actor = (int)draw(seed, (uint32_t)v->people);
	rq.target =
	    rq.type == EXCHANGE_TO || rq.type == EXCHANGE_WAIT ? (int)draw(seed, (uint32_t)v->people) : rq.actor;
	v->from = v->x;
	picture_take(v, v->from, v->before);
	ev = event_for(v, &rq);
	exchange_step(v->x, &ev, policy, &fx);
	require_sound(flaw(v->x));
	if (draw(seed, 8) == 0) {
		const int changed = (int)draw(seed, (uint32_t)v->people);

		v->refusals ^= 1ULL << (changed * PEOPLE_MAX + (int)draw(seed, (uint32_t)v->people));
		if (exchange_find_name(v->x, names[changed]) != SLOT_NONE)
			exchange_recheck(v->x, exchange_find_name(v->x, names[changed]));
	}
	while (draw(seed, 4) == 0) {
		uint32_t budget = draw(seed, 3);

		exchange_settle(v->x, policy, &budget, &fx);
	}
	require_sound(flaw(v->x));
}

/*
 * A daemon settles a part in each turn of its loop, and nothing while it cannot record a pair: the rules hold meanwhile, and
 * when all is done no wait is left that a policy refuses.
 */
START_TEST(settling_may_come_late)
{
	static struct visit world;
	struct visit *v = &world;
	struct exchange_effects fx;
	uint64_t seed = 20;

	visit_begin(v, PEOPLE_MAX, REFUSING_ANY, false);
	for (unsigned i = 0; i < 2000; i++) {
		const struct exchange_policy policy = { judge, v };

		for (unsigned steps = draw(&seed, 40); steps > 0; steps--)
			walk(v, &seed);
		for (uint32_t budget = 1; !exchange_settled(v->x); budget = 1) {
			exchange_settle(v->x, policy, &budget, &fx);
			require_sound(flaw(v->x));
		}
		require_sound(settled_flaw(v->x, policy));
		room_check(v);
	}
	visit_end(v);
}
END_TEST

/* ------ a test of the test: each wrong state is seen to be wrong ------ */

/* Four people: the first two paired, the others waiting for the first. */
static struct exchange *
sound_world(void)
{
	struct exchange *x = calloc(1, exchange_size(4));
	struct exchange_effects fx;
	const struct exchange_policy nobody = { 0 };

	ck_assert_ptr_nonnull(x);
	exchange_init(x, 4, FIRST_PAIR);
	for (int p = 0; p < 4; p++) {
		struct exchange_event login = { .type = EXCHANGE_LOGIN, .name = names[p], .id = id_of(p) };
		struct exchange_event to = { .type = p == 1 ? EXCHANGE_TO : EXCHANGE_WAIT, .name = names[0] };

		ck_assert_int_eq(exchange_step(x, &login, nobody, &fx), VERDICT_OK);
		to.slot = login.slot;
		if (p > 0)
			exchange_step(x, &to, nobody, &fx);
	}
	ck_assert_ptr_null(flaw(x));
	return x;
}

START_TEST(wrong_states_are_seen)
{
	struct exchange *x = sound_world();
	struct exchange_session *s = (struct exchange_session *)exchange_session(x, 0);
	const size_t size = exchange_size(4);
	_cleanup_(freep) uint8_t *sound = malloc(size);

	ck_assert_ptr_nonnull(sound);
	memcpy(sound, x, size);
#define SEEN(damage)                                          \
	do {                                                  \
		damage;                                       \
		ck_assert_msg(flaw(x), "not seen: " #damage); \
		memcpy(x, sound, size);                       \
		ck_assert_ptr_null(flaw(x));                  \
	} while (0)
	SEEN(s[0].partner = SLOT_NONE);
	SEEN(s[0].partner = 2);
	SEEN(s[0].partner = 0);
	SEEN(s[0].partner = s[1].partner = 4);
	SEEN(s[0].pair++);
	SEEN(s[0].pair = s[1].pair = 0);
	SEEN(s[1].epoch++);
	SEEN((s[2].partner = 3, s[2].pair = s[3].pair = s[0].pair, s[3].partner = 2, s[2].epoch = s[3].epoch = 1));
	SEEN(s[1].used = false);
	SEEN(s[3].used = false);
	SEEN(s[2].online = false);
	SEEN(s[2].target = SLOT_NONE);
	SEEN(s[2].target = 1);
	SEEN(s[1].target = 0);
	SEEN(s[1].waiter_prev = 0);
	SEEN(s[2].waiter_next = SLOT_NONE);
	SEEN(s[3].waiter_prev = SLOT_NONE);
	SEEN(s[3].waiter_next = 2);
	SEEN(s[0].waiter_first = 3);
	SEEN(s[0].waiter_last = 2);
	SEEN(s[0].waiter_first = s[0].waiter_last = SLOT_NONE);
	SEEN(strcpy(s[2].name, "bob"));
	SEEN(s[2].name[0] = '-');
	SEEN(s[2].id = s[1].id);
#undef SEEN
	free(x);
}
END_TEST

Suite *
exchange_world_suite(void)
{
	Suite *suite = suite_create("exchange_world");
	TCase *small = tcase_create("every state");
	TCase *large = tcase_create("every state of a larger world");

	tcase_add_test(small, wrong_states_are_seen);
	tcase_add_test(small, three_people_and_blocks);
	tcase_add_test(small, four_people_and_dnd);
	tcase_add_test(small, four_people_by_name);
	tcase_add_test(small, settling_may_come_late);
	suite_add_tcase(suite, small);
	tcase_add_test(large, four_people_and_blocks);
	tcase_add_test(large, five_people_and_dnd);
	tcase_add_test(large, six_people);
	tcase_set_tags(large, "long"); /* CK_EXCLUDE_TAGS=long leaves it out, under valgrind */
	tcase_set_timeout(large, 600);
	suite_add_tcase(suite, large);
	return suite;
}
