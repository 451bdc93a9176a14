# core and proto are pure: what their archives leave undefined is defined in one of them, is a Unicode
# table, or is one of the few functions of the C library that neither do I/O nor read a clock nor allocate.
set -u
: "${BUILDDIR:?is set by make check}"
NM=${NM:-nm}

# What the compiler or its checkers bring in is allowed with it; clang makes bcmp() of memcmp().
allowed='^(
	mem(chr|cmp|cpy|move|mem|rchr|set|pcpy)|bcmp|str(n?casecmp|chr|rchr|n?cmp|n?len|spn|cspn|pbrk|str)|
	strlcpy|strlcat|qsort|bsearch|
	v?snprintf|strto(ul|l|ull|ll)|
	utf8proc_.*|
	_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__assert_fail|__.*_chk|__errno_location|__ctype_b_loc|
	__isoc(99|23)_.*|__(asan|ubsan|sanitizer|gcov|llvm)_.*|__start_.*|__stop_.*
)$'
allowed=$(tr -d '\n\t' <<<"$allowed")

# impure ARCHIVE...: prints what they reference and may not.
impure() {
	local defined
	defined=$("$NM" -g --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }')
	"$NM" -gu "$@" 2>/dev/null | awk 'NF == 2 { print $2 }' | sed 's/@.*//' | sort -u |
		grep -vxF -- "$defined" | grep -vE -- "$allowed"
}

report() { # NUMBER STATUS NAME
	if [ "$2" -eq 0 ]; then
		echo "ok $1 - $3"
	else
		echo "not ok $1 - $3"
		failed=1
	fi
}

failed=0
echo "1..3"

found=$(impure "$BUILDDIR/libpchat_core.a")
[ -z "$found" ] || echo "# core references:" "${found//$'\n'/ }"
[ -z "$found" ]
report 1 $? "core is pure"

found=$(impure "$BUILDDIR/libpchat_proto.a" "$BUILDDIR/libpchat_core.a")
[ -z "$found" ] || echo "# proto references:" "${found//$'\n'/ }"
[ -z "$found" ]
report 2 $? "proto is pure"

# The test of the test: the layers that do all that they may not.
found=$(impure "$BUILDDIR/libpchat_net.a" "$BUILDDIR/libpchat_base.a")
grep -qx socket <<<"$found" && grep -qx clock_gettime <<<"$found" && grep -qx malloc <<<"$found"
report 3 $? "system calls, clocks and allocation are found where they are"
exit $failed
