# zsh and fish: completion by the shells themselves; and shellinit, for all three.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice bob carol
run carol pchat to alice
run alice pchat block mallory
run alice pchat block @staff
export T PCHAT_SESSION=alice NO_COLOR=1
far=$T/alice/state/pchat/via/lab.example # as login --via leaves it
run alice mkdir -p "$far"
run alice cp -a "$T/alice/state/pchat/alice" "$far/"
# Where every user can read them, wherever the sources are.
cp "$SRCDIR/completions/pchat.fish" "$SRCDIR/completions/pchat.zsh" "$T/"
unset PROMPT_COMMAND

mkdir -m 0755 "$T/evil"
cat >"$T/evil/pchat" <<EOF
#!/bin/sh
printf '%s\tx\n' '\$(touch $T/alice/evil-1)' '(touch $T/alice/evil-2)' ';touch $T/alice/evil-3;' 'bob'
EOF
chmod 0755 "$T/evil/pchat"

harmless() { # NAME
	is "$(find "$T/alice" -name 'evil-*')" "" "$1"
}

# ------------------------------------------------------------------------ fish

if command -v fish >/dev/null; then
	fish_offers() { # LINE WANTED NAME
		run alice fish --no-config -c "source '$T/pchat.fish'; complete -C '$1'"
		is "$(cut -f1 <<<"$out" | sort | tr '\n' ' ')" "$2" "fish: $3"
	}
	fish_offers "pchat sen" "send " "commands"
	fish_offers "pchat to c" "carol " "users for to"
	fish_offers "pchat send --to bo" "bob " "users for send --to"
	fish_offers "pchat -s " "alice " "own sessions"
	fish_offers "pchat read --pe" "--peek " "options of the command"
	fish_offers "pchat dnd o" "off on " "what an operand may be"
	fish_offers "pchat to bob c" " " "nothing behind the operands"
	fish_offers "pchat block @roo" "@root " "groups, whole"
	fish_offers "pchat unblock " "@staff mallory " "rules for unblock"
	fish_offers "pchat login " "alice " "own inboxes for login"
	fish_offers "pchat history a" "alice " "and for history"
	fish_offers "pchat history -s " "alice lab.example/alice " "history -s: also of sessions at other hosts"
	fish_offers "pchat history --session=lab" "--session=lab.example/alice " "history --session="
	fish_offers "pchat login --max-unread 5 " "alice " "operands behind the value of an option"
	fish_offers "pchat notes --cancel " " " "nothing for a value that nobody can know"
	: >"$T/alice/notes.txt"
	fish_offers "pchat tell -f no" "notes.txt " "files for tell -f"
	run alice fish --no-config -c "source '$T/pchat.fish'; complete -C 'pchat to c'"
	like "$out" $'carol\tpaired' "fish: with descriptions"
	run alice env PATH="$T/evil:$PATH" fish --no-config -c "source '$T/pchat.fish'; complete -C 'pchat to '"
	like "$out" 'touch' "fish: a name that is a command"
	harmless "fish: is not run"
else
	skip "fish is missing" "fish: all of it"
fi

# ------------------------------------------------------------------------- zsh

users_are_told() {
	[ -n "$( (as alice pchat __complete users))" ]
}

# interactive SHELL...: on a terminal of its own; what is typed goes to descriptor 7.
interactive() {
	rm -f "$T/keys"
	mkfifo "$T/keys"
	# shellcheck disable=SC2016 # that is another shell's
	spawn screen alice bash -c 'exec script -qfc "$2" /dev/null <"$1"' - "$T/keys" "$1"
	exec 7>"$T/keys"
}

leave_it() {
	printf '\025exit\r' >&7
	exec 7>&-
	reap screen
}

if ! command -v script >/dev/null; then
	skip "script(1) is missing" "zsh: pressing Tab; shellinit"
	finish
fi
if command -v zsh >/dev/null; then
	interactive "zsh -f -i"
	printf 'PS1=rea""dy-; autoload -Uz compinit; compinit -u -D; . %s\r' "$T/pchat.zsh" >&7
	wait_until has_line "$T/screen.out" 'ready-'
	wait_until users_are_told
	printf 'pchat to bo\t\001: \r' >&7
	wait_until has_line "$T/screen.out" ': pchat to bob'
	ok $? "zsh: Tab completes a name on a terminal" "$(cat "$T/screen.out")"
	printf 'pchat history -s lab\t\001: \r' >&7
	wait_until has_line "$T/screen.out" ': pchat history -s lab.example/alice'
	ok $? "zsh: and history -s an inbox of a session at another host" "$(cat "$T/screen.out")"
	printf '\025PATH=%s:$PATH; rehash; echo chan""ged\r' "$T/evil" >&7
	wait_until has_line "$T/screen.out" '^changed'
	printf 'pchat to \t\t' >&7
	wait_until has_line "$T/screen.out" 'touch'
	ok $? "zsh: a name that is a command" "$(cat "$T/screen.out")"
	leave_it
	harmless "zsh: is not run"
