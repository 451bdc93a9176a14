# Notes (R11): tell, from a shell without a session and from one with; who is told what, and what is refused.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

start_daemon
login bob
add_user alice

# ---------------------------------------------------------------- to an inbox, without a session

run alice pchat tell bob "build: exit 0"
exits 0 "a note from a shell without a session is told"
run bob pchat status --json
is "$(jq -r .notes <<<"$out")" 1 "status counts it"
is "$(jq -r .unread <<<"$out")" 0 "apart from messages"
prompt_is bob "bob:1" "the prompt counts both"
run bob pchat read --raw
exits 1 "read --raw passes it over"
run bob pchat read -0
exits 1 "and so does read -0"
run bob pchat read --peek
like "$out" "^\[20[0-9-]+ [0-9:]+\] note from [^:]+: build: exit 0$" "read shows it as a note"
run bob pchat read --json
is "$(jq -r .type <<<"$out")" note "its type is note"
is "$(jq -r .text <<<"$out")" "build: exit 0" "with its text"
is "$(jq -r .uid <<<"$out")" "${uid_of[alice]}" "its sender is the account, as the kernel says"
is "$(jq -r '.from == .account' <<<"$out")" true "which it is from"
like "$(jq -r .msgid <<<"$out")" '^[0-9a-f]{32}$' "with its id"
run bob pchat read
exits 1 "what was shown is read"
run bob pchat status --json
is "$(jq -r .notes <<<"$out")" 0 "and counted no more"

run alice env -i "PATH=$PATH" "PCHAT_SOCKET=$PCHAT_SOCKET" pchat tell bob "from an empty environment"
exits 0 "cron's empty environment is enough"
printf 'several\nlines\n\n' >"$T/body"
feed alice pchat tell bob <"$T/body"
exits 0 "standard input is one note"
run alice pchat tell --json bob "as JSON"
is "$(jq -c '[.delivered, .to]' <<<"$out")" '[true,"bob"]' "--json says that it is delivered"
run bob pchat read --raw --notes
is "$out" $'from an empty environment\nseveral\nlines\n\nas JSON' "read --raw --notes has them, in order"
printf 'one\ntwo\nthree\n' >"$T/body"
feed alice pchat tell -l bob <"$T/body"
exits 0 "-l tells line by line"
run alice pchat tell -f /etc/hostname bob
exits 0 "-f tells a file"
run bob pchat read --json
is "$(jq -r .text <<<"$out" | head -3)" $'one\ntwo\nthree' "in order"
mkfifo -m 0666 "$T/fifo"
run alice pchat tell --timeout "$(span 300)" -f "$T/fifo" bob
exits 124 "a FIFO that nobody writes is waited for as long as --timeout says"
spawn fifo alice pchat tell -f "$T/fifo" bob
wait_until sleeps "${pid_of[fifo]}"
(printf 'from '; pause; printf 'a FIFO\n') >"$T/fifo"
reap fifo
exits 0 "and who writes it later is heard"
run bob pchat read --raw --notes
is "$out" "from a FIFO" "to the end"

# ---------------------------------------------------------------- what is no note, and who takes none

run alice pchat tell bob ""
exits 10 "an empty note is refused"
head -c 4097 /dev/zero | tr '\0' x >"$T/body"
feed alice pchat tell bob <"$T/body"
exits 10 "and one of 4,097 bytes"
like "$err" 4096 "with the limit"
{ head -c 4095 /dev/urandom; printf x; } >"$T/body" # a newline at its end would be dropped
feed alice pchat tell bob <"$T/body"
exits 0 "4,096 bytes of any value are told"
run bob pchat read -0 --notes
head -c 4096 "$T/out" | cmp -s - "$T/body"
ok $? "and arrive as they were"
run alice pchat tell nobody hello
exits 5 "nobody of that name is there"
run alice pchat tell
exits 2 "a note is to somebody"
run alice pchat tell -- -x hello
exits 9 "whose name is one"
run alice pchat tell bob --help
exits 2 "help behind the name tells nothing"
run bob pchat read
exits 1 "nothing of that arrived"
run bob pchat dnd on
run alice pchat tell bob hello
exits 6 "dnd refuses notes"
run bob pchat dnd off

# ---------------------------------------------------------------- with a session; the chat is apart

