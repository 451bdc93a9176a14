#!/bin/bash
# Two chats of one session, each in a pane of a real terminal: both show the same talk. What is said in one stands in the other as
# well, what arrives, who the partner is, and what becomes of the pair; a line half typed stays where it is.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
login alice
login bob
login carol

terminal alice 80 40
tmux_do split-window -v "$T/shell"
panes=$(tmux_do list-panes -F '#{pane_id}')
first=${panes%%$'\n'*} second=${panes##*$'\n'}

# in_pane PANE COMMAND...: with keys for that pane, and its screen.
in_pane() {
	tmux_do select-pane -t "$1"
	"${@:2}"
}

in_both() { # COMMAND...
	in_pane "$first" "$@"
	in_pane "$second" "$@"
}

# Without the line being typed, and what each chat says of itself: its commands' answers, and what it showed when it was opened.
talk() { # PANE
	tmux_do capture-pane -p -J -S - -t "$1" | grep -E '^\[[0-9:]+\] ' | sed -n '/mark of the test/,$p'
}

# A line whose delivery takes its time stands where it was said, with a mark of its own, and in the other chat where it was
# delivered: of such a line no more is judged than that both have it.
same_talk() { # LINES
	talk "$first" >"$T/talk.first"
	talk "$second" >"$T/talk.second"
	[ "$(wc -l <"$T/talk.first")" -eq "$1" ] && cmp -s <(said first) <(said second) && cmp -s <(in_order first) <(in_order second)
}

said() { # first|second
	sed 's/^\[[0-9:]*\] //; s/ [✓…]$//' "$T/talk.$1" | sort
}

in_order() { # first|second
	grep -vFf <(sed -n 's/^\[[0-9:]*\] \(.*\) …$/\1/p' "$T"/talk.{first,second}) "$T/talk.$1"
}

both_show() { # LINES NAME
	wait_until same_talk "$1"
	ok $? "$2" "$(diff "$T/talk.first" "$T/talk.second")" "$(cat "$T/talk.first")"
}

in_both shows '^\$ *$' "a shell in each pane"
# The shell is not to see that one is stopped, else it would take the terminal.
chat='clear; sh -c "pchat chat; true"'
in_both type_keys "$chat" Enter
in_both shows '^\(nobody\)> *$' "a chat in each"

in_pane "$first" type_keys '/to bob' Enter
in_both shows '^to bob> *$' "who is talked to from one is talked to from both"

run bob pchat send 'mark of the test'
in_both shows '\] bob: mark of the test$' "what arrives"
in_pane "$second" type_keys 'half a line'
in_pane "$first" type_keys 'said in the first' Enter
run bob pchat send 'and answered'
both_show 3 "what is said in one, and what arrives, both show"
in_pane "$second" shows '^to bob> half a line *$' "and a half-typed line stays"
in_pane "$second" type_keys ', said in the second' Enter
both_show 4 "the other way round"
wait_until has_unread bob 2
run bob pchat read --raw
is "$out" $'said in the first\nhalf a line, said in the second' "each line arrives once"

run alice pchat send 'by a command'
both_show 5 "what a command says in between"

# From both sides, by hand and by commands, at once.
seq -f 'bob %g' 40 >"$T/bob.lines"
seq -f 'alice %g' 40 >"$T/alice.lines"
cp "$T/bob.lines" "$T/alice.lines" "$T/alice/" 2>/dev/null
chmod 644 "$T"/*.lines
spawn of_bob bob pchat send -l -f "$T/bob.lines"
spawn of_alice alice pchat send -l -f "$T/alice.lines"
in_pane "$second" type_keys 'in the middle of it' Enter
in_pane "$first" type_keys 'and here' Enter
reap of_bob
is "$status" 0 "what bob says is delivered"
reap of_alice
is "$status" 0 "what alice says is delivered"
both_show 87 "all of it, in one order"
is "$(talk "$first" | sort | uniq -d)" "" "and once"
run alice pchat read
is "$out" "" "what was shown is read"

# One of them stands still: the other goes on, and what it has shown is read.
chat_of() { # PANE
	local pid tty
	tty=$(tmux_do display-message -p -t "$1" '#{pane_tty}')
	for pid in $(test_processes); do
		[[ $(readlink "/proc/$pid/exe" 2>/dev/null) == */pchat-chat && $(readlink "/proc/$pid/fd/0") == "$tty" ]] || continue
		echo "$pid"
		return
	done
}

