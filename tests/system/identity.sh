# Who is who: the kernel tells, at both sockets; nothing of one user is open to another.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

start_daemon
pair alice bob
add_user mallory

run alice pchat who --json
is "$(jq -r 'select(.name == "bob") | "\(.uid) \(.account)"' <<<"$out")" "${uid_of[bob]} uid ${uid_of[bob]}" \
	"the daemon has the uid from the kernel, and the account's name is its number when there is none"
next_uid=4000000000
login large
run alice pchat who --json
is "$(jq -r 'select(.name == "large") | "\(.uid) \(.account)"' <<<"$out")" "4000000000 uid 4000000000" "uids have 32 bits"
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
exits 3 "with every permission given away, another uid's session is none of ours"
cp "$BUILDDIR/tests/system/rawclient" "$T/rawclient"
asks_for_status=("$T/rawclient" -c "$T/alice/run/pchat/alice.sock" hello "frame 42" "expect FRAME")
run alice "${asks_for_status[@]}"
exits 0 "the helper tells its owner, who speaks the protocol, the status"
told=$out
run mallory "${asks_for_status[@]}"
exits 1 "and nobody else"
is "$out" CLOSED "who is told nothing at all"
like "$told" "$(printf bob | od -An -tx1 | tr -d ' ')" "not even whom alice chats with"
chmod 0700 "$T/alice/run/pchat"
run bob pchat read --json
is "$(jq -r .type <<<"$out")" paired "and nothing of it reached bob"

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
exits 71 "R8: a session id that was stolen resumes nothing"
like "$err" "inbox: Permission denied" "R8: not even its owner's inbox is open to a thief"
run alice pchat status --json
is "$(jq -r '"\(.name) \(.partner)"' <<<"$out")" "alice bob" "R8: a stolen session id is worth nothing to another uid"
run bob pchat who --json
is "$(jq -r 'select(.name == "alice") | .uid' <<<"$out")" "${uid_of[alice]}" "R8: alice is who she was"

# ------------------------------------------------------------- the daemon's own uid

stop_daemon
spawn daemon mallory pchatd --socket "$T/mallory/fake.sock" --state "$T/mallory/fake"
daemon_pid=${pid_of[daemon]}
wait_until test -S "$T/mallory/fake.sock"
chmod 0755 "$T/mallory"
add_user dave
mkdir -m 0700 "$T/root" "$T/root-run"
run dave env PCHAT_SOCKET="$T/mallory/fake.sock" pchat login dave
exits 4 "a variable that names somebody else's daemon is not believed, though the daemon owns the folder"
like "$err" "another user.*--socket" "which is said, with the way around"
run dave env PCHAT_SOCKET="$T/mallory/fake.sock" pchat send --to mallory "a secret"
unlike "$status" '^(0|137)$' "and nothing is told there"
run dave env PCHAT_SOCKET="$T/mallory/fake.sock" pchat tell --later mallory "a secret"
exits 4 "nor by tell, which needs no session"
like "$err" "another user.*--socket" "and says so"
run dave env -u PCHAT_SOCKET pchat --socket "$T/mallory/fake.sock" login dave
exits 0 "a socket that is named explicitly may be anybody's"
run dave pchat --socket "$T/mallory/fake.sock" quit
stop_daemon

# The place of the host's daemon, in which mallory was first.
host() { # USER COMMAND...: with a /run of its own
	run root nsenter --mount="/proc/$host/ns/mnt" env -u PCHAT_SOCKET HOME="$T/$1" XDG_RUNTIME_DIR="$T/$1/run" \
		XDG_STATE_HOME="$T/$1/state" setpriv --reuid="${uid_of[$1]}" --regid="${uid_of[$1]}" --clear-groups -- "${@:2}"
}
if unshare --mount true 2>/dev/null; then
	spawn host root unshare --mount sh -c 'mount -t tmpfs -o mode=0755 tmpfs /run && mkdir -m 0777 /run/pchat && echo made && exec sleep 1000000'
	host=${pid_of[host]}
	wait_until has_line "$T/host.out" made
	host mallory pchatd --detach --socket /run/pchat/pchat.sock --state "$T/mallory/fake" --idle-exit $PATIENCE
	exits 0 "a daemon of mallory's at the place of the host's"
	host dave pchat login --timeout "$(span 500)" dave
	exits 4 "is not the host's"
	like "$err" "/run/pchat/pchat.sock" "which is said"
	host dave pchat --socket /run/pchat/pchat.sock login dave
	exits 0 "who names it takes it as it is"
	host dave pchat quit
	kill "$host"
	reap host
else
	skip "takes mount namespaces" "a daemon of mallory's at the place of the host's"
fi

# A daemon in a user namespace knows root alone: all others are one uid there.
if unshare --user --map-root-user true 2>/dev/null; then
	PCHAT_SOCKET=$T/namespace.sock
	spawn daemon root unshare --user --map-root-user pchatd --socket "$PCHAT_SOCKET" --state "$T/namespace"
	daemon_pid=${pid_of[daemon]}
	wait_until test -S "$PCHAT_SOCKET"
	run dave pchat login dave
	exits 4 "whom the daemon's user namespace does not know is refused"
	like "$err" "user namespace" "which is said"
	run root env HOME="$T/root" XDG_RUNTIME_DIR="$T/root-run" pchat login somebody
	exits 0 "whom it knows is let in"
	run root env HOME="$T/root" XDG_RUNTIME_DIR="$T/root-run" pchat quit
	stop_daemon
	PCHAT_SOCKET=$T/pchat.sock
else
	skip "takes user namespaces" "a daemon in a user namespace"
fi

# ------------------------------------------------------------------------ limits

start_daemon --max-sessions-per-user 2
add_user erin
run erin pchat login e1
run erin pchat login e2
exits 0 "so many sessions of one user"
run erin pchat login e3
exits 6 "and no more"
like "$err" "too many sessions" "which is said"

finish
