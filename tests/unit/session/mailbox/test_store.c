/*
 * The inbox: what is stored once, read in order, refused without a trace, and
 * still there after every kind of end.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "core/notes/kept.h"
#include "folder.h"
#include "number.h"
#include "session/mailbox/store.h"
#include "session/mailbox/store_impl.h"

static char dir[FOLDER_PATH];
static struct store *store;
static char note[STORE_NOTE];
static bool packed; /* whether what is put together comes at one time, and so shares a row */
static const struct store_limits roomy = { 1000, 1 << 20 };
static const struct peer alice = { .name = "alice", .account = "al", .uid = 1000 };
static const struct peer mallory = { .name = "mallory", .account = "mal", .uid = 1001 };

static void
open_store(const struct store_limits *limits)
{
	ck_assert_int_eq(store_open(&store, dir, limits, note), 0);
}

static void
setup(void)
{
	folder_make(dir);
	open_store(&roomy);
}

static void
setup_packed(void)
{
	packed = true;
	setup();
}

static void
teardown(void)
{
	store_close(store);
	store = NULL;
	folder_remove(dir);
}

static int64_t
time_of(uint64_t n)
{
	return packed ? 1000 : 1000 + (int64_t)n;
}

/* A message of `from` whose body is its number. */
static enum store_answer
put(const struct peer *from, uint64_t n)
{
	char text[24];
	struct msg m = { .pair = 5, .id = number(n), .body = (const uint8_t *)text };

	m.length = (uint32_t)snprintf(text, sizeof(text), "%lu", (unsigned long)n);
	return store_message(store, from, &m, time_of(n));
}

struct seen {
	size_t count, limit;
	struct record record[64];
	char body[64][24];
};

static bool
note_record(const struct record *r, void *context)
{
	struct seen *seen = context;

	ck_assert_uint_lt(r->length, sizeof(seen->body[0]));
	seen->record[seen->count] = *r;
	if (r->length > 0)
		memcpy(seen->body[seen->count], r->body, r->length);
	seen->body[seen->count++][r->length] = '\0';
	return seen->count < seen->limit;
}

static struct seen *
see(uint64_t after, unsigned kinds)
{
	static struct seen seen;

	memset(&seen, 0, sizeof(seen));
	seen.limit = ARRAY_SIZE(seen.record);
	ck_assert_int_eq(store_read(store, after, kinds, note_record, &seen), 0);
	return &seen;
}

/* What is unread, as "1 2 !3": bodies, and events by type. */
static const char *
unread(void)
{
	static char text[1024];
	const struct seen *seen = see(0, KINDS_ALL);
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < seen->count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%.0d%s", i > 0 ? " " : "",
		    seen->record[i].type == RECORD_MESSAGE ? "" : "!", 0, seen->body[i]);
	return text;
}

static void
reopen(void)
{
	store_close(store);
	open_store(&roomy);
}

static bool
file_is_there(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static bool
inbox_is_there(void)
{
	return file_is_there("inbox.db");
}

static void
make_file(const char *name)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	(void)fclose(f);
}

static void
discard_store(void)
{
	store_discard(store);
	store = NULL;
}

START_TEST(what_was_made_for_nothing_is_discarded)
{
	ck_assert(inbox_is_there());
	discard_store();
	ck_assert_int_lt(access(dir, F_OK), 0); /* the folder was empty then */
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	make_file("other");
	make_file("inbox.db-wal"); /* an empty log is none */
	open_store(&roomy);
	discard_store();
	ck_assert(!inbox_is_there());
	ck_assert(!file_is_there("inbox.db.lock"));
	ck_assert(file_is_there("other"));
	open_store(&roomy);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	discard_store();
	ck_assert(inbox_is_there()); /* it has something in it */
	open_store(&roomy);
	ck_assert_uint_eq(store_unread(store), 1);
}
END_TEST

/* For want of descriptors, at each step of it; who looks for inboxes does not find half of one. */
START_TEST(what_could_not_be_made_is_discarded)
{
	struct rlimit old, few;
	unsigned failed = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (rlim_t n = 40; n > 3; n--) {
		int r;

		discard_store();
		(void)mkdir(dir, 0700);
		make_file("other");
		few = (struct rlimit){ .rlim_cur = n, .rlim_max = old.rlim_max };
		(void)setrlimit(RLIMIT_NOFILE, &few);
		r = store_open(&store, dir, &roomy, note);
		(void)setrlimit(RLIMIT_NOFILE, &old);
		if (r == 0)
			continue;
		failed++;
		ck_assert(!inbox_is_there());
		ck_assert(!file_is_there("inbox.db.lock"));
	}
	ck_assert_uint_ge(failed, 3);
	open_store(&roomy);
}
END_TEST

START_TEST(what_was_there_before_is_not_discarded)
{
	store_close(store);
	open_store(&roomy);
	discard_store();
	ck_assert(inbox_is_there());
	open_store(&roomy);
}
END_TEST

START_TEST(keeps_order_sender_and_ids)
{
	const struct seen *seen;
	struct ident id;

	for (uint64_t n = 10; n < 13; n++)
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 7), 0);
	ck_assert_int_eq(put(&mallory, 13), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	for (int again = 0; again < 2; again++) {
		seen = see(0, KINDS_ALL);
		ck_assert_uint_eq(seen->count, 5);
		for (size_t i = 0; i < 5; i++)
			ck_assert_uint_eq(seen->record[i].id, i + 1);
		id = number(12);
		ck_assert(ident_equal(&seen->record[2].msgid, &id));
		ck_assert_str_eq(seen->record[2].peer.account, "al");
		ck_assert_int_eq(seen->record[2].time_ms, time_of(12));
		ck_assert_int_eq(seen->record[3].type, RECORD_LEFT);
		ck_assert_str_eq(seen->record[3].peer.name, "alice");
		id = number(13);
		ck_assert(ident_equal(&seen->record[4].msgid, &id));
		ck_assert_uint_eq(seen->record[4].peer.uid, 1001);
		ck_assert_uint_eq(store_unread(store), 4);
		ck_assert_uint_eq(store_newest(store), 5);
		ck_assert_uint_eq(see(2, KINDS_ALL)->count, 3);
		ck_assert_uint_eq(see(2, KIND_MESSAGES)->count, 2);
		reopen();
	}
}
END_TEST

static struct peer
peer_of(uint32_t uid, const char *account)
{
	struct peer p = { .name = "p", .uid = uid };

	(void)snprintf(p.account, sizeof(p.account), "%s", account);
	return p;
}

/* So many events of one account. */
static void
cause_events(const struct peer *by, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		ck_assert_int_eq(store_event(store, n % 2 ? RECORD_LEFT : RECORD_PAIRED, by, 7), 0);
	ck_assert_int_eq(store_commit(store), 0);
}

static enum store_answer
offer_by(const struct peer *from, uint64_t n)
{
	const struct offer o = { .pair = 5, .msgid = number(n), .body = (const uint8_t *)"o", .length = 1 };
	uint64_t id;

	return store_offer(store, from, &o, 1000, &id);
}