still=$(chat_of "$first")
kill -STOP "$still"
run bob pchat send 'to one that stands still'
in_pane "$second" shows '\] bob: to one that stands still$' "the other goes on"
wait_until has_unread alice 0
ok $? "and what it has shown is read"
in_pane "$second" type_keys 'said meanwhile' Enter
in_pane "$second" shows 'said meanwhile . *$' "what it says stands in it"
run bob pchat send 'and a second one'
in_pane "$second" shows '\] bob: and a second one$' "what comes then as well"
kill -CONT "$still"
both_show 90 "once it goes on it shows what it has missed"

# Both stand still: nobody has shown it, so it is unread, and a command that reads takes it; it stands in both all the same.
other=$(chat_of "$second")
kill -STOP "$still" "$other"
run bob pchat send 'shown by nobody'
wait_until has_unread alice 1
ok $? "what nobody has shown is unread"
kill -KILL "$other"
wait_until is_gone "$other"
wait_until has_unread alice 1
ok $? "also when one is killed"
kill -CONT "$still"
in_pane "$first" shows '\] bob: shown by nobody$' "the other shows it"
wait_until has_unread alice 0
ok $? "and then it is read"
in_pane "$second" type_keys "$chat" Enter
in_pane "$second" shows '^to bob> *$' "the killed one comes back"
run bob pchat send 'mark of the test again'
in_both shows '\] bob: mark of the test again$' "and both show what arrives"
talk() { # PANE
	tmux_do capture-pane -p -J -S - -t "$1" | grep -E '^\[[0-9:]+\] ' | sed -n '/mark of the test again/,$p'
}

# Who reads beside takes what is unread, and takes nothing away.
spawn beside alice pchat read --wait
run bob pchat send 'beside'
both_show 2 "with somebody who reads beside both show it"
kill "${pid_of[beside]}" 2>/dev/null
reap beside
run alice pchat read
is "$out" "" "and nothing is left"

# The helper is killed: both go on with the next one.
helper=$(helper_pid alice)
kill -KILL "$helper"
wait_until is_gone "$helper"
run alice pchat status
run bob pchat send 'to the next helper'
in_both shows '\] bob: to the next helper$' "another helper"
in_pane "$first" type_keys 'still here' Enter
both_show 4 "and both show the same"

in_pane "$second" type_keys '/leave' Enter
in_both shows '^\(nobody\)> *$' "who leaves in one has left in both"
run carol pchat to alice
in_both shows '^to carol> *$' "somebody else begins"
in_both shows '\* carol is now chatting with you' "and both say so"
run carol pchat send 'hello'
in_both shows '\] carol: hello$' "and show it"
run carol pchat leave
in_both shows '\* carol left the chat' "and that it is over"
in_both shows '^\(nobody\)> *$' "both prompts know"
in_pane "$first" send_keys C-d
in_pane "$first" shows '^\$ *$' "one is closed"
run bob pchat to alice
in_pane "$second" shows '^to bob> *$' "the other goes on"
in_pane "$second" send_keys C-d
in_pane "$second" shows '^\$ *$' "until it is closed, too"

