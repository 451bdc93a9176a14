/*
 * Nothing lost, nothing twice, no lie: the real courier, outboxes and intake in a small
 * world of model commands, daemon and inbox, driven by a seed through every kind of
 * loss. What the commands were told is then held against what was stored.
 *
 *   command ==up==> helper (courier) ==out==> daemon ==over==> receiver
 *           <=down=                  <==in===        <==back==
 *
 * Each arrow is a queue that may be cut anywhere. The same worlds with a
 * deliberate mistake in them must be found guilty: else the judge is asleep.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "core/courier.h"
#include "core/intake.h"
#include "core/outbox.h"

#define STREAMS 8U /* commands in one world, some after others */
#define CLIENTS 3U /* of those at once */
#define LENGTH 24U /* messages of one command */
#define QUEUE 128U
#define STEPS 600U

enum mistake {
	NO_MISTAKE,
	IGNORE_GENERATIONS,    /* the helper forwards what was sent before HELD */
	IGNORE_EPOCHS,         /* the daemon relays what was sent before the partner came back */
	ACK_BEFORE_COMMIT,     /* the receiver acknowledges, and commits some time later */
	NO_DEDUP,              /* the receiver stores an id as often as it comes */
	FORGET_WHAT_WENT,      /* HELD says that nothing had gone upstream */
	FORGET_THE_PAIR,       /* a command names no pair to the next helper */
	STORE_AFTER_LEAVING,   /* the receiver goes on storing when it has left */
	TIME_OUT_AS_CERTAIN,   /* a command that runs out of time says "not delivered" */
	FORGET_THE_GAP,        /* the receiver stores what stands behind a refused message */
	TRUST_THE_COMMIT,      /* the receiver acknowledges though the commit failed */
	SEND_BEHIND_A_REFUSAL, /* the helper forgets that the receiver refused the message before */
	EACH_STANDS_ALONE,     /* the helper says of each message that nothing is under way before it */
	CERTAIN_OF_UNSURE,     /* a commit that may have happened is answered as one that did not */
	MISTAKES
};

enum kind { MSG, ACK, HELD, READY, ENDED, PAIRED, LOST, LEAVE, HANG_UP };

struct packet {
	enum kind kind;
	uint64_t pair;
	uint32_t epoch; /* or generation */
	uint32_t stream, index, count, behind;
	enum verdict verdict;
	enum ending ending;
	bool online;
};

struct queue {
	uint32_t head, count;
	struct packet p[QUEUE];
};

struct command {
	bool started, done;
	uint32_t client;
	struct outbox box;
	struct queue up, down;
	enum verdict verdict; /* of the oldest unacknowledged message, when done */
	enum { ABSENT, PENDING, STORED } stored[LENGTH];
	uint32_t stored_count;
	uint64_t stored_pair;
};

struct world {
	enum mistake mistake;
	bool tells; /* the daemon and both helpers know of `behind` */
	uint32_t random;
	const char *guilty;
	struct command command[STREAMS];
	bool client_used[CLIENTS];
	struct courier courier;
	struct queue out, in, over, back;
	/* the daemon */
	bool sender_online, receiver_online;
	uint64_t pair, last_pair;
	uint32_t epoch;
	enum ending last_end;
	/* the receiver: of the present pair, or of the latest one */
	bool left;
	struct intake intake;
};

static struct world w;

static uint32_t
dice(uint32_t sides)
{
	w.random = w.random * 1664525U + 1013904223U;
	return (w.random >> 8) % sides;
}

static void
guilty(const char *of)
{
	if (!w.guilty)
		w.guilty = of;
}

static void
put(struct queue *q, struct packet p)
{
	ck_assert_uint_lt(q->count, QUEUE);
	q->p[(q->head + q->count++) % QUEUE] = p;
}

static struct packet *
peek(struct queue *q)
{
	return q->count > 0 ? &q->p[q->head] : NULL;
}

static bool
take(struct queue *q, struct packet *p)
{
	if (q->count == 0)
		return false;
	*p = q->p[q->head];
	q->head = (q->head + 1) % QUEUE;
	q->count--;
	return true;
}

