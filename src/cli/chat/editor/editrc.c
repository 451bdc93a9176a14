#include "cli/chat/editor/editrc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static bool
find(char path[PATH_MAX])
{
	const char *named = getenv("EDITRC"), *home = getenv("HOME");
	const int n =
	    named ? snprintf(path, PATH_MAX, "%s", named) : snprintf(path, PATH_MAX, "%s/.editrc", home ? home : "");

	return (named || home) && n > 0 && n < PATH_MAX;
}

/* It asks for a history of libedit's own, which we have not: that is no mistake. */
static bool
is_history(const char *word)
{
	const char *colon = strchr(word, ':');

	return strcmp(colon ? colon + 1 : word, "history") == 0;
}

static bool
take_line(EditLine *el, Tokenizer *tok, const char *line)
{
	const char **words;
	int count;

	line += strspn(line, " \t");
	if (*line == '#')
		return true;
	tok_reset(tok);
	if (tok_str(tok, line, &count, &words) != 0)
		return false;
	return count == 0 || el_parse(el, count, words) == 0 || is_history(words[0]);
}

static void
take_all(EditLine *el, Tokenizer *tok, FILE *f, struct editrc *rc)
{
	_cleanup_(freep) char *line = NULL;
	size_t size = 0;

	for (size_t number = 1; getline(&line, &size, f) >= 0; number++) {
		line[strcspn(line, "\n")] = '\0';
		if (take_line(el, tok, line))
			continue;
		if (rc->count < EDITRC_WRONG)
			rc->wrong[rc->count] = number;
		rc->count++;
	}
}

bool
editrc_take(EditLine *el, struct editrc *rc)
{
	char path[PATH_MAX];
	Tokenizer *tok;
	FILE *f;

	*rc = (struct editrc){ .name = getenv("EDITRC") ? "$EDITRC" : "~/.editrc" };
	if (!find(path) || !(f = fopen(path, "re")))
		return false;
	tok = tok_init(NULL);
	if (tok) {
		take_all(el, tok, f, rc);
		tok_end(tok);
	}
	(void)fclose(f);
	return tok != NULL;
}

void
editrc_numbers(const struct editrc *rc, char out[EDITRC_NUMBERS])
{
	int n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < rc->count && i < EDITRC_WRONG; i++)
		n += snprintf(out + n, EDITRC_NUMBERS - (size_t)n, "%s%zu", i > 0 ? ", " : "", rc->wrong[i]);
	if (rc->count > EDITRC_WRONG)
		(void)snprintf(out + n, EDITRC_NUMBERS - (size_t)n, ", ...");
}
