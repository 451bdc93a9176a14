#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "thief.h"

#define MESSAGES 8192
#define COMMANDS 32
#define PEOPLE_MOST 8
#define KEPT 12 /* the exit status */

static const char *const *names;
static unsigned people;
static struct message *messages;
static struct command commands[COMMANDS];
static unsigned count;
static char words[2048];
static bool keeps_little[PEOPLE_MOST]; /* by a rule of the inbox, records that were read may be forgotten at any time */
static bool forgot[PEOPLE_MOST];       /* has tried to forget something */
static bool disk_fails;                /* then it may keep what it was told to overwrite */

void
judge_begin(const char *const *people_names, unsigned n)
{
	names = people_names;
	people = n;
	words[0] = '\0';
	messages = messages ? messages : kernel_memory(MESSAGES * sizeof(*messages));
	memset(messages, 0, count * sizeof(*messages));
	count = 0;
	memset(commands, 0, sizeof(commands));
	memset(keeps_little, 0, sizeof(keeps_little));
	memset(forgot, 0, sizeof(forgot));
	disk_fails = false;
}

void
judge_fail(const char *fmt, ...)
{
	va_list args;

	if (words[0])
		return;
	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	for (char *p = words; *p; p++)
		if (*p == '\n')
			*p = ' ';
	kernel_trace("FAILED: %s", words);
}

bool
judge_failed(void)
{
	return words[0] != '\0';
}

const char *
judge_words(void)
{
	return words;
}

/* ------ records ------ */

struct command *
judge_command(void)
{
	for (struct command *c = commands; c < commands + COMMANDS; c++)
		if (!c->used) {
			memset(c, 0, sizeof(*c));
			c->used = true;
			return c;
		}
	kernel_bug("too many commands");
}

int
judge_capture(void)
{
	for (int i = 0; i < CAPTURES; i++)
		if (!k->capture[i].used) {
			k->capture[i].used = true;
			k->capture[i].len = 0;
			k->capture[i].text[0] = '\0';
			return i;
		}
	kernel_bug("too many captures");
}

void
judge_release(struct command *c)
{
	k->capture[c->capture].used = false;
	c->used = false;
}

static struct message *
make(const char *what, unsigned from, unsigned to, unsigned seq)
{
	struct message *m = &messages[count++];

	if (count > MESSAGES)
		kernel_bug("too many messages");
	*m = (struct message){ .used = true, .from = from, .to = to, .seq = seq };
	(void)snprintf(m->text, sizeof(m->text), "%s %u of %s to %s", what, seq, names[from], names[to]);
	(void)snprintf(m->id, sizeof(m->id), "%016llx%08x%08x", (unsigned long long)kernel_random(), from, seq);
	return m;
}

struct message *
judge_message(unsigned from, unsigned to, unsigned seq)
{
	return make("message", from, to, seq);
}

struct message *
judge_note(unsigned from, unsigned to, unsigned seq)
{
	struct message *m = make("note", from, to, seq);

	m->note = true;
	return m;
}

static struct message *
message_of(const char *text, size_t len)
{
	static unsigned next; /* mostly it is the one behind the last */

	for (unsigned i = 0; i < count; i++) {
		struct message *m = &messages[next++ % count];

		if (strlen(m->text) == len && memcmp(m->text, text, len) == 0)
			return m;
	}
	return NULL;
}

/* ------ each command ------ */

/* The next record of JSON: the value of a key, or NULL. */
static const char *
value_of(const char *line, size_t n, const char *key, size_t *len)
{
	char wanted[32];
	const char *at;
	const int k_len = snprintf(wanted, sizeof(wanted), "\"%s\":\"", key);

	at = memmem(line, n, wanted, (size_t)k_len);
	if (!at)
		return NULL;
	at += k_len;
	*len = strcspn(at, "\"");
	return at;
}

static bool
is(const char *value, size_t len, const char *text)
{
	return value && strlen(text) == len && memcmp(value, text, len) == 0;
}

/* Of a note also by the number: as long as the daemon could not look for the name. */
static bool
is_from(const char *from, size_t len, const struct message *m)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "uid %u", 1001 + m->from);
	return is(from, len, names[m->from]) || (m->note && is(from, len, number));
}

