#!/bin/bash
# Two hosts, and sessions of the same names at both: what a session at the other host starts, what it says to type, and what it
# tells of accounts belongs to that host. An ssh that only passes bytes on stands for the real one (tests/faults/forward.c).
. "${0%/*}/lib.sh"
needs_root
[ -x "$BUILDDIR/tests/faults/forward" ] || skip_all "tests/faults/forward is not built"

mkdir -m 0755 "$T/bin"
cp "$BUILDDIR/tests/faults/forward" "$T/bin/ssh"

# The daemon of the other host. Who comes through the door, as through its sshd, is the account `far` there.
lab=$T/lab.sock
door=$T/far/door.sock
spawn lab root pchatd --socket "$lab" --state "$T/lab.state" --grace $AGES
for user in alice far mallory other eve; do
	add_user $user
done
uid_of[eve]=${uid_of[alice]} # the numbers of two hosts have nothing to do with each other
chown -R "${uid_of[eve]}:${uid_of[eve]}" "$T/eve"
chmod 0711 "$T/far"
wait_until test -S "$lab" || { note "$(cat "$T/lab.err")"; exit 1; }
spawn door far "$T/bin/ssh" -L "$door:$lab"
wait_until test -S "$door"
chmod 0777 "$door"
start_daemon

# at USER COMMAND...: whose ssh is ours. there USER COMMAND...: who sits at the other host.
at() {
	local user=$1
	shift
	run "$user" env "PATH=$T/bin:$PATH" "$@"
}
there() {
	local user=$1
	shift
	run "$user" env PCHAT_SOCKET="$lab" "$@"
}

# What is unread there, or here, is that and nothing else.
is_read_there() { # USER WANTED NAME
	there "$1" pchat read --raw --notes
	is "$out" "$2" "$3"
}
is_read_here() {
	run "$1" pchat read --raw --notes
	is "$out" "$2" "$3"
}
is_told_there() { # USER TYPE
	there "$1" pchat read --peek --json
	jq -e --arg type "$2" -s 'any(.type == $type)' <<<"$out" >/dev/null
}
reads_there() { # USER WANTED
	there "$1" pchat read --raw --notes
	[ "$out" = "$2" ]
}

# Here alice chats with bob; there an alice, too, chats with mallory. Somebody else has the name mallory here.
pair alice bob
there mallory pchat login mallory
run other pchat login mallory
at alice pchat login --via "lab:$door" alice
exits 0 "a session of the same name at another host"
at alice pchat -s lab/alice to mallory
exits 0 "which chats with somebody there"
at alice pchat login --if-needed --via "lab:$door" alice
is "$status/$err" 0/ "--if-needed: is there already"
at alice pchat login --if-needed --via "LAB:$door" alice
is "$status/$err" 0/ "hosts have no case"
for other in "lab:$T/other.sock" lab "root@lab:$door"; do
	at alice pchat login --if-needed --via "$other" alice
	exits 9 "but not at another daemon or account of that host: $other"
done
for user in bob other; do
	run $user pchat read
done
there mallory pchat read

# ------------------------------------------------------------------ commands that are started
at alice pchat -s lab/alice with mallory -- sh -c 'echo "$PCHAT_SESSION"; pchat send -- "for $PCHAT_PARTNER only"'
exits 0 "with: a command beside that chat"
is "$out" lab/alice "is told the session with its host"
is_read_there mallory "for mallory only" "and what it sends goes to that partner"
is_read_here bob "" "and to nobody here"

spawn hook alice env "PATH=$T/bin:$PATH" pchat -s lab/alice on-message -- sh -c 'pchat send -- "$PCHAT_SESSION: $(cat)"'
there mallory pchat send "what is the secret?"
exits 0 "on-message: a question from there"
wait_until reads_there mallory "lab/alice: what is the secret?"
ok $? "is answered there" "$out" "$(cat "$T/hook.err")"
is_read_here bob "" "and to nobody here"
kill "${pid_of[hook]}"
reap hook

if command -v tmux >/dev/null; then
	. "${0%/*}/terminal.sh"
	terminal alice 80 24
	type_keys "PATH=$T/bin:\$PATH pchat -s lab/alice chat" Enter
	shows '^to mallory> *$' "chat: a chat with somebody there"
	echo private >"$T/alice/private.txt"
	chown "${uid_of[alice]}" "$T/alice/private.txt"
	type_keys "/give private.txt" Enter
	shows "another host" "chat: /give is of that session"
	run bob pchat accept --list
	is "$out" "" "and nobody here is offered anything"
	type_keys "/leave" Enter
	wait_until is_told_there mallory left
	ok $? "chat: /leave leaves that chat"
	is "$(partner_of bob)" alice "and not the one here"
	send_keys C-d
	shows '^\$ *$' "chat: it is left"
	close_terminal
