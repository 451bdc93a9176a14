# Where sessions live: in the first folder that can be used, found by every command; never below a folder that is
# somebody else's; and what is said when that folder goes, when the daemon is the user's own, or when the host's is away.
. "$SRCDIR/tests/system/lib.sh"
needs_root

add_user alice
add_user bob
uid=${uid_of[alice]}
remove_made() {
	local code=$?
	rm -rf "/run/user/$uid"
	(exit "$code")
	end
}
trap remove_made EXIT
start_daemon --grace 1

# As from cron: nothing in the environment but what is needed.
bare() { # USER COMMAND...
	local user=$1
	shift
	run "$user" env -i "HOME=$T/$user" "PATH=$PATH" "PCHAT_EXEC_PATH=$PCHAT_EXEC_PATH" "PCHAT_SOCKET=$PCHAT_SOCKET" \
		"PCHAT_TEST=$T" "$@"
}

# ------------------------------------------------------------------ the first that is usable

bare alice env HOME=/nonexistent pchat login erin
exits 71 "a home that is not there"
like "$err" "'/nonexistent' cannot be made or opened: .*; HOME" "is told with what names it"
bare alice pchat login one
exits 0 "nothing but HOME"
[ -S "/tmp/pchat-$uid/one.sock" ]
ok $? "the session lives in /tmp/pchat-UID"
run alice pchat status
exits 0 "a command with an XDG_RUNTIME_DIR finds it"
install -d -m 0700 -o "$uid" -g "$uid" "/run/user/$uid"
run alice pchat login two
[ -S "$T/alice/run/pchat/two.sock" ]
ok $? "another lives in XDG_RUNTIME_DIR"
run alice pchat status
exits 3 "'the only session' counts those of all folders"
like "$err" "one.*two|two.*one" "and both are named"
run alice pchat -s one status
exits 0 "each is found by its name"
run alice pchat -s two status
exits 0 "wherever it lives"
run alice pchat __complete sessions
like "$out" "one.*two|two.*one" "completion knows both"
run alice pchat login one
exits 9 "a name that is logged in in another folder is taken"
bare alice pchat login three
[ -S "/run/user/$uid/pchat/three.sock" ]
ok $? "without XDG_RUNTIME_DIR /run/user/UID is used where it is there"
run alice pchat -s three send nobody
exits 7 "and found from everywhere"
for name in one two three; do
	bare alice env XDG_RUNTIME_DIR="$T/alice/run" pchat -s $name quit
done
exits 0 "all are ended"
rm -rf "/run/user/$uid" "/tmp/pchat-$uid"

run alice env XDG_RUNTIME_DIR="$T/bob/run" pchat login one
exits 0 "an XDG_RUNTIME_DIR that is somebody else's is passed over"
[ -S "/tmp/pchat-$uid/one.sock" ]
ok $? "the session lives in /tmp"
is "$(find "$T/bob" -uid "$uid")" "" "nothing is made where the other one lives"
run alice env XDG_RUNTIME_DIR="$T/bob/run" pchat send nobody
exits 7 "and found by the same"
run alice pchat quit
rm -rf "/tmp/pchat-$uid"

mkdir -m 0700 "/tmp/pchat-$uid"
bare alice pchat login one
exits 0 "a /tmp/pchat-UID that was squatted"
where=$T/alice/.local/state/pchat/run-$(uname -n)
like "$err" "lives in '$where'" "the session lives in the state folder, which is told"
is "$(stat -c '%a %u' "$where")" "700 $uid" "in a folder that is private"
bare alice pchat send nobody
exits 7 "and found there"
prompt_there() { # [VARIABLE=VALUE]...
	bare alice env "$@" pchat status --prompt
	[ "$out" = one ]
}
wait_until prompt_there
ok $? "also by the prompt, which looks there last"
wait_until prompt_there PCHAT_SESSION=one
ok $? "also one that is named"
bare alice pchat quit
rmdir "/tmp/pchat-$uid"
ok $? "the squatted folder is as it was"

