#include "session/session.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "core/name.h"
#include "net/loop.h"
#include "net/process.h"
#include "net/socket.h"
#include "net/stream.h"
#include "session/caller.h"
#include "session/inbound.h"
#include "session/outbound.h"
#include "session/reach.h"
#include "session/reader.h"
#include "session/sentbox.h"
#include "session/service.h"
#include "session/store.h"
#include "session/uplink.h"
#include "session/vigil.h"

#define LOCK_WAIT_MS 2000U
#define LOCK_RETRY_MS 5

#define REST_SECONDS 2.

/* ------------------------------------------------------------------------- what happens */

void
session_note(struct session *s, const char *text)
{
	const size_t len = strlen(s->notes);

	if (s->reported)
		log_notice("%s", text);
	else
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

void
session_logged_in(struct session *s)
{
	int r;

	if (s->reported)
		return;
	if ((r = service_open(s->service)) < 0) {
		uplink_farewell(s->uplink); /* the name is free for the next attempt */
		session_refused(s, VERDICT_FAILED, strerror(-r));
		return;
	}
	s->begun = true;
	vigil_watch(s->vigil);
	report(s, "ok");
}

void
session_refused(struct session *s, enum verdict why, const char *words)
{
	char text[600];

	if (s->reported)
		log_error("the session is over: it cannot be taken up again (%d)", (int)why);
	(void)snprintf(text, sizeof(text), "error %d %s", (int)why, words ? words : "");
	report(s, text);
	partner_ended(s, ENDING_GONE);
	session_finish(s, SESSION_OVER);
}

static void
on_login_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	session_refused(w->data, VERDICT_TIMED_OUT, "the daemon did not let us in in time");
}

/* The session is no more: first nobody can start a helper for it, then nobody reaches this one. */
static void
remove_traces(struct session *s)
{
	(void)session_file_remove(&s->rundir, s->file.name);
	s->partner.pair = 0;
	(void)store_keep(s->store, "pair", "", 0);
	(void)store_commit(s->store);
	service_close(s->service, true);
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
		service_close(s->service, false);
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
	vigil_watch(s->vigil);
	partner_keep(s);
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
	service_each(s->service, caller_tell_change);
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

static void
load_policy(struct session *s)
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

/* ------------------------------------------------------------------------- beginning */

/* Fills in words, for a return statement. */
static enum verdict
say(char *words, size_t size, enum verdict v, const char *what, int error)
{
	(void)snprintf(words, size, "%s: %s", what, strerror(-error));
	return v;
}

/* The same for a folder. -EPERM is our own word for one that is not safe to use: then `unsafe` says what to do. */
static enum verdict
say_folder(char *words, size_t size, const char *path, const char *unsafe, int error)
{
	if (error != -EPERM)
		return say(words, size, VERDICT_FAILED, path, error);
	(void)snprintf(words, size, "'%s' %s", path, unsafe);
	return VERDICT_FAILED;
}

static int
make_folders(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
		*p = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int
check_folder(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & 077) && chmod(path, 0700) < 0)
		return -errno;
	return 0;
}

int
session_inbox(const char *folded, char *out, size_t size, bool create)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const struct passwd *pw;
	int n, r;

	if (state && state[0] == '/') {
		n = snprintf(out, size, "%s/pchat/%s", state, folded);
	} else {
		if (!home || home[0] != '/')
			home = (pw = getpwuid(geteuid())) ? pw->pw_dir : "/nonexistent";
		n = snprintf(out, size, "%s/.local/state/pchat/%s", home, folded);
	}
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	if (create && (r = make_folders(out)) < 0)
		return r;
	return check_folder(out);
}

/*
 * A helper that is on its way out, after `quit` or a signal, still holds the lock for a moment: that is waited for.
 * One whose session is there, and that is not to be succeeded, stays.
 */
static int
lock_session(const struct session *s, bool resume)
{
	const uint64_t end = clock_monotonic_ms() + LOCK_WAIT_MS;
	struct session_file file;
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_path(&s->rundir, s->folded, path);
	while ((fd = socket_lock(path, NULL)) == -EWOULDBLOCK && clock_monotonic_ms() < end) {
		if (!resume && session_file_read(&s->rundir, s->folded, &file) == 0)
			break;
		(void)poll(NULL, 0, LOCK_RETRY_MS);
	}
	return fd;
}

static enum verdict
take_lock(struct session *s, bool resume, char *words, size_t size)
{
	s->lock = lock_session(s, resume);
	if (s->lock >= 0)
		return VERDICT_OK;
	if (s->lock != -EWOULDBLOCK)
		return say(words, size, VERDICT_FAILED, "cannot lock the session", s->lock);
	(void)snprintf(words, size, "%s",
	    resume ? "another helper of this session runs already" : "you are logged in under that name already");
	return resume ? VERDICT_STARTING : VERDICT_TAKEN; /* whoever resumes tries the other one again */
}

/* A new login; or an earlier one's going on whose helper died, when it is the same daemon's. */
static enum verdict
new_login(struct session *s, const struct session_start *start, bool *known, char *words, size_t size)
{
	struct session_file *file = &s->file, old;
	int r;

	(void)snprintf(file->name, sizeof(file->name), "%s", start->name);
	file->max_messages = start->max_messages;
	file->max_bytes = start->max_bytes;
	reach_choose(file, start->socket);
	if ((r = session_inbox(s->folded, file->inbox, sizeof(file->inbox), true)) < 0)
		return say_folder(words, size, file->inbox,
		    "belongs to somebody else; set XDG_STATE_HOME to a folder of your own", r);
	*known = session_file_read(&s->rundir, s->folded, &old) == 0 && strcmp(old.socket, file->socket) == 0;
	if (*known)
		file->id = old.id;
	else if ((r = random_ident(&file->id)) < 0)
		return say(words, size, VERDICT_FAILED, "no random numbers", r);
	return VERDICT_OK;
}

