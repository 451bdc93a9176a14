#include "cli/commands/stream/file_names.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands/stream/taking.h"
#include "cli/output/foreign.h"
#include "cli/output/report.h"
#include "proto/safe.h"

/* The length of the UTF-8 sequence at `s` that is shown as it is; 0: its first byte is not safe. */
static size_t
safe_part(const char *s)
{
	char shown[64];
	const size_t left = strlen(s);

	for (size_t n = 1; n <= 4 && n <= left; n++) {
		const size_t length = safe_is_text(s, n) ? safe_line(s, n, shown, sizeof(shown)) : 0;

		if (length == 0)
			continue;
		return length == n && memcmp(shown, s, n) == 0 && (unsigned char)s[0] >= 0x20 && s[0] != '\\' ? n : 0;
	}
	return 0;
}

bool
file_names_safe(const char *name, char out[NAME_MAX + 1])
{
	size_t at = 0;

	for (const char *s = name; *s && at < NAME_MAX;) {
		const size_t n = (s == name && (*s == '.' || *s == '-')) || *s == '/' ? 0 : safe_part(s);

		if (n == 0)
			out[at++] = '_';
		else if (at + n <= NAME_MAX) {
			memcpy(out + at, s, n);
			at += n;
		}
		s += n == 0 ? 1 : n;
	}
	out[at] = '\0';
	return strcmp(name, out) == 0;
}

/* False: the user does not want it, or cannot be asked. */
static bool
ask(const char *name, const char *safe)
{
	_cleanup_(freep) char *line = NULL;
	char quoted[FOREIGN_QUOTED(NAME_MAX)], becomes[FOREIGN_QUOTED(NAME_MAX)];
	size_t size = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	report_ask("\"%s\" is to become \"%s\" here. Take it? [y/N]",
	    foreign_quoted(name, strlen(name), quoted, sizeof(quoted)),
	    foreign_quoted(safe, strlen(safe), becomes, sizeof(becomes)));
	return getline(&line, &size, stdin) > 0 && (line[0] == 'y' || line[0] == 'Y');
}

static int
choose_one(struct taking *t, uint32_t index, const char *name)
{
	const char *safe = t->names[index];
	char quoted[FOREIGN_QUOTED(NAME_MAX)];
	struct stat st;

	if (!file_names_safe(name, t->names[index]) && !ask(name, safe))
		return report(VERDICT_USAGE, "the name \"%s\" would have to be changed; take it with -o FILE",
		    foreign_quoted(name, strlen(name), quoted, sizeof(quoted)));
	(void)foreign_quoted(safe, strlen(safe), quoted, sizeof(quoted));
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(t->names[i], safe) == 0)
			return report(
			    VERDICT_OUTPUT, "two of the files would have the name \"%s\"; decline the offer", quoted);
	if (lstat(safe, &st) == 0)
		return report(VERDICT_OUTPUT, "\"%s\" is there already; take it elsewhere, or with -o FILE", quoted);
	return 0;
}

int
file_names_choose(struct taking *t)
{
	struct offer_file f;
	uint64_t bytes;
	uint32_t files;
	size_t at = 0;
	int status = 0;

	offer_total(t->body, t->length, &files, &bytes);
	t->names = calloc(files, sizeof(*t->names));
	if (!t->names)
		return report(VERDICT_FAILED, "out of memory");
	for (uint32_t i = 0; status == 0 && i < files && offer_next_file(t->body, t->length, &at, &f); i++)
		status = choose_one(t, i, f.name);
	return status;
}