# ------------------------------------------------------------------ sudo -E

run root env HOME="$T/alice" XDG_RUNTIME_DIR="$T/alice/run" XDG_STATE_HOME= pchat login admin
exits 71 "a HOME that is somebody else's is refused"
like "$err" "'$T/alice'.*HOME" "and named"
run root env HOME="$T/alice" XDG_RUNTIME_DIR="$T/alice/run" XDG_STATE_HOME="$T/alice/state/new" pchat login admin
exits 71 "as is an XDG_STATE_HOME in somebody else's folder"
like "$err" "'$T/alice/state'" "that folder is named"
run root env HOME="$T/alice" XDG_RUNTIME_DIR="$T/alice/run" XDG_STATE_HOME= pchat history
exits 71 "history does not look there either"
like "$err" "'$T/alice'.*HOME" "and says why"
is "$(find "$T/alice" -uid 0)" "" "nothing below it became root's"

# ------------------------------------------------------------------ it vanishes

login alice
run root env HOME="$T/alice" XDG_RUNTIME_DIR="$T/alice/run" XDG_STATE_HOME="$T/alice/state" pchat -s alice status
exits 3 "somebody else's session is nobody's, not even with all of its folders"
like "$err" "not logged in as 'alice'.*'$T/alice/run/pchat' is not yours" "it is said whose folder was passed over"
pid=$(helper_pid alice)
rm -rf "$T/alice/run/pchat"
wait_until 10 is_gone "$pid"
ok $? "a session whose folder was removed ends"
run alice pchat send hello
exits 3 "the next command"
like "$err" "session 'alice' ended at .*folder was removed" "says what became of it"
run alice pchat login alice
exits 0 "a new login"
run alice pchat read --json
like "$out" '"type":"ended"' "a record tells of it, too"
run alice pchat quit
run alice pchat send hello
unlike "$err" "removed" "after a quit nothing is told"
run alice pchat login alice
pid=$(helper_pid alice)
kill -KILL "$pid"
wait_until 10 is_gone "$pid"
rm -rf "$T/alice/run/pchat"
run alice pchat send hello
# The daemon holds the name of a killed helper for a while.
logs_in() { # USER
	run "$1" pchat login "$1"
	[ "$status" -eq 0 ]
}
like "$err" "session 'alice' ended because its folder.*was removed" "also when the helper was killed with it"
wait_until 20 logs_in alice
bare alice env XDG_STATE_HOME="$T/alice/state" pchat send hello
like "$err" "XDG_RUNTIME_DIR=$T/alice/run" "a session where a command does not look is told with the cure"
run alice pchat quit

# As logind does with a runtime folder of its own: what is mounted there goes on for who has it open, and nothing in it is removed.
mkdir -p "$T/logind/alice"
chmod 0755 "$T/logind"
if mount -t tmpfs -o "mode=0700,uid=$uid" tmpfs "$T/logind/alice" 2>/dev/null; then
	run alice env XDG_RUNTIME_DIR="$T/logind/alice" pchat login alice
	exits 0 "a session in a runtime folder that is mounted"
	pid=$(pgrep -u "$uid" -f 'pchat-session .*alice')
	umount -l "$T/logind/alice"
	rmdir "$T/logind/alice"
	wait_until is_gone "$pid"
	ok $? "ends when that is unmounted"
	run alice pchat send hello
	exits 3 "the next command"
	like "$err" "session 'alice' ended at .*folder was removed" "says what became of it"
	run alice pchat login alice
	exits 0 "and a new login begins at once"
	run alice pchat quit
else
	skip "nothing can be mounted" "a runtime folder that is unmounted"
fi

# ------------------------------------------------------------------ a login that is refused

