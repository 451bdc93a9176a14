#include "session/uplink/requests.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/translate.h"
#include "core/names/name.h"

#define RATE_RETRY_MS 150U /* a question was one too many: it is repeated */
#define QUIT_MS 2000U      /* a daemon that does not answer so long to QUIT is not waited for */
#define NOBODY REQUESTS_NOBODY

/* One question to the daemon. */
struct request {
	TAILQ_ENTRY(request) link;
	enum upstream_type type;
	uint32_t client; /* NOBODY: nobody waits for the answer any more */
	bool wait;       /* TO */
	bool repeated;   /* it was sent before, and its answer was lost */
	uint32_t cursor; /* WHO */
	char name[NAME_MAX_LEN + 1];
};

TAILQ_HEAD(request_list, request);

struct requests {
	const struct requests_class *class;
	void *context;
	const struct state *state;
	struct ev_loop *loop;
	enum { REQUESTS_DOWN, REQUESTS_UP, REQUESTS_READY } link;
	ev_timer again;              /* sends what waits */
	ev_timer quit;               /* QUIT was asked, and is not answered yet */
	struct request_list waiting; /* to be sent */
	struct request_list sent;    /* the oldest is answered next */
	struct request *queued;      /* TO --wait that is in the daemon's queue */
	unsigned unsure;             /* of those sent, such as may end our pair */
	bool let_go;                 /* the daemon has answered QUIT: our name is free */
};

static bool
changes_pair(const struct request *q)
{
	return q->type == UPSTREAM_TO || q->type == UPSTREAM_LEAVE || q->type == UPSTREAM_QUIT;
}

static struct request *
request_new(enum upstream_type type, uint32_t client)
{
	struct request *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->type = type;
	q->client = client;
	return q;
}

/* What they say is in our state: said is said, whether or not the command that said it is still there. */
static bool
tells_state(const struct request *q)
{
	return q->type == UPSTREAM_POLICY || q->type == UPSTREAM_AWAY;
}

/* Answers and forgets it; it is on no list any more. */
static void
finish(struct requests *r, struct request *q, enum verdict v, const char *words)
{
	const uint32_t client = q->client;

	free(q);
	if (client != NOBODY)
		r->class->answered(r->context, client, v, words);
}

static void
start_timer(struct requests *r, ev_timer *w, uint32_t ms)
{
	if (ev_is_active(w))
		return;
	ev_timer_set(w, ms / 1000., 0.);
	ev_timer_start(r->loop, w);
}

/* ------------------------------------------------------------------------- asking */

static bool
send_request(struct requests *r, const struct request *q)
{
	struct upstream_message m = { .type = q->type };

	if (q->type == UPSTREAM_TO) {
		memcpy(m.u.to.name, q->name, sizeof(m.u.to.name));
		m.u.to.wait = q->wait;
	} else if (q->type == UPSTREAM_WHO) {
		m.u.who.cursor = q->cursor;
	} else if (q->type == UPSTREAM_POLICY) {
		m.u.policy = r->state->policy;
	} else if (q->type == UPSTREAM_AWAY) {
		memcpy(m.u.away.text, r->state->away, sizeof(m.u.away.text));
	}
	return r->class->send(r->context, &m);
}

static void
send_waiting(struct requests *r)
{
	struct request *q;

	while (r->link == REQUESTS_READY && (q = TAILQ_FIRST(&r->waiting))) {
		if (changes_pair(q) && r->unsure++ == 0)
			r->class->unsure(r->context, true);
		if (!send_request(r, q))
			return; /* requests_down() follows */
		TAILQ_REMOVE(&r->waiting, q, link);
		TAILQ_INSERT_TAIL(&r->sent, q, link);
	}
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	send_waiting(w->data);
}

