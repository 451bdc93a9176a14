# bash completion: with the bash-completion package and without; by pressing Tab; and nothing is ever evaluated.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
login alice bob Bea carol
run alice pchat login second
run carol pchat to alice
run alice pchat -s alice block mallory
run alice pchat -s alice block @staff
far=$T/alice/state/pchat/via/lab.example # as login --via leaves it
run alice mkdir -p "$far" "$T/alice/state/pchat/via/none.example/empty"
run alice cp -a "$T/alice/state/pchat/alice" "$far/"
file=$T/pchat.bash
cp "$SRCDIR/completions/pchat.bash" "$file"
package=/usr/share/bash-completion/bash_completion

# complete_line SETUP WORD...: what is offered for the last word, as lines.
cat >"$T/complete" <<'EOF'
setup=$1
shift
eval "$setup"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_pchat 2>"$T/stderr"
printf '%s\n' "${COMPREPLY[@]}"
EOF
export T PCHAT_SESSION=alice

offers() { # WANTED NAME WORD...
	local wanted=$1 name=$2 tries
	shift 2
	run alice bash --norc "$T/complete" "$setup" "$@"
	# What takes too long is not offered.
	for ((tries = 0; tries < 20 * SLOW; tries++)); do
		{ [ -z "$out" ] && [ "$wanted" != " " ]; } || break
		run alice bash --norc "$T/complete" "$setup" "$@"
	done
	is "$(sort <<<"$out" | tr '\n' ' ')" "$wanted" "$how: $name"
}

tests_of_offers() {
	offers "send " "commands" pchat se
	offers "quit " "after an option of ours" pchat -q qu
	offers "carol " "users for to" pchat to c
	offers "Bea bob " "whatever their case" pchat to b
	offers "bob " "users for send --to" pchat send --to bo
	offers "bob " "also as --to=" pchat send --to = bo
	offers "Bea bob carol second " "also after the =" pchat send --to =
	offers "carol " "users for ask --to" pchat ask --to ca
	offers "alice second " "own sessions for -s" pchat -s ""
	offers "second " "and for --session" pchat --session se
	offers "alice " "who is there depends on the session" pchat -s second to a
	offers "--peek " "options of the command" pchat read --pe
	offers "--session --socket " "and of every command" pchat to bob --s
	offers "always auto " "what an option knows" pchat --color a
	offers " " "nothing behind the operands" pchat to bob ""
	offers "alice second " "operands behind the value of an option" pchat login --max-unread 5 ""
	offers " " "nothing for a value that nobody can know" pchat notes --cancel ""
	offers " " "nothing for text" pchat send ""
	offers " " "nothing after --" pchat send -- se
	offers "@root " "groups for block, whole" pchat block @roo
	offers "@root " "where bash cuts at the @, which it leaves to us" pchat block @ roo
	offers "@root " "and for allow" pchat allow @roo
	offers "@staff mallory " "rules for unblock" pchat unblock ""
	offers "@staff " "those of groups too" pchat unblock @ st
	offers "alice second " "own inboxes for login" pchat login ""
	offers "alice " "and for history" pchat history a
	offers "alice lab.example/alice second " "history -s: every inbox, also of sessions at other hosts" \
		pchat history -s ""
	offers "lab.example/alice " "history --session=" pchat history --session = lab
	offers "carol " "inside of double quotes" pchat to '"c'
	offers "carol " "and of single ones" pchat to "'c"
	mkdir -p "$T/alice/files"
	: >"$T/alice/files/notes.txt"
	offers "files/notes.txt " "files for send -f" pchat send -f files/no
	offers " " "but for read -f, which takes none" pchat read -f files/no
	is "$(cat "$T/stderr")" "" "$how: in silence"
}

: >"$T/stderr"
chmod 0666 "$T/stderr"
how="bash alone" setup=". '$file'"
tests_of_offers
if [ -r "$package" ]; then
	how="bash-completion" setup=". $package; . '$file'"
	tests_of_offers
	mkdir -p "$T/share/bash-completion/completions"
	cp "$file" "$T/share/bash-completion/completions/pchat"
	run alice env XDG_DATA_DIRS="$T/share" bash --norc -c ". $package; _completion_loader pchat; complete -p pchat"
	is "$out" "complete -F _pchat pchat" "bash-completion finds it where it is installed"
else
	skip "the package bash-completion is missing" "bash-completion: all of it"
fi

how="bash alone" setup=". '$file'"
run carol pchat login ann@example.org
offers "ann@example.org " "a name with an @, whole" pchat to an
setup="COMP_LINE='pchat to ann@ex'; . '$file'"
offers "@example.org " "and where bash cuts it" pchat to ann @ ex
setup="COMP_LINE='pchat send --to ann@ex'; . '$file'"
offers "@example.org " "also as the value of an option" pchat send --to ann @ ex
setup="COMP_LINE='pchat send --to=ann@ex'; . '$file'"
offers "@example.org " "behind a =" pchat send --to = ann @ ex
run carol pchat -s ann@example.org quit

# --------------------------------------------------------- nothing is evaluated

# A program, and a user, that would like commands to be run.
mkdir -m 0755 "$T/evil"
cat >"$T/evil/pchat" <<EOF
#!/bin/sh
printf '%s\tx\n' '\$(touch $T/alice/evil-1)' '\`touch $T/alice/evil-2\`' ';touch $T/alice/evil-3;' 'a b' "q'uote" '*' 'bob'
EOF
chmod 0755 "$T/evil/pchat"

