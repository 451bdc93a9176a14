#include "model.h"

#include <stdio.h>
#include <string.h>

#include "core/names/name.h"
#include "core/policy.h"
#include "core/window.h"
#include "kernel.h"
#include "proto/frame.h"
#include "proto/upstream.h"

#define SESSIONS 256
#define PAIRS 4096
#define SENT 16384 /* messages that are remembered, by their ids */
#define WAYS 4
#define REQUESTS 64
#define THIEF 1005       /* keeps to no rule */
#define SLACK 100        /* steps: what is written may have been decided so long ago */
#define PATIENCE 3000000 /* us until somebody must have been heard, or told */
#define AT_ONCE 300000
#define GRACE (GRACE_SECONDS * 1000000ULL)

/* One way of one connection: the beginning of a frame that has not come to its end. */
struct part {
	uint32_t n;
	uint8_t data[FRAME_MAX];
};

struct request {
	enum upstream_type type;
	char name[NAME_BYTES];
	bool wait;
	int session; /* of a LOGIN */
};

struct conn {
	bool used, welcomed, broken, first; /* first: it is the first connection of its session */
	uid_t uid;
	char asks_for[NAME_BYTES]; /* by its LOGIN */
	int session;               /* NONE */
	struct request request[REQUESTS];
	uint32_t first_request, n_requests;
	uint64_t welcome; /* the step: what it is told then may have been so for long */
	uint64_t pair;    /* told; 0: none */
	uint32_t epoch;
	struct window window; /* what it sent and is not answered yet, under these */
	bool guesses;         /* the thief's: it has sent under what it was not told, or more than a window */
	bool dnd, wants_dnd;
	char waits_for[NAME_BYTES];     /* told: QUEUED */
	uint64_t waits_at, waits_since; /* in the order of steps; us */
	uint64_t free_since;            /* us; 0: not free */
	struct part in, out;
};

struct session {
	struct ident id;
	uid_t uid;
	char name[NAME_BYTES];
	bool elsewhere;       /* more than one connection asked for it */
	uint64_t asked_for;   /* the step in which it last asked for another pair */
	uint64_t asked, lost; /* the step in which it last asked for another pair or none; lost a connection */
	uint64_t lost_since;  /* us */
};

struct pair {
	uint64_t id;
	char name[2][NAME_BYTES];
	bool queued;         /* one of them waited for the other */
	bool told[2];        /* that it is there */
	bool over[2];        /* whom it is over for, as far as that side was told */
	uint64_t made;       /* the step */
	uint64_t over_since; /* us: when the first of them was told */
};

struct sent {
	struct ident id;
	uint64_t pair;
	int session;
};

struct model {
	uint64_t step;  /* frames but messages and acknowledgements, of which there may be many between two others */
	uint64_t begun; /* us, this daemon */
	unsigned sessions, pairs;
	struct session session[SESSIONS];
	struct pair pair[PAIRS];
	struct sent sent[SENT][WAYS];
	const struct sent *last_sent;
	struct conn conn[SOCKS];
};

static struct model *
model(void)
{
	return k->model;
}

#define FAIL_IF(condition, ...)                    \
	do {                                       \
		if (condition)                     \
			kernel_blame(__VA_ARGS__); \
	} while (0)

void
model_begin(void)
{
	struct model *m = k->model;

	if (!m)
		m = k->model = kernel_memory(sizeof(*m));
	m->step = 0;
	m->sessions = m->pairs = 0;
	m->last_sent = NULL;
	memset(m->sent, 0, sizeof(m->sent));
	for (int i = 0; i < SOCKS; i++)
		m->conn[i].used = false;
	model_restart();
}

void
model_restart(void)
{
	struct model *m = model();

	m->begun = k->now;
	/* Its registry was behind what it had said: a pair that ended may be there again, not one with another partner. */
	for (unsigned i = 0; i < m->pairs && k->watched_failed; i++)
		m->pair[i].over[0] = m->pair[i].over[1] = false;
	k->watched_failed = false;
}

