#include "cli/line/typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "core/names/name.h"
#include "core/via.h"
#include "net/session_file.h"

bool
typed_name(const char *typed, char out[NAME_MAX_LEN + 1], char words[TYPED_WORDS])
{
	const size_t length = strlen(typed);
	char why[NAME_WORDS_MAX + 1];
	struct name_judgement j;

	if (name_normal(typed, length, out))
		name_judge(out, strlen(out), &j);
	else
		name_judge(typed, length, &j);
	if (j.fault == NAME_GOOD)
		return true;
	name_words(&j, translate, why);
	(void)snprintf(words, TYPED_WORDS, _("'%.*s' is not a name: %s"), (int)(4 * NAME_MAX_LEN), typed, why);
	return false;
}

/* ------ sessions of one's own ------ */

struct search {
	const char *name;
	char *found;
};

static bool
is_it(const char *name, void *context)
{
	const struct search *s = context;

	if (!name_equal(name, s->name))
		return true;
	(void)snprintf(s->found, NAME_MAX_LEN + 1, "%s", name);
	return false;
}

/* Files are found by the very name that is in them: of whatever case it was typed, it becomes that one. */
static void
as_it_began(char name[NAME_MAX_LEN + 1])
{
	char found[NAME_MAX_LEN + 1] = "";
	const struct search s = { .name = name, .found = found };
	struct rundir r;

	for (unsigned place = 0; place < RUNDIR_PLACES && !found[0]; place++) {
		if (rundir_open(&r, place, NULL) < 0)
			continue;
		(void)!session_file_each(&r, is_it, (void *)&s);
		rundir_close(&r);
	}
	if (found[0])
		memcpy(name, found, sizeof(found));
}

/* ------ the command line ------ */

static bool
is_ascii(const char *text)
{
	return name_is_ascii(text, strlen(text));
}

/* Of a session's name that came from the command line, or from PCHAT_SESSION. */
static enum verdict
take_session(const char *typed, char out[VIA_SESSION_MAX + 1], char words[TYPED_WORDS])
{
	char host[VIA_HOST_MAX + 1], name[NAME_MAX_LEN + 1];

	if (!via_split(typed, host, &typed))
		host[0] = '\0'; /* the slash is seen below */
	if (!typed_name(typed, name, words))
		return VERDICT_MALFORMED;
	if (!host[0])
		as_it_began(name);
	via_join(host, name, out);
	return VERDICT_OK;
}

static enum verdict
take_option(struct options *o, const struct option_row *row, char words[TYPED_WORDS])
{
	static char name[OPT_IDS][NAME_MAX_LEN + 1], session[VIA_SESSION_MAX + 1];
	const char *typed = o->text[row->id];

	if (row->takes != OPTION_NAME || !o->given[row->id] || is_ascii(typed))
		return VERDICT_OK;
	o->text[row->id] = row->id == OPT_SESSION ? session : name[row->id];
	if (row->id == OPT_SESSION)
		return take_session(typed, session, words);
	return typed_name(typed, name[row->id], words) ? VERDICT_OK : VERDICT_MALFORMED;
}

static enum verdict
take_options(struct options *o, const struct option_row *row, char words[TYPED_WORDS])
{
	enum verdict v = VERDICT_OK;

	for (; row && row->name && v == VERDICT_OK; row++)
		v = take_option(o, row, words);
	return v;
}

static enum verdict
take_environment(char words[TYPED_WORDS])
{
	const char *typed = getenv("PCHAT_SESSION");
	char name[VIA_SESSION_MAX + 1];
	enum verdict v;

	if (!typed || is_ascii(typed))
		return VERDICT_OK;
	if ((v = take_session(typed, name, words)) == VERDICT_OK)
		(void)setenv("PCHAT_SESSION", name, 1);
	return v;
}

enum verdict
typed_names(struct options *o, char words[TYPED_WORDS])
{
	static char first[NAME_MAX_LEN + 1];
	enum verdict v = take_options(o, options_global, words);

	if (v == VERDICT_OK && o->command)
		v = take_options(o, o->command->options, words);
	if (v == VERDICT_OK && !o->given[OPT_SESSION])
		v = take_environment(words);
	if (v != VERDICT_OK || !o->command || !o->command->names_first || o->operand_count == 0 ||
	    is_ascii(o->operands[0]))
		return v;
	if (!typed_name(o->operands[0], first, words))
		return VERDICT_MALFORMED;
	o->operands[0] = first;
	return VERDICT_OK;
}