/* Calls fn for each message that the lines tell of, and whether it is the reader's own. */
static void
each_message(unsigned who, const char *json, void (*fn)(unsigned who, struct message *m, bool own, unsigned place))
{
	unsigned place = 0;

	for (const char *line = json; *line;) {
		const size_t n = strcspn(line, "\n");
		size_t type_len = 0, text_len = 0, from_len = 0;
		const char *type = value_of(line, n, "type", &type_len), *text = value_of(line, n, "text", &text_len);
		const char *from = value_of(line, n, "from", &from_len);
		const bool note = is(type, type_len, "note");

		if ((note || is(type, type_len, "message")) && text && from) {
			struct message *m = message_of(text, strcspn(text, "|\""));

			if (!m && is(from, from_len, "mallory"))
				; /* from a chat with her; a frame that was written in part takes bytes of the next one */
			else if (!m)
				judge_fail("%s has a message that nobody wrote: %.*s", names[who], (int)text_len, text);
			else if (m->note != note)
				judge_fail("'%s' is shown to %s as a %.*s", m->text, names[who], (int)type_len, type);
			else if (!is_from(from, from_len, m))
				judge_fail("'%s' is shown to %s as written by '%.*s'", m->text, names[who],
				    (int)from_len, from);
			else
				fn(who, m, is(from, from_len, names[who]), place);
		}
		place++;
		line += n + (line[n] == '\n');
	}
}

static void
was_read(unsigned who, struct message *m, bool own, unsigned place)
{
	(void)place;
	if (own || m->to != who)
		judge_fail("%s reads '%s'", names[who], m->text);
	if (m->fate == FORGOTTEN && !m->excused)
		judge_fail("%s has forgotten '%s', and reads it again", names[who], m->text);
	m->read = true;
}

/* ------ forgetting ------ */

/* Whether it may be nowhere, though it was delivered. */
static bool
may_be_gone(const struct message *m)
{
	return m->fate != STAYS || (keeps_little[m->to] && m->read);
}

/* Whether what had its id before may be gone: then it was taken for that one, as was each that came under it meanwhile. */
static bool
earlier_may_be_gone(const struct message *m)
{
	for (const struct message *t = m->twin; t; t = t->twin)
		if (may_be_gone(t))
			return true;
	return m->shared && forgot[m->to];
}

static bool
is_meant(const struct command *c, const struct message *m)
{
	return m->to == c->who && !m->excused && (c->with == NONE || (unsigned)c->with == m->from);
}

void
judge_keeps_little(unsigned who)
{
	keeps_little[who] = forgot[who] = true;
}

void
judge_forgets(const struct command *c)
{
	forgot[c->who] = true;
	for (unsigned i = 0; i < count; i++) {
		struct message *m = &messages[i];

		/* A note may be there under the number of its sender, who is meant by name. */
		if (is_meant(c, m))
			m->there =
			    m->delivered && !m->shared && !(m->note && c->with != NONE) && !earlier_may_be_gone(m);
	}
}

/* One that was there, meant, and is not read: it keeps all others, too. NULL: there is none. */
static const struct message *
what_keeps(const struct command *c)
{
	for (unsigned i = 0; i < count && !c->unread && !c->part; i++)
		if (is_meant(c, &messages[i]) && messages[i].there && !messages[i].read && messages[i].fate == STAYS)
			return &messages[i];
	return NULL;
}

static void
forget_over(const struct command *c, int status)
{
	const struct message *keeps = what_keeps(c);

	if (status == 0 && keeps)
		judge_fail("%s has not read '%s', and has forgotten it unasked", names[c->who], keeps->text);
	if (status == 2 || keeps)
		return;
	for (unsigned i = 0; i < count; i++) {
		struct message *m = &messages[i];

		if (!is_meant(c, m) || m->fate == FORGOTTEN)
			continue;
		if (status == 1 && !c->part && m->there && !may_be_gone(m))
			judge_fail("%s has nothing to forget, and '%s' was delivered", names[c->who], m->text);
		if (status <= 1 && !c->part && m->there)
			m->fate = FORGOTTEN;
		else if (status != 1)
			m->fate = PERHAPS_FORGOTTEN;
	}
	if (status == 0)
		judge_files(c->who);
}

/* ------ what ends ------ */

static void
send_over(struct message *m, int status, const char *said)
{
	switch (status) {
	case 0:
		m->delivered = true;
		m->open = false;
		break;
	case 2:
	case 126:
	case 127:
		judge_fail("'%s' ends with %d: %s", m->text, status, said);
		break;
	case KEPT:
		if (!m->later)
			judge_fail("'%s' is kept, and nobody asked for that", m->text);
		m->kept = true;
		m->pardoned |= k->weather.jump > 0;
		m->open = false;
		break;
	case 75:
	case 74:
	case 134:
	case 137:
		m->open = !m->delivered && !m->kept;
		break;
	default:
		/* Certainly not delivered, if it is the first thing that is said of it. */
		if (!m->delivered && !m->open && m->attempts == 1)
			m->refused = true;
		else if (m->attempts > 1 && !m->delivered && !m->kept)
			m->open = true;
		break;
	}
}

/*
 * 0: it may have been delivered by a daemon that did not live to know, if anything went wrong since it was told; or before it
 * was told again, and kept again. 1: it is kept no more, or was never. If anything went wrong meanwhile, it was perhaps taken
 * back by the first of two attempts.
 */
