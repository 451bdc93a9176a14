/* What a person types, and reads, in unit tests of the command line. */
#ifndef PCHAT_TESTS_WORDS_H
#define PCHAT_TESTS_WORDS_H

#include "cli/line/options.h"

#define WORDS 10

/* Parses the words behind "pchat", at most WORDS and a NULL, on a fresh struct each time. As options_parse(). */
int words_parse(struct options *o, const char *const words[]);

/* For report_setup(): makes nothing safe, and no rows. */
size_t words_as_they_are(const char *text, size_t columns, char *out, size_t size);

#endif