/* Others cause events, as often as they like: they fill no disk, and hide neither a message nor who else came. */
START_TEST(unread_events_are_bounded)
{
	uint64_t newest = 1;

	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	cause_events(&mallory, INBOX_EVENTS_UID + 10);
	ck_assert_uint_eq(store_newest(store), newest += INBOX_EVENTS_UID);
	cause_events(&alice, 2);
	ck_assert_uint_eq(store_newest(store), newest += 2);
	reopen();
	cause_events(&mallory, 2);
	ck_assert_uint_eq(store_newest(store), newest);
	for (uint32_t uid = 2000; uid < 2000 + INBOX_EVENTS / INBOX_EVENTS_UID; uid++) {
		const struct peer p = peer_of(uid, "other");

		cause_events(&p, INBOX_EVENTS_UID);
	}
	ck_assert_uint_eq(store_newest(store), newest = 1 + INBOX_EVENTS);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(offer_by(&alice, 3), STORE_ADDED); /* that is no event */
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_unread(store), 2);
	ck_assert_int_eq(store_mark(store, store_newest(store), KINDS_ALL), 0);
	cause_events(&mallory, 1);
	ck_assert_uint_eq(store_newest(store), newest + 3);
}
END_TEST

/* Whoever has no account may have many uids: all such are one. */
START_TEST(events_of_no_account)
{
	for (uint32_t uid = 100000; uid < 100010; uid++) {
		const struct peer p = peer_of(uid, "uid 100000");

		cause_events(&p, INBOX_EVENTS_UID / 2);
	}
	ck_assert_uint_eq(store_newest(store), INBOX_EVENTS_UID);
	cause_events(&alice, 1);
	ck_assert_uint_eq(store_newest(store), INBOX_EVENTS_UID + 1);
}
END_TEST

/* What is read, passed over, taken out of turn or forgotten counts as what it is. */
START_TEST(only_unread_events_count)
{
	cause_events(&mallory, INBOX_EVENTS_UID);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, INBOX_EVENTS_UID + 1, KIND_MESSAGES), 0); /* they are passed over */
	cause_events(&mallory, 1);
	ck_assert_uint_eq(store_newest(store), INBOX_EVENTS_UID + 1);
	ck_assert_int_eq(store_take(store, 1), 0);
	cause_events(&mallory, 2);
	ck_assert_uint_eq(store_newest(store), INBOX_EVENTS_UID + 2);
	ck_assert_int_eq(store_take(store, INBOX_EVENTS_UID + 2), 0);
	cause_events(&mallory, 2);
	ck_assert_uint_eq(store_newest(store), INBOX_EVENTS_UID + 3);
}
END_TEST

START_TEST(unread_offers_are_bounded)
{
	uint64_t n = 100;

	for (unsigned i = 0; i < INBOX_OFFERS_UID; i++)
		ck_assert_int_eq(offer_by(&mallory, n++), STORE_ADDED);
	ck_assert_int_eq(offer_by(&mallory, n++), STORE_FULL);
	ck_assert_int_eq(offer_by(&mallory, 100), STORE_ADDED); /* again, of this transaction */
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(offer_by(&mallory, 100), STORE_KNOWN);
	ck_assert_int_eq(offer_by(&alice, 1), STORE_ADDED);
	cause_events(&mallory, 1);
	ck_assert_uint_eq(store_newest(store), INBOX_OFFERS_UID + 2);
	reopen();
	ck_assert_int_eq(offer_by(&mallory, n++), STORE_FULL);
	for (uint32_t uid = 2000; uid < 2000 + INBOX_OFFERS / INBOX_OFFERS_UID - 1; uid++) {
		const struct peer p = peer_of(uid, "other");

		for (unsigned i = 0; i < INBOX_OFFERS_UID; i++)
			(void)offer_by(&p, n++);
	}
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_newest(store), INBOX_OFFERS + 1);
	ck_assert_int_eq(offer_by(&alice, 2), STORE_FULL);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, INBOX_OFFERS, KINDS_ALL), 0);
	ck_assert_int_eq(offer_by(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
}
END_TEST

/* While another process has it nothing is written, nor waited for; it is read as it was. */
START_TEST(held_writes_nothing)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	store_be_held(store, true);
	ck_assert_int_eq(put(&alice, 2), STORE_FAILED);
	ck_assert_int_eq(store_commit(store), -EBUSY);
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), -EBUSY);
	ck_assert_str_eq(unread(), "1");
	store_be_held(store, false);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1 2");
}
END_TEST

/* Every order in which ids of a small range can come, some twice: each is stored once. */
START_TEST(stores_an_id_once)
{
	bool stored[12] = { false };
	uint32_t seed = (uint32_t)_i * 2654435761U + 1;

	for (int i = 0; i < 60; i++) {
		uint64_t n;
		enum store_answer answer;

		seed = seed * 1664525U + 1013904223U;
		n = seed >> 28;
		if (n >= 12) {
			if (n == 12)
				reopen();
			else
				ck_assert_int_eq(store_commit(store), 0);
			memset(stored, 0, sizeof(stored));
			for (size_t k = 0; k < see(0, KIND_MESSAGES)->count; k++)
				stored[strtoul(see(0, KIND_MESSAGES)->body[k], NULL, 10)] = true;
			continue;
		}
		answer = put(&alice, n);
		ck_assert_int_ne(answer, STORE_FAILED);
		ck_assert_msg(answer == STORE_ADDED || stored[n], "%lu is called known before it was committed",
		    (unsigned long)n);
		ck_assert_msg(!stored[n] || answer == STORE_KNOWN, "%lu was not known again", (unsigned long)n);
	}
	ck_assert_int_eq(store_commit(store), 0);
	memset(stored, 0, sizeof(stored));
	for (size_t k = 0; k < see(0, KIND_MESSAGES)->count; k++) {
		const uint64_t n = strtoul(see(0, KIND_MESSAGES)->body[k], NULL, 10);

		ck_assert_msg(!stored[n], "%lu is there twice", (unsigned long)n);
		stored[n] = true;
	}
}
END_TEST

/* A note of a uid; its text is its number. */
static enum store_answer
put_note_by(uint32_t uid, bool stranger, uint64_t id)
{
	char text[24];
	struct note n = { .stranger = stranger,
		.from = { .account = "someone", .uid = uid },
		.msgid = number(id),
		.body = (const uint8_t *)text };

	n.length = (uint32_t)snprintf(text, sizeof(text), "n%lu", (unsigned long)id);
	return store_note(store, &n, 1000);
}

static enum store_answer
put_note(uint64_t n)
{
	return put_note_by(5000, false, n);
}

START_TEST(notes_beside_messages)
{
	const struct ident hundred = number(100);

	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(put_note(100), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1 !n100 2");
	ck_assert_uint_eq(store_unread(store), 2);
	ck_assert_uint_eq(store_notes(store), 1);
	ck_assert_uint_eq(see(0, KIND_NOTES)->count, 1);
	ck_assert_str_eq(see(0, KIND_NOTES)->record[0].peer.name, "");
	ck_assert_str_eq(see(0, KIND_NOTES)->record[0].peer.account, "someone");
	ck_assert_mem_eq(see(0, KIND_NOTES)->record[0].msgid.b, hundred.b, IDENT_LEN);
	reopen();
	ck_assert_str_eq(unread(), "1 !n100 2");
	ck_assert_uint_eq(store_notes(store), 1);
}
END_TEST

/* What a reader passed over stays unread, each record for itself, over a new start too. */
START_TEST(passed_over_stays_unread)
{
	ck_assert_int_eq(store_event(store, RECORD_PAIRED, &alice, 1000), 0);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(put_note(100), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(put_note(101), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, 4, KIND_MESSAGES), 0);
	ck_assert_str_eq(unread(), "! !n100 !n101");
	ck_assert_uint_eq(store_unread(store), 0);
	ck_assert_uint_eq(store_notes(store), 2);
	reopen();
	ck_assert_str_eq(unread(), "! !n100 !n101");
	ck_assert_uint_eq(store_notes(store), 2);
	ck_assert_uint_eq(see(0, KIND_MESSAGES)->count, 0);
	ck_assert_int_eq(store_mark(store, 3, KIND_MESSAGES | KIND_NOTES), 0);
	ck_assert_str_eq(unread(), "! !n101");
	ck_assert_int_eq(store_mark(store, 5, KIND_MESSAGES | KIND_NOTES), 0);
	ck_assert_str_eq(unread(), "!");
	ck_assert_int_eq(store_take(store, 1), 0);
	ck_assert_str_eq(unread(), "");
	ck_assert_uint_eq(store_notes(store), 0);
	ck_assert_int_eq(put_note(102), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 3), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_take(store, 7), 0); /* out of turn, as ask does */
	ck_assert_str_eq(unread(), "!n102");
	ck_assert_int_eq(store_mark(store, 7, KIND_MESSAGES), 0);
	ck_assert_str_eq(unread(), "!n102");
	ck_assert_int_eq(store_mark(store, 7, KINDS_ALL), 0);
	ck_assert_str_eq(unread(), "");
}
END_TEST

