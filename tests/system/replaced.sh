# A helper that was stopped, replaced, and goes on later: nothing that it still does counts.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
run bob pchat read
inbox=$T/bob/state/pchat/bob
run=$T/bob/run

# As long as its locks are there a stopped helper keeps every other one out.
old=$(helper_pid bob)
kill -STOP "$old"
run bob pchat-session --resume bob
exits 1 "a stopped helper is not replaced while its locks are there"
run bob pchat status --timeout "$(span 500)"
exits 124 "a command of a session whose helper is stopped waits no longer than it may"
run bob pchat status --prompt
exits 0 "and the prompt not even so long"

# A message, and an acknowledgement, that it has not read yet.
kill -CONT "$old"
kill -STOP "$(helper_pid alice)"
spawn from_bob bob pchat send --timeout $PATIENCE "from bob"
settle from_bob bob
kill -STOP "$old"
kill -CONT "$(helper_pid alice)"
wait_until has_unread alice 1
ok $? "an acknowledgement is under way to a helper that is stopped"
spawn from_alice alice pchat send --timeout $PATIENCE "from alice"
settle from_alice alice
spawn follower bob pchat read -f --raw # the old helper's, too
wait_until sleeps "${pid_of[follower]}"

# What keeps its place is removed under it, as by a cleaner of temporary files; the next command starts another one.
rm "$run/pchat/bob.lock" "$run/pchat/bob.sock" "$inbox/inbox.db.lock"
run bob pchat status --json
exits 0 "another helper takes the session up"
is "$(jq -r '"\(.name) \(.partner)"' <<<"$out")" "bob alice" "with its pair"
new=
for pid in $(test_processes); do
	[ "$pid" != "$old" ] && grep -qz pchat-session "/proc/$pid/cmdline" 2>/dev/null &&
		grep -qzx "XDG_RUNTIME_DIR=$run" "/proc/$pid/environ" && new=$pid
done
[ -n "$new" ]
ok $? "beside the one that is stopped"
reap from_alice
exits 0 "the message that the old one had not read is delivered to the new one"
run alice pchat send "behind it"
exits 0 "as is the next one"
is "$(as bob pchat read --peek --raw)" $'from alice\nbehind it' "in order, each once"

kill -CONT "$old"
wait_until is_gone "$old"
ok $? "the old one goes on, and ends"
reap from_bob
exits 0 "a command of the old one's ends in the truth: it was delivered"
wait_until has_line "$T/follower.out" "behind it"
is "$(cat "$T/follower.out")" $'from alice\nbehind it' "a reader of the old one's goes on with the new one"
! is_gone "$new" && [ -S "$run/pchat/bob.sock" ]
ok $? "whose socket is still there"
is "$(as alice pchat read --raw)" "from bob" "what bob sent is there once"
run alice pchat send "at last"
exits 0 "and all goes on"
wait_until has_line "$T/follower.out" "at last"
ok $? "on both sides"
is "$(as bob pchat history --json | jq -rs 'map(select(.from == "alice")) | map(.text // .type) | join(" ")')" \
	"paired from alice behind it at last" "and in the history as well"
run bob pchat quit
reap follower
exits 0 "until the session ends"

finish
