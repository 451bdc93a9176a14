# Streams between partners (R13): pipe, accept, decline; each exit status, each end, and that an end is true.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

start_daemon
pair alice bob

# offer NAME [OPTION OF pipe]... <FILE: alice's command offers it, as $T/NAME.*, until bob can take it.
offer() {
	local name=$1
	shift
	: >"$T/$name.out"
	: >"$T/$name.err"
	{
		as alice timeout --foreground -s KILL $((2 * PATIENCE)) pchat pipe "$@" <&3 >"$T/$name.out" 2>"$T/$name.err" 3<&- &
		pid_of[$name]=$!
	} 3<&0
	wait_until is_offered || { note "nothing is offered: $(cat "$T/$name.err")"; exit 1; }
}

is_offered() {
	(as bob pchat accept --list) >"$T/list" 2>/dev/null
}

is_offered_no_more() {
	! is_offered
}

seq 200000 >"$T/numbers"
chmod 0644 "$T/numbers"

# ---------------------------------------------------------------- an offer

run bob pchat accept
exits 1 "nothing is offered"
run bob pchat decline
exits 1 "so nothing can be declined"
run bob pchat accept --list
exits 1 "nor listed"
offer one 'the "dump" of'$'\n''today' <"$T/numbers"
run bob pchat read --json
like "$out" '"type":"offer"' "an offer is a record"
is "$(jq -r 'select(.type=="offer") | .kind + " " + .label' <<<"$out")" $'stream the "dump" of\ntoday' "which tells what is offered"
number=$(jq -r 'select(.type=="offer") | .id' <<<"$out")
run bob pchat accept --list
is "$out" "$number  stream from alice: \"the \\\"dump\\\" of\\u{000A}today\"" "--list shows it on one line"
run bob pchat history --json
like "$out" '"type":"offer"' "history has it"
run bob pchat status --json
is "$(jq -r .unread <<<"$out")" 0 "it is no message"
run bob pchat accept
exits 0 "the oldest is taken"
cmp -s "$T/out" "$T/numbers"
ok $? "all of it, to standard output"
reap one
exits 0 "who offered it knows that all was taken"
is "$err" "" "and needs no words"
run bob pchat accept
exits 1 "it is gone"

offer two "a label" <"$T/numbers"
run bob pchat read
like "$out" '^\[[-0-9: ]+\] \* alice offers a stream \(pchat accept ([0-9]+)\): "a label"$' "people are shown how it is taken"
[[ $out =~ accept\ ([0-9]+) ]]
number=${BASH_REMATCH[1]}
run bob pchat accept $((number + 1))
exits 1 "another number is nothing"
run bob pchat accept seven
exits 2 "a word is no number"
run bob pchat accept "$number" cat
exits 2 "a command stands behind --"
run bob pchat decline "$number"
exits 0 "that number is declined"
reap two
exits 11 "its offerer exits 11"
like "$err" declined "and says why"

# ---------------------------------------------------------------- where it goes

offer three <"$T/numbers"
run bob script -qec "pchat accept" /dev/null
exits 2 "a stream is not shown on a terminal"
run bob pchat accept -o dump
exits 0 "into a new file"
reap three
exits 0 "and whole"
cmp -s "$T/bob/dump" "$T/numbers"
ok $? "which holds it"
is "$(stat -c %a "$T/bob/dump")" 600 "and is nobody else's to read"
offer four <"$T/numbers"
run bob pchat accept -o dump
exits 74 "no file is written over"
run bob pchat accept -o nowhere/dump
exits 74 "nor one made where there is no folder"
run bob pchat accept -- sh -c 'wc -l >lines; echo done'
exits 0 "into a command"
is "$out" "done" "whose output is its own"
is "$(cat "$T/bob/lines")" 200000 "and which reads it to the end"
reap four
exits 0 "whose success is told"

