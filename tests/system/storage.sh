# The disk fails, or lies: D5, and what a helper costs while nothing happens.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
run bob pchat read
inbox=$T/bob/state/pchat/bob

# ----------------------------------------------------------------- one writer

run bob pchat-session --resume bob
exits 1 "a second helper of a session refuses to start"
run alice pchat send "still here"
exits 0 "and the first goes on"
is "$(as bob pchat read --raw)" "still here" "undisturbed"
for number in 5x 5e3 -1 9223372036854775808 ''; do
	run bob pchat-session --resume bob --max-unread "$number"
	exits 2 "'$number' is no limit of an inbox"
done

# ------------------------------------------------------------- a helper at rest

wait_until sleeps "$(helper_pid bob)"
# Pages of programs and libraries are everybody's: how many of them others have mapped just now is the kernel's affair.
private=$(awk '/^Private_Dirty/ { print $2 }' "/proc/$(helper_pid bob)/smaps_rollup")
sanitized || [ -n "${PCHAT_PROGRAMS-}" ] || [ "$private" -le 1536 ] # a checker's shadow is not the helper's
ok $? "an idle helper has at most 1.5 MiB of its own" "$private KiB"

# ------------------------------------------------------------ a damaged inbox

damage() { # FILE...
	local file
	for file; do
		head -c 16384 /dev/urandom | dd of="$inbox/$file" conv=notrunc status=none
	done
}

# Its files are its own until it is gone.
log_out() { # USER
	local helper
	helper=$(helper_pid "$1")
	run "$1" pchat quit
	wait_until is_gone "$helper"
}

set_aside() {
	compgen -G "$inbox/inbox.db.corrupt-*" >/dev/null
}

run alice pchat send "to be lost"
kill -KILL "$(helper_pid bob)"
damage inbox.db inbox.db-wal
run bob pchat status
exits 0 "a damaged inbox: the helper starts"
like "$err" "damaged.*inbox.db.corrupt-" "the command says what became of it"
set_aside
ok $? "the damaged one is set aside"
run alice pchat send "in the new one"
exits 0 "and messages go into a new one"
like "$(as bob pchat read --raw)" "in the new one" "which is read"
log_out bob
rm -f "$inbox"/inbox.db.corrupt-*
damage inbox.db inbox.db-wal
run bob pchat login bob
exits 0 "login with a damaged inbox"
like "$err" "damaged.*inbox.db.corrupt-" "says where the old one is"

# Under a helper that runs: what it keeps in the inbox besides the records, it still knows and keeps in the new one.
run bob pchat read
run alice pchat to bob
run bob pchat block mallory
run bob pchat notes off
run bob pchat away x
for _ in 1 2 3 4 5 6; do
	feed alice pchat send < <(head -c 40000 /dev/urandom | base64 -w 0) # more than it holds in memory
done
helper=$(helper_pid bob)
for file in inbox.db inbox.db-wal; do
	head -c "$(stat -c %s "$inbox/$file")" /dev/zero | tr '\0' x | dd of="$inbox/$file" conv=notrunc status=none
done
run bob pchat read --raw
exits 71 "an inbox that is damaged under its helper"
run alice pchat send "in the new one"
exits 0 "the next message goes into a new one"
is "$(helper_pid bob)" "$helper" "of the same helper"
kill -KILL "$helper"
run bob pchat status
like "$out" 'takes no notes.*away: "x"$' "whether notes are taken, and that its owner is away, is kept in it"
like "$(as bob pchat block)" mallory "as the rules are"
is "$(as bob pchat read --raw)" "in the new one" "and the message"
run bob pchat away
run bob pchat notes on

# A page of it only: nothing but what stood there is lost, and nobody who was blocked gets in.
run bob pchat read
run bob pchat block mallory
run alice pchat to bob
for i in $(seq 30); do
	feed alice pchat send < <(printf "%s %3000s" "$i" .)
done
log_out bob
rm -f "$inbox/inbox.db-wal" # which was written back, and would mend it
head -c 4096 /dev/urandom | dd of="$inbox/inbox.db" bs=4096 seek=20 conv=notrunc status=none
run bob pchat login bob
exits 0 "login with an inbox of which a page is damaged"
like "$err" "of its records were saved" "and says what was saved"
run bob pchat read --raw
left=$(grep -o '^[0-9]*' <<<"$out" | tr '\n' ' ')
[ "$(wc -w <<<"$left")" -ge 27 ] && [ "$(wc -w <<<"$left")" -le 29 ] && [[ $left == "1 2 3 "*" 29 30 " ]]
ok $? "what is before and behind it can be read" "$left"
like "$(as bob pchat block)" mallory "the rules are kept"
run alice pchat to bob
run alice pchat send "the next"
exits 0 "and messages arrive"
is "$(as bob pchat read --raw | tail -n 1)" "the next" "behind the others"

