/*
 * Processes, signals, clocks and who somebody is: what programs ask of the system beside files and sockets.
 */
#include "kernel.h"
#include "thief.h"

#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const people[] = { "alice", "bob", "carol", "dave", "mallory" };

/* ------ starting ------ */

static ssize_t
to_capture(void *cookie, const char *text, size_t n)
{
	return (void)cookie, write(1, text, n);
}

static ssize_t
to_error(void *cookie, const char *text, size_t n)
{
	return (void)cookie, write(2, text, n);
}

static int
unpack(char *text, int count, char *out[], int most)
{
	int n = 0;

	for (; n < count && n < most - 1; n++) {
		out[n] = text;
		text += strlen(text) + 1;
	}
	out[n] = NULL;
	return n;
}

const char *
process_program(const struct proc *p)
{
	const char *slash = strrchr(p->args, '/');

	return slash ? slash + 1 : p->args;
}

static _Noreturn void
run(void)
{
	static char args[TEXT], env[TEXT];
	struct proc *p = &k->proc[me];
	char *argv[ARGS], *envp[ARGS];
	const char *program = process_program(p);
	const bool mortal = p->mortal;
	int argc;

	p->mortal = false; /* until its main() */
	memcpy(args, p->args, TEXT);
	memcpy(env, p->env, TEXT);
	argc = unpack(args, p->argc, argv, ARGS);
	(void)unpack(env, p->envc, envp, ARGS);
	(void)clearenv();
	for (char **e = envp; *e; e++)
		(void)putenv(*e);
	libc_streams(fopencookie(NULL, "w", (cookie_io_functions_t){ .write = to_capture }),
	    fopencookie(NULL, "w", (cookie_io_functions_t){ .write = to_error }));
	(void)setvbuf(stderr, NULL, _IOLBF, 256);
	p->mortal = mortal;
	if (strcmp(program, "pchatd") == 0)
		process_end(sim_pchatd_main(argc, argv) << 8);
	if (strcmp(program, "pchat-session") == 0)
		process_end(sim_session_main(argc, argv) << 8);
	if (strcmp(program, "thief") == 0)
		process_end(thief_main(people, ARRAY_SIZE(people)) << 8);
	if (strncmp(program, "pchat", 5) != 0)
		kernel_bug("there is no program '%s'", program);
	argc = sim_pchat_main(argc, argv);
	(void)fflush(stdout);
	(void)fflush(stderr);
	process_end(argc << 8);
}

static void
begin(int i)
{
	struct proc *p = &k->proc[i];

	p->exec = false;
	p->state = P_RUNS;
	p->libc = k->initial;
	memset(p->handler, 0, sizeof(p->handler));
	image_drop(i);
	image_load(i, run);
}

static int
free_slot(void)
{
	for (int i = 1; i < PROCS; i++)
		if (k->proc[i].state == P_FREE) {
			k->procs = i < k->procs ? k->procs : i + 1;
			return i;
		}
	kernel_bug("too many processes");
}

static int
pack(char *out, char *const list[])
{
	size_t at = 0;
	int n = 0;

	for (; list[n]; n++) {
		const size_t len = strlen(list[n]) + 1;

		if (at + len > TEXT || n >= ARGS - 1)
			kernel_bug("too many arguments");
		memcpy(out + at, list[n], len);
		at += len;
	}
	return n;
}

int
process_make(const char *label, uid_t uid, char *const argv[], char *const env[], int capture)
{
	const int i = free_slot();
	struct proc *p = &k->proc[i];

	memset(p, 0, sizeof(*p));
	for (int fd = 0; fd < FDS; fd++)
		p->fd[fd] = NONE;
	p->pid = k->next_pid++;
	p->ppid = 0; /* the director asks for its status */
	p->uid = uid;
	p->umask = 022;
	p->until = UINT64_MAX;
	p->capture = capture;
	(void)snprintf(p->label, sizeof(p->label), "%s", label);
	p->argc = pack(p->args, argv);
	p->envc = pack(p->env, env);
	k->running = i;
	for (int fd = 0; fd < 3; fd++)
		(void)file_put(ofile_new(DEVICE, fd == 0 ? DEV_NULL : DEV_CAPTURE, 2));
	k->running = 0;
	begin(i);
	return i;
}

void
process_begin_waiting(void)
{
	for (int i = 1; i < k->procs; i++)
		if (k->proc[i].exec)
			begin(i);
}

/* ------ ending ------ */

static void
release_files(int i)
{
	struct proc *p = &k->proc[i];

	for (int fd = 0; fd < FDS; fd++) {
		const int o = p->fd[fd];

		p->fd[fd] = NONE;
		if (o != NONE)
			ofile_put(o);
	}
	for (int l = 0; l < k->locks; l++)
		if (k->lock[l].used && k->lock[l].proc == i)
			k->lock[l].used = false;
}

