#include "session/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/translate.h"
#include "net/closing.h"
#include "proto/feature.h"
#include "session/control/client.h"
#include "session/control/listener.h"
#include "session/control/reading.h"
#include "session/kept.h"
#include "session/life.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"
#include "session/messages/backlog.h"
#include "session/messages/inbound.h"
#include "session/messages/notes_in.h"
#include "session/messages/notes_out.h"
#include "session/messages/offers_in.h"
#include "session/messages/offers_out.h"
#include "session/messages/outbound.h"
#include "session/messages/pair.h"
#include "session/uplink/bridge.h"
#include "session/uplink/requests.h"
#include "session/uplink/uplink.h"
#include "session/watch.h"

/* A command by its index; NULL: it is gone. */
static struct control_client *
client_of(const struct session *s, uint32_t client)
{
	return listener_client(s->listener, client);
}

/* FAILED in an answer of the daemon: not our side refused. */
static const char *
daemon_words(enum verdict v)
{
	return v == VERDICT_FAILED
	    ? N_("the daemon could not record it: its disk, or its memory, is full; its log tells more")
	    : NULL;
}

static void
on_changed(void *context)
{
	life_changed(context);
}

/* ------------------------------------------------------------------------- messages: the pair */

static void
forget_offers(const struct session *s)
{
	backlog_offer_gone(s->backlog, NULL);
	offers_in_reset(s->offers_in);
}

static void
pair_on_paired(void *context, uint32_t epoch)
{
	const struct session *s = context;
	const struct partner *p = &s->state.partner;

	outbound_paired(s->outbound, p->pair, epoch, p->online, p->peer.name);
	forget_offers(s);
	offers_out_paired(s->offers_out);
}

static void
pair_on_blocked(void *context)
{
	const struct session *s = context;

	outbound_blocked(s->outbound);
	forget_offers(s);
	offers_out_blocked(s->offers_out);
}

static void
pair_on_ended(void *context, enum ending how)
{
	const struct session *s = context;

	outbound_ended(s->outbound, how);
	forget_offers(s);
	offers_out_ended(s->offers_out, how == ENDING_NONE ? VERDICT_GONE : ending_verdict(how));
}

static void
pair_on_left(void *context)
{
	const struct session *s = context;

	outbound_left(s->outbound);
	forget_offers(s);
	offers_out_ended(s->offers_out, VERDICT_NOT_PAIRED);
}

static void
pair_record(void *context, enum record_type type)
{
	const struct session *s = context;

	backlog_event(s->backlog, type, &s->state.partner.peer);
}

static void
pair_keep(void *context)
{
	struct session *s = context;

	s->pair_unkept = backlog_is_held(s->backlog);
	if (!s->pair_unkept)
		kept_pair(s->store, &s->state.partner);
}

static void
pair_on_missed(void *context)
{
	const struct session *s = context;

	inbound_flush(s->inbound);
}

static const struct pair_class pair_class = {
	.paired = pair_on_paired,
	.blocked = pair_on_blocked,
	.ended = pair_on_ended,
	.left = pair_on_left,
	.record = pair_record,
	.keep = pair_keep,
	.missed = pair_on_missed,
};

/* ------------------------------------------------------------------------- messages: from the partner */

static enum intake_fate
inbound_store(void *context, const struct msg *m, int64_t now_ms)
{
	static const enum intake_fate fates[] = {
		[STORE_ADDED] = INTAKE_ADDED,
		[STORE_KNOWN] = INTAKE_KNOWN,
		[STORE_OTHER] = INTAKE_OTHER,
		[STORE_FULL] = INTAKE_FULL,
		[STORE_FAILED] = INTAKE_FAILED,
		[STORE_UNKNOWN] = INTAKE_UNKNOWN,
	};
	const struct session *s = context;

	return fates[store_message(s->store, &s->state.partner.peer, m, now_ms)];
}

static bool
inbound_writing(void *context)
{
	const struct session *s = context;

	return store_writing(s->store);
}

static int
inbound_commit(void *context)
{
	const struct session *s = context;

	return store_commit(s->store);
}

static void
inbound_failed(void *context, int error)
{
	life_damaged(context, error);
}

static void
inbound_committed(void *context, enum verdict v)
{
	const struct session *s = context;

	notes_in_committed(s->notes_in, v);
	offers_in_committed(s->offers_in, v);
}

