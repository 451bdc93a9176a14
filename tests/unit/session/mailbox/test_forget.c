/*
 * What is forgotten is gone: no byte of it is in any file of the folder; what was not meant is as it was; ids stay
 * known; what is unread is not forgotten unasked.
 */
#include <check.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/chat/editor/recall.h"
#include "db/database.h"
#include "folder.h"
#include "number.h"
#include "proto/typed_line.h"
#include "session/history/history.h"
#include "session/mailbox/forget_impl.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"

#define SAID 120

static const struct store_limits roomy = { 1000, 1 << 22 };
static const struct peer alice = { .name = "alice", .account = "al", .uid = 1000 };
static const struct peer carol = { .name = "carol", .account = "ca", .uid = 1001 };

static char dir[FOLDER_PATH];
static struct store *store;

static void
open_store(void)
{
	char note[STORE_NOTE];

	ck_assert_int_eq(store_open(&store, dir, &roomy, note), 0);
	ck_assert_str_eq(note, "");
}

static void
setup(void)
{
	folder_make(dir);
	open_store();
}

static void
teardown(void)
{
	store_close(store);
	folder_remove(dir);
}

static bool
is_carols(unsigned n)
{
	return n % 3 == 0;
}

/* "secret 17 xxx...", some of them longer than a page. */
static struct msg
message(unsigned n)
{
	static char text[9000];
	struct msg m = { .pair = 1, .id = number(n), .body = (const uint8_t *)text };
	const int head = snprintf(text, sizeof(text), "secret%u.", n);
	const size_t length = n % 10 == 0 ? 8500 : n % 7 * 40 + 20;

	memset(text + head, 'a' + (int)(n % 26), sizeof(text) - (size_t)head);
	m.length = (uint32_t)length;
	return m;
}

/* 1 to SAID, each at its own time n, or ten at a time; every fourth is our own. */
static void
talk(bool packed)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct sentbox *box = sentbox_new(loop, dir);

	for (unsigned n = 1; n <= SAID; n++) {
		const struct peer *peer = is_carols(n) ? &carol : &alice;
		const struct msg m = message(n);

		if (n % 4 == 0) {
			sentbox_forwarded(box, &m);
			sentbox_acked(box, &m.id, 1, peer, store_newest(store));
		} else {
			ck_assert_int_eq(store_message(store, peer, &m, packed ? 1 + n / 10 * 10 : n), STORE_ADDED);
		}
		if (!packed || n % 10 == 9)
			ck_assert_int_eq(store_commit(store), 0);
	}
	ck_assert_int_eq(store_commit(store), 0);
	sentbox_free(box);
	ev_loop_destroy(loop);
}

/* Whether the bytes of message n are in a file of the folder. */
static bool
is_found(unsigned n)
{
	char start[32];

	(void)snprintf(start, sizeof(start), "secret%u.", n);
	return folder_holds(dir, start);
}

static void
expect_found(bool (*gone)(unsigned n))
{
	for (unsigned n = 1; n <= SAID; n++)
		ck_assert_msg(is_found(n) != gone(n), "message %u is %sfound", n, gone(n) ? "" : "not ");
}

static int
count_record(void *context, const struct record *r)
{
	unsigned *count = context, n;

	*count += 1;
	if (r->type == RECORD_MESSAGE) {
		ck_assert_int_eq(sscanf((const char *)r->body, "secret%u.", &n), 1);
		ck_assert_mem_eq(r->body, message(n).body, r->length);
		ck_assert_str_eq(r->peer.name, is_carols(n) ? "carol" : "alice");
	}
	return 0;
}

static unsigned
count_history(void)
{
	static const struct history_taker taker = { .take = count_record };
	const struct control_message m = { .type = CONTROL_HISTORY };
	unsigned count = 0;

	ck_assert_int_eq(history_each(dir, &m, &taker, &count), 0);
	return count;
}

static uint64_t
forget_ok(const char *partner, int64_t before, bool unread)
{
	struct forget what = { .before_ms = before, .unread = unread };
	uint64_t count;

	(void)snprintf(what.partner, sizeof(what.partner), "%s", partner);
	ck_assert_int_eq(forget(dir, &what, &count), 0);
	return count;
}

