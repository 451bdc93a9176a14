/*
 * The rules of docs/HACKING.md one by one, as tables of what is asked and what comes
 * of it; then what a table cannot say. test_exchange_world.c proves what holds in every state.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "core/exchange.h"
#include "core/names/name.h"

#define FIRST_PAIR 1000U
#define REFUSE 100   /* no event: `who` changes its mind about `whom` */
#define DOUBT 101    /* no event: nobody can say any more, or again, whether `who` takes contact by `whom` */
#define STRANGER 102 /* ANEW, of another uid */

/*
 * Effects are written in the order in which they come:
 *   ann+bob  ann is told that she is paired with bob      ann-left  her partner left (quit, gone, moved)
 *   ann?lost  her partner's connection is lost (back)     ann~busy  her wait is over (busy: superseded)
 */
struct row {
	const char *who;
	int event;
	const char *whom; /* TO, WAIT, REPAIR: the other; LOGIN: whose id, NULL: who's */
	enum verdict verdict;
	const char *effects;
};

struct table {
	struct exchange *x;
	uint8_t judged[26][26]; /* enum verdict, by first letters: target, caller */
	uint64_t claim;         /* the pair of the latest REPAIR */
};

static const struct row r1_names[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_LOGIN, "eve", VERDICT_TAKEN, "" },
	{ "ANN", EXCHANGE_LOGIN, "eve", VERDICT_TAKEN, "" },
	{ "bob", EXCHANGE_LOGIN, "ann", VERDICT_TAKEN, "" }, /* the id is */
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "eve", VERDICT_OK, "ann+eve eve+ann" },
	{ "aNn", EXCHANGE_LOGIN, "bob", VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_QUIT, NULL, VERDICT_OK, "eve-quit" },
	{ "aNn", EXCHANGE_LOGIN, "bob", VERDICT_OK, "" },
	{ 0 },
};

static const struct row r2_no_names[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "", EXCHANGE_LOGIN, "bob", VERDICT_MALFORMED, "" },
	{ ".bob", EXCHANGE_LOGIN, "bob", VERDICT_MALFORMED, "" },
	{ "bo\xd0\xb1", EXCHANGE_LOGIN, "bob", VERDICT_MALFORMED, "" }, /* of two scripts */
	{ "-bob", EXCHANGE_RESTORE, "bob", VERDICT_MALFORMED, "" },
	{ "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", EXCHANGE_LOGIN, "bob", VERDICT_MALFORMED, "" },
	{ "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", EXCHANGE_LOGIN, "bob", VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "b b", VERDICT_MALFORMED, "" },
	{ "ann", EXCHANGE_WAIT, "b b", VERDICT_MALFORMED, "" },
	{ 0 },
};

static const struct row r4_to[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "ann", VERDICT_SELF, "" },
	{ "ann", EXCHANGE_TO, "zoe", VERDICT_NO_SUCH_USER, "" },
	{ "ann", EXCHANGE_TO, "BOB", VERDICT_OK, "ann+bob bob+ann" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "" },
	{ "bob", EXCHANGE_TO, "ann", VERDICT_OK, "" },
	{ "cy", EXCHANGE_TO, "bob", VERDICT_BUSY, "" },
	{ "ann", EXCHANGE_TO, "ann", VERDICT_SELF, "" },
	{ "ann", EXCHANGE_TO, "zoe", VERDICT_NO_SUCH_USER, "" },
	{ "dee", REFUSE, "ann", VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "dee", VERDICT_REFUSES, "" },
	{ "bob", EXCHANGE_TO, "ann", VERDICT_OK, "" }, /* still paired */
	{ "dee", EXCHANGE_TO, "cy", VERDICT_OK, "dee+cy cy+dee" },
	{ "ann", EXCHANGE_TO, "dee", VERDICT_REFUSES, "" }, /* before busy */
	{ "cy", EXCHANGE_LEAVE, NULL, VERDICT_OK, "dee-left" },
	{ "ann", EXCHANGE_TO, "cy", VERDICT_OK, "bob-moved ann+cy cy+ann" },
	{ "bob", EXCHANGE_LEAVE, NULL, VERDICT_NOT_PAIRED, "" },
	{ "dee", EXCHANGE_TO, "ann", VERDICT_BUSY, "" },
	{ "ann", REFUSE, "cy", VERDICT_OK, "" }, /* who is already in, stays */
	{ "cy", EXCHANGE_TO, "ann", VERDICT_OK, "" },
	{ 0 },
};

static const struct row r5_outsider[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "fay", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "eve", EXCHANGE_TO, "ann", VERDICT_BUSY, "" },
	{ "eve", EXCHANGE_WAIT, "ann", VERDICT_QUEUED, "" },
	{ "fay", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "eve", EXCHANGE_LEAVE, NULL, VERDICT_OK, "eve~busy" },
	{ "eve", EXCHANGE_REPAIR, "ann", VERDICT_BUSY, "" },
	{ "ann", EXCHANGE_LOGIN, "eve", VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_LOST, NULL, VERDICT_OK, "bob?lost" },
	{ "eve", EXCHANGE_TO, "bob", VERDICT_BUSY, "" },
	{ "eve", EXCHANGE_TO, "ann", VERDICT_BUSY, "" },
	{ "bob", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_TO, "bob", VERDICT_BUSY, "" },
	{ "eve", EXCHANGE_LOGIN, "ann", VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_OK, "ann+bob" },
	{ "bob", EXCHANGE_RESUME, NULL, VERDICT_OK, "ann?back bob+ann" },
	{ "eve", EXCHANGE_QUIT, NULL, VERDICT_OK, "" },
	{ "fay", EXCHANGE_QUIT, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_TO, "ann", VERDICT_OK, "" },
	{ 0 },
};

static const struct row r6_first_come[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "fay", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_WAIT, "ann", VERDICT_SELF, "" },
	{ "ann", EXCHANGE_WAIT, "zoe", VERDICT_NO_SUCH_USER, "" },
	{ "ann", EXCHANGE_WAIT, "bob", VERDICT_OK, "ann+bob bob+ann" }, /* free: at once */
	{ "ann", EXCHANGE_WAIT, "bob", VERDICT_OK, "" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "dee", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "eve", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "cy", EXCHANGE_CANCEL, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_CANCEL, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },          /* now the last */
	{ "dee", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "dee~busy" }, /* still the first */
	{ "dee", EXCHANGE_TO, "fay", VERDICT_OK, "dee~busy dee+fay fay+dee" },
	{ "dee", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" }, /* keeps its pair meanwhile */
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left eve+bob bob+eve" },
	{ "eve", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left cy+bob bob+cy" },
	{ "bob", EXCHANGE_LEAVE, NULL, VERDICT_OK, "cy-left fay-moved dee+bob bob+dee" },
	{ 0 },
};

static const struct row r6_each_other[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "cy", VERDICT_OK, "ann+cy cy+ann" },
	{ "bob", EXCHANGE_TO, "dee", VERDICT_OK, "bob+dee dee+bob" },
	{ "eve", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "ann", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "bob", EXCHANGE_TO, "ann", VERDICT_BUSY, "" },
	{ "bob", EXCHANGE_WAIT, "cy", VERDICT_QUEUED, "" },
	{ "bob", EXCHANGE_WAIT, "ann", VERDICT_OK, "bob~busy dee-moved cy-moved bob+ann ann+bob" },
	{ "bob", EXCHANGE_QUIT, NULL, VERDICT_OK, "ann-quit eve~no-such-user" },
	{ 0 },
};