static enum verdict
identify(struct session *s, const struct session_start *start, bool *known, char *words, size_t size)
{
	int r;

	if (!start->resume)
		return new_login(s, start, known, words, size);
	*known = true;
	if ((r = session_file_read(&s->rundir, start->name, &s->file)) < 0)
		return say(words, size, VERDICT_NO_SESSION, "there is no such session", r);
	return VERDICT_OK;
}

static enum verdict
open_inbox(struct session *s, char *words, size_t size)
{
	const struct store_limits limits = { s->file.max_messages, s->file.max_bytes };
	char note[STORE_NOTE];
	const int r = store_open(&s->store, s->file.inbox, &limits, note);

	if (r == -EWOULDBLOCK)
		return say(words, size, VERDICT_FAILED, "another helper uses this inbox", r);
	if (r < 0)
		return say(words, size, VERDICT_FAILED, "cannot open the inbox", r);
	if (note[0])
		session_note(s, note);
	load_policy(s);
	return VERDICT_OK;
}

static bool
make_parts(struct session *s)
{
	return (s->sentbox = sentbox_new(s->loop, s->file.inbox)) && (s->uplink = uplink_new(s)) &&
	    (s->outbound = outbound_new(s)) && (s->inbound = inbound_new(s)) && (s->reader = reader_new(s)) &&
	    (s->service = service_new(s));
}

static void
start_watchers(struct session *s, const struct session_start *start)
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
	ev_timer_init(&s->login_timer, on_login_timeout, start->timeout_ms / 1000., 0.);
	s->tell.data = s->rest_timer.data = s->login_timer.data = s;
	session_stir(s);
}

/* An earlier helper's session: commands are served at once, whatever becomes of the daemon. */
static enum verdict
take_up(struct session *s, char *words, size_t size)
{
	int r;

	s->self = (struct peer){ .uid = geteuid() };
	memcpy(s->self.name, s->file.name, sizeof(s->self.name));
	if ((r = service_open(s->service)) < 0)
		return say(words, size, VERDICT_FAILED, "cannot listen for commands", r);
	s->begun = true;
	vigil_watch(s->vigil);
	report(s, "ok");
	return VERDICT_OK;
}

static enum verdict
go_online(struct session *s, const struct session_start *start, bool known, char *words, size_t size)
{
	enum verdict v;
	int r;

	if (known)
		partner_load(s);
	else
		partner_keep(s); /* none: the inbox may remember that of a session whose files were removed */
	if (start->resume && (v = take_up(s, words, size)) != VERDICT_OK)
		return v;
	/* Before the first login: a session must never be there without a way to take it up again. */
	if (!start->resume && (r = session_file_write(&s->rundir, &s->file)) < 0)
		return say(words, size, VERDICT_FAILED, "cannot keep the session", r);
	if (!start->resume && start->timeout_ms > 0)
		ev_timer_start(s->loop, &s->login_timer);
	v = uplink_start(s->uplink, !start->resume, words, size);
	if (v != VERDICT_OK && !known)
		(void)session_file_remove(&s->rundir, s->folded);
	return v;
}

enum verdict
session_begin(struct session *s, const struct session_start *start, char *words, size_t size)
{
	bool known = false;
	enum verdict v;
	int r;

	memset(s, 0, sizeof(*s));
	s->lock = s->rundir.fd = -1;
	name_fold(start->name, s->folded);
	if ((r = rundir_open(&s->rundir, true)) < 0)
		return say_folder(words, size, s->rundir.path,
		    "belongs to somebody else, or others may write to it; remove it, or set XDG_RUNTIME_DIR", r);
	if ((v = take_lock(s, start->resume, words, size)) != VERDICT_OK ||
	    (v = identify(s, start, &known, words, size)) != VERDICT_OK)
		return v;
	s->loop = loop_new();
	if (!s->loop || stream_setup(s->loop) < 0)
		return say(words, size, VERDICT_FAILED, "cannot start", -ENOMEM);
	if ((v = open_inbox(s, words, size)) != VERDICT_OK)
		return v;
	if (!make_parts(s))
		return say(words, size, VERDICT_FAILED, "cannot start", -ENOMEM);
	s->vigil = vigil_new(s);
	start_watchers(s, start);
	return go_online(s, start, known, words, size);
}

void
session_run(struct session *s)
{
	if (s->end == SESSION_GOES_ON)
		(void)ev_run(s->loop, 0);
}

void
session_release(struct session *s)
{
	service_free(s->service);
	uplink_free(s->uplink);
	outbound_free(s->outbound);
	inbound_free(s->inbound);
	reader_free(s->reader);
	sentbox_free(s->sentbox);
	if (s->begun)
		store_close(s->store);
	else
		store_discard(s->store); /* a login that was refused leaves nothing behind */
	vigil_free(s->vigil);
	if (s->loop)
		ev_loop_destroy(s->loop);
	if (s->lock >= 0)
		(void)close(s->lock);
	rundir_close(&s->rundir);
}
