/*
 * Runs the whole house in a bottle (kernel.h), once for each seed: a daemon, several people with a session each, and the
 * commands that they run, in good and bad weather. Then the weather clears, everything has to come to rest, and the
 * judge compares what the commands said with what lies in the inboxes (judge.h).
 *
 * usage: simulate [-fm] [-n SEEDS] [-t SECONDS] [SEED]...     -f: no further than the first failure
 *
 * With a SEED, that one and the SEEDS - 1 behind it; without, SEEDS or SECONDS of fresh ones. SIM_TRACE=1 prints what
 * happens. -m: instead of all that people may do, two pairs exchange 20 messages under some 10 faults, which is the
 * measure of how fast this is. What is printed of a seed is the same each time. Status 0: all held. SIM_COUNT=1 prints how many actions and
 * faults there were; SIM_WITHOUT="a3 f17" leaves some out (tests/sim/shrink finds those that do not matter).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "judge.h"
#include "kernel.h"
#include "model.h"

#define PEOPLE 5
#define FRIENDS 4 /* the first of them talk to each other, two by two */
#define MALLORY 4 /* tries what is not hers */
#define SECOND 1000000ULL
#define LINE_MORE 4000 /* bytes that a line may have behind its text */
#define LINES_BYTES (FLOOD * 64)
#define FLOOD 1200        /* lines */
#define STORM_MOST 40     /* actions of each */
#define STORM_SECONDS 240 /* at most */
#define CALM (5 * SECOND) /* in fair weather, before all has to be well */
#define REST (180 * SECOND)
#define NOTHING 1 /* exit statuses */
#define NO_SESSION 3
#define NOBODY 5
#define NOT_PAIRED 7
#define THEFT (15 * SECOND)
#define SHY 3 /* who, and those behind, may want no contact where notes are told */
#define EXPECTED_CALLS 60000U

static const char *const names[PEOPLE] = { "alice", "bob", "carol", "dave", "mallory" };

struct person {
	unsigned who;
	struct command *now; /* what runs */
	uint64_t next;       /* when the next begins */
	unsigned left;       /* actions */
	unsigned seq;        /* messages made */
	struct message *again;
	bool known;  /* logged in, as far as we heard */
	bool lonely; /* the last message had no partner */
	bool shut;   /* has refused everybody, or mallory */
};

static struct person people[PEOPLE];
static bool power_fails, loses, crowded; /* crowded: all wait for alice */
static bool tells;                       /* notes, too, and people come and go more often */
static bool forgets;                     /* what was said is forgotten, by command and by rule */
static bool measures;                    /* -m */
static bool counts;                      /* how many actions and faults there were is printed */
static unsigned floods;                  /* that may still come */
static unsigned streams;
static unsigned daemon_files; /* descriptors of a daemon that has nothing to do */
static int daemon_proc;
static uint64_t daemon_at; /* when it is started again; 0: it runs */

/* ------ starting programs ------ */

/* `by`: the session; none if empty. */
static struct command *
start_as(unsigned who, const char *by, char *const argv[], bool mortal)
{
	struct command *c = judge_command();
	char label[NAME_BYTES], home[64], runtime[64], session[64];
	char exec[] = "PCHAT_EXEC_PATH=/libexec", zone[] = "TZ=UTC", lang[] = "LC_ALL=C.UTF-8";
	char *env[] = { home, runtime, session, exec, zone, lang, NULL };
	int at = 0;

	(void)snprintf(label, sizeof(label), "%s$", names[who]);
	(void)snprintf(home, sizeof(home), "HOME=/home/%s", names[who]);
	(void)snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=/run/user/%u", 1001 + who);
	(void)snprintf(session, sizeof(session), "PCHAT_SESSION=%s", by);
	c->who = who;
	c->said = "";
	c->text[0] = '\0';
	for (char *const *a = argv; *a; a++)
		at += snprintf(c->text + at, sizeof(c->text) - (size_t)at, "%s%s", at ? " " : "", *a);
	c->capture = judge_capture();
	kernel_trace("%s$ %s", names[who], c->text);
	c->proc = process_make(label, 1001 + who, argv, env, c->capture);
	k->proc[c->proc].mortal = mortal;
	c->began = k->now;
	c->harms = k->harms;
	return c;
}

static struct command *
start(unsigned who, char *const argv[], bool mortal)
{
	return start_as(who, names[who], argv, mortal);
}

static void
start_daemon(void)
{
	char program[] = "/sbin/pchatd", most[] = "--max-connections", few[] = "64"; /* whose memory is soon copied */
	char *argv[] = { program, most, few, NULL };
	char zone[] = "TZ=UTC";
	char *env[] = { zone, NULL };

	daemon_proc = process_make("pchatd", 0, argv, env, NONE);
	k->proc[daemon_proc].mortal = k->proc[daemon_proc].watched = true;
	model_restart();
	daemon_at = 0;
}

/* ------ time passes ------ */

