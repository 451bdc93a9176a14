# The test of the test: each file of tests/sim/mistakes is an edit of the production source (what it is, which file, and a
# program for perl -0p). The source is compiled with it and put in front of the archives; the simulator has to find it
# within MISTAKES_SEEDS (2,000) seeds. MISTAKES='early-ack no-dedup' tries these alone.
set -u
: "${SRCDIR:?is set by make}" "${BUILDDIR:?is set by make}" "${MAKE:?is set by make}"
# shellcheck source=edit.sh
. "$SRCDIR/tests/sim/edit.sh"
seeds=${MISTAKES_SEEDS:-2000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=0
missed=0

# make_wrong MISTAKE: a simulator with it.
make_wrong() {
	mistake_planted "$1" >"$work/wrong.c" || return
	if mistake_is_stale "$1"; then
		echo "$(basename "$1"): changes nothing in $(mistake_source "$1")"
		return 1
	fi
	"$MAKE" -s -C "$BUILDDIR" simulate-wrong WRONG="$work/wrong"
}

for mistake in "$SRCDIR"/tests/sim/mistakes/*; do
	name=$(basename "$mistake")
	[ -z "${MISTAKES:-}" ] || [[ " $MISTAKES " == *" $name "* ]] || continue
	if ! make_wrong "$mistake"; then
		missed=$((missed + 1))
		continue
	fi
	verdict="not found in $seeds seeds"
	words=$("$work/wrong" -f -n "$seeds" 1) || verdict="found by $(grep -m1 '^seed' <<<"$words")"
	if [ "${verdict%% *}" = found ]; then found=$((found + 1)); else missed=$((missed + 1)); fi
	echo "$name: $(sed -n '1s/^# //p' "$mistake"): $verdict"
done
echo "$found found, $missed missed"
[ "$missed" -eq 0 ] && [ "$found" -gt 0 ]
