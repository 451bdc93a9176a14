#!/bin/bash
# away TEXT: told to whoever makes contact and to the partner, quoted; refuses nobody; ends with `away` or quit, and
# outlives a helper and a daemon that died.
. "${0%/*}/lib.sh"

start_daemon
login alice bob carol
run alice pchat away lunch until two
exits 0 "away takes a text"
like "$err" "you are away until" "and says how it ends"
run alice pchat status
like "$out" 'away: "lunch until two"$' "status tells it"
run bob pchat to alice
exits 0 "it refuses nobody"
like "$err" 'chatting with alice.*'$'\n''.*alice is away: "lunch until two"$' "who makes contact is told"
run bob pchat status
like "$out" 'who is away: "lunch until two"$' "and by status"
run bob pchat send "for later"
exits 0 "messages arrive"
run alice pchat read --raw
is "$out" "for later" "and are read"
run alice pchat away 'a "quote", a \ and '$'\e[2J\n* root is here'
exits 0 "any text"
is_told() { # USER REGEXP
	[[ $(as "$1" pchat status 2>/dev/null) =~ $2 ]]
}
wait_until is_told bob 'quote'
run bob pchat status
is "$(wc -l <<<"$out")" 1 "stays on one line"
like "$out" 'who is away: "a \\"quote\\", a \\\\ and \\u\{001B\}\[2J' "quoted, and escaped"
run bob pchat status --json
is "$(jq -r .partner <<<"$out")" alice "and is none of --json's keys"
run alice pchat away "$(printf 'x%.0s' {1..201})"
exits 2 "a text that is too long is refused"
like "$err" '200 bytes' "with the limit"
run alice pchat away "$(printf 'y%.0s' {1..200})"
exits 0 "200 bytes are taken"
run alice pchat away ''
exits 2 "an empty text is none"
run alice pchat away -- -x
exits 0 "a text with a dash goes behind --"

# ------------------------------------------------------------------ it outlives what dies
kill -KILL "$(helper_pid alice)"
run alice pchat status
like "$out" 'away: "-x"$' "a helper that was killed still knows it"
wait_until daemon_is alice connected
stop_daemon KILL
start_daemon
wait_until daemon_is alice connected
wait_until daemon_is bob connected
wait_until is_told bob 'who is away: "-x"'
ok $? "and so does the partner, when the daemon was started anew" "$(as bob pchat status)"
run carol pchat to bob --wait=1
run bob pchat leave
run carol pchat to alice
like "$err" 'alice is away: "-x"$' "and who comes then"

# ------------------------------------------------------------------------------ its end
run alice pchat away
exits 0 "away alone ends it"
run alice pchat status
unlike "$out" 'away' "which status tells"
wait_until is_told carol 'chatting with alice \(account alice\), 0 unread$|chatting with alice \([a-z0-9 ]*\), 0 unread$'
ok $? "and the partner's" "$(as carol pchat status)"
run alice pchat away gone
run alice pchat quit
run alice pchat login alice
run alice pchat status
unlike "$out" 'away' "a session that quit is not away when it comes again"
run bob pchat to alice
unlike "$err" 'away' "and nobody is told so"

# ---------------------------------------------------------------------------- told to no one
run alice pchat away unseen
run alice pchat block carol
run carol pchat to alice
exits 6 "who is refused"
unlike "$err" 'unseen' "is told nothing"
finish
