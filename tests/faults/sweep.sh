# shellcheck shell=bash
# What kills.sh and errors.sh share: they list cases, "TARGET STRACE-OPTION", and run scene.sh once for each of a
# part of them. FAULTS_STRIDE=N takes each Nth, beginning at a place that FAULTS_SEED moves from run to run; FAULTS_THIN=N takes an
# Nth of what is taken without a stride; FAULTS_TARGETS is a pattern of those to be tried. TAP.
set -u
: "${SRCDIR:?is set by make faults}" "${BUILDDIR:?is set by make faults}"
export BUILDDIR
# shellcheck source=../system/machine.sh
. "$SRCDIR/tests/system/machine.sh"
scene=$SRCDIR/tests/faults/scene.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/pchat-sweep.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
SLOW=$(slowness "$BUILDDIR/pchatd" "$work")
export SLOW # for scene.sh
jobs=${FAULTS_JOBS:-$((2 * $(nproc)))} # a scene waits more than half of its time

command -v strace >/dev/null || { echo "1..0 # SKIP strace is not installed"; exit 0; }
strace -o /dev/null true 2>/dev/null || { echo "1..0 # SKIP strace may not trace here"; exit 0; }

# count TARGET: "CALL TIMES" for each system call of its first process, in a conversation without faults.
count() {
	local trace=$work/trace.${1//\//.}
	TRACE=$trace STRICT=1 bash "$scene" "$1" -e trace=all >"$work/out" 2>&1 ||
		{ echo "Bail out! $1 without a fault: $(cat "$work/out")"; exit 1; }
	# By thread or child each, as strace counts when it injects: the greatest number.
	sed -n 's/^\([0-9]*\) *\([a-z0-9_]*\)(.*/-\1 \2/p' "$trace" | sort | uniq -c |
		awk '{ if ($1 > n[$3]) n[$3] = $1 } END { for (call in n) print call, n[call] }' | sort
}

targets() { # TARGET...
	local target
	for target; do
		[[ $target =~ ${FAULTS_TARGETS:-.} ]] && echo "$target"
	done
}

# As `cat`, but each Nth only, when no stride was asked for: there are more cases than a day has time for.
thin() { # N
	if [ -n "${FAULTS_STRIDE-}" ]; then
		cat
	else
		awk -v n="$1" -v first=$((RANDOM % $1)) 'NR % n == first'
	fi
}

one() { # NUMBER TARGET OPTION
	local n=$1 out
	if out=$(timeout -k 10 $((120 * SLOW)) bash "$scene" "$2" -e "trace=${3%%:*}" -e "inject=$3" 2>&1); then
		echo "ok $n - $2 $3"
	else
		printf 'not ok %s - %s %s\n' "$n" "$2" "$3"
		printf '%s\n' "$out" | head -n 20 | cat -v | sed 's/^/# /'
	fi
}

# sweep STRIDE: the cases on standard input.
sweep() {
	local stride=${FAULTS_STRIDE:-$(($1 * ${FAULTS_THIN:-1}))} seed=${FAULTS_SEED:-$RANDOM} line i=0 n=0 failed
	echo "# FAULTS_SEED=$seed FAULTS_STRIDE=$stride"
	while read -r line; do
		i=$((i + 1))
		[ $(((i + seed) % stride)) -eq 0 ] || continue
		n=$((n + 1))
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
			wait -n
		done
		# shellcheck disable=SC2086 # two words
		one $n $line >"$work/$n.tap" </dev/null &
	done
	wait
	for ((i = 1; i <= n; i++)); do
		cat "$work/$i.tap"
	done
	echo "1..$n"
	failed=$(cat "$work"/*.tap | grep -c '^not ok')
	[ "$failed" -eq 0 ]
}