void
model_open(int sock, uid_t uid)
{
	struct conn *c = &model()->conn[sock];

	memset(c, 0, offsetof(struct conn, in));
	c->in.n = c->out.n = 0;
	c->used = true;
	c->uid = uid;
	c->session = NONE;
}

void
model_close(int sock)
{
	struct conn *c = &model()->conn[sock];

	if (c->used && c->session != NONE) {
		model()->session[c->session].lost = model()->step;
		model()->session[c->session].lost_since = k->now;
	}
	c->used = false;
}

/* ------ what there is ------ */

/* Whoever knows the id of another's session may choose it for one of his own. */
static int
session_of(const struct ident *id, uid_t uid)
{
	for (unsigned i = 0; i < model()->sessions; i++)
		if (ident_equal(&model()->session[i].id, id) && model()->session[i].uid == uid)
			return (int)i;
	return NONE;
}

static bool
is_of_another(const struct session *s)
{
	for (unsigned i = 0; i < model()->sessions; i++)
		if (ident_equal(&model()->session[i].id, &s->id) && model()->session[i].uid != s->uid)
			return true;
	return false;
}

bool
model_is_stolen(uid_t uid)
{
	for (unsigned i = 0; i < model()->sessions; i++)
		if (model()->session[i].uid == uid && is_of_another(&model()->session[i]))
			return true;
	return false;
}

static struct pair *
pair_of(uint64_t id)
{
	for (unsigned i = model()->pairs; i-- > 0;)
		if (model()->pair[i].id == id)
			return &model()->pair[i];
	return NULL;
}

static void
end_pair(struct pair *p, int side)
{
	if (!p->over[0] && !p->over[1])
		p->over_since = k->now;
	p->over[side] = true;
}

static const char *
name_of(const struct conn *c)
{
	return c->session == NONE ? "nobody" : model()->session[c->session].name;
}

static int
side_of(const struct pair *p, const struct conn *c)
{
	return strcmp(p->name[0], name_of(c)) == 0 ? 0 : strcmp(p->name[1], name_of(c)) == 0 ? 1 : NONE;
}

/* The connection of a session that was told that it is logged in; NULL: none. */
static struct conn *
online(const char *name)
{
	for (int i = 0; i < k->socks; i++) {
		struct conn *c = &model()->conn[i];

		if (c->used && c->welcomed && strcmp(name_of(c), name) == 0)
			return c;
	}
	return NULL;
}

/* Whether one of that name asked for another pair, or none, since then; any of its sessions. */
static bool
asked_since(const char *name, uint64_t step)
{
	for (unsigned i = 0; i < model()->sessions; i++)
		if (strcmp(model()->session[i].name, name) == 0 && model()->session[i].asked + SLACK >= step)
			return true;
	return false;
}

static bool
lost_since(const char *name, uint64_t step)
{
	for (unsigned i = 0; i < model()->sessions; i++)
		if (strcmp(model()->session[i].name, name) == 0 && model()->session[i].lost + SLACK >= step)
			return true;
	return online(name) == NULL;
}

static bool
is_long(uint64_t since, uint64_t us)
{
	return since > 0 && k->now > since + us && k->now > model()->begun + us;
}

/* ------ what the daemon reads ------ */

static void
note_login(struct conn *c, const struct upstream_message *m)
{
	const int i = session_of(&m->u.login.id, c->uid);
	struct session *s;

	c->dnd = c->wants_dnd = m->u.login.policy.dnd;
	(void)snprintf(c->asks_for, sizeof(c->asks_for), "%s", m->u.login.name);
	/* One whose end has not been seen yet is lost when its account comes by another session. */
	for (unsigned n = 0; n < model()->sessions; n++)
		if ((int)n != i && model()->session[n].uid == c->uid)
			model()->session[n].lost = model()->step;
	if (i != NONE) {
		model()->session[i].elsewhere |= c->session != i;
		c->session = i;
		return;
	}
	if (model()->sessions == SESSIONS)
		kernel_bug("too many sessions");
	c->first = true;
	c->session = (int)model()->sessions++;
	s = &model()->session[c->session];
	*s = (struct session){ .id = m->u.login.id, .uid = c->uid };
	(void)snprintf(s->name, sizeof(s->name), "%s", m->u.login.name);
}