harmless() { # NAME
	local found
	found=$(find "$T/alice" -name 'evil-*')
	is "$found" "" "$how: $1"
	rm -f "$T"/alice/evil-*
}

for how in "bash alone" "bash-completion"; do
	setup="PATH=$T/evil:\$PATH; . '$file'"
	[ "$how" = "bash alone" ] || setup=". $package; $setup"
	[ "$how" = "bash alone" ] || [ -r "$package" ] || continue
	offers "bob " "good names are offered" pchat to bo
	harmless "a name that is a command is not run"
	run alice bash --norc "$T/complete" "$setup; check() { eval \"printf '%s\n' \$*\"; }; trap 'check \"\${COMPREPLY[@]}\"' EXIT" pchat to ""
	harmless "not even when the whole line is run: it is quoted"
	like "$out" 'touch' "$how: where it stands as a word"
	# shellcheck disable=SC2016 # that is the point
	for typed in '$(touch evil-4)' '`touch evil-5`' ';touch evil-6' "'" '"' '*' "\\" '~root'; do
		run alice bash --norc "$T/complete" "$setup" pchat to "$typed"
		run alice bash --norc "$T/complete" "$setup" pchat send --to "$typed" ""
		run alice bash --norc "$T/complete" "$setup" pchat -s "$typed" to ""
		run alice bash --norc "$T/complete" "$setup" "$typed" to ""
	done
	harmless "nor what was typed"
done
grep -v '^[[:space:]]*#' "$file" | grep -nE 'compgen[^|]*-W|eval'
[ $? -eq 1 ]
ok $? "no compgen -W, no eval"

# ----------------------------------------------------------------- pressing Tab

users_are_told() {
	[ -n "$( (as alice pchat __complete users))" ]
}

# An interactive bash on a terminal of its own.
if command -v script >/dev/null; then
	for how in "bash alone" "bash-completion"; do
		setup=". '$file'"
		[ "$how" = "bash alone" ] || setup=". $package; $setup"
		[ "$how" = "bash alone" ] || [ -r "$package" ] || continue
		mkfifo "$T/keys"
		: >"$T/screen.out"
		spawn screen alice bash -c 'exec script -qfc "bash --norc --noprofile -i" /dev/null <"$1"' - "$T/keys"
		exec 7>"$T/keys"
		# So many questions in so short a time: the daemon makes us wait.
		wait_until users_are_told
		printf 'PS1=rea""dy-; bind "set enable-bracketed-paste off"; %s\r' "$setup" >&7
		wait_until has_line "$T/screen.out" 'ready-'
		printf 'echo pchat; pchat to bo\t\002\001#\r' >&7
		wait_until has_line "$T/screen.out" 'to bob'
		ok $? "$how: Tab completes a name on a terminal" "$(cat "$T/screen.out")"
		printf 'exit\r' >&7
		exec 7>&-
		reap screen
		rm "$T/keys"
	done
else
	skip "script(1) is missing" "pressing Tab"
fi

# ---------------------------------------------------- those that begin so

login bobby
wait_until users_are_told
run alice pchat __complete names BO
is "$out" $'bob\nbobby' "the program picks who begins so, whatever the case"
run alice pchat __complete names ""
is "$out" $'Bea\nbob\nbobby\ncarol\nsecond' "without a beginning everybody but oneself, in order"
run alice pchat __complete users car
is "$(cut -f1 <<<"$out")" carol "with descriptions, too"
run alice pchat __complete names ob
is "$out" "" "the middle of a name is no beginning"
setup=". '$file'"
offers "bob bobby " "a shell offers those" pchat to BO
offers " " "and nobody else" pchat to ob
# Another program of that name that does not pick: what it says is looked through here.
mkdir -m 0755 "$T/unpicked"
printf '#!/bin/sh\nprintf "%%s\\n" ann bob zoe\n' >"$T/unpicked/pchat"
chmod 0755 "$T/unpicked/pchat"
setup="PATH=$T/unpicked:\$PATH; . '$file'"
offers "bob " "what a program has not picked is not offered" pchat to bo

# ------------------------------------------------------- never starts, never waits

run alice pchat -s second quit
kill -KILL "$(helper_pid alice alice)"
run alice pchat __complete users
exits 0 "users of a session whose helper is dead: silence"
is "$out$err" "" "and nothing said"
! helper_pid alice alice >/dev/null
ok $? "and nothing was started"
run alice pchat __complete sessions
is "$(cut -f1 <<<"$out")" alice "the session is offered still"
add_user dave
run dave env -u PCHAT_SESSION pchat __complete users
exits 0 "not logged in: silence"
helper=$(helper_pid bob)
kill -STOP "$helper"
before=$(date +%s%N)
run bob env -u PCHAT_SESSION pchat __complete users
took=$((($(date +%s%N) - before) / 1000000))
kill -CONT "$helper"
is "$out" "" "a helper that does not answer: silence"
sanitized || [ "$status" -eq 0 ] # a process that is cut off in time has leaks to report
ok $? "which is no failure" "$status"
[ "$took" -lt $((3000 * SLOW)) ]
ok $? "and it is not waited for" "$took ms"

finish
