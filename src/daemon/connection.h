/*
 * A connection from its first byte to its end: frames go to the relay or to the rules, and what it held is given back.
 */
#ifndef PCHAT_DAEMON_CONNECTION_H
#define PCHAT_DAEMON_CONNECTION_H

struct account;
struct client;
struct daemon;

/* Takes over fd, whose peer the kernel says is account's; takes over the reference as well. NULL: short of memory. */
struct client *connection_new(struct daemon *daemon, int fd, struct account *account);

#endif
