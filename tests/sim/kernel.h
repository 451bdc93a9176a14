/*
 * The host in a bottle: a small kernel below the production programs. All simulated processes live in one real one, each
 * with a stack, a heap and static state of its own (image.c). The turn is given on inside of system calls, and one seed
 * decides to whom. So a run is the same each time, and whoever waits for the turn may be killed where it stands.
 *
 * Virtual time moves when nobody can run, and a little with each call. Nothing here reads a real clock, a real file or
 * real randomness.
 */
#ifndef PCHAT_SIM_KERNEL_H
#define PCHAT_SIM_KERNEL_H

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/macros.h"

#define PROCS 96
#define FDS 128
#define OFILES 1024
#define INODES 256
#define ENTRIES 512
#define SOCKS 512
#define PIPES 128
#define POLLS 32
#define INTEREST 128
#define EPOLLS 32
#define LOCKS 256
#define WATCHES 128
#define BACKLOG 64
#define NAME_BYTES 64
#define RING (64U * 1024U)
#define FILE_CAP (4U * 1024U * 1024U)
#define SECTOR 512U
#define CAPTURE (2048U * 1024U)
#define CAPTURES 64
#define ARGS 24
#define TEXT 4096
#define NONE (-1)
#define SLOTS PROCS
#define SPACE (64UL * 1024 * 1024) /* a heap, and a stack at its end; a multiple of it is where it begins */
#define STACK (1024UL * 1024)
#define PAGE 4096UL
#define HEAP_CLASSES 160
#define IMAGES_KEPT 24
#define IMAGE_PARTS 4096
#define LARGE_MOST 64
#define IMAGE_BYTES (32UL * 1024 * 1024)
#define SKIPS 65536
#define SHARED 4096

struct ring {
	uint32_t start, len;
	uint8_t data[RING];
};

enum kind { FREE, DEVICE, FILE_, SOCKET, PIPE_READ, PIPE_WRITE, EPOLL, EVENT, TIMER, INOTIFY, LOG };

struct ofile {
	enum kind kind;
	int refs;
	int flags; /* O_* of open(2) */
	int index; /* of the inode, socket, pipe or epoll; the device */
	int64_t offset;
	uint64_t count; /* of an eventfd; expired or cancelled of a timerfd; events of an inotify */
	int flock;      /* LOCK_SH, LOCK_EX or 0 */
};

enum { DEV_NULL, DEV_URANDOM, DEV_CAPTURE };

struct inode {
	bool used;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	int nlink, opens;
	int listener; /* the socket that is bound to it */
	int64_t size, synced_size;
	int64_t cut;            /* the least that it was cut to since it was synced; FILE_CAP: it was not */
	int64_t zeros;          /* from here on data and synced are zero */
	int born;               /* how many inodes were made before it */
	uint8_t *data, *synced; /* FILE_CAP each */
	uint8_t dirty[FILE_CAP / SECTOR / 8]; /* written since the last sync */
};

struct entry {
	bool used;
	int parent, child;
	char name[NAME_BYTES];
};

enum sock_state { SOCK_NEW, SOCK_BOUND, SOCK_LISTENS, SOCK_CONNECTED, SOCK_OVER };

struct sock {
	bool used, datagram, accepted;
	bool no_read, no_write; /* shut down, by us or for us */
	bool reset;             /* the next read fails */
	enum sock_state state;
	int peer; /* NONE: gone */
	int inode;
	uid_t peer_uid;
	pid_t peer_pid;
	int n_waiting;
	struct ring in;
	int waiting[BACKLOG];
};

struct pipe_ {
	int readers, writers;
	struct ring ring;
};

struct interest {
	int fd, ofile;
	uint32_t events;
	uint64_t data;
};

struct epoll {
	bool used;
	int n;
	struct interest of[INTEREST];
};

struct lock {
	bool used, exclusive;
	int inode, proc;
	int64_t start, end; /* end: the first byte behind */
};

struct watch_ {
	int ofile, inode; /* NONE: free */
};

struct piece;

/* At the beginning of its space. */
struct heap {
	size_t brk;   /* what is given out ends here */
	size_t dirty; /* from here on all is zero; up to here, an earlier program's, where it is not given out */
	size_t in_use, pieces; /* bytes; how many */
	struct piece *free[HEAP_CLASSES];
};

/* The memory of a process that was told to make room for another one with the same addresses. */
struct kept {
	bool used;
	unsigned n;
	unsigned n_touched; /* of the slot's */
	unsigned n_large;
	unsigned next; /* part */
	size_t bytes;
	struct {
		uint8_t *at;
		size_t n;
	} part[IMAGE_PARTS];
	struct {
		uint8_t *at;
		size_t n;
		unsigned first; /* part of it */
	} large[LARGE_MOST];
	uint8_t *data;
};