/* A chain of waits falls together, one match after the other. */
static const struct row r6_chain[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "fay", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "cy", EXCHANGE_TO, "dee", VERDICT_OK, "cy+dee dee+cy" },
	{ "eve", EXCHANGE_TO, "fay", VERDICT_OK, "eve+fay fay+eve" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "fay", EXCHANGE_WAIT, "dee", VERDICT_QUEUED, "" },
	{ "ann", EXCHANGE_WAIT, "eve", VERDICT_QUEUED, "" },
	{ "ann", EXCHANGE_QUIT, NULL, VERDICT_OK, "bob-quit dee-moved cy+bob bob+cy eve-moved fay+dee dee+fay" },
	{ 0 },
};

/* Two become free in one step, one of them waits for the other and is waited for herself. */
static const struct row r6_both_left[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "cy", EXCHANGE_TO, "dee", VERDICT_OK, "cy+dee dee+cy" },
	{ "dee", EXCHANGE_WAIT, "ann", VERDICT_QUEUED, "" },
	{ "eve", EXCHANGE_WAIT, "dee", VERDICT_QUEUED, "" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "bob", EXCHANGE_WAIT, "cy", VERDICT_OK, "ann-moved dee-moved bob+cy cy+bob dee+ann ann+dee" },
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_OK, "dee-left eve+dee dee+eve" },
	{ 0 },
};

static const struct row r6_out_of_the_queue[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "dee", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "eve", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "bob", REFUSE, "dee", VERDICT_OK, "dee~refuses" },
	{ "dee", EXCHANGE_WAIT, "bob", VERDICT_REFUSES, "" },
	{ "dee", EXCHANGE_TO, "cy", VERDICT_OK, "cy~busy dee+cy cy+dee" }, /* a waiter is free to be asked */
	{ "eve", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left" },
	{ "eve", EXCHANGE_RESUME, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_TO, "eve", VERDICT_OK, "bob+eve eve+bob" },
	{ "ann", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "ann", EXCHANGE_WAIT, "dee", VERDICT_QUEUED, "ann~busy" },
	{ "ann", EXCHANGE_WAIT, "zoe", VERDICT_NO_SUCH_USER, "" }, /* refused: the wait for dee stays */
	{ "dee", EXCHANGE_LOST, NULL, VERDICT_OK, "cy?lost" },     /* and a target that is lost keeps its queue */
	{ "dee", EXCHANGE_EXPIRE, NULL, VERDICT_OK, "cy-gone ann~no-such-user" },
	{ "ann", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "ann", EXCHANGE_QUIT, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left" },
	{ 0 },
};

/* A target that is away is still there: pairs hold without a connection (R4, R8). */
static const struct row r6_away[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "bob", EXCHANGE_LOST, NULL, VERDICT_OK, "ann?lost" },
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_OK, "cy+bob" },
	{ "bob", EXCHANGE_RESUME, NULL, VERDICT_OK, "cy?back bob+cy" },
	{ "cy", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left" },
	{ "bob", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob" },
	{ "bob", EXCHANGE_TO, "cy", VERDICT_EXPIRED, "" }, /* who is away asks for nothing */
	{ "bob", EXCHANGE_QUIT, NULL, VERDICT_EXPIRED, "" },
	{ "bob", EXCHANGE_EXPIRE, NULL, VERDICT_OK, "ann-gone" },
	{ 0 },
};

static const struct row r7_endings[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_NOT_PAIRED, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left" },
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_NOT_PAIRED, "" },
	{ "bob", EXCHANGE_TO, "ann", VERDICT_OK, "bob+ann ann+bob" },
	{ "ann", EXCHANGE_QUIT, NULL, VERDICT_OK, "bob-quit" },
	{ "ann", EXCHANGE_QUIT, NULL, VERDICT_EXPIRED, "" },
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_TO, "ann", VERDICT_OK, "bob+ann ann+bob" },
	{ 0 },
};

static const struct row r8_lost[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "ann", EXCHANGE_LOST, NULL, VERDICT_OK, "bob?lost" },
	{ "ann", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_LOGIN, "eve", VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_OK, "bob?back ann+bob" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_OK, "bob?lost bob?back ann+bob" }, /* taken over */
	{ "ann", EXCHANGE_EXPIRE, NULL, VERDICT_STALE, "" },
	{ "ann", EXCHANGE_LOST, NULL, VERDICT_OK, "bob?lost" },
	{ "bob", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_RESUME, NULL, VERDICT_OK, "bob+ann" },
	{ "ann", EXCHANGE_EXPIRE, NULL, VERDICT_OK, "bob-gone" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_EXPIRED, "" },
	{ "ann", EXCHANGE_EXPIRE, NULL, VERDICT_EXPIRED, "" },
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ 0 },
};

/* After a crash of the daemon (D6): everybody is away, nobody is missing. */
/* Who has lost a session begins anew under its name; nobody else does, and not while it lives. */
static const struct row r8_anew[] = {
	{ "ann", EXCHANGE_ANEW, NULL, VERDICT_OK, "" }, /* there is nothing to end */
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "ann", EXCHANGE_ANEW, "eve", VERDICT_TAKEN, "" }, /* it lives */
	{ "cy", EXCHANGE_WAIT, "ann", VERDICT_QUEUED, "" },
	{ "ann", EXCHANGE_LOST, NULL, VERDICT_OK, "bob?lost" },
	{ "ann", EXCHANGE_LOGIN, "eve", VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_RESTORE, "eve", VERDICT_TAKEN, "" },
	{ "ann", STRANGER, "eve", VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_ANEW, "bob", VERDICT_TAKEN, "" }, /* the id is */
	{ "ann", EXCHANGE_ANEW, "eve", VERDICT_OK, "bob-gone cy~no-such-user" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_EXPIRED, "" }, /* the old one */
	{ "ann", EXCHANGE_RESUME, "eve", VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_LOST, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_ANEW, "eve", VERDICT_OK, "" }, /* the same id: all the same it is another session */
	{ "bob", EXCHANGE_ANEW, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ 0 },
};

