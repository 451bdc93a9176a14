# The main job: three people under three uids talk, as the README tells it.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice bob carol

run alice pchat to bob
exits 0 "alice begins a chat with bob"
run alice pchat send "lunch?"
exits 0 "alice's message is delivered"
is "$out" "" "and nothing is printed about it"
run bob pchat read
exits 0 "bob reads"
like "$out" '^\[....-..-.. ..:..:..\] \* alice is now chatting with you
\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\] alice: lunch\?$' "bob is told who is there, and reads what was said"

run carol pchat to bob
exits 6 "carol cannot break in"
run carol pchat to alice
exits 6 "from the other side neither"
run carol pchat send "let me in"
exits 7 "and what she says reaches nobody"
run bob pchat read
exits 1 "bob has nothing to read"

spawn waiting carol pchat to bob --wait
settle waiting carol
printf 'one\ntwo\n' >"$T/two-lines"
feed bob pchat send <"$T/two-lines"
exits 0 "bob answers from standard input"
run alice pchat read
like "$out" '\] bob: one
    two$' "alice reads both lines as one message"
! is_gone "${pid_of[waiting]}"
ok $? "carol still waits"

run bob pchat quit
exits 0 "bob quits"
reap waiting
exits 5 "carol's wait ends: bob is not online any more"
run alice pchat read
like "$out" '\] \* bob quit$' "alice is told that bob quit"
run alice pchat send "still there?"
exits 7 "what alice says now is refused"
like "$err" 'quit' "and she is told why"

login bob
run carol pchat to alice --wait
exits 0 "carol chats with alice, who is free"
spawn waiting bob pchat to carol --wait
settle waiting bob
run alice pchat leave
exits 0 "alice leaves"
reap waiting
exits 0 "bob, who waited for carol, is her partner now"
run carol pchat status --json
is "$(jq -r .partner <<<"$out")" bob "as carol sees too"

victim=$(helper_pid carol)
kill -KILL "$victim"
spawn waiting bob pchat send "are you there?"
settle waiting bob
run carol pchat status
reap waiting
exits 0 "a message to carol, whose helper was killed, is delivered when she is back" || note "helper was $victim"
run carol pchat read --raw
like "$out" 'are you there\?' "and carol reads it"
run carol pchat status --json
is "$(jq -r .partner <<<"$out")" bob "the pair is as it was"

finish
