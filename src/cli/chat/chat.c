#include "cli/chat/chat.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/chat/excerpt.h"
#include "cli/output/colour.h"
#include "cli/output/format.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/partner.h"
#include "cli/output/report.h"
#include "client/conn.h"
#include "core/names/name.h"
#include "core/unicode/unicode.h"
#include "net/loop.h"
#include "net/stream.h"
#include "proto/feature.h"
#include "proto/safe.h"
#include "proto/status.h"
#include "proto/typed_line.h"

#define RETRY_FIRST 0.02 /* seconds; then twice as long each time, up to RETRY_MAX_MS */
#define SLOW_SECONDS 2.  /* without the state of the session; then that is said */

/* --------------------------------------------------------------------- showing */

/* What was printed, on its way to the editor. */
static void
collect(const void *data, size_t n, void *context)
{
	struct chat *c = context;

	if (c->text_len + n > c->text_cap) {
		char *more = realloc(c->text, 2 * (c->text_len + n));

		if (!more) {
			output_fail(-ENOMEM); /* what is not shown is not read */
			return;
		}
		c->text = more;
		c->text_cap = 2 * (c->text_len + n);
	}
	memcpy(c->text + c->text_len, data, n);
	c->text_len += n;
}

int
chat_show(struct chat *c)
{
	int rc = output_flush();

	if (c->editor && c->text_len > 0)
		editor_print(c->editor, c->text, c->text_len);
	c->text_len = 0;
	return rc;
}

void
chat_note(struct chat *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), translate(fmt), ap);
	va_end(ap);
	text[unicode_whole(text, strlen(text))] = '\0';
	if (c->filter) {
		remark("%s", text);
		return;
	}
	output_printf("%s* %s%s\n", colour_quiet(), text, colour_off());
	(void)chat_show(c);
}

enum mark { MARK_WAITS, MARK_DONE, MARK_FAILED };

/* In ASCII when the user's terminal may not know more. */
static const char *
mark_text(enum mark m)
{
	static const char *const fancy[] = { "\u2026", "\u2713", "\u2717" }, *const plain[] = { "...", "+", "!" };

	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 && !getenv("PCHAT_ASCII") ? fancy[m] : plain[m];
}

static void
show_own(struct chat *c, const char *text, size_t len, int64_t time_ms, enum mark m)
{
	const char *self = c->known ? c->state.u.state.self.name : c->link->name;
	struct record r = {
		.type = RECORD_MESSAGE,
		.time_ms = time_ms,
		.body = (const uint8_t *)text,
		.length = (uint32_t)len,
	};

	(void)snprintf(r.peer.name, sizeof(r.peer.name), "%s", self);
	(void)chat_show(c);
	format_text_record(&r, self);
	(void)output_flush();
	if (c->text_len > 0) /* the mark stands behind the text */
		c->text_len--;
	output_printf(" %s\n", mark_text(m));
	(void)chat_show(c);
}

static void
show_delivered(void *context, const char *text, size_t len, int64_t time_ms)
{
	show_own(context, text, len, time_ms, MARK_DONE);
}

/* ------------------------------------------------------------------ what we say */

static void on_waits(void *context, const char *text, size_t len);
static void on_settled(void *context, const struct deliver_line *line, enum verdict v);
static void on_lost(void *context);

static const struct deliver_class deliver_class = { on_waits, on_settled, on_lost };

static size_t
pending(const struct chat *c)
{
	size_t n = c->current ? deliver_pending(c->current) : 0;

	for (size_t i = 0; i < CHAT_PAIRS; i++)
		n += c->earlier[i] ? deliver_pending(c->earlier[i]) : 0;
	return n;
}

static void
on_waits(void *context, const char *text, size_t len)
{
	struct chat *c = context;

	if (c->editor)
		show_own(c, text, len, clock_wall_ms(), MARK_WAITS);
}

