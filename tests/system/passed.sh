# Descriptors that a stranger passes, whose last close blocks for an hour: nobody is kept waiting, whatever the kernel.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

if under_valgrind; then
	skip_all "a checker does not know the clone(2) of those who close"
fi
cp "$BUILDDIR/tests/system/passer" "$BUILDDIR/tests/system/oldkernel.so" "$T/"
chmod 0755 "$T/passer" "$T/oldkernel.so"
passer=$T/passer
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0

descriptors() { # PID
	find "/proc/$1/fd" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l
}

has_descriptors() { # PID MOST
	[ "$(descriptors "$1")" -le "$2" ]
}

no_children() { # PID
	[ -z "$(pgrep -P "$1")" ]
}

number=0
goes_on() { # NAME
	number=$((number + 1))
	run alice pchat send --timeout "$PATIENCE" "message $number"
	local sent=$status
	run bob pchat read --raw
	[ "$sent $out" = "0 message $number" ]
	ok $? "$1: alice and bob talk on" "send: $sent" "read: $out"
}

# What a peer that passed something saw: the kernel refused, or it was sent, and then the connection was closed.
ended() { # NAME
	like "$status ${out//$'\n'/ }" "^0 ($fate)$" "$1: the peer comes to its end"
}

back() { # NAME
	wait_until no_children "$daemon_pid"
	ok $? "$1: no child is left"
	wait_until has_descriptors "$daemon_pid" "$before"
	ok $? "$1: no descriptor is left" "$(descriptors "$daemon_pid") of $before" "$(ls -l "/proc/$daemon_pid/fd")"
}

# tries NAME SOCKET PID USER WAY...: each way to pass one to that process. It looks when the sender has given up its own, so that
# its own would be the last close.
tries() {
	local name=$1 socket=$2 pid=$3 user=$4 way
	shift 4
	for way; do
		kill -STOP "$pid"
		# shellcheck disable=SC2086 # a word or two
		spawn passes "$user" "$passer" "$socket" $way
		wait_until test -s "$T/passes.out"
		kill -CONT "$pid"
		reap passes
		ended "$name, $way"
		goes_on "$name, $way"
	done
}

# Whoever sets an option of the socket waits for its lock, which trudy holds. She has passed nothing before: what comes of who has
# is looked at first, and not taken; nor is anything while what came before is still being closed.
locked() { # NAME
	wait_until no_children "$daemon_pid"
	run root "$passer" "$PCHAT_SOCKET" locked "${uid_of[trudy]}"
	if [ "$status" -eq 77 ]; then
		skip 2 "$1, a locked socket: userfaultfd(2) is not for us"
		return
	fi
	is "$out" $'sent\nclosed\nlocked' "$1, a locked socket: the peer comes to its end"
	goes_on "$1, a locked socket"
}

# More connections than a uid may have: those beyond are closed with what they passed unread.
crowded() { # NAME
	kill -STOP "$daemon_pid"
	spawn crowd mallory "$passer" "$PCHAT_SOCKET" crowd 40
	wait_until has_crowd
	kill -CONT "$daemon_pid"
	goes_on "$1, forty at once"
	reap crowd
	exits 0 "$1, forty at once: they come to their end"
	is "$(grep -c '^closed$' <<<"$out")" "$(grep -c '^sent$' <<<"$out")" "$1, forty at once: each is closed"
}

has_crowd() {
	[ "$(wc -l <"$T/crowd.out")" -ge 40 ]
}

# scene NAME COMMAND...: a daemon and two who talk, run by COMMAND.
scene() {
	local name=$1
	shift
	wrapper=("$@")
	spawn daemon root "${wrapper[@]}" pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon"
	daemon_pid=${pid_of[daemon]}
	wait_until test -S "$PCHAT_SOCKET"
	for user in alice bob; do
		[ -d "$T/$user" ] || add_user "$user"
		run "$user" "${wrapper[@]}" pchat login "$user"
		[ "$status" -eq 0 ] || { ok 1 "$name: login of $user" "$err"; exit 1; }
	done
	run alice pchat to bob
	run bob pchat read
	before=$(descriptors "$daemon_pid")
}

clear_scene() {
	run alice pchat quit
	run bob pchat quit
	stop_daemon
}

all() { # NAME
	tries "$1" "$PCHAT_SOCKET" "$daemon_pid" mallory "read 1" oob nested "read 253" "read 1"
	back "$1"
	crowded "$1"
	back "$1, forty at once"
	tries "$1, a helper" "$T/alice/run/pchat/alice.sock" "$(helper_pid alice)" alice "read 1" oob nested "read 253"
	clear_scene
}

add_user mallory
add_user trudy
fate='refused|sent closed'
scene "this kernel" env
all "this kernel"

fate='sent closed'
scene "an older kernel" env LD_PRELOAD="$T/oldkernel.so"
run mallory "$passer" "$PCHAT_SOCKET" read
is "${out%%$'\n'*}" sent "an older kernel lets it through"
locked "an older kernel"
all "an older kernel"

cat >"$T/few" <<'SCRIPT'
#!/bin/bash
ulimit -n 100
exec "$@"
SCRIPT
chmod 0755 "$T/few"
scene "an older kernel, few descriptors" "$T/few" env LD_PRELOAD="$T/oldkernel.so"
all "an older kernel, few descriptors"

finish
