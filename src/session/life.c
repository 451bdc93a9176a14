#include "session/life.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/translate.h"
#include "net/report.h"
#include "net/whereabouts.h"
#include "proto/status.h"
#include "session/control/client.h"
#include "session/control/listener.h"
#include "session/control/reading.h"
#include "session/history/history_spawn.h"
#include "session/kept.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"
#include "session/messages/backlog.h"
#include "session/messages/inbound.h"
#include "session/messages/outbound.h"
#include "session/messages/pair.h"
#include "session/uplink/requests.h"
#include "session/uplink/uplink.h"
#include "session/watch.h"

#define REST_SECONDS 2.    /* after the latest event */
#define RENEW_MS 10000U    /* between attempts to begin a new inbox, each of which reads all of the old one */
#define IDLE_SECONDS 3600. /* and then again and again: the mailbox forgets what is too old */

/* ------------------------------------------------------------------------- the beginning */

void
life_note(struct session *s, const char *format, const char *about)
{
	char text[PATH_MAX + 256];

	(void)snprintf(text, sizeof(text), format, about);
	log_notice("%s", text);
	(void)snprintf(text, sizeof(text), _(format), _(about));
	if (s->report) /* whoever waits for the report may not wait so long: it stands in the log as well */
		report_add_note(s->notes, sizeof(s->notes), text);
}

static void
report(struct session *s, enum verdict v, const char *words)
{
	char text[REPORT_SIZE];

	if (!s->report)
		return;
	ev_timer_stop(s->loop, &s->login_timer);
	(void)snprintf(text, sizeof(text), "%s", s->notes);
	report_add_end(text, sizeof(text), v, words);
	s->report(text);
	s->report = NULL;
}

/* The session ended against its owner's will: the next command that looks for it says why. */
static void
leave_word(const struct session *s, const char *why)
{
	struct whereabouts w = { .ended_ms = clock_wall_ms() };

	(void)snprintf(w.runtime, sizeof(w.runtime), "%s", s->rundir.path);
	(void)snprintf(w.why, sizeof(w.why), "%s", why);
	whereabouts_boot(w.boot);
	(void)!whereabouts_write(s->file.inbox, &w);
}

int
life_serve(struct session *s)
{
	const int r = listener_open(s->listener, &s->rundir, s->folded);

	if (r < 0)
		return r;
	s->begun = true;
	watch_renew(s->watch);
	report(s, VERDICT_OK, "");
	return 0;
}

void
life_logged_in(struct session *s)
{
	char words[128];
	int r;

	if (!s->report)
		return;
	if ((r = life_serve(s)) == 0) {
		store_tidy(s->store); /* nobody waits for us now */
		return;
	}
	uplink_farewell(s->uplink); /* the name is free for the next attempt */
	(void)snprintf(words, sizeof(words), _("cannot listen for commands: %s"), error_words(-r));
	life_refused(s, VERDICT_FAILED, words);
}

void
life_refused(struct session *s, enum verdict why, const char *words)
{
	const bool begun = !s->report;

	if (begun)
		log_error("the session is over: %s", words ? words : status_words(why));
	pair_over(s->pair);
	life_finish(s, SESSION_OVER);
	if (begun)
		leave_word(s, words ? words : status_words(why));
	report(s, why, words ? _(words) : ""); /* when nothing is left: the next attempt may follow at once */
}

static void
on_login_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct session *s = w->data;

	(void)loop, (void)revents;
	uplink_farewell(s->uplink); /* or the name would be held, for nobody, as soon as the daemon goes on */
	life_refused(s, VERDICT_TIMED_OUT,
	    s->bridge ? N_("the daemon of the other host was not reached in time; 'ssh HOST true' shows whether ssh "
			   "gets there")
		      : N_("the daemon took too long to let us in"));
}

/* ------------------------------------------------------------------------- the end */

/* The session is no more: first nobody can start a helper for it, then nobody reaches this one. */
static void
remove_traces(struct session *s)
{
	(void)session_file_remove(&s->rundir, s->folded);
	whereabouts_remove(s->file.inbox);
	s->state.partner.pair = 0;
	kept_pair(s->store, &s->state.partner);
	(void)store_commit(s->store);
}

