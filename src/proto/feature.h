/*
 * Features that one end of a connection names in its HELLO: nothing new is sent to an end that did not. Beside the
 * version, so that old helpers and new daemons, or the other way round, go on speaking. Pure.
 */
#ifndef PCHAT_PROTO_FEATURE_H
#define PCHAT_PROTO_FEATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"
#include "proto/upstream.h"

enum feature {
	FEATURE_NAMES = 1,    /* names beyond ASCII, and with `@`; accounts of more than FEATURE_OLD_ACCOUNT bytes */
	FEATURE_NOTES = 2,    /* notes: TELL, TOLD, NOTE, NOTE_ACK; on the control socket also what follows from them */
	FEATURE_WAITING = 4,  /* WAITING: who is waited for is told by whom */
	FEATURE_STREAMS = 8,  /* offers and their channels (R13); on the control socket also their records */
	FEATURE_ABOUT = 16,   /* ABOUT: of which release the daemon is */
	FEATURE_AWAY = 32,    /* AWAY, IS_AWAY; on the control socket also what STATE tells of it */
	FEATURE_FOLLOW = 64,  /* on the control socket alone: READ gives each of several the same, and what they say */
	FEATURE_BEHIND = 128, /* MSG tells which message under way is the one before it */
	FEATURE_QUEUED = 256, /* on the control socket alone: TO with wait is told when the wait begins */
};

/* All that this release knows of between helper and daemon. */
#define FEATURES_KNOWN                                                                                                 \
	((uint32_t)(FEATURE_NAMES | FEATURE_NOTES | FEATURE_WAITING | FEATURE_STREAMS | FEATURE_ABOUT | FEATURE_AWAY | \
	    FEATURE_BEHIND))

#define FEATURE_OLD_ACCOUNT 32U

/* Whether an end with these features can hold the name. */
bool feature_holds_name(uint32_t features, const char *name);

/* What an end with these features cannot hold of a peer's account becomes its uid. */
void feature_fit_peer(uint32_t features, struct peer *peer);

/*
 * A verdict as an end with these features can be told it. One that named none is of the first release: it breaks the connection
 * at a number that it does not know, so it is told the nearest that it does, of the same exit status where there is one.
 */
enum verdict feature_fit_verdict(uint32_t features, enum verdict v);

#endif
