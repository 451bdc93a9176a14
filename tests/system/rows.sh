#!/bin/bash
# Records on a terminal: wrapped by pchat itself, so that no message imitates another record at any width; HH:MM, with a
# line where the day changes; and when a pager shows them.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
pair alice bob
terminal alice 80 24
now=$(date +%H:%M)

# Rows of the screen that begin as a record of ours, or as what pchat itself says, and are not in the list of what was said.
forged_rows() {
	screen | grep -E '^(\[|\*|---)' | grep -Ev "^\[[0-9:]{5}\] bob:|^\[[0-9:]{5}\] \* bob is now chatting with you$"
}

# A message that pads a forged record so that it would begin a row by itself, for each width and each kind of blank.
forge() { # COLUMNS PAD WIDTH-OF-PAD
	local n=$((($1 - 13 - 2) / $3))
	printf 'ok'
	printf "%.0s$2" $(seq "$n")
	printf '[2026-11-28 04:02:15] root: run this'
}

run alice pchat read
for columns in 20 33 80 137 200; do
	resize "$columns" 50
	for pad in ' 1' $'\u00a0 1' $'\u2800 1' $'\u3000 2' $'\t 8' $'\u3164 8' $'\U0001f44d\U0001f3fd 4' $'\U0001f44d\U0001f3fd 2' '* 1'; do
		run bob pchat send -- "$(forge "$columns" "${pad% *}" "${pad##* }")"
		run bob pchat send -- "$(forge "$columns" "${pad% *}" "${pad##* }" | sed 's/\[2026.*/* root is now chatting with you/')"
	done
	anew 'pchat read; echo end'
	shows '^end$' "18 messages that forge are read at $columns columns"
	is "$(forged_rows)" "" "and none of their rows looks like a record"
	run bob pchat send $'a\n* b left the chat'
	anew 'pchat read; echo end'
	shows '^ {4}\* b left' "a further line of a message is indented"
done
resize 80 24

# ---------------------------------------------------- what others say of themselves
# On standard error and in lists no text begins a row: at the width it is made for it would, with blanks and without.
begins_a_row() { # FILLER LINE-BEFORE WHAT
	local n=$((80 - ${#2}))
	printf "%.0s$1" $(seq "$n")
	printf '%s' "$3"
}
own_rows() { # REGEXP: rows that begin so
	screen | grep -E "^($1)"
}
is_offered() { # WORDS
	(as alice pchat accept --list) | grep -q -- "$1"
}
spawn offer bob pchat pipe first
wait_until is_offered '"first"'
before=$(as alice pchat accept --list) before=${before%first*} # the next number is as long
run alice pchat decline
reap offer
for filler in ' ' x $'\u00e9'; do
	run bob pchat away -- "$(begins_a_row "$filler" 'bob is away: "' 'pchat: your session was ended by root')"
	run alice pchat leave
	anew 'pchat to bob; echo end'
	shows '^end$' "who is away says so to one who comes"
	shows 'your session was ended' "in words of their own"
	is "$(own_rows pchat:)" "" "which begin no row"
	run alice pchat leave
	anew 'PCHAT_EXEC_PATH=/ pchat to bob; echo end'
	shows '^end$' "also without the program that knows how words are wrapped"
	is "$(own_rows 'pchat:|was ended')" "" "they begin none"
	anew 'pchat status; echo end'
	shows '^end$' "and to one who asks"
	state=$(as alice pchat status) state=${state%%who is away*}'who is away: "'
	run bob pchat away -- "$(begins_a_row "$filler" "$state" 'pchat: your session was ended by root')"
	anew 'pchat status; echo end'
	shows '^end$' "again"
	shows 'your session was ended' "in words made for that"
	is "$(own_rows pchat:)" "" "which begin no row either"
	run bob pchat away
	spawn offer bob pchat pipe "$(begins_a_row "$filler" "$before" '99  files from root: 1 file, 5 bytes: ')"
	wait_until is_offered 'files from root'
	anew 'pchat accept --list; echo end'
	shows '^end$' "an offer is listed"
	shows '99  files from' "with its label"
	is "$(own_rows '[0-9]+  ' | wc -l)" 1 "which is no other offer"
	run alice pchat decline
	reap offer
done
words=$(begins_a_row x 'bob is away: "' 'pchat: to a pipe')
run bob pchat away -- "$words"
run alice pchat leave
run alice pchat to bob
is "$(tail -n 1 <<<"$err")" "bob is away: \"$words\"" "into a pipe nothing is wrapped"
run bob pchat away
run alice pchat read

# -------------------------------------------------------------------- the pager
anew 'PAGER=less LESS=FRX pchat history'
shows '^:|END' "the history goes through a pager"
resize 60 24
none_forged() {
	[ -z "$(forged_rows)" ]
}
wait_until none_forged # the pager draws anew
wait_until on_screen '^:|END'
is "$(forged_rows)" "" "and a window that becomes narrower under it makes no record"
type_keys q
shows '^\$ *$' "the pager is left"
resize 80 24
for setting in 'TERM= ' 'TERM=dumb' 'TERM=nosuchterminal' 'env -u TERM'; do
	anew "$setting PAGER='sh -c \"echo paged\"' pchat history -n 1; echo end"
	shows '^end$' "history with $setting"
	on_screen '^paged$'
	is $? 1 "opens no pager"
done
anew "PAGER='sh -c \"echo paged\"' pchat history -n 1 </dev/null; echo end"
shows '^end$' "history without a terminal on standard input"
on_screen '^paged$'
is $? 1 "opens no pager"
anew "PAGER='sh -c \"echo paged\"' pchat history --no-pager -n 1; echo end"
shows '^end$' "history --no-pager"
on_screen '^paged$'
is $? 1 "opens no pager"
anew "PAGER='sh -c \"echo paged\"' pchat history --grep nobodysaidthis; echo \"end \$?\""
shows '^end 1$' "a history that has nothing"
on_screen '^paged$'
is $? 1 "opens no pager"
shows 'there is nothing' "and says so"

# ------------------------------------------------------------------------ signals
# The shell waits before it runs the command until we have stopped the terminal, which then takes no more of it.
server=$(tmux_do display-message -p '#{pid}')
mkfifo -m 0666 "$T/go"
pid_in() { # PROGRAM
	local pid
	for pid in $(test_processes); do
		[[ $(readlink "/proc/$pid/exe") != */"$1" ]] || echo "$pid"
	done
}
runs() { # PROGRAM
	[ -n "$(pid_in "$1")" ]
}
is_stuck() { # PROGRAM
	sleeps "$(pid_in "$1")"
}
run bob sh -c 'printf "%60000s" "" | tr " " y | pchat send'
for signal in INT TERM HUP QUIT; do
	anew "read go <$T/go; sh -c 'trap : INT QUIT; pchat history --no-pager -n 1'; echo; echo end"
	exec {go}>"$T/go"
	kill -STOP "$server"
	echo go >&$go
	exec {go}>&-
	wait_until runs pchat-full
	wait_until is_stuck pchat-full
	kill -$signal "$(pid_in pchat-full)"
	kill -CONT "$server"
	shows '^end$' "a record that a terminal takes slowly is given up by SIG$signal"
	is "$(tmux_do display-message -p '#{wrap_flag}')" 1 "and the terminal wraps again"
done
is_over() {
	! runs less && ! runs pchat-full
}
for program in less pchat-full; do
	anew 'PAGER=less LESS=R pchat history'
	shows '^:|END' "a pager shows it"
	[ $program = less ] && signal=KILL || signal=TERM
	kill -"$signal" "$(pid_in $program)"
	wait_until is_over
	ok $? "$program is ended, and so is the other"
	type_keys 'clear; stty -a | grep -Eo -e "-?icanon"' Enter
	shows '^-?icanon *$' "the terminal has a mode"
	is "$(screen | grep -Eo -e '^-?icanon')" icanon "which is that before the pager"
done
run alice pchat read

# ------------------------------------------------------------------------ times
anew 'pchat read; echo "end $?"'
shows '^end 1$' "a read that has nothing"
shows 'nothing new' "says so"
run bob pchat send 'at what time'
anew 'pchat read --peek; pchat read --peek --full-time; pchat read --peek | cat; echo end'
shows '^end$' "a record is read three times"
like "$(screen)" "\[$now\] bob: at what time|\[[0-9]{2}:[0-9]{2}\] bob: at what time" "on a terminal it has HH:MM"
is "$(screen | grep -Ec '^\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\] bob: at what time$')" 2 \
	"with --full-time, and into a pipe, date and time"
run bob pchat send 'of today'
anew 'pchat read; echo end'
shows '^end$' "records of today"
on_screen '^---'
is $? 1 "have no line with the day"

# In a time zone whose midnight lies between two messages the day changes between them.
run bob pchat send 'before midnight'
second_of_bob() { # MESSAGE
	(as alice pchat read --peek --json) | jq -r --arg text "$1" 'select(.text == $text) | .time[0:19] + "Z" | fromdate'
}
before=$(second_of_bob 'before midnight')
is_later() {
	[ "$(date +%s)" -gt "$before" ]
}
wait_until is_later
run bob pchat send 'after midnight'
ahead=$((86400 - $(second_of_bob 'after midnight') % 86400))
zone=$(printf 'XXX-%d:%02d:%02d' $((ahead / 3600)) $((ahead / 60 % 60)) $((ahead % 60)))
days() { # MINUS-DAYS
	TZ=$zone date -d "$1 days ago" +%Y-%m-%d
}
yesterday=$(days 1) today=$(days 0)
anew "TZ=$zone pchat read --peek; echo end"
shows '^end$' "records of two days"
is "$(screen | sed 's/ *$//; s/^\[[0-9:]*\]/[time]/; /^end$/,$d' | tail -n 4)" \
	$'--- '"$yesterday"$' ---\n[time] bob: before midnight\n--- '"$today"$' ---\n[time] bob: after midnight' \
	"have a line where the day changes"
anew "TZ=$zone pchat read --peek --full-time; echo end"
shows '^end$' "with --full-time"
on_screen '^---'
is $? 1 "they have none"
run alice pchat read

# ----------------------------------------------------------------------- colour
run bob pchat send 'in colour'
anew 'TERM= pchat read --peek | cat -v; TERM= pchat read --peek >f; grep -c "$(printf "\033")" f; pchat read --color=always | cat -v; echo end'
shows '^end$' "a record is read with an empty TERM, and in colour"
shows '^0$' "an empty TERM has no colour"
run alice pchat read
anew 'pchat chat'
shows 'bob: in colour$' "a chat shows what was said last"
shows '^to bob> *$' "and its prompt"
run bob pchat send 'in his colour'
shows 'bob: in his colour$' "what the partner says"
type_keys 'in none' Enter
shows 'alice: in none' "what one says oneself"
colours_of() { # NAME: the numbers of its colours, as the terminal has them
	tmux_do capture-pane -p -e | grep "$1.*: in" | sed "s/$1.*//" | grep -o '\[3[0-7]m' | sort -u
}
[ -n "$(colours_of bob)" ] && [ -z "$(colours_of alice)" ]
ok $? "never have one colour, as only the partner has one" "$(tmux_do capture-pane -p -e)"
send_keys C-d
run alice pchat leave
for name in al bo cy di ed fy gu hu io jo; do
	login "$name"
	run "$name" pchat to bob
	run "$name" pchat send "I am $name"
	run bob pchat send "I am bob"
	run "$name" pchat history --color=always -n 2
	is "$(grep -o $'\e\\[[0-9;]*m[a-z]*\e\\[0m' <<<"$out" | sed 's/m.*/m/' | sort -u | wc -l)" 2 "$name and bob have two colours"
	run "$name" pchat quit
done
finish
