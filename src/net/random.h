/* Randomness of the kernel. */
#ifndef PCHAT_NET_RANDOM_H
#define PCHAT_NET_RANDOM_H

#include "base/macros.h"

struct ident;

/* A random 128-bit ident, from getrandom(2). Fails as getrandom. */
MUST_USE int random_ident(struct ident *id);

#endif
