#!/bin/bash
# `pchat chat` in a real terminal emulator: what arrives stands above the line, which stays as it was.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
pair alice bob

# ------------------------------------------------------------------ first words
terminal alice 80 24
type_keys 'pchat chat' Enter
shows 'you are alice' "chat says who we are"
shows '^to bob> *$' "the prompt names the partner"
type_keys 'hello bob' Enter
marked 'hello bob' "a line that is on the partner's disk is marked"
run bob pchat read
like "$out" 'alice: hello bob$' "and it is there"

# -------------------------------------------------- messages above what is typed
type_keys 'half a line'
shows '^to bob> half a line$' "half a line is typed"
run bob pchat send "from bob 1"
shows 'bob: from bob 1$' "a message arrives"
shows '^to bob> half a line$' "and the half line stays intact below it"
above 'from bob 1' '^to bob> half a line$' "in this order"
type_keys ' and the rest' Enter
marked 'half a line and the rest' "it can be finished"

three_rows=$(printf 'word%02d ' {1..30})
to_the_middle='C-a M-f M-f M-f M-f M-f M-f M-f M-f M-f M-f M-f M-f M-f M-f M-f'
for keys in '' C-a "$to_the_middle"; do
	type_keys "$three_rows"
	shows 'word30 *$' "a line of three rows is typed"
	# shellcheck disable=SC2086 # a list of keys
	[ -z "$keys" ] || send_keys $keys
	run bob pchat read
	run bob pchat send "between"
	shows "bob: between" "a message arrives, the cursor is where '${keys:-nothing}' puts it"
	is "$(screen | grep -c 'word01')" 1 "no row of the old line is left over"
	type_keys X C-e Enter
	wait_until has_unread bob 1
	ok $? "the line is sent"
	run bob pchat read --raw
	case $keys in
	'') expected="${three_rows}X" ;;
	C-a) expected="X$three_rows" ;;
	*) expected=${three_rows/word15/word15X} ;;
	esac
	is "$(tail -n 1 <<<"$out")" "$expected" "and arrives as it was edited"
	send_keys C-l
	shows '^to bob> *$' "the screen is cleared"
done

# ---------------------------------------------------------------------- notes
type_keys 'half a line'
run bob pchat tell alice "a note for the chat"
shows 'note from [^:]+: a note for the chat$' "a note is shown as what it is"
shows '^to bob> half a line$' "above the line being typed"
send_keys C-u
run alice pchat status --json
is "$(jq .notes <<<"$out")" 0 "and is read by that"

# ------------------------------------------------------------------ wide characters
type_keys '漢字 und 😀 é'
shows '^to bob> 漢字 und 😀 é$' "wide characters are typed"
run bob pchat send '返事 😀'
shows 'bob: 返事 😀$' "wide characters arrive"
shows '^to bob> 漢字 und 😀 é$' "and the line stays"
send_keys BSpace BSpace BSpace
type_keys '!' Enter
marked '漢字 und !' "a backspace takes a character"

# ---------------------------------------------------------------------- burst
type_keys 'still here'
shows '^to bob> still here$' "something is typed"
(as bob pchat send -l < <(seq -f 'burst %g' 300))
shows 'burst 300$' "a burst of 300 messages arrives"
shows '^to bob> still here$' "and the line stays"
is "$(history_of_screen | grep -c 'bob: burst')" 300 "all of them are shown"
is "$(history_of_screen | grep -o 'burst [0-9]*' | sort -u | wc -l)" 300 "each once"
send_keys C-u
run bob pchat read --raw