/* Its requests came with its LOGIN, and are granted though it may be gone before it can be told: under its own name only. */
static bool
may_be_welcome(const struct conn *c, const struct session *s)
{
	return s->uid == c->uid && strcmp(k->account(c->uid), s->name) == 0;
}

static void
note_request(struct conn *c, const struct upstream_message *m)
{
	struct request *r = &c->request[(c->first_request + c->n_requests) % REQUESTS];
	struct session *s = c->session == NONE ? NULL : &model()->session[c->session];

	if (c->n_requests == REQUESTS) {
		c->broken = true;
		return;
	}
	c->n_requests++;
	*r = (struct request){ .type = m->type };
	switch (m->type) {
	case UPSTREAM_LOGIN:
		if (!c->welcomed)
			note_login(c, m);
		r->session = c->session;
		return;
	case UPSTREAM_TO:
		r->wait = m->u.to.wait;
		(void)snprintf(r->name, sizeof(r->name), "%s", m->u.to.name);
		break;
	case UPSTREAM_POLICY:
		c->wants_dnd = m->u.policy.dnd;
		c->dnd &= c->wants_dnd;
		return;
	case UPSTREAM_CANCEL:
		c->waits_for[0] = '\0';
		return;
	case UPSTREAM_LEAVE:
	case UPSTREAM_QUIT:
		c->waits_for[0] = '\0';
		break;
	default:
		return;
	}
	if (s && (c->welcomed || may_be_welcome(c, s)))
		s->asked = model()->step;
	if (s && m->type == UPSTREAM_TO)
		s->asked_for = model()->step;
}

static void
note_msg(struct conn *c, const struct msg *m)
{
	struct sent *row = model()->sent[(m->id.b[15] | m->id.b[14] << 8 | m->id.b[13] << 16) % SENT];

	memmove(row + 1, row, (WAYS - 1) * sizeof(*row));
	row[0] = (struct sent){ .id = m->id, .pair = m->pair, .session = c->session };
	model()->last_sent = row;
	if (m->pair != c->pair || m->epoch != c->epoch) {
		c->guesses |= c->uid == THIEF; /* and the daemon may have it so already */
		return;
	}
	FAIL_IF(!window_has_room(&c->window, m->length) && c->uid != THIEF,
	    "D7: %s has %u messages of %u bytes under way, and sends another of %u", name_of(c), c->window.count,
	    c->window.bytes, m->length);
	c->guesses |= !window_has_room(&c->window, m->length);
	(void)window_push(&c->window, m->length);
}

static void
count_step(const struct frame *f)
{
	if (f->type != FRAME_MSG && f->type != FRAME_ACK)
		model()->step++;
}

static void
on_read(struct conn *c, const struct frame *f)
{
	struct upstream_message m;
	struct msg msg;

	count_step(f);
	if (f->type == FRAME_MSG) {
		if (msg_decode(f, &msg) == 0 && c->session != NONE)
			note_msg(c, &msg);
	} else if (f->type != FRAME_ACK && upstream_decode(f, &m) == 0 && m.type < UPSTREAM_RESULT &&
	    m.type != UPSTREAM_HELLO && m.type != UPSTREAM_TELL && m.type != UPSTREAM_NOTE_ACK &&
	    m.type != UPSTREAM_UNTELL) {
		note_request(c, &m);
	}
}

/* ------ what it writes ------ */

