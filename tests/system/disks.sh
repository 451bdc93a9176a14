# Disks that others have filled, of each kind of file system: nobody is killed, what is there can be read, and
# whoever is told 0 has been delivered to. And a disk that is read-only.
# What is mounted here is nobody else's business, nor can anybody else keep it from being unmounted.
if [ -z "${PCHAT_OWN_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
	PCHAT_OWN_MOUNTS=yes exec unshare -m -- "$BASH" "$0" "$@"
fi
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root
# shellcheck source=../faults/disk.sh
. "$SRCDIR/tests/faults/disk.sh"

start_daemon
login alice
head -c 60000 /dev/zero | tr '\0' x >"$T/big"
echo "full" >"$T/small"

# As the user whose inbox is on the disk.
on_disk() { # USER COMMAND...
	local user=$1
	shift
	run "$user" env XDG_STATE_HOME="$disk/$user" "$@"
}

# Messages that the history has, received and own ones.
said() { # USER
	(as "$1" env XDG_STATE_HOME="$disk/$1" pchat history --json) | jq -s 'map(select(.type == "message")) | length'
}

log_has_grown() { # USER
	[ "$(stat -c %s "$disk/$1/pchat/$1/inbox.db-wal")" -eq 4194304 ]
}

is_logged_out() { # USER
	! helper_pid "$1" >/dev/null 2>&1
}

try() { # KIND
	local kind=$1 user=u-$1 helper sent=0 round text

	if ! disk_mount "$kind"; then
		skip "no file system '$kind' can be made and mounted here" "$kind: disks that are full"
		return
	fi
	add_user "$user"
	mkdir "$disk/$user"
	chown "${uid_of[$user]}" "$disk/$user"
	on_disk "$user" pchat login "$user"
	exits 0 "$kind: an inbox on a disk of its own"
	sync -f "$disk"
	[ "$(du -sk "$disk/$user/pchat" | cut -f 1)" -le 256 ]
	ok $? "$kind: a session that has received nothing takes 256 KiB at most" "$(du -ak "$disk/$user/pchat")"
	run alice pchat to "$user"
	for round in 1 2 3; do
		run alice pchat send "before $round"
		on_disk "$user" pchat send "answer $round"
	done
	on_disk "$user" pchat read -n 2
	[ "$(said "$user")" = 6 ] || note "not all is in the history yet"
	helper=$(helper_pid "$user")

	wait_until 10 log_has_grown "$user"
	ok $? "$kind: at rest the log grows ahead, to 4 MiB" "$(du -ak "$disk/$user/pchat")"

	# With a helper that lives. What it has written is cleaned now and then, by which it becomes read-only memory.
	disk_fill
	for text in "$T/big" "$T/small"; do
		for round in $(seq 200); do
			[ "$((round % 20))" != 0 ] || sync -f "$disk"
			feed alice pchat send <"$text"
			[ "$status" = 0 ] || break
			sent=$((sent + 1))
		done
	done
	exits 10 "$kind: a full disk refuses"
	for round in 1 2 3; do
		sync -f "$disk"
		run alice pchat send "full"
		[ "$status" = 10 ] || ok 1 "$kind: and goes on refusing" "exit status $status: $err"
		on_disk "$user" pchat send "own $round"
		[ "$status" = 0 ] || ok 1 "$kind: whose disk is full can send" "exit status $status: $err"
	done
	on_disk "$user" pchat status
	exits 0 "$kind: status works"
	is "$(helper_pid "$user")" "$helper" "$kind: the helper lives"
	on_disk "$user" pchat history
	exits 0 "$kind: the history can be read beside the helper"
	is "$(grep -c 'before [123]' <<<"$out")" 3 "$kind: with all that was received"

	# Without one: killed, then logged out.
	kill -KILL "$helper"
	disk_fill
	on_disk "$user" pchat history
	exits 0 "$kind: the history can be read when the helper was killed"
	is "$(grep -c 'before [123]' <<<"$out")" 3 "$kind: the same"
	on_disk "$user" pchat status --json
	exits 0 "$kind: another helper starts"
	is "$(jq .unread <<<"$out")" $((2 + sent)) "$kind: and knows what is unread"
	run alice pchat send "full"
	exits 10 "$kind: it refuses as well"
	on_disk "$user" pchat quit
	wait_until 10 is_logged_out "$user"
	disk_fill
	on_disk "$user" pchat history
	exits 0 "$kind: the history can be read when logged out"
	is "$(grep -c 'before [123]' <<<"$out")" 3 "$kind: the same once more"
	on_disk "$user" pchat login "$user"
	exits 0 "$kind: one can log in"
	like "$err" "takes no messages" "$kind: and is told"
	helper=$(helper_pid "$user")
	run alice pchat to "$user"
	exits 0 "$kind: and be found"
	run alice pchat send "full"
	exits 10 "$kind: messages are refused"
	on_disk "$user" pchat history
	exits 0 "$kind: the history can be read beside the helper that takes none"
	is "$(grep -c 'before [123]' <<<"$out")" 3 "$kind: all of it"
	on_disk "$user" pchat read --raw --peek
	is "$(grep -c 'before 3' <<<"$out")" 1 "$kind: as can what is unread"

	disk_empty
	run alice pchat send "after"
	exits 0 "$kind: with room again it takes messages"
	on_disk "$user" pchat read --raw
	is "$(tail -n 1 <<<"$out")" "after" "$kind: behind the others"
	is "$(helper_pid "$user")" "$helper" "$kind: by the same helper"
	on_disk "$user" pchat quit
	wait_until 10 is_logged_out "$user"

	mount -o remount,ro "$disk"
	on_disk "$user" pchat history
	exits 0 "$kind: the history can be read on a disk that is read-only"
	is "$(grep -c 'before [123]\|after' <<<"$out")" 4 "$kind: all of it once more"
	disk_unmount
}

for kind in tmpfs ext4 ext4-1k xfs btrfs; do
	try "$kind"
done

# ---------------------------------------------------------------- kept notes, and a receiver's full disk
# One that its receiver's disk refused stays with the daemon, in its place, until that session is there again.

kept() {
	find "$T/daemon/kept" -name '*.note' | wc -l
}
none_kept() {
	[ "$(kept)" -eq 0 ]
}

if id -u games >/dev/null 2>&1 && disk_mount tmpfs; then
	add_user games
	mkdir "$disk/games"
	chown "${uid_of[games]}" "$disk/games"
	on_disk games pchat login games
	on_disk games pchat quit
	wait_until 10 is_logged_out games
	disk_fill
	for i in 1 2 3; do
		run alice pchat tell --later games "kept $i"
	done
	exits 12 "notes are kept for somebody whose disk is full"
	on_disk games pchat login games
	like "$err" "takes no messages" "who logs in"
	run root pchat tell games "directly"
	exits 10 "a note is refused there"
	is "$(kept)" 3 "those that were kept stay where they are"
	disk_empty
	run root pchat tell games "with room again"
	exits 0 "with room again notes are taken"
	is "$(kept)" 3 "those that were refused wait for the session's next coming"
	kill -KILL "$(helper_pid games)"
	on_disk games pchat status
	wait_until none_kept
	ok $? "which is also that of another helper"
	on_disk games pchat read --raw --notes
	is "$out" $'with room again\nkept 1\nkept 2\nkept 3' "each is delivered, once and in order"
	on_disk games pchat quit
	wait_until 10 is_logged_out games
	disk_unmount
else
	skip "there is no account 'games', or no file system can be mounted" "kept notes, and a receiver's full disk"
fi

# ---------------------------------------------------------------- a disk that is frozen
# By a backup, say. The daemon's registry is not on it (D6); kept notes are, and only who wants one kept waits.

thaw() {
	fsfreeze -u "$disk" 2>/dev/null
	disk_end
}

if command -v fsfreeze >/dev/null && id -u games >/dev/null 2>&1 && disk_mount ext4; then
	trap thaw EXIT
	run alice pchat quit
	stop_daemon
	mkdir -m 0700 "$disk/state"
	spawn daemon root pchatd --socket "$PCHAT_SOCKET" --state "$disk/state" --runtime "$T/daemon" --grace $AGES
	daemon_pid=${pid_of[daemon]}
	wait_until test -S "$PCHAT_SOCKET"
	pair alice bob
	run alice pchat tell --later games "before"
	exits 12 "notes are kept on a disk"
	fsfreeze -f "$disk"
	ok $? "which is frozen"
	spawn later alice pchat tell --later --timeout $AGES games "meanwhile"
	wait_until sleeps "${pid_of[later]}"
	login carol
	exits 0 "others log in"
	run alice pchat leave
	exits 0 "end their chats"
	run alice pchat to carol
	exits 0 "begin new ones"
	run alice pchat send "it is frozen"
	exits 0 "and talk"
	run carol pchat quit
	exits 0 "and quit"
	! is_gone "${pid_of[later]}"
	ok $? "while a note that is to be kept waits"
	fsfreeze -u "$disk"
	reap later
	exits 12 "until it can be"
	stop_daemon
	trap disk_end EXIT
	disk_unmount
else
	skip "there is no account 'games', or no file system can be mounted and frozen" "a disk that is frozen"
fi

finish
