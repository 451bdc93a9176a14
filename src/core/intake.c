#include "core/intake.h"

void
intake_reset(struct intake *i)
{
	i->pair = 0;
	i->epoch = 0;
	i->run_count = i->answered = 0;
	i->gap_head = i->gap_count = 0;
	i->arrived = 0;
}

/* ------------------------------------------------------------------------- gaps */

static struct intake_gap *
gap_at(struct intake *i, uint32_t n)
{
	return &i->gap[(i->gap_head + n) % INTAKE_GAPS];
}

static void
drop_oldest_gap(struct intake *i)
{
	i->gap_head = (i->gap_head + 1) % INTAKE_GAPS;
	i->gap_count--;
}

static void
add_gap(struct intake *i, const struct ident *next, uint64_t number, enum verdict v)
{
	if (i->gap_count == INTAKE_GAPS) /* a sender that keeps to its window never leads here */
		drop_oldest_gap(i);
	*gap_at(i, i->gap_count++) = (struct intake_gap){ .next = *next, .number = number, .verdict = (uint8_t)v };
}

/* Whether the sender of the message that arrived last cannot have known of the gap, as far as it told. */
static bool
is_unseen(const struct intake *i, const struct intake_gap *gap)
{
	if (i->behind == 0)
		return i->arrived - gap->number <= WINDOW_MESSAGES;
	return i->arrived - gap->number == i->behind - 1;
}

/* The gap that this message stands behind, the latest first; NULL: none. */
static const struct intake_gap *
find_gap(struct intake *i, const struct ident *id)
{
	while (i->gap_count > 0 && i->arrived - gap_at(i, 0)->number > WINDOW_MESSAGES)
		drop_oldest_gap(i);
	for (uint32_t n = i->gap_count; n-- > 0;)
		if (ident_equal(&gap_at(i, n)->next, id) && is_unseen(i, gap_at(i, n)))
			return gap_at(i, n);
	return NULL;
}

/* ------------------------------------------------------------------------- runs */

/* A run is of one command, as far as that is told: the gap behind it is that command's. */
static bool
may_continue(const struct intake *i)
{
	return i->behind == 0 || i->behind == 2;
}

static void
add_to_runs(struct intake *i, const struct ident *id, enum verdict v, bool pending)
{
	struct intake_run *last = i->run_count > 0 ? &i->run[i->run_count - 1] : NULL;
	uint64_t n;

	if (last && last->verdict == (uint8_t)v && last->pending == pending && last->count < WINDOW_MESSAGES &&
	    may_continue(i) && ident_distance(&last->first, id, &n) && n == last->count) {
		last->count++;
		return;
	}
	i->run[i->run_count++] =
	    (struct intake_run){ .first = *id, .count = 1, .verdict = (uint8_t)v, .pending = pending };
}

static void
refuse(struct intake *i, const struct ident *id, enum verdict v)
{
	const struct ident next = ident_add(id, 1);

	add_gap(i, &next, i->arrived, v);
	add_to_runs(i, id, v, false);
}

/* ------------------------------------------------------------------------- a turn */

enum intake_decision
intake_offer(struct intake *i, uint64_t ours, uint64_t pair, uint32_t epoch, const struct ident *id, uint32_t behind)
{
	const bool same = i->pair == pair && i->epoch == epoch;
	const struct intake_gap *gap;

	if (ours == 0 || pair != ours)
		return INTAKE_DROP;
	if (i->run_count == INTAKE_RUNS || (i->run_count > 0 && !same))
		return INTAKE_COMMIT;
	if (!same)
		i->gap_count = 0;
	i->pair = pair;
	i->epoch = epoch;
	i->arrived++;
	i->behind = behind;
	if (!(gap = find_gap(i, id)))
		return INTAKE_STORE;
	refuse(i, id, gap->verdict);
	return INTAKE_REFUSED;
}

void
intake_stored(struct intake *i, const struct ident *id, enum intake_fate fate)
{
	static const enum verdict verdicts[] = {
		[INTAKE_ADDED] = VERDICT_OK,
		[INTAKE_KNOWN] = VERDICT_OK,
		[INTAKE_OTHER] = VERDICT_ID_USED,
		[INTAKE_FULL] = VERDICT_INBOX_FULL,
		[INTAKE_FAILED] = VERDICT_STORAGE,
		[INTAKE_UNKNOWN] = VERDICT_UNCONFIRMED,
	};

	if (verdicts[fate] == VERDICT_OK)
		add_to_runs(i, id, VERDICT_OK, fate == INTAKE_ADDED);
	else
		refuse(i, id, verdicts[fate]);
}

void
intake_committed(struct intake *i, enum verdict v)
{
	const struct intake_run *const end = i->run + i->run_count;
	uint64_t number = i->arrived;

	for (const struct intake_run *r = i->run; r < end; r++)
		number -= r->count;
	for (struct intake_run *r = i->run; v != VERDICT_OK && r < end; r++) {
		const struct ident next = ident_add(&r->first, r->count);

		number += r->count;
		if (!r->pending)
			continue;
		r->verdict = (uint8_t)v;
		add_gap(i, &next, number, v);
	}
}

bool
intake_answer(struct intake *i, struct intake_run *run)
{
	if (!intake_owes(i)) {
		i->run_count = i->answered = 0;
		return false;
	}
	*run = i->run[i->answered++];
	return true;
}