else
	skip "zsh is missing" "zsh: pressing Tab"
fi

# ------------------------------------------------------------------- shellinit

# The next prompt, or a later one where the helper does not answer so fast: a prompt waits for nobody.
shown_at_a_prompt() { # REGEXP
	printf '\r' >&7
	within 2 has_line "$T/screen.out" "$1"
}

tried() { # SHELL START SETUP
	interactive "env TERM=xterm $2" # a dumb one is told nothing
	printf 'echo rea""dy-; %s\r' "$3" >&7
	wait_until has_line "$T/screen.out" 'ready-'
	run carol env -u PCHAT_SESSION pchat send "seen by $1"
	exits 0 "$1: a message arrives"
	wait_until shown_at_a_prompt "carol: seen by $1"
	ok $? "$1: and is shown before the next prompt" "$(cat "$T/screen.out")"
	leave_it
	run alice pchat read
	exits 1 "$1: and is read by that"
}

run alice pchat read
# shellcheck disable=SC2016 # another shell's
tried bash "bash --norc --noprofile -i" 'eval "$(pchat shellinit bash)"'
# shellcheck disable=SC2016
! command -v zsh >/dev/null || tried zsh "zsh -f -i" 'eval "$(pchat shellinit zsh)"'
! command -v fish >/dev/null || tried fish "fish --no-config -i" 'pchat shellinit fish | source'
for shell in bash zsh fish; do
	command -v $shell >/dev/null || continue
	pchat shellinit $shell >"$T/script"
	run alice $shell -n "$T/script"
	exits 0 "$shell: takes what shellinit prints"
done

# The hook by itself, as a prompt calls it.
hook() { # SHELL ENVIRONMENT SHELLINIT-OPTION...
	local shell=$1 environment=$2
	shift 2
	pchat shellinit "$shell" "$@" >"$T/script"
	run alice env TERM=xterm "$environment" "$shell" -c ". '$T/script'; __pchat_new"
}
# Where it has something to say: a prompt that would take too long says nothing.
hook_says() {
	local tries
	for ((tries = 0; tries < 20 * SLOW; tries++)); do
		hook "$@"
		[ -z "$out" ] || break
	done
}
# As `status --prompt` counts it, which says nothing when it took too long.
counted() {
	[[ $out == *"pchat: 2 more unread"* ]]
}

counts_anew() { # SHELL
	run alice pchat read
	feed carol env -u PCHAT_SESSION pchat send -l <"$T/twelve"
	hook "$1" A=b
	counted
}

for shell in bash zsh fish; do
	command -v $shell >/dev/null || continue
	run alice pchat read
	seq 12 >"$T/twelve"
	feed carol env -u PCHAT_SESSION pchat send -l <"$T/twelve"
	hook $shell TERM=dumb
	is "$out" "" "$shell: nothing with TERM=dumb"
	hook $shell INSIDE_EMACS=29
	is "$out" "" "$shell: nothing inside Emacs"
	hook_says $shell A=b --notify-only
	is "$out" "pchat: 12 unread; read with: pchat read" "$shell: --notify-only counts"
	has_unread alice 12
	ok $? "$shell: and reads nothing"
	hook_says $shell A=b
	is "$(grep -c 'carol: ' <<<"$out")" 10 "$shell: ten records are shown"
	counted || wait_until counts_anew $shell
	ok $? "$shell: and the rest is counted"
done
# shellcheck disable=SC2016 # another shell's
for setup in 'PROMPT_COMMAND=(true false)' 'readonly PROMPT_COMMAND=true' 'export PROMPT_COMMAND=true' 'set -u; unset PROMPT_COMMAND'; do
	pchat shellinit bash >"$T/script"
	run alice bash --norc -c "$setup; . '$T/script'; . '$T/script'; echo \"\${PROMPT_COMMAND[*]}\${PS1-}\" | grep -o __pchat_new; bash -c 'echo \"\${PROMPT_COMMAND-}\"'"
	is "$out$err" "__pchat_new" "bash: is installed once over $setup, and not into shells within"
done
if command -v zsh >/dev/null; then
	pchat shellinit zsh >"$T/script"
	# shellcheck disable=SC2016
	run alice zsh -f -c "setopt ksh_arrays; . '$T/script'; autoload -Uz compinit; compinit -u -d '$T/alice/dump'; __pchat_compdef; echo \${_comps[pchat]}"
	is "$out" "_pchat" "zsh: before compinit, and with ksh_arrays"
fi
run alice pchat shellinit tcsh
exits 2 "shellinit: another shell is a mistake"

finish
