# shellcheck shell=bash
# How fast the machine is, from which every test that waits takes its limits.

# What a test is made of: programs are started, and write to the disk.
exert() { # PROGRAM FOLDER
	local i
	for ((i = 0; i < 20; i++)); do
		"$1" --version
		dd if=/dev/zero of="$2/exerted" bs=4k count=1 conv=fsync
	done >/dev/null 2>&1
	rm -f "$2/exerted"
}

# Prints how many times slower this machine is now than one at rest, 1 to 100.
slowness() { # PROGRAM FOLDER: one that is started, and one in which the disk is tried
	local began=$EPOCHREALTIME slow at_rest=50000 # microseconds
	exert "$1" "$2"
	slow=$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / at_rest + 1))
	[ $slow -le 100 ] || slow=100
	echo $slow
}