int
process_of_pid(pid_t pid)
{
	for (int i = 1; i < k->procs; i++)
		if (k->proc[i].state != P_FREE && k->proc[i].pid == pid)
			return i;
	return NONE;
}

static void
become_zombie(int i, int status)
{
	struct proc *p = &k->proc[i];
	const int parent = process_of_pid(p->ppid);

	p->status = status;
	p->exec = false;
	if (p->ppid == 0) {
		p->state = P_ZOMBIE;
	} else if (parent == NONE) {
		p->state = P_FREE;
	} else {
		p->state = P_ZOMBIE;
		kernel_post(parent, SIGCHLD);
	}
}

static void
leave_children(int i)
{
	for (int c = 1; c < k->procs; c++) {
		struct proc *p = &k->proc[c];

		if (p->state == P_FREE || p->ppid != k->proc[i].pid)
			continue;
		p->ppid = 1;
		if (p->state == P_ZOMBIE)
			p->state = P_FREE;
		else if (p->dies_with_parent)
			process_kill(c, SIGKILL, "as its parent");
	}
}

static void
over(int i, int status)
{
	release_files(i);
	image_drop(i);
	leave_children(i);
	become_zombie(i, status);
}

void
process_kill(int i, int status, const char *why)
{
	if (k->proc[i].state == P_FREE || k->proc[i].state == P_ZOMBIE)
		return;
	if (i == me)
		process_end(status);
	kernel_trace("kills %s: %s", k->proc[i].label, why);
	over(i, status);
}

void
process_end(int status)
{
	if (status & 0x7f)
		kernel_trace("ended by signal %d", status & 0x7f);
	else
		kernel_trace("ended with %d", (status >> 8) & 0xff);
	over(me, status);
	kernel_leave();
}

/* ------ signals ------ */

void
kernel_post(int i, int sig)
{
	k->proc[i].pending |= 1ULL << sig;
}

static bool
by_default(int sig)
{
	if (sig == SIGCHLD || sig == SIGWINCH || sig == SIGCONT)
		return true;
	process_end(sig);
}

bool
kernel_signals(void)
{
	struct proc *p = &k->proc[me];
	bool ran = false;

	if (me == 0 || !(p->pending & ~p->blocked))
		return false;
	for (int sig = 1; sig < NSIG && sig < 64; sig++) {
		if (!((p->pending & ~p->blocked) & (1ULL << sig)))
			continue;
		p->pending &= ~(1ULL << sig);
		if (p->handler[sig].sa_handler == SIG_DFL) {
			(void)by_default(sig);
		} else if (p->handler[sig].sa_handler != SIG_IGN) {
			p->handler[sig].sa_handler(sig);
			ran = true;
		}
	}
	return ran;
}

int
sigaction(int sig, const struct sigaction *new, struct sigaction *old)
{
	struct proc *p = &k->proc[me];

	if (sig < 1 || sig >= NSIG || sig == SIGKILL || sig == SIGSTOP)
		return errno = EINVAL, -1;
	if (old)
		*old = p->handler[sig];
	if (new)
		p->handler[sig] = *new;
	return 0;
}

