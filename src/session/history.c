#include "session/history.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/name.h"
#include "proto/control.h"
#include "session/database.h"
#include "session/scan.h"
#include "session/search.h"
#include "session/sentbox.h"
#include "session/session.h"

#define INBOX_ROWS "SELECT id, time, type, body FROM record WHERE id > ?1 AND id <= ?2 ORDER BY id"
#define SENT_ROWS \
	"SELECT id, after, time, msgid, uid, name, account, bodies FROM run WHERE id + count > ?1 AND id <= ?2 ORDER BY id"

/* Our own messages, one after another out of the runs that they are kept in. */
struct sent {
	sqlite3 *db; /* NULL: nothing was ever sent */
	sqlite3_stmt *rows;
	const uint8_t *p, *end; /* bodies of the run not yet given */
	int64_t id, after;
	struct record next; /* but its body's owner is the statement's row */
};

/* Two sorted lists read side by side: what was sent stands behind the inbox record that was the newest then. */
struct merge {
	struct scan inbox;
	struct sent sent;
	struct record record;
	int have_record, have_sent; /* 1: the next one is there, 0: the list has ended */
};

struct history {
	char dir[PATH_MAX];
	sqlite3 *inbox;
	struct merge merge;
	struct search *search; /* NULL until somebody searches */
};

/* ------ our own messages ------ */

static void
copy_column(sqlite3_stmt *q, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	(void)snprintf(out, size, "%s", text ? text : "");
}

static int
sent_run(struct sent *s)
{
	int r;

	if ((r = database_row(s->rows)) <= 0)
		return r;
	s->id = sqlite3_column_int64(s->rows, 0) - 1;
	s->after = sqlite3_column_int64(s->rows, 1);
	memset(&s->next, 0, sizeof(s->next));
	s->next.own = true;
	s->next.type = RECORD_MESSAGE;
	s->next.time_ms = sqlite3_column_int64(s->rows, 2);
	if (sqlite3_column_bytes(s->rows, 3) != IDENT_LEN)
		return -EUCLEAN;
	s->next.msgid = ident_add(sqlite3_column_blob(s->rows, 3), UINT64_MAX);
	s->next.peer.uid = (uint32_t)sqlite3_column_int64(s->rows, 4);
	copy_column(s->rows, 5, s->next.peer.name, sizeof(s->next.peer.name));
	copy_column(s->rows, 6, s->next.peer.account, sizeof(s->next.peer.account));
	s->p = sqlite3_column_blob(s->rows, 7);
	s->end = s->p + sqlite3_column_bytes(s->rows, 7);
	return 1;
}

/* 1 and s->next, s->id, s->after; 0 at the end; -errno. */
static int
sent_next(struct sent *s)
{
	int r;

	while (s->rows) {
		if (s->p && sentbox_body(&s->p, s->end, &s->next.body, &s->next.length)) {
			s->id++;
			s->next.msgid = ident_add(&s->next.msgid, 1);
			return s->next.length <= MESSAGE_MAX ? 1 : -EUCLEAN;
		}
		if ((r = sent_run(s)) <= 0)
			return r;
	}
	return 0;
}

static void
sent_start(struct sent *s, int64_t above)
{
	s->p = s->end = NULL;
	if (!s->rows)
		return;
	(void)sqlite3_reset(s->rows);
	(void)sqlite3_bind_int64(s->rows, 1, above);
	(void)sqlite3_bind_int64(s->rows, 2, INT64_MAX);
}

/* ------ both, in one order ------ */

static void
merge_stop(struct merge *m)
{
	scan_stop(&m->inbox);
	if (m->sent.rows)
		(void)sqlite3_reset(m->sent.rows);
}

static int
merge_start(struct merge *m, int64_t inbox_above, int64_t sent_above)
{
	scan_start(&m->inbox, inbox_above, INT64_MAX);
	sent_start(&m->sent, sent_above);
	if ((m->have_record = scan_next(&m->inbox, &m->record)) < 0)
		return m->have_record;
	return m->have_sent = sent_next(&m->sent);
}

