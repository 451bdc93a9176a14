# The daemon's registry (D6): lost, damaged, on a disk that cannot be written; and what a thief can make of it (R5, R8).
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

# The grace of a daemon whose registry was lost: long enough to come back within it, and waited for by who is new.
GRACE=$((3 + 2 * SLOW)) LONG=$((2 * PATIENCE))
start_daemon
pair alice bob
run bob pchat read
for user in carol mallory; do
	add_user "$user"
done
raw=$T/rawclient
cp "$BUILDDIR/tests/system/rawclient" "$raw"
registry=$T/daemon/registry.db

# A pair's id can be guessed by whoever was paired a moment later: theirs is the one before.
run carol pchat login --timeout $LONG carol
run mallory "$raw" "$PCHAT_SOCKET" hello "login spy" "expect WELCOME" "to carol" "expect RESULT ok" quit "expect RESULT"
guess=$(($(grep -oE 'pair=[0-9]+' <<<"$out" | head -n 1 | cut -d= -f2) - 1))
run carol pchat quit
cast="with=bob uid=${uid_of[bob]}"

# The daemon dies, and so does its registry; alice's helper is slow to come back, and all others are faster.
lose_registry() { # COMMAND...
	stopped=$(helper_pid alice)
	kill -STOP "$stopped"
	stop_daemon KILL
	"$@"
	start_daemon --grace $GRACE
}

damage() {
	head -c 20000 /dev/urandom >"$registry"
	head -c 20000 /dev/urandom >"$registry-wal"
}

back_together() { # NAME
	kill -CONT "$stopped"
	wait_until has_partner alice bob && wait_until has_partner bob alice
	ok $? "$1: both sides are back, in their pair"
	run bob pchat send "to alice alone: $1"
	exits 0 "$1: and they talk"
	is "$(as alice pchat read --raw | tail -n 1)" "to alice alone: $1" "$1: to each other"
}

lose_registry damage
like "$(cat "$T/daemon.err")" "registry.*damaged.*set aside as '$registry.corrupt-" "a damaged registry is reported"
like "$(cat "$T/daemon.err")" "for $GRACE s nobody logs in anew" "and what that means"
compgen -G "$registry.corrupt-*" >/dev/null
ok $? "it was set aside"
spawn thief mallory pchat login --timeout $LONG alice
spawn newcomer carol pchat login --timeout $LONG carol
wait_until daemon_is bob connected
spawn sender bob pchat send --timeout $LONG "over the loss"
settle sender bob
is "$(partner_of bob)" alice "a pair whose other side is not back yet is held"
back_together "damaged"
reap sender
exits 0 "a message that was sent meanwhile rides it out"
reap thief
exits 9 "the thief of a name was faster, and is refused"
reap newcomer
exits 0 "who is new waits until those who were here are back"
run carol pchat quit
is "$(as bob pchat read --json | jq -r .type | tr '\n' ' ')" "lost back " "the partner is told of a lost connection, no more"

lose_registry rm -r "$T/daemon"
like "$(cat "$T/daemon.err")" "registry was lost" "a missing registry is reported as well"
for claim in "carol $cast" "alicia $cast" "spy with=alice uid=${uid_of[alice]}" "spy2 with=spy2 uid=${uid_of[mallory]}"; do
	spawn "spy-${claim%% *}" mallory "$raw" "$PCHAT_SOCKET" hello "login ${claim%% *} resume pair=$guess ${claim#* }" \
		"expect WELCOME" "to bob" "expect RESULT" linger
done
wait_until daemon_is bob connected
wait_until has_line "$T/spy-spy2.out" RESULT
run mallory "$raw" "$PCHAT_SOCKET" hello "login late resume" "expect WELCOME" "to bob" "expect RESULT refuses" \
	"to nobody-yet" "expect RESULT starting" quit
exits 0 "nobody can make contact with who waits for a partner, and who is not there may come back yet"
is "$(partner_of bob)" alice "who guesses the id of a pair cannot break it"
back_together "missing"
for claim in carol alicia spy spy2; do
	kill -KILL "${pid_of[spy-$claim]}"
	reap "spy-$claim"
	unlike "$out" 'PAIRED|MSG' "'$claim' is paired with nobody"
done
is "$(as bob pchat read --json | jq -r .type | tr '\n' ' ')" "lost back " "and nothing of that is heard"

