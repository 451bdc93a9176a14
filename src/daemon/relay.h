/*
 * The daemon's main job: messages and acknowledgements, passed on as they came.
 */
#ifndef PCHAT_DAEMON_RELAY_H
#define PCHAT_DAEMON_RELAY_H

#include <stddef.h>
#include <stdint.h>

struct client;
struct roster;

/*
 * Handles the MSG and ACK frames that `data` begins with, up to a frame of another
 * kind or an incomplete one; what the receiver would not know is changed in place.
 * Returns how many bytes they take. A client that broke the protocol by them has been
 * told BYE and is in CLIENT_ENDED.
 */
size_t relay_frames(const struct roster *r, struct client *c, uint8_t *data, size_t n);

#endif