static void
inbound_answer(void *context, const void *frames, size_t n)
{
	const struct session *s = context;

	uplink_write(s->uplink, frames, n);
}

static void
inbound_done(void *context)
{
	struct session *s = context;

	life_stir(s);
	if (s->end != SESSION_GOES_ON)
		return;
	reading_wake(s->reading);
	state_changed(&s->state);
	store_tidy(s->store);
}

static const struct inbound_class inbound_class = {
	.store = inbound_store,
	.writing = inbound_writing,
	.commit = inbound_commit,
	.failed = inbound_failed,
	.committed = inbound_committed,
	.answer = inbound_answer,
	.done = inbound_done,
};

/* ------------------------------------------------------------------------- messages: notes */

static enum verdict
notes_in_store(void *context, const struct note *n, int64_t now_ms, bool *known)
{
	static const enum verdict verdicts[] = {
		[STORE_ADDED] = VERDICT_OK,
		[STORE_KNOWN] = VERDICT_OK,
		[STORE_OTHER] = VERDICT_ID_USED,
		[STORE_FULL] = VERDICT_NOTES_FULL,
		[STORE_FAILED] = VERDICT_STORAGE,
		[STORE_UNKNOWN] = VERDICT_UNCONFIRMED,
	};
	const struct session *s = context;
	enum store_answer answer;

	if (s->state.notes_off)
		return VERDICT_NO_NOTES;
	answer = store_note(s->store, n, now_ms);
	*known = answer == STORE_KNOWN;
	return verdicts[answer];
}

static void
notes_in_flush(void *context)
{
	const struct session *s = context;

	inbound_flush(s->inbound);
}

static void
notes_in_answer(void *context, const void *frames, size_t n)
{
	const struct session *s = context;

	uplink_write(s->uplink, frames, n);
}

static const struct notes_in_class notes_in_class = {
	.store = notes_in_store,
	.flush = notes_in_flush,
	.answer = notes_in_answer,
};

static enum verdict
notes_out_reach(void *context)
{
	const struct session *s = context;

	if (!uplink_ready(s->uplink))
		return VERDICT_NO_DAEMON;
	return uplink_knows(s->uplink, FEATURE_NOTES) ? VERDICT_OK : VERDICT_OLD_DAEMON;
}

static bool
notes_out_send(void *context, const struct upstream_message *m)
{
	const struct session *s = context;

	return uplink_send(s->uplink, m);
}

static void
notes_out_on_told(void *context, uint32_t client, const struct told *t)
{
	const struct control_message m = { .type = CONTROL_TOLD, .u.told = *t };
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_send(c, &m);
}

static const struct notes_out_class notes_out_class = {
	.reach = notes_out_reach,
	.send = notes_out_send,
	.told = notes_out_on_told,
};

/* ------------------------------------------------------------------------- messages: offers */

static bool
offers_send(void *context, const struct upstream_message *m)
{
	const struct session *s = context;

	return uplink_knows(s->uplink, FEATURE_STREAMS) && uplink_tell(s->uplink, m);
}

/* Its other end is of the partner's command, who may have put anything into it. */
static void
offers_drop(void *context, int fd)
{
	const struct session *s = context;

	closing_end(s->loop, fd, s->state.partner.peer.uid);
}

/* A descriptor is taken only where one is to come. */
static void
offers_changed(void *context)
{
	const struct session *s = context;

	uplink_expect(s->uplink, offers_in_any(s->offers_in) || offers_out_any(s->offers_out));
}

static enum verdict
offers_in_store(void *context, const struct offer *o, int64_t now_ms, uint64_t *number, bool *known)
{
	static const enum verdict verdicts[] = {
		[STORE_ADDED] = VERDICT_OK,
		[STORE_KNOWN] = VERDICT_OK,
		[STORE_OTHER] = VERDICT_ID_USED,
		[STORE_FULL] = VERDICT_OFFERS_FULL,
		[STORE_FAILED] = VERDICT_STORAGE,
		[STORE_UNKNOWN] = VERDICT_STORAGE,
	};
	const struct session *s = context;
	enum store_answer answer;

	if (o->pair != s->state.partner.pair)
		return VERDICT_NOT_PAIRED;
	answer = store_offer(s->store, &s->state.partner.peer, o, now_ms, number);
	*known = answer == STORE_KNOWN;
	return verdicts[answer];
}

