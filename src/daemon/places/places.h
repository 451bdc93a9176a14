/*
 * Where a daemon lives: its socket, the runtime folder with the registry, the state folder. Each is claimed by a lock.
 * The lock is also a mark: by it a registry that was lost is told from one that never was. No session outlives a boot,
 * so a registry from before the boot is ignored.
 */
#ifndef PCHAT_DAEMON_PLACES_PLACES_H
#define PCHAT_DAEMON_PLACES_PLACES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "net/endpoint.h"

struct registry;

#define PLACES_FOLDER ENDPOINT_FOLDER
#define PLACES_SOCKET ENDPOINT_HOST
#define PLACES_STATE "/var/lib/pchat"

struct places {
	char socket[PATH_MAX];
	char state[PATH_MAX];   /* both empty until they are named or places_find() has found them; */
	char runtime[PATH_MAX]; /* often the same */
	int socket_lock, state_lock, runtime_lock; /* -1, or held until the process ends */
	bool was_used;                             /* a daemon was here before us, since the host was started */
};

/* These return 0, or -1 and say in `words`, for people, what is wrong. */
#define PLACES_WORDS 1024U

/* Finds the folders that were not named. */
MUST_USE int places_find(struct places *p, char words[PLACES_WORDS]);

/* Claims the path of the socket. Not for one that was passed by a supervisor, whose path is not ours. */
MUST_USE int places_claim_socket(struct places *p, char words[PLACES_WORDS]);

/* Makes the folders, and claims them. */
MUST_USE int places_claim_folders(struct places *p, char words[PLACES_WORDS]);

/*
 * Opens the registry, with what an older pchatd kept in the state folder. *lost: there was one, or should have been, and
 * it is lost.
 */
MUST_USE int places_open_registry(const struct places *p, struct registry **r, bool *lost, char words[PLACES_WORDS]);

/* A daemon that did not start was never here: the next one shall not miss its registry. */
void places_forget(const struct places *p);

#endif
