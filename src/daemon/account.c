#include "daemon/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/name.h"
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
	return a->refs == 0 && a->requests.full_at <= now;
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
			free(a);
		} else {
			link = &a->next;
		}
	}
	return a;
}

static void
number(struct account *a)
{
	(void)snprintf(a->name, sizeof(a->name), "%u", a->uid);
}

/* The uid may be another's by now. */
static void
begin(struct accounts *all, struct account *a)
{
	const char *name = all->passwd ? passwd_name(all->passwd, a->uid) : NULL;

	a->state = ACCOUNT_UNKNOWN;
	a->asked_at = 0;
	number(a);
	if (name)
		account_told(a, name);
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
			free(a);
		}
	}
}

void
account_put(struct account *a)
{
	if (a)
		a->refs--;
}

void
account_told(struct account *a, const char *name)
{
	a->state = name ? ACCOUNT_NAMED : ACCOUNT_NONE;
	if (name && strlen(name) <= ACCOUNT_MAX_LEN)
		memcpy(a->name, name, strlen(name) + 1);
	else
		number(a);
}

const char *
account_name(const struct account *a)
{
	return a->name;
}

/* Errors that say nothing about the name; the others of getpwnam(3) mean that there is none. */
static bool
is_failure(int error)
{
	return error == EIO || error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* OK: the uid; RESERVED: another one; NO_SUCH_USER: nobody; FAILED: the database gave no answer. */
static enum verdict
owner_of(const char *name, uint32_t uid)
{
	const struct passwd *pw;

	do {
		errno = 0;
		pw = getpwnam(name);
	} while (!pw && errno == EINTR);
	if (pw)
		return pw->pw_uid == uid ? VERDICT_OK : VERDICT_RESERVED;
	return is_failure(errno) ? VERDICT_FAILED : VERDICT_NO_SUCH_USER;
}

/* The same, of all names that are `name` but for their case: getpwnam(3) finds none of them, the host's own file tells. */
static enum verdict
owner_in_file(const char *name, uint32_t uid)
{
	FILE *f = fopen("/etc/passwd", "re");
	enum verdict v = VERDICT_NO_SUCH_USER;
	const struct passwd *pw;

	if (!f)
		return errno == ENOENT ? v : VERDICT_FAILED;
	while (v != VERDICT_RESERVED && (pw = fgetpwent(f)))
		if (name_equal(pw->pw_name, name))
			v = pw->pw_uid == uid ? VERDICT_OK : VERDICT_RESERVED;
	(void)fclose(f);
	return v;
}

enum verdict
account_may_use(uint32_t uid, const char *name)
{
	char folded[NAME_MAX_LEN + 1];
	enum verdict v = owner_of(name, uid);

	name_fold(name, folded);
	if (v == VERDICT_NO_SUCH_USER && strcmp(folded, name) != 0)
		v = owner_of(folded, uid);
	if (v == VERDICT_NO_SUCH_USER)
		v = owner_in_file(name, uid);
	return v == VERDICT_NO_SUCH_USER ? VERDICT_OK : v;
}
