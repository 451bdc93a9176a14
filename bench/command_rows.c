/*
 * The rows of whole commands: pchat send, status --prompt, send -l, against
 * /bin/true and against SQLite alone; tell, and a send from another host, against send.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bench.h"

#define LINE 100U

double
try_us(char *const argv[], const char *input, int *status)
{
	posix_spawn_file_actions_t files;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, input ? input : "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	const double begun = now_us();
	if ((errno = posix_spawn(&pid, argv[0], &files, NULL, argv, environ)) != 0)
		err(1, "%s", argv[0]);
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	const double us = now_us() - begun;
	posix_spawn_file_actions_destroy(&files);
	return us;
}

double
run_us(const struct settings *set, char *const argv[], const char *input)
{
	int status;
	const double us = try_us(argv, input, &status);

	(void)set;
	if (status != 0)
		errx(1, "%s %s: status %#x", argv[0], argv[1] ? argv[1] : "", status);
	return us;
}

#define RUN(set, input, ...) run_us(set, (char *const[]){ __VA_ARGS__, NULL }, input)

static void
stage_login(struct stage *g, const struct settings *set)
{
	RUN(set, NULL, g->pchat, "login", "-q", "bench-a");
	RUN(set, NULL, g->pchat, "login", "-q", "bench-b", "--max-unread", "100000000", "--max-unread-bytes",
	    "4000000000");
	RUN(set, NULL, g->pchat, "-q", "-s", "bench-a", "to", "bench-b");
}

static void
stage_leave(struct stage *g, const struct settings *set)
{
	RUN(set, NULL, g->pchat, "-q", "-s", "bench-a", "quit");
	RUN(set, NULL, g->pchat, "-q", "-s", "bench-b", "quit");
	server_stop(&g->server);
}

void
stage_open(struct stage *g, const struct settings *set, const char *memory)
{
	g->state[0] = '\0';
	if (memory) {
		snprintf(g->state, sizeof(g->state), "%s/pchat-bench-XXXXXX", memory);
		if (!mkdtemp(g->state))
			err(1, "%s", g->state);
	}
	setenv("XDG_RUNTIME_DIR", set->dir, 1);
	setenv("XDG_STATE_HOME", memory ? g->state : set->dir, 1);
	setenv("PCHAT_EXEC_PATH", set->build, 1);
	unsetenv("PCHAT_SESSION");
	server_start(&g->server, SERVER_PCHATD, set);
	setenv("PCHAT_SOCKET", g->server.socket, 1);
	snprintf(g->pchat, sizeof(g->pchat), "%s/pchat", set->build);
	stage_login(g, set);
}

void
stage_restart(struct stage *g, const struct settings *set)
{
	stage_leave(g, set);
	server_start(&g->server, SERVER_PCHATD, set);
	setenv("PCHAT_SOCKET", g->server.socket, 1);
	stage_login(g, set);
}

void
stage_close(struct stage *g, const struct settings *set)
{
	stage_leave(g, set);
	if (g->state[0])
		RUN(set, NULL, "/bin/rm", "-rf", g->state);
}

/* Median wall time of a command against /bin/true, one and the other in turn. */
static void
row_command(const struct settings *set, json_t *report, const char *name, char *const argv[], double goal)
{
	char *const nothing[] = { "/bin/true", NULL };
	struct sample us[2] = { 0 };
	const unsigned runs = 300 / set->scale + 1;

	pin(true);
	for (unsigned r = 0; r < set->rounds; r++) {
		double total[2] = { 0, 0 };

		for (unsigned i = 0; i < runs; i++) {
			total[0] += run_us(set, argv, NULL);
			total[1] += run_us(set, nothing, NULL);
		}
		sample_add(&us[0], total[0] / runs);
		sample_add(&us[1], total[1] / runs);
	}
	pin(false);
	json_array_append_new(report, row_new(name, "us", &us[0], &us[1], false, goal));
}

/*
 * tell, without a session, against send. A uid may tell ten notes a second, and have 100 unread at one receiver: so each tell
 * begins a tenth of a second after the one before it, and they are read now and then. What a rest costs (a processor and a disk
 * that went to sleep, caches that are others') both have to pay: so each send has the same one before it.
 */
