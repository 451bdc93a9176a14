#include "cli/output/colour.h"

#include <string.h>

#include "base/macros.h"
#include "cli/line/options.h"
#include "cli/output/restore.h"
#include "cli/output/terminal.h"
#include "core/names/name.h"

/* Readable on dark and light alike: no black, white or yellow. */
static const char *const palette[] = {
	"\033[31m",
	"\033[32m",
	"\033[34m",
	"\033[35m",
	"\033[36m",
	"\033[1;31m",
	"\033[1;32m",
	"\033[1;34m",
	"\033[1;35m",
	"\033[1;36m",
};

static bool on, muted;

void
colour_setup(const struct options *o)
{
	const char *when = o->given[OPT_COLOR] ? o->text[OPT_COLOR] : "auto";
	const char *no_color = getenv("NO_COLOR");

	if (strcmp(when, "auto") != 0)
		on = strcmp(when, "always") == 0;
	else
		on = !(no_color && *no_color) && !terminal_is_dumb() && isatty(STDOUT_FILENO);
	if (on && isatty(STDOUT_FILENO))
		restore_at_signals(STDOUT_FILENO, NULL);
}

bool
colour_on(void)
{
	return on;
}

void
colour_mute(bool yes)
{
	muted = yes;
}

const char *
colour_of_name(const char *name)
{
	return on && !muted ? palette[name_hash(name) % ARRAY_SIZE(palette)] : "";
}

const char *
colour_of_self(void)
{
	return on && !muted ? "\033[1m" : "";
}

const char *
colour_quiet(void)
{
	return on && !muted ? "\033[2m" : "";
}

const char *
colour_off(void)
{
	return on && !muted ? "\033[0m" : "";
}