static void
show_fate(struct chat *c, const struct deliver_line *line, enum verdict v)
{
	const char *text = line->text;
	const size_t len = line->len;
	const bool waited = line->waited;
	char excerpt[EXCERPT_SHOWN];

	if (v == VERDICT_OK && !own_delivered(c->own, line, !c->ending && inbox_follows(c->inbox)))
		return;
	if (!waited)
		show_own(c, text, len, clock_wall_ms(), v == VERDICT_OK ? MARK_DONE : MARK_FAILED);
	if (v == VERDICT_OK && !inbox_follows(c->inbox)) /* that it does may not be known yet */
		recent_note(c->recent, &line->id);
	(void)excerpt_shown(text, len, excerpt);
	if (v == VERDICT_OK && waited)
		chat_note(c, "%s delivered: \"%s\"", mark_text(MARK_DONE), excerpt);
	else if (v == VERDICT_UNCONFIRMED)
		chat_note(c, "%s it may or may not have arrived: \"%s\"", mark_text(MARK_FAILED), excerpt);
	else if (v != VERDICT_OK)
		chat_note(c,
		    strstr(status_words(v), "not delivered") ? N_("%s %s: \"%s\"") : N_("%s not delivered, %s: \"%s\""),
		    mark_text(MARK_FAILED), _(status_words(v)), excerpt);
}

static void
on_settled(void *context, const struct deliver_line *line, enum verdict v)
{
	struct chat *c = context;
	char excerpt[EXCERPT_QUOTED];

	if (v != VERDICT_OK && c->status == 0 && (c->filter || c->ending))
		c->status = status_exit(v);
	if (c->editor)
		show_fate(c, line, v);
	else if (v != VERDICT_OK)
		(void)report(v, "%s: \"%s\"",
		    _(v == VERDICT_UNCONFIRMED ? N_("it may or may not have arrived") : status_words(v)),
		    excerpt_quoted(line->text, line->len, excerpt));
	if (c->ending && pending(c) == 0)
		c->over = true;
	if (c->filter)
		filter_wake(c->filter);
}

static enum own_line
whose_line(const struct chat *c, const struct ident *id)
{
	bool waited = false, found = c->current && deliver_has(c->current, id, &waited);

	for (size_t i = 0; i < CHAT_PAIRS && !found; i++)
		found = c->earlier[i] && deliver_has(c->earlier[i], id, &waited);
	if (!found)
		return OWN_ANOTHER;
	return waited ? OWN_WAITED : OWN_OURS;
}

bool
chat_has_said(const struct chat *c, const struct ident *id)
{
	return whose_line(c, id) != OWN_ANOTHER || own_knows(c->own, id);
}

bool
chat_has_room(const struct chat *c)
{
	return !c->current || deliver_has_room(c->current, MESSAGE_MAX);
}

enum verdict
chat_say(struct chat *c, const char *text, size_t len)
{
	if (len == 0 || len > MESSAGE_MAX)
		return len == 0 ? VERDICT_EMPTY : VERDICT_TOO_LONG;
	if (!c->current)
		return c->known ? VERDICT_NOT_PAIRED : VERDICT_NO_SESSION;
	return deliver_say(c->current, text, len) ? VERDICT_OK : VERDICT_LIMIT;
}

/* ------------------------------------------------------------------ the terminal */

/* Nothing can be shown any more: what is shown no more stays unread. */
static void
hang_up(struct chat *c)
{
	inbox_free(c->inbox);
	c->inbox = NULL;
	editor_free(c->editor);
	c->editor = NULL;
}

const char *
chat_partner(const struct chat *c)
{
	return c->known ? c->state.u.state.partner.name : "";
}

/* ------------------------------------------------------------------ the editor */

/* The typed lines are kept beside the inbox. */
static void
open_recall(struct chat *c)
{
	struct session_file file;
	char path[PATH_MAX], words[PATH_MAX + 256] = "";

	if (session_file_read(&c->link->dir, c->link->name, &file) < 0 ||
	    snprintf(path, sizeof(path), "%s/" TYPED_FILE, file.inbox) >= (int)sizeof(path))
		return;
	recall_open(c->recall, path, words, sizeof(words));
	if (*words)
		chat_note(c, "%s", words);
}

