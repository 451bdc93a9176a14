# pchat doctor: each thing that goes wrong is told with its cure, and in the exit status.
# What is mounted here is nobody else's business.
if [ -z "${PCHAT_OWN_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
	PCHAT_OWN_MOUNTS=yes exec unshare -m -- "$BASH" "$0" "$@"
fi
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

: >"$T/said"
doctor() { # [VARIABLE=VALUE]... [-- OPTION...]
	local -a variables=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		variables+=("$1")
		shift
	done
	run alice env TERM=xterm "${variables[@]}" pchat doctor --json "${@:2}"
	cat "$T/out" >>"$T/said"
}

doctor
exits 0 "all is well"
for check in daemon "runtime folder" "state folder" sessions linger programs limits clock "user database" locale terminal shell; do
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

# A helper that is stopped: what is asked of it times out, and that is told with a cure.
helper=$(helper_pid alice)
kill -STOP "$helper"
run alice pchat status
exits 124 "a session whose helper hangs"
like "$err" "pchat doctor" "names whom to ask"
doctor
cured sessions "'alice' \\(PID $helper\\) does not answer.*kill -CONT" "a helper that hangs"
kill -CONT "$helper"
doctor
is "$(state sessions)" ok "it is well again"

# A session at another daemon than the one that commands find: that daemon is dead.
other=$T/other.sock
spawn other root pchatd --socket "$other" --state "$T/other" --grace $AGES
wait_until [ -S "$other" ]
run alice pchat --socket "$other" login second
has_lost_it() {
	[ "$(json_says "$(as alice pchat --socket "$other" -s second status --json)" daemon)" = reconnecting ]
}
kill -KILL "${pid_of[other]}"
reap other
wait_until has_lost_it
doctor
is "$(state daemon)" ok "a daemon that answers"
cured sessions "'second' has lost its daemon, at '$other'.*start that daemon" "and a session that has lost another one"
run alice pchat --socket "$other" -s second --timeout "$(span 200)" quit
doctor
is "$(state sessions)" ok "until it is ended"
run alice env XDG_RUNTIME_DIR=/nowhere XDG_STATE_HOME="$T/alice/none" pchat doctor --json
like "$(jq -r 'select(.check == "sessions") | .text' <<<"$out")" "not logged in" "where there is no session none is asked"

doctor PCHAT_SOCKET="$T/nobody.sock"
cured daemon "no daemon answers.*pchatd --detach" "a daemon that is not there"
doctor PCHAT_SOCKET=/etc/passwd
cured daemon "'/etc/passwd' is no socket.*PCHAT_SOCKET" "what is no socket"
doctor XDG_RUNTIME_DIR=/nowhere/at/all
is "$(state 'runtime folder')" ok "a runtime folder that is not there is passed over"
run alice mkdir -m 0700 "$T/alice/later"
doctor XDG_RUNTIME_DIR="$T/alice/later"
like "$out" "later/pchat' is not there yet" "the folder that the next login makes is named"
doctor PCHAT_EXEC_PATH=/nowhere
[ "$status" -ne 0 ]
ok $? "programs that are missing"
limits=(100 16)
! under_valgrind || limits=(100)
for limit in "${limits[@]}"; do
	run alice bash -c 'ulimit -n "$1"; exec pchat doctor --json' sh "$limit"
	cured limits "ulimit -n" "a limit of $limit open files"
done
doctor LC_ALL=C
is "$(state locale)" note "a locale that is not UTF-8 is remarked on"
doctor LC_ALL=xx_XX.UTF-8
is "$(state locale)" note "a locale that is not installed is remarked on"
doctor SHELL=/bin/bash
is "$(state shell)" note "no hook"
doctor SHELL=
unlike "$(jq -r 'select(.check == "shell") | .text' <<<"$out")" "''" "without SHELL none is spoken of"
echo 'eval "$(pchat shellinit bash)"' >"$T/alice/.bashrc"
doctor SHELL=/bin/bash
is "$(state shell)" ok "a hook is found"

# Folders that cannot take an inbox, whether pchat's own is there or is to be made in them.
mkdir "$T/alice/closed" "$T/alice/closed/pchat" "$T/alice/shut"
! is_root || chown -R "${uid_of[alice]}" "$T/alice/closed" "$T/alice/shut"
chmod 0500 "$T/alice/closed/pchat" "$T/alice/shut"
if [ "${uid_of[alice]}" -ne 0 ]; then
	doctor XDG_STATE_HOME="$T/alice/closed"
	cured "state folder" "cannot be written to.*chmod" "a state folder that its owner has closed"
	doctor XDG_STATE_HOME="$T/alice/shut"
	cured "state folder" "shut' cannot be written to.*chmod" "one that cannot be made where it is to be"
fi
if [ -n "${PCHAT_OWN_MOUNTS-}" ] && is_root; then
	mkdir "$T/alice/disk"
	mount -t tmpfs -o size=1M,mode=0700,uid="${uid_of[alice]}" tmpfs "$T/alice/disk"
	doctor XDG_STATE_HOME="$T/alice/disk"
	cured "state folder" "disk' has [0-9]+ KiB left.*make room" "a full disk, without a folder of pchat's"
	run alice mkdir -m 0700 "$T/alice/disk/pchat"
	doctor XDG_STATE_HOME="$T/alice/disk"
	cured "state folder" "disk/pchat' has [0-9]+ KiB left.*make room" "a full disk"
	head -c 900k /dev/zero >"$T/alice/disk/fill"
	run alice mkdir -m 0700 "$T/alice/disk/run"
	doctor XDG_RUNTIME_DIR="$T/alice/disk/run"
	cured "runtime folder" "disk/run' has [0-9]+ KiB left.*make room" "a runtime folder that is full"
	mount -o remount,ro "$T/alice/disk"
	doctor XDG_STATE_HOME="$T/alice/disk"
	cured "state folder" "read-only.*mount it" "a read-only disk"
	doctor XDG_STATE_HOME="$T/alice/disk/later"
	cured "state folder" "read-only.*mount it" "one without a folder of pchat's"
	umount "$T/alice/disk"

	# A directory server that hangs, on a host with systemd, whose logouts are looked at by the account's name.
	if [ -e "$BUILDDIR/tests/system/libnss_pchat.so.2" ] && ! under_valgrind; then
		mkdir -m 0755 "$T/lib"
		cp "$BUILDDIR/tests/system/libnss_pchat.so.2" "$T/lib/"
		: >"$T/nss.asked"
		chmod 0666 "$T/nss.asked"
		echo hang >"$T/nss"
		echo 'passwd: files pchat' >"$T/nsswitch.conf"
		mount --bind "$T/nsswitch.conf" /etc/nsswitch.conf
		mount -t tmpfs none /run # without nscd
		mkdir -p /run/systemd/system
		doctor LD_LIBRARY_PATH="$T/lib"
		cured "user database" "does not answer.*nsswitch" "a user database that does not answer"
		is "$(state linger)" note "what is asked of it besides waits for nobody"
		umount /etc/nsswitch.conf
	fi
fi
library=$(find /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
if [ -n "$library" ] && ! sanitized && ! under_valgrind; then
	doctor LD_PRELOAD="$library" FAKETIME="1970-01-02 00:00:00" FAKETIME_DONT_FAKE_MONOTONIC=1
	cured clock "1970-01-0.*set the clock" "a clock that was never set"
fi

if is_root; then
	add_user mallory
	mkdir -m 0700 "$T/mallory/run/pchat" && chmod 0711 "$T/mallory" "$T/mallory/run"
	doctor XDG_RUNTIME_DIR="$T/mallory/run"
	is "$(state 'runtime folder')" note "one that is somebody else's is remarked on"
	squat=/tmp/pchat-${uid_of[alice]}
	mkdir "$squat" && chown "${uid_of[mallory]}" "$squat"
	run alice env XDG_RUNTIME_DIR= pchat login second
	doctor XDG_RUNTIME_DIR=
	like "$(jq -r 'select(.check == "runtime folder") | .text + "; " + .cure' <<<"$out")" \
		"/run-.*because '$squat'.*remove it, or set XDG_RUNTIME_DIR" "without XDG_RUNTIME_DIR nobody is told to unset it"
	run alice env XDG_RUNTIME_DIR= pchat -s second quit
	rmdir "$squat"
	run alice mkdir -m 0700 "$T/alice/taken"
	mkdir -m 0700 "$T/alice/taken/pchat" && chown "${uid_of[mallory]}" "$T/alice/taken/pchat"
	doctor XDG_STATE_HOME="$T/alice/taken"
	cured "state folder" "taken/pchat' is somebody else's.*chown" "one that somebody else owns, and has closed"
	doctor XDG_STATE_HOME= HOME="$T/mallory"
	cured "state folder" "somebody else's.*HOME" "a home that is somebody else's"
	doctor XDG_RUNTIME_DIR= XDG_STATE_HOME= HOME="$T/mallory"
	runtime=$(jq -r 'select(.check == "runtime folder") | .text + "; " + .cure' <<<"$out")
	like "$runtime" "'$T/mallory.*set HOME" "whose owner is not to be asked for another runtime folder"
	spawn thief mallory pchatd --socket "$T/mallory/run/pchat.sock" --state "$T/mallory/daemon"
	wait_until 10 [ -S "$T/mallory/run/pchat.sock" ]
	doctor PCHAT_SOCKET="$T/mallory/run/pchat.sock"
	cured daemon "served by uid.*--socket" "a daemon of a stranger that a variable names"
	run alice pchat --socket "$T/mallory/run/pchat.sock" doctor --json
	is "$(state daemon)" ok "but not one that --socket names"
fi
if command -v python3 >/dev/null; then
	python3 -m json.tool --json-lines <"$T/said" >/dev/null 2>"$T/json.err"
	ok $? "whatever is ill, --json is JSON" "$(cat "$T/json.err")"
fi
is "$(jq -c 'keys' "$T/said" | sort -u)" '["check","cure","state","text"]' "with the same keys"
is "$(jq -c 'select(.state == "ill" and .cure == "")' "$T/said")" "" "and a cure for all that is ill"
is "$(jq -c 'select((.text + .cure) | contains("\n"))' "$T/said")" "" "in one line"
finish