START_TEST(note_once)
{
	ck_assert_int_eq(put_note(100), STORE_ADDED);
	ck_assert_int_eq(put_note(100), STORE_ADDED); /* if this transaction is committed */
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "!n100");
	ck_assert_int_eq(put_note(100), STORE_KNOWN);
	ck_assert_int_eq(put_note_by(5001, false, 100), STORE_ADDED); /* another sender's is another one */
	ck_assert_int_eq(store_commit(store), 0);
	reopen();
	ck_assert_int_eq(put_note(100), STORE_KNOWN);
	ck_assert_int_eq(
	    put(&(struct peer){ .name = "other", .uid = 5000 }, 100), STORE_OTHER); /* a message under its id */
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "!n100 !n100");
}
END_TEST

/* One that the daemon has kept comes under its other id where its own is another one's; told again it is known. */
START_TEST(note_under_its_other_id)
{
	static const uint8_t text[] = "kept";
	struct note n = { .from = { .account = "someone", .uid = 5000 },
		.msgid = number(100),
		.body = text,
		.length = sizeof(text) - 1 };
	const struct ident other = kept_other_id(&n.msgid, kept_digest(n.body, n.length));

	ck_assert_int_eq(put_note(100), STORE_ADDED);
	ck_assert_int_eq(store_note(store, &n, 1000), STORE_OTHER);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_note(store, &n, 1000), STORE_OTHER);
	ck_assert_str_eq(unread(), "!n100");
	n.msgid = other;
	ck_assert_int_eq(store_note(store, &n, 1000), STORE_ADDED);
	n.msgid = number(100);
	ck_assert_int_eq(store_note(store, &n, 1000), STORE_ADDED); /* if this transaction is committed */
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_note(store, &n, 1000), STORE_KNOWN);
	ck_assert_int_eq(put_note(100), STORE_KNOWN);
	n.length--;
	ck_assert_int_eq(store_note(store, &n, 1000), STORE_OTHER);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "!n100 !kept");
}
END_TEST

START_TEST(note_limits)
{
	for (uint64_t i = 0; i < NOTES_UNREAD_UID; i++)
		ck_assert_int_eq(put_note(1000 + 2 * i), STORE_ADDED);
	ck_assert_int_eq(put_note(5000), STORE_FULL);
	ck_assert_int_eq(put_note(1000), STORE_ADDED); /* it is known, which is asked first */
	for (uint64_t i = 0; i < NOTES_UNREAD_UID; i++)
		ck_assert_int_eq(put_note_by(7000 + (uint32_t)i, true, 1), STORE_ADDED);
	ck_assert_int_eq(put_note_by(8000, true, 1), STORE_FULL); /* strangers are one sender */
	ck_assert_int_eq(put_note_by(8000, false, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_notes(store), 2 * NOTES_UNREAD_UID + 1);
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), 0);
	ck_assert_int_eq(put_note(5000), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	for (uint32_t uid = 0; uid < 10; uid++)
		for (uint64_t i = 0; i < NOTES_UNREAD_UID; i++)
			(void)put_note_by(9000 + uid, false, 1 + 2 * i);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_notes(store), NOTES_UNREAD);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED); /* messages have a room of their own */
	ck_assert_int_eq(store_commit(store), 0);
}
END_TEST

/* Who wrote the latest note that was read; and whether somebody else wrote a newer one that was not. */
START_TEST(note_writers)
{
	struct store_writer w;

	ck_assert_int_eq(store_find_writer(store, 0, &w), 0);
	ck_assert_int_eq(put_note_by(5000, false, 1), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(put_note_by(6000, false, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_find_writer(store, 0, &w), 0); /* none was read */
	ck_assert_int_eq(store_find_writer(store, 3, &w), 1);
	ck_assert_uint_eq(w.peer.uid, 6000);
	ck_assert(!w.other_unread);
	ck_assert_int_eq(store_find_writer(store, 2, &w), 0); /* a message */
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), 0);
	ck_assert_int_eq(store_find_writer(store, 0, &w), 1);
	ck_assert_uint_eq(w.peer.uid, 5000);
	ck_assert_str_eq(w.peer.account, "someone");
	ck_assert(w.other_unread);
	ck_assert_uint_eq(w.other.uid, 6000);
	ck_assert_int_eq(store_mark(store, 3, KIND_MESSAGES), 0); /* passed over is not read */
	ck_assert_int_eq(store_find_writer(store, 0, &w), 1);
	ck_assert_uint_eq(w.peer.uid, 5000);
	ck_assert(w.other_unread);
	ck_assert_int_eq(store_mark(store, 3, KINDS_ALL), 0);
	ck_assert_int_eq(put_note_by(6000, false, 3), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_find_writer(store, 0, &w), 1);
	ck_assert_uint_eq(w.peer.uid, 6000);
	ck_assert(!w.other_unread); /* another one by the same */
}
END_TEST

/* A rolled back transaction counts nothing. */
START_TEST(note_rolled_back)
{
	ck_assert_int_eq(put_note(100), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(put_note(101), STORE_ADDED);
	reopen();
	ck_assert_uint_eq(store_notes(store), 1);
	ck_assert_str_eq(unread(), "!n100");
}
END_TEST

START_TEST(ids_of_another_uid_are_others)
{
	ck_assert_int_eq(put(&mallory, 5), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(put(&alice, 5), STORE_ADDED);
	ck_assert_int_eq(put(&mallory, 5), STORE_KNOWN);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_unread(store), 2);
}
END_TEST

/* The number after the last is the first: a stream that runs over the end is no gap and no repetition. */
START_TEST(ids_wrap_around)
{
	for (uint64_t n = 0; n < 6; n++)
		ck_assert_int_eq(put(&alice, n - 3), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	for (uint64_t n = 0; n < 6; n++)
		ck_assert_int_eq(put(&alice, n - 3), STORE_KNOWN);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_unread(store), 6);
}
END_TEST

START_TEST(mark_and_take)
{
	for (uint64_t n = 1; n <= 6; n++)
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_take(store, 4), 0);
	ck_assert_str_eq(unread(), "1 2 3 5 6");
	ck_assert_int_eq(store_take(store, 4), 0);
	ck_assert_uint_eq(store_unread(store), 5);
	ck_assert_int_eq(store_mark(store, 2, KINDS_ALL), 0);
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), 0); /* never back */
	ck_assert_str_eq(unread(), "3 5 6");
	reopen();
	ck_assert_str_eq(unread(), "3 5 6");
	ck_assert_int_eq(store_take(store, 3), 0); /* the first unread: the mark moves, over 4 as well */
	ck_assert_uint_eq(store_unread(store), 2);
	ck_assert_int_eq(store_mark(store, 99, KINDS_ALL), 0);
	ck_assert_str_eq(unread(), "");
	ck_assert_uint_eq(store_unread(store), 0);
	ck_assert_int_eq(put(&alice, 7), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	reopen();
	ck_assert_str_eq(unread(), "7");
}
END_TEST

