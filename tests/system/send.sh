# Sending: every way to say something, and what is refused; exit statuses 0, 2, 7, 10, 124.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
run bob pchat read

received() { # WANTED NAME
	(as bob pchat read --raw) >"$T/received"
	cmp -s "$T/received" "$1"
	ok $? "$2" "$(head -c 300 "$T/received")"
}

run alice pchat send two words
exits 0 "words"
run bob pchat read --raw
is "$out" "two words" "are joined by a space"
run alice pchat send -- -l --json
run bob pchat read --raw
is "$out" "-l --json" "after -- everything is a word"
run alice pchat send see -- -q --to bob
exits 0 "behind a -- in the text no word is an option, either"
run bob pchat read --raw
is "$out" "see -- -q --to bob" "and the -- is text like what stands around it"
for option in --help --version -h -V; do
	run alice pchat send "$option"
	exits 2 "send $option delivers nothing"
	is "$out" "" "and says so on standard error"
	run alice pchat ask "$option"
	exits 2 "nor does ask $option"
done
run alice pchat help send
exits 0 "help send is help"
like "$out" "Usage: pchat" "on standard output"
run alice pchat send "-f/etc/hostname"
exits 2 "-f takes no attached value"
run alice pchat send really --help
exits 2 "an option behind the text is refused"
like "$err" "options before it, or --" "with what to do"
run bob pchat read
exits 1 "nothing of that was sent"
run alice pchat send "--help me, please" "-x" --nonsense
exits 0 "a sentence that begins with a dash, and what is no option, is text"
run bob pchat read --raw
is "$out" "--help me, please -x --nonsense" "as it was written"
mkfifo "$T/never"
exec {never_fd}<>"$T/never"
run alice pchat send --timeout "$(span 300)" -f "$T/never"
exits 124 "--timeout covers the reading of a message"
exec {never_fd}>&-
for line in "send -f" "tell bob -f" "ask --socket" "status --socket" "accept -o" "give"; do
	# shellcheck disable=SC2086 # words
	run alice pchat $line ''
	exits 2 "$line: an empty name is a mistake"
	like "$err" "'' is no" "$line: which is said"
done
run alice pchat --socket= status
exits 2 "also with a ="
run bob pchat read --notes --raw
exits 1 "nothing of that was sent"

printf 'several\nlines\n\n' >"$T/body"
feed alice pchat send <"$T/body"
exits 0 "standard input"
printf 'several\nlines\n\n' >"$T/wanted"
received "$T/wanted" "is one message, without its last newline"
{ head -c 65535 /dev/urandom; printf x; } >"$T/body" # a newline at its end would be dropped
feed alice pchat send --timeout $PATIENCE <"$T/body"
exits 0 "65,536 bytes of any value"
run bob pchat read -0 --timeout $PATIENCE
head -c 65536 "$T/out" | cmp -s - "$T/body"
ok $? "arrive as they were"
printf 'a\0b\e[31m\xff' >"$T/body"
run alice pchat send -f "$T/body"
exits 0 "-f: a file"
run bob pchat read -0
head -c -1 "$T/out" | cmp -s - "$T/body"
ok $? "-f: NUL and escapes are bytes like others"

seq 3000 >"$T/lines"
feed alice pchat send -l <"$T/lines"
exits 0 "-l: three thousand lines"
received "$T/lines" "-l: each is a message, in order"
printf 'one\0two\nlines\0three' >"$T/body"
feed alice pchat send -0 <"$T/body"
exits 0 "-0: messages that end in NUL"
is "$(as bob pchat read -0 | tr '\0' '|')" $'one|two\nlines|three|' "-0: arrive each for itself"
run alice pchat send -l -f "$T/lines"
exits 0 "-l and -f go together"
run alice pchat send -l -0
exits 2 "-l and -0 do not"
like "$err" "-l and -0 cannot be used together" "which is said"
received "$T/lines" "-l and -f: every line arrived"

feed alice pchat send -f - <<<"standard input"
exits 0 "-f -: standard input"
is "$(as bob pchat read --raw)" "standard input" "is sent"

ln -s "$T" "$T/alice/link"
run alice pchat --socket "$T/alice/link/pchat.sock" status
exits 0 "--socket: by another path of the same socket"
run alice pchat --socket "$T/alice/link/other.sock" status
exits 3 "--socket: another one is not the session's"

run alice pchat send --to bob hello
exits 0 "--to the partner"
run alice pchat send --to BOB hello
exits 0 "--to does not care for case"
run alice pchat send --to carol hello
exits 7 "--to somebody else is refused"
run bob pchat read --raw
is "$out" $'hello\nhello' "--to: and was not sent"

# ------------------------------------------------------------------------ --id

