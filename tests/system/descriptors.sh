# Where the limit of open files is too low (ulimit -n), everything works as ever or says that the system refuses: it does
# not hang or abort, tells nothing that is not so, and loses nothing.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

if under_valgrind || sanitized; then
	skip_all "a checker needs descriptors of its own"
fi

# The word for it, in either C library.
no_more='(Too many open files|No file descriptors available)'

# limited N COMMAND...: with the standard descriptors alone, and N allowed.
cat >"$T/limited" <<'SCRIPT'
#!/bin/bash
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
ulimit -n "$1"
shift
exec "$@"
SCRIPT
chmod 0755 "$T/limited"

# What there is to say against the latest command, at the limit n, whose status is to be one of those, or a refusal's.
fault() { # STATUSES
	local lies='libev|logged in|no history|never|damaged|closed to you'
	if [[ $status =~ ^(71|126)$ ]]; then
		[[ $err =~ $no_more ]] || echo "at $n: status $status, and no word why: $err"
	else
		[[ $status =~ ^($1)$ ]] || echo "at $n: status $status: $err"
	fi
	[[ ! $err =~ $lies ]] || echo "at $n: not so: $err"
}

# honest STATUSES COMMAND...: whatever the limit, bob's command ends so or is refused. N in it is the limit.
honest() {
	local statuses=$1 name="${*:2}" faults="" n
	shift
	for ((n = least; n <= 12; n++)); do
		run bob "$T/limited" "$n" "${@//@N/$n}"
		faults+=$(fault "$statuses")
	done
	is "$faults" "" "$name"
}

start_daemon
pair alice bob
# One that is linked with shared libraries takes a descriptor to begin at all.
least=3
run bob "$T/limited" 3 pchat leave
[ "$status" -eq 71 ] || least=4
run alice pchat send hello
(as bob pchat read >/dev/null)

# -------------------------------------------------------------------- the commands

honest 0 pchat status
honest 0 pchat status --prompt
honest 0 pchat -s bob status
honest 0 pchat who --json
honest 0 pchat to alice
honest 1 pchat ask --timeout "$(span 300)" well?
honest 0 pchat history
honest 0 pchat -s bob history --grep hello
honest 0 pchat block mallory
honest '0|5' pchat unblock mallory
honest 0 pchat block @0
honest '0|5' pchat unblock @0
honest 5 pchat block @no-such-group
run bob "$T/limited" 5 pchat block @0
exits 71 "a group that cannot be looked up is not said to be none"
honest 0 pchat dnd off
honest 0 pchat __complete users
honest 0 pchat shellinit bash
honest 0 pchat login bob@N
for n in {13..40}; do
	run bob "$T/limited" "$n" pchat login more
	[ "$status" -eq 71 ] || break
done
exits 0 "a login succeeds with $n"
run bob pchat -s more status
exits 0 "and then is of use"
run bob pchat -s more history
exits 1 "in all it does"
run bob pchat -s more quit
# shellcheck disable=SC2016 # its name is for the loop to fill in
honest 0 pchat with alice -- touch "$T/bob/begun-@N"
for ((n = least; n <= 12; n++)); do
	[ ! -e "$T/bob/begun-$n" ] || break
done
is "$(find "$T/bob" -name 'begun-*' | wc -l)" $((13 - n)) "with: what cannot be looked after is not begun"
run bob "$T/limited" 5 pchat with alice -- true
exits 71 "with: signals cannot be heard"
like "$err" "cannot wait for signals: $no_more" "with: and that is said"

# ------------------------------------------------------------------- nothing is lost

sent="" read="" faults=""
for ((n = least; n <= 12; n++)); do
	run bob "$T/limited" "$n" pchat send "b$n"
	[ "$status" -ne 0 ] || sent+="b$n "
	faults+=$(fault 0)
	run alice pchat send "a$n"
	run bob "$T/limited" "$n" pchat read --raw -n 1
	[ -z "$out" ] || read+="$out "
	faults+=$(fault 0)
done
is "$faults" "" "send, read"
run bob pchat read --raw
read+=$out
is "${read//$'\n'/ }" "$(seq -s " " -f "a%g" "$least" 12)" "each message is read once"
run alice pchat read --raw
is "$(grep -o '^b.*' <<<"$out" | tr '\n' ' ')" "$sent" "and those that are sent have arrived, no others"

faults=""
run alice pchat send to-be-kept
for ((n = least; n <= 12; n++)); do
	feed bob "$T/limited" "$n" pchat chat alice <<<"line $n"
	faults+=$(fault nothing)
done
is "$faults" "" "chat as a filter is refused at once"
run alice pchat read
exits 1 "and has said nothing"
run bob pchat read --raw
is "$out" to-be-kept "and shown nothing"

