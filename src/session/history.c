#include "session/history.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/name.h"
#include "net/rundir.h"
#include "proto/control.h"
#include "session/database.h"
#include "session/pack.h"
#include "session/scan.h"
#include "session/search.h"
#include "session/sentbox.h"
#include "session/session.h"

#define SENT "SELECT id, count, after, time, msgid, uid, name, account, bodies FROM run WHERE id "

/* Received records, walked up or down. */
struct received {
	sqlite3 *db; /* NULL: there are none */
	struct scan up, down;
	struct record record; /* the present one */
	bool there;
};

/* Own records, walked up or down: a run at a time, and within it. */
struct sent {
	sqlite3 *db;           /* NULL: there are none */
	sqlite3_stmt *stmt[2]; /* up, down */
	sqlite3_stmt *rows;    /* the one in use */
	bool down;
	struct record record;
	uint64_t after; /* of the present one: the newest received record when it was written */
	bool there;
	struct ident msgid; /* of the run's first */
	int64_t first;
	uint32_t index;
	struct pack_view pack;
};

/* Where the history is; or why it is not read. Without a folder there is no history: that is no error. */
struct folder {
	char path[PATH_MAX];
	int error;
};

/* One request, being answered. */
struct walk {
	const struct control_message *request;
	struct received received;
	struct sent sent;
	bool searched;
	struct search_hits hits[2]; /* ids of received and own ones that hold the text */
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

static int
put(const struct control_message *m)
{
	int r = 0;

	if (sizeof(output.bytes) - output.length < FRAME_MAX)
		r = flush();
	output.length += control_encode(m, output.bytes + output.length, sizeof(output.bytes) - output.length);
	return r;
}

/* ------------------------------------------------------------------------- what was received */

static int
received_open(struct received *x, const char *dir)
{
	char path[PATH_MAX];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/inbox.db", dir) >= sizeof(path))
		return -ENAMETOOLONG;
	if (access(path, F_OK) < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((r = database_open(&x->db, path, DATABASE_READER, "BEGIN")) < 0)
		return r;
	if ((r = scan_init(&x->up, x->db, false)) < 0)
		return r;
	return scan_init(&x->down, x->db, true);
}

static void
received_release(struct received *x)
{
	scan_release(&x->up);
	scan_release(&x->down);
	database_close(x->db);
	*x = (struct received){ .db = NULL };
}

static int
received_step(struct received *x, bool down)
{
	int r = 0;

	if (x->db)
		r = scan_next(down ? &x->down : &x->up, &x->record);
	x->there = r > 0;
	return r < 0 ? r : 0;
}

static int
received_start(struct received *x, bool down, int64_t from)
{
	if (x->db)
		scan_start(down ? &x->down : &x->up, from, false);
	return received_step(x, down);
}

/* ------------------------------------------------------------------------- what was sent */

static int
sent_open(struct sent *x, const char *dir)
{
	static const char *const sql[] = { SENT "+ count > ?1 ORDER BY id", SENT "<= ?1 ORDER BY id DESC" };
	char path[PATH_MAX];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/" SENTBOX_FILE, dir) >= sizeof(path))
		return -ENAMETOOLONG;
	if (access(path, F_OK) < 0)
		return errno == ENOENT ? 0 : -errno;
	if ((r = database_open(&x->db, path, DATABASE_READER, "BEGIN")) < 0)
		return r;
	return database_prepare(x->db, sql, x->stmt, ARRAY_SIZE(sql));
}

static void
sent_release(struct sent *x)
{
	database_finalize(x->stmt, ARRAY_SIZE(x->stmt));
	database_close(x->db);
	pack_view_release(&x->pack);
	*x = (struct sent){ .db = NULL };
}

static void
copy_text(sqlite3_stmt *q, int column, char *out, size_t size)
{
	(void)snprintf(
	    out, size, "%s", sqlite3_column_text(q, column) ? (const char *)sqlite3_column_text(q, column) : "");
}

/* Of a damaged run what stands before the damage. */
static int
unpack_run(struct sent *x)
{
	sqlite3_stmt *q = x->rows;
	struct record *r = &x->record;
	int rc;

	memset(r, 0, sizeof(*r));
	memset(&x->msgid, 0, sizeof(x->msgid));
	r->own = true;
	x->first = sqlite3_column_int64(q, 0);
	x->after = (uint64_t)sqlite3_column_int64(q, 2);
	r->time_ms = sqlite3_column_int64(q, 3);
	if (sqlite3_column_bytes(q, 4) == IDENT_LEN)
		memcpy(x->msgid.b, sqlite3_column_blob(q, 4), IDENT_LEN);
	r->peer.uid = (uint32_t)sqlite3_column_int64(q, 5);
	copy_text(q, 6, r->peer.name, sizeof(r->peer.name));
	copy_text(q, 7, r->peer.account, sizeof(r->peer.account));
	rc = pack_open(&x->pack, sqlite3_column_blob(q, 8), (size_t)sqlite3_column_bytes(q, 8));
	x->index = x->down ? x->pack.count : UINT32_MAX; /* before the first step */
	return rc == -ENOMEM ? rc : 0;
}

static bool
run_step(struct sent *x)
{
	struct record *r = &x->record;

	if (x->down ? x->index == 0 : x->index + 1 >= x->pack.count)
		return false;
	x->index += x->down ? UINT32_MAX : 1; /* one down, or up */
	r->id = (uint64_t)x->first + x->index;
	r->msgid = ident_add(&x->msgid, x->index);
	r->body = pack_body(&x->pack, x->index, &r->length);
	return true;
}

static int
sent_step(struct sent *x)
{
	int r;

	x->there = false;
	if (!x->db)
		return 0;
	while (!(x->there = run_step(x))) {
		if ((r = database_row(x->rows)) <= 0)
			return r;
		if ((r = unpack_run(x)) < 0)
			return r;
	}
	return 0;
}

static int
sent_start(struct sent *x, bool down, int64_t from)
{
	int r;

	if (!x->db)
		return 0;
	x->down = down;
	x->rows = x->stmt[down];
	x->pack.count = 0;
	x->index = down ? 0 : UINT32_MAX;
	(void)sqlite3_reset(x->rows);
	(void)sqlite3_bind_int64(x->rows, 1, from);
	do
		r = sent_step(x);
	while (r == 0 && x->there && (down ? (int64_t)x->record.id > from : (int64_t)x->record.id < from));
	return r;
}

/* ------------------------------------------------------------------------- both, in one order */

static bool
is_hit(const struct search_hits *h, int64_t id)
{
	size_t low = 0, high = h->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (h->id[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < h->count && h->id[low] == id;
}

static bool
is_wanted(const struct walk *w, const struct record *r)
{
	const struct control_message *m = w->request;

	if (m->u.history.partner[0] && !name_equal(r->peer.name, m->u.history.partner))
		return false;
	if (r->time_ms < m->u.history.since_ms)
		return false;
	return !w->searched || (r->type == RECORD_MESSAGE && is_hit(&w->hits[r->own], (int64_t)r->id));
}

/* Whether the next one is an own record: it stands behind the received one that was the newest when it was written. */
static bool
own_is_next(const struct walk *w, bool down)
{
	if (!w->sent.there || !w->received.there)
		return w->sent.there;
	return (w->sent.after >= w->received.record.id) == down;
}

/* The record at which the walk stands, or NULL at its end. */
static const struct record *
walk_record(const struct walk *w, bool down)
{
	if (!w->sent.there && !w->received.there)
		return NULL;
	return own_is_next(w, down) ? &w->sent.record : &w->received.record;
}

static int
walk_step(struct walk *w, bool down)
{
	return own_is_next(w, down) ? sent_step(&w->sent) : received_step(&w->received, down);
}

static int
walk_start(struct walk *w, bool down, int64_t received, int64_t sent)
{
	const int r = received_start(&w->received, down, received);

	return r < 0 ? r : sent_start(&w->sent, down, sent);
}

/* Where the latest `limit` records begin: found by walking down until there are so many. */
static int
find_beginning(struct walk *w, uint32_t limit, int64_t *received, int64_t *sent)
{
	const struct record *r;
	int rc = walk_start(w, true, INT64_MAX, INT64_MAX);

	*received = *sent = INT64_MAX;
	while (rc == 0 && (r = walk_record(w, true))) {
		*(r->own ? sent : received) = (int64_t)r->id;
		if (is_wanted(w, r) && --limit == 0)
			return 0;
		rc = walk_step(w, true);
	}
	*received = *sent = 0;
	return rc;
}

static int
search(struct walk *w, const char *dir)
{
	const char *text = w->request->u.history.grep;

	if (!text[0])
		return 0;
	w->searched = true;
	return search_find(dir, w->received.db, w->sent.db, text, &w->hits[0], &w->hits[1]);
}

static int
put_records(struct walk *w, uint32_t *count)
{
	const uint32_t limit = w->request->u.history.limit;
	struct control_message m = { .type = CONTROL_RECORD };
	int64_t received = 0, sent = 0;
	const struct record *r;
	int rc = limit > 0 ? find_beginning(w, limit, &received, &sent) : 0;

	if (rc == 0)
		rc = walk_start(w, false, received, sent);
	while (rc == 0 && (r = walk_record(w, false))) {
		if (is_wanted(w, r)) {
			m.u.record = *r;
			if ((rc = put(&m)) < 0)
				return rc;
			++*count;
		}
		rc = walk_step(w, false);
	}
	return rc;
}

/* A side that cannot be opened is left out: what can be read is shown. Returns how it went. */
static int
open_both(struct walk *w, const char *dir)
{
	const int received = received_open(&w->received, dir), sent = sent_open(&w->sent, dir);

	if (received < 0)
		received_release(&w->received);
	if (sent < 0)
		sent_release(&w->sent);
	return received < 0 ? received : sent;
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
	const char *const dir = folder->path;
	struct control_message end = { .type = CONTROL_READ_END };
	struct walk w = { .request = request };
	const int opened = folder->error < 0 ? folder->error : open_both(&w, dir);
	int r = folder->error < 0 ? folder->error : search(&w, dir);

	if (r == 0)
		r = put_records(&w, &end.u.read_end.count);
	if (r == 0)
		r = opened;
	received_release(&w.received);
	sent_release(&w.sent);
	search_hits_release(&w.hits[0]);
	search_hits_release(&w.hits[1]);
	if (r < 0)
		log_error("cannot read the history in '%s': %s", dir, strerror(-r));
	end.u.read_end.verdict = (uint8_t)verdict_of(r, end.u.read_end.count);
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
		return session_inbox(folded, out, size, false);
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
	int r = find_folder(name, dir.path, sizeof(dir.path));

	dir.error = r == -ENOENT ? 0 : r;
	r = request_fd >= 0 ? serve(&dir, request_fd) : 0;
	if (r == 0)
		r = serve(&dir, STDIN_FILENO);
	return r == 0 || r == -EPIPE || r == -ECONNRESET ? EXIT_SUCCESS : EXIT_FAILURE;
}
