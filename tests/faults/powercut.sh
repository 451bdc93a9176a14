#!/usr/bin/env bash
# Pairs talk, and notes are told, to be kept or not; the inboxes and what the daemon keeps are on a small disk of their own.
# Again and again the power of that disk goes, all that runs is killed, and the disk is mounted again. Then the ledger judges:
# nothing that was acknowledged is lost.
#
#	POWERCUT_CUTS   how often, on each file system (10)
#	POWERCUT_DISKS  the file systems ("ext4 ext4-1k xfs btrfs")
#	POWERCUT_PAIRS  how many talk (4)
#	POWERCUT_LIVE   yes: what talks goes on for a moment on the disk that is shut down, as on one that fails; both: so at
#	                each second cut
#	POWERCUT_KEEP   a folder for what was told, and for the inboxes as they were judged; of what fails it is kept in any case, in
#	                powercut-failed of the build folder
#	POWERCUT_SEED   the moments to come again, as far as they are ours to choose (new ones, printed)
# What is mounted here is nobody else's business, nor can anybody else keep it from being unmounted.
if [ -z "${PCHAT_OWN_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
	PCHAT_OWN_MOUNTS=yes exec unshare -m -- "$BASH" "$0" "$@"
fi
# shellcheck source=../system/lib.sh
. "${SRCDIR:?}/tests/system/lib.sh"
needs_root
# shellcheck source=disk.sh
. "$SRCDIR/tests/faults/disk.sh"

cuts=${POWERCUT_CUTS:-10} pairs=${POWERCUT_PAIRS:-4}
seed=${POWERCUT_SEED:-$((RANDOM * 32768 + RANDOM))}
note "POWERCUT_SEED=$seed, $pairs pairs"
RANDOM=$((seed % 32768))
add_user left
add_user right
# Notes are kept for accounts of the host, so two of those tell and are told.
notes=no
if id -u games >/dev/null 2>&1 && id -u news >/dev/null 2>&1; then
	notes=yes
	add_user games
	add_user news
fi
# Without its disk nobody can make anything in its place.
mkdir -p "$disk"
chmod 0755 "$disk"

on_disk() { # USER COMMAND...
	local user=$1
	shift
	as "$user" env XDG_STATE_HOME="$disk/$user" "$@"
}

make_pair() { # NUMBER
	(on_disk left pchat login "l$1") && (on_disk right pchat login "r$1") && (on_disk left pchat -s "l$1" to "r$1")
}

# Its registry lies in memory, as on any host.
begin_daemon() {
	start_daemon --max-sessions-per-user 1000 --state "$disk/daemon" --runtime "$T/runtime"
}

# Everything but the shells that start commands.
signal_all() { # SIGNAL
	local file pids=()
	while read -r file; do
		file=${file%/environ}
		[[ $(cat "$file/comm" 2>/dev/null) != @(pchat|pchat-full|pchat-session|pchatd) ]] || pids+=("${file#/proc/}")
	done < <(grep -lzxF "PCHAT_TEST=$T" /proc/[0-9]*/environ 2>/dev/null)
	[ ${#pids[@]} -eq 0 ] || kill -"$1" "${pids[@]}" 2>/dev/null
}

kill_all() {
	signal_all KILL
}

is_unmounted() {
	kill_all
	umount "$disk" 2>/dev/null
}

sleep_ms() {
	local s
	printf -v s '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$s" -u "$pause_fd" || :
}

# Everything stops: a process that went on would be told by a file system that is shut down, and not by a disk, what
# became of its writes.
stop_all() { # PID...
	[ $# -eq 0 ] || kill -STOP "$@"
	signal_all STOP
	signal_all STOP # one that was just being started
}

# Whether what talks goes on at this cut.
cuts_made=0
is_live() {
	case ${POWERCUT_LIVE-} in
	both) [ $((cuts_made % 2)) -eq 1 ] ;;
	*) [ -n "${POWERCUT_LIVE-}" ] ;;
	esac
}

# cut PID...: the power goes, and comes back.
cut() {
	local words
	cuts_made=$((cuts_made + 1))
	is_live || stop_all "$@"
	words=$("$BUILDDIR/tests/faults/poweroff" "$disk" 2>&1) || { note "the power does not go: $words"; return 1; }
	if is_live; then
		sleep_ms $((RANDOM % 60))
		[ $# -eq 0 ] || kill -STOP "$@"
	fi
	if ! wait_until is_unmounted; then
		note "still mounted; open there: $(find /proc/[0-9]*/fd -lname "$disk/*" -printf '%p %l\n' 2>/dev/null | head)"
		return 1
	fi
	mount -o loop "$disk_image" "$disk" || return
	reap daemon 2>/dev/null
	begin_daemon
	[ $# -eq 0 ] || kill -CONT "$@"
}

# One tells notes, and one comes for them and goes again.
tell_notes() {
	(on_disk games pchat login games) 2>/dev/null
	PAUSE_MS=40 on_disk news "$BASH" "$SRCDIR/tests/faults/talker.sh" tell news games $((seed % 30000)) "$dir" 2>/dev/null &
	talkers+=($!)
	PAUSE_MS=40 on_disk games "$BASH" "$SRCDIR/tests/faults/talker.sh" come games news $((seed % 30000 + 1)) "$dir" 2>/dev/null &
	talkers+=($!)
	inboxes+=("$disk/games/pchat/games")
}

# What a receiver did not take comes with its next login.
none_kept() {
	(on_disk games pchat -s games quit) >/dev/null 2>&1
	(on_disk games pchat login games) >/dev/null 2>&1
	(on_disk news pchat notes --kept) >/dev/null 2>&1
	[ $? -eq 1 ]
}

# A conversation on a disk of that kind, with so many cuts in it.
converse() { # KIND
	local kind=$1 i n what talkers=() inboxes=() through figures keep=${POWERCUT_KEEP-}

	dir=$T/$kind
	mkdir -m 1777 "$dir"
	for what in left right games news; do
		[ -n "${uid_of[$what]-}" ] || continue
		mkdir "$disk/$what"
		chown "${uid_of[$what]}" "$disk/$what"
	done
	for ((i = 0; i < pairs; i++)); do
		if ! make_pair "$i" 2>"$dir/err"; then
			ok 1 "$kind: a pair" "$(cat "$dir/err")"
			return
		fi
		inboxes+=("$disk/left/pchat/l$i" "$disk/right/pchat/r$i")
		for what in talk read; do
			PAUSE_MS=40 on_disk left "$BASH" "$SRCDIR/tests/faults/talker.sh" $what "l$i" "r$i" $((seed % 30000 + 2 * i)) "$dir" 2>/dev/null &
			talkers+=($!)
			PAUSE_MS=40 on_disk right "$BASH" "$SRCDIR/tests/faults/talker.sh" $what "r$i" "l$i" $((seed % 30000 + 2 * i + 1)) "$dir" 2>/dev/null &
			talkers+=($!)
		done
	done
	[ $notes = no ] || tell_notes
	for ((n = 0; n < cuts; n++)); do
		sleep_ms $((50 + RANDOM % 1500))
		cut "${talkers[@]}" || { ok 1 "$kind: the power goes and comes back" "cut $n"; break; }
	done
	touch "$dir/stop"
	kill -CONT "${talkers[@]}" 2>/dev/null
	wait "${talkers[@]}"
	through=$(find "$dir" -name 'through.*' | wc -l)
	is "$through" $((2 * pairs)) "$kind: after $n cuts everybody gets through"
	if [ $notes = yes ]; then
		wait_until none_kept
		ok $? "$kind: every note that was kept is delivered"
	fi
	# The last one, so that nothing is judged by what only memory holds.
	cut || ok 1 "$kind: the power goes and comes back" "the last cut"
	cat "$dir"/told.* >"$dir/told"
	figures=$("$BUILDDIR/tests/faults/ledger" "$dir/told" "${inboxes[@]}" 2>"$dir/crimes")
	ok $? "$kind: the ledger after $((n + 1)) cuts: $figures" "$(cat "$dir/crimes")" || [ "$kind" = mistake ] ||
		keep=${keep:-$BUILDDIR/powercut-failed}
	[ -z "$keep" ] || { mkdir -p "$keep" && cp -a "$dir" "$disk" "$keep/"; }
	note "$kind: $(cat "$dir"/refusals.* 2>/dev/null | sed 's/line [0-9]*: //; s/ r[0-9]*\b//; s/ l[0-9]*\b//' | sort | uniq -c | sort -rn | head -n 8)"
	kill_all
}

try() { # KIND
	if ! disk_mount "$1" 2G; then # which takes no more than is written to it
		skip "no file system '$1' can be made and mounted here" "$1: power cuts"
		return
	fi
	"$BUILDDIR/tests/faults/poweroff" "$disk" 2>/dev/null
	if [ $? -eq 2 ]; then
		skip "this kernel cannot shut '$1' down" "$1: power cuts"
		disk_unmount
		return
	fi
	disk_unmount
	mount -o loop "$disk_image" "$disk"
	begin_daemon
	converse "$1"
	stop_daemon 2>/dev/null
	disk_unmount
}

# A test of the test: a helper that does not sync is convicted. It is made of the source, by an edit, here and now: where
# the inbox is opened, and where it is told to sync again after a commit that nobody waits for.
plant() {
	local mistake=$T/planted program
	mkdir "$mistake"
	sed '/DATABASE_DURABLE\]/,/DATABASE_LAZY\]/s/synchronous=FULL/synchronous=OFF/' "$SRCDIR/src/db/database.c" >"$mistake/database.c"
	! cmp -s "$SRCDIR/src/db/database.c" "$mistake/database.c" || return
	sed 's/synchronous=FULL/synchronous=OFF/' "$SRCDIR/src/session/mailbox/store.c" >"$mistake/store.c"
	! cmp -s "$SRCDIR/src/session/mailbox/store.c" "$mistake/store.c" || return
	# shellcheck disable=SC2046,SC2086 # lists of words
	(cd "$mistake" && ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -O1 -I"$SRCDIR/src" -c database.c store.c &&
		${CC:-cc} -o pchat-session "$BUILDDIR/src/session/main.o" database.o store.o "$BUILDDIR/libpchat_session.a" \
			"$BUILDDIR/libpchat_db.a" "$BUILDDIR/libpchat_net.a" "$BUILDDIR/libpchat_proto.a" "$BUILDDIR/libpchat_core.a" \
			"$BUILDDIR/libpchat_base.a" -lev -lsqlite3 $(pkg-config --libs libutf8proc)) >"$T/plant.err" 2>&1 || return
	for program in pchat pchat-full pchat-chat pchatd; do
		ln -s "$programs/$program" "$mistake/$program"
	done
	chmod 0755 "$mistake"
}

# It takes a cut with acknowledged messages that were not synced: nearly each is one.
convict() {
	if ! plant; then
		ok 1 "a mistake can be planted" "$(cat "$T/plant.err")"
		return
	fi
	if ! disk_mount ext4 2G; then
		skip "no file system 'ext4' can be made and mounted here" "a helper that does not sync is convicted"
		return
	fi
	(PATH=$T/planted:$PATH PCHAT_EXEC_PATH=$T/planted cuts=6
		begin_daemon
		converse mistake; stop_daemon 2>/dev/null) >"$T/convicted" 2>&1
	grep -q 'lost [1-9]' "$T/convicted"
	ok $? "a helper that does not sync is convicted" "$(cat "$T/convicted")"
	disk_unmount
}

[ -n "${POWERCUT_NO_MISTAKE-}" ] || convict
for kind in ${POWERCUT_DISKS:-ext4 ext4-1k xfs btrfs}; do
	try "$kind"
done

finish
