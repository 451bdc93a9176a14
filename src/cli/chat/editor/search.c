#include "cli/chat/editor/search.h"

#include <string.h>

#include "proto/layout.h"

void
search_begin(struct search *s, size_t ago)
{
	s->on = true;
	s->failed = false;
	s->len = s->ago = s->at = 0;
	s->text[0] = '\0';
	s->begun = ago;
}

void
search_end(struct search *s)
{
	if (s->len > 0)
		memcpy(s->latest, s->text, s->len + 1);
	s->on = false;
}

void
search_restart(struct search *s)
{
	s->ago = s->begun = 0;
}

/* Looks from the line `ago` on, that one included. */
static void
look(struct search *s, const struct recall *r, size_t ago, bool older)
{
	const char *line, *found;

	s->failed = false;
	if (s->len == 0) {
		s->ago = 0;
		return;
	}
	for (; ago > 0 && (line = recall_line(r, ago)); ago = older ? ago + 1 : ago - 1)
		if ((found = strstr(line, s->text))) {
			s->ago = ago;
			s->at = (size_t)(found - line);
			return;
		}
	s->failed = true;
}

bool
search_type(struct search *s, const struct recall *r, const char *text, size_t len)
{
	if (len > SEARCH_MAX - s->len)
		return false;
	memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = '\0';
	look(s, r, s->ago > 0 ? s->ago : 1, true);
	return true;
}

bool
search_erase(struct search *s, const struct recall *r)
{
	if (s->len == 0)
		return false;
	s->len -= layout_previous(s->text, s->len);
	s->text[s->len] = '\0';
	look(s, r, 1, true);
	return true;
}

void
search_next(struct search *s, const struct recall *r, bool older)
{
	if (s->len == 0 && s->latest[0]) {
		s->len = strlen(s->latest);
		memcpy(s->text, s->latest, s->len + 1);
		look(s, r, 1, true);
	} else if (s->ago > 0) {
		look(s, r, older ? s->ago + 1 : s->ago - 1, older);
	}
}