run alice pchat send "to be lost"
kill -KILL "$(helper_pid bob)"
damage inbox.db-wal
run bob pchat status
exits 0 "a damaged log: the helper starts"
like "$err" "damaged.*inbox.db-wal.corrupt-" "and the command says where the log is"
run alice pchat send "in the new one"
exits 0 "messages go into a new one"

# ---------------------------------------------------------- a log that is removed

run bob pchat read
run alice pchat to bob
run alice pchat send "in the log"
helper=$(helper_pid bob)
log=$inbox/inbox.db-wal
for how in "rm $log" "mv $log $inbox/moved" "cp $log $log.x && mv $log.x $log"; do
	run bob sh -c "$how"
	run alice pchat send "behind it"
	exits 0 "${how%% *}: a log that is taken away costs nothing that is delivered"
	run alice pchat send "once more"
done
is "$(helper_pid bob)" "$helper" "nor the helper"
kill -KILL "$helper"
is "$(as bob pchat read --raw | tr '\n' ,)" \
	"in the log,behind it,once more,behind it,once more,behind it,once more," "all of it is there for the next helper"
rm -f "$inbox/moved" "$inbox"/inbox.db-wal.corrupt-*

# ------------------------------------------------------ an old copy is laid over it

run bob pchat read
run alice pchat to bob
printf '%s\n' {1..86} >"$T/lines"
feed alice pchat send -l <"$T/lines"
run bob sh -c "mkdir backup && cp -p $inbox/inbox.db* backup/"
feed alice pchat send -l < <(head -n 33 "$T/lines")
is "$(unread_of bob)" 119 "unread messages"
run bob sh -c "cp -p backup/inbox.db backup/inbox.db-wal backup/inbox.db-shm $inbox/"
is "$(unread_of bob)" 86 "an old copy that is laid over the inbox: status tells what it holds"
is "$(as bob pchat read --peek --raw | wc -l)" 86 "as read does"
run alice pchat send "one more"
[ "$status" = 0 ] || [ "$status" = 75 ]
ok $? "a message is delivered, or not confirmed" "exit status $status: $err"
[ "$status" = 75 ] || is "$(unread_of bob)" 87 "and counted"
told=$(unread_of bob)
is "$(as bob pchat read --raw | wc -l)" "$told" "read gives as many as status tells"
is "$(unread_of bob)" 0 "then there are none"

# ------------------------------------------------------- a history that is paused

run alice pchat to bob
head -c 60000 /dev/zero | tr '\0' x >"$T/big"
for _ in $(seq 400); do
	cat "$T/big"
	echo
done >"$T/bigs"
feed alice pchat send -l <"$T/bigs"
run bob pchat read --raw
spawn paused bob sh -c 'pchat history --json | { read -r line; echo begun; exec sleep 1000; }'
wait_until 10 has_line "$T/paused.out" begun
feed alice pchat send -l <"$T/bigs"
run bob pchat read --raw
[ "$(stat -c %s "$inbox/inbox.db-wal")" -le 8388608 ]
ok $? "a history that is paused does not make the log grow" "$(ls -l "$inbox")"
kill "${pid_of[paused]}"
log_is_short() {
	[ "$(stat -c %s "$inbox/inbox.db-wal")" -le 4194304 ]
}
wait_until 10 log_is_short
ok $? "and at rest it is 4 MiB at most" "$(ls -l "$inbox")"

# ----------------------------------------------------------------- a full disk

if is_root && mkdir "$T/small" && mount -t tmpfs -o size=12m,mode=0777 tmpfs "$T/small" 2>/dev/null; then
	add_user carol
	chown "${uid_of[carol]}" "$T/small"
	run carol env XDG_STATE_HOME="$T/small" pchat login carol
	exits 0 "an inbox on a small disk"
	run alice pchat to carol
	run alice pchat send "before"
	exits 0 "takes a message"
	dd if=/dev/zero of="$T/small/fill" bs=1k status=none 2>/dev/null
	head -c 60000 /dev/zero | tr '\0' x >"$T/big"
	sent=0
	while [ "$sent" -lt 200 ]; do
		feed alice pchat send <"$T/big"
		[ "$status" = 0 ] || break
		sent=$((sent + 1))
	done
	exits 10 "D5: a full disk refuses"
	like "$err" "disk|store" "and says so"
	is "$(as carol pchat read --raw -n 1)" "before" "what was stored can be read"
	run carol pchat read --raw
	is "$(grep -c '^xx' <<<"$out")" "$sent" "all of it, also where it cannot be marked read"
	[ "$status" = 0 ] || like "$err" "marked read" "which is said"
	run carol env XDG_STATE_HOME="$T/small" pchat login dora
	exits 0 "a session of a new name can begin"
	like "$err" "its disk is full" "which says that it takes no messages"
	unlike "$err" "damaged" "and finds nothing damaged"
	run carol pchat -s dora read
	exits 1 "there is nothing to read in it"
	run carol pchat -s dora quit
	exits 0 "it ends as any other"
	rm "$T/small/fill"
	run alice pchat send "after"
	exits 0 "with room again it takes messages"
	is "$(as carol pchat read --raw | tail -n 1)" "after" "after the others"
	is "$(as carol pchat history --json | jq -s 'map(select(.type == "message")) | length')" $((sent + 2)) \
		"and nothing that was refused is there"
	log_out carol
	umount "$T/small"
