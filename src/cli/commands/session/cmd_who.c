/* pchat who: everyone online. */
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/colour.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
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

/* A line in the making: there may be thousands, so it is put together by hand, and written at once. */
struct line {
	size_t length;
	char text[2 * FORMAT_SAFE_MAX + 512]; /* an account, a cell that is as wide, and all the rest */
};

static void
put(struct line *l, const char *text)
{
	const size_t n = strnlen(text, sizeof(l->text) - l->length);

	memcpy(l->text + l->length, text, n);
	l->length += n;
}

/* What is left of a cell of `width` columns behind a text that takes `columns`, and two more. */
static void
put_gap(struct line *l, int columns, int width)
{
	const size_t gap = 2 + (width > columns ? (size_t)(width - columns) : 0);
	const size_t room = sizeof(l->text) - l->length, n = gap < room ? gap : room;

	memset(l->text + l->length, ' ', n);
	l->length += n;
}

/* As it is printed, which nearly all accounts are as they are. */
static const char *
account_of(const struct who_row *e, char room[FORMAT_SAFE_MAX])
{
	return safe_is_plain(e->account, strlen(e->account)) ? e->account : format_safe(e->account, room);
}

static void
print_text(const struct who_row *e, const struct columns *own, const struct columns *width)
{
	const char *state = _(format_state(e->state));
	char account[FORMAT_SAFE_MAX], since[FORMAT_TIME_MAX];
	struct line l;

	l.length = 0;
	put(&l, colour_of_name(e->name));
	put(&l, e->name);
	put(&l, colour_off());
	put_gap(&l, own->name, width->name);
	put(&l, account_of(e, account));
	put_gap(&l, own->account, width->account);
	put(&l, state);
	put_gap(&l, columns_of(state), STATE_COLUMNS);
	put(&l, format_time(e->since_ms, since));
	if (!e->reachable)
		put(&l, _("  refuses contact"));
	put(&l, "\n");
	output_write(l.text, l.length);
}

static int
print_table(const struct who_list *r)
{
	_cleanup_(freep) struct columns *own = reallocarray(NULL, r->count + 1, sizeof(*own));
	struct columns width = { .name = 4, .account = 7 };

	if (!own)
		return report(VERDICT_FAILED, "out of memory");
	for (size_t i = 0; i < r->count; i++) {
		char account[FORMAT_SAFE_MAX];

		own[i].name = columns_of(r->row[i].name);
		own[i].account = columns_of(account_of(&r->row[i], account));
		width.name = own[i].name > width.name ? own[i].name : width.name;
		width.account = own[i].account > width.account ? own[i].account : width.account;
	}
	(void)rows_setup();
	rows_begin();
	for (size_t i = 0; i < r->count; i++)
		print_text(&r->row[i], &own[i], &width);
	rows_end();
	return 0;
}

static int
who_run(struct invocation *inv)
{
	const uint64_t deadline = options_deadline(&inv->opt);
	_cleanup_(who_release) struct who_list r = { .count = 0 };
	const enum verdict v = who_fetch(&r, &inv->link, "", deadline);
	int status = 0;

	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	colour_setup(&inv->opt);
	if (inv->opt.given[OPT_JSON])
		for (size_t i = 0; i < r.count; i++)
			print_json(&r.row[i]);
	else
		status = print_table(&r);
	if (!inv->opt.given[OPT_JSON] && link_alone(&inv->link))
		remark("%s", link_alone(&inv->link));
	return status;
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
