/*
 * What a session helper and pchatd say to each other (docs/PROTOCOL.md). The
 * first frame of a client is HELLO. Each request gets one reply, in order; a
 * notice (high bit set) may stand between. MSG and ACK (frame.h) flow in both
 * directions and have no reply.
 */
#ifndef PCHAT_PROTO_UPSTREAM_H
#define PCHAT_PROTO_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/exchange.h"
#include "core/limits.h"
#include "core/policy.h"
#include "proto/frame.h"

enum upstream_type {
	/* requests */
	UPSTREAM_HELLO = 0x01,  /* no reply; a daemon that cannot speak the version answers BYE */
	UPSTREAM_LOGIN = 0x02,  /* new session, or resume of the one with that id: WELCOME or RESULT */
	UPSTREAM_TO = 0x03,     /* RESULT; PAIRED precedes an OK */
	UPSTREAM_CANCEL = 0x04, /* RESULT */
	UPSTREAM_LEAVE = 0x05,  /* RESULT */
	UPSTREAM_QUIT = 0x06,   /* RESULT, then the daemon closes */
	UPSTREAM_WHO = 0x07,    /* WHO_PAGE, or RESULT */
	UPSTREAM_POLICY = 0x08, /* RESULT */
	/* not in order: matched by the message id, or the token */
	UPSTREAM_TELL = 0x09,     /* a note, TOLD follows; also the first frame behind HELLO, without a session */
	UPSTREAM_NOTE_ACK = 0x0a, /* what became of a NOTE; no reply */
	UPSTREAM_KEPT = 0x0c,     /* what the daemon keeps of this uid's notes: KEPT_PAGE */
	UPSTREAM_UNTELL = 0x0d,   /* takes a kept note back, TOLD follows */
	/* in the place of LOGIN, which may still follow */
	UPSTREAM_ABOUT = 0x15, /* to an end that named FEATURE_ABOUT: VERSION, or RESULT */
	/* offers (R13); not in order: matched by the message id */
	UPSTREAM_OFFER = 0x0e,      /* to the partner; OFFER_TOLD follows */
	UPSTREAM_OFFER_ACK = 0x0f,  /* what became of an OFFERED; no reply */
	UPSTREAM_OFFER_OVER = 0x12, /* an offer is withdrawn, or its channel is closed; no reply */
	UPSTREAM_ACCEPT = 0x13,     /* CHANNEL follows */
	UPSTREAM_DECLINE = 0x14,    /* no reply */
	/* in order again */
	UPSTREAM_AWAY = 0x16, /* to an end that named FEATURE_AWAY: RESULT */
	/* replies */
	UPSTREAM_RESULT = 0x20,
	UPSTREAM_WELCOME = 0x21, /* PAIRED follows at once, as a notice, when a pair was resumed */
	UPSTREAM_WHO_PAGE = 0x22,
	UPSTREAM_KEPT_PAGE = 0x23,
	UPSTREAM_VERSION = 0x25,
	/* notices */
	UPSTREAM_PAIRED = 0x80,
	UPSTREAM_ENDED = 0x81,
	UPSTREAM_LOST = 0x82,
	UPSTREAM_BACK = 0x83,
	UPSTREAM_WAIT_OVER = 0x84,
	UPSTREAM_BYE = 0x85,        /* the daemon closes, and why */
	UPSTREAM_NOTE = 0x86,       /* a note for this session, NOTE_ACK follows */
	UPSTREAM_TOLD = 0x87,       /* what became of a TELL */
	UPSTREAM_OFFERED = 0x89,    /* by the partner, OFFER_ACK follows */
	UPSTREAM_OFFER_TOLD = 0x8a, /* OK: the partner has it; else what became of it */
	UPSTREAM_OFFER_GONE = 0x8b, /* what was OFFERED is over */
	UPSTREAM_CHANNEL = 0x8c,    /* OK: with a descriptor, one end of the channel; else why there is none */
	UPSTREAM_WAITING = 0x88,    /* to an end that named FEATURE_WAITING: that session waits for this one */
	UPSTREAM_IS_AWAY = 0x8d,    /* to an end that named FEATURE_AWAY: the partner is away, or no longer */
};

enum bye {
	BYE_VERSION = 1,
	BYE_MALFORMED, /* a frame that is not one, or out of order */
	BYE_WINDOW,    /* D7 */
	BYE_STALLED,   /* took nothing for STALL_SECONDS, or its queue was full */
	BYE_REPLACED,  /* the session was resumed by another connection: do not come back */
	BYE_TIMEOUT,   /* handshake */
	BYE_CROWDED,   /* too many connections not yet logged in */
	BYE_STOPPING,  /* the daemon ends: come back */
};

/* A session as others see it. */
struct peer {
	char name[NAME_MAX_LEN + 1];
	char account[ACCOUNT_MAX_LEN + 1];
	uint32_t uid;
};

/* A daemon that knows no account of a uid says "uid N". */
static inline bool
peer_has_account(const struct peer *p)
{
	return strncmp(p->account, "uid ", 4) != 0;
}

/* A note, from its sender. */
struct tell {
	struct ident msgid;
	uint8_t flags; /* of enum tell_flags */
	char name[NAME_MAX_LEN + 1];
	uint32_t uid;        /* TELL_TO_UID */
	const uint8_t *body; /* 1 to NOTE_MAX bytes */
	uint32_t length;
};

enum tell_flags {
	TELL_LATER = 2,  /* keep it when that session is not there */
	TELL_TO_UID = 1, /* only if the session of that name is that uid's: an answer goes to nobody else */
};

struct told {
	struct ident msgid;
	uint8_t verdict;
};

