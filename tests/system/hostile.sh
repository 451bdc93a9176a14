# Garbage, truncated, over-long and out-of-order frames, and a peer that takes or sends too much: its connection is
# closed, and everyone else goes on. On both sockets.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon --grace "$SLOW" --max-sessions-per-user 100
pair alice bob
run bob pchat read
add_user mallory
raw=$BUILDDIR/tests/system/rawclient
if is_root; then
	cp "$raw" "$T/rawclient"
	raw=$T/rawclient
fi
goes_on() { # NAME
	run alice pchat send "$1"
	local sent=$status
	run bob pchat read --raw
	[ "$sent $out" = "0 $1" ]
	ok $? "$1: alice and bob talk on" "send: $sent" "read: $out" "$(tail -n 3 "$T/daemon.err")"
}

# The connection is closed, after a word (BYE) or none.
closed() { # NAME COMMAND...
	local name=$1
	shift
	run mallory "$raw" "$PCHAT_SOCKET" "$@" "expect CLOSED"
	exits 0 "$name: the connection is closed"
	said=$out
	goes_on "$name"
}

m=mallory n=0
closed "garbage" "hex ffffffffffffffffffffffffffffffffffffffff"
closed "text" "hex 474554202f20485454502f312e310d0a0d0a"
closed "login before hello" "login $m-$((++n))"
closed "wrong magic" "hex 0600000001000000efbeadde0100"
like "$said" "BYE malformed" "wrong magic: it is told"
closed "another version" "hello 99"
like "$said" "BYE version" "another version: it is told"
closed "hello twice" hello hello
closed "message before login" hello "msg boo"
closed "to before login" hello "to bob"
closed "login twice" hello "login $m-$((++n))" "expect WELCOME" "login $m-again"
closed "over-long" hello "hex ffffffff02000000"
closed "one byte over-long" hello "hex 0102010010000000"
closed "reserved field" hello "hex 0000000004000100"
closed "unknown type" hello "login $m-$((++n))" "expect WELCOME" "frame 7f 00"
closed "a reply for a request" hello "login $m-$((++n))" "expect WELCOME" "frame 20 00"
closed "bytes left over" hello "login $m-$((++n))" "expect WELCOME" "frame 05 00"
closed "a body too short" hello "login $m-$((++n))" "expect WELCOME" "frame 03"
closed "a string over its end" hello "login $m-$((++n))" "expect WELCOME" "frame 03 ff61"
closed "a malformed acknowledgement" hello "login $m-$((++n))" "expect WELCOME" "frame 11 00"
closed "a name that is none" hello "login $m-$((++n))" "expect WELCOME" "frame 03 03612f6200"
closed "truncated" hello "hex 2000000002" shut
closed "truncated header" hello "hex 20" shut

for size in $(seq 20); do
	bytes=$(head -c $((size * 37)) /dev/urandom | od -An -v -tx1 | tr -d ' \n')
	run mallory "$raw" "$PCHAT_SOCKET" hello "hex $bytes" shut "expect CLOSED"
done
goes_on "random bytes"

# ------------------------------------------------- rules, by one who speaks well

run mallory "$raw" "$PCHAT_SOCKET" hello "login $m-$((++n))" "expect WELCOME" "to bob" "expect RESULT busy" \
	"leave" "expect RESULT not-paired" "msg hello" "expect ACK" quit "expect RESULT ok"
exits 0 "refusals leave the connection open"
like "$out" "not-paired" "R9: a message under no pair is refused"
run mallory "$raw" "$PCHAT_SOCKET" hello "login $m-$((++n))" "expect WELCOME" \
	"pair $(as alice pchat status --json | jq -r '.pair // 1')" "epoch 1" "msg to somebody else's partner" "expect ACK" quit
like "$out" "not-paired" "R9: nor under the pair of others"
run mallory "$raw" "$PCHAT_SOCKET" hello "login ALICE" "expect RESULT taken" "login $m-$((++n))" "expect WELCOME" quit "expect RESULT"
exits 0 "R1: a refused login may try another name"
goes_on "refusals"

# Nobody is told in pchat's words, or by an exit status, what a partner chose: of its answers those alone are believed that a
# receiver can give, of a message 16 (storage) and of an offer 47 (offers-full). 1 is queued, of status 0; 6 not-paired; 13
# empty; 19 expired; 28 nothing to read.
verdicts="1 6 13 19 23 28"
answers=()
for v in $verdicts; do
	answers+=("expect MSG" "ack 1 $v")
done
for v in $verdicts; do
	answers+=("expect OFFERED" "offer_ack $v")
done
run alice pchat leave
spawn liar mallory "$raw" "$PCHAT_SOCKET" "hello 1 8" "login $m-liar" "expect WELCOME" "expect PAIRED" "${answers[@]}" \
	"expect MSG" "ack 1 16" "expect OFFERED" "offer_ack 47" linger
wait_until has_line "$T/liar.out" WELCOME
run alice pchat to "$m-liar"
exits 0 "one whose answers are not true"
for v in $verdicts; do
	run alice pchat send "answered by $v"
	exits 75 "a message answered by $v is unconfirmed"
	like "$err" "may or may not arrive" "answered by $v: which is said"
