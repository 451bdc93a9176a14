/*
 * pchat shellinit SHELL: what the shell evaluates once: completion, and new
 * messages before its next prompt, by the shell's own means.
 */
#include <string.h>

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

static const char hook_bash[] =
    "\n__pchat_new() {\n"
    "\tlocal status=$?\n"
    "\tcase $(command pchat status --prompt 2>/dev/null) in *:*) command pchat read || : ;; esac\n"
    "\t[[ $- == *e* ]] || return $status\n" /* under set -e a status would end the shell */
    "}\n"
    "case \";${PROMPT_COMMAND[*]-};\" in\n"
    "*__pchat_new*) ;;\n"
    "*) PROMPT_COMMAND=\"__pchat_new${PROMPT_COMMAND:+; $PROMPT_COMMAND}\" ;;\n"
    "esac\n";

static const char hook_zsh[] =
    "\n__pchat_new() {\n"
    "\tcase $(command pchat status --prompt 2>/dev/null) in *:*) command pchat read || : ;; esac\n"
    "}\n"
    "autoload -Uz add-zsh-hook && add-zsh-hook precmd __pchat_new\n";

static const char hook_fish[] =
    "\nfunction __pchat_new --on-event fish_prompt\n"
    "    string match -q '*:*' -- (command pchat status --prompt 2>/dev/null); and command pchat read\n"
    "end\n";

static int
shellinit_run(struct invocation *inv)
{
	const struct {
		const char *shell, *completion, *hook;
	} shells[] = {
		{ "bash", completion_bash, hook_bash },
		{ "zsh", completion_zsh, hook_zsh },
		{ "fish", completion_fish, hook_fish },
	};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(inv->opt.operands[0], shells[i].shell) != 0)
			continue;
		output_string(shells[i].completion);
		output_string(shells[i].hook);
		return 0;
	}
	return report(VERDICT_USAGE, "shellinit knows bash, zsh and fish, not '%.64s'", inv->opt.operands[0]);
}

const struct command command_shellinit = {
	.name = "shellinit",
	.operands = "bash|zsh|fish",
	.missing = "for which shell?",
	.summary = "print what a shell evaluates to complete, and to show new messages",
	.examples = "eval \"$(pchat shellinit bash)\"\n"
		    "eval \"$(pchat shellinit zsh)\"\n"
		    "pchat shellinit fish | source\n",
	.details = "Put it into ~/.bashrc, ~/.zshrc (behind compinit), ~/.config/fish/config.fish. New\n"
		   "messages are shown, and marked read, before the next prompt.\n",
	.min_operands = 1,
	.max_operands = 1,
	.run = shellinit_run,
};
