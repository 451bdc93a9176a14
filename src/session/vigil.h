/*
 * Notices when what the helper lives on is removed under it: its folder, its
 * socket, its inbox. No timer: inotify(7) tells.
 */
#ifndef PCHAT_SESSION_VIGIL_H
#define PCHAT_SESSION_VIGIL_H

#include "base/macros.h"

struct session;
struct vigil;

/* NULL: the kernel has no more of these; the helper lives without, as it does when the kernel will not watch it. */
struct vigil *vigil_new(struct session *s);
void vigil_free(struct vigil *v);

/* The socket, or the inbox, is there, or is another file than before: watches that. */
void vigil_watch(struct vigil *v);

#endif
