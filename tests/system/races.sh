# Start races: whatever starts at once, one survives, and it can be reached.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

ROUNDS=${RACE_ROUNDS:-5}
add_user alice

# Starts that many jobs at once: all wait for one lock.
at_once() { # USER NUMBER COMMAND...
	local user=$1 number=$2 i
	shift 2
	exec 7>"$T/gate"
	flock 7
	racers=()
	for ((i = 0; i < number; i++)); do
		# shellcheck disable=SC2016 # for the inner shell
		(as "$user" bash -c 'flock -s "$1" true; shift; exec "$@"' - "$T/gate" "$@") \
			>"$T/race.$i" 2>&1 </dev/null 7>&- &
		racers+=($!)
	done
	flock -u 7
	exec 7>&-
}

living() {
	local pid n=0
	for pid in "${racers[@]}"; do
		is_gone "$pid" || n=$((n + 1))
	done
	echo "$n"
}

one_lives() {
	[ "$(living)" -eq 1 ]
}

bad=0
for ((round = 0; round < ROUNDS; round++)); do
	at_once root 20 pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon"
	wait_until one_lives || { bad=$((bad + 1)); note "round $round: $(living) daemons live"; }
	run alice pchat login alice
	[ "$status" -eq 0 ] || { bad=$((bad + 1)); note "round $round: $err"; }
	run alice pchat quit
	kill "${racers[@]}" 2>/dev/null
	wait "${racers[@]}" 2>/dev/null
	[ ! -e "$PCHAT_SOCKET" ] || { bad=$((bad + 1)); note "round $round: a socket was left"; }
done
is "$bad" 0 "20 daemons at once: one lives, and is reachable ($ROUNDS rounds)"

start_daemon
bad=0
for ((round = 0; round < ROUNDS; round++)); do
	at_once alice 20 pchat login alice
	winners=0
	for pid in "${racers[@]}"; do
		wait "$pid"
		case $? in
		0) winners=$((winners + 1)) ;;
		9) ;;
		*) bad=$((bad + 1)) && note "round $round: a login of another end" "$(cat "$T"/race.*)" ;;
		esac
	done
	[ "$winners" -eq 1 ] || { bad=$((bad + 1)); note "round $round: $winners won"; }
	run alice pchat status --json
	[ "$(json_says "$out" daemon)" = connected ] || { bad=$((bad + 1)); note "round $round: $out $err"; }
	run alice pchat quit
	[ "$status" -eq 0 ] || { bad=$((bad + 1)); note "round $round: quit: $err"; }
done
is "$bad" 0 "20 logins of one name at once: one has it ($ROUNDS rounds)"
stop_daemon

if [ ! -e /run/pchat/pchat.sock ]; then
	unset PCHAT_SOCKET
	bad=0
	for ((round = 0; round < ROUNDS; round++)); do
		at_once alice 2 bash -c 'pchat login "s$$"'
		wait "${racers[@]}"
		daemons=0
		for pid in $(test_processes); do
			grep -qz pchatd "/proc/$pid/cmdline" 2>/dev/null && daemons=$((daemons + 1))
		done
		[ "$daemons" -eq 1 ] || { bad=$((bad + 1)); note "round $round: $daemons daemons"; }
		for session in $(as alice pchat __complete sessions 2>/dev/null | cut -f1); do
			run alice pchat -s "$session" quit
		done
	done
	is "$bad" 0 "two logins at once start one daemon of the user's own"
fi

finish