/* Where a process lives: see image.c. */
struct slot {
	bool made;
	int users, in; /* how many processes; whose memory is there, or NONE */
	uint8_t *copies;
	uint8_t *initial;  /* what is written to in them, as a program finds it */
	uint8_t **touched; /* pages that were zero, and may be otherwise now */
	uint8_t *idle;     /* how many programs, one after the other, have left each of them zero */
	unsigned n_touched;
	struct heap *heap;
	uint8_t *top; /* of the stack */
};

/* What the C library keeps for one process. */
struct libc {
	int error, index, report, option;
	char **environ, *argument;
	FILE *out, *err;
	void *streams;
};

/* Where it keeps it. */
struct option;
struct shared {
	char ***environ, **argument;
	FILE **out, **err;
	int *index, *report, *option;
	void **streams;
	int (*getopt_long)(int, char *const *, const char *, const struct option *, int *);
};

enum proc_state { P_FREE, P_RUNS, P_WAITS, P_ZOMBIE };

/* What a waiting process waits for. */
enum wait { W_TURN, W_POLL, W_EPOLL, W_CHILD, W_TIME };

/* What choose() looks at for each process comes first. */
struct proc {
	enum proc_state state;
	enum wait wait;
	uint64_t until;   /* us; UINT64_MAX: for ever */
	uint64_t stopped; /* us: until then it does not run */
	uint64_t pending, blocked;
	pid_t pid, ppid, waits_for;
	int epoll;
	bool exec; /* the first process is to begin it anew, by `args` */
	bool mortal;
	bool watched; /* the daemon: see model.h */
	bool dies_with_parent;
	int n_poll;
	struct pollfd poll[POLLS];
	int fd[FDS];

	void *sp; /* of its stack, while another one runs */
	struct slot *slot;
	struct kept *kept; /* its memory, while another one is in its slot */
	struct libc libc;
	struct sigaction handler[NSIG];
	uid_t uid;
	int status; /* of waitpid(2) */
	mode_t umask;
	bool cloexec[FDS];
	int capture; /* where its standard output goes, or NONE */
	char label[NAME_BYTES];
	int argc, envc;
	char args[TEXT], env[TEXT]; /* NUL after each */
} __attribute__((aligned(64)));

struct capture {
	bool used;
	size_t len;
	char text[CAPTURE];
};

/* How often something happens: once in so many calls; 0 never. */
struct weather {
	uint32_t preempt, kill, cut, shortened, interrupted, enospc, eio, enomem, emfile, jump;
	uint32_t sync, enomem_command; /* a sync fails; somebody's command has no memory: more often than all else */
};

struct kernel {
	uint8_t *disk; /* what files hold: INODES of FILE_CAP, then the same as it was synced */
	int inodes_made;
	int running;
	bool host; /* what is allocated now is the simulator's */
	void *carrier_sp;
	int carry_to, carry_parent; /* see image.c */
	struct shared shared;
	struct libc initial;
	uint64_t seed, random[2], chance[2];
	uint64_t now;             /* us, monotonic */
	int64_t wall;             /* us that the wall clock is ahead of it */
	uint64_t calls;           /* made so far */
	uint64_t faults, actions; /* happened so far */
	uint64_t harms;           /* faults but those that only make a read or a write short */
	bool skip[2][SKIPS];      /* of faults, of actions: it does not happen; by its number from 1 */
	pid_t next_pid;
	int boots;
	bool trace, stop;
	struct weather weather;
	int procs, ofiles, entries, socks, locks; /* of each table: nothing is used from here on */
	struct proc proc[PROCS];
	struct ofile ofile[OFILES];
	struct inode inode[INODES];
	struct entry entry[ENTRIES];
	struct sock sock[SOCKS];
	struct pipe_ pipe[PIPES];
	struct epoll epoll[EPOLLS];
	struct lock lock[LOCKS];
	struct watch_ watch[WATCHES];
	struct capture capture[CAPTURES];
	struct slot slot[SLOTS];
	struct kept kept[IMAGES_KEPT];
	struct {
		void *at;
		size_t n;
		bool used;
	} mapped[SHARED]; /* memory that processes share */
	int n_mapped;
	struct model *model;
	bool watched_failed;               /* the daemon could not write something */
	const char *(*account)(uid_t uid); /* whose it is; "" */
	jmp_buf over;                      /* where the director goes when nothing goes on */
	char bad[1024]; /* the kernel itself ran out of something, or was asked what it does not know */
};

extern struct kernel *k; /* NULL: not there yet */

