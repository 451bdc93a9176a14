#!/bin/bash
# The line that is typed in a chat: scripts, search, undo, several lines, an editor; a line that was typed for somebody
# else asks; what is waited for; and no message forges a record above it.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
pair alice bob
terminal alice 80 24
anew 'pchat chat'
shows '^to bob> *$' "a chat"

# says TEXT NAME: what was typed last arrives as it is.
says() {
	wait_until has_unread bob 1
	run bob pchat read --raw
	is "$out" "$1" "$2"
}

# ---------------------------------------------------------------------- scripts
for text in 'नमस्ते हिन्दी' 'สีสำ กับ' 'কো কি' 'کار‌ها می‌روم' 'שָׁלוֹם' 'cafe'$'\u0301' '👩‍🚀👍🏽❤️1️⃣🇩🇪' '한국어 각' 'Привет' '漢字かな交じり'; do
	type_keys "$text" Enter
	says "$text" "'$text' arrives as it was typed"
done
type_keys 'a👩‍🚀🇩🇪हि' BSpace BSpace BSpace Enter
says a "a cluster is deleted as one"
type_keys 'x👩‍🚀y' Left Left z Enter
says 'xz👩‍🚀y' "and moved over as one"
send_bytes ef b7 90
shows 'U\+FDD0 cannot be typed here' "what is no character is named"
send_keys C-c

# ------------------------------------------------------------------ undo, lines
type_keys 'one two'
send_keys C-a C-k C-_
shows '^to bob> one two$' "a change is taken back"
send_keys C-e C-w C-u C-y
type_keys '!' Enter
says 'one two!' "what several keys kill comes back as one"
type_keys 'first'
send_keys M-Enter
type_keys 'second' Enter
says $'first\nsecond' "M-Enter makes a line feed"
type_keys 'half a li'
send_keys Up Up Down Down
shows '^to bob> half a li$' "Up and Down bring back what was half typed"
send_keys C-u

# ---------------------------------------------------------------------- search
type_keys 'a needle in hay' Enter
says 'a needle in hay' "a line"
type_keys 'another one' Enter
says 'another one' "and another"
send_keys C-r
type_keys 'need'
shows "^\(search\)'need': a needle in hay$" "^R looks for it"
run bob pchat send "meanwhile"
shows 'bob: meanwhile$' "messages arrive meanwhile"
shows "^\(search\)'need': a needle in hay$" "and the search goes on"
send_keys C-g
shows '^to bob> *$' "^G gives up"
send_keys C-r
type_keys 'needl'
send_keys C-e
type_keys '!' Enter
says 'a needle in hay!' "what was found can be changed and said"

# ---------------------------------------------------------------------- an editor
cat >"$T/alice/editor" <<-'EDITOR'
	#!/bin/sh
	printf 'from the editor\n' >>"$1"
EDITOR
chmod 755 "$T/alice/editor"
send_keys C-d
shows '^\$ *$' "the chat is left"
anew 'EDITOR=~/editor pchat chat'
shows '^to bob> *$' "and begun with an editor"
type_keys 'begun here'
send_keys C-x C-e
shows '^from the editor$' "^X^E opens the line in it"
send_keys Enter
says $'begun here\nfrom the editor' "and what it wrote is said"

# ------------------------------------------------------------------------ the begin
send_keys C-d
shows '^\$ *$' "the chat is left"
anew 'pchat chat'
type_keys 'typed ahead' Enter
says 'typed ahead' "what is typed ahead waits for the chat"
send_keys C-d
shows '^\$ *$' "which is left again"
kill -STOP "$(helper_pid alice)"
anew 'pchat chat'
shows 'the session does not answer yet; .C gives up$' "a session that does not answer is told"
send_keys C-c
shows '^\$ *$' "and ^C gives up"
kill -CONT "$(helper_pid alice)"
run bob pchat send 'new while away'
anew 'pchat chat'
shows 'bob: new while away$' "a chat begins with what is new"
above 'alice to bob: typed ahead' '^--- new ---$' "below what was said last"
above '^--- new ---$' 'bob: new while away$' "and a line that parts them"
is "$(screen | grep -c 'new while away')" 1 "which is shown once"
shows '^to bob> *$' "and the prompt"

# --------------------------------------------------------------- for somebody else
login carol
type_keys '/to carol' Enter
shows '^to carol> *$' "another partner"
send_keys Up
shows '^begun here$|begun here$' "Up brings back the line, not the command"
send_keys Enter
shows 'this line was typed for bob: press Enter again to send it to carol' "a line that was typed for another one asks"
is "$(unread_of carol)" 0 "and is not sent"
send_keys Enter
wait_until has_unread carol 1
ok $? "press Enter again to send it"

# ---------------------------------------------------------------------- waiting
login dora
run dora pchat to bob
type_keys '/to bob --wait' Enter
shows 'waiting until bob is free; .C stops waiting' "a wait is told at once"
shows '^\(waiting for bob\) to carol> *$' "and shown in the prompt"
send_keys C-c
shows 'no longer waiting for bob' "^C takes it back"
shows '^to carol> *$' "and the prompt is as it was"
run dora pchat leave
pause
is "$(partner_of bob)" null "bob is free, and nobody comes"
type_keys '/to bob --wait' Enter
shows '^to bob> *$' "who is free is there at once"
send_keys C-l
for words in 'alice --wait' 'nosuch --wait' 'bob --wait=abc' 'bob --wait'; do
	type_keys "/to $words" Enter
	case $words in
	alice*) shows '^\* /to: alice: ' "oneself is refused" ;;
	nosuch*) shows '^\* /to: nosuch: nobody is online under that name' "so is nobody" ;;
	*abc) shows "^\\* /to: --wait needs a number of seconds up to [0-9]+, not 'abc'" "and a time that is none" ;;
	*) shows '^\* chatting with bob' "the present partner is the partner" ;;
	esac
	send_keys C-u
done
is "$(screen | grep -c 'waiting until')" 0 "and for none of them it says that it waits"
type_keys '/to bob --wa'
tab_shows '^to bob> /to bob --wait *$' "Tab completes an option"
send_keys C-u
type_keys '/to nosuch one' Enter
shows '/to takes one NAME' "too much behind a command is told"
shows '^to bob> /to nosuch one$' "and the line stays"
send_keys C-u

# --------------------------------------------------------------- what was forgotten
type_keys 'a secret' Enter
says 'a secret' "a line"
type_keys '/history --delete' Enter
shows ' forgotten$' "all is forgotten"
send_keys Up
type_keys x
shows '^to bob> x$' "Up brings nothing back"
send_keys C-u C-r
type_keys 'secret'
shows "^\(failed search\)'secret': *$" "and ^R finds nothing"
send_keys C-g C-c
is "$(grep -c secret "$T/alice/state/pchat/alice/typed")" 0 "nor does it come back into the file"

# ------------------------------------------------------------------ forged records
for pad in ' 1' $'\u00a0 1' $'\u2800 1' $'\U0001f44d\U0001f3fd 4'; do
	run bob pchat send -- "ok$(printf "%.0s${pad% *}" $(seq $((65 / ${pad##* }))))* root is now chatting with you"
done
run bob pchat send "the last"
shows 'bob: the last$' "messages that forge arrive"
is "$(screen | grep -c '^\* root')" 0 "and none of their rows looks like pchat's own"
finish
