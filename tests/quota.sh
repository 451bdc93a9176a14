#!/bin/bash
# Runs a command with a part of one processor: quota.sh PERCENT COMMAND...; its status is the command's. With
# `quota.sh --can` says whether that can be done here: it takes root and a control group for the processor, of either version.
set -u

# make_group PERCENT: sets $group.
make_group() {
	local mount
	while read -r _ mount type options _; do
		case $type in
		cgroup2) group=$mount$(sed -n 's/^0:://p' /proc/self/cgroup) ;;
		cgroup) [[ ,$options, == *,cpu,* ]] && group=$mount$(sed -nE 's/^[0-9]+:([^:]*,)?cpu(,[^:]*)?://p' /proc/self/cgroup) ;;
		*) continue ;;
		esac
		group=${group%/}/pchat-quota.$$
		[ "$type" = cgroup ] || { echo +cpu >"${group%/*}/cgroup.subtree_control"; } 2>/dev/null
		mkdir "$group" 2>/dev/null || continue
		limit "$type" "$1" 2>/dev/null && return
		rmdir "$group"
	done </proc/mounts
	return 1
}

# Of each tenth of a second, as the schedulers of containers do it.
limit() { # TYPE PERCENT
	if [ "$1" = cgroup2 ]; then
		echo "$(($2 * 1000)) 100000" >"$group/cpu.max"
	else
		echo 100000 >"$group/cpu.cfs_period_us" && echo "$(($2 * 1000))" >"$group/cpu.cfs_quota_us"
	fi
}

# What was left behind goes back to where we are.
remove_group() {
	local pid
	while read -r pid; do
		echo "$pid" >"${group%/*}/cgroup.procs"
	done <"$group/cgroup.procs"
	rmdir "$group"
} 2>/dev/null

make_group "$([ "${1-}" = --can ] && echo 50 || echo "${1:?}")" || { echo "no control group for the processor can be made here" >&2; exit 77; }
trap remove_group EXIT
trap 'exit 1' INT TERM HUP
[ "$1" != --can ] || exit 0
shift
(echo "$BASHPID" >"$group/cgroup.procs" && exec "$@")