/* Calls fn for each message and event, until it returns false; then -ECANCELED. */
static int
merge_each(struct merge *m, int64_t inbox_above, int64_t sent_above,
    bool (*fn)(const struct record *r, struct search_key key, void *context), void *context)
{
	int r = merge_start(m, inbox_above, sent_above);

	while (r >= 0 && (m->have_record > 0 || m->have_sent > 0)) {
		const bool own = m->have_sent > 0 && (m->have_record == 0 || m->sent.after < (int64_t)m->record.id);
		const struct search_key key = {.id = own ? m->sent.id : (int64_t)m->record.id, .own = own};

		if (own)
			m->sent.next.id = (uint64_t)m->sent.after;
		if (!fn(own ? &m->sent.next : &m->record, key, context))
			r = -ECANCELED;
		else if (own)
			r = m->have_sent = sent_next(&m->sent);
		else
			r = m->have_record = scan_next(&m->inbox, &m->record);
	}
	merge_stop(m);
	return r < 0 ? r : 0;
}

/* ------ one request ------ */

struct request {
	const struct control_message *wish;
	const struct search *search; /* NULL: no search */
	uint64_t skip;               /* matches before the first that is shown */
	uint64_t matches;
	uint32_t shown;
	uint8_t frame[FRAME_MAX];
};

static bool
matches(const struct request *q, const struct record *r, struct search_key key)
{
	const char *partner = q->wish->u.history.partner;

	if (r->time_ms < q->wish->u.history.since_ms)
		return false;
	if (partner[0] && !name_equal(partner, r->peer.name))
		return false;
	return !q->search || search_found(q->search, key);
}

static bool
count_match(const struct record *r, struct search_key key, void *context)
{
	struct request *q = context;

	q->matches += matches(q, r, key);
	return true;
}

/* Standard output is somebody's socket, which may not block. */
static bool
write_all(const uint8_t *data, size_t n)
{
	while (n > 0) {
		struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
		const ssize_t w = write(STDOUT_FILENO, data, n);

		if (w > 0) {
			data += w;
			n -= (size_t)w;
		} else if (w < 0 && errno == EAGAIN) {
			(void)poll(&p, 1, -1);
		} else if (w < 0 && errno != EINTR) {
			return false;
		}
	}
	return true;
}

static bool
send_message(struct request *q, const struct control_message *m)
{
	const size_t n = control_encode(m, q->frame, sizeof(q->frame));

	return n > 0 && write_all(q->frame, n);
}

static bool
show_match(const struct record *r, struct search_key key, void *context)
{
	struct request *q = context;
	struct control_message m = {.type = CONTROL_RECORD, .u.record = *r};

	if (!matches(q, r, key))
		return true;
	if (q->skip > 0) {
		q->skip--;
		return true;
	}
	q->shown++;
	return send_message(q, &m);
}

static bool
index_message(const struct record *r, struct search_key key, void *context)
{
	return r->type != RECORD_MESSAGE || search_add(context, key, r->body, r->length) == 0;
}

static int
search_words(struct history *h, const char *words)
{
	int r;

	if (!h->search) {
		if ((r = search_open(&h->search, h->dir)) < 0)
			return r;
		r = merge_each(&h->merge, search_newest(h->search, false), search_newest(h->search, true), index_message,
		    h->search);
		if (r == -ECANCELED)
			r = -EIO;
		if (r < 0 || (r = search_commit(h->search)) < 0)
			return r;
	}
	return search_find(h->search, words);
}

static int
answer(struct history *h, struct request *q)
{
	const uint32_t limit = q->wish->u.history.limit;
	int r = 0;

	if (q->wish->u.history.grep[0]) {
		if ((r = search_words(h, q->wish->u.history.grep)) < 0)
			return r;
		q->search = h->search;
	}
	if (limit > 0) {
		if ((r = merge_each(&h->merge, 0, 0, count_match, q)) < 0)
			return r;
		q->skip = q->matches > limit ? q->matches - limit : 0;
	}
	return merge_each(&h->merge, 0, 0, show_match, q);
}