offer five <"$T/numbers"
run bob pchat accept -- sh -c 'cat >/dev/null; exit 3'
exits 11 "a command that fails"
like "$err" 'sh.*exit status 3' "with its status"
reap five
exits 11 "is told to who offered"
like "$err" 'sh.*exit status 3' "in the same words"
# failed_with STATUS WORDS WHAT COMMAND...: under --json both sides name the command's status.
failed_with() {
	local code=$1 words=$2 what=$3
	shift 3
	offer five --json <"$T/numbers"
	run bob pchat --json accept -- "$@"
	is "$(jq -c '.error // empty | [.code, .command_status]' <<<"$err")" "[11,$code]" "$what: --json has the status"
	like "$err" "$words" "$what: so do the words"
	reap five
	is "$(jq -c '.error // empty | [.code, .command_status]' <<<"$err")" "[11,$code]" "$what: at the other side as well"
	like "$err" "$words" "$what: in words, too"
}
failed_with 3 'failed with exit status 3' "a command that fails" sh -c 'cat >/dev/null; exit 3'
failed_with 255 'failed with exit status 255' "one that fails as ssh does" sh -c 'cat >/dev/null; exit 255'
failed_with 143 'ended by signal 15' "one that a signal ends" sh -c 'cat >/dev/null; kill -TERM $$'
failed_with 127 'could not be run' "one that is not there" "$T/nothing"
failed_with 126 'could not be run' "one that cannot be run" "$T/numbers"
failed_with 127 'failed with exit status 127' "one that says so by itself" sh -c 'exit 127'
offer five --json <"$T/numbers"
run bob pchat decline
reap five
is "$(jq -c '.error | [.code, has("command_status")]' <<<"$err")" "[11,false]" "where there was no command there is none"
offer six <"$T/numbers"
run bob pchat accept -- head -n 1
exits 11 "a command that does not take all"
reap six
exits 11 "is a failure"
printf 'five\n' >"$T/five"
chmod 0644 "$T/five"
offer seven <"$T/five"
run bob pchat accept -- true
exits 11 "also where all fits into its pipe"
reap seven
exits 11 "which nobody read"
offer eight <"$T/five"
run bob pchat accept -- ./no-such-command
exits 11 "a command that is not there"
reap eight
exits 11 "took nothing"
offer empty </dev/null
run bob pchat accept -- cat
exits 0 "nothing at all is a stream as well"
reap empty
exits 0 "and whole"

# ---------------------------------------------------------------- ends that are none

# A command that tells what it saw: an end of file, or a signal.
cat >"$T/witness" <<'EOF'
#!/bin/sh
trap 'echo hup >>"$1"; exit 1' HUP
echo begun >"$1"
cat >/dev/null
echo end >>"$1"
EOF
chmod 0755 "$T/witness"
mkfifo "$T/endless"
chmod 0666 "$T/endless"
exec {endless_fd}<>"$T/endless"

# begin NAME: a stream that goes on for ever is taken by a witness, whose words are in $T/bob/NAME.
begin() {
	echo something >&"$endless_fd"
	offer "$1" <"$T/endless"
	spawn "$1-taker" bob pchat accept -- "$T/witness" "$1"
	wait_until has_line "$T/bob/$1" begun
}

saw() { # NAME
	tr '\n' ' ' <"$T/bob/$1"
}

begin killed
kill -KILL "$(pgrep -P "${pid_of[killed]}" || echo "${pid_of[killed]}")"
reap killed
reap killed-taker
exits 11 "an offerer that is killed is no end"
unlike "$(saw killed)" end "and none is seen"

begin interrupted
pkill -INT -P "${pid_of[interrupted]}"
reap interrupted-taker
exits 11 "nor is one that is interrupted"
unlike "$(saw interrupted)" end "as the command sees"
reap interrupted

begin stopped
kill -INT "${pid_of[stopped-taker]}"
reap stopped-taker
exits 130 "whoever takes may stop"
unlike "$(saw stopped)" end "without an end"
reap stopped
exits 11 "which is told"

begin murdered
kill -KILL "${pid_of[murdered-taker]}"
reap murdered
exits 11 "who takes may be killed"
within 30 has_line "$T/bob/murdered" hup
unlike "$(saw murdered)" end "without an end for its command"

