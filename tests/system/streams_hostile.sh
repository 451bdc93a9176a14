# Hostile ends of a stream (R13): descriptors that are pushed into the channel, answers and ends that lie, ends that do
# nothing; no process but the two commands ever waits.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root
[ -x /usr/bin/python3 ] || skip_all "no /usr/bin/python3"

cp "$SRCDIR/tests/system/streams_hostile.py" "$T/hostile.py"
chmod 0644 "$T/hostile.py"
start_daemon
pair alice bob

is_offered() {
	(as bob pchat accept --list) >"$T/list" 2>/dev/null
}

# talks WORDS: messages go on, in no more than the time of one that is delivered at rest.
talks() {
	run alice pchat send --timeout "$(span 5000)" "$1"
	exits 0 "$1: alice and bob talk on"
}

hostile() { # USER WHAT
	spawn hostile "$1" /usr/bin/python3 "$T/hostile.py" "$T/$1/run/pchat/$1.sock" "$2"
}

is_ready() {
	has_line "$T/hostile.out" ready
}

stop() {
	kill -KILL "${pid_of[hostile]}" 2>/dev/null
	reap hostile
}

for what in push answer flood; do
	spawn pipe alice pchat pipe "$what"
	wait_until is_offered
	if [ $what != push ]; then # with something to say
		kill -KILL "${pid_of[pipe]}"
		reap pipe
		mkfifo "$T/$what"
		chmod 0666 "$T/$what"
		exec 9<>"$T/$what"
		as alice pchat pipe "$what" <"$T/$what" >"$T/pipe.out" 2>"$T/pipe.err" 9<&- &
		pid_of[pipe]=$!
		wait_until is_offered
	fi
	hostile bob $what 9<&-
	reap pipe
	case $what in
	push) [ "$status" -eq 0 ] || exits 11 "$what: an end with a descriptor is none" ;; # nothing was to be read: where the kernel refuses the descriptor, it is an answer
	*) exits 11 "$what: who offers is not deceived" ;;
	esac
	talks $what
	stop
	exec 9<&-
done

# What a partner says is shown as the partner's.
for json in "" --json; do
	# shellcheck disable=SC2086
	spawn pipe alice pchat $json pipe words
	wait_until is_offered
	hostile bob words
	reap pipe
	exits 11 "words${json:+, $json}: it was not taken"
	[ -z "$json" ] || err=$(jq -r '.error.message | tojson' <<<"$err")
	case $json in
	"") is "$err" 'pchat: bob did not take it: "\".\u{000A}pchat: your session has expired; \""' "words: they are bob's" ;;
	*) is "$err" '"bob did not take it: \"\\\".\npchat: your session has expired; \\\"\""' "words, --json: they are bob's" ;;
	esac
	stop
done

spawn pipe alice sh -c 'yes | pchat pipe'
wait_until is_offered
run bob pchat status
hostile bob silent
wait_until is_ready
talks silent
rss=$(ps -o rss= -p "$(pgrep -f "pchat pipe" -u "${uid_of[alice]}" | tail -n 1)")
[ "${rss:-0}" -lt 65536 ]
ok $? "a partner that reads nothing costs no memory" "$rss KiB"
stop
reap pipe
exits 11 "and its end is told"

for what in give-push lie short; do
	hostile alice $what
	wait_until is_offered
	spawn taker bob pchat accept -- sh -c 'cat >/dev/null; echo end'
	if [ $what = give-push ]; then
		wait_until is_ready
		talks $what
		if has_line "$T/hostile.out" refused; then
			stop
		fi
	fi
	reap taker
	exits 11 "$what: it is not whole"
	unlike "$out" end "$what: no end is seen"
	talks $what
	stop
done

# A stream has no holes: whatever standard output holds already stays as it is.
seq 100000 >"$T/before"
# holed WHAT COMMAND: bob's COMMAND takes a stream with a hole; his file log holds something.
holed() {
	cp "$T/before" "$T/bob/log"
	chown "${uid_of[bob]}" "$T/bob/log"
	hostile alice hole
	wait_until is_offered
	run bob sh -c "$2"
	exits 11 "hole, $1: it is not what was offered"
	like "$err" 'alice is not what was offered' "hole, $1: which is told"
	unlike "$out" end "hole, $1: no end is seen"
	cmp -s "$T/before" "$T/bob/log"
	ok $? "hole, $1: the file is as before" "$(wc -c "$T/bob/log")"
	stop
}
holed append 'exec pchat accept >>log'
holed over 'exec pchat accept 1<>log'
holed command 'exec pchat accept -- sh -c "cat >>log; echo end"'
holed -o 'exec pchat accept -o holed'
[ ! -e "$T/bob/holed" ]
ok $? "hole: no file is left"

# Two files of one name: pchat makes no such offer.
hostile alice twins
wait_until is_offered
run bob pchat accept
exits 74 "twins: two files of one name are not taken"
like "$err" "decline the offer" "twins: what to do is said"
run bob pchat decline
exits 0 "twins: so it is out of the way"
stop

# Where a file has a name before it is whole, whoever is ended takes it away.
cp "$BUILDDIR/tests/system/notmpfile.so" "$T/"
chmod 0755 "$T/notmpfile.so"
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0
is_begun() {
	compgen -G "$T/bob/.pchat-*" >/dev/null
}
# ended SIGNAL [OPTION]...: bob's command is, in the midst of a file.
ended() {
	local signal=$1
	shift
	hostile alice some
	wait_until is_offered
	spawn taker bob env LD_PRELOAD="$T/notmpfile.so" pchat accept "$@"
	wait_until is_begun
	kill -"$signal" "${pid_of[taker]}"
	reap taker
	exits $((128 + $(kill -l "$signal"))) "$signal${*:+, $*}: it is ended"
	is "$(find "$T/bob" -name '.pchat-*' -o -name file)" "" "$signal${*:+, $*}: and no file is left"
	rm -f "$T"/bob/.pchat-*
	stop
}
ended INT
ended TERM
ended HUP
ended INT -o file

# On a kernel that knows no SO_PASSRIGHTS the descriptors arrive, and closing them would take an hour.
stop_daemon
cp "$BUILDDIR/tests/system/oldkernel.so" "$T/"
chmod 0755 "$T/oldkernel.so"
LD_PRELOAD=$T/oldkernel.so start_daemon
wait_until daemon_is alice connected
wait_until daemon_is bob connected
spawn pipe alice pchat pipe "old push"
wait_until is_offered
hostile bob push
wait_until is_ready
unlike "$(cat "$T/hostile.out")" refused "old kernel: a descriptor is in the channel"
talks "old push"
reap pipe
exits 11 "old push: whoever offers ends at once"
talks "old push, ended"
stop
hostile alice give-push
wait_until is_offered
spawn taker bob pchat accept -- sh -c 'cat >/dev/null; echo end'
wait_until is_ready
talks "old give-push"
reap taker
exits 11 "old give-push: whoever takes ends at once"
unlike "$out" end "old give-push: no end is seen"
talks "old give-push, ended"
stop

# Thousands of offers: what a partner may say is bounded, and nobody else waits.
offers_in_vain() {
	local i
	for ((i = 0; i < 200; i++)); do
		pchat pipe --timeout 0.01 "number $i" </dev/null
	done
	true
}
export -f offers_in_vain
spawn vain alice bash -c offers_in_vain
for i in {1..5}; do
	talks "offers in vain $i"
done
reap vain
exits 0 "offers in vain come to an end"
is_offered_no_more() {
	! is_offered
}
wait_until is_offered_no_more
ok $? "and nothing is left of them"
finish