static struct ident
id_of(uint32_t stream, uint64_t index)
{
	const struct ident base = { { (uint8_t)(stream + 1) } };

	return ident_add(&base, index);
}

/* ------------------------------------------------------------ the receiver */

/* What an inbox makes of a message; now and then it refuses one. Pending is what the commit decides about. */
static enum intake_fate
store(const struct packet *p)
{
	static const enum intake_fate refusals[] = { INTAKE_OTHER, INTAKE_FULL, INTAKE_FAILED, INTAKE_UNKNOWN };
	struct command *c = &w.command[p->stream];

	if (c->stored[p->index] != ABSENT && w.mistake == NO_DEDUP)
		guilty("stored twice");
	if (c->stored[p->index] != ABSENT)
		return dice(200) == 0 ? INTAKE_UNKNOWN : c->stored[p->index] == STORED ? INTAKE_KNOWN : INTAKE_ADDED;
	if (dice(200) == 0)
		return refusals[dice(ARRAY_SIZE(refusals))];
	c->stored[p->index] = PENDING;
	if (c->stored_count > 0 && c->stored_pair != p->pair)
		guilty("reached another partner");
	c->stored_pair = p->pair;
	return INTAKE_ADDED;
}

/* On the disk, or gone, whatever was pending. */
static void
settle(struct command *c, bool stored)
{
	for (uint32_t i = 0; i < LENGTH; i++) {
		if (c->stored[i] != PENDING)
			continue;
		c->stored[i] = stored ? STORED : ABSENT;
		if (stored && i != c->stored_count++)
			guilty("a gap, or out of order");
	}
}

static enum verdict
commit(void)
{
	const uint32_t luck = dice(60);
	const enum verdict v = luck == 0 ? VERDICT_STORAGE : luck == 1 ? VERDICT_UNCONFIRMED : VERDICT_OK;
	const bool stored = v == VERDICT_OK || (v == VERDICT_UNCONFIRMED && dice(2) == 0);

	for (uint32_t i = 0; i < STREAMS; i++)
		settle(&w.command[i], stored);
	if (w.mistake == TRUST_THE_COMMIT)
		return VERDICT_OK;
	return w.mistake == CERTAIN_OF_UNSURE && v == VERDICT_UNCONFIRMED ? VERDICT_STORAGE : v;
}

static void
acknowledge(void)
{
	struct intake_run r;
	uint64_t index;

	while (intake_answer(&w.intake, &r)) {
		struct packet p = { .kind = ACK,
			.pair = w.intake.pair,
			.epoch = w.intake.epoch,
			.count = r.count,
			.verdict = (enum verdict)r.verdict };

		for (p.stream = 0; p.stream < STREAMS; p.stream++) {
			const struct ident first = id_of(p.stream, 0);

			if (!ident_distance(&first, &r.first, &index) || index >= LENGTH)
				continue;
			p.index = (uint32_t)index;
			put(&w.back, p);
			break;
		}
	}
}

/* The end of a turn; or it dies, before the commit or after it. */
static void
receiver_commits(bool dies)
{
	if (w.mistake == ACK_BEFORE_COMMIT)
		acknowledge();
	if (dies && dice(2) == 0) {
		for (uint32_t i = 0; i < STREAMS; i++)
			settle(&w.command[i], false);
		return;
	}
	intake_committed(&w.intake, commit());
	if (!dies)
		acknowledge();
}

/* One turn: up to `most` messages, stored together, then acknowledged. */
static void
receiver_turn(uint32_t most, bool dies)
{
	struct packet p;

	while (most-- > 0 && take(&w.over, &p)) {
		const uint64_t ours = w.left && w.mistake != STORE_AFTER_LEAVING ? 0 : p.pair;
		const struct ident id = id_of(p.stream, p.index);
		enum intake_decision d;

		if (w.mistake == FORGET_THE_GAP)
			w.intake.gap_count = 0;
		while ((d = intake_offer(&w.intake, ours, p.pair, p.epoch, &id, p.behind)) == INTAKE_COMMIT)
			receiver_commits(false);
		if (d == INTAKE_STORE)
			intake_stored(&w.intake, &id, store(&p));
	}
	receiver_commits(dies);
	if (dies)
		intake_reset(&w.intake);
}

