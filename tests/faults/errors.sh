#!/usr/bin/env bash
# System calls of the daemon, either helper, the ssh of one at another host, and the command fail, one a run, with what they may
# fail with. Commands may fail too, but tell no lie, and afterwards all goes on.
# shellcheck source=sweep.sh
. "${SRCDIR:?}/tests/faults/sweep.sh"
# shellcheck source=errors_of.sh
. "$SRCDIR/tests/faults/errors_of.sh"

# The C library's loader crashes when its first mmap fails, before a line of ours has run.
is_loaders() { # TARGET CALL NUMBER
	[ "$1" != send ] && [ "$1" != notes/tell ] && [ "$2:$3" = mmap:1 ]
}

cases() { # TARGET
	while read -r call times; do
		for error in $(errors_of "$call"); do
			for ((i = 1; i <= times; i++)); do
				is_loaders "$1" "$call" $i || echo "$1 $call:error=$error:when=$i"
			done
		done
	done < <(count "$1")
}

for target in $(targets pchatd sender receiver send); do
	cases "$target"
done >"$work/cases"
for target in $(targets notes/pchatd notes/sender notes/receiver notes/tell); do
	cases "$target"
done | thin 12 >>"$work/cases"
for target in $(targets via/sender via/ssh); do
	cases "$target"
done | thin 12 >>"$work/cases"
echo "# $(wc -l <"$work/cases") failures in all"
sweep 27 <"$work/cases"