done
for v in $verdicts; do
	run alice pchat pipe "answered by $v"
	exits 11 "an offer answered by $v was not taken"
	is "$err" "pchat: it was not taken to its end" "answered by $v: which is said"
done
run alice pchat send "answered by storage"
exits 10 "what a receiver can say of a message is passed on"
run alice pchat pipe "answered by offers-full"
exits 10 "and of an offer"
kill -KILL "${pid_of[liar]}"
reap liar
run alice pchat to bob
goes_on "answers"

# ------------------------------------------------- notes, by one who speaks badly, or for others

id=000102030405060708090a0b0c0d0e0f
to_bob=03626f62 hi=6869
closed "a note of no bytes" "hello 1 2" "frame 09 ${id}00$to_bob"
closed "a note with flags that are none" "hello 1 2" "frame 09 ${id}ff$to_bob$hi"
closed "a note to an account that is missing" "hello 1 2" "frame 09 ${id}01${to_bob}e9"
closed "a note to no name" "hello 1 2" "frame 09 ${id}0003612f62$hi"
closed "a note cut off in its id" "hello 1 2" "frame 09 0001"
closed "a name over the end of a note" "hello 1 2" "frame 09 ${id}00ff62"
closed "a note that is taken back by half an id" "hello 1 2" "frame 0d 0001"
closed "an answer to a note before login" "hello 1 2" "frame 0a 000400000000000000"
closed "an answer to a note cut off" "hello 1 2" "login $m-$((++n))" "expect WELCOME" "frame 0a 00"
closed "an answer to a note by no verdict" "hello 1 2" "login $m-$((++n))" "expect WELCOME" "frame 0a 0004000000000000ff"

# Only the receiver's own answer counts: a stranger answers all notes that can be under way, and none is believed.
answers=()
for ((serial = 1; serial <= 12; serial++)); do
	for ((place = 0; place < 6; place++)); do
		answers+=("frame 0a $(printf '%02x%02x000000000000' $place $((serial * 4)))00")
	done
done
kill -STOP "$(helper_pid bob)"
spawn telling alice pchat tell --timeout "$(span 1500)" bob "not seen"
wait_until sleeps "${pid_of[telling]}"
run mallory "$raw" "$PCHAT_SOCKET" "hello 1 2" "login $m-$((++n))" "expect WELCOME" "${answers[@]}"
reap telling
[ "$status" -ne 0 ]
ok $? "a stranger's answer to somebody else's note is not believed" "status $status" "$err"
kill -CONT "$(helper_pid bob)"
run alice pchat tell bob "seen"
exits 0 "notes go on"
run bob pchat read --raw --notes
like "$out" "seen$" "and arrive"
goes_on "notes"

# -------------------------------------------------------------- D7, D5: too much

run bob pchat leave
stopped=$(helper_pid bob)
kill -STOP "$stopped" # or it might acknowledge as fast as they come
run mallory "$raw" "$PCHAT_SOCKET" hello "login $m-$((++n))" "expect WELCOME" "to bob" "expect RESULT ok" "flood 1025 100" \
	"expect CLOSED"
kill -CONT "$stopped"
like "$out" "BYE window" "D7: more than 1,024 messages under way close the connection"
wait_until has_partner bob null
run bob pchat read --raw
run alice pchat to bob
exits 0 "D7: bob is free for others when the grace is over"
goes_on "flood"

# A partner that takes nothing: the one who writes to it is told, nobody else notices.
run alice pchat leave
spawn deaf mallory "$raw" "$PCHAT_SOCKET" hello "login $m-deaf" "expect WELCOME" "deaf on" linger
wait_until test -s "$T/deaf.out"
run alice pchat to "$m-deaf"
head -c 60000 /dev/zero | tr '\0' x >"$T/body"
feed alice pchat send --timeout "$(span 1000)" <"$T/body"
exits 75 "a partner that takes nothing leaves a message unconfirmed"
run alice pchat to bob
exits 0 "and is left"
goes_on "deaf partner"
kill -KILL "${pid_of[deaf]}"
reap deaf

# A partner that answers what nobody asked: it is not passed on, or it would fill what is queued for the other.
spawn asked alice "$raw" "$PCHAT_SOCKET" hello "login $m-asked" "expect WELCOME" "expect PAIRED" "expect ENDED"
wait_until test -s "$T/asked.out"
run mallory "$raw" "$PCHAT_SOCKET" hello "login $m-$((++n))" "expect WELCOME" "to $m-asked" "expect RESULT ok" "ack 7" "ack 1" \
	leave "expect RESULT ok"
exits 0 "acknowledging nothing is no offence"
reap asked
exits 0 "the partner hears the end"
unlike "$out" "ACK" "but no acknowledgement of what it never sent"

# ------------------------------------------------------------------- too often

# Seconds since the first call, and one more for what is lost in rounding.
elapsed() {
	: "${since:=$SECONDS}"
	echo $((SECONDS - since + 2))
}

