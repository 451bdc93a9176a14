/*
 * Effects. A session may have thousands of waiters, the effects of a step are
 * bounded. Hence the ripe list: a step only notes whose queue is to be looked at (of a
 * session that became free, that ended, or whose policy changed), and exchange_settle() handles one waiter a
 * call. What is on the list is a hint, looked at again when its turn comes,
 * for the session may have been paired meanwhile. A session that ended keeps its slot,
 * unused and found by nobody, until its last waiter was told and it is off the list.
 */
#include "core/exchange_impl.h"
#include "core/names/name.h"

/* ------ effects ------ */

/* NULL when `to` is not there to be told. */
static struct exchange_effect *
effect_add(const struct exchange *x, struct exchange_effects *fx, enum exchange_effect_type type, slot_t to)
{
	const struct exchange_session *s = exchange_session(x, to);
	struct exchange_effect *e;

	if (!s->used || !s->online)
		return NULL;
	e = &fx->e[fx->count++];
	*e = (struct exchange_effect){
		.type = type,
		.to = to,
		.other = s->partner,
		.pair = s->pair,
		.epoch = s->epoch,
	};
	return e;
}

static void
effect_ended(const struct exchange *x, struct exchange_effects *fx, slot_t to, enum ending ending)
{
	struct exchange_effect *e = effect_add(x, fx, EFFECT_ENDED, to);

	if (e)
		e->ending = ending;
}

static void
effect_wait_over(const struct exchange *x, struct exchange_effects *fx, slot_t to, enum verdict verdict)
{
	struct exchange_effect *e = effect_add(x, fx, EFFECT_WAIT_OVER, to);

	if (!e)
		return;
	e->other = exchange_session(x, to)->target;
	e->verdict = verdict;
}

/* ------ policy ------ */

static enum verdict
judge(struct exchange_policy policy, slot_t target, slot_t caller)
{
	return policy.judge ? policy.judge(policy.context, target, caller) : VERDICT_OK;
}

/* ------ waiting (R6) ------ */

static void
ripe_add(struct exchange *x, slot_t slot)
{
	struct exchange_session *s = exchange_at(x, slot);

	if (s->ripe || s->waiter_first == SLOT_NONE)
		return;
	s->ripe = true;
	s->ripe_next = SLOT_NONE;
	if (x->ripe_last == SLOT_NONE)
		x->ripe_first = slot;
	else
		exchange_at(x, x->ripe_last)->ripe_next = slot;
	x->ripe_last = slot;
}

static slot_t
ripe_take(struct exchange *x)
{
	const slot_t slot = x->ripe_first;

	if (slot == SLOT_NONE)
		return SLOT_NONE;
	exchange_at(x, slot)->ripe = false;
	x->ripe_first = exchange_at(x, slot)->ripe_next;
	if (x->ripe_first == SLOT_NONE)
		x->ripe_last = SLOT_NONE;
	return slot;
}

static void
wait_enter(struct exchange *x, slot_t slot, slot_t target)
{
	struct exchange_session *s = exchange_at(x, slot);
	struct exchange_session *t = exchange_at(x, target);

	s->target = target;
	s->waiter_prev = t->waiter_last;
	s->waiter_next = SLOT_NONE;
	if (t->waiter_last == SLOT_NONE)
		t->waiter_first = slot;
	else
		exchange_at(x, t->waiter_last)->waiter_next = slot;
	t->waiter_last = slot;
}

static void
wait_leave(struct exchange *x, slot_t slot)
{
	struct exchange_session *s = exchange_at(x, slot);
	struct exchange_session *t;

	if (s->target == SLOT_NONE)
		return;
	t = exchange_at(x, s->target);
	if (t->check == slot)
		t->check = s->waiter_next;
	if (s->waiter_prev == SLOT_NONE)
		t->waiter_first = s->waiter_next;
	else
		exchange_at(x, s->waiter_prev)->waiter_next = s->waiter_next;
	if (s->waiter_next == SLOT_NONE)
		t->waiter_last = s->waiter_prev;
	else
		exchange_at(x, s->waiter_next)->waiter_prev = s->waiter_prev;
	s->target = s->waiter_next = s->waiter_prev = SLOT_NONE;
}

