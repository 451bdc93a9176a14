#include "daemon/notes/tells.h"

#include <stdlib.h>

#include "core/answer.h"
#include "core/limits.h"
#include "core/notes/notes.h"

#define IDLE_MS (HANDSHAKE_SECONDS * 1000ULL)
#define LATE_MS (NOTE_ANSWER_SECONDS * 1000ULL)

/* ------ connections that only tell ------ */

static void
on_idle(struct deadlines *ds, struct deadline *d)
{
	const struct tells *t = container_of(ds, struct tells, idle);

	t->class->idle(container_of(d, struct teller, idle)->end);
}

static struct notes_tellers
tellers_beside(const struct tells *t, const struct tells_end *e)
{
	struct notes_tellers n = { .all = t->teller_count, .connections = t->connections };
	const struct teller *other;

	TAILQ_FOREACH(other, &t->tellers, link) {
		n.unknown += !t->class->known(other->end);
		n.of_sender += other->end->uid == e->uid;
	}
	return n;
}

void
tells_watch(struct tells *t, struct tells_end *e)
{
	if (!e->teller)
		return;
	deadlines_remove(&t->idle, &e->teller->idle);
	if (e->open == 0)
		deadlines_add(&t->idle, &e->teller->idle);
}

bool
tells_enter(struct tells *t, struct tells_end *e)
{
	const struct notes_tellers n = tellers_beside(t, e);

	if (notes_may_tell(&n, t->class->known(e)) != VERDICT_OK || !(e->teller = calloc(1, sizeof(*e->teller))))
		return false;
	e->teller->end = e;
	TAILQ_INSERT_TAIL(&t->tellers, e->teller, link);
	t->teller_count++;
	tells_watch(t, e);
	return true;
}

static void
leave(struct tells *t, struct tells_end *e)
{
	if (!e->teller)
		return;
	deadlines_remove(&t->idle, &e->teller->idle);
	TAILQ_REMOVE(&t->tellers, e->teller, link);
	t->teller_count--;
	free(e->teller);
	e->teller = NULL;
}

void
tells_each(struct tells *t, void (*fn)(struct tells_end *e))
{
	struct teller *one, *next;

	for (one = TAILQ_FIRST(&t->tellers); one; one = next) {
		next = TAILQ_NEXT(one, link);
		fn(one->end);
	}
}

/* ------ whether it may go ------ */

/* All uids that nobody knows to have an account are one sender. */
static bool
is_of(const struct tells_way *w, uint32_t uid, bool stranger)
{
	return w->uid == uid || (w->stranger && stranger);
}

static struct notes_way
way_beside(const struct tells *t, const struct tells_end *from, const struct tells_end *to)
{
	const bool stranger = !t->class->known(from);
	struct notes_way n = { .all = t->count };

	for (uint32_t i = 0; i < NOTES_WAY && t->count > 0; i++) {
		const struct tells_way *w = &t->way[i];
		const bool same = is_of(w, from->uid, stranger);

		if (w->token == 0)
			continue;
		n.of_sender += same;
		n.to_receiver += w->to == to;
		n.of_both += same && w->to == to;
	}
	return n;
}

static enum verdict
admit(const struct tells *t, const struct tells_end *from, const struct tell *m, struct tells_end **to)
{
	const enum verdict v = t->class->admit(from, m, to);
	struct notes_way way;

	if (v != VERDICT_OK)
		return v;
	way = way_beside(t, from, *to);
	return notes_may_go(&way);
}

/* ------ on its way ------ */

static struct tells_way *
free_way(struct tells *t)
{
	if (!t->way && !(t->way = calloc(NOTES_WAY, sizeof(*t->way))))
		return NULL;
	for (uint32_t i = 0; i < NOTES_WAY; i++)
		if (t->way[i].token == 0)
			return &t->way[i];
	return NULL;
}

static void
say_told(struct tells *t, struct tells_end *e, const struct ident *msgid, enum verdict v)
{
	const struct told told = { .msgid = *msgid, .verdict = (uint8_t)v };

	t->class->told(e, &told);
	tells_watch(t, e);
}

/* One more on its way; NULL: there is no memory, or no room. */
static struct tells_way *
begin(struct tells *t, struct tells_end *from, struct tells_end *to, const struct ident *msgid)
{
	struct tells_way *w = free_way(t);

	if (!w)
		return NULL;
	*w = (struct tells_way){
		.token = ++t->serial * NOTES_WAY + (uint64_t)(w - t->way),
		.from = from,
		.to = to,
		.msgid = *msgid,
	};
	t->count++;
	deadlines_add(&t->late, &w->late);
	if (!from)
		return w;
	w->uid = from->uid;
	w->stranger = !t->class->known(from);
	from->open++;
	tells_watch(t, from);
	return w;
}

