/* How a session goes on and ends: what its parts tell it, and what the passing of time asks for. */
#ifndef PCHAT_SESSION_LIFE_H
#define PCHAT_SESSION_LIFE_H

#include "base/macros.h"
#include "core/verdict.h"
#include "session/session.h"

struct control_message;

/*
 * Sets up the timers and watchers. A login that takes longer than `login_ms` is given up, once s->login_timer is
 * started.
 */
void life_watch(struct session *s, unsigned login_ms);

/* Runs the loop until the session or this helper ends; s->end says which. */
void life_run(struct session *s);

/*
 * A note for people: into the log and, while the helper starts, translated into its start report. `format` holds at
 * most one %s, for `about`. Both must be safe on a terminal.
 */
void life_note(struct session *s, const char *format, const char *about);

/* Begins to serve commands, and reports "ok" to whoever started the helper. 0 or -errno. */
MUST_USE int life_serve(struct session *s);

/* The daemon has let the session in: serves commands, unless that has begun before. */
void life_logged_in(struct session *s);

/*
 * The daemon refuses the session, which ends it. `words`, an untranslated sentence, say why; NULL: those of `why`. They
 * go to whoever started the helper, or, once commands were served, to the log and to the next command that looks for
 * the session.
 */
void life_refused(struct session *s, enum verdict why, const char *words);

/*
 * Ends the loop, the first time that it is called. Clients are told; with SESSION_OVER the session's files are removed.
 */
void life_finish(struct session *s, enum session_end end);

/* The session's folder was removed, so no command can find it: ends the session, and leaves word why in the inbox. */
void life_uproot(struct session *s);

/*
 * The inbox failed with this -errno. -EUCLEAN: it is damaged, and a new one takes its place, unless that was tried a
 * short while ago. -ESTALE: another helper has taken it over, and this one ends. Nothing is done about other errors.
 */
void life_damaged(struct session *s, int error);

/* Keeps new rules in the inbox, then makes them the session's. 0; or -errno, and the old ones stay. */
MUST_USE int life_keep_rules(struct session *s, const struct policy *policy);

/* The same for whether notes are taken. 0 or -errno. */
MUST_USE int life_take_notes(struct session *s, bool take);

/* The same for why the owner is away; "": he is not. 0 or -errno. */
MUST_USE int life_keep_away(struct session *s, const char *text);

/* Something happened: puts the next rest off. A rest tidies up, when nothing has happened for 2 s. */
void life_stir(struct session *s);

/* The state has changed: clients that watch it are told at the end of this turn of the loop. */
void life_changed(struct session *s);

/*
 * Starts a process that forgets what a client asks for, or reads the history for it (history_spawn()); while one
 * forgets, what arrives waits. 0 or -errno.
 */
MUST_USE int life_history(struct session *s, int connection, const struct control_message *request);

#endif
