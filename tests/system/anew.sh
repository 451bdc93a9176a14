# Under the name of one's own session, when that is lost, a login begins anew at once (R8): after a boot, in a new runtime folder, when
# the old helper hangs. Whoever was there before ends, and takes nobody's place in turn.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

start_daemon
pair alice bob
run bob pchat read
add_user mallory
mkdir -m 0700 "$T/alice/run2" "$T/alice/state2"
chown "${uid_of[alice]}:${uid_of[alice]}" "$T/alice/run2" "$T/alice/state2"

# elsewhere PCHAT-ARGUMENT...: alice, with folders that know nothing of her first session.
elsewhere() {
	run alice env XDG_RUNTIME_DIR="$T/alice/run2" XDG_STATE_HOME="$T/alice/state2" pchat "$@"
}

helpers() { # how many alice has
	local pid n=0
	for pid in $(test_processes); do
		[[ $(words_of "$pid" cmdline | tr "\n" " ") == *"pchat-session"*" alice"* ]] || continue
		n=$((n + 1))
	done
	echo "$n"
}

one_helper() {
	[ "$(helpers)" -eq 1 ]
}

# ------------------------------------------------------------- one that is gone

elsewhere login alice
exits 9 "a session that lives keeps its name, also against its owner"
first=$(helper_pid alice)
kill -STOP "$first"
elsewhere login alice
exits 9 "and one whose helper hangs, as long as it is connected"
kill -KILL "$first"
wait_until has_unread_record bob lost
ok $? "the connection is lost"
run mallory pchat login alice
exits 9 "a lost session's name is nobody else's"
elsewhere login alice
exits 0 "its owner begins anew under it"
wait_until has_unread_record bob gone
ok $? "the partner is told that the old one is gone"
is "$(partner_of bob)" null "the pair is not taken over"
elsewhere to bob
exits 0 "the new session is one like any other"
run bob pchat send "to the new one"
exits 0 "which is written to"
elsewhere read --raw
is "$out" "to the new one" "and reads"

# ------------------------------------------------------------- one that comes back

first_is_gone() {
	[ ! -e "$T/alice/run/pchat/alice.session" ]
}
run alice pchat login --if-needed alice
exits 9 "login --if-needed hears that the session in the first folder is over, and that its name is taken"
run alice pchat -s alice who
wait_until first_is_gone
ok $? "the first folder's session cannot be taken up any more"
wait_until one_helper
ok $? "one helper runs"

# The daemon dies while the new session's helper hangs: now the first folder is faster.
second=$(pgrep -f "^[^ ]*pchat-session .*alice" | while read -r pid; do
	words_of "$pid" environ | grep -qx "XDG_RUNTIME_DIR=$T/alice/run2" && echo "$pid"
done)
kill -STOP "$second"
stop_daemon KILL
start_daemon
run alice pchat login alice
exits 0 "a session that is lost with its daemon gives way, too"
run alice pchat to bob
exits 0 "at once"
kill -CONT "$second"
wait_until is_gone "$second"
ok $? "its helper ends when it comes back"
is "$(partner_of bob)" alice "and has disturbed nobody"

# It comes back when the one that took its place has quit again.
third=$(helper_pid alice)
kill -STOP "$third"
stop_daemon KILL
start_daemon
elsewhere login alice
exits 0 "it gives way again"
elsewhere quit
exits 0 "to one that quits"
kill -CONT "$third"
wait_until is_gone "$third"
ok $? "the old helper ends all the same"
run bob pchat who --json
is "$(jq -r 'select(.name == "alice") | .name' <<<"$out")" "" "and nobody has the name"

# ------------------------------------------------------------- two folders, one name, a daemon that dies again and again

for ((round = 0; round < 20; round++)); do
	kill -KILL "$daemon_pid"
	reap daemon
	spawn one alice pchat login --timeout "$PATIENCE" alice
	spawn two alice env XDG_RUNTIME_DIR="$T/alice/run2" XDG_STATE_HOME="$T/alice/state2" pchat login --timeout "$PATIENCE" alice
	start_daemon
	reap one
	first=$status
	reap two
	[[ "$first $status" =~ ^(0|9)\ (0|9)$ ]] && [ "$first $status" != "9 9" ] || { [ "$first $status" = "9 9" ] && [ "$round" -gt 0 ]; } || break
done
is "$round" 20 "through twenty restarts each login begins, or is told that the name is in use ($first, $status)"
wait_until one_helper
ok $? "one stays" "$(helpers)"
run bob pchat who --json
is "$(jq -r 'select(.name == "alice") | .state' <<<"$out" | wc -l)" 1 "and is logged in"

finish
