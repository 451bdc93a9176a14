#include "cli/commands/stream/source.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/process.h"
#include "proto/piece.h"

#define SLOTS 16U
#define BEFORE 64U /* bytes before the data of a slot: a header, and so that data is aligned */
#define STRIDE (BEFORE + PIECE_DATA_MAX)
#define AT_ONCE (SLOTS / 4) /* slots that are given back in one word: each may wake the reader */
#define BEGIN 0U            /* the word to read; any other is a number of slots */

/* ------------------------------------------------------------------------- the reader */

struct given {
	int fd;
	uint64_t size;
};

struct reader {
	int words;
	uint8_t *memory;
	struct given *file;
	uint32_t slot;   /* of the next DATA */
	uint32_t free;   /* slots that are ours */
	uint64_t offset; /* in the file that is read */
	uint64_t data;   /* where the data ends that stands there; below or at offset: not known */
};

/* Ends the reader when nobody listens any more. */
static void
say(const struct reader *r, enum source_said said, int error, uint64_t bytes)
{
	const struct source_word w = { .said = said, .error = error, .bytes = bytes };

	while (send(r->words, &w, sizeof(w), MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(0);
}

static uint8_t
listen_to(const struct reader *r)
{
	uint8_t word;
	ssize_t n;

	while ((n = recv(r->words, &word, sizeof(word), 0)) < 0 && errno == EINTR)
		continue;
	if (n != (ssize_t)sizeof(word))
		_exit(0);
	return word;
}

/* Nothing follows. One that went with words unread would take its own with it, unheard: so it is the command that ends us. */
static _Noreturn void
rest(const struct reader *r)
{
	for (;;)
		(void)listen_to(r);
}

static _Noreturn void
fail(const struct reader *r, enum source_said said, int error)
{
	say(r, said, error, 0);
	rest(r);
}

static void
open_one(const struct reader *r, struct given *f, const char *path)
{
	struct stat st;

	f->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		fail(r, SOURCE_REFUSED, errno);
	if (!S_ISREG(st.st_mode))
		fail(r, SOURCE_REFUSED, 0);
	f->size = (uint64_t)st.st_size;
	say(r, SOURCE_OPENED, 0, f->size);
}

/* How long the hole is that begins here, for it is not read. A file system that knows no holes has none. */
static uint64_t
find_data(struct reader *r, const struct given *f)
{
	off_t begins, ends;
	uint64_t hole;

	if (r->offset < r->data)
		return 0;
	begins = lseek(f->fd, (off_t)r->offset, SEEK_DATA);
	if (begins < 0 && errno == ENXIO)
		begins = (off_t)f->size; /* nothing but a hole is left; or it has shrunk, which fstat(2) tells */
	else if (begins < 0)
		begins = (off_t)r->offset;
	if ((uint64_t)begins > f->size)
		begins = (off_t)f->size;
	hole = (uint64_t)begins - r->offset;
	ends = hole < f->size - r->offset ? lseek(f->fd, begins, SEEK_HOLE) : begins;
	r->data = ends < 0 || (uint64_t)ends > f->size ? f->size : (uint64_t)ends;
	return hole;
}

static void
read_hole(struct reader *r, const struct given *f, uint64_t hole)
{
	struct stat st;

	if (fstat(f->fd, &st) == 0 && (uint64_t)st.st_size < f->size)
		fail(r, SOURCE_FAILED, 0);
	say(r, SOURCE_HOLE, 0, hole);
	r->offset += hole;
}

static void
read_data(struct reader *r, const struct given *f)
{
	const uint64_t left = r->data - r->offset;
	ssize_t n;

	while (r->free == 0)
		r->free += listen_to(r);
	do
		n = pread(f->fd, r->memory + (size_t)r->slot * STRIDE + BEFORE,
		    left < PIECE_DATA_MAX ? left : PIECE_DATA_MAX, (off_t)r->offset);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		fail(r, SOURCE_FAILED, n < 0 ? errno : 0);
	r->slot = (r->slot + 1) % SLOTS;
	r->free--;
	say(r, SOURCE_DATA, 0, (uint64_t)n);
	r->offset += (uint64_t)n;
}

static void
read_one(struct reader *r, const struct given *f)
{
	r->offset = r->data = 0;
	while (r->offset < f->size) {
		const uint64_t hole = find_data(r, f);

		if (hole > 0)
			read_hole(r, f, hole);
		else
			read_data(r, f);
	}
	say(r, SOURCE_END, 0, 0);
}

/* It holds nothing of the command's but `words`: whoever reads what the command writes is not to wait for us. */
static _Noreturn void
run_reader(struct reader *r, pid_t parent, char *const paths[], uint32_t count)
{
	process_default_signals();
	if (!process_dies_with(parent, SIGKILL))
		_exit(1);
	if (r->words != STDERR_FILENO + 1 && dup2(r->words, STDERR_FILENO + 1) < 0)
		_exit(1);
	r->words = STDERR_FILENO + 1;
	process_close_from(STDERR_FILENO + 2);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)close(fd);
	for (uint32_t i = 0; i < count; i++)
		open_one(r, &r->file[i], paths[i]);
	if (listen_to(r) == BEGIN)
		for (uint32_t i = 0; i < count; i++)
			read_one(r, &r->file[i]);
	rest(r);
}

/* ------------------------------------------------------------------------- the command */

static int
start_reader(struct source *s, int words, char *const paths[], uint32_t count)
{
	struct reader r = {
		.words = words, .memory = s->memory, .free = SLOTS, .file = calloc(count, sizeof(*r.file))
	};
	const pid_t parent = getpid();
	const pid_t pid = r.file ? fork() : -1;
	const int error = r.file ? errno : ENOMEM;

	if (pid == 0)
		run_reader(&r, parent, paths, count);
	free(r.file);
	return pid < 0 ? -error : 0;
}

int
source_open(struct source *s, char *const paths[], uint32_t count)
{
	int ends[2], rc;

	*s = (struct source){ .fd = -1 };
	s->memory = mmap(NULL, (size_t)SLOTS * STRIDE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s->memory == MAP_FAILED) {
		s->memory = NULL;
		return -errno;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		rc = -errno;
	} else {
		s->fd = ends[0];
		rc = start_reader(s, ends[1], paths, count);
		(void)close(ends[1]);
	}
	if (rc < 0)
		source_close(s);
	return rc;
}

/* It always has room for the few words that we send; when it is gone, source_next() tells. */
static void
tell_reader(const struct source *s, uint8_t word)
{
	(void)send(s->fd, &word, sizeof(word), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
source_begin(struct source *s)
{
	tell_reader(s, BEGIN);
}

static void
give_back(struct source *s)
{
	if (s->taken < AT_ONCE)
		return;
	tell_reader(s, (uint8_t)s->taken);
	s->taken = 0;
}

int
source_next(struct source *s, struct source_word *w)
{
	ssize_t n;

	give_back(s);
	while ((n = recv(s->fd, w, sizeof(*w), MSG_DONTWAIT)) < 0 && errno == EINTR)
		continue;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*w) ? 1 : -EPIPE;
}

uint8_t *
source_data(struct source *s)
{
	uint8_t *data = s->memory + (size_t)s->slot * STRIDE + BEFORE;

	s->slot = (s->slot + 1) % SLOTS;
	s->taken++;
	return data;
}

void
source_close(struct source *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	if (s->memory)
		(void)munmap(s->memory, (size_t)SLOTS * STRIDE);
	*s = (struct source){ .fd = -1 };
}
