#include "core/via.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAUSE_MIN_MS 250U
#define PAUSE_MAX_MS 60000U
#define PERSON_MIN_MS 5000U
#define PERSON_MAX_MS 300000U
#define LINE 120U      /* of ssh's, with its NUL */
#define DIAL_MS 60000U /* for TCP, and all that ssh has to say */

/* ------------------------------------------------------------------------- who is meant */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Of a host: names, IPv4 and IPv6. No slash, nothing that ssh expands, and no dot or dash first. */
static bool
is_host(const char *text, size_t n)
{
	if (n == 0 || n > VIA_HOST_MAX || !(is_alnum(text[0]) || text[0] == ':'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(text[i]) && !strchr("._:-", text[i]))
			return false;
	return true;
}

static bool
is_user(const char *text, size_t n)
{
	if (n == 0 || text[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(text[i]) && !strchr("._-@+", text[i]))
			return false;
	return true;
}

static bool
is_path(const char *text)
{
	const size_t n = strlen(text);

	if (n < 2 || n > VIA_PATH_MAX || text[0] != '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(text[i]) && !strchr("/._-@+,=", text[i]))
			return false;
	return true;
}

static void
lower(const char *text, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	out[n] = '\0';
}

bool
via_parse(const char *text, struct via *out)
{
	const char *colon = strstr(text, ":/"), *at;
	const size_t n = colon ? (size_t)(colon - text) : strlen(text);
	size_t user = 0;

	*out = (struct via){ .login = "" };
	if (n == 0 || n > VIA_LOGIN_MAX || (colon && !is_path(colon + 1)))
		return false;
	memcpy(out->login, text, n);
	if ((at = strrchr(out->login, '@'))) {
		user = (size_t)(at - out->login);
		if (!is_user(out->login, user))
			return false;
		if (user <= NAME_MAX_LEN)
			memcpy(out->user, out->login, user);
		user++;
	}
	if (!is_host(out->login + user, n - user))
		return false;
	lower(out->login + user, n - user, out->host);
	if (colon)
		memcpy(out->path, colon + 1, strlen(colon + 1));
	return true;
}

bool
via_is_host(const char *text)
{
	return is_host(text, strlen(text));
}

void
via_join(const char *host, const char *name, char out[VIA_SESSION_MAX + 1])
{
	size_t n = strnlen(host, VIA_HOST_MAX);
	const size_t length = strnlen(name, NAME_MAX_LEN);

	memcpy(out, host, n);
	if (n > 0)
		out[n++] = '/';
	memcpy(out + n, name, length);
	out[n + length] = '\0';
}

bool
via_split(const char *text, char host[VIA_HOST_MAX + 1], const char **name)
{
	const char *slash = strchr(text, '/');

	host[0] = '\0';
	*name = slash ? slash + 1 : text;
	if (!slash)
		return true;
	if (!is_host(text, (size_t)(slash - text)))
		return false;
	lower(text, (size_t)(slash - text), host);
	return true;
}

/* ------------------------------------------------------------------------- when */

/* A part of the time that it has been away: who was away shortly waits shortly. */
static uint64_t
pause_ms(const struct via_state *v, uint64_t now)
{
	const uint64_t away = now - v->since_ms;

	if (v->trouble == VIA_PERSON)
		return away < PERSON_MIN_MS ? PERSON_MIN_MS : away > PERSON_MAX_MS ? PERSON_MAX_MS : away;
	return away / 4 < PAUSE_MIN_MS ? PAUSE_MIN_MS : away / 4 > PAUSE_MAX_MS ? PAUSE_MAX_MS : away / 4;
}

void
via_init(struct via_state *v, uint64_t now)
{
	*v = (struct via_state){ .phase = VIA_DOWN, .since_ms = now, .next_ms = now };
}

enum via_step
via_next(const struct via_state *v, uint64_t now)
{
	if (v->phase == VIA_DIALING && v->trouble != VIA_CLOSED && now >= v->dialed_ms + DIAL_MS)
		return VIA_HANG_UP;
	if (now < v->next_ms)
		return VIA_WAIT;
	return v->phase == VIA_DOWN ? VIA_DIAL : VIA_CONNECT;
}

void
via_dialed(struct via_state *v, uint64_t now)
{
	v->phase = VIA_DIALING;
	v->dialed_ms = now;
	v->broke = false;
	if (v->trouble == VIA_CLOSED) /* it was another ssh's */
		v->trouble = VIA_AWAY;
}

void
via_reached(struct via_state *v)
{
	v->phase = VIA_UP;
	v->trouble = VIA_NONE;
	v->broke = false;
}

void
via_turned_away(struct via_state *v, uint64_t now)
{
	if (v->phase == VIA_DOWN)
		return;
	v->broke = v->phase == VIA_UP;
	v->phase = VIA_DIALING;
	v->trouble = v->broke ? VIA_AWAY : VIA_CLOSED;
	v->dialed_ms = now;
	if (v->broke)
		v->since_ms = now;
	v->next_ms = v->broke ? now : now + pause_ms(v, now);
}

/* The first attempt after a loss is made at once. */
void
via_ended(struct via_state *v, enum via_trouble why, uint64_t now)
{
	const bool at_once = v->broke || v->phase == VIA_UP;

	if (v->phase == VIA_UP)
		v->since_ms = now;
	v->phase = VIA_DOWN;
	v->trouble = why;
	v->broke = false;
	v->next_ms = at_once ? now : now + pause_ms(v, now);
}

/* ------------------------------------------------------------------------- words */

/* Cut where it is too long: what ssh said stands last. */
PRINTF_LIKE(2, 3)
static void
say(char words[VIA_WORDS], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, VIA_WORDS, fmt, args);
	va_end(args);
}

/* The last line that says something, as printable ASCII. */
static void
last_line(const char *text, char out[LINE])
{
	size_t end = strlen(text), begin, n = 0;

	while (end > 0 && (unsigned char)text[end - 1] <= ' ')
		end--;
	for (begin = end; begin > 0 && text[begin - 1] != '\n';)
		begin--;
	for (size_t i = begin; i < end && n < LINE - 1; i++)
		out[n++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[n] = '\0';
}

static bool
says(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

static enum via_trouble
explain_person(const struct via *via, const char *text, const char *line, char words[VIA_WORDS])
{
	if (says(text, "IDENTIFICATION HAS CHANGED"))
		say(words,
		    "the host key of '%s' has changed: it may be another host; ask who runs it, then see: ssh %s true",
		    via->host, via->login);
	else if (says(text, "Host key verification failed"))
		say(words, "the host key of '%s' is not known yet; look at it, and accept it by: ssh %s true",
		    via->host, via->login);
	else if (says(text, "Permission denied (") || says(text, "Too many authentication failures"))
		say(words, "'%s' does not let us in without asking; type: ssh-add, or see: ssh %s true (%s)",
		    via->login, via->login, line);
	else
		return VIA_NONE;
	return VIA_PERSON;
}

static enum via_trouble
explain_away(const struct via *via, const char *text, const char *line, char words[VIA_WORDS])
{
	if (says(text, "Could not resolve hostname"))
		say(words, "no host '%s' is known (%s)", via->host, line);
	else if (says(text, "Bad owner or permissions") || says(text, "Bad configuration option") ||
	    says(text, "terminating, 1 bad"))
		say(words, "ssh's configuration is wrong (%s)", line);
	else if (says(text, "Could not request local forwarding"))
		say(words, "ssh cannot listen for us on this host (%s)", line);
	else if (line[0])
		say(words, "'%s' cannot be reached by ssh (%s)", via->host, line);
	else
		say(words, "'%s' cannot be reached: ssh ended without a word; see: ssh %s true", via->host, via->login);
	return VIA_AWAY;
}

enum via_trouble
via_explain(const struct via *via, const char *text, char words[VIA_WORDS])
{
	enum via_trouble why;
	char line[LINE];

	last_line(text, line);
	if ((why = explain_person(via, text, line, words)) != VIA_NONE)
		return why;
	if (says(text, "open failed")) {
		say(words,
		    "ssh is let in by '%s', and not passed on to '%s': no pchatd listens there, or that sshd has "
		    "'AllowStreamLocalForwarding no'; an administrator there knows",
		    via->host, via->path);
		return VIA_CLOSED;
	}
	return explain_away(via, text, line, words);
}