/* Nobody can say whether bob's rules are about cy. */
static const struct row r4_doubt[] = {
	{ "ann", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "bob", DOUBT, "cy", VERDICT_OK, "" },
	{ "cy", EXCHANGE_TO, "bob", VERDICT_NO_ANSWER, "" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_NO_ANSWER, "" },
	{ "bob", DOUBT, "cy", VERDICT_OK, "" },
	{ "ann", EXCHANGE_TO, "bob", VERDICT_OK, "ann+bob bob+ann" },
	{ "cy", EXCHANGE_WAIT, "bob", VERDICT_QUEUED, "" },
	{ "bob", DOUBT, "cy", VERDICT_OK, "" }, /* somebody may say before it is free */
	{ "ann", EXCHANGE_LEAVE, NULL, VERDICT_OK, "bob-left cy~no-answer" },
	{ 0 },
};

static const struct row d6_registry[] = {
	{ "ann", EXCHANGE_RESTORE, NULL, VERDICT_OK, "" },
	{ "bob", EXCHANGE_RESTORE, NULL, VERDICT_OK, "" },
	{ "cy", EXCHANGE_RESTORE, NULL, VERDICT_OK, "" },
	{ "ann", EXCHANGE_RESTORE, NULL, VERDICT_TAKEN, "" },
	{ "ann", EXCHANGE_REPAIR, "ann", VERDICT_SELF, "" },
	{ "ann", EXCHANGE_REPAIR, "bob", VERDICT_OK, "" },
	{ "cy", EXCHANGE_REPAIR, "bob", VERDICT_BUSY, "" },
	{ "bob", EXCHANGE_REPAIR, "cy", VERDICT_BUSY, "" },
	{ "bob", EXCHANGE_LOGIN, "eve", VERDICT_TAKEN, "" },
	{ "eve", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "eve", EXCHANGE_TO, "bob", VERDICT_BUSY, "" },
	{ "bob", EXCHANGE_RESUME, NULL, VERDICT_OK, "bob+ann" },
	{ "ann", EXCHANGE_RESUME, NULL, VERDICT_OK, "bob?back ann+bob" },
	{ "cy", EXCHANGE_EXPIRE, NULL, VERDICT_OK, "" },
	/* both claim a pair that no registry remembers, one of them waits meanwhile */
	{ "dee", EXCHANGE_LOGIN, NULL, VERDICT_OK, "" },
	{ "dee", EXCHANGE_WAIT, "ann", VERDICT_QUEUED, "" },
	{ "eve", EXCHANGE_REPAIR, "dee", VERDICT_OK, "dee~busy eve+dee dee+eve" },
	{ 0 },
};

static const struct {
	const char *name;
	const struct row *rows;
} tables[] = {
	{ "R1", r1_names },
	{ "R2", r2_no_names },
	{ "R4", r4_to },
	{ "R5", r5_outsider },
	{ "R6 first come", r6_first_come },
	{ "R6 each other", r6_each_other },
	{ "R6 chain", r6_chain },
	{ "R6 both left", r6_both_left },
	{ "R6 out of the queue", r6_out_of_the_queue },
	{ "R6 away", r6_away },
	{ "R7", r7_endings },
	{ "R8", r8_lost },
	{ "R8 anew", r8_anew },
	{ "R4 nobody can say", r4_doubt },
	{ "D6", d6_registry },
};

/* ------ running a table ------ */

static struct ident
id_of(const char *person)
{
	struct ident id = { 0 };

	memcpy(id.b, person, strnlen(person, IDENT_LEN));
	return id;
}

static enum verdict
judge(const void *context, slot_t target, slot_t caller)
{
	const struct table *t = context;

	return t->judged[exchange_session(t->x, target)->name[0] - 'a'][exchange_session(t->x, caller)->name[0] - 'a'];
}

static struct exchange *
exchange_new(uint32_t capacity, uint64_t first_pair)
{
	struct exchange *x = calloc(1, exchange_size(capacity));

	ck_assert_ptr_nonnull(x);
	exchange_init(x, capacity, first_pair);
	return x;
}

static void
describe(const struct exchange *x, const struct exchange_effects *fx, char *out, size_t size)
{
	static const char *const endings[] = { "?", "left", "quit", "gone", "moved" };

	for (size_t i = 0; i < fx->count; i++) {
		const struct exchange_effect *e = &fx->e[i];
		const char *who = exchange_session(x, e->to)->name;
		const size_t len = strlen(out);
		const char *what = "";
		const char *how = "+";

		switch (e->type) {
		case EFFECT_PAIRED:
			what = exchange_session(x, e->other)->name;
			break;
		case EFFECT_ENDED:
			how = "-";
			what = endings[e->ending];
			break;
		case EFFECT_LOST:
		case EFFECT_BACK:
			how = "?";
			what = e->type == EFFECT_LOST ? "lost" : "back";
			break;
		case EFFECT_WAIT_OVER:
			how = "~";
			what = "no-such-user";
			if (e->verdict != VERDICT_NO_SUCH_USER)
				what = e->verdict == VERDICT_SUPERSEDED ? "busy"
				    : e->verdict == VERDICT_NO_ANSWER   ? "no-answer"
									: "refuses";
			break;
		}
		snprintf(out + len, size - len, "%s%s%s%s", len > 0 ? " " : "", who, how, what);
	}
}

/* One waiter. */
static bool
settle(struct exchange *x, struct exchange_policy policy, struct exchange_effects *fx)
{
	uint32_t budget = UINT32_MAX;

	return exchange_settle(x, policy, &budget, fx);
}

static void
perform_refuse(struct table *t, const struct row *row, char *effects, size_t size)
{
	const struct exchange_policy policy = { judge, t };
	struct exchange_effects fx;

	t->judged[row->who[0] - 'a'][row->whom[0] - 'a'] ^= row->event == REFUSE ? VERDICT_REFUSES : VERDICT_NO_ANSWER;
	exchange_recheck(t->x, exchange_find_name(t->x, row->who));
	while (settle(t->x, policy, &fx))
		describe(t->x, &fx, effects, size);
}

static enum verdict
perform(struct table *t, const struct row *row, char *effects, size_t size)
{
	const struct exchange_policy policy = { judge, t };
	const char *whom = row->whom ? row->whom : row->who;
	struct exchange_effects fx;
	struct exchange_event ev = { .type = (enum exchange_event_type)row->event };
	enum verdict verdict;

	if (row->event == STRANGER) {
		ev.type = EXCHANGE_ANEW;
		ev.uid = 7;
	}
	ev.slot = exchange_find_name(t->x, row->who);
	ev.other = exchange_find_name(t->x, whom);
	ev.id = id_of(whom);
	ev.name = row->event == EXCHANGE_TO || row->event == EXCHANGE_WAIT ? whom : row->who;
	if (row->event == EXCHANGE_REPAIR)
		ev.pair = ++t->claim;
	verdict = exchange_step(t->x, &ev, policy, &fx);
	describe(t->x, &fx, effects, size);
	while (settle(t->x, policy, &fx))
		describe(t->x, &fx, effects, size);
	return verdict;
}