/* Keys that were typed before wait in the terminal. */
static bool
begin_terminal(struct chat *c)
{
	if (!terminal_new(c)) {
		c->status =
		    report(VERDICT_FAILED, "the terminal cannot be set up: %s", error_words(errno ? errno : ENOMEM));
		c->over = true;
		return false;
	}
	output_divert(collect, c);
	format_text_setup(!c->opt->given[OPT_FULL_TIME]);
	chat_note(c, "you are %s; /help shows what you can do, ^D closes the chat", c->link->name);
	open_recall(c);
	return true;
}

/* --------------------------------------------------------------------- the state */

/* The lines of an earlier pair wait for their fate beside those of the new one. */
static void
retire(struct chat *c)
{
	struct deliver *d = c->current;

	c->current = NULL;
	for (size_t i = 0; i < CHAT_PAIRS; i++) {
		if (c->earlier[i] && deliver_pending(c->earlier[i]) == 0) {
			deliver_free(c->earlier[i]);
			c->earlier[i] = NULL;
		}
		if (d && deliver_pending(d) > 0 && !c->earlier[i]) {
			c->earlier[i] = d;
			d = NULL;
		}
	}
	if (!d)
		return;
	deliver_give_up(d, VERDICT_UNCONFIRMED);
	deliver_free(d);
}

/* Who came by himself is told by a record; with whom the user named it is said here whose the name is. */
static void
say_partner(struct chat *c)
{
	const struct peer *p = &c->state.u.state.partner;
	char words[PARTNER_WORDS], safe[4 * PARTNER_WORDS];

	if (!c->editor || c->opt->operand_count == 0 || name_equal(p->name, p->account))
		return;
	(void)partner_words(p, words);
	chat_note(c, "%.*s", (int)safe_line(words, strlen(words), safe, sizeof(safe)), safe);
}

/* That the partner is away: when it is found so, and when it changes. */
static void
say_away(struct chat *c, bool another)
{
	const struct peer *p = &c->state.u.state.partner;
	const char *text = c->state.u.state.partner_away;
	char words[PARTNER_AWAY], safe[4 * PARTNER_AWAY];

	if (another)
		c->away[0] = '\0';
	if (!c->editor || strcmp(text, c->away) == 0)
		return;
	memcpy(c->away, text, sizeof(c->away));
	if (*text) {
		(void)partner_away(p, text, words);
		chat_note(c, "%.*s", (int)safe_line(words, strlen(words), safe, sizeof(safe)), safe);
	} else {
		chat_note(c, "%s is no longer away", p->name);
	}
}

static void
take_state(struct chat *c, const struct control_message *m)
{
	const uint64_t before = c->current ? deliver_pair(c->current) : 0, now = m->u.state.pair;
	const bool known = c->known;

	c->state = *m;
	c->known = true;
	ev_timer_stop(c->loop, &c->slow);
	if (!known && c->recall) {
		inbox_follow(c->inbox, m->u.state.last);
		inbox_hold(c->inbox);
		recent_begin(c->recent, m->u.state.last, m->u.state.unread);
		if (!begin_terminal(c))
			return;
	}
	if (now != before && (now != 0 || m->u.state.daemon == DAEMON_CONNECTED)) {
		retire(c);
		if (now != 0)
			c->current = deliver_new(c->loop, c->link, now, &deliver_class, c);
	}
	terminal_update(c);
	if (!known && now != 0)
		say_partner(c);
	say_away(c, now != before);
	if (!known && c->recall)
		on_lost(c); /* the connection for what arrives is made */
	if (c->filter)
		filter_wake(c->filter);
}

