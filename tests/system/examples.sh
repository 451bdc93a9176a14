#!/bin/bash
# The examples of the manual pages, as mandoc renders them, and of the README: each is taken from the page, run as it
# stands, and does what it is there for. An example that is not known here is a failure. (docs/RECIPES.md: recipes.sh.)
. "${0%/*}/lib.sh"
command -v mandoc >/dev/null || skip_all "mandoc is not installed"
command -v jq >/dev/null || skip_all "jq is not installed"

start_daemon
login alice bob
run alice pchat quit
run bob pchat quit

# A program of alice's that stands for one that a test cannot have.
program() { # NAME LINE...
	local file=$T/alice/bin/$1
	shift
	mkdir -p "$T/alice/bin"
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod -R a+rX "$T/alice/bin"
	chmod 0755 "$file"
}
program make 'for line in 1 2 3 4 5 6 7; do echo "line $line"; done; exit 2'
program tail 'if [ "$1" = -F ]; then printf "first\n\nsecond\n"; else exec /usr/bin/tail "$@"; fi'
printf '#!/bin/sh\ntouch "$HOME/deployed"\n' >"$T/alice/deploy"
chmod 0755 "$T/alice/deploy"

in_shell() { # COMMAND: of alice's, with her programs
	run alice env "PATH=$T/alice/bin:$PATH" bash -c "$1"
}

meanwhile() { # COMMAND
	spawn example alice env "PATH=$T/alice/bin:$PATH" bash -c "$1"
}

bob_reads() { # TEXT NAME
	run bob pchat read --raw
	is "$out" "$1" "$2"
}

answer_to_alice() { # TEXT
	wait_until has_unread bob 1
	run bob pchat read
	run bob pchat send -- "$1"
	reap example
}

paired() {
	run bob pchat login --if-needed bob
	run alice pchat login --if-needed alice
	run alice pchat to bob
	run alice pchat read
	run bob pchat read
}

# try USER COMMAND: runs an example, and sees that it did what it says.
try() {
	local user=$1 command=$2 n
	case $command in
	'pchat login alice' | 'pchat login bob')
		run "$user" bash -c "$command"
		exits 0 "$page: $command"
		;;
	'pchat quit')
		in_shell "$command"
		exits 0 "$page: $command"
		;;
	'pchat to bob')
		[ "$(partner_of alice)" != null ] || run bob pchat login --if-needed bob
		in_shell "$command"
		exits 0 "$page: $command"
		is "$(partner_of alice)" bob "they are paired"
		;;
	'pchat send "lunch?"')
		in_shell "$command"
		exits 0 "$page: $command"
		;;
	'pchat read')
		run "$user" bash -c "$command"
		exits 0 "$page: $command"
		like "$out" 'alice: lunch\?' "it shows the message"
		;;
	'make 2>&1 | tail -5 | pchat send')
		in_shell "$command"
		exits 0 "$page: $command"
		bob_reads $'line 3\nline 4\nline 5\nline 6\nline 7' "the end of what make says arrives"
		;;
	'make; pchat tell bob "build: exit status $?"')
		in_shell "$command"
		exits 0 "$page: $command"
		run bob pchat read --raw --notes
		is "$out" "build: exit status 2" "a note says how it ended"
		;;
	'ans=$(pchat ask "deploy now? [y/n]")')
		meanwhile "$command; echo \"\$ans\""
		answer_to_alice y
		is "$out" y "$page: $command"
		;;
	'[ "$(pchat ask --timeout 60 '"'deploy now? [y/n]'"')" = y ] && ./deploy')
		for n in n y; do
			rm -f "$T/alice/deployed"
			meanwhile "$command"
			answer_to_alice $n
			[ -e "$T/alice/deployed" ]
			is $? "$([ $n = y ]; echo $?)" "$page: $command, answered $n"
		done
		;;
	'tail -F /var/log/syslog | grep --line-buffered . | pchat send -l')
		in_shell "$command"
		exits 0 "$page: $command"
		bob_reads $'first\nsecond' "each line but the empty one arrives"
		;;
	'pchat read -f --json | jq -r '*)
		meanwhile "$command"
		run bob pchat send "hello"
		wait_until has_unread alice 0
		run alice pchat quit
		reap example
		like "$out" '(^|: )hello$' "$page: $command"
		paired
		;;
	'id=$(od '*'until pchat send --id "$id" "backup finished"; do'*)
		in_shell "$command"
		exits 0 "$page: an unconfirmed message is repeated"
		bob_reads "backup finished" "it arrives once"
		;;
	'pchat login bot'*'while line=$(pchat -s bot read --wait -n 1 --raw); do'*)
		meanwhile "$command"
		wait_until state_is alice bot free
		run bob pchat to bot
		run bob pchat ask "hello"
		is "$out" "you said: hello" "$page: a bot answers"
		run alice pchat -s bot quit
		reap example
		run alice pchat to bob
		;;
	'{"error":'*) # its shape, as an error has it
		run "$user" pchat login carol
		run "$user" pchat --json to nobody-of-that-name
		is "$(jq -c '.error.message = "..."' <<<"$err")" "$command" "$page: an error as JSON"
		run "$user" pchat quit
		;;
	'[Service]'*) # what it opens is closed in the unit
		while IFS= read -r n; do
			grep -q "^${n%%=*}=" "$SRCDIR/systemd/pchatd.service.in"
			ok $? "$page: ${n%%=*} is a setting of the unit"
		done <<<"${command#*$'\n'}"
		;;
	'./bootstrap try' | './bootstrap check')
		grep -Eq "^${command#* }\)" "$SRCDIR/bootstrap"
		ok $? "$page: $command: it knows the word (tests/hosts/fresh.sh runs it)"
		;;
	'./bootstrap'*'../configure '*) # tests/hosts/host.sh does the rest, where there is systemd
		while IFS= read -r n; do
			"$SRCDIR/configure" --help | grep -q -- " $n"
			ok $? "$page: configure knows $n"
		done < <(grep -o -- '--[a-z-]*' <<<"$command" | grep -v -- '--now')
		;;
	'pchat [OPTION]... COMMAND [ARGUMENT]...')
		run "$user" pchat --help
		like "$out" "pchat \[OPTION\]\.\.\. COMMAND \[ARGUMENT\]\.\.\." "$page: $command"
		;;
	'journalctl -u pchatd -p err' | 'systemctl daemon-reload' | 'systemctl restart pchatd.service')
		[ -e "$SRCDIR/systemd/pchatd.service.in" ]
		ok $? "$page: $command: there is such a unit"
		;;
	'pchatd --detach'*)
		n=$(LC_ALL=C tr -dc "[:lower:]" <<<"$command")
		# shellcheck disable=SC2016 # for the other shell
		run root bash -c "exec ${command/staff/$(id -g)} --socket '$T/$n.sock' --state '$T/$n'"
		exits 0 "$page: $command"
		[ -S "$T/$n.sock" ]
		ok $? "it listens when it returns"
		;;
	'pchatd --socket /tmp/mine.sock --state ~/mine --detach' | 'pchat --socket /tmp/mine.sock login alice')
		in_shell "${command//\/tmp\/mine.sock/$T/alice/mine.sock}"
		exits 0 "$page: $command"
		;;
	*) ok 1 "$page: no test knows this example" "$command" ;;
	esac
}

