# Pairing: R4 to R7, R9, R10; exit statuses 5, 6, 7, 8.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice bob carol dave

# ------------------------------------------------------------------------- R4

run alice pchat to nobody
exits 5 "R4: nobody of that name is online"
run alice pchat to Alice
exits 6 "R4: one is not one's own partner"
like "$err" "yourself" "R4: which is told from other reasons"
run alice pchat leave
exits 7 "R7: nobody to leave"
run alice pchat send x
exits 7 "R10: nobody to send to"
like "$err" "nobody is chatting with you" "R10: it says so"

run alice pchat to BOB
exits 0 "R4: a pair is made, whatever the case"
run alice pchat to bob
exits 0 "R4: to be paired with him already is success"
run bob pchat to alice
exits 0 "R4: from the other side too"
run bob pchat read --json
is "$(jq -r '"\(.type) \(.from) \(.uid)"' <<<"$out")" "paired alice ${uid_of[alice]}" \
	"R4: bob is told once, by name and account"
run alice pchat read
exits 1 "R4: alice, who asked for it, need not be told"

if is_root; then # several accounts
	login games
	add_user mail
	run mail pchat login postman
	run alice pchat to games
	is "$err" "chatting with games" "who has the name of the account is told by that alone"
	run alice pchat to PostMan
	is "$err" "chatting with postman (account mail)" "else the account is told"
	run alice pchat to --quiet games
	is "$err" "" "but not with --quiet"
	run alice pchat to bob
	is "$err" "chatting with bob (uid ${uid_of[bob]})" "or the uid of one that has no account"
	run games pchat quit
	run mail pchat quit
	run bob pchat read
else
	skip "several accounts take root" "whose account is told"
fi

# ---------------------------------------------------------------------- R4, R5

run carol pchat to dave
exits 0 "a second pair"
run alice pchat to nobody
exits 5 "R4: an unknown name"
run alice pchat to alice
exits 6 "R4: oneself"
run alice pchat to carol
exits 6 "R5: somebody in another pair"
like "$err" "chatting with somebody else" "R5: is busy"
run alice pchat --json to dave
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "6 busy" "R5: from either side"
is "$(partner_of alice) $(partner_of bob) $(partner_of carol) $(partner_of dave)" "bob alice dave carol" \
	"R4, R5: refusals changed nothing"
run alice pchat send "still us"
exits 0 "R4: alice's pair goes on"
is "$(as bob pchat read --raw)" "still us" "R5: and nobody else reads it"
run carol pchat read
exits 1 "R5: carol has nothing"

# ------------------------------------------------------------------------- R7

run bob pchat leave
exits 0 "R7: bob leaves"
is "$(partner_of alice) $(partner_of bob)" "null null" "R7: both are free, and logged in"
run alice pchat read --json
is "$(jq -r '"\(.type) \(.from)"' <<<"$out")" "left bob" "R7: alice is told that bob left"
run alice pchat send x
exits 7 "R10: her message is refused"
like "$err" "left" "R10: and she is told why"
run bob pchat read
exits 1 "R9: it reached nobody"

run carol pchat quit
exits 0 "R7: carol quits"
run dave pchat read --json
is "$(jq -r 'select(.type != "paired") | "\(.type) \(.from)"' <<<"$out")" "quit carol" "R7: dave is told that she quit"
run dave pchat send x
exits 7 "R10: and his message is refused"
like "$err" "quit" "R10: with the reason"
run dave pchat to carol
exits 5 "R7: she is not online any more"
login carol
run dave pchat read
exits 1 "R7: her name is free at once"

# ------------------------------------------------------------ R4: changing over

run alice pchat to bob
run bob pchat read
run alice pchat to carol
exits 0 "R4: alice turns to carol"
run bob pchat read --json
is "$(jq -r '"\(.type) \(.from)"' <<<"$out")" "left alice" "R4: bob is told that she left"
is "$(partner_of alice) $(partner_of bob) $(partner_of carol)" "carol null alice" "R4: the new pair stands"
run bob pchat send "for alice"
exits 7 "R9: what bob says now is refused"
run carol pchat read --json
is "$(jq -r .type <<<"$out")" paired "R9: and not delivered to a later partner"

# ------------------------------------------------------------------------- R6

spawn first bob pchat to carol --wait
settle first bob
spawn second dave pchat to carol --wait
settle second dave
is "$(partner_of bob)" null "R6: a waiter keeps its state"
run alice pchat leave
reap first
exits 0 "R6: the first that waited is paired"
! is_gone "${pid_of[second]}"
ok $? "R6: the second goes on waiting"
is "$(partner_of carol)" bob "R6: first come, first served"
run bob pchat leave
reap second
exits 0 "R6: then it is the second's turn"
is "$(partner_of carol)" dave "R6: and the pair is made in one step"
run dave pchat leave

