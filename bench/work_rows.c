/*
 * The rows of everyday commands in a crowd: login, to, read, who and Tab with
 * 4,000 sessions on the daemon; a message that `read -f` prints; memory of the
 * helpers under a stream; the search of a long history; 20,000 sessions, or as
 * many as there may be open files.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "peers.h"

#define COMMAND(...) ((char *const[]){ __VA_ARGS__, NULL })

/* What a daemon allows a uid a second (core/limits.h), so that none is refused. */
#define REQUEST_PAUSE_MS 110
#define WHO_PAGES_4000 16

#define CROWD 4000U
#define MASSES 20000U
#define FEW 10U

/* ------------------------------------------------------------------------- one command */

/* A command against /bin/true, in turn; what goes before and after each run is not counted. */
struct work {
	const char *name;
	char *const *before, *const *argv, *const *after; /* before, after: may be NULL */
	unsigned runs, pause_ms;
	double goal;
};

static void
row_work(const struct settings *set, json_t *report, const struct work *w)
{
	struct sample us[2] = { 0 };
	const unsigned runs = w->runs / set->scale + 1;

	pin(true);
	for (unsigned r = 0; r < set->rounds; r++) {
		double total[2] = { 0, 0 };

		for (unsigned i = 0; i < runs; i++) {
			(void)poll(NULL, 0, (int)w->pause_ms);
			if (w->before)
				(void)run_us(set, w->before, NULL);
			total[0] += run_us(set, w->argv, NULL);
			if (w->after)
				(void)run_us(set, w->after, NULL);
			total[1] += run_us(set, COMMAND("/bin/true"), NULL);
		}
		sample_add(&us[0], total[0] / runs);
		sample_add(&us[1], total[1] / runs);
	}
	pin(false);
	json_array_append_new(report, row_new(w->name, "us", &us[0], &us[1], false, w->goal));
}

