/* pchat who: everyone online. */
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/colour.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "client/who.h"
#include "proto/safe.h"

static void
print_json(const struct who_row *e)
{
	char since[FORMAT_TIME_MAX];

	format_json_line(json_pack("{sssosIsssssb}", "name", e->name, "account", format_json_text(e->account), "uid",
	    (json_int_t)e->uid, "state", format_state(e->state), "since", format_json_time(e->since_ms, since),
	    "reachable", e->reachable));
}

#define STATE_COLUMNS 12 /* "reconnecting" */

struct columns {
	int name, account;
};

/* On a terminal: a character may take two columns, or none. */
static int
columns_of(const char *text)
{
	return (int)safe_width(text, strlen(text));
}

/* What is left of a cell of `width` columns behind its text, and two more; by hand: there may be thousands. */
static void
print_gap(const char *text, int width)
{
	static const char blanks[] = "                                ";
	const int columns = columns_of(text);
	size_t left = 2 + (width > columns ? (size_t)(width - columns) : 0);

	for (size_t n; left > 0; left -= n) {
		n = left < sizeof(blanks) - 1 ? left : sizeof(blanks) - 1;
		output_write(blanks, n);
	}
}

static void
print_cell(const char *text, int width)
{
	output_string(text);
	print_gap(text, width);
}

static void
print_text(const struct who_row *e, const struct columns *width)
{
	char account[FORMAT_SAFE_MAX], since[FORMAT_TIME_MAX];

	output_string(colour_of_name(e->name));
	output_string(e->name);
	output_string(colour_off());
	print_gap(e->name, width->name);
	print_cell(format_safe(e->account, account), width->account);
	print_cell(_(format_state(e->state)), STATE_COLUMNS);
	output_string(format_time(e->since_ms, since));
	if (!e->reachable)
		output_string(_("  refuses contact"));
	output_string("\n");
}

static void
print_table(const struct who_list *r)
{
	struct columns width = { .name = 4, .account = 7 };

	for (size_t i = 0; i < r->count; i++) {
		char account[FORMAT_SAFE_MAX];
		const int name_len = columns_of(r->row[i].name);
		const int account_len = columns_of(format_safe(r->row[i].account, account));

		width.name = name_len > width.name ? name_len : width.name;
		width.account = account_len > width.account ? account_len : width.account;
	}
	for (size_t i = 0; i < r->count; i++)
		print_text(&r->row[i], &width);
}

static int
who_run(struct invocation *inv)
{
	const uint64_t deadline = options_deadline(&inv->opt);
	_cleanup_(who_release) struct who_list r = { .count = 0 };
	const enum verdict v = who_fetch(&r, &inv->link, "", deadline);

	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	colour_setup(&inv->opt);
	if (inv->opt.given[OPT_JSON])
		for (size_t i = 0; i < r.count; i++)
			print_json(&r.row[i]);
	else
		print_table(&r);
	if (!inv->opt.given[OPT_JSON] && link_alone(&inv->link))
		remark("%s", link_alone(&inv->link));
	return 0;
}

const struct command command_who = {
	.name = "who",
	.operands = "",
	.summary = N_("show everyone who is online"),
	.examples = "pchat who\n"
		    "pchat who --json | jq -r 'select(.state == \"free\") | .name'\n",
	.details = N_("Name, account, state (free, paired, reconnecting), and since when.\n"),
	.needs_session = true,
	.run = who_run,
};