static const struct peer *
offers_in_partner(void *context)
{
	const struct session *s = context;

	return &s->state.partner.peer;
}

static void
offers_in_taken(void *context, uint32_t client, const struct record *r, int fd)
{
	const struct session *s = context;
	const struct control_message m = { .type = CONTROL_RECORD, .u.record = *r };
	struct control_client *c = client_of(s, client);

	if (c)
		control_client_pass(c, &m, fd, true);
	offers_drop(context, fd);
}

static void
offers_in_refused(void *context, uint32_t client, enum verdict v)
{
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_outcome(c, v, NULL);
}

static const struct offers_in_class offers_in_class = {
	.store = offers_in_store,
	.writing = inbound_writing,
	.send = offers_send,
	.taken = offers_in_taken,
	.refused = offers_in_refused,
	.partner = offers_in_partner,
	.drop = offers_drop,
	.changed = offers_changed,
};

static void
offers_out_on_told(void *context, uint32_t client, const struct offer_word *w)
{
	const struct control_message m = { .type = CONTROL_OFFER_TOLD, .u.word = *w };
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_send(c, &m);
}

static void
offers_out_on_channel(void *context, uint32_t client, const struct offer_word *w, int fd)
{
	const struct control_message m = { .type = CONTROL_CHANNEL, .u.word = *w };
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_pass(c, &m, fd, false);
	offers_drop(context, fd);
}

static const struct offers_out_class offers_out_class = {
	.send = offers_send,
	.told = offers_out_on_told,
	.channel = offers_out_on_channel,
	.drop = offers_drop,
	.changed = offers_changed,
};

/* CHANNEL: the answer to an ACCEPT of ours, or an offer of ours is taken. */
static void
on_channel(struct session *s, const struct offer_word *w)
{
	const int fd = w->verdict == VERDICT_OK ? uplink_take_passed(s->uplink) : -1;
	struct offer_word said = *w;

	if (w->verdict == VERDICT_OK && fd < 0)
		said.verdict = VERDICT_FAILED;
	if (!offers_out_has(s->offers_out, &w->msgid))
		offers_in_channel(s->offers_in, &said, fd);
	else if (fd >= 0)
		offers_out_channel(s->offers_out, &said, fd);
	else
		offers_out_told(s->offers_out, &said);
}

/* False: it is about something else. */
static bool
take_offer_notice(struct session *s, const struct upstream_message *m)
{
	switch (m->type) {
	case UPSTREAM_OFFERED:
		backlog_offer(s->backlog, &m->u.offer);
		return true;
	case UPSTREAM_OFFER_TOLD:
		offers_out_told(s->offers_out, &m->u.word);
		return true;
	case UPSTREAM_OFFER_GONE:
		backlog_offer_gone(s->backlog, &m->u.word.msgid);
		offers_in_gone(s->offers_in, &m->u.word.msgid);
		return true;
	case UPSTREAM_CHANNEL:
		on_channel(s, &m->u.word);
		return true;
	default:
		return false;
	}
}

/* ------------------------------------------------------------------------- messages: what cannot be stored yet */

static void
backlog_on_message(void *context, const struct frame *f)
{
	const struct session *s = context;

	inbound_message(s->inbound, f);
}

static void
backlog_on_note(void *context, const struct note *n)
{
	const struct session *s = context;

	notes_in_arrived(s->notes_in, n);
}

static void
backlog_on_offer(void *context, const struct offer *o)
{
	const struct session *s = context;

	offers_in_offered(s->offers_in, o);
}

static void
backlog_on_event(void *context, enum record_type type, const struct peer *peer)
{
	const struct session *s = context;

	/* An event is not worth a refusal: what cannot be recorded is in the log, by the commit. */
	(void)store_event(s->store, type, peer, clock_wall_ms());
}

static void
backlog_note_refused(void *context, const struct note *n)
{
	const struct session *s = context;

	notes_in_refuse(s->notes_in, n, VERDICT_STORAGE);
}

static void
backlog_offer_refused(void *context, const struct offer *o)
{
	const struct session *s = context;

	offers_in_refuse(s->offers_in, o);
}

static void
backlog_no_memory(void *context)
{
	const struct session *s = context;

	uplink_restart(s->uplink, ENOMEM);
}