static void
on_ended(int proc, int status)
{
	if (proc == daemon_proc) {
		daemon_proc = NONE;
		daemon_at = k->now + kernel_pick(3) * SECOND + 1000;
		kernel_trace("the daemon is gone");
		if (loses && kernel_fault(3)) {
			k->watched_failed = true;
			files_remove("/run/pchat/registry.db");
			files_remove("/run/pchat/registry.db-wal");
			files_remove("/run/pchat/registry.db-shm");
		}
		return;
	}
	for (unsigned i = 0; i < PEOPLE; i++) {
		struct person *p = &people[i];

		if (!p->now || p->now->proc != proc)
			continue;
		p->now->status = status;
		p->now->done = true;
	}
	judge_ended(proc, status);
}

static void
reap(void)
{
	for (int i = 1; i < k->procs; i++)
		if (k->proc[i].state == P_ZOMBIE && k->proc[i].ppid == 0) {
			k->proc[i].state = P_FREE;
			on_ended(i, k->proc[i].status);
		}
}

/* Until something ends, or the time is over. */
static void
pass(uint64_t until)
{
	struct proc *p = &k->proc[0];

	if (daemon_at && daemon_at < until)
		until = daemon_at;
	p->wait = W_CHILD;
	p->waits_for = 0;
	p->until = until;
	(void)kernel_wait();
	process_begin_waiting();
	reap();
	model_look();
	if (daemon_at && k->now >= daemon_at)
		start_daemon();
}

static bool
failed(void)
{
	return k->stop || judge_failed();
}

static void
wait_for_end(struct command *c)
{
	const uint64_t end = k->now + REST;

	people[c->who].now = c;
	while (!c->done && !failed() && k->now < end)
		pass(end);
	people[c->who].now = NULL;
	if (!c->done && !failed())
		judge_fail("'%s' of %s does not end", c->text, names[c->who]);
	c->said = k->capture[c->capture].text;
}

/* Runs one command to its end. */
static struct command *
run(unsigned who, char *const argv[])
{
	struct command *c = start(who, argv, false);

	wait_for_end(c);
	return c;
}

#define ARGV(...) ((char *[]){ program, __VA_ARGS__, NULL })
static char program[] = "/bin/pchat";

/* ------ what people do ------ */

static struct command *
say(struct person *p, struct message *m)
{
	char send[] = "send", to[] = "--to", id[] = "--id", limit[] = "--timeout", seconds[] = "20", end[] = "--";
	char partner[NAME_BYTES];
	struct command *c;

	(void)snprintf(partner, sizeof(partner), "%s", names[m->to]);
	c = start(p->who, ARGV(send, to, partner, id, m->id, limit, seconds, end, m->text), kernel_pick(3) == 0);
	c->message = m;
	m->attempts++;
	return c;
}

/* A message that arrived once more, or another one under its id. */
static struct command *
say_again(struct person *p, unsigned partner)
{
	struct message *old = judge_delivered(p->who, partner), *m;

	if (!old)
		return NULL;
	if (kernel_pick(2))
		return say(p, old);
	m = judge_message(p->who, partner, p->seq++);
	(void)snprintf(m->id, sizeof(m->id), "%s", old->id);
	m->twin = old;
	return say(p, m);
}

static struct command *
tell(struct person *p, struct message *m)
{
	char tell[] = "tell", id[] = "--id", limit[] = "--timeout", seconds[] = "20", end[] = "--", later[] = "--later",
	     quiet[] = "--quiet";
	char receiver[NAME_BYTES];
	struct command *c;

	(void)snprintf(receiver, sizeof(receiver), "%s", names[m->to]);
	c = start_as(p->who, m->by_session ? names[p->who] : "",
	    ARGV(tell, id, m->id, limit, seconds, m->later ? later : quiet, receiver, end, m->text),
	    kernel_pick(3) == 0);
	c->message = m;
	m->attempts++;
	return c;
}

static struct command *
take_back(const struct person *p, struct message *m)
{
	char notes[] = "notes", cancel[] = "--cancel", limit[] = "--timeout", seconds[] = "20";
	struct command *c = start(p->who, ARGV(notes, cancel, m->id, limit, seconds), kernel_pick(3) == 0);

	c->cancels = m;
	return c;
}

/* A note, to somebody who is there or not; or one that was told, once more, or another one under its id. */
static struct command *
tell_somebody(struct person *p)
{
	const unsigned receiver = (p->who + 1 + kernel_pick(PEOPLE - 1)) % PEOPLE;
	struct message *old = kernel_pick(6) == 0 ? judge_told(p->who, receiver) : NULL, *m;

	if (old && old->kept && !old->delivered && kernel_pick(2) && !old->shared)
		return take_back(p, old);
	if (old && kernel_pick(2))
		return tell(p, old);
	m = judge_note(p->who, receiver, p->seq++);
	m->later = kernel_pick(2);
	m->by_session = kernel_pick(4) == 0;
	m->pardoned = p->who == MALLORY || receiver >= SHY;
	if (old) { /* where one is kept, the other one may come before it */
		(void)snprintf(m->id, sizeof(m->id), "%s", old->id);
		m->twin = old->delivered ? old : NULL;
		m->shared = old->shared = true;
	}
	return tell(p, m);
}

