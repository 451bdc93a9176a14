# Reading: forms of output, marks, readers side by side; exit statuses 1, 74.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
run bob pchat read

say() {
	run alice pchat send "$@"
	[ "$status" -eq 0 ] || ok 1 "sending '$*'" "$err"
}

run bob pchat read
exits 1 "nothing to read"
is "$out$err" "" "which takes no words"
run bob pchat --json read
exits 1 "--json: nothing to read"

say $'first\nsecond line'
run bob pchat read --peek
like "$out" '^\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\] alice: first
    second line$' "one line a record, further lines indented"
run bob pchat read --json --peek
is "$(jq -r '"\(.type) \(.from) \(.uid) \(.text)"' <<<"$out")" "message alice ${uid_of[alice]} first
second line" "--json: an object a line"
is "$(jq -r 'keys_unsorted | join(" ")' <<<"$out")" "id type time from account uid msgid text" "--json: with the keys of old"
like "$(jq -r .time <<<"$out")" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$' "--json: and its time"
run bob pchat read --raw
is "$out" $'first\nsecond line' "--raw: the body alone, which --peek had left unread"
run bob pchat read
exits 1 "read is read"

printf 'a\0\xff' | (as alice pchat send)
run bob pchat read --json
is "$(jq -r .base64 <<<"$out")" "YQD/" "--json: what is no text comes as base64"
is "$(jq -r 'has("text")' <<<"$out")" false "--json: instead of text"

for i in 1 2 3 4 5; do
	say "$i"
done
run bob pchat read -n 2 --raw
is "$out" $'1\n2' "-n: so many"
run bob pchat read -n 1 --peek --raw
is "$out" 3 "-n: the rest is unread"
is "$(unread_of bob)" 3 "and counted"
is "$(as bob pchat read -0 | tr '\0' '|')" '3|4|5|' "-0: with a NUL after each"

# --------------------------------------------------------------------- waiting

spawn reader bob pchat read --wait --raw
settle reader bob
say "at last"
reap reader
exits 0 "--wait: waits for a record"
is "$out" "at last" "--wait: and prints it"
run bob pchat read --wait="$(span 200)"
exits 1 "--wait=SEC: and no longer than that"

spawn reader bob pchat read -f
say one
wait_until has_line "$T/reader.out" 'alice: one$'
ok $? "-f: prints what arrives"
say two
wait_until has_line "$T/reader.out" 'alice: two$'
ok $? "-f: and goes on"
run alice pchat leave
wait_until has_line "$T/reader.out" '\* alice left the chat$'
ok $? "-f: past the end of the pair"
run bob pchat quit
reap reader
exits 0 "-f: until the session ends"
login bob
run alice pchat to bob
run bob pchat read

# ------------------------------------------------------ output that goes nowhere

say kept
run bob bash -c 'pchat read >/dev/full'
exits 74 "a full disk: 74"
if ! under_valgrind; then # which would take the descriptor for itself
	run bob bash -c 'pchat read >&-'
	exits 74 "a closed standard output: 74"
fi
run bob pchat read --raw
is "$out" kept "and nothing was marked read"

say one
say two
run bob bash -c 'pchat read -f --raw | head -n 1'
is "$out" one "-f into head ends with it"
run bob pchat read --raw
is "$out" two "and the second record is unread"

say one
say two
mkfifo -m 0666 "$T/pipe"
run bob bash -c 'exec 3<>"$0"; pchat read -n 1 --raw >&3 && read -r line <&3 && echo "$line"' "$T/pipe"
is "$out" one "into a pipe that is read later: what was asked for, and no waiting"
run bob pchat read

seq 12000 >"$T/lines"
feed alice pchat send -l <"$T/lines"
run bob bash -c 'pchat read --raw | head -n 1; exit "${PIPESTATUS[0]}"'
exits 74 "into head: what head leaves could not be written"
is "$(unread_of bob)" 12000 "and is unread, as one record of what was written together"
run bob pchat read --raw
is "$out" "$(cat "$T/lines")" "all of it is read by the next"

