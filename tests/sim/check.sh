# The house in a bottle, for a few seconds: the seeds that ever failed, some that never did, that a seed is one run, and that
# the mistakes of mistakes.sh follow the source.
set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"
# shellcheck source=edit.sh
. "$SRCDIR/tests/sim/edit.sh"
simulate=$BUILDDIR/tests/sim/simulate
[ -x "$simulate" ] || {
	echo "1..0 # SKIP the simulator is not built here"
	exit 0
}
failed=0

report() { # NUMBER STATUS NAME
	[ "$2" -eq 0 ] || failed=1
	[ "$2" -eq 0 ] && echo "ok $1 - $3" || echo "not ok $1 - $3"
}

mapfile -t seeds < <(sed 's/#.*//' "$SRCDIR/tests/sim/seeds" | grep -o '[0-9]*')
"$simulate" "${seeds[@]}"
report 1 $? "the seeds that failed once"

"$simulate" -n 12 1
report 2 $? "twelve seeds"

first=$(SIM_TRACE=1 "$simulate" 3 | cksum)
[ "$first" = "$(SIM_TRACE=1 "$simulate" 3 | cksum)" ]
report 3 $? "a seed is the same run each time, to the byte"

[ "$(SIM_TRACE=1 "$simulate" 2 | grep -c 'is killed\|is cut\|no space\|input/output')" -gt 5 ]
report 4 $? "a storm is one: processes are killed, connections cut, disks fail"

# What is not ours comes from the real C library: only what asks the system for nothing may, or what no command here uses.
harmless='^(
	(sqlite3|ev|json|utf8proc|posix_spawnattr)_.*|_ITM_.*|__.*|(mem|str|stp|sig(add|del|empty|fill|is)).*|
	.*(alloc|free)(array)?|malloc_trim|mallopt|madvise|.*(env|locale|grent)|nl_langinfo_l|gmtime_r|localtime_r|mktime|timegm|
	tzset|getopt(_long)?|qsort|t(find|search|destroy)|f(close|error|flush|memopen|puts)|fopencookie|puts|setvbuf|v?s?n?printf|sysconf|
	dl(error|open|sym|_iterate_phdr)|memfd_create|sync_file_range|posix_spawnp|execvp|fchdir|dup3|linkat|raise|sigpending|getpgrp|tc(get|set)attr|tcgetpgrp|fwrite|_(set|long)jmp
)$'
strangers=$("${NM:-nm}" -D --undefined-only "$simulate" | awk '{ print $2 }' | sed 's/@.*//' |
	grep -vE "$(tr -d '\n\t' <<<"$harmless")")
[ -z "$strangers" ] || echo "# of the real system: $strangers"
report 5 "${#strangers}" "every system call is the simulator's"

stale=
for mistake in "$SRCDIR"/tests/sim/mistakes/*; do
	! mistake_is_stale "$mistake" || stale="$stale ${mistake##*/}"
done
[ -z "$stale" ] || echo "# changes nothing:$stale"
report 6 "${#stale}" "every planted mistake still changes the source"

echo 1..6
exit "$failed"