static void
rows_of_one(const struct settings *set, json_t *report, struct stage *g)
{
	const struct work rows[] = {
		{ .name = "login",
		    .argv = COMMAND(g->pchat, "login", "-q", "bench-c"),
		    .after = COMMAND(g->pchat, "-q", "-s", "bench-c", "quit"),
		    .runs = 40,
		    .pause_ms = REQUEST_PAUSE_MS,
		    .goal = 6 },
		{ .name = "to",
		    .before = COMMAND(g->pchat, "-q", "-s", "bench-a", "leave"),
		    .argv = COMMAND(g->pchat, "-q", "-s", "bench-a", "to", "bench-b"),
		    .runs = 40,
		    .pause_ms = REQUEST_PAUSE_MS,
		    .goal = 1.3 },
		{ .name = "read-1",
		    .before = COMMAND(g->pchat, "-s", "bench-a", "send", "hello"),
		    .argv = COMMAND(g->pchat, "-s", "bench-b", "read", "-n", "1"),
		    .runs = 100,
		    .goal = 1.3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		row_work(set, report, &rows[i]);
}

/* ------------------------------------------------------------------------- a crowd */

#define HOLDERS 2

static pid_t holder[HOLDERS];
static unsigned holders, crowd_size;

/* Has the sessions from `first` on, until it is killed. */
static _Noreturn void
hold(const struct server *s, unsigned first, unsigned size, int come)
{
	struct end end;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		err(1, "prctl");
	for (unsigned i = first; i < size; i++)
		end_login(&end, s, i);
	if (write(come, "", 1) != 1)
		err(1, "write");
	for (;;)
		(void)pause();
}

/*
 * Sessions by uids of their own, two each, on the daemon of the stage. Processes of their own hold them: a program that
 * is started by one with thousands of open files takes milliseconds longer to start.
 */
static void
crowd_grow(const struct stage *g, unsigned size)
{
	int come[2];
	char byte;

	if (holders == HOLDERS)
		errx(1, "the crowd has too many holders");
	if (pipe2(come, O_CLOEXEC) < 0)
		err(1, "pipe2");
	if ((holder[holders] = fork()) < 0)
		err(1, "fork");
	if (holder[holders] == 0)
		hold(&g->server, crowd_size, size, come[1]);
	holders++;
	(void)close(come[1]);
	if (read(come[0], &byte, 1) != 1)
		errx(1, "the crowd has not come");
	(void)close(come[0]);
	crowd_size = size;
}

static void
crowd_disperse(void)
{
	for (; holders > 0; holders--) {
		(void)kill(holder[holders - 1], SIGKILL);
		(void)waitpid(holder[holders - 1], NULL, 0);
	}
	crowd_size = 0;
}

/* What a person waits for behind Tab: the shell that runs the completion is started anew each time, and counts. */
static void
row_tab(const struct settings *set, json_t *report, const char *name, char *const argv[])
{
	struct sample ms = { 0 }, most = { 0 };
	unsigned silent = 0;
	const unsigned runs = 5 / set->scale + 1;

	if (access(argv[0], X_OK) < 0) {
		fprintf(stderr, "skipped: %s is not installed\n", argv[0]);
		return;
	}
	for (unsigned r = 0; r < set->rounds; r++) {
		double total = 0;

		for (unsigned i = 0; i < runs; i++) {
			(void)poll(NULL, 0, WHO_PAGES_4000 * REQUEST_PAUSE_MS);
			int status;

			total += try_us(argv, NULL, &status);
			silent += status != 0;
		}
		sample_add(&ms, total / runs / 1000);
		sample_add(&most, 100);
	}
	if (silent > 0) /* what takes too long offers nothing, and that must not pass for fast */
		fprintf(stderr, "%s: %u times too few names were offered\n", name, silent);
	json_array_append_new(report, row_new(name, "ms", &ms, &most, false, 1));
}

static void
rows_tab(const struct settings *set, json_t *report)
{
	char bash[1024], fish[1024];

	snprintf(bash, sizeof(bash),
	    "PATH=%s:$PATH; . /usr/share/bash-completion/bash_completion 2>/dev/null; . %s/pchat.bash; "
	    "COMP_WORDS=(pchat to bench-1); COMP_CWORD=2; COMP_LINE='pchat to bench-1'; COMP_POINT=16; "
	    "_pchat pchat bench-1 to; [ ${#COMPREPLY[@]} -gt 100 ]",
	    set->build, COMPLETIONS);
	snprintf(fish, sizeof(fish),
	    "set PATH %s $PATH; source %s/pchat.fish; test (complete -C 'pchat to bench-1' | count) -gt 100",
	    set->build, COMPLETIONS);
	setenv("PCHAT_SESSION", "bench-a", 1);
	row_tab(set, report, "tab-bash-4000", COMMAND("/bin/bash", "--norc", "-c", bash));
	row_tab(set, report, "tab-fish-4000", COMMAND("/usr/bin/fish", "--no-config", "-c", fish));
	unsetenv("PCHAT_SESSION");
}

/* ------------------------------------------------------------------------- masses */

static double
sends_us(const struct settings *set, const struct stage *g)
{
	const unsigned runs = 100 / set->scale + 1;
	double total = 0;

	for (unsigned i = 0; i < runs; i++)
		total += run_us(set, COMMAND((char *)g->pchat, "-s", "bench-a", "send", "hello"), NULL);
	return total / runs;
}

/* A daemon with 20,000 sessions against one with 10, in turn. */
void
rows_masses(const struct settings *set, json_t *report)
{
	struct stage g;
	struct sample us[2] = { 0 }, bytes = { 0 }, most = { 0 }, wakes = { 0 }, none = { 0 };
	const unsigned masses = sessions_possible(MASSES);
	char name[64];

	if (!enough_for(masses / 2))
		return;
	stage_open(&g, set, NULL);
	for (unsigned r = 0; r < set->rounds; r++) {
		crowd_disperse();
		stage_restart(&g, set);
		crowd_grow(&g, FEW);
		pin(true);
		sample_add(&us[1], sends_us(set, &g));
		pin(false);
		const long before = private_kib(g.server.pid);
		crowd_grow(&g, masses);
		sample_add(&bytes, (double)(private_kib(g.server.pid) - before) * 1024 / (masses - FEW));
		sample_add(&most, 640);
		pin(true);
		sample_add(&us[0], sends_us(set, &g));
		pin(false);
	}
	(void)poll(NULL, 0, 3000);
	const long switches = context_switches(g.server.pid);
	(void)poll(NULL, 0, 10000);
	sample_add(&wakes, (double)(context_switches(g.server.pid) - switches));
	sample_add(&none, 0);
	snprintf(name, sizeof(name), "session-of-%u", masses);
	json_array_append_new(report, row_new(name, "bytes", &bytes, &most, false, 1));
	snprintf(name, sizeof(name), "wakeups-of-%u", masses);
	json_array_append_new(report, row_new(name, "in 10 s", &wakes, &none, false, 0));
	snprintf(name, sizeof(name), "send-among-%u", masses);
	json_array_append_new(report, row_new(name, "us", &us[0], &us[1], false, 1.1));
	crowd_disperse();
	stage_close(&g, set);
}

void
rows_crowd(const struct settings *set, json_t *report)
{
	struct stage g;

	stage_open(&g, set, NULL);
	rows_of_one(set, report, &g);
	if (enough_for(CROWD / 2)) {
		crowd_grow(&g, CROWD);
		row_work(set, report,
		    &(struct work){ .name = "who-4000",
			.argv = COMMAND(g.pchat, "-s", "bench-a", "who"),
			.runs = 5,
			.pause_ms = WHO_PAGES_4000 * REQUEST_PAUSE_MS,
			.goal = 3 });
		rows_tab(set, report);
		crowd_disperse();
	}
	stage_close(&g, set);
}

/* ------------------------------------------------------------------------- a reader */

struct child {
	pid_t pid;
	int fd; /* our end of its standard input, or output */
};

static struct child
child_start(char *const argv[], int theirs)
{
	posix_spawn_file_actions_t files;
	struct child c;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe");
	const int keep = theirs == STDIN_FILENO;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, ends[!keep], theirs);
	if ((errno = posix_spawn(&c.pid, argv[0], &files, NULL, argv, environ)) != 0)
		err(1, "%s", argv[0]);
	posix_spawn_file_actions_destroy(&files);
	(void)close(ends[!keep]);
	c.fd = ends[keep];
	return c;
}

static void
child_stop(const struct child *c)
{
	(void)close(c->fd);
	(void)kill(c->pid, SIGTERM);
	(void)waitpid(c->pid, NULL, 0);
}

static double
printed_us(struct child *sender, struct child *reader, unsigned count)
{
	static const char line[] = "0123456789012345678901234567890123456789012345678901234567890123\n";
	char in[sizeof(line) - 1];
	double took[2000];

	for (unsigned i = 0; i < count; i++) {
		const double begun = now_us();

		write_all(sender->fd, line, sizeof(line) - 1);
		read_all(reader->fd, in, sizeof(in));
		took[i] = now_us() - begun;
	}
	return median_of(took, count);
}

/* From a line given to `send -l` until `read -f` has printed it: everything on one processor, the inbox in memory. */
void
rows_reader(const struct settings *set, json_t *report)
{
	struct sample us[2] = { 0 };
	const unsigned count = 2000 / set->scale;
	struct stage g;

	if (access("/dev/shm", W_OK) < 0) {
		fprintf(stderr, "skipped: read -f takes a /dev/shm\n");
		return;
	}
	pin(true);
	for (unsigned r = 0; r < set->rounds; r++) {
		stage_open(&g, set, "/dev/shm");
		struct child reader =
		    child_start(COMMAND(g.pchat, "-s", "bench-b", "read", "-f", "--raw"), STDOUT_FILENO);
		struct child sender = child_start(COMMAND(g.pchat, "-s", "bench-a", "send", "-l"), STDIN_FILENO);

		(void)printed_us(&sender, &reader, count / 10 + 1);
		sample_add(&us[0], printed_us(&sender, &reader, count));
		sample_add(&us[1], relay_round_trip_us(set));
		child_stop(&sender);
		child_stop(&reader);
		stage_close(&g, set);
	}
	pin(false);
	json_array_append_new(report, row_new("send-to-printed", "us", &us[0], &us[1], false, 3));
}

/* ------------------------------------------------------------------------- a long history */

/* The most that each of some processes ever had to itself. */
struct watched {
	pid_t pid[2];
	long most[2]; /* KiB */
	volatile bool over;
};

static void *
watch(void *arg)
{
	struct watched *w = arg;

	while (!w->over) {
		for (unsigned i = 0; i < 2; i++) {
			const long now = private_kib(w->pid[i]);

			if (now > w->most[i])
				w->most[i] = now;
		}
		(void)poll(NULL, 0, 20);
	}
	return NULL;
}

static void
row_memory(json_t *report, const char *name, long kib)
{
	struct sample ours = { 0 }, most = { 0 };

	sample_add(&ours, (double)kib);
	sample_add(&most, 1024);
	json_array_append_new(report, row_new(name, "KiB", &ours, &most, false, 1));
}

/* A million lines are sent, read, and looked through. */
void
rows_history(const struct settings *set, json_t *report)
{
	const unsigned count = 1000000U / set->scale;
	static const struct {
		const char *row;
		char *session;
	} side[] = { { "history-grep", "bench-b" }, { "history-grep-own", "bench-a" } };
	struct sample us[ARRAY_SIZE(side)] = { 0 }, grep = { 0 };
	struct watched w = { 0 };
	char lines[128];
	pthread_t watcher;
	struct stage g;

	stage_open(&g, set, NULL);
	snprintf(lines, sizeof(lines), "%s/history", set->dir);
	write_lines(lines, count);
	w.pid[0] = helper_pid(set, "bench-a");
	w.pid[1] = helper_pid(set, "bench-b");
	if (pthread_create(&watcher, NULL, watch, &w) != 0)
		errx(1, "pthread_create");
	(void)run_us(set, COMMAND(g.pchat, "-s", "bench-a", "send", "-l"), lines);
	const long streaming = w.most[0] > w.most[1] ? w.most[0] : w.most[1];
	(void)run_us(set, COMMAND(g.pchat, "-s", "bench-b", "read", "--raw"), NULL);
	w.over = true;
	pthread_join(watcher, NULL);
	row_memory(report, "helper-in-stream", streaming);
	row_memory(report, "helper-that-is-read", w.most[1]);
	for (unsigned r = 0; r < set->rounds; r++) {
		for (size_t i = 0; i < ARRAY_SIZE(side); i++)
			sample_add(&us[i],
			    run_us(
				set, COMMAND(g.pchat, "-s", side[i].session, "history", "--grep", "00000123"), NULL));
		/* Into a file: where its output is /dev/null, GNU grep ends at the first line that it finds. */
		sample_add(&grep,
		    run_us(set, COMMAND("/bin/sh", "-c", "exec grep -ci 00000123 \"$0\" >\"$0.found\"", lines), NULL));
	}
	for (size_t i = 0; i < ARRAY_SIZE(side); i++)
		json_array_append_new(report, row_new(side[i].row, "us", &us[i], &grep, false, 4));
	stage_close(&g, set);
}