static bool
backlog_counts(void *context, uint64_t pair)
{
	const struct session *s = context;

	return pair == s->state.partner.pair;
}

static const struct backlog_class backlog_class = {
	.message = backlog_on_message,
	.note = backlog_on_note,
	.offer = backlog_on_offer,
	.event = backlog_on_event,
	.note_refused = backlog_note_refused,
	.offer_refused = backlog_offer_refused,
	.no_memory = backlog_no_memory,
	.counts = backlog_counts,
};

/* ------------------------------------------------------------------------- messages: to the partner */

static void
outbound_send(void *context, const void *frames, size_t n)
{
	const struct session *s = context;

	uplink_write(s->uplink, frames, n);
}

static void
outbound_notify(void *context, uint32_t client, const struct control_message *m)
{
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_send(c, m);
}

static void
outbound_acked(void *context, uint32_t client, const struct ack *a)
{
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_acked(c, a);
}

static void
outbound_room(void *context)
{
	const struct session *s = context;

	listener_each(s->listener, control_client_unthrottle);
}

static bool
outbound_may_go(void *context)
{
	const struct session *s = context;

	return sentbox_has_room(s->sentbox);
}

static void
outbound_sent(void *context, const struct msg *m)
{
	const struct session *s = context;

	sentbox_forwarded(s->sentbox, m);
}

struct delivered {
	const struct session *session;
	const struct ident *first;
	int64_t now_ms;
};

static void
follow_one(uint32_t n, const uint8_t *body, uint32_t length, void *context)
{
	const struct delivered *d = context;
	const struct session *s = d->session;
	const struct record r = {
		.type = RECORD_MESSAGE,
		.own = true,
		.time_ms = d->now_ms,
		.peer = s->state.partner.peer,
		.msgid = ident_add(d->first, n),
		.body = body,
		.length = length,
	};

	reading_said(s->reading, &r, store_newest(s->store));
}

static void
outbound_answered(void *context, const struct ident *first, uint32_t count, bool delivered)
{
	const struct session *s = context;

	if (delivered && reading_followed(s->reading)) {
		struct delivered d = { .session = s, .first = first, .now_ms = clock_wall_ms() };

		sentbox_each(s->sentbox, count, follow_one, &d);
	}
	sentbox_acked(s->sentbox, first, count, delivered ? &s->state.partner.peer : NULL, store_newest(s->store));
}

static void
outbound_forget(void *context)
{
	const struct session *s = context;

	sentbox_forget(s->sentbox);
}

static const struct outbound_class outbound_class = {
	.send = outbound_send,
	.notify = outbound_notify,
	.acked = outbound_acked,
	.room = outbound_room,
	.may_go = outbound_may_go,
	.sent = outbound_sent,
	.answered = outbound_answered,
	.forget = outbound_forget,
};

/* ------------------------------------------------------------------------- uplink */

/* Whoever logs in is told of the first trouble, and types what has to be typed; later it is tried again and again. */
static void
tell_trouble(struct session *s)
{
	if (s->report && s->end == SESSION_GOES_ON && bridge_trouble(s->bridge))
		life_refused(s, VERDICT_NO_DAEMON, bridge_trouble(s->bridge));
}

static int
cross_bridge(struct session *s, char why[UPLINK_WHY])
{
	const int fd = bridge_connect(s->bridge);

	why[0] = '\0';
	tell_trouble(s);
	return fd;
}

static int
uplink_connect(void *context, char why[UPLINK_WHY])
{
	struct session *s = context;
	const unsigned wait_ms = s->wait_ms;

	_Static_assert(AUTOSTART_WHY == UPLINK_WHY, "the same words");
	if (s->bridge)
		return cross_bridge(s, why);
	s->wait_ms = 0;
	return autostart_await(&s->autostart, wait_ms, why);
}

static void
uplink_on_up(void *context)
{
	const struct session *s = context;

	requests_up(s->requests);
}

static void
uplink_on_welcome(void *context, const struct upstream_message *m, bool lost)
{
	struct session *s = context;

	s->state.self = m->u.welcome.self;
	outbound_tells(s->outbound, uplink_knows(s->uplink, FEATURE_BEHIND));
	pair_login(s->pair, lost, m->u.welcome.grace_ms, (enum ending)m->u.welcome.last_end);
}

