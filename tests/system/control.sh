#!/bin/bash
# A command made by the protocol's page alone, at a helper's socket: what it does that no command of ours does.
. "${0%/*}/lib.sh"

start_daemon
pair alice bob
run bob pchat read
raw=$BUILDDIR/tests/system/rawclient
if is_root; then
	cp "$raw" "$T/rawclient"
	raw=$T/rawclient
fi
command_of() { # USER COMMAND...
	run "$1" "$raw" -c "$T/$1/run/pchat/$1.sock" "${@:2}"
}

# ------------------------------------------------- whose a message is

command_of alice hello "msg to bob" "expect ACK" "pair 12345" "msg to somebody else" "expect ACK" "pair 0" "msg behind it" "expect ACK"
is "$(grep -o 'count=.*' <<<"$out")" $'count=1 ok\ncount=1 not-paired\ncount=1 not-paired' \
	"R9: a message that names another pair than those before it is refused, and what follows it"
command_of alice hello "pair 12345" "msg to somebody else" "expect ACK"
like "$out" "count=1 not-paired" "R9: one that is the first is, too"
run bob pchat read --raw
is "$out" "to bob" "and the partner gets neither"

# ------------------------------------------------- the end of a history

command_of alice hello "frame 4c 0001000000000000000000000000" "expect FRAME type=0x63" "expect CLOSED"
exits 0 "when a history is told to its end, the connection is closed"
command_of alice hello "frame 4e 000100000000000000$(printf '%036d' 0)" "expect FRAME type=0x63" "expect CLOSED"
exits 0 "and when something was to be forgotten"

# ------------------------------------------------- what was read

run alice pchat send one
run alice pchat send two
command_of bob hello "frame 48 00010000000000000000000000" "expect FRAME type=0x63" "frame 49 ffffffffffffff7f00" "expect OUTCOME ok"
exits 0 "who was given one record says that it has read all that there will ever be"
run bob pchat read --raw
is "$out" two "that one alone is read"

run alice pchat send three
spawn follower bob "$raw" -c "$T/bob/run/pchat/bob.sock" "hello 1 64" "frame 48 00000000000000000000000000" \
	"expect FRAME type=0x63" "frame 48 0200000000ffffffffffffff7f" linger
wait_until has_line "$T/follower.out" 'type=0x63'
wait_until sleeps "${pid_of[follower]}"
run bob pchat read --raw --timeout "$(span 300)"
is "$out" "" "what one that follows was given is given to nobody before its DONE, though it asked for more"
kill -KILL "${pid_of[follower]}"
reap follower
run bob pchat read --raw
is "$out" three "it is when that one is gone"

# ------------------------------------------------- what was sent

own() { # FILTER: of the history of alice
	(as alice pchat history --json) | jq -r "select(.from == \"alice\") | $1"
}
run alice pchat send --id 000102030405060708090a0b0c0d0e0f "once"
exits 0 "a message under an id"
run alice pchat send --id 000102030405060708090a0b0c0d0e0f "once"
exits 0 "and once more"
is "$(own .text | grep -c once)" 1 "it stands once in the history of who sent it"
run bob pchat read --raw
is "$out" once "and arrives once"

is_later() { # MILLISECONDS: than $begun
	[ "$(date +%s%3N)" -ge $((begun + $1)) ]
}
ms_of() { # TEXT: when alice said it
	date -d "$(own "select(.text == \"$1\") | .time")" +%s%3N
}
has_acks() { # NUMBER
	[ "$(grep -c ACK "$T/stream.out")" -eq "$1" ]
}
mkfifo "$T/stream"
as alice "$raw" -c "$T/alice/run/pchat/alice.sock" <"$T/stream" >"$T/stream.out" &
exec {stream}>"$T/stream"
printf '%s\n' hello "msg first" >&$stream
wait_until has_acks 1
begun=$(date +%s%3N)
wait_until is_later 200
echo "msg second" >&$stream
wait_until has_acks 2
exec {stream}>&-
wait $!
[ $(($(ms_of second) - $(ms_of first))) -ge 150 ]
ok $? "what is said later in one stream stands there with a later time" "$(own '[.time, .text]')"

finish
