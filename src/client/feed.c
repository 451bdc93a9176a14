#include "client/feed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A longest message, its line feed, and the byte that is too much. */
#define WHOLE_MAX (MESSAGE_MAX + 2U)

void
feed_words(struct feed *f, char *const words[], int count)
{
	feed_descriptor(f, -1, FEED_WHOLE);
	f->end = true;
	/* What is over the limit need not be kept to be refused. */
	for (int i = 0; i < count && f->len <= MESSAGE_MAX; i++) {
		size_t room, n = strlen(words[i]);

		if (i > 0)
			f->buf[f->len++] = ' ';
		room = MESSAGE_MAX + 1 - f->len;
		memcpy(f->buf + f->len, words[i], n < room ? n : room);
		f->len += n < room ? n : room;
	}
}

const char *
feed_option(const struct feed *f)
{
	if (f->separator == FEED_WHOLE)
		return "";
	return f->separator == '\n' ? "-l " : "-0 ";
}

void
feed_descriptor(struct feed *f, int fd, int separator)
{
	f->fd = fd;
	f->separator = separator;
	f->end = false;
	f->taken = 0;
	f->start = f->len = f->scanned = 0;
}

static enum feed_answer
measured(size_t n, uint32_t *length)
{
	if (n > MESSAGE_MAX)
		return FEED_TOO_LONG;
	*length = (uint32_t)n;
	return n > 0 ? FEED_MESSAGE : FEED_EMPTY;
}

static enum feed_answer
peek_whole(struct feed *f, uint32_t *length)
{
	size_t n = f->len;

	if (f->taken > 0)
		return FEED_END;
	if (n == WHOLE_MAX || (n > MESSAGE_MAX && f->buf[n - 1] != '\n'))
		return FEED_TOO_LONG;
	if (!f->end)
		return FEED_MORE;
	if (f->fd >= 0 && n > 0 && f->buf[n - 1] == '\n')
		n--;
	return measured(n, length);
}

/* Drops what belongs to a message that is passed over; whether its end was met. */
static bool
skip(struct feed *f)
{
	const uint8_t *from = f->buf + f->start;
	const uint8_t *cut = memchr(from, f->separator, f->len);
	const size_t n = cut ? (size_t)(cut - from) + 1 : f->len;

	f->start += n;
	f->len -= n;
	f->scanned = 0;
	f->skipping = !cut;
	return cut;
}

static enum feed_answer
peek_cut(struct feed *f, uint32_t *length)
{
	const uint8_t *from = f->buf + f->start;
	const uint8_t *cut = memchr(from + f->scanned, f->separator, f->len - f->scanned);

	if (cut)
		return measured((size_t)(cut - from), length);
	f->scanned = f->len;
	if (f->len > MESSAGE_MAX)
		return FEED_TOO_LONG;
	if (!f->end)
		return FEED_MORE;
	return f->len > 0 ? measured(f->len, length) : FEED_END;
}

enum feed_answer
feed_peek(struct feed *f, const uint8_t **body, uint32_t *length)
{
	if (f->skipping && !skip(f))
		return f->end ? FEED_END : FEED_MORE;
	*body = f->buf + f->start;
	return f->separator == FEED_WHOLE ? peek_whole(f, length) : peek_cut(f, length);
}

void
feed_take(struct feed *f, uint32_t length)
{
	size_t n = length;

	if (n < f->len) /* the separator, or the last line feed */
		n++;
	f->start += n;
	f->len -= n;
	f->scanned = 0;
	f->taken++;
}

void
feed_skip(struct feed *f)
{
	f->skipping = true;
	f->taken++;
}

int
feed_fill(struct feed *f)
{
	size_t room;
	ssize_t n;

	if (f->start > sizeof(f->buf) / 2 || f->len == 0) {
		memmove(f->buf, f->buf + f->start, f->len);
		f->start = 0;
	}
	room = f->separator == FEED_WHOLE ? WHOLE_MAX - f->len : sizeof(f->buf) - f->start - f->len;
	n = read(f->fd, f->buf + f->start + f->len, room);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	f->len += (size_t)n;
	f->end = n == 0;
	return 0;
}
