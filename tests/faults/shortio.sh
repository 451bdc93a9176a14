#!/usr/bin/env bash
# The whole system suite with programs whose every read and write moves one byte (shortio.c). What is left out
# moves megabytes, is about shells, terminals and pagers, whose bytes would be counted out as well, or about limits that the
# wrapping shell would meet. TAP: a line for
# each script.
set -u
: "${SRCDIR:?is set by make faults}" "${BUILDDIR:?is set by make faults}"
export SRCDIR BUILDDIR
work=$(mktemp -d "${TMPDIR:-/tmp}/pchat-short.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
chmod 0711 "$work"
mkdir -m 0755 "$work/real" "$work/bin"
cp "$BUILDDIR/tests/faults/shortio.so" "$work/real/"
for program in pchat pchat-full pchat-session pchat-chat pchatd; do
	cp "$BUILDDIR/$program" "$work/real/"
	printf '%s\n' '#!/bin/sh' "LD_PRELOAD='$work/real/shortio.so'\${LD_PRELOAD:+:\$LD_PRELOAD} exec '$work/real/$program' \"\$@\"" >"$work/bin/$program"
	chmod +x "$work/bin/$program"
done
# Nothing can be put before a pchat that is linked statically; the full program does all of its commands as well.
case $(ldd "$work/real/pchat" 2>&1) in
*"not a dynamic"* | *statically*) cp "$work/real/pchat-full" "$work/real/pchat" ;;
esac

# A connection that is closed with input unread takes back its last word (unix(7)), and here there is always some.
excused='D7: more than 1,024 messages under way close the connection'

passes() { # SCRIPT LOG
	PCHAT_PROGRAMS=$work/bin TEST_SLOW=4 timeout -k 10 300 bash "$1" >"$2" 2>&1 && return
	grep -q '^1\.\.' "$2" && ! grep '^not ok' "$2" | grep -qv "$excused"
}

one() { # NUMBER SCRIPT
	local log=$work/$1.log
	if passes "$2" "$log"; then
		echo "ok $1 - ${2##*/}: $(grep -c '^ok' "$log") checks"
	else
		echo "not ok $1 - ${2##*/}"
		grep -v '^ok' "$log" | head -n 40 | sed 's/^/# /'
	fi
}

n=0
for script in "$SRCDIR"/tests/system/*.sh; do
	case ${script##*/} in
	lib.sh | load.sh | terminal.sh | descriptors.sh | chat.sh | people.sh | shells.sh | completion-*.sh) continue ;;
	esac
	[ $# -eq 0 ] || [[ " $* " == *" ${script##*/} "* ]] || continue
	n=$((n + 1))
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	one $n "$script" >"$work/$n.tap" </dev/null &
done
wait
for ((i = 1; i <= n; i++)); do
	cat "$work/$i.tap"
done
echo "1..$n"
! grep -q '^not ok' "$work"/*.tap
