#!/bin/bash
# The shells themselves in a terminal emulator: Tab with descriptions, and what shellinit adds before the prompt.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

under_valgrind && skip_all "a shell waits for no pchat that is so slow"
start_daemon
pair alice bob
login Carol
run Carol pchat login ann@example.org
run bob pchat read
terminal alice 100 30
mkdir "$T/alice/files"
: >"$T/alice/files/a file"

# Starts it in the terminal, and waits for its prompt, which is NAME[STATUS]> in all of them.
in_shell() { # NAME COMMAND
	type_keys "clear; $2" Enter
	shows "^$1\[0\]> *$" "$1: starts"
}

leave_shell() { # NAME
	send_keys C-u
	type_keys 'clear; exit' Enter
	shows '^\$ *$' "$1: ends"
}

# pressing_tab SHELL LINE REGEXP WHAT: what is on the screen after the line and a Tab, or two.
pressing_tab() {
	wait_until users_are_told
	send_keys C-l
	type_keys "$2" Tab
	within 1 on_screen "$3" || send_keys Tab # shells that want a second one for a list
	shows "$3" "$1: $4"
	send_keys C-c C-u
	# A shell that still computes would take the next line for a part of this.
	type_keys '' Enter
	shows "^$1\[[0-9]+\]> *$" "$1: goes on"
}

# So many questions in so short a time: the daemon makes us wait.
users_are_told() {
	[ -n "$( (as alice pchat __complete users))" ]
}

tabs() { # SHELL
	pressing_tab "$1" 'pchat hist' '> pchat history' "Tab completes a command"
	pressing_tab "$1" 'pchat to b' '> pchat to bob' "and a live name"
	pressing_tab "$1" 'pchat to c' '> pchat to Carol' "in any case"
	pressing_tab "$1" 'pchat send --to c' '> pchat send --to Carol' "and the value of an option"
	pressing_tab "$1" 'pchat block @roo' '> pchat block @root' "and a group"
	pressing_tab "$1" 'pchat to ann@ex' '> pchat to ann@example.org' "and a name with an @"
	pressing_tab "$1" 'pchat -s a' '> pchat -s alice' "and a session"
	pressing_tab "$1" 'pchat read --pe' '> pchat read --peek' "and an option"
	pressing_tab "$1" 'pchat shellinit ba' '> pchat shellinit bash' "and an operand"
	pressing_tab "$1" 'pchat on-message -- chgr' '> pchat on-message -- chgrp' "and a command behind --"
	pressing_tab "$1" 'pchat with bob -- ls files/a' '> pchat with bob -- ls files/a. ?file' "and its files"
}

# The next prompt, or a later one where the helper does not answer so fast: a prompt waits for nobody.
shown_at_a_prompt() { # REGEXP
	type_keys '' Enter
	within 2 on_screen "$1"
}

# What shellinit does, the same in every shell; the user's own hook keeps the status that it saw in $seen.
notices() { # SHELL yes|no
	type_keys 'sh -c "exit 7"' Enter
	shows "^$1\[7\]> *$" "$1: the prompt still knows the status of the last command"
	[ "$2" = no ] || {
		type_keys 'sh -c "exit 7"' Enter
		type_keys 'echo "seen $seen"' Enter
		shows '^seen 7$' "$1: and so does the user's own hook"
	}
	run bob pchat send "a word for $1"
	exits 0 "$1: a message arrives"
	wait_until shown_at_a_prompt "bob: a word for $1$"
	ok $? "$1: and is shown before the next prompt" "$(screen)"
	is "$(screen | grep -c "bob: a word for $1$")" 1 "$1: once, though shellinit was evaluated twice"
	is "$(unread_of alice)" 0 "$1: and is read by that"
	run bob pchat tell alice "a note for $1"
	exits 0 "$1: a note arrives"
	wait_until shown_at_a_prompt "note from .*: a note for $1$"
	ok $? "$1: and is shown before the next prompt as well" "$(screen)"
}

# ------------------------------------------------------------------------ bash

# shellcheck disable=SC2016 # another shell's, here and below
printf '%s\n' 'set -u; PS1="bash[\$?]> "; PROMPT_COMMAND="seen=\$?"' \
	'eval "$(pchat shellinit bash)"; eval "$(pchat shellinit bash)"' >"$T/bash.init"
