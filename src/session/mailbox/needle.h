/*
 * A text that is looked for in messages, at any place, without regard to case and to what cannot be seen.
 * ASCII is compared by blocks of bytes, everything else character by character.
 *
 * No I/O, no allocation.
 */
#ifndef PCHAT_SESSION_MAILBOX_NEEDLE_H
#define PCHAT_SESSION_MAILBOX_NEEDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEEDLE_MAX 255U /* bytes of a text */

struct needle {
	size_t count;                  /* characters that can be seen; 0 is found everywhere */
	int32_t character[NEEDLE_MAX]; /* in lower case; a byte that is no UTF-8 stands as its negative */
	bool ascii;                    /* all of them are ASCII, */
	bool alias;                    /* and a character that is not ASCII has one of them as its lower case */
	uint8_t byte[NEEDLE_MAX];      /* when ascii: the characters */
	uint8_t case_bit[NEEDLE_MAX];  /* 0x20 for a letter, else 0 */
};

/* `text` has at least one byte and at most NEEDLE_MAX. */
void needle_init(struct needle *n, const char *text);

/* Whether a message of `length` bytes holds the text. */
bool needle_found(const struct needle *n, const void *body, size_t length);

/*
 * Whether one of several messages may hold the text; the bytes also have what stands between the messages. False is
 * certain.
 */
bool needle_possible(const struct needle *n, const void *bytes, size_t length);

#endif
