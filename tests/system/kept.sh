# Notes for accounts that are not logged in (R11): kept by the daemon, delivered once and in order, taken back.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root
id -u games >/dev/null 2>&1 || skip_all "there is no account 'games'"
id -u news >/dev/null 2>&1 || skip_all "there is no account 'news'"

start_daemon
add_user games
add_user news
add_user alice

files() {
	find "$T/daemon/kept" -name '*.note' | wc -l
}

files_are() { # NUMBER
	[ "$(files)" -eq "$1" ]
}

no_files() {
	[ "$(files)" -eq 0 ]
}

run news pchat tell games "nobody is there"
exits 5 "without --later it is refused"
run news pchat tell --later games "the first"
exits 12 "with --later it is kept"
like "$err" "kept by the daemon" "which it says"
run news pchat tell --later --json games "the second"
exits 12 "and once more"
is "$(jq -c '[.delivered, .kept, .to]' <<<"$out")" '[false,true,"games"]' "--json says so"
id=$(jq -r .msgid <<<"$out")
run news pchat tell --later --id "$id" games "the second"
exits 12 "under the same id it is kept already"
run news pchat tell --later --id "$id" games "another"
exits 10 "another one under that id is refused"
run root pchat tell --later --id "$id" games "the second"
exits 12 "an id is its sender's own"
run root pchat notes --cancel "$id"
exits 0 "who can take it back"
run root pchat tell --later --id "$id" games "q"
run root pchat notes --kept
like "$out" "^$id  .{19}      1 byte   for games$" "and who sees how long it is"
run root pchat notes --cancel "$id"
run news pchat tell --later --id "$id" news "the second"
exits 12 "for another receiver it is another one"
run news pchat notes --kept --json
is "$(jq -rs 'map(select(.msgid == "'"$id"'") | .to) | join(" ")' <<<"$out")" "games news" "which is kept as well"
login news
wait_until files_are 2
run news pchat read --raw --notes
is "$out" "the second" "and delivered"
# Which daemon is asked the session says, as for tell.
run news env -u PCHAT_SOCKET pchat -s news tell --later --json games "from a session"
exits 12 "a session's daemon keeps a note"
id2=$(jq -r .msgid <<<"$out")
run news env -u PCHAT_SOCKET pchat -s news notes --kept --json
exits 0 "notes --kept -s asks the daemon of the session"
like "$out" "$id2" "which has it"
run news env -u PCHAT_SOCKET PCHAT_SESSION=news pchat notes --cancel "$id2"
exits 0 "as PCHAT_SESSION does, and --cancel"
run news pchat -s nobody notes --kept
exits 3 "no such session"
run news pchat quit
printf 'line %d\n' 1 2 3 >"$T/body"
feed news pchat tell --later -l games <"$T/body"
exits 12 "lines are kept"
is "$(files)" 5 "each is a file"
run root pchat tell --later alice "no account"
exits 5 "nothing is kept for a name that is no account's"
run alice pchat tell --later games "from somebody without an account"
exits 12 "whoever has no account may be told of as well"

# ---------------------------------------------------------------- the daemon is killed meanwhile

kill -KILL "$daemon_pid"
reap daemon
start_daemon
run news pchat notes --kept
exits 0 "notes --kept lists them, without a session, also after a kill"
is "$(wc -l <<<"$out")" 5 "one's own"
run news pchat notes --kept --json
is "$(jq -rs '.[1] | [.to, .msgid] | join(" ")' <<<"$out")" "games $id" "as JSON"
run alice pchat notes --cancel "$id"
exits 1 "nobody else takes it back"
run news pchat notes --cancel "$id"
exits 0 "its sender does"
run news pchat notes --cancel "$id"
exits 1 "once"
is "$(files)" 5 "its file is gone"

# ---------------------------------------------------------------- on its way to a receiver that does not answer