if command -v script >/dev/null; then
	run bob script -qec "stty cols 500; stty -g; for n in \$(seq $least 12); do '$T/limited' \$n pchat chat alice; echo status \$?; done; stty -g" /dev/null
	is "$(grep -c '^status 71' <<<"$out")" $((13 - least)) "chat on a terminal: refused at once"
	is "$(grep -cE "^pchat: .*$no_more" <<<"$out")" $((13 - least)) "chat on a terminal: with a word that says why"
	is "$(head -n 1 <<<"$out")" "$(tail -n 1 <<<"$out")" "chat on a terminal: which is as it was"
else
	skip "script(1) is missing" "chat on a terminal"
fi

# bob's on-message has taken the message, or has ended.
settled() {
	is_gone "${pid_of[hook]}" || has_unread bob 0
}

faults=""
for ((n = least; n <= 12; n++)); do
	run alice pchat send "for $n"
	spawn hook bob "$T/limited" "$n" pchat on-message --at-once 1 -- cat
	wait_until settled || faults+="at $n: nothing happens"
	kill -TERM "${pid_of[hook]}" 2>/dev/null
	reap hook
	faults+=$(fault 0)
	[ "$status" -ne 0 ] || break
	has_unread bob $((n - least + 1)) || faults+="at $n: marked as read"
done
is "$faults" "" "on-message: leaves unread what it cannot give to its command"
run bob pchat read

# ------------------------------------------------------------- a helper, and none

times() { # FILE: the hours in it
	grep -Eo '[0-9]{2}:[0-9]{2}:' "$1"
}
run bob env TZ=Asia/Tokyo pchat history -n 1
times "$T/out" >"$T/wanted"
run bob env TZ=Asia/Tokyo "$T/limited" 5 pchat history -n 1
is "$(times "$T/out")" "$(cat "$T/wanted")" "times stay those of the zone"

helper=$(helper_pid bob)
# What it does not use it closes after a while.
at_rest() { # PID
	[ -z "$(find "/proc/$1/fd" -lname '*/sent.db*')" ]
}
# The limit that leaves that process so many descriptors more.
leaving() { # NUMBER PID
	local fd=0 free=0
	while [ -e "/proc/$2/fd/$fd" ] || [ $((++free)) -le "$1" ]; do
		fd=$((fd + 1))
	done
	echo "$fd"
}
highest() { # PID
	find "/proc/$1/fd" -mindepth 1 -printf '%f\n' | sort -n | tail -n 1
}
# Commands that are connected take what is free below the highest, until nothing is; what the helper lets go of by and by,
# the latest connection too, it has let go of.
cp "$BUILDDIR/tests/system/rawclient" "$T/"
held=0
fill() { # PID
	wait_until at_rest "$1"
	wait_until sleeps "$1"
	while [ "$(leaving 0 "$1")" -le "$(highest "$1")" ] && [ $held -lt 50 ]; do
		held=$((held + 1))
		spawn held$held bob "$T/rawclient" -c "$T/bob/run/pchat/bob.sock" hello linger
		wait_until sleeps "${pid_of[held$held]}"
		wait_until sleeps "$1"
	done
}
if command -v prlimit >/dev/null; then
	fill "$helper"
	run bob prlimit --pid "$helper" --nofile="$(leaving 1 "$helper")"
	run bob pchat history
	exits 71 "a helper that cannot start the reader of the history"
	like "$err" 'could not be started' "says so"
	fill "$helper"
	run bob prlimit --pid "$helper" --nofile="$(leaving 0 "$helper")"
	for command in history status "read --raw"; do
		# shellcheck disable=SC2086 # a list of words
		run bob pchat $command
		exits 71 "a helper that has no descriptor left: $command"
		like "$err" 'too many commands at once' "is told so"
	done
else
	skip "prlimit(1) is missing" "a helper that cannot start the reader of the history"
fi
kill -KILL "$helper"
wait_until is_gone "$helper"
faults=""
for ((n = least; n <= 16; n++)); do
	run bob "$T/limited" "$n" pchat history -n 1
	faults+=$(fault 0)
	run bob "$T/limited" "$n" pchat status
	faults+=$(fault 0)
done
is "$faults" "" "no helper, and none can be started"
run bob pchat status
exits 0 "with more it starts"

# ---------------------------------------------------------------------- the daemon

for n in 4 5; do
	run bob "$T/limited" "$n" pchatd --socket "$T/bob/socket" --state "$T/bob/registry"
	exits 1 "a daemon with $n"
	like "$err" "no event loop: $no_more" "says why"
done

finish
