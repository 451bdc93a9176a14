/*
 * The judge: what the senders were told against what the inboxes hold.
 *
 *     ledger TOLD INBOX...
 *     ledger --bodies INBOX     the messages of an inbox, a line each
 *
 * TOLD has a line for each attempt to send: SENDER TO FIRST LAST STATUS. Messages FIRST to LAST (one, or a
 * stream of `send -l`) had as body "SENDER NUMBER", numbers counting up for each sender, an attempt after
 * another. STATUS is the exit status; for a stream with another status than 0, `STATUS:DELIVERED` says
 * how many of its messages were delivered for certain. A number may have several attempts, with one id.
 * What was told (`tell`, `tell --later`) is a message as well; 12 says that it is kept, and has to be delivered in the end.
 *
 * INBOX/inbox.db is the inbox of whom the folder is called after, and inbox.db.corrupt-* what was set
 * aside of it. What of that could be read is in the inbox as well, under the id that it had: a body that is twice under
 * one id is one message. They are read with SQLite alone: the programs under test are not asked.
 *
 * Crimes:
 *   lost       told 0 or 12, but not in the inbox of TO
 *   twice      there more than once
 *   reordered  before a message that was delivered earlier, or in a stream without its predecessor
 *   lies       told in every attempt that it was certainly not delivered, but there
 *   strays     in the inbox of somebody else
 * Prints the figures as one line; exits 1 when there is a crime, each of which is told on standard error.
 */
#include <endian.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/macros.h"

#define PEERS 256
#define NAME_SIZE 34
#define SHOWN 20 /* crimes of one kind that are told in words */

enum fate { UNTOLD, REFUSED, UNSURE, DELIVERED, KEPT };

#define NOTE 8 /* type of a row */

struct message {
	uint8_t fate; /* enum fate */
	bool streamed;
	bool was_open; /* an attempt was told 75, or nothing */
	uint16_t to;
	uint32_t count;  /* copies in the right inbox */
	uint32_t stream; /* number of its first message */
};

struct peer {
	char name[NAME_SIZE];
	struct message *message;
	size_t messages;
	uint64_t last[KEPT + 1]; /* while an inbox is read: the greatest number seen of DELIVERED and of KEPT ones */
};

static struct peer peer[PEERS];
static unsigned peers;
static uint64_t told_by_status[256], sent, held;

enum crime { LOST, TWICE, REORDERED, LIES, STRAYS, CRIMES };
static const char *const crime_names[] = { "lost", "twice", "reordered", "lies", "strays" };
static uint64_t crimes[CRIMES];

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "ledger: %s: %s\n", what, why);
	exit(99);
}

static void
accuse(enum crime c, const char *sender, uint64_t number, const char *words)
{
	if (crimes[c]++ < SHOWN)
		(void)fprintf(stderr, "%s: %s %llu %s\n", crime_names[c], sender, (unsigned long long)number, words);
}

static struct peer *
peer_named(const char *name)
{
	for (unsigned i = 0; i < peers; i++)
		if (strcmp(peer[i].name, name) == 0)
			return &peer[i];
	if (peers == PEERS || strlen(name) >= NAME_SIZE)
		die(name, "too many senders, or too long a name");
	(void)strcpy(peer[peers].name, name);
	return &peer[peers++];
}

static struct message *
message_of(struct peer *p, uint64_t number)
{
	if (number >= UINT32_MAX)
		die(p->name, "a number is out of range");
	if (number >= p->messages) {
		const size_t n = (size_t)number * 2 + 64;

		p->message = reallocarray(p->message, n, sizeof(*p->message));
		if (!p->message)
			die(p->name, "no memory");
		memset(p->message + p->messages, 0, (n - p->messages) * sizeof(*p->message));
		p->messages = n;
	}
	return &p->message[number];
}

/* ------------------------------------------------------------------ what was told */

/* 0 is delivered, 12 kept; 75, and the end of a killed command, leave it open; all else says: certainly not. */
static enum fate
fate_of(int status)
{
	if (status == 0 || status == 12)
		return status == 0 ? DELIVERED : KEPT;
	return status == 75 || status > 128 ? UNSURE : REFUSED;
}

