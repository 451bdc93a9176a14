#include "session/session.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/process.h"
#include "net/whereabouts.h"
#include "session/control/client.h"
#include "session/control/listener.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"
#include "session/uplink/uplink.h"
#include "session/watch.h"

#define REST_SECONDS 2.

/* ------------------------------------------------------------------------- what happens */

void
session_note(struct session *s, const char *text)
{
	const size_t len = strlen(s->notes);

	log_notice("%s", text);
	if (!s->reported) /* whoever waits for the report may not wait so long: it stands in the log as well */
		(void)snprintf(s->notes + len, sizeof(s->notes) - len, "note: %s\n", text);
}

static void
report(struct session *s, const char *last)
{
	char text[sizeof(s->notes) + 640];

	if (s->reported)
		return;
	s->reported = true;
	ev_timer_stop(s->loop, &s->login_timer);
	(void)snprintf(text, sizeof(text), "%s%s\n", s->notes, last);
	process_report(text);
}

int
session_serve(struct session *s)
{
	const int r = listener_open(s->listener);

	if (r < 0)
		return r;
	s->begun = true;
	watch_renew(s->watch);
	report(s, "ok");
	return 0;
}

void
session_logged_in(struct session *s)
{
	int r;

	if (s->reported || (r = session_serve(s)) == 0)
		return;
	uplink_farewell(s->uplink); /* the name is free for the next attempt */
	session_refused(s, VERDICT_FAILED, strerror(-r));
}

void
session_refused(struct session *s, enum verdict why, const char *words)
{
	char text[600];

	if (s->reported)
		log_error("the session is over: it cannot be taken up again (%d)", (int)why);
	(void)snprintf(text, sizeof(text), "error %d %s", (int)why, words ? words : "");
	pair_ended(s, ENDING_GONE);
	session_finish(s, SESSION_OVER);
	report(s, text); /* when nothing is left: the next attempt may follow at once */
}

static void
on_login_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct session *s = w->data;

	(void)loop, (void)revents;
	uplink_farewell(s->uplink); /* or the name would be held, for nobody, as soon as the daemon goes on */
	session_refused(s, VERDICT_TIMED_OUT, "the daemon did not let us in in time");
}

/* The session is no more: first nobody can start a helper for it, then nobody reaches this one. */
static void
remove_traces(struct session *s)
{
	(void)session_file_remove(&s->rundir, s->file.name);
	whereabouts_remove(s->file.inbox);
	s->partner.pair = 0;
	(void)store_keep(s->store, "pair", "", 0);
	(void)store_commit(s->store);
	listener_close(s->listener, true);
}

void
session_finish(struct session *s, enum session_end end)
{
	if (s->end != SESSION_GOES_ON)
		return;
	s->end = end;
	ev_break(s->loop, EVBREAK_ALL);
	if (end == SESSION_OVER)
		remove_traces(s);
	else
		listener_close(s->listener, false);
}

void
session_damaged(struct session *s, int error)
{
	char note[STORE_NOTE];
	int r;

	if (error == -ESTALE) {
		log_error("another helper took this session over");
		session_finish(s, SESSION_REPLACED);
	}
	if (error != -EUCLEAN)
		return;
	r = store_renew(s->store, note);
	if (note[0])
		session_note(s, note);
	if (r < 0) {
		log_error("cannot begin a new inbox: %s", strerror(-r));
		session_finish(s, SESSION_STOPPED);
		return;
	}
	watch_renew(s->watch);
	pair_keep(s);
	if (session_keep_policy(s, &s->policy) < 0)
		log_error("cannot keep the rules in the new inbox");
}

static void
on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	session_finish(w->data, SESSION_STOPPED);
}

static void
on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct session *s = w->data;

	(void)revents;
	ev_timer_stop(loop, w);
	sentbox_rest(s->sentbox);
	store_rest(s->store);
	(void)malloc_trim(0);
}

void
session_stir(struct session *s)
{
	ev_timer_again(s->loop, &s->rest_timer);
}

static void
on_tell(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct session *s = w->data;

	(void)revents;
	ev_prepare_stop(loop, w);
	listener_each(s->listener, control_client_tell_change);
}

void
session_changed(struct session *s)
{
	if (s->end == SESSION_GOES_ON)
		ev_prepare_start(s->loop, &s->tell);
}

void
session_state(const struct session *s, struct control_message *m)
{
	const struct partner *p = &s->partner;
	const bool ready = uplink_ready(s->uplink);

	m->u.state.self = s->self;
	memset(&m->u.state.partner, 0, sizeof(m->u.state.partner));
	if (p->pair)
		m->u.state.partner = p->peer;
	m->u.state.pair = p->pair;
	m->u.state.state = (uint8_t)(!ready ? WHO_RECONNECTING : p->pair ? WHO_PAIRED : WHO_FREE);
	m->u.state.daemon = ready ? DAEMON_CONNECTED : DAEMON_RECONNECTING;
	m->u.state.last_end = p->last_end;
	m->u.state.partner_online = p->pair && p->online;
	m->u.state.dnd = s->policy.dnd;
	m->u.state.unread = store_unread(s->store);
	m->u.state.last = store_newest(s->store);
}

void
session_watch(struct session *s, unsigned login_ms)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		ev_signal_init(&s->signal[i], on_signal, signals[i]);
		s->signal[i].data = s;
		ev_signal_start(s->loop, &s->signal[i]);
	}
	ev_prepare_init(&s->tell, on_tell);
	ev_init(&s->rest_timer, on_rest);
	s->rest_timer.repeat = REST_SECONDS;
	ev_timer_init(&s->login_timer, on_login_timeout, login_ms / 1000., 0.);
	s->tell.data = s->rest_timer.data = s->login_timer.data = s;
	session_stir(s);
}

/* ------------------------------------------------------------------------- rules */

#define POLICY_KEY "policy"

int
session_keep_policy(struct session *s, const struct policy *policy)
{
	static struct upstream_message m = { .type = UPSTREAM_POLICY };
	uint8_t frame[FRAME_MAX];
	int r;

	m.u.policy = *policy;
	if ((r = store_keep(s->store, POLICY_KEY, frame, upstream_encode(&m, frame, sizeof(frame)))) == 0)
		r = store_commit(s->store);
	else
		(void)store_commit(s->store);
	if (r != 0)
		return r < 0 ? r : -EIO;
	s->policy = *policy;
	session_changed(s);
	return 0;
}

void
session_load_policy(struct session *s)
{
	static struct upstream_message m;
	static uint8_t frame[FRAME_MAX];
	const ssize_t n = store_kept(s->store, POLICY_KEY, frame, sizeof(frame));
	struct frame f;

	if (n > 0 && frame_parse(frame, (size_t)n, &f) == n && upstream_decode(&f, &m) == 0 &&
	    m.type == UPSTREAM_POLICY)
		s->policy = m.u.policy;
	else if (n != 0)
		session_note(s, "the rules of dnd and block could not be read; set them anew");
}

/* ------------------------------------------------------------------------- the loop */

void
session_run(struct session *s)
{
	if (s->end == SESSION_GOES_ON)
		(void)ev_run(s->loop, 0);
}
