#!/bin/bash
# What a chat does beside the line: commands of its own, Tab, the bell, the title of the window, plainness; whose the
# partner's name is; pastes that begin with a slash.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
pair alice bob
terminal alice 80 24

# All that the chat writes goes into a file as well.
record_screen() { # FILE
	: >"$1"
	tmux_do pipe-pane -o "cat >>'$1'"
}

# Bells in such a file: those that end a title are none.
bells_in() { # FILE
	sed 's/\x1b\][^\a]*\a//g' "$1" | tr -cd '\a' | wc -c
}

has_bells() { # FILE NUMBER
	[ "$(bells_in "$1")" -ge "$2" ]
}

only_prompt() {
	[ "$(screen | sed '/^ *$/d')" = 'to bob>' ]
}

title_is() { # TITLE
	[ "$(tmux_do display-message -p '#{pane_title}')" = "$1" ]
}

chat_pid() {
	local pid
	for pid in $(test_processes); do
		[[ $(readlink "/proc/$pid/exe") != */pchat-chat ]] || echo "$pid"
	done
}

# ------------------------------------------------------------------------ the title
tmux_do select-pane -T 'as it was'
record_screen "$T/first.out"
anew 'pchat chat'
shows '^to bob> *$' "a chat"
wait_until title_is bob
ok $? "the title of the window has the partner"
run bob pchat send "one"
shows 'bob: one$' "a message arrives"
wait_until title_is '(1) bob'
ok $? "and the title counts it"
type_keys x
wait_until title_is bob
ok $? "until somebody types"
send_keys C-u

# ------------------------------------------------------------------------- the bell
wait_until has_bells "$T/first.out" 1
ok $? "a message rings the bell"
began=$EPOCHREALTIME
before=$(bells_in "$T/first.out")
run bob bash -c 'seq -f "burst %g" 30 | pchat send -l'
shows 'burst 30$' "a burst arrives"
took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000000))
[ $(($(bells_in "$T/first.out") - before)) -le $((took + 1)) ]
ok $? "the bell rings at most once a second" "$before, then $(bells_in "$T/first.out") after $took s"
send_keys C-d
shows '^\$ *$' "the chat is left"
grep -qF $'\e[22;2t' "$T/first.out" && grep -qF $'\e[23;2t' "$T/first.out"
ok $? "the title was saved, and given back"
tmux_do pipe-pane
anew 'pchat chat'
shows '^to bob> *$' "a chat"
wait_until title_is bob
kill -QUIT "$(chat_pid)"
shows '^\$ *$' "SIGQUIT ends it"
title_is_not() { # TITLE
	! title_is "$1"
}
wait_until title_is_not bob
ok $? "which gives the title back"
record_screen "$T/silent.out"
anew 'pchat chat --no-bell'
shows '^to bob> *$' "a chat without a bell"
run bob pchat send "quietly"
shows 'bob: quietly$' "a message arrives"
is "$(bells_in "$T/silent.out")" 0 "and no bell rings"
send_keys C-d
shows '^\$ *$' "it is left"
tmux_do pipe-pane

# ------------------------------------------------------------- a terminal without a title
record_screen "$T/vt.out"
anew 'TERM=vt100 pchat chat'
shows '^to bob> *$' "a chat where no title is known"
send_keys C-d
shows '^\$ *$' "it is left"
unlike "$(cat -v "$T/vt.out")" '\^\[\]2;|22;2t' "writes none"
tmux_do pipe-pane

# --------------------------------------------------------------------- /clear and /grep
anew 'pchat chat'
shows '^to bob> *$' "a chat"
run bob pchat send "a needle, and hay"
run bob pchat send "hay alone"
shows 'bob: hay alone$' "messages"
type_keys '/clear' Enter
wait_until only_prompt
ok $? "/clear clears the screen" "$(screen)"
type_keys '/grep a needle, and' Enter
shows '^.[0-9]{2}:[0-9]{2}. bob: a needle, and hay *$' "/grep finds what was said, which looks as what is read"
is "$(screen | grep -c 'hay alone')" 0 "and nothing else"
run alice env PCHAT_CHAT=2020-01-01 pchat history -n 1
like "$out" $'^--- [-0-9]{10} ---\n\\[[0-9:]{5}\\] bob: .*\n--- 2020-01-01 ---$' "below it a chat is at the day at which it was"
type_keys '/grep nosuchword' Enter
shows '/grep: there is nothing|/history: there is nothing' "what is nowhere is said"
type_keys '/grep' Enter
shows '/grep (wants|needs) TEXT' "/grep of nothing does nothing"
send_keys C-u

# ------------------------------------------------------------------------------- pastes
paste_text $'/quit'
shows '^to bob> /quit$' "a paste that is a command"
send_keys Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" /quit "is said, and does nothing"
send_keys Up
shows '^to bob> //quit$' "Up brings it back as what is said"
send_keys Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" /quit "and it is said again"
paste_text $'/leave\nand more'
send_keys Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" $'/leave\nand more' "of several lines, too"
type_keys '/quit'
send_keys M-Enter
type_keys 'two' Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" $'/quit\ntwo' "a line that holds a newline is none"
is "$(state_of alice)" paired "the session stays"

