#include "cli/chat/editor/recall.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "core/limits.h"
#include "proto/typed_line.h"

#define FILE_MAX (8U * 1024U * 1024U) /* so much of its end is read, when it is larger */
#define LINES_MAX (2U * RECALL_LINES) /* in the file, before it is written anew */

struct recall {
	size_t count; /* lines ever added; the latest RECALL_LINES of them are in the ring */
	char *line[RECALL_LINES];
	int64_t time_ms[RECALL_LINES]; /* when each was typed; 0: not known */
	int fd;                        /* of the file, or -1 */
	off_t size;                    /* of the file, as we have read or left it */
	bool replaced;                 /* what the file holds was not read yet: it is another one, or doubted */
	char path[PATH_MAX];
};

struct recall *
recall_new(void)
{
	struct recall *r = calloc(1, sizeof(*r));

	if (r)
		r->fd = -1;
	return r;
}

void
recall_free(struct recall *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < RECALL_LINES; i++)
		free(r->line[i]);
	closep(&r->fd);
	free(r);
}

const char *
recall_line(const struct recall *r, size_t ago)
{
	if (ago == 0 || ago > r->count || ago > RECALL_LINES)
		return NULL;
	return r->line[(r->count - ago) % RECALL_LINES];
}

const char *
recall_label(const struct recall *r, size_t ago)
{
	const char *line = recall_line(r, ago);

	return line ? line + strlen(line) + 1 : "";
}

/* The label lies behind the text. */
static char *
entry_new(const char *text, size_t len, const char *label)
{
	char *entry = malloc(len + strlen(label) + 2);

	if (!entry)
		return NULL;
	memcpy(entry, text, len);
	entry[len] = '\0';
	memcpy(entry + len + 1, label, strlen(label) + 1);
	return entry;
}

/* Takes over the entry; false when it changes nothing. */
static bool
remember(struct recall *r, char *text, int64_t time_ms)
{
	const char *latest = recall_line(r, 1);

	if (!*text ||
	    (latest && strcmp(latest, text) == 0 && strcmp(recall_label(r, 1), text + strlen(text) + 1) == 0)) {
		free(text);
		return false;
	}
	free(r->line[r->count % RECALL_LINES]);
	r->time_ms[r->count % RECALL_LINES] = time_ms;
	r->line[r->count++ % RECALL_LINES] = text;
	return true;
}

/* One line of the file for one line that was typed. */
static char *
escape(const char *text, size_t len, const char *label, int64_t time_ms, size_t *out_len)
{
	const size_t room = 2 * len + TYPED_LINE_HEAD(strlen(label)) + 1;
	char *out = malloc(room), *p = out;

	if (!out)
		return NULL;
	p += typed_line_head(label, time_ms, out, room);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' || text[i] == '\\')
			*p++ = '\\';
		*p++ = text[i];
		if (text[i] == '\n')
			p[-1] = 'n';
	}
	*p++ = '\n';
	*out_len = (size_t)(p - out);
	return out;
}

/* Undoes it in place; false when this was never written by escape(). */
static bool
unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p; p++) {
		if (*p == '\\') {
			if (*++p != 'n' && *p != '\\')
				return false;
			*out++ = *p == 'n' ? '\n' : '\\';
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
	return true;
}

static bool
is_utf8(const char *text, size_t len)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text, *end = p + len;
	utf8proc_int32_t c;

	while (p < end) {
		utf8proc_ssize_t n = utf8proc_iterate(p, end - p, &c);

		if (n <= 0 || c == 0)
			return false;
		p += n;
	}
	return true;
}

/* A line of the file, NUL-terminated, into the ring. */
static bool
parse_line(struct recall *r, char *data, size_t len)
{
	struct typed_line l;
	char *text, *line;

	if (!typed_line_parse(data, len, &l))
		return false;
	text = data + (l.text - data);
	if (!unescape(text) || strlen(text) > MESSAGE_MAX + 1)
		return false;
	if (l.text > l.label) /* its end is that of the label, too */
		data[l.label - data + (ptrdiff_t)l.label_len] = '\0';
	line = entry_new(text, strlen(text), l.label_len > 0 ? l.label : "");
	if (line)
		(void)remember(r, line, l.time_ms);
	return true;
}

