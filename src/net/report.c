#include "net/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE "note: "
#define LINE_MAX_LEN 1024

static void
add_line(char *report, size_t size, const char *prefix, const char *words)
{
	const size_t at = strlen(report);
	char *line = report + at;

	if ((size_t)snprintf(line, size - at, "%s%s\n", prefix, words) >= size - at) {
		*line = '\0';
		return;
	}
	for (char *p = line; p[1]; p++)
		if (*p == '\n')
			*p = ' ';
}

void
report_add_note(char *report, size_t size, const char *words)
{
	add_line(report, size, NOTE, words);
}

void
report_add_end(char *report, size_t size, enum verdict v, const char *words)
{
	char prefix[32];

	(void)snprintf(prefix, sizeof(prefix), "error %d ", (int)v);
	add_line(report, size, v == VERDICT_OK ? "ok" : prefix, v == VERDICT_OK ? "" : words);
}

static void
hand_on(void (*note)(const char *words), const char *line, size_t len)
{
	char words[LINE_MAX_LEN];

	if (!note)
		return;
	(void)snprintf(words, sizeof(words), "%.*s", (int)len, line);
	note(words);
}

/* "error 9 words", or something else, which tells nothing. */
static void
read_error(const char *line, size_t len, enum verdict *verdict, char *words, size_t size)
{
	const size_t prefix = strlen("error ");
	unsigned long code;
	char *rest;

	if (len <= prefix || strncmp(line, "error ", prefix) != 0 || line[prefix] < '0' || line[prefix] > '9')
		return;
	code = strtoul(line + prefix, &rest, 10);
	*verdict = code == VERDICT_OK || code >= VERDICT_COUNT ? VERDICT_FAILED : (enum verdict)code;
	rest += *rest == ' ';
	(void)snprintf(words, size, "%.*s", (int)(line + len - rest), rest);
}

void
report_read(const char *report, void (*note)(const char *words), enum verdict *verdict, char *words, size_t size)
{
	*verdict = VERDICT_STARTING;
	words[0] = '\0';
	for (const char *line = report, *end; *line; line = end + (*end == '\n')) {
		const size_t len = strcspn(line, "\n");

		end = line + len;
		if (strncmp(line, NOTE, strlen(NOTE)) == 0)
			hand_on(note, line + strlen(NOTE), len - strlen(NOTE));
		else if (len == 2 && strncmp(line, "ok", 2) == 0)
			*verdict = VERDICT_OK;
		else if (*verdict == VERDICT_STARTING)
			read_error(line, len, verdict, words, size);
	}
}
