/*
 * A connection to the daemon, from its first byte to its end. Its frames go to the relay (MSG and ACK) or to dispatch.h
 * (all others). At its end everything that it held is given back.
 */
#ifndef PCHAT_DAEMON_CONNECTION_H
#define PCHAT_DAEMON_CONNECTION_H

struct account;
struct client;
struct daemon;

/*
 * Makes the client of an accepted socket, whose peer has the uid of `account` as the kernel says. Takes over fd and the
 * reference to the account, and frees the client when the connection ends. NULL: short of memory, and nothing was taken
 * over.
 */
struct client *connection_new(struct daemon *daemon, int fd, struct account *account);

#endif
