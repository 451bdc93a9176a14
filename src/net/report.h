/*
 * What a program of ours reports when it has started (net/process.h), as text of lines: any number of "note: WORDS"
 * for people, then "ok", or "error NUMBER WORDS" with an enum verdict. Written and read here.
 */
#ifndef PCHAT_NET_REPORT_H
#define PCHAT_NET_REPORT_H

#include <stddef.h>

#include "core/verdict.h"

#define REPORT_SIZE 4096U /* room for a report, with its NUL */

/* Adds a line; what has no room is left out. Line feeds in the words become blanks. */
void report_add_note(char *report, size_t size, const char *words);

/* The last line: "ok" for VERDICT_OK. */
void report_add_end(char *report, size_t size, enum verdict v, const char *words);

/*
 * Reads a report: hands its notes on (note: NULL, they are left out), then its end. A report without an end, or that
 * nobody could have written, is STARTING: the program ended before it was ready. words: empty, or one line.
 */
void report_read(const char *report, void (*note)(const char *words), enum verdict *verdict, char *words, size_t size);

#endif