login carol
run carol pchat to bob
run bob pchat read
run carol pchat tell bob "beside the chat"
exits 0 "the partner can tell a note as well"
run carol pchat -s carol tell bob "by my session"
exits 0 "with -s it is from the session"
run bob pchat read --json
is "$(jq -r .from <<<"$out" | tail -1)" carol "whose name it has"
run carol pchat send "in the chat"
run alice pchat tell bob "in between"
run carol pchat send "in the chat again"
run bob pchat read --raw
is "$out" $'in the chat\nin the chat again' "read --raw shows the messages"
run bob pchat read
like "$out" "note from .*: in between" "and the note is unread still"
exits 0 "each record for itself"
run bob pchat read
exits 1 "until it is shown"
run carol pchat tell carol "to myself"
exits 0 "one may tell oneself"
spawn ask bob pchat ask "a question?"
wait_until has_unread carol 1
run alice pchat tell bob "no answer"
run carol pchat send "the answer"
reap ask
is "$(cat "$T/ask.out")" "the answer" "a note is no answer to ask"
run bob pchat read --raw --notes
is "$out" "no answer" "and stays unread"
run bob pchat leave
run alice pchat tell carol "without a chat"
exits 0 "a note goes outside of any pair"
run bob pchat status --json
is "$(jq -r .partner <<<"$out")" null "and makes none"
run bob pchat block carol
run carol pchat -s carol tell bob hello
exits 6 "block holds for notes"
run carol pchat tell bob hello
exits 6 "also without the session: the account is blocked"
run bob pchat unblock carol

# What a reader did not print stays unread, each record for itself.
run bob pchat read
run carol pchat to bob
run bob pchat read
for i in 1 2 3; do
	run alice pchat tell bob "passed over $i"
	run carol pchat send "taken $i"
done
run bob pchat read --raw -n 1
is "$out" "taken 1" "read --raw -n 1 takes a message"
run bob pchat read --raw -n 1
is "$out" "taken 2" "and the next, whatever stands between them"
(as bob pchat read) >/dev/full 2>/dev/null
run bob pchat read -n 1
like "$out" "note from [^:]+: passed over 1$" "what could not be printed is unread, as are the notes"
run bob pchat read --raw
is "$out" "taken 3" "one that is printed does not take others with it"
run bob pchat status --json
is "$(jq -c '[.unread, .notes]' <<<"$out")" "[0,2]" "status counts what is left"
kill -KILL "$(helper_pid bob)"
run bob pchat read --raw --notes
is "$out" $'passed over 2\npassed over 3' "a new helper has the same left"
run carol pchat leave
run bob pchat read

# ---------------------------------------------------------------- answers, and none at all

run root pchat tell bob "a note from root"
exits 0 "root tells"
run bob pchat block root
run root pchat tell bob "once more"
exits 6 "block NAME is for an account without a session, too"
run bob pchat unblock root
run bob pchat read
run bob pchat reply thanks
exits 5 "root has no session that an answer could go to"
like "$err" "to root" "it says to whom"
run carol pchat -s carol tell bob "a question"
run bob pchat reply thanks
exits 2 "a newer note by somebody else is unread"
run bob pchat read
run bob pchat reply "an answer"
exits 0 "the latest note that was shown is answered"
run carol pchat read --json
is "$(jq -rs 'last | [.type, .from, .text] | join(" ")' <<<"$out")" "note bob an answer" "by a note from the session"
run root pchat tell bob "by another"
run bob pchat read --json
id=$(jq -r .id <<<"$out")
run bob pchat reply --note $((id - 1)) "to carol all the same"
exits 0 "--note answers another one"
run carol pchat read --raw --notes
is "$out" "to carol all the same" "which goes to its writer"
run bob pchat reply --note 999999 nobody
exits 1 "there is no such note"
run bob pchat notes off
exits 0 "notes off"
run carol pchat tell bob hello
exits 6 "takes none"
like "$err" "takes no notes" "and says so"
run bob pchat status
like "$out" "takes no notes" "status tells"
kill -KILL "$(helper_pid bob)"
run bob pchat status
like "$out" "takes no notes" "a new helper knows it"
wait_until daemon_is bob connected
run carol pchat tell bob hello
exits 6 "and refuses as well"
run bob pchat notes on
run carol pchat tell bob hello
exits 0 "notes on takes them again"
run bob pchat notes perhaps
exits 2 "on or off"

# ---------------------------------------------------------------- history

run bob pchat history
like "$out" "note from [^:]+: build: exit 0" "history has notes"
run bob pchat history --grep "EXIT 0"
like "$out" "build: exit 0" "which can be searched"
run bob pchat history --delete --before "2020-01-01"
run bob pchat history --delete
exits 2 "what is unread is not deleted"
in_files() { # TEXT: in any file of bob's
	grep -qraF -- "$1" "$T/bob/state"
}
run bob pchat read
in_files "build: exit 0"
ok $? "a note is in the files"
run bob pchat history --delete
exits 0 "all else is"
run bob pchat history
exits 1 "with all else"
! in_files "build: exit 0"
ok $? "and in no file any more"

# ---------------------------------------------------------------- the same id

