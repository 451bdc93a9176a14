# What signals do in our programs does not depend on who started them; a command of the user's has what the user had.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
start_daemon
pair alice bob

# deaf USER COMMAND...: by one who waits for no child, as inherited over exec(3).
deaf() {
	run "$1" bash -c 'trap "" CHLD; exec "$@"' - "${@:2}"
}

# ---- children that nobody waits for ----

deaf alice pchat with bob -- sh -c 'exit 3'
exits 3 "SIGCHLD ignored: the exit status of 'with' is the command's"

spawn offers alice bash -c 'echo data | pchat pipe lab'
wait_until has_unread_record bob offer
deaf bob pchat accept -- sh -c 'cat >got'
exits 0 "SIGCHLD ignored: a command takes the stream" && is "$(cat "$T/bob/got")" data "SIGCHLD ignored: it has all of it"
reap offers
exits 0 "SIGCHLD ignored: and the partner is told"

spawn hook bob bash -c 'trap "" CHLD; exec pchat on-message -- sh -c "cat >>hooked; echo . >>hooked"'
settle hook bob
run alice pchat send first
run alice pchat send second
wait_until has_line "$T/bob/hooked" second
ok $? "SIGCHLD ignored: on-message runs its command for each message" "$(cat "$T/bob/hooked")"
kill "${pid_of[hook]}"
reap hook
unlike "$status" '^137$' "SIGCHLD ignored: on-message ends when it is told to"

# ---- what the user had ----

# Those that are ignored and blocked in a command, of SIGPIPE (13), SIGTERM (15) and SIGXFSZ (25).
show='grep -E "^Sig(Blk|Ign)" /proc/self/status | while read -r name mask; do echo "$name $((0x$mask & 0x1005000))"; done'
plain='SigBlk: 0
SigIgn: 0'
run alice env --default-signal=PIPE,XFSZ pchat with bob -- bash -c "$show"
is "$out" "$plain" "a command has its signals as the user had them: none ignored"
run alice env --default-signal --ignore-signal=PIPE,XFSZ --block-signal=TERM pchat with bob -- bash -c "$show"
is "$out" "SigBlk: $((1 << 14))
SigIgn: $((1 << 12 | 1 << 24))" "a command has its signals as the user had them: ignored, and blocked"

# ---- the largest file that is allowed ----

# $out is what it says; what goes to its output goes into the file `full`.
limited() { # USER KILOBYTES COMMAND
	run "$1" bash -o pipefail -c "(ulimit -f $2; exec $3 2>&1 >full) | cat"
}
run bob pchat read
for command in who history doctor help; do
	limited bob 0 "pchat $command"
	exits 74 "no room for the output of '$command'"
	like "$out" 'File too large' "'$command' says why"
done
run alice pchat send unread
limited bob 0 'pchat read'
exits 74 "no room for what is read"
run bob pchat read --raw
is "$out" unread "and it is not lost"

head -c 100000 /dev/zero | tr '\0' x >"$T/much"
chmod 644 "$T/much"
offers() { # that bob ever had
	as bob pchat history --json | jq -s 'map(select(.type == "offer")) | length'
}
has_more_offers() { # THAN
	[ "$(offers)" -gt "$1" ]
}
offer() { # COMMAND...
	local before
	before=$(offers)
	spawn offers alice "$@"
	wait_until has_more_offers "$before"
}
offer sh -c "pchat pipe <'$T/much'"
limited bob 10 'pchat accept -o part'
exits 74 "no room for a file that is taken"
[ ! -e "$T/bob/part" ]
ok $? "and no part of it is left"
reap offers
like "$status" '^[1-9][0-9]?$' "the partner is told that it was not taken"

offer sh -c "pchat pipe <'$T/much'"
limited bob 10 'pchat accept'
exits 74 "no room for a stream in the file that is standard output"
reap offers
offer pchat give "$T/much"
limited bob 10 'pchat accept'
exits 74 "no room for files"
[ ! -e "$T/bob/much" ]
ok $? "and no part of them is left"
reap offers
spawn answers bob sh -c 'until pchat read --wait | grep "a question" >&2; do :; done; pchat send an answer'
limited alice 0 'pchat ask a question'
exits 74 "no room for an answer"
reap answers

add_user carol
limited carol 0 'pchat login carol'
like "$status $out" '^71 .*File too large' "no room for the files of a new session"
finish
