/* A chat without a terminal: each line of standard input is said as it is, without /commands; what arrives is printed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "cli/chat/chat.h"
#include "cli/output/report.h"
#include "client/feed.h"
#include "proto/status.h"

struct filter {
	struct chat *chat;
	ev_io input;
	ev_idle always; /* in its place for files, which epoll does not take: they can be read at any time */
	bool is_file;
	bool ended;     /* there is no more input */
	bool caught_up; /* what was unread at the start was shown */
	ev_timer silence;
	struct feed feed;
};

static void
listen(struct filter *f, bool yes)
{
	struct ev_loop *loop = f->chat->loop;

	if (yes && f->is_file)
		ev_idle_start(loop, &f->always);
	else if (yes)
		ev_io_start(loop, &f->input);
	else {
		ev_idle_stop(loop, &f->always);
		ev_io_stop(loop, &f->input);
	}
}

static void
fail(struct filter *f, enum verdict v)
{
	const int status = report(v, "line %llu: %s", (unsigned long long)f->feed.taken + 1, status_words(v));

	if (f->chat->status == 0)
		f->chat->status = status;
}

/* How long the helper is waited for: until it answers, and at the end until it has told what is unread. */
static void
mind_silence(struct filter *f)
{
	if (f->chat->known && !(f->ended && !f->caught_up)) {
		ev_timer_stop(f->chat->loop, &f->silence);
		return;
	}
	ev_now_update(f->chat->loop); /* what was shown may have waited for its reader */
	ev_timer_again(f->chat->loop, &f->silence);
}

static void
on_silence(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct filter *f = w->data;

	(void)revents;
	ev_timer_stop(loop, w);
	if (!f->chat->known) {
		f->chat->status = report(
		    VERDICT_TIMED_OUT, "no answer in time from the helper of session '%s'", f->chat->link->shown);
		f->chat->over = true;
		return;
	}
	/* Another command reads, and does not come to its end; what was said has its own. */
	remark("what is unread was not shown: it is being read elsewhere, or the helper does not answer");
	f->caught_up = true;
	chat_end(f->chat, false);
}

static void
end_input(struct filter *f)
{
	f->ended = true;
	listen(f, false);
	mind_silence(f);
	if (f->caught_up)
		chat_end(f->chat, false);
}

/* Says what has been read, as far as there is room. */
static void
say_lines(struct filter *f)
{
	const uint8_t *body;
	uint32_t length;

	while (!f->ended && chat_has_room(f->chat)) {
		enum verdict v;

		switch (feed_peek(&f->feed, &body, &length)) {
		case FEED_MESSAGE:
			v = chat_say(f->chat, (const char *)body, length);
			if (v != VERDICT_OK)
				fail(f, v);
			feed_take(&f->feed, length);
			break;
		case FEED_EMPTY:
			fail(f, VERDICT_EMPTY);
			feed_take(&f->feed, 0);
			break;
		case FEED_TOO_LONG:
			fail(f, VERDICT_TOO_LONG);
			feed_skip(&f->feed);
			break;
		case FEED_MORE:
			listen(f, true);
			return;
		case FEED_END:
			end_input(f);
			return;
		}
	}
	listen(f, false);
}

static void
take_input(struct filter *f)
{
	const int rc = feed_fill(&f->feed);

	if (rc < 0) {
		f->chat->status = report(VERDICT_FAILED, "cannot read the lines to say: %s", error_words(-rc));
		end_input(f);
		return;
	}
	say_lines(f);
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop, (void)revents;
	take_input(w->data);
}

static void
on_idle(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop, (void)revents;
	take_input(w->data);
}

void
filter_wake(struct filter *f)
{
	mind_silence(f);
	if (f->chat->known && !f->chat->ending)
		say_lines(f);
}

void
filter_caught_up(struct filter *f)
{
	f->caught_up = true;
	mind_silence(f);
	if (f->ended)
		chat_end(f->chat, false);
}

struct filter *
filter_new(struct chat *c)
{
	struct filter *f = calloc(1, sizeof(*f));
	struct stat st;

	if (!f)
		return NULL;
	f->chat = c;
	f->is_file =
	    fstat(STDIN_FILENO, &st) == 0 && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode) && !isatty(STDIN_FILENO);
	feed_descriptor(&f->feed, STDIN_FILENO, '\n');
	ev_io_init(&f->input, on_readable, STDIN_FILENO, EV_READ);
	ev_idle_init(&f->always, on_idle);
	ev_timer_init(
	    &f->silence, on_silence, 0., (double)(options_timeout(c->opt, SEND_TIMEOUT_SECONDS * 1000) + 1) / 1000.);
	f->input.data = f->always.data = f->silence.data = f;
	mind_silence(f);
	return f;
}

void
filter_free(struct filter *f)
{
	if (!f)
		return;
	listen(f, false);
	ev_timer_stop(f->chat->loop, &f->silence);
	free(f);
}