static void
cancel_over(struct message *m, int status, bool smooth)
{
	m->certain = status == 0 && m->harms == k->harms && m->attempts == 1;
	if (status == 0)
		m->taken_back = true;
	else if (status != 1 || !smooth)
		m->pardoned = m->half_taken_back = true;
}

/* What the commands may end with: see the exit statuses of pchat(1). */
static bool
is_possible(const char *text, int status)
{
	static const int any[] = { 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 71, 74, 75, 124, 134, 137 };
	const bool tells = strstr(text, " tell ") != NULL;
	const bool may_know_not = tells || strstr(text, " send ") || strstr(text, " --cancel ");

	if (status == 2)
		return strstr(text, " --delete") && !strstr(text, " --unread");
	for (size_t i = 0; i < ARRAY_SIZE(any); i++)
		if (any[i] == status)
			return status != 75 || may_know_not;
	return tells && status == KEPT;
}

/* R1, R3: each name once, and its account's. */
static void
judge_who(const char *json)
{
	bool seen[PEOPLE_MOST] = { false };

	for (const char *line = json; *line;) {
		const size_t n = strcspn(line, "\n");
		size_t len = 0, account_len = 0;
		const char *name = value_of(line, n, "name", &len),
			   *account = value_of(line, n, "account", &account_len);

		for (unsigned i = 0; i < people && name; i++) {
			if (!is(name, len, names[i]))
				continue;
			if (seen[i])
				judge_fail("two have the name %s", names[i]);
			if (!is(account, account_len, names[i]))
				judge_fail("%s is '%.*s'", names[i], (int)account_len, account ? account : "");
			seen[i] = true;
		}
		line += n + (line[n] == '\n');
	}
}

int
judge_command_over(struct command *c)
{
	const int status = c->status & 0x7f ? 128 + (c->status & 0x7f) : (c->status >> 8) & 0xff;

	kernel_trace("%s$ [%d] %s", names[c->who], status, c->text);
	disk_fails |= k->weather.eio > 0;
	if (!is_possible(c->text, status))
		judge_fail("'%s' of %s ends with %d: %s", c->text, names[c->who], status, c->said);
	if (k->now - c->began > 90000000ULL)
		judge_fail("'%s' of %s took %llu s", c->text, names[c->who],
		    (unsigned long long)(k->now - c->began) / 1000000);
	if (c->message && c->message->twin && !c->message->later && status == 0 && !c->message->excused &&
	    !earlier_may_be_gone(c->message))
		judge_fail("'%s' was delivered under the id of '%s'", c->message->text, c->message->twin->text);
	if (c->message && c->count == 0) {
		c->message->smooth = c->message->attempts == 1 && c->harms == k->harms;
		c->message->harms = c->message->attempts == 1 ? c->harms : c->message->harms;
		send_over(c->message, status, c->said);
	}
	if (c->cancels)
		cancel_over(c->cancels, status, c->harms == k->harms);
	for (unsigned i = 0; i < c->count; i++) {
		c->message[i].delivered = status == 0;
		c->message[i].open = status != 0;
	}
	if (strstr(c->text, " login ") && status == 0 && !strstr(c->text, names[c->who]))
		judge_fail("%s has logged in by '%s'", names[c->who], c->text);
	if (strstr(c->text, " who ") && status == 0)
		judge_who(c->said);
	if (strstr(c->text, " read "))
		each_message(c->who, c->said, was_read);
	if (c->forgets)
		forget_over(c, status);
	return status;
}

void
judge_ended(int proc, int status)
{
	for (struct command *c = commands; c < commands + COMMANDS; c++)
		if (c->used && !c->done && c->proc == proc) {
			c->done = true;
			c->status = status;
		}
}

bool
judge_is_open(const struct message *m)
{
	return m->open && !m->delivered && !m->kept;
}

/* ------ the end ------ */

/* Of a stream a beginning arrives, in order: whatever stands behind one that is missing is missing, too. */
static void
judge_stream(const struct message *m, const struct message *before)
{
	if (m->stream == 0 || m->stream != before->stream || m->found == 0 || m->excused || may_be_gone(before))
		return;
	if (before->found == 0)
		judge_fail("'%s' is there, and '%s', which went before it, is not", m->text, before->text);
	else if (m->place < before->place)
		judge_fail("'%s' came before '%s'", m->text, before->text);
}

static void
was_kept(unsigned who, struct message *m, bool own, unsigned place)
{
	if (own && m->from == who)
		return;
	if (m->to != who)
		judge_fail("'%s' lies with %s", m->text, names[who]);
	if (m->found++ > 0)
		judge_fail("'%s' lies twice with %s", m->text, names[who]);
	if (m->fate == FORGOTTEN && !m->excused)
		judge_fail("%s has forgotten '%s', and it is there", names[who], m->text);
	m->place = place;
}