/* A daemon that was started anew does not know it. */
static void
tell_away(struct session *s)
{
	const struct upstream_message m = { .type = UPSTREAM_AWAY };

	if (s->state.away[0] && uplink_knows(s->uplink, FEATURE_AWAY) &&
	    !requests_ask(s->requests, REQUESTS_NOBODY, &m))
		uplink_restart(s->uplink, ENOMEM);
}

static void
uplink_on_ready(void *context)
{
	struct session *s = context;

	if (s->bridge)
		bridge_reached(s->bridge);
	pair_settled(s->pair);
	life_logged_in(s);
	state_changed(&s->state);
	tell_away(s);
	requests_ready(s->requests);
}

static void
uplink_on_down(void *context)
{
	struct session *s = context;

	requests_down(s->requests);
	if (s->end != SESSION_GOES_ON)
		return;
	if (s->bridge) {
		bridge_closed(s->bridge, uplink_heard(s->uplink));
		tell_trouble(s);
	}
	if (s->end != SESSION_GOES_ON)
		return;
	backlog_reset(s->backlog);
	inbound_reset(s->inbound);
	notes_in_reset(s->notes_in);
	notes_out_down(s->notes_out);
	forget_offers(s);
	offers_out_blocked(s->offers_out);
	outbound_blocked(s->outbound);
	state_changed(&s->state);
	if (requests_quitting(s->requests))
		life_finish(s, SESSION_OVER);
}

static void
uplink_on_refused(void *context, enum verdict why, const char *words)
{
	life_refused(context, why, words ? words : daemon_words(why));
}

static void
uplink_on_replaced(void *context)
{
	life_finish(context, SESSION_REPLACED);
}

static void
uplink_on_message(void *context, const struct frame *f)
{
	const struct session *s = context;

	backlog_message(s->backlog, f);
}

static void
uplink_on_ack(void *context, const struct ack *a)
{
	const struct session *s = context;

	outbound_ack(s->outbound, a);
}

static void
uplink_on_result(void *context, enum verdict v)
{
	const struct session *s = context;

	requests_result(s->requests, v);
}

static void
uplink_on_page(void *context, const struct frame *f)
{
	const struct session *s = context;

	requests_page(s->requests, f);
}

static void
uplink_on_notice(void *context, const struct upstream_message *m)
{
	struct session *s = context;

	if (take_offer_notice(s, m))
		return;
	if (m->type == UPSTREAM_PAIRED) {
		pair_paired(s->pair, m, requests_asked_for(s->requests, m->u.paired.peer.name));
		requests_paired(s->requests, m->u.paired.peer.name);
	} else if (m->type == UPSTREAM_WAIT_OVER) {
		requests_wait_over(s->requests, (enum verdict)m->u.wait_over.verdict);
	} else if (m->type == UPSTREAM_NOTE && requests_quitting(s->requests)) {
		return; /* no answer counts behind our QUIT: its sender repeats it, and must not find it stored */
	} else if (m->type == UPSTREAM_NOTE && s->state.notes_off) {
		notes_in_arrived(s->notes_in, &m->u.note); /* it is refused */
	} else if (m->type == UPSTREAM_NOTE) {
		backlog_note(s->backlog, &m->u.note);
	} else if (m->type == UPSTREAM_TOLD) {
		notes_out_told(s->notes_out, &m->u.told);
	} else if (m->type == UPSTREAM_WAITING) {
		if (!s->state.notes_off)
			backlog_event(s->backlog, RECORD_WAITING, &m->u.waiting.peer);
	} else {
		pair_notice(s->pair, m);
	}
}

/* A helper that was replaced, or stops, answers nothing more: the sender repeats it. */
static void
uplink_on_turn(void *context)
{
	const struct session *s = context;

	if (s->end == SESSION_GOES_ON || s->end == SESSION_OVER)
		inbound_flush(s->inbound);
	if (s->end == SESSION_GOES_ON && !store_writing(s->store))
		reading_show_said(s->reading);
}

static const struct uplink_class uplink_class = {
	.connect = uplink_connect,
	.up = uplink_on_up,
	.welcome = uplink_on_welcome,
	.ready = uplink_on_ready,
	.down = uplink_on_down,
	.refused = uplink_on_refused,
	.replaced = uplink_on_replaced,
	.message = uplink_on_message,
	.ack = uplink_on_ack,
	.result = uplink_on_result,
	.page = uplink_on_page,
	.notice = uplink_on_notice,
	.turn = uplink_on_turn,
};

