/*
 * Tab: /commands at the beginning of a line; behind one its options, groups, rules, offers, or files; else the names of those
 * who are online: all as `pchat __complete` knows them. What cannot be seen (a joiner in a name) is not looked at.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/chat/chat.h"
#include "cli/output/output.h"
#include "core/unicode/unicode.h"

#define WORD_MAX 1024U /* bytes of the name of a group, with its @, or of a path */

struct matches {
	const char *word; /* what is to be completed */
	size_t len;
	bool exact; /* case and what cannot be seen count: a file's path */
	size_t count;
	char common[WORD_MAX]; /* what all of them begin with */
	char list[2048];       /* all of them */
};

/* Bytes of what cannot be seen there; 0: it can be. */
static size_t
unseen(const char *text, size_t len)
{
	uint32_t cp;
	const size_t n = unicode_decode(text, len, &cp);

	return n > 0 && (unicode_get(cp)->flags & UNICODE_IGNORABLE) ? n : 0;
}

/* Whether what is seen of the name begins with what is seen of the word. */
static bool
begins_with(const char *name, const char *word, size_t len)
{
	size_t left = strlen(name), n;

	while (len > 0) {
		if ((n = unseen(word, len)) > 0) {
			word += n;
			len -= n;
		} else if ((n = unseen(name, left)) > 0) {
			name += n;
			left -= n;
		} else if (left == 0 || strncasecmp(name, word, 1) != 0) {
			return false;
		} else {
			name++, left--;
			word++, len--;
		}
	}
	return true;
}

static void
match(void *context, const char *name)
{
	struct matches *m = context;
	size_t at = 0, used;

	if (m->exact ? strncmp(name, m->word, m->len) != 0 : !begins_with(name, m->word, m->len))
		return;
	if (strlen(name) >= sizeof(m->common))
		return;
	if (m->count++ == 0)
		memcpy(m->common, name, strlen(name) + 1);
	while (m->common[at] && (m->exact ? m->common[at] == name[at] : strncasecmp(&m->common[at], &name[at], 1) == 0))
		at++;
	while (at > 0 && ((unsigned char)name[at] & 0xC0) == 0x80)
		at--; /* no part of a character is common */
	m->common[at] = '\0';
	used = strlen(m->list);
	if (used + strlen(name) + 3 < sizeof(m->list))
		(void)snprintf(m->list + used, sizeof(m->list) - used, "  %s", name);
}

/* Puts in what is certain, with a blank when it is all; shows the choice when nothing is. The case typed stays. */
static void
apply(struct chat *c, const struct matches *m)
{
	char insert[sizeof(m->common) + 1];
	const size_t common = strlen(m->common);
	const bool as_typed = common >= m->len && strncasecmp(m->common, m->word, m->len) == 0;
	const bool more = m->count > 0 && (!as_typed || common > m->len);

	if (m->count == 0 || (m->count == 1 && m->len == 0 && !more)) {
		editor_beep(c->editor);
		return;
	}
	if (m->count > 1 && (!more || !begins_with(m->common, m->word, m->len))) {
		output_printf("%s\n", m->list);
		(void)chat_show(c);
		return;
	}
	(void)snprintf(insert, sizeof(insert), "%s%s", m->common + (as_typed ? m->len : 0),
	    m->count == 1 && !(m->exact && common > 0 && m->common[common - 1] == '/') ? " " : "");
	editor_complete(c->editor, as_typed ? 0 : m->len, insert);
}

static const char *
last_word(const char *before)
{
	const char *blank = strrchr(before, ' ');

	return blank ? blank + 1 : before;
}

static bool
is_command(const char *before, const char *name)
{
	const size_t n = strcspn(before, " ");

	return before[0] == '/' && n == 1 + strlen(name) && strncmp(before + 1, name, n - 1) == 0;
}

/* Whether a file is to be named there: behind /give, and behind the -o of /accept. */
static bool
is_file(const char *before)
{
	const char *word = last_word(before);

	if (word[0] == '-')
		return false;
	return is_command(before, "give") ||
	    (is_command(before, "accept") && word - before > 3 && strncmp(word - 4, " -o ", 4) == 0);
}

/* The names have come; they count only when the line still is what it was. */
static void
names_known(void *context, const struct run_end *end)
{
	struct chat *c = context;
	char *asked = c->completed, *names = strdup(end->output), *rest = names, *line;
	size_t now_len;
	_cleanup_(freep) char *now = c->editor ? editor_before(c->editor, &now_len) : NULL;

	c->completer = NULL;
	c->completed = NULL;
	if (end->status == 0 && names && now && strcmp(now, asked) == 0) {
		struct matches m = { .word = last_word(now), .len = strlen(last_word(now)), .exact = is_file(now) };

		while ((line = strsep(&rest, "\n")))
			if (*line)
				match(&m, strsep(&line, "\t"));
		apply(c, &m);
	}
	free(names);
	free(asked);
}

/* What may stand there, in the words of __complete. */
static void
question(const char *before, char *command, size_t size, const char *ask[4])
{
	const size_t n = strcspn(before, " ");
	const char first = last_word(before)[0];

	ask[0] = "__complete";
	ask[1] = "users";
	ask[2] = ask[3] = NULL;
	if (before[0] != '/' || n >= size)
		return;
	if (first == '-') {
		(void)snprintf(command, size, "%.*s", (int)n - 1, before + 1);
		ask[1] = "options";
		ask[2] = command;
	} else if (is_file(before)) {
		ask[1] = "files";
		ask[2] = last_word(before);
	} else if (is_command(before, "accept") || is_command(before, "decline")) {
		ask[1] = "offers";
	} else if (is_command(before, "unblock")) {
		ask[1] = "rules";
	} else if (is_command(before, "block") && first == '@') {
		ask[1] = "groups";
	}
}

/* Behind /help the commands, behind /dnd its two words. False: neither is meant. */
static bool
complete_here(struct chat *c, const char *before)
{
	const char *word = last_word(before);
	struct matches m = { .word = word, .len = strlen(word) };

	if (strchr(before, ' ') + 1 != word)
		return false;
	if (is_command(before, "help")) {
		commands_each(match, &m);
	} else if (is_command(before, "dnd")) {
		match(&m, "on");
		match(&m, "off");
	} else {
		return false;
	}
	apply(c, &m);
	return true;
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
	if (strchr(before, ' ') && complete_here(c, before))
		return;
	if (c->completer)
		return;
	question(before, command, sizeof(command), ask);
	c->completed = strdup(before);
	c->completer = c->completed ? run_new(c->loop, ask, names_known, c) : NULL;
	if (!c->completer) {
		free(c->completed);
		c->completed = NULL;
		editor_beep(c->editor);
	}
}
