#include "session/begin.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/translate.h"
#include "core/names/name.h"
#include "net/endpoint.h"
#include "net/loop.h"
#include "net/process.h"
#include "net/random.h"
#include "net/socket.h"
#include "net/stream.h"
#include "net/whereabouts.h"
#include "session/kept.h"
#include "session/life.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/store.h"
#include "session/messages/outbound.h"
#include "session/uplink/uplink.h"

#define LOCK_WAIT_MS 2000U
#define LOCK_RETRY_MS 5
#define FILES 24U /* descriptors: what a helper always has open, and a few of its owner's commands at once */

/* Fills in words, for a return statement. */
static enum verdict
say(char *words, size_t size, enum verdict v, const char *what, int error)
{
	(void)snprintf(words, size, "%s: %s", _(what), error_words(-error));
	return v;
}

/*
 * The same for a folder. -EPERM is our own word for one that is not safe to use: then `unsafe` says what to do, of the
 * path; else `cannot`, of the path and of the error.
 */
static enum verdict
say_folder(char *words, size_t size, const char *path, const char *unsafe, const char *cannot, int error)
{
	if (error == -EPERM)
		(void)snprintf(words, size, _(unsafe), path);
	else
		(void)snprintf(words, size, _(cannot), path, error_words(-error));
	return VERDICT_FAILED;
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

/* Somebody who logs in at one daemon may have forgotten a session at another. */
static void
say_taken(const struct session *s, const struct session_start *start, char *words, size_t size)
{
	const char *path = start->via ? NULL : endpoint_path(start->socket);
	struct session_file file;

	if (start->via || session_file_read(&s->rundir, s->folded, &file) < 0 ||
	    strcmp(file.socket, path ? path : "") == 0)
		(void)snprintf(words, size, "%s", _("you are logged in under that name already"));
	else if (!file.socket[0])
		(void)snprintf(words, size, "%s",
		    _("you are logged in under that name already, at your own daemon; quit that session, or take "
		      "another name"));
	else
		(void)snprintf(words, size,
		    _("you are logged in under that name already, at '%s'; quit that session, or take another name"),
		    file.socket);
}

static enum verdict
take_lock(struct session *s, const struct session_start *start, char *words, size_t size)
{
	s->lock = lock_session(s, start->resume);
	if (s->lock >= 0)
		return VERDICT_OK;
	if (s->lock != -EWOULDBLOCK)
		return say(words, size, VERDICT_FAILED, N_("cannot lock the session"), s->lock);
	if (!start->resume) {
		say_taken(s, start, words, size);
		return VERDICT_TAKEN;
	}
	(void)snprintf(words, size, "%s", _("another helper of this session is already running"));
	return VERDICT_STARTING; /* whoever resumes tries the other one again */
}

/* Notes in the file which daemon it is: the one that was named, else the host's, else the user's own. */
static void
choose_daemon(struct session_file *file, const struct session_start *start)
{
	const char *path = endpoint_path(start->socket);

	if (start->via) {
		(void)snprintf(file->via, sizeof(file->via), "%s:%s", start->via->login, start->via->path);
		(void)snprintf(file->agent, sizeof(file->agent), "%s", start->agent ? start->agent : "");
		(void)snprintf(file->socket, sizeof(file->socket), "%s.via", file->base);
		return;
	}
	file->explicit_socket = start->trusted;
	(void)snprintf(file->socket, sizeof(file->socket), "%s", path ? path : "");
}

static int
make_folder(struct session *s, const struct session_start *start)
{
	char folder[NAME_FOLD_MAX + 1];

	name_fold(start->name, folder);
	return session_folder(start->host, folder, s->file.inbox, true);
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
	memcpy(file->base, s->folded, sizeof(s->folded));
	choose_daemon(file, start);
	if ((r = make_folder(s, start)) == -ENOENT && !file->inbox[0])
		return say(words, size, VERDICT_FAILED, N_("no place for the inbox: set HOME or XDG_STATE_HOME"), r);
	if (r < 0)
		return say_folder(words, size, file->inbox,
		    N_("'%s' is not yours, and nothing is made in it; set HOME (sudo -H does) or XDG_STATE_HOME to a "
		       "folder of your own"),
		    N_("'%s' cannot be made or opened: %s; HOME or XDG_STATE_HOME says where it is"), r);
	*known = session_file_read(&s->rundir, s->folded, &old) == 0 && strcmp(old.socket, file->socket) == 0 &&
	    strcmp(old.via, file->via) == 0;
	if (*known)
		file->id = old.id;
	else if ((r = random_ident(&file->id)) < 0)
		return say(words, size, VERDICT_FAILED, N_("no random numbers"), r);
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
		return say(words, size, VERDICT_NO_SESSION, N_("there is no such session"), r);
	return VERDICT_OK;
}

static bool
inbox_in_use(const struct session *s)
{
	struct whereabouts w;

	return whereabouts_read(s->file.inbox, &w) == 0 && w.ended_ms == 0 && whereabouts_helper_runs(s->file.inbox);
}

/*
 * The helper of a session that was in another folder, and has ended, is waited for here as it is in lock_session(), and
 * so is a command that asks what became of a session (whereabouts_tell()). One whose session is there stays.
 */
static int
take_inbox(struct session *s, char note[STORE_NOTE])
{
	const struct store_limits limits = { s->file.max_messages, s->file.max_bytes };
	const uint64_t end = clock_monotonic_ms() + LOCK_WAIT_MS;
	int r;

	while ((r = store_open(&s->store, s->file.inbox, &limits, note)) == -EWOULDBLOCK && !inbox_in_use(s) &&
	    clock_monotonic_ms() < end)
		(void)poll(NULL, 0, LOCK_RETRY_MS);
	return r;
}

static enum verdict
open_inbox(struct session *s, const struct session_start *start, char *words, size_t size)
{
	char note[STORE_NOTE];
	int r = take_inbox(s, note);

	/* A login from another folder that was refused has removed what it found empty. */
	if (r == -ENOENT && !start->resume && make_folder(s, start) == 0)
		r = take_inbox(s, note);
	if (r == -EWOULDBLOCK) {
		if (!whereabouts_tell(s->file.name, s->file.inbox, words, size))
			(void)snprintf(
			    words, size, _("another session of yours has that inbox open: '%s'"), s->file.inbox);
		return VERDICT_TAKEN;
	}
	if (r < 0)
		return say(words, size, VERDICT_FAILED, N_("cannot open the inbox"), r);
	if (note[0])
		life_note(s, "%s", note);
	if ((r = kept_load_policy(s->store, &s->state.policy)) == -EUCLEAN)
		life_note(s, N_("the rules of dnd and block are damaged; set them again"), "");
	if (r == -EUCLEAN)
		r = 0;
	if (r == 0)
		r = kept_load_notes_off(s->store, &s->state.notes_off);
	if (r < 0) /* without them those would get in who are kept out */
		return say(words, size, VERDICT_FAILED, N_("cannot read the rules of dnd and block"), r);
	return VERDICT_OK;
}

/* An earlier helper's session: commands are served at once, whatever becomes of the daemon. */
static enum verdict
take_up(struct session *s, char *words, size_t size)
{
	int r;

	s->state.self = (struct peer){ .uid = geteuid() };
	memcpy(s->state.self.name, s->file.name, sizeof(s->state.self.name));
	if ((r = life_serve(s)) < 0)
		return say(words, size, VERDICT_FAILED, N_("cannot listen for commands"), r);
	return VERDICT_OK;
}

/* For whoever does not find the session. It goes without: a disk that is full, say. */
static void
keep_whereabouts(const struct session *s)
{
	struct whereabouts w = { .ended_ms = 0 };

	(void)snprintf(w.runtime, sizeof(w.runtime), "%s", s->rundir.path);
	whereabouts_boot(w.boot);
	(void)!whereabouts_write(s->file.inbox, &w);
}

/* A new session has none: the inbox may remember that of one whose files were removed. */
static void
restore_pair(struct session *s, bool known)
{
	struct partner *p = &s->state.partner;
	int r;

	kept_load_away(s->store, s->state.away);
	if (!known) {
		/* Before its file is there: from then on whoever takes the session up believes what is kept. */
		if ((r = kept_no_pair(s->store)) < 0)
			log_error("cannot forget the pair of the session before this one: %s", strerror(-r));
		if (s->state.away[0] && life_keep_away(s, "") < 0) /* that was another session */
			log_error("cannot forget that the session before this one was away");
		return;
	}
	kept_load_pair(s->store, p);
	outbound_remember(s->outbound, p->pair, p->peer.name);
}

/* The daemon is told of us; whoever logs in is told why when it cannot be reached. */
static enum verdict
connect_daemon(struct session *s, const struct session_start *start, char *words, size_t size)
{
	char why[UPLINK_WHY];
	int r;

	s->wait_ms = start->resume ? 0 : start->wait_ms;
	if ((r = uplink_start(s->uplink, !start->resume, why)) == 0)
		return VERDICT_OK;
	if (s->bridge)
		(void)snprintf(words, size, "ssh cannot be started: %s", error_words(-r));
	else
		autostart_words(&s->autostart, r, why, words, size);
	return VERDICT_NO_DAEMON;
}

static enum verdict
go_online(struct session *s, const struct session_start *start, bool known, char *words, size_t size)
{
	enum verdict v;
	int r;

	restore_pair(s, known);
	if (start->resume && (v = take_up(s, words, size)) != VERDICT_OK)
		return v;
	/* Before the first login: a session must never be there without a way to take it up again. */
	if (!start->resume && (r = session_file_write(&s->rundir, &s->file)) < 0)
		return say(words, size, VERDICT_FAILED, N_("cannot keep the session"), r);
	ev_now_update(s->loop); /* an inbox that was damaged takes its time */
	if (!start->resume && start->timeout_ms > 0)
		ev_timer_start(s->loop, &s->login_timer);
	keep_whereabouts(s);
	v = connect_daemon(s, start, words, size);
	if (v != VERDICT_OK && !known) {
		(void)session_file_remove(&s->rundir, s->folded);
		whereabouts_remove(s->file.inbox);
	}
	return v;
}

/*
 * The folder where the session is already, else the first that can be used for a new one. The last of them lies on a
 * disk, and other hosts may see it: that is told.
 */
static enum verdict
find_place(struct session *s, const struct session_start *start, char *words, size_t size)
{
	int r = session_file_find(&s->rundir, RUNDIR_PLACES, start->host, s->folded);

	if (r < 0 && start->resume)
		return say(words, size, VERDICT_NO_SESSION, N_("there is no such session"), r);
	if (r < 0 && (r = rundir_make(&s->rundir, start->host)) < 0)
		return say_folder(words, size, s->rundir.path,
		    N_("'%s' is not yours, or others may write to it; set XDG_RUNTIME_DIR to a folder of your own"),
		    N_("'%s' cannot be made or opened: %s; XDG_RUNTIME_DIR says where it is"), r);
	rundir_hold(&s->rundir);
	if (!start->resume && s->rundir.place == RUNDIR_STATE)
		life_note(s, N_("no runtime folder can be used: the session lives in '%s'"), s->rundir.path);
	return VERDICT_OK;
}

enum verdict
begin_session(struct session *s, const struct session_start *start, char *words, size_t size)
{
	bool known = false;
	enum verdict v;
	int r;

	*s = (struct session){ .lock = -1, .rundir.fd = -1, .report = start->report };
	name_file(start->name, s->folded);
	/* One that had too few would log in, and then not be able to answer. */
	if ((r = process_room(FILES)) < 0) {
		(void)snprintf(words, size, _("a session needs %u more open files: %s; 'ulimit -n' shows the limit"),
		    FILES, error_words(-r));
		return VERDICT_FAILED;
	}
	if ((v = find_place(s, start, words, size)) != VERDICT_OK ||
	    (v = take_lock(s, start, words, size)) != VERDICT_OK ||
	    (v = identify(s, start, &known, words, size)) != VERDICT_OK)
		return v;
	s->loop = loop_new();
	if (!s->loop)
		return say(words, size, VERDICT_FAILED, N_("cannot start"), -errno);
	if (stream_setup(s->loop) < 0)
		return say(words, size, VERDICT_FAILED, N_("cannot start"), -ENOMEM);
	if ((v = open_inbox(s, start, words, size)) != VERDICT_OK)
		return v;
	if (!session_make(s))
		return say(words, size, VERDICT_FAILED, N_("cannot start"), -ENOMEM);
	life_watch(s, start->timeout_ms);
	return go_online(s, start, known, words, size);
}

/* Where there is no session of that name, nobody needs its lock. */
static void
release_lock(struct session *s)
{
	char path[RUNDIR_PATH_MAX];
	struct session_file file;

	if (s->lock < 0)
		return;
	rundir_path(&s->rundir, s->folded, path);
	if (session_file_read(&s->rundir, s->folded, &file) != -ENOENT)
		(void)close(s->lock);
	else
		socket_lock_remove(path, s->lock);
}

/* A login that was refused leaves nothing behind. */
void
begin_undo(struct session *s)
{
	session_free(s);
	if (s->begun)
		store_close(s->store);
	else
		store_discard(s->store);
	if (s->loop) {
		stream_teardown(s->loop);
		ev_loop_destroy(s->loop);
	}
	release_lock(s);
	rundir_close(&s->rundir);
}