/* Who follows is given all, whatever was read, or taken out of turn. */
START_TEST(follow)
{
	static struct seen seen;

	for (uint64_t n = 1; n <= 6; n++)
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 9), 0);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, 3, KINDS_ALL), 0);
	ck_assert_int_eq(store_take(store, 5), 0);
	seen = (struct seen){ .limit = 64 };
	ck_assert_int_eq(store_follow(store, 1, KIND_MESSAGES, note_record, &seen), 0);
	ck_assert_uint_eq(seen.count, 5);
	for (size_t i = 0; i < seen.count; i++)
		ck_assert_uint_eq(seen.record[i].id, i + 2);
	seen = (struct seen){ .limit = 2 };
	ck_assert_int_eq(store_follow(store, 5, KINDS_ALL, note_record, &seen), 0);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_uint_eq(seen.record[1].type, RECORD_LEFT);
	seen = (struct seen){ .limit = 2 };
	ck_assert_int_eq(store_follow(store, 7, KINDS_ALL, note_record, &seen), 0);
	ck_assert_int_eq(store_follow(store, UINT64_MAX, KINDS_ALL, note_record, &seen), 0);
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_str_eq(unread(), "4 6 !");
}
END_TEST

START_TEST(limits_refuse_and_free_again)
{
	static const struct store_limits tight = { 3, 1000 }, narrow = { 100, 3 };

	store_close(store);
	open_store(&tight);
	for (uint64_t n = 1; n <= 4; n++)
		ck_assert_int_eq(put(&alice, n), n <= 3 ? STORE_ADDED : STORE_FULL);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED); /* there already: no room is needed */
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), 0);
	ck_assert_int_eq(put(&alice, 4), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 5), STORE_FULL);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	open_store(&narrow);
	ck_assert_int_eq(put(&alice, 6), STORE_FULL);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, 2, KINDS_ALL), 0);
	ck_assert_int_eq(put(&alice, 6), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 7), STORE_FULL);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "3 4 6");
}
END_TEST

START_TEST(second_owner_is_refused)
{
	struct store *other = NULL;

	ck_assert_int_eq(store_open(&other, dir, &roomy, note), -EWOULDBLOCK);
	ck_assert_ptr_null(other);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
}
END_TEST

static void
sql(const char *text)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* The lock may fail (a file system without one): then the generation tells. */
START_TEST(replaced_helper_writes_nothing)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	sql("UPDATE meta SET value = value + 1 WHERE key = 'generation'");
	(void)put(&alice, 2);
	ck_assert_int_eq(store_commit(store), -ESTALE);
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), -ESTALE);
	ck_assert_str_eq(unread(), "1");
	reopen();
	ck_assert_str_eq(unread(), "1");
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
}
END_TEST

static void
file_limit(rlim_t bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
}

/*
 * A disk that takes nothing: refused, what was there is readable and known, and later all is as before. (The
 * limit holds for what check writes, too: nothing is asserted under it.)
 */
START_TEST(full_disk_refuses_then_works)
{
	enum store_answer known;
	int commit, mark;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	file_limit(1);
	known = put(&alice, 1);
	(void)put(&alice, 2);
	commit = store_commit(store);
	mark = store_mark(store, 1, KINDS_ALL);
	file_limit(RLIM_INFINITY);
	ck_assert_int_eq((int)known, (int)STORE_KNOWN);
	ck_assert_int_lt(commit, 0);
	ck_assert_int_lt(mark, 0);
	ck_assert_str_eq(unread(), "1");
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1 2");
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), 0);
	ck_assert_str_eq(unread(), "2");
}
END_TEST

/* Nothing can be written from the start: what an earlier helper stored is known as soon as it is on the disk. */
START_TEST(known_on_a_full_disk)
{
	enum store_answer known;
	int r;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	file_limit(1);
	r = store_open(&store, dir, &roomy, note);
	known = r == 0 ? put(&alice, 1) : STORE_FAILED;
	file_limit(RLIM_INFINITY);
	ck_assert_int_eq(r, 0);
	ck_assert_ptr_nonnull(strstr(note, "takes no messages"));
	ck_assert_int_eq((int)known, (int)STORE_KNOWN);
	(void)store_commit(store);
}
END_TEST

/* A refused transaction leaves no trace: neither in memory nor in what counts as known. */
START_TEST(failed_transaction_is_forgotten)
{
	int failure;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 9), STORE_ADDED);
	file_limit(1);
	failure = store_commit(store);
	file_limit(RLIM_INFINITY);
	ck_assert_int_lt(failure, 0);
	ck_assert_uint_eq(store_newest(store), 1);
	ck_assert_int_eq(put(&alice, 9), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1 9 2");
}
END_TEST

static void
damage(const char *file, off_t at, size_t n)
{
	char path[PATH_MAX], *junk = malloc(n);
	int fd;

	ck_assert_ptr_nonnull(junk);
	memset(junk, 0x5a, n);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, junk, n, at), (ssize_t)n);
	(void)close(fd);
	free(junk);
}

static int
count_files(const char *pattern)
{
	char command[160];
	FILE *p;
	int n = -1;

	(void)snprintf(command, sizeof(command), "ls %s | grep -c '%s'", dir, pattern);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(fscanf(p, "%d", &n), 1);
	(void)pclose(p);
	return n;
}

START_TEST(damaged_inbox_is_set_aside)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	damage("inbox.db", 0, 8192);
	damage("inbox.db-wal", 0, 64); /* the log would mend it */
	open_store(&roomy);
	ck_assert_ptr_nonnull(strstr(note, "inbox.db.corrupt-"));
	ck_assert_int_eq(count_files("^inbox.db.corrupt-.*Z$"), 1);
	ck_assert_str_eq(unread(), "");
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	reopen();
	ck_assert_str_eq(note, "");
	ck_assert_str_eq(unread(), "2");
}
END_TEST

/* SQLite would begin a log anew that it does not know, and take one without its database away. */
START_TEST(damaged_log_is_set_aside)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	for (uint64_t n = 1; n <= 2; n++) {
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
		store_close(store);
		if (n == 1)
			damage("inbox.db-wal", 0, 64);
		else
			ck_assert_int_eq(truncate(path, 0), 0);
		open_store(&roomy);
		ck_assert_ptr_nonnull(strstr(note, "inbox.db-wal.corrupt-"));
		ck_assert_int_eq(count_files("^inbox.db-wal.corrupt-"), (int)n);
		ck_assert_int_eq(count_files("^inbox.db.corrupt-"), 0);
		ck_assert_str_eq(unread(), n == 1 ? "1" : ""); /* the end of a store writes its log back */
	}
	ck_assert_int_eq(put(&alice, 3), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	reopen();
	ck_assert_str_eq(note, "");
	ck_assert_str_eq(unread(), "3");
}
END_TEST

