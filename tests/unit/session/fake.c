#include "session/fake.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/closing.h"

static struct {
	bool on;
	struct stream *stream;
	const struct stream *stalled; /* this one has output queued */
	bool resumed;
	uint8_t in[FRAME_MAX * 4], out[FRAME_MAX * 16];
	size_t in_len, out_len, out_at;
	struct acceptor *acceptor;
	bool listens;
	unsigned closed;
	int last_closed;
	const char *missing[4];
	unsigned renewed; /* a file that was made again has another inode */
	int tell;         /* the other end of the watch's descriptor */
} fake;

void
fake_begin(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.on = true;
}

/* ------------------------------------------------------------------------- streams */

struct stream *
fake_stream(void)
{
	return fake.stream;
}

void __real_stream_init(struct stream *s, const struct stream_class *class, struct ev_loop *loop, int fd);
void
__wrap_stream_init(struct stream *s, const struct stream_class *class, struct ev_loop *loop, int fd)
{
	if (!fake.on) {
		__real_stream_init(s, class, loop, fd);
		return;
	}
	*s = (struct stream){ .class = class };
	s->io.fd = -1;
	fake.stream = s;
	fake.in_len = 0;
	fake.resumed = false;
}

bool __real_stream_write(struct stream *s, const void *data, size_t n);
bool
__wrap_stream_write(struct stream *s, const void *data, size_t n)
{
	if (!fake.on)
		return __real_stream_write(s, data, n);
	if (s->dead)
		return false;
	ck_assert_uint_le(fake.out_len + n, sizeof(fake.out));
	memcpy(fake.out + fake.out_len, data, n);
	fake.out_len += n;
	return true;
}

void __real_stream_cork(struct stream *s);
void
__wrap_stream_cork(struct stream *s)
{
	if (!fake.on)
		__real_stream_cork(s);
	s->corked = true;
}

void __real_stream_uncork(struct stream *s);
void
__wrap_stream_uncork(struct stream *s)
{
	if (!fake.on)
		__real_stream_uncork(s);
	s->corked = false;
}

void __real_stream_pause(struct stream *s);
void
__wrap_stream_pause(struct stream *s)
{
	if (!fake.on)
		__real_stream_pause(s);
	s->paused = true;
}

void __real_stream_resume(struct stream *s);
void
__wrap_stream_resume(struct stream *s)
{
	if (!fake.on) {
		__real_stream_resume(s);
		return;
	}
	fake.resumed |= s->paused;
	s->paused = false;
}

void __real_stream_close(struct stream *s, int error);
void
__wrap_stream_close(struct stream *s, int error)
{
	if (!fake.on) {
		__real_stream_close(s, error);
	} else if (!s->dead) {
		s->dead = true;
		s->error = error;
	}
}

void __real_stream_hand_over(struct stream *s);
void
__wrap_stream_hand_over(struct stream *s)
{
	if (!fake.on)
		__real_stream_hand_over(s);
	else
		s->dead = s->shared = true;
}

void __real_stream_release(struct stream *s);
void
__wrap_stream_release(struct stream *s)
{
	if (!fake.on)
		__real_stream_release(s);
	else
		fake.stream = NULL;
}

static void
give_input(void)
{
	struct stream *s = fake.stream;
	ssize_t used;

	if (!s || s->dead || s->paused || fake.in_len == 0)
		return;
	used = s->class->input(s, fake.in, fake.in_len);
	if (used < 0) {
		s->dead = true;
		s->error = EPROTO;
		return;
	}
	ck_assert_uint_le((size_t)used, fake.in_len);
	fake.in_len -= (size_t)used;
	memmove(fake.in, fake.in + used, fake.in_len);
}

size_t
fake_input(struct stream *s, const void *bytes, size_t n)
{
	ck_assert_ptr_eq(s, fake.stream);
	ck_assert_uint_le(fake.in_len + n, sizeof(fake.in));
	memcpy(fake.in + fake.in_len, bytes, n);
	fake.in_len += n;
	give_input();
	return fake.in_len;
}

bool
fake_output(struct frame *f)
{
	const ssize_t used = frame_parse(fake.out + fake.out_at, fake.out_len - fake.out_at, f);

	ck_assert_int_ge(used, 0);
	fake.out_at += (size_t)used;
	if (used == 0)
		fake.out_at = fake.out_len = 0;
	return used > 0;
}

size_t __real_stream_pending(const struct stream *s);
size_t
__wrap_stream_pending(const struct stream *s)
{
	return fake.on ? fake.stalled == s : __real_stream_pending(s);
}