START_TEST(rules)
{
	struct table t = { .x = exchange_new(7, FIRST_PAIR) };
	unsigned n = 0;

	for (const struct row *row = tables[_i].rows; row->who; row++, n++) {
		char effects[256] = "";
		enum verdict verdict = VERDICT_OK;

		if (row->event == REFUSE || row->event == DOUBT)
			perform_refuse(&t, row, effects, sizeof(effects));
		else
			verdict = perform(&t, row, effects, sizeof(effects));
		ck_assert_msg(verdict == row->verdict, "%s, row %u (%s): verdict %d, not %d", tables[_i].name, n,
		    row->who, (int)verdict, (int)row->verdict);
		ck_assert_msg(strcmp(effects, row->effects) == 0, "%s, row %u (%s): '%s', not '%s'", tables[_i].name, n,
		    row->who, effects, row->effects);
	}
	free(t.x);
}
END_TEST

/* ------ what a table cannot say ------ */

static const struct exchange_policy nobody;

static enum verdict
step(struct exchange *x, struct exchange_event ev)
{
	struct exchange_effects fx;
	const enum verdict verdict = exchange_step(x, &ev, nobody, &fx);

	while (settle(x, nobody, &fx))
		continue;
	return verdict;
}

static enum verdict
ask(struct exchange *x, enum exchange_event_type type, slot_t slot, const char *name)
{
	return step(x, (struct exchange_event){ .type = type, .slot = slot, .name = name });
}

static enum verdict
repair(struct exchange *x, slot_t slot, slot_t other, uint64_t claim)
{
	return step(x, (struct exchange_event){ .type = EXCHANGE_REPAIR, .slot = slot, .other = other, .pair = claim });
}

static slot_t
login(struct exchange *x, const char *name)
{
	struct exchange_event ev = { .type = EXCHANGE_LOGIN, .name = name, .id = id_of(name), .uid = 1000 };
	struct exchange_effects fx;

	ck_assert_int_eq(exchange_step(x, &ev, nobody, &fx), VERDICT_OK);
	return ev.slot;
}

static void
pair(struct exchange *x, slot_t slot, const char *name)
{
	ck_assert_int_eq(ask(x, EXCHANGE_TO, slot, name), VERDICT_OK);
}

static void
simple(struct exchange *x, enum exchange_event_type type, slot_t slot)
{
	ck_assert_int_eq(step(x, (struct exchange_event){ .type = type, .slot = slot }), VERDICT_OK);
}

static enum verdict
resume(struct exchange *x, const char *name, uint32_t uid)
{
	return step(x, (struct exchange_event){ .type = EXCHANGE_RESUME, .id = id_of(name), .uid = uid });
}

/* The tables grow with the sessions, and each is found in them whenever it came. */
START_TEST(r1_many_are_found)
{
	enum { MANY = 700 };
	struct exchange *x = exchange_new(MANY, FIRST_PAIR);
	char name[NAME_MAX_LEN + 1];

	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "s%u", i);
		(void)login(x, name);
		if (i % 3 == 2) { /* one that came earlier goes */
			(void)snprintf(name, sizeof(name), "s%u", i / 3);
			simple(x, EXCHANGE_QUIT, exchange_find_name(x, name));
		}
	}
	ck_assert_uint_eq(exchange_count(x), MANY - MANY / 3);
	for (unsigned i = 0; i < MANY; i++) {
		struct ident id;
		slot_t slot;

		(void)snprintf(name, sizeof(name), "S%u", i);
		slot = exchange_find_name(x, name);
		name[0] = 's';
		id = id_of(name);
		ck_assert_uint_eq(exchange_find_id(x, &id), slot);
		ck_assert((slot == SLOT_NONE) == (i < MANY / 3));
		if (slot != SLOT_NONE)
			ck_assert_str_eq(exchange_session(x, slot)->name, name);
	}
	free(x);
}
END_TEST

/* A pair that is over is remembered as the latest one, also when it was left while its other side was away. */
START_TEST(d6_the_latest_pair)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob");
	struct exchange_event ev = {
		.type = EXCHANGE_RESTORE, .name = "cy", .id = id_of("cy"), .uid = 1000, .pair = 5
	};
	struct exchange_effects fx;

	ck_assert_uint_eq(exchange_session(x, ann)->pair, 0);
	ck_assert_int_eq(repair(x, ann, bob, 3), VERDICT_OK);
	simple(x, EXCHANGE_LEAVE, ann);
	ck_assert_uint_eq(exchange_session(x, ann)->pair, 3);
	ck_assert_uint_eq(exchange_session(x, bob)->pair, 3);
	ck_assert_int_eq(step(x, (struct exchange_event){ .type = EXCHANGE_LEAVE, .slot = ann }), VERDICT_NOT_PAIRED);
	ck_assert_int_eq(
	    step(x, (struct exchange_event){ .type = EXCHANGE_LEAVE, .slot = ann, .pair = 4 }), VERDICT_OK);
	ck_assert_uint_eq(exchange_session(x, ann)->pair, 4);
	ck_assert_int_eq(exchange_step(x, &ev, nobody, &fx), VERDICT_OK);
	ck_assert_uint_eq(exchange_session(x, ev.slot)->pair, 5);
	ck_assert_uint_eq(exchange_session(x, ev.slot)->partner, SLOT_NONE);
	/* what it waits to have again does not change the pair that it has */
	ck_assert_int_eq(repair(x, ann, bob, 6), VERDICT_OK);
	ck_assert_int_eq(
	    step(x, (struct exchange_event){ .type = EXCHANGE_LEAVE, .slot = ann, .pair = 7 }), VERDICT_OK);
	ck_assert_uint_eq(exchange_session(x, ann)->pair, 6);
	free(x);
}
END_TEST

START_TEST(r8_who_may_resume)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann");
	struct exchange_event ev = { .type = EXCHANGE_RESUME, .id = id_of("ann"), .uid = 1000, .slot = 99 };
	struct exchange_effects fx;

	ck_assert_int_eq(exchange_step(x, &ev, nobody, &fx), VERDICT_OK);
	ck_assert_uint_eq(ev.slot, ann);
	ck_assert_int_eq(resume(x, "ann", 1001), VERDICT_EXPIRED);
	ck_assert_int_eq(resume(x, "ann", 0), VERDICT_EXPIRED);
	ck_assert_int_eq(resume(x, "bob", 1000), VERDICT_EXPIRED);
	simple(x, EXCHANGE_LOST, ann);
	ck_assert_int_eq(resume(x, "ann", 1001), VERDICT_EXPIRED);
	ck_assert(!exchange_session(x, ann)->online);
	ck_assert_int_eq(resume(x, "ann", 1000), VERDICT_OK);
	free(x);
}
END_TEST

