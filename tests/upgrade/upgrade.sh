# Upgrades and downgrades between the first release and this one: every mixture of daemon, helpers and commands holds a
# conversation, and what one wrote the other reads. `make check-upgrade`; it takes a git tree that has the first
# release.
. "$SRCDIR/tests/system/lib.sh"

first=4412310 # 0.1.0
git -C "$SRCDIR" cat-file -e "$first^{commit}" 2>/dev/null || skip_all "this tree has no history"

# Built once for each build folder.
old=$BUILDDIR/first-release
if [ ! -x "$old/build/pchatd" ]; then
	rm -rf "$old" && mkdir -p "$old/build" && git -C "$SRCDIR" archive "$first" | tar -C "$old" -x &&
		(cd "$old" && ./bootstrap && sed -i 's/^PCHAT_NEED(\[BSD\].*//' configure.ac && autoreconf -i && cd build &&
			../configure -q --without-front-cc && make -s -j2) >"$old.log" 2>&1
	ok $? "the first release is built" "$(tail -n 5 "$old.log")" || finish
fi

# old COMMAND..., new COMMAND...: with the programs of one release or the other.
mkdir -m 0755 "$T/bin" "$T/old"
cp "$old"/build/{pchat,pchat-full,pchat-session,pchat-chat,pchatd} "$T/old/"
wrap() { # NAME FOLDER
	printf '#!/bin/sh\nPATH=%s:$PATH PCHAT_EXEC_PATH=%s\nexport PATH PCHAT_EXEC_PATH\nexec "$@"\n' "$2" "$2" >"$T/bin/$1"
	chmod 0755 "$T/bin/$1"
}
wrap old "$T/old"
wrap new "$programs"
PATH=$T/bin:$PATH

daemon() { # RELEASE
	local before
	before=$(socket_inode)
	spawn daemon root "$1" pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --grace $((60 * TEST_SLOW))
	daemon_pid=${pid_of[daemon]}
	wait_until 10 socket_is_new "$before" || { note "no daemon listens: $(cat "$T/daemon.err")"; exit 1; }
}

# Both say a word and read it, each with the commands of a release.
talk() { # COMMANDS WORDS
	run alice "$1" pchat send --timeout 30 "$2, from alice"
	exits 0 "$2: alice sends"
	run bob "$1" pchat read --raw
	is "$out" "$2, from alice" "$2: bob reads it"
	run bob "$1" pchat send --timeout 30 "$2, from bob"
	exits 0 "$2: bob sends"
	run alice "$1" pchat read --raw
	is "$out" "$2, from bob" "$2: alice reads it"
}

# The helper of a user is killed; the next command starts that of its own release, with the same session.
replace_helper() { # USER COMMANDS
	local before
	before=$(helper_pid "$1")
	kill -KILL "$before"
	wait_until 10 is_gone "$before"
	run "$1" "$2" pchat status
	exits 0 "the session of $1 is taken up by a helper of the $2 release"
}

# The daemon is stopped, and one of that release takes its place, with all its sessions.
change_daemon() { # RELEASE
	stop_daemon
	daemon "$1"
	wait_until daemon_is alice connected
	wait_until daemon_is bob connected
}

some_unread() { # USER
	[ "$(unread_of "$1")" -gt 0 ]
}

# Alice sends lines, half of them before COMMAND replaces something, half of them after it: bob has each, once, in order.
lines_through() { # NAME COMMANDS COMMAND...
	local what=$1 commands=$2
	shift 2
	# shellcheck disable=SC2016 # the inner shell's
	spawn lines alice "$commands" sh -c \
		'{ seq 500; until [ -e go ]; do sleep 0.1; done; seq 501 1000; } | pchat send -l --timeout "$1"' sh "$PATIENCE"
	wait_until some_unread bob
	"$@"
	touch "$T/alice/go"
	reap lines
	exits 0 "$what, in the middle of a stream of lines"
	rm "$T/alice/go"
	run bob "$commands" pchat read --raw
	seq 1000 | cmp -s - "$T/out"
	ok $? "bob has each line once, in order"
}

shows_note() { # USER TEXT
	(as "$1" new pchat read --raw --notes) 2>/dev/null | grep -qxF "$2"
}

run_quietly() {
	(as "$@") >/dev/null 2>&1
}

add_user alice
add_user bob
daemon old
run alice old pchat login alice
run bob old pchat login bob
run alice old pchat to bob
exits 0 "two sessions of the first release are paired"
talk old "all old"
run alice old pchat send "before the upgrade"

