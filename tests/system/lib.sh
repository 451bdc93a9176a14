# shellcheck shell=bash
# What every system test sources first: a private directory, several users, TAP, and an end that leaves no
# process behind. A test then is a list of
#
#	run alice pchat send hello     runs a command as that user; sets $status, $out, $err
#	exits 0 "a message is sent"    is a check of $status
#	is, like, unlike, ok           are the other checks
#	spawn NAME alice COMMAND...    runs one in the background; reap NAME sets $status, $out, $err
#	wait_until COMMAND...          polls; nothing here ever sleeps for a fixed time
#
# No verdict depends on how fast the machine is. It is measured when a test begins, and $SLOW says how many times slower
# it is than one at rest. From that follow
#
#	$PATIENCE                      seconds for what happens at once: when they are over something hangs
#	$AGES                          a grace time, say, that does not end within the test
#	span MILLISECONDS              a time that is to run out: prints it in seconds, longer where all takes longer
#	within SECONDS COMMAND...      as wait_until, where it is no failure that the time is up
#
# and ends in `finish`. As root each user has a uid of its own, which needs no account; otherwise all
# are the caller, each with directories of its own, and what takes several uids is skipped.

set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"
# shellcheck source=machine.sh
. "$SRCDIR/tests/system/machine.sh"
# A signal that is ignored where we begin (in the background, under nohup) is so for all that we start, and ends nothing.
signals_ignored() { # SIGHUP or SIGINT; SIGQUIT a shell ignores itself
	local ignored
	ignored=$(sed -n 's/^SigIgn:[^0-9a-f]*//p' "/proc/$$/status") && [ $((16#${ignored:-0} & 3)) -ne 0 ]
}
if [ -z "${TEST_SIGNALS-}" ] && signals_ignored && env --default-signal=HUP,INT,QUIT true 2>/dev/null; then
	exec env --default-signal=HUP,INT,QUIT TEST_SIGNALS=default "$BASH" "$0" "$@" # once
fi
export LC_ALL=C.UTF-8 TZ=UTC
unset PCHAT_SESSION PCHAT_SOCKET NO_COLOR COLUMNS LANGUAGE LC_MESSAGES
umask 022

T=$(mktemp -d "${TMPDIR:-/tmp}/pchat.XXXXXX") || exit 99
chmod 0711 "$T"
# By this every process of the test is known, whatever became of its parent.
export PCHAT_TEST=$T
export PCHAT_SOCKET=$T/pchat.sock
# Whether the programs under test were built with sanitizers.
sanitized() {
	grep -q '^SANITIZE_FLAGS = *-' "$BUILDDIR/Makefile"
}

# The programs under test run many times slower, and not all that the kernel has is there for them (make valgrind).
under_valgrind() {
	[ "${PCHAT_PROGRAMS-}" = "$BUILDDIR/valgrind" ]
}

# Sanitizers report there, also those of programs whose standard error is nowhere.
mkdir -m 1777 "$T/sanitizer"
export ASAN_OPTIONS=log_path=$T/sanitizer/asan:${ASAN_OPTIONS-} UBSAN_OPTIONS=log_path=$T/sanitizer/ubsan:${UBSAN_OPTIONS-}
exec {pause_fd}<> <(:)
tests=0 failures=0 finished=no skipped=no status=0 out='' err=''

# ------------------------------------------------------------------------ TAP

# ok STATUS NAME [EXPLANATION]...
ok() {
	local outcome=$1 name=$2 line
	shift 2
	tests=$((tests + 1))
	if [ "$outcome" -eq 0 ]; then
		echo "ok $tests - $name"
		return 0
	fi
	failures=$((failures + 1))
	echo "not ok $tests - $name"
	for line; do
		printf '%s\n' "$line" | cat -v | sed 's/^/# /'
	done
	return 1
}

is() { # GOT WANTED NAME
	[ "$1" = "$2" ]
	ok $? "$3" "got:    $1" "wanted: $2"
}

like() { # GOT EXTENDED-REGULAR-EXPRESSION NAME
	[[ $1 =~ $2 ]]
	ok $? "$3" "got:        $1" "to match:   $2"
}

unlike() {
	! [[ $1 =~ $2 ]]
	ok $? "$3" "got:          $1" "not to match: $2"
}

# The latest command's exit status.
exits() { # STATUS NAME
	[ "$status" = "$1" ]
	ok $? "$2" "exit status $status, wanted $1" "stdout: $out" "stderr: $err"
}

skip() { # REASON NAME
	tests=$((tests + 1))
	echo "ok $tests - $2 # SKIP $1"
}

skip_all() { # REASON
	echo "1..0 # SKIP $1"
	skipped=yes
	exit 0
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

finish() {
	finished=yes
	exit 0
}

# ----------------------------------------------------------------------- time

pause() { # [SECONDS]
	read -rt "${1:-0.02}" -u "$pause_fd" || :
}

# Sets SLOW, PATIENCE, AGES. TEST_SLOW makes all of them longer still, for what slows down the programs under test alone.
TEST_SLOW=${TEST_SLOW:-1}
measure_machine() {
	SLOW=$(($(slowness "$programs/pchatd" "$T") * TEST_SLOW))
	PATIENCE=$((30 * SLOW))
	AGES=$((600 * SLOW < 86400 ? 600 * SLOW : 86400))
	export PATIENCE
}

span() { # MILLISECONDS
	printf '%d.%03d' $(($1 * SLOW / 1000)) $(($1 * SLOW % 1000))
}

# poll SECONDS TIMES COMMAND...: true as soon as the command is; false when so much time is over, and it was asked so often.
# What takes long is asked for less often: else those who wait would take the processor from what they wait for.
poll() {
	local deadline=$((SECONDS + $1 + 1)) times=$2 milliseconds=20 seconds
	shift 2
	until "$@"; do
		times=$((times - 1))
		[ "$SECONDS" -lt "$deadline" ] || [ $times -gt 0 ] || return 1
		printf -v seconds 0.%03d $milliseconds
		pause "$seconds"
		milliseconds=$((milliseconds < 120 ? milliseconds * 5 / 4 : 150))
	done
}

# Asked so often in any case, it waits longer where the machine has become slower since it was measured.
wait_until() { # COMMAND...
	[[ $1 != [0-9]* ]] || shift # seconds, which older tests still name
	poll $PATIENCE 100 "$@"
}

within() { # SECONDS COMMAND...
	poll $(($1 * SLOW)) 0 "${@:2}"
}

# A file holds a line that matches.
has_line() { # FILE REGEXP
	grep -Eq -- "$2" "$1" 2>/dev/null
}

# What follows is asked for again and again, and starts no process for it: on some machines each takes milliseconds.

# VARIABLE is what $(tr -d '\0' <FILE) would be.
slurp() { # VARIABLE FILE
	local LC_ALL=C piece='' text='' # or what is no text would swallow a byte 0
	while IFS= read -rd '' piece; do
		text+=$piece
	done <"$2"
	text+=$piece
	while [[ $text == *$'\n' ]]; do
		text=${text%$'\n'}
	done
	printf -v "$1" %s "$text"
}

# Its arguments or its environment, a line each; nothing when it is gone, which is said before the file is opened.
words_of() { # PID cmdline|environ
	local words=()
	mapfile -td '' words 2>/dev/null <"/proc/$1/$2"
	[ ${#words[@]} -eq 0 ] || printf '%s\n' "${words[@]}"
}

# Sets $state: its letter, or `gone`.
see_state() { # PID
	local stat=''
	IFS= read -rd '' stat 2>/dev/null <"/proc/$1/stat"
	stat=${stat##*) }
	state=${stat%% *}
	state=${state:-gone}
}

process_state() { # PID
	local state
	see_state "$1"
	echo "$state"
}

is_gone() { # PID
	local state
	see_state "$1"
	[ "$state" = gone ] || [ "$state" = Z ]
}

# ---------------------------------------------------------------------- users

declare -A uid_of=() # without it, what nobody added to is unbound, and the end is not reached
next_uid=$((20001 + $$ % 2400 * 16)) # those of two scripts that run at once share no folder in /tmp

is_root() {
	[ "$EUID" -eq 0 ]
}

# Tests of identity begin with this.
needs_root() {
	is_root || skip_all "several uids take root"
}

# Makes the user's directories. A name that is an account's gets that account's uid, for R3's sake.
add_user() { # NAME
	local home=$T/$1
	if is_root; then
		uid_of[$1]=$(id -u "$1" 2>/dev/null || echo "$next_uid")
		next_uid=$((next_uid + 1))
	else
		id -u "$1" >/dev/null 2>&1 && [ "$(id -un)" != "$1" ] && skip_all "there is an account '$1'"
		uid_of[$1]=$(id -u)
	fi
	mkdir -m 0700 "$home" "$home/run" "$home/state"
	is_root && chown -R "${uid_of[$1]}:${uid_of[$1]}" "$home"
	return 0
}

# as USER COMMAND...: becomes that command, in the user's home; so it stands in a subshell. USER `root` is the caller.
as() {
	local user=$1
	shift
	if [ "$user" = root ]; then
		exec "$@"
	fi
	export HOME=$T/$user XDG_RUNTIME_DIR=$T/$user/run XDG_STATE_HOME=$T/$user/state
	cd "$HOME" || exit 99
	[ -z "${PCHAT_COVERAGE-}" ] || export GCOV_PREFIX=$PCHAT_COVERAGE/${uid_of[$user]} # see make coverage
	if is_root; then
		exec setpriv --reuid="${uid_of[$user]}" --regid="${uid_of[$user]}" --clear-groups -- "$@"
	else
		exec "$@"
	fi
}

# Killed (status 137) when it takes too long, so that no test hangs.
bounded() { # USER COMMAND...
	local user=$1
	shift
	(as "$user" timeout --foreground -s KILL $((2 * PATIENCE)) "$@") >"$T/out" 2>"$T/err"
	status=$?
	slurp out "$T/out"
	slurp err "$T/err"
}

run() { # USER COMMAND...
	bounded "$@" </dev/null
}

# The same, with our standard input: feed alice pchat send <FILE. (Not at the end of a pipe, where $status is lost.)
feed() { # USER COMMAND...
	bounded "$@"
}

declare -A pid_of=()

# Its output grows in $T/NAME.out and $T/NAME.err; pid_of[NAME] is the process itself.
spawn() { # NAME USER COMMAND...
	local name=$1 user=$2
	shift 2
	: >"$T/$name.out"
	: >"$T/$name.err"
	as "$user" "$@" >"$T/$name.out" 2>"$T/$name.err" </dev/null &
	pid_of[$name]=$!
}

# Waits for it; kills it (status 137) when it takes too long.
reap() { # NAME
	local name=$1
	poll $((2 * PATIENCE)) 100 is_gone "${pid_of[$name]}" || kill -KILL "${pid_of[$name]}"
	wait "${pid_of[$name]}" 2>/dev/null
	status=$?
	slurp out "$T/$name.out"
	slurp err "$T/$name.err"
}

# -------------------------------------------------------------- pchat's cast

# start_daemon [OPTION]...: as root (or the caller), on $PCHAT_SOCKET. Its log is $T/daemon.err. A lost session is held
# until the test ends, unless the options say otherwise.
start_daemon() {
	local before
	before=$(socket_inode)
	spawn daemon root pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" --grace $AGES "$@"
	daemon_pid=${pid_of[daemon]}
	wait_until socket_is_new "$before" || { note "no daemon listens: $(cat "$T/daemon.err")"; exit 1; }
}

# The socket appears in one step, listening; one that a crash left has another inode.
socket_inode() {
	stat -c %i "$PCHAT_SOCKET" 2>/dev/null || echo none
}

socket_is_new() { # INODE BEFORE
	[ -S "$PCHAT_SOCKET" ] && [ "$(socket_inode)" != "$1" ]
}

# Sets $status as reap does.
stop_daemon() { # [SIGNAL]
	kill -"${1:-TERM}" "$daemon_pid"
	reap daemon
}

# login USER...: each logs in under the user's name.
login() {
	local user
	for user; do
		[ -d "$T/$user" ] || add_user "$user"
		run "$user" pchat login "$user"
		[ "$status" -eq 0 ] || { ok 1 "login of $user" "exit status $status" "$err"; exit 1; }
	done
}

# pair USER USER: both log in and are paired.
pair() {
	login "$1" "$2"
	run "$1" pchat to "$2"
	[ "$status" -eq 0 ] || { ok 1 "pairing of $1 and $2" "exit status $status" "$err"; exit 1; }
}

# The pid of a session's helper.
helper_pid() { # USER [NAME]
	local pid words
	for pid in $(test_processes); do
		words=$'\n'$(words_of "$pid" cmdline)$'\n'
		[[ $words == *pchat-session* ]] || continue
		[ $# -lt 2 ] || [[ $words == *$'\n'"$2"$'\n'* ]] || continue
		words=$'\n'$(words_of "$pid" environ)$'\n'
		[[ $words == *$'\n'"XDG_RUNTIME_DIR=$T/$1/run"$'\n'* ]] || continue
		echo "$pid"
		return 0
	done
	return 1
}

# What an object says of a key whose value is a word, a number or null.
json_says() { # JSON KEY
	[[ $1 =~ \"$2\":(\"([^\"]*)\"|[^\",}]+) ]] && echo "${BASH_REMATCH[2]:-${BASH_REMATCH[1]}}"
}

status_says() { # USER KEY
	json_says "$(as "$1" pchat status --json 2>/dev/null)" "$2"
}

state_of() { # USER
	status_says "$1" state
}

in_state() { # USER STATE
	[ "$(state_of "$1")" = "$2" ]
}

partner_of() { # USER
	status_says "$1" partner
}

has_partner() { # USER PARTNER; `null` is none
	[ "$(partner_of "$1")" = "$2" ]
}

unread_of() { # USER
	status_says "$1" unread
}

has_unread() { # USER NUMBER
	[ "$(unread_of "$1")" = "$2" ]
}

# A prompt that took longer than it may is empty, and is asked for again.
prompt_is() { # USER WANTED NAME
	prompts "$1" "$2" || wait_until prompts "$1" "$2"
	is "$out" "$2" "$3"
}

prompts() { # USER WANTED
	run "$1" pchat status --prompt
	[ "$out" = "$2" ]
}

has_unread_record() { # USER TYPE
	(as "$1" pchat read --peek --json) 2>/dev/null | jq -e --arg type "$2" -s 'any(.type == $type)' >/dev/null
}

daemon_is() { # USER connected|reconnecting
	[ "$(status_says "$1" daemon)" = "$2" ]
}

# settle NAME USER: the command that was spawned as NAME has asked for what it wants, and waits. (Its helper
# then asks the daemon for something else, which is answered after it.)
settle() {
	wait_until sleeps "${pid_of[$1]}" && (as "$2" pchat who) >/dev/null 2>&1
}

# It has slept for a while, without waking up in between.
sleeps() { # PID
	local before i
	before=$(naps "$1") || return 1
	for ((i = 0; i < 2 + SLOW && i < 12; i++)); do
		pause
	done
	[ "$(naps "$1")" = "$before" ]
}

# How often it went to sleep, when it sleeps.
naps() { # PID
	local facts=() state
	see_state "$1"
	[ "$state" = S ] && mapfile facts 2>/dev/null <"/proc/$1/status" || return
	[[ ${facts[*]} =~ voluntary_ctxt.* ]] && echo "${BASH_REMATCH[0]}"
}

# ------------------------------------------------------------------------ end

# Every process that was started here and lives, but this shell and its own children that do the asking: grep has no mark
# of its own, or it would always find itself.
test_processes() {
	local file pid
	PCHAT_TEST='' grep -lzxF "PCHAT_TEST=$T" /proc/[0-9]*/environ 2>/dev/null | while read -r file; do
		pid=${file#/proc/}
		pid=${pid%/environ}
		[ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ] || is_gone "$pid" || echo "$pid"
	done
}

nothing_left() {
	[ -z "$(test_processes)" ]
}

kill_everything() {
	local pids
	pids=$(test_processes)
	[ -n "$pids" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	kill -KILL $pids 2>/dev/null
	return 1
}

end() {
	local code=$?
	trap - EXIT
	exec 2>/dev/null
	# Asked to end first, so that leaks are looked for.
	# shellcheck disable=SC2046 # a list of words
	kill -TERM $(test_processes)
	within 2 nothing_left
	wait_until kill_everything
	pkill -KILL -P $$ # and who wrote over its environment, as sshd does
	if cat "$T"/sanitizer/* >"$T/findings"; then
		ok 1 "no sanitizer has found anything" "$(head -n 60 "$T/findings")"
	fi
	if [ "$skipped" = yes ]; then
		:
	elif [ "$finished" = yes ]; then
		echo "1..$tests"
	else
		echo "Bail out! ended early, status $code"
		failures=1
	fi
	! is_root || [ ${#uid_of[@]} -eq 0 ] || (cd /tmp && rm -rf "${uid_of[@]/#/pchat-}")
	[ "$failures" -eq 0 ] || [ -z "${TEST_KEEP-}" ] || { echo "# kept: $T"; exit 1; }
	rm -rf "$T"
	[ "$failures" -eq 0 ] || exit 1
	exit 0
}
trap end EXIT
trap 'exit 1' INT TERM HUP

# ------------------------------------------------------------------- programs

# The programs under test stand in $PCHAT_PROGRAMS (wrappers, say), else in the build directory; where other
# users cannot reach them, they are copied.
programs=${PCHAT_PROGRAMS:-$BUILDDIR}
if is_root && ! setpriv --reuid=20000 --regid=20000 --clear-groups test -x "$programs/pchat"; then
	mkdir -m 0755 "$T/programs"
	for program in pchat pchat-full pchat-session pchat-chat pchatd; do
		[ ! -e "$programs/$program" ] || cp "$programs/$program" "$T/programs/"
	done
	[ ! -e "$BUILDDIR/locale" ] || cp -r "$BUILDDIR/locale" "$T/programs/"
	programs=$T/programs
fi
export PATH=$programs:$PATH PCHAT_EXEC_PATH=$programs
measure_machine
