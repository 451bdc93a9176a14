/*
 * Three programs are made from one source. `pchat` is linked with libc alone, and starts fast; what it does not know it
 * leaves to `pchat-full`, which knows everything. `pchat-chat` has one command. An edition is all that differs between
 * them. main() hands it down.
 */
#ifndef PCHAT_CLI_LINE_EDITION_H
#define PCHAT_CLI_LINE_EDITION_H

#include <stdbool.h>
#include <stddef.h>

struct command;
struct invocation;
struct record;

struct edition {
	/* The rows of this program; NULL ends them. */
	const struct command *const *commands;

	/* What it is started for lasts as long as a few system calls: none is made that only some commands need. */
	bool brief;

	/*
	 * Does what has to be done instead of running a command, or before: help, the version, a line that could not be
	 * parsed (parsed < 0), --json. The light program becomes the full one for these. Returns the exit status; -1:
	 * run the command.
	 */
	int (*prepare)(struct invocation *inv, int parsed);

	/*
	 * Makes of a text with foreign bytes one line that is safe on a terminal, in rows when it has so many columns;
	 * for report_setup().
	 */
	size_t (*safe)(const char *text, size_t columns, char *out, size_t size);

	/*
	 * Prints a message as it came, and a newline; on a terminal so that it is safe there, and with --json as any
	 * record. NULL: no command of this program prints one.
	 */
	void (*print)(const struct invocation *inv, const struct record *r);
};

/* The edition of this program; for its main(). */
extern const struct edition edition;

#endif