login alice
traces() { # USER
	find "$T/$1/run/pchat" "$T/$1/state/pchat" -mindepth 1 2>/dev/null
}
# Its helper says so before it ends.
has_traces() { # USER TRACES
	[ "$(traces "$1" | sort)" = "$2" ]
}
add_user carol
run carol pchat login alice
exits 9 "a login that is refused"
wait_until has_traces carol ""
ok $? "leaves nothing behind" "$(traces carol)"
run carol pchat __complete inboxes
is "$out" "" "that would be offered as an inbox of one's own"
run carol pchat login carol
before=$(traces carol | sort)
run carol pchat login ALICE
exits 9 "also beside a session that lives"
wait_until has_traces carol "$before"
ok $? "which keeps all that it has" "$(traces carol)"
run carol pchat send nobody
exits 7 "and serves"
run carol pchat --socket "$T/nowhere" login --timeout "$(span 100)" other
exits 4 "one whose daemon is not there"
wait_until has_traces carol "$before"
ok $? "leaves nothing either" "$(traces carol)"
run carol pchat -s carol quit
run alice pchat quit

# ------------------------------------------------------------------ what cleans /tmp

if command -v systemd-tmpfiles >/dev/null; then
	install -d -m 1777 "$T/swept"
	install -d -m 0700 -o "$uid" "$T/swept/alice" "$T/swept/other"
	echo "d $T/swept 1777 root root 1s" >"$T/tmpfiles.conf"
	run alice env XDG_RUNTIME_DIR="$T/swept/alice" pchat login alice
	touch "$T/swept/other/file" # the younger one
	swept() {
		systemd-tmpfiles --clean "$T/tmpfiles.conf" >/dev/null 2>&1
		[ ! -e "$T/swept/other/file" ]
	}
	wait_until 20 swept
	ok $? "what is old is swept from the folder"
	run alice env XDG_RUNTIME_DIR="$T/swept/alice" pchat status
	exits 0 "but not a session that lives"
	[ -S "$T/swept/alice/pchat/alice.sock" ] && [ -s "$T/swept/alice/pchat/alice.session" ]
	ok $? "its files are there"
	run alice env XDG_RUNTIME_DIR="$T/swept/alice" pchat quit
else
	skip "systemd-tmpfiles is missing" "a live session's files are not swept"
fi

# ------------------------------------------------------------------ a helper that is not quite gone

# It holds the inbox for a moment more, when its session, which lived in another folder, has ended; told to, or not.
folder=$T/alice/state/pchat/alice
holds() {
	! (as alice flock -n "$folder/inbox.db.lock" true)
}
waits() {
	local pid
	is_gone "${pid_of[login]}" || { pid=$(helper_pid alice) && naps "$pid" >/dev/null; }
}
# login_waits WORD OPTION...: while somebody has the lock for a while, and lets go of it. A login waits two seconds, in which
# a slow machine may not come so far: then once more.
login_waits() {
	local word=$1
	shift
	for _ in 1 2 3 4 5; do
		[ -z "$word" ] || run alice sh -c "printf '$word' >'$folder/whereabouts'"
		spawn holder alice flock "$@" --no-fork "$folder/inbox.db.lock" sleep "$AGES"
		wait_until holds
		spawn login alice pchat login alice
		wait_until waits
		kill "${pid_of[holder]}"
		reap holder
		reap login
		[ "$status" -ne 0 ] || break
	done
}
for word in '' 'pchat-whereabouts 1\nruntime /elsewhere\nboot \nended 1 its folder was removed\n'; do
	login_waits "$word"
	exits 0 "a login waits for it${word:+, which left word}"
	run alice pchat quit
done

# Who does not find a session asks by that lock whether its helper runs, and is waited for: the host was restarted, say.
login_waits 'pchat-whereabouts 1\nruntime /elsewhere\nboot an-earlier-one\nended 0 \n' --shared
exits 0 "a login waits for who asks what became of the session"
run alice pchat quit

# ------------------------------------------------------------------ a sandbox without sockets