/* ------------------------------------------------------------------------- uplink: questions of commands */

static bool
requests_send(void *context, const struct upstream_message *m)
{
	const struct session *s = context;

	return uplink_send(s->uplink, m);
}

static void
requests_unsure(void *context, bool unsure)
{
	const struct session *s = context;

	if (unsure)
		inbound_flush(s->inbound); /* what came until now is ours */
	backlog_unsure(s->backlog, unsure);
}

static void
requests_answered(void *context, uint32_t client, enum verdict v, const char *words)
{
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_outcome(c, v, words ? words : daemon_words(v));
}

static void
requests_on_page(void *context, uint32_t client, const struct frame *f)
{
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_page(c, f);
}

static void
requests_on_queued(void *context, uint32_t client)
{
	struct control_client *c = client_of(context, client);

	if (c)
		control_client_queued(c);
}

static void
requests_on_left(void *context)
{
	const struct session *s = context;

	pair_left(s->pair);
}

static void
requests_on_quit(void *context)
{
	life_finish(context, SESSION_OVER);
}

static void
requests_broken(void *context, int error)
{
	const struct session *s = context;

	uplink_restart(s->uplink, error);
}

static const struct requests_class requests_class = {
	.send = requests_send,
	.unsure = requests_unsure,
	.answered = requests_answered,
	.page = requests_on_page,
	.queued = requests_on_queued,
	.left = requests_on_left,
	.quit = requests_on_quit,
	.broken = requests_broken,
};

/* ------------------------------------------------------------------------- control: commands that read */

static int
reading_read_store(void *context, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *fn_context),
    void *fn_context)
{
	const struct session *s = context;

	return store_read(s->store, after, kinds, fn, fn_context);
}

static int
reading_follow_store(void *context, uint64_t after, unsigned kinds,
    bool (*fn)(const struct record *r, void *fn_context), void *fn_context)
{
	const struct session *s = context;

	return store_follow(s->store, after, kinds, fn, fn_context);
}

static int
reading_mark(void *context, uint64_t last, unsigned kinds)
{
	const struct session *s = context;

	if (backlog_is_held(s->backlog))
		return READING_LATER;
	return kinds == 0 ? store_take(s->store, last) : store_mark(s->store, last, kinds);
}

static void
reading_failed(void *context, int error)
{
	life_damaged(context, error);
}

static void
reading_begin(void *context, uint32_t client)
{
	control_client_read_begin(client_of(context, client));
}

static void
reading_record(void *context, uint32_t client, const struct control_message *m)
{
	control_client_send(client_of(context, client), m);
}

static void
reading_on_end(void *context, uint32_t client, const struct control_message *m)
{
	control_client_read_end(client_of(context, client), m);
}

static void
reading_marked(void *context, uint32_t client, enum verdict v)
{
	const struct session *s = context;

	control_client_outcome(client_of(s, client), v, NULL);
	state_changed(&s->state);
}

static const struct reading_class reading_class = {
	.read = reading_read_store,
	.follow = reading_follow_store,
	.mark = reading_mark,
	.failed = reading_failed,
	.begin = reading_begin,
	.record = reading_record,
	.end = reading_on_end,
	.marked = reading_marked,
};

/* ------------------------------------------------------------------------- control: commands */

static void
client_stirred(void *context)
{
	life_stir(context);
}

static ssize_t
client_messages(void *context, uint32_t client, uint8_t *data, size_t n, bool *full)
{
	const struct session *s = context;

	return outbound_frames(s->outbound, client, data, n, full);
}

static enum verdict
client_expect(void *context, uint32_t client, const char *name)
{
	const struct session *s = context;

	return outbound_expect(s->outbound, client, name);
}

static void
client_show(void *context, struct control_message *m)
{
	const struct session *s = context;
	const bool stays = !requests_quitting(s->requests); /* else 'login --if-needed' waits, and logs in anew */

	state_show(&s->state, uplink_ready(s->uplink) && stays, m);
	m->u.state.unread = store_unread(s->store);
	m->u.state.notes = store_notes(s->store);
	m->u.state.last = store_newest(s->store);
}

static bool
client_ask(void *context, uint32_t client, const struct upstream_message *m)
{
	const struct session *s = context;

	return requests_ask(s->requests, client, m);
}

