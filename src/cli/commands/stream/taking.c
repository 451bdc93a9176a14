#include "cli/commands/stream/taking.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/output/foreign.h"
#include "cli/process/child.h"
#include "proto/status.h"

#define TICK_MS 1000
#define LOOK_UP 256U        /* turns in which all flows, until it is looked what else happened */
#define LAST_WORDS_MS 2000U /* until the other side has heard how it went, and until we hear why it went */

/* It will not be whole, or not taken: the first reason counts. */
static void breaks(struct taking *t, enum verdict v, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
breaks(struct taking *t, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	if (t->broken)
		return;
	t->broken = true;
	t->verdict = v;
	va_start(ap, fmt);
	(void)vsnprintf(t->words, sizeof(t->words), fmt, ap);
	va_end(ap);
}

/* ------------------------------------------------------------------------- the sink */

/* A name is the partner's choice. */
static const char *
quoted_name(const char *name, char out[FOREIGN_QUOTED(NAME_MAX)])
{
	return foreign_quoted(name, strlen(name), out, FOREIGN_QUOTED(NAME_MAX));
}

static void
write_failed(struct taking *t, int error)
{
	t->shut = t->sink.kind == SINK_COMMAND && !t->broken;
	if (t->sink.kind == SINK_COMMAND)
		breaks(t, VERDICT_NOT_TAKEN, _("'%.100s' did not take all"), t->command);
	else
		breaks(t, VERDICT_OUTPUT, _("it could not be written: %s"), error_words(error));
}

/* What came goes on to the sink, as far as that takes it. */
static void
write_some(struct taking *t)
{
	const ssize_t n = t->left > 0 ? sink_write(&t->sink, t->data, t->left) : sink_hole(&t->sink, t->hole);

	t->waits = n == -EAGAIN;
	if (n < 0 && !t->waits)
		write_failed(t, (int)-n);
	if (n <= 0)
		return;
	if (t->left > 0) {
		t->data += n;
		t->left -= (size_t)n;
	} else {
		t->hole -= (uint64_t)n;
	}
	progress_show(&t->progress, t->transfer.all - t->left - t->hole);
}

static bool
into_new_files(const struct taking *t)
{
	return t->names != NULL;
}

static void
finish_sink(struct taking *t)
{
	char quoted[FOREIGN_QUOTED(NAME_MAX)];
	const int rc = sink_finish(&t->sink);

	if (rc < 0 && t->sink.kind == SINK_FILE)
		breaks(t, VERDICT_OUTPUT, _("\"%s\" could not be written: %s"), quoted_name(t->sink.name, quoted),
		    error_words(-rc));
	else if (rc < 0)
		breaks(t, VERDICT_OUTPUT, _("standard output could not be written: %s"), error_words(-rc));
}

/* Nobody is there who could exit: as a shell would have it. */
static void
not_run(struct taking *t, int error)
{
	t->command_status = status_exit(error == ENOENT ? VERDICT_NO_COMMAND : VERDICT_NOT_RUN);
	breaks(t, VERDICT_NOT_TAKEN, _("'%.100s' could not be run: %s"), t->command, error_words(error));
}

/* A command that has ended: all is well only when it has read all, and says so. */
static void
judge_command(struct taking *t)
{
	const int status = fed_exit_status(&t->sink.fed), by = fed_signal(&t->sink.fed);

	t->command_status = status;
	if (by != 0)
		breaks(t, VERDICT_NOT_TAKEN, _("'%.100s' was ended by signal %d"), t->command, by);
	else if (status != 0)
		breaks(t, VERDICT_NOT_TAKEN, _("'%.100s' failed with exit status %d"), t->command, status);
	else if (fed_left(&t->sink.fed) > 0)
		breaks(t, VERDICT_NOT_TAKEN, _("'%.100s' did not take all"), t->command);
}

/* ------------------------------------------------------------------------- pieces */

static void
next_file(struct taking *t, uint32_t index)
{
	struct offer_file f = { .size = 0 };
	char quoted[FOREIGN_QUOTED(NAME_MAX)];
	const bool is_next = index == t->transfer.next && offer_next_file(t->body, t->length, &t->file_at, &f);
	int rc;

	if (!transfer_file(&t->transfer, is_next ? index : UINT32_MAX, f.size) || !into_new_files(t))
		return;
	if ((rc = sink_open_file(&t->sink, t->names[index])) < 0)
		breaks(t, VERDICT_OUTPUT, _("\"%s\" cannot be made: %s"), quoted_name(t->names[index], quoted),
		    error_words(-rc));
}

static void
take_end(struct taking *t, uint64_t bytes)
{
	if (transfer_end(&t->transfer, bytes) && into_new_files(t))
		finish_sink(t);
}

static void
take_data(struct taking *t, const uint8_t *data, size_t length)
{
	if (!transfer_bytes(&t->transfer, length))
		return;
	t->data = data;
	t->left = length;
}

static void
take_hole(struct taking *t, uint64_t bytes)
{
	if (transfer_hole(&t->transfer, bytes))
		t->hole = bytes;
}

/* The words are its own, and shown as such. */
static void
fails_there(struct taking *t, const char *theirs)
{
	char quoted[FOREIGN_QUOTED(PIECE_WORDS_MAX)];

	breaks(t, VERDICT_NOT_TAKEN, _("%s could not hand it over: \"%s\""), t->partner,
	    foreign_quoted(theirs, strlen(theirs), quoted, sizeof(quoted)));
}

static void
take_piece(struct taking *t, const struct piece *p)
{
	switch (p->type) {
	case PIECE_BEGIN:
		(void)transfer_begin(&t->transfer, p->u.version == PIECE_VERSION);
		break;
	case PIECE_FILE:
		next_file(t, p->u.index);
		break;
	case PIECE_DATA:
		take_data(t, p->u.data.bytes, p->u.data.length);
		break;
	case PIECE_HOLE:
		take_hole(t, p->u.bytes);
		break;
	case PIECE_END:
		take_end(t, p->u.bytes);
		break;
	case PIECE_DONE:
		(void)transfer_done(&t->transfer);
		break;
	case PIECE_FAILED:
		fails_there(t, p->u.said.words);
		break;
	default:
		t->transfer.stage = TRANSFER_BROKEN;
		break;
	}
	if (t->transfer.stage == TRANSFER_BROKEN)
		breaks(t, VERDICT_NOT_TAKEN, _("what came from %s is not what was offered"), t->partner);
}

/* The partner's command is gone; whether its chat is as well is told by the helper. */
static void
hung_up(struct taking *t)
{
	breaks(t, VERDICT_NOT_TAKEN, _("it ended before it was whole"));
}

/* False: nothing has come. */
static bool
read_some(struct taking *t)
{
	struct piece p;
	int rc = channel_next(&t->channel, &p);

	if (rc > 0) {
		take_piece(t, &p);
		return true;
	}
	if (rc == 0)
		rc = channel_fill(&t->channel);
	if (rc == -EPIPE)
		hung_up(t);
	else if (rc == -EPERM)
		breaks(t, VERDICT_NOT_TAKEN, _("%s passed a descriptor, which nobody asked for"), t->partner);
	else if (rc < 0)
		breaks(t, VERDICT_NOT_TAKEN, _("what came from %s is not what was offered"), t->partner);
	t->channel.ended |= rc < 0;
	return rc != 0;
}

/* ------------------------------------------------------------------------- the helper, and signals */

enum verdict
taking_watch(struct taking *t, uint64_t deadline)
{
	const struct control_message request = { .type = CONTROL_WATCH };
	struct control_message m;
	const enum verdict v = link_call(t->link, &request, deadline, CONTROL_STATE, &m);

	if (v != VERDICT_OK)
		return v;
	if (t->pair == 0)
		t->pair = m.u.state.pair;
	t->pair_over |= m.u.state.pair != t->pair;
	return v;
}

static void
listen_to_helper(struct taking *t)
{
	const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);
	struct control_message m;
	struct frame f;
	int filled = link_fill(t->link), rc;

	while ((rc = link_next(t->link, &f)) > 0)
		if (control_decode(&f, &m) == 0 && m.type == CONTROL_CHANGED)
			t->pair_over |= m.u.state.pair != t->pair;
	if (rc < 0)
		filled = rc;
	if (filled < 0 && !t->pair_over &&
	    (link_come_back(t->link, deadline) != VERDICT_OK || taking_watch(t, deadline) != VERDICT_OK))
		t->pair_over = true;
	if (t->pair_over)
		breaks(t, VERDICT_LEFT, _("the chat with %s is over"), t->partner);
}

