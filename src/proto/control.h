/*
 * What a command and its session helper say to each other on the helper's
 * private socket (docs/PROTOCOL.md). The first frame of a client is HELLO; it may be
 * written together with what follows. Each request gets one reply, in order;
 * notices (high bit set) may stand between. MSG (frame.h) goes up, ACK comes
 * down, neither is a request.
 */
#ifndef PCHAT_PROTO_CONTROL_H
#define PCHAT_PROTO_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"
#include "proto/frame.h"
#include "proto/upstream.h"

enum control_type {
	/* requests */
	CONTROL_HELLO = 0x41,   /* no reply */
	CONTROL_STATUS = 0x42,  /* STATE */
	CONTROL_TO = 0x43,      /* OUTCOME, when the outcome is known: with wait, after the queue (FEATURE_QUEUED) */
	CONTROL_LEAVE = 0x44,   /* OUTCOME */
	CONTROL_QUIT = 0x45,    /* OUTCOME, then the helper ends */
	CONTROL_WHO = 0x46,     /* UPSTREAM_WHO_PAGE as the daemon sent it, or OUTCOME */
	CONTROL_EXPECT = 0x47,  /* only to that partner (send --to): OUTCOME; later MSGs are refused alike */
	CONTROL_READ = 0x48,    /* RECORDs, then READ_END */
	CONTROL_DONE = 0x49,    /* the output was written: OUTCOME */
	CONTROL_WATCH = 0x4a,   /* STATE now, and again, as a notice, at each change */
	CONTROL_RULE = 0x4b,    /* dnd, block, ...: OUTCOME */
	CONTROL_HISTORY = 0x4c, /* RECORDs, then READ_END */
	CONTROL_POLICY = 0x4d,  /* RULES */
	CONTROL_FORGET = 0x4e,  /* READ_END: how many records were forgotten; USAGE: how many of them are unread */
	CONTROL_NOTE = 0x50,    /* who wrote a note: RECORD without its body, or OUTCOME */
	CONTROL_TELL = 0x4f,    /* a note of this session; no reply in order: TOLD follows, matched by the message id */
	CONTROL_OFFER = 0x51,   /* an offer to the partner; no reply in order: OFFER_TOLD, then CHANNEL follow */
	CONTROL_OFFERS = 0x52,  /* what the partner offers: RECORDs, then READ_END */
	CONTROL_ACCEPT = 0x53,  /* RECORD with a descriptor, our end of the channel; or OUTCOME */
	CONTROL_DECLINE = 0x54, /* OUTCOME */
	CONTROL_LINK = 0x55,    /* whether the daemon is there: OUTCOME, of a session at another host with words */
	CONTROL_AWAY = 0x56,    /* OUTCOME */
	/* replies */
	CONTROL_OUTCOME = 0x60,
	CONTROL_STATE = 0x61,
	CONTROL_RECORD = 0x62, /* part of the reply to READ and HISTORY */
	CONTROL_READ_END = 0x63,
	CONTROL_RULES = 0x64,
	/* notices */
	CONTROL_HELD = 0xc0, /* see core/courier.h */
	CONTROL_READY = 0xc1,
	CONTROL_ENDED = 0xc2,   /* the pair that this client's messages went to is over */
	CONTROL_CHANGED = 0xc3, /* a STATE that was asked for by WATCH */
	CONTROL_BYE = 0xc4,
	CONTROL_TOLD = 0xc5,       /* what became of a TELL */
	CONTROL_OFFER_TOLD = 0xc6, /* what became of an OFFER */
	CONTROL_CHANNEL = 0xc7,    /* OFFER was taken: with a descriptor, our end of the channel */
};

enum record_type {
	RECORD_MESSAGE = 0,
	RECORD_PAIRED,
	RECORD_LEFT,
	RECORD_QUIT,
	RECORD_LOST,
	RECORD_BACK,
	RECORD_GONE,
	RECORD_ENDED,        /* `peer` is ourselves: our session ended against our will, its folder was removed */
	RECORD_NOTE,         /* peer.name is empty when it was told without a session */
	RECORD_OFFER,        /* `peer` offers a stream or files; its body is as proto/offer.h says */
	RECORD_WAITING = 10, /* `peer` waits until we are free */
};

/*
 * Kinds of records, as a set of bits: who reads asks for some, and what is passed over stays unread. KIND_WAITING: events
 * that commands which know no notes do not know either.
 */
enum record_kinds {
	KIND_MESSAGES = 1,
	KIND_NOTES = 2,
	KIND_EVENTS = 4,
	KIND_WAITING = 8,
	KIND_OFFERS = 16, /* for commands that know FEATURE_STREAMS */
	KINDS_ALL = 31
};

struct record {
	uint64_t id;     /* by order of arrival */
	uint8_t type;    /* enum record_type */
	bool own;        /* history, and who follows: written by this session, to `peer` */
	int64_t time_ms; /* wall clock, Unix epoch */
	struct peer peer;
	struct ident msgid;
	const uint8_t *body;
	uint32_t length;
};

/* Whose record it is: a session's name; of a note without one, the account. */
static inline const char *
record_whose(const struct record *r)
{
	return r->peer.name[0] ? r->peer.name : r->peer.account;
}

