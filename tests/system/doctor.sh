# pchat doctor: each thing that goes wrong is told with its cure, and in the exit status.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice

# state CHECK: ok, note or ill, of the latest run with --json.
state() {
	jq -r "select(.check == \"$1\") | .state" <<<"$out"
}

# cured CHECK REGEXP NAME: it is ill, and the cure matches.
cured() {
	is "$status $(state "$1")" "71 ill" "$3"
	like "$(jq -r "select(.check == \"$1\") | .text + \"; \" + .cure" <<<"$out")" "$2" "and the cure is told"
}

doctor() { # [VARIABLE=VALUE]... [-- OPTION...]
	local -a variables=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		variables+=("$1")
		shift
	done
	run alice env TERM=xterm "${variables[@]}" pchat doctor --json "${@:2}"
}

doctor
exits 0 "all is well"
for check in daemon "runtime folder" "state folder" linger programs limits clock "user database" locale terminal shell; do
	like "$(state "$check")" '^(ok|note)$' "$check is looked at"
done
like "$(jq -r 'select(.check == "daemon") | .text' <<<"$out")" "pchat.sock" "the daemon's socket is named"
run alice pchat doctor
exits 0 "for people as well"
like "$out" '^(ok|note) +daemon ' "a line for each"
is "$(wc -l <<<"$out")" "$(pchat doctor --json | wc -l)" "as many as under --json"
release=$(pchat --version | awk 'NR == 1 { print $NF }')
like "$out" "daemon .*, pchat $release" "the daemon's release is told"

# One that listens and says nothing: stopped, so that the kernel alone takes connections.
kill -STOP "$daemon_pid"
doctor
cured daemon "does not answer.*restart" "a daemon that hangs"
kill -CONT "$daemon_pid"

doctor PCHAT_SOCKET="$T/nobody.sock"
cured daemon "no daemon answers.*pchatd --detach" "a daemon that is not there"
doctor XDG_RUNTIME_DIR=/nowhere/at/all
is "$(state 'runtime folder')" ok "a runtime folder that is not there is passed over"
run alice mkdir -m 0700 "$T/alice/later"
doctor XDG_RUNTIME_DIR="$T/alice/later"
like "$out" "later/pchat' is not there yet" "the folder that the next login makes is named"
doctor PCHAT_EXEC_PATH=/nowhere
[ "$status" -ne 0 ]
ok $? "programs that are missing"
run alice bash -c 'ulimit -n 100; exec pchat doctor --json'
cured limits "ulimit -n" "a low limit of open files"
doctor LC_ALL=xx_XX.UTF-8
is "$(state locale)" note "a locale that is not installed is remarked on"
doctor SHELL=/bin/bash
is "$(state shell)" note "no hook"
echo 'eval "$(pchat shellinit bash)"' >"$T/alice/.bashrc"
doctor SHELL=/bin/bash
is "$(state shell)" ok "a hook is found"

if is_root; then
	add_user mallory
	mkdir -m 0700 "$T/mallory/run/pchat" && chmod 0711 "$T/mallory" "$T/mallory/run"
	doctor XDG_RUNTIME_DIR="$T/mallory/run"
	is "$(state 'runtime folder')" note "one that is somebody else's is remarked on"
	doctor XDG_STATE_HOME= HOME="$T/mallory"
	cured "state folder" "somebody else's.*HOME" "a home that is somebody else's"
	spawn thief mallory pchatd --socket "$T/mallory/run/pchat.sock" --state "$T/mallory/daemon"
	wait_until 10 [ -S "$T/mallory/run/pchat.sock" ]
	doctor PCHAT_SOCKET="$T/mallory/run/pchat.sock"
	cured daemon "served by uid.*--socket" "a daemon of a stranger that a variable names"
	run alice pchat --socket "$T/mallory/run/pchat.sock" doctor --json
	is "$(state daemon)" ok "but not one that --socket names"
fi
finish
