# shellcheck shell=bash
# A real terminal emulator for system tests: a user's shell in tmux, keys into it, and what stands on its screen.
# Sourced after lib.sh.

command -v tmux >/dev/null || skip_all "tmux is not installed"
TMUX_SOCKET=$T/tmux
unset TMUX

tmux_do() {
	tmux -f /dev/null -S "$TMUX_SOCKET" "$@"
}

# terminal USER COLUMNS ROWS: a shell of that user's, whose prompt is "$ ".
# shellcheck disable=SC2154 # uid_of is lib.sh's
terminal() {
	local user=$1
	cat >"$T/$user/rc" <<-RC
		PS1='\$ '
		unset HISTFILE PROMPT_COMMAND
		set -m
	RC
	cat >"$T/shell" <<-SHELL
		#!/bin/bash
		SRCDIR='$SRCDIR' BUILDDIR='$BUILDDIR'
		$(declare -f as is_root)
		$(declare -p uid_of)
		T='$T'
		as $user bash --noprofile --rcfile "\$T/$user/rc" -i
	SHELL
	chmod +x "$T/shell"
	# The history's limit is that of the panes to come.
	tmux_do start-server \; set-option -g history-limit 100000 \; new-session -d -x "$2" -y "$3" "$T/shell" \
		\; set-option -g window-size manual \; set-option -g default-terminal tmux-256color \; set-option -g status off
	shows '^\$ *$' "a terminal for $user"
}

screen() {
	tmux_do capture-pane -p
}

history_of_screen() {
	tmux_do capture-pane -p -S - -J
}

on_screen() { # REGEXP
	screen | grep -Eq -- "$1"
}

# shows REGEXP NAME: a check that a row of the screen matches, sooner or later.
shows() {
	wait_until on_screen "$1"
	ok $? "$2" "looked for: $1" "on the screen:" "$(screen)"
}

# marked TEXT NAME: the line that alice said is shown as delivered: by its mark, or, where that took its time, by a note below it.
marked() {
	shows "(alice: |^ +)$1 ✓|✓ delivered: \"$1" "$2"
}

# What Tab offers has to be there within a moment, else nothing is: where it was not, Tab is pressed again.
tab_shows() { # REGEXP NAME
	tab_until() {
		within 2 on_screen "$1" || { send_keys Tab && false; }
	}
	send_keys Tab
	wait_until tab_until "$1"
	shows "$1" "$2"
}

# The row that matches the first stands above the one that matches the second.
above() { # REGEXP REGEXP NAME
	local first second
	first=$(screen | grep -En -- "$1" | tail -n 1 | cut -d: -f1)
	second=$(screen | grep -En -- "$2" | tail -n 1 | cut -d: -f1)
	[ "${first:-99}" -lt "${second:-0}" ]
	ok $? "$3" "$(screen)"
}

# type_keys TEXT [KEY]...: the text as it is, then keys by tmux's names.
type_keys() {
	local text=$1
	[ "${text%;}" = "$text" ] || text=${text%;}\\\; # or tmux takes it for the end of its command
	tmux_do send-keys -l -- "$text"
	shift
	[ $# -eq 0 ] || tmux_do send-keys "$@"
}

send_keys() {
	tmux_do send-keys "$@"
}

send_bytes() { # HEX...
	tmux_do send-keys -H "$@"
}

# As the terminal's own paste: bracketed when the program asked for it.
paste_text() {
	printf '%s' "$1" | tmux_do load-buffer -
	tmux_do paste-buffer -p -r
}

resize() { # COLUMNS ROWS
	tmux_do resize-window -x "$1" -y "$2"
}

close_terminal() {
	tmux_do kill-server
}

# The process of the chat on the screen.
chat_pid() {
	local pid
	for pid in $(test_processes); do
		[[ $(readlink "/proc/$pid/exe" 2>/dev/null) != */pchat-chat ]] || { echo "$pid" && return; }
	done
	return 1
}

no_chat_runs() {
	! chat_pid >/dev/null
}

refuses_contact() { # USER ASKER
	(as "$2" pchat who) 2>/dev/null | grep -E "^$1 " | grep -q 'refuses contact'
}

only_the_shell() {
	[ "$(screen | grep -c .)" -eq 1 ] && on_screen '^\$ *$'
}

# anew COMMAND: at the shell's prompt, on an empty screen, so that nothing that is then looked for was there before.
anew() {
	type_keys clear Enter
	wait_until only_the_shell
	type_keys "$1" Enter
}