/* Several lines by one command; now and then more than a window holds (D7). */
static struct command *
say_lines(struct person *p, unsigned partner, bool flood)
{
	char send[] = "send", to[] = "--to", limit[] = "--timeout", seconds[] = "20", lines[] = "-l", file[] = "-f";
	static char text[LINES_BYTES];
	char path[NAME_BYTES], other[NAME_BYTES];
	floods -= flood;
	for (int i = 1; flood && i < k->procs; i++) /* it takes nothing meanwhile */
		if (k->proc[i].state != P_FREE && k->proc[i].uid == 1001 + partner)
			k->proc[i].stopped = k->now + 5 * SECOND;
	const unsigned n = flood ? FLOOD : 2 + kernel_pick(14);
	const unsigned more = flood || kernel_pick(4) ? 0 : kernel_pick(LINE_MORE);
	struct message *first = NULL;
	struct command *c;
	size_t at = 0;

	streams++;
	for (unsigned i = 0; i < n; i++) {
		struct message *m = judge_message(p->who, partner, p->seq++);

		m->stream = streams;
		first = first ? first : m;
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s|", m->text);
		memset(text + at, 'x', more);
		at += more;
		text[at++] = '\n';
	}
	text[at] = '\0';
	(void)snprintf(path, sizeof(path), "/home/%s/lines", names[p->who]);
	(void)snprintf(other, sizeof(other), "%s", names[partner]);
	files_text(path, text);
	c = start(p->who, ARGV(send, to, other, limit, seconds, lines, file, path), kernel_pick(3) == 0);
	c->message = first;
	c->count = n;
	return c;
}

static struct command *
start_forgetting(unsigned who, int with, bool unread, bool part)
{
	char history[] = "history", delete[] = "--delete", all[] = "--unread", before[] = "--before", when[] = "2s",
	     limit[] = "--timeout", seconds[] = "20", other[NAME_BYTES] = "";
	char *argv[ARGS] = { program, history, delete, limit, seconds };
	struct command *c;
	unsigned n = 5;

	if (with != NONE)
		(void)snprintf(other, sizeof(other), "%s", names[with]);
	if (with != NONE)
		argv[n++] = other;
	if (unread)
		argv[n++] = all;
	if (part) {
		argv[n++] = before;
		argv[n++] = when;
	}
	c = start(who, argv, kernel_pick(3) == 0);
	c->forgets = true;
	c->with = with;
	c->unread = unread;
	c->part = part;
	judge_forgets(c);
	return c;
}

/* By command, or by a rule; what certainly keeps everything is told, too. */
static struct command *
forget_something(const struct person *p, unsigned partner)
{
	char login[] = "login", needed[] = "--if-needed", keep[] = "--keep", limit[] = "--timeout", seconds[] = "20";
	char rules[][8] = { "all", "100000", "1h", "2s", "3" }, name[NAME_BYTES];
	const unsigned rule = kernel_pick(5);

	if (kernel_pick(4)) {
		const int with = kernel_pick(2) ? NONE : (int)partner;
		const bool unread = kernel_pick(3) == 0;

		return start_forgetting(p->who, with, unread, kernel_pick(6) == 0);
	}
	if (rule > 2 || (rule == 2 && k->weather.jump > 0))
		judge_keeps_little(p->who);
	(void)snprintf(name, sizeof(name), "%s", names[p->who]);
	return start(p->who, ARGV(login, needed, limit, seconds, keep, rules[rule], name), kernel_pick(3) == 0);
}

/* -m: 20 messages of two pairs. */
#define MEASURED 5 /* messages of each */

static struct command *
act_measured(struct person *p)
{
	char login[] = "login", needed[] = "--if-needed", to[] = "to", read[] = "read", json[] = "--json";
	char name[NAME_BYTES], other[NAME_BYTES];

	(void)snprintf(name, sizeof(name), "%s", names[p->who]);
	(void)snprintf(other, sizeof(other), "%s", names[p->who ^ 1]);
	if (p->again)
		return say(p, p->again);
	if (!p->known)
		return start(p->who, ARGV(login, needed, name), true);
	if (p->lonely)
		return start(p->who, ARGV(to, other), true);
	if (p->seq < MEASURED)
		return say(p, judge_message(p->who, p->who ^ 1, p->seq++));
	p->left = 0;
	return start(p->who, ARGV(read, json), true);
}

