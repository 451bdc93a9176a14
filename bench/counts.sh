#!/usr/bin/env bash
# What a message, a login, a send and a prompt cost in system calls, instructions and page faults, against bench/counts.expected:
# more than a tenth above it fails, of page faults, which differ from run to run, more than a fifth; so no cost grows
# unnoticed. A tenth below asks for a new figure.
# Counts, not times: the same on a busy machine. `counts.sh --print` prints new figures. What the commands cost
# depends on how pchat is linked: `musl`; `static` or `shared` with the compiler's own C library; with another one it is not
# judged.
set -u
: "${SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}" "${BUILDDIR:=$PWD}"
expected=$SRCDIR/bench/counts.expected
for tool in strace valgrind; do
	command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is missing"; exit 0; }
done
if grep -q 'SANITIZE_FLAGS = *-' "$BUILDDIR/Makefile" || ! grep -Eq '^CFLAGS = .*-O2' "$BUILDDIR/Makefile"; then
	echo "1..0 # SKIP the figures hold for a plain -O2 build"
	exit 0
fi

dir=$(mktemp -d /tmp/pchat-counts-XXXXXX)
chmod 711 "$dir" # as root the ends of a conversation have uids of their own
daemon="" socket=""
cleanup() {
	"$BUILDDIR/pchat" -q -s one quit >/dev/null 2>&1
	"$BUILDDIR/pchat" -q -s two quit >/dev/null 2>&1
	pkill -TERM -f -- "pchatd --socket $dir/" # under a tool, the tool ends with it
	wait
	rm -rf "$dir"
}
trap cleanup EXIT
export XDG_RUNTIME_DIR=$dir XDG_STATE_HOME=$dir HOME=$dir PCHAT_EXEC_PATH=$BUILDDIR
unset PCHAT_SESSION PCHAT_SOCKET

# start_daemon COMMAND...: runs `COMMAND... pchatd` in a folder of its own and waits until it listens at $socket
start_daemon() {
	local place tries=0
	place=$(mktemp -d "$dir/XXXXXX")
	chmod 711 "$place"
	socket=$place/s
	"$@" "$BUILDDIR/pchatd" --socket "$socket" --state "$place/state" 2>"$dir/daemon.err" &
	daemon=$!
	until [ -S "$socket" ]; do
		if ! kill -0 "$daemon" 2>/dev/null || [ $((tries++)) -ge 3000 ]; then
			cat "$dir/daemon.err" >&2
			exit 1
		fi
		read -rt 0.01 <> <(:)
	done
}

stop_daemon() {
	local pid
	pid=$(pgrep -P "$daemon") || pid=$daemon # strace's child; valgrind becomes it
	kill "$pid"
	wait "$daemon"
	daemon=
}

# Where nobody had the time to tell whose a name is, a login was refused: all of it once more.
patiently() { # COMMAND...
	local tries
	for tries in {1..5}; do
		"$@" && return
		echo "# not measured, attempt $tries: $*" >&2
	done
	return 1
}

# What a daemon needed in all that relayed so many round trips.
daemon_syscalls() {
	start_daemon strace -f -c -o "$dir/strace" 2>/dev/null
	"$BUILDDIR/bench/trips" "$socket" "$1" || { stop_daemon; return 1; }
	stop_daemon
	awk '$NF == "total" { print $4 }' "$dir/strace"
}

daemon_instructions() {
	start_daemon valgrind --tool=callgrind --callgrind-out-file="$dir/callgrind" --log-file="$dir/valgrind"
	"$BUILDDIR/bench/trips" "$socket" "$1" || { stop_daemon; return 1; }
	stop_daemon
	awk '/^(summary|totals):/ { n = $2 } END { print n }' "$dir/callgrind"
}

# What a command looks for in its environment costs the more the longer that is: ours is always the same.
plain() {
	env -i PATH="$PATH" HOME="$dir" XDG_RUNTIME_DIR="$dir" XDG_STATE_HOME="$dir" PCHAT_EXEC_PATH="$BUILDDIR" "$@"
}

