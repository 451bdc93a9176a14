/*
 * Records and sessions as people and scripts see them, on standard output: a line
 * a record, or an object a line under --json. Everything foreign goes through proto/safe.h.
 */
#ifndef PCHAT_CLI_OUTPUT_FORMAT_H
#define PCHAT_CLI_OUTPUT_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/control.h"

/* Whether records have HH:MM, and a line where the day changes, beginning with today; else date and time. */
void format_text_setup(bool short_times);

/* The day of the latest record, "2026-11-23". */
const char *format_text_day(void);

/* The last record was printed: in a chat what follows stands below the day that it stood below before (HINT_CHAT). */
void format_text_end(void);

/* `self`: our own name, for records that we wrote (history). */
void format_text_record(const struct record *r, const char *self);
/* The same, all of it in the colour of what is less important. */
void format_text_dimmed(const struct record *r, const char *self);
void format_json_record(const struct record *r, const char *self);

/* What an offer's record offers, behind all else: ': "the dump"', ': 2 files, 70 bytes: "a", "b"', or nothing. */
void format_offer(const struct record *r);

/* "2026-11-23 12:01:07", local time. */
#define FORMAT_TIME_MAX 32
const char *format_time(int64_t time_ms, char out[FORMAT_TIME_MAX]);

/* A foreign text (an account's name) as one safe line. */
#define FORMAT_SAFE_MAX (8 * ACCOUNT_MAX_LEN + 16)
const char *format_safe(const char *text, char out[FORMAT_SAFE_MAX]);

/* "free", "paired", "reconnecting" */
const char *format_state(uint8_t who_state);

/* "2026-11-23T12:01:07.042Z" */
const char *format_json_time(int64_t time_ms, char out[FORMAT_TIME_MAX]);

/* Prints the object as one line, and gives it up. Without memory, or an object, nothing: output_flush() tells. */
void format_json_line(json_t *object);

/* Adds a field, and gives up the value. Without memory, or a value, there is no object any more: *object is NULL. */
void format_json_add(json_t **object, const char *key, json_t *value);

/* Text; null when it is empty; NULL without memory. Bytes that are not UTF-8 are escaped as for people. */
json_t *format_json_text(const char *text);

struct report_details;

/* The object that stands for an error, as one line for the caller to free; for report_as_json(). */
char *format_json_error(enum verdict v, const char *message, const struct report_details *d);

#endif
