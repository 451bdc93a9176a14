#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/macros.h"
#include "cli/output/base64.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "proto/offer.h"
#include "proto/safe.h"
#include "proto/status.h"

const char *
format_json_time(int64_t time_ms, char out[FORMAT_TIME_MAX])
{
	const time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;
	size_t n = 0;

	if (time_ms >= 0 && gmtime_r(&seconds, &tm))
		n = strftime(out, FORMAT_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, FORMAT_TIME_MAX - n, ".%03dZ", (int)(time_ms % 1000));
	return out;
}

json_t *
format_json_text(const char *text)
{
	const size_t len = strlen(text);
	_cleanup_(freep) char *safe = NULL;

	if (len == 0)
		return json_null();
	if (safe_is_text(text, len))
		return json_stringn(text, len);
	safe = malloc(safe_bound(len, 0));
	return safe ? json_stringn(safe, safe_line(text, len, safe, safe_bound(len, 0))) : NULL;
}

/* What json_dumps() makes, which goes on without a key that it has no memory for: here nothing grows on the way. */
static char *
dump(const json_t *object, size_t *len)
{
	char *line;

	*len = json_dumpb(object, NULL, 0, JSON_COMPACT);
	line = *len > 0 ? malloc(*len + 1) : NULL;
	if (!line)
		return NULL;
	if (json_dumpb(object, line, *len, JSON_COMPACT) != *len) {
		free(line);
		return NULL;
	}
	line[*len] = '\0';
	return line;
}

/* The object as one line that no terminal is hurt by; free() it. NULL: no memory, or no object. Gives the object up. */
static char *
safe_line_of(json_t *object)
{
	size_t len = 0;
	_cleanup_(freep) char *line = object ? dump(object, &len) : NULL;
	char *safe = line ? malloc(safe_json_bound(len) + 1) : NULL;

	if (safe)
		safe[safe_json(line, len, safe, safe_json_bound(len))] = '\0';
	json_decref(object);
	return safe;
}

void
format_json_add(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

char *
format_json_error(enum verdict v, const char *message, const struct report_details *d)
{
	json_t *error =
	    json_pack("{sissso}", "code", status_exit(v), "name", status_name(v), "message", format_json_text(message));

	if (d->msgid)
		format_json_add(&error, "msgid", json_string(d->msgid));
	if (d->command_status >= 0)
		format_json_add(&error, "command_status", json_integer(d->command_status));
	return safe_line_of(json_pack("{so}", "error", error));
}

void
format_json_line(json_t *object)
{
	_cleanup_(freep) char *line = safe_line_of(object);

	if (!line) {
		output_fail(-ENOMEM);
		return;
	}
	output_string(line);
	output_write("\n", 1);
}

static json_t *
base64(const uint8_t *body, size_t length)
{
	_cleanup_(freep) char *text = malloc(base64_length(length) + 1);

	if (!text)
		return NULL;
	base64_encode(body, length, text);
	return json_string(text);
}

/* What only a message and a note have. */
static void
add_message(json_t **o, const struct record *r)
{
	const char *body = (const char *)r->body;
	char msgid[IDENT_HEX_LEN + 1];

	ident_format(&r->msgid, msgid);
	format_json_add(o, "msgid", json_string(msgid));
	if (safe_is_text(body, r->length))
		format_json_add(o, "text", json_stringn(body, r->length));
	else
		format_json_add(o, "base64", base64(r->body, r->length));
}

static json_t *
offered_files(const struct record *r)
{
	json_t *files = json_array();
	struct offer_file f;
	size_t at = 0;

	while (files && offer_next_file(r->body, r->length, &at, &f)) {
		if (json_array_append_new(
			files, json_pack("{sosI}", "name", format_json_text(f.name), "size", (json_int_t)f.size)) == 0)
			continue;
		json_decref(files); /* a list without one of them would not be true */
		files = NULL;
	}
	return files;
}

static void
add_offer(json_t **o, const struct record *r)
{
	char label[OFFER_LABEL_MAX + 1];
	size_t length;
	const char *text = offer_label(r->body, r->length, &length);

	if (offer_kind(r->body, r->length) == OFFER_FILES) {
		format_json_add(o, "kind", json_string("files"));
		format_json_add(o, "files", offered_files(r));
		return;
	}
	memcpy(label, text, length);
	label[length] = '\0';
	format_json_add(o, "kind", json_string("stream"));
	format_json_add(o, "label", format_json_text(label));
}

void
format_json_record(const struct record *r, const char *self)
{
	static const char *const types[] = {
		[RECORD_MESSAGE] = "message",
		[RECORD_PAIRED] = "paired",
		[RECORD_LEFT] = "left",
		[RECORD_QUIT] = "quit",
		[RECORD_LOST] = "lost",
		[RECORD_BACK] = "back",
		[RECORD_GONE] = "gone",
		[RECORD_ENDED] = "ended",
		[RECORD_NOTE] = "note",
		[RECORD_OFFER] = "offer",
		[RECORD_WAITING] = "waiting",
	};
	char time[FORMAT_TIME_MAX];
	json_t *o = json_pack("{sIssss}", "id", (json_int_t)r->id, "type",
	    r->type < ARRAY_SIZE(types) && types[r->type] ? types[r->type] : "?", "time",
	    format_json_time(r->time_ms, time));

	if (r->own) {
		format_json_add(&o, "from", json_string(self));
		format_json_add(&o, "to", json_string(r->peer.name));
	} else {
		format_json_add(&o, "from", format_json_text(record_whose(r)));
		format_json_add(&o, "account", format_json_text(r->peer.account));
		format_json_add(&o, "uid", json_integer(r->peer.uid));
	}
	if (r->type == RECORD_MESSAGE || r->type == RECORD_NOTE)
		add_message(&o, r);
	if (r->type == RECORD_OFFER && offer_valid(r->body, r->length))
		add_offer(&o, r);
	format_json_line(o);
}