else
	skip "mounting takes root" "D5: a full disk refuses"
fi

# --------------------------------------------------------------------- history

run alice pchat to bob
run bob pchat read
for i in 1 2 3; do
	run alice pchat send "question $i"
	run bob pchat send "answer $i"
done
said() { # USER ARGUMENT...
	local user=$1
	shift
	(as "$user" pchat history --json "$@") | jq -r 'select(.type == "message") | .text' | tr '\n' ,
}
wanted="question 1,answer 1,question 2,answer 2,question 3,answer 3,"
is "$(said alice bob -n 6)" "$wanted" "history: own and received records, as they were said"
is "$(said bob alice -n 6)" "$wanted" "the same on the other side"
is "$(said alice -n 2)" "question 3,answer 3," "the latest two"
is "$(said alice --grep 'STION 2')" "question 2," "by text, in whatever case"
is "$(said alice --grep '2' -n 2)" "question 2,answer 2," "also a short one"
is "$(said alice carol --grep 'question')" "" "by partner"
run alice pchat send "question 4"
is "$(said alice --grep 'question' -n 1)" "question 4," "the latest one is found as well"
is "$(cd "$T/alice/state/pchat/alice" && printf '%s\n' * | sed 's/-wal$//; s/-shm$//; s/\.lock$//' | sort -u | tr '\n' ' ')" \
	"inbox.db sent.db whereabouts " "searching makes no file"
log_out alice
is "$(said alice -n 1)" "question 4," "also when logged out"
for file in "$T"/alice/state/pchat/alice/sent.db*; do
	head -c 16384 /dev/urandom | dd of="$file" conv=notrunc status=none
done
run alice pchat history bob --json
exits 71 "a history of which a part is damaged"
is "$(jq -r 'select(.type == "message") | .text' <<<"$out" | tr '\n' ,)" "answer 1,answer 2,answer 3," "shows the other"
like "$err" "damaged" "and says so"

rm "$T"/alice/state/pchat/alice/sent.db*
: >"$T/alice/state/pchat/alice/sent.db"
is "$(said alice bob)" "answer 1,answer 2,answer 3," "one that is empty, as a full disk leaves it, is no damage"
run alice pchat history bob
exits 0 "which ends well"
is "$err" "" "and tells of none"

# ------------------------------------------------------------------ no history, or a closed one

run alice pchat -s typo history
exits 3 "there is no history of a session that never was"
like "$err" "never logged in under that name" "which is said"
login carol
run carol pchat -s typo history
exits 3 "also beside a session that there is"
run alice pchat -s typo history --delete
exits 3 "nor anything to forget"
folder=$T/alice/state/pchat/alice
no_history_for_anybody() { # WHAT
	local words
	chmod 000 "$folder"
	for words in "" "-s alice"; do
		# shellcheck disable=SC2086 # a list of words
		run alice pchat $words history
		exits 71 "a folder that $1 is no history that never was ($words)"
		like "$err" "cannot read the history in '$folder'" "its name is said"
	done
}
if [ "$( (as alice id -u))" -ne 0 ]; then
	no_history_for_anybody "cannot be read"
	chmod 700 "$folder"
	run alice pchat -s alice history
	exits 0 "and is one when it can be"
	for file in "$folder"/*.db*; do
		chmod 000 "$file"
	done
	run alice pchat -s alice history
	exits 71 "nor are files that cannot be read"
	unlike "$err" "only its owner" "and nobody else is named"
else
	skip "root may read everything" "a folder that cannot be read"
fi
if is_root; then
	chmod 700 "$folder"
	chown root "$folder"
	no_history_for_anybody "is root's"
	chmod 755 "$folder"
	run alice pchat -s alice history
	exits 71 "also when one may look into it"
	like "$err" "it is not yours" "which is said"
fi

finish