# Up: first the commands, as a package does it, then the daemon, then the helpers, one after the other.
run bob new pchat read --raw
is "$out" "before the upgrade" "a new command reads from an old helper"
talk new "new commands"
run alice new pchat tell bob "a note"
exits 4 "a new command, old daemon: no notes"
like "$err" "older pchat" "and it says why"
run alice new pchat doctor
like "$out" "note +daemon .*of an older pchat" "doctor remarks on the old daemon"
run alice new pchat -s alice tell bob "a note"
exits 71 "nor by an old helper"
run alice new pchat -s alice pipe
exits 6 "an old helper offers no streams"
like "$err" "older pchat" "and it says why"
echo text >"$T/alice/file"
run alice new pchat -s alice give "$T/alice/file"
exits 6 "nor files"
run bob new pchat accept
exits 6 "nor takes any"
for what in 'status' 'status --prompt' 'who' 'history' 'history --grep old' 'dnd off' 'block'; do
	# shellcheck disable=SC2086 # words
	run alice new pchat $what
	exits 0 "new commands, old helper: $what"
done
lines_through "the daemon is upgraded" old change_daemon new
talk old "old commands and helpers, new daemon"
talk new "new daemon"
run alice new pchat doctor
like "$out" "ok +daemon .*, pchat [0-9.]+" "doctor tells the new daemon's release"
run alice new pchat tell bob "a note"
exits 6 "an old helper takes no notes"
run bob new pchat read --raw --notes
exits 1 "a new command reads from it all the same"

# What is kept waits for a helper that can take it.
if is_root && id -u games >/dev/null 2>&1; then
	add_user games
	run alice new pchat tell --later games "a kept note"
	exits 12 "a note is kept for an account that is not logged in"
	run games old pchat login games
	run alice new pchat tell --later games "another"
	exits 6 "its old helper takes none, and nothing is kept beside it"
	run alice new pchat notes --kept
	exits 0 "what was kept is kept still"
	run games old pchat quit
	run games new pchat login games
	wait_until shows_note games "a kept note"
	run alice new pchat notes --kept
	exits 1 "a new helper takes it: it is kept no more"
	run games new pchat quit
fi

# A name that the first release cannot hold: not shown to its helpers, and no pair with them.
add_user carol
run carol new pchat login 小明
exits 0 "a new helper logs in under a name beyond ASCII"
run bob old pchat leave
run bob old pchat who
unlike "$out" 小明 "old helpers are not told of it"
like "$out" alice "but of the others"
run carol new pchat to bob
exits 6 "no pair with one who has an old helper"
like "$err" 'too old for your name' "and it says why"
run bob old pchat to alice
exits 0 "who goes on chatting with others"
lines_through "the receiver's helper is upgraded" new replace_helper bob new
talk new "bob's helper is new"
run alice new pchat tell bob "a note"
exits 0 "a new helper takes notes"
run bob new pchat pipe
exits 6 "a partner with an old helper is offered no streams"
run bob old pchat status
exits 0 "of which an old command is told nothing"
run bob old pchat read --raw
exits 1 "and shown nothing"
run bob new pchat read --raw --notes
is "$out" "a note" "a new one shows it"
lines_through "the sender's helper is upgraded" new replace_helper alice new
talk new "all new"
spawn offer alice new pchat pipe "to an old command"
wait_until run_quietly bob new pchat accept --list
run bob old pchat read
unlike "$out" offer "an old command is shown no offers"
run bob new pchat read
like "$out" 'offers a stream .*: "to an old command"' "a new one is"
run bob new pchat accept -o taken
exits 0 "and takes it"
reap offer
exits 0 "whole"
run alice new pchat leave
run carol new pchat to bob
exits 0 "a pair with one whose helper is new"
run bob new pchat who
like "$out" 小明 "which is told of it"
run carol new pchat quit
exits 0 "carol quits"
run bob new pchat to alice
run alice new pchat read
run bob new pchat read
run alice new pchat history --json
is "$(jq -r 'select(.text == "all old, from bob") | .from' <<<"$out")" bob "what the first release stored is in the history"
run alice new pchat send "before the downgrade"

# What the first release does not know, in an inbox that it is to open: notes, read and unread, an offer, and who waits.
has_record() { # TYPE: bob has it, read or unread
	[ -n "$( (as bob new pchat history --json) | jq -r --arg type "$1" 'select(.type == $type) | .type')" ]
}
run alice new pchat tell bob "an unread note"
exits 0 "a note is unread"
spawn offer alice new pchat pipe "an offer of before"
wait_until run_quietly bob new pchat accept --list
kill -TERM "${pid_of[offer]}"
reap offer
run carol new pchat login carol
spawn waits carol new pchat to bob --wait
waits_for_bob() {
	[ -n "$( (as bob new pchat read --peek --json) | jq -r 'select(.type == "waiting") | .from')" ]
}
wait_until waits_for_bob
ok $? "somebody waits"
kill -TERM "${pid_of[waits]}"
reap waits
run carol new pchat quit