static struct command *
act(struct person *p)
{
	char login[] = "login", needed[] = "--if-needed", to[] = "to", read[] = "read", json[] = "--json",
	     leave[] = "leave", quit[] = "quit", who[] = "who", status[] = "status", limit[] = "--timeout",
	     seconds[] = "20";
	char wait[] = "--wait=9", block[] = "block", unblock[] = "unblock", mallory[] = "mallory", dnd[] = "dnd",
	     alice[] = "alice", on[] = "on", off[] = "off", thief[] = "/bin/thief";
	char name[NAME_BYTES], other[NAME_BYTES];
	const bool astray = p->who == MALLORY || kernel_pick(12) == 0;
	const unsigned partner = astray ? kernel_pick(PEOPLE) : p->who ^ 1;
	const uint32_t what = kernel_pick(45);
	struct command *again;

	(void)snprintf(name, sizeof(name), "%s", names[p->who]);
	(void)snprintf(other, sizeof(other), "%s", names[partner]);
	if (p->who == MALLORY && kernel_pick(3) == 0)
		return start(p->who, ((char *[]){ thief, NULL }), kernel_pick(3) == 0);
	if (p->who == MALLORY && kernel_pick(4) == 0)
		return start(p->who, ARGV(login, limit, seconds, other), false);
	if (p->again)
		return p->again->note ? tell(p, p->again) : say(p, p->again);
	if (tells && kernel_pick(3) == 0)
		return tell_somebody(p);
	if (forgets && kernel_pick(7) == 0)
		return forget_something(p, partner);
	if (!p->known)
		return start(p->who, ARGV(login, needed, limit, seconds, name), kernel_pick(3) == 0);
	if (tells && kernel_pick(12) == 0)
		return start(p->who, ARGV(quit, limit, seconds), kernel_pick(3) == 0);
	if (crowded && p->who != 0 && kernel_pick(4) == 0)
		return start(p->who, ARGV(to, wait, alice), kernel_pick(3) == 0);
	if (what < 4 || (p->lonely && kernel_pick(3)))
		return start(p->who, ARGV(to, limit, seconds, other), kernel_pick(3) == 0);
	if (what < 12)
		return say_lines(p, partner, floods > 0 && kernel_pick(6) == 0);
	if (what < 13)
		if ((again = say_again(p, partner)))
			return again;
	if (what < 26)
		return say(p, judge_message(p->who, partner, p->seq++));
	if (what < 34)
		return start(p->who, ARGV(read, json, limit, seconds), kernel_pick(3) == 0);
	if (what < 36)
		return start(p->who, ARGV(leave, limit, seconds), kernel_pick(3) == 0);
	if (what < 37)
		return start(p->who, ARGV(quit, limit, seconds), kernel_pick(3) == 0);
	if (what < 40)
		return start(p->who, ARGV(what < 39 ? status : who, json, limit, seconds), kernel_pick(3) == 0);
	if (what < 43)
		return start(p->who, ARGV(to, wait, crowded ? alice : other), kernel_pick(3) == 0);
	if (what < 44)
		return start(p->who, ARGV(p->shut ? unblock : block, mallory), false);
	if (tells && p->who < SHY)
		return start(p->who, ARGV(status, json, limit, seconds), kernel_pick(3) == 0);
	p->shut = !p->shut;
	return start(p->who, ARGV(dnd, p->shut ? on : off), false);
}

static void
heard(struct person *p)
{
	struct command *c = p->now;

	c->said = k->capture[c->capture].text;
	p->known = judge_command_over(c) != 3 && (p->known || strstr(c->text, " login ") != NULL);
	if (strstr(c->text, " quit") || (strstr(c->text, " login ") && c->status != 0))
		p->known = strstr(c->text, " quit") ? false : p->known && c->status == 0;
	if (!c->message || !c->message->note)
		p->lonely = c->message ? (c->status >> 8 == 7 || c->status >> 8 == 8) : p->lonely && c->status != 0;
	p->again =
	    c->message && c->count == 0 && judge_is_open(c->message) && c->message->attempts < 4 ? c->message : NULL;
	judge_release(c);
	p->now = NULL;
	p->next = k->now + kernel_pick(200000);
}

static void
bad_moment(void)
{
	int alive[PROCS], n = 0;

	for (int i = 1; i < k->procs; i++)
		if (k->proc[i].mortal && (k->proc[i].state == P_RUNS || k->proc[i].state == P_WAITS))
			alive[n++] = i;
	if (n > 0 && kernel_fault(3)) {
		process_kill(alive[kernel_pick((uint32_t)n)], 9, "bad luck");
	} else if (n > 0 && kernel_fault(3)) {
		struct proc *p = &k->proc[alive[kernel_pick((uint32_t)n)]];

		p->stopped = k->now + kernel_pick(kernel_pick(2) ? 2 : 14) * SECOND + kernel_pick(SECOND);
		kernel_trace("%s is stopped for %llu ms", p->label, (unsigned long long)(p->stopped - k->now) / 1000);
	}
}