run alice pchat to bob
spawn first carol pchat to dave --wait
reap first
exits 0 "R6: whoever is free is not waited for"
spawn first alice pchat to carol --wait
settle first alice
is "$(partner_of alice)" bob "R6: alice, who waits for carol, is bob's partner still"
spawn second carol pchat to alice --wait
reap first
exits 0 "R6: two that wait for each other match at once"
reap second
exits 0 "R6: both of them"
is "$(partner_of alice) $(partner_of bob) $(partner_of carol) $(partner_of dave)" "carol null alice null" \
	"R6: and their partners are free"

run bob pchat to carol --wait="$(span 200)"
exits 124 "R6: a wait may have an end"
run alice pchat leave
is "$(partner_of bob)" null "R6: whose waiter is out of the queue"
# However short the wait, what is asked for is answered once, and that is true.
run alice pchat to carol
for wait in --wait=0 "--wait --timeout 0" --wait=0.002; do
	for i in 1 2 3 4 5; do
		run bob pchat leave
		# shellcheck disable=SC2086 # a list of words
		run bob pchat to dave $wait
		[ "$status $(partner_of bob)" = "0 dave" ] || break
	done
	is "$status $(partner_of bob)" "0 dave" "R6: $wait pairs with who is free, and says so, each time"
	run bob pchat leave
	# shellcheck disable=SC2086
	run bob pchat to carol $wait
	exits 124 "R6: $wait: who is not free is not waited for"
	like "$err" "^pchat: carol: not free in time" "R6: $wait: which is said"
	run alice pchat leave
	is "$(partner_of bob) $(partner_of carol)" "null null" "R6: $wait: and nobody is in the queue then"
	run alice pchat to carol
	# shellcheck disable=SC2086
	run bob pchat to nobody $wait
	exits 5 "R6: $wait: who is not there is no one to wait for"
done
kill -STOP "$daemon_pid"
run bob pchat to carol --wait=0
kill -CONT "$daemon_pid"
exits 124 "a daemon that does not answer"
like "$err" "it may still be done" "R6: is not taken for somebody who is not free"
run bob pchat who
is "$(partner_of bob)" null "R6: and the wait that it never took does not last"

run alice pchat to carol
spawn first bob pchat to carol --wait
settle first bob
kill -TERM "${pid_of[first]}"
reap first
run dave pchat who
run alice pchat leave
is "$(partner_of bob)" null "R6: as is one whose command was stopped"
run alice pchat to carol
spawn first bob pchat to carol --wait
settle first bob
run dave pchat to bob
exits 0 "R6: a waiter is free for others"
reap first
exits 6 "R6: and out of the queue when it is paired"
run alice pchat leave
is "$(partner_of bob)" dave "R6: where it stays"
run carol pchat to alice
spawn first bob pchat to alice --wait
settle first bob
run bob pchat quit
reap first
exits 3 "R6: a waiter that quits is out of the queue"
run alice pchat leave
is "$(partner_of alice)" null "R6: and nobody's partner"
spawn first dave pchat to nobody --wait
reap first
exits 5 "R6: one waits only for somebody who is online"

run carol pchat to alice
spawn first dave pchat to alice --wait
settle first dave
run dave pchat to nobody --wait
exits 5 "R6: a later wait may be refused"
run carol pchat leave
reap first
exits 0 "R6: which leaves the earlier one as it was"
is "$(partner_of dave)" alice "R6: with what it waited for"
run dave pchat leave
run carol pchat to alice
spawn first dave pchat to alice --wait
settle first dave
spawn second dave pchat to alice --wait
reap first
exits 6 "R6: a later wait that is taken ends the earlier one"
kill -TERM "${pid_of[second]}"
reap second
run dave pchat who
run carol pchat leave
is "$(partner_of dave)" null "R6: and is the only one, until its command is stopped"

# ----------------------------------------------------------------- exit status 8

run carol pchat to alice
mkfifo "$T/pipe"
spawn first carol bash -c 'pchat send -l <"$1"' - "$T/pipe"
exec 7>"$T/pipe"
echo "one" >&7
wait_until has_unread alice 1
run alice pchat leave
reap first
exec 7>&-
exits 8 "the partner left in the middle of a stream, which ends at once"
run alice pchat read --raw
is "$out" one "which has what was sent until then"

finish
