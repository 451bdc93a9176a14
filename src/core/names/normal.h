/*
 * Forms of a text by Unicode's tables: decomposed and composed (UAX 15), folded (case), and its skeleton (UTS 39:
 * texts that look alike have the same one). Pure. Forms grow: each has room for NORMAL_MAX code points, and one that
 * would need more is bad.
 */
#ifndef PCHAT_CORE_NAMES_NORMAL_H
#define PCHAT_CORE_NAMES_NORMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NORMAL_MAX 1024U

struct normal {
	bool bad; /* did not fit, or was no UTF-8 */
	uint32_t count;
	uint32_t cp[NORMAL_MAX];
};

/* The text decomposed (NFD). */
void normal_decompose(const char *text, size_t len, struct normal *out);

/* Of a decomposed text, composed (NFC), in place. */
void normal_compose(struct normal *n);

/* Of a decomposed text, without case (CaseFolding.txt, C and F); decomposed. */
void normal_fold(const struct normal *n, struct normal *out);

/* Of a decomposed text, the skeleton; decomposed. What cannot be seen is left out. */
void normal_skeleton(const struct normal *n, struct normal *out);

/* As UTF-8 with a NUL. Returns its length; 0 when it is bad, empty, or does not fit. */
size_t normal_encode(const struct normal *n, char *out, size_t size);

#endif