static void
told_welcome(struct conn *c, const struct upstream_message *m)
{
	struct session *s = &model()->session[c->session];
	const char *name = m->u.welcome.self.name;

	if (m->u.welcome.resumed && c->first && !s->elsewhere) {
		FAIL_IF(is_of_another(s), "R8: uid %u has taken up another's session", c->uid);
		FAIL_IF(c->uid != THIEF, "R8: '%s' resumes a session that never was", name);
	}
	FAIL_IF(
	    c->uid != THIEF && strcmp(name, c->asks_for) != 0, "R1: '%s' is told that it is '%s'", c->asks_for, name);
	FAIL_IF(strcmp(k->account(c->uid), name) != 0, "R3: uid %u is '%s'", c->uid, name);
	(void)snprintf(s->name, sizeof(s->name), "%s", name);
	for (int i = 0; i < k->socks; i++) {
		struct conn *other = &model()->conn[i];

		if (!other->used || other == c || !other->welcomed || strcmp(name_of(other), s->name) != 0)
			continue;
		FAIL_IF(other->session != c->session && k->sock[i].peer != NONE && !k->sock[i].no_read &&
			model()->session[other->session].asked + SLACK < model()->step,
		    "R1: two have the name '%s'", s->name);
		other->welcomed = false; /* taken over */
	}
	c->welcomed = true;
	c->welcome = model()->step;
	c->pair = 0;
	c->epoch = 0;
	c->free_since = k->now;
	window_reset(&c->window);
}

static bool
waits(const struct conn *c, const char *target)
{
	return strcmp(c->waits_for, target) == 0;
}

/* Its daemon may have more to tell it than there is room for: that it is in a pair, and waits no more. */
static bool
is_behind(int sock)
{
	return k->sock[sock].peer == NONE || k->sock[sock].no_read || model()->conn[sock].out.n > 0 ||
	    k->sock[k->sock[sock].peer].in.len == RING;
}

/* R6: first come, first served; unless the one who is waited for has chosen. */
static void
must_be_first(const struct conn *c, const char *target)
{
	const struct conn *t = online(target);

	if (!t || model()->session[t->session].asked_for + SLACK >= model()->step)
		return;
	for (int i = 0; i < k->socks; i++) {
		const struct conn *before = &model()->conn[i];

		FAIL_IF(before->used && before->welcomed && before != c && strcmp(before->waits_for, target) == 0 &&
			before->waits_at + SLACK < c->waits_at && !is_behind(i),
		    "R6: %s waited for %s before %s did, and comes behind", name_of(before), target, name_of(c));
	}
}

/* R6: one who is free, and asks for nobody, is those who wait for it, when the pair is made, before anybody else's. */
static void
must_be_waited_for(const struct conn *c, const char *other, const struct pair *p)
{
	const uint64_t asked = model()->session[c->session].asked_for;

	if ((asked > 0 && asked + SLACK >= model()->step) || c->dnd || k->watched_failed)
		return;
	for (int i = 0; i < k->socks; i++) {
		const struct conn *w = &model()->conn[i];

		FAIL_IF(w->used && w->welcomed && strcmp(w->waits_for, name_of(c)) == 0 &&
			strcmp(name_of(w), other) != 0 && w->waits_at + SLACK < p->made && !is_behind(i) &&
			is_long(w->waits_since, 1000),
		    "R6: %s waits for %s, and %s is preferred", name_of(w), name_of(c), other);
	}
}

