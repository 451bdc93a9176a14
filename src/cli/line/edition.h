/*
 * Three programs from one source. `pchat` is linked with libc alone, and starts fast; whatever it does not know it
 * leaves to `pchat-full`, which knows everything. `pchat-chat` has one command. This is all that differs between
 * them; main() hands it down.
 */
#ifndef PCHAT_CLI_LINE_EDITION_H
#define PCHAT_CLI_LINE_EDITION_H

#include <stddef.h>

struct command;
struct invocation;
struct record;

struct edition {
	/* The rows of this program; NULL ends them. */
	const struct command *const *commands;

	/*
	 * Whatever is not simply running a command: help, the version, a line that could not be parsed (parsed < 0),
	 * --json. The light program becomes the full one for it. Returns the exit status, or -1: run the command.
	 */
	int (*prepare)(struct invocation *inv, int parsed);

	/* A text that may hold foreign bytes, as one line that is safe on a terminal; for report_setup(). */
	size_t (*safe)(const char *text, char *out, size_t size);

	/*
	 * A message as it came, and a newline; but on a terminal so that it cannot hurt that, and under --json as any
	 * record. NULL: no command of this program prints one.
	 */
	void (*print)(const struct invocation *inv, const struct record *r);
};

/* That of this program; for its main(). */
extern const struct edition edition;

#endif