static void
row_tell(const struct settings *set, json_t *report, struct stage *g)
{
	struct sample us[2] = { 0 };
	char *const reads[] = { g->pchat, "-s", "bench-b", "read", "--raw", "--notes", NULL };
	const unsigned runs = 100 / set->scale + 1;
	int status;

	pin(true);
	for (unsigned r = 0; r < set->rounds; r++) {
		double total[2] = { 0, 0 };

		for (unsigned i = 0; i < runs; i++) {
			if (i % 64 == 0)
				(void)try_us(reads, NULL, &status); /* 1: there is nothing yet */
			(void)poll(NULL, 0, 100);
			total[0] += RUN(set, NULL, g->pchat, "tell", "bench-b", "hello");
			(void)poll(NULL, 0, 100);
			total[1] += RUN(set, NULL, g->pchat, "-s", "bench-a", "send", "hello");
		}
		sample_add(&us[0], total[0] / runs);
		sample_add(&us[1], total[1] / runs);
	}
	pin(false);
	json_array_append_new(report, row_new("tell", "us", &us[0], &us[1], false, 1.3));
}

/* A folder first in PATH whose ssh is one without a cipher and a network: what is left is pchat's part. */
static void
plain_ssh(const struct settings *set)
{
	char program[PATH_MAX], folder[96], name[112];
	const char *path = getenv("PATH");
	char *paths;

	snprintf(program, sizeof(program), "%s/tests/faults/forward", set->build);
	snprintf(folder, sizeof(folder), "%s/bin", set->dir);
	snprintf(name, sizeof(name), "%s/ssh", folder);
	if (mkdir(folder, 0755) < 0 || symlink(program, name) < 0)
		err(1, "%s", name);
	if (asprintf(&paths, "%s:%s", folder, path ? path : "/usr/bin:/bin") < 0 || setenv("PATH", paths, 1) < 0)
		err(1, "PATH");
	free(paths);
}

/* send by a session at another host, through such an ssh, against send by one of this host; one and the other in turn. */
static void
row_via(const struct settings *set, json_t *report, struct stage *g)
{
	struct sample us[2] = { 0 };
	const unsigned runs = 300 / set->scale + 1;
	char there[160];

	plain_ssh(set);
	snprintf(there, sizeof(there), "bench.example:%s", g->server.socket);
	RUN(set, NULL, g->pchat, "login", "-q", "--via", there, "bench-v");
	RUN(set, NULL, g->pchat, "login", "-q", "bench-w", "--max-unread", "100000000");
	RUN(set, NULL, g->pchat, "-q", "-s", "bench.example/bench-v", "to", "bench-w");
	pin(true);
	for (unsigned r = 0; r < set->rounds; r++) {
		double total[2] = { 0, 0 };

		for (unsigned i = 0; i < runs; i++) {
			total[0] += RUN(set, NULL, g->pchat, "-s", "bench.example/bench-v", "send", "hello");
			total[1] += RUN(set, NULL, g->pchat, "-s", "bench-a", "send", "hello");
		}
		sample_add(&us[0], total[0] / runs);
		sample_add(&us[1], total[1] / runs);
	}
	pin(false);
	RUN(set, NULL, g->pchat, "-q", "-s", "bench.example/bench-v", "quit");
	RUN(set, NULL, g->pchat, "-q", "-s", "bench-w", "quit");
	json_array_append_new(report, row_new("send-via", "us", &us[0], &us[1], false, 1.2));
}

static void
sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "sqlite: %s: %s", text, sqlite3_errmsg(db));
}

