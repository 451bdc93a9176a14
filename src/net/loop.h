/*
 * The event loop: libev, set up so that an idle process never wakes up. (Without
 * its timerfd libev would look for jumps of the clock once a minute.) What libev
 * cannot do without it has from the start: later it would abort for want of it.
 */
#ifndef PCHAT_NET_LOOP_H
#define PCHAT_NET_LOOP_H

#include <ev.h>

/* NULL when the system refuses; errno says why. */
struct ev_loop *loop_new(void);

#endif
