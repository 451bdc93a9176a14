#!/usr/bin/env bash
# SIGKILL at every system call of the daemon, either helper, the ssh of one at another host, and the command, one a run. Every
# message that was not in the hands of a killed command has to be delivered.
# shellcheck source=sweep.sh
. "${SRCDIR:?}/tests/faults/sweep.sh"
export STRICT=1

cases() { # TARGET
	while read -r call times; do
		[ "$call" != execve ] || continue # that would be strace's own
		for ((i = 1; i <= times; i++)); do
			echo "$1 $call:signal=KILL:when=$i"
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
echo "# $(wc -l <"$work/cases") system calls in all"
sweep 9 <"$work/cases"