command_syscalls() {
	plain strace -o "$dir/strace" "$@" >/dev/null 2>&1 || return 1
	wc -l <"$dir/strace"
}

# From main on: what the C library does before is not ours.
command_instructions() {
	plain valgrind --tool=callgrind --toggle-collect=main --callgrind-out-file="$dir/callgrind" --log-file="$dir/valgrind" \
	    "$@" >/dev/null 2>&1 || return 1
	awk '/^(summary|totals):/ { n = $2 } END { print n }' "$dir/callgrind"
}

# How often a login, which makes an inbox, and the logout after it wait for the disk: all of them, the helper too.
login_syncs() {
	local tracer
	plain strace -f -e trace=fsync,fdatasync,sync,syncfs -e signal=none -o "$dir/strace" \
		"$BUILDDIR/pchat" -q --socket "$socket" login three >/dev/null 2>&1 &
	tracer=$!
	until plain "$BUILDDIR/pchat" -q -s three status >/dev/null 2>&1; do
		kill -0 "$tracer" 2>/dev/null || return 1
		read -rt 0.05 <> <(:)
	done
	plain "$BUILDDIR/pchat" -q -s three quit >/dev/null 2>&1
	wait "$tracer"
	grep -cE 'sync\(' "$dir/strace"
}

linkage() {
	if grep -Eq '^FRONT_CC = .*musl-gcc' "$BUILDDIR/Makefile"; then
		echo musl
	elif grep -Eq '^FRONT_CC = .' "$BUILDDIR/Makefile"; then
		echo other
	elif grep -Eq '^FRONT_LDFLAGS = .' "$BUILDDIR/Makefile"; then
		echo static
	else
		echo shared
	fi
}

measure() {
	local pchat=$BUILDDIR/pchat kind
	kind=$(linkage)

	patiently daemon_syscalls 100 >"$dir/few" && patiently daemon_syscalls 1100 >"$dir/many" || return 1
	echo "relay-syscalls $((($(<"$dir/many") - $(<"$dir/few")) / 1000))"
	patiently daemon_instructions 100 >"$dir/few" && patiently daemon_instructions 1100 >"$dir/many" || return 1
	echo "relay-instructions $((($(<"$dir/many") - $(<"$dir/few")) / 1000))"
	start_daemon env
	export PCHAT_SOCKET=$socket
	"$pchat" -q login one && "$pchat" -q login two && "$pchat" -q -s one to two || return 1
	unset PCHAT_SOCKET
	echo "login-syncs $(login_syncs)"
	echo "$kind-send-syscalls $(command_syscalls "$pchat" -s one send hello)"
	echo "$kind-send-faults $(plain "$BUILDDIR/bench/faults" "$pchat" -s one send hello)"
	echo "$kind-prompt-faults $(plain "$BUILDDIR/bench/faults" "$pchat" -s one status --prompt)"
	echo "$kind-send-instructions $(command_instructions "$pchat" -s one send hello)"
	echo "$kind-prompt-syscalls $(command_syscalls "$pchat" -s one status --prompt)"
	echo "$kind-prompt-instructions $(command_instructions "$pchat" -s one status --prompt)"
}

measure >"$dir/measured" || { echo "Bail out! something could not be measured"; exit 1; }
measured=$(<"$dir/measured")
if [ "${1-}" = --print ]; then
	echo "$measured"
	exit 0
fi
judged="^(relay|login|$(linkage))-"
echo "1..$(grep -Ec "$judged" "$expected")"
number=0
while read -r name most; do
	number=$((number + 1))
	value=$(awk -v n="$name" '$1 == n { print $2 }' <<<"$measured")
	above=11
	[[ $name != *-faults ]] || above=12
	if [ -n "$value" ] && [ $((value * 10)) -le $((most * above)) ]; then
		echo "ok $number - $name: $value, expected $most"
		[ $((value * 10)) -ge $((most * 9)) ] || echo "# $name fell: write the new figure into counts.expected"
	else
		echo "not ok $number - $name: ${value:-nothing}, expected $most"
	fi
done < <(grep -E "$judged" "$expected")
