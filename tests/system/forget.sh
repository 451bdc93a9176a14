# What was said is forgotten for good: in every file, with a helper and without one, by command and by rule.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
folder=$T/bob/state/pchat/bob

# In any file of bob's.
is_anywhere() { # TEXT
	grep -qraF -- "$1" "$folder"
}

is_nowhere() {
	! is_anywhere "$1"
}

texts() { # USER
	(as "$1" pchat history --json) | jq -r 'select(.type == "message") | .text' | tr '\n' ,
}

say_some() {
	run alice pchat send "from alice: $1"
	run bob pchat send "from bob: $1"
	wait_until has_said "$1"
}

# Own messages are stored in the background.
has_said() {
	[[ $(texts bob) == *"from bob: $1,"* ]]
}

log_out() { # USER
	local helper
	helper=$(helper_pid "$1")
	run "$1" pchat quit
	wait_until is_gone "$helper"
}

say_some "one secret"
run bob pchat history --delete
exits 2 "what is unread is not forgotten unasked"
like "$err" "2 of these records are unread.*--unread" "which is said, with the way to do it" # it, and who came
is_anywhere "from alice: one secret"
ok $? "and nothing is"

run bob pchat read
run bob pchat history --delete carol
exits 1 "with somebody who said nothing there is nothing to forget"
run bob pchat history --delete --grep secret
exits 2 "--delete is not for a part that is searched for"
run bob pchat history --before today
exits 2 "nor is --before without it"
run bob pchat history --delete --before never
exits 2 "a time that is none"
for session in 'b o' ../bob bob/ 'host/b o'; do
	for command in history "history --delete" "send x"; do
		# shellcheck disable=SC2086 # two words
		run bob env PCHAT_SESSION="$session" pchat $command
		exits 3 "$command: PCHAT_SESSION='$session' is no session's, least of all the only one's"
		like "$err" "^pchat: '$session' is not a name; see PCHAT_SESSION$" "and all of it is shown"
	done
done
has_said "one secret"
ok $? "all that leaves everything as it was"
run bob pchat history --delete alice
exits 0 "what was said with alice is forgotten"
like "$err" "3 records are forgotten" "which is said"
is_nowhere "one secret"
ok $? "nothing of it is in any file" "$(grep -raoF "one secret" "$folder")"
is "$(texts alice)" "from alice: one secret,from bob: one secret," "the other one's history is the other one's"

say_some "two"
is "$(as bob pchat read --raw)" "from alice: two" "messages arrive as before"
id=$(as alice pchat history --json | jq -r 'select(.text == "from alice: one secret") | .msgid')
run alice pchat send --id "$id" "from alice: one secret"
exits 0 "a message that is sent again was delivered"
is "$(as bob pchat read --raw)" "" "and is not stored again"
is_nowhere "one secret"
ok $? "anywhere"
run bob pchat history --delete --before yesterday
exits 1 "nothing is older than it is"
run alice pchat send "not read yet"
run bob pchat history --delete --unread
exits 0 "what is unread is forgotten when that is said"
is "$(unread_of bob)" 0 "and counted no more"
is_nowhere "not read yet"
ok $? "it is nowhere"

# Whoever is gone before the helper reads what it asks for has asked for nothing: more may have come since.
helper=$(helper_pid bob)
kill -STOP "$helper"
spawn doomed bob pchat history --delete --unread
wait_until sleeps "${pid_of[doomed]}"
kill -KILL "${pid_of[doomed]}"
reap doomed
spawn late alice pchat send --timeout $AGES "what came after it"
wait_until sleeps "${pid_of[late]}"
kill -CONT "$helper"
reap late
exits 0 "a message arrives after a command that forgets was killed"
run bob pchat history --delete nobody # behind whatever else forgets
has_unread bob 1
ok $? "it stays"
run bob pchat read

# Without a helper.
say_some "three"
run bob pchat read
touch "$folder/inbox.db.corrupt-20260101T000000Z"
log_out bob
run bob pchat history --delete -s bob
exits 0 "logged out one can forget as well"
is_nowhere "three"
ok $? "it is nowhere"
[ ! -e "$folder/inbox.db.corrupt-20260101T000000Z" ]
ok $? "copies of damaged files are removed"
run bob pchat history -s bob
exits 1 "there is no history"