/* -------------------------------------------------------------- the daemon */

static void
notify(struct packet p)
{
	if (w.sender_online)
		put(&w.in, p);
}

static void
end_pair(enum ending how)
{
	notify((struct packet){ .kind = ENDED, .pair = w.pair, .ending = how });
	w.pair = 0;
	w.last_end = how;
}

static void
daemon_from_sender(void)
{
	struct packet p;

	if (!take(&w.out, &p))
		return;
	if (p.kind == LEAVE) {
		if (w.pair == p.pair) {
			w.pair = 0;
			w.last_end = ENDING_NONE;
		}
		return;
	}
	if (p.pair != w.pair) {
		p.kind = ACK;
		p.verdict = VERDICT_NOT_PAIRED;
		p.count = 1;
		notify(p);
		return;
	}
	if (w.receiver_online && (p.epoch == w.epoch || w.mistake == IGNORE_EPOCHS))
		put(&w.over, p);
}

static void
daemon_from_receiver(void)
{
	struct packet p;

	if (!take(&w.back, &p))
		return;
	if (p.kind == LEAVE && p.pair == w.pair)
		end_pair(p.ending);
	else if (p.kind == ACK && p.pair == w.pair && p.epoch == w.epoch && w.receiver_online)
		notify(p);
}

static void
new_pair(void)
{
	if (w.pair != 0 || w.over.count > 0) /* the leaver drops the rest of its queue first */
		return;
	w.pair = ++w.last_pair;
	w.epoch = 1;
	w.left = false;
	w.receiver_online = true;
	notify((struct packet){ .kind = PAIRED, .pair = w.pair, .epoch = w.epoch, .online = true });
}

/* -------------------------------------------------------------- the helper */

static void
tell_clients(void)
{
	static const enum kind kinds[] = {
		[COURIER_TELL_HELD] = HELD, [COURIER_TELL_READY] = READY, [COURIER_TELL_ENDED] = ENDED
	};
	struct courier_notice n;

	while (courier_notice(&w.courier, &n)) {
		for (uint32_t i = 0; i < STREAMS; i++) {
			struct command *c = &w.command[i];

			if (c->started && w.client_used[c->client] && c->client == n.client && !c->done)
				put(&c->down,
				    (struct packet){ .kind = kinds[n.tell],
					.pair = n.pair,
					.epoch = n.gen,
					.count = w.mistake == FORGET_WHAT_WENT ? 0 : n.forwarded,
					.verdict = n.why });
		}
	}
}

static void
helper_ack(const struct packet *p)
{
	struct ident first = id_of(p->stream, p->index), run_first;
	uint32_t count = p->count, client, n;
	uint64_t index;

	while (courier_ack(&w.courier, p->pair, p->epoch, &first, &count, &client, &run_first, &n)) {
		const struct ident next = ident_add(&run_first, n);

		if (p->verdict != VERDICT_OK && w.mistake != SEND_BEHIND_A_REFUSAL)
			courier_refused(&w.courier, client, &next, p->verdict);
		for (uint32_t i = 0; i < STREAMS; i++) {
			struct command *c = &w.command[i];

			if (!c->started || c->done || c->client != client)
				continue;
			if (!ident_distance(&c->box.first, &run_first, &index))
				guilty("acknowledged to another command");
			put(&c->down,
			    (struct packet){ .kind = ACK,
				.stream = i,
				.index = (uint32_t)index,
				.count = n,
				.verdict = p->verdict });
		}
	}
}