state_is() { # USER SESSION STATE
	[ "$(json_says "$(as "$1" pchat -s "$2" status --json 2>/dev/null)" state)" = "$3" ]
}

# examples: of the literal blocks on standard input, "USER<TAB>COMMAND" for each command, NUL between them. A prompt begins one:
# "$ ", "# ", "alice$ "; in two columns the right one is bob's. What stands beneath is its output, or goes on with it. A block
# without prompts is one command.
examples() {
	awk '
		function flush() { if (command != "") printf "%s\t%s%c", user, command, 0; command = "" }
		function take(text,    at) {
			while (match(text, /   +(bob)?\$ /)) { # the right column
				at = RSTART
				right = substr(text, at); sub(/^ +(bob)?\$ /, "", right)
				text = substr(text, 1, at - 1)
			}
			sub(/ +$/, "", text)
			return text
		}
		/^ *$/ { flush(); prompts = 0; next }
		{ right = ""; sub(/^ +/, indent = "") }
		/^(alice)?[$#] / {
			flush(); prompts = 1; user = "alice"
			sub(/^(alice)?[$#] /, "")
			command = take($0)
			if (right != "") { flush(); user = "bob"; command = right; flush() }
			next
		}
		prompts && command ~ /(&&|\||\\)$/ { command = command " " $0; next }
		prompts { next }
		command != "" { command = command "\n" $0; next }
		{ user = "alice"; command = $0 }
		END { flush() }'
}

try_all() { # NAME: of the examples on standard input
	local user command count=0
	page=$1
	while IFS=$'\t' read -r -d '' user command; do
		count=$((count + 1))
		try "$user" "$command" </dev/null
	done < <(examples)
	[ $count -gt 0 ]
	ok $? "$page has examples: $count"
}

# The literal blocks of a manual page, as a reader sees them: they stand farther in than the text.
blocks_of_manual() { # PAGE
	mandoc -T ascii "$SRCDIR/man/$1" | col -bx | awk '
		/^ *[{]"error"/ { print; print ""; on = 0; next }
		/^EXAMPLES/ { all = 1 } /^[A-Z]/ && !/^EXAMPLES/ { all = 0 }
		/^          / && (all || /^ +([$#] |\[Service\])/ || on) { print; on = 1; next }
		{ print ""; on = 0 }'
}

try_all "pchat(1)" < <(blocks_of_manual pchat.1)
run alice pchat quit
run bob pchat quit
blocks_of_readme() { # HEADING NEXT
	sed -n "/^## $1/,/^## $2/p" "$SRCDIR/README.md" | awk '/^    / { print; next } { print "" }'
}
try_all "README, Quick start" < <(blocks_of_readme "Quick start" "A conversation" | sed 's/^    /    $ /')
try_all "README, A conversation" < <(blocks_of_readme "A conversation" Installing)
try_all "README, Installing" < <(blocks_of_readme Installing Where)
try_all "README, Commands" < <(blocks_of_readme Commands Exit)
paired
try_all "README, In scripts" < <(blocks_of_readme "In scripts" Files)
# All blocks of the README are in one of these, but the picture of how it works.
is "$(grep -c '^    ' "$SRCDIR/README.md")" "$({
	for n in 'Quick start/A conversation' 'A conversation/Installing' Installing/Where Commands/Exit 'In scripts/Files' \
		'How it works/How to'; do
		blocks_of_readme "${n%/*}" "${n#*/}"
	done
} | grep -c '^    ')" "no example of the README stands elsewhere"
run alice pchat quit
try_all "pchatd(8)" < <(blocks_of_manual pchatd.8)
finish