/* Ends a wait, if there is one, and tells the waiter why. */
static void
wait_end(struct exchange *x, struct exchange_effects *fx, slot_t slot, enum verdict verdict)
{
	if (exchange_at(x, slot)->target == SLOT_NONE)
		return;
	effect_wait_over(x, fx, slot, verdict);
	wait_leave(x, slot);
}

/* ------ pairs ------ */

static void
pair_join(struct exchange *x, struct exchange_effects *fx, slot_t a, slot_t b, uint64_t pair)
{
	const slot_t side[2] = { a, b };

	for (size_t i = 0; i < 2; i++) {
		struct exchange_session *s = exchange_at(x, side[i]);

		s->partner = side[1 - i];
		s->pair = pair;
		s->epoch = 1;
		s->last_end = ENDING_NONE;
	}
	effect_add(x, fx, EFFECT_PAIRED, a);
	effect_add(x, fx, EFFECT_PAIRED, b);
}

/* `slot` ends its pair, if it has one; only the partner is told, as only the partner wonders later why (R10). */
static void
pair_end(struct exchange *x, struct exchange_effects *fx, slot_t slot, enum ending ending)
{
	struct exchange_session *s = exchange_at(x, slot);
	const slot_t partner = s->partner;

	if (partner == SLOT_NONE)
		return;
	effect_ended(x, fx, partner, ending);
	exchange_at(x, partner)->partner = SLOT_NONE;
	exchange_at(x, partner)->last_end = (uint8_t)(ending == ENDING_MOVED ? ENDING_LEFT : ending);
	s->partner = SLOT_NONE;
	ripe_add(x, partner);
}

/* Ends whatever stands between two sessions and a new pair; a wait for each other is fulfilled, not over. */
static void
pair_prepare(struct exchange *x, struct exchange_effects *fx, slot_t slot, slot_t other)
{
	if (exchange_at(x, slot)->target == other)
		wait_leave(x, slot);
	else
		wait_end(x, fx, slot, VERDICT_SUPERSEDED);
	pair_end(x, fx, slot, ENDING_MOVED);
}

static void
pair_make(struct exchange *x, struct exchange_effects *fx, slot_t a, slot_t b)
{
	pair_prepare(x, fx, a, b);
	pair_prepare(x, fx, b, a);
	pair_join(x, fx, a, b, x->next_pair++);
}

/* ------ events ------ */

/* QUIT and EXPIRE, and what ANEW ends. */
static enum verdict
step_exit(struct exchange *x, slot_t slot, enum ending ending, struct exchange_effects *fx)
{
	struct exchange_session *s = exchange_at(x, slot);

	wait_leave(x, slot);
	pair_end(x, fx, slot, ending);
	exchange_slot_unlist(x, slot);
	s->used = false;
	s->online = false;
	x->count--;
	if (s->waiter_first == SLOT_NONE && !s->ripe)
		exchange_slot_release(x, slot);
	else
		ripe_add(x, slot);
	return VERDICT_OK;
}

/* Whether that is a session which its owner has lost, and may begin anew under its name (R8). */
static bool
may_follow(const struct exchange *x, const struct exchange_event *ev, slot_t slot)
{
	const struct exchange_session *s = exchange_session(x, slot);

	return ev->type == EXCHANGE_ANEW && !s->online && s->uid == ev->uid;
}

/* Nobody waits for it: its slot is free as soon as it ends. */
static bool
leaves_slot(const struct exchange *x, slot_t slot)
{
	return slot != SLOT_NONE && exchange_session(x, slot)->waiter_first == SLOT_NONE &&
	    !exchange_session(x, slot)->ripe;
}

enum verdict
exchange_admits(const struct exchange *x, const struct exchange_event *ev, slot_t *lost)
{
	struct name_keys keys;
	slot_t by_name, by_id;

	*lost = SLOT_NONE;
	if (!name_valid(ev->name, strnlen(ev->name, NAME_MAX_LEN + 1)) || !name_keys(ev->name, x->secret, &keys))
		return VERDICT_MALFORMED;
	by_name = exchange_find_same(x, ev->name, &keys, SLOT_NONE);
	by_id = exchange_find_id(x, &ev->id);
	if (by_name != SLOT_NONE ? !may_follow(x, ev, by_name) : by_id != SLOT_NONE)
		return VERDICT_TAKEN;
	if ((by_id != SLOT_NONE && by_id != by_name) || exchange_find_same(x, ev->name, &keys, by_name) != SLOT_NONE)
		return VERDICT_TAKEN; /* it looks like that one's, and like another's */
	if (!exchange_slot_available(x) && !leaves_slot(x, by_name))
		return VERDICT_LIMIT;
	*lost = by_name;
	return VERDICT_OK;
}