static void
helper_from_daemon(void)
{
	struct packet p;

	if (!take(&w.in, &p))
		return;
	if (p.kind == ACK)
		helper_ack(&p);
	else if (p.kind == PAIRED)
		courier_paired(&w.courier, p.pair, p.epoch, p.online, "bob");
	else if (p.kind == LOST)
		courier_blocked(&w.courier);
	else if (p.kind == ENDED)
		courier_ended(&w.courier, p.ending);
	tell_clients();
}

static void
helper_from_command(struct command *c)
{
	struct packet *p = peek(&c->up), taken;
	struct courier_client *cl = &w.courier.client[c->client];
	enum verdict why = VERDICT_OK;
	enum courier_answer answer;
	struct ident id;

	if (!p)
		return;
	if (p->kind == HANG_UP) {
		courier_detach(&w.courier, c->client);
		w.client_used[c->client] = false;
		take(&c->up, &taken);
		return;
	}
	id = id_of(p->stream, p->index);
	answer = courier_offer(&w.courier, c->client, p->pair,
	    w.mistake == IGNORE_GENERATIONS && !cl->held ? cl->gen : p->epoch, &id, MESSAGE_MAX / 2, &why);
	tell_clients();
	switch (answer) {
	case COURIER_WAIT:
		return;
	case COURIER_FORWARD:
		p->pair = w.courier.pair;
		p->epoch = w.courier.epoch;
		p->behind = w.mistake == EACH_STANDS_ALONE ? 1 : w.tells ? w.courier.behind : 0;
		put(&w.out, *p);
		break;
	case COURIER_DROP:
		break;
	case COURIER_REFUSE:
		if (!c->done)
			put(&c->down,
			    (struct packet){
				.kind = ACK, .stream = p->stream, .index = p->index, .count = 1, .verdict = why });
		break;
	}
	take(&c->up, &taken);
}

/* ------------------------------------------------------------ the commands */

static void
finish(struct command *c, enum verdict why)
{
	const bool blind = w.mistake == TIME_OUT_AS_CERTAIN && why == VERDICT_TIMED_OUT;

	c->done = true;
	c->verdict = outbox_empty(&c->box) ? VERDICT_OK : blind ? why : outbox_verdict(&c->box, why);
	put(&c->up, (struct packet){ .kind = HANG_UP });
}

static void
start(struct command *c)
{
	const struct ident first = id_of((uint32_t)(c - w.command), 0);

	for (uint32_t client = 0; client < CLIENTS; client++) {
		if (w.client_used[client])
			continue;
		w.client_used[client] = c->started = true;
		c->client = client;
		outbox_init(&c->box, &first);
		courier_attach(&w.courier, client);
		return;
	}
}

static void
command_writes(struct command *c)
{
	uint64_t index;
	struct ident id;

	if (c->box.added < LENGTH)
		(void)outbox_add(&c->box, MESSAGE_MAX / 2);
	if (c->up.count < QUEUE / 2 && outbox_next(&c->box, &index, &id))
		put(&c->up,
		    (struct packet){ .kind = MSG,
			.pair = w.mistake == FORGET_THE_PAIR ? 0 : c->box.pair,
			.epoch = c->box.gen,
			.stream = (uint32_t)(c - w.command),
			.index = (uint32_t)index });
}

static void
command_reads(struct command *c)
{
	struct packet p;
	struct ident id;

	if (!take(&c->down, &p))
		return;
	switch (p.kind) {
	case HELD:
		outbox_held(&c->box, p.pair, p.epoch, p.count);
		break;
	case READY:
		outbox_ready(&c->box, p.pair, p.epoch);
		break;
	case ENDED:
		finish(c, p.verdict);
		break;
	case ACK:
		id = id_of(p.stream, p.index);
		if (p.verdict != VERDICT_OK)
			finish(c, p.verdict);
		else
			(void)outbox_acked(&c->box, &id, p.count);
		if (!c->done && c->box.acked == LENGTH)
			finish(c, VERDICT_OK);
		break;
	default:
		guilty("a command was told something odd");
	}
}

/* ------------------------------------------------------------- the mishaps */

static void
some(void (*step)(void), const struct queue *q)
{
	for (uint32_t n = dice(q->count + 1); n > 0; n--)
		step();
}