/* The lines of a file that is ours into the ring; false when they are not what we write. */
static bool
parse(struct recall *r, char *data, size_t len, size_t *lines, size_t *used)
{
	char *p = data;

	*lines = 0;
	if (!is_utf8(data, len))
		return false;
	for (char *end; (end = strchr(p, '\n')); p = end + 1) {
		*end = '\0';
		if (!parse_line(r, p, (size_t)(end - p)))
			return false;
		++*lines;
	}
	*used = (size_t)(p - data); /* a last line without its end was cut off by a crash */
	return true;
}

static void
forget_all(struct recall *r)
{
	for (size_t i = 0; i < RECALL_LINES; i++) {
		free(r->line[i]);
		r->line[i] = NULL;
	}
	r->count = 0;
}

/* A whole line or nothing: of a disk that is full no half line may be left, to which the next one would be joined. */
static bool
write_line(int fd, const char *line, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (write(fd, line, len) == (ssize_t)len)
		return true;
	(void)!ftruncate(fd, st.st_size);
	return false;
}

/* The line that was added so many lines ago. False: the disk is full. What is typed can still be said. */
static bool
append(int fd, const struct recall *r, size_t ago)
{
	const char *text = recall_line(r, ago);
	const int64_t time_ms = r->time_ms[(r->count - ago) % RECALL_LINES];
	size_t len;
	_cleanup_(freep) char *line =
	    is_utf8(text, strlen(text)) ? escape(text, strlen(text), recall_label(r, ago), time_ms, &len) : NULL;

	/* What is not UTF-8 came by a paste: it can be recalled until the chat ends, but the file is text. */
	return !line || write_line(fd, line, len);
}

/* How many of the latest lines fill half a file at most, so that shortening it is rare. */
static size_t
worth_keeping(const struct recall *r)
{
	size_t ago = 0, bytes = 0;
	const char *line;

	while ((line = recall_line(r, ago + 1)) && (bytes += 2 * strlen(line) + 1) <= FILE_MAX / 2)
		ago++;
	return ago;
}

/* Replaces the file by its latest lines. */
static void
shorten(struct recall *r)
{
	char fresh[PATH_MAX];
	size_t ago = worth_keeping(r);
	_cleanup_(closep) int fd = -1;

	if (snprintf(fresh, sizeof(fresh), "%s.new", r->path) >= (int)sizeof(fresh))
		return;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	while (ago > 0 && append(fd, r, ago))
		ago--;
	if (ago > 0 || rename(fresh, r->path) < 0) { /* rather a long file than none */
		(void)unlink(fresh);
		return;
	}
	(void)close(r->fd);
	r->fd = fd;
	fd = -1;
}

static void
note_size(struct recall *r)
{
	struct stat st;

	if (fstat(r->fd, &st) == 0)
		r->size = st.st_size;
}

/* The last `size` bytes, NUL-terminated. */
static char *
read_end(int fd, off_t from, size_t size, size_t *len)
{
	char *data = malloc(size + 1);

	for (*len = 0; data && *len < size;) {
		ssize_t n = pread(fd, data + *len, size - *len, from + (off_t)*len);

		if (n <= 0)
			break;
		*len += (size_t)n;
	}
	if (data)
		data[*len] = '\0';
	return data;
}

/* NULL, or what is wrong with the file. */
static const char *
load(struct recall *r)
{
	_cleanup_(freep) char *data = NULL;
	struct stat st;
	size_t len, lines, used, skip = 0;
	off_t from;

	if (fstat(r->fd, &st) < 0)
		return error_words(errno);
	if (!S_ISREG(st.st_mode))
		return _("it is damaged");
	if ((st.st_mode & 077) != 0 && fchmod(r->fd, 0600) < 0)
		return error_words(errno);
	from = st.st_size > (off_t)FILE_MAX ? st.st_size - (off_t)FILE_MAX : 0;
	data = read_end(r->fd, from, (size_t)(st.st_size - from), &len);
	if (!data)
		return error_words(ENOMEM);
	if (from > 0) /* begins within a line */
		skip = strcspn(data, "\n") + 1;
	if (skip > len || !parse(r, data + skip, len - skip, &lines, &used))
		return _("it is damaged");
	if (skip + used < len && ftruncate(r->fd, from + (off_t)(skip + used)) < 0)
		return error_words(errno);
	if (lines > LINES_MAX || from > 0)
		shorten(r);
	note_size(r);
	return NULL;
}

