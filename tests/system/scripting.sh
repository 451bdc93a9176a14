# What scripts and busy people use: with, on-message, history, dnd, block, allow.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
login carol
run bob pchat read

# ------------------------------------------------------------------------ with

run bob pchat with alice -- sh -c 'echo "$PCHAT_SESSION $PCHAT_PARTNER"; exit 42'
exits 42 "with: the command's own exit status"
is "$out" "bob alice" "with: which knows session and partner"
run bob pchat with alice -- sh -c 'kill -KILL $$'
exits 137 "with: a signal as a shell has it"
run bob pchat leave
run bob pchat with alice -- true
run bob pchat status
like "$out" "free" "the chat that was begun for the command ends with it"
run bob pchat with alice --stay -- true
run bob pchat status
like "$out" "chatting with alice" "but with --stay"
run bob pchat with alice -- true
run bob pchat status
like "$out" "chatting with alice" "a chat that was there before stays"
run bob pchat with nobody -- true
exits 5 "with: nobody there"
run bob pchat with alice -- "$T/missing"
exits 127 "with: a command that is not there"
is "$(partner_of bob)" alice "with: which ends no chat that was there before"
run bob pchat leave
run bob pchat with alice -- "$T/missing"
is "$status $(partner_of bob)" "127 null" "with: but the one that was begun for it"
run bob pchat with alice -- "$T/alice"
is "$status $(partner_of bob)" "126 null" "with: as for a command that cannot be run"
run bob pchat with alice --stay -- "$T/missing"
is "$status $(partner_of bob)" "127 alice" "with --stay: it goes on all the same"
run alice pchat --json with bob -- /nowhere/at/all
is "$status $(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "127 127 no-command" "with: the same under --json"
run bob pchat with alice
exits 2 "with: no command at all"
run bob pchat with alice echo -- true
exits 2 "with: a word in front of the --"
like "$err" "'echo' is left over" "with: which is said"
# shellcheck disable=SC2016 # another shell's
spawn company bob nohup pchat with alice -- sh -c 'trap "echo hung up; exit 0" HUP; echo begun; while :; do read -r _ <"$0"; done' "$T/never"
mkfifo "$T/never"
wait_until has_line "$T/company.out" begun
run alice pchat leave
exec 7<>"$T/never"
echo >&7
reap company
exec 7>&-
exits 8 "with: 8 when the partner leaves"
like "$out" "hung up" "with: and the command got SIGHUP, also under nohup"

# What the command has started ends with it; but not what detached itself, as a helper does.
run alice pchat to bob
mkfifo -m 0666 "$T/still"
# shellcheck disable=SC2016
spawn company bob pchat with alice -- sh -c 'echo $$; setsid sh -c "echo \$\$; exec tail -f /dev/null" &
	(trap "" HUP; echo begun; while :; do read -r _ <"$0"; done) | while read -r line; do echo "$line"; done' "$T/still"
exec 7<>"$T/still"
wait_until has_line "$T/company.out" begun
all_have_begun() { [ "$(grep -cE '^[0-9]+$' "$T/company.out")" = 2 ]; }
wait_until all_have_begun
mapfile -t pids < <(grep -E '^[0-9]+$' "$T/company.out")
[ "$(pgrep -cf "sh -c .*$T/still")" -ge 3 ]
ok $? "with: a command that has started others"
run alice pchat leave
reap company
exits 8 "with: the partner leaves"
! pgrep -f "$T/still" >/dev/null
ok $? "with: they end with it, also when they are deaf to SIGHUP"
left=""
for pid in "${pids[@]}"; do
	is_gone "$pid" || left+="$pid "
done
is "$(wc -w <<<"$left")" 1 "with: what detached itself lives on"
# shellcheck disable=SC2086 # a list
kill $left
exec 7>&-

run bob pchat with alice -- "$T/alice"
exits 126 "with: what cannot be run"
# shellcheck disable=SC2016
spawn company bob pchat with alice -- sh -c 'trap "echo told; exit 5" TERM; echo $$; while :; do read -r _ <"$0"; done' "$T/never"
wait_until has_line "$T/company.out" '^[0-9]+$'
command=$(head -n 1 "$T/company.out")
exec 7<>"$T/never"
kill -TERM "${pid_of[company]}"
echo >&7
reap company
exec 7>&-
exits 5 "with: SIGTERM is passed on, and the status is the command's"
like "$out" told "with: which hears it"
is_gone "$command"
ok $? "with: and is not left behind"

# ------------------------------------------------------------------ on-message

has_no_notes() {
	[ "$( (as bob pchat status --json) | jq .notes)" = 0 ]
}

