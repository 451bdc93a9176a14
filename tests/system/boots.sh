# Where the registry lives, and for how long (D6): in the runtime folder, over every restart of the daemon and of its older versions, and
# never over a boot of the host. And whose locks are taken for ours.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

state=$T/state runtime=$T/runtime
mkdir -m 0755 "$runtime"

# at_home [OPTION]...: the daemon, as the host's own is started.
at_home() {
	start_daemon --state "$state" --runtime "$runtime" "$@"
}

# The host was started again since the daemon ended: nobody of before lives, and what is in the folders is from then.
boot() {
	local lock user pid
	stop_daemon
	for user in alice bob; do
		while pid=$(helper_pid $user); do
			kill -KILL "$pid"
			wait_until is_gone "$pid"
		done
	done
	for lock in "$PCHAT_SOCKET.lock" "$state/registry.lock" "$runtime/registry.lock"; do
		[ ! -s "$lock" ] || printf '%s\n' "123 00000000-1111-2222-3333-444444444444" >"$lock"
	done
}

# ------------------------------------------------------------- the runtime folder

at_home
pair alice bob
[ -e "$runtime/registry.db" ] && [ ! -e "$state/registry.db" ]
ok $? "the registry is in the runtime folder"
is "$(stat -c %a "$runtime/registry.db")" 600 "and nobody else reads it"
stop_daemon KILL
at_home
wait_until has_partner alice bob && wait_until has_partner bob alice
ok $? "a daemon that was killed is succeeded by one that knows everybody"
unlike "$(cat "$T/daemon.err")" "lost" "and has lost nothing"

# ------------------------------------------------------------- an older version kept it in the state folder

stop_daemon
mv "$runtime"/registry.db* "$state/"
rm -f "$runtime/registry.lock" "$PCHAT_SOCKET.lock"
at_home
like "$(cat "$T/daemon.err")" "registry: taken over from '$state'" "that of an older pchatd is taken over"
unlike "$(cat "$T/daemon.err")" "was lost" "and is not called lost"
wait_until has_partner alice bob && wait_until has_partner bob alice
ok $? "with every pair"
run alice pchat send "through the upgrade"
exits 0 "and its messages"
ls "$state"/registry.db* >/dev/null 2>&1
is $? 2 "once: nothing of it stays there"
stop_daemon
cp "$runtime/registry.db" "$state/registry.db"
at_home
wait_until has_partner alice bob
ok $? "one that appears beside a newer one"
[ ! -e "$state/registry.db" ]
ok $? "is not looked at"
stop_daemon
head -c 9000 /dev/urandom >"$state/registry.db"
rm -f "$runtime"/registry.*
at_home --grace 1
like "$(cat "$T/daemon.err")" "as those who were here before come back" "a damaged one of an older pchatd is a lost one"
wait_until daemon_is alice connected && wait_until daemon_is bob connected
ok $? "whose sessions come back"
run alice pchat leave
try_pair() {
	run alice pchat to bob
	[ "$status" -eq 0 ]
}
wait_until try_pair
ok $? "and may be paired again"

# ------------------------------------------------------------- a boot

add_user mallory
boot
at_home
unlike "$(cat "$T/daemon.err")" "lost" "after a boot nothing is called lost"
run mallory pchat login alice
exits 0 "no session of before holds its name"
run mallory pchat quit
run alice pchat login alice
exits 0 "its owner logs in as on any day"
run bob pchat login bob
exits 0 "and the partner"
is "$(partner_of alice)" null "nobody is in a pair of before"

# With the registry on a disk, as with --state alone, it is the same.
runtime=$state
stop_daemon
start_daemon --state "$state"
wait_until daemon_is alice connected
wait_until try_pair
boot
start_daemon --state "$state"
unlike "$(cat "$T/daemon.err")" "lost" "on a disk, too, nothing is called lost after a boot"
run mallory pchat login alice
exits 0 "and nobody holds a name"
run mallory pchat quit
stop_daemon

# ------------------------------------------------------------- locks in a folder that everybody writes to

mkdir -m 1777 "$T/shared"
echo precious >"$T/shared/precious"
PCHAT_SOCKET=$T/shared/here.sock
(as mallory bash -c "exec 9>'$T/shared/here.sock.lock' && chmod 0666 '$T/shared/here.sock.lock' && flock -n 9 && sleep 60") &
wait_until test -e "$T/shared/here.sock.lock"
run root pchatd --detach --socket "$PCHAT_SOCKET" --state "$T/other"
exits 1 "a lock that somebody else has made is not taken for ours"
like "$err" "here.sock.lock'.*(somebody else|Permission denied)" "which is said"
kill $!
rm -f "$T/shared/here.sock.lock"
ln "$T/shared/precious" "$T/shared/here.sock.lock"
run root pchatd --detach --socket "$PCHAT_SOCKET" --state "$T/other"
exits 1 "nor one that is a file of ours"
is "$(cat "$T/shared/precious")" precious "which is not written to"

finish