/* `c` is in another pair than before: it asked for that itself, or was free. */
static void
told_paired(struct conn *c, const struct upstream_message *m)
{
	const uint64_t id = m->u.paired.pair;
	const char *other = m->u.paired.peer.name;
	struct pair *p = pair_of(id);

	FAIL_IF(!c->welcomed, "'%s' is paired, and was not told that it is logged in", name_of(c));
	if (!p) {
		if (model()->pairs == PAIRS)
			kernel_bug("too many pairs");
		p = &model()->pair[model()->pairs++];
		*p = (struct pair){ .id = id, .made = model()->step };
		(void)snprintf(p->name[0], NAME_BYTES, "%s", name_of(c));
		(void)snprintf(p->name[1], NAME_BYTES, "%s", other);
		p->queued = waits(c, other) || (online(other) && waits(online(other), name_of(c)));
	}
	const int side = side_of(p, c);

	FAIL_IF(side == NONE || strcmp(p->name[1 - side], other) != 0,
	    "R9: pair %llu is of %s and %s, and %s is told %s", (unsigned long long)id, p->name[0], p->name[1],
	    name_of(c), other);
	FAIL_IF(side != NONE && p->over[side], "R9: the pair of %s and %s is over, and begins again", p->name[0],
	    p->name[1]);
	FAIL_IF(strcmp(k->account(m->u.paired.peer.uid), other) != 0, "R3: '%s' is shown as uid %u", other,
	    m->u.paired.peer.uid);
	const bool waited = waits(c, other);

	FAIL_IF(c->pair != 0 && c->pair != id && !waited && !asked_since(name_of(c), p->made),
	    "R5: %s is taken out of a pair by %s", name_of(c), other);
	FAIL_IF(c->dnd && c->welcome + SLACK < model()->step && side != NONE && !p->told[side] && !waited &&
		!asked_since(name_of(c), p->made),
	    "R4: %s, who wants none, is paired with %s", name_of(c), other);
	FAIL_IF(c->pair == id && m->u.paired.epoch < c->epoch, "R8: the epoch of %s goes back", name_of(c));
	if (c->pair != 0 && c->pair != id && pair_of(c->pair) && side_of(pair_of(c->pair), c) != NONE)
		end_pair(pair_of(c->pair), side_of(pair_of(c->pair), c));
	if (side != NONE && !p->told[side] && !p->queued)
		must_be_waited_for(c, other, p);
	if (side != NONE)
		p->told[side] = true;
	if (c->pair != id && waited)
		must_be_first(c, other);
	c->pair = id;
	c->epoch = m->u.paired.epoch;
	c->waits_for[0] = '\0';
	c->free_since = 0;
	window_reset(&c->window);
}

static void
told_ended(struct conn *c, const struct upstream_message *m)
{
	struct pair *p = pair_of(m->u.ended.pair);
	const int side = p ? side_of(p, c) : NONE;

	if (side == NONE)
		return;
	FAIL_IF(m->u.ended.ending == ENDING_GONE ? !lost_since(p->name[1 - side], p->made)
						 : !asked_since(p->name[1 - side], p->made),
	    "R5: the pair of %s and %s ends (%u), and none of them asked for it", p->name[0], p->name[1],
	    m->u.ended.ending);
	end_pair(p, side);
	if (c->pair != m->u.ended.pair)
		return;
	c->pair = 0;
	c->free_since = k->now;
	window_reset(&c->window);
}

static void
told_result(struct conn *c, enum verdict v)
{
	const struct request r = c->request[c->first_request];

	if (c->n_requests == 0 || c->broken)
		return;
	c->first_request = (c->first_request + 1) % REQUESTS;
	c->n_requests--;
	if (r.type == UPSTREAM_POLICY && v == VERDICT_OK)
		c->dnd = c->wants_dnd;
	if (r.type == UPSTREAM_LEAVE && v == VERDICT_OK) {
		struct pair *p = pair_of(c->pair);

		if (p && side_of(p, c) != NONE)
			end_pair(p, side_of(p, c));
		c->pair = 0;
		c->free_since = k->now;
		window_reset(&c->window);
	}
	if (r.type != UPSTREAM_TO)
		return;
	if (v == VERDICT_OK) {
		const struct pair *p = pair_of(c->pair);

		FAIL_IF(!p || (strcmp(p->name[0], r.name) != 0 && strcmp(p->name[1], r.name) != 0),
		    "R4: %s asked for %s, was told yes, and is in another pair", name_of(c), r.name);
	} else if (v == VERDICT_QUEUED) {
		(void)snprintf(c->waits_for, NAME_BYTES, "%s", r.name);
		c->waits_at = model()->step;
		c->waits_since = k->now;
	}
	FAIL_IF(v == VERDICT_SELF && strcmp(r.name, name_of(c)) != 0, "R4: %s is told that %s is itself", name_of(c),
	    r.name);
}