__sighandler_t
signal(int sig, __sighandler_t fn)
{
	struct sigaction old, new = { .sa_handler = fn };

	return sigaction(sig, &new, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int
sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	struct proc *p = &k->proc[me];
	uint64_t mask = 0;

	if (old) {
		(void)sigemptyset(old);
		for (int s = 1; s < 64; s++)
			if (p->blocked & (1ULL << s))
				(void)sigaddset(old, s);
	}
	for (int s = 1; set && s < 64; s++)
		if (sigismember(set, s) == 1 && s != SIGKILL)
			mask |= 1ULL << s;
	if (set)
		p->blocked = how == SIG_BLOCK ? p->blocked | mask : how == SIG_UNBLOCK ? p->blocked & ~mask : mask;
	(void)kernel_signals();
	return 0;
}

int
kill(pid_t pid, int sig)
{
	int i;

	kernel_enter("kill");
	i = process_of_pid(pid);
	if (i == NONE)
		return errno = ESRCH, -1;
	if (k->proc[me].uid != 0 && k->proc[me].uid != k->proc[i].uid)
		return errno = EPERM, -1;
	if (sig == SIGKILL)
		process_kill(i, sig, "by kill(2)");
	else if (sig != 0)
		kernel_post(i, sig);
	return 0;
}

/* ------ fork, exec, wait ------ */

pid_t
fork(void)
{
	struct proc *c;
	const int parent = me;
	pid_t pid;
	int i;

	kernel_enter("fork");
	i = free_slot();
	c = &k->proc[i];
	*c = k->proc[me];
	c->pid = pid = k->next_pid++;
	c->ppid = k->proc[me].pid;
	c->pending = 0;
	c->dies_with_parent = c->watched = false;
	c->state = P_RUNS;
	for (int fd = 0; fd < FDS; fd++)
		if (c->fd[fd] != NONE)
			k->ofile[c->fd[fd]].refs++;
	libc_keep(&k->proc[parent].libc);
	k->carry_parent = parent;
	k->carry_to = i;
	k->running = i;
	turn_change(&k->proc[parent].sp, k->carrier_sp);
	return me == parent ? pid : 0; /* both come back here */
}

int
execv(const char *path, char *const argv[])
{
	struct proc *p = &k->proc[me];
	const char *program = strrchr(path, '/');
	char args[TEXT];
	int argc;

	kernel_enter("execve");
	argc = pack(args, argv);
	memcpy(p->args, args, TEXT);
	p->argc = argc;
	p->envc = pack(p->env, environ);
	program = program ? program + 1 : path;
	if (strcmp(program, "pchatd") == 0)
		(void)snprintf(p->label, NAME_BYTES, "pchatd");
	else if (strcmp(program, "pchat-session") == 0)
		(void)snprintf(p->label, NAME_BYTES, "%s's helper", argc > 2 ? argv[2] : "?");
	kernel_trace("begins");
	p->mortal = true;
	p->pending = 0;
	for (int fd = 0; fd < FDS; fd++)
		if (p->fd[fd] != NONE && p->cloexec[fd]) {
			const int o = p->fd[fd];

			p->fd[fd] = NONE;
			ofile_put(o);
		}
	p->exec = true;
	p->state = P_RUNS;
	kernel_leave();
}

/* Of posix_spawn(3): which descriptor becomes which. One list at a time. */
static int spawn_from[8], spawn_to[8];
static unsigned spawn_count;

int
posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)
{
	(void)actions;
	spawn_count = 0;
	return 0;
}

int
posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int to)
{
	(void)actions;
	spawn_from[spawn_count] = from;
	spawn_to[spawn_count++] = to;
	return 0;
}

int
posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
	return (void)actions, 0;
}

int
posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
	(void)actions, (void)attributes, (void)env;
	*pid = fork();
	if (*pid != 0)
		return *pid < 0 ? errno : 0;
	for (unsigned i = 0; i < spawn_count; i++)
		if (dup2(spawn_from[i], spawn_to[i]) < 0)
			_exit(127);
	(void)execv(path, argv);
	_exit(127);
}

pid_t
waitpid(pid_t pid, int *status, int options)
{
	struct proc *p = &k->proc[me];

	kernel_enter("wait4");
	for (;;) {
		bool any = false;

		for (int i = 1; i < k->procs; i++) {
			struct proc *c = &k->proc[i];

			if (c->state == P_FREE || c->ppid != p->pid || (pid > 0 && c->pid != pid))
				continue;
			any = true;
			if (c->state != P_ZOMBIE)
				continue;
			c->state = P_FREE;
			if (status)
				*status = c->status;
			return c->pid;
		}
		if (!any)
			return errno = ECHILD, -1;
		if (options & WNOHANG)
			return 0;
		p->wait = W_CHILD;
		p->waits_for = pid;
		p->until = UINT64_MAX;
		(void)kernel_wait();
		if (kernel_signals())
			return errno = EINTR, -1;
	}
}

void
_exit(int status)
{
	process_end((status & 0xff) << 8);
}

void
exit(int status)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	if (!k || me == 0) {
		(void)fflush(NULL);
		for (;;)
			(void)raw(SYS_exit_group, (long)status);
	}
	process_end((status & 0xff) << 8);
}

int
clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	return (void)fn, (void)stack, (void)flags, (void)arg, errno = ENOSYS, -1;
}

/* ------ who and what ------ */

pid_t
getpid(void)
{
	return k ? k->proc[me].pid : (pid_t)raw(SYS_getpid);
}

pid_t
getppid(void)
{
	return k->proc[me].ppid ? k->proc[me].ppid : 1;
}

pid_t
setsid(void)
{
	return k->proc[me].pid;
}

pid_t
getsid(pid_t pid)
{
	return pid ? pid : k->proc[me].pid;
}

uid_t
getuid(void)
{
	return k->proc[me].uid;
}

uid_t
geteuid(void)
{
	return k->proc[me].uid;
}

gid_t
getgid(void)
{
	return k->proc[me].uid;
}

gid_t
getegid(void)
{
	return k->proc[me].uid;
}

int
getgroups(int n, gid_t *list)
{
	return (void)n, (void)list, 0;
}

int
prctl(int option, ...)
{
	if (option == PR_SET_PDEATHSIG)
		k->proc[me].dies_with_parent = true;
	return 0;
}

