/* What ssh says, in words for people. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "core/unicode/unicode.h"
#include "core/via.h"

#define LINE 120U /* of ssh's, with its NUL */

/* What came in, with where its words go, and who translates them. */
struct saying {
	const struct via *via;
	const char *text, *line;
	const char *(*in_words)(const char *english);
	char *words;
};

/* Cut where it is too long, between two characters: what ssh said stands last. */
PRINTF_LIKE(2, 3)
static void
say(const struct saying *s, const char *english, ...)
{
	va_list args;
	int n;

	va_start(args, english);
	n = vsnprintf(s->words, VIA_WORDS, s->in_words(english), args);
	va_end(args);
	if (n >= (int)VIA_WORDS)
		s->words[unicode_whole(s->words, VIA_WORDS - 1)] = '\0';
}

/* The last line that says something, as it came. */
static void
last_line(const char *text, char out[LINE])
{
	size_t end = strlen(text), begin, n;

	while (end > 0 && (unsigned char)text[end - 1] <= ' ')
		end--;
	for (begin = end; begin > 0 && text[begin - 1] != '\n';)
		begin--;
	n = end - begin < LINE ? end - begin : unicode_whole(text + begin, LINE - 1);
	memcpy(out, text + begin, n);
	out[n] = '\0';
}

static bool
says(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

static enum via_trouble
explain_person(const struct saying *s)
{
	const struct via *via = s->via;

	if (says(s->text, "IDENTIFICATION HAS CHANGED"))
		say(s,
		    N_("the host key of '%s' has changed: it may be another host; ask who runs it, then see: ssh %s "
		       "true"),
		    via->host, via->login);
	else if (says(s->text, "Host key verification failed"))
		say(s, N_("the host key of '%s' is not known yet; look at it, and accept it by: ssh %s true"),
		    via->host, via->login);
	else if (says(s->text, "Permission denied (") || says(s->text, "Too many authentication failures"))
		say(s, N_("'%s' does not let us in without asking; type: ssh-add, or see: ssh %s true (%s)"),
		    via->login, via->login, s->line);
	else
		return VIA_NONE;
	return VIA_PERSON;
}

static enum via_trouble
explain_away(const struct saying *s)
{
	const struct via *via = s->via;

	if (says(s->text, "Could not resolve hostname"))
		say(s, N_("no host '%s' is known (%s)"), via->host, s->line);
	else if (says(s->text, "Bad owner or permissions") || says(s->text, "Bad configuration option") ||
	    says(s->text, "terminating, 1 bad"))
		say(s, N_("ssh's configuration is wrong (%s)"), s->line);
	else if (says(s->text, "Could not request local forwarding"))
		say(s, N_("ssh cannot listen for us on this host (%s)"), s->line);
	else if (s->line[0])
		say(s, N_("'%s' cannot be reached by ssh (%s)"), via->host, s->line);
	else
		say(s, N_("'%s' cannot be reached: ssh ended without a word; see: ssh %s true"), via->host, via->login);
	return VIA_AWAY;
}

enum via_trouble
via_explain(
    const struct via *via, const char *text, const char *(*in_words)(const char *english), char words[VIA_WORDS])
{
	char line[LINE];
	const struct saying s = { .via = via, .text = text, .line = line, .in_words = in_words, .words = words };
	enum via_trouble why;

	last_line(text, line);
	if ((why = explain_person(&s)) != VIA_NONE)
		return why;
	if (says(text, "open failed")) {
		say(&s,
		    N_("'%s' lets ssh in, but does not forward '%s': no pchatd listens there, or the sshd there has "
		       "'AllowStreamLocalForwarding no'; ask an administrator there"),
		    via->host, via->path);
		return VIA_CLOSED;
	}
	return explain_away(&s);
}
