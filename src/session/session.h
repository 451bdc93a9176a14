/*
 * One login: what the parts of the helper share. Each part keeps its own state
 * to itself; they meet here.
 *
 *     command --client--> outbound --uplink--> pchatd --uplink--> inbound --> store
 *                 |                                                  |
 *                 +------------ reading <----------------------------+
 */
#ifndef PCHAT_SESSION_SESSION_H
#define PCHAT_SESSION_SESSION_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/name.h"
#include "core/policy.h"
#include "net/session_file.h"
#include "proto/control.h"

struct store;
struct sentbox;
struct uplink;
struct outbound;
struct inbound;
struct reading;
struct listener;
struct watch;

/* The pair, as far as the daemon has told us. */
struct partner {
	uint64_t pair; /* 0: none */
	bool online;
	struct peer peer;
	uint8_t last_end; /* enum ending of the latest pair, when there is none */
};

enum session_end {
	SESSION_GOES_ON,
	SESSION_STOPPED,  /* this helper ends; another one may take the session up */
	SESSION_REPLACED, /* another one has */
	SESSION_OVER,     /* quit, or its name is somebody else's now */
};

struct session {
	struct ev_loop *loop;
	struct rundir rundir;
	struct session_file file;
	char folded[NAME_FILE_MAX + 1]; /* what its files are called: name_file() */
	int lock;
	bool reported;    /* whoever started us knows how it went */
	bool begun;       /* commands were served: there was a session */
	char notes[1024]; /* for the report: lines "note: ..." */
	enum session_end end;

	struct peer self;
	struct partner partner;
	struct policy policy;

	struct store *store;
	struct sentbox *sentbox;
	struct uplink *uplink;
	struct outbound *outbound;
	struct inbound *inbound;
	struct reading *reading;
	struct listener *listener;
	struct watch *watch;
	ev_signal signal[3];
	ev_timer login_timer; /* until we are let in */
	ev_timer rest_timer;  /* when nothing has happened for a while */
	ev_prepare tell;      /* runs in a turn that changed the state */
};

/* How a session is to begin. */
struct session_start {
	const char *name;
	bool resume;        /* an earlier helper's session goes on; what follows is in its file */
	const char *socket; /* NULL: the host's, else the user's own */
	bool trusted;       /* the user named the socket by --socket: whoever listens there is trusted */
	uint64_t max_messages, max_bytes;
	unsigned timeout_ms; /* of a login */
	unsigned wait_ms;    /* for a daemon that is not there */
};

/*
 * Takes the locks, opens the inbox, finds the daemon, and connects (begin.c). Returns OK, or why not, with
 * words; then session_release() all the same.
 */
MUST_USE enum verdict session_begin(struct session *s, const struct session_start *start, char *words, size_t size);

void session_release(struct session *s);

/* Starts the watchers; a login that takes longer than `login_ms` will be given up once its timer is started. */
void session_watch(struct session *s, unsigned login_ms);

/* Serves until the session or this helper ends. */
void session_run(struct session *s);

/* From now on commands are served, and whoever waits for that is told. 0 or -errno. */
MUST_USE int session_serve(struct session *s);

/* The daemon let us in. */
void session_logged_in(struct session *s);

/* The daemon did not: tells whoever waits for it, or, later, ends the session. */
void session_refused(struct session *s, enum verdict why, const char *words);

/* Ends the loop; everybody is told, as `end` asks for. */
void session_finish(struct session *s, enum session_end end);

/* A line for the report of a helper that starts, and for the log of one that runs. Safe text. */
void session_note(struct session *s, const char *text);

/* What STATUS shows; and: it changed, whoever watches is told at the end of this turn. */
void session_state(const struct session *s, struct control_message *m);
void session_changed(struct session *s);

/* The inbox answered with an error: a damaged one is replaced, one that another helper took over ends us. */
void session_damaged(struct session *s, int error);

/* A new policy: kept with the inbox, then ours. 0 or -errno. And the one that was kept. */
MUST_USE int session_keep_policy(struct session *s, const struct policy *policy);
void session_load_policy(struct session *s);

/* Something happened: the next rest is put off. */
void session_stir(struct session *s);

/* Changes of the pair, as told by the daemon (pair.c). Events are recorded with the next inbound_flush(). */
void pair_load(struct session *s); /* what the inbox remembers of the pair */
void pair_keep(struct session *s); /* puts that into the open transaction of the inbox */
void pair_paired(struct session *s, const struct upstream_message *m, bool asked);
void pair_ended(struct session *s, enum ending how);
void pair_left(struct session *s); /* by our own wish */
void pair_lost(struct session *s);
void pair_back(struct session *s, uint32_t epoch);

#endif
