# Stopped, killed and replaced in the middle of a stream: nothing is lost, doubled or out of order, and the daemon
# ends when it is asked to.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

# The daemon runs from a folder of its own, so that it can be replaced.
mkdir -m 0755 "$T/version"
cp "$programs/pchatd" "$T/version/"
PATH=$T/version:$PATH
start_daemon
add_user bob
run bob pchat login --max-unread 10000000 --max-unread-bytes 1000000000 bob
login alice
run alice pchat to bob
run bob pchat read

# A stream that ends when $T/enough is there, however fast it is, and counts its lines in $T/alice/lines.
cat >"$T/stream" <<'SCRIPT'
for ((n = 0; ; n += 1000)); do
	[ ! -e "$1" ] || { echo $n >"$2"; break; }
	seq $((n + 1)) $((n + 1000))
done
SCRIPT

sender() {
	rm -f "$T/enough"
	spawn sender alice bash -c 'bash "$0" "$1" "$2" | pchat send -l --timeout "$3"' "$T/stream" "$T/enough" "$T/alice/lines" $PATIENCE
	started=$(unread_of bob)
	wait_until more_than "$started"
	ok $? "$1: the stream runs"
}

more_than() {
	[ "$(unread_of bob)" -gt "$1" ]
}

# The stream ended well, and bob has it.
arrived() { # NAME
	local lines
	touch "$T/enough"
	reap sender
	lines=$(cat "$T/alice/lines")
	exits 0 "$1: the sender is told that all of it was delivered"
	(as bob pchat read --raw) >"$T/got"
	seq "$lines" | cmp -s - "$T/got"
	ok $? "$1: and it is: every line once, in order" "$(wc -l <"$T/got") lines of $lines" \
		"$(seq "$lines" | diff - "$T/got" | head -n 5)"
}

sender "SIGTERM to the daemon"
began=$EPOCHREALTIME
stop_daemon TERM
exits 0 "SIGTERM: it ends with success"
took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
[ "$took" -lt $((2000 * SLOW)) ]
ok $? "SIGTERM: within 2 s under load" "$took ms"
start_daemon
arrived "SIGTERM to the daemon"

sender "a new daemon over the old one"
cp "$T/version/pchatd" "$T/version/pchatd.new"
mv "$T/version/pchatd.new" "$T/version/pchatd"
stop_daemon TERM
start_daemon
arrived "a new daemon over the old one"

sender "SIGKILL to the daemon"
stop_daemon KILL
start_daemon
arrived "SIGKILL to the daemon"

sender "SIGKILL to the sender's helper"
kill -KILL "$(helper_pid alice)"
arrived "SIGKILL to the sender's helper"

sender "SIGKILL to the receiver's helper"
kill -KILL "$(helper_pid bob)"
run bob pchat status
arrived "SIGKILL to the receiver's helper"

sender "SIGKILL to all three"
kill -KILL "$(helper_pid alice)" "$(helper_pid bob)" "$daemon_pid"
reap daemon
start_daemon
run bob pchat status
arrived "SIGKILL to all three"
is "$(partner_of alice) $(partner_of bob)" "bob alice" "the pair is what it was"

finish
