/*
 * The link from within. session_find.c says which session it is, session_connect.c gets
 * to its helper, session_link.c talks.
 */
#ifndef PCHAT_CLIENT_LINK_IMPL_H
#define PCHAT_CLIENT_LINK_IMPL_H

#include "client/link.h"

/* Leaves words about what went wrong; returns the verdict. */
enum verdict link_trouble(struct link *l, enum verdict v, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Which session it is, by its host (empty: here) and its name as it is; sets host, name and shown. */
void link_name(struct link *l, const char *host, const char *name);

/* The session's file could not be read: there is no such session, or the system, by this error, refuses. */
enum verdict link_no_file(struct link *l, int error);

/* Whether the session is in another of the user's folders than the one that is open; then that one is. */
bool link_look_further(struct link *l);

#endif
