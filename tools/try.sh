#!/bin/sh
# A conversation through the real commands of a build, each shown with what it prints, on a private daemon in a folder of
# its own, of which nothing is left. On a terminal it offers one by hand at its end. `./bootstrap try` ends in it.
#
#	tools/try.sh BUILD-FOLDER
set -eu

build=$(cd "$1" && pwd)

say() {
	printf '%s\n' "== $*" >&2
}

die() {
	printf '%s\n' "try: $*" >&2
	exit 1
}

# Somebody else's account name would be refused (R3).
free_name() {
	if getent passwd "$1" >/dev/null; then
		echo "$1-try"
	else
		echo "$1"
	fi
}

# Shows a command as one would type it, then runs it.
run() {
	printf '$ %s\n' "$1"
	eval "$1"
}

stop_conversation() {
	trap - EXIT INT TERM HUP
	[ -z "$panes" ] || tmux -S "$dir/tmux" kill-server 2>/dev/null || :
	for name in "$alice" "$bob"; do
		pchat -s "$name" quit 2>/dev/null || :
	done
	[ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null || :
	rm -rf "$dir"
}

# On a terminal the same by hand: two panes of tmux, each with one of the two.
offer_panes() {
	[ -t 0 ] && [ -t 1 ] && command -v tmux >/dev/null || return 0
	printf '== %s ' "Hold a conversation yourself, in two panes of tmux? [y/N]"
	read -r answer || return 0
	case $answer in
	[yY]*) ;;
	*) return 0 ;;
	esac
	pchat -q login "$alice"
	pchat -q login "$bob"
	pchat -q -s "$alice" to "$bob"
	panes=yes
	# A server of its own, also inside of another tmux.
	(
		unset TMUX
		exec tmux -f /dev/null -S "$dir/tmux" new-session "pchat -s '$alice' chat" \; \
			split-window -h "pchat -s '$bob' chat" \; \
			set-option status-right '' \; set-option status-left-length 80 \; \
			set-option status-left 'Ctrl-B and an arrow: the other pane. Ctrl-D leaves one.'
	)
}

conversation() {
	alice=$(free_name alice)
	bob=$(free_name bob)
	daemon=
	panes=
	dir=$(mktemp -d)
	trap stop_conversation EXIT
	trap 'exit 1' INT TERM HUP
	chmod 0700 "$dir"
	mkdir -m 0700 "$dir/run"
	export PATH="$build:$PATH" PCHAT_EXEC_PATH="$build"
	export XDG_RUNTIME_DIR="$dir/run" XDG_STATE_HOME="$dir/state" PCHAT_SOCKET="$dir/pchat.sock"
	unset PCHAT_SESSION
	cd "$dir"

	say "a private daemon in $dir"
	printf '$ %s\n' "pchatd --socket \$PCHAT_SOCKET --state $dir/daemon &"
	pchatd --socket "$PCHAT_SOCKET" --state "$dir/daemon" &
	daemon=$!
	tries=0
	until [ -S "$PCHAT_SOCKET" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || die "the daemon does not listen"
		sleep 0.1
	done

	say "two sessions, which are usually those of two people"
	run "pchat login $alice"
	run "pchat login $bob"
	run "pchat -s $alice who"
	say "a conversation"
	run "pchat -s $alice to $bob"
	run "pchat -s $alice send 'lunch?'"
	run "pchat -s $bob read"
	run "printf 'at twelve\nor one\n' | pchat -s $bob send"
	run "pchat -s $alice status"
	run "pchat -s $alice read"
	run "(pchat -s $bob read --wait --raw >/dev/null; pchat -s $bob send y) & pchat -s $alice ask 'deploy now? [y/n]'"
	wait "$!"
	run "pchat -s $bob quit"
	run "pchat -s $alice read"
	run "pchat -s $alice send 'still there?' || echo \"exit status \$?\""
	run "pchat -s $alice quit"
	offer_panes
	stop_conversation
	say "everything has been cleaned up; the programs are in $build"
}

conversation
