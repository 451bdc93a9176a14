/* How a session goes on, and how it ends. */
#ifndef PCHAT_SESSION_LIFE_H
#define PCHAT_SESSION_LIFE_H

#include "base/macros.h"
#include "core/verdict.h"
#include "session/session.h"

/* Starts the watchers; a login that takes longer than `login_ms` will be given up once its timer is started. */
void life_watch(struct session *s, unsigned login_ms);

/* Serves until the session or this helper ends. */
void life_run(struct session *s);

/* A line for the report of a helper that starts, translated, and for the log of one that runs: `format` holds one %s, or none. Safe text. */
void life_note(struct session *s, const char *format, const char *about);

/* From now on commands are served, and whoever waits for that is told. 0 or -errno. */
MUST_USE int life_serve(struct session *s);

/* The daemon let us in. */
void life_logged_in(struct session *s);

/* The daemon did not: tells whoever waits for it, or, later, ends the session. Words may be NULL. */
void life_refused(struct session *s, enum verdict why, const char *words);

/* Ends the loop; everybody is told, as `end` asks for. */
void life_finish(struct session *s, enum session_end end);

/* The session's folder was removed: no command can find it again. Its owner learns why. */
void life_uproot(struct session *s);

/* The inbox answered with an error: a damaged one is replaced, one that another helper took over ends us. */
void life_damaged(struct session *s, int error);

/* New rules: kept with the inbox, then ours. 0 or -errno. */
MUST_USE int life_keep_rules(struct session *s, const struct policy *policy);

/* Whether notes are taken from now on: kept likewise. 0 or -errno. */
MUST_USE int life_take_notes(struct session *s, bool take);

/* Away from now on, or with "" no longer: kept likewise. 0 or -errno. */
MUST_USE int life_keep_away(struct session *s, const char *text);

/* Something happened: the next rest is put off. */
void life_stir(struct session *s);

/* The state changed: whoever watches is told at the end of this turn. */
void life_changed(struct session *s);

#endif
