/*
 * Notices when what the helper lives on is removed under it: its folder, its
 * socket, its inbox. No timer: inotify(7) tells.
 */
#ifndef PCHAT_SESSION_WATCH_H
#define PCHAT_SESSION_WATCH_H

#include "base/macros.h"

struct session;
struct watch;

/* NULL: the kernel has no more of these; the helper lives without, as it does when the kernel will not watch it. */
struct watch *watch_new(struct session *s);
void watch_free(struct watch *v);

/* The socket, or the inbox, is there, or is another file than before: watches that. */
void watch_renew(struct watch *v);

#endif