static void
caught(struct taking *t)
{
	t->signal = child_caught_signal(t->signals);
	if (t->signal > 0)
		breaks(t, VERDICT_NOT_TAKEN, _("it was interrupted"));
}

/* ------------------------------------------------------------------------- waiting */

static bool
has_more(const struct taking *t)
{
	return t->left > 0 || t->hole > 0;
}

/* Until something can be done: the sink takes more, or something came. */
static void
await(struct taking *t, int timeout_ms)
{
	const bool command = t->sink.kind == SINK_COMMAND;
	struct pollfd p[5] = {
		{ .fd = t->channel.ended ? -1 : t->channel.fd, .events = has_more(t) ? 0 : POLLIN },
		{ .fd = has_more(t) || !command ? t->sink.fd : -1, .events = has_more(t) ? POLLOUT : 0 },
		{ .fd = t->link->fd, .events = POLLIN },
		{ .fd = t->signals, .events = POLLIN },
		{ .fd = command && !t->sink.fed.ended ? t->sink.fed.keeper : -1, .events = POLLIN },
	};

	(void)poll(p, ARRAY_SIZE(p), timeout_ms);
	t->waits = false;
	if (p[3].revents)
		caught(t);
	if (p[2].revents)
		listen_to_helper(t);
	if (p[4].revents && fed_ended(&t->sink.fed) && fed_exit_status(&t->sink.fed) != 0)
		judge_command(t);
	if ((p[1].revents & POLLERR) && !command)
		write_failed(t, EPIPE);
	if ((p[0].revents & POLLHUP) && (has_more(t) || t->told))
		hung_up(t);
	progress_show(&t->progress, t->transfer.all - t->left - t->hole);
}

