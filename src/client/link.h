/*
 * A command's connection to its session helper: which session it is, the
 * socket, whose process listens there, and frames both ways. A helper that was
 * killed is started again, unless its session was quit.
 *
 * Nothing here blocks past its deadline, in milliseconds of the monotonic
 * clock; UINT64_MAX is none. Nothing is printed: what went wrong is left as words, and what a helper remarks that was
 * started again goes to the link's `note`.
 */
#ifndef PCHAT_CLIENT_LINK_H
#define PCHAT_CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "net/session_file.h"
#include "proto/control.h"

struct link {
	int fd; /* -1: not connected */
	struct rundir dir;
	char name[NAME_MAX_LEN + 1];
	char host[VIA_HOST_MAX + 1];     /* where it is logged in; empty: here */
	char shown[VIA_SESSION_MAX + 1]; /* NAME, or HOST/NAME: what -s takes */
	bool several;                    /* it is unclear which session: there are several */
	uint32_t features;               /* that HELLO names; 0 once the helper is known to be an older one */
	bool heard;                      /* the helper said something on this connection */
	bool revive;                     /* start a helper that is gone */
	void (*note)(const char *text);  /* for a remark of a helper that was started; NULL: nobody wants it */
	unsigned pause_ms;               /* before the next attempt to come back; 0 again after any progress */
	int watch;        /* a descriptor whose other end must not go away while we wait (our output); -1: none */
	bool takes;       /* a descriptor may come with a frame, */
	int passed;       /* and did; -1: none, or it was taken */
	uint32_t out_len; /* requests not yet written */
	uint32_t in_start, in_end;
	char words[512];   /* what went wrong */
	uint8_t out[8192]; /* a note, and requests */
	uint8_t in[2 * FRAME_MAX];
};

/* Makes one that is all zero ready: it has no connection yet. */
void link_init(struct link *l);

/* What the user said of the session: NULL, nothing. Without it the environment says, PCHAT_SESSION and PCHAT_SOCKET. */
struct link_wish {
	const char *session;
	const char *socket; /* of the daemon */
};

/*
 * The daemon's socket that was named, as an absolute path, since the helper lives in another directory; NULL when none
 * was. VERDICT_OK, or USAGE and words: no socket can have that path.
 */
MUST_USE enum verdict link_named_socket(struct link *l, const struct link_wish *wish, const char **socket);

/* Whether this process may use no sockets of this kind at all (a sandbox); with words. */
bool link_sockets_forbidden(struct link *l);

/*
 * Finds, in the user's folders, the session: the one that was asked for, else the only one.
 * VERDICT_OK, or NO_SESSION, USAGE or FAILED, and words.
 */
MUST_USE enum verdict link_find(struct link *l, const struct link_wish *wish);

/*
 * Connects to the session that was found, and says HELLO (which is written together with the first request).
 * Also to come back after -ECONNRESET. VERDICT_OK, NO_SESSION, FAILED, TIMED_OUT, or what the helper said when it
 * could not start; with words.
 */
MUST_USE enum verdict link_connect(struct link *l, uint64_t deadline);

/*
 * The same after the helper died: one that dies again and again is started again after a pause, which grows until
 * link.pause_ms is set back.
 */
MUST_USE enum verdict link_come_back(struct link *l, uint64_t deadline);
void link_close(struct link *l);

/* Takes over a connected socket, as of a program of our own that speaks as a helper does; says nothing yet. */
void link_adopt(struct link *l, int fd);

/* Adds a request to what is to be written. */
void link_queue(struct link *l, const struct control_message *m);

/* Writes what is queued. 0, -ETIMEDOUT; -ECONNRESET and -ESHUTDOWN as link_next(). Reads only when nothing can be written. */
MUST_USE int link_flush(struct link *l, uint64_t deadline);

/*
 * Takes the next frame that has arrived; it stays valid until link_fill(). 1, 0: none, -EPROTO. BYE is seen here:
 * -ECONNRESET when the helper may be started again, -ESHUTDOWN when it does not want us, with words.
 */
MUST_USE int link_next(struct link *l, struct frame *f);

/* Reads what is there. 0 (also when there is nothing), -ECONNRESET. */
MUST_USE int link_fill(struct link *l);

/* The descriptor that came with the frame that was just taken, which is the caller's then; -1: none came. */
int link_take_passed(struct link *l);

/* Waits for the next frame: 0, -ETIMEDOUT, -EPIPE (see watch), and as above. */
MUST_USE int link_receive(struct link *l, uint64_t deadline, struct frame *f);

/* Waits for the reply to a request, passing over notices; its pointers stay valid until link_fill(). As link_receive(). */
MUST_USE int link_reply(struct link *l, uint64_t deadline, struct control_message *reply);

/* Writes a request and waits for its reply. */
MUST_USE int
link_request(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *reply);

/*
 * The same, and a helper that dies meanwhile is started again and asked again. OK when there was a reply, of that
 * type; else why not, with words.
 */
MUST_USE enum verdict link_call(struct link *l, const struct control_message *request, uint64_t deadline,
    enum control_type expected, struct control_message *reply);

/* The verdict of an OUTCOME; words: the helper's own, or those of the verdict. */
MUST_USE enum verdict link_outcome(struct link *l, const struct control_message *reply);

/* Calls, and returns the verdict of the OUTCOME. */
MUST_USE enum verdict link_command(struct link *l, const struct control_message *request, uint64_t deadline);

/*
 * What to know about a session on a daemon of the user's own, where only the user's sessions meet: a sentence. NULL
 * when it is on another.
 */
const char *link_alone(const struct link *l);

/* `v`, with words: the helper is older than what is asked of it. */
enum verdict link_old_helper(struct link *l, enum verdict v);

/* That sentence, for who is on such a daemon without a session. */
const char *link_alone_words(void);

/*
 * Of a session at another host whose daemon did not answer in time: NO_DAEMON, and its helper's words, when it knows what is
 * wrong; else TIMED_OUT, with words. Connects anew. Of one on this host TIMED_OUT.
 */
MUST_USE enum verdict link_timed_out(struct link *l);

/* The verdict for an error of these functions, with words left in the link. */
enum verdict link_verdict(struct link *l, int error);

#endif
