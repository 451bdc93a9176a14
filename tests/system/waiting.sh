# Who is waited for is told by whom (R12): once for each account until the chat is over; never of one who is refused.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

raw=$BUILDDIR/tests/system/rawclient
if ! setpriv --reuid=20000 --regid=20000 --clear-groups test -x "$raw"; then
	cp "$raw" "$T/rawclient"
	raw=$T/rawclient
fi

# Accounts that every system has; alice, bob, eve and mallory have none.
start_daemon
pair alice bob
login games mail news uucp eve mallory

# waits NAME USER PARTNER [SESSION]: USER's wait for PARTNER, as the job NAME, stands in the daemon's queue.
waits() {
	spawn "$1" "$2" pchat -s "${4:-$2}" to "$3" --wait
	wait_until sleeps "${pid_of[$1]}"
	run "$2" pchat -s "${4:-$2}" who # the daemon answers it after the wait
}

stop_waiting() { # NAME...
	local name
	for name; do
		kill -TERM "${pid_of[$name]}"
		reap "$name"
	done
}

# What alice has not read yet, of which the last has to come from that one.
told_up_to() { # NAME
	wait_until is_told "$1"
	run alice pchat read --json
	out=$(jq -r '"\(.type) \(.from)"' <<<"$out")
}

is_told() { # NAME
	(as alice pchat read --peek --json) 2>/dev/null | tail -n 1 | jq -e --arg name "$1" '.from == $name' >/dev/null
}

# --------------------------------------------------------------- it is told, and shown
waits first games alice
wait_until has_unread_record alice waiting
ok $? "R12: who is waited for is told"
is "$(partner_of alice) $(partner_of games)" "bob null" "and nothing else changes"
is "$(unread_of alice)" 0 "it is no message"
run alice pchat read --peek --raw
is "$status $out" "1 " "nor part of --raw"
run alice pchat read --peek
like "$out" '^\[....-..-.. ..:..:..\] \* games would like to chat with you$' "it is said by whom"
run alice pchat read --json
is "$(jq -r '"\(.type) \(.from) \(.account) \(.uid) \(has("text"))"' <<<"$out")" \
	"waiting games games ${uid_of[games]} false" "a script is told the account too"
run alice pchat history
like "$out" '\] \* games would like to chat with you$' "the history has it"
run alice pchat history --json
is "$(jq -r 'select(.type == "waiting") | .from' <<<"$out")" games "also for scripts"
run bob pchat read --json
unlike "$out" waiting "the other one of the pair is not told"

# --------------------------------------------------------------- once for each account
run games pchat login gamer
waits second games alice gamer
stop_waiting first
waits first games alice games
waits third mail alice
told_up_to mail
is "$out" "waiting mail" "R12: once for each account, whatever it does and calls itself"
stop_waiting first second third

waits first eve alice
waits second mallory alice
waits third news alice
told_up_to news
is "$out" "waiting eve
waiting news" "R12: uids that are no account's count as one"
stop_waiting first second third

# --------------------------------------------------------------- not of one who is refused
run alice pchat block uucp
run uucp pchat to alice --wait
exits 6 "who is blocked cannot wait"
run alice pchat unblock uucp
run alice pchat dnd on
run uucp pchat to alice --wait
exits 6 "nor anybody while contact is refused"
run alice pchat dnd off
run alice pchat notes off
waits first uucp alice
run alice pchat notes on
stop_waiting first
run alice pchat read
exits 1 "R12: and nothing is told of it, nor with notes off"

# --------------------------------------------------------------- it is no answer
run alice pchat leave
run alice pchat to bob
run bob pchat read
spawn question alice pchat ask "shall we?"
wait_until has_unread bob 1
waits first uucp alice
told() {
	(as alice pchat history) | grep -q 'uucp would like'
}
wait_until told
run bob pchat send "we shall"
reap question
is "$status $out" "0 we shall" "a wait is no answer to a question"
stop_waiting first

# --------------------------------------------------------------- another chat
run alice pchat leave
run alice pchat to bob
run alice pchat read
waits first games alice
told_up_to games
is "$out" "waiting games" "R12: in another chat it is told again"

# --------------------------------------------------------------- whoever is away is told when back
kill -KILL "$(helper_pid alice)"
wait_until has_unread_record bob lost
waits second news alice
told_up_to news
like "$out" '(^|
)waiting news$' "a session that was lost is told when it is back"
unlike "$out" "waiting games" "and not of the same account again"
stop_waiting first second

# --------------------------------------------------------------- an older helper
spawn old eve "$raw" "$PCHAT_SOCKET" hello "login older" "expect WELCOME" "to mallory" "expect RESULT ok" \
	"expect MSG the end" linger
wait_until has_partner mallory older
waits first games older
run mallory pchat send --timeout "$(span 300)" "the end"
wait_until has_line "$T/old.out" "the end"
unlike "$(cat "$T/old.out")" "WAITING|0x88|type 136" "an older helper is told nothing that it does not know"
stop_waiting first
spawn new eve "$raw" "$PCHAT_SOCKET" "hello 1 4" "login newer" "expect WELCOME" linger
wait_until has_line "$T/new.out" WELCOME
run news pchat to newer
waits first games newer
wait_until has_line "$T/new.out" "WAITING name=games account=games uid=${uid_of[games]}"
ok $? "one that says it knows is told"
stop_waiting first
kill -TERM "${pid_of[old]}" "${pid_of[new]}"
reap old
reap new

# --------------------------------------------------------------- in a chat at a terminal
if command -v tmux >/dev/null; then
	. "$SRCDIR/tests/system/terminal.sh"
	run alice pchat to bob
	terminal alice 80 24
	type_keys 'pchat chat' Enter
	shows '^to bob> *$' "a chat"
	type_keys 'half a line'
	waits first mail alice
	shows '^\[..:..\] \* mail would like to chat with you$' "R12: is told in the chat"
	shows '^to bob> half a line$' "beside what is typed"
	stop_waiting first
	close_terminal
else
	skip "tmux is not installed" "R12: is told in the chat"
fi

# --------------------------------------------------------------- a session that is over
run alice pchat leave
run alice pchat to bob
run alice pchat read
waits first games alice
told_up_to games
run alice pchat quit
exits 0 "who is waited for may log out"
reap first
exits 5 "R12: which ends the wait"
login alice
run alice pchat to bob
waits first games alice
told_up_to games
is "$(tail -n 1 <<<"$out")" "waiting games" "R12: and is told again in its next session"
stop_waiting first
run alice pchat quit
stop_daemon
exits 0 "the daemon keeps nothing of a session that is over" # a sanitizer, or valgrind, says so

finish