/* An inbox is taken away with everything in it, while nobody has it. */
static void
lose_inbox(void)
{
	const unsigned who = kernel_pick(PEOPLE);
	char path[NAME_BYTES];

	for (int i = 1; i < k->procs; i++)
		if (k->proc[i].state != P_FREE && k->proc[i].uid == 1001 + who)
			process_kill(i, 9, "its inbox is taken away");
	reap();
	(void)snprintf(path, sizeof(path), "/home/%s/.local", names[who]);
	files_remove(path);
	judge_forget(who);
}

/* Everything ends at once, and what was not synced is lost. */
static void
power(void)
{
	kernel_trace("the power goes");
	for (int i = 1; i < k->procs; i++)
		process_kill(i, 9, "the power");
	for (int i = 1; i < k->procs; i++)
		if (k->proc[i].state == P_ZOMBIE && k->proc[i].ppid != 0)
			k->proc[i].state = P_FREE;
	files_power();
	reap();
	for (unsigned i = 0; i < PEOPLE; i++)
		people[i].known = false;
}

static bool
busy(void)
{
	bool any = false;

	for (unsigned i = 0; i < PEOPLE; i++) {
		struct person *p = &people[i];

		if (p->now && p->now->done)
			heard(p);
		if (!p->now && p->left > 0 && k->now >= p->next) {
			p->left--;
			if (!kernel_left_out(&k->actions, 'a'))
				p->now = measures ? act_measured(p) : act(p);
			if (!p->now) /* left out */
				p->next = k->now + kernel_pick(200000);
		}
		any |= p->now || p->left > 0;
	}
	return any;
}

static const struct weather fair = { .preempt = 20 };

static void
clear_up(void)
{
	k->weather = fair;
	kernel_trace("the weather clears");
	for (int i = 1; i < k->procs; i++) {
		k->proc[i].mortal = false;
		k->proc[i].stopped = 0;
	}
}

static void
storm(void)
{
	bool bad = k->weather.kill > 0;
	uint64_t luck = k->now;
	const uint64_t end = k->now + STORM_SECONDS * SECOND;

	while (!failed() && busy()) {
		uint64_t next = k->now + SECOND;

		for (unsigned i = 0; i < PEOPLE; i++)
			if (!people[i].now && people[i].left > 0 && people[i].next < next)
				next = people[i].next;
		pass(next > k->now ? next : k->now + 1);
		if (k->now > end && bad) { /* some are so bad that nobody gets anywhere */
			bad = false;
			clear_up();
			for (unsigned i = 0; i < PEOPLE; i++)
				people[i].left = 0;
		}
		if (bad && !measures && k->now >= luck) {
			luck = k->now + SECOND;
			bad_moment();
			if (power_fails && kernel_fault(4))
				power();
			else if (loses && kernel_fault(12))
				lose_inbox();
		}
	}
}

/* ------ at the end ------ */

/* Whatever is still there is read, and what people have is compared with what was said. */
static void
look(unsigned who)
{
	char read[] = "read", json[] = "--json", history[] = "history";
	struct command *c = run(who, ARGV(read, json));

	if (!failed())
		(void)judge_command_over(c);
	judge_release(c);
	c = run(who, ARGV(history, json));
	if (!failed() && (c->status == 0 || c->status >> 8 == 1))
		judge_history(who, c->said);
	else if (!failed())
		judge_fail("%s's history cannot be read: status %d", names[who], c->status >> 8);
	judge_release(c);
}

static void
must(unsigned who, char *const argv[])
{
	struct command *c = run(who, argv);

	if (!failed() && c->status != 0)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, names[who], c->status >> 8, c->said);
	judge_release(c);
}

/* When a login has said 0, there is a session. */
static void
must_or_not_paired(unsigned who, char *const argv[])
{
	struct command *c = run(who, argv);

	if (!failed() && c->status != 0 && c->status >> 8 != NOT_PAIRED)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, names[who], c->status >> 8, c->said);
	judge_release(c);
}

static unsigned
files_of(int proc)
{
	unsigned n = 0;

	for (int fd = 0; proc != NONE && fd < FDS; fd++)
		n += k->proc[proc].fd[fd] != NONE;
	return n;
}

static void must(unsigned who, char *const argv[]);

/* Who has quit is nobody any more, for a daemon that was started again, too. */
static void
must_be_alone(void)
{
	char login[] = "login", name[] = "alice", who[] = "who", json[] = "--json", quit[] = "quit";
	struct command *c;

	if (daemon_proc != NONE && !failed())
		process_kill(daemon_proc, 9, "a trial");
	for (uint64_t end = k->now + 5 * SECOND; k->now < end && !failed();)
		pass(end);
	if (failed())
		return;
	must(0, ARGV(login, name));
	c = run(0, ARGV(who, json));
	if (!failed() && (!strstr(c->said, "alice") || strstr(c->said, "bob") || strstr(c->said, "carol")))
		judge_fail("when everybody has quit, there are still some: %s", c->said);
	judge_release(c);
	if (!failed())
		must(0, ARGV(quit));
	for (uint64_t end = k->now + SECOND; k->now < end && !failed();)
		pass(end);
}