raw=$T/rawclient
cp "$BUILDDIR/tests/system/rawclient" "$raw"
spawn mute games "$raw" "$PCHAT_SOCKET" "hello 1 191" "login games" "expect FRAME type=0x86" linger
wait_until has_line "$T/mute.out" '^FRAME type=0x86'
run news pchat notes --kept --json
first=$(jq -rs '.[0].msgid' <<<"$out")
run news pchat notes --cancel "$first"
exits 75 "it cannot be taken back meanwhile"
like "$err" "being kept or delivered" "which is said"
run news pchat notes --kept --json
is "$(jq -rs '.[0].msgid' <<<"$out")" "$first" "it is kept still"
kill "${pid_of[mute]}"
reap mute

# ---------------------------------------------------------------- delivered once, in order

login games
wait_until no_files
ok $? "what was delivered is removed"
run games pchat read --raw --notes
is "$out" $'the first\nline 1\nline 2\nline 3\nfrom somebody without an account' "all arrive, in order"
run news pchat notes --kept
exits 1 "nothing is kept any more"
run games pchat quit
run games pchat login games
run games pchat read
exits 1 "nor delivered twice"
run news pchat tell --later games "directly"
exits 0 "who is there is told at once"
run games pchat read
run games pchat quit

# A name that is the account's goes to nobody else, and only under that name.
run news pchat tell --later games "by name and uid"
run games pchat login other
run games pchat read --wait=0.2 --raw --notes
exits 1 "another session of that account does not get it"
run games pchat quit
login games
wait_until no_files
run games pchat read --raw --notes
is "$out" "by name and uid" "that one does"

# Policy is asked when it is delivered.
run games pchat block news
run games pchat quit
run news pchat tell --later games "blocked"
exits 12 "what the policy refuses is kept at first"
login games
wait_until no_files
run games pchat read --raw --notes
exits 1 "and not delivered"
run games pchat unblock news
run games pchat notes off
run games pchat quit
run news pchat tell --later games "while notes are off"
login games
run games pchat notes on
run games pchat quit
login games
wait_until no_files
run games pchat read --raw --notes
is "$out" "while notes are off" "one that was not taken is kept until a later login"
run games pchat quit

# One whose connection is taken over while a note is under way gets it by the other one, and needs no third.
cp "$BUILDDIR/tests/system/rawclient" "$T/rawclient"
chmod 0755 "$T/rawclient"
session=$(printf '%032x' 78)
run news pchat tell --later games "taken over"
spawn older games "$T/rawclient" "$PCHAT_SOCKET" "hello 1 2" "login games $session" linger
wait_until has_line "$T/older.out" "type=0x86"
run games env PATIENCE=$PATIENCE "$T/rawclient" "$PCHAT_SOCKET" "hello 1 2" "login games $session resume" "expect WELCOME" \
	"expect FRAME type=0x86"
exits 0 "a note that was under way when its connection was taken over goes to the one that took it"
has_line "$T/older.out" "BYE replaced"
ok $? "which it was" "$(cat "$T/older.out")"
kill -KILL "${pid_of[older]}"
reap older
run games "$T/rawclient" "$PCHAT_SOCKET" "hello 1 2" "login games $session resume" "expect WELCOME" quit
run news pchat notes --kept --json
run news pchat notes --cancel "$(jq -r .msgid <<<"$out")"
exits 0 "and is kept until somebody has taken it"

# What was said to be kept is delivered, whatever else was told under its id before.
login games
run games pchat notes off
run games pchat quit
run news pchat tell --later --id "$id" games "kept"
exits 12 "a note is kept"
login games
offered_in_vain() { # and the answer has come
	[ -z "$(pgrep -P "$daemon_pid")" ] && sleeps "$(helper_pid games)" && sleeps "$daemon_pid"
}
wait_until offered_in_vain
run games pchat notes on
run news pchat tell --id "$id" games "told"
exits 0 "another one arrives under its id, as that is not there yet"
run games pchat quit
login games
wait_until no_files
run games pchat read --raw --notes
is "$out" $'told\nkept' "both are there"
run news pchat tell --id "$id" games "kept"
exits 0 "each is known again"
run news pchat tell --id "$id" games "told"
exits 0 "under the id that both were told under"
run news pchat tell --id "$id" games "a third"
exits 10 "and another one is not"
run games pchat quit
run news pchat tell --later --id "$id" games "a third"
exits 12 "the daemon does not know it"
login games
wait_until no_files
run games pchat read --raw --notes
is "$out" "a third" "and what it says it keeps arrives"
run games pchat quit