/* The sender's link breaks: each end still reads what had arrived. */
static void
lose_sender(void)
{
	if (!w.sender_online)
		return;
	some(daemon_from_sender, &w.out);
	some(helper_from_daemon, &w.in);
	w.out.count = w.in.count = 0;
	w.sender_online = false;
	courier_blocked(&w.courier);
	tell_clients();
}

/* The same, and the helper with it; a command reads what was written to it, and turns to the next helper. */
static void
kill_helper(void)
{
	if (w.sender_online)
		some(daemon_from_sender, &w.out);
	w.out.count = w.in.count = 0;
	w.sender_online = false;
	memset(&w.courier, 0, sizeof(w.courier));
	for (uint32_t i = 0; i < STREAMS; i++) {
		struct command *c = &w.command[i];

		if (!c->started)
			continue;
		while (!c->done && c->down.count > 0)
			command_reads(c);
		if (c->done && c->up.count > 0)
			w.client_used[c->client] = false;
		c->up.count = 0;
		if (c->done)
			continue;
		outbox_disconnected(&c->box, true);
		courier_attach(&w.courier, c->client);
	}
}

static void
resume_sender(void)
{
	if (w.sender_online)
		return;
	w.sender_online = true;
	if (w.pair == 0) {
		notify((struct packet){ .kind = ENDED, .ending = w.last_end });
		return;
	}
	w.epoch++;
	notify((struct packet){ .kind = PAIRED, .pair = w.pair, .epoch = w.epoch, .online = w.receiver_online });
}

/* The receiver's link breaks, or its helper dies, also between commit and acknowledgement. */
static void
lose_receiver(void)
{
	if (!w.receiver_online || w.left)
		return;
	receiver_turn(dice(w.over.count + 1), true);
	some(daemon_from_receiver, &w.back);
	w.over.count = w.back.count = 0;
	w.receiver_online = false;
	if (w.pair != 0)
		notify((struct packet){ .kind = LOST });
}

static void
resume_receiver(void)
{
	if (w.receiver_online || w.pair == 0)
		return;
	w.receiver_online = true;
	w.epoch++;
	notify((struct packet){ .kind = PAIRED, .pair = w.pair, .epoch = w.epoch, .online = true });
}

static void
receiver_leaves(void)
{
	if (!w.receiver_online || w.pair == 0 || w.left)
		return;
	receiver_turn(w.over.count, false);
	w.left = true;
	put(&w.back, (struct packet){ .kind = LEAVE, .pair = w.pair, .ending = dice(2) ? ENDING_LEFT : ENDING_QUIT });
}

static void
receiver_expires(void)
{
	if (!w.receiver_online && w.pair != 0)
		end_pair(ENDING_GONE);
}

static void
sender_leaves(void)
{
	if (!w.sender_online || !w.courier.paired || !w.courier.open)
		return;
	put(&w.out, (struct packet){ .kind = LEAVE, .pair = w.courier.pair });
	courier_left(&w.courier);
	tell_clients();
}

static void
mishap(void)
{
	static void (*const mishaps[])(void) = { lose_sender, kill_helper, kill_helper, lose_receiver, lose_receiver,
		receiver_leaves, receiver_expires, sender_leaves };
	struct command *c = &w.command[dice(STREAMS)];

	if (dice(8) == 0 && c->started && !c->done)
		finish(c, VERDICT_TIMED_OUT);
	else
		mishaps[dice(ARRAY_SIZE(mishaps))]();
}

/* --------------------------------------------------------------- the judge */

/* Everything that can go on by itself, does; a little. */
static void
progress(uint32_t which)
{
	struct command *c = &w.command[dice(STREAMS)];

	switch (which) {
	case 0:
		receiver_turn(1 + dice(4), false);
		break;
	case 1:
		daemon_from_sender();
		break;
	case 2:
		if (w.sender_online)
			daemon_from_receiver();
		else
			resume_sender();
		break;
	case 3:
		helper_from_daemon();
		break;
	case 4:
		if (w.pair == 0)
			new_pair();
		else
			resume_receiver();
		break;
	case 5:
		if (!c->started)
			start(c);
		break;
	case 6:
		if (c->started && !c->done)
			command_reads(c);
		break;
	default:
		if (c->started && !c->done)
			command_writes(c);
		if (c->started && dice(2))
			helper_from_command(c);
	}
}

