#include "session/history/history_serve.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/names/name.h"
#include "net/process.h"
#include "net/session_file.h"
#include "proto/control.h"
#include "session/history/history.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/forget.h"

#define FILES 16U   /* descriptors: of both sides, with their logs and locks */
#define SHORT_MS 20 /* for so long the files may stay open while nobody takes what was read */

/* Where the history is; or why it is not read. Without a folder there is no history: that is no error. */
struct folder {
	char path[PATH_MAX];
	int error;
	int helper; /* the helper waits there for the end of forgetting; -1: it does not */
};

/* ------------------------------------------------------------------------- output */

struct output {
	size_t length;
	uint8_t bytes[4 * FRAME_MAX];
};

static struct output output;

/* 1: try again; 0: the time is up; -errno. */
static int
await(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	const int r = poll(&p, 1, timeout_ms);

	if (r < 0)
		return errno == EINTR ? 1 : -errno;
	return r;
}

/* How many bytes are taken at once. Whether the descriptor itself blocks is its other owner's choice. */
static ssize_t
write_some(const uint8_t *bytes, size_t n)
{
	const ssize_t sent = send(STDOUT_FILENO, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 && errno == ENOTSOCK ? write(STDOUT_FILENO, bytes, n) : sent;
}

/* Writes what is gathered. -EAGAIN: nobody took all of it in time; the rest stays. */
static int
flush(int timeout_ms)
{
	size_t done = 0;
	int r = 1;

	while (r > 0 && done < output.length) {
		const ssize_t n = write_some(output.bytes + done, output.length - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			r = await(STDOUT_FILENO, POLLOUT, timeout_ms);
		else if (errno != EINTR)
			r = -errno;
	}
	output.length -= done;
	memmove(output.bytes, output.bytes + done, output.length);
	if (r < 0)
		output.length = 0;
	return r > 0 ? 0 : r < 0 ? r : -EAGAIN;
}

/* -EUCLEAN: the message says what cannot be. -EAGAIN as flush(). */
static int
put(const struct control_message *m, int timeout_ms)
{
	const int r = sizeof(output.bytes) - output.length < FRAME_MAX ? flush(timeout_ms) : 0;
	size_t n;

	if (r < 0 && (r != -EAGAIN || sizeof(output.bytes) - output.length < FRAME_MAX))
		return r;
	n = control_encode(m, output.bytes + output.length, sizeof(output.bytes) - output.length);
	output.length += n;
	return n > 0 ? 0 : -EUCLEAN;
}

/* ------------------------------------------------------------------------- an answer */

static int
put_record(void *context, const struct record *r)
{
	struct control_message m = { .type = CONTROL_RECORD, .u.record = *r };
	uint32_t *count = context;
	const int rc = put(&m, SHORT_MS);

	*count += rc == 0;
	return rc;
}

static int
wait_for_room(void *context)
{
	(void)context;
	return flush(-1);
}

static enum verdict
verdict_of(int error, uint32_t count)
{
	if (error < 0)
		return error == -EACCES || error == -EPERM ? VERDICT_FAILED : VERDICT_STORAGE;
	return count > 0 ? VERDICT_OK : VERDICT_NOTHING;
}

static int
answer(const struct folder *folder, const struct control_message *request)
{
	static const struct history_taker taker = { .take = put_record, .wait = wait_for_room };
	struct control_message end = { .type = CONTROL_READ_END };
	uint32_t *count = &end.u.read_end.count;
	int r = folder->error;

	if (r == 0)
		r = history_each(folder->path, request, &taker, count);
	if (r < 0)
		log_error("cannot read the history in '%s': %s", folder->path, strerror(-r));
	end.u.read_end.verdict = (uint8_t)verdict_of(r, *count);
	r = put(&end, -1);
	return r < 0 ? r : flush(-1);
}

/* ------------------------------------------------------------------------- forgetting */

static int
forget_asked(const char *dir, const struct control_message *m, uint64_t *count)
{
	const struct keep keep = { .age_ms = m->u.forget.keep_age_ms, .records = m->u.forget.keep_records };
	struct forget what = { .before_ms = m->u.forget.before_ms, .unread = m->u.forget.unread };
	int r;

	if (m->u.forget.keep) {
		r = forget_set_keep(dir, &keep);
		return r < 0 ? r : forget_expired(dir, clock_wall_ms(), count);
	}
	memcpy(what.partner, m->u.forget.partner, sizeof(what.partner));
	return forget(dir, &what, count);
}

static int
answer_forget(const struct folder *folder, const struct control_message *request)
{
	struct control_message end = { .type = CONTROL_READ_END };
	uint64_t count = 0;
	int r = folder->error;

	if (r == 0)
		r = forget_asked(folder->path, request, &count);
	(void)shutdown(folder->helper, SHUT_WR); /* the client may take its time to hear of it */
	if (r < 0)
		log_error("cannot forget what is in '%s': %s", folder->path, strerror(-r));
	end.u.read_end.count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	end.u.read_end.verdict = (uint8_t)(r == FORGET_UNREAD ? VERDICT_USAGE
		: r == FORGET_TYPED                           ? VERDICT_OK
							      : verdict_of(r, end.u.read_end.count));
	r = put(&end, -1);
	return r < 0 ? r : flush(-1);
}

/* ------------------------------------------------------------------------- input */

/* Where the session that is logged in keeps its inbox, else where one of that name would. */
static int
find_folder(const char *name, char out[PATH_MAX])
{
	char host[VIA_HOST_MAX + 1];
	char folder[NAME_FOLD_MAX + 1], base[NAME_FILE_MAX + 1];
	struct session_file file;
	struct rundir dir;
	int r;

	if (!via_split(name, host, &name))
		return -EINVAL;
	name_fold(name, folder);
	name_file(name, base);
	if ((r = session_file_find(&dir, RUNDIR_PLACES, host, base)) == 0) {
		r = session_file_read(&dir, base, &file);
		rundir_close(&dir);
	}
	if (r < 0)
		return session_folder(host, folder, out, false);
	memcpy(out, file.inbox, sizeof(file.inbox));
	return 0;
}

static int
take_frame(const struct folder *dir, const struct frame *f)
{
	static struct control_message m;

	if (control_decode(f, &m) < 0)
		return -EPROTO;
	if (m.type == CONTROL_HELLO)
		return m.u.hello.magic == PROTOCOL_MAGIC && m.u.hello.version == PROTOCOL_VERSION ? 0 : -EPROTO;
	if (m.type == CONTROL_FORGET)
		return answer_forget(dir, &m);
	return m.type == CONTROL_HISTORY ? answer(dir, &m) : -EPROTO;
}

static int
take_frames(const struct folder *dir, const uint8_t *in, size_t n, size_t *at)
{
	struct frame f;
	ssize_t used;
	int r;

	for (*at = 0; (used = frame_parse(in + *at, n - *at, &f)) > 0; *at += (size_t)used)
		if ((r = take_frame(dir, &f)) < 0)
			return r;
	return used < 0 ? -EPROTO : 0;
}

static int
serve(const struct folder *dir, int fd)
{
	static uint8_t in[FRAME_MAX];
	size_t have = 0, at;
	int r = 1;

	while (r >= 0) {
		const ssize_t n = read(fd, in + have, sizeof(in) - have);

		if (n == 0)
			return have == 0 ? 0 : -EPROTO;
		if (n < 0 && errno == EAGAIN)
			r = await(fd, POLLIN, -1);
		else if (n < 0 && errno != EINTR)
			r = -errno;
		if (n < 0)
			continue;
		have += (size_t)n;
		r = take_frames(dir, in, have, &at);
		have -= at;
		memmove(in, in + at, have);
	}
	return r;
}

/* What cannot be opened for want of a descriptor would look damaged. */
static int
make_room(void)
{
	const int r = process_room(FILES);

	if (r < 0)
		log_error("reading the history needs %u more open files: %s; 'ulimit -n' shows the limit", FILES,
		    strerror(-r));
	return r;
}

int
history_forget(const char *name)
{
	char dir[PATH_MAX];
	uint64_t count;
	int r;

	if (make_room() < 0)
		return EXIT_FAILURE;
	if ((r = find_folder(name, dir)) == 0)
		r = forget_expired(dir, clock_wall_ms(), &count);
	if (r >= 0 || r == -ENOENT)
		return EXIT_SUCCESS;
	log_error("cannot forget what is not to be kept: %s", strerror(-r));
	return EXIT_FAILURE;
}

int
history_serve(const char *name, int request_fd)
{
	static struct folder dir;
	int r;

	if (make_room() < 0)
		return EXIT_FAILURE;
	r = find_folder(name, dir.path);
	dir.error = r == -ENOENT ? 0 : r;
	dir.helper = request_fd;
	r = serve(&dir, request_fd >= 0 ? request_fd : STDIN_FILENO);
	return r == 0 || r == -EPIPE || r == -ECONNRESET ? EXIT_SUCCESS : EXIT_FAILURE;
}
