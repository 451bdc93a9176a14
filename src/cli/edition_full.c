#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/line/typed.h"
#include "cli/output/format.h"
#include "cli/output/help.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "proto/safe.h"
#include "proto/wrap.h"

static const struct command *const commands[] = {
	&command_login,
	&command_to,
	&command_send,
	&command_tell,
	&command_reply,
	&command_read,
	&command_ask,
	&command_chat,
	&command_who,
	&command_status,
	&command_leave,
	&command_quit,
	&command_pipe,
	&command_give,
	&command_accept,
	&command_decline,
	&command_history,
	&command_with,
	&command_on_message,
	&command_shellinit,
	&command_dnd,
	&command_away,
	&command_notes,
	&command_block,
	&command_unblock,
	&command_allow,
	&command_doctor,
	&command_help,
	&command_complete,
	&command_safe,
	NULL,
};

/* Where text was expected, a script must not take help for a delivery. */
static int
nothing_sent(struct invocation *inv)
{
	output_redirect(STDERR_FILENO);
	(void)help_run(inv);
	(void)output_flush();
	return report(VERDICT_USAGE, "nothing was sent; for help alone: pchat help %s", inv->opt.command->name);
}

static int
prepare(struct invocation *inv, int parsed)
{
	const struct options *o = &inv->opt;
	char words[TYPED_WORDS];

	tzset(); /* while a descriptor for its file is sure to be there: without one times would be UTC's */
	if (o->given[OPT_JSON]) {
		translate_off();
		report_as_json(format_json_error);
	}
	if (o->command && o->command->takes_text && (o->given[OPT_HELP] || o->given[OPT_VERSION]))
		return nothing_sent(inv);
	if (o->given[OPT_HELP] || o->given[OPT_VERSION] || !o->command)
		return parsed < 0 ? help_mistake(o) : help_run(inv);
	if (parsed < 0)
		return help_mistake(o);
	if (!o->given[OPT_PROMPT] && typed_names(&inv->opt, words) != VERDICT_OK)
		return report(VERDICT_MALFORMED, "%s", words);
	return -1;
}

static void
print_raw(const void *body, size_t length)
{
	const size_t size = safe_bound(length, WRAP_INDENT);
	_cleanup_(freep) char *safe = isatty(STDOUT_FILENO) ? malloc(size) : NULL;

	(void)rows_setup();
	rows_begin();
	if (safe)
		output_write(safe, safe_text(body, length, WRAP_INDENT, safe, size));
	else if (!isatty(STDOUT_FILENO))
		output_write(body, length);
	else
		output_fail(-ENOMEM); /* what is not shown is not read */
	output_write("\n", 1);
	rows_end();
}

static void
print(const struct invocation *inv, const struct record *r)
{
	if (inv->opt.given[OPT_JSON])
		format_json_record(r, inv->link.name);
	else
		print_raw(r->body, r->length);
}

const struct edition edition = {
	.commands = commands,
	.prepare = prepare,
	.safe = rows_safe,
	.print = print,
};