static bool
all_done(void)
{
	for (uint32_t i = 0; i < STREAMS; i++) {
		if (!w.command[i].done || w.command[i].up.count > 0)
			return false;
	}
	return w.out.count + w.over.count + w.back.count + w.in.count == 0;
}

static void
judge(void)
{
	for (uint32_t i = 0; i < STREAMS; i++) {
		const struct command *c = &w.command[i];

		if (!c->done)
			guilty("a command waits for ever");
		if (c->stored_count < c->box.acked)
			guilty("acknowledged and lost");
		if (c->done && c->verdict != VERDICT_OK && c->verdict != VERDICT_UNCONFIRMED &&
		    c->stored_count > c->box.acked)
			guilty("delivered, and said not to be");
	}
}

struct tally {
	uint32_t ok, unconfirmed, certain;
};

/* One world; NULL, or what it is guilty of. */
static const char *
live(uint32_t seed, enum mistake mistake, struct tally *tally)
{
	memset(&w, 0, sizeof(w));
	w.random = seed * 2654435761U;
	w.mistake = mistake;
	w.tells = seed % 2;
	w.sender_online = w.receiver_online = true;
	memset(&w.courier, 0, sizeof(w.courier));
	if (dice(2) == 0)
		courier_ended(&w.courier, ENDING_NONE);
	for (uint32_t i = 0, rate = 4 + dice(60); i < STEPS && !w.guilty; i++) {
		if (dice(rate) == 0)
			mishap();
		else
			progress(dice(16));
	}
	for (uint32_t i = 0; i < 400 * STEPS && !w.guilty && !all_done(); i++)
		progress(dice(16));
	judge();
	for (uint32_t i = 0; i < STREAMS; i++) {
		tally->ok += w.command[i].verdict == VERDICT_OK;
		tally->unconfirmed += w.command[i].verdict == VERDICT_UNCONFIRMED;
		tally->certain += w.command[i].verdict != VERDICT_OK && w.command[i].verdict != VERDICT_UNCONFIRMED;
	}
	return w.guilty;
}

START_TEST(test_delivery_holds_in_every_world)
{
	struct tally tally = { 0, 0, 0 };

	for (uint32_t seed = 1; seed <= 3000; seed++) {
		const char *of = live(seed, NO_MISTAKE, &tally);

		ck_assert_msg(!of, "seed %u: %s", seed, of);
	}
	printf("# delivery: %u commands ended well, %u unconfirmed, %u certainly not\n", tally.ok, tally.unconfirmed,
	    tally.certain);
	/* The worlds are rough enough to try each truth, and not so rough that nothing arrives. */
	ck_assert_uint_gt(tally.ok, 1000);
	ck_assert_uint_gt(tally.unconfirmed, 1000);
	ck_assert_uint_gt(tally.certain, 1000);
}
END_TEST

START_TEST(test_delivery_finds_the_mistake)
{
	struct tally tally = { 0, 0, 0 };
	uint32_t seed = 1;

	while (seed <= 3000 && !live(seed, (enum mistake)_i, &tally))
		seed++;
	ck_assert_msg(seed <= 3000, "mistake %d goes unnoticed", _i);
	printf("# delivery: mistake %d is found in world %u: %s\n", _i, seed, w.guilty);
}
END_TEST

Suite *
delivery_suite(void)
{
	Suite *s = suite_create("delivery");
	TCase *t = tcase_create("delivery");

	tcase_add_test(t, test_delivery_holds_in_every_world);
	tcase_add_loop_test(t, test_delivery_finds_the_mistake, NO_MISTAKE + 1, MISTAKES);
	suite_add_tcase(s, t);
	return s;
}
