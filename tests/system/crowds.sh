# Many uids, which may all be one person's: they keep nobody out who has an account, and no session from coming back.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

needs_root
cp "$BUILDDIR/tests/system/rawclient" "$BUILDDIR/tests/siege/hostile" "$T/"

# Accounts of this host: 1 to 5 are in the crowd, the others are its victims.
mapfile -t known < <(awk -F: '$3 > 5 && $3 < 1000 && $1 ~ /^[a-z][a-z0-9-]*$/ { print $1 }' /etc/passwd)
if [ ${#known[@]} -lt 2 ] || ! getent passwd 1 2 3 4 5 >/dev/null; then
	skip_all "too few accounts"
fi
ann=${known[0]} bob=${known[1]}

# crowd NAME UID UIDS: four connections of each, which say nothing, there before the daemon looks
declare -A input
crowd() {
	local fd
	kill -STOP "$daemon_pid"
	mkfifo "$T/$1.in"
	exec {fd}<>"$T/$1.in"
	input[$1]=$fd
	"$T/hostile" "$PCHAT_SOCKET" silent "$2" "$3" $((4 * $3)) <"$T/$1.in" >"$T/$1.out" 2>"$T/$1.err" {fd}>&- &
	pid_of[$1]=$!
	wait_until has_line "$T/$1.out" ready
	kill -CONT "$daemon_pid"
}

# It goes, and tells what it was told.
disperse() { # NAME
	local fd=${input[$1]}
	exec {fd}>&-
	reap "$1"
}

login_of() { # NAME UID COMMAND...: a session that stays until the test ends
	: >"$T/$1.out"
	setpriv --reuid="$2" --regid="$2" --clear-groups -- "$T/rawclient" "$PCHAT_SOCKET" hello "login $1" "expect WELCOME" \
		"deaf on" linger >"$T/$1.out" 2>"$T/$1.err" </dev/null &
	pid_of[$1]=$!
	wait_until has_line "$T/$1.out" WELCOME
}

start_daemon --max-unknown-sessions 3
pair "$ann" "$bob"

# ----------------------------------------------------- uids without an account

crowd unknown 700001 5
run "$ann" pchat send hello
exits 0 "in a crowd of uids that nobody knows the others talk on"
run "$bob" pchat login second
exits 0 "and come in"
run "$bob" pchat -s second quit
disperse unknown
like "$out" "crowded [4-9]" "of the unknown sixteen may say nothing at a time; the oldest give way"

for i in 1 2 3; do
	login_of "stranger-$i" $((700100 + i))
	ok $? "the unknown have their sessions together: $i"
done
add_user mallory
run mallory pchat login --timeout "$PATIENCE" mallory
exits 4 "and no more than they may have"
like "$err" "the daemon is full" "which is said as it is"
run "$ann" pchat login third
exits 0 "who has an account has a place"
run "$ann" pchat -s third quit
kill "${pid_of[stranger-1]}"
run mallory "$T/rawclient" "$PCHAT_SOCKET" "hello 1 1" "login stranger-9" "expect RESULT full"
exits 0 "a session that is lost keeps its place"

# ----------------------------------------------------------- a session that comes back

stop_daemon
start_daemon --max-unknown-connections 1000
wait_until daemon_is "$ann" connected
wait_until daemon_is "$bob" connected
crowd many 700200 12
crowd known 1 5
kill -KILL "$(helper_pid "$bob")"
run "$bob" pchat status
exits 0 "a helper that was killed is started again in a crowd that takes all places"
wait_until daemon_is "$bob" connected
ok $? "its session comes back"
is "$(partner_of "$bob")" "$ann" "to its pair"
run "$ann" pchat send --timeout "$PATIENCE" again
exits 0 "and messages arrive"
disperse known
disperse many
like "$out" "crowded [1-9]" "those who said nothing have given way"

# ------------------------------------------------- a helper with as many commands as it takes

mkfifo "$T/callers.in"
exec {fd}<>"$T/callers.in"
input[callers]=$fd
"$T/hostile" "$T/$ann/run/pchat/$ann.sock" silent "${uid_of[$ann]}" 1 256 <"$T/callers.in" >"$T/callers.out" 2>"$T/callers.err" {fd}>&- &
pid_of[callers]=$!
wait_until has_line "$T/callers.out" ready
for to in "" "--to $bob"; do
	# shellcheck disable=SC2086 # a list of words
	run "$ann" pchat send $to "one too many"
	exits 71 "to a helper with 256 commands one more is certainly not delivered${to:+, --to}"
	like "$err" "^pchat: too many commands at once for session '$ann'$" "which is said, and no more"
done
disperse callers
run "$bob" pchat read --raw
unlike "$out" "one too many" "nor is it"
run "$ann" pchat send --timeout "$PATIENCE" "when they have gone"
exits 0 "when they have gone it serves as before"

# ------------------------------------------------------------------- nobody is left out

run "$ann" pchat quit
run "$bob" pchat quit
stop_daemon
export PCHAT_SOCKET=$T/small.sock
spawn daemon root pchatd --socket "$PCHAT_SOCKET" --state "$T/small" --max-connections 4
daemon_pid=${pid_of[daemon]}
wait_until test -S "$PCHAT_SOCKET"
for i in 1 2 3; do
	login_of "full-$i" "$i"
	ok $? "session $i of three"
done
run root "$T/rawclient" "$PCHAT_SOCKET" "hello 1 1" "login full-4" "expect RESULT full"
exits 0 "of four connections one is kept for those who come back"

finish