/* The same, to its receiver. */
struct note {
	uint64_t token;   /* of the daemon, for NOTE_ACK */
	bool stranger;    /* the uid is not known to have an account */
	struct peer from; /* name empty: without a session */
	struct ident msgid;
	const uint8_t *body;
	uint32_t length;
};

/* OFFER, OFFERED. */
struct offer {
	uint64_t pair;
	struct ident msgid;
	bool open;           /* its channel is open already: it is repeated, since a connection was lost */
	const uint8_t *body; /* what is offered: proto/offer.h */
	uint32_t length;
};

/* A word about an offer. */
struct offer_word {
	struct ident msgid;
	uint8_t verdict;
	uint64_t number; /* OFFER_ACK, OFFER_TOLD: of its record in the inbox of who may take it */
};

/* A note that the daemon keeps. */
struct kept_entry {
	struct ident msgid;
	char name[NAME_MAX_LEN + 1]; /* for whom */
	int64_t time_ms;             /* since when; wall clock */
	uint32_t length;
};

#define KEPT_PAGE_ENTRIES 32U
#define VERSION_MAX 32U /* bytes of a release's number */

struct kept_page {
	uint64_t next; /* the cursor of the page that follows; 0: this is the last one */
	uint32_t count;
	struct kept_entry entry[KEPT_PAGE_ENTRIES];
};

enum who_state { WHO_FREE, WHO_PAIRED, WHO_RECONNECTING };

struct who_entry {
	struct peer peer;
	uint8_t state;    /* enum who_state */
	bool reachable;   /* to the one who asks: neither dnd nor blocked */
	int64_t since_ms; /* of login; wall clock, Unix epoch */
};

#define WHO_PAGE_ENTRIES 256U
#define WHO_ENTRY_MAX (1U + NAME_MAX_LEN + 1U + ACCOUNT_MAX_LEN + 4U + 1U + 1U + 8U) /* bytes on the wire */
#define WHO_PAGE_BYTES (WHO_PAGE_ENTRIES * WHO_ENTRY_MAX)

/*
 * A page of sessions. Its entries stay as they are on the wire: who_page_add() writes them, who_page_next() reads
 * them, one at a time.
 */
struct who_page {
	uint32_t next;  /* the cursor of the page that follows; 0: this is the last one */
	uint32_t count; /* entries */
	uint32_t length;
	const uint8_t *entries; /* `length` bytes: in the frame that was decoded, or where who_page_add() put them */
};

struct upstream_message {
	enum upstream_type type;
	union {
		struct {
			uint32_t magic;
			uint16_t version;
			uint32_t features; /* of enum feature; 0 is not written */
		} hello;
		struct {
			struct ident id;
			char name[NAME_MAX_LEN + 1];
			bool resume_only;    /* refuse with EXPIRED rather than begin a new session */
			uint64_t pair;       /* the pair the helper believes in, 0: none */
			struct peer partner; /* in that pair */
			struct policy policy;
		} login;
		struct {
			char name[NAME_MAX_LEN + 1];
			bool wait;
		} to;
		struct {
			uint32_t cursor; /* 0 at first, then the page's `next` */
		} who;
		struct policy policy;
		struct {
			uint8_t verdict;
		} result, wait_over;
		struct {
			bool resumed;
			uint8_t last_end; /* how the latest pair ended, when there is none now */
			struct peer self;
			uint32_t grace_ms;
		} welcome;
		struct who_page who_page;
		struct {
			uint64_t pair;
			uint32_t epoch;
			bool online; /* the partner; false: reconnecting */
			struct peer peer;
		} paired;
		struct {
			struct peer peer;
		} waiting;
		struct {
			uint64_t pair;           /* IS_AWAY */
			char text[AWAY_MAX + 1]; /* why; "": not away, or no longer */
		} away;
		struct {
			uint64_t pair;
			uint8_t ending; /* enum ending */
		} ended;
		struct {
			uint64_t pair;
			uint32_t epoch; /* LOST: 0 */
		} link;                 /* LOST, BACK */
		struct {
			uint8_t reason; /* enum bye */
		} bye;
		struct tell tell;
		struct told told;
		struct note note;
		struct {
			uint64_t cursor; /* 0 at first, then the page's `next` */
		} kept;
		struct offer offer;
		struct offer_word word;
		struct kept_page kept_page;
		struct {
			char text[VERSION_MAX + 1]; /* of the program's release */
		} version;
		struct {
			struct ident msgid;
		} untell;
		struct {
			uint64_t token;
			uint8_t verdict;
		} note_ack;
	} u;
};

/* Encodes header and body. Returns the bytes written, 0 when it does not fit into cap. FRAME_MAX always suffices. */
size_t upstream_encode(const struct upstream_message *m, uint8_t *out, size_t cap);

/*
 * 0, or -1 when the body does not fit the type, has bytes left over, or the type is unknown (or is MSG, ACK). The
 * entries of a who page point into the frame.
 */
int upstream_decode(const struct frame *f, struct upstream_message *m);

/*
 * Appends an entry to a page, which is all zero at first. `room` is the same for each entry of a page, and lives until
 * the page was encoded. False, and nothing changed: the page is full, or a field of the entry is not allowed.
 */
bool who_page_add(struct who_page *p, uint8_t room[WHO_PAGE_BYTES], const struct who_entry *e);

/*
 * The page in a frame of type WHO_PAGE, without a look at its entries: for a caller that takes them all, and then asks
 * who_page_over(). 0; -1: not even its outline is right.
 */
int who_page_open(const struct frame *f, struct who_page *p);

/* Takes the first entry off a page; false: none is left, or what is left is none. */
bool who_page_next(struct who_page *p, struct who_entry *e);

/* Whether all of its entries were taken, and nothing is left. */
static inline bool
who_page_over(const struct who_page *p)
{
	return p->count == 0 && p->length == 0;
}

#endif
