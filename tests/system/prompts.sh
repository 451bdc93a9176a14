#!/bin/bash
# Shells whose prompt others work on, too: what shellinit adds lives with zsh-autosuggestions, zsh-syntax-highlighting and
# liquidprompt, in either order, and with what bash-preexec and ble.sh do to PROMPT_COMMAND. These two are imitated: a few
# lines of our own here do the same with the trap and the hooks.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

under_valgrind && skip_all "a shell waits for no pchat that is so slow"
start_daemon
pair alice bob
run bob pchat read
terminal alice 100 30

# The next prompt, or a later one where the helper does not answer so fast: a prompt waits for nobody.
shown_at_a_prompt() { # REGEXP
	type_keys '' Enter
	within 2 on_screen "$1"
}

# A message for a shell that waits at its prompt: shown once, and read by that.
arrives() { # WHAT
	send_keys C-l
	run bob pchat send "a word for $1"
	exits 0 "$1: a message arrives"
	wait_until shown_at_a_prompt "bob: a word for $1$"
	ok $? "$1: and is shown before the next prompt" "$(screen)"
	is "$(screen | grep -c "bob: a word for $1$")" 1 "$1: once"
	is "$(unread_of alice)" 0 "$1: and is read by that"
}

# start_shell COMMAND REGEXP WHAT, quit_shell WHAT: the shell, and its prompt.
start_shell() {
	type_keys "clear; $1" Enter
	shows "$2" "$3: starts"
}

quit_shell() {
	send_keys C-u
	type_keys 'clear; exit' Enter
	shows '^\$ *$' "$1: ends"
}

# shellcheck disable=SC2016 # another shell's
shellinit='eval "$(pchat shellinit bash)"'

# ------------------------------------------------------------- as bash-preexec does it
# Sourced, it puts its installation in front of the hooks; at the first prompt this takes itself out, sets the trap, and puts its
# hook before, and the end of the prompt behind all others. The trap tells the commands that were typed from the prompt's.
cat >"$T/preexec" <<'DOUBLE'
at_prompt='' precmds=0 commands=()
before_command() {
	[[ -n $at_prompt && $BASH_COMMAND != before_prompt* && $BASH_COMMAND != __pchat_new* ]] || return 0
	at_prompt=''
	commands+=("$BASH_COMMAND")
}
before_prompt() {
	local status=$?
	at_prompt=''
	precmds=$((precmds + 1))
	return $status
}
install_hooks() {
	PROMPT_COMMAND=${PROMPT_COMMAND/install_hooks/before_prompt}
	PROMPT_COMMAND+='; at_prompt=yes'
	trap before_command DEBUG
	before_prompt
}
PROMPT_COMMAND="install_hooks${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
DOUBLE
for order in before after; do
	{
		echo 'PS1="bash[\$?]> "'
		[ "$order" = after ] || echo "$shellinit"
		echo ". $T/preexec"
		[ "$order" = before ] || echo "$shellinit"
	} >"$T/bash.init"
	start_shell "bash --noprofile --rcfile $T/bash.init -i" '^bash\[0\]> *$' "$order bash-preexec"
	type_keys 'sh -c "exit 7"' Enter
	shows '^bash\[7\]> *$' "$order bash-preexec: the prompt knows the status of the last command"
	arrives "$order bash-preexec"
	type_keys 'clear; commands=(); echo begun' Enter
	shows '^begun$' "$order bash-preexec: its trap is told"
	type_keys 'echo typed' Enter
	shows '^typed$' "$order bash-preexec: of what is typed"
	type_keys 'printf "<%s>" "${commands[@]}"; echo' Enter
	shows '^<echo typed><printf ' "$order bash-preexec: and of nothing else"
	type_keys 'echo "precmds $((precmds > 3))"' Enter
	shows '^precmds 1$' "$order bash-preexec: and its own hook runs at each prompt"
	quit_shell "$order bash-preexec"
done

# -------------------------------------------------------------------- as ble.sh does it
# It takes all hooks away at the end of the shell's start, and runs them by itself, from within a function, with the status
# of the last command.
cat >"$T/attach" <<'DOUBLE'
with_status() { return "$1"; }
run_hooks() {
	local status=$? hook
	for hook in "${taken[@]}"; do
		with_status "$status"
		eval "$hook"
	done
	return "$status"
}
taken=("${PROMPT_COMMAND[@]}")
unset PROMPT_COMMAND
PROMPT_COMMAND=run_hooks
DOUBLE
printf '%s\n' 'PS1="bash[\$?]> "; PROMPT_COMMAND="seen=\$?"' "$shellinit" ". $T/attach" >"$T/bash.init"
start_shell "bash --noprofile --rcfile $T/bash.init -i" '^bash\[0\]> *$' "ble.sh"
type_keys 'sh -c "exit 7"' Enter
shows '^bash\[7\]> *$' "ble.sh: the prompt knows the status of the last command"
type_keys 'sh -c "exit 7"' Enter
type_keys 'echo "seen $seen"' Enter
shows '^seen 7$' "ble.sh: and so does the user's own hook"
arrives "ble.sh"
quit_shell "ble.sh"

# ------------------------------------------------------------------------ liquidprompt
liquidprompt=/usr/share/liquidprompt/liquidprompt
[ -e "$liquidprompt" ] || liquidprompt=/usr/bin/liquidprompt
if [ -e "$liquidprompt" ]; then
	for order in before after; do
		{
			[ "$order" = after ] || echo "$shellinit"
			echo ". $liquidprompt"
			[ "$order" = before ] || echo "$shellinit"
		} >"$T/bash.init"
		start_shell "bash --noprofile --rcfile $T/bash.init -i" '\[.*\] \$ *$|:.* \$ *$' "$order liquidprompt"
		type_keys 'clear; sh -c "exit 7"' Enter
		shows ' 7 ?\$ *$' "$order liquidprompt: the prompt knows the status of the last command"
		arrives "$order liquidprompt"
		quit_shell "$order liquidprompt"
	done
else
	skip "liquidprompt is not installed" "liquidprompt"
fi

# --------------------------------------------------------------------------------- zsh
plugins=/usr/share
mkdir -m 0755 "$T/zsh"
for plugin in zsh-autosuggestions zsh-syntax-highlighting; do
	if ! command -v zsh >/dev/null || [ ! -e "$plugins/$plugin/$plugin.zsh" ]; then
		skip "zsh or $plugin is not installed" "$plugin"
		continue
	fi
	for order in before after; do
		{
			echo 'PS1="zsh[%?]> "; autoload -Uz compinit; compinit -u -D'
			[ "$order" = after ] || echo "${shellinit/bash/zsh}"
			echo ". $plugins/$plugin/$plugin.zsh"
			[ "$order" = before ] || echo "${shellinit/bash/zsh}"
		} >"$T/zsh/.zshrc"
		start_shell "ZDOTDIR=$T/zsh zsh -d -i" '^zsh\[0\]> *$' "$order $plugin"
		type_keys 'sh -c "exit 7"' Enter
		shows '^zsh\[7\]> *$' "$order $plugin: the prompt knows the status of the last command"
		arrives "$order $plugin"
		send_keys C-l
		type_keys 'pchat hist' Tab
		shows '^zsh\[[0-9]+\]> pchat history *$' "$order $plugin: Tab completes"
		quit_shell "$order $plugin"
	done
done
finish