bool
requests_ask(struct requests *r, uint32_t client, const struct upstream_message *m)
{
	struct request *q = request_new(m->type, client);

	if (!q)
		return false;
	if (m->type == UPSTREAM_TO) {
		memcpy(q->name, m->u.to.name, sizeof(q->name));
		q->wait = m->u.to.wait;
	} else if (m->type == UPSTREAM_WHO) {
		q->cursor = m->u.who.cursor;
	} else if (m->type == UPSTREAM_QUIT) {
		start_timer(r, &r->quit, QUIT_MS);
	}
	TAILQ_INSERT_TAIL(&r->waiting, q, link);
	if (m->type == UPSTREAM_QUIT && r->link == REQUESTS_DOWN)
		r->class->quit(r->context); /* the daemon will notice in its own time */
	else if (!ev_is_active(&r->again))
		send_waiting(r);
	return true;
}

/* ------------------------------------------------------------------------- asking no more */

/*
 * In the daemon's queue may be a wait that no command is behind any more. A later one that is under way takes
 * its place, or is refused, which leads here again; CANCEL would meet the later one.
 */
static void
drop_wait(struct requests *r)
{
	const struct upstream_message m = { .type = UPSTREAM_CANCEL };
	struct request *q;

	TAILQ_FOREACH(q, &r->sent, link)
		if (q->type == UPSTREAM_TO && q->wait)
			return;
	if (!(q = request_new(UPSTREAM_CANCEL, NOBODY))) {
		r->class->broken(r->context, ENOMEM);
		return;
	}
	TAILQ_INSERT_TAIL(&r->sent, q, link);
	(void)r->class->send(r->context, &m);
}

static void
forget_queued(struct requests *r)
{
	free(r->queued);
	r->queued = NULL;
	if (r->link == REQUESTS_READY)
		drop_wait(r);
}

/* What of this client is on the list. */
static struct request *
find(const struct request_list *list, uint32_t client)
{
	struct request *q;

	TAILQ_FOREACH(q, list, link)
		if (q->client == client)
			return q;
	return NULL;
}

void
requests_forget(struct requests *r, uint32_t client)
{
	struct request *q = find(&r->waiting, client);

	if (r->queued && r->queued->client == client) {
		forget_queued(r);
	} else if (q && q->type != UPSTREAM_QUIT && !tells_state(q)) {
		TAILQ_REMOVE(&r->waiting, q, link);
		free(q);
	} else if (q || (q = find(&r->sent, client))) {
		q->client = NOBODY;
	}
}

/* ------------------------------------------------------------------------- answers */

static struct request *
next_answered(struct requests *r)
{
	struct request *q = TAILQ_FIRST(&r->sent);

	if (!q) {
		log_error("the daemon answered what nobody asked");
		r->class->broken(r->context, EPROTO);
		return NULL;
	}
	TAILQ_REMOVE(&r->sent, q, link);
	return q;
}

/* The daemon has one wait of ours at a time: whatever it says or does not say of the one before, that one is over. */
static void
enqueue(struct requests *r, struct request *q)
{
	struct request *before = r->queued;

	r->queued = q;
	r->class->queued(r->context, q->client);
	if (before)
		finish(r, before, VERDICT_SUPERSEDED, NULL);
}

static void
answered(struct requests *r, struct request *q, enum verdict v)
{
	switch (q->type) {
	case UPSTREAM_TO:
		if (v == VERDICT_QUEUED && q->client != NOBODY) {
			enqueue(r, q);
			return;
		}
		if (q->wait && v != VERDICT_OK && !r->queued)
			drop_wait(r);
		break;
	case UPSTREAM_LEAVE:
		/* After a lost registry we may wait for our partner longer than the daemon does. */
		if (v == VERDICT_NOT_PAIRED && r->state->partner.pair != 0)
			v = VERDICT_OK;
		if (v == VERDICT_OK)
			r->class->left(r->context);
		else if (v == VERDICT_NOT_PAIRED && q->repeated)
			v = VERDICT_OK;
		break;
	case UPSTREAM_QUIT:
		r->let_go = true;
		TAILQ_INSERT_HEAD(&r->waiting, q, link); /* for requests_over() */
		r->class->quit(r->context);
		return;
	default:
		break;
	}
	finish(r, q, v, NULL);
}

