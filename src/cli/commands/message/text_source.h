/*
 * Where a command's text comes from: its operands, a file, or standard input; as one text, or line by line. For send and
 * tell, whose options for it are the same.
 */
#ifndef PCHAT_CLI_COMMANDS_MESSAGE_TEXT_SOURCE_H
#define PCHAT_CLI_COMMANDS_MESSAGE_TEXT_SOURCE_H

#include "base/translate.h"
#include "cli/line/options.h"
#include "client/feed.h"

/* The rows of these options: they stand first in the command's list. With what -l and -0 are for. */
#define TEXT_SOURCE_ROWS(lines, pieces)                                                          \
	{ OPT_LINES, 'l', "lines", OPTION_NOTHING, NULL, lines },                                \
	    { OPT_NUL, '0', "null", OPTION_NOTHING, NULL, pieces },                              \
	{                                                                                        \
		OPT_FILE, 'f', "file", OPTION_TEXT, "FILE", N_("read FILE; - is standard input") \
	}

/*
 * Opens it: the operands behind the first `before`, or a descriptor. 0; or reports what contradicts itself or cannot be
 * opened, and returns the exit status. What is typed at a terminal is announced as a note, or a message.
 */
int text_source_open(const struct options *o, int before, bool note, struct feed *feed);

#endif