static void
tell(struct peer *from, uint16_t to, uint64_t number, uint64_t first, bool streamed, enum fate fate)
{
	struct message *m = message_of(from, number);

	if (m->fate == UNTOLD)
		sent++;
	else if (m->to != to)
		die(from->name, "one number was sent to two");
	m->to = to;
	m->streamed = streamed;
	m->was_open |= fate == UNSURE;
	m->stream = (uint32_t)first;
	/* The best that any attempt was told; an open one makes a refusal before or after it mean nothing. */
	if (fate > m->fate)
		m->fate = (uint8_t)fate;
}

static void
read_told(const char *path)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	unsigned long long first, last, delivered;
	int status, n;
	char line[256];
	FILE *f = fopen(path, "re");

	if (!f)
		die(path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		delivered = 0;
		n = sscanf(line, "%33s %33s %llu %llu %d:%llu", from, to, &first, &last, &status, &delivered);
		if (n < 5 || status < 0 || status > 255 || last < first)
			die(path, line);
		told_by_status[status]++;
		struct peer *p = peer_named(from);
		const uint16_t t = (uint16_t)(peer_named(to) - peer);

		for (uint64_t i = first; i <= last; i++) {
			enum fate fate = fate_of(status);

			/* Of a stream, the refusal is of the first that was not delivered; those after it were not sent, or follow it. */
			if (fate < DELIVERED && i < first + delivered)
				fate = DELIVERED;
			tell(p, t, i, first, last > first, fate);
		}
	}
	(void)fclose(f);
}

/* ------------------------------------------------------------------- what is held */

static void
hold(uint16_t owner, const char *body, int length)
{
	char text[80], from[NAME_SIZE];
	unsigned long long number;
	struct message *m;
	struct peer *p;

	(void)snprintf(text, sizeof(text), "%.*s", length, body ? body : "");
	if (sscanf(text, "%33s %llu", from, &number) != 2)
		return; /* not one of ours */
	held++;
	p = peer_named(from);
	m = message_of(p, number);
	if (m->fate == UNTOLD || m->to != owner) {
		accuse(STRAYS, from, number, peer[owner].name);
		return;
	}
	if (m->count++ > 0) {
		accuse(TWICE, from, number, peer[owner].name);
		return;
	}
	if (m->fate >= DELIVERED && number < p->last[m->fate])
		accuse(REORDERED, from, number, "after a later one");
	if (m->streamed && number > m->stream && message_of(p, number - 1)->count == 0)
		accuse(REORDERED, from, number, "without its predecessor");
	/* One that is kept since nobody knew whether it had arrived may have: at once, and before what was kept then. */
	if (m->fate >= DELIVERED && number > p->last[m->fate] && !(m->fate == KEPT && m->was_open))
		p->last[m->fate] = number;
}

static void
print(uint16_t owner, const char *body, int length)
{
	(void)owner;
	(void)printf("%.*s\n", length, body ? body : "");
}

/* The records of an inbox and of what was set aside of it. */
struct records {
	sqlite3 *db; /* in memory: table record(id, body) */
	sqlite3_stmt *add;
};

static void
records_init(struct records *r)
{
	if (sqlite3_open(":memory:", &r->db) != SQLITE_OK ||
	    sqlite3_exec(r->db, "CREATE TABLE record(id, body, PRIMARY KEY(id, body)) WITHOUT ROWID; BEGIN", NULL, NULL,
		NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(r->db, "INSERT OR IGNORE INTO record VALUES(?1, ?2)", -1, &r->add, NULL) != SQLITE_OK)
		die("records", sqlite3_errmsg(r->db));
}

static void
records_add(struct records *r, int64_t id, const char *body, int length)
{
	(void)sqlite3_reset(r->add);
	(void)sqlite3_bind_int64(r->add, 1, id);
	(void)sqlite3_bind_text(r->add, 2, body ? body : "", length, SQLITE_STATIC);
	if (sqlite3_step(r->add) != SQLITE_DONE)
		die("records", sqlite3_errmsg(r->db));
}

/* In the order in which they arrived. */
static void
records_each(const struct records *r, uint16_t owner, void (*fn)(uint16_t owner, const char *body, int length))
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(r->db, "SELECT body FROM record ORDER BY id", -1, &q, NULL);

	while (q && (rc = sqlite3_step(q)) == SQLITE_ROW)
		fn(owner, (const char *)sqlite3_column_text(q, 0), sqlite3_column_bytes(q, 0));
	if (rc != SQLITE_DONE)
		die("records", sqlite3_errmsg(r->db));
	(void)sqlite3_finalize(q);
}

