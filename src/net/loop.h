/*
 * The event loop: libev, set up so that an idle process never wakes up. (Without
 * its timerfd libev would look for jumps of the clock once a minute.)
 */
#ifndef PCHAT_NET_LOOP_H
#define PCHAT_NET_LOOP_H

#include <ev.h>

/* NULL when libev finds no usable backend. */
struct ev_loop *loop_new(void);

#endif
