#!/usr/bin/env bash
# Pairs talk while the daemon, the helpers and the commands are killed, stopped and continued at random. Then
# the ledger judges: nothing lost, twice, reordered, or lied about; and everybody gets through again.
#
#	NEMESIS_SECONDS  how long (60)     NEMESIS_PAIRS  how many talk (20)
#	NEMESIS_SEED     the storm to come again (a new one, printed)
# shellcheck source=../system/lib.sh
. "${SRCDIR:?}/tests/system/lib.sh"

seconds=${NEMESIS_SECONDS:-60} pairs=${NEMESIS_PAIRS:-20}
seed=${NEMESIS_SEED:-$((RANDOM * 32768 + RANDOM))}
note "NEMESIS_SEED=$seed, $pairs pairs, $seconds s"
RANDOM=$((seed % 32768))
dir=$T/storm
mkdir -m 1777 "$dir"
add_user left
add_user right
declare -A killed=([pchatd]=0 [pchat-session]=0 [commands]=0)
stops=0 restarts=$dir/restarts

# As an init system would.
keep_daemon() {
	until [ -e "$dir/stop-daemon" ]; do
		pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --grace $((10 * SLOW)) --max-sessions-per-user 1000 2>>"$T/daemon.err"
		echo >>"$restarts"
	done
}

