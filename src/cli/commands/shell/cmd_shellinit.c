/*
 * pchat shellinit SHELL: what the shell evaluates once: completion, and new
 * messages before its next prompt, by the shell's own means.
 */
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "cli/output/report.h"

/* The file as it stands in the source tree becomes a string of this program. */
#define EMBED(name, file)                                                                                    \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" COMPLETIONS "/" file "\"\n.byte 0\n.previous\n"); \
	extern const char name[] /* NOLINT(bugprone-macro-parentheses): a declarator */ __attribute__((      \
	    visibility("hidden")))

EMBED(completion_bash, "pchat.bash");
EMBED(completion_zsh, "pchat.zsh");
EMBED(completion_fish, "pchat.fish");

/*
 * Each hook shows at most ten records, and counts the rest; with --notify-only it counts, when the number changed. A
 * shell that nobody looks at (TERM=dumb, Emacs) is told nothing.
 */
static const char hook_bash[] =
    "\n__pchat_more() {\n"
    "\tlocal state\n"
    "\tstate=$(command pchat status --prompt 2>/dev/null)\n"
    "\t[[ $state == *:* ]] || { __pchat_told=; return 0; }\n"
    "\t[[ ${__pchat_told-} == \"$state\" ]] || printf \"$1\\n\" \"${state##*:}\"\n"
    "\t__pchat_told=$state\n"
    "}\n"
    "__pchat_new() {\n"
    "\tlocal status=$?\n"
    "\tif [[ ${TERM:-dumb} != dumb && -z ${INSIDE_EMACS-} ]]; then\n"
    "\t\tif [[ -n $__pchat_notify_only ]]; then\n"
    "\t\t\t__pchat_more \"$__pchat_says\"\n"
    "\t\telse\n"
    "\t\t\tcase $(command pchat status --prompt 2>/dev/null) in\n"
    "\t\t\t*:*) command pchat read -n 10 && { __pchat_told=; __pchat_more \"$__pchat_says_more\"; } || : ;;\n"
    "\t\t\tesac\n"
    "\t\tfi\n"
    "\tfi\n"
    "\t[[ $- == *e* ]] || return $status\n" /* under set -e a status would end the shell */
    "}\n"
    "__pchat_install() {\n"
    "\tlocal how=''\n"
    "\t[[ $(declare -p PROMPT_COMMAND 2>/dev/null) =~ ^declare\\ -([a-zA-Z-]+) ]] && how=${BASH_REMATCH[1]}\n"
    "\tif [[ \";${PROMPT_COMMAND[*]-};${PS1-}\" == *__pchat_new* ]]; then\n"
    "\t\treturn 0\n"
    "\telif [[ $how == *r* ]]; then\n" /* then by the prompt itself */
    "\t\tPS1='$(__pchat_new >&2)'${PS1-}\n"
    "\telse\n" /* in front of the first of a list; not exported: a shell within has no such function */
    "\t\tPROMPT_COMMAND=\"__pchat_new${PROMPT_COMMAND:+; $PROMPT_COMMAND}\"\n"
    "\t\texport -n PROMPT_COMMAND\n"
    "\tfi\n"
    "}\n"
    "__pchat_install\n"
    "unset -f __pchat_install\n";

static const char hook_zsh[] =
    "\n__pchat_more() {\n"
    "\temulate -L zsh\n"
    "\tlocal state=\"$(command pchat status --prompt 2>/dev/null)\"\n"
    "\t[[ $state == *:* ]] || { __pchat_told=; return 0; }\n"
    "\t[[ $__pchat_told == $state ]] || printf \"$1\\n\" \"${state##*:}\"\n"
    "\t__pchat_told=$state\n"
    "}\n"
    "__pchat_new() {\n"
    "\temulate -L zsh\n"
    "\t[[ ${TERM:-dumb} != dumb && -z $INSIDE_EMACS ]] || return 0\n"
    "\tif [[ -n $__pchat_notify_only ]]; then\n"
    "\t\t__pchat_more \"$__pchat_says\"\n"
    "\telse\n"
    "\t\tcase \"$(command pchat status --prompt 2>/dev/null)\" in\n"
    "\t\t(*:*) command pchat read -n 10 && { __pchat_told=; __pchat_more \"$__pchat_says_more\" } || : ;;\n"
    "\t\tesac\n"
    "\tfi\n"
    "}\n"
    "autoload -Uz add-zsh-hook && add-zsh-hook precmd __pchat_new\n";

