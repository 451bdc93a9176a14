/* Starting, watching and stopping the server under test. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "bench.h"

static bool
answers(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(sun.sun_path, path);
	const bool up = connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0;
	close(fd);
	return up;
}

#define ACCOUNTS 10000U

/* The host's list, and an account for each uid of a crowd: who is online at a host is no stranger to its user database. */
static void
write_accounts(const char *path)
{
	char line[1024];
	FILE *from = fopen("/etc/passwd", "re"), *to = fopen(path, "we");

	if (!from || !to)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), from))
		fputs(line, to);
	for (unsigned i = 0; i < ACCOUNTS; i++)
		fprintf(to, "member%u:x:%u:%u::/nonexistent:/bin/false\n", i, UID_BASE + i, UID_BASE + i);
	fclose(from);
	if (fchmod(fileno(to), 0644) < 0 || fclose(to) != 0)
		err(1, "%s", path);
}

/* The daemon sees that list in place of its own; where that cannot be done the crowd has no accounts, and is dearer. */
static void
show_accounts(const char *path)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(path, "/etc/passwd", NULL, MS_BIND, NULL) < 0)
		fprintf(stderr, "the crowd has no accounts: %s\n", strerror(errno));
}

void
server_start(struct server *s, enum server_kind kind, const struct settings *set)
{
	static unsigned serial;
	char program[4096], state[96], accounts[96];

	s->kind = kind;
	snprintf(s->socket, sizeof(s->socket), "%s/%u.sock", set->dir, ++serial);
	snprintf(state, sizeof(state), "%s/%u.state", set->dir, serial);
	snprintf(program, sizeof(program), "%s/%s", set->build, kind == SERVER_RELAY ? "bench/relay" : "pchatd");
	snprintf(accounts, sizeof(accounts), "%s/passwd", set->dir);
	if (serial == 1)
		write_accounts(accounts);
	s->pid = fork();
	if (s->pid < 0)
		err(1, "fork");
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)umask(0); /* the peers have uids of their own */
		if (kind == SERVER_RELAY)
			execl(program, "relay", s->socket, NULL);
		show_accounts(accounts);
		if (kind != SERVER_RELAY)
			execl(program, "pchatd", "--socket", s->socket, "--state", state, "--max-sessions-per-user",
			    "100000", "--max-unknown-sessions", "100000", "--max-connections", "40000", NULL);
		err(1, "%s", program);
	}
	/* The relay takes connections in pairs: look for its socket instead of connecting. */
	for (int i = 0; i < 1000; i++) {
		struct stat st;

		if (kind == SERVER_RELAY ? stat(s->socket, &st) == 0 : answers(s->socket))
			return;
		(void)poll(NULL, 0, 5);
	}
	errx(1, "%s: does not listen", program);
}

void
server_stop(struct server *s)
{
	(void)kill(s->pid, SIGTERM);
	(void)waitpid(s->pid, NULL, 0);
}

double
server_cpu_us(const struct server *s)
{
	char path[64];
	unsigned long long ns = 0;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)s->pid);
	FILE *f = fopen(path, "re");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		errx(1, "%s: cannot be read", path);
	fclose(f);
	return (double)ns / 1e3;
}

/* Sums the lines of /proc/PID/FILE that begin with one of the keys. */
static long
proc_sum(pid_t pid, const char *file, const char *const keys[])
{
	char path[64], line[256];
	long sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *f = fopen(path, "re");
	if (!f)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f))
		for (size_t i = 0; keys[i]; i++)
			if (strncmp(line, keys[i], strlen(keys[i])) == 0)
				sum += strtol(line + strlen(keys[i]), NULL, 10);
	fclose(f);
	return sum;
}

long
private_kib(pid_t pid)
{
	return proc_sum(pid, "smaps_rollup", (const char *const[]){ "Private_Clean:", "Private_Dirty:", NULL });
}

long
context_switches(pid_t pid)
{
	/* Those of its own will: each is one return to sleep. */
	return proc_sum(pid, "status", (const char *const[]){ "voluntary_ctxt_switches:", NULL });
}