START_TEST(folder_in_its_place_is_set_aside)
{
	char command[256];

	store_close(store);
	(void)snprintf(command, sizeof(command), "rm %s/inbox.db* && mkdir %s/inbox.db", dir, dir);
	ck_assert_int_eq(system(command), 0);
	open_store(&roomy);
	ck_assert_ptr_nonnull(strstr(note, "inbox.db.corrupt-"));
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1");
}
END_TEST

/* Under a known id, what was stored is told from what was not: also within a transaction, and in a row of many. */
START_TEST(id_with_another_body_is_refused)
{
	static const uint8_t text[] = "2nd";
	struct msg m = { .pair = 5, .body = text, .length = 3 };

	for (uint64_t n = 1; n <= 3; n++)
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
	for (int committed = 0; committed < 2; committed++) {
		m.id = number(2);
		ck_assert_int_eq(store_message(store, &alice, &m, time_of(4)), STORE_OTHER);
		ck_assert_int_eq(put(&alice, 2), committed ? STORE_KNOWN : STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
	}
	ck_assert_int_eq(store_message(store, &mallory, &m, time_of(5)), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1 2 3 2nd");
}
END_TEST

/* Rows of a page or two each, written back, so that damage can be done to some of them. */
static void
fill(uint64_t count)
{
	static uint8_t body[3000];

	for (uint64_t n = 1; n <= count; n++) {
		const struct msg m = { .pair = 5, .id = number(n), .body = body, .length = sizeof(body) };

		memset(body, (int)('a' + n % 26), sizeof(body));
		ck_assert_int_eq(
		    store_message(store, n % 7 == 0 ? &mallory : &alice, &m, 1000 + (int64_t)n), STORE_ADDED);
	}
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 5000), 0);
	ck_assert_int_eq(store_commit(store), 0);
}

struct sum {
	uint64_t count, last;
};

/* Each record is the one that it was, under its id. */
static bool
check_filled(const struct record *r, void *context)
{
	struct sum *sum = context;
	const struct ident id = number(r->id);

	ck_assert_uint_gt(r->id, sum->last);
	sum->last = r->id;
	sum->count++;
	if (r->type != RECORD_MESSAGE)
		return true;
	ck_assert_uint_eq(r->length, 3000);
	ck_assert_int_eq(r->body[0], (int)('a' + r->id % 26));
	ck_assert_int_eq(r->body[2999], r->body[0]);
	ck_assert_str_eq(r->peer.name, r->id % 7 == 0 ? "mallory" : "alice");
	ck_assert_int_eq(r->time_ms, 1000 + (int64_t)r->id);
	ck_assert(ident_equal(&r->msgid, &id));
	return true;
}

static struct sum
sum_up(void)
{
	struct sum sum = { 0 };

	ck_assert_int_eq(store_read(store, 0, KINDS_ALL, check_filled, &sum), 0);
	return sum;
}

static void
shell(const char *format)
{
	char command[4 * PATH_MAX];

	(void)snprintf(command, sizeof(command), format, dir, dir, dir);
	ck_assert_int_eq(system(command), 0);
}

/* It was written back, and would mend what is damaged. */
static void
close_without_log(void)
{
	store_close(store);
	shell("rm -f %s/inbox.db-wal %s/inbox.db-shm");
}

/* A page of rows is lost, and nothing else: what is behind it, what was read, and what is known again. */
START_TEST(what_is_not_damaged_is_saved)
{
	struct sum sum;
	char value[8];

	fill(100);
	ck_assert_int_eq(store_keep(store, "policy", "dnd", 3), 0);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_mark(store, 10, KINDS_ALL), 0);
	ck_assert_int_eq(store_take(store, 20), 0);
	close_without_log();
	damage("inbox.db", 40L * 4096, 4096);
	open_store(&roomy);
	ck_assert_ptr_nonnull(strstr(note, "inbox.db.corrupt-"));
	ck_assert_ptr_nonnull(strstr(note, "of its records were saved"));
	sum = sum_up();
	ck_assert_uint_ge(sum.count, 101 - 10 - 1 - 4);
	ck_assert_uint_lt(sum.count, 101 - 10 - 1);
	ck_assert_uint_eq(sum.last, 101);
	ck_assert_uint_eq(store_unread(store), sum.count - 1);
	ck_assert_int_eq(store_kept(store, "policy", value, sizeof(value)), 3);
	ck_assert_int_eq(put(&alice, 1), STORE_OTHER); /* their ids are known still */
	ck_assert_int_eq(put(&alice, 100), STORE_OTHER);
	ck_assert_int_eq(put(&alice, 200), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_newest(store), 102);
	reopen();
	ck_assert_str_eq(note, "");
	ck_assert_uint_eq(store_unread(store), sum.count);
	ck_assert_int_eq(count_files("^inbox.db.new"), 0);
}
END_TEST

/* An open inbox meets it when it is read. */
START_TEST(damage_met_while_open_is_left_behind)
{
	struct sum sum = { 0 };

	fill(100);
	ck_assert_int_eq(store_mark(store, 39, KINDS_ALL), 0);
	ck_assert_int_eq(store_take(store, 41), 0);
	close_without_log();
	open_store(&roomy);
	store_rest(store); /* nothing of it is in memory */
	damage("inbox.db", 60L * 4096, 4096);
	ck_assert_int_eq(store_read(store, 0, KINDS_ALL, check_filled, &sum), -EUCLEAN);
	ck_assert_uint_gt(sum.count, 0);
	ck_assert_int_eq(store_renew(store, note), 0);
	ck_assert_ptr_nonnull(strstr(note, "of its records were saved"));
	sum = sum_up();
	ck_assert_uint_ge(sum.count, 101 - 39 - 1 - 4);
	ck_assert_uint_lt(sum.count, 101 - 39 - 1);
	ck_assert_uint_eq(store_newest(store), 101);
}
END_TEST

/* The page of a record that fill() has put in. */
static void
damage_page_of(uint64_t n)
{
	static uint8_t page[4096], body[2000];
	char path[96];
	off_t found = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	memset(body, (int)('a' + n % 26), sizeof(body));
	for (off_t at = 0; pread(fd, page, sizeof(page), at) == (ssize_t)sizeof(page); at += (off_t)sizeof(page))
		if (memmem(page, sizeof(page), body, sizeof(body)))
			found = at; /* the latest of those with this letter */
	(void)close(fd);
	ck_assert_int_gt(found, 0);
	damage("inbox.db", found, sizeof(page));
}

