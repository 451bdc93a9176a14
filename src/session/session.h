/*
 * One login: its parts, and what connects them. Each part keeps its own state, knows none of the others, and says what
 * happens by a class of callbacks. session.c fills these in; it is the only file that knows all parts.
 *
 *     command --client--> outbound --uplink--> pchatd --uplink--> backlog --> inbound --> store
 *                 |                                                              |
 *                 +------------ reading <----------------------------------------+
 */
#ifndef PCHAT_SESSION_SESSION_H
#define PCHAT_SESSION_SESSION_H

#include <ev.h>
#include <stdbool.h>

#include "base/macros.h"
#include "core/names/name.h"
#include "core/via.h"
#include "net/session_file.h"
#include "session/state/state.h"
#include "session/uplink/autostart.h"

struct backlog;
struct bridge;
struct inbound;
struct listener;
struct notes_in;
struct notes_out;
struct offers_in;
struct offers_out;
struct outbound;
struct pair;
struct reading;
struct requests;
struct sentbox;
struct store;
struct uplink;
struct watch;

enum session_end {
	SESSION_GOES_ON,
	SESSION_STOPPED,  /* this helper ends; another helper may take the session up */
	SESSION_REPLACED, /* another helper has taken it up */
	SESSION_OVER,     /* it was quit, or its name is somebody else's now */
};

#define FORGETTING 8U /* processes of ours that forget something at once */

struct session {
	struct ev_loop *loop;
	struct rundir rundir;           /* the folder of its files */
	struct session_file file;       /* what a helper that takes it up has to know */
	char folded[NAME_FILE_MAX + 1]; /* the name of its files, by name_file() */
	int lock;                       /* the descriptor that holds its lock; -1: none */
	unsigned wait_ms;               /* how long the first connection waits for a daemon that is not there */
	struct autostart autostart;
	struct bridge *bridge; /* to a daemon at another host; NULL: the daemon is on this host */

	bool pair_unkept;                 /* it changed while the inbox was held */
	bool begun;                       /* commands were served, so there was a session */
	enum session_end end;             /* how it ended */
	uint64_t renew_at;                /* no new inbox is tried before then, by clock_monotonic_ms() */
	void (*report)(const char *text); /* takes the start report; NULL: it was made */
	char notes[1024];                 /* lines "note: ..." for the start report */
	ev_timer login_timer;             /* runs until the daemon lets us in */
	ev_timer rest_timer;              /* runs until nothing has happened for a while */
	ev_prepare tell;                  /* is active in a turn that changed the state */
	ev_io forgetting[FORGETTING];     /* each is active while a process forgets something; waits for its end */

	struct state state;
	struct store *store;
	struct sentbox *sentbox;
	struct pair *pair;
	struct uplink *uplink;
	struct requests *requests;
	struct outbound *outbound;
	struct backlog *backlog;
	struct inbound *inbound;
	struct notes_in *notes_in;
	struct notes_out *notes_out;
	struct offers_in *offers_in;
	struct offers_out *offers_out;
	struct reading *reading;
	struct listener *listener;
	struct watch *watch; /* of its files; NULL: the kernel watches none for us */
};

/*
 * Makes the parts of a session whose inbox is open, and connects them. False: short of memory; session_free() even so.
 */
MUST_USE bool session_make(struct session *s);

/* Frees the parts that were made. Ends nothing: see life_finish(). */
void session_free(struct session *s);

/* Writes how commands call the session (-s): NAME, or HOST/NAME when it is at another host. */
void session_name(const struct session *s, char name[VIA_SESSION_MAX + 1]);

#endif