in_shell bash "bash --noprofile --rcfile $T/bash.init -i"
tabs bash
pressing_tab bash 'pchat send --to=ann@e' '> pchat send --to=ann@example.org' "and one behind a ="
pressing_tab bash 'pchat to "b' '> pchat to "bob"' "and within quotes"
notices bash yes
leave_shell bash
# shellcheck disable=SC2016
printf '%s\n' 'PS1="bash[\$?]> "; PROMPT_COMMAND=("seen=\$?" "other=\$?")' \
	'eval "$(pchat shellinit bash)"; eval "$(pchat shellinit bash)"' >"$T/bash.init"
in_shell bash "bash --noprofile --rcfile $T/bash.init -i"
notices bash yes
type_keys 'echo "${#PROMPT_COMMAND[@]} other $other"' Enter
shows '^2 other 0$' "bash: a list of hooks stays one"
type_keys 'set -e' Enter
type_keys 'clear; false && true' Enter
run bob pchat send "under set -e"
wait_until shown_at_a_prompt 'bob: under set -e$'
ok $? "bash: lives under set -e" "$(screen)"
shows '^bash\[' "bash: in the same shell"
pressing_tab bash 'pchat to b' '> pchat to bob' "also completes there"
leave_shell bash

# ------------------------------------------------------------------------- zsh

if command -v zsh >/dev/null; then
	mkdir -m 0755 "$T/zsh"
	# shellcheck disable=SC2016
	printf '%s\n' 'PS1="zsh[%?]> "; setopt no_unset; autoload -Uz compinit; compinit -u -D' 'precmd() { seen=$?; }' \
		'eval "$(pchat shellinit zsh)"; eval "$(pchat shellinit zsh)"' 'true' >"$T/zsh/.zshrc"
	in_shell zsh "ZDOTDIR=$T/zsh zsh -d -i"
	tabs zsh
	pressing_tab zsh 'pchat to ' 'Carol +-- free' "Tab shows who is there, and what they do"
	pressing_tab zsh 'pchat l' 'login +-- log in' "and what commands are for"
	notices zsh yes
	type_keys 'setopt err_exit; clear; false && true' Enter
	run bob pchat send "under err_exit"
	wait_until shown_at_a_prompt 'bob: under err_exit$'
	ok $? "zsh: lives under err_exit" "$(screen)"
	shows '^zsh\[' "zsh: in the same shell"
	leave_shell zsh
	mkdir -m 0755 "$T/site-functions"
	cp "$SRCDIR/completions/pchat.zsh" "$T/site-functions/_pchat"
	printf '%s\n' 'PS1="zsh[%?]> "' "fpath=('$T/site-functions' \$fpath)" 'autoload -Uz compinit; compinit -u -D' \
		>"$T/zsh/.zshrc"
	in_shell zsh "ZDOTDIR=$T/zsh zsh -d -i"
	pressing_tab zsh 'pchat to b' '> pchat to bob' "Tab finds what is installed in its fpath"
	leave_shell zsh
else
	skip "zsh is missing" "zsh: all of it"
fi

# ------------------------------------------------------------------------ fish

if command -v fish >/dev/null; then
	# shellcheck disable=SC2016
	printf '%s\n' 'function fish_prompt; echo "fish[$status]> "; end; set fish_greeting' \
		'pchat shellinit fish | source; pchat shellinit fish | source' >"$T/fish.init"
	in_shell fish "fish --no-config -i -C 'source $T/fish.init'"
	tabs fish
	pressing_tab fish 'pchat to ' 'Carol +\(free' "Tab shows who is there, and what they do"
	pressing_tab fish 'pchat l' 'login +\(log in' "and what commands are for"
	notices fish no
	leave_shell fish
	mkdir -p "$T/share/fish/vendor_completions.d"
	cp "$SRCDIR/completions/pchat.fish" "$T/share/fish/vendor_completions.d/"
	printf '%s\n' 'function fish_prompt; echo "fish[$status]> "; end; set fish_greeting' >"$T/fish.init"
	in_shell fish "XDG_DATA_DIRS=$T/share fish -i -C 'source $T/fish.init'"
	pressing_tab fish 'pchat to b' '> pchat to bob' "Tab finds what is installed in its vendor_completions.d"
	leave_shell fish
else
	skip "fish is missing" "fish: all of it"
fi

finish
