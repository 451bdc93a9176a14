# The siege: hostile uids on one processor, the daemon and its victims on another. Of each attack: whether a message of the victims was
# lost or a send failed, their round trips before and during it, what it cost the daemon, and whether memory and
# descriptors come back. TAP; the figures as a table in $SIEGE_TABLE (docs/RELIABILITY.md).
#
# SIEGE_SECONDS: how long each attack lasts (10). SIEGE_ROWS: a pattern of those to be made. SIEGE_TIMES=1 judges times as well: p99 during an attack is at most 3 times
# that before it, or 100 ms.
# shellcheck source=../system/lib.sh
. "$SRCDIR/tests/system/lib.sh"

needs_root
SIEGE_SECONDS=${SIEGE_SECONDS:-10}
SIEGE_TABLE=${SIEGE_TABLE:-$BUILDDIR/siege.md}
for program in siege/hostile siege/victims system/passer system/oldkernel.so system/libnss_pchat.so.2; do
	[ -e "$BUILDDIR/tests/$program" ] || continue
	cp "$BUILDDIR/tests/$program" "$T/"
done
chmod 0755 "$T/oldkernel.so"
ours=() theirs=()
if [ "$(nproc)" -ge 2 ] && command -v taskset >/dev/null; then
	ours=(taskset -c 0) theirs=(taskset -c 1)
	taskset -cp 0 $$ >/dev/null # whatever is started here, helpers and commands included
fi
add_user alice
add_user bob

printf '%s\n' '| attack | p50, p99 before (ms) | during | daemon CPU | memory before, during, after (KiB) | sends failed |' \
	'|---|---|---|---|---|---|' >"$SIEGE_TABLE"

# ---------------------------------------------------------------- the besieged

# besieged COMMAND... [-- OPTION...]: a daemon run by COMMAND, and two users who talk
besieged() {
	local wrapper=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		wrapper+=("$1")
		shift
	done
	spawn daemon root "${ours[@]}" "${wrapper[@]}" pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" "${@:2}"
	daemon_pid=${pid_of[daemon]}
	wait_until test -S "$PCHAT_SOCKET"
	pair alice bob
}

relieved() {
	run alice pchat quit
	run bob pchat quit
	stop_daemon
	rm -rf "$T/daemon"
}

memory() { # KiB that are the daemon's own
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$daemon_pid/status"
}

descriptors() {
	find "/proc/$daemon_pid/fd" -mindepth 1 -maxdepth 1 | wc -l
}

ticks() { # of processor time that the daemon has had
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$daemon_pid/stat"
}

talk() { # SECONDS: victims' round trips, as hostile as it may be
	"${ours[@]}" "$T/victims" "$PCHAT_SOCKET" 2 "$1" 2>&1
}

# Sends of real sessions, one after the other, until it is stopped: "ok" or the status, a line each.
sends() {
	while [ ! -e "$T/enough" ]; do
		(as alice pchat send --timeout "$PATIENCE" "in a siege") >/dev/null 2>&1
		echo $?
	done
}

field() { # NAME LINE: of what the victims say
	awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }' <<<"$2"
}

ms() { # MICROSECONDS
	awk -v us="$1" 'BEGIN { printf "%.1f", us / 1000 }'
}

came_back() { # MEMORY DESCRIPTORS
	[ "$(memory)" -le "$1" ] && [ "$(descriptors)" -le "$2" ]
}

# ------------------------------------------------------------------ the siege

# attack NAME COMMAND...: the command says "ready" when it has begun, and ends with its standard input
attack() {
	local name=$1 before during memory_before memory_during files began failed fd cpu limit
	shift
	[[ $name =~ ${SIEGE_ROWS:-.} ]] || return 0
	memory_before=$(memory) files=$(descriptors)
	before=$(talk "$SIEGE_SECONDS")
	mkfifo "$T/attack.in"
	exec {fd}<>"$T/attack.in"
	: >"$T/attack.out"
	"${theirs[@]}" "$@" <"$T/attack.in" >"$T/attack.out" 2>"$T/attack.err" {fd}>&- &
	pid_of[attack]=$!
	wait_until has_line "$T/attack.out" ready
	rm -f "$T/enough"
	sends {fd}>&- >"$T/sends" &
	began=$(ticks)
	during=$(talk "$SIEGE_SECONDS" {fd}>&-)
	cpu=$(($(ticks) - began))
	memory_during=$(memory)
	: >"$T/enough"
	wait $!
	failed=$(grep -cvx 0 "$T/sends")
	exec {fd}>&-
	: >"$T/attack.end"
	reap attack
	rm -f "$T/attack.in" "$T/attack.end"
	(as bob pchat read) >/dev/null 2>&1
	like "$during" "^sent [0-9]+ lost 0 " "$name: no message of the victims is lost"
	is "$failed" 0 "$name: no send fails, of $(wc -l <"$T/sends")"
	wait_until came_back $((memory_before + 512)) "$files"
	ok $? "$name: memory and descriptors come back" "memory: $memory_before, $memory_during, now $(memory) KiB" \
		"descriptors: $files, now $(descriptors)"
	limit=$((3 * $(field p99 "$before")))
	[ -z "${SIEGE_TIMES-}" ] || {
		[ "$(field p99 "$during")" -le $((limit > 100000 ? limit : 100000)) ]
		ok $? "$name: p99 is at most three times what it was, or 100 ms" "before: $before" "during: $during"
	}
	echo "| $name | $(ms "$(field p50 "$before")"), $(ms "$(field p99 "$before")") | $(ms "$(field p50 "$during")"), $(ms "$(field p99 "$during")")" \
		"| $((cpu * 100 / ($(getconf CLK_TCK) * SIEGE_SECONDS))) % | $memory_before, $memory_during, $(memory) | $failed of $(wc -l <"$T/sends") |" >>"$SIEGE_TABLE"
}

