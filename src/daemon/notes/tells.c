#include "daemon/notes/tells.h"

#include <stdlib.h>

#include "core/limits.h"
#include "core/notes/notes.h"

#define IDLE_MS (HANDSHAKE_SECONDS * 1000ULL)

/* ------ connections that only tell ------ */

static void
on_idle(struct deadlines *ds, struct deadline *d)
{
	const struct tells *t = container_of(ds, struct tells, idle);

	t->class->idle(container_of(d, struct tells_end, idle));
}

static struct notes_tellers
tellers_beside(const struct tells *t, const struct tells_end *e)
{
	struct notes_tellers n = { .all = t->teller_count, .connections = t->connections };
	const struct tells_end *other;

	TAILQ_FOREACH(other, &t->tellers, link) {
		n.unknown += !t->class->known(other);
		n.of_sender += other->uid == e->uid;
	}
	return n;
}

bool
tells_enter(struct tells *t, struct tells_end *e)
{
	const struct notes_tellers n = tellers_beside(t, e);

	if (notes_may_tell(&n, t->class->known(e)) != VERDICT_OK)
		return false;
	TAILQ_INSERT_TAIL(&t->tellers, e, link);
	t->teller_count++;
	e->listed = true;
	return true;
}

static void
leave(struct tells *t, struct tells_end *e)
{
	if (!e->listed)
		return;
	deadlines_remove(&t->idle, &e->idle);
	TAILQ_REMOVE(&t->tellers, e, link);
	t->teller_count--;
	e->listed = false;
}

/* Whoever only tells, and waits for no answer, has so long for the next note. */
static void
watch(struct tells *t, struct tells_end *e)
{
	if (!e->listed)
		return;
	deadlines_remove(&t->idle, &e->idle);
	if (e->open == 0)
		deadlines_add(&t->idle, &e->idle);
}

void
tells_each(struct tells *t, void (*fn)(struct tells_end *e))
{
	struct tells_end *e, *next;

	for (e = TAILQ_FIRST(&t->tellers); e; e = next) {
		next = TAILQ_NEXT(e, link);
		fn(e);
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
	watch(t, e);
}

void
tells_tell(struct tells *t, struct tells_end *e, const struct tell *m)
{
	struct tells_end *to = NULL;
	const enum verdict v = admit(t, e, m, &to);
	struct tells_way *w;

	if (v != VERDICT_OK || !(w = free_way(t))) {
		say_told(t, e, &m->msgid, v == VERDICT_OK ? VERDICT_FULL : v);
		return;
	}
	*w = (struct tells_way){
		.token = ++t->serial * NOTES_WAY + (uint64_t)(w - t->way),
		.from = e,
		.to = to,
		.uid = e->uid,
		.stranger = !t->class->known(e),
		.msgid = m->msgid,
	};
	t->count++;
	e->open++;
	watch(t, e);
	t->class->pass(e, to, w->token, m);
}

static void
settle(struct tells *t, struct tells_way *w, enum verdict v)
{
	struct tells_end *from = w->from;

	w->token = 0;
	t->count--;
	if (!from)
		return;
	from->open--;
	say_told(t, from, &w->msgid, v);
}

void
tells_acked(struct tells *t, const struct tells_end *e, uint64_t token, enum verdict v)
{
	struct tells_way *w = t->way ? &t->way[token % NOTES_WAY] : NULL;

	if (w && token != 0 && w->token == token && w->to == e)
		settle(t, w, notes_answer(v));
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
}

void
tells_release(struct tells *t)
{
	deadlines_stop(&t->idle);
	free(t->way);
	t->way = NULL;
	t->count = 0;
}
