/* pchat give: files for the partner, who takes them or not. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/stream/handing.h"
#include "cli/commands/stream/source.h"
#include "cli/output/report.h"
#include "proto/offer.h"

struct giving {
	struct handing handing;
	struct source source;
	char *const *path;
	uint64_t *size;
	uint32_t count;
	uint32_t at; /* which one is being read */
	bool reads;  /* the reader was told to */
	bool begun;  /* FILE was said of it */
};

/* ------------------------------------------------------------------------- handing over */

static int
fails(struct giving *g, int error, const char *what)
{
	(void)snprintf(g->handing.words, sizeof(g->handing.words), "'%.100s' %s%s%s", g->path[g->at], what,
	    error ? ": " : "", error ? error_words(error) : "");
	return error ? -error : -EIO;
}

static int
put_hole(struct giving *g, uint64_t bytes)
{
	const struct piece p = { .type = PIECE_HOLE, .u.bytes = bytes };

	channel_put(&g->handing.channel, &p);
	g->handing.bytes += bytes;
	return HANDING_MORE;
}

static int
put_data(struct giving *g, uint64_t bytes)
{
	channel_lend_data(&g->handing.channel, source_data(&g->source), (uint32_t)bytes);
	g->handing.bytes += bytes;
	return HANDING_MORE;
}

static int
begin_file(struct giving *g)
{
	const struct piece p = { .type = PIECE_FILE, .u.index = g->at };

	if (!g->reads)
		source_begin(&g->source);
	g->reads = g->begun = true;
	channel_put(&g->handing.channel, &p);
	return HANDING_MORE;
}

static int
end_file(struct giving *g)
{
	const struct piece end = { .type = PIECE_END, .u.bytes = g->size[g->at] };
	const struct piece done = { .type = PIECE_DONE };

	channel_put(&g->handing.channel, &end);
	g->begun = false;
	if (++g->at < g->count)
		return HANDING_MORE;
	channel_put(&g->handing.channel, &done);
	return HANDING_ALL;
}

static int
next(struct handing *h)
{
	struct giving *g = container_of(h, struct giving, handing);
	struct source_word w;
	int rc;

	if (!g->begun)
		return begin_file(g);
	if ((rc = source_next(&g->source, &w)) <= 0)
		return rc < 0 ? fails(g, -rc, _("cannot be read")) : HANDING_NOTHING;
	switch (w.said) {
	case SOURCE_DATA:
		return put_data(g, w.bytes);
	case SOURCE_HOLE:
		return put_hole(g, w.bytes);
	case SOURCE_END:
		return end_file(g);
	default:
		return fails(g, w.error, w.error ? _("cannot be read") : _("has shrunk"));
	}
}

static const struct handing_class give_class = { .next = next };

/* ------------------------------------------------------------------------- opening */

/* What the reader says of the next file: 0, or an exit status. */
static int
await_opened(struct giving *g, const char *path, uint64_t deadline, struct source_word *w)
{
	struct pollfd p = { .fd = g->source.fd, .events = POLLIN };
	int rc;

	while ((rc = source_next(&g->source, w)) == 0)
		if (poll(&p, 1, poll_time(deadline)) == 0)
			return report(VERDICT_TIMED_OUT, "'%s' cannot be opened in time", path);
	if (rc > 0 && w->said == SOURCE_OPENED)
		return 0;
	if (rc > 0 && w->error == 0)
		return report(VERDICT_FAILED, "'%s' is no regular file", path);
	if (rc > 0 && w->error == ELOOP)
		return report(VERDICT_FAILED, "'%s' cannot be opened: %s", path, _("it is a symbolic link"));
	return report(VERDICT_FAILED, "'%s' cannot be opened: %s", path, error_words(rc < 0 ? -rc : w->error));
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whoever takes them has one folder for all. */
static int
check_name(const struct giving *g, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (strcmp(name_of(g->path[i]), name_of(g->path[at])) == 0)
			return report(VERDICT_USAGE, "'%s' and '%s' have one name: give them one after the other",
			    g->path[i], g->path[at]);
	return 0;
}

static int
open_all(struct giving *g, uint64_t deadline, uint8_t *body, size_t *length)
{
	struct source_word w;
	struct offer_file f;
	int status;

	for (uint32_t i = 0; i < g->count; i++) {
		if ((status = check_name(g, i)) != 0 || (status = await_opened(g, g->path[i], deadline, &w)) != 0)
			return status;
		f.size = g->size[i] = w.bytes;
		if ((size_t)snprintf(f.name, sizeof(f.name), "%s", name_of(g->path[i])) >= sizeof(f.name))
			return report(VERDICT_FAILED, "'%s': %s", g->path[i], error_words(ENAMETOOLONG));
		*length = offer_put_file(body, *length, &f);
		if (*length == 0)
			return report(
			    VERDICT_TOO_LONG, "too many files for one offer: their names may have 4096 bytes together");
		g->handing.of += f.size;
	}
	return 0;
}

static int
give_run(struct invocation *inv)
{
	static uint8_t body[OFFER_MAX];
	const uint64_t deadline = deadline_in(options_timeout(&inv->opt, UINT64_MAX));
	struct giving g = { .handing = { .class = &give_class, .channel.fd = -1 }, .path = inv->opt.operands };
	size_t length = 0;
	int status, rc;

	for (int i = 0; i < inv->opt.operand_count; i++)
		if (!inv->opt.operands[i][0])
			return report(VERDICT_USAGE, "give takes the names of files: '' is none");
	g.count = (uint32_t)inv->opt.operand_count;
	g.size = calloc(g.count, sizeof(*g.size));
	rc = g.size ? source_open(&g.source, g.path, g.count) : -ENOMEM;
	if (rc < 0) {
		free(g.size);
		return report(VERDICT_FAILED, "%s", error_words(-rc));
	}
	g.handing.input = g.source.fd;
	status = open_all(&g, deadline, body, &length);
	if (status == 0)
		status = handing_run(&g.handing, inv, deadline, body, (uint32_t)length);
	source_close(&g.source);
	free(g.size);
	return status;
}

const struct command command_give = {
	.name = "give",
	.operands = "FILE...",
	.missing = N_("give which file?"),
	.summary = N_("offer files to the partner, and hand them over when they are accepted"),
	.examples = "pchat give report.pdf\n"
		    "pchat give *.csv\n",
	.details = N_("Waits until the partner accepts them, with --timeout for at most SEC seconds, and exits\n"
		      "0 when they are on the partner's disk. 11: declined, or not taken to the end; 8: the\n"
		      "partner left; 124: not accepted in time; 71: one is no regular file, or cannot be read.\n"),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.needs_session = true,
	.knows_notes = true,
	.run = give_run,
};
