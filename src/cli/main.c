/*
 * pchat and pchat-full: reads the command line, brings up what the command's
 * row asks for, runs it, and sees to it that its output was really written.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/errors.h"
#include "base/signals.h"
#include "cli/line/command.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "proto/feature.h"
#include "proto/status.h"

/* Large, and mostly never touched. */
static struct invocation inv;

static void
pass_note_on(const char *words)
{
	remark("%s", words);
}

/*
 * No descriptor of ours may become standard input, output or error. One that
 * is closed is opened the wrong way round, so that using it fails as before.
 */
static void
occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int
run(struct invocation *i)
{
	const struct command *c = i->opt.command;
	enum verdict v;

	if (c->needs_session) {
		i->link.revive = true;
		i->link.features = (c->knows_notes ? FEATURE_NOTES | FEATURE_STREAMS : 0) |
		    (c->knows_away ? FEATURE_AWAY : 0) | (c->knows_queue ? FEATURE_QUEUED : 0);
		v = command_find_session(i);
		if (v == VERDICT_OK)
			v = link_connect(&i->link, options_deadline(&i->opt));
		if (v != VERDICT_OK)
			return report_unsent(v, i->opt.text[OPT_ID], i->link.words);
	}
	return c->run(i);
}

/* Whether all that the command printed has arrived; the reader of a pipe that went away needs no word. */
static int
finish(int status)
{
	const int error = output_flush();

	if (error == -EPIPE)
		return status_exit(VERDICT_OUTPUT);
	if (error < 0)
		return report(VERDICT_OUTPUT, "%s: %s", status_words(VERDICT_OUTPUT), error_words(-error));
	return status;
}

int
main(int argc, char **argv)
{
	int parsed, status;

	occupy_standard_descriptors();
	if (edition.brief)
		signals_begin_writing();
	else
		signals_begin();
	inv.edition = &edition;
	inv.argv = argv;
	link_init(&inv.link);
	inv.link.note = pass_note_on;
	parsed = options_parse(&inv.opt, edition.commands, argc, argv);
	report_setup(edition.safe, inv.opt.given[OPT_QUIET]);
	if (inv.opt.given[OPT_SESSION])
		hint_choose(inv.opt.text[OPT_SESSION]);
	status = edition.prepare(&inv, parsed);
	return finish(status < 0 ? run(&inv) : status);
}
