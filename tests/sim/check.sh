# The house in a bottle, for a few seconds: the seeds that ever failed, some that never did, and that a seed is one run.
set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"
simulate=$BUILDDIR/tests/sim/simulate
[ -x "$simulate" ] || {
	echo "1..0 # SKIP the simulator is not built here"
	exit 77
}
failed=0

report() { # NUMBER STATUS NAME
	[ "$2" -eq 0 ] || failed=1
	[ "$2" -eq 0 ] && echo "ok $1 - $3" || echo "not ok $1 - $3"
}

mapfile -t seeds < <(sed 's/#.*//' "$SRCDIR/tests/sim/seeds" | grep -o '[0-9]*')
"$simulate" "${seeds[@]}"
report 1 $? "the seeds that failed once"

"$simulate" -n 16 1
report 2 $? "sixteen seeds"

first=$(SIM_TRACE=1 "$simulate" 3 | cksum)
[ "$first" = "$(SIM_TRACE=1 "$simulate" 3 | cksum)" ]
report 3 $? "a seed is the same run each time, to the byte"

[ "$(SIM_TRACE=1 "$simulate" 2 | grep -c 'is killed\|is cut\|no space\|input/output')" -gt 5 ]
report 4 $? "a storm is one: processes are killed, connections cut, disks fail"

echo 1..4
exit "$failed"
