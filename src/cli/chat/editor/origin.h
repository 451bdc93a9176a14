/*
 * Where a text that is edited comes from: for whom it was typed, and what is to be known of how it was. It goes along
 * with the text: into what is killed, what can be undone, and the lines of a walk. Knows no terminal.
 */
#ifndef PCHAT_EDITOR_ORIGIN_H
#define PCHAT_EDITOR_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#define ORIGIN_LABEL_MAX 128U /* bytes of a label, with its NUL */

/* All zero: there is no text. */
struct origin {
	bool known;      /* there is some */
	bool pasted;     /* it begins with a paste */
	bool left_out;   /* something that was typed into it was not taken; also where there is no text yet */
	bool recalled;   /* it is older than the line: the label counts as well as the number */
	uint64_t number; /* of the label; each time that it is set anew it has another one */
	char label[ORIGIN_LABEL_MAX]; /* for whom it was typed (recall.h) */
};

/* That of a line of the recall, which is taken back now. */
struct origin origin_recalled(const char *label, const struct origin *now);

/* Whether a text was typed for somebody else than what is typed now. */
bool origin_is_other(const struct origin *o, const struct origin *now);

/*
 * A text comes into another one: of the two origins the one that is not that of now remains, and what was left out of
 * either is left out of both.
 */
void origin_join(struct origin *o, const struct origin *other, const struct origin *now);

#endif