begin left
run bob pchat leave
exits 0 "the taker leaves the chat"
reap left-taker
exits 8 "its command ends"
unlike "$(saw left)" end "without an end"
reap left
exits 8 "and so does the other"
run alice pchat to bob
begin quit
run alice pchat leave
reap quit-taker
exits 8 "the offerer leaves"
unlike "$(saw quit)" end "without an end"
reap quit
run alice pchat to bob

# ---------------------------------------------------------------- offers that end

offer dead <"$T/numbers"
kill -KILL "$(pgrep -P "${pid_of[dead]}" || echo "${pid_of[dead]}")"
reap dead
wait_until is_offered_no_more
ok $? "an offer ends with the command that made it"
offer late --timeout "$(span 3000)" <"$T/numbers"
reap late
exits 124 "or when its time is over"
wait_until is_offered_no_more
offer over <"$T/numbers"
run bob pchat leave
reap over
exits 8 "or with the chat"
run alice pchat pipe
exits 7 "outside of one nothing is offered"
run alice pchat pipe --timeout 0
exits 7 "however short the time"
run alice pchat to bob
run alice pchat pipe --timeout 0
exits 124 "in a chat nobody takes it in no time"
like "$err" "^pchat: bob did not take it in time" "which is said of the partner"
run alice pchat leave
run bob pchat accept
exits 1 "and nothing taken"
run alice pchat to bob
run alice pchat pipe "$(head -c 201 /dev/zero | tr '\0' x)"
exits 10 "a label has a limit"

# ---------------------------------------------------------------- one channel, sixteen offers

begin first
offer second <"$T/numbers"
run bob pchat accept
exits 6 "a second one is not taken beside the first"
kill -INT "${pid_of[first-taker]}"
reap first-taker
reap first
accepted() {
	run bob pchat accept -o second
	[ "$status" -eq 0 ]
}
wait_until accepted
ok $? "but behind it"
reap second
exits 0 "whole"

for i in {1..16}; do
	spawn "many$i" alice pchat pipe "number $i"
done
sixteen() {
	is_offered && [ "$(wc -l <"$T/list")" -eq 16 ]
}
wait_until sixteen
ok $? "sixteen are open" "$(cat "$T/list")"
run alice pchat pipe "one more"
exits 10 "one more is refused"
for i in {1..16}; do
	run bob pchat decline
done
for i in {1..16}; do
	reap "many$i"
	[ "$status" -eq 11 ] || break
done
exits 11 "each of them can be declined"

# ---------------------------------------------------------------- whatever dies beside it

offer survivor <"$T/numbers"
kill -KILL "$(helper_pid bob)"
run bob pchat status
wait_until is_offered
ok $? "an offer outlives the helper of who may take it"
kill -KILL "$(helper_pid alice)"
wait_until is_offered
ok $? "and that of who made it"
stop_daemon KILL
start_daemon
wait_until daemon_is alice connected
wait_until daemon_is bob connected
wait_until is_offered
ok $? "and the daemon"
run bob pchat accept -- cmp - "$T/numbers"
exits 0 "and is taken then"
reap survivor
exits 0 "to its end"

mkfifo "$T/slow"
chmod 0666 "$T/slow"
exec 9<>"$T/slow"
echo begun >&9
offer long <"$T/slow" 9<&-
spawn long-taker bob pchat accept -- sh -c 'cat >long' 9<&-
wait_until has_line "$T/bob/long" begun
kill -KILL "$(helper_pid bob)" "$(helper_pid alice)"
stop_daemon KILL
start_daemon 9<&-
wait_until daemon_is alice connected 9<&-
wait_until daemon_is bob connected 9<&-
echo "went on" >&9
wait_until has_line "$T/bob/long" "went on"
ok $? "a stream goes on while helpers and daemon are killed"
exec 9<&-
reap long
exits 0 "to its end"
reap long-taker
exits 0 "at both sides"

run alice pchat send "still here"
exits 0 "messages go on beside it"
finish
