/*
 * A command's connection to the helper of its session: it finds the session, connects, checks that the process that
 * listens is ours, and moves frames both ways. A helper that was killed is started again, unless its session was quit.
 *
 * Deadlines are in milliseconds of the monotonic clock; UINT64_MAX: none. Nothing blocks beyond its deadline. Nothing
 * is printed: a sentence about what went wrong is left in l->words, and what a helper that was started says goes to
 * l->note.
 */
#ifndef PCHAT_CLIENT_LINK_H
#define PCHAT_CLIENT_LINK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "net/session_file.h"
#include "proto/control.h"

struct link {
	int fd;            /* -1: it is not connected */
	struct rundir dir; /* the folder of the session */
	char name[NAME_MAX_LEN + 1];
	char host[VIA_HOST_MAX + 1];     /* where the session is logged in; empty: at this host */
	char shown[VIA_SESSION_MAX + 1]; /* NAME, or HOST/NAME, as -s takes it */
	bool several;                    /* no session was found, because there are several */
	bool chosen;       /* it was named, is at another host, or is not the only one: see cli/output/hint.h */
	uint32_t features; /* what HELLO names; 0 once the helper is known to be an older one */
	bool heard;        /* the helper has said something on this connection */
	bool revive;       /* the caller wants a helper that is gone to be started */
	bool wordless;     /* the caller wants no words when no session is found: nothing is looked up for them */
	unsigned places;   /* of the user's folders (net/rundir.h) the first that are looked into; link_init(): all */
	void (*note)(const char *text); /* takes what a helper that was started says; NULL: it is dropped */
	unsigned pause_ms;              /* before the next link_come_back(); the caller sets it to 0 after progress */
	int watch;        /* waiting ends when the other end of this descriptor, our output, goes away; -1: none */
	bool takes;       /* the caller expects a descriptor with a frame */
	int passed;       /* a descriptor that came; -1: none, or it was taken */
	uint32_t out_len; /* bytes of `out` */
	uint32_t in_start, in_end;
	char words[512];           /* what went wrong, for people */
	uint8_t out[8192];         /* requests that are not written yet: room for a note and some more */
	uint8_t in[2 * FRAME_MAX]; /* what was read, from in_start to in_end */
};

/* Prepares a link that is all zero. It has no connection yet. */
void link_init(struct link *l);

/* Which session the user wants, by options. Where a member is NULL, PCHAT_SESSION and PCHAT_SOCKET say. */
struct link_wish {
	const char *session; /* NAME or HOST/NAME */
	const char *socket;  /* of the daemon */
};

/*
 * The path of the daemon's socket that was named, made absolute, since the helper has another working directory; NULL:
 * none was named. It is valid as long as the wish, and until the next call. OK; or USAGE and words: no socket can have
 * that path.
 */
MUST_USE enum verdict link_named_socket(struct link *l, const struct link_wish *wish, const char **socket);

/* Whether this process may use no Unix sockets at all, as in a sandbox. If so, with words. */
bool link_sockets_forbidden(struct link *l);

/*
 * Finds the session in the user's folders: the one that is wished for, else the only one, or the only one at the daemon
 * that was named. Fills in dir, name, host and shown. OK; NO_SESSION, USAGE or FAILED, with words.
 */
MUST_USE enum verdict link_find(struct link *l, const struct link_wish *wish);

/*
 * Connects to the helper of the session that was found, or connects again, and queues HELLO, which is written together
 * with the first request. OK; NO_SESSION, FAILED, TIMED_OUT, or what a helper said that could not start, with words.
 */
MUST_USE enum verdict link_connect(struct link *l, uint64_t deadline);

/* The same after the helper died. It pauses first, each time longer, up to about a second; see pause_ms. */
MUST_USE enum verdict link_come_back(struct link *l, uint64_t deadline);

/* Closes the connection, if there is one. The folder stays open. */
void link_close(struct link *l);

