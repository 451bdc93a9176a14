/*
 * Where the bytes go that a partner hands over: to standard output, into a new file, or to the standard input of a
 * command. Writing may wait for a disk, but not for a reader. Nothing counts before sink_finish(): only there a file
 * gets its name, and a command its end of file. sink_abort() leaves no file, and stops a command before it could take
 * the end for a whole.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_SINK_H
#define PCHAT_CLI_COMMANDS_STREAM_SINK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "cli/process/fed.h"

enum sink_kind { SINK_NONE, SINK_OUTPUT, SINK_FILE, SINK_COMMAND };

struct sink {
	enum sink_kind kind;
	int fd;         /* is polled for POLLOUT before writing; -1: need not be */
	int to;         /* the descriptor that is written to */
	bool regular;   /* it is a file: it is synced */
	bool by_page;   /* PIPE_BUF bytes at most are written at a time, which do not wait after POLLOUT */
	bool socket;    /* it is a socket, written with MSG_DONTWAIT */
	uint64_t at;    /* bytes so far, holes included */
	uint64_t begun; /* the disk was told to begin with the bytes up to here */

	/* SINK_FILE */
	bool hole_last;               /* the last thing in it is a hole */
	int folder;                   /* the descriptor of its folder; else -1 */
	char name[NAME_MAX + 1];      /* the name that it will get */
	char temporary[NAME_MAX + 1]; /* the name that it has until then; empty: it has none */

	/* SINK_COMMAND */
	struct fed fed;
};

/* Makes a sink of standard output, which stays open. 0 or -errno. */
MUST_USE int sink_open_output(struct sink *s);

/* Makes a sink of a new file of mode 0600. 0; -EEXIST: something has that name; another -errno. */
MUST_USE int sink_open_file(struct sink *s, const char *path);

/* Makes a sink of a command, which is not started before sink_begin(). 0 or -errno. */
MUST_USE int sink_open_command(struct sink *s, char *const argv[]);

/* Call it before the first write. 0; or -errno: the command could not be started. */
MUST_USE int sink_begin(struct sink *s);

/* Writes at most n bytes, and returns how many. -EAGAIN: it takes none now; another -errno. */
MUST_USE ssize_t sink_write(struct sink *s, const void *data, size_t n);

/* The same for n bytes that are zero, which a new file need not store; anything else gets each of them. */
MUST_USE ssize_t sink_hole(struct sink *s, uint64_t n);

/*
 * All has been written. A file is synced and gets its name; a command gets its end of file, and has still to end. 0 or
 * -errno; -EEXIST: something got the name before.
 */
MUST_USE int sink_finish(struct sink *s);

/* Not all will come: removes the file, or stops the command. May be called again. */
void sink_abort(struct sink *s);

#endif
