/*
 * How a request ended: one vocabulary from the rules to the exit status. The
 * numbers travel in frames: never renumber, only append. proto/status.h maps
 * each to an exit status, a JSON name and words for people.
 */
#ifndef PCHAT_CORE_VERDICT_H
#define PCHAT_CORE_VERDICT_H

enum verdict {
	VERDICT_OK = 0,
	VERDICT_QUEUED,        /* to --wait: in the queue, the outcome follows as a notice */
	VERDICT_NO_SUCH_USER,  /* nobody is online under that name */
	VERDICT_BUSY,          /* paired with a third session */
	VERDICT_SELF,          /* that is the caller */
	VERDICT_REFUSES,       /* dnd or block */
	VERDICT_NOT_PAIRED,    /* no partner, or the message names a pair that is over */
	VERDICT_LEFT,          /* the partner left; certainly not delivered */
	VERDICT_PARTNER_QUIT,  /* the partner quit; certainly not delivered */
	VERDICT_GONE,          /* the partner's grace ended; certainly not delivered */
	VERDICT_TAKEN,         /* name in use */
	VERDICT_RESERVED,      /* name of another uid's system account */
	VERDICT_MALFORMED,     /* not a name (R2) */
	VERDICT_EMPTY,         /* message of no bytes */
	VERDICT_TOO_LONG,      /* message over MESSAGE_MAX */
	VERDICT_INBOX_FULL,    /* partner's unread limit */
	VERDICT_STORAGE,       /* partner's disk refused */
	VERDICT_UNCONFIRMED,   /* may or may not arrive */
	VERDICT_TIMED_OUT,     /* certainly not delivered */
	VERDICT_EXPIRED,       /* resume: session unknown, its grace ended or it quit */
	VERDICT_STARTING,      /* daemon restarted without its registry: only resumes for now */
	VERDICT_LIMIT,         /* too many sessions of this uid */
	VERDICT_RATE,          /* too many requests a second; try again shortly */
	VERDICT_WRONG_PARTNER, /* send --to NAME: NAME is not the partner */
	VERDICT_SUPERSEDED,    /* a wait that ended because the caller was paired, left, or waits anew */
	VERDICT_STALE,         /* of an earlier epoch: dropped, the sender repeats it */
	VERDICT_NO_DAEMON,     /* daemon not reachable */
	VERDICT_NO_SESSION,    /* not logged in, or which session is unclear */
	VERDICT_NOTHING,       /* nothing to read */
	VERDICT_USAGE,
	VERDICT_OUTPUT,       /* output could not be written */
	VERDICT_FAILED,       /* refused by the system on our side; words say what */
	VERDICT_ID_USED,      /* another message of this sender has that id */
	VERDICT_NO_COMMAND,   /* a command of the user's was not found */
	VERDICT_NOT_RUN,      /* it was, and could not be run */
	VERDICT_NO_ANSWER,    /* the user database does not tell whose a name or a uid is */
	VERDICT_TAKEN_OVER,   /* a later login under its name took the place of this lost session (R8) */
	VERDICT_UNMAPPED,     /* the daemon's user namespace has no number for the caller's uid */
	VERDICT_FULL,         /* the daemon has no place for another session */
	VERDICT_OLD_PARTNER,  /* the other's helper is of an older pchat, and cannot hold the caller's name */
	VERDICT_ABSENT,       /* a note: the receiver's connection is lost for the moment, or takes no more just now */
	VERDICT_NO_NOTES,     /* the receiver takes no notes, or its helper is of an older pchat */
	VERDICT_NOTES_FULL,   /* the receiver's limits of unread notes */
	VERDICT_OLD_DAEMON,   /* it knows no notes */
	VERDICT_KEPT,         /* a note: kept by the daemon, on its disk, until that session logs in */
	VERDICT_DECLINED,     /* an offer: the partner does not want it */
	VERDICT_NOT_TAKEN,    /* an offer: it was not taken to its end */
	VERDICT_OFFERS_FULL,  /* an offer: so many of the pair are open already */
	VERDICT_NO_STREAMS,   /* the partner's helper, or the daemon, is of an older pchat */
	VERDICT_CHANNEL_OPEN, /* another stream is being taken */
	VERDICT_NO_OWNER,     /* a note to be kept: the user database does not tell whose account its receiver is */
	VERDICT_COUNT
};

#endif
