/* The terminal and the shell that pchat is used from. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/translate.h"
#include "cli/commands/host/doctor.h"
#include "cli/output/terminal.h"

void
doctor_locale(const struct options *o, struct finding *f)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	const char *set = locale ? nl_langinfo_l(CODESET, locale) : "unknown";

	(void)o;
	if (!locale)
		finding_note(f, N_("generate it, or set LC_ALL=C.UTF-8"), "the locale that is set is not installed");
	else if (strcmp(set, "UTF-8") != 0)
		finding_note(
		    f, N_("set LC_ALL=C.UTF-8"), "the character set is %s: other scripts cannot be typed", set);
	else
		finding_well(f, "UTF-8");
	if (locale)
		freelocale(locale);
}

void
doctor_terminal(const struct options *o, struct finding *f)
{
	const char *term = getenv("TERM");

	(void)o;
	if (!isatty(STDIN_FILENO))
		finding_well(f, "standard input is no terminal");
	else if (terminal_is_dumb())
		finding_note(f, N_("set TERM to what your terminal is"), "TERM is '%s': pchat chat shows plain lines",
		    term ? term : "");
	else if (!terminal_is_known())
		finding_note(f, N_("install its description (ncurses-term), or set TERM=xterm-256color"),
		    "this host does not know the terminal '%s'", term);
	else
		finding_well(f, "'%s'", term);
}

/* Whether the file, below HOME, has the word. */
static bool
mentions(const char *file, const char *word)
{
	const char *home = getenv("HOME");
	_cleanup_(freep) char *path = NULL, *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *in;

	if (!home || asprintf(&path, "%s/%s", home, file) < 0)
		return false;
	if (!(in = fopen(path, "re")))
		return false;
	while (!found && getline(&line, &room, in) >= 0)
		found = strstr(line, word) != NULL;
	(void)fclose(in);
	return found;
}

void
doctor_shell(const struct options *o, struct finding *f)
{
	static const struct {
		const char *shell, *file, *cure;
	} shells[] = {
		{ "bash", ".bashrc", N_("put into ~/.bashrc: eval \"$(pchat shellinit bash)\"") },
		{ "zsh", ".zshrc", N_("put into ~/.zshrc: eval \"$(pchat shellinit zsh)\"") },
		{ "fish", ".config/fish/config.fish",
		    N_("put into ~/.config/fish/config.fish: pchat shellinit fish | source") },
	};
	const char *shell = getenv("SHELL"), *name = shell ? strrchr(shell, '/') : NULL;

	(void)o;
	name = name ? name + 1 : "";
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(name, shells[i].shell) != 0)
			continue;
		if (mentions(shells[i].file, "pchat shellinit"))
			finding_well(f, "%s shows new messages before its prompt", name);
		else
			finding_note(f, shells[i].cure, "%s does not show new messages before its prompt", name);
		return;
	}
	if (!*name)
		finding_well(f, "SHELL names none; pchat shows messages before the prompt of bash, zsh and fish");
	else
		finding_well(f, "pchat shows messages before the prompt of bash, zsh and fish, not of '%s'", name);
}
