#!/bin/bash
# A name in each script, from login to completion (R2): chats, records, JSON, the folders of an inbox, prompts, rules, what
# hooks and commands find in their environment, a registry that outlives its daemon, and Tab in the shells themselves.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

under_valgrind && skip_all "so many helpers take hours there"
start_daemon --max-sessions-per-user 64
login alice
add_user bob

names=(小明 はなこ 지민 Élan Дмитрий Ξένια مریم שרה दिमा সুমি தமிழ் తెలుగు ਪੰਜਾਬ සිරි สมชาย မောင် ខ្មែរ Արամ გიორგი አበበ
	alice@example.org)

# --------------------------------------------------------------------- all that a name meets
for name in "${names[@]}"; do
	run bob pchat login "$name"
	exits 0 "$name logs in"
	run alice pchat to "$name"
	exits 0 "$name: somebody begins a chat"
	run bob pchat -s "$name" send "from $name"
	run alice pchat read --json
	is "$(jq -r 'select(.type == "message") | .from + ": " + .text' <<<"$out")" "$name: from $name" "$name: JSON has the sender"
	run alice pchat history "$name"
	like "$out" "\] $name: from $name" "$name: and the history of that name"
done

# Of some scripts: the rest of the commands.
some=(小明 Дмитрий مریم दिमा สมชาย)
for name in "${some[@]}"; do
	run alice pchat to "$name"
	prompt_is alice "$name" "$name: is in the prompt"
	run alice pchat send --to "$name" "to you"
	exits 0 "$name: is sent a message"
	run bob pchat -s "$name" read
	like "$out" "\] alice: to you" "$name: reads it"
	run bob pchat -s "$name" send "in clear"
	run alice pchat read
	like "$out" "\] $name: in clear" "$name: is in a record"
	run bob pchat history -s "$name"
	like "$out" "\] $name to alice: in clear" "$name: and in the own history"
	run alice pchat with "$name" -- sh -c 'echo "$PCHAT_PARTNER"'
	is "$out" "$name" "$name: a command finds it in its environment"
	run alice pchat block "$name"
	run alice pchat block
	like "$out" "$name" "$name: is blocked"
	run alice pchat __complete rules
	like "$out" "^$name"$'\t' "$name: and completed for unblock"
	run alice pchat unblock "$name"
	exits 0 "$name: the rule is removed"
	run bob pchat __complete sessions
	like $'\n'"$out" $'\n'"$name"$'\t' "$name: is completed as one's own session"
done

# ------------------------------------------------------------------- folders, the wire, the registry
for name in "${names[@]}"; do
	[ -d "$T/bob/state/pchat/${name,,}" ] || [ -d "$T/bob/state/pchat/$name" ]
	ok $? "$name: has a folder of that name" "$(ls "$T/bob/state/pchat")"
done
online() { # USER
	(as "$1" pchat who --json) | jq -r 'select(.name != "alice") | .name' | sort
}
everybody=$(printf '%s\n' "${names[@]}" | sort)
is "$(online alice)" "$everybody" "all of them are online"
stop_daemon KILL
start_daemon --max-sessions-per-user 64
wait_until daemon_is alice connected
run alice pchat who --json
is "$(jq -r 'select(.name != "alice") | .name' <<<"$out" | sort)" "$everybody" "and are so after the daemon was killed"
connected() {
	for name in "${names[@]}"; do
		[ "$(json_says "$(as bob pchat -s "$name" status --json)" daemon)" = connected ] || return 1
	done
}
wait_until connected
ok $? "each of them comes back"

# ------------------------------------------------------------------------------- a hook of each message
run alice pchat leave
run alice pchat read
# shellcheck disable=SC2016 # the hook's
spawn hook alice pchat on-message -- sh -c 'echo "$PCHAT_FROM" >>from'
for name in "${some[@]}"; do
	run bob pchat -s "$name" to alice
	run bob pchat -s "$name" send "to the hook"
	exits 0 "$name: sends to a hook"
	run bob pchat -s "$name" leave
done
hook_was_told() {
	[ "$(sort "$T/alice/from")" = "$(printf '%s\n' "${some[@]}" | sort)" ]
}
wait_until hook_was_told
ok $? "which finds each name in its environment" "$(cat "$T/alice/from")"

# ------------------------------------------------------------------------------- Tab
# Those that begin as another one would be offered as well.
run bob pchat -s alice@example.org quit
terminal alice 100 30
tab_in() { # SHELL START
	type_keys "clear; $2" Enter
	shows "^$1> *$" "$1: starts"
	for name in "${some[@]}"; do
		type_keys "pchat to ${name:0:1}"
		tab_shows "^$1> pchat to $name *$" "$1: Tab completes $name"
		send_keys C-u
		type_keys clear Enter
		shows "^$1> *$" "$1: goes on"
	done
	type_keys 'clear; exit' Enter
	shows '^\$ *$' "$1: ends"
}
# shellcheck disable=SC2016 # another shell's
printf '%s\n' 'PS1="bash> "' 'eval "$(pchat shellinit bash)"' >"$T/bash.init"
tab_in bash "bash --noprofile --rcfile $T/bash.init -i"
if command -v zsh >/dev/null; then
	mkdir -m 0755 "$T/zsh"
	# shellcheck disable=SC2016
	printf '%s\n' 'PS1="zsh> "; autoload -Uz compinit; compinit -u -D' 'eval "$(pchat shellinit zsh)"' >"$T/zsh/.zshrc"
	tab_in zsh "ZDOTDIR=$T/zsh zsh -d -i"
else
	skip "zsh is missing" "zsh: Tab"
fi
if command -v fish >/dev/null; then
	printf '%s\n' 'function fish_prompt; echo -n "fish> "; end; set fish_greeting' 'pchat shellinit fish | source' >"$T/fish.init"
	tab_in fish "fish --no-config -i -C 'source $T/fish.init'"
else
	skip "fish is missing" "fish: Tab"
fi
finish