# ---------------------------------------------------------------------- paste
paste_text $'first line\nsecond line\nthird line\n'
shows '^third line$' "a paste of several lines is shown"
is "$(unread_of bob)" 0 "and not sent yet"
send_keys Enter
shows '    third line ✓$|✓ delivered: "first line' "until Enter"
run bob pchat read --raw
is "$(tail -n 3 <<<"$out")" $'first line\nsecond line\nthird line' "it is one message"
paste_text "$(printf '%65536s' '' | tr ' ' y)"
shows '^to bob> \[\+8[0-9]+ lines\]$' "a paste of as much as a message may have is folded"
type_keys 'and more' Enter
shows 'not taken: a message has at most 65536 bytes' "more than that is not taken, with a word"
shows 'not sent: something was left out of it' "and what was left out does not go unnoticed"
is "$(unread_of bob)" 0 "nothing is sent"
send_keys BSpace Enter
wait_until has_unread bob 1
run bob pchat read --raw
like "${#out}" '^6553[56]$' "and what is not too long is sent, whole"
send_keys C-l
paste_text "$(seq -f 'row %g' 100)"
shows '^to bob> \[\+[0-9]+ lines\]$' "a paste that is taller than the screen is folded"
shows '^row 100$' "around the cursor"
send_keys Up Up
type_keys ' edited'
shows '^row 98 edited$' "and can be edited"
send_keys Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" "$(seq -f 'row %g' 100 | sed '98s/$/ edited/')" "and sent as one message, whole"
type_keys 'typed'
send_keys Up
shows '^row 98 edited$' "Up brings back a paste"
send_keys Up
shows '^yyyyyyyyyy' "Up again takes the one before"
send_keys Down
shows '^row 98 edited$' "Down brings it back"
send_keys Down
shows '^to bob> typed$' "and then what was typed"
send_keys C-u
paste_text $'danger\x1b[31m'
shows 'not pasted: it holds U\+001B' "what cannot be said is named, and nothing of it is pasted"
send_keys C-u C-c
shows '^to bob> *$' "^C drops what was typed"

# --------------------------------------------------------------------- commands
type_keys '/nosuchcommand' Enter
shows "there is no command '/nosuchcommand'" "an unknown /word is an error"
is "$(unread_of bob)" 0 "and is not sent"
shows '^to bob> /nosuchcommand$' "and stays in the line"
send_keys C-u
type_keys '/xпомощьпомощьпомощьпомощь' Enter
shows "there is no command '/xпомощьпомощьпом\.\.\.'" "of a long one whole characters are shown"
send_keys C-u
type_keys '/quit smoking' Enter
shows 'nothing was done: /quit takes no words' "/quit with something behind it is none"
send_keys C-u
type_keys '//slash' Enter
marked '/slash' "// sends a slash"
type_keys '/help' Enter
shows '/detach' "/help shows the commands"
type_keys '/who' Enter
shows 'alice +.* paired' "/who shows who is online"
type_keys '/wh'
send_keys Tab
type_keys x
shows '^to bob> /who x$' "Tab completes a command"
send_keys C-u
type_keys '/block bo'
tab_shows '^to bob> /block bob$' "Tab completes the name of someone who is online"
send_keys C-u
type_keys '/history -n 3' Enter
shows 'row 100' "/history shows what was said" || :

# ---------------------------------------------------------------------- the pair
type_keys '/leave' Enter
shows '^\(nobody\)> *$' "/leave ends the chat, and the prompt tells"
type_keys 'to nobody' Enter
shows 'not sent, .*nobody is chatting with you' "a line with no partner is refused, with the reason"
send_keys Up
shows '^\(nobody\)> to nobody$' "and Up brings it back"
login carol
run carol pchat to alice
shows 'carol is now chatting with you' "someone else comes"
shows '^to carol> to nobody$' "the prompt changes under the draft"
send_keys Enter
shows 'press Enter again' "Enter asks once more whether it is for the new partner"
is "$(unread_of carol)" 0 "and sends nothing"
send_keys C-u
type_keys '/to bob' Enter
shows '^to bob> *$' "/to makes another pair"
shows '^\* chatting with bob' "and says so in the chat's own voice"
run bob pchat quit
shows 'bob quit' "the partner's end is told"
shows '^\(nobody\)> *$' "and the prompt changes"
type_keys '/dnd on' Enter
wait_until refuses_contact alice carol
ok $? "/dnd refuses contact"
shows '^. /dnd: done$' "and says that it is done"
type_keys '/dnd off' Enter
type_keys '/history --grep nobodysaidthis' Enter
shows '^. /history: there is nothing$' "a command that has nothing to show says so"
type_keys '/block carol' Enter
wait_until refuses_contact alice carol
ok $? "/block refuses contact by one"
type_keys '/block' Enter
shows '^(block )?carol$' "/block alone shows the rules"
type_keys '/unblock carol' Enter
type_keys '/to nobodyatall' Enter
shows 'nobodyatall: nobody is online under that name; ./who. shows who is' "a command's refusal names the next step"
type_keys '/dnd off' Enter

# ------------------------------------------------------- leaving and coming back
login bob
run bob pchat to alice
shows '^to bob> *$' "bob is back"