# ------------------------------------------------------------------------------- Tab
type_keys '/block @roo'
tab_shows '^to bob> /block @root *$' "Tab completes a group"
send_keys C-u
(as alice pchat block @daemon) 2>/dev/null
(as alice pchat block mallory) 2>/dev/null
type_keys '/unblock @da'
tab_shows '^to bob> /unblock @daemon *$' "and a rule"
send_keys C-u
type_keys '/unblock mal'
tab_shows '^to bob> /unblock mallory *$' "of either kind"
send_keys C-u
(as alice pchat unblock mallory) 2>/dev/null

type_keys '/dnd of'
tab_shows '^to bob> /dnd off *$' "and what /dnd takes"
send_keys C-u
type_keys '/dnd maybe' Enter
shows '/dnd on refuses new chats and notes, /dnd off accepts them again' "which it says itself"
send_keys C-u
type_keys '/history foo bar' Enter
shows "/history: one NAME only; 'bar' is left over .'/help history' tells more.\$" "a mistake names a help that is there"
send_keys C-u
type_keys '/help history' Enter
shows '^  /history .NAME. .-n N. +show what was said$' "/help shows one command"
shows '/history takes --since WHEN, --grep TEXT' "and what else it takes"
type_keys '/help nosuch' Enter
shows "there is no command '/nosuch'" "that is there"
send_keys C-u

# Offers by their number, files by their path.
spawn offer bob pchat pipe "for a Tab"
is_offered() {
	(as alice pchat accept --list) >"$T/list" 2>/dev/null
}
wait_until is_offered
number=$(cut -d ' ' -f 1 "$T/list")
type_keys '/decline '
tab_shows "^to bob> /decline $number *\$" "the number of an offer"
send_keys C-u
type_keys "/accept ${number:0:1}"
tab_shows "^to bob> /accept $number *\$" "what is left of it"
type_keys '-o '
mkdir "$T/alice/Folder"
for file in Report.pdf report.txt Folder/inner Folder/.hidden 'Folder/two words'; do
	echo "$file" >"$T/alice/$file"
done
mkfifo "$T/alice/Folder/fifo"
chown -R "${uid_of[alice]}" "$T/alice"
type_keys 'Fo'
tab_shows "^to bob> /accept $number -o Folder/\$" "a folder, where the file is to be made"
send_keys C-u
type_keys '/decline' Enter
reap offer
exits 11 "it is declined"
type_keys '/give Re'
tab_shows '^to bob> /give Report.pdf *$' "a file, case and all"
type_keys 'Fo'
tab_shows '^to bob> /give Report.pdf Folder/$' "a folder, which goes on"
tab_shows '^to bob> /give Report.pdf Folder/inner *$' "with what can be given of it"
send_keys C-u
add_user carol
run carol pchat login 'می‌روم'
exits 0 "a name with a joiner"
type_keys '/to میر'
tab_shows '^to bob> /to می‌روم *$' "is completed without it"
send_keys C-u
type_keys '/to -oops' Enter
shows "/to: '-oops' is not a name|-oops" "a name is judged as everywhere"
send_keys C-u
type_keys '/to x/y --wait' Enter
shows "/to: 'x/y' is not a name" "before it is waited for"
is "$(screen | grep -c 'waiting until x')" 0 "and nobody waits"
send_keys C-u C-d
shows '^\$ *$' "the chat is left"

# -------------------------------------------------------------------- whose the name is
login dora other
anew 'pchat chat other'
shows '^\* chatting with other \((account |uid )' "a chat with a name that is not its account's says whose it is"
shows '^to other> *$' "and begins"
send_keys C-d
shows '^\$ *$' "it is left"

# ------------------------------------------------------------------------------- away
run alice pchat leave
run bob pchat to alice
exits 0 "bob comes back"
anew 'pchat chat'
shows '^to bob> *$' "a chat"
run bob pchat away "back at two"
shows '^\* bob is away: "back at two"$' "a partner who goes away is told of"
run bob pchat away
shows '^\* bob is no longer away$' "and who comes back"
type_keys '/away out for "tea" --now' Enter
shows "^\* you are away until you say '/away'" "/away says it of oneself, in the chat's own voice"
run bob pchat status
like "$out" 'who is away: "out for \\"tea\\" --now"$' "as it was typed"
type_keys '/away' Enter
shows 'you are not away' "and takes it back"
send_keys C-d
shows '^\$ *$' "it is left"

# ------------------------------------------------------------------------ for screen readers
record_screen "$T/plain.out"
anew 'pchat chat --plain'
shows '^to bob> *$' "a plain chat"
type_keys 'some words'
shows '^to bob> some words$' "shows what is typed"
run bob pchat send "between"
shows 'bob: between$' "a message arrives"
send_keys BSpace BSpace BSpace BSpace BSpace
type_keys 'thing' Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" 'some thing' "and the line is edited and said"
paste_text $'/leave\nand more\n'
shows '^and more$' "a paste of several lines is one text"
is "$(unread_of bob)" 0 "and not said yet"
send_keys Enter
wait_until has_unread bob 1
run bob pchat read --raw
is "$out" $'/leave\nand more' "and no command"
is "$(state_of alice)" paired "the chat goes on"
send_keys C-d
shows '^\$ *$' "it is left"
tmux_do pipe-pane
unlike "$(sed -n '/you are alice/,$p' "$T/plain.out" | sed '1s/.*you are alice//' | cat -v | sed '/^\$ /d')" '\^\[\[[0-9]*[ABCDGHJK]' \
	"nothing but text was written: no cursor is moved, nothing is erased"
finish