static int
client_take_notes(void *context, bool take)
{
	return life_take_notes(context, take);
}

static void
client_find_note(void *context, uint32_t client, uint64_t id)
{
	const struct session *s = context;
	struct control_message m = { .type = CONTROL_RECORD, .u.record.type = RECORD_NOTE };
	struct control_client *c = client_of(s, client);
	struct store_writer w;
	const int r = store_find_writer(s->store, id, &w);

	m.u.record.id = w.id;
	m.u.record.peer = w.peer;
	if (r < 0)
		control_client_outcome(c, VERDICT_STORAGE, NULL);
	else if (r == 0)
		control_client_outcome(c, VERDICT_NOTHING, NULL);
	else if (w.other_unread)
		control_client_outcome(c, VERDICT_USAGE, NULL);
	else
		control_client_send(c, &m);
}

static void
client_tell(void *context, uint32_t client, const struct tell *t)
{
	const struct session *s = context;

	notes_out_tell(s->notes_out, client, t);
}

static void
client_offer(void *context, uint32_t client, const struct offer *o)
{
	const struct session *s = context;
	const struct offer_word w = { .msgid = o->msgid, .verdict = VERDICT_NO_STREAMS };

	if (s->bridge || (uplink_ready(s->uplink) && !uplink_knows(s->uplink, FEATURE_STREAMS)))
		offers_out_on_told(context, client, &w);
	else
		offers_out_offer(s->offers_out, client, o);
}

static void
client_show_offers(void *context, void (*fn)(const struct record *r, void *fn_context), void *fn_context)
{
	const struct session *s = context;

	offers_in_each(s->offers_in, fn, fn_context);
}

static void
client_accept(void *context, uint32_t client, uint64_t number)
{
	const struct session *s = context;

	offers_in_accept(s->offers_in, client, number);
}

static enum verdict
client_decline(void *context, uint64_t number)
{
	const struct session *s = context;

	return offers_in_decline(s->offers_in, number);
}

static void
client_read(void *context, uint32_t client, const struct control_message *m)
{
	const struct session *s = context;

	reading_read(s->reading, client, m);
}

static void
client_done(void *context, uint32_t client, const struct control_message *m)
{
	const struct session *s = context;

	reading_done(s->reading, client, m);
}

static enum verdict
client_keep_away(void *context, const char *text)
{
	struct session *s = context;

	if (uplink_ready(s->uplink) && !uplink_knows(s->uplink, FEATURE_AWAY))
		return VERDICT_OLD_DAEMON;
	return life_keep_away(s, text) < 0 ? VERDICT_FAILED : VERDICT_OK;
}

static bool
client_held(void *context)
{
	const struct session *s = context;

	return backlog_is_held(s->backlog);
}

static int
client_keep_rules(void *context, const struct policy *policy)
{
	return life_keep_rules(context, policy);
}

static const char *
client_trouble(void *context)
{
	const struct session *s = context;

	if (uplink_ready(s->uplink))
		return NULL;
	return s->bridge && bridge_trouble(s->bridge) ? bridge_trouble(s->bridge) : "";
}

static const char *
client_hopeless(void *context)
{
	const struct session *s = context;

	return s->bridge && !uplink_ready(s->uplink) ? bridge_hopeless(s->bridge) : NULL;
}

static bool
client_connected(void *context)
{
	const struct session *s = context;

	return uplink_ready(s->uplink);
}

void
session_name(const struct session *s, char name[VIA_SESSION_MAX + 1])
{
	struct via via;
	const bool far = s->bridge && via_parse(s->file.via, &via);

	via_join(far ? via.host : "", s->file.name, name);
}

/* The history is read from the disk: what is still in memory has to be there. */
static int
client_history(void *context, int fd, const struct control_message *m)
{
	struct session *s = context;

	inbound_flush(s->inbound);
	sentbox_flush(s->sentbox);
	return life_history(s, fd, m);
}

static void
client_closed(void *context, uint32_t client)
{
	const struct session *s = context;

	listener_forget(s->listener, client);
	outbound_detach(s->outbound, client);
	requests_forget(s->requests, client);
	notes_out_forget(s->notes_out, client);
	offers_out_forget(s->offers_out, client);
	offers_in_forget(s->offers_in, client);
	reading_forget(s->reading, client);
	if (s->end == SESSION_GOES_ON)
		reading_wake(s->reading);
}

