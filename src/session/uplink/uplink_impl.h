/*
 * The connection to pchatd from within. uplink.c makes it, logs in and passes on what
 * arrives; requests.c keeps the requests that wait for the daemon's answer.
 */
#ifndef PCHAT_SESSION_UPLINK_UPLINK_IMPL_H
#define PCHAT_SESSION_UPLINK_UPLINK_IMPL_H

#include <sys/queue.h>

#include "net/stream.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

enum state {
	DOWN,     /* not connected */
	GREETING, /* LOGIN was sent */
	SETTLING, /* logged in; a CANCEL was sent, whose answer comes behind all that is to be said of our pair */
	READY,
};

/* One question to the daemon. */
struct request {
	TAILQ_ENTRY(request) link;
	enum upstream_type type;
	struct control_client *client; /* NULL: nobody waits for the answer any more */
	bool wait;                     /* TO */
	bool repeated;                 /* it was sent before, and its answer was lost */
	uint32_t cursor;               /* WHO */
	char name[NAME_MAX_LEN + 1];
};

TAILQ_HEAD(request_list, request);

struct uplink {
	struct session *session;
	struct stream stream;
	enum state state;
	bool connected;   /* the stream is in use */
	bool fresh;       /* the first login of a new session: there is nothing to resume */
	bool anew;        /* our session is unknown to the daemon: try a new one of the same name */
	bool complained;  /* of this trouble with the daemon */
	bool paired_seen; /* since WELCOME */
	uint32_t pause_ms;
	ev_timer retry; /* connects */
	ev_timer again; /* sends what waits */
	ev_timer quit;
	ev_timer partner;            /* the daemon lost its registry: for so long the partner may still come back */
	uint64_t missed;             /* the pair in question; 0: none */
	struct request_list waiting; /* to be sent */
	struct request_list sent;    /* the oldest is answered next */
	struct request *queued;      /* TO --wait that is in the daemon's queue */
	unsigned uncertain;          /* of those sent, such as may end our pair */
};

/* uplink.c */

void uplink_send(struct uplink *u, const struct upstream_message *m);

/* Starts a timer, unless it runs. */
void uplink_timer(struct uplink *u, ev_timer *w, uint32_t ms);

/* All is said that the daemon knows of our pair. */
void uplink_settled(struct uplink *u);

/* requests.c */

void requests_init(struct uplink *u);
void requests_release(struct uplink *u);

/* Sends what waits, as soon as we are logged in. */
void requests_send(struct uplink *u);

/* CANCEL: no wait of ours is in the daemon's queue any more, or ever was. */
void requests_cancel(struct uplink *u);

/* The connection is gone: what was under way is asked again, in the order in which it was. */
void requests_recall(struct uplink *u);

/* Whether we asked for a pair with `name`. */
bool requests_asked_for(const struct uplink *u, const char *name);

/* What the daemon answered to the oldest one that was sent; and of a wait in its queue: it is over by a pair, or so. */
void requests_result(struct uplink *u, enum verdict v);
void requests_who_page(struct uplink *u, const struct frame *f);
void requests_paired(struct uplink *u, const char *name);
void requests_wait_over(struct uplink *u, enum verdict v);

#endif