/* Two come, talk, and go. */
static void
visit(void)
{
	char login[] = "login", alice[] = "alice", bob[] = "bob", to[] = "to", send[] = "send", end[] = "--",
	     read[] = "read", raw_[] = "--raw", quit[] = "quit", text[] = "hello";

	must(0, ARGV(login, alice));
	must(1, ARGV(login, bob));
	if (!failed())
		must(0, ARGV(to, bob));
	if (!failed())
		must(0, ARGV(send, end, text));
	if (!failed())
		must(1, ARGV(read, raw_));
	if (!failed())
		must(1, ARGV(quit));
	if (!failed())
		must(0, ARGV(quit));
	for (uint64_t to_end = k->now + 5 * SECOND; k->now < to_end && !failed();)
		pass(to_end);
}

/* What they leave in the daemon, all the same what came before: no memory, no descriptor. */
static void
must_not_leak(void)
{
	size_t pieces, bytes;
	unsigned files;

	for (unsigned i = 0; i < 2 && !failed(); i++)
		visit();
	if (failed() || daemon_proc == NONE)
		return;
	pieces = k->proc[daemon_proc].slot->heap->pieces;
	bytes = k->proc[daemon_proc].slot->heap->in_use;
	files = files_of(daemon_proc);
	visit();
	if (failed() || daemon_proc == NONE)
		return;
	if (k->proc[daemon_proc].slot->heap->pieces > pieces || k->proc[daemon_proc].slot->heap->in_use > bytes)
		judge_fail("with each visit the daemon has more memory: %zu pieces of %zu bytes, then %zu of %zu",
		    pieces, bytes, k->proc[daemon_proc].slot->heap->pieces, k->proc[daemon_proc].slot->heap->in_use);
	if (files_of(daemon_proc) > files)
		judge_fail("with each visit the daemon has more descriptors");
}

/* When everybody has quit, only the daemon is left, and it holds no more than when it began. */
static void
all_go(void)
{
	char quit[] = "quit";

	/* A helper that has not found the daemon again cannot tell it: the name is held for the grace time then. */
	for (uint64_t end = k->now + 5 * SECOND; k->now < end && !failed();)
		pass(end);
	for (unsigned i = 0; i < PEOPLE && !failed(); i++)
		judge_release(run(i, ARGV(quit)));
	for (uint64_t end = k->now + 5 * SECOND; k->now < end && !failed();)
		pass(end);
	must_be_alone();
	if (k->seed % 8 == 0)
		must_not_leak();
	for (int i = 1; i < k->procs && !failed(); i++)
		if (k->proc[i].state != P_FREE && i != daemon_proc)
			judge_fail("%s is still there when everybody has quit", k->proc[i].label);
	if (!failed() && files_of(daemon_proc) > daemon_files)
		judge_fail(
		    "the daemon holds %u descriptors, and held %u when it began", files_of(daemon_proc), daemon_files);
}

/* The daemon is killed, or the helper of the partner, who then looks: a pair outlives both, and so does a message. */
static void
strike(unsigned partner)
{
	char status[] = "status", helper[NAME_BYTES];

	/* A pair of which only one was told, and whose record is lost, is nobody's. */
	for (uint64_t end = k->now + SECOND / 100; loses && k->now < end && !failed();)
		pass(end);
	if (kernel_pick(2)) {
		if (daemon_proc != NONE)
			process_kill(daemon_proc, 9, "a trial");
		return;
	}
	(void)snprintf(helper, sizeof(helper), "%s's helper", names[partner]);
	for (int i = 1; i < k->procs; i++)
		if (strcmp(k->proc[i].label, helper) == 0 && k->proc[i].uid == 1001 + partner)
			process_kill(i, 9, "a trial");
	judge_release(run(partner, ARGV(status)));
}

/* Who has stolen the id of a session that a lost registry has forgotten keeps its owner out, for the grace time. */
static void
must_log_in(unsigned who)
{
	char login[] = "login", needed[] = "--if-needed", name[NAME_BYTES];
	struct command *c;

	(void)snprintf(name, sizeof(name), "%s", names[who]);
	c = run(who, ARGV(login, needed, name));
	if (!failed() && model_is_stolen(1001 + who) && c->status >> 8 == NO_SESSION)
		for (uint64_t end = k->now + THEFT; k->now < end && !failed();)
			pass(end);
	else if (!failed() && c->status != 0)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, name, c->status >> 8, c->said);
	if (!failed() && c->status != 0)
		must(who, ARGV(login, needed, name));
	judge_release(c);
}

/* After a registry was lost, a session is nobody until its helper has come back. */
static void
must_pair(unsigned who, unsigned with)
{
	char to[] = "to", other[NAME_BYTES];
	struct command *c;

	(void)snprintf(other, sizeof(other), "%s", names[with]);
	c = run(who, ARGV(to, other));
	if (!failed() && loses && c->status >> 8 == NOBODY)
		for (uint64_t end = k->now + THEFT; k->now < end && !failed();)
			pass(end);
	else if (!failed() && c->status != 0)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, names[who], c->status >> 8, c->said);
	if (!failed() && c->status != 0)
		must(who, ARGV(to, other));
	judge_release(c);
}

