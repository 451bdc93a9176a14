/*
 * How wide this terminal draws a cluster. Terminals disagree about spacing marks, emoji and flags: samples of them are
 * drawn at the start, and the terminal is asked where its cursor stands behind each (ESC [ 6 n). Without an answer a
 * cluster counts as the sum of its code points. Does no I/O.
 */
#ifndef PCHAT_EDITOR_METRICS_H
#define PCHAT_EDITOR_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum metrics_kind {
	METRICS_PLAIN,  /* one code point, and marks that take no column: all terminals agree */
	METRICS_MARKED, /* a spacing mark */
	METRICS_AM,     /* SARA AM */
	METRICS_STYLED, /* a narrow pictograph and U+FE0F */
	METRICS_KEYCAP,
	METRICS_TONED,  /* a tone of skin */
	METRICS_JOINED, /* ZWJ */
	METRICS_FLAG,
	METRICS_TAGGED, /* a flag by tags */
	METRICS_JAMO,
	METRICS_AMBIGUOUS, /* wide in East Asia only */
	METRICS_NEW,       /* a pictograph that no version knows yet */
	METRICS_KINDS
};

struct metrics {
	unsigned char width[METRICS_KINDS]; /* of the sample; 0: not measured */
};

/* The sample of a kind; NULL for METRICS_PLAIN. */
const char *metrics_sample(enum metrics_kind kind);

/* Columns of a code point that stands alone, as most terminals have it. */
size_t metrics_code_width(uint32_t cp);

/* Columns of a cluster that may be shown as it is. `doubtful`: the terminal may take it otherwise. */
size_t metrics_width(const struct metrics *m, const char *cluster, size_t len, bool *doubtful);

#endif