static enum verdict
route(const struct exchange *x, slot_t from, uint64_t pair_id, uint32_t epoch, slot_t *to)
{
	*to = SLOT_NONE;
	return exchange_route(x, from, pair_id, epoch, to);
}

START_TEST(r9_messages_keep_to_their_pair)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob"), cy = login(x, "cy");
	uint64_t first;
	slot_t to;

	ck_assert_int_eq(route(x, ann, 0, 0, &to), VERDICT_NOT_PAIRED);
	pair(x, ann, "bob");
	first = exchange_session(x, ann)->pair;
	ck_assert_int_eq(route(x, ann, first, 1, &to), VERDICT_OK);
	ck_assert_uint_eq(to, bob);
	ck_assert_int_eq(route(x, cy, first, 1, &to), VERDICT_NOT_PAIRED);
	ck_assert_uint_eq(to, SLOT_NONE);

	simple(x, EXCHANGE_LOST, bob);
	ck_assert_int_eq(route(x, ann, first, 1, &to), VERDICT_STALE);
	ck_assert_int_eq(resume(x, "bob", 1000), VERDICT_OK);
	ck_assert_int_eq(route(x, ann, first, 1, &to), VERDICT_STALE);
	ck_assert_int_eq(route(x, bob, first, 2, &to), VERDICT_OK);
	ck_assert_uint_eq(to, ann);

	simple(x, EXCHANGE_LEAVE, bob);
	ck_assert_int_eq(route(x, ann, first, 2, &to), VERDICT_NOT_PAIRED);
	pair(x, ann, "cy");
	ck_assert_int_eq(route(x, ann, first, 1, &to), VERDICT_NOT_PAIRED);
	pair(x, ann, "bob"); /* the same two again are another pair */
	ck_assert_uint_gt(exchange_session(x, ann)->pair, first + 1);
	ck_assert_int_eq(route(x, ann, first, 1, &to), VERDICT_NOT_PAIRED);
	free(x);
}
END_TEST

START_TEST(r10_why_nobody_is_there)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob");

	ck_assert_uint_eq(exchange_session(x, ann)->last_end, ENDING_NONE);
	pair(x, ann, "bob");
	simple(x, EXCHANGE_LEAVE, bob);
	ck_assert_uint_eq(exchange_session(x, ann)->last_end, ENDING_LEFT);
	ck_assert_uint_eq(exchange_session(x, bob)->last_end, ENDING_NONE);
	pair(x, bob, "ann");
	ck_assert_uint_eq(exchange_session(x, ann)->last_end, ENDING_NONE);
	simple(x, EXCHANGE_LOST, ann); /* also told to who is away */
	simple(x, EXCHANGE_QUIT, bob);
	ck_assert_uint_eq(exchange_session(x, ann)->last_end, ENDING_QUIT);
	ck_assert_int_eq(resume(x, "ann", 1000), VERDICT_OK);
	ck_assert_uint_eq(exchange_session(x, ann)->last_end, ENDING_QUIT);
	pair(x, login(x, "cy"), "ann");
	simple(x, EXCHANGE_LOST, exchange_find_name(x, "cy"));
	simple(x, EXCHANGE_EXPIRE, exchange_find_name(x, "cy"));
	ck_assert_uint_eq(exchange_session(x, ann)->last_end, ENDING_GONE);
	free(x);
}
END_TEST

static const struct {
	uint64_t pair;
	enum verdict verdict;
	uint64_t next; /* the pair made afterwards */
} claims[] = {
	{ 0, VERDICT_STALE, FIRST_PAIR + 1 },
	{ 1, VERDICT_OK, FIRST_PAIR + 1 },
	{ FIRST_PAIR - 1, VERDICT_OK, FIRST_PAIR + 1 },
	{ FIRST_PAIR, VERDICT_STALE, FIRST_PAIR + 1 },                      /* given out by ourselves */
	{ FIRST_PAIR + 1, VERDICT_STALE, FIRST_PAIR + 1 },                  /* the next one */
	{ FIRST_PAIR + EXCHANGE_PAIRS - 1, VERDICT_STALE, FIRST_PAIR + 1 }, /* the last one */
	{ FIRST_PAIR + EXCHANGE_PAIRS, VERDICT_OK, FIRST_PAIR + 1 },
	{ INT64_MAX, VERDICT_OK, FIRST_PAIR + 1 },
	{ (uint64_t)INT64_MAX + 1, VERDICT_STALE, FIRST_PAIR + 1 },
	{ UINT64_MAX, VERDICT_STALE, FIRST_PAIR + 1 },
};

/* A claimed pair id is none that is given out by ourselves, now or later (R9). */
START_TEST(r9_claimed_pairs)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob"), cy = login(x, "cy");
	const uint64_t claim = claims[_i].pair;

	pair(x, ann, "bob");
	simple(x, EXCHANGE_LEAVE, ann);
	ck_assert_int_eq(repair(x, ann, bob, claim), claims[_i].verdict);
	ck_assert_int_eq(exchange_session(x, ann)->partner == bob, claims[_i].verdict == VERDICT_OK);
	ck_assert_uint_eq(exchange_next_pair(x), claims[_i].next);
	login(x, "dee");
	pair(x, cy, "dee");
	ck_assert_uint_eq(exchange_session(x, cy)->pair, claims[_i].next);
	free(x);
}
END_TEST

