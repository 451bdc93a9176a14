/* pchat accept: takes what the partner offers: a stream, or files. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/stream/file_names.h"
#include "cli/commands/stream/offers.h"
#include "cli/commands/stream/taking.h"
#include "cli/line/command.h"
#include "cli/output/foreign.h"
#include "cli/output/format.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "cli/process/child.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_LIST, 0, "list", OPTION_NOTHING, NULL, N_("show what is offered, and take nothing") },
	{ OPT_OUTPUT, 'o', "output", OPTION_PATH, "FILE", N_("into a new file of this name") },
	{ 0 },
};

/* ------------------------------------------------------------------------- what is offered */

static void
show(const struct record *r, void *context)
{
	const struct invocation *inv = context;

	if (inv->opt.given[OPT_JSON]) {
		format_json_record(r, inv->link.name);
		return;
	}
	rows_begin();
	output_printf("%" PRIu64 "  ", r->id);
	output_printf(
	    offer_kind(r->body, r->length) == OFFER_STREAM ? _("stream from %s") : _("files from %s"), r->peer.name);
	format_offer(r);
	output_string("\n");
	rows_end();
}

static int
list(struct invocation *inv)
{
	enum verdict v;

	(void)rows_setup();
	v = offers_list(&inv->link, options_deadline(&inv->opt), show, inv);
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

struct choice {
	struct taking *taking;
	uint64_t number; /* 0: the oldest */
	bool found;
};

static void
choose(const struct record *r, void *context)
{
	struct choice *c = context;
	struct taking *t = c->taking;

	if (c->found || (c->number != 0 && r->id != c->number) || !offer_valid(r->body, r->length))
		return;
	c->found = true;
	t->number = r->id;
	t->length = r->length;
	memcpy(t->body, r->body, r->length);
	memcpy(t->partner, r->peer.name, sizeof(t->partner));
}

/* The offer that is meant; 0, or an exit status. */
static int
find_offer(struct invocation *inv, struct taking *t, uint64_t deadline)
{
	struct choice c = { .taking = t };
	enum verdict v;

	if (inv->opt.operand_count > 0 && inv->opt.dashes != 0 && !offers_number(inv->opt.operands[0], &c.number))
		return report(VERDICT_USAGE, "'%.64s' is not the number of an offer", inv->opt.operands[0]);
	v = offers_list(&inv->link, deadline, choose, &c);
	if (v == VERDICT_OK && !c.found)
		v = VERDICT_NOTHING;
	if (v == VERDICT_NOTHING && c.number != 0)
		return report(v, "offer %s is not there, or not any more", inv->opt.operands[0]);
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

/* ------------------------------------------------------------------------- where it goes */

static char **
command_of(const struct options *o)
{
	return o->dashes >= 0 && o->operand_count > o->dashes ? o->operands + o->dashes : NULL;
}

/* Before anything is there that one who is ended would leave behind: a command, or a file under a name. */
static int
catch_signals(struct taking *t)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	t->signals = child_catch_signals(caught, ARRAY_SIZE(caught));
	return t->signals < 0 ? report(VERDICT_FAILED, "cannot wait for signals: %s", error_words(-t->signals)) : 0;
}

static int
prepare_command(struct taking *t, char *const argv[])
{
	const int status = catch_signals(t);
	int rc;

	if (status != 0)
		return status;
	t->command = argv[0];
	rc = sink_open_command(&t->sink, argv);
	return rc < 0 ? report(VERDICT_FAILED, "'%s' cannot be started: %s", argv[0], error_words(-rc)) : 0;
}

static int
prepare_file(struct taking *t, const char *path)
{
	const int status = catch_signals(t);
	char quoted[FOREIGN_QUOTED(PATH_MAX)];
	int rc;

	if (status != 0 || (rc = sink_open_file(&t->sink, path)) == 0)
		return status;
	(void)foreign_quoted(path, strlen(path), quoted, sizeof(quoted));
	return report(VERDICT_OUTPUT, "\"%s\" cannot be made: %s", quoted, error_words(-rc));
}

/* An offer is taken once: whether the folder takes files at all is seen before, with the first one. */
static int
prepare_files(struct taking *t)
{
	int status = file_names_choose(t);

	if (status != 0 || (status = prepare_file(t, t->names[0])) != 0)
		return status;
	sink_abort(&t->sink);
	t->sink.kind = SINK_NONE;
	return 0;
}

static int
open_sink(struct invocation *inv, struct taking *t)
{
	const struct options *o = &inv->opt;
	char **command = command_of(o);
	int rc;

	if (command)
		return prepare_command(t, command);
	if (o->given[OPT_OUTPUT])
		return prepare_file(t, o->text[OPT_OUTPUT]);
	if (offer_kind(t->body, t->length) == OFFER_FILES)
		return prepare_files(t);
	if (hint_in_chat())
		return report(VERDICT_USAGE, "a stream is not shown in a chat: add '-o FILE'");
	if (isatty(STDOUT_FILENO))
		return report(
		    VERDICT_USAGE, "a stream is not shown on a terminal: add '-o FILE', '-- COMMAND', or '| COMMAND'");
	rc = sink_open_output(&t->sink);
	return rc < 0 ? report(VERDICT_OUTPUT, "%s", error_words(-rc)) : 0;
}

/* ------------------------------------------------------------------------- taking it */

/* The channel; -1, and *status. */
static int
ask_for_channel(struct taking *t, uint64_t deadline, int *status)
{
	const struct control_message request = { .type = CONTROL_ACCEPT, .u.offered.number = t->number };
	struct control_message reply;
	enum verdict v;
	int fd;

	t->link->takes = true;
	v = link_call(t->link, &request, deadline, CONTROL_RECORD, &reply);
	fd = link_take_passed(t->link);
	if (v == VERDICT_OK && fd >= 0)
		return fd;
	if (v == VERDICT_OK)
		*status = report(VERDICT_FAILED, "the channel could not be opened: no file descriptor came");
	else if (v == VERDICT_NOTHING)
		*status = report(v, "the offer is not there any more");
	else
		*status = report(v, "%s", t->link->words);
	return -1;
}

/* As the shell expects of one that a signal has ended. */
static int
die_by(int signal_number)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal_number);
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + signal_number;
}