static void
settle(struct tells *t, struct tells_way *w, enum verdict v)
{
	const struct tells_way over = *w;

	deadlines_remove(&t->late, &w->late);
	w->token = 0;
	t->count--;
	if (over.kept != 0)
		t->class->kept_answered(over.to, over.kept, v);
	if (!over.from)
		return;
	over.from->open--;
	say_told(t, over.from, &over.msgid, v);
}

/* Who never answers would keep the places of his senders. It may have arrived: that is what they are told. */
static void
on_late(struct deadlines *ds, struct deadline *d)
{
	settle(container_of(ds, struct tells, late), container_of(d, struct tells_way, late), VERDICT_STALE);
}

uint64_t
tells_hold(struct tells *t, struct tells_end *e, const struct ident *msgid)
{
	struct notes_way way = way_beside(t, e, NULL);
	const struct tells_way *w;

	way.to_receiver = way.of_both = 0;
	w = notes_may_go(&way) == VERDICT_OK ? begin(t, e, NULL, msgid) : NULL;
	return w ? w->token : 0;
}

static struct tells_way *
way_of_token(const struct tells *t, uint64_t token)
{
	struct tells_way *w = t->way && token != 0 ? &t->way[token % NOTES_WAY] : NULL;

	return w && w->token == token ? w : NULL;
}

void
tells_settled(struct tells *t, uint64_t token, enum verdict v)
{
	struct tells_way *w = way_of_token(t, token);

	if (w)
		settle(t, w, v);
}

/* Nobody of that name is there, and its sender would have it kept. */
static void
keep(struct tells *t, struct tells_end *e, const struct tell *m)
{
	const uint64_t token = tells_hold(t, e, &m->msgid);
	const enum verdict v = token ? t->class->keep(e, m, token) : VERDICT_FULL;

	if (!token)
		say_told(t, e, &m->msgid, v);
	else if (v != VERDICT_QUEUED)
		tells_settled(t, token, v);
}

void
tells_tell(struct tells *t, struct tells_end *e, const struct tell *m)
{
	struct tells_end *to = NULL;
	const enum verdict v = admit(t, e, m, &to);
	const struct tells_way *w;

	if ((m->flags & TELL_LATER) && !to && (v == VERDICT_NO_SUCH_USER || v == VERDICT_ABSENT))
		keep(t, e, m);
	else if (v == VERDICT_OK && (w = begin(t, e, to, &m->msgid)))
		t->class->pass(e, to, w->token, m);
	else
		say_told(t, e, &m->msgid, v == VERDICT_OK ? VERDICT_FULL : v);
}

uint64_t
tells_pass_kept(struct tells *t, struct tells_end *to, uint64_t number, uint32_t uid, bool stranger)
{
	static const struct ident none;
	struct tells_way *w = begin(t, NULL, to, &none);

	if (!w)
		return 0;
	w->kept = number;
	w->uid = uid;
	w->stranger = stranger;
	return w->token;
}

void
tells_acked(struct tells *t, const struct tells_end *e, uint64_t token, enum verdict v)
{
	struct tells_way *w = way_of_token(t, token);

	if (w && w->to == e)
		settle(t, w, answer_to_note(v));
}

void
tells_closed(struct tells *t, struct tells_end *e)
{
	for (uint32_t i = 0; i < NOTES_WAY && t->count > 0; i++) {
		struct tells_way *w = &t->way[i];

		if (w->token == 0)
			continue;
		if (w->from == e)
			w->from = NULL;
		if (w->to == e)
			settle(t, w, VERDICT_STALE);
	}
	leave(t, e);
}

/* ------ as a whole ------ */

void
tells_init(struct tells *t, const struct tells_class *class, struct ev_loop *loop, uint32_t connections)
{
	*t = (struct tells){ .class = class, .connections = connections };
	TAILQ_INIT(&t->tellers);
	deadlines_init(&t->idle, loop, IDLE_MS, on_idle);
	deadlines_init(&t->late, loop, LATE_MS, on_late);
}

void
tells_release(struct tells *t)
{
	struct teller *one;

	while ((one = TAILQ_FIRST(&t->tellers)))
		leave(t, one->end);
	deadlines_stop(&t->idle);
	deadlines_stop(&t->late);
	free(t->way);
	t->way = NULL;
	t->count = 0;
}