# ------------------------------------------------------- what is offered
spawn offer bob sh -c 'echo something | pchat pipe "a stream"'
shows 'bob offers a stream ./accept [0-9]+.: "a stream"$' "an offer is shown, with the command that takes it here"
type_keys '/accept' Enter
shows "/accept: a stream is not shown in a chat: add '-o FILE'" "a stream is not poured into the chat"
send_keys C-u
type_keys '/accept -- cat' Enter
shows 'nothing was done: /accept takes .ID. .-o FILE., and nothing else' "nor through a command"
send_keys C-u
type_keys '/accept --list' Enter
shows '^[0-9]+  stream from bob: "a stream"$' "what is offered is listed in rows of its own"
shows '^to bob> *$' "above the line"
type_keys '/accept 1 2' Enter
shows "/accept: one ID only; '2' is left over" "and a mistake is told"
is "$(screen | grep -c 'left over: put --\|\[-- COMMAND')" 0 "without words for a shell"
send_keys C-u
type_keys '/accept -o taken' Enter
shows '^. /accept: done$' "it is taken into a file"
reap offer
exits 0 "whole"
is "$(cat "$T/alice/taken")" something "as it was"
spawn offer bob sh -c 'echo something | pchat pipe "another"'
shows '"another"$' "another one"
type_keys '/decline' Enter
shows '^. /decline: done$' "is declined"
reap offer
exits 11 "which is told"
type_keys '/give taken' Enter
offered_to_bob() {
	(as bob pchat accept --list) >/dev/null 2>&1
}
wait_until offered_to_bob
run bob pchat accept
exits 0 "/give offers files"
shows '^. /give: done$' "and says when they are taken"
cmp -s "$T/alice/taken" "$T/bob/taken"
ok $? "as they were"
send_keys C-d
shows '^\$ *$' "^D closes the chat"
is "$(state_of alice)" paired "and the session stays"
run bob pchat send "while you were away"
type_keys 'pchat chat' Enter
shows 'bob: while you were away$' "starting it again shows what was missed"
is "$(unread_of alice)" 0 "which is read then"
send_keys Up
shows '^to bob> /give taken$' "the typed lines are kept across runs"
is "$(stat -c %a "$T/alice/state/pchat/alice/typed")" 600 "in a file of 0600"
send_keys C-u

# ---------------------------------------------- long lines on small terminals, and every key
send_keys C-l
resize 40 6
type_keys "$(printf 'wort%03d ' {1..60})"
shows 'wort060' "a line that is taller than the screen can be typed"
send_keys C-a C-e
type_keys 'xyz'
send_keys C-a M-d M-d C-e C-y C-y C-y C-y C-r C-w C-w C-r C-u C-c C-c
shows '^to bob> *$' "and every key still works"
resize 200 50
type_keys "$(printf 'wort%04d ' {1..140})"
shows 'wort0140' "and one of more than 1,024 characters"
send_keys C-r C-r Up Down C-a M-d M-d M-d C-e C-y C-y C-t C-r C-w C-u C-c C-c
resize 80 24
send_keys C-l
shows '^to bob> *$' "and every key still works"
type_keys 'alive' Enter
marked 'alive' "and lines are sent"
run bob pchat read --raw

# ------------------------------------------------------------- the helper is killed
kill -KILL "$(helper_pid alice)"
run bob pchat send --timeout $PATIENCE "after the helper died"
exits 0 "a message arrives although the helper was killed: the chat has started it again"
shows 'bob: after the helper died$' "and it is shown"
type_keys 'I am here' Enter
marked 'I am here' "and lines go out again"

# ------------------------------------------------- refused, and by a partner who is slow
add_user dora
run dora pchat login --max-unread 1 dora
type_keys '/to dora' Enter
shows '^to dora> *$' "a chat with somebody whose inbox is small"
type_keys 'one' Enter
marked 'one' "one message fits in"
type_keys 'two' Enter
shows 'alice: two [✗…]' "a line that was refused is marked, or was when it waited"
shows '✗ not delivered: the partner.s inbox is full .*: "two"|✗ not delivered: the partner' "and the reason is shown"
run dora pchat read
kill -STOP "$(helper_pid dora)"
type_keys 'three' Enter
shows 'alice: three …' "a line that is not there yet is marked, too"
type_keys 'typed on'
send_keys C-u
type_keys 'नमस्ते दुनिया नमस्ते दुनिया' Enter
shows 'alice: नमस्ते दुनिया नमस्ते दुनिया …' "another one"
type_keys 'typed on'
shows '^to dora> typed on$' "and one can go on typing"
kill -CONT "$(helper_pid dora)"
shows '✓ delivered: "three"$' "until it is delivered"
shows 'दुनिया नम\.\.\."$' "of a long one whole characters are shown"
shows '^to dora> typed on$' "above the line that is typed"
send_keys C-u
type_keys '/to bob' Enter
shows '^to bob> *$' "and back"