static void
on_watch_frame(void *owner, const struct frame *f)
{
	struct control_message m;

	if (f->type == FRAME_ACK || control_decode(f, &m) < 0)
		return;
	if (m.type == CONTROL_STATE || m.type == CONTROL_CHANGED)
		take_state(owner, &m);
	else if (m.type == CONTROL_BYE && m.u.bye.reason == BYE_MALFORMED)
		((struct chat *)owner)->plain_watch = true; /* it takes a HELLO that names features for a broken one */
}

static void
on_watch_lost(void *owner)
{
	struct chat *c = owner;

	c->watch = NULL;
	terminal_update(c);
	on_lost(c);
}

static bool
watch_reconnect(struct chat *c)
{
	static const struct conn_class class = { on_watch_frame, on_watch_lost };
	const struct control_message m = { .type = CONTROL_WATCH };

	if (c->watch)
		return true;
	c->link->features = c->plain_watch ? 0 : FEATURE_AWAY;
	c->watch = conn_open(c->loop, c->link, &class, c);
	c->link->features = 0; /* others on this link name none */
	if (c->watch)
		conn_request(c->watch, &m);
	return c->watch != NULL;
}

/* ------------------------------------------------------------- a helper that died */

static void
session_over(struct chat *c)
{
	const struct link *l = c->link;
	char again[sizeof("--via  ") + sizeof(l->host) + sizeof(l->name)];

	(void)snprintf(
	    again, sizeof(again), "%s%s%s%s", l->host[0] ? "--via " : "", l->host, l->host[0] ? " " : "", l->name);
	own_flush(c->own);
	if (!c->quitting && !c->ending)
		chat_note(c, "the session has ended; log in again with: pchat login %s", again);
	c->ending = true;
	if (c->current)
		deliver_give_up(c->current, VERDICT_NO_SESSION);
	for (size_t i = 0; i < CHAT_PAIRS; i++)
		if (c->earlier[i])
			deliver_give_up(c->earlier[i], VERDICT_NO_SESSION);
	c->over = true;
}

static bool
reconnect(struct chat *c)
{
	bool all = watch_reconnect(c) && (!c->inbox || (c->recall && !c->known) || inbox_reconnect(c->inbox)) &&
	    (!c->current || deliver_reconnect(c->current));

	for (size_t i = 0; all && i < CHAT_PAIRS; i++)
		all = !c->earlier[i] || deliver_reconnect(c->earlier[i]);
	return all;
}

static void
revived(void *context, const struct run_end *end)
{
	struct chat *c = context;

	c->reviver = NULL;
	if (end->status != 0 && !c->complained && *end->errors)
		chat_note(c, "%.*s", (int)strcspn(end->errors, "\n"), end->errors);
	c->complained = end->status != 0;
}

/* Any command starts the helper again; this one does nothing else. */
static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	static const char *const status[] = { "status", "--quiet", NULL };
	struct chat *c = w->data;
	struct session_file file;

	(void)revents;
	if (session_file_read(&c->link->dir, c->link->name, &file) == -ENOENT) {
		session_over(c);
		return;
	}
	if (reconnect(c)) {
		c->pause = RETRY_FIRST;
		return;
	}
	if (!c->reviver)
		c->reviver = run_new(loop, status, revived, c);
	c->pause = 2 * c->pause < RETRY_MAX_MS / 1000. ? 2 * c->pause : RETRY_MAX_MS / 1000.;
	ev_timer_set(w, c->pause, 0.);
	ev_timer_start(loop, w);
}

static void
on_lost(void *context)
{
	struct chat *c = context;

	if (ev_is_active(&c->retry))
		return;
	ev_timer_set(&c->retry, c->pause, 0.);
	ev_timer_start(c->loop, &c->retry);
}

void
chat_go_on(struct chat *c)
{
	if (c->inbox)
		inbox_go_on(c->inbox);
}

/* ----------------------------------------------------------------- what arrives */

void
chat_record(struct chat *c, const struct record *r)
{
	if (c->recent)
		recent_before(c->recent, r);
	if (c->filter && c->opt->given[OPT_JSON])
		format_json_record(r, c->link->name);
	else
		format_text_record(r, c->link->name);
	if (c->editor)
		terminal_arrived(c, r);
}