/* LOGIN, ANEW and RESTORE. */
static enum verdict
step_enter(struct exchange *x, struct exchange_event *ev, struct exchange_effects *fx)
{
	const enum verdict v = exchange_admits(x, ev, &ev->other);
	struct exchange_session *s;
	struct name_keys keys;

	if (v != VERDICT_OK)
		return v;
	(void)name_keys(ev->name, x->secret, &keys); /* as when it was admitted */
	if (ev->other != SLOT_NONE)
		(void)step_exit(x, ev->other, ENDING_GONE, fx);
	ev->slot = exchange_slot_take(x);
	s = exchange_at(x, ev->slot);
	*s = (struct exchange_session){
		.id = ev->id,
		.used = true,
		.online = ev->type != EXCHANGE_RESTORE,
		.uid = ev->uid,
		.keys = keys,
		.pair = ev->type == EXCHANGE_RESTORE ? ev->pair : 0,
		.partner = SLOT_NONE,
		.target = SLOT_NONE,
		.waiter_first = SLOT_NONE,
		.waiter_last = SLOT_NONE,
		.waiter_next = SLOT_NONE,
		.waiter_prev = SLOT_NONE,
		.check = SLOT_NONE,
	};
	memcpy(s->name, ev->name, strlen(ev->name));
	exchange_slot_list(x, ev->slot);
	x->count++;
	return VERDICT_OK;
}

/* The pair id is somebody's claim when the registry was lost: it must be none that we give out, now or later (R9). */
static enum verdict
step_repair(struct exchange *x, const struct exchange_event *ev, struct exchange_effects *fx)
{
	if (!exchange_slot_live(x, ev->other))
		return VERDICT_EXPIRED;
	if (ev->slot == ev->other)
		return VERDICT_SELF;
	if (exchange_at(x, ev->slot)->partner != SLOT_NONE || exchange_at(x, ev->other)->partner != SLOT_NONE)
		return VERDICT_BUSY;
	if (ev->pair == 0 || ev->pair > INT64_MAX || ev->pair - x->first_pair < EXCHANGE_PAIRS)
		return VERDICT_STALE;
	pair_prepare(x, fx, ev->slot, ev->other);
	pair_prepare(x, fx, ev->other, ev->slot);
	pair_join(x, fx, ev->slot, ev->other, ev->pair);
	return VERDICT_OK;
}

static enum verdict
step_lost(struct exchange *x, slot_t slot, struct exchange_effects *fx)
{
	struct exchange_session *s = exchange_at(x, slot);

	if (!s->online)
		return VERDICT_OK;
	wait_leave(x, slot);
	s->online = false;
	if (s->partner != SLOT_NONE)
		effect_add(x, fx, EFFECT_LOST, s->partner);
	return VERDICT_OK;
}

/* R8. A connection that is still there is taken over: what was on its way is as lost as with a broken one. */
static enum verdict
step_resume(struct exchange *x, struct exchange_event *ev, struct exchange_effects *fx)
{
	const slot_t slot = exchange_find_id(x, &ev->id);
	struct exchange_session *s;

	if (slot == SLOT_NONE || exchange_at(x, slot)->uid != ev->uid)
		return VERDICT_EXPIRED;
	ev->slot = slot;
	step_lost(x, slot, fx);
	s = exchange_at(x, slot);
	s->online = true;
	if (s->partner == SLOT_NONE)
		return VERDICT_OK;
	exchange_at(x, s->partner)->epoch = ++s->epoch;
	effect_add(x, fx, EFFECT_BACK, s->partner);
	effect_add(x, fx, EFFECT_PAIRED, slot);
	return VERDICT_OK;
}

/* It is free, and others wait for it: who comes now does not come before them (R6). */
static bool
is_promised(const struct exchange_session *s, slot_t caller)
{
	return s->ripe && s->waiter_first != SLOT_NONE && s->waiter_first != caller;
}

