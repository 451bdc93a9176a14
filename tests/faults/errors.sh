#!/usr/bin/env bash
# System calls of the daemon, either helper and the command fail, one a run, with what they may fail with. Commands
# may fail too, but tell no lie, and afterwards all goes on.
# shellcheck source=sweep.sh
. "${SRCDIR:?}/tests/faults/sweep.sh"

errors_of() { # CALL
	case $1 in
	write | writev | pwrite64 | sendmsg | sendto) echo EIO ENOSPC EINTR EAGAIN ENOMEM ;;
	read | readv | pread64 | recvmsg | recvfrom) echo EIO EINTR EAGAIN ENOMEM ;;
	fsync | fdatasync) echo EIO ENOSPC EINTR ;;
	rename | renameat | renameat2 | unlink | unlinkat | mkdir | mkdirat | ftruncate | fallocate) echo EIO ENOSPC ENOMEM ;;
	open | openat) echo EIO ENOSPC EMFILE ENOMEM EINTR ;;
	accept | accept4) echo EMFILE ENOMEM EINTR EAGAIN ;;
	connect) echo EAGAIN EINTR ENOMEM ;;
	socket | epoll_create1 | pipe2 | eventfd2) echo EMFILE ENOMEM ;;
	bind | listen | epoll_ctl) echo ENOMEM ;;
	epoll_wait | epoll_pwait | poll | ppoll | wait4) echo EINTR ;;
	mmap | mremap) echo ENOMEM ;; # a brk that fails returns no error, which cannot be injected
	flock) echo EINTR ENOMEM ;;
	getrandom) echo EINTR ;;
	stat | newfstatat | fstat) echo EIO ENOMEM ;;
	esac
}

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
echo "# $(wc -l <"$work/cases") failures in all"
sweep 18 <"$work/cases"