/* Should a policy change unannounced, its word counts when the turn comes. */
START_TEST(settling_asks_again)
{
	struct table t = { .x = exchange_new(4, FIRST_PAIR) };
	const struct exchange_policy policy = { judge, &t };
	struct exchange_effects fx;
	const slot_t ann = login(t.x, "ann"), bob = login(t.x, "bob"), cy = login(t.x, "cy"), dee = login(t.x, "dee");
	struct exchange_event leave = { .type = EXCHANGE_LEAVE, .slot = ann };

	pair(t.x, ann, "bob");
	ask(t.x, EXCHANGE_WAIT, cy, "bob");
	ask(t.x, EXCHANGE_WAIT, dee, "bob");
	t.judged['b' - 'a']['c' - 'a'] = VERDICT_REFUSES;
	ck_assert_int_eq(exchange_step(t.x, &leave, policy, &fx), VERDICT_OK);
	ck_assert(settle(t.x, policy, &fx));
	ck_assert_uint_eq(fx.count, 1);
	ck_assert_uint_eq(fx.e[0].to, cy);
	ck_assert_int_eq(fx.e[0].verdict, VERDICT_REFUSES);
	ck_assert(settle(t.x, policy, &fx));
	ck_assert_uint_eq(exchange_session(t.x, bob)->partner, dee);
	ck_assert(!settle(t.x, policy, &fx));
	free(t.x);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann");
	static const enum exchange_event_type types[] = { EXCHANGE_REPAIR, EXCHANGE_LOST, EXCHANGE_EXPIRE, EXCHANGE_TO,
		EXCHANGE_WAIT, EXCHANGE_CANCEL, EXCHANGE_LEAVE, EXCHANGE_QUIT };
	static const slot_t slots[] = { 1, 3, 4, 1000000, SLOT_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		for (size_t k = 0; k < ARRAY_SIZE(slots); k++)
			ck_assert_int_eq(ask(x, types[i], slots[k], "ann"), VERDICT_EXPIRED);
	for (size_t k = 0; k < ARRAY_SIZE(slots); k++)
		ck_assert_int_eq(repair(x, ann, slots[k], 1), VERDICT_EXPIRED);
	ck_assert_uint_eq(exchange_count(x), 1);
	free(x);
}
END_TEST

/* ------ a full house ------ */

#define FULL CONNECTIONS_MAX

static void
name_nth(uint32_t n, char name[NAME_MAX_LEN + 1])
{
	snprintf(name, NAME_MAX_LEN + 1, "user%u", n);
}

static void
login_all(struct exchange *x, slot_t *slots)
{
	char name[NAME_MAX_LEN + 1];

	for (uint32_t n = 0; n < FULL; n++) {
		struct exchange_event ev = { .type = EXCHANGE_LOGIN, .name = name, .uid = n / 8 };
		struct exchange_effects fx;

		name_nth(n, name);
		ev.id = id_of(name);
		ck_assert_int_eq(exchange_step(x, &ev, nobody, &fx), VERDICT_OK);
		slots[n] = ev.slot;
	}
}

/* The longest way that a lookup takes through sessions that share a head, by a form of the name, or by id: NAME_FORMS. */
static uint32_t
longest_chain(const struct exchange *x, int form)
{
	uint32_t longest = 0;

	for (slot_t slot = 0; slot < exchange_capacity(x); slot++) {
		uint32_t length = 0;

		for (uint32_t link = slot + 1; link != 0; length++) {
			const struct exchange_session *s = exchange_session(x, link - 1);

			link = form < NAME_FORMS ? s->form_next[form] : s->id_next;
		}
		if (length > longest)
			longest = length;
	}
	return longest;
}

/* ------ names beyond ASCII ------ */

/* One who is logged in keeps everybody out who looks like her; ASCII names stay as distinct as they are. */
START_TEST(looks_alike)
{
	struct exchange *x = exchange_new(16, FIRST_PAIR);
	static const uint64_t secret[2] = { 3, 4 };

	exchange_set_secret(x, secret);
	(void)login(x, "ivan");
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "\u0131van"), VERDICT_TAKEN);
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "IVAN"), VERDICT_TAKEN);
	(void)login(x, "lvan"); /* l and I look alike, and are ASCII */
	(void)login(x, "\u5C0F\u660E");
	(void)login(x, "\u00C9lan");
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "\u00E9lan"), VERDICT_TAKEN);
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "e\u0301lan"), VERDICT_MALFORMED);
	(void)login(x, "elan");
	(void)login(x, "stra\u00DFe");
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "Strasse"), VERDICT_TAKEN);
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "\u0440\u043E\u0441\u0430"), VERDICT_MALFORMED);
	ck_assert_uint_eq(exchange_find_name(x, "STRASSE"), exchange_find_name(x, "stra\u00DFe"));
	ck_assert_uint_ne(exchange_find_name(x, "\u5C0F\u660E"), SLOT_NONE);
	ck_assert_uint_eq(exchange_find_name(x, "\u5C0F"), SLOT_NONE);
	free(x);
}
END_TEST

/* ------ names whose keys are equal by chance ------ */

#define TRIED 300000U /* so many have some ten pairs of equal keys */

struct tried {
	uint32_t key, number;
};

static int
by_key(const void *a, const void *b)
{
	const struct tried *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void
tried_name(uint32_t number, char out[NAME_MAX_LEN + 1])
{
	(void)snprintf(out, NAME_MAX_LEN + 1, "n%u", number);
}

/* Two names that nothing but their spelling tells apart. */
static void
find_equal_keys(const uint64_t secret[2], char a[NAME_MAX_LEN + 1], char b[NAME_MAX_LEN + 1])
{
	struct tried *all = calloc(TRIED, sizeof(*all));
	struct name_keys keys;
	uint32_t i;

	ck_assert_ptr_nonnull(all);
	for (i = 0; i < TRIED; i++) {
		tried_name(i, a);
		if (!name_keys_ascii(a, secret, &keys))
			break;
		all[i] = (struct tried){ keys.form[NAME_FOLD], i };
	}
	ck_assert_uint_eq(i, TRIED);
	qsort(all, TRIED, sizeof(*all), by_key);
	for (i = 1; i < TRIED && all[i].key != all[i - 1].key; i++)
		continue;
	ck_assert_uint_lt(i, TRIED);
	tried_name(all[i - 1].number, a);
	tried_name(all[i].number, b);
	free(all);
}

/* They are two names: each may log in, and is found, and nobody is taken for the other. */
START_TEST(equal_keys_are_not_one_name)
{
	static const uint64_t secret[2] = { 5, 6 };
	struct exchange *x = exchange_new(16, FIRST_PAIR);
	char a[NAME_MAX_LEN + 1], b[NAME_MAX_LEN + 1];
	slot_t first, second;

	find_equal_keys(secret, a, b);
	exchange_set_secret(x, secret);
	first = login(x, a);
	ck_assert_uint_eq(exchange_find_name(x, b), SLOT_NONE);
	second = login(x, b);
	ck_assert_uint_eq(exchange_find_name(x, a), first);
	ck_assert_uint_eq(exchange_find_name(x, b), second);
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, a), VERDICT_TAKEN);
	simple(x, EXCHANGE_QUIT, first);
	ck_assert_uint_eq(exchange_find_name(x, a), SLOT_NONE);
	ck_assert_uint_eq(exchange_find_name(x, b), second);
	free(x);
}
END_TEST