# A chat that is opened looks up what was said last. What is said and arrives just before that look, or between it and the first
# read, stands there once, below what was read before, and parted from it. The look is a process of the helper's that waits for us.
run alice pchat quit
mkdir -m 0755 "$T/slow"
# shellcheck disable=SC2154 # lib.sh's
for program in "$programs"/*; do
	ln -s "$program" "$T/slow/"
done
rm -f "$T/slow/pchat-session"
cat >"$T/slow/pchat-session" <<SLOW
#!/bin/sh
case " \$* " in
*" --history "*)
	: >"$T/alice/looks"
	read -r _ <"$T/alice/go_on"
	"$programs/pchat-session" "\$@" </dev/null >"$T/alice/found"
	: >"$T/alice/looked"
	read -r _ <"$T/alice/tell"
	cat "$T/alice/found"
	exec cat >"$T/alice/asked_again"
	;;
esac
exec "$programs/pchat-session" "\$@"
SLOW
chmod 755 "$T/slow/pchat-session"
mkfifo -m 0666 "$T/alice/go_on" "$T/alice/tell"
run alice env PCHAT_EXEC_PATH="$T/slow" pchat login alice
exits 0 "a helper whose look waits"
run bob pchat to alice
run bob pchat send 'read before the first look'
run alice pchat read

# A chat, with what is said and arrives before and after its look.
opens_and_looks() { # first|second
	rm -f "$T/alice/looks" "$T/alice/looked"
	in_pane "$first" anew "pchat chat --timeout $AGES"
	wait_until test -e "$T/alice/looks"
	ok $? "a chat looks up what was said last"
	run alice pchat send "said before the $1 look"
	run bob pchat send "arrived before the $1 look"
	timeout "$PATIENCE" sh -c 'echo >"$0"' "$T/alice/go_on"
	wait_until test -e "$T/alice/looked"
	ok $? "and has found it"
	run alice pchat send "said after the $1 look"
	run bob pchat send "arrived after the $1 look"
	timeout "$PATIENCE" sh -c 'echo >"$0"' "$T/alice/tell"
	in_pane "$first" shows '\] bob: arrived after the '"$1"' look *$' "then what arrived since is shown"
}

# What stands on the screen of such lines, in their order.
looked_up() { # first|second
	tmux_do capture-pane -p -t "$first" |
		sed -En "s/.*(left|read|said|arrived) (before|after) the $1 look.*/\\1 \\2/p; s/^--- new ---.*/new/p"
}

# Whether all of the line of bob's that begins so is dimmed: else his name has a colour.
dimmed() { # TEXT
	tmux_do capture-pane -p -e -t "$first" | grep -q "^[^]]*\[[0-9:]*\] bob: $1"
}

below() { # first|second LINE: it stands below the line that parts them
	looked_up "$1" | sed '1,/^new$/d' | grep -qx "$2"
}

opens_and_looks first
is "$(looked_up first | sort)" $'arrived after\narrived before\nnew\nread before\nsaid after\nsaid before' "all of it once"
is "$(looked_up first | head -n 1)" 'read before' "what was read stands above"
below first 'arrived before' && below first 'arrived after'
ok $? "what arrived meanwhile below what parts them" "$(looked_up first)"
dimmed 'read before the first' && ! dimmed 'arrived before' && ! dimmed 'arrived after'
ok $? "and what was read is dimmed, nothing else" "$(tmux_do capture-pane -p -e -t "$first")"
# shellcheck disable=SC2317 # called by wait_until
counts_both() {
	[ "$(tmux_do display-message -p -t "$first" '#{pane_title}')" = "($1) bob" ]
}
wait_until counts_both 2
ok $? "and what arrived meanwhile counts as new" "$(tmux_do display-message -p -t "$first" '#{pane_title}')"
run alice pchat read
is "$out" "" "and it is read"
in_pane "$first" send_keys C-d
in_pane "$first" shows '^\$ *$' "it is closed"

# The same with something unread, the first of it a twin of what was read.
run bob bash -c 'printf "%s\n" "read before the second look"{,} "left before the second look" | pchat send -l'
run alice pchat read -n 1
opens_and_looks second
is "$(looked_up second | sort)" \
	$'arrived after\narrived before\nleft before\nnew\nread before\nread before\nsaid after\nsaid before' "all of it once"
is "$(looked_up second | sed '/^new$/,$d' | grep -c 'read before')" 1 "the twin that was read above"
below second 'read before' && below second 'left before' && below second 'arrived before'
ok $? "what was unread below" "$(looked_up second)"
wait_until counts_both 4
ok $? "and it counts as new"
run alice pchat read
is "$out" "" "and is read"
in_pane "$first" send_keys C-d
in_pane "$first" shows '^\$ *$' "it is closed"
close_terminal
finish
