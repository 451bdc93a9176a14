#include "core/turns.h"

#include "core/limits.h"

void
turns_init(struct turns *all)
{
	TAILQ_INIT(&all->parties);
	all->waiting = all->left = 0;
}

void
turns_add(struct turns *all, struct turn *t, struct party *p)
{
	if (TAILQ_EMPTY(&p->ready)) {
		TAILQ_INIT(&p->ready);
		TAILQ_INSERT_TAIL(&all->parties, p, link);
		all->waiting++;
	}
	TAILQ_INSERT_TAIL(&p->ready, t, link);
	t->party = p;
}

void
turns_remove(struct turns *all, struct turn *t)
{
	struct party *p = t->party;

	if (!p)
		return;
	t->party = NULL;
	TAILQ_REMOVE(&p->ready, t, link);
	if (TAILQ_EMPTY(&p->ready)) {
		TAILQ_REMOVE(&all->parties, p, link);
		all->waiting--;
	}
}

struct turn *
turns_next(struct turns *all)
{
	struct party *p = TAILQ_FIRST(&all->parties);
	struct turn *t;

	if (!p)
		return NULL;
	if (all->left > 0)
		all->left--;
	t = TAILQ_FIRST(&p->ready);
	turns_remove(all, t);
	if (!TAILQ_EMPTY(&p->ready)) {
		TAILQ_REMOVE(&all->parties, p, link);
		TAILQ_INSERT_TAIL(&all->parties, p, link);
	}
	return t;
}

void
turns_begin(struct turns *all)
{
	all->left = all->waiting;
}

bool
turns_over(const struct turns *all, uint64_t ms)
{
	return ms >= (all->left > 0 ? TURN_MOST_MS : TURN_MS);
}
