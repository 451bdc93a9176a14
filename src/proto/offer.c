#include "proto/offer.h"

#include <string.h>

#include "proto/wire.h"

static bool
is_file_name(const char *name, size_t length)
{
	if (length == 0 || length > OFFER_FILE_NAME || memchr(name, '\0', length) || memchr(name, '/', length))
		return false;
	return !(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

/* One file: the bytes that it takes, 0 when it is none. */
static size_t
parse_file(const uint8_t *p, size_t n, struct offer_file *f)
{
	struct reader r = { .p = p, .end = p + n };

	f->size = read_u64(&r);
	read_str8(&r, f->name, sizeof(f->name));
	if (r.bad || f->size > INT64_MAX || !is_file_name(f->name, strlen(f->name)))
		return 0;
	return (size_t)(r.p - p);
}

bool
offer_next_file(const void *body, size_t length, size_t *at, struct offer_file *f)
{
	const size_t from = *at == 0 ? 1 : *at;
	const size_t used = from < length ? parse_file((const uint8_t *)body + from, length - from, f) : 0;

	*at = from + used;
	return used > 0;
}

bool
offer_valid(const void *body, size_t length)
{
	const uint8_t *p = body;
	struct offer_file f;
	size_t at = 0;

	if (length < 1 || length > OFFER_MAX || p[0] > OFFER_FILES)
		return false;
	if (p[0] == OFFER_STREAM)
		return length - 1 <= OFFER_LABEL_MAX && !memchr(p + 1, '\0', length - 1);
	while (offer_next_file(body, length, &at, &f))
		continue;
	return length > 1 && at == length;
}

enum offer_kind
offer_kind(const void *body, size_t length)
{
	return length > 0 && *(const uint8_t *)body == OFFER_FILES ? OFFER_FILES : OFFER_STREAM;
}

const char *
offer_label(const void *body, size_t length, size_t *label_length)
{
	*label_length = length > 0 ? length - 1 : 0;
	return length > 0 ? (const char *)body + 1 : "";
}

void
offer_total(const void *body, size_t length, uint32_t *files, uint64_t *bytes)
{
	struct offer_file f;
	size_t at = 0;

	*files = 0;
	*bytes = 0;
	while (offer_kind(body, length) == OFFER_FILES && offer_next_file(body, length, &at, &f)) {
		++*files;
		*bytes +=
		    f.size; /* each is below 2^63, and they are not 2^10: what wraps around is shown wrongly, no more */
	}
}

size_t
offer_put_stream(uint8_t *out, const char *label, size_t label_length)
{
	if (label_length > OFFER_LABEL_MAX)
		return 0;
	out[0] = OFFER_STREAM;
	memcpy(out + 1, label, label_length);
	return offer_valid(out, 1 + label_length) ? 1 + label_length : 0;
}

size_t
offer_put_file(uint8_t *out, size_t length, const struct offer_file *f)
{
	struct writer w = { .start = out, .p = out + (length ? length : 1), .end = out + OFFER_MAX };

	if (f->size > INT64_MAX || !is_file_name(f->name, strlen(f->name)))
		return 0;
	out[0] = OFFER_FILES;
	write_u64(&w, f->size);
	write_str8(&w, f->name);
	return w.bad ? 0 : (size_t)(w.p - out);
}
