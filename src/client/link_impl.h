/*
 * What the files of the link share; for client alone. find.c finds the session, connect.c connects to its helper,
 * link.c talks to it.
 */
#ifndef PCHAT_CLIENT_LINK_IMPL_H
#define PCHAT_CLIENT_LINK_IMPL_H

#include "client/link.h"

/* Leaves words about what went wrong, translated (base/translate.h); returns v. */
enum verdict link_trouble(struct link *l, enum verdict v, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Sets host, name and shown. `host` may be empty, for this host, or l->host itself. */
void link_name(struct link *l, const char *host, const char *name);

/*
 * The verdict, with words, when the session's file could not be read, by this -errno. -ENOENT: there is no such
 * session.
 */
enum verdict link_no_file(struct link *l, int error);

/*
 * Whether the session is in another of the user's folders than the open one. If so, that folder is opened in its place.
 */
bool link_look_further(struct link *l);

#endif