# ------------------------------------------------------------------- ^Z, resize
type_keys 'before the stop'
if ! under_valgrind; then # which stops nobody who was started by another program under it
	send_keys C-z
	shows 'Stopped' "^Z stops the chat"
	run bob pchat send "while you were stopped"
	type_keys 'fg' Enter
	shows 'bob: while you were stopped$' "fg shows what arrived"
fi
shows '^to bob> before the stop$' "and the line is as it was"
resize 20 10
shows '^to bob> before the stop$|before the$' "at 20 columns the line is still there"
run bob pchat send "a message longer than twenty columns"
shows 'twenty' "and messages arrive"
type_keys ' on a very narrow terminal'
shows 'rminal$' "and it can be typed on"
resize 100 30
shows '^ +than twenty$' "wide again, no message was cleared away"
shows '^to bob> before the stop on a very narrow terminal$' "wide again it is whole"
send_keys Enter
marked 'before the stop on a very narrow terminal' "and is sent"

# ------------------------------------------------------------------- bad input
run bob pchat send $'\e[2Jclear\e]0;title\a\xff\u202e'
shows 'bob: \\u\{001B\}\[2Jclear' "an escape sequence that arrives is shown, not obeyed"
send_bytes fe ff
shows '.xFE cannot be typed here: left out' "bytes that are not UTF-8 are left out, with a word"
send_keys C-c C-u
type_keys '/quit' Enter
shows '^\$ *$' "/quit ends the chat"
run alice pchat status
exits 3 "and the session"

# ------------------------------------------------- stopped by a signal from outside
# This shell, unlike bash, leaves the terminal as a stopped job has left it.
other_shell_alone() {
	[ "$(screen | grep -c .)" -eq 1 ] && on_screen '^sh> *$'
}
login alice
run bob pchat to alice
anew 'PS1="sh> " ENV= sh -i'
shows '^sh> *$' "another shell"
for number in TSTP TTIN TTOU; do
	type_keys 'pchat chat' Enter
	shows '^to bob> *$' "a chat begins"
	type_keys "before SIG$number"
	shows "^to bob> before SIG$number\$" "a line is typed"
	if under_valgrind; then
		send_keys C-u C-d
		continue
	fi
	kill -"$number" "$(chat_pid)"
	shows 'Stopped' "SIG$number stops the chat"
	type_keys 'stty -a | grep -Eow -- "-?(icanon|echo|isig|icrnl)" | sort | paste -sd,'
	shows '^sh> stty -a' "the shell sees what is typed: the terminal echoes"
	send_keys Enter
	shows '^echo,icanon,icrnl,isig$' "and it has the modes of a shell"
	run bob pchat send "while SIG$number lasted"
	type_keys 'fg' Enter
	shows "bob: while SIG$number lasted\$" "it goes on"
	shows "^to bob> before SIG$number\$" "with the line that was typed"
	type_keys ', and behind it' Enter
	marked "before SIG$number, and behind it" "which can be finished"
	send_keys C-d
	shows '^sh> *$' "it ends"
	type_keys 'clear' Enter
	wait_until other_shell_alone
done
type_keys 'exit' Enter
shows '^\$ *$' "and so does that shell"
run alice pchat quit

# --------------------------------------------------------------- the dumb terminal
login alice
run bob pchat to alice
anew 'TERM=dumb pchat chat'
shows '^. you are alice' "a chat begins on a dumb terminal"
shows '^to bob> *$' "it runs on a dumb terminal"
type_keys 'half'
run bob pchat send "to a dumb terminal"
shows 'bob: to a dumb terminal$' "messages arrive"
type_keys ' done' Enter
marked 'half done' "and lines are sent"
send_keys C-d
shows '^\$ *$' "^D leaves"

# ----------------------------------------------------------------- the user's keys
# Keys beside each other that do the same, and a line that is none.
printf 'set editing-mode vi\nbind ^A ed-prev-char\nbind ^T ed-move-to-beg\n' >"$T/alice/.editrc"
anew 'pchat chat'
shows '^\* line 1 of ~/\.editrc is not understood and does not count$' "a bad line of ~/.editrc is told"
shows '^to bob> *$' "and the chat begins"
type_keys 'keys'
send_keys C-a
type_keys '2'
send_keys C-t
type_keys '1 ' Enter
marked '1 key2s' "the good lines count"
is "$(screen | grep -c editrc)" 1 "it was told once"
send_keys C-d
shows '^\$ *$' "^D leaves"
rm "$T/alice/.editrc"