static void
on_record(void *context, const struct record *r)
{
	struct chat *c = context;

	if (!c->recent || !recent_hold(c->recent, r))
		chat_record(c, r);
}

static void
on_said(void *context, const struct record *r, uint64_t missed)
{
	struct chat *c = context;

	if (missed > 0)
		chat_note(c,
		    translate_count("%llu line that this session said is left out; /history shows it",
			"%llu lines that this session said are left out; /history shows them", (size_t)missed),
		    (unsigned long long)missed);
	if (!recent_showed(c->recent, &r->msgid))
		own_told(c->own, r, whose_line(c, &r->msgid));
}

/* What the helper has not told it tells no more. */
static void
on_inbox_lost(void *context)
{
	own_flush(((struct chat *)context)->own);
	on_lost(context);
}

static int
on_shown(void *context)
{
	struct chat *c = context;
	int rc = chat_show(c);

	if (c->filter)
		filter_wake(c->filter);
	return rc == 0 && c->editor ? editor_flush(c->editor) : rc;
}

static void
on_listens(void *context, bool more)
{
	recent_look(((struct chat *)context)->recent, more);
}

static void
on_caught_up(void *context)
{
	struct chat *c = context;

	if (c->filter)
		filter_caught_up(c->filter);
}

static void
on_over(void *context, enum verdict v)
{
	struct chat *c = context;

	if (v == VERDICT_NO_SESSION) {
		session_over(c);
		return;
	}
	if (v == VERDICT_OUTPUT) {
		c->status = status_exit(VERDICT_OUTPUT);
		c->hung_up = c->editor != NULL;
	} else {
		c->status = status_exit(VERDICT_FAILED);
		chat_note(c, "the inbox of '%s' cannot be read: its disk, or its file, is damaged", c->link->shown);
	}
	chat_end(c, false);
}

/* ------------------------------------------------------------------------ the end */

void
chat_end(struct chat *c, bool quit)
{
	const size_t n = pending(c);

	c->quitting = c->quitting || quit;
	if (c->ending || n == 0) {
		c->over = true;
		return;
	}
	c->ending = true;
	if (c->editor && !c->hung_up)
		chat_note(c,
		    translate_count("waiting for %zu line to arrive, ^C gives up",
			"waiting for %zu lines to arrive, ^C gives up", n),
		    n);
	ev_timer_start(c->loop, &c->patience);
}

static void
on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct chat *c = w->data;

	(void)loop, (void)revents;
	c->over = true;
}

static void
on_slow(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	chat_note(w->data, "the session does not answer yet; ^C gives up");
}

static void
on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct chat *c = w->data;

	(void)loop, (void)revents;
	c->signal = w->signum;
	c->hung_up = c->hung_up || (w->signum == SIGHUP && c->editor);
	chat_end(c, false);
}

/* Runs the loop until the chat ends; a terminal that vanished is let go as soon as that is safe. */
static void
run(struct chat *c)
{
	do {
		ev_run(c->loop, EVRUN_ONCE);
		if (c->hung_up && c->editor)
			hang_up(c);
	} while (!c->over);
}

static void
quit_session(struct chat *c)
{
	const struct control_message m = { .type = CONTROL_QUIT };
	const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);
	enum verdict v = link_connect(c->link, deadline);

	if (v == VERDICT_OK)
		v = link_command(c->link, &m, deadline);
	if (v != VERDICT_OK && v != VERDICT_NO_SESSION)
		c->status = report(v, "%s", c->link->words);
}

/* ------------------------------------------------------------------------ set up */

