/*
 * What the daemon and the helpers tell their operator: one line each on
 * stderr, or to syslog when detached; what is not taken at once is dropped. The
 * text must already be safe: quote foreign bytes first. Where stderr is the journal, each line says how serious it is.
 *
 * What somebody can cause again and again does not fill the log: of lines with one format LOG_BURST are written, then one
 * in LOG_PAUSE_MS, which says how many were left out. Debugging lines are all written.
 */
#ifndef PCHAT_BASE_LOG_H
#define PCHAT_BASE_LOG_H

#include <stdbool.h>

#include "base/macros.h"

#define LOG_BURST 10U
#define LOG_PAUSE_MS 10000U

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_NOTICE, LOG_LEVEL_DEBUG };

/* What is said from now on, up to the level `most`, under the name `program`, which is not copied. */
void log_init(const char *program, bool to_syslog, enum log_level most);
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_notice(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
