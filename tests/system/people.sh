#!/bin/bash
# What people see in a terminal: `pchat` alone, colours, the pager, progress; and the prompt, which never waits.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
add_user alice

# -------------------------------------------------------------------- pchat alone
run alice pchat
exits 0 "pchat alone, not logged in"
like "$out" 'pchat login' "says how to log in"
unlike "$out" 'Note' "where the daemon is there, nothing else"
run alice env PCHAT_SOCKET="$T/nobody.sock" pchat
exits 0 "pchat alone, a daemon that is away"
like "$out" 'No session can begin now: .*nobody.sock.*pchat doctor' "says so, and what finds out why"
unlike "$out" 'pchat login +log' "a login would not help"
run alice env PCHAT_SOCKET="$(printf '%0200d' 0)" pchat
like "$out" 'at most [0-9]+ are possible.*pchat' "a socket that cannot be is told"
run alice pchat login --socket $'/tmp/with\na line feed' alice
exits 2 "nor can one with a line feed in its path"
like "$err" 'line feed' "which is told"
run alice sh -c 'ulimit -f 8; exec pchat login alice'
exits 71 "an inbox that may not grow"
like "$err" 'File too large' "is told as what it is, and not as a damaged one"
login alice bob carol
run alice pchat
like "$out" 'You are alice; nobody is chatting with you' "pchat alone, free"
like "$out" 'pchat to NAME' "says how to begin"
run alice pchat to bob
run bob pchat send one
run alice pchat
like "$out" 'You are alice, chatting with bob. 1 unread' "pchat alone, in a chat"
like "$out" 'pchat read .*pchat send' "says what can be done"
run carol pchat dnd on
run carol pchat
like "$out" 'pchat dnd off' "pchat alone says that contact is refused, and how to accept it"
run carol pchat login second
run carol pchat
like "$out" 'you have 2 sessions .*say which: -s NAME' "pchat alone, with two sessions"
run carol pchat -s second quit
login dave
kill -KILL "$(helper_pid dave)"
rm -r "$T/dave/state/pchat/dave"
run dave pchat
like "$out" 'cannot open the inbox.*pchat doctor.*pchat login NAME' "pchat alone, where the inbox is gone"
run dave pchat login dave
exits 0 "says what helps"

# ---------------------------------------------------- a helper that does not answer
helper=$(helper_pid alice)
kill -STOP "$helper"
does_not_wait() { # NAME
	local before
	before=$(date +%s%N)
	run alice pchat status --prompt
	exits 0 "$1: the prompt ends, and does not fail"
	is "$out$err" "" "$1: and says nothing"
	note "in $((($(date +%s%N) - before) / 1000000)) ms"
}
does_not_wait "a helper that hangs"
# shellcheck disable=SC2016 # another shell's
run alice sh -c 'i=0; while [ $i -lt 300 ]; do pchat status --prompt & i=$((i + 1)); [ $((i % 10)) -ne 0 ] || wait; done; wait'
does_not_wait "also when nothing more can connect to it"
run alice pchat
exits 0 "pchat alone, with a helper that hangs"
like "$out" "no answer in time|does not answer" "says what does not answer"
unlike "$out" 'not delivered' "and nothing of messages"
run alice pchat who --timeout "$(span 200)"
exits 124 "a command gives up in time"
like "$err" "answer.*helper of session 'alice'|helper of session 'alice'.*answer" "and says what has not answered"
kill -CONT "$helper"
wait_until has_unread alice 1
prompt_is alice "bob:1" "the prompt knows the partner, and what is unread"
run alice bash -c 'pchat status --prompt >/dev/full && pchat status --prompt >&-'
exits 0 "where it cannot be written: that is no failure"
is "$err" "" "and not spoken of"
run alice pchat -s 'no name' status --prompt
exits 0 "of a session that cannot be: the same"
is "$out$err" "" "and nothing is said"
run alice pchat -s 'no name' status --prompt --json
is "$out$err $status" " 0" "not even under --json"
run alice pchat -s 'no name' status
exits 9 "which is a mistake without --prompt"
stop_daemon KILL
wait_until daemon_is alice reconnecting
prompt_is alice "bob:1" "also without a daemon"
run alice pchat
like "$out" 'The daemon cannot be reached' "pchat alone says that the daemon is away"
start_daemon
wait_until daemon_is alice connected

# ------------------------------------------------------------------ a reader that is stuck

# into_full COMMAND...: into a pipe that is full, and that nobody reads. What waits for it is killed.
mkfifo -m 0666 "$T/full"
exec 7<>"$T/full"
dd if=/dev/zero of="$T/full" bs=4096 count=10000 oflag=nonblock 2>/dev/null
into_full() {
	# shellcheck disable=SC2016 # another shell's
	run alice bash -c '"$@" >&7' - "$@"
}
into_full pchat status --prompt
exits 0 "the prompt waits for no reader"
is "$err" "" "and says nothing about it"
into_full pchat __complete commands
exits 0 "nor does completion"
is "$err" "" "and says nothing either"
exec 7>&-

