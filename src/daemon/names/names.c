#include "daemon/names/names.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/lookups.h"
#include "core/names/rules.h"
#include "daemon/names/lookup.h"
#include "daemon/names/passwd.h"
#include "daemon/names/services.h"
#include "net/worker.h"

#define NAMES_PROBE "pchat-probe" /* as likely nobody's as any other name */

/* One that runs. */
struct runner {
	struct worker worker;
	struct names *names;
	struct lookup_task task;
	size_t question; /* meanwhile */
};

/* Beside each question. */
struct waiting {
	struct account *account; /* NULL: of no uid that is here */
	struct names_asker *asker;
};

struct names {
	struct ev_loop *loop;
	struct accounts *accounts;
	const char *nsswitch;
	struct lookups lookups;
	struct waiting waiting[LOOKUPS_MAX];
	struct runner runner[LOOKUPS_RUNNING];
	ev_timer turn; /* looks what is to be done next: never within a call of ours */
	bool silent;   /* the database did not answer the latest question */
};

static void
turn_soon(struct names *n)
{
	if (!ev_is_active(&n->turn))
		ev_timer_start(n->loop, &n->turn);
}

/* ------ answers ------ */

static void
tell_silence(const struct lookup_answer *answer)
{
	log_error("the user database does not answer ('%s': %s): until it does, only the accounts of %s can log in "
		  "under their names",
	    answer->silent, strerror(-answer->error), "/etc/passwd");
	if (!services_reach_network())
		log_error(
		    "pchatd may not use the network here; a database that is asked over it takes a drop-in for the "
		    "unit: see 'Start by systemd' in pchatd(8)");
}

/* Told once when it begins and once when it is over. */
static void
note_silence(struct names *n, const struct lookup_answer *answer)
{
	if (answer->error == 0 && n->silent)
		log_notice("the user database answers again");
	else if (answer->error != 0 && !n->silent)
		tell_silence(answer);
	n->silent = answer->error != 0;
}

static void
tell_account(struct names *n, struct account *a, const struct lookup_answer *answer)
{
	a->asked_at = clock_monotonic_ms();
	if (!answer->account_told || !account_told(a, answer->account_found ? answer->account : NULL))
		return;
	lookups_told_account(&n->lookups, a->uid);
}

/* The question is over; whoever asked is told. */
static void
finish(struct names *n, size_t question, enum verdict v, bool free_name)
{
	const struct waiting w = n->waiting[question];

	n->waiting[question] = (struct waiting){ .account = NULL };
	lookups_end(&n->lookups, question, free_name, clock_monotonic_ms());
	if (w.asker) {
		w.asker->question = 0;
		w.asker->answered(w.asker, v);
	}
	account_put(w.account);
	turn_soon(n);
}

/* A name that is no account's is free for all, but for a number: that is an account's name or nobody's. */
static enum verdict
nobodys(const char *name)
{
	return name_is_number(name) ? VERDICT_MALFORMED : VERDICT_OK;
}

/* Of one who asks whose a name is. */
static enum verdict
found(struct names_asker *asker, const struct lookup_answer *answer)
{
	if (answer->owner == VERDICT_NO_SUCH_USER || answer->owner == VERDICT_NO_ANSWER)
		return answer->owner;
	asker->uid = answer->owner_uid;
	return VERDICT_OK;
}

/* A name that was not asked for is known to be nobody's. */
static void
on_told(struct worker *c)
{
	struct runner *r = (struct runner *)c;
	struct names *n = r->names;
	struct names_asker *asker = n->waiting[r->question].asker;
	struct account *a = n->waiting[r->question].account;
	struct lookup_answer answer;
	enum verdict v = VERDICT_OK;

	lookup_understand(&r->task, c->answer, c->length, &answer);
	note_silence(n, &answer);
	if (a && r->task.account)
		tell_account(n, a, &answer);
	if (asker && asker->finds)
		v = found(asker, &answer);
	else if (r->task.name[0])
		v = answer.owner == VERDICT_NO_SUCH_USER ? nobodys(r->task.name) : answer.owner;
	finish(n, r->question, v, answer.owner == VERDICT_NO_SUCH_USER);
}

