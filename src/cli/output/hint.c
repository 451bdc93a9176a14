#include "cli/output/hint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

static const char *choice; /* NULL: none */
static bool chat;

/* Whatever it holds, a shell takes it for one word. */
static char *
put_quoted(char *to, const char *word)
{
	to = stpcpy(to, "'");
	for (; *word; word++)
		if (*word == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *word;
	return stpcpy(to, "'");
}

/* Names of sessions and of hosts have no character that means something to a shell. */
const char *
hint_command(const struct link *l, const char *socket, const char *command, char out[HINT_MAX])
{
	char *to = out;

	if (l->chosen)
		to = stpcpy(stpcpy(stpcpy(to, "-s "), l->shown), " ");
	if (socket && strlen(socket) < PATH_MAX)
		to = stpcpy(put_quoted(stpcpy(to, "--socket "), socket), " ");
	(void)snprintf(to, (size_t)(out + HINT_MAX - to), "%s", command);
	return out;
}

void
hint_choose(const char *session)
{
	choice = session;
}

/* Made when it is asked for: most commands, a prompt among them, have nothing to say. */
const char *
hint_chosen(void)
{
	static char option[VIA_SESSION_MAX + 8];

	option[0] = '\0';
	if (choice && strlen(choice) <= VIA_SESSION_MAX)
		(void)snprintf(option, sizeof(option), "-s %s ", choice);
	return option;
}

void
hint_enter_chat(void)
{
	chat = true;
}

bool
hint_in_chat(void)
{
	return chat || getenv(HINT_CHAT);
}

const char *
hint_before(void)
{
	static char before[sizeof("pchat -s  ") + VIA_SESSION_MAX];

	if (hint_in_chat())
		return "/";
	(void)snprintf(before, sizeof(before), "pchat %s", hint_chosen());
	return before;
}

static bool
acts_on_session(const char *word)
{
	static const char *const commands[] = { "accept", "away", "block", "decline", "dnd", "leave", "quit", "read",
		"send", "status", "to", "unblock", "who" };
	const size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strlen(commands[i]) == n && strncmp(word, commands[i], n) == 0)
			return true;
	return false;
}

void
hint_complete(char *text, size_t size)
{
	static const char program[] = "pchat ";
	const char *const option = hint_chosen();
	const size_t n = sizeof(program) - 1, more = strlen(option);
	bool quoted = false;

	for (char *p = text; more > 0 && *p; p++) {
		if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		if (quoted || strncmp(p, program, n) != 0 || (p > text && isalnum((unsigned char)p[-1])) ||
		    !acts_on_session(p + n) || strlen(text) + more >= size)
			continue;
		p += n;
		memmove(p + more, p, strlen(p) + 1);
		memcpy(p, option, more);
		p += more - 1;
	}
}
