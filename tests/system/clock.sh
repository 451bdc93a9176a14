# Nothing depends on the wall clock but the time shown: set back a year, order, dedup, grace and resume hold.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

library=$(find /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
[ -n "$library" ] || skip_all "takes libfaketime"
! sanitized || skip_all "sanitizers want to be loaded first"

echo "+0" >"$T/clock"
export FAKETIME_TIMESTAMP_FILE=$T/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
# Only our programs, each as its own user: the library shares a semaphore with what it starts.
mkdir -m 0755 "$T/wrapped"
for program in pchat pchat-full pchat-session pchatd; do
	printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$library" "$programs/$program" >"$T/wrapped/$program"
	chmod 0755 "$T/wrapped/$program"
done
export PATH=$T/wrapped:$PATH PCHAT_EXEC_PATH=$T/wrapped
start_daemon
pair alice bob
run bob pchat read

run alice pchat send "this year"
id=00112233445566778899aabbccddeeff
run alice pchat send --id "$id" "once"
echo "-366d" >"$T/clock"
run alice pchat send "last year"
exits 0 "the clock is set back a year: messages go"
run alice pchat send --id "$id" "once"
run bob pchat read --json
is "$(jq -r .text <<<"$out" | tr '\n' '|')" "this year|once|last year|" "in the order of arrival, each once"
is "$(jq -rs 'map(.time[:4] | tonumber) | .[0] - .[2]' <<<"$out")" 1 "and the time shown is the clock's"
is "$(jq -rs 'map(.id) | . == sort' <<<"$out")" true "ids go on counting up"

kill -KILL "$(helper_pid bob)"
echo "+1d" >"$T/clock"
wait_until has_unread_record alice lost
run bob pchat status
exits 0 "the clock jumps ahead more than a year while bob is away"
is "$(partner_of alice) $(partner_of bob)" "bob alice" "which takes nothing of the grace"
run alice pchat send "tomorrow"
is "$(as bob pchat read --raw)" tomorrow "and messages go on"
# With a grace that ends, and within which both are back.
stop_daemon TERM
start_daemon --grace $((4 * SLOW))
wait_until daemon_is alice connected && wait_until daemon_is bob connected
kill -KILL "$(helper_pid bob)"
wait_until has_unread_record alice lost
echo "-366d" >"$T/clock"
wait_until has_partner alice null
ok $? "nor does a clock set back lengthen it"

stop_daemon KILL
echo "-800d" >"$T/clock"
start_daemon
wait_until daemon_is alice connected
ok $? "a daemon that starts in the past takes sessions up again"
run bob pchat status
wait_until daemon_is bob connected
run alice pchat to bob
run alice pchat send "from the past"
exits 0 "and they talk"

finish
