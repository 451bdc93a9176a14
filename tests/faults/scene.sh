#!/usr/bin/env bash
# One short conversation in a directory of its own, with one fault in it; the ledger judges. For kills.sh and errors.sh.
#
#	scene.sh [notes/|via/]TARGET STRACE-OPTION...
#
# TARGET is pchatd, sender (alice's helper), receiver (bob's), or send (the command): the first process of its kind runs
# under strace with these options; those that follow it run without. With notes/ it is no conversation: notes are told, to
# somebody who is there or not; the receiver is our own account's session, and the command tell. With via/ alice's session is one at
# another host: her helper reaches the daemon through an ssh, which is forward.c, and the target ssh too. Prints nothing when all is
# well; $STRICT is set when every `send` has to be delivered, and every `tell` or kept (unless it was the one that was killed). With
# TRACE=FILE the trace is kept there.
# A fault may make the runtime folder unusable, and the next one is shared with whatever else this user runs: so all but the
# first are empty ones that nobody else sees.
if [ -z "${PCHAT_OWN_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
	PCHAT_OWN_MOUNTS=yes exec unshare -m -- "$BASH" "$0" "$@"
fi
set -u
if [ -n "${PCHAT_OWN_MOUNTS-}" ]; then
	mkdir -m 0700 "/tmp/pchat-$(id -u)" 2>/dev/null
	for folder in "/tmp/pchat-$(id -u)" "/run/user/$(id -u)"; do
		[ ! -d "$folder" ] || mount -t tmpfs -o mode=0700 tmpfs "$folder" || exit 99
	done
fi
scene=talk target=$1
[ "$target" = "${target#notes/}" ] || { scene=notes target=${target#notes/}; }
[ "$target" = "${target#via/}" ] || { scene=via target=${target#via/}; }
shift
D=$(mktemp -d "${TMPDIR:-/tmp}/pchat-scene.XXXXXX") || exit 99
export PCHAT_SCENE=$D HOME=$D XDG_RUNTIME_DIR=$D/run XDG_STATE_HOME=$D/state PCHAT_SOCKET=$D/pchat.sock
export PCHAT_EXEC_PATH=$D/bin PATH=$D/bin:$PATH LC_ALL=C.UTF-8
unset PCHAT_SESSION
mkdir "$D/bin" "$D/run" "$D/state"
chmod 0700 "$D/run" "$D/state"
exec {pause_fd}<> <(:)
bad=0
# Seconds; $SLOW says how many times slower the machine is than one at rest.
soon=$((10 * ${SLOW:-1})) patience=$((15 * ${SLOW:-1}))

fail() {
	echo "$*"
	bad=1
}

pause() {
	read -rt 0.01 -u "$pause_fd" || :
}

# ours PATTERN: pids of processes of this scene by their names.
ours() {
	local file
	while read -r file; do
		file=${file%/environ}
		# shellcheck disable=SC2053 # a pattern
		[[ $(cat "$file/comm" 2>/dev/null) != $1 ]] || echo "${file#/proc/}"
	done < <(grep -lzxF "PCHAT_SCENE=$D" /proc/[0-9]*/environ 2>/dev/null)
}

end() {
	touch "$D/stop"
	local pids i
	for ((i = 0; i < 500; i++)); do
		mapfile -t pids < <(ours '@(pchat*|forward|strace)')
		[ ${#pids[@]} -gt 0 ] || break
		if [ $i -lt 60 ]; then # strace sees how they end, and ends with them
			mapfile -t pids < <(ours '@(pchat*|forward)')
			[ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}"
		else
			kill -KILL "${pids[@]}"
		fi 2>/dev/null
		pause
	done
	wait
}
trap 'end; [ -z "${KEEP-}" ] && rm -rf "$D"' EXIT
trap 'exit 1' INT TERM HUP

# ------------------------------------------------------------------- programs

for program in pchat pchat-full pchat-session pchatd; do
	ln -s "${BUILDDIR:?}/$program" "$D/bin/$program"
done
options=("$@") follow=(-f)

# traced TARGET COMMAND...: under strace, if it is the target and the first of its kind.
traced() {
	local this=$1
	shift
	if [ "$this" = "$target" ] && [ ! -e "$D/used" ]; then
		touch "$D/used"
		strace -D -I 2 "${follow[@]}" -qq -o "$D/trace" "${options[@]}" "$@"
	else
		"$@"
	fi
}

# The ssh of a session at another host. What the helper starts is a target of its own: each ssh anew would meet the same fault.
if [ $scene = via ]; then
	follow=()
	ln -s "$BUILDDIR/tests/faults/forward" "$D/bin/forward"
	cat >"$D/bin/ssh" <<-SSH
		#!$BASH
		[ "$target" = ssh ] && [ ! -e "$D/used" ] || exec forward "\$@"
		touch "$D/used"
		exec strace -D -I 2 -qq -o "$D/trace" ${options[@]@Q} forward "\$@"
	SSH
	chmod 0755 "$D/bin/ssh"
fi

# As an init system would.
keep_daemon() {
	until [ -e "$D/stop" ]; do
		traced pchatd pchatd --socket "$PCHAT_SOCKET" --state "$D/daemon" 2>>"$D/daemon.err"
		pause
	done
}

# --------------------------------------------------------------- conversation

declare -A number=([alice]=0 [bob]=0 [later]=0 [at-once]=0 [session]=0)

# A fault that meets each child anew may stay for ever, and keep somebody out for as long, and rightly. It is over when
# strace lets go of what it traces.
clear_up() {
	local pids
	mapfile -t pids < <(ours strace)
	[ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null
}

# The name by which the commands find somebody's session.
declare -A called=([alice]=alice [bob]=bob)
[ $scene != via ] || called[alice]=lab.example/alice

# Until it works: somebody would try again.
insist() { # COMMAND...
	local i
	for ((i = 0; i < 40; i++)); do
		timeout "$soon" "$@" >/dev/null 2>"$D/err" && return
		[ $i -ne 8 ] || clear_up
		pause
	done
	fail "gave up: $*: $(cat "$D/err")"
}

# Somebody's prompt asks now and then, by which a helper that was killed lives again: nobody else would start it.
tend() { # NAME FILE: as long as the file is there
	while read -rt 0.5 -u "$pause_fd"; [ -e "$2" ]; do
		timeout "$soon" pchat -s "${called[$1]:-$1}" status
	done >/dev/null 2>&1
}

# say FROM TO [COUNT]: one message, or a stream.
say() {
	local from=$1 to=$2 count=${3:-1} status=0 first=$((number[$1] + 1)) last delivered=''
	local saying=$D/saying.$from.$first
	: >"$saying"
	tend "$to" "$saying" &
	last=$((first + count - 1))
	number[$from]=$last
	if [ "$count" -eq 1 ]; then
		traced send pchat -s "${called[$from]}" send --timeout "$patience" --to "$to" "$from $first" 2>"$D/err"
		status=$?
	else
		pchat -s "${called[$from]}" send -l --timeout "$patience" --to "$to" 2>"$D/err" < <(seq -f "$from %.0f" "$first" "$last")
		status=$?
		delivered=$(sed -n 's/^pchat: line \([0-9]*\):.*/\1/p' "$D/err")
	fi
	rm "$saying"
	[ "$status" -eq 0 ] || [ -z "$delivered" ] || delivered=:$((delivered - 1))
	[ "$status" -ne 0 ] || delivered=
	echo "$from $to $first $last $status$delivered" >>"$D/told"
	said=$status
	[ "$status" -eq 0 ] || [ -z "${STRICT-}" ] || [ "$target:$status" = send:137 ] || fail "send: $status: $(cat "$D/err")"
}

# Whatever came before, this has to go through. TO looks after a helper that died with nobody asking it for anything:
# past the grace time it would be gone, and rightly.
say_at_last() { # FROM TO
	local i
	for ((i = 0; i < 20; i++)); do
		insist pchat -s "${called[$2]}" status
		STRICT='' say "$1" "$2"
		[ "$said" -ne 0 ] || return
		[ "$said" -eq 124 ] || [ "$said" -eq 75 ] || insist pchat -s "${called[$1]}" to "$2"
	done
	fail "nothing goes through any more: $said: $(cat "$D/err")"
}

hear() { # NAME
	timeout "$soon" pchat -s "${called[$1]}" read --raw >>"$D/heard.$1" 2>/dev/null
}

# Started here rather than by `pchat login`, which would wait for strace to close the pipe of the report.
log_in() { # TARGET NAME
	local there=(--socket "$PCHAT_SOCKET") name=${called[$2]:-$2} way=''
	[ "$name" = "$2" ] || { there=(--via "${name%/*}:$PCHAT_SOCKET") way="--via ${name%/*}:$PCHAT_SOCKET"; }
	traced "$1" pchat-session --login "$2" --timeout "$patience" "${there[@]}" </dev/null >/dev/null 2>&1 3>/dev/null &
	wait_for "$!" "$2"
	# One that was killed on its way may have logged in.
	insist sh -c "pchat -s $name status || pchat login $way $2"
}

# Until the helper listens, in whatever folder it could use, or is no more.
wait_for() { # PID NAME
	until find "$D/run" "$D/state" "/tmp/pchat-$(id -u)" -name "$2.sock" 2>/dev/null | grep -q . || ! kill -0 "$1" 2>/dev/null; do
		pause
	done
}

talk() {
	log_in sender alice
	log_in receiver bob
	insist pchat -s "${called[alice]}" to bob
	say alice bob
	say alice bob 4
	hear bob
	say bob alice
	hear alice
	insist sh -c "pchat -s ${called[alice]} leave || [ \$? -eq 7 ]"
	insist pchat -s bob to alice
	say bob alice
	say_at_last alice bob
	hear bob
	hear alice
}

via() {
	talk
}

# ---------------------------------------------------------------------- notes

me=$(id -un) # notes are kept for accounts

# note WAY OPTION...: one to our own session. What stays open is told again under its id, until that says what became of it.
note() {
	local way=$1 i id=() status
	shift
	number[$way]=$((number[$way] + 1))
	for ((i = 0; i < 12; i++)); do
		[ "$i" -ne 8 ] || clear_up
		traced tell pchat "$@" tell --timeout "$patience" "${later[@]}" "${id[@]}" "$me" "$way ${number[$way]}" 2>"$D/err"
		status=$?
		echo "$way $me ${number[$way]} ${number[$way]} $status" >>"$D/told"
		[ "$status" -eq 75 ] || break
		id=(--id "$(sed -n 's/.*--id \([0-9a-f]\{32\}\).*/\1/p' "$D/err")")
	done
	case $status in
	0 | 12) return ;;
	esac
	[ -z "${STRICT-}" ] || [ "$target:$status" = tell:137 ] || fail "tell: $status: $(cat "$D/err")"
}

hear_notes() {
	timeout "$soon" pchat -s "$me" read --raw --notes >/dev/null 2>&1
}

# What a receiver did not take comes with its next login.
take_all() {
	local i
	for ((i = 0; i < 20; i++)); do
		[ "$i" -ne 8 ] || clear_up
		insist sh -c 'pchat notes --kept >/dev/null; [ $? -le 1 ]'
		pchat notes --kept >/dev/null 2>&1
		[ $? -ne 1 ] || return
		insist sh -c "pchat -s $me quit || [ \$? -eq 3 ]"
		insist pchat login "$me"
		pause
	done
	fail "notes are still kept: $(pchat notes --kept 2>&1)"
}

notes() {
	local later=(--later)
	note later
	note later
	log_in receiver "$me"
	touch "$D/there"
	tend "$me" "$D/there" &
	later=()
	note at-once
	log_in sender alice
	note session -s alice
	hear_notes
	rm "$D/there"
	insist sh -c "pchat -s $me quit || [ \$? -eq 3 ]"
	later=(--later)
	note later
	insist sh -c "pchat -s $me status || pchat login $me"
	later=()
	touch "$D/there"
	tend "$me" "$D/there" &
	note at-once
	hear_notes
	rm "$D/there"
	take_all
	hear_notes
}

keep_daemon 2>/dev/null &
insist test -S "$PCHAT_SOCKET"
$scene
end

# -------------------------------------------------------------------- verdict

case $scene in
notes) inboxes=("$D/state/pchat/$me") ;;
via) inboxes=("$D/state/pchat/via/lab.example/alice" "$D/state/pchat/bob") ;;
talk) inboxes=("$D/state/pchat/alice" "$D/state/pchat/bob") ;;
esac
crimes=$("$BUILDDIR/tests/faults/ledger" "$D/told" "${inboxes[@]}" 2>&1) || fail "$crimes"
grep -E 'killed by SIG(SEGV|ABRT|BUS|FPE|ILL|SYS)' "$D/trace" && fail "crashed"
[ -e "$D/used" ] || fail "no $target was started"
[ -z "${TRACE-}" ] || cp "$D/trace" "$TRACE"
exit $bad