static int
take(struct invocation *inv, struct taking *t, uint64_t deadline)
{
	enum verdict v = taking_watch(t, deadline);
	int fd, status = 0;

	if (v != VERDICT_OK)
		return report(v, "%s", t->link->words);
	if ((fd = ask_for_channel(t, deadline, &status)) < 0)
		return status;
	progress_begin(&t->progress, inv->opt.given[OPT_JSON], inv->opt.given[OPT_QUIET], 0);
	v = taking_run(t, fd);
	if (t->signal > 0)
		return die_by(t->signal);
	return v == VERDICT_OK ? 0 : report_command(v, t->command_status, "%s", t->words);
}

static int
check_usage(const struct options *o)
{
	const bool command = command_of(o);
	const int numbers = o->dashes >= 0 ? o->dashes : o->operand_count;

	if (numbers > 1)
		return report(VERDICT_USAGE,
		    hint_in_chat() ? N_("one ID only; '%.64s' is left over")
				   : N_("one ID only; '%.64s' is left over: put -- before a command"),
		    o->operands[1]);
	if (o->dashes >= 0 && !command)
		return report(VERDICT_USAGE, "which command?");
	if (command && o->given[OPT_OUTPUT])
		return report(VERDICT_USAGE, "-o FILE and -- COMMAND cannot be used together");
	if (o->given[OPT_LIST] && (o->operand_count > 0 || o->given[OPT_OUTPUT]))
		return report(VERDICT_USAGE, "--list takes nothing else");
	return 0;
}

static int
accept_run(struct invocation *inv)
{
	static struct taking t;
	const uint64_t deadline = options_deadline(&inv->opt);
	enum verdict v;
	int status = check_usage(&inv->opt);

	if (status != 0)
		return status;
	if ((v = offers_need_features(&inv->link)) != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	if (inv->opt.given[OPT_LIST])
		return list(inv);
	t = (struct taking){ .link = &inv->link, .signals = -1, .channel.fd = -1, .command_status = -1 };
	if ((status = find_offer(inv, &t, deadline)) != 0 || (status = open_sink(inv, &t)) != 0)
		return status;
	status = take(inv, &t, deadline);
	sink_abort(&t.sink); /* of one that did not begin */
	free(t.names);
	channel_release(&t.channel);
	return status;
}

const struct command command_accept = {
	.name = "accept",
	.operands = "[ID] [-- COMMAND...]",
	.summary = N_("take the partner's oldest offer, or offer ID"),
	.examples = "pchat accept > dump.sql\n"
		    "pchat accept 7 -o dump.sql\n"
		    "pchat accept -- psql db\n"
		    "pchat accept --list\n",
	.details = N_("A stream goes to standard output, which must not be a terminal; files become new files\n"
		      "in the current folder. With -o a stream or a file goes into FILE. With -- it goes to the\n"
		      "standard input of COMMAND, which sees an end of file only when all is there. If not all\n"
		      "comes, COMMAND and what it has started are ended. Exit status 11: it was not whole, or\n"
		      "COMMAND failed; 1: nothing is offered.\n"),
	.options = options,
	.max_operands = OPERANDS_ANY,
	.needs_session = true,
	.knows_notes = true,
	.run = accept_run,
};