static void
let_go(struct control_client *c)
{
	control_client_bye(c, BYE_STOPPING);
}

static void
stop_waiting(struct session *s, ev_io *w)
{
	if (!ev_is_active(w))
		return;
	ev_io_stop(s->loop, w);
	(void)close(w->fd);
}

static bool
is_forgetting(const struct session *s)
{
	for (size_t i = 0; i < FORGETTING; i++)
		if (ev_is_active(&s->forgetting[i]))
			return true;
	return false;
}

/* What waited while the inbox was held goes into the open transaction. */
static void
store_waiting(struct session *s)
{
	backlog_hold(s->backlog, false);
	if (s->pair_unkept)
		kept_pair(s->store, &s->state.partner);
	s->pair_unkept = false;
}

/*
 * What waits for a process that forgets, but for what its senders repeat, or know to be refused: nobody is served any
 * more, so it may take the moment for which one who writes waits for another.
 */
static void
last_words(struct session *s)
{
	if (!backlog_is_held(s->backlog))
		return;
	store_be_held(s->store, false);
	if (s->end == SESSION_REPLACED)
		return;
	backlog_reset(s->backlog);
	store_waiting(s);
	reading_settle(s->reading);
	(void)store_commit(s->store);
}

void
life_finish(struct session *s, enum session_end end)
{
	if (s->end != SESSION_GOES_ON)
		return;
	s->end = end;
	for (size_t i = 0; i < FORGETTING; i++)
		stop_waiting(s, &s->forgetting[i]);
	last_words(s);
	ev_break(s->loop, EVBREAK_ALL);
	uplink_stop(s->uplink);
	if (end == SESSION_OVER)
		remove_traces(s);
	listener_close(s->listener);
	if (end == SESSION_OVER) {
		reading_end(s->reading);
		requests_over(s->requests);
	}
	listener_each(s->listener, let_go);
}

void
life_uproot(struct session *s)
{
	const struct peer self = s->state.self;

	log_error(
	    "the session ends: its folder '%s' was removed, as at a last logout without lingering", s->rundir.path);
	backlog_event(s->backlog, RECORD_ENDED, &self);
	(void)store_commit(s->store);
	uplink_farewell(s->uplink);
	life_finish(s, SESSION_OVER);
	leave_word(s, N_("its folder was removed, as at a last logout (see LOGGING OUT in pchat(1))"));
}

/* ------------------------------------------------------------------------- the inbox */

void
life_damaged(struct session *s, int error)
{
	char note[STORE_NOTE];
	int r;

	if (error == -ESTALE) {
		log_error("another helper took this session over");
		life_finish(s, SESSION_REPLACED);
	}
	if (error != -EUCLEAN || clock_monotonic_ms() < s->renew_at)
		return;
	r = store_renew(s->store, note);
	if (note[0])
		life_note(s, "%s", note);
	/* A disk that fails looks damaged, too: the session goes on, and takes messages when the disk does. */
	if (r < 0) {
		log_error("cannot begin a new inbox: %s", strerror(-r));
		s->renew_at = clock_monotonic_ms() + RENEW_MS;
		return;
	}
	watch_renew(s->watch);
	kept_pair(s->store, &s->state.partner);
	if (life_keep_rules(s, &s->state.policy) < 0)
		log_error("cannot keep the rules in the new inbox");
	if (life_take_notes(s, !s->state.notes_off) < 0)
		log_error("cannot keep in the new inbox whether notes are taken");
	if (s->state.away[0] && kept_away(s->store, s->state.away) < 0)
		log_error("cannot keep in the new inbox that its owner is away");
}

int
life_keep_rules(struct session *s, const struct policy *policy)
{
	const int r = kept_policy(s->store, policy);

	if (r < 0)
		return r;
	s->state.policy = *policy;
	state_changed(&s->state);
	return 0;
}

int
life_take_notes(struct session *s, bool take)
{
	const int r = kept_notes_off(s->store, !take);

	if (r < 0)
		return r;
	s->state.notes_off = !take;
	state_changed(&s->state);
	return 0;
}