static void
take_all(struct taking *t)
{
	unsigned turns = 0;

	while (!t->broken && !transfer_whole(&t->transfer)) {
		if (has_more(t) && !t->waits)
			write_some(t);
		else if (has_more(t) || !read_some(t))
			await(t, TICK_MS);
		if (++turns % LOOK_UP == 0)
			await(t, 0);
	}
}

/* All is there: the command has its end of file, and ends. */
static void
await_command(struct taking *t)
{
	if (!fed_ended(&t->sink.fed))
		finish_sink(t);
	t->told = true;
	while (!t->broken && !fed_ended(&t->sink.fed))
		await(t, TICK_MS);
	if (!t->broken)
		judge_command(t);
}

/* SIGHUP and SIGKILL are how a command is ended; a signal of its own it may have had before them. */
static bool
ended_by_us(const struct taking *t)
{
	const int by = fed_signal(&t->sink.fed);

	return by == SIGHUP || by == SIGKILL;
}

/*
 * It, and all that it started, are ended before anybody hears of it. One that took no more because it was failing has said
 * by its status that it failed.
 */
static void
stop_command(struct taking *t)
{
	struct pollfd p = { .fd = t->sink.fed.keeper, .events = POLLIN };

	while (!fed_ended(&t->sink.fed))
		(void)poll(&p, 1, -1);
	if (t->shut && !ended_by_us(t) && fed_exit_status(&t->sink.fed) != 0) {
		t->broken = false;
		judge_command(t);
	}
}

/* ------------------------------------------------------------------------- its end */

static void
tell_result(struct taking *t)
{
	const uint64_t deadline = deadline_in(LAST_WORDS_MS);
	struct pollfd out = { .fd = t->channel.fd, .events = POLLOUT };
	struct piece p = { .type = PIECE_RESULT };

	if (t->pair_over)
		return; /* which its own helper tells, and better */
	p.u.said.verdict = t->broken ? VERDICT_NOT_TAKEN : VERDICT_OK;
	p.u.said.status = t->command_status >= 0 ? (uint16_t)t->command_status : PIECE_NO_STATUS;
	(void)foreign_cut(t->broken ? t->words : "", p.u.said.words, sizeof(p.u.said.words));
	channel_put(&t->channel, &p);
	while (channel_flush(&t->channel) == -EAGAIN && poll(&out, 1, poll_time(deadline)) > 0)
		continue;
}

/* Who hangs up may have left the chat, which its helper tells after that. */
static void
find_out_why(struct taking *t)
{
	const uint64_t deadline = deadline_in(LAST_WORDS_MS / 2);
	struct pollfd p = { .fd = t->link->fd, .events = POLLIN };

	while (t->channel.ended && t->signal == 0 && !t->pair_over && t->link->fd >= 0) {
		p.fd = t->link->fd;
		if (poll(&p, 1, poll_time(deadline)) <= 0)
			return;
		listen_to_helper(t);
	}
}

enum verdict
taking_run(struct taking *t, int fd)
{
	uint32_t files;
	int rc;

	offer_total(t->body, t->length, &files, &t->progress.of);
	transfer_init(&t->transfer, files);
	if ((rc = channel_open(&t->channel, fd)) < 0) {
		breaks(t, VERDICT_FAILED, "%s", error_words(-rc));
		return t->verdict;
	}
	if ((rc = sink_begin(&t->sink)) < 0)
		not_run(t, -rc);
	take_all(t);
	if (!t->broken && t->sink.kind == SINK_COMMAND)
		await_command(t);
	else if (!t->broken && !into_new_files(t))
		finish_sink(t);
	if (t->broken) {
		sink_abort(&t->sink);
		if (t->sink.kind == SINK_COMMAND)
			stop_command(t);
	}
	progress_end(&t->progress);
	tell_result(t);
	if (t->broken)
		find_out_why(t);
	if (t->pair_over && t->broken && t->verdict == VERDICT_NOT_TAKEN) {
		t->verdict = VERDICT_LEFT;
		(void)snprintf(t->words, sizeof(t->words), _("the chat with %s is over"), t->partner);
	}
	return t->broken ? t->verdict : VERDICT_OK;
}