# ----------------------------------------------------------------------- the pager
type_history() { # SETTING... : clears the screen and shows the history; its exit status behind it
	send_keys C-u
	anew "$* pchat history; echo \"status \$?\""
}
run alice pchat read
(as alice pchat send -l < <(seq -f 'line %g of many' 100))
terminal alice 80 24
type_history 'PAGER="sed s/line/PAGED/"'
shows 'bob: PAGED 100 of many$' "the history goes through the pager, with its arguments"
shows '^status 0$' "and ends well"
type_history 'PAGER="head -n 1"'
shows '^status 0$' "a pager that ends early is no error"
on_screen 'line 100 of many'
is $? 1 "and ends it"
for none in '' cat no-such-pager "'no-such-pager -x'"; do
	type_history "PAGER=$none"
	shows 'bob: line 100 of many$' "PAGER='$none': all is shown"
	shows '^status 0$' "PAGER='$none': and that is well"
done
anew 'PAGER=no-such-pager pchat history -n 1'
shows "cannot run the pager 'no-such-pager': .*set PAGER" "a pager that is not there is told"
for failing in false '"false | no-such-pager"'; do
	type_history "PAGER=$failing"
	shows "the pager '.*' ended with status 1(27)?; set PAGER" "PAGER=$failing: that it fails is told"
	shows '^status 74$' "PAGER=$failing: and is no success"
done
# shellcheck disable=SC2016 # the terminal's own
type_history 'PAGER="kill -PIPE \$\$; :"'
shows '^status 0$' "a pager that was ended by a signal is no error"
anew 'PAGER="sed s/line/PAGED/" pchat history -n 1 | cat'
shows 'bob: line 100 of many$' "into a pipe there is no pager"
if command -v less >/dev/null; then
	type_history 'env -u PAGER -u LESS'
	shows '^:' "without PAGER it is less"
	send_keys q
	shows '^status 0$' "which can be left"
	anew 'env -u PAGER -u LESS pchat history -n 2; echo "status $?"'
	shows '^status 0$' "and leaves by itself when all fits"
else
	skip "less is missing" "without PAGER it is less"
fi

# ------------------------------------------------------------------------- colours
escapes() { # COMMAND...: what it writes into a terminal, escape sequences as ^[
	run alice script -qec "$*" /dev/null
	out=$(cat -v <<<"$out")
}
command -v script >/dev/null || {
	skip "script(1) is missing" "colours, progress"
	finish
}
run bob pchat send "in colour"
escapes env -u NO_COLOR TERM=xterm pchat read --peek
like "$out" '\^\[\[[0-9;]*mbob\^\[\[0m: in colour' "names are coloured on a terminal"
colour=$(grep -o '\^\[\[[0-9;]*mbob' <<<"$out")
escapes env -u NO_COLOR TERM=xterm pchat who
[[ $out == *"$colour"* ]]
ok $? "a name always in the same colour" "$colour" "$out"
for setting in NO_COLOR=1 TERM=dumb; do
	escapes env TERM=xterm "$setting" pchat read --peek
	unlike "$out" '\^\[\[[0-9;]*m' "no colour with $setting"
	escapes env TERM=xterm "$setting" pchat read --peek --color=always
	like "$out" '\^\[\[[0-9;]*m' "but when it is asked for"
done
escapes env TERM=xterm pchat read --peek --color never
unlike "$out" '\^\[\[[0-9;]*m' "nor when it is not wanted"
run alice env TERM=xterm pchat read --peek
unlike "$out" $'\e' "nor into a pipe"

# ---------------------------------------------------------------------------- ask
asked=$(($(unread_of bob) + 1))
anew 'pchat ask "hurt me?"; echo "status $?"'
wait_until has_unread bob $asked
run bob pchat send $'\e[31mred\e]0;title\a\u202e'
shows '^\\u\{001B\}\[31mred\\u\{001B\}\]0;title\\u\{0007\}\\u\{202E\}$' "an answer cannot hurt the terminal either"
shows '^status 0$' "and is one"
spawn question alice pchat ask "and in a pipe?"
wait_until has_unread bob $((asked + 1))
run bob pchat send $'\e[31mred'
reap question
is "$out" $'\e[31mred' "a script gets it as it came"

# ------------------------------------------------------------------------ progress
anew 'seq 2000 | pchat send -l; echo "status $?"'
shows '^2000 delivered$' "send -l shows on a terminal how far it is"
shows '^status 0$' "and ends"
anew 'seq 20 | pchat send -l -q; echo "status $?"'
shows '^status 0$' "not with -q"
on_screen delivered
is $? 1 "where nothing is said"
(as alice pchat send -l < <(seq 20)) 2>"$T/err"
is "$(cat "$T/err")" "" "nor where standard error is no terminal"

# ------------------------------------------------------------------------ an input that takes its time
mkfifo -m 0666 "$T/hungry"
exec {hungry}<>"$T/hungry"
anew "pchat send <$T/hungry"
shows '^reading the message: it is sent when the input ends; \^C gives up$' "a message that is not there yet is waited for, and that is said"
send_keys C-c
shows '^\$ *$' "until one gives up"
exec {hungry}>&-
finish
