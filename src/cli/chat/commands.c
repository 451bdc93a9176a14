/* What /words do in a chat. Most are the commands of the shell, under the same name. */
#include <errno.h>
#include <string.h>

#include "cli/chat/chat.h"
#include "cli/output/colour.h"
#include "cli/output/output.h"
#include "proto/safe.h"

struct row {
	const char *name;
	const char *operands;
	const char *summary;
	void (*run)(struct chat *c, const struct row *row, char **words); /* NULL: the shell's command of that name */
};

static void run_history(struct chat *c, const struct row *row, char **words);
static void run_help(struct chat *c, const struct row *row, char **words);
static void run_detach(struct chat *c, const struct row *row, char **words);
static void run_quit(struct chat *c, const struct row *row, char **words);

static const struct row rows[] = {
	{ "to", "NAME [--wait]", "chat with NAME", NULL },
	{ "who", "", "show everyone who is online", NULL },
	{ "leave", "", "end this chat, stay logged in", NULL },
	{ "dnd", "on|off", "refuse contact, or accept it again", NULL },
	{ "block", "NAME", "refuse contact by NAME", NULL },
	{ "unblock", "NAME", "accept contact by NAME again", NULL },
	{ "history", "[NAME] [-n N]", "show what was said", run_history },
	{ "help", "", "show this", run_help },
	{ "detach", "", "close this chat, stay logged in (^D does the same)", run_detach },
	{ "quit", "", "log out", run_quit },
};

void
commands_each(void (*fn)(void *context, const char *name), void *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		fn(context, rows[i].name);
}

/* ------------------------------------------------------- the shell's commands */

/* What it printed is safe for a terminal already. One that says nothing did what it was told, or has found nothing. */
static void
task_done(void *context, const char *text, size_t len, int status)
{
	struct chat_task *t = context;

	t->run = NULL;
	output_write(text, len);
	(void)chat_show(t->chat);
	if (len == 0 && status <= 1)
		chat_note(t->chat, "/%s: %s", t->name, status == 0 ? "done" : "there is nothing");
	else if (len == 0)
		chat_note(t->chat, "/%s: ended with status %d", t->name, status);
}

static void
start(struct chat *c, const char *name, const char *const words[])
{
	for (struct chat_task *t = c->tasks; t < c->tasks + CHAT_RUNS; t++) {
		if (t->run)
			continue;
		t->chat = c;
		t->name = name;
		t->run = run_new(c->loop, words, task_done, t);
		if (!t->run)
			chat_note(c, "cannot run '%s': %s", name, strerror(errno));
		return;
	}
	chat_note(c, "%u commands are under way already", CHAT_RUNS);
}

static void
run_shell(struct chat *c, const struct row *row, const char *const *before, char **words)
{
	const char *all[RUN_WORDS + 1] = { NULL };
	size_t n = 0;

	all[n++] = colour_on() ? "--color=always" : "--color=never";
	for (; *before && n < RUN_WORDS; before++)
		all[n++] = *before;
	for (; *words && n < RUN_WORDS; words++)
		all[n++] = *words;
	if (*words)
		chat_note(c, "too many words");
	else
		start(c, row->name, all);
}

static void
run_history(struct chat *c, const struct row *row, char **words)
{
	const char *const asked[] = { row->name, NULL };
	const char *const latest[] = { row->name, "-n", "20", *chat_partner(c) ? chat_partner(c) : NULL, NULL };

	run_shell(c, row, *words ? asked : latest, words);
}

/* -------------------------------------------------------------------- our own */

static void
run_help(struct chat *c, const struct row *row, char **words)
{
	(void)row, (void)words;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		output_printf("  /%s %-*s %s\n", rows[i].name, (int)(22 - strlen(rows[i].name)), rows[i].operands,
		    rows[i].summary);
	output_string("  //TEXT                   say a line that begins with a slash\n"
		      "  Tab completes, Up recalls what you typed, ^R finds it, ^C drops the line.\n");
	(void)chat_show(c);
}

static void
run_detach(struct chat *c, const struct row *row, char **words)
{
	(void)row, (void)words;
	chat_end(c, false);
}

static void
run_quit(struct chat *c, const struct row *row, char **words)
{
	(void)row, (void)words;
	chat_end(c, true);
}

/* -------------------------------------------------------------------- the line */

static void
unknown(struct chat *c, const char *name)
{
	char safe[8 * 32 + 16];
	const size_t len = strnlen(name, 32);

	safe[safe_line(name, len, safe, sizeof(safe) - 1)] = '\0';
	chat_note(c, "there is no command '/%s%s': nothing was sent; /help shows what there is, //TEXT says /TEXT",
	    safe, name[len] ? "..." : "");
}

void
commands_run(struct chat *c, const char *line)
{
	char *copy = strdup(line + 1), *rest = copy, *word, *words[RUN_WORDS + 2] = { NULL };
	size_t n = 0;

	if (!copy)
		return;
	while (n <= RUN_WORDS && (word = strsep(&rest, " \t\n")))
		if (*word || n == 0)
			words[n++] = word;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const before[] = { rows[i].name, NULL };

		if (strcmp(rows[i].name, words[0]) != 0)
			continue;
		if (rows[i].run)
			rows[i].run(c, &rows[i], words + 1);
		else
			run_shell(c, &rows[i], before, words + 1);
		free(copy);
		return;
	}
	unknown(c, words[0]);
	free(copy);
}