void
judge_history(unsigned who, const char *json)
{
	each_message(who, json, was_kept);
}

/* The text of a message, at whose end something was found; NULL: it is none's. */
static const struct message *
ends_at(const char *begin, const char *end)
{
	for (const char *at = end; at > begin && end - at < (ptrdiff_t)sizeof(messages->text); at--)
		if ((end - at >= 8 && memcmp(at, "message ", 8) == 0) || (end - at >= 5 && memcmp(at, "note ", 5) == 0))
			return message_of(at, (size_t)(end - at));
	return NULL;
}

static void
judge_file(const char *name, const uint8_t *data, size_t n, void *context)
{
	const unsigned who = *(const unsigned *)context;
	const char *const begin = (const char *)data, *const end = begin + n, *at = begin;
	char wanted[32];
	const size_t len = (size_t)snprintf(wanted, sizeof(wanted), " to %s", names[who]);

	while ((at = memmem(at, (size_t)(end - at), wanted, len))) {
		const struct message *m = ends_at(begin, at + len);

		if (m && m->to == who && m->fate == FORGOTTEN && !m->excused)
			judge_fail("%s has forgotten '%s', and it stands in %s", names[who], m->text, name);
		at += len;
	}
}

void
judge_files(unsigned who)
{
	if (!disk_fails)
		files_each(1001 + who, judge_file, &who);
}

void
judge_forget(unsigned who)
{
	for (unsigned i = 0; i < count; i++)
		messages[i].excused |= messages[i].to == who;
}

static struct message *
arrived(unsigned from, unsigned to, bool note)
{
	struct message *found = NULL;

	for (unsigned i = 0; i < count; i++)
		if (messages[i].from == from && messages[i].to == to && messages[i].note == note &&
		    (messages[i].delivered || messages[i].kept) && messages[i].stream == 0 && !messages[i].excused &&
		    !messages[i].twin && !messages[i].taken_back)
			found = &messages[i];
	return found;
}

struct message *
judge_delivered(unsigned from, unsigned to)
{
	return arrived(from, to, false);
}

struct message *
judge_repeatable(unsigned from, unsigned to)
{
	struct message *found = NULL;

	for (unsigned i = 0; i < count; i++)
		if (messages[i].from == from && messages[i].to == to && messages[i].delivered && !messages[i].note &&
		    messages[i].attempts > 0 && !messages[i].excused && !messages[i].twin)
			found = &messages[i];
	return found;
}

struct message *
judge_told(unsigned from, unsigned to)
{
	return arrived(from, to, true);
}

/* Its id may be that of one that is forgotten: then it was taken for that one. */
static bool
may_be_nowhere(const struct message *m)
{
	return may_be_gone(m) || earlier_may_be_gone(m);
}

static void
judge_message_end(const struct message *m)
{
	if (m->excused)
		return;
	if (m->twin && !m->later && m->found > 0 && !m->twin->excused)
		judge_fail("'%s' was taken under the id of '%s'", m->text, m->twin->text);
	if (m->delivered && m->found == 0 && !may_be_nowhere(m))
		judge_fail("'%s' was said to be delivered (%s), and is lost", m->text, m->id);
	if (m->taken_back && m->certain && m->found > 0)
		judge_fail("'%s' was taken back, and was delivered", m->text);
	if (m->kept && !m->pardoned && !m->taken_back && m->found == 0 && !may_be_nowhere(m))
		judge_fail("'%s' was said to be kept (%s), and is lost", m->text, m->id);
	if (m->refused && m->found > 0)
		judge_fail("'%s' was said to be certainly not delivered, and was", m->text);
	if (m->found > 0 && !m->read)
		judge_fail("'%s' was delivered, and never shown by read", m->text);
}

/*
 * It was kept, and came. What is kept comes in its order, what is delivered at once in another; so does what is kept
 * because nobody knows whether it was delivered.
 */
static bool
is_there(const struct message *m)
{
	return m->kept && m->smooth && !m->delivered && !m->half_taken_back && m->found > 0;
}

void
judge_end(void)
{
	for (unsigned i = 0; i < count; i++) {
		const struct message *a = &messages[i];

		judge_message_end(a);
		if (a->excused)
			continue;
		if (i > 0)
			judge_stream(a, a - 1);
		for (unsigned j = i + 1; j < count && (a->delivered || is_there(a)) && a->attempts <= 1; j++) {
			const struct message *b = &messages[j];

			if (b->from == a->from && b->to == a->to && b->attempts <= 1 && !b->excused && b->found > 0 &&
			    (a->delivered ? b->delivered : is_there(b)) && b->place < a->place)
				judge_fail("'%s' came before '%s'", b->text, a->text);
		}
	}
}
