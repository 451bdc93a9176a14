#include "kernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define CALLS_MOST 600000ULL
#define WALL_START 1767225600000000LL /* 2026-01-01 */

struct kernel *k;
int me;

/* This file is below our own libc functions: it makes its system calls by itself. */
long
raw(long n, ...)
{
	register long r10 __asm__("r10");
	register long r8 __asm__("r8");
	register long r9 __asm__("r9");
	long a, b, c, result;
	va_list args;

	va_start(args, n);
	a = va_arg(args, long);
	b = va_arg(args, long);
	c = va_arg(args, long);
	r10 = va_arg(args, long);
	r8 = va_arg(args, long);
	r9 = va_arg(args, long);
	va_end(args);
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* ------ chance ------ */

static uint64_t
mix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t
kernel_random(void)
{
	return mix(&k->random[0]);
}

uint32_t
kernel_pick(uint32_t n)
{
	return n < 2 ? 0 : (uint32_t)(mix(&k->chance[0]) % n);
}

bool
kernel_chance(uint32_t once_in)
{
	return once_in > 0 && kernel_pick(once_in) == 0;
}

/* ------ trace ------ */

static void
print(const char *text, size_t n)
{
	while (n > 0) {
		const long r = raw(SYS_write, 1L, text, n);

		if (r <= 0)
			return;
		text += r;
		n -= (size_t)r;
	}
}

void
kernel_trace(const char *fmt, ...)
{
	char line[1024];
	va_list args;
	int n, more;

	if (!k->trace)
		return;
	n = snprintf(line, sizeof(line), "%3llu.%06llu %-18s ", (unsigned long long)(k->now / 1000000),
	    (unsigned long long)(k->now % 1000000), k->proc[me].label);
	va_start(args, fmt);
	more = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	va_end(args);
	n = more < (int)sizeof(line) - n - 1 ? n + more : (int)sizeof(line) - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = ' ';
	line[n++] = '\n';
	print(line, (size_t)n);
}

/* ------ turns ------ */

static void
wake(int proc)
{
	__atomic_store_n(&k->proc[proc].turn, 1, __ATOMIC_SEQ_CST);
	(void)raw(SYS_futex, &k->proc[proc].turn, (long)FUTEX_WAKE, 1L, NULL, NULL, 0L);
}

void
kernel_await_turn(void)
{
	static const long look[2] = { 2, 0 };

	while (__atomic_load_n(&k->proc[me].turn, __ATOMIC_SEQ_CST) == 0) {
		(void)raw(SYS_futex, &k->proc[me].turn, (long)FUTEX_WAIT, 0L, look, NULL, 0L);
		if (raw(SYS_kill, (long)k->real, 0L) != 0) /* the simulator itself was ended */
			(void)raw(SYS_exit_group, 1L);
	}
	__atomic_store_n(&k->proc[me].turn, 0, __ATOMIC_SEQ_CST);
}

static bool
child_ended(int parent)
{
	for (int i = 1; i < PROCS; i++) {
		const struct proc *c = &k->proc[i];

		if (c->state == P_ZOMBIE && c->ppid == k->proc[parent].pid &&
		    (k->proc[parent].waits_for <= 0 || k->proc[parent].waits_for == c->pid))
			return true;
	}
	return false;
}

static bool
any_ready(struct proc *p)
{
	for (int i = 0; i < p->n_poll; i++)
		if (p->poll[i].fd >= 0 &&
		    (p->fd[p->poll[i].fd] == NONE ||
			(ofile_ready(p->fd[p->poll[i].fd]) & (p->poll[i].events | POLLHUP | POLLERR))))
			return true;
	return false;
}

static bool
epoll_ready(const struct epoll *e)
{
	for (int i = 0; i < e->n; i++)
		if ((uint32_t)ofile_ready(e->of[i].ofile) & (e->of[i].events | POLLHUP | POLLERR))
			return true;
	return false;
}

static bool
may_run(int i)
{
	struct proc *p = &k->proc[i];

	if (p->state == P_RUNS)
		return true;
	if (p->state != P_WAITS)
		return false;
	if (k->now >= p->until || (p->pending & ~p->blocked))
		return true;
	switch (p->wait) {
	case W_POLL:
		return any_ready(p);
	case W_EPOLL:
		return epoll_ready(&k->epoll[p->epoll]);
	case W_CHILD:
		return child_ended(i);
	case W_TURN:
		return true;
	default:
		return false;
	}
}

/* Who is next; the clock goes on when nobody can. */
static int
choose(void)
{
	int ready[PROCS], n;
	uint64_t next;

	if (k->stop || k->calls > CALLS_MOST)
		return 0;
	for (int i = 1; i < PROCS; i++)
		if (k->proc[i].exec)
			return 0;
	for (;;) {
		n = 0;
		next = UINT64_MAX;
		for (int i = 0; i < PROCS; i++) {
			if (may_run(i))
				ready[n++] = i;
			else if (k->proc[i].state == P_WAITS && k->proc[i].until < next)
				next = k->proc[i].until;
		}
		if (n > 0)
			return ready[kernel_pick((uint32_t)n)];
		if (next == UINT64_MAX)
			return 0;
		k->now = next;
	}
}

void
kernel_yield(void)
{
	const int next = choose();

	if (next == me)
		return;
	wake(next);
	kernel_await_turn();
}

/* For one that ends: never comes back. */
void
kernel_leave(void)
{
	wake(choose());
	for (;;)
		(void)raw(SYS_exit_group, 0L);
}

bool
kernel_wait(void)
{
	struct proc *p = &k->proc[me];

	p->state = P_WAITS;
	kernel_yield();
	p->state = P_RUNS;
	return k->now < p->until;
}

void
kernel_enter(const char *call)
{
	struct proc *p = &k->proc[me];

	k->calls++;
	k->now += 2;
	if (p->mortal && kernel_chance(k->weather.kill)) {
		k->faults++;
		kernel_trace("is killed at %s", call);
		process_end(SIGKILL);
	}
	if (kernel_chance(k->weather.preempt)) {
		p->state = P_RUNS;
		kernel_yield();
	}
	if (kernel_chance(k->weather.jump)) {
		k->faults++;
		k->wall += (int64_t)(kernel_pick(2) ? 1 : -1) * 31536000000000LL;
		kernel_trace("the wall clock jumps by a year");
		for (int i = 0; i < OFILES; i++)
			if (k->ofile[i].kind == TIMER)
				k->ofile[i].count = 1;
	}
	(void)kernel_signals();
}

void
kernel_bug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!k->bad[0])
		(void)vsnprintf(k->bad, sizeof(k->bad), fmt, args);
	va_end(args);
	k->stop = true;
	kernel_trace("%s", k->bad);
	if (me == 0) {
		(void)raw(SYS_exit_group, 3L);
	}
	kernel_leave();
	__builtin_unreachable();
}