/* Whose turn it is: an index among the processes; 0: the director's. */
#define me (k->running)

/* The real system call. */
long raw(long n, ...);

/* What the C library calls in the place of others; it declares them nowhere for us. */
int __open_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size);
int __dprintf_chk(int fd, int flag, const char *fmt, ...);

int sim_pchatd_main(int argc, char **argv);
int sim_session_main(int argc, char **argv);
int sim_pchat_main(int argc, char **argv);

/* ------ kernel.c ------ */
_Noreturn void kernel_leave(void); /* of one that ends */
void *kernel_memory(size_t size);  /* of the real host, zero; no process's */
void kernel_make(void);            /* once, before anything else */
void kernel_begin(uint64_t seed, bool trace);
void kernel_end(void);
uint64_t kernel_random(void);         /* of the host's own randomness */
bool kernel_chance(uint32_t once_in); /* of the weather's */
bool kernel_fault(uint32_t once_in);  /* the same, and it is counted as one, and not left out */
bool kernel_left_out(uint64_t *count, char what);
uint32_t kernel_pick(uint32_t n); /* 0 to n - 1 */
void kernel_trace(const char *fmt, ...) PRINTF_LIKE(1, 2);
void kernel_blame(const char *fmt, ...) PRINTF_LIKE(1, 2); /* a rule was broken: the run ends */
_Noreturn void kernel_bug(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* At the beginning of each call: others may run, we may be killed, a signal may come. */
void kernel_enter(const char *call);

/* Waits until it may go on: what is waited for is in proc[me]. False: the time is over. */
bool kernel_wait(void);

/* Gives the turn on, and returns when it comes back. */
void kernel_yield(void);

/* Handlers of signals that came. True: one ran. */
bool kernel_signals(void);
void kernel_post(int proc, int sig);

/* Goes on with another stack, and returns when somebody comes back to this one. */
void turn_change(void **from, void *to);

/* ------ image.c ------ */
void image_begin(void);
void image_carrier(void);
void image_load(int proc, void (*fn)(void));
void image_drop(int proc);
void image_each_touched(uint8_t *from, size_t n, void (*fn)(uint8_t *at, size_t n, void *context), void *context);
void image_wipe(uint8_t *from, size_t n); /* it is zero again; whole pages */
bool image_opens(const void *address);    /* what nobody had touched yet: SIGSEGV is no crash */

/* ------ memory.c ------ */
void heap_reset(struct heap *h);
bool heap_holds_zeros(const void *p, size_t n); /* false: perhaps not */
/* Calls fn for what is given out, in its order; what is at least `large` by itself. Free pieces below `gap` go along. */
void heap_each_run(struct heap *h, size_t gap, size_t large,
    void (*fn)(uint8_t *from, uint8_t *to, bool large, void *context), void *context);

/* ------ libc.c ------ */
void libc_begin(void);
void libc_keep(struct libc *l);
void libc_bring(const struct libc *l);
void libc_streams(FILE *out, FILE *err);

/* ------ processes.c ------ */
int process_make(const char *label, uid_t uid, char *const argv[], char *const env[], int capture);
void process_begin_waiting(void); /* those that exec(2) has left to the director */
void process_kill(int proc, int status, const char *why);
int process_of_pid(pid_t pid);
_Noreturn void process_end(int status);
const char *process_program(const struct proc *p);

/* ------ files.c ------ */
void files_begin(void);
void files_text(const char *path, const char *text);
int file_put(int ofile); /* a descriptor of proc[me]; -EMFILE */
int ofile_new(enum kind kind, int index, int flags);
void ofile_put(int ofile);
struct ofile *ofile_at(int fd);
int inode_resolve(int at, const char *path, int *parent, char name[NAME_BYTES]); /* the inode, or -errno */
int inode_make(int parent, const char *name, mode_t mode, uid_t uid);
void inode_put(int inode);
void inode_clear(int inode);
void files_remove(const char *path); /* with all that lies in it */
/* Calls fn for what an account's files hold, as programs see it and as the disk has it. */
void files_each(uid_t uid, void (*fn)(const char *name, const uint8_t *data, size_t n, void *context), void *context);
void files_power(void); /* the power goes: what was not synced is lost, in part */
ssize_t file_read(struct ofile *o, void *buf, size_t n, int64_t at);
ssize_t file_write(struct ofile *o, const void *buf, size_t n, int64_t at);

/* ------ sockets.c ------ */
void sock_close(int sock);
short ofile_ready(int ofile);
void sock_cut(int sock);
void ring_add(struct ring *r, const void *data, uint32_t n);
void ring_take(struct ring *r, void *data, uint32_t n, bool peek);

#endif