static void
on_gone(struct worker *c)
{
	turn_soon(((struct runner *)c)->names);
}

/* ------ questions ------ */

static struct runner *
idle_runner(struct names *n)
{
	for (size_t i = 0; i < LOOKUPS_RUNNING; i++)
		if (!worker_runs(&n->runner[i].worker))
			return &n->runner[i];
	return NULL;
}

/* In the child. What a database's library writes to standard error is a line for each login of a stranger: it goes nowhere. */
static void
look_up(const void *task, int out)
{
	const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0)
		(void)close(STDERR_FILENO);
	lookup_run(task, out);
}

static void
start(struct names *n, struct runner *r, size_t question)
{
	const struct lookup *q = &n->lookups.lookup[question];
	int error;

	r->question = question;
	r->task = (struct lookup_task){ .nsswitch = n->nsswitch, .uid = q->uid, .account = q->account };
	memcpy(r->task.name, q->name, sizeof(r->task.name));
	r->worker.told = on_told;
	r->worker.gone = on_gone;
	error = worker_start(&r->worker, n->loop, LOOKUP_MS, look_up, &r->task);
	if (error == 0)
		return;
	log_error("cannot look up an account: %s", strerror(-error));
	finish(n, question, q->name[0] ? VERDICT_NO_ANSWER : VERDICT_OK, false);
}

/* The name that was asked for is known to be nobody's. */
static void
settle(struct names *n, size_t question)
{
	const struct names_asker *asker = n->waiting[question].asker;

	finish(n, question, asker && asker->finds ? VERDICT_NO_SUCH_USER : nobodys(n->lookups.lookup[question].name),
	    false);
}

static void
on_turn(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct names *n = w->data;
	struct runner *r;
	size_t question;

	(void)loop, (void)revents;
	while ((question = lookups_settled(&n->lookups, clock_monotonic_ms())) != LOOKUP_NONE)
		settle(n, question);
	while ((r = idle_runner(n)) && (question = lookups_next(&n->lookups)) != LOOKUP_NONE)
		start(n, r, question);
}

/* LOOKUP_NONE: there are too many. */
static size_t
ask(struct names *n, uint32_t uid, struct account *a, const char *name, bool account, enum lookup_rank rank)
{
	const size_t question = lookups_ask(&n->lookups, uid, name, account, rank);

	if (question == LOOKUP_NONE)
		return LOOKUP_NONE;
	account_put(n->waiting[question].account); /* of a question whose place it takes */
	if (a)
		a->refs++;
	n->waiting[question] = (struct waiting){ .account = a };
	turn_soon(n);
	return question;
}

static bool
asked_lately(const struct account *a, uint64_t now)
{
	return a->asked_at != 0 && now < a->asked_at + LOOKUP_KEEP_MS;
}

static bool
is_local(const struct names *n, const struct account *a)
{
	return passwd_name(n->accounts->passwd, a->uid) != NULL;
}

void
names_look_again(struct names *n, struct account *a)
{
	if (account_known(a) || asked_lately(a, clock_monotonic_ms()) || lookups_has_account(&n->lookups, a->uid))
		return;
	accounts_recall(n->accounts, a);
	if (!account_known(a))
		(void)ask(n, a->uid, a, "", true, LOOKUP_LATER);
}

