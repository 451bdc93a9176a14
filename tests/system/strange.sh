# A daemon of another host (--via), or of another release, is not ours: a name that it says is believed when it is one, no note
# of its is lost, and none of its bytes steers a terminal, whatever shows them.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
[ -x /usr/bin/python3 ] || skip_all "no /usr/bin/python3"

add_user alice
cp "$SRCDIR/tests/system/strange_daemon.py" "$T/strange_daemon.py"
chmod 0644 "$T/strange_daemon.py"

listens() { has_line "$T/strange.out" listening; }
strange() { # WHAT
	export PCHAT_SOCKET=$T/$1.sock
	spawn strange root /usr/bin/python3 "$T/strange_daemon.py" "$PCHAT_SOCKET" "$1"
	wait_until listens
}
# What the latest command said has neither ESC nor U+009B, nor a byte that is no character.
harmless() { # NAME
	! LC_ALL=C grep -q $'\e\|\xc2\x9b\|\xff' "$T/out" "$T/err"
	ok $? "$1: what the daemon says steers no terminal" "$out" "$err"
}
shows_all() { # NAME STATUS COMMAND...
	local name=$1 wanted=$2
	shift 2
	run alice "$@"
	exits "$wanted" "$name"
	harmless "$name"
}

strange welcome
shows_all "a login that is welcomed as somebody else" 71 pchat --socket "$PCHAT_SOCKET" login alice
like "$err" "makes no sense" "and why is told"
shows_all "there is no session then" 3 pchat status
kill "${pid_of[strange]}"
reap strange

strange all
shows_all "a login" 0 pchat --socket "$PCHAT_SOCKET" login alice
answered() { [ "$(grep -c 'was answered' "$T/strange.out")" -ge "$1" ]; }
wait_until answered 4
is "$(sort "$T/strange.out" | grep -c 'was answered 0$')" 4 "each note is stored before that is said"
shows_all "status" 0 pchat status
shows_all "status --json" 0 pchat status --json
is "$(jq -r .name <<<"$out")" alice "one is who one asked to be"
shows_all "status --prompt" 0 pchat status --prompt
shows_all "the overview" 0 pchat
shows_all "who" 0 pchat who
unlike "$out" eve "a name that is none is in no list"
like "$out" '^carol +a\\u\{001B\}' "an account is shown for what it is"
shows_all "who --json" 0 pchat who --json
is "$(jq -r .name <<<"$out")" carol "nor for scripts"
shows_all "__complete users" 0 pchat __complete users
shows_all "read --json" 0 pchat read --peek --json
is "$(jq -r 'select(.type == "note") | .from' <<<"$out" | head -n 2 | tr '\n' ,)" "acct,uid 4321," \
	"a note from a name that is none is from its account, or from its uid"
shows_all "read" 0 pchat read
is "$(grep -c 'hi there' <<<"$out")" 4 "no note is lost"
like "$out" 'note from acct: hi there' "and it is told from whom each is"
is "$(find "$T/alice/state" -name '*corrupt*')" "" "the inbox is taken for no damaged one"
shows_all "the latest of them has no name that could be answered" 5 pchat reply --json thanks
shows_all "history" 0 pchat history
shows_all "notes --kept" 0 pchat --socket "$PCHAT_SOCKET" notes --kept
is "$(grep -c 'bytes  for ' <<<"$out")" 2 "all that is kept is listed"
shows_all "notes --kept --json" 0 pchat --socket "$PCHAT_SOCKET" notes --kept --json
is "$(jq -r .to <<<"$out" | tail -n 1)" bob "for scripts as well"
run alice pchat --socket "$PCHAT_SOCKET" doctor
harmless "doctor"
run alice pchat --socket "$PCHAT_SOCKET" doctor --json
harmless "doctor --json"
run alice pchat quit
kill "${pid_of[strange]}"
reap strange
finish
