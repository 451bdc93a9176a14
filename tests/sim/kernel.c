#include "kernel.h"
#include "model.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define CALLS_MOST 600000ULL
#define LIMIT_S 20                    /* of the processor, for one seed */
#define WALL_START 1767225600000000LL /* 2026-01-01 */

/* Among the initial values, so that each copy of the program has it. */
struct kernel *k __attribute__((section(".data")));

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

bool
kernel_left_out(uint64_t *count, char what)
{
	++*count;
	return *count < SKIPS && k->skip[what == 'a'][*count];
}

bool
kernel_fault(uint32_t once_in)
{
	const bool happens = kernel_chance(once_in) && !kernel_left_out(&k->faults, 'f');

	k->harms += happens;
	return happens;
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

__asm__(".text\n"
	".type turn_change, @function\n"
	".globl turn_change\n"
	"turn_change:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size turn_change, .-turn_change\n");

/* Returns when the turn comes back. */
static void
give_to(int next)
{
	struct proc *from = &k->proc[me], *to = &k->proc[next];

	libc_keep(&from->libc);
	libc_bring(&to->libc);
	k->running = next;
	if (!to->slot || to->slot->in == next) {
		turn_change(&from->sp, to->sp);
		return;
	}
	k->carry_to = next;
	turn_change(&from->sp, k->carrier_sp);
}

static bool
child_ended(int parent)
{
	for (int i = 1; i < k->procs; i++) {
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

	if (k->now < p->stopped)
		return false;
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

/* When one that may not run may again, if nothing else happens. */
static uint64_t
wakes_at(int i)
{
	const struct proc *p = &k->proc[i];

	if (p->state != P_RUNS && p->state != P_WAITS)
		return UINT64_MAX;
	if (k->now < p->stopped)
		return p->stopped;
	return p->until;
}

/* Who is next; the clock goes on when nobody can. */
static int
choose(void)
{
	int ready[PROCS], n;
	uint64_t next, t;

	k->stop |= k->calls > CALLS_MOST;
	if (k->stop)
		return 0;
	for (;;) {
		n = 0;
		next = UINT64_MAX;
		for (int i = 0; i < k->procs; i++) {
			if (k->proc[i].exec)
				return 0;
			if (may_run(i))
				ready[n++] = i;
			else if ((t = wakes_at(i)) < next)
				next = t;
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
	give_to(next);
}

/* For one that ends: never comes back. */
void
kernel_leave(void)
{
	give_to(choose());
	__builtin_unreachable();
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
	if (p->mortal && kernel_fault(k->weather.kill)) {
		kernel_trace("is killed at %s", call);
		process_end(SIGKILL);
	}
	if (kernel_chance(k->weather.preempt)) {
		p->state = P_RUNS;
		kernel_yield();
	}
	if (kernel_fault(k->weather.jump)) {
		k->wall += (int64_t)(kernel_pick(2) ? 1 : -1) * 31536000000000LL;
		kernel_trace("the wall clock jumps by a year");
		for (int i = 0; i < k->ofiles; i++)
			if (k->ofile[i].kind == TIMER)
				k->ofile[i].count = 1;
	}
	(void)kernel_signals();
}

void
kernel_blame(const char *fmt, ...)
{
	va_list args;

	if (k->bad[0])
		return;
	va_start(args, fmt);
	(void)vsnprintf(k->bad, sizeof(k->bad), fmt, args);
	va_end(args);
	kernel_trace("%s", k->bad);
	k->stop = true;
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
	if (me == 0)
		_longjmp(k->over, 1);
	kernel_leave();
}

/* ------ a host ------ */

static void
on_crash(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (sig == SIGSEGV && image_opens(info->si_addr))
		return;
	if (sig == SIGABRT && me != 0 && k->weather.enomem > 0)
		process_end(
		    sig); /* libev has no memory, and no word for it; a helper or a daemon that died comes back */
	kernel_bug(sig == SIGPROF ? "%s does not call the system any more" : "%s crashed by signal %d",
	    k->proc[me].label, sig);
}

/* A program that crashes, or turns in a circle, must not take the others along. */
static void
catch_crashes(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPROF };
	static uint8_t stack[64 * 1024];
	int (*real)(int, const struct sigaction *, struct sigaction *);
	const struct sigaction sa = { .sa_sigaction = on_crash, .sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO };
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	(void)raw(SYS_sigaltstack, &alternate, NULL);
	*(void **)&real = dlsym(RTLD_NEXT, "sigaction");
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		(void)real(sigs[i], &sa, NULL);
}

static void
limit_time(long s)
{
	const struct itimerval limit = { .it_value = { .tv_sec = s } };

	(void)raw(SYS_setitimer, (long)ITIMER_PROF, &limit, NULL);
}

void *
kernel_memory(size_t size)
{
	return (void *)raw(SYS_mmap, 0L, size, (long)(PROT_READ | PROT_WRITE),
	    (long)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), -1L, 0L);
}

void
kernel_make(void)
{
	k = kernel_memory(sizeof(struct kernel));
	k->disk = kernel_memory(2 * (size_t)INODES * FILE_CAP);
	image_begin();
	libc_begin();
	catch_crashes();
}

/* What is large and is put in order when it is used again is left as it is. */
void
kernel_begin(uint64_t seed, bool trace)
{
	for (int i = 1; i < k->procs; i++)
		image_drop(i);
	for (int i = 0; i < INODES; i++)
		if (k->inode[i].used && k->inode[i].data)
			inode_clear(i);
	for (int i = 0; i < k->socks; i++)
		k->sock[i].used = false;
	for (int i = 0; i < PIPES; i++)
		k->pipe[i].readers = k->pipe[i].writers = 0;
	for (int i = 0; i < EPOLLS; i++)
		k->epoll[i].used = false;
	for (int i = 0; i < CAPTURES; i++)
		k->capture[i].used = false;
	for (int i = 0; i < k->n_mapped; i++)
		k->mapped[i].used = false;
	memset(k->proc, 0, (size_t)k->procs * sizeof(k->proc[0]));
	memset(k->ofile, 0, (size_t)k->ofiles * sizeof(k->ofile[0]));
	memset(k->inode, 0, sizeof(k->inode));
	memset(k->entry, 0, (size_t)k->entries * sizeof(k->entry[0]));
	memset(k->lock, 0, (size_t)k->locks * sizeof(k->lock[0]));
	memset(&k->weather, 0, sizeof(k->weather));
	k->procs = 1;
	k->ofiles = k->entries = k->socks = k->locks = 0;
	k->inodes_made = k->boots = 0;
	k->calls = k->faults = k->actions = k->harms = 0;
	k->stop = k->host = false;
	k->bad[0] = '\0';
	k->running = 0;
	k->seed = seed;
	k->random[0] = seed * 2 + 1;
	k->chance[0] = seed * 2;
	k->now = 1000000;
	k->wall = WALL_START;
	k->next_pid = 100;
	k->trace = trace;
	for (int fd = 0; fd < FDS; fd++)
		k->proc[0].fd[fd] = NONE;
	for (int i = 0; i < WATCHES; i++)
		k->watch[i].ofile = NONE;
	k->proc[0].state = P_RUNS;
	k->proc[0].until = UINT64_MAX;
	k->proc[0].pid = 0; /* what it makes has no other parent */
	(void)snprintf(k->proc[0].label, NAME_BYTES, "host");
	image_carrier();
	model_begin();
	files_begin();
	limit_time(LIMIT_S);
}

void
kernel_end(void)
{
	limit_time(0);
}