static void
read_all(void)
{
	ck_assert_int_eq(store_mark(store, store_newest(store), KINDS_ALL), 0);
}

START_TEST(with_one_partner)
{
	talk(_i);
	read_all();
	ck_assert_uint_eq(forget_ok("Carol", 0, false), SAID / 3);
	expect_found(is_carols);
	ck_assert_uint_eq(count_history(), SAID - SAID / 3);
	ck_assert_uint_eq(forget_ok("carol", 0, false), 0);
}
END_TEST

static bool
is_all(unsigned n)
{
	(void)n;
	return true;
}

/* Everything, also with copies of damaged files; and the names of those who said it. */
START_TEST(with_everybody)
{
	char command[256];

	talk(_i);
	read_all();
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 500), 0);
	ck_assert_int_eq(store_commit(store), 0);
	read_all();
	(void)snprintf(command, sizeof(command),
	    "cd %s && cp inbox.db inbox.db.corrupt-20260101T000000Z && cp inbox.db-wal inbox.db-wal.corrupt-1 && cp "
	    "sent.db"
	    " sent.db.corrupt-1",
	    dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_uint_eq(forget_ok("", 0, false), SAID + 1);
	expect_found(is_all);
	ck_assert_uint_eq(count_history(), 0);
	(void)snprintf(command, sizeof(command), "! grep -ra 'alice\\|carol' %s && ! ls %s | grep corrupt", dir, dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static bool
is_early(unsigned n)
{
	return n < 50 && n % 4 != 0; /* own ones are of now */
}

START_TEST(before_a_time)
{
	talk(false);
	read_all();
	ck_assert_uint_eq(forget_ok("", 50, false), 49 - 12);
	expect_found(is_early);
	ck_assert_uint_eq(count_history(), SAID - 37);
}
END_TEST

/* Ids are known, and no record gets the id of one that was forgotten, by the helper that lives and by the next one. */
START_TEST(ids_stay_known)
{
	const uint64_t newest = (talk(_i), store_newest(store));

	read_all();
	ck_assert_uint_eq(forget_ok("", 0, false), SAID);
	for (int round = 0; round < 2; round++) {
		for (unsigned n = 1; n <= SAID; n++)
			if (n % 4 != 0) {
				const struct msg m = message(n);

				ck_assert_int_eq(
				    store_message(store, is_carols(n) ? &carol : &alice, &m, 1), STORE_KNOWN);
			}
		ck_assert_int_eq(store_commit(store), 0);
		ck_assert_uint_eq(store_newest(store), newest);
		store_close(store);
		open_store();
	}
	ck_assert_uint_eq(store_unread(store), 0);
}
END_TEST

/* The same where the latest records are no messages, whose rows go whole: what was read is not behind all that there is. */
START_TEST(events_have_ids)
{
	const struct msg m = message(1);
	uint64_t newest;

	talk(false);
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 500), 0);
	ck_assert_int_eq(store_event(store, RECORD_PAIRED, &carol, 501), 0);
	ck_assert_int_eq(store_commit(store), 0);
	newest = store_newest(store);
	if (_i > 0)
		read_all();
	ck_assert_uint_eq(forget_ok("", 0, true), SAID + 2);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(store_message(store, &alice, &m, 1), STORE_KNOWN);
		ck_assert_uint_eq(store_newest(store), newest);
		ck_assert_uint_eq(store_unread(store), 0);
		store_close(store);
		open_store();
	}
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &carol, 600), 0);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_newest(store), newest + 1);
}
END_TEST

