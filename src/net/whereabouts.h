/*
 * Where a session lives, kept in its state folder beside the inbox: when the folder that it lived in is gone, or is
 * one that a command does not look in, the command can say so. A note for people, not needed for anything else: it is
 * not synced, and when it is missing or damaged nothing is said.
 */
#ifndef PCHAT_NET_WHEREABOUTS_H
#define PCHAT_NET_WHEREABOUTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define WHEREABOUTS_BOOT 40
#define WHEREABOUTS_WHY 160

struct whereabouts {
	char runtime[PATH_MAX];      /* the folder that it lives in */
	char boot[WHEREABOUTS_BOOT]; /* of the host, as of /proc/sys/kernel/random/boot_id; empty: not known */
	int64_t ended_ms;            /* when it ended against its owner's will, as of time(2); 0: it has not */
	char why[WHEREABOUTS_WHY];   /* one line for people */
};

/* That of this boot. */
void whereabouts_boot(char out[WHEREABOUTS_BOOT]);

/* `folder` is the one of the inbox. 0 or -errno; read: -ENOENT, -EBADMSG, and -EPERM when the file is somebody else's. */
MUST_USE int whereabouts_write(const char *folder, const struct whereabouts *w);
MUST_USE int whereabouts_read(const char *folder, struct whereabouts *w);
void whereabouts_remove(const char *folder);

/*
 * Whether a helper has the inbox in `folder`. Who asks shares the lock for a moment, which is in the way of a helper
 * that begins, but not of others who ask.
 */
bool whereabouts_helper_runs(const char *folder);

/* What became of the session `name`, whose inbox is in `folder`, for whoever does not find it. False: nothing is known. */
bool whereabouts_tell(const char *name, const char *folder, char *words, size_t size);

#endif