/* What comes of a TO or WAIT (R4, R6). *target is set with QUEUED and with OK, also when it is the partner already. */
static enum verdict
contact(const struct exchange *x, const struct exchange_event *ev, struct exchange_policy policy, slot_t *target)
{
	const struct exchange_session *t;
	enum verdict v;

	if (!name_valid(ev->name, strnlen(ev->name, NAME_MAX_LEN + 1)))
		return VERDICT_MALFORMED;
	*target = exchange_find_name(x, ev->name);
	if (*target == SLOT_NONE)
		return VERDICT_NO_SUCH_USER;
	if (*target == ev->slot)
		return VERDICT_SELF;
	t = exchange_session(x, *target);
	if (t->partner == ev->slot)
		return VERDICT_OK;
	if ((v = judge(policy, *target, ev->slot)) != VERDICT_OK)
		return v;
	if (t->partner == SLOT_NONE && !is_promised(t, ev->slot))
		return VERDICT_OK;
	if (ev->type == EXCHANGE_TO)
		return VERDICT_BUSY;
	return t->target == ev->slot ? VERDICT_OK : VERDICT_QUEUED;
}

slot_t
exchange_match(const struct exchange *x, const struct exchange_event *ev, struct exchange_policy policy)
{
	slot_t target;

	if (contact(x, ev, policy, &target) != VERDICT_OK || exchange_session(x, ev->slot)->partner == target)
		return SLOT_NONE;
	return target;
}

/* A later command takes the place of the session's earlier one, also in the queue when the target is the same. */
static void
wait_anew(struct exchange *x, struct exchange_effects *fx, slot_t slot, slot_t target)
{
	if (exchange_at(x, slot)->target == target) {
		effect_wait_over(x, fx, slot, VERDICT_SUPERSEDED);
		return;
	}
	wait_end(x, fx, slot, VERDICT_SUPERSEDED);
	wait_enter(x, slot, target);
}

/* TO and WAIT. */
static enum verdict
step_contact(
    struct exchange *x, const struct exchange_event *ev, struct exchange_policy policy, struct exchange_effects *fx)
{
	slot_t target;
	const enum verdict verdict = contact(x, ev, policy, &target);

	if (verdict == VERDICT_QUEUED)
		wait_anew(x, fx, ev->slot, target);
	else if (verdict == VERDICT_OK && exchange_at(x, ev->slot)->partner != target)
		pair_make(x, fx, ev->slot, target);
	return verdict;
}

static enum verdict
step_leave(struct exchange *x, const struct exchange_event *ev, struct exchange_effects *fx)
{
	struct exchange_session *s = exchange_at(x, ev->slot);

	if (s->partner == SLOT_NONE && s->target == SLOT_NONE && ev->pair == 0)
		return VERDICT_NOT_PAIRED;
	wait_end(x, fx, ev->slot, VERDICT_SUPERSEDED);
	if (s->partner == SLOT_NONE) {
		if (ev->pair != 0)
			s->pair = ev->pair;
		return VERDICT_OK;
	}
	pair_end(x, fx, ev->slot, ENDING_LEFT);
	s->last_end = ENDING_NONE;
	ripe_add(x, ev->slot);
	return VERDICT_OK;
}

/* The events that only a connected session can cause. */
static enum verdict
step_request(
    struct exchange *x, const struct exchange_event *ev, struct exchange_policy policy, struct exchange_effects *fx)
{
	if (!exchange_at(x, ev->slot)->online)
		return VERDICT_EXPIRED;
	switch (ev->type) {
	case EXCHANGE_TO:
	case EXCHANGE_WAIT:
		return step_contact(x, ev, policy, fx);
	case EXCHANGE_CANCEL:
		wait_leave(x, ev->slot);
		return VERDICT_OK;
	case EXCHANGE_LEAVE:
		return step_leave(x, ev, fx);
	default: /* EXCHANGE_QUIT */
		return step_exit(x, ev->slot, ENDING_QUIT, fx);
	}
}

