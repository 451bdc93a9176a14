#!/usr/bin/env bash
# The system suite with programs whose every read and write moves one byte (shortio.c). TAP: a line for each script.
#
#	shortio.sh            those about frames and streams, where a byte more or less decides
#	shortio.sh all        the whole suite; also by FAULTS_SHORTIO=all
#	shortio.sh NAME...    these scripts
#
# What is left out of all moves megabytes or thousands of messages, is about shells, terminals and pagers, whose bytes would
# be counted out as well, or about limits that the wrapping shell would meet.
# shellcheck source=../system/lib.sh
. "${SRCDIR:?}/tests/system/lib.sh"

[ $# -gt 0 ] || [ -z "${FAULTS_SHORTIO-}" ] || set -- "$FAULTS_SHORTIO"
framing='notes.sh pairing.sh scripting.sh send.sh'
unfit='completion-bash.sh completion-shells.sh descriptors.sh disks.sh lib.sh load.sh storage.sh terminal.sh'

mkdir -m 0755 "$T/real" "$T/bin"
cp "$BUILDDIR/tests/faults/shortio.so" "$T/real/"
for program in pchat pchat-full pchat-session pchat-chat pchatd; do
	cp "$programs/$program" "$T/real/"
	printf '%s\n' '#!/bin/sh' "LD_PRELOAD='$T/real/shortio.so'\${LD_PRELOAD:+:\$LD_PRELOAD} exec '$T/real/$program' \"\$@\"" >"$T/bin/$program"
	chmod +x "$T/bin/$program"
done
# Nothing can be put before a pchat that is linked statically; the full program does all of its commands as well.
case $(ldd "$T/real/pchat" 2>&1) in
*"not a dynamic"* | *statically*) cp "$T/real/pchat-full" "$T/real/pchat" ;;
esac

# A connection that is closed with input unread takes back its last word (unix(7)), and here there is always some.
excused='D7: more than 1,024 messages under way close the connection'

# Each wait of a script has its deadline; this one ends a script that hangs outside of them.
passes() { # SCRIPT LOG
	PCHAT_PROGRAMS=$T/bin TEST_SLOW=$((4 * TEST_SLOW)) timeout -k 10 $((60 * PATIENCE)) bash "$1" >"$2" 2>&1 && return
	grep -q '^1\.\.' "$2" && ! grep '^not ok' "$2" | grep -qv "$excused"
}

one() { # SCRIPT
	local name=${1##*/} began=$SECONDS
	passes "$1" "$T/$name.log"
	echo "$? $((SECONDS - began)) $(grep -c '^ok' "$T/$name.log")" >"$T/$name.result"
}

chosen=()
for script in "$SRCDIR"/tests/system/*.sh; do
	name=${script##*/}
	case " $* " in
	'  ') [[ " $framing " == *" $name "* ]] || continue ;;
	' all ') if [[ " $unfit " == *" $name "* ]] || grep -q '/terminal\.sh' "$script"; then continue; fi ;;
	*) [[ " $* " == *" $name "* ]] || continue ;;
	esac
	chosen+=("$name")
	while [ "$(jobs -rp | wc -l)" -ge $((2 * $(nproc))) ]; do
		wait -n
	done
	one "$script" </dev/null &
done
wait
for name in "${chosen[@]}"; do
	read -r code seconds checks <"$T/$name.result"
	ok "$code" "$name: $checks checks, $seconds s" "$(grep -v '^ok' "$T/$name.log" | head -n 40)"
done
finish
