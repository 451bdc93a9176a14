#include "cli/chat/editor/walk.h"

#include <stdlib.h>
#include <string.h>

static struct walk_line *
kept_line(struct walk *w, size_t ago)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->kept[i].ago == ago)
			return &w->kept[i];
	return NULL;
}

/* Room for one more: the oldest that is not what was typed gives way. */
static struct walk_line *
new_line(struct walk *w, size_t ago)
{
	size_t i = 0;

	if (w->count == WALK_KEPT) {
		while (w->kept[i].ago == 0)
			i++;
		free(w->kept[i].text);
		memmove(&w->kept[i], &w->kept[i + 1], (WALK_KEPT - i - 1) * sizeof(*w->kept));
		w->count--;
	}
	w->kept[w->count] = (struct walk_line){ .ago = ago };
	return &w->kept[w->count++];
}

/* Keeps the line that is left, when it is not what the recall has. False when memory is short. */
static bool
keep(struct walk *w, const struct recall *r, const char *text, size_t len, size_t at)
{
	const char *line = w->ago > 0 ? recall_line(r, w->ago) : NULL;
	struct walk_line *kept = kept_line(w, w->ago);
	char *copy;

	if (!kept && line && strlen(line) == len && memcmp(line, text, len) == 0)
		return true;
	copy = malloc(len + 1);
	if (!copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	kept = kept ? kept : new_line(w, w->ago);
	free(kept->text);
	kept->text = copy;
	kept->len = len;
	kept->at = at;
	kept->origin = w->origin;
	return true;
}

const char *
walk_to(struct walk *w, const struct recall *r, size_t ago, const char *text, size_t len, size_t *at)
{
	const char *line = ago > 0 ? recall_line(r, ago) : NULL;
	const struct walk_line *kept;

	if ((ago > 0 && !line) || !keep(w, r, text, len, *at))
		return NULL;
	w->ago = ago;
	kept = kept_line(w, ago);
	w->origin = kept ? kept->origin : (struct origin){ 0 };
	if (!kept) {
		line = line ? line : "";
		*at = strlen(line);
		return line;
	}
	*at = kept->at;
	return kept->text;
}

size_t
walk_find(const struct walk *w, const struct recall *r, bool older, const char *text, size_t len)
{
	size_t ago = w->ago;
	const char *line;

	while (older || ago > 1) {
		ago = older ? ago + 1 : ago - 1;
		if (!(line = recall_line(r, ago)))
			return 0;
		if (strncmp(line, text, len) == 0)
			return ago;
	}
	return 0;
}

void
walk_end(struct walk *w)
{
	while (w->count > 0)
		free(w->kept[--w->count].text);
	w->ago = 0;
	w->origin = (struct origin){ 0 };
}
