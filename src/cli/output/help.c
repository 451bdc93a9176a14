#include "cli/output/help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/macros.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/line/suggest.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/overview.h"
#include "cli/output/report.h"
#include "cli/output/terminal.h"
#include "proto/linebreak.h"
#include "proto/safe.h"

#define WIDTH 80U  /* at most */
#define NARROW 60U /* below it what a word means stands under it, */
#define UNDER 12   /* in this column */
#define LEAST 30U
#define USAGE_MAX 512
#define DETAILS_MAX 4096

/* Of the rows of help, all of which are printed at once: the terminal is asked for the first one. */
static size_t
width(void)
{
	static size_t columns;
	size_t lines;

	if (columns > 0)
		return columns;
	columns = WIDTH;
	if (isatty(STDOUT_FILENO))
		terminal_size(STDOUT_FILENO, &columns, &lines);
	columns = columns > WIDTH ? WIDTH : columns < LEAST ? LEAST : columns;
	return columns;
}

static void
indented(const char *lines)
{
	while (*lines) {
		const size_t n = strcspn(lines, "\n") + 1;

		output_string("    ");
		output_write(lines, n);
		lines += n;
	}
}

/*
 * How much of the text goes into a row of so many columns: up to a blank, or, where it is not ASCII, up to where a row
 * may end. A word that is longer goes in whole.
 */
static size_t
row_of(const char *text, size_t room)
{
	const size_t len = strlen(text);
	struct linebreak rules = { .begun = false };
	size_t fits = 0, before = 0, n;

	if (safe_width(text, len) <= room)
		return len;
	for (size_t at = 0; at < len; before = at, at += n) {
		utf8proc_int32_t cp;
		const utf8proc_ssize_t taken =
		    utf8proc_iterate((const uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &cp);
		bool may_end;

		n = taken > 0 ? (size_t)taken : 1;
		may_end = linebreak_feed(&rules, taken > 0 ? (uint32_t)cp : '?') && at > 0 &&
		    (text[at - 1] == ' ' || (text[at] & 0x80) || (text[before] & 0x80));
		if (may_end && safe_width(text, at - (text[at - 1] == ' ')) > room && fits > 0)
			break;
		if (may_end)
			fits = at;
	}
	return fits > 0 ? fits : len;
}

/* Prints text in rows of width() columns; lines after the first begin at `column`, where we stand. */
static void
wrapped(size_t column, const char *text)
{
	size_t n;

	while (text[n = row_of(text, width() - column)] != '\0') {
		output_write(text, text[n - 1] == ' ' ? n - 1 : n);
		output_printf("\n%*s", (int)column, "");
		text += n;
	}
	output_string(text);
	output_string("\n");
}

/* Lines that are one text, as broad as there is room; an indented line stays as it is. */
static void
flow(const char *lines)
{
	char text[DETAILS_MAX];
	size_t n = 0;

	while (*lines) {
		const size_t len = strcspn(lines, "\n");
		const bool ends =
		    lines[len] == '\0' || lines[len + 1] == '\0' || lines[len + 1] == ' ' || *lines == ' ';

		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%.*s", n > 0 && !(text[n - 1] & 0x80) ? " " : "", (int)len, lines);
		lines += len + (lines[len] == '\n');
		if (!ends)
			continue;
		wrapped(0, text);
		n = 0;
	}
}

/* "--wait[=SEC]", "--to NAME" */
static void
option_form(const struct option_row *row, char out[48])
{
	if (row->takes == OPTION_MAYBE_SECONDS)
		(void)snprintf(out, 48, "--%s[=%s]", row->name, row->value);
	else
		(void)snprintf(out, 48, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
}

/* A word or two, and what they mean: beside each other where there is room. */
static void
entry(const char *words, size_t columns, const char *means)
{
	const bool beside = width() >= NARROW;

	if (beside)
		output_printf("    %-*s ", (int)columns, words);
	else
		output_printf("    %s\n%*s", words, UNDER, "");
	wrapped(beside ? columns + 5 : UNDER, means);
}

static void
option_line(const struct option_row *row)
{
	char left[64], form[48];

	option_form(row, form);
	if (row->letter)
		(void)snprintf(left, sizeof(left), "-%c, %s", row->letter, form);
	else
		(void)snprintf(left, sizeof(left), "    %s", form);
	entry(left, 24, _(row->help));
}

static void
option_lines(const char *heading, const struct option_row *row)
{
	if (!row || !row->name)
		return;
	output_printf("\n%s\n", heading);
	for (; row->name; row++)
		option_line(row);
}

/* "pchat to NAME [--wait[=SEC]]"; options stand before text, behind all else. */
static void
usage_of(const struct command *c, char out[USAGE_MAX])
{
	const bool before = c->takes_text || c->max_operands == OPERANDS_ANY;
	const char *operands = c->operands;
	size_t n = (size_t)snprintf(
	    out, USAGE_MAX, "pchat %s%s%s", c->name, before || !*operands ? "" : " ", before ? "" : operands);

	for (const struct option_row *row = c->options; row && row->name && n < USAGE_MAX; row++) {
		char form[48];

		option_form(row, form);
		n += (size_t)snprintf(out + n, USAGE_MAX - n, " [%s]", form);
	}
	if (before && n < USAGE_MAX)
		(void)snprintf(out + n, USAGE_MAX - n, " %s", operands);
}

static int
show_command(const struct command *c)
{
	char usage[USAGE_MAX];

	output_string(_("Examples:\n"));
	indented(c->examples);
	usage_of(c, usage);
	output_printf("\n%s ", _("Usage:"));
	wrapped(safe_width(_("Usage:"), strlen(_("Usage:"))) + 1, usage);
	output_string("    ");
	wrapped(4, _(c->summary));
	if (c->details) {
		output_string("\n");
		flow(_(c->details));
	}
	option_lines(_("Options:"), c->options);
	option_lines(_("Options of every command:"), options_global);
	return 0;
}

static void
command_lines(const struct command *const *table)
{
	for (const struct command *const *c = table; *c; c++) {
		if ((*c)->hidden)
			continue;
		entry((*c)->name, 12, _((*c)->summary));
	}
}

static int
show_all(const struct command *const *table)
{
	output_string(_("Examples:\n"));
	entry("pchat login alice", 28, _("log in under a name"));
	entry("pchat to bob", 28, _("begin a chat"));
	entry("pchat send \"lunch?\"", 28, _("send, and know that it arrived"));
	entry("pchat read", 28, _("see what is new"));
	output_printf("\n%s ", _("Usage:"));
	wrapped(safe_width(_("Usage:"), strlen(_("Usage:"))) + 1, "pchat [OPTION]... COMMAND [ARGUMENT]...");
	output_string("    ");
	wrapped(4, _("private one-to-one chat between the people and scripts of this host"));
	output_string("\n");
	wrapped(0, _("Commands ('pchat COMMAND --help' tells more):"));
	command_lines(table);
	option_lines(_("Options, before or after the command:"), options_global);
	return 0;
}

int
help_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;

	if (o->given[OPT_VERSION]) {
		output_string(o->given[OPT_JSON] ? "{\"version\":\"" PACKAGE_VERSION "\"}\n" : PACKAGE_STRING "\n");
		return 0;
	}
	if (!o->given[OPT_HELP] && o->operand_count == 0)
		return o->given[OPT_JSON] ? report(VERDICT_USAGE, "--json needs a command: pchat status --json")
					  : overview_run(inv);
	return o->command ? show_command(o->command) : show_all(o->commands);
}

/* What people say elsewhere for what a command does here. */
static const char *
synonym(const char *typed)
{
	static const char *const words[][2] = {
		{ "logout", "quit" },
		{ "exit", "quit" },
		{ "msg", "send" },
		{ "write", "send" },
		{ "say", "send" },
		{ "ls", "who" },
		{ "users", "who" },
		{ "list", "who" },
		{ "ignore", "block" },
		{ "join", "to" },
		{ "talk", "chat" },
		{ "inbox", "read" },
		{ "log", "history" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i][0], typed) == 0)
			return words[i][1];
	return NULL;
}