/* In good weather everybody can log in, pair, and say something. */
static void
all_is_well(void)
{
	char leave[] = "leave", send[] = "send", end[] = "--", dnd[] = "dnd", off[] = "off";

	for (unsigned i = 0; i < PEOPLE && !failed(); i++) {
		must_log_in(i);
		if (!failed())
			must_or_not_paired(i, ARGV(leave));
		must(i, ARGV(dnd, off));
	}
	for (unsigned i = 0; i < FRIENDS && !failed(); i++) {
		struct message *m = judge_message(i, i ^ 1, people[i].seq++);

		must_pair(i, i ^ 1);
		strike(i ^ 1);
		must(i, ARGV(send, end, m->text));
		m->delivered = true;
	}
}

static bool
keeps_none(unsigned who)
{
	char notes[] = "notes", kept[] = "--kept";
	struct command *c = run(who, ARGV(notes, kept));
	const bool none = c->status >> 8 == NOTHING;

	if (!failed() && !none && c->status != 0)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, names[who], c->status >> 8, c->said);
	judge_release(c);
	return none;
}

/* What is kept comes to whoever logs in; what a disk did not take in the storm, at the next login. */
static void
all_come_for_notes(void)
{
	char quit[] = "quit", login[] = "login", name[NAME_BYTES];
	const uint64_t end = k->now + 30 * SECOND;

	for (unsigned i = 0; i < PEOPLE && !failed(); i++) {
		(void)snprintf(name, sizeof(name), "%s", names[i]);
		must(i, ARGV(quit));
		must(i, ARGV(login, name));
	}
	for (unsigned i = 0; i < PEOPLE && !failed();)
		if (keeps_none(i))
			i++;
		else if (k->now < end)
			pass(k->now + SECOND / 4);
		else
			judge_fail("notes of %s are kept, and everybody is there", names[i]);
}

static struct command *
run_forgetting(unsigned who, bool unread)
{
	struct command *c = start_forgetting(who, NONE, unread, false);

	k->proc[c->proc].mortal = false;
	wait_for_end(c);
	return c;
}

/* In good weather all can be forgotten, and a message that comes again after that is known, and stays away. */
static void
all_is_forgotten(unsigned who)
{
	char send[] = "send", id[] = "--id", end[] = "--", history[] = "history", json[] = "--json", read[] = "read";
	struct message *again = judge_repeatable(who ^ 1, who);
	struct command *c = run_forgetting(who, false);

	if (!failed() && judge_command_over(c) > 2)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, names[who], c->status >> 8, c->said);
	judge_release(c);
	if (failed())
		return;
	c = run_forgetting(who, true);
	if (!failed() && judge_command_over(c) > 1)
		judge_fail("'%s' of %s ends with %d in good weather: %s", c->text, names[who], c->status >> 8, c->said);
	judge_release(c);
	if (again && !failed())
		must_pair(who ^ 1, who);
	if (again && !failed())
		must(who ^ 1, ARGV(send, id, again->id, end, again->text));
	if (failed())
		return;
	c = run(who, ARGV(read, json));
	if (!failed())
		(void)judge_command_over(c);
	judge_release(c);
	if (failed())
		return;
	c = run(who, ARGV(history, json));
	if (!failed() && (strstr(c->said, "\"type\":\"message\"") || strstr(c->said, "\"type\":\"note\"")))
		judge_fail("%s has forgotten everything, and still has: %s", names[who], c->said);
	judge_release(c);
	judge_files(who);
}

static void
weather(uint64_t seed)
{
	struct weather *w = &k->weather;

	power_fails = loses = crowded = tells = forgets = false;
	floods = 0;
	if (measures) {
		*w = (struct weather){ .preempt = 20, .kill = 900, .cut = 300, .shortened = 300 };
		return;
	}
	floods = seed % 8 == 5 || seed % 16 == 4 ? 2 : 0;
	crowded = seed % 16 >= 12;
	tells = seed % 3 == 1;
	forgets = seed / 160 % 6 == 1;
	w->preempt = 2 + kernel_pick(60);
	if (seed % 4 == 0)
		return; /* a fair day */
	w->kill = 150 + kernel_pick(4000);
	w->shortened = 1 + kernel_pick(30);
	w->cut = 30 + kernel_pick(1000);
	power_fails = seed % 4 == 1 || seed % 16 == 10;
	if (seed % 4 == 2) {
		w->enospc = 60 + kernel_pick(2000);
		w->eio = 60 + kernel_pick(2000);
		w->emfile = 100 + kernel_pick(3000);
	}
	if (seed % 8 == 6)
		w->enomem = 1000 + kernel_pick(20000);
	if (seed % 16 == 14) {
		w->sync = 2 + kernel_pick(16);
		w->enomem_command = 200 + kernel_pick(4000);
	}
	loses = seed % 8 == 7;
	if (seed % 4 == 3)
		w->jump = EXPECTED_CALLS / 8;
}

