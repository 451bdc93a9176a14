/*
 * How many columns this terminal takes for a cluster. Terminals disagree about spacing marks, emoji and flags. So the
 * editor draws a sample of each kind at the start, and asks the terminal where its cursor is then (ESC [ 6 n). Without
 * an answer a cluster counts as the sum of its code points. Does no I/O.
 */
#ifndef PCHAT_EDITOR_METRICS_H
#define PCHAT_EDITOR_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of clusters, each drawn in one way by a terminal. */
enum metrics_kind {
	METRICS_PLAIN,     /* one code point, with marks that take no column: all terminals agree */
	METRICS_MARKED,    /* with a spacing mark */
	METRICS_AM,        /* with SARA AM, as in Thai and Lao */
	METRICS_STYLED,    /* a narrow pictograph with U+FE0F */
	METRICS_KEYCAP,    /* with U+20E3 */
	METRICS_TONED,     /* an emoji with a tone of skin */
	METRICS_JOINED,    /* emoji that are joined by U+200D */
	METRICS_FLAG,      /* a flag of two regional indicators */
	METRICS_TAGGED,    /* a flag of tags, such as Scotland's */
	METRICS_JAMO,      /* a Hangul syllable of jamo */
	METRICS_AMBIGUOUS, /* a code point that is wide in East Asia only */
	METRICS_NEW,       /* a pictograph that Unicode has not assigned yet */
	METRICS_KINDS
};

/* What was measured. All zero: nothing was. */
struct metrics {
	unsigned char width[METRICS_KINDS]; /* columns of the sample of each kind; 0: not measured */
};

/* The sample of a kind, in UTF-8; NULL for METRICS_PLAIN. */
const char *metrics_sample(enum metrics_kind kind);

/* Columns of a code point that stands alone, as most terminals have it. */
size_t metrics_code_width(uint32_t cp);

/* Columns of a cluster that is safe to show. *doubtful: this terminal may take another number of columns. */
size_t metrics_width(const struct metrics *m, const char *cluster, size_t len, bool *doubtful);

#endif