run alice pchat to bob
run bob pchat read
# shellcheck disable=SC2016
spawn hook bob pchat on-message -- sh -c 'echo "$PCHAT_FROM $PCHAT_UID $PCHAT_SESSION: $(cat)"' 'x;touch evil'
# shellcheck disable=SC2016
run alice pchat send '$(touch evil); one'
run alice pchat send two
wait_until has_line "$T/hook.out" ': two$'
ok $? "on-message: runs for each message" "$(cat "$T/hook.out")"
like "$(cat "$T/hook.out")" "^alice ${uid_of[alice]} bob: " "on-message: who it is from is in the environment"
is "$(find "$T/bob" -name evil)" "" "on-message: and never a shell's business"
wait_until has_unread bob 0
ok $? "on-message: they are read by that"
run carol pchat tell bob "no message"
run alice pchat send three
wait_until has_line "$T/hook.out" ': three$'
unlike "$(cat "$T/hook.out")" "no message" "on-message: a note is none"
run bob pchat status --json
is "$(jq .notes <<<"$out")" 1 "on-message: and stays unread, though a later message was taken"
kill -TERM "${pid_of[hook]}"
reap hook
exits 0 "on-message: ends when told to"
spawn hook bob pchat on-message --notes -- sh -c 'echo "got $(cat)"'
wait_until has_line "$T/hook.out" '^got no message$'
ok $? "on-message: with --notes it is, also one that came before"
run alice pchat send "and a message"
wait_until has_line "$T/hook.out" '^got and a message$'
ok $? "on-message: beside messages"
wait_until has_no_notes
ok $? "on-message: and is read by that"
kill -TERM "${pid_of[hook]}"
reap hook
mkfifo -m 0666 "$T/block"
spawn hook bob pchat on-message --limit "$(span 200)" -- cat "$T/block"
run alice pchat send four
wait_until has_line "$T/hook.err" 'took too long'
ok $? "on-message: a command that hangs is ended, and that is said" "$(cat "$T/hook.err")"
run bob pchat quit
reap hook
exits 0 "on-message: ends with the session"
login bob
run alice pchat to bob
spawn hook bob nohup pchat on-message -- cat
run alice pchat send before
wait_until has_line "$T/hook.out" before
kill -HUP "${pid_of[hook]}"
run alice pchat send behind
wait_until has_line "$T/hook.out" behind
ok $? "on-message: lives on under nohup"
kill -TERM "${pid_of[hook]}"
reap hook
# shellcheck disable=SC2016
spawn hook bob pchat on-message --at-once 2 -- sh -c 'echo begun; read -r _ <"$0"' "$T/block"

(as alice pchat send -l < <(seq 5))
has_begun() { [ "$(grep -c begun "$T/hook.out")" = "$1" ]; }
wait_until has_begun 2
wait_until has_unread bob 3
ok $? "on-message: no more at once than it may, the others stay unread"
exec 7<>"$T/block"
for _ in 1 2 3 4 5; do echo >&7; done
wait_until has_begun 5
ok $? "on-message: and have their turn"
exec 7>&-
run bob pchat quit
reap hook
login bob
run alice pchat to bob
run bob pchat read
# shellcheck disable=SC2016
spawn hook bob pchat on-message -- sh -c 'echo begun; read -r _ <"$0"; echo done' "$T/block"
run alice pchat send "takes its time"
wait_until has_begun 1
exec 7<>"$T/block"
run bob pchat quit
echo >&7
reap hook
exec 7>&-
exits 0 "on-message: the session ends"
like "$out" 'begun.done' "on-message: what was begun comes to its end"
login bob
run alice pchat to bob
run bob pchat read
run alice pchat send kept
run bob pchat on-message -- "$T/missing"
exits 127 "on-message: a command that is not there"
run bob pchat on-message echo -- true
exits 2 "on-message: a word in front of the -- is refused"
like "$err" "'echo' is left over" "on-message: which is said"
for wrong in "--limit 0" "--limit=0.0001" "--at-once 0" "--at-once 65"; do
	# shellcheck disable=SC2086 # a list of words
	run bob pchat on-message $wrong -- true
	exits 2 "on-message $wrong is refused"
	case $wrong in
	--at-once*) like "$err" "from 1 to 64" "$wrong: with what is possible" ;;
	*) like "$err" "more than 0 seconds" "$wrong: with what is possible" ;;
	esac
done
run bob pchat read --raw
is "$out" kept "on-message: leaves the message unread"

# --------------------------------------------------------------------- history

run bob pchat send "an answer"
run alice pchat history bob
like "$out" 'alice to bob: kept' "history: what I said"
like "$out" 'bob: an answer' "history: and what I was told"
run alice pchat history -n 1
is "$(wc -l <<<"$out")" 1 "history: -n"
run alice pchat history --grep answer --json
is "$(jq -r '"\(.from) \(.text)"' <<<"$out")" "bob an answer" "history: --grep, --json"
run alice pchat history --since 1h
like "$out" 'an answer' "history: --since"
run alice pchat history --since noon
exits 2 "history: what is no time"
time=$(jq -r .time <<<"$(as alice pchat history --grep answer --json)")
run alice pchat history --since "$time"
like "$out" 'an answer' "history: --since takes what --json gives"
printf 'Ärger im Büro\0"hinter" der NULL -x NEAR(a b)*' | (as bob pchat send)
for text in ärg ÄR 'm b' '"hinter" der' null -x 'NEAR(a b)*' '"' '*'; do
	run alice pchat history --json "--grep=$text"
	is "$(wc -l <<<"$out") $status" "1 0" "history: --grep '$text' finds it"