# By rule.
run bob pchat login --keep nonsense bob
exits 2 "a rule that is none"
run bob pchat login bob
run alice pchat to bob
for i in 1 2 3 4 5; do
	say_some "message $i"
done
run bob pchat read
log_out bob
run bob pchat login --keep 4 bob
exits 0 "login --keep 4"
is "$(texts bob)" "from alice: message 4,from bob: message 4,from alice: message 5,from bob: message 5," \
	"of what was read the latest four are kept"
is_nowhere "message 3"
ok $? "the others are nowhere"
log_out bob
run bob pchat login bob
run alice pchat to bob
run alice pchat send "message 6"
is_kept() {
	[[ $(texts bob) == "$1" ]]
}
run bob pchat read
run bob pchat quit
run bob pchat login --keep 1 bob
is_kept "message 6,"
ok $? "the rule can be changed" "$(as bob pchat history)"
run alice pchat to bob
run alice pchat send "message 7"
run alice pchat send "message 8"
wait_until has_unread bob 2
run bob pchat login --if-needed --keep 1 bob
exits 0 "also of a session that is there"
is_kept "message 7,message 8,"
ok $? "what is unread is kept, whatever the rule" "$(as bob pchat history)"
run bob pchat login --if-needed --keep 1h bob
is_kept "message 7,message 8,"
ok $? "an hour is not over" "$(as bob pchat history)"
run bob pchat login --if-needed --keep all bob
exits 0 "and it can be ended"

# At rest the helper lets another process forget; while that is at it, messages wait, and nothing else does. (Here it
# waits to be let go.)
mkdir "$T/slow"
for program in "$programs"/*; do
	[ ! -f "$program" ] || ln -s "$program" "$T/slow/${program##*/}" 2>/dev/null
done
rm -f "$T/slow/pchat-session"
cat >"$T/slow/pchat-session" <<END
#!/bin/sh
if [ "\$1" = --forget ] || [ -e "$T/bob/slow" ]; then
	: >"$T/bob/forgetting"
	until [ -e "$T/go" ]; do sleep 0.1; done
fi
exec "$programs/pchat-session" "\$@"
END
chmod 0755 "$T/slow" "$T/slow/pchat-session"
run bob pchat quit
run bob env PCHAT_EXEC_PATH="$T/slow" pchat login --keep 2 bob
exits 0 "a helper with a rule"
run bob pchat read
run alice pchat to bob
wait_until test -e "$T/bob/forgetting"
ok $? "at rest it lets forget what is not kept"
spawn held alice pchat send --timeout $AGES "while it forgets"
run bob pchat status
exits 0 "which keeps no command waiting"
wait_until sleeps "${pid_of[held]}"
has_unread bob 0 && ! is_gone "${pid_of[held]}"
ok $? "a message waits"
: >"$T/go"
reap held
exits 0 "and is stored behind it"
has_unread bob 1
ok $? "once"

# So it is when a command lets forget.
run bob pchat read
rm -f "$T/go" "$T/bob/forgetting"
(as bob touch "$T/bob/slow")
spawn delete bob pchat history --delete alice
wait_until test -e "$T/bob/forgetting"
spawn held alice pchat send --timeout $AGES "while a command lets forget"
run bob pchat status
exits 0 "history --delete keeps no command waiting"
wait_until sleeps "${pid_of[held]}"
has_unread bob 0 && ! is_gone "${pid_of[held]}"
ok $? "but what arrives"
: >"$T/go"
reap delete
exits 0 "it forgets"
reap held
exits 0 "and what came meanwhile is stored behind it"
has_unread bob 1
ok $? "once"
is "$(texts bob)" "while a command lets forget," "and is all that is there"