enum read_flags {
	READ_PEEK = 1,     /* take no lease: nothing will be marked */
	READ_WAIT = 2,     /* reply only when there is at least one */
	READ_MESSAGES = 4, /* no events: they are passed over, and stay unread */
	READ_NOTES = 8,    /* notes as well; without it they are passed over */
	/*
	 * These are never sent. The helper sets them for a command whose HELLO named FEATURE_STREAMS; for one whose HELLO
	 * named FEATURE_FOLLOW, which takes no lease and waits for none, and with READ_WAIT also gets what was read already
	 * and what this session said; and for one that has said a message over its connection, and waits for the answer.
	 */
	READ_OFFERS = 16,
	READ_FOLLOW = 32,
	READ_ANSWER = 64,
};

enum daemon_state { DAEMON_CONNECTED, DAEMON_RECONNECTING };

struct control_message {
	enum control_type type;
	union {
		struct {
			uint32_t magic;
			uint16_t version;
			uint32_t features; /* of enum feature; 0 is not written */
		} hello;
		struct {
			char name[NAME_MAX_LEN + 1];
			bool wait;
		} to;
		struct {
			char name[NAME_MAX_LEN + 1];
		} expect;
		struct {
			uint32_t cursor;
		} who;
		struct {
			uint8_t flags;  /* enum read_flags */
			uint32_t limit; /* 0: as many as fit into one batch; a batch is bounded in bytes */
			uint64_t after; /* only records with a larger id; 0: from the first unread one */
		} read;
		struct {
			uint64_t last; /* everything up to this id that READ asked for was shown, */
			bool single;   /* or, single: this one alone (ask) */
		} done;
		struct {
			bool remove;
			uint8_t dnd; /* 0: leave as it is, 1: off, 2: on */
			bool has_rule;
			struct policy_rule rule;
			uint8_t notes; /* as dnd, 1: take none, 2: take them; 0 is not written */
		} rule;
		struct {
			char text[AWAY_MAX + 1]; /* "": no longer */
		} away;
		struct {
			uint64_t id; /* 0: the latest one that was read */
		} note;
		struct {
			char partner[NAME_MAX_LEN + 1]; /* empty: everyone */
			uint32_t limit;                 /* the latest so many; 0: all */
			int64_t since_ms;               /* 0: from the beginning */
			char grep[256];                 /* empty: no search */
			bool notes;                     /* as well; false is not written */
		} history;
		struct {
			char partner[NAME_MAX_LEN + 1]; /* empty: everyone */
			int64_t before_ms;              /* what was said before then; 0: whenever */
			bool unread;                    /* what is unread as well */
			bool keep;                      /* instead: from now on forget what this does not keep: */
			int64_t keep_age_ms;            /* 0: whatever its age */
			uint64_t keep_records;          /* 0: all */
		} forget;
		struct {
			uint8_t verdict;
			char words[256]; /* what went wrong, when the verdict alone does not tell; else empty */
		} outcome;
		struct {
			struct peer self;
			struct peer partner; /* name empty: none */
			uint64_t pair;       /* 0: none */
			uint8_t state;       /* enum who_state */
			uint8_t daemon;      /* enum daemon_state */
			uint8_t last_end;    /* enum ending of the latest pair */
			bool partner_online;
			bool dnd;
			uint64_t unread; /* messages */
			uint64_t last;   /* id of the newest record, 0: none */
			/* Not told to one whose HELLO did not name FEATURE_NOTES; written when either is not 0. */
			uint64_t notes; /* unread */
			bool notes_off; /* none are taken */
			/* Likewise with FEATURE_AWAY; "": not away. Written, behind the notes, when either is not empty. */
			char away[AWAY_MAX + 1], partner_away[AWAY_MAX + 1];
		} state; /* STATE, CHANGED */
		struct record record;
		struct {
			uint32_t count;
			bool more;       /* further records are there: ask again */
			uint64_t last;   /* id to give to DONE; 0: none */
			uint8_t verdict; /* OK; NOTHING; NO_SESSION: the session ended; STORAGE */
			bool follows;    /* it is given what FEATURE_FOLLOW says; false is not written */
		} read_end;
		struct policy policy; /* RULES */
		struct {
			uint64_t pair; /* of this client's messages, 0: not known yet; MSGs name it from then on */
			uint32_t gen;
			uint32_t forwarded; /* READY: 0 */
		} route;                    /* HELD, READY */
		struct {
			uint8_t verdict;
		} ended;
		struct {
			uint8_t reason; /* enum bye */
		} bye;
		struct tell tell;
		struct told told;
		struct offer offer;
		struct offer_word word; /* OFFER_TOLD, CHANNEL */
		struct {
			uint64_t number; /* of its record; 0: the oldest that is open */
		} offered;               /* ACCEPT, DECLINE */
	} u;
};

/* As upstream_encode() and upstream_decode(). A record's body points into the frame. */
size_t control_encode(const struct control_message *m, uint8_t *out, size_t cap);
int control_decode(const struct frame *f, struct control_message *m);

#endif