enum verdict
exchange_step(struct exchange *x, struct exchange_event *ev, struct exchange_policy policy, struct exchange_effects *fx)
{
	fx->count = 0;
	switch (ev->type) {
	case EXCHANGE_LOGIN:
	case EXCHANGE_ANEW:
	case EXCHANGE_RESTORE:
		return step_enter(x, ev, fx);
	case EXCHANGE_RESUME:
		return step_resume(x, ev, fx);
	default:
		break;
	}
	if (!exchange_slot_live(x, ev->slot))
		return VERDICT_EXPIRED;
	switch (ev->type) {
	case EXCHANGE_REPAIR:
		return step_repair(x, ev, fx);
	case EXCHANGE_LOST:
		return step_lost(x, ev->slot, fx);
	case EXCHANGE_EXPIRE:
		return exchange_at(x, ev->slot)->online ? VERDICT_STALE : step_exit(x, ev->slot, ENDING_GONE, fx);
	default:
		return step_request(x, ev, policy, fx);
	}
}

/* Tells the first waiter of a session that ended; the slot is free again when nobody is left. */
static bool
settle_ended(struct exchange *x, struct exchange_effects *fx, slot_t slot)
{
	const slot_t waiter = exchange_at(x, slot)->waiter_first;

	if (waiter != SLOT_NONE)
		wait_end(x, fx, waiter, VERDICT_NO_SUCH_USER);
	if (exchange_at(x, slot)->waiter_first == SLOT_NONE)
		exchange_slot_release(x, slot);
	else
		ripe_add(x, slot);
	return waiter != SLOT_NONE;
}

/* Its first waiter, if the policy lets it, is its partner now. */
static bool
settle_free(struct exchange *x, struct exchange_policy policy, struct exchange_effects *fx, slot_t slot)
{
	const slot_t waiter = exchange_at(x, slot)->waiter_first;
	const enum verdict v = judge(policy, slot, waiter);

	if (v == VERDICT_OK)
		pair_make(x, fx, waiter, slot);
	else
		wait_end(x, fx, waiter, v);
	if (v != VERDICT_OK || exchange_at(x, slot)->check != SLOT_NONE)
		ripe_add(x, slot);
	return true;
}

/* Looks at one waiter after the policy has changed. */
static bool
settle_check(struct exchange *x, struct exchange_policy policy, struct exchange_effects *fx, slot_t slot)
{
	struct exchange_session *s = exchange_at(x, slot);
	const slot_t waiter = s->check;
	const bool refused = judge(policy, slot, waiter) == VERDICT_REFUSES;

	s->check = exchange_at(x, waiter)->waiter_next;
	if (refused)
		wait_end(x, fx, waiter, VERDICT_REFUSES);
	if (s->check != SLOT_NONE)
		ripe_add(x, slot);
	return refused;
}

static bool
settle_one(struct exchange *x, struct exchange_policy policy, struct exchange_effects *fx, slot_t slot)
{
	const struct exchange_session *s = exchange_session(x, slot);

	if (!s->used)
		return settle_ended(x, fx, slot);
	if (s->partner == SLOT_NONE && s->waiter_first != SLOT_NONE)
		return settle_free(x, policy, fx, slot);
	return s->check != SLOT_NONE && settle_check(x, policy, fx, slot);
}

bool
exchange_settle(struct exchange *x, struct exchange_policy policy, uint32_t *budget, struct exchange_effects *fx)
{
	slot_t slot;

	fx->count = 0;
	while (*budget > 0 && (slot = ripe_take(x)) != SLOT_NONE) {
		--*budget;
		if (settle_one(x, policy, fx, slot))
			return true;
	}
	return false;
}

bool
exchange_settled(const struct exchange *x)
{
	return x->ripe_first == SLOT_NONE;
}

void
exchange_recheck(struct exchange *x, slot_t target)
{
	exchange_at(x, target)->check = exchange_at(x, target)->waiter_first;
	ripe_add(x, target);
}

enum verdict
exchange_route(const struct exchange *x, slot_t from, uint64_t pair, uint32_t epoch, slot_t *to)
{
	const struct exchange_session *s = &x->session[from];

	if (s->partner == SLOT_NONE || s->pair != pair)
		return VERDICT_NOT_PAIRED;
	if (s->epoch != epoch || !x->session[s->partner].online)
		return VERDICT_STALE;
	*to = s->partner;
	return VERDICT_OK;
}