# A process that forgets has the inbox to itself for as long as its disk takes. Whatever others do meanwhile, the helper
# waits for it in memory. (Here the process that locks it is let go as well, and then forgets.)
if [ -x /usr/bin/python3 ]; then
	cat >"$T/lock.py" <<-'END'
		import os, sqlite3, sys, time
		locks = [sqlite3.connect(os.path.join(sys.argv[1], name)) for name in ("inbox.db", "sent.db")]
		for lock in locks:
		    lock.execute("BEGIN IMMEDIATE")
		open(sys.argv[2], "w").close()
		while not os.path.exists(sys.argv[3]):
		    time.sleep(0.1)
	END
	cat >"$T/slow/pchat-session" <<-END
		#!/bin/sh
		[ "\$1" != --history ] || [ -e "$T/go" ] || [ -e "$T/bob/forgetting" ] ||
			/usr/bin/python3 "$T/lock.py" "$folder" "$T/bob/forgetting" "$T/go"
		exec "$programs/pchat-session" "\$@"
	END
	chmod 0644 "$T/lock.py"
	lock_inbox() {
		rm -f "$T/go" "$T/bob/forgetting"
		spawn delete bob pchat history --delete nobody
		wait_until test -e "$T/bob/forgetting"
		ok $? "a process that forgets has the inbox"
	}
	login mallory
	login carol
	run bob pchat read
	lock_inbox
	spawn note mallory pchat tell --timeout $AGES bob boo
	spawn first alice pchat send --timeout $AGES first
	settle first alice
	spawn second alice pchat send --timeout $AGES second
	spawn waits carol pchat to --wait bob
	settle note mallory
	settle second alice
	settle waits carol
	run bob pchat status
	exits 0 "whatever others do while it forgets, status answers"
	run bob pchat who
	exits 0 "who as well"
	run bob pchat send "from bob: meanwhile"
	exits 0 "send as well"
	run bob pchat history
	exits 0 "history as well"
	spawn rule bob pchat dnd on
	settle rule bob
	! is_gone "${pid_of[rule]}"
	ok $? "a rule waits: it is not kept yet"
	run bob pchat status
	exits 0 "which keeps no other command waiting"
	! is_gone "${pid_of[note]}" && ! is_gone "${pid_of[first]}" && has_unread bob 0
	ok $? "nor is what arrived"
	: >"$T/go"
	reap delete
	exits 1 "it forgets, here nothing"
	reap note
	exits 0 "then the note is stored"
	reap first
	exits 0 "a message"
	reap second
	exits 0 "the next one"
	reap rule
	exits 0 "and the rule"
	run bob pchat read --json
	seen=$(jq -r 'select(.type == "message") | .text' <<<"$out" | tr '\n' ,)
	is "$seen" "first,second," "in order"
	is "$(jq -r 'select(.type == "note") | .text' <<<"$out")" boo "with the note"
	is "$(jq -r 'select(.type == "waiting") | .type' <<<"$out")" waiting "and who waits"
	wait_until has_said meanwhile
	ok $? "what was sent meanwhile is in the history"
	kill "${pid_of[waits]}" 2>/dev/null # unless do-not-disturb has ended it
	reap waits

	# What was taken is marked, also when the command that took it waits no longer.
	run alice pchat send "taken once"
	lock_inbox
	run bob pchat read --json
	exits 124 "who reads while it forgets waits to hear that it is marked"
	seen=$(jq -r 'select(.type == "message") | .text' <<<"$out")
	: >"$T/go"
	reap delete
	run bob pchat read --json
	seen+=,$(jq -r 'select(.type == "message") | .text' <<<"$out")
	is "$seen" "taken once," "and has read it once"

	# Whoever comes and goes meanwhile.
	run bob pchat dnd off
	run bob pchat leave
	run bob pchat read
	lock_inbox
	run mallory pchat to bob
	exits 0 "who is free can be had while it forgets"
	wait_until has_partner bob mallory
	ok $? "which is seen at once"
	run mallory pchat leave
	wait_until has_partner bob null
	run carol pchat to bob
	wait_until has_partner bob carol
	spawn held carol pchat send --timeout $AGES "from carol"
	settle held carol
	run bob pchat who
	exits 0 "and stops nothing"
	: >"$T/go"
	reap held
	exits 0 "a message of the last one is stored"
	reap delete
	run bob pchat read --json
	is "$(jq -r .type <<<"$out" | tr '\n' ,)" "paired,left,paired,message," "behind who came and went, in order"
	run carol pchat leave
	run alice pchat to bob
	run bob pchat history --delete --unread
	run alice pchat send "while a command lets forget"