void
requests_result(struct requests *r, enum verdict v)
{
	struct request *q;
	bool changes;

	if (!(q = next_answered(r)))
		return;
	changes = changes_pair(q);
	r->unsure -= changes;
	if (v == VERDICT_RATE && (q->client != NOBODY || tells_state(q))) {
		TAILQ_INSERT_HEAD(&r->waiting, q, link);
		start_timer(r, &r->again, RATE_RETRY_MS);
	} else {
		answered(r, q, v);
	}
	if (changes && r->unsure == 0)
		r->class->unsure(r->context, false);
}

void
requests_page(struct requests *r, const struct frame *f)
{
	struct request *q = next_answered(r);

	if (!q)
		return;
	if (q->client != NOBODY)
		r->class->page(r->context, q->client, f);
	free(q);
}

/* The wait in the daemon's queue is over. */
static void
dequeue(struct requests *r, enum verdict v)
{
	struct request *q = r->queued;

	r->queued = NULL;
	if (q)
		finish(r, q, v, NULL);
}

void
requests_paired(struct requests *r, const char *name)
{
	dequeue(r, r->queued && name_equal(r->queued->name, name) ? VERDICT_OK : VERDICT_SUPERSEDED);
}

void
requests_wait_over(struct requests *r, enum verdict v)
{
	dequeue(r, v);
}

bool
requests_asked_for(const struct requests *r, const char *name)
{
	const struct request *q;

	if (r->queued && name_equal(r->queued->name, name))
		return true;
	TAILQ_FOREACH(q, &r->sent, link)
		if (q->type == UPSTREAM_TO && name_equal(q->name, name))
			return true;
	return false;
}

/* ------------------------------------------------------------------------- the connection */

void
requests_up(struct requests *r)
{
	r->link = REQUESTS_UP;
}

void
requests_ready(struct requests *r)
{
	r->link = REQUESTS_READY;
	send_waiting(r);
}

void
requests_down(struct requests *r)
{
	struct request *q;

	r->link = REQUESTS_DOWN;
	while ((q = TAILQ_LAST(&r->sent, request_list))) {
		TAILQ_REMOVE(&r->sent, q, link);
		if (q->client != NOBODY || q->type == UPSTREAM_QUIT) {
			q->repeated = true;
			TAILQ_INSERT_HEAD(&r->waiting, q, link);
		} else {
			free(q);
		}
	}
	if (r->queued) { /* it was asked before all that is not answered yet */
		TAILQ_INSERT_HEAD(&r->waiting, r->queued, link);
		r->queued = NULL;
	}
	r->unsure = 0;
}

/* ------------------------------------------------------------------------- quitting */

static void
on_quit_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct requests *r = w->data;

	(void)loop, (void)revents;
	r->class->quit(r->context);
}

bool
requests_quitting(const struct requests *r)
{
	return ev_is_active(&r->quit);
}

void
requests_over(struct requests *r)
{
	static const char held[] = N_("the daemon has not answered: it may hold the name until its grace time is over");
	struct request *q, *next;

	requests_down(r);
	for (q = TAILQ_FIRST(&r->waiting); q; q = next) {
		next = TAILQ_NEXT(q, link);
		if (q->type != UPSTREAM_QUIT)
			continue;
		TAILQ_REMOVE(&r->waiting, q, link);
		finish(r, q, VERDICT_OK, r->let_go ? NULL : held);
	}
}

/* ------------------------------------------------------------------------- as a whole */

struct requests *
requests_new(const struct requests_class *class, void *context, const struct state *state, struct ev_loop *loop)
{
	struct requests *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->class = class;
	r->context = context;
	r->state = state;
	r->loop = loop;
	TAILQ_INIT(&r->waiting);
	TAILQ_INIT(&r->sent);
	ev_timer_init(&r->again, on_again, 0., 0.);
	ev_timer_init(&r->quit, on_quit_timer, 0., 0.);
	r->again.data = r->quit.data = r;
	return r;
}

void
requests_free(struct requests *r)
{
	struct request *q;

	if (!r)
		return;
	requests_down(r);
	ev_timer_stop(r->loop, &r->again);
	ev_timer_stop(r->loop, &r->quit);
	while ((q = TAILQ_FIRST(&r->waiting))) {
		TAILQ_REMOVE(&r->waiting, q, link);
		free(q);
	}
	free(r);
}
