/*
 * Points in time as people type them: "2026-11-23", "2026-11-23 12:01", "12:01", "today", "yesterday", and
 * "90s", "30m", "2h", "3d", "1w" ago, in local time; and "2026-11-23T12:01:07.042Z", as records have it.
 */
#ifndef PCHAT_CLI_LINE_WHEN_H
#define PCHAT_CLI_LINE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since the epoch, seen from now_ms; false when it is none of these. */
bool when_parse(const char *text, int64_t now_ms, int64_t *ms);

#endif
