/* Tab: /commands at the beginning of a line, else the names of those who are online, as `pchat __complete` knows them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/chat/chat.h"
#include "cli/output/output.h"

struct matches {
	const char *word; /* what is to be completed */
	size_t len;
	size_t count;
	char common[NAME_MAX_LEN + 1]; /* what all of them begin with */
	char list[1024];               /* all of them */
};

static void
match(void *context, const char *name)
{
	struct matches *m = context;
	size_t at = 0, used;

	if (strncasecmp(name, m->word, m->len) != 0 || strlen(name) >= sizeof(m->common))
		return;
	if (m->count++ == 0)
		memcpy(m->common, name, strlen(name) + 1);
	while (m->common[at] && strncasecmp(&m->common[at], &name[at], 1) == 0)
		at++;
	while (at > 0 && ((unsigned char)name[at] & 0xC0) == 0x80)
		at--; /* no part of a character is common */
	m->common[at] = '\0';
	used = strlen(m->list);
	if (used + strlen(name) + 3 < sizeof(m->list))
		(void)snprintf(m->list + used, sizeof(m->list) - used, "  %s", name);
}

/* Puts in what is certain, with a blank when it is all; shows the choice when nothing is. */
static void
apply(struct chat *c, const struct matches *m)
{
	char insert[sizeof(m->common) + 1];
	const size_t more = strlen(m->common) - (m->count ? m->len : 0);

	if (m->count == 0 || (m->count == 1 && m->len == 0 && more == 0)) {
		editor_beep(c->editor);
		return;
	}
	if (m->count > 1 && more == 0) {
		output_printf("%s\n", m->list);
		(void)chat_show(c);
		return;
	}
	(void)snprintf(insert, sizeof(insert), "%s%s", m->common + m->len, m->count == 1 ? " " : "");
	editor_insert(c->editor, insert);
}

static const char *
last_word(const char *before)
{
	const char *blank = strrchr(before, ' ');

	return blank ? blank + 1 : before;
}

/* The names have come; they count only when the line still is what it was. */
static void
names_known(void *context, const char *text, size_t len, int status)
{
	struct chat *c = context;
	char *asked = c->completed, *names = strndup(text, len), *rest = names, *line;
	size_t now_len;
	_cleanup_(freep) char *now = c->editor ? editor_before(c->editor, &now_len) : NULL;

	c->completer = NULL;
	c->completed = NULL;
	if (status == 0 && names && now && strcmp(now, asked) == 0) {
		struct matches m = { .word = last_word(now), .len = strlen(last_word(now)) };

		while ((line = strsep(&rest, "\n")))
			if (*line)
				match(&m, strsep(&line, "\t"));
		apply(c, &m);
	}
	free(names);
	free(asked);
}

/* What may stand there: an option of the /command when it begins with a dash, else a name. The words of __complete. */
static void
question(const char *before, char *command, size_t size, const char *ask[4])
{
	const size_t n = strcspn(before, " ");

	ask[0] = "__complete";
	ask[1] = "users";
	ask[2] = NULL;
	if (before[0] != '/' || last_word(before)[0] != '-' || n >= size)
		return;
	(void)snprintf(command, size, "%.*s", (int)n - 1, before + 1);
	ask[1] = "options";
	ask[2] = command;
	ask[3] = NULL;
}

void
complete_tab(struct chat *c, const char *before, size_t len)
{
	const char *ask[4];
	char command[32];

	if (len > 0 && before[0] == '/' && !strchr(before, ' ')) {
		struct matches m = { .word = before + 1, .len = len - 1 };

		commands_each(match, &m);
		apply(c, &m);
		return;
	}
	if (c->completer)
		return;
	question(before, command, sizeof(command), ask);
	c->completed = strdup(before);
	c->completer = c->completed ? run_new(c->loop, ask, false, names_known, c) : NULL;
	if (!c->completer) {
		free(c->completed);
		c->completed = NULL;
		editor_beep(c->editor);
	}
}
