/* pchat give: files for the partner, who takes them or not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/stream/handing.h"
#include "cli/output/report.h"
#include "proto/offer.h"

struct given {
	int fd;
	uint64_t size;
	const char *path;
};

struct giving {
	struct handing handing;
	struct given *file;
	uint32_t count;
	uint32_t at;     /* which one is being read */
	bool begun;      /* FILE was said of it */
	uint64_t offset; /* in it */
	uint64_t data;   /* where the data ends that stands here; below or at offset: not known */
};

/* ------------------------------------------------------------------------- reading */

static int
fails(struct giving *g, int error, const char *what)
{
	(void)snprintf(g->handing.words, sizeof(g->handing.words), "'%.100s' %s%s%s", g->file[g->at].path, what,
	    error ? ": " : "", error ? error_words(error) : "");
	return error ? -error : -EIO;
}

/* Where the next data stands, for a hole is not read: 0; or -errno. A file system that knows no holes has none. */
static int
find_data(struct giving *g, uint64_t *hole)
{
	const struct given *f = &g->file[g->at];
	off_t begins, ends;

	*hole = 0;
	if (g->offset < g->data)
		return 0;
	begins = lseek(f->fd, (off_t)g->offset, SEEK_DATA);
	if (begins < 0 && errno == ENXIO)
		begins = (off_t)f->size; /* nothing but a hole is left; or it has shrunk, which fstat(2) tells */
	else if (begins < 0)
		begins = (off_t)g->offset;
	if ((uint64_t)begins > f->size)
		begins = (off_t)f->size;
	*hole = (uint64_t)begins - g->offset;
	ends = *hole < f->size - g->offset ? lseek(f->fd, begins, SEEK_HOLE) : begins;
	g->data = ends < 0 || (uint64_t)ends > f->size ? f->size : (uint64_t)ends;
	return 0;
}

static bool
has_shrunk(const struct given *f)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 && (uint64_t)st.st_size < f->size;
}

static int
put_hole(struct giving *g, uint64_t hole)
{
	const struct piece p = { .type = PIECE_HOLE, .u.bytes = hole };

	if (has_shrunk(&g->file[g->at]))
		return fails(g, 0, _("has shrunk"));
	channel_put(&g->handing.channel, &p);
	g->offset += hole;
	g->handing.bytes += hole;
	return HANDING_MORE;
}

static int
put_data(struct giving *g)
{
	const struct given *f = &g->file[g->at];
	const uint64_t left = g->data - g->offset;
	ssize_t n;

	do
		n = pread(f->fd, channel_room(&g->handing.channel), left < PIECE_DATA_MAX ? left : PIECE_DATA_MAX,
		    (off_t)g->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fails(g, errno, _("cannot be read"));
	if (n == 0)
		return fails(g, 0, _("has shrunk"));
	channel_put_data(&g->handing.channel, (uint32_t)n);
	g->offset += (uint64_t)n;
	g->handing.bytes += (uint64_t)n;
	return HANDING_MORE;
}

static int
begin_file(struct giving *g)
{
	const struct piece p = { .type = PIECE_FILE, .u.index = g->at };

	channel_put(&g->handing.channel, &p);
	g->begun = true;
	g->offset = g->data = 0;
	return HANDING_MORE;
}

static int
end_file(struct giving *g)
{
	const struct piece end = { .type = PIECE_END, .u.bytes = g->file[g->at].size };
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
	uint64_t hole;
	int rc;

	if (!g->begun)
		return begin_file(g);
	if (g->offset == g->file[g->at].size)
		return end_file(g);
	if ((rc = find_data(g, &hole)) < 0)
		return rc;
	return hole > 0 ? put_hole(g, hole) : put_data(g);
}

static const struct handing_class give_class = { .next = next };

/* ------------------------------------------------------------------------- opening */

/* With our rights, now, and without waiting for a FIFO or a device; its bytes are read when it is accepted. */
static int
open_one(struct given *f, const char *path)
{
	struct stat st;

	f->path = path;
	f->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (f->fd < 0)
		return report(VERDICT_FAILED, "'%s' cannot be opened: %s", path,
		    errno == ELOOP ? _("it is a symbolic link") : error_words(errno));
	if (fstat(f->fd, &st) < 0)
		return report(VERDICT_FAILED, "'%s': %s", path, error_words(errno));
	if (!S_ISREG(st.st_mode))
		return report(VERDICT_FAILED, "'%s' is no regular file", path);
	f->size = (uint64_t)st.st_size;
	return 0;
}

static int
open_all(struct giving *g, char *const *paths, uint8_t *body, size_t *length)
{
	struct offer_file f;
	int status;

	for (uint32_t i = 0; i < g->count; i++) {
		const char *slash = strrchr(paths[i], '/');

		if ((status = open_one(&g->file[i], paths[i])) != 0)
			return status;
		f.size = g->file[i].size;
		if ((size_t)snprintf(f.name, sizeof(f.name), "%s", slash ? slash + 1 : paths[i]) >= sizeof(f.name))
			return report(VERDICT_FAILED, "'%s': %s", paths[i], error_words(ENAMETOOLONG));
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
	struct giving g = { .handing = { .class = &give_class, .input = -1, .channel.fd = -1 } };
	size_t length = 0;
	int status;

	g.count = (uint32_t)inv->opt.operand_count;
	g.file = calloc(g.count, sizeof(*g.file));
	if (!g.file)
		return report(VERDICT_FAILED, "out of memory");
	status = open_all(&g, inv->opt.operands, body, &length);
	if (status == 0)
		status = handing_run(&g.handing, inv, body, (uint32_t)length);
	free(g.file);
	return status;
}

const struct command command_give = {
	.name = "give",
	.operands = "FILE...",
	.missing = N_("give which file?"),
	.summary = N_("offer files to the partner, and hand them over when they are accepted"),
	.examples = "pchat give report.pdf\n"
		    "pchat give *.csv\n",
	.details = N_("Waits until the partner accepts them (--timeout: no longer), and exits 0 when they are\n"
		      "on the partner's disk. 11: declined, or not taken to the end; 8: the partner left; 124:\n"
		      "not accepted in time; 71: one is no regular file, or cannot be read.\n"),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.needs_session = true,
	.knows_notes = true,
	.run = give_run,
};
