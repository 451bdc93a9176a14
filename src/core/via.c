#include "core/via.h"

#include <string.h>

#define PAUSE_MIN_MS 250U
#define PAUSE_MAX_MS 60000U
#define PERSON_MIN_MS 5000U
#define PERSON_MAX_MS 300000U
#define DIAL_MS 60000U /* for TCP, and all that ssh has to say */

/* ------------------------------------------------------------------------- who is meant */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* At least two colons: HOST:WORD is a path that does not begin with a slash. */
static bool
is_ipv6(const char *text, size_t n)
{
	unsigned colons = 0;

	for (size_t i = 0; i < n; i++) {
		colons += text[i] == ':';
		if (text[i] == '\0' || !strchr("0123456789abcdefABCDEF:.", text[i]))
			return false;
	}
	return colons >= 2 && text[0] != '.';
}

/* Of a host: names, IPv4 and IPv6. No slash, nothing that ssh expands, and no dot or dash first. */
static bool
is_host(const char *text, size_t n)
{
	if (n == 0 || n > VIA_HOST_MAX)
		return false;
	if (is_ipv6(text, n))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(text[i]) && (i == 0 || !strchr("._-", text[i])))
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

/* How much of a login names the user, with the '@'. */
static size_t
user_length(const struct via *v)
{
	const char *at = strrchr(v->login, '@');

	return at ? (size_t)(at - v->login) + 1 : 0;
}

bool
via_matches(const struct via *is, const struct via *wanted)
{
	const size_t user = user_length(wanted);

	return strcmp(is->host, wanted->host) == 0 && strcmp(is->path, wanted->path) == 0 &&
	    (user == 0 || (user_length(is) == user && memcmp(is->login, wanted->login, user) == 0));
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