/* The newest records are lost: no other one gets their ids, and what was read stays read. */
START_TEST(lost_at_the_end)
{
	for (int taken = 0; taken < 2; taken++) {
		fill(100);
		ck_assert_int_eq(store_mark(store, taken ? 50 : 101, KINDS_ALL), 0);
		ck_assert_int_eq(taken ? store_take(store, 100) : 0, 0);
		close_without_log();
		damage_page_of(100);
		open_store(&roomy);
		ck_assert_ptr_nonnull(strstr(note, "99 of its records were saved"));
		ck_assert_uint_eq(store_newest(store), 101);
		ck_assert_uint_eq(store_unread(store), taken ? 49 : 0);
		ck_assert_int_eq(put(&alice, 300), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
		ck_assert_uint_eq(see(100, KINDS_ALL)->record[0].id, 102);
		ck_assert_uint_eq(see(100, KINDS_ALL)->count, 1);
		store_close(store);
		shell("rm %s/inbox.db*");
		open_store(&roomy);
	}
}
END_TEST

/* One that cannot be opened now is not one of which nothing can be read. */
START_TEST(short_of_descriptors_is_no_damage)
{
	struct rlimit old, few;
	int r = 0, fd;

	fill(3);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (rlim_t n = 40; r == 0 && n > 3; n--) {
		few = (struct rlimit){ .rlim_cur = n, .rlim_max = old.rlim_max };
		(void)setrlimit(RLIMIT_NOFILE, &few);
		r = store_renew(store, note);
		(void)setrlimit(RLIMIT_NOFILE, &old);
		if (r == 0)
			ck_assert_uint_eq(sum_up().count, 4);
	}
	ck_assert_int_lt(r, 0);
	fd = open(dir, O_RDONLY); /* there are descriptors again */
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	store_close(store);
	open_store(&roomy);
	ck_assert_uint_eq(sum_up().count, 4);
}
END_TEST

/* Behind its back. */
static void
change(const char *sql)
{
	char path[96];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* Whoever sent them cannot be told any more; the others are. */
START_TEST(records_of_nobody_are_left_out)
{
	struct sum sum;

	fill(20);
	store_close(store);
	change("UPDATE stretch SET name = x'ff00' WHERE first_record = 8");
	open_store(&roomy);
	ck_assert_ptr_nonnull(strstr(note, "15 of its records were saved"));
	sum = sum_up();
	ck_assert_uint_eq(sum.count, 21 - 6);
}
END_TEST

/* What cannot be is damage as well: ids behind which there are no more, a mark that was never reached. */
START_TEST(impossible_numbers_are_damage)
{
	static const char *const changes[] = { "INSERT INTO record VALUES(9223372036854775807, 1, 0, 'x')",
		"UPDATE meta SET value = 9000 WHERE key = 'mark'", "UPDATE meta SET value = -5 WHERE key = 'mark'",
		"INSERT OR REPLACE INTO meta VALUES('base', 9223372036854775807)" };

	fill(3);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		store_close(store);
		change(changes[i]);
		open_store(&roomy);
		ck_assert_ptr_nonnull(strstr(note, "4 of its records were saved"));
		ck_assert_uint_eq(sum_up().count, 4);
		ck_assert_uint_eq(store_newest(store), 4);
	}
	ck_assert_int_eq(put(&alice, 5), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
}
END_TEST

/* A row that says to hold what stands in the next one, too: what comes first counts. */
START_TEST(overlapping_rows_are_damage)
{
	for (uint64_t n = 1; n <= 3; n++) {
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0); /* a row each */
	}
	store_close(store);
	change("UPDATE record SET type = 64, body = x'01000000310100000078' WHERE id = 1");
	change("UPDATE meta SET value = -5 WHERE key = 'mark'; INSERT OR IGNORE INTO meta VALUES('mark', -5)");
	open_store(&roomy);
	ck_assert_ptr_nonnull(strstr(note, "3 of its records were saved"));
	ck_assert_str_eq(unread(), "1 x 3");
	ck_assert_uint_eq(store_newest(store), 3);
}
END_TEST

/* Killed before the new one was in its place: with the damaged one there still, or its log set aside, or all of it. */
START_TEST(salvage_is_finished)
{
	static const char *const left[] = { "cp %s/inbox.db %s/inbox.db.saved",
		"cp %s/inbox.db %s/inbox.db.saved; rm -f %s/inbox.db-wal", "mv %s/inbox.db %s/inbox.db.saved" };

	fill(5);
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		store_close(store);
		shell(left[i]);
		open_store(&roomy);
		ck_assert_uint_eq(sum_up().count, 6);
		ck_assert_int_eq(count_files("^inbox.db.saved"), 0);
		ck_assert_int_eq(count_files("^inbox.db.corrupt-.*[Z0-9]$"), i < 2 ? (int)i + 1 : 2);
	}
}
END_TEST

/* Room for an empty one only; then not even for that. */
START_TEST(salvage_without_room_is_told)
{
	int r;

	fill(200);
	(void)signal(SIGXFSZ, SIG_IGN);
	file_limit(256 * 1024);
	r = store_renew(store, note);
	file_limit(RLIM_INFINITY);
	ck_assert_int_eq(r, 0);
	ck_assert_ptr_nonnull(strstr(note, "its records could not be copied"));
	ck_assert_uint_eq(sum_up().count, 0);
	ck_assert_uint_eq(store_newest(store), 201);
	ck_assert_int_eq(put(&alice, 4), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(see(0, KINDS_ALL)->record[0].id, 202);
	file_limit(512);
	r = store_renew(store, note);
	file_limit(RLIM_INFINITY);
	ck_assert_int_lt(r, 0);
	store_close(store);
	open_store(&roomy);
	ck_assert_str_eq(note, "");
	ck_assert_str_eq(unread(), "4");
}
END_TEST

START_TEST(renewed_inbox_counts_on)
{
	for (uint64_t n = 1; n <= 3; n++)
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(store_renew(store, note), 0);
		ck_assert_ptr_nonnull(strstr(note, "inbox.db.corrupt-"));
	}
	ck_assert_int_eq(count_files("^inbox.db.corrupt-.*Z\\(-1\\)\\?$"), 2);
	ck_assert_uint_eq(store_unread(store), 3);
	ck_assert_int_eq(store_mark(store, 3, KINDS_ALL), 0);
	reopen();
	ck_assert_uint_eq(store_newest(store), 3);
	ck_assert_int_eq(put(&alice, 4), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(see(0, KINDS_ALL)->record[0].id, 4);
}
END_TEST

START_TEST(keeps_small_facts)
{
	char value[16];

	ck_assert_int_eq(store_kept(store, "policy", value, sizeof(value)), 0);
	ck_assert_int_eq(store_keep(store, "policy", "dnd", 3), 0);
	ck_assert_int_eq(store_commit(store), 0);
	reopen();
	ck_assert_int_eq(store_kept(store, "policy", value, sizeof(value)), 3);
	ck_assert_int_eq(memcmp(value, "dnd", 3), 0);
	ck_assert_int_eq(store_kept(store, "policy", value, 2), -EUCLEAN);
}
END_TEST

/* Commits turns of messages and tells through `fd` the last number of each, until it is killed. */
static _Noreturn void
write_until_killed(int fd)
{
	store_close(store);
	if (store_open(&store, dir, &(const struct store_limits){ UINT64_MAX, UINT64_MAX }, note) < 0)
		_exit(1);
	for (uint64_t n = store_newest(store) + 1;;) {
		for (int i = 0; i < 7; i++, n++)
			(void)put(&alice, n);
		if (store_commit(store) != 0 || write(fd, &(uint64_t){ n - 1 }, sizeof(n)) != sizeof(n))
			_exit(1);
		store_tidy(store);
	}
}

/* kill -9 at any moment: all that was told committed is there, in order, once; then a next one goes on. */
START_TEST(killed_writer_loses_nothing)
{
	uint64_t told = 0, n, expected = 0;
	int fds[2];
	pid_t pid;

	store_close(store); /* the child's copy has the lock otherwise */
	store = NULL;
	for (int round = 0; round < 8; round++) {
		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			write_until_killed(fds[1]);
		(void)close(fds[1]);
		for (int turns = 0; turns < 5 + 60 * round; turns++) {
			ck_assert_int_eq(read(fds[0], &n, sizeof(n)), sizeof(n));
			told = n;
		}
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		while (read(fds[0], &n, sizeof(n)) == sizeof(n))
			told = n;
		(void)close(fds[0]);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		open_store(&roomy);
		ck_assert_str_eq(note, "");
		ck_assert_uint_ge(store_newest(store), told);
		ck_assert_uint_eq(store_newest(store) % 7, 0); /* whole turns */
		ck_assert_uint_eq(store_unread(store), store_newest(store));
		for (expected = 0; expected < store_newest(store);) {
			const struct seen *seen = see(expected, KIND_MESSAGES);

			for (size_t i = 0; i < seen->count; i++)
				ck_assert_uint_eq(strtoul(seen->body[i], NULL, 10), ++expected);
		}
		ck_assert_int_eq(put(&alice, told), STORE_KNOWN);
		ck_assert_int_eq(store_commit(store), 0);
		store_close(store);
		store = NULL;
	}
	open_store(&roomy);
}
END_TEST

/* Whatever shares a row with what: reading begins at any record, and passes over any that was taken. */
/* The disk fails what is open in this way: O_RDONLY is an earlier helper's log that is looked at. */
static int failing = -1;

int
fdatasync(int fd)
{
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == failing) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

/* With the power. */
static void
lose_the_log(void)
{
	shell("mkdir %s/kept && cp %s/inbox.db %s/kept/");
	store_close(store);
	shell("rm %s/inbox.db* && cp %s/kept/inbox.db %s/");
	open_store(&roomy);
	ck_assert_str_eq(note, "");
}

/* What an earlier helper left in the log may be in memory alone: nothing is committed behind it before it is in the file. */
START_TEST(nothing_is_written_behind_a_log_that_failed)
{
	pid_t pid;

	store_close(store);
	store = NULL;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		open_store(&roomy);
		(void)put(&alice, 1);
		_exit(store_commit(store) != 0); /* as one that is killed: the log stays */
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	failing = O_RDONLY;
	open_store(&roomy);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	failing = -1;
	lose_the_log();
	ck_assert_str_eq(unread(), "1");
}
END_TEST

/* The log is made longer at rest, and synced: what that sync takes out of memory is not on the disk when it fails. */
START_TEST(nothing_is_written_behind_a_log_that_failed_at_rest)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	failing = O_RDWR;
	store_rest(store);
	failing = -1;
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	lose_the_log();
	ck_assert_str_eq(unread(), "1");
}
END_TEST

