/*
 * A session at another host (login --via): who is meant, what ssh(1) said, and when it is to be tried again.
 * Plain state, no I/O, no clock: times are milliseconds of the caller's monotonic clock.
 */
#ifndef PCHAT_CORE_VIA_H
#define PCHAT_CORE_VIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/names/name.h"

#define VIA_HOST_MAX 64U
#define VIA_LOGIN_MAX 128U /* user@host */
#define VIA_PATH_MAX 107U  /* of a socket */
#define VIA_SESSION_MAX (VIA_HOST_MAX + 1 + NAME_MAX_LEN)
#define VIA_WORDS 256U /* as many as an OUTCOME has */

/* What the user named: [USER@]HOST[:PATH]. */
struct via {
	char login[VIA_LOGIN_MAX + 1]; /* as ssh takes it: [USER@]HOST */
	char user[NAME_MAX_LEN + 1];   /* empty: ssh's own choice, or no session's name */
	char host[VIA_HOST_MAX + 1];   /* in lower case: a folder is called so */
	char path[VIA_PATH_MAX + 1];   /* of the daemon's socket there; empty: the usual one */
};

/* False: it is none. Nothing in it can be an option, a folder above, or be expanded by ssh. */
MUST_USE bool via_parse(const char *text, struct via *out);

/* Whether what goes to `is` goes to `wanted`: the same daemon, and the same user there if one is wanted. */
MUST_USE bool via_matches(const struct via *is, const struct via *wanted);

/*
 * Takes HOST/NAME apart; what is no HOST/NAME is a NAME, with an empty host. The name is only looked for, not looked at.
 * False: what stands before the slash cannot be a host.
 */
MUST_USE bool via_split(const char *text, char host[VIA_HOST_MAX + 1], const char **name);

/* The other way round: HOST/NAME, or of an empty host NAME; each cut to its limit. */
void via_join(const char *host, const char *name, char out[VIA_SESSION_MAX + 1]);

/* The folder in which sessions at other hosts have theirs, below the one where those of this host are. */
#define VIA_FOLDER "via"

/* Whether a folder that is called so can be that of a host. */
MUST_USE bool via_is_host(const char *text);

/* ------------------------------------------------------------------------- when */

enum via_trouble {
	VIA_NONE,
	VIA_AWAY,   /* it may pass by itself: a network, a host that boots */
	VIA_PERSON, /* somebody has to type something: a passphrase, a host key */
	VIA_CLOSED, /* ssh is let in there, and the daemon is not reached */
};

enum via_phase {
	VIA_DOWN,    /* no ssh runs */
	VIA_DIALING, /* one runs, and has not brought us to the daemon yet */
	VIA_UP,      /* the daemon has let us in through it */
};

/*
 *   DOWN ── via_dialed ──► DIALING ── via_reached ──► UP
 *     ▲                       │ via_turned_away: stays, and pauses        │
 *     └────── via_ended ──────┴───────────────────────────────────────────┘
 */
struct via_state {
	enum via_phase phase;
	enum via_trouble trouble; /* the latest, until it is reached */
	uint64_t since_ms;        /* when it was lost, or began: pauses grow with that */
	uint64_t dialed_ms;
	uint64_t next_ms; /* nothing is tried before that */
	bool broke;       /* just now: the ssh that it went through may be about to end, and nothing was tried since */
};

void via_init(struct via_state *v, uint64_t now);

enum via_step {
	VIA_WAIT,    /* not yet */
	VIA_DIAL,    /* start ssh */
	VIA_CONNECT, /* connect through the one that runs */
	VIA_HANG_UP, /* end the one that runs: it takes too long */
};

/* What is to be done now. */
MUST_USE enum via_step via_next(const struct via_state *v, uint64_t now);

void via_dialed(struct via_state *v, uint64_t now);
void via_reached(struct via_state *v);

/* A connection through ssh was closed: after the daemon had let us in, or before that (CLOSED). */
void via_turned_away(struct via_state *v, uint64_t now);

/* ssh ended. */
void via_ended(struct via_state *v, enum via_trouble why, uint64_t now);

/* ------------------------------------------------------------------------- words */

/*
 * What ssh's standard error means, of which `text` is the end: one line for people, which says what to type. What
 * ssh itself said stands in it as it came, and the server may have written it: whoever shows the line makes it safe.
 * in_words translates what is English.
 */
enum via_trouble via_explain(
    const struct via *via, const char *text, const char *(*in_words)(const char *english), char words[VIA_WORDS]);

#endif