lose_registry rm -r "$T/daemon"
wait_until daemon_is bob connected
stop_daemon KILL
start_daemon --grace $GRACE
like "$(cat "$T/daemon.err")" "registry was lost" "a daemon that died before all could come back is succeeded by one that waits for them, too"
kill -KILL "$(helper_pid bob)"
spawn thief mallory pchat login --timeout $LONG alice
run bob pchat status
wait_until daemon_is bob connected
is "$(partner_of bob)" alice "whose helper was killed as well is still in the pair"
back_together "twice"
reap thief
exits 9 "and the thief is refused"
run bob pchat read

lose_registry rm -r "$T/daemon"
wait_until daemon_is bob connected
run bob pchat leave
exits 0 "who does not want to wait for the partner leaves"
kill -CONT "$stopped"
wait_until daemon_is alice connected
run alice pchat send "to nobody"
wait_until has_partner alice null && wait_until has_partner bob null
ok $? "and is not paired again when it comes back"

pair_up() {
	run alice pchat to bob
	[ "$status" -eq 0 ]
}
wait_until pair_up
lose_registry rm -r "$T/daemon"
wait_until has_unread_record bob gone
ok $? "a partner that does not come back within the grace time is gone"
kill -CONT "$stopped"
wait_until has_partner alice null

# ------------------------------------------------------------ a disk that is full

small=$T/small
if mkdir "$small" && mount -t tmpfs -o size=200k,mode=0700 tmpfs "$small" 2>/dev/null; then
	stop_daemon
	start_daemon --state "$small" --grace $GRACE
	wait_until pair_up
	ok $? "a registry on a small disk"
	dd if=/dev/zero of="$small/fill" bs=4k status=none 2>/dev/null
	n=0
	while [ "$n" -lt 100 ]; do # as long as the log has room
		run carol pchat login --timeout $LONG "carol$((++n))"
		[ "$status" -eq 0 ] || break
		run carol pchat quit
	done
	exits 71 "a login that cannot be recorded is refused"
	like "$err" "the daemon could not record it: .*its log" "by the daemon, and that is told"
	run carol pchat who
	exits 3 "and has left nothing"
	run alice pchat send "meanwhile"
	exits 0 "everybody else goes on"
	run alice pchat leave
	exits 0 "and may leave"
	run alice pchat to bob
	exits 71 "no pair is made that cannot be recorded"
	like "$err" "the daemon could not record it: .*its log" "which is told in the same words"
	rm "$small/fill"
	wait_until has_line "$T/daemon.err" 'registry: written again'
	ok $? "with room again the registry is brought up to date"
	is "$(grep -c 'registry: cannot be written' "$T/daemon.err")" 1 "that it could not be written was told once"
	run carol pchat login carol
	exits 0 "and who is new may log in"
	stop_daemon KILL
	start_daemon --state "$small"
	run mallory pchat login carol
	exits 9 "with all that was missed on the disk"
	wait_until daemon_is alice connected
	is "$(partner_of alice)" null "a pair that ended meanwhile, too"
	stop_daemon
	umount "$small"
else
	skip "mounting takes root" "a registry on a full disk"
fi

# A row that breaks a rule (here a second one of a name) is no session, and goes: it would take its name at each start.
rows() { # STATEMENT
	/usr/bin/python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(*[row[0] for row in db.execute(sys.argv[2])])
db.commit()' "$registry" "$1"
}

if /usr/bin/python3 -c 'import sqlite3' 2>/dev/null; then
	start_daemon
	add_user zoe
	run zoe pchat login --timeout $LONG zoe
	stop_daemon KILL
	rows "INSERT INTO session SELECT randomblob(16), 'Zoe', uid, since, 9223372036854775807, policy FROM session WHERE name = 'zoe'"
	start_daemon
	wait_until daemon_is zoe connected
	ok $? "a second row of a name takes it from nobody"
	like "$(cat "$T/daemon.err")" "registry: session 'Zoe' cannot be taken over" "and is told of"
	stop_daemon KILL
	is "$(rows "SELECT name FROM session WHERE lower(name) = 'zoe'")" zoe "once: it is not there any more"
else
	skip "no /usr/bin/python3" "a row that breaks a rule goes"
fi

finish
