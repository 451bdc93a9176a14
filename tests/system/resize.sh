#!/bin/bash
# A window that changes its size, at any speed, while a line is half typed and messages arrive: each message is on the
# screen or in the scrollback, once, whole, and no stale copy of the line is left.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
pair alice bob
terminal alice 80 24
draft="begin $(printf 'word%02d ' {1..30})"
anew 'pchat chat'
shows '^to bob> *$' "a chat"

# Bob says COUNT messages, one after the other.
talk() { # WORD COUNT
	(as bob bash -c 'for i in $(seq "$1"); do pchat send --timeout "$2" -- "$0 $i end"; done' "$1" "$2" $PATIENCE) \
		>"$T/talk.out" 2>&1
}

all_shown() { # WORD COUNT
	[ "$(history_of_screen | grep -Eo "bob: $1 [0-9]+ end" | sort -u | wc -l)" -eq "$2" ]
}

# round NAME COUNT SIZE...: those sizes, one after the other, while COUNT messages arrive.
round() {
	local name=$1 count=$2
	shift 2
	send_keys C-u
	wait_until on_screen '^to bob> *$'
	send_keys C-l
	wait_until is_clear
	tmux_do clear-history
	type_keys "$draft"
	wait_until on_screen 'word30'
	talk "$name" "$count" &
	local pid=$!
	for size; do
		resize "${size%x*}" "${size#*x}"
		[ "$name" = quick ] || pause
	done
	wait "$pid"
	is "$(cat "$T/talk.out")" "" "$name: all messages are delivered"
	wait_until all_shown "$name" "$count"
	ok $? "$name: all messages are shown" "$(history_of_screen)"
	is "$(history_of_screen | grep -Ec "bob: $name [0-9]+ end")" "$count" "$name: each once"
	wait_until no_stale
	ok $? "$name: no copy of the line is left over" "$(history_of_screen)"
	resize 80 24
	wait_until no_stale
	ok $? "$name: nor when the window is as it was" "$(history_of_screen)"
}

is_clear() {
	[ "$(screen | sed '/^ *$/d')" = 'to bob>' ]
}

no_stale() {
	[ "$(history_of_screen | grep -c 'to bob> begin')" -eq 1 ] && [ "$(history_of_screen | grep -o 'word07' | wc -l)" -eq 1 ] &&
		[ "$(history_of_screen | tr -d '\n' | grep -o 'word30' | wc -l)" -eq 1 ]
}

round wide 18 90x24 100x24 120x24 160x24
round half 18 40x24
round narrow 18 70x24 60x24 50x24 45x24 41x24
round steps 18 79x24 81x24 60x24 120x24 45x24 100x24
round quick 18 40x24 80x24 50x24 100x24 40x24 79x24 60x24 44x24
round low 18 80x20 80x16 80x24 80x18
send_keys Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" "$draft" "and the line arrives as it was typed"
send_keys C-d
finish
