/*
 * What is said to people, in their language. English is the source; the translations are GNU gettext's, made by its
 * tools (po/), and found by its rules: LANGUAGE, a list, which counts unless the locale is C or POSIX; else LC_ALL,
 * LC_MESSAGES or LANG. Where we differ: a locale need not have been generated on the host, `en` is a translation that
 * is always there, and where the locale is not UTF-8, it stays English.
 *
 * No C library's gettext() is used: each has rules of its own, and `pchat` and `pchat-full` may have different ones;
 * both have to say the same. The catalogue is not looked for before there is a sentence to print.
 *
 * report(), remark() and some more (WORDS_KEYWORDS in Makefile.am names them) look their format up themselves: a
 * literal there needs no mark, of two (a ? b : c) each takes N_(). All else takes one: _("...") where it is said,
 * N_("...") where it is only written down (a table), with _(text) where it is said.
 */
#ifndef PCHAT_BASE_TRANSLATE_H
#define PCHAT_BASE_TRANSLATE_H

/* The sentence in the reader's language; it need not be freed, and stays. The format directives are the same. */
const char *translate(const char *english) __attribute__((format_arg(1)));

/* The sentence that goes with the count n. */
const char *
translate_count(const char *one, const char *many, unsigned long n) __attribute__((format_arg(1), format_arg(2)));

/* English from now on: for what programs read (--json). */
void translate_off(void);

/* In a child that becomes another program of ours: the same holds there. */
void translate_inherit(void);

#define _(english) translate(english)
#define N_(english) english

#endif
