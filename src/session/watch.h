/*
 * Notices when what the helper lives on is removed under it: its folder, its
 * socket, its inbox. No timer: inotify(7) tells.
 */
#ifndef PCHAT_SESSION_WATCH_H
#define PCHAT_SESSION_WATCH_H

#include <ev.h>
#include <stdbool.h>

#include "base/macros.h"

struct watch;

struct watch_class {
	/* What the session cannot be without is gone; `uprooted`: its folder, so that no command finds it any more. */
	void (*gone)(void *context, bool uprooted);
	/* The session's file is gone, which alone can be made again: make it. */
	void (*restore)(void *context);
};

/* `folder`, `name`: where NAME.sock and NAME.session are; `inbox`: the folder of the inbox. */
struct watch_paths {
	const char *folder, *name, *inbox;
};

/* NULL: the kernel has no more of these; the helper lives without, as it does when the kernel will not watch it. */
struct watch *
watch_new(const struct watch_class *class, void *context, struct ev_loop *loop, const struct watch_paths *paths);
void watch_free(struct watch *w);

/* The socket, or the inbox, is there, or is another file than before: watches that. */
void watch_renew(struct watch *w);

#endif
