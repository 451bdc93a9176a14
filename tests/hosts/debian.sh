# shellcheck shell=bash
# Whole Debian systems in folders, for tests that need a host of their own: made by debootstrap(8), booted by
# systemd-nspawn(1), spoken to by nsenter(1). Sourced. It takes root.
#
#   debian_can                      true where this host can do all of it; else says why not
#   debian_base SUITE [PACKAGE]...  prints the folder of a fresh system with those packages; made once, never changed
#   debian_copy BASE DIR            a system of one's own, from such a folder
#   debian_layer BASE DIR           the same without copying it, where that can be mounted; takes a mount namespace of one's own
#   debian_boot DIR                 boots it; debian_run works from then on
#   debian_run DIR COMMAND...       runs a command there: in the booted system, else by chroot
#   debian_run_as DIR UID COMMAND...
#                                   the same as that uid, in the booted one, and asks no user database about it
#   debian_inside DIR COMMAND...    runs one there in processes, devices and memory of its own, as in a container: none of
#                                   its processes is left. It is ended, with status 124 or 137, after DEBIAN_LIMIT seconds
#   debian_stop DIR                 shuts it down
#
# DEBIAN_CACHE is where the fresh systems are kept.
: "${BUILDDIR:?is set by make}"
DEBIAN_CACHE=${DEBIAN_CACHE:-$BUILDDIR/debian}

debian_can() {
	local tool
	if [ "$(id -u)" -ne 0 ]; then
		echo "it takes root"
		return 1
	fi
	for tool in debootstrap wget systemd-nspawn nsenter; do
		if ! command -v $tool >/dev/null; then
			echo "$tool is not installed"
			return 1
		fi
	done
}

# Where this host's own packages come from.
debian_mirror() {
	sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p' \
		/etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null | head -n 1
}

debian_base() {
	local suite=$1 name dir mirror
	shift
	name=$suite-$(printf '%s\n' "$@" | sha256sum | cut -c 1-12)
	dir=$DEBIAN_CACHE/$name
	if [ ! -d "$dir" ]; then
		mirror=$(debian_mirror)
		if ! wget -q --tries=2 --timeout=20 -O /dev/null "$mirror/dists/$suite/InRelease"; then
			echo "the archive '$mirror' gives no $suite" >&2
			return 1
		fi
		mkdir -p "$DEBIAN_CACHE"
		rm -rf "$dir.new"
		# Nobody needs it after a crash.
		mkdir -p "$dir.new/etc/dpkg/dpkg.cfg.d"
		echo force-unsafe-io >"$dir.new/etc/dpkg/dpkg.cfg.d/fast"
		timeout -k 30 $((1200 * ${SLOW:-1})) debootstrap --variant=minbase --include="$(IFS=, && echo "systemd dbus $*" | tr ' ' ,)" \
			"$suite" "$dir.new" "$mirror" >"$DEBIAN_CACHE/$name.log" 2>&1 || {
			tail -n 5 "$DEBIAN_CACHE/$name.log" >&2
			return 1
		}
		rm -f "$dir.new/var/cache/apt/archives"/*.deb
		cp /etc/apt/apt.conf.d/* "$dir.new/etc/apt/apt.conf.d/" 2>/dev/null
		mv "$dir.new" "$dir"
	fi
	echo "$dir"
}

debian_copy() {
	mkdir -p "$(dirname "$2")"
	cp -a --reflink=auto "$1" "$2"
	# Some hosts leave only a few of these to be opened by everybody.
	chmod 0666 "$2/dev/null"
}

debian_layer() {
	mkdir -p "$2" "$2.upper" "$2.work"
	if mount -t overlay -o "lowerdir=$1,upperdir=$2.upper,workdir=$2.work" overlay "$2" 2>/dev/null; then
		chmod 0666 "$2/dev/null"
	else
		rmdir "$2"
		debian_copy "$1" "$2"
	fi
}

# The process that is 1 in the system that was booted from DIR; nothing when there is none.
debian_init() {
	local nspawn
	nspawn=$(cat "$1.nspawn" 2>/dev/null) || return 1
	cut -d ' ' -f 1 "/proc/$nspawn/task/$nspawn/children" 2>/dev/null
}

debian_boot() {
	local dir=$1 deadline=$((SECONDS + 120 * ${SLOW:-1})) init state=
	# systemd-nspawn(1) keeps its mounts there, and clears them away only in memory.
	mkdir -p /run/systemd/nspawn
	[ "$(stat -f -c %T /run/systemd/nspawn)" = tmpfs ] || mount -t tmpfs tmpfs /run/systemd/nspawn
	# The container's name is not the host's: two of them can run at once.
	systemd-nspawn -q -D "$dir" -M "pchat$$-$(basename "$dir")" -b --private-network --register=no --keep-unit --console=pipe \
		>"$dir.console" 2>&1 </dev/null &
	echo $! >"$dir.nspawn"
	until init=$(debian_init "$dir") && [ -n "$init" ] &&
		state=$(nsenter -t "$init" -a systemctl is-system-running 2>/dev/null) || [ "$state" = degraded ]; do
		if [ $SECONDS -ge $deadline ] || ! kill -0 "$(cat "$dir.nspawn")" 2>/dev/null; then
			tail -n 20 "$dir.console" >&2
			return 1
		fi
		sleep 0.2
	done
}

debian_run() {
	local dir=$1 init
	shift
	init=$(debian_init "$dir")
	if [ -n "$init" ]; then
		nsenter -t "$init" -a env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
	else
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 chroot "$dir" "$@"
	fi
}

debian_inside() {
	# The shell stays as process 1, which buries orphans.
	# shellcheck disable=SC2016 # expanded by the shell within
	timeout -k 10 "${DEBIAN_LIMIT:-0}" unshare --mount --pid --fork --kill-child bash -c '
		dir=$1
		shift
		mount --make-rprivate / && mount -t proc proc "$dir/proc" && mount -t sysfs sysfs "$dir/sys" &&
			mount --bind /dev "$dir/dev" && mount -t tmpfs tmpfs "$dir/run" &&
			mount -t devpts -o newinstance,ptmxmode=0666 devpts "$dir/dev/pts" &&
			mount -t tmpfs tmpfs "$dir/dev/shm" || exit 99
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb chroot "$dir" "$@"
		exit
	' - "$@" </dev/null
}

debian_run_as() {
	local dir=$1 uid=$2
	shift 2
	nsenter -t "$(debian_init "$dir")" -a -S "$uid" -G "$uid" \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

debian_stop() {
	local dir=$1 nspawn deadline=$((SECONDS + 15))
	nspawn=$(cat "$dir.nspawn" 2>/dev/null) || return 0
	debian_run "$dir" systemctl poweroff >/dev/null 2>&1
	while kill -0 "$nspawn" 2>/dev/null; do
		[ $SECONDS -lt $deadline ] || kill -9 "$nspawn" 2>/dev/null
		sleep 0.2
	done
	wait "$nspawn" 2>/dev/null || :
	rm -f "$dir.nspawn"
}