static const char *
nearest_command(const struct options *o)
{
	struct suggestion s;

	if (synonym(o->operands[0]))
		return synonym(o->operands[0]);
	suggest_begin(&s, o->operands[0]);
	for (const struct command *const *c = o->commands; *c; c++)
		if (!(*c)->hidden)
			suggest_try(&s, (*c)->name);
	return s.best;
}

static const char *
nearest_option(const struct options *o)
{
	struct suggestion s;

	suggest_begin(&s, o->unknown);
	for (const struct option_row *row = o->command ? o->command->options : NULL; row && row->name; row++)
		suggest_try(&s, row->name);
	for (const struct option_row *row = options_global; row->name; row++)
		suggest_try(&s, row->name);
	return s.best;
}

static const struct option_row *
find_unknown(const struct command *c, const struct options *o)
{
	if (o->unknown)
		return options_find(c->options, o->unknown, strcspn(o->unknown, "="));
	return options_find_letter(c->options, o->unknown_letter);
}

/* Whose option stood before the command: that one's, or of the first that has it. */
static const struct command *
owner(const struct options *o)
{
	if (!o->early)
		return NULL;
	if (o->command)
		return find_unknown(o->command, o) ? o->command : NULL;
	for (const struct command *const *c = o->commands; *c; c++)
		if (find_unknown(*c, o))
			return *c;
	return NULL;
}

static int
report_early(const struct options *o, const struct command *c)
{
	const char letter[] = { o->unknown_letter, '\0' };

	return report(VERDICT_USAGE, "%s before the command; write it after the command: pchat %s %s%s", o->mistake,
	    c->name, o->unknown ? "--" : "-", o->unknown ? find_unknown(c, o)->name : letter);
}

/* In whichever language: a question needs no other mark behind it. */
static bool
is_question(const char *text)
{
	static const char *const ends[] = { "?", "\uff1f", "\u061f" };
	const size_t len = strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len >= strlen(ends[i]) && strcmp(text + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

int
help_mistake(const struct options *o)
{
	const struct command *c = o->command, *early = owner(o);
	char usage[USAGE_MAX];
	const char *meant = o->unknown ? nearest_option(o) : c || o->operand_count == 0 ? NULL : nearest_command(o);

	if (o->malformed)
		return report(VERDICT_MALFORMED, "%s", o->mistake);
	if (early)
		return report_early(o, early);
	if (meant)
		return report(VERDICT_USAGE, "%s; did you mean '%s%s'?", o->mistake, o->unknown ? "--" : "", meant);
	if (!c)
		return report(VERDICT_USAGE, "%s; 'pchat --help' lists the commands and options", o->mistake);
	if (hint_in_chat())
		return report(VERDICT_USAGE, "%s ('pchat help %s' tells more)", o->mistake, c->name);
	usage_of(c, usage);
	return report(VERDICT_USAGE,
	    is_question(o->mistake) ? N_("%s usage: %s ('pchat help %s' tells more)")
				    : N_("%s; usage: %s ('pchat help %s' tells more)"),
	    o->mistake, usage, c->name);
}
