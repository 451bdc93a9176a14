/* What /words do in a chat. Most are the commands of the shell, under the same name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/chat/chat.h"
#include "cli/chat/excerpt.h"
#include "cli/line/typed.h"
#include "cli/output/colour.h"
#include "cli/output/output.h"
#include "proto/safe.h"
#include "proto/status.h"

#define HISTORY "history" /* /grep is one, too */
#define SHELL "pchat "    /* stands before a command that is typed there */

struct row {
	const char *name;
	const char *operands;
	const char *summary;
	size_t least, most; /* words behind it; one that takes text takes it as one */
	bool text;
	enum editor_answer (*run)(
	    struct chat *c, const struct row *row, char **words); /* NULL: the shell's of that name */
};

static enum editor_answer run_to(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_dnd(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_away(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_accept(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_history(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_grep(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_clear(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_help(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_detach(struct chat *c, const struct row *row, char **words);
static enum editor_answer run_quit(struct chat *c, const struct row *row, char **words);

static const struct row rows[] = {
	{ "to", "NAME [--wait[=SEC]]", N_("chat with NAME"), 1, 2, false, run_to },
	{ "who", "", N_("show everyone who is online"), 0, 0, false, NULL },
	{ "leave", "", N_("end this chat, stay logged in"), 0, 0, false, NULL },
	{ "dnd", "on|off", N_("refuse new chats and notes, or accept them again"), 1, 1, false, run_dnd },
	{ "away", "[TEXT]", N_("tell whoever makes contact why you are away; without TEXT, that you are back"), 0, 1,
	    true, run_away },
	{ "block", "[NAME]", N_("refuse contact by NAME; without NAME, show the rules"), 0, 1, false, NULL },
	{ "unblock", "NAME", N_("accept contact by NAME again"), 1, 1, false, NULL },
	{ "accept", "[ID] [-o FILE]", N_("take what is offered: files, or into FILE"), 0, 3, false, run_accept },
	{ "decline", "[ID]", N_("refuse what is offered"), 0, 1, false, NULL },
	{ "give", "FILE...", N_("offer files"), 1, RUN_WORDS - 2, false, NULL },
	{ "history", "[NAME] [-n N]", N_("show what was said"), 0, RUN_WORDS - 2, false, run_history },
	{ "grep", "TEXT", N_("show messages that hold TEXT"), 1, 1, true, run_grep },
	{ "clear", "", N_("clear the screen"), 0, 0, false, run_clear },
	{ "help", "[NAME]", N_("show this, or what /NAME takes"), 0, 1, false, run_help },
	{ "detach", "", N_("close this chat, stay logged in (^D does the same)"), 0, 0, false, run_detach },
	{ "quit", "", N_("log out"), 0, 0, false, run_quit },
};

void
commands_each(void (*fn)(void *context, const char *name), void *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		fn(context, rows[i].name);
}

static const struct row *
find_row(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

/* ------------------------------------------------------------------------- words */

/* Whether a command of the shell that is a /word here stands there. */
static bool
is_for_shell(const char *words)
{
	return strncmp(words, SHELL, strlen(SHELL)) == 0 &&
	    find_row(words + strlen(SHELL), strcspn(words + strlen(SHELL), " '\"\n,;:"));
}

const char *
commands_words(const char *words, char *out, size_t size)
{
	bool quoted = false; /* others' words, which stay as they are */
	size_t len = 0;

	while (*words && len + 2 < size) {
		if (!quoted && is_for_shell(words)) {
			out[len++] = '/';
			words += strlen(SHELL);
			continue;
		}
		if (quoted && *words == '\\' && words[1])
			out[len++] = *words++;
		else if (*words == '"')
			quoted = !quoted;
		out[len++] = *words++;
	}
	out[len] = '\0';
	return out;
}

/* Errors and remarks of the shell's command, as this chat says them: without "pchat: ", and with /words. */
static void
show_errors(struct chat *c, const char *name, const char *text)
{
	static const char prefix[] = "pchat: ";
	char line[1024], words[1024];

	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		(void)snprintf(line, sizeof(line), "%.*s", (int)n, text);
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			chat_note(c, "/%s: %s", name, commands_words(line + strlen(prefix), words, sizeof(words)));
		else
			chat_note(c, "%s", commands_words(line, words, sizeof(words)));
	}
}

/* ------------------------------------------------------- the shell's commands */

static void
forget_wait(struct chat_task *t)
{
	if (t->waits && *t->chat->awaited) {
		t->chat->awaited[0] = '\0';
		terminal_update(t->chat);
	}
	t->waits = false;
	free(t->line);
	t->line = NULL;
}

static bool
has_word(const char *line, const char *word)
{
	const size_t len = strlen(word);

	for (; *(line += strspn(line, " \t")); line += strcspn(line, " \t"))
		if (strcspn(line, " \t") == len && strncmp(line, word, len) == 0)
			return true;
	return false;
}

/* Who forgets takes lines out of the file: what no file has would stay here. */
static void
forget_typed(const struct chat_task *t, int status)
{
	if (t->chat->recall && strcmp(t->name, HISTORY) == 0 && has_word(t->line, "--delete") &&
	    status != status_exit(VERDICT_USAGE))
		recall_doubt(t->chat->recall);
}

/* What it printed, such as a list, is safe for a terminal already. It may be that it says nothing at all. */
static void
task_done(void *context, const struct run_end *end)
{
	struct chat_task *t = context;
	struct chat *c = t->chat;
	const bool silent = end->length == 0 && *end->errors == '\0';
	const bool shown = !t->waits; /* what it printed was for us: that it waits */
	const int status = end->status;

	t->run = NULL;
	forget_typed(t, status);
	output_write(end->output, shown ? end->length : 0);
	(void)chat_show(c);
	show_errors(c, t->name, end->errors);
	if (silent && status <= 1)
		chat_note(c, "/%s: %s", t->name, status == 0 ? _("done") : _("there is nothing"));
	else if (silent)
		chat_note(c, "/%s: ended with status %d", t->name, status);
	if (status == status_exit(VERDICT_USAGE) && c->editor && !editor_has_draft(c->editor))
		editor_insert(c->editor, t->line); /* to be mended */
	forget_wait(t);
}

/* A line for which there is no room stays. */
static enum editor_answer
start(struct chat *c, const char *name, const char *const words[])
{
	for (struct chat_task *t = c->tasks; t < c->tasks + CHAT_RUNS; t++) {
		if (t->run)
			continue;
		t->chat = c;
		t->name = name;
		t->line = strdup(c->command);
		t->run = t->line ? run_new(c->loop, words, task_done, t) : NULL;
		if (t->run)
			return EDITOR_TAKEN;
		chat_note(c, "cannot run '%s': %s", name, error_words(errno));
		forget_wait(t);
		return EDITOR_STAYS;
	}
	chat_note(c, "%u commands are running already", CHAT_RUNS);
	return EDITOR_STAYS;
}

static enum editor_answer
run_shell(struct chat *c, const struct row *row, const char *const *before, char **words)
{
	const char *all[RUN_WORDS + 1] = { NULL };
	size_t n = 0;

	all[n++] = colour_on() ? "--color=always" : "--color=never";
	if (c->opt->given[OPT_FULL_TIME] && strcmp(*before, HISTORY) == 0)
		all[n++] = "--full-time";
	for (; *before && n < RUN_WORDS; before++)
		all[n++] = *before;
	for (; *words && n < RUN_WORDS; words++)
		all[n++] = *words;
	if (*words) {
		chat_note(c, "/%s: too many words", row->name);
		return EDITOR_STAYS;
	}
	return start(c, row->name, all);
}

static enum editor_answer
run_plainly(struct chat *c, const struct row *row, char **words)
{
	const char *const before[] = { row->name, NULL };

	return run_shell(c, row, before, words);
}

static bool
is_wait(const char *word)
{
	return strncmp(word, "--wait", 6) == 0 && (word[6] == '\0' || word[6] == '=');
}

/* The task that waits for somebody. */
static struct chat_task *
waiting(struct chat *c)
{
	for (struct chat_task *t = c->tasks; t < c->tasks + CHAT_RUNS; t++)
		if (t->run && t->waits)
			return t;
	return NULL;
}

/* The daemon has put it into the queue. */
static void
on_queued(void *context)
{
	const struct chat_task *t = context;
	struct chat *c = t->chat;

	if (*c->awaited)
		return;
	(void)snprintf(c->awaited, sizeof(c->awaited), "%s", t->awaited);
	chat_note(c, "waiting until %s is free; ^C stops waiting", c->awaited);
	terminal_update(c);
}

/* What was begun just now. */
static void
wait_for(struct chat *c, const char *name)
{
	for (struct chat_task *t = c->tasks; t < c->tasks + CHAT_RUNS; t++) {
		if (!t->run || strcmp(t->name, "to") != 0 || t->waits || strcmp(t->line, c->command) != 0)
			continue;
		t->waits = true;
		(void)snprintf(t->awaited, sizeof(t->awaited), "%s", name);
		run_listen(t->run, on_queued);
	}
}

/* "--wait", "--wait=60" */
static bool
is_time(const char *word)
{
	uint64_t ms;

	return word[strlen("--wait")] == '\0' || options_seconds(word + strlen("--wait="), &ms);
}

/* It is not kept for Up: what was typed before the partner was there is the next line that Up brings. */
static enum editor_answer
run_to(struct chat *c, const struct row *row, char **words)
{
	const bool first = is_wait(words[0]), wait = first || (words[1] && is_wait(words[1]));
	const char *typed = first ? words[1] : words[0];
	char name[NAME_MAX_LEN + 1], why[TYPED_WORDS];

	if (!typed || (words[1] && !wait)) {
		chat_note(c, "/to takes one NAME: /to NAME [--wait[=SEC]]");
		return EDITOR_STAYS;
	}
	if (!typed_name(typed, name, why)) {
		char safe[2 * TYPED_WORDS];

		safe[safe_line(why, strlen(why), safe, sizeof(safe) - 1)] = '\0';
		chat_note(c, "/%s: %s", row->name, safe);
		return EDITOR_STAYS;
	}
	if (wait && !is_time(words[first ? 0 : 1]))
		return run_plainly(c, row, words); /* which says what is wrong */
	if (wait)
		(void)commands_take_back(c);
	if (run_plainly(c, row, words) == EDITOR_STAYS)
		return EDITOR_STAYS;
	if (wait)
		wait_for(c, name);
	return EDITOR_UNRECALLED;
}

bool
commands_take_back(struct chat *c)
{
	struct chat_task *t = waiting(c);

	if (!t)
		return false;
	run_drop(t->run);
	t->run = NULL;
	chat_note(c, "no longer waiting for %s", t->awaited);
	forget_wait(t);
	return true;
}

static enum editor_answer
run_dnd(struct chat *c, const struct row *row, char **words)
{
	if (strcmp(words[0], "on") == 0 || strcmp(words[0], "off") == 0)
		return run_plainly(c, row, words);
	chat_note(c, "/dnd on refuses new chats and notes, /dnd off accepts them again");
	return EDITOR_STAYS;
}

static enum editor_answer
run_away(struct chat *c, const struct row *row, char **words)
{
	const char *const before[] = { row->name, "--", NULL };

	return run_shell(c, row, before, words);
}

static enum editor_answer wrong_operands(struct chat *c, const struct row *row, size_t count);

/* What the partner hands over goes to no command from here: its output would be on our terminal. */
static enum editor_answer
run_accept(struct chat *c, const struct row *row, char **words)
{
	for (char **word = words; *word; word++)
		if (strcmp(*word, "--") == 0)
			return wrong_operands(c, row, row->most + 1);
	return run_plainly(c, row, words);
}

static enum editor_answer
run_history(struct chat *c, const struct row *row, char **words)
{
	const char *const asked[] = { row->name, NULL };
	const char *const latest[] = { row->name, "-n", "20", *chat_partner(c) ? chat_partner(c) : NULL, NULL };

	return run_shell(c, row, *words ? asked : latest, words);
}

static enum editor_answer
run_grep(struct chat *c, const struct row *row, char **words)
{
	char option[8 + 512];
	char *const none[] = { NULL };
	const char *const before[] = { HISTORY, option, NULL };

	if (snprintf(option, sizeof(option), "--grep=%s", words[0]) >= (int)sizeof(option)) {
		chat_note(c, "/grep: that text is too long to search for");
		return EDITOR_STAYS;
	}
	return run_shell(c, row, before, (char **)none);
}

/* -------------------------------------------------------------------- our own */

static enum editor_answer
run_clear(struct chat *c, const struct row *row, char **words)
{
	(void)row, (void)words;
	editor_clear_screen(c->editor);
	return EDITOR_TAKEN;
}

static enum editor_answer unknown(struct chat *c, const char *name);

/* What the shell's command takes beside that. */
static const struct {
	const char *name, *words;
} options[] = {
	{ "accept", "--list" },
	{ "history", "--since WHEN, --grep TEXT, --full-time, --delete, --before WHEN, --unread" },
};

static void
help_line(const struct row *row)
{
	output_printf("  /%s %-*s %s\n", row->name, (int)(27 - strlen(row->name)), row->operands, _(row->summary));
}

/* Of one command, under its name with a slash or without. */
static enum editor_answer
help_of(struct chat *c, const char *name)
{
	const struct row *row;

	name += *name == '/';
	if (!(row = find_row(name, strlen(name))))
		return unknown(c, name);
	help_line(row);
	(void)chat_show(c);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(options[i].name, row->name) == 0)
			chat_note(c, "/%s takes %s as well, as 'pchat help %s' in a shell describes", row->name,
			    options[i].words, row->name);
	return EDITOR_TAKEN;
}

static enum editor_answer
run_help(struct chat *c, const struct row *row, char **words)
{
	(void)row;
	if (*words)
		return help_of(c, *words);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		help_line(&rows[i]);
	output_printf("  //TEXT                        %s\n", _("send a line that begins with a slash"));
	output_string(
	    _("  Tab completes. Up brings back what you typed, ^R looks for it. ^C drops the line.\n"
	      "  M-Enter makes a new line in the message, ^X^E opens your editor, ^_ takes a change back.\n"));
	(void)chat_show(c);
	return EDITOR_TAKEN;
}

static enum editor_answer
run_detach(struct chat *c, const struct row *row, char **words)
{
	(void)row, (void)words;
	chat_end(c, false);
	return EDITOR_TAKEN;
}

static enum editor_answer
run_quit(struct chat *c, const struct row *row, char **words)
{
	(void)row, (void)words;
	chat_end(c, true);
	return EDITOR_TAKEN;
}

/* -------------------------------------------------------------------- the line */

static enum editor_answer
unknown(struct chat *c, const char *name)
{
	char safe[8 * 32 + 16];
	const size_t len = excerpt_length(name, strlen(name), 32);

	safe[safe_line(name, len, safe, sizeof(safe) - 1)] = '\0';
	chat_note(c, "there is no command '/%s%s': nothing was sent; /help lists the commands, //TEXT sends /TEXT",
	    safe, name[len] ? "..." : "");
	return EDITOR_STAYS;
}

static enum editor_answer
wrong_operands(struct chat *c, const struct row *row, size_t count)
{
	if (row->most == 0)
		chat_note(
		    c, "nothing was done: /%s takes no words; //%s ... sends the line as it is", row->name, row->name);
	else if (count < row->least)
		chat_note(c, "nothing was done: /%s needs %s", row->name, row->operands);
	else
		chat_note(c, "nothing was done: /%s takes %s, and nothing else", row->name, row->operands);
	return EDITOR_STAYS;
}

/* Cuts the rest of a line into words; a row that takes text has one, as it is. Returns how many. */
static size_t
cut(const struct row *row, char *rest, char *words[RUN_WORDS + 2])
{
	size_t n = 0;
	char *word;

	if (row->text) {
		rest += strspn(rest, " \t");
		words[n] = *rest ? rest : NULL;
		return *rest != '\0';
	}
	while (n <= RUN_WORDS && (word = strsep(&rest, " \t")))
		if (*word)
			words[n++] = word;
	return n;
}

enum editor_answer
commands_run(struct chat *c, const char *line)
{
	_cleanup_(freep) char *copy = strdup(line + 1);
	char *words[RUN_WORDS + 2] = { NULL };
	const size_t len = strcspn(line + 1, " \t");
	const struct row *row = find_row(line + 1, len);
	size_t count;

	if (!copy)
		return EDITOR_STAYS;
	copy[len] = '\0';
	if (!row)
		return unknown(c, copy);
	count = cut(row, copy + len + (line[1 + len] != '\0'), words);
	if (count < row->least || count > row->most)
		return wrong_operands(c, row, count);
	c->command = line;
	return row->run ? row->run(c, row, words) : run_plainly(c, row, words);
}
