# A file system that stops answering. A file on it that is given (R13): nobody but the command that gives it waits, and
# ^C ends that. A home on it: no prompt waits for it.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

cp "$BUILDDIR/tests/system/hungfuse" "$T/"
chmod 0755 "$T/hungfuse"
mkdir "$T/hung"

# The file system, whose requests of one kind are never answered.
mount_hung() { # home|open|read|later
	spawn hung root "$T/hungfuse" "$T/hung" "$1"
	wait_until mounted_or_not
	if is_gone "${pid_of[hung]}"; then
		reap hung
		[ "$status" -eq 77 ] && skip_all "no FUSE here: $err"
		note "$err"
		exit 1
	fi
}

mounted_or_not() {
	has_line "$T/hung.out" mounted || is_gone "${pid_of[hung]}"
}

hangs() {
	has_line "$T/hung.out" hangs
}

# Who waits for it is released.
unmount_hung() {
	kill -KILL "${pid_of[hung]}" 2>/dev/null
	reap hung
	umount -l "$T/hung" 2>/dev/null
}
trap 'unmount_hung; end' EXIT

is_offered() {
	(as bob pchat accept --list) >"$T/list" 2>/dev/null
}

is_offered_no_more() {
	! is_offered
}

talks() { # WORDS
	run alice pchat send --timeout "$(span 5000)" "$1"
	exits 0 "$1: alice sends beside it"
	run bob pchat send --timeout "$(span 5000)" "$1"
	exits 0 "$1: and so does bob"
}

given() {
	is_gone "${pid_of[give]}"
}

taken() {
	is_gone "${pid_of[taker]}"
}

# give NAME [OPTION]...: alice gives the file, and it hangs; where it was opened, bob takes it.
give() { # WAY [OPTION]...
	mount_hung "$1"
	spawn give alice pchat give "${@:2}" "$T/hung/file"
	if [ "$1" != open ]; then
		wait_until is_offered
		ok $? "$1: it is offered, for it could be opened"
		spawn taker bob pchat accept
	fi
	wait_until hangs
	ok $? "$1: it hangs" "$(cat "$T/hung.out" "$T/give.err")"
}

# The signal ends it while it hangs: nothing has answered.
ends_by() { # WAY SIGNAL STATUS
	kill "-$2" "${pid_of[give]}"
	wait_until given
	ok $? "$1: SIG$2 ends who gives" "its state is $(process_state "${pid_of[give]}")"
	! given || { reap give; exits "$3" "$1: as a shell expects"; }
}

start_daemon
pair alice bob
for way in open read later; do
	for signal in INT:130 KILL:137; do
		give $way
		talks "$way, $signal"
		ends_by $way ${signal%:*} ${signal#*:}
		if [ $way != open ]; then
			wait_until taken
			ok $? "$way: who takes it waits no longer"
			reap taker
			exits 11 "$way: for it is not whole"
			[ ! -e "$T/bob/file" ]
			ok $? "$way: and no file is left"
		fi
		wait_until is_offered_no_more
		ok $? "$way: nothing is offered"
		unmount_hung
	done
done

give later
kill -INT "${pid_of[taker]}"
reap taker
exits 130 "who takes it may stop"
wait_until given
ok $? "and who gives it hears of that while it hangs"
reap give
exits 11 "in its exit status"
unmount_hung

give read
run bob pchat leave
wait_until given
ok $? "so it does of the end of the chat"
reap give
exits 8 "which it tells"
reap taker
exits 8 "as who takes it does"
run alice pchat to bob
unmount_hung

mount_hung open
run alice pchat give --timeout "$(span 300)" "$T/hung/file"
exits 124 "an open(2) that does not come back takes no longer than --timeout"
like "$err" hung/file "and the file is named"
unmount_hung

give read --json
kill -KILL "$(helper_pid alice)"
wait_until daemon_is alice connected
talks "a helper was killed beside it"
ends_by "a killed helper" INT 130
reap taker
unmount_hung
talks "at last"

# carol has no session, alice has; the home is only where a session may be, too. Who waits for the prompt waits for the
# end of its output.
add_user carol
prompted() {
	is_gone "${pid_of[prompt]}"
}
mount_hung home
for who in carol alice; do
	spawn prompt $who sh -c 'shown=$(exec env -u XDG_STATE_HOME HOME="$1" pchat status --prompt 2>&1) && echo "($shown)"' \
		sh "$T/hung"
	wait_until prompted
	ok $? "a home that hangs: $who's prompt comes back" "its state is $(process_state "${pid_of[prompt]}")"
	! prompted || { reap prompt; exits 0 "$who's prompt: and has not failed"; }
	[ $who = alice ] || is "$out" "()" "$who's prompt: and says nothing"
	[ $who = carol ] || like "$out" '^\((bob:[0-9]+)?\)$' "$who's prompt: and says what is known without that home"
done
wait_until hangs
ok $? "it was looked into for carol"
unmount_hung
finish
