#include "cli/process/offspring.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"

static void
send_signal(int fd, int sig)
{
	(void)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

static void
add(struct offspring *o, pid_t pid)
{
	int fd;

	if (o->count == OFFSPRING_MAX || getsid(pid) != getsid(0))
		return;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return;
	send_signal(fd, SIGSTOP);
	o->fd[o->count] = fd;
	o->pid[o->count++] = pid;
}

static void
add_children(struct offspring *o, pid_t parent)
{
	char path[64];
	FILE *list;
	long pid;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
	list = fopen(path, "re");
	if (!list)
		return;
	while (fscanf(list, "%ld", &pid) == 1)
		add(o, (pid_t)pid);
	(void)fclose(list);
}

void
offspring_stop(struct offspring *o, pid_t parent)
{
	o->count = 0;
	(void)kill(parent, SIGSTOP);
	add_children(o, parent);
	for (unsigned i = 0; i < o->count; i++)
		add_children(o, o->pid[i]);
}

void
offspring_signal(const struct offspring *o, int sig)
{
	for (unsigned i = 0; i < o->count; i++)
		send_signal(o->fd[i], sig);
}

void
offspring_await(struct offspring *o, uint64_t deadline)
{
	while (o->count > 0) {
		const int fd = o->fd[--o->count];
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, poll_time(deadline)) <= 0)
			send_signal(fd, SIGKILL);
		(void)close(fd);
	}
}