static const struct control_client_class client_class = {
	.stirred = client_stirred,
	.messages = client_messages,
	.expect = client_expect,
	.show = client_show,
	.ask = client_ask,
	.take_notes = client_take_notes,
	.find_note = client_find_note,
	.tell = client_tell,
	.offer = client_offer,
	.offers = client_show_offers,
	.accept = client_accept,
	.decline = client_decline,
	.read = client_read,
	.done = client_done,
	.held = client_held,
	.keep_rules = client_keep_rules,
	.trouble = client_trouble,
	.hopeless = client_hopeless,
	.keep_away = client_keep_away,
	.connected = client_connected,
	.history = client_history,
	.closed = client_closed,
};

static struct control_client *
listener_welcome(void *context, int fd, uint32_t client)
{
	struct session *s = context;
	struct control_client *c = control_client_new(&client_class, s, &s->state, s->loop, fd, client);

	if (c)
		outbound_attach(s->outbound, client);
	return c;
}

static const struct listener_class listener_class = { .welcome = listener_welcome };

/* ------------------------------------------------------------------------- its files */

static void
watch_on_gone(void *context, bool uprooted)
{
	struct session *s = context;

	if (s->end != SESSION_GOES_ON)
		return;
	log_notice("the session's files were removed");
	if (uprooted)
		life_uproot(s);
	else
		life_finish(s, SESSION_STOPPED);
}

/* Without its file nobody could reach the session, or end it; all that is in it we know. */
static void
watch_restore(void *context)
{
	const struct session *s = context;
	int r;

	if (s->end != SESSION_GOES_ON)
		return;
	if ((r = session_file_write(&s->rundir, &s->file)) < 0)
		log_error("cannot write the session's file again: %s", strerror(-r));
	else
		log_notice("the session's file was removed, and is written again");
}

static const struct watch_class watch_class = { .gone = watch_on_gone, .restore = watch_restore };

static void
autostart_note(void *context, const char *format, const char *about)
{
	life_note(context, format, about);
}

/* ------------------------------------------------------------------------- as a whole */

bool
session_make(struct session *s)
{
	const struct watch_paths paths = { .folder = s->rundir.path, .name = s->folded, .inbox = s->file.inbox };

	s->state.changed = on_changed;
	s->state.context = s;
	s->autostart = (struct autostart){ .dir = &s->rundir, .file = &s->file, .note = autostart_note, .context = s };
	if (s->file.via[0] && !(s->bridge = bridge_new(&s->file, &s->rundir, s->folded, s->loop)))
		return false;
	s->watch = watch_new(&watch_class, s, s->loop, &paths);
	return (s->sentbox = sentbox_new(s->loop, s->file.inbox)) &&
	    (s->pair = pair_new(&pair_class, s, &s->state, s->loop)) &&
	    (s->uplink = uplink_new(&uplink_class, s, &s->file, &s->state, s->loop)) &&
	    (s->requests = requests_new(&requests_class, s, &s->state, s->loop)) &&
	    (s->outbound = outbound_new(&outbound_class, s)) && (s->notes_in = notes_in_new(&notes_in_class, s)) &&
	    (s->notes_out = notes_out_new(&notes_out_class, s)) &&
	    (s->offers_in = offers_in_new(&offers_in_class, s)) &&
	    (s->offers_out = offers_out_new(&offers_out_class, s, &s->state)) &&
	    (s->backlog = backlog_new(&backlog_class, s)) && (s->inbound = inbound_new(&inbound_class, s, &s->state)) &&
	    (s->reading = reading_new(&reading_class, s)) && (s->listener = listener_new(&listener_class, s, s->loop));
}

void
session_free(struct session *s)
{
	if (s->listener)
		listener_each(s->listener, control_client_free);
	listener_free(s->listener);
	reading_free(s->reading);
	backlog_free(s->backlog);
	inbound_free(s->inbound);
	notes_in_free(s->notes_in);
	notes_out_free(s->notes_out);
	offers_in_free(s->offers_in);
	offers_out_free(s->offers_out);
	outbound_free(s->outbound);
	requests_free(s->requests);
	uplink_free(s->uplink);
	bridge_free(s->bridge);
	pair_free(s->pair);
	sentbox_free(s->sentbox);
	watch_free(s->watch);
}