confined=$BUILDDIR/tests/system/confined
cp "$confined" "$T/confined"
login alice
for command in "login other" status "send hello" who; do
	# shellcheck disable=SC2086 # a list of words
	run alice "$T/confined" pchat $command
	exits 71 "$command where no Unix socket may be made"
	like "$err" "Unix socket|Operation not permitted" "says so"
	unlike "$err" "not logged in" "and not that nobody is logged in"
done
run alice "$T/confined" env XDG_RUNTIME_DIR=/nonexistent pchat send hello
exits 71 "also where no session is found"
run alice pchat __complete sessions
is "$out" "alice	a session of yours" "nothing was started"

# ------------------------------------------------------------------ login --if-needed

run alice pchat login --if-needed alice
exits 0 "login --if-needed: the session is there"
for i in 1 2 3 4; do
	(
		(as bob pchat login --if-needed bobby) 2>"$T/if-needed.err$i"
		echo $? >"$T/if-needed.$i"
	) &
	logins[i]=$!
done
wait "${logins[@]}"
is "$(cat "$T"/if-needed.[1-4] | tr -d '\n')" 0000 "of several at once all find it there, or begin it" "$(cat "$T"/if-needed.err*)"
run bob pchat -s bobby quit
kill -KILL "$(helper_pid alice)"
run alice pchat login --if-needed alice
exits 0 "a helper that was killed is revived"
run alice pchat status
exits 0 "and serves"
run alice pchat --socket "$T/nowhere" login --if-needed --timeout 1 alice
exits 9 "a session at another daemon is not that one"
like "$err" "already, at '$PCHAT_SOCKET'; quit that session, or take another name" "which is said"

# ------------------------------------------------------------------ a session at another daemon

other=$T/other.sock
spawn other root pchatd --socket "$other" --state "$T/other"
wait_until test -S "$other"
run alice pchat --socket "$other" status
exits 3 "a session is not at another daemon"
like "$err" "'alice' is logged in at '$PCHAT_SOCKET', not at '$other'; quit it, or log in there under another name: pchat --socket '$other' login NAME" \
	"it is said where it is"
run alice pchat --socket "$other" login elsewhere
exits 0 "as it says one may log in there"
run alice pchat --socket "$other" status --json
is "$status $(jq -r .name <<<"$out")" "0 elsewhere" "of two sessions the one at the daemon that is named"
run alice env PCHAT_SOCKET="$other" pchat status --json
is "$status $(jq -r .name <<<"$out")" "0 elsewhere" "also where the environment names it"
run alice pchat --socket "$T/nowhere" status
exits 3 "of two sessions none is at a third"
like "$err" "none of your 2 sessions \\((alice, elsewhere|elsewhere, alice)\\) is at '$T/nowhere'" "which is said"
run alice env -u PCHAT_SOCKET pchat status
like "$err" "you have 2 sessions" "where none is named one has to say which"
run alice pchat --socket "$other" login another
run alice pchat --socket "$other" status
like "$err" "you have 2 sessions \\((another, elsewhere|elsewhere, another)\\)" "of three two are there"
run alice pchat -s another --socket "$other" quit
run alice pchat --socket "$other" quit
exits 0 "each can be ended"
kill "${pid_of[other]}"
reap other
run alice pchat quit
run alice pchat login --if-needed alice
exits 0 "without a session it logs in"
is "$(state_of alice)" free "which is there then"
kill -STOP "$daemon_pid"
spawn quit alice pchat quit
wait_until daemon_is alice reconnecting
ok $? "one whose end the daemon has not heard of yet counts as there no more"
spawn anew alice pchat login --if-needed alice
kill -CONT "$daemon_pid"
reap quit
exits 0 "it ends"
reap anew
exits 0 "and a login --if-needed beside it logs in anew"
is "$(state_of alice)" free "which is there then"
run alice pchat quit

# ------------------------------------------------------------------ islands