/* A helper that was killed while it made the file of our own messages leaves one without tables: there is nothing in it. */
START_TEST(a_file_half_made_holds_nothing)
{
	const struct keep keep = { .records = 1 };
	char path[FOLDER_PATH + 16];
	sqlite3 *db;
	uint64_t count;

	for (unsigned n = 1; n < 4; n++) {
		const struct msg m = message(n);

		ck_assert_int_eq(store_message(store, &alice, &m, n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
	}
	read_all();
	(void)snprintf(path, sizeof(path), "%s/" SENTBOX_FILE, dir);
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, ""), 0);
	database_close(db);
	ck_assert_int_eq(forget_set_keep(dir, &keep), 0);
	ck_assert_int_eq(forget_expired(dir, 1, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(forget_ok("", 0, false), 1);
}
END_TEST

START_TEST(unread_is_not_forgotten_unasked)
{
	struct forget what = { .before_ms = 0 };
	uint64_t count;

	talk(_i);
	ck_assert_int_eq(store_mark(store, 10, KINDS_ALL), 0);
	ck_assert_int_eq(store_take(store, 20), 0);
	ck_assert_int_eq(forget(dir, &what, &count), FORGET_UNREAD);
	ck_assert_uint_eq(count, SAID * 3 / 4 - 11);
	ck_assert_uint_eq(count_history(), SAID);
	ck_assert_uint_eq(store_unread(store), SAID * 3 / 4 - 11);
	ck_assert_uint_eq(forget_ok("", 0, true), SAID);
	ck_assert_uint_eq(store_unread(store), 0);
	expect_found(is_all);
}
END_TEST

static bool
is_not_among_the_latest(unsigned n)
{
	return n <= SAID - 30;
}

START_TEST(the_latest_are_kept)
{
	const struct keep keep = { .records = 30 };
	uint64_t count;

	talk(false);
	read_all();
	ck_assert_int_eq(forget_expired(dir, 1, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(forget_set_keep(dir, &keep), 0);
	ck_assert(store_forget_due(store));  /* the helper looks when nothing happens, */
	ck_assert(!store_forget_due(store)); /* and not all the time */
	ck_assert_int_eq(forget_expired(dir, 1, &count), 0);
	expect_found(is_not_among_the_latest);
	ck_assert_uint_eq(count_history(), 30);
	store_close(store);
	open_store();
	ck_assert_int_eq(forget_expired(dir, 1, &count), 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* What is unread stays, however old. */
START_TEST(what_is_young_is_kept)
{
	const struct keep keep = { .age_ms = 1000 };
	uint64_t count;

	talk(false);
	ck_assert_int_eq(store_mark(store, 60, KINDS_ALL), 0);
	ck_assert_int_eq(forget_set_keep(dir, &keep), 0);
	ck_assert_int_eq(forget_expired(dir, 1050, &count), 0);
	ck_assert_uint_eq(count, 49 - 12);
	expect_found(is_early);
	ck_assert_int_eq(forget_expired(dir, 2000, &count), 0);
	ck_assert_uint_eq(count, 60 - 37);
	ck_assert_uint_eq(store_unread(store), SAID * 3 / 4 - 60);
}
END_TEST

/* The shortest age is one, and no rule that was never given. */
START_TEST(a_moment_is_an_age)
{
	const struct keep keep = { .age_ms = 1 };
	uint64_t count;

	talk(false);
	read_all();
	ck_assert_int_eq(forget_set_keep(dir, &keep), 0);
	ck_assert_int_eq(forget_expired(dir, 51, &count), 0);
	ck_assert_uint_eq(count, 49 - 12);
}
END_TEST

/* Older versions, and SQLite when it moves rows, leave copies in the unused parts of pages. */
START_TEST(what_was_left_behind)
{
	sqlite3 *db;
	char path[96];

	talk(_i);
	read_all();
	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_exec(db,
		"PRAGMA secure_delete=0; CREATE TABLE t(x); INSERT INTO t SELECT 'secret777.' || id FROM record;"
		"DELETE FROM t; PRAGMA wal_checkpoint",
		NULL, NULL, NULL),
	    SQLITE_OK);
	(void)sqlite3_close(db);
	ck_assert(is_found(777));
	ck_assert_uint_gt(forget_ok("carol", 0, false), 0);
	ck_assert(!is_found(777));
	expect_found(is_carols);
}
END_TEST

/* Whatever is forgotten in whatever order, nothing of it stays behind in the pages of what is left. */
START_TEST(by_and_by)
{
	talk(_i);
	read_all();
	for (int64_t before = 7; before < SAID; before += 7) {
		(void)forget_ok(before % 2 ? "carol" : "", before, false);
		for (unsigned n = 1; n < before && !_i; n++)
			if (n % 4 != 0 && before % 2 && is_carols(n))
				ck_assert_msg(!is_found(n), "message %u", n);
	}
	(void)count_history();
	(void)forget_ok("", 0, false);
	expect_found(is_all);
}
END_TEST

/* Who forgot was killed when the rows were gone, and before they were overwritten. The next one finds no row. */
START_TEST(what_a_killed_one_has_left)
{
	static const char *const files[] = { STORE_FILE, SENTBOX_FILE }, *const rows[] = { "record", "run" };
	char path[FOLDER_PATH + 16], sql[128];
	sqlite3 *db;

	talk(_i);
	read_all();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)snprintf(sql, sizeof(sql), "BEGIN; DELETE FROM %s; PRAGMA user_version = 1; COMMIT", rows[i]);
		ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, sql), 0);
		database_close(db);
	}
	ck_assert(is_found(1) || is_found(4));
	ck_assert_uint_eq(forget_ok("", 0, false), 0);
	expect_found(is_all);
}
END_TEST

START_TEST(which_are_meant)
{
	struct forget what = { .before_ms = 0 };
	const struct choice c = { .what = &what };

	ck_assert(forget_chosen(&c, "alice", 5) && forget_chosen(&c, "", 5));
	what.before_ms = 5;
	ck_assert(forget_chosen(&c, "alice", 4) && !forget_chosen(&c, "alice", 5));
	(void)snprintf(what.partner, sizeof(what.partner), "Alice");
	ck_assert(forget_chosen(&c, "alice", 4) && !forget_chosen(&c, "alice", 5)); /* one name */
	ck_assert(!forget_chosen(&c, "carol", 4) && !forget_chosen(&c, "alic", 4));
}
END_TEST

/* ------------------------------------------------------------------------- typed lines */

#define TYPED_LINES                           \
	"\\:\\:odd1\n"                        \
	"\\:carol\t100\\:one\n"               \
	"\\:alice\t110\\:two\n"               \
	"\\:\t120\\:for nobody yet\n"         \
	"\\:\t130\\:/who\n"                   \
	"\\:alice\t140\\:/tell Carol three\n" \
	"\\:alice\t150\\:/tell carola four\n" \
	"\\:Carol\\:of no time\n"             \
	"\\:alice\t200\\:the last\n"

static void
write_typed(const char *name, const char *text)
{
	char path[FOLDER_PATH + 32];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static bool
is_there(const char *name)
{
	char path[FOLDER_PATH + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
expect_typed(const char *expected)
{
	char path[FOLDER_PATH + 32], text[1024];
	struct stat st;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert(!is_there(TYPED_FILE ".new") && !is_there(TYPED_FILE ".forgotten"));
}

static int
forget_typed_lines(const char *partner, int64_t before)
{
	struct forget what = { .before_ms = before };
	uint64_t count;
	int r;

	(void)snprintf(what.partner, sizeof(what.partner), "%s", partner);
	r = forget(dir, &what, &count);
	ck_assert_uint_eq(count, 0);
	return r;
}

START_TEST(typed_lines_of_one)
{
	write_typed(TYPED_FILE, TYPED_LINES);
	ck_assert_int_eq(forget_typed_lines("carol", 0), FORGET_TYPED);
	expect_typed("\\:alice\t110\\:two\n"
		     "\\:\t130\\:/who\n"
		     "\\:alice\t150\\:/tell carola four\n"
		     "\\:alice\t200\\:the last\n");
	ck_assert_int_eq(forget_typed_lines("carol", 0), 0);
}
END_TEST

/* They are overwritten before they are cut; what holds the old file sees it. Nobody can tell what is in a damaged one. */
static int link_error; /* 0: as it is */

int __real_link(const char *from, const char *to);
int
__wrap_link(const char *from, const char *to)
{
	if (link_error == 0)
		return __real_link(from, to);
	errno = link_error;
	return -1;
}

/* A file system without second names: the old file is overwritten all the same. */
START_TEST(typed_lines_without_links)
{
	static const int none[] = { EPERM, EOPNOTSUPP, ENOSYS };
	char path[FOLDER_PATH + 16], old[256];
	ssize_t n;
	int fd;

	write_typed(TYPED_FILE, TYPED_LINES);
	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
	link_error = none[_i];
	ck_assert_int_eq(forget_typed_lines("carol", 0), FORGET_TYPED);
	expect_typed("\\:alice\t110\\:two\n"
		     "\\:\t130\\:/who\n"
		     "\\:alice\t150\\:/tell carola four\n"
		     "\\:alice\t200\\:the last\n");
	ck_assert_int_gt(n = read(fd, old, sizeof(old)), 0);
	while (n-- > 0)
		ck_assert_int_eq(old[n], 0);
	(void)close(fd);
	/* Any other error leaves everything as it was, and nothing beside it. */
	link_error = EIO;
	ck_assert_int_eq(forget_typed_lines("alice", 0), -EIO);
	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE ".new", dir);
	ck_assert_int_lt(access(path, F_OK), 0);
	link_error = 0;
	ck_assert_int_eq(forget_typed_lines("alice", 0), FORGET_TYPED);
}
END_TEST

START_TEST(typed_lines_of_all)
{
	static const char zeros[sizeof(TYPED_LINES)];
	char path[FOLDER_PATH + 32], text[sizeof(TYPED_LINES)];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	write_typed(TYPED_FILE, TYPED_LINES "\\:no end\ncut o");
	write_typed(TYPED_FILE ".damaged-17", "secret");
	write_typed(TYPED_FILE ".new", "secret");
	write_typed(TYPED_FILE ".forgotten", "secret");
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(forget_typed_lines("", 0), FORGET_TYPED);
	expect_typed("");
	ck_assert(!is_there(TYPED_FILE ".damaged-17"));
	ck_assert_int_eq(pread(fd, text, sizeof(text), 0), (int)sizeof(text));
	ck_assert_mem_eq(text, zeros, sizeof(text));
	(void)close(fd);
	ck_assert_int_eq(forget_typed_lines("", 0), 0);
	write_typed(TYPED_FILE ".damaged-18", "secret");
	ck_assert_int_eq(forget_typed_lines("carol", 0), FORGET_TYPED);
	ck_assert(!is_there(TYPED_FILE ".damaged-18"));
}
END_TEST

/* A lock that does not end keeps nobody for ever: what could not be forgotten is said to be so, and goes the next time. */
START_TEST(typed_lines_in_use)
{
	char path[FOLDER_PATH + 32];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	write_typed(TYPED_FILE, TYPED_LINES);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_ge(fd = open(path, O_RDONLY), 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(forget_typed_lines("", 0), -EBUSY);
	expect_typed(TYPED_LINES);
	(void)close(fd);
	ck_assert_int_eq(forget_typed_lines("", 0), FORGET_TYPED);
	expect_typed("");
}
END_TEST

/* A line without a time is no younger than the one below it, or else than the file. */
START_TEST(typed_lines_before_a_time)
{
	write_typed(TYPED_FILE, TYPED_LINES "\\:alice\\:of the file\n");
	write_typed(TYPED_FILE ".damaged-17", "young");
	ck_assert_int_eq(forget_typed_lines("", 100), 0);
	ck_assert_int_eq(forget_typed_lines("", 150), FORGET_TYPED);
	expect_typed("\\:alice\t150\\:/tell carola four\n"
		     "\\:Carol\\:of no time\n"
		     "\\:alice\t200\\:the last\n"
		     "\\:alice\\:of the file\n");
	ck_assert(!is_there(TYPED_FILE ".damaged-17"));
	ck_assert_int_eq(forget_typed_lines("carol", 201), FORGET_TYPED);
	expect_typed("\\:alice\t150\\:/tell carola four\n"
		     "\\:alice\t200\\:the last\n"
		     "\\:alice\\:of the file\n");
	write_typed(TYPED_FILE ".damaged-17", "young");
	ck_assert_int_eq(forget_typed_lines("", 100), 0);
	ck_assert(is_there(TYPED_FILE ".damaged-17"));
	ck_assert_int_eq(forget_typed_lines("", clock_wall_ms() + 60000), FORGET_TYPED);
	expect_typed("");
	ck_assert(!is_there(TYPED_FILE ".damaged-17"));
}
END_TEST

/* Those of an age, or those that are older than the records that are kept. */
START_TEST(typed_lines_by_a_rule)
{
	struct keep keep = { .age_ms = 50 };
	uint64_t count;

	write_typed(TYPED_FILE, TYPED_LINES);
	ck_assert_int_eq(forget_expired(dir, 1000, &count), 0); /* there is no rule */
	ck_assert_int_eq(forget_set_keep(dir, &keep), 0);
	ck_assert_int_eq(forget_expired(dir, 201, &count), FORGET_TYPED);
	expect_typed("\\:Carol\\:of no time\n\\:alice\t200\\:the last\n");
	ck_assert_int_eq(forget_expired(dir, 201, &count), 0);
	write_typed(TYPED_FILE, TYPED_LINES);
	keep = (struct keep){ .records = 2 };
	ck_assert_int_eq(forget_set_keep(dir, &keep), 0);
	for (unsigned n = 1; n < 4; n++) {
		const struct msg m = message(n);

		ck_assert_int_eq(forget_expired(dir, 1000, &count), 0);
		expect_typed(TYPED_LINES);
		ck_assert_int_eq(store_message(store, &alice, &m, n < 2 ? n : 148 + n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
		read_all();
	}
	ck_assert_int_eq(forget_expired(dir, 1000, &count), 0);
	ck_assert_uint_eq(count, 1);
	expect_typed("\\:alice\t150\\:/tell carola four\n"
		     "\\:Carol\\:of no time\n"
		     "\\:alice\t200\\:the last\n");
}
END_TEST

/* ------------------------------------------------------------------------- without memory */

static sqlite3_mem_methods real;
static unsigned spared; /* allocations of SQLite's before one fails; 0: none does any more */

static bool
fails(void)
{
	return spared > 0 && --spared == 0;
}

static void *
allocate(int n)
{
	return fails() ? NULL : real.xMalloc(n);
}

static void *
reallocate(void *p, int n)
{
	return fails() ? NULL : real.xRealloc(p, n);
}

static void
let_memory_fail(void)
{
	sqlite3_mem_methods faulty;

	if (real.xMalloc) /* where tests share a process */
		return;
	ck_assert_int_eq(sqlite3_shutdown(), SQLITE_OK);
	ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
	faulty = real;
	faulty.xMalloc = allocate;
	faulty.xRealloc = reallocate;
	ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty), SQLITE_OK);
	ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
}

static int64_t
records(void)
{
	sqlite3 *db;
	int64_t n;

	ck_assert_int_eq(database_open_made(&db, dir, STORE_FILE, DATABASE_READER, "BEGIN"), 0);
	ck_assert_int_eq(database_number(db, "SELECT count(*) FROM record", &n), 0);
	database_close(db);
	return n;
}

static void
fill(void)
{
	static unsigned n;

	for (unsigned i = 0; i < 5; i++, n++) {
		const struct msg m = message(n % 9 + 1);
		struct msg own = m;

		own.id = number(n);
		ck_assert_int_eq(store_message(store, &alice, &own, 1 + (int64_t)n), STORE_ADDED);
	}
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	store = NULL;
}

/*
 * Whichever allocation fails: SQLite ends a transaction by itself then, and what comes behind it would be on its own.
 * Nothing is forgotten that was only to be looked at, or else all of it or nothing.
 */
START_TEST(without_memory_all_or_nothing_is_forgotten)
{
	const struct forget what = { .unread = _i };
	unsigned last = 0;
	uint64_t count;
	int r;

	fill();
	let_memory_fail();
	for (;;) {
		spared = last += _i ? 13 : 1;
		r = forget(dir, &what, &count);
		if (spared > 0) { /* no more of them are needed */
			ck_assert_int_eq(r, _i ? 0 : FORGET_UNREAD);
			break;
		}
		ck_assert_msg(r < 0 || r == (_i ? 0 : FORGET_UNREAD), "allocation %u: %d", last, r);
		ck_assert_msg(
		    records() == 5 || (_i && records() == 0), "allocation %u: %d records", last, (int)records());
		if (records() == 0) {
			open_store();
			fill();
		}
	}
	ck_assert_uint_gt(last, 100);
	spared = 0;
	open_store();
	ck_assert_uint_eq(store_unread(store), _i ? 0 : 5);
}
END_TEST

/* Nothing is forgotten where something is unread; and of a file that is not ours, or none, nothing is touched. */
START_TEST(typed_lines_stay)
{
	const struct msg m = message(1);
	struct forget what = { .before_ms = 0 };
	char path[FOLDER_PATH + 32];
	uint64_t count;

	write_typed(TYPED_FILE, "\\:alice\t1\\:one\n");
	ck_assert_int_eq(store_message(store, &alice, &m, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(forget(dir, &what, &count), FORGET_UNREAD);
	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	ck_assert(is_there(TYPED_FILE));
	ck_assert_int_eq(unlink(path), 0);
	what.unread = true;
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE ".damaged-1", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(forget(dir, &what, &count), 0);
	ck_assert(is_there(TYPED_FILE));
}
END_TEST

/* Who forgot was killed while the old file had both names. */
START_TEST(typed_lines_that_a_killed_one_has_left)
{
	char path[FOLDER_PATH + 32], old[FOLDER_PATH + 32];

	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	(void)snprintf(old, sizeof(old), "%s/" TYPED_FILE ".forgotten", dir);
	for (unsigned i = 0; i < 2; i++) {
		write_typed(TYPED_FILE, "\\:alice\t1\\:one\n\\:carol\t2\\:two\n");
		ck_assert_int_eq(chmod(path, 0600), 0);
		ck_assert_int_eq(link(path, old), 0);
		ck_assert_int_eq(forget_typed_lines(i > 0 ? "carol" : "dora", 0), i > 0 ? FORGET_TYPED : 0);
		expect_typed(i > 0 ? "\\:alice\t1\\:one\n" : "\\:alice\t1\\:one\n\\:carol\t2\\:two\n");
	}
}
END_TEST

/* A chat that is open adds to the file that has the name, and writes nothing back. */
START_TEST(typed_lines_of_an_open_chat)
{
	struct recall *a = recall_new(), *b = recall_new();
	char path[FOLDER_PATH + 32], words[256];

	(void)snprintf(path, sizeof(path), "%s/" TYPED_FILE, dir);
	recall_open(a, path, words, sizeof(words));
	recall_add(a, "forgotten", 9, "carol");
	recall_add(a, "kept", 4, "alice");
	ck_assert_int_eq(forget_typed_lines("carol", 0), FORGET_TYPED);
	recall_add(a, "later", 5, "carol");
	recall_free(a);
	recall_open(b, path, words, sizeof(words));
	ck_assert_str_eq(words, "");
	ck_assert_str_eq(recall_line(b, 1), "later");
	ck_assert_str_eq(recall_line(b, 2), "kept");
	ck_assert_ptr_null(recall_line(b, 3));
	ck_assert_int_eq(forget_typed_lines("", 1), 0); /* each has its time */
	recall_free(b);
}
END_TEST

Suite *
forget_suite(void)
{
	Suite *s = suite_create("forget");
	TCase *t = tcase_create("forget");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, with_one_partner, 0, 2);
	tcase_add_loop_test(t, with_everybody, 0, 2);
	tcase_add_test(t, which_are_meant);
	tcase_add_test(t, before_a_time);
	tcase_add_loop_test(t, ids_stay_known, 0, 2);
	tcase_add_loop_test(t, events_have_ids, 0, 2);
	tcase_add_test(t, a_file_half_made_holds_nothing);
	tcase_add_loop_test(t, unread_is_not_forgotten_unasked, 0, 2);
	tcase_add_loop_test(t, without_memory_all_or_nothing_is_forgotten, 0, 2);
	tcase_add_test(t, the_latest_are_kept);
	tcase_add_test(t, what_is_young_is_kept);
	tcase_add_test(t, a_moment_is_an_age);
	tcase_add_loop_test(t, what_was_left_behind, 0, 2);
	tcase_add_loop_test(t, by_and_by, 0, 2);
	tcase_add_loop_test(t, what_a_killed_one_has_left, 0, 2);
	tcase_add_test(t, typed_lines_of_one);
	tcase_add_loop_test(t, typed_lines_without_links, 0, 3);
	tcase_add_test(t, typed_lines_of_all);
	tcase_add_test(t, typed_lines_in_use);
	tcase_add_test(t, typed_lines_before_a_time);
	tcase_add_test(t, typed_lines_by_a_rule);
	tcase_add_test(t, typed_lines_stay);
	tcase_add_test(t, typed_lines_that_a_killed_one_has_left);
	tcase_add_test(t, typed_lines_of_an_open_chat);
	suite_add_tcase(s, t);
	return s;
}