START_TEST(full_house)
{
	struct exchange *x = exchange_new(FULL, FIRST_PAIR);
	static slot_t slots[FULL];
	char name[NAME_MAX_LEN + 1];
	struct ident id;

	login_all(x, slots);
	ck_assert_uint_eq(exchange_count(x), FULL);
	ck_assert_int_eq(ask(x, EXCHANGE_LOGIN, 0, "late"), VERDICT_LIMIT);
	for (int form = 0; form <= NAME_FORMS; form++)
		ck_assert_uint_le(longest_chain(x, form), 10);
	for (uint32_t n = 0; n < FULL; n++) {
		name_nth(n, name);
		id = id_of(name);
		ck_assert_uint_eq(exchange_find_name(x, name), slots[n]);
		ck_assert_uint_eq(exchange_find_id(x, &id), slots[n]);
	}
	for (uint32_t n = 0; n < FULL; n += 2) {
		name_nth(n + 1, name);
		pair(x, slots[n], name);
	}
	for (uint32_t n = 0; n < FULL; n++)
		ck_assert_uint_eq(exchange_session(x, slots[n])->partner, slots[n ^ 1]);
	for (uint32_t n = 0; n < FULL; n += 2)
		simple(x, EXCHANGE_QUIT, slots[n]);
	for (uint32_t n = 0; n < FULL; n++) {
		name_nth(n, name);
		ck_assert_uint_eq(exchange_find_name(x, name), n % 2 == 0 ? SLOT_NONE : slots[n]);
	}
	ck_assert_uint_eq(exchange_count(x), FULL / 2);
	for (uint32_t n = 1; n < FULL; n += 2)
		simple(x, EXCHANGE_QUIT, slots[n]);
	ck_assert_uint_eq(exchange_count(x), 0);
	login_all(x, slots); /* every slot came back */
	free(x);
}
END_TEST

/* Everybody waits for one: each is told once when she quits, or matched in turn when she is free. */
START_TEST(everybody_waits_for_one)
{
	struct exchange *x = exchange_new(FULL, FIRST_PAIR);
	static slot_t slots[FULL];
	struct exchange_effects fx;
	struct exchange_event quit = { .type = EXCHANGE_QUIT };
	uint32_t told = 0;

	login_all(x, slots);
	pair(x, slots[0], "user1");
	for (uint32_t n = 2; n < FULL; n++)
		ck_assert_int_eq(ask(x, EXCHANGE_WAIT, slots[n], "user0"), VERDICT_QUEUED);
	simple(x, EXCHANGE_QUIT, slots[1]);
	for (uint32_t n = 2; n < 100; n++) {
		ck_assert_uint_eq(exchange_session(x, slots[0])->partner, slots[n]);
		simple(x, EXCHANGE_LEAVE, slots[n]);
	}
	quit.slot = slots[0];
	ck_assert_int_eq(exchange_step(x, &quit, nobody, &fx), VERDICT_OK);
	ck_assert_uint_eq(fx.count, 1);
	for (; settle(x, nobody, &fx); told++) {
		ck_assert_uint_eq(fx.count, 1);
		ck_assert_uint_eq(fx.e[0].to, slots[101 + told]);
		ck_assert_int_eq(fx.e[0].verdict, VERDICT_NO_SUCH_USER);
	}
	ck_assert_uint_eq(told, FULL - 101);
	free(x);
}
END_TEST

/* Refuses every second slot, and counts how often it is asked. */
static enum verdict
refuse_odd(const void *context, slot_t target, slot_t caller)
{
	uint32_t *asked = *(uint32_t *const *)context;

	(void)target;
	++*asked;
	return caller % 2 == 1 ? VERDICT_REFUSES : VERDICT_OK;
}

/* Each waiter is looked at once after a change, in parts, also when some go and come in between. */
START_TEST(a_change_is_looked_at_in_parts)
{
	struct exchange *x = exchange_new(FULL, FIRST_PAIR);
	static slot_t slots[FULL];
	uint32_t asked = 0, told = 0, turns = 0, *counter = &asked;
	const struct exchange_policy policy = { refuse_odd, &counter };
	struct exchange_event cancel = { .type = EXCHANGE_CANCEL };
	struct exchange_effects fx;

	login_all(x, slots);
	pair(x, slots[0], "user1");
	for (uint32_t n = 2; n < FULL; n++)
		ck_assert_int_eq(ask(x, EXCHANGE_WAIT, slots[n], "user0"), VERDICT_QUEUED);
	exchange_recheck(x, slots[0]);
	for (; !exchange_settled(x); turns++) {
		uint32_t budget = SETTLED_A_TURN;

		while (exchange_settle(x, policy, &budget, &fx))
			told += fx.count == 1 && fx.e[0].verdict == VERDICT_REFUSES;
		ck_assert_uint_le(asked, (turns + 1) * SETTLED_A_TURN);
		if (turns == 0) { /* the one that would be next goes */
			cancel.slot = exchange_session(x, slots[0])->check;
			ck_assert_int_eq(exchange_step(x, &cancel, policy, &fx), VERDICT_OK);
		}
	}
	ck_assert_uint_eq(turns, (FULL - 2 + SETTLED_A_TURN - 1) / SETTLED_A_TURN);
	ck_assert_uint_ge(asked, FULL - 3);
	ck_assert_uint_le(asked, FULL - 2);
	for (slot_t w = exchange_session(x, slots[0])->waiter_first; w != SLOT_NONE;
	     w = exchange_session(x, w)->waiter_next, told++)
		ck_assert_uint_eq(w % 2, 0);
	ck_assert_uint_eq(told, FULL - 3); /* each is gone, or still waits */
	free(x);
}
END_TEST

/* Whom others wait for is theirs, also before that has settled (R6). */
START_TEST(nobody_comes_before_the_waiters)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob"), cy = login(x, "cy"), dee = login(x, "dee");
	struct exchange_event leave = { .type = EXCHANGE_LEAVE, .slot = bob };
	struct exchange_event to = { .type = EXCHANGE_TO, .slot = dee, .name = "ann" };
	struct exchange_effects fx;

	pair(x, ann, "bob");
	ck_assert_int_eq(ask(x, EXCHANGE_WAIT, cy, "ann"), VERDICT_QUEUED);
	ck_assert_int_eq(exchange_step(x, &leave, nobody, &fx), VERDICT_OK);
	ck_assert_int_eq(exchange_step(x, &to, nobody, &fx), VERDICT_BUSY);
	to.type = EXCHANGE_WAIT;
	ck_assert_int_eq(exchange_step(x, &to, nobody, &fx), VERDICT_QUEUED);
	ck_assert(settle(x, nobody, &fx));
	ck_assert_uint_eq(exchange_session(x, ann)->partner, cy);
	free(x);
}
END_TEST

/*
 * A registry that is behind lets nothing settle for a while: a session that was to be looked at may end meanwhile,
 * and leave no waiter. Its slot is nobody else's before its turn has come.
 */
