/*
 * Unix-domain stream sockets: listening safely, connecting, and asking the
 * kernel who is at the other end (unix(7)). Every descriptor is close-on-exec and
 * non-blocking unless said otherwise. Functions return a descriptor or 0, or
 * -errno.
 */
#ifndef PCHAT_NET_SOCKET_H
#define PCHAT_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/macros.h"

/* Longest path of a socket, without its NUL: 107 on Linux. */
#define SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/*
 * A listening socket that appears at `path` in one step, with its mode and group
 * already right: it is bound under a temporary name beside it, and renamed.
 * The caller holds a lock that says the path is its own (socket_lock).
 * A socket left by a crash is replaced; anything that is not a socket is
 * never removed. *ino receives the inode, for socket_remove(). The folder may be
 * somebody else's: nothing but that socket gets the mode and the group.
 *
 * Fails: -ENAMETOOLONG (over SOCKET_PATH_MAX), -ENOTSOCK (something else is
 * there), -EADDRINUSE (someone listens there), -EPERM (somebody has put something else
 * in its place), and as bind(2), rename(2).
 */
MUST_USE int socket_listen(const char *path, mode_t mode, gid_t group, ino_t *ino);

/* Removes the socket only if it is still the one with that inode. */
void socket_remove(const char *path, ino_t ino);

/* Who had a lock before: it is also a mark that somebody was here. */
enum lock_before {
	LOCK_NOBODY,
	LOCK_SINCE_BOOT,  /* somebody, since the host was started; or nobody knows when */
	LOCK_BEFORE_BOOT, /* somebody, before that */
};

/*
 * Takes the exclusive lock PATH.lock, and keeps it as long as the descriptor is open. Nothing is written to the lock
 * file before it is known to be a file of our own that has no other name. *before may be NULL. Fails: -EWOULDBLOCK (held
 * by another process), -EPERM (somebody else's, or no such file), and as open(2).
 */
MUST_USE int socket_lock(const char *path, enum lock_before *before);

/* Removes PATH.lock, which only its holder may do, and closes the lock. Whoever waits for it takes a new one. */
void socket_lock_remove(const char *path, int lock);

/* As if it had never been taken: for one who had it and did nothing. */
void socket_lock_forget(int lock);

/* Connects; blocking = false leaves the descriptor non-blocking. Fails: -ENAMETOOLONG, and as connect(2). */
MUST_USE int socket_connect(const char *path, bool blocking);

struct credentials {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/*
 * Of a socket on which others write: they can pass no descriptors where the kernel lets us say so (SO_PASSRIGHTS), and
 * none goes with a byte "out of band", which reading would skip and close.
 */
void socket_guard(int fd);

/* Whether the other end is closed, as poll(2) says: what it wrote before may still be read, but nobody waits for an answer. */
bool socket_is_left(int fd);

/* SO_PEERCRED. */
MUST_USE int socket_peer(int fd, struct credentials *c);

/* SO_PEERGROUPS, the primary gid included; *groups is the caller's to free. */
MUST_USE int socket_peer_groups(int fd, uint32_t **groups, size_t *n);

#endif
