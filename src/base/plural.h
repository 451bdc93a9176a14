/*
 * Which of a language's plural forms a count takes: the expression of a catalogue's Plural-Forms, as GNU gettext has
 * it, an expression of C over n. Pure.
 */
#ifndef PCHAT_BASE_PLURAL_H
#define PCHAT_BASE_PLURAL_H

/* The form, from 0. `forms` is the catalogue's own text: NULL, or one that cannot be read, is English, where 1 alone is singular. */
unsigned long plural_form(const char *forms, unsigned long n);

#endif