/* The limit of `send -l`: as many records into SQLite alone, WAL, FULL, 1,000 a transaction. */
static double
sqlite_rate(const struct settings *set, unsigned count)
{
	static unsigned serial;
	char path[128], body[LINE];
	sqlite3_stmt *insert;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/limit-%u.db", set->dir, ++serial);
	memset(body, 'x', sizeof(body));
	if (sqlite3_open(path, &db) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	sql(db,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE record(id INTEGER PRIMARY KEY, time INTEGER, body BLOB)");
	if (sqlite3_prepare_v2(db, "INSERT INTO record(time, body) VALUES(?, ?)", -1, &insert, NULL) != SQLITE_OK)
		errx(1, "sqlite: %s", sqlite3_errmsg(db));
	const double begun = now_us();
	for (unsigned i = 0; i < count;) {
		sql(db, "BEGIN IMMEDIATE");
		for (unsigned k = 0; k < 1000 && i < count; k++, i++) {
			sqlite3_bind_int64(insert, 1, 1700000000000LL + i);
			sqlite3_bind_blob(insert, 2, body, sizeof(body), SQLITE_STATIC);
			if (sqlite3_step(insert) != SQLITE_DONE)
				errx(1, "sqlite: %s", sqlite3_errmsg(db));
			sqlite3_reset(insert);
		}
		sql(db, "COMMIT");
	}
	const double us = now_us() - begun;
	sqlite3_finalize(insert);
	sqlite3_close(db);
	(void)unlink(path);
	return count / us * 1e6;
}

void
write_lines(const char *path, unsigned count)
{
	FILE *f = fopen(path, "we");

	if (!f)
		err(1, "%s", path);
	for (unsigned i = 0; i < count; i++)
		fprintf(f, "%08u %0*d\n", i, (int)LINE - 9, 0);
	if (fclose(f) != 0)
		err(1, "%s", path);
}

static void
row_lines(const struct settings *set, json_t *report, const struct stage *g)
{
	const unsigned count = 1000000U / set->scale;
	struct sample rate[2] = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/lines", set->dir);
	write_lines(path, count);
	for (unsigned r = 0; r < set->rounds; r++) {
		const double us = RUN(set, path, (char *)g->pchat, "-s", "bench-a", "send", "-l");

		sample_add(&rate[0], count / us * 1e6);
		sample_add(&rate[1], sqlite_rate(set, count));
	}
	json_array_append_new(report, row_new("send-lines", "messages/s", &rate[0], &rate[1], true, 0.9));
}

/* The pid of the helper, by its name and the session it serves. */
pid_t
helper_pid(const struct settings *set, const char *session)
{
	char command[256];
	int pid = 0;

	snprintf(command, sizeof(command), "pgrep -n -f '%s/[p]chat-session .*%s'", set->build, session);
	FILE *p = popen(command, "re");
	if (!p || fscanf(p, "%d", &pid) != 1)
		errx(1, "no helper found");
	pclose(p);
	return pid;
}

static void
row_helper(const struct settings *set, json_t *report)
{
	struct sample kib = { 0 }, wakes = { 0 }, none = { 0 }, most = { 0 };
	const pid_t pid = helper_pid(set, "bench-a");

	(void)poll(NULL, 0, 3000); /* what it does lazily after the last message is done by then */
	const long switches = context_switches(pid);
	(void)poll(NULL, 0, 10000);
	sample_add(&wakes, (double)(context_switches(pid) - switches));
	sample_add(&none, 0);
	sample_add(&kib, (double)private_kib(pid));
	sample_add(&most, 1024);
	json_array_append_new(report, row_new("idle-helper-memory", "KiB", &kib, &most, false, 1));
	json_array_append_new(report, row_new("idle-helper-wakeups", "in 10 s", &wakes, &none, false, 0));
}

void
rows_commands(const struct settings *set, json_t *report)
{
	struct stage g;

	stage_open(&g, set, NULL);
	row_command(set, report, "send", (char *const[]){ g.pchat, "-s", "bench-a", "send", "hello", NULL }, 1.0);
	row_tell(set, report, &g);
	row_command(set, report, "status-prompt",
	    (char *const[]){ g.pchat, "-s", "bench-a", "status", "--prompt", NULL }, 0.45);
	row_helper(set, report);
	row_lines(set, report, &g);
	stage_close(&g, set);
}

void
rows_via(const struct settings *set, json_t *report)
{
	struct stage g;

	stage_open(&g, set, NULL);
	row_via(set, report, &g);
	stage_close(&g, set);
}
