# Streams during which the commands, a helper or the daemon are killed at their system calls (R13): whatever dies, no command
# sees an end that is none, status 0 is said of what was taken alone, nobody waits for ever, and no descriptor is left.
# STRIDE=1 tries every call; by day some of them. STREAM_FAULTS=errors: the calls fail instead, with what they may fail with.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root
strace -o /dev/null true 2>/dev/null || skip_all "strace may not trace here"
STRIDE=${STRIDE:-13} STREAM_FAULTS=${STREAM_FAULTS:-kills}
# shellcheck source=../faults/errors_of.sh
. "$SRCDIR/tests/faults/errors_of.sh"
export ASAN_OPTIONS=detect_leaks=0:$ASAN_OPTIONS # which cannot be done under strace

# Who runs a host's daemon starts it again.
cat >"$T/keep" <<EOF
#!/bin/bash
while :; do
	pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --grace $AGES
done
EOF
chmod 0755 "$T/keep"
spawn daemon root "$T/keep"
wait_until test -S "$PCHAT_SOCKET"
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

# stream WHO [OPTION OF strace]...: one stream, with WHO (pipe, give, accept; any other: none) under strace; judges it.
# Sets $offered and $taken.
stream() {
	local who=$1 killer=(strace -o "$T/trace" "${@:2}") offerer=() taker=() offers=(pchat pipe)
	case $who in
	pipe) offerer=("${killer[@]}") ;;
	give) offerer=("${killer[@]}" -f) offers=(pchat give "$T/numbers") ;; # and the process that reads for it
	accept) taker=("${killer[@]}") ;;
	esac
	rm -f "$T/bob/seen"
	verdict=''
	as alice "${offerer[@]}" "${offers[@]}" <"$T/numbers" >"$T/pipe.out" 2>"$T/pipe.err" &
	pid_of[pipe]=$!
	until is_offered || is_gone "${pid_of[pipe]}"; do
		pause
	done
	spawn taker bob "${taker[@]}" pchat accept -- sh -c 'n=$(wc -c); echo "$n" >seen'
	reap taker
	taken=$status
	# It may have died before it asked; and a helper that comes back shows the offer only after a while.
	until [ "$taken" -eq 0 ] || is_gone "${pid_of[pipe]}"; do
		(as bob pchat decline) >/dev/null 2>&1
		pause
	done
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

# What happens at a call, in the words of strace.
faults_at() { # CALL
	local error
	if [ "$STREAM_FAULTS" = kills ]; then
		echo signal=KILL
		return
	fi
	for error in $(errors_of "$1"); do
		echo "error=$error"
	done
	case $1 in
	clone | clone3 | fork | vfork) echo error=EAGAIN ;;
	socketpair | signalfd4 | pidfd_open | dup3) echo error=EMFILE ;;
	linkat | lseek | fcntl) echo error=EIO ;;
	esac
}

# trials COMMAND...: it is run with each fault at each of the chosen calls, until one is lied about. Sets $verdict and $tried.
trials() {
	local call count fault
	tried=0
	while read -r call count <&4; do
		for fault in $(faults_at "$call"); do
			"$@" -e "inject=$call:$fault:when=$count" 4<&- || { verdict="$call $count $fault: $verdict"; return 1; }
			tried=$((tried + 1))
		done
	done 4<"$T/calls"
	[ $tried -gt 0 ]
}

# Each call of a traced run, as "NAME HOW-MANYTH": strace counts each by itself.
calls() {
	sed -n 's/^\(\[*[a-z]* *[0-9][0-9]* *\)\{0,1\}\([a-z][a-z0-9_]*\)(.*/\2/p' "$T/trace" | awk '!/^(execve|exit_group)$/ { print $1, ++n[$1] }'
}

for who in pipe give accept; do
	verdict=''
	: >"$T/trace"
	chmod 0666 "$T/trace"
	stream $who
	ok $? "$who under strace" "$verdict" "$offered $taken"
	calls | awk -v stride="$STRIDE" -v from=$(($$ % STRIDE)) 'NR % stride == from' >"$T/calls"
	trials stream $who
	ok $? "$who: $STREAM_FAULTS, $tried of them" "$verdict"
	run alice pchat send "after $who"
	exits 0 "messages go on"
done

# ---------------------------------------------------------------- what is between the commands

pid_between() { # alice|bob|daemon
	if [ "$1" = daemon ]; then
		pgrep -P "${pid_of[daemon]}" -x pchatd
	else
		helper_pid "$1"
	fi
}

descriptors() { # alice|bob|daemon
	find "/proc/$(pid_between "$1")/fd" -mindepth 1 2>/dev/null | wc -l
}

all_there() {
	daemon_is alice connected && daemon_is bob connected
}

# during WHO [OPTION OF strace]...: a stream while that process is traced.
during() {
	local who=$1
	shift
	wait_until all_there || { verdict="not all are connected"; return 1; }
	: >"$T/trace"
	spawn tracer root strace -o "$T/trace" -p "$(pid_between "$who")" "$@"
	wait_until has_line "$T/tracer.err" attached
	stream none
	[ "$offered" -ne 137 ] && [ "$taken" -ne 137 ] || verdict="$offered and $taken: a command waits for ever"
	kill -TERM "${pid_of[tracer]}" 2>/dev/null
	reap tracer
	[ -z "$verdict" ]
}

rests() { # WHO DESCRIPTORS
	[ "$(descriptors "$1")" -le "$2" ]
}

declare -A before
stream none
ok $? "a stream of which nobody is killed" "$verdict" "$offered $taken"
for who in alice bob daemon; do
	before[$who]=$(descriptors $who)
done
for who in alice bob daemon; do
	verdict=''
	during $who
	ok $? "a stream beside $who under strace" "$verdict" "$offered $taken"
	calls | awk -v stride=$((STRIDE > 1 ? 2 * STRIDE : 1)) -v from=$(($$ % STRIDE)) 'NR % stride == from' >"$T/calls"
	trials during $who
	ok $? "$who: $STREAM_FAULTS, $tried of them" "$verdict"
	wait_until all_there
	run alice pchat send "after $who"
	exits 0 "messages go on"
	for each in alice bob daemon; do
		# A helper that has looked into its inbox twice has one more: SQLite closes that with the next one.
		more=1
		[ $each != daemon ] || more=0
		wait_until rests $each $((${before[$each]} + more))
		ok $? "and $each has as many descriptors as before" "$(descriptors $each), before ${before[$each]}"
	done
done
finish