/*
 * Takes over a connected socket in the place of the connection: of a process of ours that speaks as a helper does.
 * Queues nothing.
 */
void link_adopt(struct link *l, int fd);

/* Adds a request to what link_flush() writes. The caller sees to it that there is room. */
void link_queue(struct link *l, const struct control_message *m);

/*
 * Writes what is queued. Reads nothing, unless the helper takes no more: then its last word counts. 0; -ETIMEDOUT;
 * -EPIPE: see watch; -ECONNRESET and -ESHUTDOWN as of link_next(). After a failure the rest stays queued.
 */
MUST_USE int link_flush(struct link *l, uint64_t deadline);

/*
 * Takes the next frame of what was read. It is valid until link_fill(). 1; 0: there is none; -EPROTO: what came is no
 * frame. A BYE is handled here. -ECONNRESET: the connection is over, and another one may be made; -ESHUTDOWN: the
 * helper does not want us, with words.
 */
MUST_USE int link_next(struct link *l, struct frame *f);

/* Reads what has arrived, without waiting. 0, also when nothing has; -ECONNRESET: the connection is over. */
MUST_USE int link_fill(struct link *l);

/* The descriptor that came with the frame that was just taken; the caller owns it. -1: none came. */
int link_take_passed(struct link *l);

/* Waits for the next frame. 0; -ETIMEDOUT; -EPIPE: see watch; else as link_next() and link_fill(). */
MUST_USE int link_receive(struct link *l, uint64_t deadline, struct frame *f);

/*
 * Waits for the next control message. Acknowledgements are passed over: a message that was written twice may be acknowledged
 * again when nobody waits for that any more. What `m` points to is valid until link_fill(). Returns as link_receive().
 */
MUST_USE int link_hear(struct link *l, uint64_t deadline, struct control_message *m);

/* The same for a reply: notices are passed over, too. */
MUST_USE int link_reply(struct link *l, uint64_t deadline, struct control_message *reply);

/* Writes a request and waits for its reply. Returns as link_flush() and link_reply(). */
MUST_USE int
link_request(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *reply);

/*
 * Writes a request and waits for its reply. When the helper dies meanwhile it is started again, and asked again. OK: a
 * reply of the type `expected` came; else why not, with words.
 */
MUST_USE enum verdict link_call(struct link *l, const struct control_message *request, uint64_t deadline,
    enum control_type expected, struct control_message *reply);

/* The verdict of an OUTCOME, with the helper's words, or else those of the verdict. FAILED: the reply is no OUTCOME. */
MUST_USE enum verdict link_outcome(struct link *l, const struct control_message *reply);

/* link_call() for a request that is answered by OUTCOME: returns the verdict of that, with words. */
MUST_USE enum verdict link_command(struct link *l, const struct control_message *request, uint64_t deadline);

/* Which daemon the session that was found is logged in to, at this host. */
struct link_daemon {
	char socket[PATH_MAX]; /* empty: the user's own */
	bool explicit;         /* the user named it at login */
};

/* OK; USAGE: the session is at another host; NO_SESSION or FAILED; with words. */
MUST_USE enum verdict link_daemon_of(struct link *l, struct link_daemon *d);

/*
 * A sentence for a session on a daemon of the user's own: that only the user's own sessions are there, and what to do.
 * Translated. NULL: it is on another daemon, or nobody can tell.
 */
const char *link_alone(const struct link *l);

/* Leaves the words that the helper is too old for what is asked of it; returns v. */
enum verdict link_old_helper(struct link *l, enum verdict v);

/* The same sentence, for somebody who has no session on such a daemon. */
const char *link_alone_words(void);

/*
 * The verdict, with words, when no answer came in time. For a session at another host it connects anew and asks the
 * helper, for at most a second: NO_DAEMON when that knows what is wrong with the connection. Else TIMED_OUT.
 */
MUST_USE enum verdict link_timed_out(struct link *l);

/* The verdict for a negative result of these functions, with words. */
enum verdict link_verdict(struct link *l, int error);

#endif
