# With no daemon of the host, the user's own: started by whoever needs it, once, and gone when nobody does.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
[ ! -e /run/pchat/pchat.sock ] || skip_all "a daemon of the host is running"
unset PCHAT_SOCKET

add_user alice
run alice pchat login one
exits 0 "login with no daemon anywhere"
like "$err" "own daemon" "starts one, and says so"
[ -S "$T/alice/run/pchat/_pchatd.sock" ]
ok $? "in the user's own directory"
run alice pchat login two
exits 0 "a second session"
unlike "$err" "own daemon" "finds it there"
run alice pchat tell nobody-here hello
exits 5 "nobody else is on one's own daemon"
like "$err" "only your own sessions are on this daemon.*host's daemon" "tell says where others meet"
run alice pchat -s one tell nobody-here hello
like "$err" "only your own sessions are on this daemon.*host's daemon" "also as a session"
run alice pchat -s one to two
exits 0 "they pair"
run alice pchat -s one send hello
exits 0 "and talk"
is "$(as alice pchat -s two read --raw)" hello "to each other"
run alice pchat status
exits 3 "with two sessions it takes -s"
like "$err" "one.*two|two.*one" "and the error names them"
run alice env PCHAT_SESSION=two pchat status --json
is "$(jq -r .name <<<"$out")" two "or PCHAT_SESSION"

processes_of() { # PROGRAM
	local pid
	for pid in $(test_processes); do
		grep -qz "$1" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
	done
}

kill -KILL "$(processes_of pchatd)"
run alice pchat -s one send --timeout $PATIENCE "after the daemon died"
exits 0 "whoever needs that daemon starts it again"
is "$(as alice pchat -s two read --raw | tail -n 1)" "after the daemon died" "and the pair goes on"

run alice pchat login pchatd
exits 0 "a session may be called as the daemon is"
run alice pchat -s pchatd quit

# A job of cron, say, has another runtime directory, or none.
mkdir "$T/alice/cron"
is_root && chown "${uid_of[alice]}" "$T/alice/cron"
run alice env XDG_RUNTIME_DIR="$T/alice/cron" pchat login job
exits 0 "with another runtime directory there is another daemon"
run alice env XDG_RUNTIME_DIR="$T/alice/cron" pchat quit
run alice pchat -s one send "undisturbed"
exits 0 "neither is disturbed"
run alice pchat -s two read

# ------------------------------------------------------------ a helper of its own

run alice bash -c 'pchat login three | cat'
exits 0 "pchat login | cat ends"
run alice pchat -s three quit
run alice setsid --wait bash -c 'exec 9>/dev/null 8>"$1"; cd "$2"; pchat login three' - "$T/alice/held" "$T/alice/state"
helper=$(helper_pid alice three)
like "$(readlink "/proc/$helper/cwd")" '^/$' "a helper holds no working directory of the caller's"
unlike "$(readlink "/proc/$helper"/fd/* | tr '\n' ' ')" "held" "nor a descriptor"
is "$(cut -d' ' -f7 "/proc/$helper/stat")" 0 "nor a terminal"
unlike "$(cut -d' ' -f5 "/proc/$helper/stat")" "^$(cut -d' ' -f5 /proc/$$/stat)$" "nor a process group"

# --------------------------------------------------- the directory removed under it

helpers=$(processes_of pchat-session)
rm -rf "$T/alice/run/pchat"
all_gone() {
	local pid
	for pid in $helpers; do
		is_gone "$pid" || return 1
	done
}
wait_until all_gone
ok $? "helpers whose directory was removed end"

# ------------------------------------------------------------ a daemon that cannot start

add_user erin
run erin mkdir -m 0700 "$T/erin/run/pchat"
run erin touch "$T/erin/run/pchat/_pchatd"
run erin pchat login erin
exits 4 "where the user's own daemon cannot start, there is none"
like "$err" "$T/erin/run/pchat/_pchatd" "and its own words tell why"
unlike "$err" "pchatd:" "as ours"

# ------------------------------------------------------------------- no XDG at all

if is_root; then
	add_user dave
	run dave env -u XDG_RUNTIME_DIR -u XDG_STATE_HOME pchat login dave
	exits 0 "without XDG_RUNTIME_DIR"
	is "$(stat -c %a "/tmp/pchat-${uid_of[dave]}")" 700 "it is /tmp/pchat-UID"
	[ -d "$T/dave/.local/state/pchat/dave" ]
	ok $? "and the inbox is below ~/.local/state"
	run dave env -u XDG_RUNTIME_DIR -u XDG_STATE_HOME pchat quit
fi

# ------------------------------------------------------------------ root's, and the host's

if is_root && unshare --mount true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	run root unshare --mount bash -c '
		mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib || exit 99
		export XDG_RUNTIME_DIR=$1 XDG_STATE_HOME=$1/state
		pchat login admin || exit 98
		pchatd --detach || exit 97
		pchat -s admin quit' - "$T"
	exits 0 "root's own daemon does not keep that of the host from starting"
else
	skip "takes root" "root's own daemon and that of the host"
fi

finish
