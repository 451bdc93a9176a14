#include "daemon/names/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/names/same.h"

/* What the child writes, once for the name and once for the account, as they are asked for. */
struct told {
	int32_t result; /* as of services.h */
	struct service_account account;
	char silent[SERVICE_NAME];
};

/* ------ in the child ------ */

static void
answer(int out, int result, const struct service_account *account, const char *silent)
{
	struct told t;

	memset(&t, 0, sizeof(t));
	t.result = result;
	if (result == 0)
		t.account = *account;
	(void)snprintf(t.silent, sizeof(t.silent), "%s", silent);
	if (write(out, &t, sizeof(t)) != (ssize_t)sizeof(t))
		_exit(1);
}

/* In each spelling, first as it is: an account called so would be the name's owner, too (R3). */
static int
owner_of(const struct services *s, const char *name, struct service_account *account, const char **silent)
{
	char spelling[NAME_SPELLING_MAX + 1];
	int r = -ENOENT;

	for (unsigned i = 0; i < NAME_SPELLINGS && r == -ENOENT; i++)
		if (name_spelling(name, i, spelling))
			r = services_by_name(s, spelling, account, silent);
	return r;
}

void
lookup_run(const void *context, int out)
{
	const struct lookup_task *task = context;
	const char *silent = "nsswitch.conf";
	struct service_account account = { .uid = 0 };
	struct services s;
	const int unreadable = services_read(task->nsswitch, &s);
	int r = unreadable;

	if (task->name[0]) {
		if (unreadable == 0)
			r = owner_of(&s, task->name, &account, &silent);
		answer(out, r, &account, silent);
	}
	if (!task->account)
		return;
	/* The owner of the name that was asked for needs no second question. */
	if (unreadable == 0 && !(task->name[0] && r == 0 && account.name[0] && account.uid == task->uid))
		r = services_by_uid(&s, task->uid, &account, &silent);
	answer(out, r, &account, silent);
}

/* ------ in the daemon ------ */

/* The next record; one that is not there did not come in time. */
static struct told
take(const uint8_t **bytes, size_t *n)
{
	struct told t = { .result = -ETIMEDOUT };

	(void)snprintf(t.silent, sizeof(t.silent), "nss");
	if (*n < sizeof(t))
		return t;
	memcpy(&t, *bytes, sizeof(t));
	t.account.name[sizeof(t.account.name) - 1] = t.silent[sizeof(t.silent) - 1] = '\0';
	*bytes += sizeof(t);
	*n -= sizeof(t);
	return t;
}

static void
note_silence(struct lookup_answer *a, const struct told *t)
{
	if (t->result == 0 || t->result == -ENOENT)
		return;
	a->error = t->result;
	memcpy(a->silent, t->silent, sizeof(a->silent));
}

void
lookup_understand(const struct lookup_task *task, const uint8_t *bytes, size_t n, struct lookup_answer *a)
{
	struct told t;

	memset(a, 0, sizeof(*a));
	a->owner = VERDICT_NO_ANSWER;
	if (task->name[0]) {
		t = take(&bytes, &n);
		note_silence(a, &t);
		a->owner_uid = t.account.uid;
		if (t.result == 0)
			a->owner = t.account.uid == task->uid ? VERDICT_OK : VERDICT_RESERVED;
		else if (t.result == -ENOENT)
			a->owner = VERDICT_NO_SUCH_USER;
	}
	if (!task->account)
		return;
	t = take(&bytes, &n);
	note_silence(a, &t);
	a->account_told = t.result == 0 || t.result == -ENOENT;
	a->account_found = t.result == 0;
	if (a->account_found)
		memcpy(a->account, t.account.name, sizeof(a->account));
}