else
	skip "no /usr/bin/python3" "a process that forgets has the inbox to itself"
fi

# What cannot be begun keeps nothing waiting.
if command -v prlimit >/dev/null; then
	helper=$(helper_pid bob)
	run bob prlimit --pid "$helper" --nproc --output SOFT --noheadings --raw
	limit=$out
	run bob prlimit --pid "$helper" --nproc=0:
	run bob pchat history --delete alice
	exits 71 "a helper that can start no process forgets nothing"
	run bob prlimit --pid "$helper" --nproc="$limit:"
	run alice pchat send "after that"
	exits 0 "and takes what arrives"
	is "$(texts bob)" "while a command lets forget,after that," "beside what was there"
else
	skip "prlimit(1) is missing" "a helper that can start no process"
fi

# What was typed in a chat, which keeps it for its Up key: that of one, and all; also while a chat is open.
if command -v tmux >/dev/null; then
	# shellcheck source=terminal.sh
	. "$SRCDIR/tests/system/terminal.sh"
	login dora
	terminal bob 80 24
	is_typed() { # TEXT
		grep -qF -- "$1" "$folder/typed"
	}
	is_stored() { # TEXT
		[[ $(texts bob) == *"$1,"* ]]
	}
	chat() { # PARTNER TEXT
		anew "pchat chat $1"
		shows "^to $1> *\$" "a chat with $1"
		type_keys "$2" Enter
		wait_until is_stored "$2"
		wait_until is_typed "$2"
		ok $? "what is typed there is kept for the Up key"
	}
	close_chat() {
		send_keys C-d
		shows '^\$ *$' "the chat is closed"
	}
	chat alice "typed to alice"
	close_chat
	chat dora "typed to dora"
	close_chat
	run bob pchat history --delete dora --unread
	exits 0 "what was said with one is forgotten"
	is_nowhere "typed to dora"
	ok $? "also what was typed" "$(grep -raF "typed to dora" "$folder")"
	is_typed "typed to alice"
	ok $? "to nobody else"

	chat alice "typed before"
	cp -p "$folder/typed" "$folder/typed.damaged-1"
	run bob pchat history --delete --unread
	exits 0 "all is forgotten, while a chat is open"
	is_nowhere "typed" && [ ! -e "$folder/typed.damaged-1" ]
	ok $? "and what was typed, in damaged files as well" "$(grep -raF "typed" "$folder")"
	type_keys "typed behind" Enter
	wait_until is_typed "typed behind"
	close_chat
	is_nowhere "typed before"
	ok $? "a chat that ends writes nothing back" "$(grep -raF "typed before" "$folder")"

	{
		printf '\\:alice\t1000\\:of long ago\n\\:alice\\:of an older pchat\n\\:alice\t1001\\:of then\n'
		cat "$folder/typed"
	} >"$T/typed"
	cat "$T/typed" >"$folder/typed"
	run bob pchat login --if-needed --keep 1h bob
	exits 0 "a rule"
	is "$(sed 's/\t[0-9]*//' "$folder/typed")" '\:alice\:typed behind' "forgets what was typed before"
	anew 'pchat chat'
	shows '^to alice> *$' "a chat that is opened then"
	send_keys Up
	shows '^to alice> typed behind$' "has what is left"
	send_keys C-u
	close_chat
	wait_until is_stored "typed behind"
	run bob pchat login --if-needed --keep all bob
	run bob pchat history --delete alice --unread
	printf '\\:alice\t1000\\:a line alone\n' >>"$folder/typed"
	run bob pchat history --delete alice
	exits 0 "typed lines alone are forgotten"
	like "$err" "what was typed in a chat is forgotten" "which is said"
	run bob pchat history --delete alice
	exits 1 "then there is nothing"
else
	skip "tmux is not installed" "what was typed in a chat is forgotten"
fi

finish
