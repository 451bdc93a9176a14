#!/usr/bin/env bash
# Checks delivery.pml, and later.pml by the cases kept-*, with spin(1). The design must hold in every state that there is; every deliberate mistake
# must be caught; every witness must be met, or the model would prove nothing. Prints TAP.
#
#	run.sh [NAME]...       all, or the cases of these names; the trace of a case that fails is shown
set -u
models=$(cd "$(dirname "$0")" && pwd)
: "${CC:=cc}" "${SPIN:=spin}"
jobs=${MODEL_JOBS:-$(nproc)}

# holds NAME SWITCHES: no error in the whole state space. caught, met: an error must be found.
# FAULTS counts kills, cuts and power losses; N messages; REFUSALS failures of the disk.
cases='
holds  two-faults               FAULTS=2 REFUSALS=0
holds  a-fault-and-a-bad-disk   FAULTS=1 REFUSALS=1
holds  sent-again               FAULTS=1 REFUSALS=1 N=1 RETRY
ends   every-command-ends       FAULTS=1 REFUSALS=1 PATIENT
ends   rides-out-two-faults     FAULTS=2 REFUSALS=0 PATIENT
met    delivered-after-a-fault  FAULTS=1 WITNESS_DELIVERED
met    refused                  FAULTS=1 WITNESS_FULL
met    ended-with-carol-there   FAULTS=1 WITNESS_ENDED
caught ack-before-commit        FAULTS=1 ACK_BEFORE_COMMIT
caught ack-from-memory          FAULTS=1 ACK_FROM_MEMORY
caught no-dedup                 FAULTS=1 NO_DEDUP
caught new-id-on-retry          FAULTS=1 N=1 RETRY NEW_ID_ON_RETRY
caught gap-accepted             FAULTS=1 GAP_ACCEPTED
caught gen-ignored              FAULTS=1 GEN_IGNORED
caught ack-epoch-ignored        FAULTS=1 ACK_EPOCH_IGNORED
caught gap-after-refusal        FAULTS=1 GAP_AFTER_REFUSAL
caught refused-goes-on          FAULTS=1 REFUSED_GOES_ON
caught store-after-leave        FAULTS=1 STORE_AFTER_LEAVE
caught certain-after-reset      FAULTS=1 CERTAIN_AFTER_RESET
caught held-forgets             FAULTS=1 HELD_FORGETS
caught moved-is-certain         FAULTS=1 MOVED_IS_CERTAIN
caught own-leave-is-certain     FAULTS=1 OWN_LEAVE_IS_CERTAIN
caught retry-is-certain         FAULTS=1 N=1 RETRY RETRY_IS_CERTAIN
caught refuses-what-lingers     FAULTS=1 REFUSES_WHAT_LINGERS
caught any-pair                 FAULTS=1 ANY_PAIR
caught pair-forgotten           FAULTS=1 PAIR_FORGOTTEN
caught no-drain                 FAULTS=1 NO_DRAIN
caught forwards-for-the-dead    FAULTS=1 N=1 RETRY FORWARDS_FOR_THE_DEAD
caught retry-to-anybody         FAULTS=1 N=1 RETRY RETRY_TO_ANYBODY
holds  kept-two-faults          FAULTS=2 REFUSALS=1
holds  kept-three-faults        FAULTS=3 REFUSALS=2
met    kept-delivered           FAULTS=2 WITNESS_DELIVERED
caught kept-before-sync         FAULTS=1 KEPT_BEFORE_SYNC
caught kept-in-doubt            FAULTS=1 DOUBT_IS_KEPT
caught kept-as-found            FAULTS=2 FOUND_IS_SURE
caught kept-refused-but-there   FAULTS=2 REFUSES_WHAT_IS_THERE
caught kept-looked-for-early    FAULTS=1 LOOKS_WHILE_WRITING
caught kept-forgotten-early     FAULTS=1 FORGOTTEN_WHEN_PASSED
caught kept-not-taken           FAULTS=1 LATER_IS_DONE
caught kept-no-dedup            FAULTS=1 NO_DEDUP
'

for tool in "$SPIN" "$CC"; do
	command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/pchat-model.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

# check KIND NAME SWITCH...: leaves "ok" or "not ok" in $dir/NAME/verdict, and words on it in $dir/NAME/words.
check() {
	local kind=$1 name=$2 model=$models/delivery.pml switches error=no
	[ "${name#kept-}" = "$name" ] || model=$models/later.pml
	shift 2
	switches=("${@/#/-D}")
	mkdir "$dir/$name" && cd "$dir/$name" || return
	local ends=-E # spin takes a process that waits for ever for an error; only a waiting command is one
	[ "$kind" = ends ] && ends=
	{
		"$SPIN" -a "${switches[@]}" "$model" && "$CC" -w -O2 -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c &&
			./pan -m100000 $ends
	} >log 2>&1
	grep -q '^pan:1: \(assertion violated\|invalid end state\)' log && error=yes
	# A search that was cut short proves nothing.
	grep -q '^State-vector.*errors: 0$' log && ! grep -q 'Search not completed\|error: max search depth' log && error=none
	case $kind:$error in
	holds:none | ends:none | caught:yes | met:yes) echo ok ;;
	*) echo not ok ;;
	esac >verdict
	{
		sed -n 's/^pan:1: \(.*\)/\1/p' log
		sed -n 's/^ *\([0-9]*\) states, stored.*/\1 states/p' log
		sed -n 's/^pan: elapsed time \(.*\)/\1/p' log
	} | paste -sd, | sed 's/,/, /g' >words
	if grep -q not verdict; then
		{
			tail -n 30 log
			[ -e "${model##*/}.trail" ] && "$SPIN" -k "${model##*/}.trail" -p "${switches[@]}" "$model" |
				grep -v 'sub-sequence\|goto\|\[IF\]\|\[DO\]' | tail -n 200
		} >trace 2>&1
	fi
	rm -f pan pan.*
}

names=()
while read -r kind name switches; do
	[ -n "$kind" ] || continue
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	names+=("$name")
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	# shellcheck disable=SC2086 # a list of words
	check "$kind" "$name" $switches &
done <<<"$cases"
wait

echo "1..${#names[@]}"
n=0 failed=0
for name in "${names[@]}"; do
	n=$((n + 1))
	echo "$(cat "$dir/$name/verdict") $n - $name: $(cat "$dir/$name/words")"
	[ -e "$dir/$name/trace" ] && { failed=1; sed 's/^/# /' "$dir/$name/trace"; }
done
exit $failed