/* Nor behind what a process that forgot has left in the log: a sync of its may have failed. */
START_TEST(nothing_is_written_behind_what_another_process_left)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	store_be_held(store, true);
	store_be_held(store, false);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	lose_the_log();
	ck_assert_str_eq(unread(), "1");
}
END_TEST

START_TEST(reads_from_anywhere)
{
	enum { RECORDS = 40 };
	char expected[RECORDS][24];
	bool taken[RECORDS] = { 0 };

	srand((unsigned)_i);
	for (uint64_t n = 0; n < RECORDS; n++) {
		const bool event = rand() % 5 == 0;

		expected[n][0] = '\0';
		if (!event)
			(void)snprintf(expected[n], sizeof(expected[n]), "%lu", (unsigned long)(100 + n));
		if (event)
			ck_assert_int_eq(store_event(store, RECORD_BACK, &alice, 5), 0);
		else
			ck_assert_int_eq(put(rand() % 6 ? &alice : &mallory, 100 + n), STORE_ADDED);
		if (rand() % 8 == 0)
			ck_assert_int_eq(store_commit(store), 0);
	}
	ck_assert_int_eq(store_commit(store), 0);
	for (int i = 0; i < 8; i++) {
		const int id = 2 + rand() % (RECORDS - 1);

		ck_assert_int_eq(store_take(store, (uint64_t)id), 0);
		taken[id - 1] = true;
	}
	for (uint64_t after = 0; after < RECORDS; after++) {
		const struct seen *seen = see(after, KINDS_ALL);
		size_t i = 0;

		for (uint64_t n = after; n < RECORDS; n++) {
			if (taken[n])
				continue;
			ck_assert_uint_lt(i, seen->count);
			ck_assert_uint_eq(seen->record[i].id, n + 1);
			ck_assert_str_eq(seen->body[i++], expected[n]);
		}
		ck_assert_uint_eq(i, seen->count);
	}
}
END_TEST

/* The log is removed, moved, replaced by a copy: what is committed then is in the file for whoever opens it next. */
START_TEST(lost_log_loses_nothing)
{
	static const char *const how[] = { "rm %s/inbox.db-wal", "mv %s/inbox.db-wal %s/moved",
		"cp %s/inbox.db-wal %s/copy && mv %s/copy %s/inbox.db-wal" };
	char command[512];
	uint64_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		ck_assert_int_eq(put(&alice, ++n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(command, sizeof(command), how[i], dir, dir, dir, dir);
#pragma GCC diagnostic pop
		ck_assert_int_eq(system(command), 0);
		ck_assert_int_eq(put(&alice, ++n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
	}
	ck_assert_str_eq(unread(), "1 2 3 4 5 6");
	/* As a crash leaves it. */
	(void)snprintf(command, sizeof(command), "mkdir %s/crash && cp %s/inbox.db* %s/crash/", dir, dir, dir);
	ck_assert_int_eq(system(command), 0);
	store_close(store);
	(void)snprintf(command, sizeof(command), "cp %s/crash/inbox.db* %s/", dir, dir);
	ck_assert_int_eq(system(command), 0);
	open_store(&roomy);
	ck_assert_str_eq(note, "");
	ck_assert_str_eq(unread(), "1 2 3 4 5 6");
}
END_TEST

/* With the inbox itself replaced nothing that is written now will be found: it is not told to be stored. */
START_TEST(lost_inbox_is_not_acknowledged)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	shell("mkdir %s/old && mv %s/inbox.db* %s/old/");
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), STORE_UNSURE);
	/* It is committed, but nowhere; when it comes again that is no reason to call it known. */
	for (unsigned again = 0; again < 2; again++) {
		ck_assert_int_eq(put(&alice, 2), STORE_UNKNOWN);
		ck_assert_int_eq(store_commit(store), STORE_UNSURE);
	}
}
END_TEST

/* As when a question within it lacks memory: nothing of it is there, and nothing that comes behind it is on its own. */
START_TEST(a_transaction_that_sqlite_ends)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(put(&alice, 2), STORE_FAILED);
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 1), -EIO);
	ck_assert_int_eq(store_commit(store), -EIO);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(store_commit(store), -EIO);
	ck_assert_str_eq(unread(), "");
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_event(store, RECORD_LEFT, &alice, 1), 0);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_str_eq(unread(), "1 !");
}
END_TEST

