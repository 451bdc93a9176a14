# shellcheck shell=bash
# A small disk of its own, of some kind of file system, below $T: $disk. Root mounts it; everybody may write to it.
# What is mounted when the test ends is unmounted.

disk=$T/disk
disk_image=$T/disk.img

# disk_mount tmpfs|ext4|ext4-1k|xfs|btrfs [SIZE]: false when that cannot be done here.
disk_mount() { # KIND [SIZE]
	mkdir -p "$disk"
	case $1 in
	tmpfs) mount -t tmpfs -o size="${2:-24M}" tmpfs "$disk" ;;
	ext4) disk_make "${2:-32M}" mkfs.ext4 -q -m 0 -b 4096 ;;
	ext4-1k) disk_make "${2:-32M}" mkfs.ext4 -q -m 0 -b 1024 ;;
	xfs) disk_make "${2:-320M}" mkfs.xfs -q ;;
	btrfs) disk_make "${2:-128M}" mkfs.btrfs -q ;;
	*) false ;;
	esac || return
	chmod 1777 "$disk"
}

disk_make() { # SIZE MKFS...
	local size=$1
	shift
	command -v "$1" >/dev/null || return
	rm -f "$disk_image"
	truncate -s "$size" "$disk_image" && "$@" "$disk_image" >/dev/null 2>&1 && mount -o loop "$disk_image" "$disk" 2>/dev/null
}

# Until not one byte more can be written, in whatever pieces.
disk_fill() {
	local size n=0
	sync -f "$disk"
	for size in 1M 64k 4k 1k 512; do
		while dd if=/dev/zero of="$disk/fill" bs="$size" oflag=append conv=notrunc,fsync status=none 2>/dev/null; do
			:
		done
	done
	# Small files, which some file systems keep elsewhere.
	while [ "$n" -lt 2000 ] && head -c 100 /dev/zero 2>/dev/null >"$disk/fill.$n"; do
		n=$((n + 1))
	done
	sync -f "$disk"
}

disk_empty() {
	rm -f "$disk"/fill "$disk"/fill.*
	sync -f "$disk"
}

# Whoever holds a file on it may take a moment to end.
disk_unmount() {
	wait_until 10 umount "$disk" 2>/dev/null || umount -l "$disk"
}

disk_end() {
	mountpoint -q "$disk" && umount -l "$disk"
	end
}
trap disk_end EXIT