static void
records_release(struct records *r)
{
	(void)sqlite3_finalize(r->add);
	(void)sqlite3_close(r->db);
}

/* A row of type 64 holds several bodies, each after its length: u32, little-endian; their ids count up from the row's. */
static bool
add_pack(struct records *r, int64_t *id, const char *p, int n)
{
	uint32_t length;

	for (; n >= (int)sizeof(length); n -= (int)length, p += length) {
		memcpy(&length, p, sizeof(length));
		length = le32toh(length);
		n -= (int)sizeof(length);
		p += sizeof(length);
		if (length > (uint32_t)n)
			return false;
		records_add(r, (*id)++, p, (int)length);
	}
	return n == 0;
}

static bool
has_table(sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	const bool yes = sqlite3_prepare_v2(db, "SELECT 1 FROM record", -1, &q, NULL) == SQLITE_OK;

	(void)sqlite3_finalize(q);
	return yes;
}

/* `must`: it has to be readable to its end; what was set aside because it was damaged need not be. */
static void
read_inbox(struct records *into, const char *path, bool must)
{
	int64_t next = 0; /* the least id that a row may have */
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	int r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

	if (r == SQLITE_OK && has_table(db))
		r = sqlite3_prepare_v2(
		    db, "SELECT id, type, body FROM record WHERE type IN (0, 8, 64) ORDER BY id", -1, &q, NULL);
	while (q && (r = sqlite3_step(q)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(q, 0);
		const int type = sqlite3_column_int(q, 1);
		const char *body = sqlite3_column_blob(q, 2);
		const int length = sqlite3_column_bytes(q, 2);

		if (must && id < next)
			die(path, "a row has the id of a message before it");
		if (type == 0 || type == NOTE)
			records_add(into, id++, body, length);
		else if (!add_pack(into, &id, body, length) && must)
			die(path, "a damaged row");
		next = id;
	}
	if (must && r != SQLITE_DONE)
		die(path, sqlite3_errmsg(db));
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
}

static void
read_inboxes(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	const uint16_t owner = (uint16_t)(peer_named(slash ? slash + 1 : dir) - peer);
	struct records records = { 0 };
	char path[PATH_MAX];
	glob_t g;

	records_init(&records);
	(void)snprintf(path, sizeof(path), "%s/inbox.db.corrupt-*[0-9Z]", dir);
	if (glob(path, 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			read_inbox(&records, g.gl_pathv[i], false);
		globfree(&g);
	}
	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	read_inbox(&records, path, true);
	records_each(&records, owner, hold);
	records_release(&records);
}

static void
print_bodies(const char *dir)
{
	struct records records = { 0 };
	char path[PATH_MAX];

	records_init(&records);
	(void)snprintf(path, sizeof(path), "%s/inbox.db", dir);
	read_inbox(&records, path, true);
	records_each(&records, 0, print);
	records_release(&records);
}

/* ------------------------------------------------------------------------ verdict */

static void
judge(const struct peer *p)
{
	for (size_t i = 0; i < p->messages; i++) {
		const struct message *m = &p->message[i];

		if (m->fate >= DELIVERED && m->count == 0)
			accuse(LOST, p->name, i, peer[m->to].name);
		if (m->fate == REFUSED && m->count > 0)
			accuse(LIES, p->name, i, "certainly not delivered, but it was");
	}
}

int
main(int argc, char **argv)
{
	uint64_t sum = 0;

	if (argc < 3)
		die("usage", "ledger TOLD INBOX... | ledger --bodies INBOX");
	if (strcmp(argv[1], "--bodies") == 0) {
		print_bodies(argv[2]);
		return 0;
	}
	read_told(argv[1]);
	for (int i = 2; i < argc; i++)
		read_inboxes(argv[i]);
	for (unsigned i = 0; i < peers; i++)
		judge(&peer[i]);
	(void)printf("sent %llu, held %llu; exit", (unsigned long long)sent, (unsigned long long)held);
	for (int i = 0; i < 256; i++)
		if (told_by_status[i] > 0)
			(void)printf(" %d: %llu", i, (unsigned long long)told_by_status[i]);
	(void)printf(";");
	for (unsigned i = 0; i < CRIMES; i++) {
		(void)printf(" %s %llu%s", crime_names[i], (unsigned long long)crimes[i], i + 1 < CRIMES ? "," : "\n");
		sum += crimes[i];
	}
	return sum > 0;
}
