/* A chat at a terminal: what becomes of a line that was typed, the prompt, the bell, the title of the window. */
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "cli/chat/chat.h"
#include "core/names/name.h"
#include "net/loop.h"
#include "proto/status.h"

#define BELL_PAUSE 1. /* seconds between two */

/* ------------------------------------------------------------------- what is said */

static enum editor_answer
not_said(struct chat *c, enum verdict v)
{
	static const char *const not_paired[] = {
		N_("not sent, nobody is chatting with you: /to NAME, then Up brings back the line"),
		N_("not sent, your partner left the chat; nobody is chatting with you: /to NAME, then Up brings back "
		   "the line"),
		N_("not sent, your partner quit; nobody is chatting with you: /to NAME, then Up brings back the line"),
		N_("not sent, the connection to your partner was lost; nobody is chatting with you: /to NAME, then Up "
		   "brings back the line"),
	};
	const uint8_t end = c->state.u.state.last_end;

	switch (v) {
	case VERDICT_NOT_PAIRED:
		chat_note(c, "%s", _(not_paired[end < ARRAY_SIZE(not_paired) ? end : 0]));
		return EDITOR_UNSENT;
	case VERDICT_TOO_LONG:
		chat_note(c, "not sent: a message has at most %u bytes", MESSAGE_MAX);
		return EDITOR_STAYS;
	case VERDICT_LIMIT:
		chat_note(
		    c, "not sent: too many messages are still on their way; wait a little, then press Enter again");
		return EDITOR_STAYS;
	default:
		chat_note(
		    c, "not sent: the session does not answer at the moment; wait a little, then press Enter again");
		return EDITOR_STAYS;
	}
}

static uint64_t
present_pair(const struct chat *c)
{
	return c->current ? deliver_pair(c->current) : 0;
}

/* Whether the line goes to whom it was typed for. It asks, once for each pair to which the line would go. */
static bool
is_meant(struct chat *c, const struct editor_line *line)
{
	const char *partner = c->latest_partner;
	const uint64_t pair = present_pair(c);

	if (pair == 0 || (line->again && c->asked == pair))
		return true;
	c->asked = pair;
	if (*line->label && !name_equal(line->label, partner))
		chat_note(c, "this line was typed for %s: press Enter again to send it to %s", line->label, partner);
	else if (line->changed)
		chat_note(c, "your partner became %s while you were typing: press Enter again to send it", partner);
	else
		c->asked = 0;
	return c->asked == 0;
}

static enum editor_answer
on_said(void *context, const struct editor_line *line)
{
	struct chat *c = context;
	const bool typed = !line->pasted && !memchr(line->text, '\n', line->len) && line->text[0] == '/';
	const size_t skip = typed && line->text[1] == '/';
	enum verdict v;

	if (c->ending)
		return EDITOR_STAYS;
	if (typed && !skip)
		return commands_run(c, line->text);
	if (!is_meant(c, line))
		return EDITOR_STAYS;
	v = chat_say(c, line->text + skip, line->len - skip);
	return v == VERDICT_OK ? EDITOR_TAKEN : not_said(c, v);
}

/* ------------------------------------------------------------------------ the keys */

static void
on_tab(void *context, const char *before, size_t len)
{
	complete_tab(context, before, len);
}

static void
show_title(struct chat *c)
{
	char title[NAME_MAX_LEN + 32];
	const char *partner = *chat_partner(c) ? chat_partner(c) : "pchat";

	if (c->unseen > 0)
		(void)snprintf(title, sizeof(title), "(%u) %s", c->unseen, partner);
	else
		(void)snprintf(title, sizeof(title), "%s", partner);
	if (c->editor)
		editor_title(c->editor, title);
}

static void
on_touched(void *context)
{
	struct chat *c = context;

	if (c->unseen == 0)
		return;
	c->unseen = 0;
	show_title(c);
}

static void
on_interrupted(void *context)
{
	struct chat *c = context;

	if (c->ending)
		c->over = true;
	else if (!commands_take_back(c))
		chat_note(c, "^D closes the chat, and you stay logged in; /quit logs out");
}

static void
on_ended(void *context, enum editor_end how)
{
	struct chat *c = context;

	if (how == EDITOR_HANGUP)
		c->hung_up = true;
	chat_end(c, false);
}

bool
terminal_new(struct chat *c)
{
	static const struct editor_class class = { on_said, on_tab, on_touched, on_interrupted, on_ended };

	c->editor = editor_new(c->loop, STDIN_FILENO, STDOUT_FILENO, c->opt->given[OPT_PLAIN], c->recall, &class, c);
	return c->editor != NULL;
}

/* ------------------------------------------------------------------- what has changed */

/* Nothing that a partner says looks like it: records have a time before the name, and a colon behind it. */
static void
show_prompt(struct chat *c)
{
	const bool there = c->watch && c->state.u.state.partner_online && c->state.u.state.daemon == DAEMON_CONNECTED;
	char prompt[2 * NAME_MAX_LEN + 64], wait[NAME_MAX_LEN + 32] = "";

	if (*c->awaited)
		(void)snprintf(wait, sizeof(wait), _("(waiting for %s) "), c->awaited);
	if (!*chat_partner(c))
		(void)snprintf(prompt, sizeof(prompt), "%s> ", *wait ? wait : _("(nobody)"));
	else
		(void)snprintf(
		    prompt, sizeof(prompt), _("%sto %s%s> "), wait, chat_partner(c), there ? "" : _(" (reconnecting)"));
	editor_prompt(c->editor, prompt);
}

void
terminal_update(struct chat *c)
{
	if (!c->editor)
		return;
	if (*chat_partner(c))
		(void)snprintf(c->latest_partner, sizeof(c->latest_partner), "%s", chat_partner(c));
	editor_label(c->editor, c->latest_partner, present_pair(c));
	show_prompt(c);
	show_title(c);
}

void
terminal_arrived(struct chat *c, const struct record *r)
{
	const double now = ev_now(c->loop);

	if (r->own || r->type != RECORD_MESSAGE)
		return;
	c->unseen++;
	show_title(c);
	if (c->opt->given[OPT_NO_BELL] || now - c->rung < BELL_PAUSE)
		return;
	c->rung = now;
	editor_beep(c->editor);
}
