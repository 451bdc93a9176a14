#include "session/history/history_serve.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/name.h"
#include "net/process.h"
#include "net/rundir.h"
#include "proto/control.h"
#include "session/history/history.h"
#include "session/mailbox/folder.h"

#define FILES 16U /* descriptors: of both sides and the search index, with their logs and locks */

/* Where the history is; or why it is not read. Without a folder there is no history: that is no error. */
struct folder {
	char path[PATH_MAX];
	int error;
};

/* ------------------------------------------------------------------------- output */

struct output {
	size_t length;
	uint8_t bytes[4 * FRAME_MAX];
};

static struct output output;

/* Whether the descriptor blocks is its other owner's choice. */
static int
await(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int
flush(void)
{
	size_t done = 0;
	int r = 0;

	while (r == 0 && done < output.length) {
		const ssize_t n = write(STDOUT_FILENO, output.bytes + done, output.length - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			r = await(STDOUT_FILENO, POLLOUT);
		else if (errno != EINTR)
			r = -errno;
	}
	output.length = 0;
	return r;
}

/* -EUCLEAN: the message says what cannot be. */
static int
put(const struct control_message *m)
{
	const int r = sizeof(output.bytes) - output.length < FRAME_MAX ? flush() : 0;
	size_t n;

	if (r < 0)
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
	const int rc = put(&m);

	*count += rc == 0;
	return rc;
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
	struct control_message end = { .type = CONTROL_READ_END };
	uint32_t *count = &end.u.read_end.count;
	int r = folder->error;

	if (r == 0)
		r = history_each(folder->path, request, put_record, count);
	if (r < 0)
		log_error("cannot read the history in '%s': %s", folder->path, strerror(-r));
	end.u.read_end.verdict = (uint8_t)verdict_of(r, *count);
	r = put(&end);
	return r < 0 ? r : flush();
}

/* ------------------------------------------------------------------------- input */

/* Where the session that is logged in keeps its inbox, else where one of that name would. */
static int
find_folder(const char *name, char *out, size_t size)
{
	char folded[NAME_MAX_LEN + 1];
	struct session_file file;
	struct rundir dir;
	int r;

	name_fold(name, folded);
	if ((r = rundir_open(&dir, false)) == 0) {
		r = session_file_read(&dir, folded, &file);
		rundir_close(&dir);
	}
	if (r < 0)
		return session_folder(folded, out, size, false);
	return (size_t)snprintf(out, size, "%s", file.inbox) < size ? 0 : -ENAMETOOLONG;
}

static int
take_frame(const struct folder *dir, const struct frame *f)
{
	static struct control_message m;

	if (control_decode(f, &m) < 0)
		return -EPROTO;
	if (m.type == CONTROL_HELLO)
		return m.u.hello.magic == PROTOCOL_MAGIC && m.u.hello.version == PROTOCOL_VERSION ? 0 : -EPROTO;
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
	int r = 0;

	while (r == 0) {
		const ssize_t n = read(fd, in + have, sizeof(in) - have);

		if (n == 0)
			return have == 0 ? 0 : -EPROTO;
		if (n < 0 && errno == EAGAIN)
			r = await(fd, POLLIN);
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

int
history_serve(const char *name, int request_fd)
{
	static struct folder dir;
	int r = process_room(FILES);

	/* What cannot be opened for want of one would look damaged. */
	if (r < 0) {
		log_error("reading the history needs %u more open files: %s; 'ulimit -n' shows the limit", FILES,
		    strerror(-r));
		return EXIT_FAILURE;
	}
	r = find_folder(name, dir.path, sizeof(dir.path));
	dir.error = r == -ENOENT ? 0 : r;
	r = request_fd >= 0 ? serve(&dir, request_fd) : 0;
	if (r == 0)
		r = serve(&dir, STDIN_FILENO);
	return r == 0 || r == -EPIPE || r == -ECONNRESET ? EXIT_SUCCESS : EXIT_FAILURE;
}
