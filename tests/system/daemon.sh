# The daemon: how it starts, shares its place, and ends; bad sockets; exit status 4.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice
add_user bob

# --------------------------------------------------------------------- a second one

run root pchatd --socket "$PCHAT_SOCKET" --state "$T/other"
exits 1 "a second daemon on the same socket does not start"
like "$err" "$PCHAT_SOCKET" "and says which"
run root pchatd --socket "$T/other.sock" --state "$T/daemon"
exits 1 "nor one on the same state"
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
wait_until daemon_is alice connected
ok $? "which the next daemon takes over"
stop_daemon

echo precious >"$T/file"
run root pchatd --socket "$T/file" --state "$T/other"
exits 1 "a path that is no socket is refused"
is "$(cat "$T/file")" precious "and never removed"
mkdir "$T/folder"
run root pchatd --socket "$T/folder" --state "$T/other"
exits 1 "a directory too"
[ ! -e "$T/file.lock" ] && [ ! -e "$T/folder.lock" ]
ok $? "and nothing is left beside them"
long=$T/$(printf 'x%.0s' {1..120})
run root pchatd --socket "$long" --state "$T/other"
exits 1 "a path that is too long for a socket"
like "$err" "10[78]" "is refused with the limit"
run root pchatd --nonsense
exits 2 "an unknown option is a usage error"
run root pchatd $'--\e]0;x\a'
unlike "$err" $'\e' "and told without harm"
run root pchatd --mode 9
exits 2 "as is a mode that is none"
run root pchatd extra
exits 2 "and an operand"
for option in --mode=1777 --grace=86401 --max-connections=0 --max-connections=1000001 --grace=-1; do
	run root pchatd --socket "$long" --state "$T/other" "$option" # which it would not start with
	exits 2 "and a number that is not from among those it takes: $option"
done
run root pchatd --help
exits 0 "--help"
like "$out" "--socket" "lists the options"
run root pchatd --version
like "$out" '^pchatd [0-9]' "--version"

# ----------------------------------------------------------------- from the other side

run alice pchat quit
exits 0 "a session may quit without a daemon"
like "$err" '^the daemon has not answered: it may hold the name' "which is said, for the name may stay taken"
run alice pchat login --timeout "$SLOW" alice
exits 4 "no daemon at a socket that was named"
like "$err" "$PCHAT_SOCKET" "is said with the path"
run alice pchat --socket "$T/file" login --timeout "$SLOW" alice
exits 4 "a path that is no socket"
like "$err" "$T/file.* not a socket" "is told as what it is"
run alice pchat --socket "$long" login --timeout "$SLOW" alice
exits 2 "a path that is too long"
like "$err" "10[78]" "is told with the limit"
run alice pchat --socket "$long" status
exits 2 "also to a command that needs a session"
run alice pchat status
exits 3 "nobody was logged in by it"
run alice pchat status --prompt
exits 0 "the prompt stays silent"
is "$out$err" "" "altogether"

# ------------------------------------------------------------------------ relative paths

start_daemon
run alice bash -c 'cd "$1" && export PCHAT_SOCKET=pchat.sock && pchat login near && pchat status' - "$T"
exits 0 "a socket may be named by a relative path, to each command"
run alice pchat status
exits 0 "which is the same as its absolute one"
run alice pchat quit
stop_daemon

# ------------------------------------------------------------- a start that went wrong

run root pchatd --socket "$T/anew.sock" --state "$T/file"
exits 1 "a place for the registry that is none"
run root pchatd --socket "$T/anew.sock" --state "$T/anew" --idle-exit "$SLOW"
exits 0 "once that was put right it starts"
unlike "$err" "lost" "and misses no registry of a daemon that never was"

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
run root pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --detach --idle-exit $((2 * SLOW))
exits 0 "--detach returns"
[ -S "$PCHAT_SOCKET" ]
ok $? "when it listens"
run alice pchat login anew
exits 0 "and serves"
run alice pchat quit
wait_until test ! -e "$PCHAT_SOCKET"
ok $? "--idle-exit: it ends some time after its last session"
run root pchatd --socket "$T/file" --state "$T/other" --detach # the other daemon may hold its state a moment longer
exits 1 "--detach: what went wrong is told, too"
like "$err" "$T/file" "in words"