static void
told_msg(const struct conn *c, const struct msg *m)
{
	const struct sent *row = model()->sent[(m->id.b[15] | m->id.b[14] << 8 | m->id.b[13] << 16) % SENT];
	const struct pair *p = pair_of(m->pair);

	FAIL_IF(c->pair != m->pair, "R9: a message under pair %llu goes to %s, who is in pair %llu",
	    (unsigned long long)m->pair, name_of(c), (unsigned long long)c->pair);
	FAIL_IF(c->epoch != m->epoch, "R8: a message of epoch %u goes to %s, who is in epoch %u", m->epoch, name_of(c),
	    c->epoch);
	for (int i = 0; i < WAYS && p; i++)
		if (ident_equal(&row[i].id, &m->id)) {
			const char *from = model()->session[row[i].session].name;

			FAIL_IF(strcmp(from, p->name[0]) != 0 && strcmp(from, p->name[1]) != 0,
			    "R5: %s writes to %s under a pair of %s and %s", from, name_of(c), p->name[0], p->name[1]);
			break;
		}
}

static void
told_ack(struct conn *c, const struct ack *a)
{
	if (a->verdict != VERDICT_OK && (a->pair != c->pair || a->epoch != c->epoch))
		return; /* the daemon's own word about a pair that is over */
	FAIL_IF(a->pair != c->pair || a->epoch != c->epoch,
	    "R9: an acknowledgement under pair %llu, %u goes to %s, who is in %llu, %u", (unsigned long long)a->pair,
	    a->epoch, name_of(c), (unsigned long long)c->pair, c->epoch);
	if (c->guesses)
		return;
	FAIL_IF(a->count > c->window.count, "D1: %s is told that %u messages arrived, and has %u under way", name_of(c),
	    a->count, c->window.count);
	window_pop(&c->window, a->count);
}

static void
on_write(struct conn *c, const struct frame *f)
{
	struct upstream_message m;
	struct msg msg;
	struct ack ack;

	count_step(f);
	if (f->type == FRAME_MSG) {
		if (msg_decode(f, &msg) == 0)
			told_msg(c, &msg);
		return;
	}
	if (f->type == FRAME_ACK) {
		if (ack_decode(f, &ack) == 0)
			told_ack(c, &ack);
		return;
	}
	if (upstream_decode(f, &m) < 0 || c->session == NONE)
		return;
	switch (m.type) {
	case UPSTREAM_WELCOME:
		if (c->n_requests > 0 && c->request[c->first_request].type == UPSTREAM_LOGIN)
			c->session = c->request[c->first_request].session; /* there may have been more than one */
		told_result(c, VERDICT_OK);
		told_welcome(c, &m);
		break;
	case UPSTREAM_RESULT:
		told_result(c, (enum verdict)m.u.result.verdict);
		break;
	case UPSTREAM_WHO_PAGE:
	case UPSTREAM_KEPT_PAGE:
		told_result(c, VERDICT_OK);
		break;
	case UPSTREAM_PAIRED:
		kernel_trace("tells %s: paired with %s (pair %llu, epoch %u)", name_of(c), m.u.paired.peer.name,
		    (unsigned long long)m.u.paired.pair, m.u.paired.epoch);
		told_paired(c, &m);
		break;
	case UPSTREAM_ENDED:
		kernel_trace("tells %s: pair %llu is over (%u)", name_of(c), (unsigned long long)m.u.ended.pair,
		    m.u.ended.ending);
		told_ended(c, &m);
		break;
	case UPSTREAM_BACK:
		if (m.u.link.pair != c->pair)
			break;
		FAIL_IF(m.u.link.epoch <= c->epoch, "R8: %s hears of epoch %u, and is in %u", name_of(c),
		    m.u.link.epoch, c->epoch);
		c->epoch = m.u.link.epoch;
		window_reset(&c->window);
		break;
	case UPSTREAM_WAIT_OVER:
		c->waits_for[0] = '\0';
		break;
	default:
		break;
	}
}

/* ------ frames ------ */

