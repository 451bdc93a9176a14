#!/bin/bash
# For whom a line was typed: it goes to nobody else before that was asked, once for each who could get it, and what is typed
# after that asks nothing.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

start_daemon
pair alice bob
login cyd
login eve
terminal alice 80 24
anew 'pchat chat'
shows '^to bob> *$' "a chat"

# partner NAME: by another command of alice's; the chat is told.
partner() {
	run alice pchat to "$1"
	shows "^to $1>( |\$)" "the partner is $1 now"
}

# --------------------------------------------------------------- the answer is for one
partner cyd
type_keys 'for cyd' Enter
marked 'for cyd' "a line is said"
run cyd pchat read --raw
partner bob
send_keys Up Enter
shows 'typed for cyd: press Enter again to send it to bob$' "recalled with another partner it asks"
partner eve
shows '^to eve> for cyd$' "while it stands there the partner changes"
send_keys Enter
shows 'typed for cyd: press Enter again to send it to eve$' "it asks about that one, too"
is "$(unread_of bob) $(unread_of eve)" "0 0" "and goes to nobody"
send_keys Enter
wait_until has_unread eve 1
ok $? "the answer sends it"
run eve pchat read --raw
is "$out" 'for cyd' "to whom it was asked about"
type_keys 'half typed'
partner bob
send_keys Enter
shows 'your partner became bob while you were typing' "a draft asks likewise"
partner cyd
send_keys Enter
shows 'your partner became cyd while you were typing' "about each one"
is "$(unread_of bob) $(unread_of cyd)" "0 0" "and goes to nobody"

# ------------------------------------------------------- what asked once, and was dropped
send_keys C-c Up Enter
shows 'typed for eve: press Enter again to send it to cyd$' "what ^C drops and Up brings back is still for whom it was"
is "$(unread_of cyd)" 0 "and goes to nobody"
send_keys C-c
type_keys 'to somebody'
run alice pchat leave
shows '^\(nobody\)> to somebody$' "the partner is gone"
send_keys Enter
shows 'not sent, .*Up brings back the line$' "a line for nobody is kept"
partner bob
send_keys Up Enter
shows 'typed for cyd: press Enter again to send it to bob$' "as what it was"
is "$(unread_of bob)" 0 "and goes to nobody"
send_keys C-c

# --------------------------------------------------------------- what is killed and yanked
type_keys 'a secret'
send_keys C-u
partner eve
send_keys C-y Enter
shows 'typed for bob: press Enter again to send it to eve$' "what was killed keeps for whom it was typed"
is "$(unread_of eve)" 0 "and goes to nobody"

# ----------------------------------------------------------------- what is typed afterwards
send_keys C-c C-l
type_keys 'a draft'
partner bob
send_keys C-u
type_keys 'a fresh line' Enter
marked 'a fresh line' "what is typed when the draft is gone is said at once"
run bob pchat read --raw
is "$out" 'a fresh line' "as it is"
finish