int
life_keep_away(struct session *s, const char *text)
{
	const int r = kept_away(s->store, text);

	if (r < 0)
		return r;
	(void)snprintf(s->state.away, sizeof(s->state.away), "%s", text);
	state_changed(&s->state);
	return 0;
}

/* ------------------------------------------------------------------------- meanwhile */

/* Another process has the inbox: what has to be stored waits, in memory, and nobody waits for it in the loop. */
static void
hold(struct session *s)
{
	inbound_flush(s->inbound);
	store_be_held(s->store, true);
	sentbox_be_held(s->sentbox, true);
	backlog_hold(s->backlog, true);
}

static void
release(struct session *s)
{
	store_be_held(s->store, false);
	sentbox_be_held(s->sentbox, false);
	store_waiting(s);
	inbound_flush(s->inbound);
	if (s->end != SESSION_GOES_ON)
		return;
	reading_go_on(s->reading);
	outbound_go_on(s->outbound);
	listener_each(s->listener, control_client_go_on);
	state_changed(&s->state);
}

/* Nothing is ever written there: it is the end. */
static void
on_forgotten(struct ev_loop *loop, ev_io *w, int revents)
{
	struct session *s = w->data;

	(void)loop, (void)revents;
	stop_waiting(s, w);
	if (!is_forgetting(s))
		release(s);
}

static ev_io *
unused_watcher(struct session *s)
{
	for (size_t i = 0; i < FORGETTING; i++)
		if (!ev_is_active(&s->forgetting[i]))
			return &s->forgetting[i];
	return NULL;
}

/* What a process that forgets was started with: it is waited for; or, after a failure, for nobody. */
static int
await_forgotten(struct session *s, ev_io *w, int result, int ended)
{
	if (result == 0) {
		ev_io_set(w, ended, EV_READ);
		ev_io_start(s->loop, w);
	} else if (!is_forgetting(s)) {
		release(s);
	}
	return result;
}

int
life_history(struct session *s, int connection, const struct control_message *request)
{
	ev_io *w = unused_watcher(s);
	char name[VIA_SESSION_MAX + 1];
	int ended, r;

	session_name(s, name);
	if (request->type == CONTROL_FORGET && !w)
		return -EAGAIN;
	if (request->type == CONTROL_FORGET) {
		hold(s);
		r = history_spawn(name, connection, request, &ended);
		return await_forgotten(s, w, r, ended);
	}
	if ((r = history_spawn(name, connection, request, &ended)) == 0)
		(void)close(ended);
	return r;
}

/* What the rule of the inbox does not keep. It may take long: what arrives meanwhile waits, nothing else does. */
static void
forget_beside(struct session *s)
{
	char name[VIA_SESSION_MAX + 1];
	int ended, r;

	session_name(s, name);
	hold(s);
	r = history_spawn_forget(name, &ended);
	if (await_forgotten(s, &s->forgetting[0], r, ended) < 0)
		log_error("cannot forget what is not to be kept: %s", strerror(-r));
}

static void
on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct session *s = w->data;

	(void)revents;
	w->repeat = IDLE_SECONDS;
	ev_timer_again(loop, w);
	sentbox_rest(s->sentbox);
	store_rest(s->store);
	if (!is_forgetting(s) && store_forget_due(s->store))
		forget_beside(s);
	memory_give_back();
}

void
life_stir(struct session *s)
{
	s->rest_timer.repeat = REST_SECONDS;
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
life_changed(struct session *s)
{
	if (s->end == SESSION_GOES_ON)
		ev_prepare_start(s->loop, &s->tell);
}

void
life_watch(struct session *s, unsigned login_ms)
{
	ev_prepare_init(&s->tell, on_tell);
	ev_init(&s->rest_timer, on_rest);
	for (size_t i = 0; i < FORGETTING; i++) {
		ev_init(&s->forgetting[i], on_forgotten);
		s->forgetting[i].data = s;
	}
	ev_timer_init(&s->login_timer, on_login_timeout, login_ms / 1000., 0.);
	s->tell.data = s->rest_timer.data = s->login_timer.data = s;
	life_stir(s);
}

void
life_run(struct session *s)
{
	if (s->end == SESSION_GOES_ON)
		(void)ev_run(s->loop, 0);
}
