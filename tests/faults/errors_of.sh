# shellcheck shell=bash
# What a system call may fail with, for errors.sh and streams.sh.

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
	clone | clone3 | fork | vfork) echo EAGAIN ENOMEM ;;
	getrandom) echo EINTR ;;
	stat | newfstatat | fstat) echo EIO ENOMEM ;;
	esac
}