START_TEST(a_mark_in_a_lost_inbox_is_none)
{
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(put(&alice, 2), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	shell("mkdir %s/old && mv %s/inbox.db* %s/old/");
	ck_assert_int_eq(store_mark(store, 1, KINDS_ALL), -EIO);
	ck_assert_int_eq(store_take(store, 2), -EIO);
}
END_TEST

/* What somebody else does to the file is counted. */
START_TEST(changed_by_others)
{
	sqlite3 *db;
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	for (uint64_t n = 1; n <= 5; n++) {
		ck_assert_int_eq(put(&alice, n), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
	}
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM record WHERE id IN (2, 5)", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_uint_eq(store_unread(store), 3);
	ck_assert_int_eq(
	    sqlite3_exec(db, "INSERT OR REPLACE INTO meta VALUES('mark', 3)", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	ck_assert_int_eq(put(&alice, 6), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_uint_eq(store_unread(store), see(0, KIND_MESSAGES)->count);
	ck_assert_int_eq(store_mark(store, store_newest(store), KINDS_ALL), 0);
	ck_assert_uint_eq(store_unread(store), 0);
}
END_TEST

static off_t
length_of_log(void)
{
	char path[96];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/inbox.db-wal", dir);
	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static int64_t
generation(void)
{
	char path[96];
	sqlite3 *db;
	sqlite3_stmt *q;
	int64_t value;

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = 'generation'", -1, &q, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(q), SQLITE_ROW);
	value = sqlite3_column_int64(q, 0);
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	return value;
}

/* A new inbox is whole with nothing in its log, which is begun when nobody waits. */
START_TEST(a_new_inbox_needs_no_log)
{
#ifdef HAVE_SQLITE3_SERIALIZE
	ck_assert_int_eq(length_of_log(), 0);
#endif
	ck_assert_int_eq(generation(), 1);
	store_tidy(store);
	ck_assert_int_gt(length_of_log(), 0);
	ck_assert_int_eq(generation(), 1);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	reopen();
	ck_assert_int_eq(generation(), 2);
	ck_assert_str_eq(unread(), "1");
}
END_TEST

/* What SQLite would take for the rest of the inbox that was there is not put beside a new one. */
START_TEST(a_new_inbox_beside_what_is_left_of_another)
{
	static const char *const left[] = { "dd if=/dev/zero of=%s/inbox.db-wal bs=4096 count=9 status=none",
		"printf '\331\325\005\371\040\241\143\327%%0504d' 0 >%s/inbox.db-journal",
		"head -c 9000 /dev/urandom >%s/inbox.db.made", "head -c 32768 /dev/zero >%s/inbox.db-shm" };
	char command[512];

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		store_close(store);
		shell("rm -f %s/inbox.db*");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(command, sizeof(command), left[i], dir);
#pragma GCC diagnostic pop
		ck_assert_int_eq(system(command), 0);
		open_store(&roomy);
		ck_assert_str_eq(note, "");
		ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
		ck_assert_int_eq(store_commit(store), 0);
		reopen();
		ck_assert_str_eq(unread(), "1");
		ck_assert_int_eq(put(&alice, 1), STORE_KNOWN);
		ck_assert_int_eq(store_commit(store), 0);
	}
}
END_TEST

/* The log is short until messages come; then, at rest, it has the length that it may have; never more. */
START_TEST(log_grows_and_shrinks_at_rest)
{
	static uint8_t body[60000];
	sqlite3 *reader;
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	store_rest(store);
	ck_assert_int_lt(length_of_log(), 200000);
	ck_assert_int_eq(put(&alice, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	store_rest(store);
	ck_assert_int_eq(length_of_log(), 4194304);
	/* A reader that keeps a snapshot. */
	ck_assert_int_eq(sqlite3_open(path, &reader), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL), SQLITE_OK);
	for (uint64_t n = 2; n < 120; n++) {
		const struct msg m = { .pair = 5, .id = number(n), .body = body, .length = sizeof(body) };

		memset(body, (int)n, sizeof(body));
		if (store_message(store, &alice, &m, 1) == STORE_FULL) /* of those that are not read */
			ck_assert_int_eq(store_mark(store, store_newest(store), KINDS_ALL), 0);
		ck_assert_int_eq(store_commit(store), 0);
		store_tidy(store);
	}
	ck_assert_int_gt(length_of_log(), 4194304);
	(void)sqlite3_close(reader);
	store_rest(store);
	ck_assert_int_eq(length_of_log(), 4194304);
}
END_TEST

static void
add_tests(TCase *t)
{
	tcase_add_test(t, keeps_order_sender_and_ids);
	tcase_add_test(t, notes_beside_messages);
	tcase_add_test(t, passed_over_stays_unread);
	tcase_add_test(t, note_once);
	tcase_add_test(t, note_under_its_other_id);
	tcase_add_test(t, note_limits);
	tcase_add_test(t, note_rolled_back);
	tcase_add_test(t, note_writers);
	tcase_add_test(t, what_was_made_for_nothing_is_discarded);
	tcase_add_test(t, what_could_not_be_made_is_discarded);
	tcase_add_test(t, what_was_there_before_is_not_discarded);
	tcase_add_loop_test(t, stores_an_id_once, 0, 20);
	tcase_add_test(t, held_writes_nothing);
	tcase_add_test(t, events_of_no_account);
	tcase_add_test(t, only_unread_events_count);
	tcase_add_test(t, unread_offers_are_bounded);
	tcase_add_test(t, ids_of_another_uid_are_others);
	tcase_add_test(t, ids_wrap_around);
	tcase_add_test(t, mark_and_take);
	tcase_add_test(t, follow);
	tcase_add_test(t, limits_refuse_and_free_again);
	tcase_add_test(t, second_owner_is_refused);
	tcase_add_test(t, replaced_helper_writes_nothing);
	tcase_add_test(t, full_disk_refuses_then_works);
	tcase_add_test(t, known_on_a_full_disk);
	tcase_add_test(t, failed_transaction_is_forgotten);
	tcase_add_test(t, damaged_inbox_is_set_aside);
	tcase_add_test(t, damaged_log_is_set_aside);
	tcase_add_test(t, folder_in_its_place_is_set_aside);
	tcase_add_test(t, id_with_another_body_is_refused);
	tcase_add_test(t, what_is_not_damaged_is_saved);
	tcase_add_test(t, lost_at_the_end);
	tcase_add_test(t, short_of_descriptors_is_no_damage);
	tcase_add_test(t, damage_met_while_open_is_left_behind);
	tcase_add_test(t, records_of_nobody_are_left_out);
	tcase_add_test(t, impossible_numbers_are_damage);
	tcase_add_test(t, overlapping_rows_are_damage);
	tcase_add_test(t, salvage_is_finished);
	tcase_add_test(t, salvage_without_room_is_told);
	tcase_add_test(t, renewed_inbox_counts_on);
	tcase_add_test(t, keeps_small_facts);
	tcase_add_test(t, lost_log_loses_nothing);
	tcase_add_test(t, lost_inbox_is_not_acknowledged);
	tcase_add_test(t, a_mark_in_a_lost_inbox_is_none);
	tcase_add_test(t, a_transaction_that_sqlite_ends);
	tcase_add_test(t, changed_by_others);
	tcase_add_test(t, a_new_inbox_needs_no_log);
	tcase_add_test(t, a_new_inbox_beside_what_is_left_of_another);
	tcase_add_test(t, log_grows_and_shrinks_at_rest);
	tcase_add_test(t, killed_writer_loses_nothing);
	tcase_add_test(t, nothing_is_written_behind_a_log_that_failed);
	tcase_add_test(t, nothing_is_written_behind_a_log_that_failed_at_rest);
	tcase_add_test(t, nothing_is_written_behind_what_another_process_left);
	tcase_add_loop_test(t, reads_from_anywhere, 0, 20);
}

Suite *
store_suite(void)
{
	Suite *s = suite_create("store");
	TCase *single = tcase_create("a row a message"), *together = tcase_create("packed");

	tcase_add_checked_fixture(single, setup, teardown);
	tcase_add_checked_fixture(together, setup_packed, teardown);
	add_tests(single);
	add_tests(together);
	tcase_add_test(single, unread_events_are_bounded); /* many, and events are not packed */
	suite_add_tcase(s, single);
	suite_add_tcase(s, together);
	return s;
}