# And down again: a daemon of the first release under new helpers, then old commands, then old helpers.
change_daemon old
run bob new pchat read --raw
is "$out" "before the downgrade" "what was unread before the downgrade is read"
change_daemon new
lines_through "the daemon is downgraded" new change_daemon old
talk new "old daemon, new helpers"
run alice new pchat -s alice tell bob "a note"
exits 4 "new helper, old daemon: no notes"
run alice new pchat pipe
exits 6 "nor streams"
like "$err" "daemon is too old" "and it says why"
talk old "old commands, new helpers"
lines_through "the receiver's helper is downgraded" old replace_helper bob old
lines_through "the sender's helper is downgraded" old replace_helper alice old
talk old "all old again"
run alice old pchat history --json
is "$(jq -r 'select(.text == "all new, from bob") | .from' <<<"$out")" bob "what this release stored is in the history"
run bob old pchat history --json
exits 71 "of an inbox with notes, offers and who waited the first release says that it cannot read some of it"
is "$(jq -r 'select(.text == "all new, from alice") | .from' <<<"$out")" alice "with all messages in it"
for what in status 'status --prompt' 'read --peek' 'dnd off'; do
	# shellcheck disable=SC2086 # words
	run bob old pchat $what
	[[ $status = 0 || $what$status = "read --peek1" ]]
	ok $? "its other commands mind nothing: $what" "$status: $err"
done
is "$(find "$T/bob/state" -name '*corrupt*')" "" "it sets nothing aside"
run alice old pchat send "unread in the old release"

# And up once more: nothing was lost by that.
stop_daemon
daemon new
wait_until 30 daemon_is alice connected
wait_until 30 daemon_is bob connected
replace_helper bob new
replace_helper alice new
run bob new pchat read --raw
is "$out" "unread in the old release" "what was unread in the old release is read in the new one"
talk new "all new once more"
run bob new pchat history --json
is "$(jq -r 'select(.type == "note") | .text' <<<"$out" | tr '\n' ,)" "a note,an unread note," "the notes are there"
is "$(jq -r 'select(.type == "offer") | .type' <<<"$out" | sort -u)" offer "and the offers"
for text in "all old" "new daemon" "all new" "all old again" "all new once more"; do
	is "$(jq -r --arg text "$text, from alice" 'select(.text == $text) | .from' <<<"$out")" alice "and what was said: $text"
done
run alice new pchat tell bob "a note once more"
exits 0 "notes are told again"
run bob new pchat read --raw --notes
note "unread notes after that: $out"
like "$out" "a note once more" "and read"
run alice new pchat quit
exits 0 "alice quits"
run bob new pchat quit
exits 0 "bob quits"

# Verdicts that the first release does not know: it is told the nearest that it does, and nothing of it hangs or comes back for ever.
stop_daemon
printf 'passwd: files %033d\n' 1 >"$T/nsswitch.conf" # more than is asked: nobody answers
mute() {
	local before
	before=$(socket_inode)
	# shellcheck disable=SC2016 # the inner shell's
	spawn daemon root unshare -m --propagation private bash -c 'mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"' \
		sh "$T/nsswitch.conf" new pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --grace $AGES
	daemon_pid=${pid_of[daemon]}
	wait_until socket_is_new "$before"
}
if unshare -m true 2>/dev/null; then
	mute
	run alice old pchat login --timeout "$PATIENCE" alice
	exits 4 "an old helper is told that the user database does not answer: as a daemon that cannot be reached"
	stop_daemon
else
	skip "there are no mount namespaces" "an old helper is told that the user database does not answer"
fi
daemon new
run alice old pchat login alice
exits 0 "an old helper logs in"
run bob new pchat login bob
run bob new pchat to alice
helper=$(helper_pid alice)
kill -STOP "$helper"
stop_daemon KILL
daemon new
wait_until daemon_is bob connected
mkdir -m 0700 "$T/alice/elsewhere"
is_root && chown "${uid_of[alice]}" "$T/alice/elsewhere"
run alice env XDG_RUNTIME_DIR="$T/alice/elsewhere" XDG_STATE_HOME="$T/alice/elsewhere" new pchat login alice
exits 0 "its owner begins anew elsewhere"
kill -CONT "$helper"
wait_until is_gone "$helper"
ok $? "an old helper whose session was taken over ends"
run alice env XDG_RUNTIME_DIR="$T/alice/elsewhere" XDG_STATE_HOME="$T/alice/elsewhere" new pchat status
exits 0 "the new one goes on"
finish
