/*
 * What the system says of an errno, in the reader's language: the same words from every program of ours, whatever C library
 * it is linked with. (Of two common ones one has no translations, the other has them only where a locale was generated, and
 * their English differs.) Logs are English: they take strerror().
 */
#ifndef PCHAT_BASE_ERRORS_H
#define PCHAT_BASE_ERRORS_H

/* Need not be freed. One that pchat has no words for is strerror()'s. `errno` stays. */
const char *error_words(int error);

#endif
