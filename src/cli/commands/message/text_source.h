/*
 * Where the text of a message comes from: operands, a file or standard input, as one message or as one message a line.
 * For send and tell, whose options for it are the same.
 */
#ifndef PCHAT_CLI_COMMANDS_MESSAGE_TEXT_SOURCE_H
#define PCHAT_CLI_COMMANDS_MESSAGE_TEXT_SOURCE_H

#include "base/translate.h"
#include "cli/line/options.h"
#include "client/feed.h"

/*
 * The rows of these options, for the beginning of the command's list. `lines` and `pieces` are the help for -l and -0.
 */
#define TEXT_SOURCE_ROWS(lines, pieces)                                                          \
	{ OPT_LINES, 'l', "lines", OPTION_NOTHING, NULL, lines },                                \
	    { OPT_NUL, '0', "null", OPTION_NOTHING, NULL, pieces },                              \
	{                                                                                        \
		OPT_FILE, 'f', "file", OPTION_PATH, "FILE", N_("read FILE; - is standard input") \
	}

/*
 * Opens the feed: on the operands behind the first `before`, or on a descriptor. When a person is to type the text, a
 * remark says that a message, or a `note`, is read. 0; or reports what is wrong with the options or cannot be opened,
 * and returns the exit status.
 */
int text_source_open(const struct options *o, int before, bool note, struct feed *feed);

#endif