/* False when nobody takes the answer. */
static bool
serve_request(struct history *h, const struct control_message *wish)
{
	static struct request q; /* large */
	struct control_message end = {.type = CONTROL_READ_END};
	int r;

	q = (struct request) {.wish = wish};
	r = answer(h, &q);
	if (r == -ECANCELED)
		return false;
	if (r < 0)
		log_error("the history in %s: %s", h->dir, strerror(-r));
	end.u.read_end.count = q.shown;
	end.u.read_end.verdict = r < 0 ? VERDICT_STORAGE : q.shown == 0 ? VERDICT_NOTHING : VERDICT_OK;
	return send_message(&q, &end);
}

/* ------ serving ------ */

/* Whole frames of `data`; returns what was used, -1 on a frame that is none of ours. */
static ssize_t
serve_frames(struct history *h, const uint8_t *data, size_t n)
{
	struct control_message m;
	size_t done = 0;
	struct frame f;
	ssize_t used;

	while ((used = frame_parse(data + done, n - done, &f)) > 0) {
		if (control_decode(&f, &m) < 0)
			return -1;
		if (m.type == CONTROL_HISTORY && !serve_request(h, &m))
			return -1;
		if (m.type != CONTROL_HISTORY && m.type != CONTROL_HELLO)
			return -1;
		done += (size_t)used;
	}
	return used < 0 ? -1 : (ssize_t)done;
}

static int
serve_descriptor(struct history *h, int fd)
{
	static uint8_t in[FRAME_MAX];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t have = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, in + have, sizeof(in) - have);
		if (n == 0)
			return EXIT_SUCCESS;
		if (n < 0 && errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (n < 0 && errno != EINTR)
			return EXIT_FAILURE;
		if (n <= 0)
			continue;
		have += (size_t)n;
		if ((n = serve_frames(h, in, have)) < 0)
			return EXIT_FAILURE;
		have -= (size_t)n;
		memmove(in, in + n, have);
	}
}

static int
open_sent(struct history *h)
{
	static const char *const rows[] = {SENT_ROWS};
	struct sent *s = &h->merge.sent;
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/" SENTBOX_FILE, h->dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = database_open(&s->db, path, DATABASE_READER, "");
	if (r == -ENOENT || r == -EUCLEAN) {
		if (r == -EUCLEAN)
			log_error("%s is damaged: what was sent is not shown", path);
		return 0;
	}
	return r < 0 ? r : database_prepare(s->db, rows, &s->rows, 1);
}

static int
history_open(struct history *h, const char *name)
{
	char folded[NAME_MAX_LEN + 1], path[PATH_MAX];
	int r;

	name_fold(name, folded);
	if ((r = session_inbox(folded, h->dir, sizeof(h->dir), false)) < 0)
		return r;
	if (snprintf(path, sizeof(path), "%s/inbox.db", h->dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if ((r = database_open(&h->inbox, path, DATABASE_READER, "")) < 0)
		return r;
	if ((r = scan_init(&h->merge.inbox, h->inbox, INBOX_ROWS)) < 0)
		return r;
	return open_sent(h);
}

static void
history_close(struct history *h)
{
	search_close(h->search);
	database_finalize(&h->merge.sent.rows, 1);
	database_close(h->merge.sent.db);
	scan_release(&h->merge.inbox);
	database_close(h->inbox);
}

int
history_serve(const char *name, int request_fd)
{
	struct history h = {0};
	int status = EXIT_SUCCESS;
	const int r = history_open(&h, name);

	if (r < 0) {
		log_error("the history of '%s': %s", name, strerror(-r));
		status = EXIT_FAILURE;
	}
	if (status == EXIT_SUCCESS && request_fd >= 0)
		status = serve_descriptor(&h, request_fd);
	if (status == EXIT_SUCCESS)
		status = serve_descriptor(&h, STDIN_FILENO);
	history_close(&h);
	return status;
}
