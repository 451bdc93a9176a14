# Streams whose commands are killed at their system calls (R13): whatever dies, no command sees an end that is none, and
# status 0 is said of what was taken alone. STRIDE=1 tries every call; by day some of them.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root
strace -o /dev/null true 2>/dev/null || skip_all "strace may not trace here"
STRIDE=${STRIDE:-13}
export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS # which cannot be done under strace

start_daemon
pair alice bob
seq 100000 >"$T/numbers"
chmod 0644 "$T/numbers"
total=$(wc -c <"$T/numbers")

is_offered() {
	(as bob pchat accept --list) >/dev/null 2>&1
}

is_offered_no_more() {
	! is_offered
}

# What the command of the taker has read when it saw an end; nothing: it saw none.
seen() {
	cat "$T/bob/seen" 2>/dev/null
}

# The taker's command, and all that it started, are gone.
nothing_is_left() {
	! pgrep -u "${uid_of[bob]}" -f 'wc -c' >/dev/null
}

# stream WHO [OPTION OF strace]...: one stream, with WHO (pipe, accept) under strace; judges it. Sets $offered and $taken.
stream() {
	local who=$1 killer=(strace -o "$T/trace" "${@:2}") offerer=() taker=()
	[ "$who" = pipe ] && offerer=("${killer[@]}") || taker=("${killer[@]}")
	rm -f "$T/bob/seen"
	verdict=''
	as alice "${offerer[@]}" pchat pipe <"$T/numbers" >"$T/pipe.out" 2>"$T/pipe.err" &
	pid_of[pipe]=$!
	until is_offered || is_gone "${pid_of[pipe]}"; do
		pause
	done
	spawn taker bob "${taker[@]}" pchat accept -- sh -c 'n=$(wc -c); echo "$n" >seen'
	reap taker
	taken=$status
	if [ "$taken" -ne 0 ] && is_offered; then # it died before it asked
		(as bob pchat decline) >/dev/null 2>&1
	fi
	reap pipe
	offered=$status
	wait_until nothing_is_left || verdict="a process of the command is left"
	wait_until is_offered_no_more || verdict="an offer is left"
	[ -z "$(seen)" ] || [ "$(seen)" = "$total" ] || verdict="an end after $(seen) bytes of $total"
	if [ "$offered" -eq 0 ] || [ "$taken" -eq 0 ]; then
		[ "$(seen)" = "$total" ] || verdict="$offered and $taken, but '$(seen)' was read"
	fi
	[ -z "$verdict" ]
}

# Each call of a traced run, as "NAME HOW-MANYTH": strace counts each by itself.
calls() {
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$T/trace" | awk '!/^(execve|exit_group)$/ { print $1, ++n[$1] }'
}

for who in pipe accept; do
	verdict='' tried=0
	: >"$T/trace"
	chmod 0666 "$T/trace"
	stream $who
	ok $? "$who under strace" "$verdict" "$offered $taken"
	calls | awk -v stride="$STRIDE" -v from=$(($$ % STRIDE)) 'NR % stride == from' >"$T/calls"
	while read -r call count; do
		stream $who -e "inject=$call:signal=KILL:when=$count" || { verdict="$call $count: $verdict"; break; }
		tried=$((tried + 1))
	done <"$T/calls"
	[ -z "$verdict" ] && [ $tried -gt 0 ]
	ok $? "$who killed at $tried of its calls" "$verdict"
	run alice pchat send "after $who"
	exits 0 "messages go on"
done
finish