unset PCHAT_SOCKET
run alice pchat
like "$out" "pchat login.*Note: this host has no daemon. A login starts one of your own.*To meet other people" \
	"pchat alone says where a login leads"
login alice
like "$err" "started your own daemon" "a host without a daemon"
run alice pchat tell --later root "who reads it here?"
exits 5 "one's own daemon, which nobody else reaches, and which is gone with its folder, keeps no note"
run alice pchat who
like "$err" "to meet other people, ask an administrator to start the host's daemon.*systemctl" "who says that others meet elsewhere"
run alice pchat status
like "$err" "to meet other people" "so does status"
run alice pchat status --json
is "$err" "" "but not to a script"
run alice pchat to nobody
exits 5 "so does a name that is not there"
like "$err" "to meet other people" "with the refusal"
run alice pchat
like "$out" "You are alice; nobody.*pchat who.*to meet other people" "and pchat alone"
run alice pchat login second
run alice pchat -s second to alice
run alice pchat -s alice
like "$out" "You are alice, chatting with second.*pchat send.*to meet other people" "also in a chat"
run alice pchat -s second quit
run alice pchat quit
run alice pchat
like "$out" "A login leads to your own, which is running" "pchat alone knows that it runs"

if unshare --mount true 2>/dev/null; then
	cat >"$T/island.sh" <<'END'
mount -t tmpfs tmpfs /run || exit 99
mkdir -m 0755 /run/pchat
as_alice() {
	setpriv --reuid="$UID_ALICE" --regid="$UID_ALICE" --clear-groups -- \
		env HOME="$T/alice" XDG_RUNTIME_DIR="$T/alice/run" XDG_STATE_HOME="$T/alice/state" "$@"
}
as_alice pchat | tr '\n' ' '
as_alice pchat -q login --timeout 0.3 alice; echo "missing $?"
{ as_alice pchat login --timeout "$AGES" alice; echo "late $?"; } &
login=$!
# It comes when it was looked for more than once.
naps() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$1/status" 2>/dev/null; }
until helper=$(pgrep -n -u "$UID_ALICE" -f "pchat-session .*alice") || ! kill -0 "$login" 2>/dev/null; do read -rt 0.05 <> <(:); done
before=$(naps "$helper")
while now=$(naps "$helper") && [ -n "$now" ] && [ "$now" -lt $((before + 5)) ]; do read -rt 0.05 <> <(:); done
pchatd --detach --state "$T/island"
wait "$login"
as_alice pchat status; echo "status $?"
as_alice pchat | sed -n '1s/^/overview: /p'
as_alice pchat quit
as_alice pchat | sed 's/^/out: /'
pkill -TERM -f "pchatd --detach --state $T/island"
until pchatd --detach --state "$T/island" --mode 0600 2>/dev/null; do read -rt 0.05 <> <(:); done
as_alice timeout "$PATIENCE" pchat login --timeout "$AGES" alice; echo "closed $?"
pkill -TERM -f "pchatd --detach --state $T/island"
END
	export UID_ALICE=$uid T AGES
	run root unshare --mount bash "$T/island.sh"
	like "$out" "^you are not logged in.*No session can begin now: .*/run/pchat/pchat.sock.*pchat doctor" \
		"pchat alone says that the host's daemon is away"
	like "$out" "overview: You are alice; nobody is chatting with you" "and who one is, when it is there"
	like "$out" "out: +pchat login  .*" "and how to log in to it"
	unlike "$out" "out: Note" "where others are met"
	like "$out" "missing 4" "where /run/pchat is there and no daemon, login is refused"
	like "$out" "late 0" "but a daemon that comes is waited for"
	like "$out" "status 0" "and is the host's"
	unlike "$err" "started your own" "no daemon of the user's own is started"
	like "$out" "closed 4" "one that is closed to us is refused at once"
	like "$err" "not for you" "with words"
else
	skip "takes namespaces" "where the host is meant to have a daemon"
fi

finish