hostile() { # NAME WAY UID UIDS COUNT
	attack "$1" "$T/hostile" "$PCHAT_SOCKET" "${@:2}"
}

# Passes descriptors that block until its standard input ends.
cat >"$T/passes" <<'SCRIPT'
#!/bin/bash
echo ready
until read -rt 0.01 || [ $? -le 128 ]; do
	setpriv --reuid=700009 --regid=700009 --clear-groups "$@"
done
SCRIPT
chmod 0755 "$T/passes"

besieged
hostile "connections that come and go" storm 700001 1 0
hostile "10,000 connections" silent 700100 2500 10000
hostile "half-open, of 64 uids" silent 700100 64 256
hostile "logins" logins 700001 1 0
hostile "logins of many uids" logins 700100 1000 0
hostile "sessions of 520 uids" login 700100 520 4094
hostile "a session that resumes all the time" resume 700001 1 0
hostile "one byte a write" bytes 700001 1 0
hostile "who" who 700001 1 8
hostile "requests as small as they can be" small 700001 1 8
hostile "receivers that take nothing" stopped 700100 32 64
hostile "thousands of offers" offers 700100 32 64
hostile "notes, of many uids" tell 700100 64 64
relieved

# Notes that are kept: for an account that is not there, by those who have none, and by one who has.
besieged
hostile "notes to be kept" later 700100 64 64
if uid=$(id -u games 2>/dev/null); then
	hostile "notes to be kept, of an account" later "$uid" 1 8
fi
relieved

besieged -- --max-unknown-sessions 100000
hostile "3,000 waiters, and a policy that changes" wait 700100 400 3000
hostile "128 receivers that take nothing" stopped 700100 32 256
relieved

besieged env LD_PRELOAD="$T/oldkernel.so"
attack "descriptors whose close blocks, on an older kernel" "$T/passes" "$T/passer" "$PCHAT_SOCKET" crowd 100
hostile "offers, and such descriptors in their channels, on an older kernel" offers 700100 32 64
[ ! -e "$T/attack.out" ] || [[ ! "offers, and such" =~ ${SIEGE_ROWS:-.} ]] || {
	[ "$(field passed "$(tr '\n' ' ' <"$T/attack.out")")" -gt 0 ]
	ok $? "which were passed" "$(tail -n 3 "$T/attack.out")"
}
relieved

printf '%s\n' '#!/bin/bash' 'ulimit -n "$1"; shift; exec "$@"' >"$T/few"
chmod 0755 "$T/few"
for files in 64 256; do
	besieged "$T/few" "$files"
	hostile "$files descriptors, and more connections" silent 700100 64 256
	relieved
done

# A directory server that hangs for whoever means no good, so that all who log in wait for a look-up to end.
cat >"$T/directory" <<'SCRIPT'
#!/bin/bash
LD_LIBRARY_PATH=$1 exec unshare -m --propagation private bash -c '
	[ ! -e /var/run/nscd/socket ] || mount -t tmpfs none /var/run/nscd
	mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"' sh "$1/nsswitch.conf" "${@:2}"
SCRIPT
chmod 0755 "$T/directory"
if [[ "look-ups that hang" =~ ${SIEGE_ROWS:-.} ]] && [ -e "$T/libnss_pchat.so.2" ] && unshare -m true 2>/dev/null; then
	echo 'passwd: files pchat' >"$T/nsswitch.conf"
	echo 'hang-for 700000' >"$T/nss"
	: >"$T/nss.asked"
	chmod 0666 "$T/nss.asked"
	besieged "$T/directory" "$T"
	hostile "look-ups that hang" logins 700100 1000 0
	grep -q '^name foe' "$T/nss.asked"
	ok $? "which did hang"
	relieved
fi

sed 's/^/# /' "$SIEGE_TABLE"
finish