/* ------ a host ------ */

static void
on_crash(int sig)
{
	kernel_bug("%s crashed by signal %d", k->proc[me].label, sig);
}

/* A program that crashes must not take the turn along. */
static void
catch_crashes(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	int (*real)(int, const struct sigaction *, struct sigaction *);
	const struct sigaction sa = { .sa_handler = on_crash, .sa_flags = SA_NODEFER };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	*(void **)&real = dlsym(RTLD_NEXT, "sigaction");
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		(void)real(sigs[i], &sa, NULL);
	(void)real(SIGCHLD, &ignore, NULL); /* nobody waits for the real ones */
}

/* Memory that all processes have at the same place. */
static void *
shared(size_t size)
{
	return (void *)raw(SYS_mmap, 0L, size, (long)(PROT_READ | PROT_WRITE),
	    (long)(MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE), -1L, 0L);
}

void
kernel_begin(uint64_t seed, bool trace)
{
	struct kernel *new = shared(sizeof(struct kernel));

	catch_crashes();
	new->disk = shared(2 * (size_t)INODES * FILE_CAP);
	new->real = (int)raw(SYS_getpid);
	new->seed = seed;
	new->random[0] = seed * 2 + 1;
	new->chance[0] = seed * 2;
	new->now = 1000000;
	new->wall = WALL_START;
	new->next_pid = 100;
	new->trace = trace;
	for (int i = 0; i < PROCS; i++)
		for (int fd = 0; fd < FDS; fd++)
			new->proc[i].fd[fd] = NONE;
	for (int i = 0; i < WATCHES; i++)
		new->watch[i].ofile = NONE;
	new->proc[0].state = P_RUNS;
	new->proc[0].until = UINT64_MAX;
	new->proc[0].pid = 0; /* what it makes has no other parent */
	(void)snprintf(new->proc[0].label, NAME_BYTES, "host");
	k = new;
	me = 0;
	files_begin();
}

void
kernel_end(void)
{
	for (int i = 1; i < PROCS; i++)
		if (k->proc[i].state != P_FREE && k->proc[i].state != P_ZOMBIE && k->proc[i].real > 0)
			(void)raw(SYS_kill, (long)k->proc[i].real, (long)SIGKILL);
	(void)raw(SYS_munmap, k->disk, 2 * (size_t)INODES * FILE_CAP);
	(void)raw(SYS_munmap, k, sizeof(struct kernel));
	k = NULL;
}