id=00112233445566778899aabbccddeeff
run alice pchat tell --id $id bob "once"
run alice pchat tell --id $id bob "once"
exits 0 "the same note again is delivered already"
run alice pchat tell --id $id bob "other"
exits 10 "another one under its id is refused"
run bob pchat read --raw --notes
is "$out" once "it arrived once"
# It has arrived, whatever this attempt comes to: its time is over before there is a text, or before its helper is there.
mkfifo -m 0666 "$T/never"
exec {never_fd}<>"$T/never"
run alice pchat --json tell --id $id --timeout "$(span 300)" -f "$T/never" bob
exits 75 "--id: a text that does not come in time says nothing of an earlier attempt"
is "$(jq -r .error.msgid <<<"$err")" $id "and the id is told again"
run carol pchat -s carol tell bob "a question"
exits 0 "a note that can be answered"
run bob pchat read --json --notes
number=$(jq -r .id <<<"$out")
run bob pchat reply --note "$number" --id $id --timeout "$(span 300)" -f "$T/never"
exits 75 "--id: nor in a reply"
run bob pchat reply --note "$number" --timeout "$(span 300)" -f "$T/never"
exits 124 "without --id it is certain"
exec {never_fd}>&-
for text in "$T" "$T/nowhere"; do
	run alice pchat tell --id $id -f "$text" bob
	exits 71 "--id: a text that cannot be read stays that: whoever repeats it would do so for ever"
done
helper=$(helper_pid bob)
kill -STOP "$helper"
run bob pchat --json reply --note "$number" --id $id --timeout "$(span 300)" "an answer"
kill -CONT "$helper"
exits 75 "--id: nor does a helper that does not answer"
is "$(jq -r .error.msgid <<<"$err")" $id "and the id is told again"

# ---------------------------------------------------------------- many at once

cat >"$T/Makefile" <<'MAKE'
all: $(addprefix note-,$(shell seq 48))
note-%:
	@pchat tell --timeout $(PATIENCE) bob "note $*"
MAKE
chmod 644 "$T/Makefile"
run alice make -j16 -s -f "$T/Makefile" PATIENCE=$PATIENCE
exits 0 "make -j16 of tells"
run bob pchat read --raw --notes
is "$(sort -u <<<"$out" | wc -l)" 48 "each arrives, once"
is "$(wc -l <<<"$out")" 48 "and none twice"

# ---------------------------------------------------------------- limits

for i in 1 2 3 4; do
	seq -f "note $i-%g" 1 30 >"$T/body"
	feed alice pchat tell -l --timeout $PATIENCE bob <"$T/body"
done
exits 10 "of one sender an inbox takes 100 unread notes"
like "$err" "^pchat: line 11: bob: not delivered: too many" "and says at which it stopped"
run bob pchat status --json
is "$(jq -r .notes <<<"$out")" 100 "those are there"
run carol pchat tell bob hello
exits 10 "users without an account are one sender"
run root pchat tell bob hello
exits 0 "others are not kept out"
run bob pchat read --raw --notes -n 1
run carol pchat tell --timeout $PATIENCE bob hello
exits 0 "one that is read makes room"
run bob pchat read

# ---------------------------------------------------------------- everything is killed in between

kill_loop() {
	while [ ! -e "$T/stop" ]; do
		kill -KILL "$(helper_pid bob)" 2>/dev/null
		pause
		(as bob pchat status) >/dev/null 2>&1
		kill -KILL "$daemon_pid"
		reap daemon
		start_daemon
		(as bob pchat status) >/dev/null 2>&1
		within 1 daemon_is bob connected || :
		read -rt "$(span $((RANDOM % 200)))" -u "$pause_fd" || : # in which somebody may be told something
	done
}

# Ends the loop above: a command that was told how each of 15 notes went.
tell_all() { # SENDER
	local i
	for i in $(seq 15); do
		(as "$1" pchat tell --timeout "$(span 500)" bob "$1 $i") >/dev/null 2>&1
		echo "$? $1 $i"
	done >"$T/told.$1"
}
tell_all alice &
first=$!
tell_all root &
second=$!
(wait_until eval 'is_gone $first && is_gone $second'; touch "$T/stop") &
kill_loop
wait "$first" "$second"
daemon_is bob connected || wait_until daemon_is bob connected
run bob pchat read --raw --notes
note "told: $(cut -d' ' -f1 "$T"/told.* | sort | uniq -c | tr -s ' \n' ' ')"
sort <<<"$out" >"$T/arrived"
is "$(uniq -d "$T/arrived")" "" "nothing arrived twice"
is "$(sed -n 's/^0 //p' "$T"/told.* | sort | comm -23 - "$T/arrived")" "" "what was told as delivered has arrived"
is "$(grep -hv '^0 \|^75 ' "$T"/told.* | cut -d' ' -f2- | sort | comm -12 - "$T/arrived")" "" "what was refused has not"
grep -q '^0 ' "$T"/told.*
ok $? "some were told"

long=$T/$(printf 'x%.0s' {1..120})
run alice pchat --socket "$long" tell bob "hi"
exits 2 "a socket's path that is too long is refused"
like "$err" "at most 107" "and the words say how long it may be"

finish