processes() { # COMM...: pids of ours
	local folder comm environs=() found
	for folder in /proc/[0-9]*; do
		read -r comm 2>/dev/null <"$folder/comm" || continue
		[[ " $* " != *" $comm "* ]] || environs+=("$folder/environ")
	done
	[ ${#environs[@]} -gt 0 ] || return 0
	mapfile -t found < <(grep -lzxF "PCHAT_TEST=$T" "${environs[@]}" 2>/dev/null)
	[ ${#found[@]} -gt 0 ] || return 0
	found=("${found[@]#/proc/}")
	printf '%s\n' "${found[@]%/environ}"
}

# strike SIGNAL COMM...: one of them.
strike() {
	local signal=$1 victims
	shift
	mapfile -t victims < <(processes "$@")
	[ ${#victims[@]} -gt 0 ] || return 1
	victim=${victims[RANDOM % ${#victims[@]}]}
	kill -"$signal" "$victim" 2>/dev/null
}

sleep_ms() {
	local s
	printf -v s '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$s" -u "$pause_fd" || :
}

misfortune() {
	case $((RANDOM % 20)) in
	[0-6]) strike KILL pchat-session && killed[pchat-session]=$((killed[pchat-session] + 1)) ;;
	[7-9] | 1[0-2]) strike KILL pchat pchat-full && killed[commands]=$((killed[commands] + 1)) ;;
	13 | 14) strike KILL pchatd && killed[pchatd]=$((killed[pchatd] + 1)) ;;
	1[5-8])
		strike STOP pchat-session pchatd pchat && {
			stops=$((stops + 1))
			sleep_ms $((RANDOM % 2000))
			kill -CONT "$victim" 2>/dev/null
		} ;;
	19) # all at once
		local all
		mapfile -t all < <(processes pchatd pchat-session)
		kill -KILL "${all[@]}" 2>/dev/null
		killed[pchatd]=$((killed[pchatd] + 1)) killed[pchat-session]=$((killed[pchat-session] + ${#all[@]} - 1)) ;;
	esac
}

keep_daemon 2>/dev/null &
keeper=$!
wait_until test -S "$PCHAT_SOCKET" || exit 1
talkers=()
inboxes=()
for ((i = 0; i < pairs; i++)); do
	run left pchat login "l$i"
	[ "$status" -eq 0 ] || { ok 1 "login" "$err"; exit 1; }
	run right pchat login "r$i"
	run left pchat -s "l$i" to "r$i"
	[ "$status" -eq 0 ] || { ok 1 "pairing" "$err"; exit 1; }
	inboxes+=("$T/left/state/pchat/l$i" "$T/right/state/pchat/r$i")
done
for ((i = 0; i < pairs; i++)); do
	for what in talk read; do
		as left "$BASH" "$SRCDIR/tests/faults/talker.sh" $what "l$i" "r$i" $((seed % 30000 + 2 * i)) "$dir" 2>/dev/null &
		talkers+=($!)
		as right "$BASH" "$SRCDIR/tests/faults/talker.sh" $what "r$i" "l$i" $((seed % 30000 + 2 * i + 1)) "$dir" 2>/dev/null &
		talkers+=($!)
	done
done

# Notes are kept for accounts of the host, so two of those tell and are told.
notes=no
if is_root && id -u games >/dev/null 2>&1 && id -u news >/dev/null 2>&1; then
	notes=yes
	add_user games
	add_user news
	inboxes+=("$T/games/state/pchat/games")
	run games pchat login games
	as news "$BASH" "$SRCDIR/tests/faults/talker.sh" tell news games $((seed % 30000)) "$dir" 2>/dev/null &
	talkers+=($!)
	as games "$BASH" "$SRCDIR/tests/faults/talker.sh" come games news $((seed % 30000 + 1)) "$dir" 2>/dev/null &
	talkers+=($!)
fi

# On a slow machine the storm lasts until it has struck often enough.
begin=$SECONDS
for ((strikes = 0; SECONDS - begin < seconds || strikes < seconds; strikes++)); do
	misfortune
	sleep_ms $((RANDOM % ${NEMESIS_PAUSE_MS:-400}))
done
touch "$dir/stop"
mapfile -t all < <(processes pchatd pchat-session pchat pchat-full)
kill -CONT "${all[@]}" 2>/dev/null
wait "${talkers[@]}"

through=$(find "$dir" -name 'through.*' | wc -l)
is "$through" $((2 * pairs)) "after the storm everybody gets through"

# What is still unread, then the end.
for ((i = 0; i < pairs; i++)); do
	(as left pchat -s "l$i" read --raw) >>"$dir/heard.l$i" 2>/dev/null
	(as right pchat -s "r$i" read --raw) >>"$dir/heard.r$i" 2>/dev/null
done
# What a receiver did not take comes with its next login.
none_kept() {
	(as games pchat -s games quit) >/dev/null 2>&1
	(as games pchat login games) >/dev/null 2>&1
	(as news pchat notes --kept) >/dev/null 2>&1
	[ $? -eq 1 ]
}
if [ $notes = yes ]; then
	wait_until none_kept
	ok $? "every note that was kept is delivered"
	(as games pchat -s games read --raw --notes) >>"$dir/heard.games" 2>/dev/null
fi
touch "$dir/stop-daemon"
mapfile -t all < <(processes pchatd pchat-session)
kill -TERM "${all[@]}" 2>/dev/null
wait "$keeper"
wait_until nothing_left

cat "$dir"/told.* >"$dir/told"
figures=$("$BUILDDIR/tests/faults/ledger" "$dir/told" "${inboxes[@]}" 2>"$dir/crimes")
ok $? "the ledger: $figures" "$(cat "$dir/crimes")"
note "killed: pchatd ${killed[pchatd]}, helpers ${killed[pchat-session]}, commands ${killed[commands]}; stopped and continued: $stops"

# A refusal would be no lie, but why should there be any: everybody is back within the grace time.
refusals=$(cat "$dir"/refusals.* 2>/dev/null | sed 's/line [0-9]*: //' | sort | uniq -c | sort -rn | head)
is "$refusals" '' "nothing was refused"

# Shown twice is possible after a kill, not at all is not.
unheard=0
for inbox in "${inboxes[@]}"; do
	name=${inbox##*/}
	n=$(comm -23 <("$BUILDDIR/tests/faults/ledger" --bodies "$inbox" | sort -u) \
		<(sort -u "$dir/heard.$name") | wc -l)
	unheard=$((unheard + n))
done
is $unheard 0 "every message that arrived was shown to its reader"
# That look-ups take their time is the machine's.
complaints=$(grep -v ': \(listening on\|stopped\|accounts are looked up in\|the user database\)' "$T/daemon.err" | sort | uniq -c | sort -rn)
is "$complaints" '' "the daemon had nothing to complain of"
finish