id=00112233445566778899aabbccddeeff
run alice pchat send --id "$id" once
exits 0 "--id: a message with an id of one's own"
run alice pchat send --id "$id" once
exits 0 "--id: may be repeated"
run bob pchat read --json
is "$(jq -r '"\(.msgid) \(.text)"' <<<"$out")" "$id once" "--id: and arrives once"
run alice pchat send --id "$id" once
exits 0 "--id: also after it was read"
run bob pchat read
exits 1 "--id: it does not come again"
run alice pchat send --id "$id" another
exits 10 "--id: another text under it is refused"
like "$err" "another message" "and the reason told"
is "$(as bob pchat read --raw)" "" "it does not arrive"
run alice pchat send --id 123 x
exits 2 "--id: must be an id"
for text in "$T" "$T/nowhere"; do
	run alice pchat send --id "$id" -f "$text"
	exits 71 "--id: a text that cannot be read stays that: whoever repeats it would do so for ever"
done
mkdir -m 0755 "$T/hangs"
cp "$programs"/pchat* "$T/hangs"
printf '#!/bin/sh\nread never <"%s"\n' "$T/never" >"$T/hangs/pchat-session"
chmod 0666 "$T/never"
helper=$(helper_pid alice)
kill -KILL "$helper"
wait_until is_gone "$helper"
run alice env PCHAT_EXEC_PATH="$T/hangs" pchat --json send --id "$id" --timeout "$(span 300)" once
exits 75 "--id: a helper that does not begin in time says nothing of an earlier attempt"
is "$(jq -r .error.msgid <<<"$err")" "$id" "and the id is told again"
run alice env PCHAT_EXEC_PATH="$T/hangs" pchat send --timeout "$(span 300)" once
exits 124 "without --id it is certain"
run alice pchat send --id "$id" once
exits 0 "--id: as soon as one does it is known to have arrived"
run bob pchat read

# ------------------------------------------------------------------- bad input

run alice pchat send ""
exits 10 "an empty message"
like "$err" "65536|65,536" "is refused with the limit"
run alice pchat send
exits 10 "nothing on standard input"
printf '\n' >"$T/body"
feed alice pchat send <"$T/body"
exits 10 "a newline alone is empty too"
head -c 65537 /dev/zero | tr '\0' x >"$T/body"
feed alice pchat send <"$T/body"
exits 10 "65,537 bytes are too many"
like "$err" "65536|65,536" "and the limit is named"
run alice pchat send -f "$T/body"
exits 10 "from a file too"
{ printf 'first\nsecond\n'; cat "$T/body"; printf '\nfourth\n'; } >"$T/lines"
feed alice pchat send -l <"$T/lines"
exits 10 "-l: a line that is too long"
like "$err" "line 3" "-l: is named"
run bob pchat read --raw
is "$out" $'first\nsecond' "-l: the lines before it are delivered, it and the later ones not"
printf 'first\n\nthird\n' >"$T/lines"
feed alice pchat send -l <"$T/lines"
exits 10 "-l: an empty line"
like "$err" "line 2" "-l: is named as well"
is "$(as bob pchat read --raw)" first "-l: and what stands before it arrived"
run alice pchat send -f "$T/nowhere"
exits 71 "a file that is not there"
like "$err" "nowhere.*No such file" "is named with the reason"
run alice pchat send -f "$T"
exits 71 "a directory is no file"
run bob pchat read
exits 1 "and none of them was sent"

# -------------------------------------------------------- what cannot be delivered

run bob pchat leave
feed alice pchat send -l <"$T/lines"
exits 7 "-l: with no partner"
run alice pchat --json send x
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "7 not-paired" "--json: the error has its code and name"

# ------------------------------------------------- --id: a refusal is of that attempt alone

add_user carol
run carol pchat login --max-unread 3 carol
run alice pchat to carol
id=00000000000000000000000000031000
seq -f l%g 6 >"$T/lines"
feed alice pchat send -l --id $id <"$T/lines"
exits 10 "-l --id: into an inbox that is full"
like "$err" "line 4.*inbox is full" "-l --id: the line is named"
is "$(as carol pchat read --raw)" $'l1\nl2\nl3' "-l --id: the lines before it arrived"
feed alice pchat send -l --id $id <"$T/lines"
exits 0 "-l --id: all of it again, into one with room" "$err"
is "$(as carol pchat read --raw)" $'l4\nl5\nl6' "-l --id: the others arrive"
feed alice pchat send -l --id $id <"$T/lines"
exits 0 "-l --id: a third time" "$err"
is "$(as carol pchat read --raw)" "" "-l --id: nothing comes twice"

id=0000000000000000000000000000100
run alice pchat send --id ${id}0 a
run alice pchat send --id ${id}1 b
run alice pchat send --id ${id}0 z
exits 10 "--id: another text under one of two ids"
run alice pchat send --id ${id}1 b
exits 0 "--id: the other one is there as before" "$err"
run alice pchat send --id ${id}3 c
run alice pchat send --id ${id}4 d
exits 10 "--id: one for which there is no room"
is "$(as carol pchat read --raw)" $'a\nb\nc' "--id: arrived is what was said to be"
run alice pchat send --id ${id}5 e
exits 0 "--id: the next one, once there is room" "$err"
is "$(as carol pchat read --raw)" e "--id: arrives"
run alice pchat leave

# ------------------------------------------------------------- an empty stream needs nobody

for command in "send -l" "send -0" "tell -l nobody"; do
	# shellcheck disable=SC2086 # words
	feed alice pchat $command </dev/null
	exits 0 "$command: input that is empty is delivered, whoever is there"
done

finish