# Each time the partner is told, and keeps that: a session that comes back all the time is held off.
run alice pchat leave
id=$(printf '%032x' 77)
add_user oscar # who has asked for nothing yet
run oscar "$raw" "$PCHAT_SOCKET" hello "login $m-often $id" "expect WELCOME" "to bob" "expect RESULT ok"
exits 0 "a session that will come back too often"
elapsed >/dev/null
comings=(hello "login $m-often $id resume" shut "expect CLOSED")
for i in $(seq 299); do
	comings+=(again hello "login $m-often $id resume" shut "expect CLOSED")
done
run oscar "$raw" "$PCHAT_SOCKET" "${comings[@]}"
resumed=$(grep -c WELCOME <<<"$out")
[ "$resumed" -ge 48 ] && [ "$resumed" -le $((50 + 10 * $(elapsed))) ]
ok $? "it makes 50 requests (two are made), and then 10 a second" "$resumed of 300"
like "$out" "RESULT rate" "and is told so"
wait_until has_partner bob null
run bob pchat read
[ "$(grep -c "connection to $m-often lost" <<<"$out")" -le $((resumed + 1)) ]
ok $? "its partner was told no more often"

# Each change of what a session refuses is a transaction of the registry.
unset since
elapsed >/dev/null
changes=()
for i in $(seq 150); do
	changes+=("dnd on" "dnd off")
done
run mallory "$raw" "$PCHAT_SOCKET" hello "login $m-$((++n))" "expect WELCOME" "${changes[@]}" quit "expect CLOSED"
changed=$(grep -c "RESULT ok" <<<"$out")
[ "$changed" -ge 2 ] && [ "$changed" -le $((51 + 10 * $(elapsed))) ]
ok $? "rules are changed 50 times, and then 10 times a second" "$changed of 300"
like "$out" "RESULT rate" "which is said"
run alice pchat to bob
goes_on "too often"

# What is taken back is looked for among what is kept.
add_user ivan
elapsed >/dev/null
takings=()
for i in $(seq 300); do
	takings+=("frame 0d $(printf '%032x' "$i")" "expect TOLD")
done
run ivan "$raw" "$PCHAT_SOCKET" hello "${takings[@]}"
taken=$(grep -c "TOLD nothing" <<<"$out")
[ "$taken" -ge 50 ] && [ "$taken" -le $((50 + 10 * $(elapsed))) ]
ok $? "notes are taken back 50 times, and then 10 times a second" "$taken of 300"
like "$out" "TOLD rate" "which is said"

# ------------------------------------------------------ connections that say nothing

# Four, and a fifth while they are there: sets fifth; what became of the first is in $status and $out.
five() {
	local i
	for i in 1 2 3 4; do
		spawn "silent$i" mallory "$raw" "$PCHAT_SOCKET" "expect CLOSED"
	done
	wait_until sleeps "${pid_of[silent4]}"
	run mallory "$raw" "$PCHAT_SOCKET" "expect CLOSED"
	fifth="$status $out"
	goes_on "silence"
	for i in 4 3 2 1; do
		reap "silent$i"
	done
}

# On a slow machine the first may be closed before the fifth comes.
for _ in 1 2 3 4 5; do
	five
	[[ $fifth == *"BYE timeout"* ]] || break
done
like "$fifth" "^0 BYE crowded" "a uid has four connections that are not logged in, and no fifth"
exits 0 "who says nothing for 5 seconds is closed"
like "$out" "BYE timeout" "and told why"
run mallory "$raw" "$PCHAT_SOCKET" hello "frame 0c 0000000000000000" "expect FRAME type=0x23" "expect CLOSED"
exits 0 "who asks which notes are kept, and then says nothing, is closed as well"
like "$out" "BYE timeout" "and told why"

# ----------------------------------------------------------------- a helper's socket

helper=$T/alice/run/pchat/alice.sock
control() { # NAME COMMAND...
	local name=$1
	shift
	run alice "$raw" -c "$helper" "$@" "expect CLOSED"
	exits 0 "helper, $name: the connection is closed"
	goes_on "helper, $name"
}
control "garbage" "hex ffffffffffffffffffffffffffffffffffffffff"
control "no hello" "frame 42"
control "wrong magic" "hex 0600000041000000efbeadde0100"
control "another version" "hello 99"
control "hello twice" hello hello
control "over-long" hello "hex ffffffff42000000"
control "unknown type" hello "frame 7f"
control "bytes left over" hello "frame 42 00"
control "a string over its end" hello "frame 43 ff61"
control "truncated" hello "hex 2000000043" shut
for size in $(seq 20); do
	bytes=$(head -c $((size * 37)) /dev/urandom | od -An -v -tx1 | tr -d ' \n')
	run alice "$raw" -c "$helper" hello "hex $bytes" shut "expect CLOSED"
done
goes_on "helper, random bytes"
run alice "$raw" -c "$helper" hello "frame 45" "expect OUTCOME ok" "expect CLOSED"
exits 0 "helper: who asks for the end is answered before it"
! grep -Eqi 'runtime error|AddressSanitizer|assert' "$T/daemon.err"
ok $? "the daemon has nothing to complain about but them"

finish
