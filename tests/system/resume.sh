# What is lost comes back: R8, D2, D6; exit statuses 4, 75, 124.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
run bob pchat read

types() { # USER: what it has unread
	(as "$1" pchat read --json) 2>/dev/null | jq -r .type | tr '\n' ' '
}

# ------------------------------------------------------------- a killed helper

kill -KILL "$(helper_pid bob)"
wait_until has_unread_record alice lost
run bob pchat status
exits 0 "R8: a command starts its helper again"
is "$(partner_of alice) $(partner_of bob)" "bob alice" "R8: the pair is held"
is "$(types alice)" "lost back " "R8: the partner is told of both"

kill -KILL "$(helper_pid bob)"
wait_until has_unread_record alice lost
spawn sender alice pchat send --timeout $PATIENCE "hold on"
settle sender alice
run bob pchat status
reap sender
exits 0 "D2: a send that finds its partner away rides it out"
is "$(as bob pchat read --raw)" "hold on" "D2: and its message arrived"
run alice pchat read

kill -KILL "$(helper_pid alice)"
run alice pchat send --timeout $PATIENCE "from a new helper"
exits 0 "D2: the sender's own helper is started again"
is "$(as bob pchat read --raw)" "from a new helper" "D2: and the message arrives"
is "$(partner_of alice) $(partner_of bob)" "bob alice" "R8: in the same pair"
run bob pchat read

kill -KILL "$(helper_pid bob)"
wait_until has_unread_record alice lost
run alice pchat send --timeout "$(span 300)" "too late"
exits 124 "a message that was never handed over in time is certainly not delivered"
run alice pchat send --timeout "$(span 300)" --id 000102030405060708090a0b0c0d0e0f "too late again"
exits 75 "of a message that may have been sent before, under its id, that cannot be said"
# Alice is back before this grace ends, bob is not.
stop_daemon TERM
start_daemon --grace $((2 + 2 * SLOW))
wait_until has_unread_record alice gone
ok $? "R8: when the grace ends the partner is told"
run alice pchat send x
exits 7 "R10: who is gone cannot be sent to"
like "$err" "connection.*lost|gone" "R10: which is the reason given"
run bob pchat status
exits 0 "R8: who comes back later still can log in"
wait_until has_partner bob null
ok $? "R8: with no pair"
run bob pchat read --json
like "$(jq -r .type <<<"$out" | tr '\n' ' ')" '^gone ' "R8: and is told that it is over"
run bob pchat read --raw
unlike "$out" "too late" "124 was the truth"

# ------------------------------------------------------------- a killed daemon

stop_daemon TERM
start_daemon
wait_until daemon_is alice connected && wait_until daemon_is bob connected
run alice pchat to bob
run bob pchat read
run alice pchat read
stop_daemon KILL
spawn sender alice pchat send --timeout $PATIENCE "over the gap"
add_user carol
start_daemon
reap sender
exits 0 "D2: a send rides out a daemon that was killed"
run carol pchat login alice
exits 9 "D6: no name can be stolen in the gap"
run carol pchat login carol
exits 0 "D6: while others may log in"
run carol pchat to bob
exits 6 "D6: nor a pair"
is "$(as bob pchat read --raw)" "over the gap" "D2: the message arrived, once"
wait_until has_partner alice bob
wait_until has_partner bob alice
is "$(partner_of alice) $(partner_of bob)" "bob alice" "D6: the pair is as it was"

add_user erin
kill -STOP "$daemon_pid"
run erin pchat login --timeout 0 erin
exits 124 "a login with no time does not wait for a daemon that stands still"
kill -CONT "$daemon_pid"
run erin pchat status
exits 3 "and leaves no session behind"

stop_daemon TERM
exits 0 "SIGTERM ends the daemon cleanly"
run alice pchat send --timeout "$(span 500)" "nobody home"
exits 124 "with no daemon a message is certainly not delivered in time"
run alice pchat status --json
is "$(jq -r .daemon <<<"$out")" reconnecting "and the status tells why"
run carol pchat quit
exits 0 "quit works without a daemon"
start_daemon
wait_until daemon_is alice connected
ok $? "the helper comes back by itself"
run alice pchat send "home again"
exits 0 "and messages go"

# A wait in the queue, then a request whose answer is lost with the daemon: they are asked again in this order.
login dave erin
spawn waiter dave pchat to bob --wait=$PATIENCE
settle waiter dave
kill -STOP "$daemon_pid"
spawn asker dave pchat to erin --timeout $PATIENCE
wait_until sleeps "${pid_of[asker]}" && wait_until sleeps "$(helper_pid dave)"
stop_daemon KILL
start_daemon
reap asker
exits 0 "a request whose answer was lost is asked again"
reap waiter
exits 6 "R6: and the wait before it is over by that pair"
run erin pchat quit
run dave pchat quit

# -------------------------------------------------------------- all three at once

kill -KILL "$(helper_pid alice)" "$(helper_pid bob)"
stop_daemon KILL
start_daemon
run bob pchat status
run alice pchat send --timeout $PATIENCE "after everything"
exits 0 "all three were killed"
is "$(as bob pchat read --raw | tail -n 1)" "after everything" "and the pair goes on"