/* libedit draws in the locale's encoding, and what we draw is UTF-8. */
static void
set_locale(void)
{
	(void)setlocale(LC_ALL, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return;
	(void)setenv("PCHAT_ASCII", "1", 1);
	(void)setlocale(LC_CTYPE, "C.UTF-8");
}

static int
set_up(struct chat *c)
{
	static const struct inbox_class inbox_class = { on_record, on_said, on_shown, on_listens, on_caught_up, on_over,
		on_inbox_lost };

	c->loop = loop_new();
	if (!c->loop || stream_setup(c->loop) < 0)
		return report(VERDICT_FAILED, "cannot set up: %s", error_words(errno));
	(void)setenv("PCHAT_SESSION", c->link->shown, 1); /* for the commands that are run beside */
	if (c->opt->given[OPT_SOCKET])
		(void)setenv("PCHAT_SOCKET", c->opt->text[OPT_SOCKET], 1);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		hint_choose(NULL); /* what is to be typed is typed here, as /words */
		hint_enter_chat();
		set_locale();
		if (!(c->recall = recall_new()) || !(c->own = own_new(show_delivered, c)) ||
		    !(c->recent = recent_new(c)))
			return report(VERDICT_FAILED, "%s", error_words(ENOMEM));
	} else if (!(c->filter = filter_new(c))) {
		return report(VERDICT_FAILED, "%s", error_words(ENOMEM));
	}
	c->inbox = inbox_new(c->loop, c->link, &inbox_class, c);
	return c->inbox ? 0 : report(VERDICT_FAILED, "%s", error_words(ENOMEM));
}

static void
watch_signals(struct chat *c)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		ev_signal_init(&c->signals[i], on_signal, numbers[i]);
		c->signals[i].data = c;
		ev_signal_start(c->loop, &c->signals[i]);
	}
	ev_timer_init(&c->retry, on_retry, 0., 0.);
	ev_timer_init(&c->patience, on_patience, SEND_TIMEOUT_SECONDS, 0.);
	ev_timer_init(&c->slow, on_slow, SLOW_SECONDS, 0.);
	c->retry.data = c->patience.data = c->slow.data = c;
	if (c->recall)
		ev_timer_start(c->loop, &c->slow);
	c->pause = RETRY_FIRST;
}

static void
tear_down(struct chat *c)
{
	for (size_t i = 0; i < CHAT_RUNS; i++) {
		run_drop(c->tasks[i].run);
		free(c->tasks[i].line);
	}
	run_drop(c->completer);
	recent_free(c->recent);
	run_drop(c->reviver);
	free(c->completed);
	inbox_free(c->inbox);
	conn_close(c->watch);
	deliver_free(c->current);
	for (size_t i = 0; i < CHAT_PAIRS; i++)
		deliver_free(c->earlier[i]);
	filter_free(c->filter);
	editor_free(c->editor);
	recall_free(c->recall);
	own_free(c->own);
	output_divert(NULL, NULL);
	free(c->text);
}

/* What is still open when we go: it is said, and it decides the exit status. */
static void
settle_all(struct chat *c)
{
	c->ending = true;
	if (c->current)
		deliver_give_up(c->current, VERDICT_TIMED_OUT);
	for (size_t i = 0; i < CHAT_PAIRS; i++)
		if (c->earlier[i])
			deliver_give_up(c->earlier[i], VERDICT_TIMED_OUT);
}

int
chat_main(struct invocation *inv)
{
	static struct chat chat;
	struct chat *c = &chat;
	int rc;

	c->link = &inv->link;
	c->opt = &inv->opt;
	link_close(c->link);
	colour_setup(c->opt);
	rc = set_up(c);
	if (rc == 0) {
		watch_signals(c);
		on_lost(c);
		run(c);
		settle_all(c);
		own_flush(c->own);
		rc = c->status;
	}
	tear_down(c);
	if (c->quitting) {
		quit_session(c);
		rc = c->status;
	}
	if (c->hung_up && c->signal == 0) /* the signal that goes with it may still be on its way */
		c->signal = SIGHUP;
	if (c->signal != 0) {
		(void)output_flush();
		(void)signal(c->signal, SIG_DFL);
		(void)raise(c->signal);
	}
	return rc;
}
