#include "cli/line/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "core/ident.h"
#include "core/names/name.h"
#include "core/via.h"

#define SECONDS_MAX 1000000000U

const struct option_row options_global[] = {
	{ OPT_SESSION, 's', "session", OPTION_NAME, "NAME", N_("act as this session of yours") },
	{ OPT_SOCKET, 0, "socket", OPTION_PATH, "PATH", N_("the daemon's socket") },
	{ OPT_TIMEOUT, 0, "timeout", OPTION_SECONDS, "SEC", N_("give up after SEC seconds") },
	{ OPT_JSON, 0, "json", OPTION_NOTHING, NULL, N_("results and errors as JSON, one object a line") },
	{ OPT_QUIET, 'q', "quiet", OPTION_NOTHING, NULL, N_("no remarks on standard error, only errors") },
	{ OPT_COLOR, 0, "color", OPTION_WHEN, "WHEN", N_("colour: auto, always, never") },
	{ OPT_HELP, 'h', "help", OPTION_NOTHING, NULL, N_("show help") },
	{ OPT_VERSION, 'V', "version", OPTION_NOTHING, NULL, N_("show the version") },
	{ 0 },
};

struct parser {
	struct options *o;
	int argc, next;
	char **argv;
};

/* Looks its text up (base/translate.h). */
static int mistake(struct options *o, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A mistake may stand before --json. */
static bool
asks_for_json(const struct options *o)
{
	for (char **word = o->line; word && *word; word++)
		if (strcmp(*word, "--json") == 0)
			return true;
	return false;
}

static int
mistake(struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (o->mistake[0]) /* the first one counts */
		return -1;
	if (asks_for_json(o))
		translate_off();
	va_start(ap, fmt);
	(void)vsnprintf(o->mistake, sizeof(o->mistake), translate(fmt), ap);
	va_end(ap);
	return -1;
}

const struct option_row *
options_find(const struct option_row *row, const char *name, size_t len)
{
	for (; row && row->name; row++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
			return row;
	return NULL;
}

const struct option_row *
options_find_letter(const struct option_row *row, char letter)
{
	for (; row && row->name; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

static const struct option_row *
own_rows(const struct options *o)
{
	return o->command ? o->command->options : NULL;
}

bool
options_seconds(const char *text, uint64_t *ms)
{
	uint64_t whole = 0, part = 0, scale = 100;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if ((whole = whole * 10 + (uint64_t)(*p - '0')) > SECONDS_MAX)
			return false;
	if (p == text && (*p != '.' || p[1] == '\0'))
		return false;
	if (*p == '.') {
		if (*++p == '\0')
			return false;
		for (; *p >= '0' && *p <= '9'; p++, scale /= 10)
			part += (uint64_t)(*p - '0') * scale;
	}
	*ms = whole * 1000 + part;
	return *p == '\0';
}

static bool
parse_count(const char *text, uint64_t *n)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 10)
		return false;
	*n = strtoull(text, &end, 10);
	return *end == '\0' && *n > 0 && *n <= UINT32_MAX;
}

static int
malformed_name(struct options *o, const char *name)
{
	o->malformed = o->malformed || !o->mistake[0];
	return mistake(o,
	    "'%.64s' is not a name: 1 to %u letters, digits and . _ - @, beginning with a letter or digit", name,
	    NAME_MAX_CHARACTERS);
}

/* Beyond ASCII only the full program knows: it judges, and composes what was typed, before the command runs. */
static bool
may_be_name(const char *text)
{
	const size_t length = strlen(text);

	return name_possible(text, length) || !name_is_ascii(text, length);
}

static int
take(struct options *o, const struct option_row *row, const char *value)
{
	char host[VIA_HOST_MAX + 1];
	const char *name;
	struct ident id;

	o->given[row->id] = true;
	o->text[row->id] = value;
	switch (row->takes) {
	case OPTION_NAME:
		if (row->id == OPT_SESSION && !via_split(value, host, &name))
			return malformed_name(o, value);
		return may_be_name(row->id == OPT_SESSION ? name : value) ? 0 : malformed_name(o, value);
	case OPTION_IDENT:
		return ident_parse(value, &id) ? 0
					       : mistake(o, "--%s needs the 32 hex digits of a message id", row->name);
	case OPTION_COUNT:
		return parse_count(value, &o->number[row->id])
		    ? 0
		    : mistake(o, "--%s needs a number from 1 to %u", row->name, UINT32_MAX);
	case OPTION_FEW:
		return parse_count(value, &o->number[row->id]) && o->number[row->id] <= OPTION_FEW_MAX
		    ? 0
		    : mistake(o, "--%s needs a number from 1 to %u", row->name, OPTION_FEW_MAX);
	case OPTION_SECONDS:
	case OPTION_MAYBE_SECONDS:
		if (!value || options_seconds(value, &o->number[row->id]))
			return 0;
		return mistake(
		    o, "--%s needs a number of seconds up to %u, not '%.64s'", row->name, SECONDS_MAX, value);
	case OPTION_WHEN:
		if (strcmp(value, "auto") == 0 || strcmp(value, "always") == 0 || strcmp(value, "never") == 0)
			return 0;
		return mistake(o, "--%s is auto, always or never, not '%.64s'", row->name, value);
	case OPTION_PATH:
		return *value
		    ? 0
		    : mistake(o, "--%s needs a value, and '' is none: --%s %s", row->name, row->name, row->value);
	case OPTION_NOTHING:
	case OPTION_TEXT:
		break;
	}
	return 0;
}

/* By its name, or else its letter. */
static int
unknown(struct options *o, const char *name, char letter)
{
	if (!o->mistake[0]) {
		o->unknown = name;
		o->unknown_letter = letter;
		o->early = !o->command;
	}
	return name ? mistake(o, "unknown option '--%.64s'", name) : mistake(o, "unknown option '-%c'", letter);
}

/* ------------------------------------------------------------------------- text */

static bool
takes_text(const struct options *o)
{
	return o->command && o->command->takes_text;
}

/* "two words=x" is a sentence that begins with a dash. */
static bool
is_sentence(const char *word)
{
	const size_t name = strcspn(word, "=");

	return strcspn(word, " \t\n") < name;
}

/* -f and -s would take what stands in a text for their value. */
static int
refuse_attached(struct options *o, char letter, const char *value)
{
	return mistake(
	    o, "-%c%.32s: write -%c VALUE, or put -- before text that begins with '-'", letter, value, letter);
}

/* Whether the word is, alone or with =VALUE, an option of the command or of every one. */
static bool
is_option(const struct options *o, const char *word)
{
	const size_t len = strcspn(word, "=");

	if (word[0] != '-' || len < 2)
		return false;
	if (word[1] == '-')
		return len > 2 &&
		    (options_find(own_rows(o), word + 2, len - 2) || options_find(options_global, word + 2, len - 2));
	return len == 2 && (options_find_letter(own_rows(o), word[1]) || options_find_letter(options_global, word[1]));
}

/*
 * Whether the word is text: behind the first word of the text each is, but an option there is not meant so, unless "--"
 * stands before it; before it a word that is no option, or a sentence.
 */
static bool
is_text(struct options *o, const char *word)
{
	if (!takes_text(o))
		return false;
	if (o->operand_count <= o->command->text_after)
		return is_sentence(word);
	if (strcmp(word, "--") == 0)
		o->literal = true;
	else if (!o->literal && is_option(o, word))
		(void)mistake(o, "'%.64s' after the text: put options before it, or -- before all of the text", word);
	return true;
}

/* ------------------------------------------------------------------------- the line */

/* The value of an option, which stands behind it or is the next word. */
static int
take_value(struct parser *p, const struct option_row *row, const char *attached)
{
	if (!attached && row->takes == OPTION_MAYBE_SECONDS)
		return take(p->o, row, NULL);
	if (!attached) {
		if (p->next >= p->argc)
			return mistake(p->o, "--%s needs a value: --%s %s", row->name, row->name, row->value);
		attached = p->argv[p->next++];
	}
	return take(p->o, row, attached);
}

static int
parse_long(struct parser *p, const char *word)
{
	const char *equals = strchr(word, '=');
	const size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *row = options_find(own_rows(p->o), word, len);

	if (!row)
		row = options_find(options_global, word, len);
	if (!row)
		return unknown(p->o, word, 0);
	if (row->takes != OPTION_NOTHING)
		return take_value(p, row, equals ? equals + 1 : NULL);
	if (equals)
		return mistake(p->o, "--%s takes no value", row->name);
	return take(p->o, row, NULL);
}

/* "-lq", "-sbob", "-s bob" */
static int
parse_letters(struct parser *p, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_row *row = options_find_letter(own_rows(p->o), *letters);

		if (!row)
			row = options_find_letter(options_global, *letters);
		if (!row)
			return unknown(p->o, NULL, *letters);
		if (takes_text(p->o) && letters[1] && (row->id == OPT_FILE || row->id == OPT_SESSION))
			return refuse_attached(p->o, *letters, letters + 1);
		if (row->takes != OPTION_NOTHING && row->takes != OPTION_MAYBE_SECONDS)
			return take_value(p, row, letters[1] ? letters + 1 : NULL);
		if (take(p->o, row, NULL) < 0)
			return -1;
	}
	return 0;
}

static void
parse_word(struct options *o, char *word)
{
	if (!o->command && o->operand_count == 0 && (o->command = command_find(o->commands, word)))
		return;
	o->operands[o->operand_count++] = word;
}

/* A prompt says nothing of a session that cannot be, rather than fail. */
static void
forgive_prompt(struct options *o)
{
	if (!o->given[OPT_PROMPT] || !o->malformed)
		return;
	o->malformed = false;
	o->mistake[0] = '\0';
}

/* "one NAME only; 'b' is left over" */
static int
left_over(struct options *o, const struct command *c, const char *word)
{
	const char *what = c->operands + (*c->operands == '[');

	if (c->max_operands == 0)
		return mistake(o, "%s takes no words; '%.64s' is left over", c->name, word);
	return mistake(o, "one %.*s only; '%.64s' is left over", (int)strcspn(what, " []"), what, word);
}

static int
check_operands(struct options *o)
{
	const struct command *c = o->command;

	if (!c)
		return o->operand_count > 0 ? mistake(o, "unknown command '%.64s'", o->operands[0]) : 0;
	if (o->operand_count < c->min_operands)
		return mistake(o, "%s", c->missing ? _(c->missing) : _("an argument is missing"));
	if (o->operand_count > c->max_operands)
		return left_over(o, c, o->operands[c->max_operands]);
	if (c->names_first && o->operand_count > 0 && !may_be_name(o->operands[0]))
		return malformed_name(o, o->operands[0]);
	return 0;
}

int
options_parse(struct options *o, const struct command *const *commands, int argc, char **argv)
{
	struct parser p = { .o = o, .argc = argc, .next = 1, .argv = argv };
	bool options_over = false;

	o->commands = commands;
	o->line = argv;
	o->dashes = -1;
	o->operands = (size_t)argc <= ARRAY_SIZE(o->few) ? o->few : calloc((size_t)argc, sizeof(*o->operands));
	if (!o->operands)
		return mistake(o, "out of memory");
	while (p.next < argc) {
		char *word = argv[p.next++];

		if (options_over || word[0] != '-' || word[1] == '\0' || is_text(o, word))
			parse_word(o, word);
		else if (strcmp(word, "--") == 0)
			options_over = true, o->dashes = o->operand_count;
		else if (word[1] == '-')
			(void)parse_long(&p, word + 2);
		else
			(void)parse_letters(&p, word + 1);
	}
	forgive_prompt(o);
	if (o->given[OPT_HELP] || o->given[OPT_VERSION])
		return 0;
	return o->mistake[0] ? -1 : check_operands(o);
}

uint64_t
options_deadline(const struct options *o)
{
	return deadline_in(options_timeout(o, SEND_TIMEOUT_SECONDS * 1000));
}
