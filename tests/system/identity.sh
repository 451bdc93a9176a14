# Who is who: the kernel tells, at both sockets; nothing of one user is open to another.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

start_daemon
pair alice bob
add_user mallory

run alice pchat who --json
is "$(jq -r 'select(.name == "bob") | "\(.uid) \(.account)"' <<<"$out")" "${uid_of[bob]} ${uid_of[bob]}" \
	"the daemon has the uid from the kernel, and the account's name is its number when there is none"
next_uid=4000000000
login large
run alice pchat who --json
is "$(jq -r 'select(.name == "large") | "\(.uid) \(.account)"' <<<"$out")" "4000000000 4000000000" "uids have 32 bits"
run large pchat quit
next_uid=21001
is "$(stat -c %a "$PCHAT_SOCKET")" 666 "everyone may connect to the daemon"

# ------------------------------------------------------------- a helper's socket

is "$(stat -c '%a %u' "$T/alice/run/pchat")" "700 ${uid_of[alice]}" "sessions live in a folder that is private"
is "$(stat -c %a "$T/alice/run/pchat/alice.session")" 600 "and so does what can resume one"
is "$(stat -c %a "$T/alice/state/pchat/alice")" 700 "inboxes are private too"
chmod 0755 "$T/alice" "$T/alice/run" "$T/alice/run/pchat"
chmod 0666 "$T/alice/run/pchat/alice.sock"
run mallory env XDG_RUNTIME_DIR="$T/alice/run" pchat -s alice send "it is me, alice"
unlike "$status" '^(0|137)$' "with every permission given away, another uid is still refused by the helper"
(as mallory "$BUILDDIR/tests/system/rawclient" "$T/alice/run/pchat/alice.sock" control hello status) >"$T/out" 2>&1
unlike "$(cat "$T/out")" 'bob' "also when it speaks the protocol itself"
chmod 0700 "$T/alice/run/pchat"
run bob pchat read --json
unlike "$out" "it is me" "and nothing of it reached bob"

# ----------------------------------------------------------- somebody else's folder

# Passed over for the next place, and nothing is put into it.
passed_over() { # WHAT
	run mallory pchat login mallory
	exits 0 "$1 is passed over"
	is "$(find "$T/mallory/run/pchat/" "$T/bob/run/" -name 'mallory*')" "" "and nothing is put into it"
	[ -S "/tmp/pchat-${uid_of[mallory]}/mallory.sock" ]
	ok $? "the session lives elsewhere"
	run mallory pchat quit
	rm -rf "$T/mallory/run/pchat"
}
mkdir -m 0777 "$T/mallory/run/pchat"
chown "${uid_of[mallory]}" "$T/mallory/run/pchat"
passed_over "a folder that others may write to"
mkdir -m 0755 "$T/mallory/run/pchat"
passed_over "a folder of another uid"
ln -s "$T/bob/run" "$T/mallory/run/pchat"
passed_over "a symbolic link"
rm -rf "$T/mallory/state/pchat"
mkdir -m 0711 "$T/mallory/state/pchat"
mkdir "$T/mallory/state/pchat/mallory"
run mallory pchat login mallory
exits 71 "an inbox of another uid is refused"
like "$err" "$T/mallory/state/pchat.*not yours" "with the reason"
rmdir "$T/mallory/state/pchat/mallory" "$T/mallory/state/pchat"
run mallory pchat login mallory
exits 0 "without which all is well"

# -------------------------------------------------------- resume takes uid and id

kill -KILL "$(helper_pid alice)"
cp "$T/alice/run/pchat/alice.session" "$T/mallory/run/pchat/alice.session"
chown "${uid_of[mallory]}" "$T/mallory/run/pchat/alice.session"
run mallory pchat -s alice status
run alice pchat status --json
is "$(jq -r '"\(.name) \(.partner)"' <<<"$out")" "alice bob" "R8: a stolen session id is worth nothing to another uid"
run bob pchat who --json
is "$(jq -r 'select(.name == "alice") | .uid' <<<"$out")" "${uid_of[alice]}" "R8: alice is who she was"

# ------------------------------------------------------------- the daemon's own uid

stop_daemon
spawn daemon mallory pchatd --socket "$T/mallory/fake.sock" --state "$T/mallory/fake"
wait_until test -S "$T/mallory/fake.sock"
mkdir -m 0755 "$T/shared"
chmod 0755 "$T/mallory"
add_user dave
run dave env -u PCHAT_SOCKET pchat --socket "$T/mallory/fake.sock" login dave
exits 0 "a socket that is named explicitly may be anybody's"

# ------------------------------------------------------------------------ limits

start_daemon --max-sessions-per-user 2
add_user erin
run erin pchat login e1
run erin pchat login e2
exits 0 "so many sessions of one user"
run erin pchat login e3
unlike "$status" '^(0|137)$' "and no more"
like "$err" "too many sessions" "which is said"

finish