# A syslog server that hangs: /dev with nothing in it but what a daemon needs, and a socket that is not read.
lines=$(cat /proc/sys/net/unix/max_dgram_qlen 2>/dev/null || echo none)
if is_root && unshare -m true 2>/dev/null && perl -MSocket -e1 2>/dev/null && [ "$lines" -le 1024 ]; then
	mkdir "$T/dev"
	touch "$T/dev/null" "$T/dev/urandom"
	spawn syslog root perl -MSocket -e 'socket(S, PF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un($ARGV[0])) or die;
		$| = 1; print "$line\n" while defined recv(S, $line, 2048, 0)' "$T/dev/log"
	wait_until test -S "$T/dev/log"
	kill -STOP "${pid_of[syslog]}"
	run root unshare -m sh -c 'for f in null urandom; do mount --bind "/dev/$f" "$0/$f"; done
		mount --rbind "$0" /dev && exec "$@"' "$T/dev" \
		pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --detach --verbose --idle-exit "$SLOW"
	exits 0 "a daemon whose syslog server hangs"
	run alice pchat login anew # which keeps it here
	for _ in $(seq $((lines + 10))); do
		"$BUILDDIR/tests/system/rawclient" "$PCHAT_SOCKET" </dev/null >/dev/null
	done
	run bob pchat login bob
	exits 0 "does not wait for it"
	run bob pchat quit
	run alice pchat quit
	kill -CONT "${pid_of[syslog]}"
	wait_until has_line "$T/syslog.out" '^<[0-9]*>pchatd\[[0-9]*\]: '
	ok $? "which gets the first lines when it goes on"
	wait_until test ! -e "$PCHAT_SOCKET"
	kill -TERM "${pid_of[syslog]}"
	reap syslog
else
	skip "takes root, mount namespaces and perl" "a syslog server that hangs"
fi

# It comes with the call that tells that the daemon is ready, before the loop goes round for good.
if command -v strace >/dev/null && ! under_valgrind; then
	run root env NOTIFY_SOCKET=@pchat-nobody-$$ strace -o "$T/strace" -e trace=sendto -e inject=sendto:signal=TERM:when=1 \
		pchatd --socket "$PCHAT_SOCKET" --state "$T/early"
	exits 0 "a SIGTERM that comes as soon as it is ready ends it"
	like "$(<"$T/strace")" 'READY=1' "which is when it came"
	[ ! -e "$PCHAT_SOCKET" ]
	ok $? "and its socket is gone"
else
	skip "takes strace" "a SIGTERM that comes as soon as it is ready"
	skip "takes strace" "which is when it came"
	skip "takes strace" "and its socket"
fi

# supervised NOTIFY WORDS: a daemon as systemd starts it; what it tells is in $T/supervised.out.
supervised() {
	rm -f "$PCHAT_SOCKET"
	spawn supervised root "$BUILDDIR/tests/system/supervisor" "$PCHAT_SOCKET" "$1" pchatd --state "$T/daemon"
	wait_until has_line "$T/supervised.out" '^READY=1'
	ok $? "NOTIFY_SOCKET: it tells that it is ready, $2"
}

supervised "$T/notify" "by a path"
run alice pchat login alice
exits 0 "LISTEN_FDS: a socket from a supervisor is served"
run root pchatd --socket "$PCHAT_SOCKET" --state "$T/other"
exits 1 "and a second daemon keeps away from it"
run alice pchat who
exits 0 "which disturbs nobody"
kill -TERM "${pid_of[supervised]}"
reap supervised
exits 0 "LISTEN_FDS: it ends as any other"
wait_until has_line "$T/supervised.out" '^STOPPING=1'
ok $? "NOTIFY_SOCKET: it tells that it ends"
[ -S "$PCHAT_SOCKET" ]
ok $? "LISTEN_FDS: the socket is not its own, and stays"
supervised "@pchat-test-$$" "by a name in the abstract namespace"
run alice pchat quit
kill -TERM "${pid_of[supervised]}"
reap supervised
run root bash -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec pchatd --state "$1" 3</dev/null' - "$T/daemon"
exits 1 "LISTEN_FDS: what is no socket is refused"
rm "$PCHAT_SOCKET"

finish
