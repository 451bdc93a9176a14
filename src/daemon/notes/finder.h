/*
 * Notes that are to be kept, for accounts that /etc/passwd does not have: each waits until the user database has told whose its
 * receiver's name is. Only a database that has answered makes it anybody's.
 */
#ifndef PCHAT_DAEMON_NOTES_FINDER_H
#define PCHAT_DAEMON_NOTES_FINDER_H

#include <stdint.h>
#include <sys/queue.h>

#include "core/verdict.h"
#include "daemon/names/names.h"
#include "daemon/notes/kept_file.h"

LIST_HEAD(finder_list, finder_note);

struct finder_class {
	/* The receiver of the note with that token is known: OK, r->to_uid is; or NO_SUCH_USER, NO_OWNER. */
	void (*found)(void *context, uint64_t token, const struct kept_record *r, enum verdict v);
};

struct finder {
	const struct finder_class *class;
	void *context;
	struct names *names;
	struct finder_list notes; /* that wait */
};

/* `names` lives longer, but asks nobody any more when the finder is released. */
void finder_init(struct finder *f, const struct finder_class *class, void *context, struct names *names);
void finder_release(struct finder *f);

/*
 * Whose r->to_name is: OK (r->to_uid is set), QUEUED (the note is copied, and found() follows), or why nobody's. `only`, when it
 * is not NULL, is the uid that it has to be. Notes of one sender are answered in their order.
 */
enum verdict finder_find(struct finder *f, uint64_t token, struct kept_record *r, const uint32_t *only);

#endif