# ------------------------------------------------------- a login that is given up

kill -STOP "$daemon_pid"
run carol pchat login --timeout "$(span 500)" fay
exits 124 "a login that is not answered in time is given up"
kill -CONT "$daemon_pid"
run bob pchat login --timeout $PATIENCE fay
exits 0 "and the name is free"
run bob pchat -s fay quit

# ------------------------------------------------------------------- unconfirmed

kill -STOP "$(helper_pid bob)"
run alice pchat send --timeout "$(span 500)" "stopped"
exits 75 "a message under way when the time is up is unconfirmed"
id=$(grep -oE -- '--id [0-9a-f]{32}' <<<"$err" | cut -d' ' -f2)
like "$id" '^[0-9a-f]{32}$' "its id is printed"
like "$err" '--to bob ' "and to whom it was: after another pairing it must not go to somebody else"
run alice pchat --json send --timeout "$(span 500)" --id "$id" "stopped"
is "$(jq -r '.error | "\(.code) \(.msgid)"' <<<"$err")" "75 $id" "under --json the id is a key of its own"
kill -CONT "$(helper_pid bob)"
run alice pchat send --id "$id" "stopped"
exits 0 "to send it again is safe"
is "$(as bob pchat read --raw)" "stopped" "it is there once"

# What is printed repeats lines as lines, and notes as notes.
printf 'q1\nq2\nq3\n' >"$T/lines"
tr '\n' '\0' <"$T/lines" >"$T/pieces"
for command in "send -l" "send -0" "tell -l bob" "tell -0 bob"; do
	input=$T/lines
	[ "${command/-0/}" = "$command" ] || input=$T/pieces
	kill -STOP "$(helper_pid bob)"
	# shellcheck disable=SC2086 # words
	feed alice pchat --json $command --timeout "$(span 500)" <"$input"
	exits 75 "$command: unconfirmed"
	words=$(jq -r .error.message <<<"$err")
	kill -CONT "$(helper_pid bob)"
	read -ra again <<<"${words##*with: }"
	feed alice "${again[@]}" <"$input"
	exits 0 "$command: as it says, it is repeated" "$words" "$err"
	is "$(as bob pchat read --raw --notes)" $'q1\nq2\nq3' "$command: and each is there once"
done
run alice pchat quit
run bob pchat quit
run bob pchat status
exits 3 "a session that quit is not started again"

# ---------------------------------------------------------------- files removed

login bob
run alice pchat login alice
run alice pchat to bob
run alice pchat read
rm "$T/alice/run/pchat/alice.session"
wait_until test -s "$T/alice/run/pchat/alice.session"
run alice pchat status
exits 0 "a session's file that is removed is written again"
old=$(helper_pid alice)
chmod 0 "$T/alice/run/pchat"
run alice pchat status
chmod 0700 "$T/alice/run/pchat"
if ! is_root || [ "${uid_of[alice]}" != 0 ]; then
	exits 71 "a folder that is closed to us"
	like "$err" "Permission denied" "is told as that"
fi
is "$(helper_pid alice)" "$old" "and ends no helper"
# Whose session is not quit, and held for the grace time.
stop_daemon TERM
start_daemon --grace $((2 + 2 * SLOW))
wait_until daemon_is alice connected && wait_until daemon_is bob connected
# Alice hears that bob was lost and is back only if she was there first: whatever she hears of him has come before his message.
run bob pchat send "both are back"
exits 0 "over a restart"
run alice pchat read
rm -r "$T/alice/run/pchat"
wait_until is_gone "$old" && wait_until has_partner bob null
run alice pchat login alice
exits 0 "whose session's files were removed logs in anew"
kill -KILL "$(helper_pid alice)"
run alice pchat status
wait_until daemon_is alice connected
run alice pchat read
unlike "$out" "bob" "and the new session is not told of the end of the other one's pair"
like "$out" "your session alice ended" "but of its own"

# A command that has its answer needs no helper any more: one that ends behind the answer, and cannot be started again,
# makes no refusal of it. (The command is stopped until both lie before it.)
has_said() { # USER TEXT
	(as "$1" pchat history --json 2>/dev/null) | jq -e --arg text "$2" -s 'any(.text == $text)' >/dev/null
}
run alice pchat to bob
slow=$(helper_pid bob)
kill -STOP "$slow"
spawn answered alice pchat send "said before the end"
wait_until sleeps "${pid_of[answered]}"
kill -STOP "${pid_of[answered]}"
kill -CONT "$slow"
wait_until has_said alice "said before the end" # it is there when the answer has come
old=$(helper_pid alice)
mv "$T/alice/state/pchat/alice" "$T/alice/aside"
: >"$T/alice/state/pchat/alice"
kill -TERM "$old"
wait_until is_gone "$old"
kill -CONT "${pid_of[answered]}"
reap answered
exits 0 "what was answered is delivered, whatever becomes of the helper behind that"
rm "$T/alice/state/pchat/alice"
mv "$T/alice/aside" "$T/alice/state/pchat/alice"

finish
