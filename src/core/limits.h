/*
 * Every limit of pchat, in one place. A size is checked against these before
 * anything is allocated for it.
 */
#ifndef PCHAT_CORE_LIMITS_H
#define PCHAT_CORE_LIMITS_H

#include "core/names/name.h" /* NAME_MAX_LEN, with the rest about names */

#define ACCOUNT_MAX_LEN 255U /* bytes of an account's name, as LOGIN_NAME_MAX has it */

#define MESSAGE_MAX 65536U /* bytes of one message */

/* D7: what one sender may have under way before an acknowledgement. */
#define WINDOW_MESSAGES 1024U
#define WINDOW_BYTES (256U * 1024U)

#define SESSIONS_PER_UID 8U
#define CONNECTIONS_MAX 4096U       /* of a daemon, in all */
#define CONNECTIONS_GREETING 64U    /* of those, not yet logged in */
#define CONNECTIONS_GREETING_UID 4U /* of those, of one uid */
#define UNKNOWN_SESSIONS 64U        /* of all uids together that are not known to have an account */
#define UNKNOWN_GREETING 16U        /* connections of theirs that are not yet logged in */
#define HANDSHAKE_SECONDS 5U
#define GRACE_SECONDS 10U
#define STALL_SECONDS 10U       /* a peer that takes nothing for so long is closed */
#define ACCEPT_PAUSE_SECONDS 1U /* after EMFILE and its kin */

/* What one turn of a loop may do, so that what comes meanwhile is seen soon. */
#define TURN_MS 2U       /* input is handled for so long, or one event of it */
#define TURN_MOST_MS 32U /* and for so long while not each party that stood in line has had one */
#define REQUESTS_AN_EVENT \
	64U /* of a connection to the daemon: the rest of what it sent is handled when it is its turn again */
#define SETTLED_A_TURN 256U /* waiters that are looked at */

#define REQUEST_RATE 10U /* login/to/who/policy/kept/untell requests a second and uid, and resumes of one session */
#define REQUEST_BURST 50U

/* Look-ups of the user database. */
#define LOOKUP_MS 3000U       /* one that takes longer is killed */
#define LOOKUP_KEEP_MS 10000U /* for so long a name is known to be nobody's, and is no account asked for again */
#define LOOKUPS_RUNNING 4U
#define LOOKUPS_MAX 128U    /* waiting and running */
#define LOOKUPS_NOTE 32U    /* of those, whose account a note is for, */
#define LOOKUPS_NOTE_UID 4U /* asked for by one uid */
#define LOOKUPS_CACHE 256U  /* names known to be nobody's */

#define INBOX_MESSAGES 100000U              /* unread */
#define INBOX_EVENTS 10000U                 /* unread, of paired, left, lost, ... */
#define INBOX_EVENTS_UID 1000U              /* of those, by one uid, or by all that are not known to have an account */
#define INBOX_OFFERS 1000U                  /* unread, */
#define INBOX_OFFERS_UID 100U               /* likewise */
#define INBOX_BYTES (64ULL * 1024U * 1024U) /* unread */

#define HELD_EVENTS 1000U    /* that wait while another process has the inbox, */
#define HELD_EVENTS_UID 100U /* of one uid, or of all that are not known to have an account */

/* Notes (R11). */
#define NOTE_MAX 4096U /* bytes of one */

#define AWAY_MAX 200U /* bytes of a text that says why somebody is away */
#define NOTE_RATE 10U /* a second and uid */
#define NOTE_BURST 50U
#define NOTES_UNREAD 1000U
#define NOTES_UNREAD_BYTES (1024U * 1024U)
#define NOTES_UNREAD_UID 100U
#define NOTES_WAY 1024U        /* under way through a daemon */
#define NOTES_WAY_UID 64U      /* of those, by one uid */
#define NOTES_WAY_RECEIVER 32U /* of those, to one session: as many fit into its connection's queue */
#define NOTES_WAY_RECEIVER_UID 16U
#define NOTE_ANSWER_SECONDS 60U /* for the receiver's answer: then nobody waits for it any more */
#define KEPT_NOTES 100U         /* that a daemon keeps of one sender for one receiver, */
#define KEPT_LEAST 256U         /* a shorter one counts as one of so many bytes */
#define KEPT_BYTES (64U * 1024U)
#define KEPT_BYTES_SENDER (256U * 1024U)
#define KEPT_BYTES_RECEIVER (1024U * 1024U)
#define KEPT_BYTES_ALL (64ULL * 1024U * 1024U)
#define KEPT_DAYS 30
#define TELLERS_PART 4U /* of all connections, that only tell */
#define TELLERS_UID 8U

/* Streams and files between partners (R13). */
#define OFFERS_PAIR 16U      /* offers that are open, of both partners together */
#define OFFER_LABEL_MAX 200U /* bytes of what an offered stream is called */
#define OFFER_MAX 4096U      /* bytes of all that an offer says */
#define OFFER_FILE_NAME 255U /* bytes of a file's name */
#define CHANNELS_UID 8U      /* open channels of one uid */

#define SEND_TIMEOUT_SECONDS 5U
#define RETRY_MAX_MS 2000U /* longest pause between two attempts to reach a daemon */

#define WAITING_ACCOUNTS 16U /* of those who wait, so many are told of in one chat, */
#define WAITING_SECONDS 600U /* or in so long a time */

#define POLICY_ENTRIES 64U   /* block and allow rules of one session */
#define CONTROL_CLIENTS 256U /* commands at once on one helper's socket */

#endif