START_TEST(slots_outlive_their_turn)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob"), cy = login(x, "cy");
	struct exchange_event leave = { .type = EXCHANGE_LEAVE, .slot = bob };
	struct exchange_event cancel = { .type = EXCHANGE_CANCEL, .slot = cy };
	struct exchange_event quit = { .type = EXCHANGE_QUIT, .slot = ann };
	struct exchange_event enter = { .type = EXCHANGE_LOGIN, .id = id_of("dee"), .name = "dee" };
	struct exchange_effects fx;

	pair(x, ann, "bob");
	ck_assert_int_eq(ask(x, EXCHANGE_WAIT, cy, "ann"), VERDICT_QUEUED);
	ck_assert_int_eq(exchange_step(x, &leave, nobody, &fx), VERDICT_OK);
	ck_assert_int_eq(exchange_step(x, &cancel, nobody, &fx), VERDICT_OK);
	ck_assert_int_eq(exchange_step(x, &quit, nobody, &fx), VERDICT_OK);
	ck_assert_int_eq(exchange_step(x, &enter, nobody, &fx), VERDICT_OK);
	ck_assert_uint_ne(enter.slot, ann);
	ck_assert(!settle(x, nobody, &fx));
	enter = (struct exchange_event){ .type = EXCHANGE_LOGIN, .id = id_of("eve"), .name = "eve" };
	ck_assert_int_eq(exchange_step(x, &enter, nobody, &fx), VERDICT_OK);
	ck_assert_uint_eq(enter.slot, ann);
	free(x);
}
END_TEST

/* A daemon that expects many but has few pays for few: what no session needs is never written. */
START_TEST(idle_memory_stays_untouched)
{
	const size_t size = exchange_size(FULL);
	struct exchange *x = exchange_new(FULL, FIRST_PAIR);
	const uint8_t *bytes = (const uint8_t *)x;
	const uint8_t *beyond = (const uint8_t *)exchange_session(x, 10);
	const uint8_t *heads = (const uint8_t *)exchange_session(x, FULL);
	char name[NAME_MAX_LEN + 1];
	size_t touched = 0;

	ck_assert_uint_le(size / FULL, 250);
	for (int round = 0; round < 50; round++) {
		for (uint32_t n = 0; n < 10; n++) {
			name_nth(n, name);
			login(x, name);
		}
		for (slot_t slot = 0; slot < 10; slot++)
			simple(x, EXCHANGE_QUIT, slot);
	}
	for (const uint8_t *p = beyond; p < heads; p++)
		ck_assert_msg(*p == 0, "byte %td was written", p - bytes);
	for (const uint8_t *p = heads; p < bytes + size; p++)
		touched += *p != 0;
	ck_assert_uint_eq(touched, 0); /* all chains are empty again */
	free(x);
}
END_TEST

/* After a rush the memory is as before it, as far as nobody's slot is in between; whoever stayed is found, and free slots keep their order. */
START_TEST(a_rush_leaves_nothing)
{
	struct exchange *x = exchange_new(FULL, FIRST_PAIR);
	const uint8_t *bytes = (const uint8_t *)x;
	char name[NAME_MAX_LEN + 1];
	slot_t slot[100], stays;
	size_t from, to;

	ck_assert_uint_eq(exchange_shrink(x, &from, &to), 0);
	for (uint32_t n = 0; n < 100; n++) {
		name_nth(n, name);
		slot[n] = login(x, name);
	}
	ck_assert_uint_eq(exchange_shrink(x, &from, &to), 100);
	stays = slot[4];
	for (uint32_t n = 0; n < 100; n++)
		if (slot[n] != stays)
			simple(x, EXCHANGE_QUIT, slot[n]);
	ck_assert_uint_eq(exchange_shrink(x, &from, &to), 5);
	ck_assert_ptr_eq(bytes + from, exchange_session(x, 5));
	ck_assert_ptr_eq(bytes + to, exchange_session(x, FULL));
	for (size_t i = from; i < to; i++)
		ck_assert_msg(bytes[i] == 0, "byte %zu is written", i);
	name_nth(4, name);
	ck_assert_uint_eq(exchange_find_name(x, name), stays);
	for (uint32_t n = 0; n < 4; n++)
		ck_assert_uint_eq(login(x, n == 0 ? "new-a" : n == 1 ? "new-b" : n == 2 ? "new-c" : "new-d"), slot[n]);
	ck_assert_uint_eq(login(x, "new-e"), 5);
	free(x);
}
END_TEST

/* A slot is not taken back while its waiters are to be looked at, nor one that is used. */
START_TEST(a_rush_that_goes_on)
{
	struct exchange *x = exchange_new(FULL, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob"), dee = login(x, "dee"), cy = login(x, "cy");
	struct exchange_effects fx;
	uint32_t budget = 10;
	size_t from, to;

	pair(x, bob, "ann");
	ck_assert_int_eq(ask(x, EXCHANGE_WAIT, dee, "ann"), VERDICT_QUEUED);
	simple(x, EXCHANGE_QUIT, cy);
	exchange_recheck(x, ann);
	ck_assert(!exchange_settled(x));
	ck_assert_uint_eq(exchange_shrink(x, &from, &to), 4);
	while (exchange_settle(x, nobody, &budget, &fx))
		;
	ck_assert(exchange_settled(x));
	ck_assert_uint_eq(exchange_shrink(x, &from, &to), 3);
	free(x);
}
END_TEST

/* An index that somebody still holds by mistake is long nobody's before it is somebody else's. */
START_TEST(slots_rest)
{
	struct exchange *x = exchange_new(4, FIRST_PAIR);
	const slot_t ann = login(x, "ann"), bob = login(x, "bob");

	simple(x, EXCHANGE_QUIT, bob);
	simple(x, EXCHANGE_QUIT, ann);
	ck_assert_uint_eq(login(x, "cy"), bob);
	ck_assert_uint_eq(login(x, "dee"), ann);
	free(x);
}
END_TEST

Suite *
exchange_suite(void)
{
	Suite *suite = suite_create("exchange");
	TCase *tc = tcase_create("rules");
	TCase *full = tcase_create("full house");

	tcase_add_loop_test(tc, rules, 0, ARRAY_SIZE(tables));
	tcase_add_test(tc, r1_many_are_found);
	tcase_add_test(tc, d6_the_latest_pair);
	tcase_add_test(tc, r8_who_may_resume);
	tcase_add_test(tc, r9_messages_keep_to_their_pair);
	tcase_add_loop_test(tc, r9_claimed_pairs, 0, ARRAY_SIZE(claims));
	tcase_add_test(tc, r10_why_nobody_is_there);
	tcase_add_test(tc, settling_asks_again);
	tcase_add_test(tc, nonsense_is_refused);
	suite_add_tcase(suite, tc);
	tcase_add_test(full, looks_alike);
	tcase_add_test(full, equal_keys_are_not_one_name);
	tcase_add_test(full, full_house);
	tcase_add_test(full, everybody_waits_for_one);
	tcase_add_test(full, a_change_is_looked_at_in_parts);
	tcase_add_test(full, nobody_comes_before_the_waiters);
	tcase_add_test(full, idle_memory_stays_untouched);
	tcase_add_test(full, slots_outlive_their_turn);
	tcase_add_test(full, slots_rest);
	tcase_add_test(full, a_rush_leaves_nothing);
	tcase_add_test(full, a_rush_that_goes_on);
	suite_add_tcase(suite, full);
	return suite;
}