static const char hook_fish[] =
    "\nfunction __pchat_more\n"
    "    set -l state (command pchat status --prompt 2>/dev/null)\n"
    "    if not string match -q '*:*' -- $state\n"
    "        set -g __pchat_told ''\n"
    "        return 0\n"
    "    end\n"
    "    test \"$__pchat_told\" = \"$state\"; or printf \"$argv[1]\\n\" (string replace -r '.*:' '' -- $state)\n"
    "    set -g __pchat_told $state\n"
    "end\n"
    "function __pchat_new --on-event fish_prompt\n"
    "    test \"$TERM\" = dumb -o -z \"$TERM\" -o -n \"$INSIDE_EMACS\"; and return\n"
    "    if test -n \"$__pchat_notify_only\"\n"
    "        __pchat_more \"$__pchat_says\"\n"
    "    else if string match -q '*:*' -- (command pchat status --prompt 2>/dev/null)\n"
    "        command pchat read -n 10; and set -g __pchat_told ''; and __pchat_more \"$__pchat_says_more\"\n"
    "    end\n"
    "end\n";

/* Within the single quotes of a shell. */
static const char *
quotable(const char *english)
{
	const char *text = _(english);

	return strpbrk(text, "'\\\n") ? english : text;
}

/* What __pchat_more says: a format with the number. Its language is that in which the shell begins. */
static void
print_words(const char *assignment)
{
	output_printf(assignment, "__pchat_says", quotable(N_("pchat: %s unread; read with: pchat read")));
	output_printf(assignment, "__pchat_says_more", quotable(N_("pchat: %s more unread; read with: pchat read")));
}

static const struct option_row options[] = {
	{ OPT_NOTIFY_ONLY, 0, "notify-only", OPTION_NOTHING, NULL, N_("say how much is unread, and read nothing") },
	{ 0 },
};

static int
shellinit_run(struct invocation *inv)
{
	const struct {
		const char *shell, *completion, *hook, *assignment, *notify, *show;
	} shells[] = {
		{ "bash", completion_bash, hook_bash, "%s='%s'\n", "__pchat_notify_only=yes\n",
		    "__pchat_notify_only=\n" },
		{ "zsh", completion_zsh, hook_zsh, "%s='%s'\n", "__pchat_notify_only=yes\n", "__pchat_notify_only=\n" },
		{ "fish", completion_fish, hook_fish, "set -g %s '%s'\n", "set -g __pchat_notify_only yes\n",
		    "set -g __pchat_notify_only\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(inv->opt.operands[0], shells[i].shell) != 0)
			continue;
		output_string(shells[i].completion);
		print_words(shells[i].assignment);
		output_string(shells[i].hook);
		output_string(inv->opt.given[OPT_NOTIFY_ONLY] ? shells[i].notify : shells[i].show);
		return 0;
	}
	return report(VERDICT_USAGE, "shellinit knows bash, zsh and fish, not '%.64s'", inv->opt.operands[0]);
}

const struct command command_shellinit = {
	.name = "shellinit",
	.operands = "bash|zsh|fish",
	.missing = N_("for which shell?"),
	.summary = N_("print code for a shell: completion, and new messages before its prompt"),
	.examples = "eval \"$(pchat shellinit bash)\"\n"
		    "eval \"$(pchat shellinit zsh)\"\n"
		    "pchat shellinit fish | source\n",
	.details = N_("Put it into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish. At most ten new messages\n"
		      "are shown and marked read before the next prompt, with the number of the others. With\n"
		      "TERM=dumb, and inside Emacs, nothing is shown.\n"),
	.options = options,
	.min_operands = 1,
	.max_operands = 1,
	.run = shellinit_run,
};
