#include "cli/commands/message/text_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/report.h"

static int
contradiction(const struct options *o, bool words)
{
	const char *name = o->command->name;

	if (o->given[OPT_LINES] && o->given[OPT_NUL])
		return report(VERDICT_USAGE, "%s: -l and -0 cannot be used together", name);
	if (words && (o->given[OPT_LINES] || o->given[OPT_NUL] || o->given[OPT_FILE]))
		return report(VERDICT_USAGE,
		    "%s: TEXT cannot be used together with -l, -0 or -f; put -- before text that begins with '-'",
		    name);
	return 0;
}

int
text_source_open(const struct options *o, int before, bool note, struct feed *feed)
{
	const int separator = o->given[OPT_LINES] ? '\n' : o->given[OPT_NUL] ? '\0' : FEED_WHOLE;
	const bool words = o->operand_count > before;
	int fd = STDIN_FILENO;
	int rc;

	if ((rc = contradiction(o, words)) != 0)
		return rc;
	if (words) {
		feed_words(feed, o->operands + before, o->operand_count - before);
		return 0;
	}
	/* A FIFO may have no writer: whoever reads waits for one, as long as there is time. */
	if (o->given[OPT_FILE] && strcmp(o->text[OPT_FILE], "-") != 0 &&
	    (fd = open(o->text[OPT_FILE], O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0)
		return report(VERDICT_FAILED, "cannot open '%s': %s", o->text[OPT_FILE], error_words(errno));
	if (fd == STDIN_FILENO && isatty(fd))
		remark(note ? separator == FEED_WHOLE ? N_("type the note; ^D ends") : N_("type the notes; ^D ends")
			: separator == FEED_WHOLE ? N_("type the message; ^D ends")
						  : N_("type the messages; ^D ends"));
	feed_descriptor(feed, fd, separator);
	return 0;
}