static int
open_own(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

static bool
has_name(const struct recall *r)
{
	struct stat ours, named;

	return fstat(r->fd, &ours) == 0 && lstat(r->path, &named) == 0 && ours.st_dev == named.st_dev &&
	    ours.st_ino == named.st_ino;
}

/*
 * Keeps others from shortening the file, from adding to it and from taking lines out of it. Who did so may have given its
 * name to another one: that is opened then. False: there is none any more.
 */
static bool
lock(struct recall *r)
{
	while (r->fd >= 0) {
		(void)flock(r->fd, LOCK_EX);
		if (has_name(r))
			return true;
		(void)close(r->fd);
		r->fd = open_own(r->path);
		r->replaced = true;
	}
	return false;
}

static bool
has_shrunk(const struct recall *r)
{
	struct stat st;

	return fstat(r->fd, &st) == 0 && st.st_size < r->size;
}

/*
 * Under the lock: a file that is not the one that was read is read anew. When there is none any more, or it is damaged, no
 * more is kept in it.
 */
static bool
catch_up(struct recall *r)
{
	if (!r->replaced && !has_shrunk(r))
		return false;
	forget_all(r);
	r->replaced = false;
	if (load(r)) {
		forget_all(r);
		closep(&r->fd);
		r->fd = -1;
	}
	return true;
}

/* Out of the way with a damaged file, under a name that says so: whoever wants can look into it. */
static void
begin_anew(struct recall *r, const char *why, char *words, size_t size)
{
	char aside[PATH_MAX];

	forget_all(r);
	closep(&r->fd);
	r->fd = -1;
	if (snprintf(aside, sizeof(aside), "%s.damaged-%lld", r->path, (long long)time(NULL)) < (int)sizeof(aside) &&
	    rename(r->path, aside) == 0) {
		r->fd = open_own(r->path);
		(void)snprintf(words, size,
		    _("the history of typed lines cannot be used (%s): moved to '%s', starting empty"), why, aside);
		return;
	}
	(void)snprintf(words, size,
	    _("the history of typed lines cannot be used (%s): starting empty, keeping none; remove '%s'"), why,
	    r->path);
}

void
recall_open(struct recall *r, const char *path, char *words, size_t size)
{
	struct stat st;
	const char *why;

	*words = '\0';
	if (snprintf(r->path, sizeof(r->path), "%s", path) >= (int)sizeof(r->path))
		return;
	if (lstat(path, &st) == 0 && st.st_uid != geteuid()) {
		(void)snprintf(words, size,
		    _("the history of typed lines belongs to another user: starting empty, keeping none; remove '%s'"),
		    path);
		return;
	}
	r->fd = open_own(path);
	if (r->fd < 0 && errno != ELOOP && errno != EISDIR && errno != ENXIO) {
		(void)snprintf(
		    words, size, _("the history of typed lines cannot be kept in '%s': %s"), path, error_words(errno));
		return;
	}
	if (r->fd < 0) {
		begin_anew(r, _("it is damaged"), words, size);
		return;
	}
	if (!lock(r))
		return;
	why = load(r);
	r->replaced = false;
	(void)flock(r->fd, LOCK_UN);
	if (why)
		begin_anew(r, why, words, size);
}

bool
recall_refresh(struct recall *r)
{
	bool changed;

	if (!r->replaced && (r->fd < 0 || (has_name(r) && !has_shrunk(r))))
		return false;
	(void)lock(r);
	changed = catch_up(r);
	if (r->fd >= 0)
		(void)flock(r->fd, LOCK_UN);
	return changed;
}

void
recall_doubt(struct recall *r)
{
	r->replaced = true;
}

void
recall_add(struct recall *r, const char *text, size_t len, const char *label)
{
	char *line = len <= MESSAGE_MAX + 1 ? entry_new(text, len, label) : NULL;

	if (!line)
		return;
	(void)lock(r);
	(void)catch_up(r);
	if (remember(r, line, clock_wall_ms()) && r->fd >= 0) {
		(void)append(r->fd, r, 1);
		note_size(r);
	}
	if (r->fd >= 0)
		(void)flock(r->fd, LOCK_UN);
}