static void
feed(struct conn *c, struct part *part, const uint8_t *data, size_t n, void (*fn)(struct conn *, const struct frame *))
{
	struct frame f;
	ssize_t used = 0;

	while (n > 0 && !c->broken) {
		if (part->n == 0) {
			while ((used = frame_parse(data, n, &f)) > 0) {
				fn(c, &f);
				data += used;
				n -= (size_t)used;
			}
			c->broken |= used < 0;
		}
		if (n == 0 || c->broken)
			return;
		const size_t more = n < FRAME_MAX - part->n ? n : FRAME_MAX - part->n;
		const uint32_t before = part->n;

		memcpy(part->data + part->n, data, more);
		part->n += (uint32_t)more;
		if ((used = frame_parse(part->data, part->n, &f)) < 0)
			c->broken = true;
		if (used <= 0)
			return;
		fn(c, &f);
		part->n = 0;
		data += (size_t)used - before;
		n -= (size_t)used - before;
	}
}

void
model_read(int sock, const void *data, size_t n)
{
	struct conn *c = &model()->conn[sock];

	if (c->used)
		feed(c, &c->in, data, n, on_read);
}

void
model_write(int sock, const void *data, size_t n)
{
	struct conn *c = &model()->conn[sock];

	if (c->used)
		feed(c, &c->out, data, n, on_write);
}

/* ------ what does not happen ------ */

/* Somebody waits for one who is free (R6). */
static void
look_for_waiter(const struct conn *c)
{
	const struct conn *target = c->waits_for[0] ? online(c->waits_for) : NULL;

	FAIL_IF(target && !target->dnd && target->pair == 0 && is_long(target->free_since, AT_ONCE) &&
		is_long(c->waits_since, AT_ONCE) && !k->watched_failed,
	    "R6: %s waits for %s, who has been free for long", name_of(c), c->waits_for);
}

/* A partner who has left, or is lost for good, and nobody says so (R7, R8). */
static void
look_for_partner(const struct conn *c)
{
	const struct pair *p = pair_of(c->pair);
	const int side = p ? side_of(p, c) : NONE;
	const char *other;
	uint64_t since = model()->begun;

	if (side == NONE)
		return;
	other = p->name[1 - side];
	FAIL_IF(!p->over[side] && p->over[1 - side] && is_long(p->over_since, PATIENCE),
	    "R7: %s is not told that %s is gone from their pair", name_of(c), other);
	if (online(other))
		return;
	for (unsigned i = 0; i < model()->sessions; i++)
		if (strcmp(model()->session[i].name, other) == 0 && model()->session[i].lost_since > since)
			since = model()->session[i].lost_since;
	FAIL_IF(is_long(since, GRACE + PATIENCE), "R8: %s is not told that %s is gone for good", name_of(c), other);
}

void
model_look(void)
{
	/* A daemon that was stopped may be at its beginning still. */
	for (int i = 0; i < k->procs; i++)
		if (k->proc[i].watched && k->proc[i].stopped > model()->begun)
			model()->begun = k->proc[i].stopped;
	for (int i = 0; i < k->socks; i++) {
		const struct conn *c = &model()->conn[i];

		if (!c->used || !c->welcomed || is_behind(i))
			continue;
		look_for_waiter(c);
		look_for_partner(c);
	}
}

/* ------ betrayal ------ */

bool
model_betray_session(struct ident *id)
{
	const struct session *s;

	if (model()->sessions == 0)
		return false;
	s = &model()->session[kernel_pick(model()->sessions)];
	if (s->uid == THIEF) /* her own: whose name she has then is hers to know */
		return false;
	*id = s->id;
	return true;
}

uint64_t
model_betray_pair(void)
{
	const unsigned n = model()->pairs;

	if (n == 0)
		return 0;
	return model()->pair[kernel_pick(2) ? n - 1 - kernel_pick(n < 3 ? n : 3) : kernel_pick(n)].id;
}

bool
model_betray_message(struct ident *id)
{
	if (!model()->last_sent)
		return false;
	*id = model()->last_sent->id;
	return true;
}

uint64_t
model_betray_own(const char *name, uint32_t *epoch)
{
	const struct conn *c = online(name);

	*epoch = c ? c->epoch : 0;
	return c ? c->pair : 0;
}