# ------------------------------------------------------------------ damaged files
printf 'not\\what we write\n\0' >"$T/alice/state/pchat/alice/typed"
anew 'pchat chat'
shows 'typed lines cannot be used .it is damaged.: moved to' "a damaged history of typed lines is told"
shows '^to bob> *$' "and the chat begins"
is "$(find "$T/alice/state/pchat/alice" -name 'typed.damaged-*' | wc -l)" 1 "nothing of it is lost"
send_keys C-d
shows '^\$ *$' "^D leaves"
if is_root; then
	chown root "$T/alice/state/pchat/alice/typed"
	anew 'pchat chat'
	shows 'belongs to another user' "somebody else's file is refused"
	shows '^to bob> *$' "and the chat begins"
	type_keys 'a secret without a file' Enter
	marked 'a secret without a file' "a line is sent"
	send_keys Up
	shows '^to bob> a secret without a file$' "Up brings it back, as long as the chat lasts"
	send_keys C-c
	type_keys '/history --delete --unread' Enter
	shows 'forgotten$' "what was said is forgotten"
	send_keys Up
	type_keys 'x'
	shows '^to bob> x$' "and Up brings nothing back"
	send_keys C-u C-d
	shows '^\$ *$' "^D leaves"
	rm "$T/alice/state/pchat/alice/typed"
else
	skip "it takes root" "somebody else's file is refused"
fi

# ----------------------------------------------------------- a terminal that vanishes
anew 'pchat chat'
shows '^to bob> *$' "a last chat"
close_terminal
wait_until no_chat_runs
ok $? "a terminal that vanishes ends the chat"
is "$(state_of alice)" paired "the session lives"
run bob pchat send "nobody looks"
run alice pchat read
like "$out" 'bob: nobody looks$' "and what arrives is kept unread"

# ---------------------------------------------------------------------- the filter
run bob pchat read --raw
printf 'one\n/not a command\nthree\n' >"$T/lines"
feed alice pchat chat bob <"$T/lines"
exits 0 "lines of a file are said"
run bob pchat read --raw
is "$out" $'one\n/not a command\nthree' "as they are, in order"
run bob pchat send "an answer"
run alice pchat chat
exits 0 "with no input the filter ends"
like "$out" '\] bob: an answer$' "and prints what was missed"
is "$(unread_of alice)" 0 "and marks it read"
run bob pchat read
feed alice pchat chat bob < <(echo before; head -c 600000 /dev/zero | tr '\0' x; printf '\nbehind\n')
exits 10 "a line that is too long is told"
like "$err" 'line 2: the message is too long' "with its number"
run bob pchat read --raw
is "$out" $'before\nbehind' "and costs no other line"
helper=$(helper_pid alice)
kill -STOP "$helper"
feed alice pchat --timeout "$(span 500)" chat <"$T/lines"
exits 124 "a helper that does not answer is not waited for without end"
like "$err" "no answer in time from the helper of session 'alice'" "and told"
kill -CONT "$helper"
run bob pchat send "for the other reader"
mkfifo -m 0666 "$T/pipe"
spawn holder alice bash -c 'exec 3<>"$0"; pchat read -f >&3' "$T/pipe"
settle holder alice
feed alice pchat --timeout "$(span 500)" chat < <(echo said)
exits 0 "while another command reads what there is, lines are said"
like "$err" "not shown: it is being read elsewhere" "and it is told that nothing was shown"
run bob pchat read --raw
is "$out" said "they arrive"
kill -TERM "${pid_of[holder]}"
reap holder
run alice pchat read
feed alice pchat chat bob < <(seq 2000)
exits 0 "2,000 lines through a pipe"
wait_until has_unread bob 2000
ok $? "arrive"
run bob pchat quit
feed alice pchat chat <"$T/lines"
exits 7 "with nobody there the lines are refused"
run alice pchat chat nobodyatall
exits 5 "a name that nobody has"
run alice pchat chat --json nobodyatall
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "5 no-such-user" "an error under --json is an object"
run alice pchat quit
run alice pchat chat bob
exits 3 "not logged in"
finish