void
fake_stall(const struct stream *s, bool stalled)
{
	fake.stalled = stalled ? s : NULL;
}

void
fake_turn(void)
{
	struct stream *s = fake.stream;

	if (fake.resumed) {
		fake.resumed = false;
		give_input();
	}
	if (!s || !s->dead)
		return;
	fake.stream = NULL;
	fake.in_len = 0;
	s->class->closed(s, s->error);
}

void
fake_hang_up(struct stream *s)
{
	s->dead = true;
	s->error = 0;
	fake_turn();
}

/* ------------------------------------------------------------------------- connections that come in */

void __real_acceptor_init(struct acceptor *a, struct ev_loop *loop, unsigned a_turn,
    void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer));
void
__wrap_acceptor_init(struct acceptor *a, struct ev_loop *loop, unsigned a_turn,
    void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer))
{
	if (!fake.on)
		__real_acceptor_init(a, loop, a_turn, accepted);
	a->accepted = accepted;
	fake.acceptor = a;
}

void __real_acceptor_start(struct acceptor *a, int fd);
void
__wrap_acceptor_start(struct acceptor *a, int fd)
{
	if (!fake.on)
		__real_acceptor_start(a, fd);
	fake.listens = true;
}

void __real_acceptor_stop(struct acceptor *a);
void
__wrap_acceptor_stop(struct acceptor *a)
{
	if (!fake.on)
		__real_acceptor_stop(a);
	fake.listens = false;
}

int __real_socket_listen(const char *path, mode_t mode, gid_t gid, ino_t *ino);
int
__wrap_socket_listen(const char *path, mode_t mode, gid_t gid, ino_t *ino)
{
	if (!fake.on)
		return __real_socket_listen(path, mode, gid, ino);
	ck_assert_uint_eq(mode, 0600);
	*ino = 1;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void __real_socket_remove(const char *path, ino_t ino);
void
__wrap_socket_remove(const char *path, ino_t ino)
{
	if (!fake.on)
		__real_socket_remove(path, ino);
	else
		ck_assert_uint_eq(ino, 1);
}

void __real_closing_socket(struct ev_loop *loop, int fd);
void
__wrap_closing_socket(struct ev_loop *loop, int fd)
{
	if (!fake.on)
		__real_closing_socket(loop, fd);
	fake.closed++;
	fake.last_closed = fd;
}

void
fake_connect(int fd, uid_t uid)
{
	const struct credentials peer = { .uid = uid };

	ck_assert(fake.listens);
	fake.acceptor->accepted(fake.acceptor, fd, &peer);
}

bool
fake_listens(void)
{
	return fake.listens;
}

unsigned
fake_closed(int *last)
{
	*last = fake.last_closed;
	return fake.closed;
}

/* ------------------------------------------------------------------------- files */

static bool
ends_with(const char *path, const char *suffix)
{
	const size_t n = strlen(path), k = strlen(suffix);

	return n >= k && strcmp(path + n - k, suffix) == 0;
}

void
fake_file(const char *suffix, bool there)
{
	for (size_t i = 0; i < 4; i++) {
		if (!there && !fake.missing[i]) {
			fake.missing[i] = suffix;
			return;
		}
		if (there && fake.missing[i] && strcmp(fake.missing[i], suffix) == 0) {
			fake.missing[i] = NULL;
			fake.renewed++;
		}
	}
}

int __real_lstat(const char *path, struct stat *st);
int
__wrap_lstat(const char *path, struct stat *st)
{
	if (!fake.on)
		return __real_lstat(path, st);
	for (size_t i = 0; i < 4; i++) {
		if (fake.missing[i] && ends_with(path, fake.missing[i])) {
			errno = ENOENT;
			return -1;
		}
	}
	*st = (struct stat){ .st_dev = 1, .st_ino = 7 };
	return 0;
}

int __real_inotify_init1(int flags);
int
__wrap_inotify_init1(int flags)
{
	int fds[2];

	if (!fake.on)
		return __real_inotify_init1(flags);
	if (fake.tell < 0 || pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		return -1;
	fake.tell = fds[1];
	return fds[0];
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int
__wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return fake.on ? 1 : __real_inotify_add_watch(fd, path, mask);
}

void
fake_notify(struct ev_loop *loop)
{
	ck_assert_int_eq(write(fake.tell, "x", 1), 1);
	ev_run(loop, EVRUN_ONCE);
}