# Whatever head does after it has taken all: what is told as not written is unread, and what is read was written.
seq 50 >"$T/lines"
told=""
for i in $(seq 30); do
	feed alice pchat send -l <"$T/lines"
	run bob bash -c 'pchat read --raw | head -n 3; exit "${PIPESTATUS[0]}"'
	told+="$status $(unread_of bob)
"
	run bob pchat read
done
is "$(sort -u <<<"${told%$'\n'}" | grep -vx -e '0 0' -e '74 50')" "" "into head: 0 and read, or 74 and unread" "$told"

# ------------------------------------------------------------------ two readers

seq 2000 >"$T/lines"
feed alice pchat send -l <"$T/lines"
spawn left bob bash -c 'while pchat read -n 7 --raw; do :; done'
spawn right bob bash -c 'while pchat read -n 5 --raw; do :; done'
reap left
reap right
sort -n "$T/left.out" "$T/right.out" | cmp -s - "$T/lines"
ok $? "two readers print every record, and none twice"
{ sort -nc "$T/left.out" && sort -nc "$T/right.out"; } 2>/dev/null
ok $? "each in order"

spawn left bob pchat read -f --raw
settle left bob
say "for the follower"
wait_until has_line "$T/left.out" "for the follower"
ok $? "a reader that follows has what comes"
kill -KILL "${pid_of[left]}"
reap left
run bob pchat read
say "for a while"
run bob pchat read -f --raw --timeout "$(span 500)"
exits 0 "-f --timeout: ends, also when something came"
is "$out" "for a while" "and has shown it"
run bob pchat read -f --raw --timeout "$(span 200)"
exits 1 "and when nothing did"
say "after it"
run bob pchat read --raw
is "$out" "after it" "a reader that was killed leaves the rest to the next"

seq 500 >"$T/lines"
feed alice pchat send -l <"$T/lines"
: >"$T/got"
for i in 1 2 3 4 5; do
	spawn victim bob pchat read -f --raw
	within 1 test -s "$T/victim.out"
	kill -KILL "${pid_of[victim]}"
	reap victim
	cat "$T/victim.out" >>"$T/got"
done
(as bob pchat read --raw) >>"$T/got" 2>/dev/null
sort -nu "$T/got" | grep -c . >"$T/count"
is "$(cat "$T/count")" 500 "readers killed at any moment lose nothing"

# ------------------------------------------------------------------------- ask

# The first that ever came: another command reads the same inbox, and stood in line before.
run alice pchat login fresh
run bob pchat login other
run alice pchat -s fresh to other
spawn reader alice pchat -s fresh read -f
wait_until sleeps "${pid_of[reader]}"
spawn question alice pchat -s fresh ask --timeout $PATIENCE "well?"
run bob pchat -s other read --raw --wait=$PATIENCE -n 1
run bob pchat -s other send "indeed"
reap question
exits 0 "ask: as the first command of an inbox"
is "$out" indeed "ask: has its answer, though somebody reads"
run bob pchat -s other quit
run alice pchat -s fresh quit
reap reader

spawn question alice pchat ask "deploy now? [y/n]"
wait_until has_unread bob 1
run bob pchat read
run bob pchat send y
reap question
exits 0 "ask: waits for the answer"
is "$out" y "ask: and prints it as it came"
run alice pchat read --raw
exits 1 "ask: which is read by that"
run bob pchat send "before"
spawn question alice pchat ask --to bob "and now?"
wait_until has_unread bob 1
run bob pchat send "after"
reap question
is "$out" after "ask: what came before is no answer"
run alice pchat read --raw
is "$out" before "ask: and is unread still"
spawn question alice pchat --json ask "as an object?"
wait_until has_unread bob 2
run bob pchat send "yes"
reap question
is "$(jq -r '"\(.type) \(.from) \(.text)"' <<<"$out")" "message bob yes" "ask --json: the record"
run alice pchat ask --timeout "$(span 300)" "anybody?"
exits 1 "ask: no answer in time"
run alice pchat ask --to carol "you?"
exits 7 "ask --to: somebody who is not the partner"
before=$(unread_of bob)
spawn question alice pchat ask "are you going?"
wait_until has_unread bob $((before + 1))
run bob pchat leave
reap question
exits 8 "ask: the partner left instead of answering"

finish
