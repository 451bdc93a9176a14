/*
 * One login: its parts, and what connects them. Each part keeps its own state to itself, knows none of the others, and
 * says what happens by a class of callbacks; session.c fills these in, and is the one file that knows all parts.
 *
 *     command --client--> outbound --uplink--> pchatd --uplink--> inbound --> store
 *                 |                                                  |
 *                 +------------ reading <----------------------------+
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
	unsigned wait_ms; /* so long the first connection waits for a daemon that is not there */
	struct autostart autostart;
	struct bridge *bridge; /* NULL: the daemon is on this host */

	bool begun; /* commands were served: there was a session */
	enum session_end end;
	uint64_t renew_at;                /* clock_monotonic_ms(): no new inbox is tried before */
	void (*report)(const char *text); /* to whoever started us; NULL: it was told how it went */
	char notes[1024];                 /* for the report: lines "note: ..." */
	ev_timer login_timer;             /* until we are let in */
	ev_timer rest_timer;              /* when nothing has happened for a while */
	ev_prepare tell;                  /* runs in a turn that changed the state */
	ev_io forgetting;                 /* active: a process forgets what is not kept; its end ends it */

	struct state state;
	struct store *store;
	struct sentbox *sentbox;
	struct pair *pair;
	struct uplink *uplink;
	struct requests *requests;
	struct outbound *outbound;
	struct inbound *inbound;
	struct notes_in *notes_in;
	struct notes_out *notes_out;
	struct offers_in *offers_in;
	struct offers_out *offers_out;
	struct reading *reading;
	struct listener *listener;
	struct watch *watch; /* NULL: the kernel does not watch for us */
};

/* Makes the parts of a session whose inbox is open; false: there is no memory. */
MUST_USE bool session_make(struct session *s);
void session_free(struct session *s);

/* What programs call the session: NAME, or HOST/NAME. */
void session_name(const struct session *s, char name[VIA_SESSION_MAX + 1]);

#endif