static const char *
account(uid_t uid)
{
	return uid > 1000 && uid <= 1000 + PEOPLE ? names[uid - 1001] : "";
}

static bool
one(uint64_t seed, bool trace)
{
	uint64_t calls, faults;
	bool ok;

	kernel_begin(seed, trace);
	if (_setjmp(k->over) != 0)
		goto over;
	judge_begin(names, PEOPLE);
	k->account = account;
	k->weather = fair;
	memset(people, 0, sizeof(people));
	streams = 0;
	for (unsigned i = 0; i < PEOPLE; i++)
		people[i] = (struct person){ .who = i, .left = 10 + kernel_pick(STORM_MOST - 10) };
	for (unsigned i = 0; measures && i < PEOPLE; i++)
		people[i] = (struct person){ .who = i, .lonely = true, .left = i < FRIENDS ? STORM_MOST : 0 };
	start_daemon();
	for (uint64_t end = k->now + SECOND; k->now < end && !failed();)
		pass(end);
	daemon_files = files_of(daemon_proc);
	weather(seed);
	storm();
	clear_up();
	if (!failed())
		pass(k->now + CALM);
	if (!failed())
		all_is_well();
	if (tells && !failed())
		all_come_for_notes();
	for (unsigned i = 0; i < PEOPLE && !failed(); i++)
		look(i);
	if (!failed())
		judge_end();
	for (unsigned i = 0; forgets && i < FRIENDS && !failed(); i++)
		all_is_forgotten(i);
	if (!failed())
		all_go();
over:
	if (k->bad[0])
		judge_fail("%s", k->bad);
	if (k->stop && !k->bad[0])
		judge_fail("too many calls");
	ok = !judge_failed();
	calls = k->calls;
	faults = k->faults;
	if (!ok)
		(void)printf("seed %llu: %s\n", (unsigned long long)seed, judge_words());
	else if (trace)
		(void)printf("seed %llu: %llu calls, %llu faults, all held\n", (unsigned long long)seed,
		    (unsigned long long)calls, (unsigned long long)faults);
	if (counts)
		(void)printf("a %llu\nf %llu\n", (unsigned long long)k->actions, (unsigned long long)faults);
	(void)fflush(stdout);
	kernel_end();
	return ok;
}

/* Seeds that nobody has tried. */
static uint64_t
fresh(void)
{
	struct timespec t;

	(void)raw(SYS_clock_gettime, (long)CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t
seconds(void)
{
	struct timespec t;

	(void)raw(SYS_clock_gettime, (long)CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

/* "a3 f17": the third action and the seventeenth fault do not happen. */
static void
leave_out(const char *list)
{
	while (list && *list) {
		char *end;
		const char what = *list;
		const unsigned long n = strtoul(list + 1, &end, 10);

		if ((what == 'a' || what == 'f') && n > 0 && n < SKIPS)
			k->skip[what == 'a'][n] = true;
		list = end + strspn(end, " ");
		if (end == list && *list)
			break;
	}
}

static int
usage(void)
{
	(void)fputs("usage: simulate [-fm] [-n SEEDS] [-t SECONDS] [SEED]...\n", stderr);
	(void)fflush(stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	const char *const variable = getenv("SIM_TRACE");
	const bool trace = variable && strcmp(variable, "1") == 0;
	const char *const without = getenv("SIM_WITHOUT");

	counts = getenv("SIM_COUNT") != NULL;
	uint64_t count = 0, limit = 0, bad = 0, done = 0;
	const uint64_t begin = seconds();
	bool first_only = false;
	int option;

	kernel_make();
	leave_out(without);
	(void)setvbuf(stdout, NULL, _IOLBF, 1 << 16);
	while ((option = getopt(argc, argv, "fmn:t:")) != -1) {
		if (option == 'f')
			first_only = true;
		else if (option == 'm')
			measures = true;
		else if (option == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (option == 't')
			limit = strtoull(optarg, NULL, 10);
		else
			raw(SYS_exit_group, (long)usage());
	}
	if (optind == argc) {
		for (uint64_t seed = fresh();
		     (limit ? seconds() - begin < limit : done < count) && !(first_only && bad); done++)
			bad += !one(seed++, trace);
	}
	for (int i = optind; i < argc; i++) {
		const uint64_t first = strtoull(argv[i], NULL, 10), more = count ? count : 1;

		for (uint64_t seed = first; seed < first + more && !(first_only && bad); seed++, done++)
			bad += !one(seed, trace);
	}
	(void)printf("%llu seeds, %llu failed\n", (unsigned long long)done, (unsigned long long)bad);
	(void)fflush(stdout);
	raw(SYS_exit_group, bad || !done ? 1L : 0L);
	return 0;
}
