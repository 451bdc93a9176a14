#include "daemon/names/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/names/same.h"
#include "daemon/names/passwd.h"

static struct account **
head_of(struct accounts *all, uint32_t uid)
{
	return &all->head[(uid * 0x9e3779b1U) >> 24];
}

/* Unused, and nothing would be given away by forgetting what it asked for lately. */
static bool
is_stale(const struct account *a, uint64_t now)
{
	return a->refs == 0 && a->requests.full_at <= now && a->notes.full_at <= now;
}

static void
forget(struct account *a)
{
	free(a->name);
	free(a);
}

static struct account *
find(struct accounts *all, uint32_t uid)
{
	const uint64_t now = clock_monotonic_ms();
	struct account **link = head_of(all, uid);
	struct account *a;

	while ((a = *link) && a->uid != uid) {
		if (is_stale(a, now)) {
			*link = a->next;
			forget(a);
		} else {
			link = &a->next;
		}
	}
	return a;
}

/* The uid may be another's by now. */
static void
begin(struct accounts *all, struct account *a)
{
	a->state = ACCOUNT_UNKNOWN;
	a->own = a->uid == geteuid();
	a->asked_at = 0;
	free(a->name);
	a->name = NULL;
	accounts_recall(all, a);
}

void
accounts_recall(struct accounts *all, struct account *a)
{
	const char *name = a->state == ACCOUNT_NAMED || !all->passwd ? NULL : passwd_name(all->passwd, a->uid);

	if (name)
		(void)account_told(a, name); /* else it is asked for again */
}

/* Two names of ASCII that are one the user database knows to be one, too. */
bool
accounts_have(const struct accounts *all, const char *name, uint32_t uid)
{
	const bool foreign = !name_is_ascii(name, strlen(name));
	struct name_search search;

	name_search_init(&search, name);
	for (size_t i = 0; i < ACCOUNT_HEADS; i++)
		for (const struct account *a = all->head[i]; a; a = a->next)
			if (a->name && a->uid != uid && (foreign || !a->keys.ascii) &&
			    name_search_finds(&search, a->name, &a->keys))
				return true;
	return false;
}

struct account *
accounts_get(struct accounts *all, uint32_t uid)
{
	struct account *a = find(all, uid);

	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return NULL;
		a->uid = uid;
		a->all = all;
		a->next = *head_of(all, uid);
		*head_of(all, uid) = a;
	}
	if (a->refs++ == 0)
		begin(all, a);
	return a;
}

void
accounts_release(struct accounts *all)
{
	for (size_t i = 0; i < ACCOUNT_HEADS; i++) {
		struct account *a;

		while ((a = all->head[i])) {
			all->head[i] = a->next;
			forget(a);
		}
	}
}

void
account_put(struct account *a)
{
	if (a)
		a->refs--;
}

/* What all uids without a known account have together. */
static void
count(struct account *a, int sessions, int greeting)
{
	if (account_known(a))
		return;
	a->all->unknown_sessions += (uint32_t)sessions;
	a->all->unknown_greeting += (uint32_t)greeting;
}

void
account_sessions(struct account *a, int change)
{
	a->sessions += (uint32_t)change;
	count(a, change, 0);
}

void
account_greeting(struct account *a, int change)
{
	a->greeting += (uint32_t)change;
	count(a, 0, change);
}

bool
account_told(struct account *a, const char *name)
{
	const bool shown = name && name[0] && strlen(name) <= ACCOUNT_MAX_LEN;
	char *copy = shown ? strdup(name) : NULL;

	if (shown && !copy)
		return false;
	count(a, -(int)a->sessions, -(int)a->greeting);
	a->state = name ? ACCOUNT_NAMED : ACCOUNT_NONE;
	count(a, (int)a->sessions, (int)a->greeting);
	free(a->name);
	a->name = copy;
	if (copy)
		name_account_keys(copy, &a->keys);
	return true;
}

void
account_show(const struct account *a, char out[ACCOUNT_MAX_LEN + 1])
{
	if (a->name)
		memcpy(out, a->name, strlen(a->name) + 1);
	else
		(void)snprintf(out, ACCOUNT_MAX_LEN + 1, "uid %u", a->uid); /* with a blank: no account is called so */
}