else
	skip "tmux is not installed" "chat: what its commands act on"
fi

# ------------------------------------------------------------------ what is to be typed
# as_told INPUT: what the latest command said to type, typed by alice, who has sessions of both hosts.
as_told() {
	local words=${err##*with: }
	local -a again
	read -ra again <<<"${words%,*}"
	(as alice env "PATH=$T/bin:$PATH" timeout -s KILL $PATIENCE "${again[@]}" <<<"$1") >"$T/out" 2>"$T/err"
	status=$?
	err=$(<"$T/err")
}

# Unconfirmed, then repeated as it says: read there, and by nobody here.
repeated() { # WANTED NAME
	local pid=$1 wanted=$2 what=$3
	exits 75 "$what: unconfirmed"
	like "$err" "with: pchat -s lab/alice ${what%% *} " "names the session" || return
	kill -CONT "$pid"
	as_told "$wanted"
	exits 0 "and is repeated as it says" "$err"
	is_read_there mallory "$wanted" "it is there, once"
	is_read_here other "" "and nobody of that name here has it"
	is_read_here bob "" "nor a partner here"
}
there mallory pchat read
at alice pchat -s lab/alice tell mallory "ready?"
exits 0 "a note goes to the other host"
there mallory pchat read
pid=$(helper_pid mallory)
kill -STOP "$pid"
at alice pchat -s lab/alice tell --timeout "$(span 500)" mallory "a secret of the lab"
repeated "$pid" "a secret of the lab" "tell"
kill -STOP "$pid"
at alice env PCHAT_SESSION=lab/alice pchat tell --timeout "$(span 500)" mallory "another secret"
repeated "$pid" "another secret" "tell by PCHAT_SESSION"

# bob's place is taken by somebody of the same name at the other host: the name alone tells them apart by nothing.
there eve pchat login bob
at alice pchat -s lab/alice to bob
exits 0 "a partner at the other host has the name of one here"
there eve pchat read
pid=$(helper_pid eve)
kill -STOP "$pid"
at alice pchat -s lab/alice send --timeout "$(span 500)" "for bob of the lab"
exits 75 "send: unconfirmed"
like "$err" "with: pchat -s lab/alice send --to bob --id" "names the session"
kill -CONT "$pid"
as_told "for bob of the lab"
exits 0 "and is repeated as it says" "$err"
is_read_there eve "for bob of the lab" "it is there, once"
is_read_here bob "" "and not with the partner here who has that name"

# An answer to a note goes to the account that wrote it, also when it is repeated.
there mallory pchat -s mallory tell alice "what is the code?"
exits 0 "a note from there"
at alice pchat -s lab/alice read --raw --notes
is "$out" "what is the code?" "is read here"
pid=$(helper_pid mallory)
kill -STOP "$pid"
at alice pchat -s lab/alice reply --timeout "$(span 500)" "it is 4711"
told=$err
repeated "$pid" "it is 4711" "reply"
like "$told" "reply --id [0-9a-f]{32} --note [0-9]+, and" "reply: names the note that is answered"
kill -STOP "$pid"
at alice pchat -s lab/alice reply --timeout "$(span 500)" "it is 4712"
exits 75 "reply: unconfirmed once more"
kill -CONT "$pid"
there mallory pchat read
there mallory pchat quit
run other pchat quit
there other pchat login mallory
exits 0 "the name has gone to another account there"
as_told "it is 4712"
[ "$status" -ne 0 ]
ok $? "to which the answer is not repeated" "$err"
is_read_there other "" "nor does it have it"
at alice pchat -s lab/alice reply --id 00112233445566778899aabbccddeeff "to whom?"
exits 2 "--id without --note may be about another note by now"

# So does what is only suggested, when -s has chosen the session.
there eve pchat leave
at alice pchat -s lab/alice send "to nobody"
exits 7 "nobody is there"
like "$err" "'pchat -s lab/alice to NAME'" "what is suggested names the session"
at alice env PCHAT_SESSION=lab/alice pchat send "to nobody"
like "$err" "'pchat to NAME'" "but where the shell names it"
printf 'a file\n' >"$T/bob/file"
spawn give bob pchat give "$T/bob/file"
is_offered() {
	(as alice pchat -s alice read --peek) >"$T/list" 2>/dev/null
	has_line "$T/list" 'pchat -s alice accept [0-9]+'
}
wait_until is_offered
ok $? "an offer says how it is accepted, by the session that it is shown of" "$(cat "$T/list")"
kill "${pid_of[give]}"
reap give
at alice pchat -s lab/alice
like "$out" "pchat -s lab/alice COMMAND" "and the overview says it"

# ------------------------------------------------------------------ what ssh says
# The server may write it: it is shown as a message is, readable and harmless.
mkdir -m 0755 "$T/evil"
cat >"$T/evil/ssh" <<'SSH'
#!/bin/sh
printf 'first\n\033[31mevil\033[0m gr\303\274n \377 Permission denied (publickey).\r\n' >&2
exit 255
SSH
chmod 0755 "$T/evil/ssh"
run alice env "PATH=$T/evil:$PATH" pchat login --via "lab:$door" anew
exits 4 "an ssh that is not let in"
shown='\u{001B}[31mevil\u{001B}[0m grün \xFF Permission denied (publickey).'
[[ $err == *"($shown)"* ]]
ok $? "its words are readable, and harmless" "$err"
run alice env "PATH=$T/evil:$PATH" pchat --json login --via "lab:$door" anew
[[ $(jq -r .error.message <<<"$err") == *"grün"*"Permission denied"* ]]
ok $? "also in an object" "$err"
[[ $err != *$'\e'* ]]
ok $? "which has no byte that a terminal obeys" "$err"
# A session that is there, and whose ssh is not let in any more.
at alice pchat login --via "lab:$door" anew
exits 0 "a session whose ssh ends"
helper=$(helper_pid alice lab/anew || helper_pid alice anew)
kill -KILL "$helper"
wait_until is_gone "$helper"
evil() {
	run alice env "PATH=$T/evil:$PATH" "$@"
}
needs_person() {
	evil pchat -s lab/anew status
	[[ $err == *ssh-add* ]]
}
wait_until needs_person
ok $? "status says what to type" "$err"
evil pchat -s lab/anew tell --timeout "$(span 500)" mallory "a note"
exits 4 "so does tell"
like "$err" "ssh-add" "which sends nothing"
at alice pchat -s lab/anew quit
# One that hangs.
printf '#!/bin/sh\nexec sleep 1000\n' >"$T/evil/ssh"
evil pchat login --timeout "$(span 300)" --via "lab:$door" anew
exits 124 "an ssh that hangs"
like "$err" "other host was not reached.*ssh HOST true" "is told of as what it may be"

# ------------------------------------------------------------------ history, when logged out
add_user solo # has no session but one at the other host
at solo pchat login --via "lab:$door" solo
at solo pchat -s lab/solo to mallory
exits 0 "whose only session is at another host"
at solo pchat send "said at the lab"
at solo pchat quit
run solo pchat history
exits 0 "has a history when logged out" "$err"
like "$out" "said at the lab" "which is found without its name"
run solo pchat login solo
run solo pchat quit
run solo pchat history
exits 3 "with an inbox of this host beside it the name is asked for"
like "$err" "lab/solo" "and told"
run solo pchat -s lab/solo history --delete --unread
exits 0 "it can be forgotten"
there mallory pchat read

# ------------------------------------------------------------------ accounts and groups
# Here alice's uid is another than there, where it is eve's.
at alice pchat -s lab/alice block bob
exits 0 "block: somebody there whose uid is ours here"
at alice pchat -s lab/alice block
like "$out" "block bob's account, uid ${uid_of[eve]}" "takes the account along"
there eve pchat quit
there eve pchat login eve2
there eve pchat to alice
exits 6 "so that another name does not help"
there far pchat login far2
at alice pchat -s lab/alice block far2
exits 0 "block: another session of our own account there"
at alice pchat -s lab/alice block
unlike "$out" "far2's account" "does not block the account, which is ours"

for command in block allow; do
	at alice pchat -s lab/alice $command @games
	exits 2 "$command @GROUP at another host"
	like "$err" "'lab/alice' is at another host.*@GID" "says that its number there is wanted"
	at alice pchat -s lab/alice $command @60123
	exits 0 "$command @GID is taken"
	at alice pchat -s lab/alice --json block
	is "$(jq -c 'select(.gid) | [.rule, .gid]' <<<"$out")" "[\"$command\",60123]" "and is that number"
	at alice pchat -s lab/alice unblock @60123
	exits 0 "and can be removed"
done
at alice pchat -s lab/alice __complete groups
is "$out" "" "groups of this host are not offered"
run alice pchat -s alice __complete groups
like "$out" "@games" "as they are for a session of this host"
finish
