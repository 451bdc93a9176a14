/*
 * Where what a partner hands over goes: standard output, a new file, or the standard input of a command. Writing never
 * waits for a reader, but for a disk. Nothing counts before sink_finish(): a file gets its name there, a command its end
 * of file; sink_abort() leaves no file, and ends the command before it sees an end.
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
	int fd;         /* to poll for POLLOUT; -1 where nobody has to wait */
	int to;         /* what is written to */
	bool regular;   /* a file: synced, and a hole stays one */
	bool by_page;   /* one that could wait is written so little at a time that it does not */
	bool socket;    /* or with a flag */
	bool hole_last; /* it ends in a hole */
	uint64_t at;    /* bytes written, holes among them */
	int folder;     /* SINK_FILE */
	char name[NAME_MAX + 1];
	char temporary[NAME_MAX + 1]; /* its name until then; empty: it has none */
	struct fed fed;               /* SINK_COMMAND */
};

/* 0 or -errno; -EEXIST: a file of that name is there. The command begins with sink_begin(). */
MUST_USE int sink_open_output(struct sink *s);
MUST_USE int sink_open_file(struct sink *s, const char *path);
MUST_USE int sink_open_command(struct sink *s, char *const argv[]);

/* What is to be written comes now. 0; -errno: the command did not run. */
MUST_USE int sink_begin(struct sink *s);

/* Bytes written, of a hole as many as are now done; -EAGAIN: not now; -errno. */
MUST_USE ssize_t sink_write(struct sink *s, const void *data, size_t n);
MUST_USE ssize_t sink_hole(struct sink *s, uint64_t n);

/* All is there: on the disk, where it is a file; a command is told, and has still to end. 0 or -errno. */
MUST_USE int sink_finish(struct sink *s);

void sink_abort(struct sink *s);

#endif