# ---------------------------------------------------------------- limits, and a disk that refuses

seq -f 'n%g' 1 101 >"$T/body"
feed news pchat tell --later -l --timeout $PATIENCE games <"$T/body"
exits 10 "of one sender for one receiver 100 are kept"
like "$err" "line 101" "and not one more"
is "$(files)" 100 "those are there"
run root pchat tell --later games "of another sender"
exits 12 "another sender has room"
login games
wait_until no_files
run games pchat read --raw --notes
is "$(wc -l <<<"$out")" 101 "all of them are delivered"
is "$(sed -n 's/^n//p' <<<"$out" | sort -nc 2>&1)" "" "in order"
run games pchat quit

rm -rf "$T/daemon/kept"
run news pchat tell --later games "no folder"
exits 10 "what cannot be stored is refused"
run news pchat notes --kept
exits 1 "and not kept"
mkdir -m 0700 "$T/daemon/kept"

# ---------------------------------------------------------------- somebody quits just then

# The daemon passes a note on, and finds QUIT behind it: nobody waits for an answer to the note, so it must not be stored
# there as well as kept. (Of two that have something for it the daemon serves the later one first.)
login games
login news
# has_asked WHO: its helper woke up for the command that was spawned under that name, and sleeps again.
has_asked() {
	local now
	now=$(naps "$(helper_pid "$1")") && [ "$now" != "$before" ] && [ "$(process_state "${pid_of[$1]}")" = S ]
}
kill -STOP "$daemon_pid"
before=$(naps "$(helper_pid games)")
spawn games games pchat quit
wait_until has_asked games
before=$(naps "$(helper_pid news)")
spawn news news pchat -s news tell --later --timeout $AGES games "on the threshold"
wait_until has_asked news
kill -CONT "$daemon_pid"
reap games
exits 0 "a session ends while a note is on its way to it"
reap news
exits 12 "the note is kept"
run games pchat history -s games --grep threshold
exits 1 "and is not with its receiver"
run news pchat notes --kept --json
run news pchat notes --cancel "$(jq -r .msgid <<<"$out")"
exits 0 "so that it can be taken back"
run news pchat quit

# ---------------------------------------------------------------- everything is killed in between

stop=$T/stop
tell_all() {
	local i
	for i in $(seq 15); do
		(as news pchat tell --later --timeout "$(span 2000)" games "k$i") >/dev/null 2>&1
		echo "$? k$i"
	done >"$T/told"
	touch "$stop"
}
tell_all &
teller=$!
while [ ! -e "$stop" ]; do
	pause
	(as games pchat login games) >/dev/null 2>&1
	kill -KILL "$daemon_pid"
	reap daemon
	start_daemon
	kill -KILL "$(helper_pid games)" 2>/dev/null
	(as games pchat status) >/dev/null 2>&1
done
wait "$teller"
(as games pchat quit) >/dev/null 2>&1
for _ in 1 2; do # what was under way when a session ended comes with the next login
	(as games pchat login games) >/dev/null 2>&1
	wait_until no_files
	(as games pchat quit) >/dev/null 2>&1
done
(as games pchat login games) >/dev/null 2>&1
run games pchat read --raw --notes
note "told: $(cut -d' ' -f1 "$T/told" | sort | uniq -c | tr -s ' \n' ' ')"
sort <<<"$out" >"$T/arrived"
is "$(uniq -d "$T/arrived")" "" "nothing arrived twice"
is "$(sed -nE 's/^(0|12) //p' "$T/told" | sort | comm -23 - "$T/arrived")" "" "what was delivered or kept has arrived"
is "$(grep -Ev '^(0|12|75) ' "$T/told" | cut -d' ' -f2- | sort | comm -12 - "$T/arrived")" "" "what was refused has not"

finish