enum verdict
names_ask(struct names *n, struct account *a, const char *name, struct names_asker *asker)
{
	const uint64_t now = clock_monotonic_ms();
	const enum verdict v = passwd_owner(n->accounts->passwd, name, a->uid);
	const bool is_free = lookups_is_free(&n->lookups, name, now);
	bool account;
	size_t question;

	accounts_recall(n->accounts, a);
	if (v != VERDICT_NO_SUCH_USER) {
		names_look_again(n, a);
		return v;
	}
	if (accounts_have(n->accounts, name, a->uid))
		return VERDICT_RESERVED;
	if (is_free && nobodys(name) != VERDICT_OK)
		return nobodys(name);
	account = !account_known(a) && !asked_lately(a, now);
	if (is_free && !account)
		return VERDICT_OK;
	question = ask(n, a->uid, a, is_free ? "" : name, account, is_local(n, a) ? LOOKUP_LOCAL : LOOKUP_LOGIN);
	if (question == LOOKUP_NONE)
		return VERDICT_NO_ANSWER;
	n->waiting[question].asker = asker;
	asker->question = question + 1;
	return VERDICT_QUEUED;
}

enum verdict
names_find(struct names *n, uint32_t uid_asking, const char *name, uint32_t *uid, struct names_asker *asker)
{
	const enum verdict v = passwd_uid(n->accounts->passwd, name, uid);
	size_t question;

	if (v != VERDICT_NO_SUCH_USER)
		return v;
	if (!name_valid(name, strlen(name)))
		return VERDICT_NO_SUCH_USER; /* no session has that name */
	/* One that is spelled in another way there is that account's, and nobody else's. */
	if (passwd_owner(n->accounts->passwd, name, uid_asking) != VERDICT_NO_SUCH_USER ||
	    lookups_is_free(&n->lookups, name, clock_monotonic_ms()))
		return VERDICT_NO_SUCH_USER;
	question = ask(n, uid_asking, NULL, name, false, LOOKUP_NOTE);
	if (question == LOOKUP_NONE)
		return VERDICT_FULL;
	asker->finds = true;
	n->waiting[question].asker = asker;
	asker->question = question + 1;
	return VERDICT_QUEUED;
}

bool
names_reserved(struct names *n, const struct account *a, const char *name)
{
	const enum verdict v = passwd_owner(n->accounts->passwd, name, a->uid);

	return v == VERDICT_RESERVED || v == VERDICT_NO_ANSWER ||
	    (v == VERDICT_NO_SUCH_USER && accounts_have(n->accounts, name, a->uid));
}

bool
names_asked(const struct names *n)
{
	for (size_t i = 0; i < LOOKUPS_MAX; i++)
		if (n->waiting[i].asker)
			return true;
	return false;
}

void
names_leave(struct names *n, struct names_asker *asker)
{
	const size_t question = asker->question - 1;

	if (asker->question == 0)
		return;
	asker->question = 0;
	n->waiting[question].asker = NULL;
	lookups_leave(&n->lookups, question);
	if (n->lookups.lookup[question].used)
		return;
	account_put(n->waiting[question].account);
	n->waiting[question].account = NULL;
}

/* ------ begin and end ------ */

struct names *
names_new(struct ev_loop *loop, struct accounts *accounts, const char *nsswitch)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->loop = loop;
	n->accounts = accounts;
	n->nsswitch = nsswitch;
	for (size_t i = 0; i < LOOKUPS_RUNNING; i++)
		n->runner[i].names = n;
	ev_timer_init(&n->turn, on_turn, 0., 0.);
	n->turn.data = n;
	return n;
}

void
names_free(struct names *n)
{
	if (!n)
		return;
	ev_timer_stop(n->loop, &n->turn);
	for (size_t i = 0; i < LOOKUPS_RUNNING; i++)
		worker_stop(&n->runner[i].worker);
	free(n);
}

void
names_begin(struct names *n)
{
	char text[SERVICES_TEXT];
	struct services s;
	const int r = services_read(n->nsswitch, &s);

	if (r < 0)
		log_error("cannot read '%s': %s", n->nsswitch, strerror(-r));
	else if (s.count > 0)
		log_notice("accounts are looked up in /etc/passwd, then by: %s", services_text(&s, text));
	else
		log_notice("accounts are looked up in /etc/passwd");
	(void)ask(n, 0, NULL, NAMES_PROBE, false, LOOKUP_LATER);
}
