#include "proto/status.h"

#include <stddef.h>

#include "base/macros.h"
#include "base/translate.h"

struct status {
	int exit;
	const char *name, *words;
};

static const struct status table[VERDICT_COUNT] = {
	[VERDICT_OK] = { 0, "ok", N_("done") },
	[VERDICT_QUEUED] = { 0, "queued", N_("waiting until the other is free") },
	[VERDICT_NO_SUCH_USER] = { 5, "no-such-user",
	    N_("nobody is online under that name; 'pchat who' shows who is") },
	[VERDICT_BUSY] = { 6, "busy",
	    N_("is chatting with somebody else; 'pchat to NAME --wait' waits until that ends") },
	[VERDICT_SELF] = { 6, "self", N_("that is yourself") },
	[VERDICT_REFUSES] = { 6, "refuses", N_("does not want to be contacted") },
	[VERDICT_NOT_PAIRED] = { 7, "not-paired", N_("nobody is chatting with you: begin with 'pchat to NAME'") },
	[VERDICT_LEFT] = { 8, "left", N_("not delivered: the partner left the chat") },
	[VERDICT_PARTNER_QUIT] = { 8, "partner-quit", N_("not delivered: the partner quit") },
	[VERDICT_GONE] = { 8, "gone",
	    N_("not delivered: the connection to the partner was lost and did not come back") },
	[VERDICT_TAKEN] = { 9, "taken", N_("that name is in use; choose another") },
	[VERDICT_RESERVED] = { 9, "reserved", N_("that is the name of another user's account; choose another") },
	[VERDICT_MALFORMED] = { 9, "malformed",
	    N_("a name is 1 to 32 letters, digits and . _ - @ of one script, begins with a letter or a digit, and is a "
	       "number only when an account has that name") },
	[VERDICT_EMPTY] = { 10, "empty", N_("the message is empty; a message has 1 to 65536 bytes") },
	[VERDICT_TOO_LONG] = { 10, "too-long", N_("the message is too long; a message has 1 to 65536 bytes") },
	[VERDICT_INBOX_FULL] = { 10, "inbox-full",
	    N_("not delivered: the partner's inbox is full until some of it is read") },
	[VERDICT_STORAGE] = { 10, "storage", N_("not delivered: the partner's disk could not store it") },
	[VERDICT_ID_USED] = { 10, "id-used", N_("not delivered: another message has that id") },
	[VERDICT_UNCONFIRMED] = { 75, "unconfirmed",
	    N_("it may or may not arrive; to send it again with the same id is safe") },
	[VERDICT_TIMED_OUT] = { 124, "timed-out", N_("timed out; certainly not delivered") },
	[VERDICT_EXPIRED] = { 3, "expired", N_("the session is over; 'pchat login' begins another") },
	[VERDICT_STARTING] = { 4, "starting",
	    N_("the daemon has lost its registry, and for a moment admits only earlier sessions; try again") },
	[VERDICT_FULL] = { 4, "full", N_("the daemon is full; try again later") },
	[VERDICT_LIMIT] = { 6, "limit", N_("too many sessions; 'pchat quit' ends one") },
	[VERDICT_RATE] = { 4, "rate", N_("too many requests in a short time; try again in a moment") },
	[VERDICT_WRONG_PARTNER] = { 7, "partner-not",
	    N_("not sent: somebody else is your partner; 'pchat status' tells who") },
	[VERDICT_SUPERSEDED] = { 6, "superseded",
	    N_("no longer waiting: a chat began, another wait replaced this one, or it was cancelled") },
	[VERDICT_STALE] = { 75, "stale",
	    N_("sent while the connection changed; to send it again with the same id is safe") },
	[VERDICT_NO_DAEMON] = { 4, "no-daemon", N_("the daemon cannot be reached") },
	[VERDICT_NO_ANSWER] = { 4, "no-answer", N_("the user database does not answer; try again in a moment") },
	[VERDICT_NO_OWNER] = { 4, "no-owner",
	    N_("the user database does not answer, so nobody can say whose that name is") },
	[VERDICT_TAKEN_OVER] = { 3, "taken-over",
	    N_("another login under its name has taken the place of this session") },
	[VERDICT_UNMAPPED] = { 4, "unmapped",
	    N_("the daemon runs in a user namespace that does not know your user, and cannot tell who you are") },
	[VERDICT_OLD_PARTNER] = { 6, "old-partner",
	    N_("the other's pchat is too old for your name; the other has to upgrade it, then 'pchat quit' and 'pchat "
	       "login'") },
	[VERDICT_ABSENT] = { 124, "absent",
	    N_("not delivered: that session does not answer at the moment; its connection may be lost") },
	[VERDICT_KEPT] = { 12, "kept",
	    N_("not delivered yet: kept by the daemon until a session of that name logs in") },
	[VERDICT_NO_NOTES] = { 6, "no-notes", N_("takes no notes") },
	[VERDICT_NOTES_FULL] = { 10, "notes-full",
	    N_("not delivered: too many notes, or too many of yours, are unread there") },
	[VERDICT_OLD_DAEMON] = { 4, "old-daemon",
	    N_("the daemon is an older pchat, which knows no notes; it has to be restarted") },
	[VERDICT_DECLINED] = { 11, "declined", N_("the partner declined it") },
	[VERDICT_NOT_TAKEN] = { 11, "not-taken", N_("it was not taken to its end") },
	[VERDICT_OFFERS_FULL] = { 10, "offers-full",
	    N_("not offered: too many offers are open between you, or unread there") },
	[VERDICT_NO_STREAMS] = { 6, "no-streams",
	    N_("the partner's pchat or the daemon is too old for that, or the partner is on another host") },
	[VERDICT_CHANNEL_OPEN] = { 6, "channel-open",
	    N_("another stream or file is being taken; try again when it is done") },
	[VERDICT_NO_SESSION] = { 3, "no-session", N_("not logged in; 'pchat login' begins a session") },
	[VERDICT_NOTHING] = { 1, "nothing", N_("nothing to read") },
	[VERDICT_USAGE] = { 2, "usage", N_("wrong usage; 'pchat --help' shows the right one") },
	[VERDICT_OUTPUT] = { 74, "output", N_("the output could not be written") },
	/* A failure of this machine: EX_OSERR of <sysexits.h>, which 74 and 75 are of, too. */
	[VERDICT_FAILED] = { 71, "failed", N_("the system on this side refused something") },
	/* As env(1) and shells have it. */
	[VERDICT_NOT_RUN] = { 126, "not-run", N_("the command could not be run") },
	[VERDICT_NO_COMMAND] = { 127, "no-command", N_("there is no such command") },
};

static const struct status unknown = { 71, "unknown",
	N_("something unknown happened; are all programs of pchat of the same version?") };

static const struct status *
status_of(enum verdict v)
{
	return (unsigned)v < ARRAY_SIZE(table) ? &table[v] : &unknown;
}

int
status_exit(enum verdict v)
{
	return status_of(v)->exit;
}

const char *
status_name(enum verdict v)
{
	return status_of(v)->name;
}

const char *
status_words(enum verdict v)
{
	return status_of(v)->words;
}