int
getrlimit(__rlimit_resource_t what, struct rlimit *limit)
{
	limit->rlim_cur = limit->rlim_max = what == RLIMIT_NOFILE ? FDS : RLIM_INFINITY;
	return 0;
}

int
setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
	return (void)what, (void)limit, errno = EPERM, -1;
}

int
uname(struct utsname *u)
{
	memset(u, 0, sizeof(*u));
	(void)snprintf(u->sysname, sizeof(u->sysname), "Linux");
	(void)snprintf(u->nodename, sizeof(u->nodename), "bottle");
	(void)snprintf(u->release, sizeof(u->release), "6.1.0");
	(void)snprintf(u->machine, sizeof(u->machine), "x86_64");
	return 0;
}

static struct passwd *
person(size_t i)
{
	static struct passwd p;
	static char name[NAME_BYTES], home[NAME_BYTES];
	static char empty[] = "";

	(void)snprintf(name, sizeof(name), "%s", people[i]);
	(void)snprintf(home, sizeof(home), "/home/%s", people[i]);
	p = (struct passwd){
		.pw_name = name, .pw_passwd = empty, .pw_gecos = empty, .pw_dir = home, .pw_shell = empty
	};
	p.pw_uid = p.pw_gid = (uid_t)(1001 + i);
	return &p;
}

struct passwd *
getpwnam(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(people); i++)
		if (strcmp(people[i], name) == 0)
			return person(i);
	return NULL;
}

struct passwd *
getpwuid(uid_t uid)
{
	return uid > 1000 && uid <= 1000 + ARRAY_SIZE(people) ? person(uid - 1001) : NULL;
}

struct group *
getgrnam(const char *name)
{
	return (void)name, NULL;
}

struct group *
getgrgid(gid_t gid)
{
	return (void)gid, NULL;
}

int
getgrouplist(const char *user, gid_t group, gid_t *groups, int *n)
{
	(void)user;
	if (*n > 0)
		groups[0] = group;
	*n = 1;
	return 1;
}

/* ------ time ------ */

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int64_t us;

	if (!k) {
		(void)raw(SYS_clock_gettime, (long)clock, t);
		return 0;
	}
	k->now++;
	us = (int64_t)k->now + (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? k->wall : 0);
	t->tv_sec = us / 1000000;
	t->tv_nsec = us % 1000000 * 1000;
	return 0;
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec t;

	(void)zone, (void)clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

static void
sleep_us(uint64_t us)
{
	struct proc *p = &k->proc[me];

	kernel_enter("nanosleep");
	p->wait = W_TIME;
	p->until = k->now + us;
	(void)kernel_wait();
}

int
nanosleep(const struct timespec *t, struct timespec *rest)
{
	(void)rest;
	sleep_us((uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_nsec / 1000);
	return 0;
}

int
usleep(useconds_t us)
{
	sleep_us(us);
	return 0;
}

unsigned
sleep(unsigned s)
{
	sleep_us(s * 1000000ULL);
	return 0;
}

ssize_t
getrandom(void *buf, size_t n, unsigned flags)
{
	uint8_t *out = buf;

	(void)flags;
	kernel_enter("getrandom");
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)kernel_random();
	return (ssize_t)n;
}

/* ------ semaphores, in memory that processes share ------ */

int
sem_init(sem_t *sem, int shared, unsigned value)
{
	(void)shared;
	*(volatile int *)sem = (int)value;
	return 0;
}

int
sem_post(sem_t *sem)
{
	++*(volatile int *)sem;
	return 0;
}

int
sem_timedwait(sem_t *restrict sem, const struct timespec *restrict end)
{
	volatile int *value = (volatile int *)sem;
	const uint64_t until = (uint64_t)((int64_t)end->tv_sec * 1000000 + end->tv_nsec / 1000 - k->wall);

	/* Others cannot look into our memory: we do, again and again. */
	while (*value <= 0 && k->now < until)
		sleep_us(1000);
	if (*value <= 0)
		return errno = ETIMEDOUT, -1;
	--*value;
	return 0;
}

/* ------ the rest ------ */

long
syscall(long n, ...)
{
	va_list args;
	unsigned first, last;

	va_start(args, n);
	first = va_arg(args, unsigned);
	last = va_arg(args, unsigned);
	va_end(args);
	if (n == SYS_close_range) {
		for (unsigned fd = first; fd < FDS && fd <= last; fd++)
			if (k->proc[me].fd[fd] != NONE)
				(void)close((int)fd);
		return 0;
	}
	return errno = ENOSYS, -1;
}

int
__dprintf_chk(int fd, int flag, const char *fmt, ...)
{
	char text[4096];
	va_list args;
	int n;

	(void)flag;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return (int)write(fd, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}
