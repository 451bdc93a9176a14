#include "cli/output/terminal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/macros.h"

bool
terminal_is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

/* Descriptions lie below the first letter, or below its number. */
static bool
is_described(const char *folder, size_t len, const char *term)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s/%c/%s", (int)len, folder, *term, term) < (int)sizeof(path) &&
	    access(path, R_OK) == 0)
		return true;
	return snprintf(path, sizeof(path), "%.*s/%x/%s", (int)len, folder, (unsigned char)*term, term) <
	    (int)sizeof(path) &&
	    access(path, R_OK) == 0;
}

/* Folders between colons. */
static bool
is_described_below(const char *folders, const char *term)
{
	for (; folders && *folders; folders += strcspn(folders, ":"), folders += *folders == ':')
		if (is_described(folders, strcspn(folders, ":"), term))
			return true;
	return false;
}

bool
terminal_is_known(void)
{
	static const char usual[] =
	    "/etc/terminfo:/lib/terminfo:/usr/lib/terminfo:/usr/share/terminfo:/usr/local/share/terminfo";
	const char *term = getenv("TERM"), *home = getenv("HOME");
	char own[PATH_MAX];

	if (!term || terminal_is_dumb() || strchr(term, '/'))
		return false;
	if (home && snprintf(own, sizeof(own), "%s/.terminfo", home) < (int)sizeof(own) &&
	    is_described(own, strlen(own), term))
		return true;
	return is_described_below(getenv("TERMINFO"), term) || is_described_below(getenv("TERMINFO_DIRS"), term) ||
	    is_described_below(usual, term);
}

void
terminal_size(int fd, size_t *columns, size_t *lines)
{
	struct winsize size;
	const bool told = ioctl(fd, TIOCGWINSZ, &size) == 0;

	*columns = told && size.ws_col > 0 ? size.ws_col : 80;
	*lines = told && size.ws_row > 0 ? size.ws_row : 24;
}