done
for text in 'im AND der' 'im OR der' 'NEAR(im der)' 'text:im' 'i*'; do
	run alice pchat history --grep "$text"
	exits 1 "history: --grep '$text' finds nothing: nothing is an operator"
done
run alice pchat history --grep ''
exits 0 "history: an empty text is in all"
if is_root; then
	add_user mallory
	run mallory env XDG_STATE_HOME="$T/alice/state" PCHAT_SESSION=alice pchat history
	exits 71 "history: somebody else's is not shown"
	is "$out" "" "history: nothing of it"
	like "$err" 'cannot read the history in .*Permission denied' "history: with a word that says why"
fi
run alice pchat history carol
exits 1 "history: nothing was said"
run alice pchat quit
run alice pchat history bob
like "$out" 'an answer' "history: also when logged out"

# ------------------------------------------------------------- dnd, block, allow

login alice
run bob pchat dnd on
run alice pchat to bob
exits 6 "dnd: refuses contact"
like "$(as alice pchat who)" 'bob .*refuses contact' "dnd: as who shows"
offers_carol() {
	offered=$(as alice pchat __complete users)
	[[ $offered == *carol* ]]
}
wait_until offers_carol
ok $? "dnd: completion offers the others"
unlike "$offered" 'bob' "dnd: and nobody who refuses"
run bob pchat quit
login bob
run alice pchat to bob
exits 6 "dnd: over a login"
run bob pchat dnd off
run bob pchat block alice
run alice pchat to bob
exits 6 "block: one is refused"
run carol pchat to bob
exits 0 "block: others are not"
run bob pchat leave
run alice pchat quit
run alice pchat login allison
run alice pchat to bob
if is_root; then
	exits 6 "block: another name of the account does not help"
else
	skip "takes root" "block: another name of the account does not help"
fi
run bob pchat block --json
is "$(jq -r '"\(.rule) \(.name) \(.uid)"' <<<"$out" | sort | tr '\n' '|')" "block alice ${uid_of[alice]}|block alice null|" "block --json"
run bob pchat unblock alice
run alice pchat to bob
exits 0 "unblock: and all is as before"
run alice pchat leave
if is_root; then
	run bob pchat allow @0
	run alice pchat to bob
	exits 6 "allow @group: nobody else"
	run bob pchat unblock @0
	run bob pchat block "@${uid_of[alice]}"
	run alice pchat to bob
	exits 6 "block @group: none of them"
	run carol pchat to bob
	exits 0 "block @group: others may"
	# Of the groups that the kernel knows of a login, each counts.
	run bob pchat leave
	run bob pchat block @54321
	add_user dave
	with_groups() { # GROUPS COMMAND...
		local groups=$1
		shift
		run root env HOME="$T/dave" XDG_RUNTIME_DIR="$T/dave/run" XDG_STATE_HOME="$T/dave/state" \
			setpriv --reuid="${uid_of[dave]}" --regid="${uid_of[dave]}" --groups="$groups" -- "$@"
	}
	with_groups 50001,54321 pchat login dave
	with_groups 50001,54321 pchat to bob
	exits 6 "block @group: a group among others"
	with_groups 50001 pchat to bob
	exits 6 "block @group: which the login had, whoever asks later"
	run bob pchat unblock @54321
	run bob pchat allow @54321
	with_groups 50001 pchat to bob
	exits 0 "allow @group: a group among others"
	run carol pchat to bob
	with_groups 50001 pchat quit
	run carol pchat to bob
	exits 6 "allow @group: others may not, also when it is free"
	run bob pchat quit
	stop_daemon
	start_daemon
	wait_until daemon_is carol connected
	login bob
	run carol pchat to bob
	exits 6 "allow @group: over a login and another daemon"
	run bob pchat unblock @54321
else
	skip "takes root" "allow, block @group"
fi
# shellcheck disable=SC2016 # another shell's
run bob sh -c 'i=0; while [ $i -lt 63 ]; do pchat block "nobody$i" || exit; i=$((i + 1)); done'
exits 0 "block: 63 rules"
if is_root; then # or all are of one account, which is not blocked
	run bob pchat block alice
	exits 6 "block: a name and its account are two, and one too many"
	unlike "$(as bob pchat block)" alice "block: neither is there"
fi
# shellcheck disable=SC2016
run bob sh -c 'i=0; while [ $i -lt 63 ]; do pchat unblock "nobody$i" || exit; i=$((i + 1)); done'
exits 0 "unblock: all of them"
run bob pchat block @no-such-group
exits 5 "a group that is none"
run bob pchat unblock nobody
exits 5 "unblock: nothing to take back"
run bob pchat block nosuch
exits 0 "block: somebody who is not there"
like "$err" "nobody named 'nosuch' is online; the rule .* stands" "is told so"
run bob pchat block
like "$out" "block nosuch" "and the rule stands"
run bob pchat unblock nosuch
run bob pchat block Маша
run bob pchat unblock МАША
exits 0 "unblock: the name in another case"
run bob pchat block Bob
exits 6 "block: oneself"

finish
