# The daemon: how it starts, shares its place, and ends; bad sockets; exit status 4.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice

# --------------------------------------------------------------------- a second one

run root pchatd --socket "$PCHAT_SOCKET" --state "$T/other"
unlike "$status" '^(0|137)$' "a second daemon on the same socket does not start"
like "$err" "$PCHAT_SOCKET" "and says which"
run root pchatd --socket "$T/other.sock" --state "$T/daemon"
unlike "$status" '^(0|137)$' "nor one on the same state"
run alice pchat who
exits 0 "the first is not disturbed"
stop_daemon TERM
exits 0 "SIGTERM ends it with success"
[ ! -e "$PCHAT_SOCKET" ]
ok $? "and its socket is gone"

# ------------------------------------------------------------------ what is in the way

start_daemon
stop_daemon KILL
[ -S "$PCHAT_SOCKET" ]
ok $? "a crash leaves a socket"
start_daemon
ok 0 "which the next daemon takes over"
stop_daemon

echo precious >"$T/file"
run root pchatd --socket "$T/file" --state "$T/other"
unlike "$status" '^(0|137)$' "a path that is no socket is refused"
is "$(cat "$T/file")" precious "and never removed"
mkdir "$T/folder"
run root pchatd --socket "$T/folder" --state "$T/other"
unlike "$status" '^(0|137)$' "a directory too"
long=$T/$(printf 'x%.0s' {1..120})
run root pchatd --socket "$long" --state "$T/other"
unlike "$status" '^(0|137)$' "a path that is too long for a socket"
like "$err" "10[78]" "is refused with the limit"
run root pchatd --nonsense
exits 2 "an unknown option is a usage error"
run root pchatd --mode 9
exits 2 "as is a mode that is none"
run root pchatd extra
exits 2 "and an operand"
run root pchatd --help
exits 0 "--help"
like "$out" "--socket" "lists the options"
run root pchatd --version
like "$out" '^pchatd [0-9]' "--version"

# ----------------------------------------------------------------- from the other side

run alice pchat quit
exits 0 "a session may quit without a daemon"
run alice pchat login --timeout 1 alice
exits 4 "no daemon at a socket that was named"
like "$err" "$PCHAT_SOCKET" "is said with the path"
run alice pchat --socket "$T/file" login --timeout 1 alice
exits 4 "a path that is no socket"
run alice pchat --socket "$long" login --timeout 1 alice
unlike "$status" '^(0|137)$' "a path that is too long"
like "$err" "10[78]" "is told with the limit"
run alice pchat status
exits 3 "nobody was logged in by it"
run alice pchat status --prompt
exits 0 "the prompt stays silent"
is "$out$err" "" "altogether"

# ------------------------------------------------------------------ options, systemd

start_daemon --mode 0600
is "$(stat -c %a "$PCHAT_SOCKET")" 600 "--mode"
stop_daemon
if is_root; then
	start_daemon --mode 0660 --group daemon
	is "$(stat -c '%a %G' "$PCHAT_SOCKET")" "660 daemon" "--group"
	stop_daemon
else
	skip "takes root" "--group"
fi
run root pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --detach --idle-exit 1
exits 0 "--detach returns"
[ -S "$PCHAT_SOCKET" ]
ok $? "when it listens"
run alice pchat login anew
exits 0 "and serves"
run alice pchat quit
wait_until 20 test ! -e "$PCHAT_SOCKET"
ok $? "--idle-exit: it ends some time after its last session"
run root pchatd --socket "$T/file" --state "$T/daemon" --detach
exits 1 "--detach: what went wrong is told, too"
like "$err" "$T/file" "in words"

if command -v systemd-socket-activate >/dev/null && command -v socat >/dev/null; then
	mkfifo "$T/notices"
	rm -f "$T/notify"
	spawn notify root socat -u "UNIX-RECVFROM:$T/notify,fork" STDOUT
	wait_until 5 test -S "$T/notify"
	spawn activated root env NOTIFY_SOCKET="$T/notify" \
		systemd-socket-activate -l "$PCHAT_SOCKET" -E NOTIFY_SOCKET -E PATH -E PCHAT_TEST -E PCHAT_EXEC_PATH \
		"$(command -v pchatd)" --state "$T/daemon"
	wait_until 5 test -S "$PCHAT_SOCKET"
	is_root && chmod 0666 "$PCHAT_SOCKET"
	run alice pchat login alice
	exits 0 "LISTEN_FDS: a socket from systemd is served"
	wait_until 5 has_line "$T/notify.out" '^READY=1'
	ok $? "NOTIFY_SOCKET: it tells that it is ready"
	kill -TERM "${pid_of[activated]}"
	reap activated
	[ -S "$PCHAT_SOCKET" ]
	ok $? "LISTEN_FDS: whose socket is not removed"
else
	skip "takes systemd-socket-activate and socat" "LISTEN_FDS"
fi

finish
