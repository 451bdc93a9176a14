/*
 * User namespaces (user_namespaces(7)): in one, everybody whom it does not know
 * appears as the same uid.
 */
#ifndef PCHAT_NET_USERNS_H
#define PCHAT_NET_USERNS_H

#include <stdint.h>

#define USERNS_NOBODY UINT32_MAX

/*
 * The uid as which we see all those whom our namespace does not know; USERNS_NOBODY when it knows everybody. `map` is
 * the path of a uid_map, that of `/proc/self` if it is NULL; one that cannot be read says that everybody is known.
 */
uint32_t userns_stranger(const char *map);

#endif
