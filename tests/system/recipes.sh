#!/bin/bash
# The recipes of docs/RECIPES.md, taken from the page and run as they are written.
. "${0%/*}/lib.sh"

# The code of a recipe, in a file; what differs in a test (the daemon's socket) is replaced.
tried=()
recipe() { # NAME
	tried+=("$1")
	awk -v name="<!-- recipe: $1 -->" '$0 == name { on = 1; next } on && /^```/ { if (code) exit; code = 1; next } code' \
		"$SRCDIR/docs/RECIPES.md" | sed "s|/run/pchat/pchat.sock|$PCHAT_SOCKET|" >"$T/$1.sh"
	chmod 0644 "$T/$1.sh"
	[ -s "$T/$1.sh" ] || ok 1 "there is a recipe '$1'"
}

# A program of the user's that leaves its mark.
program() { # USER NAME LINE...
	local file=$T/$1/$2
	shift 2
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod 0755 "$file"
}

# Each block of code on the page has a name before it, by which it is tried here, or is one of those in "Staying logged in".
is "$(awk '/^```./ && before !~ /^<!-- recipe: [a-z-]+ -->$/ { print FNR ": " $0 } { before = $0 }' "$SRCDIR/docs/RECIPES.md")" "" \
	"each block of code has a name before it"
is "$(awk '/^    / && !on { n++ } { on = /^    / } END { print n }' "$SRCDIR/docs/RECIPES.md")" 2 "and there are two without a fence"
while read -r name; do
	grep -q "^[[:space:]]*recipe $name\$" "$0"
	ok $? "recipe '$name' is run"
done < <(sed -n 's/^<!-- recipe: \(.*\) -->$/\1/p' "$SRCDIR/docs/RECIPES.md")

start_daemon
login alice bob

# -------------------------------------------------------------------------- ask
program alice deploy 'touch deployed'
for answer in n y; do
	recipe ask
	spawn asking alice sh "$T/ask.sh"
	wait_until has_unread bob 1
	run bob pchat read --raw
	is "$out" "deploy release 7 now? [y/n]" "bob is asked"
	run bob pchat send "$answer"
	reap asking
	[ "$answer" = y ] || { [ ! -e "$T/alice/deployed" ]; ok $? "'n' deploys nothing"; }
done
exits 0 "'y' deploys"
[ -e "$T/alice/deployed" ]
ok $? "and it is deployed"
run alice pchat leave
run alice pchat read
run bob pchat read

# ------------------------------------------------------------------------ build
program alice make 'echo compiling; echo "it failed"; exit 2'
recipe build
run alice env "PATH=$T/alice:$PATH" sh "$T/build.sh"
exits 0 "the message is delivered"
run bob pchat read --raw
is "$out" $'make has ended with status 2\ncompiling\nit failed' "bob learns how the build ended"
run alice pchat -s builder status
exits 3 "and the builder's session is gone"

# ------------------------------------------------------------------------- cron
run bob pchat read
program alice backup 'echo copying; echo "no room left"; exit 1'
recipe cron
run alice env -i "HOME=$T/alice" "PATH=$T/alice:$PATH" "PCHAT_EXEC_PATH=$PCHAT_EXEC_PATH" "PCHAT_SOCKET=$PCHAT_SOCKET" \
	sh -c 'cd && pchat status; exec sh "$0"' "$T/cron.sh"
like "$err" "not logged in.*XDG_RUNTIME_DIR" "a job does not find the session of a terminal, and is told why"
run bob pchat read --raw
is "$out" $'copying\nno room left' "bob learns what the job has to say"
sed 's/to bob --wait=3600/to nobody/' "$T/cron.sh" >"$T/undelivered.sh"
run alice env "PATH=$T/alice:$PATH" sh "$T/undelivered.sh"
exits 5 "a job whose message was not delivered exits with that"
sed 's/to bob --wait=600/to nobody/' "$T/build.sh" >"$T/undelivered.sh"
run alice env "PATH=$T/alice:$PATH" sh "$T/undelivered.sh"
exits 5 "so does a build"

# ---------------------------------------------------------------- staying logged in
# systemd's programs are stood for by ones that do what is asked of them here.
mkdir -m 0755 "$T/alice/bin"
program alice bin/loginctl '[ "$*" = "enable-linger alice" ]'
program alice bin/systemd-run 'while [ "${1#-}" != "$1" ]; do [ "$1" != -p ] || shift; shift; done' 'exec "$@"'
in_bin=(env "PATH=$T/alice/bin:$PATH")
run alice "${in_bin[@]}" sh -c "$(sed -n 's/^    \(loginctl \)/\1/p' "$SRCDIR/docs/RECIPES.md")"
exits 0 "an account lingers"
run alice pchat quit
run alice "${in_bin[@]}" sh -c "$(sed -n 's/.*`\(systemd-run [^`]*\)`.*/\1/p' "$SRCDIR/docs/RECIPES.md")"
exits 0 "a session is begun as a service"
run alice pchat status
exits 0 "and is there"
add_user bot
unit_says() { # SETTING
	sed -n "s/^    $1=//p" "$SRCDIR/docs/RECIPES.md" |
		sed "s|/usr/bin/pchat|pchat|; s|=/run/bot|=$T/bot/run|; s|=/var/lib/bot|=$T/bot/state|"
}
# shellcheck disable=SC2046 # words
run bot env $(unit_says Environment) $(unit_says ExecStart)
exits 0 "a service logs in"
run bot pchat status --json
is "$(jq -r .name <<<"$out")" bot "under its name"
# shellcheck disable=SC2046
run bot env $(unit_says Environment) $(unit_says ExecStop)
exits 0 "and quits when it is stopped"
run bot pchat status
exits 3 "so that nothing is left"

# -------------------------------------------------------------------------- bot
recipe bot
spawn bot alice sh "$T/bot.sh"
is_online() { (as bob pchat who) 2>/dev/null | grep -q "^$1 "; }
wait_until is_online timebot
run bob pchat to timebot
run bob pchat ask --timeout $PATIENCE load
like "$out" '^[0-9.]+ [0-9.]+ ' "the bot answers"
run bob pchat ask --timeout $PATIENCE nonsense
is "$out" "I know: time, load" "and says what it knows"
run alice pchat -s timebot quit
reap bot
run bob pchat read

# -------------------------------------------------------------- agents and a person
# Alice's writer, bob's reviewer, and carol.
add_user carol
recipe agents-find
recipe agents-review
spawn finding alice sh "$T/agents-find.sh"
wait_until is_online writer
! is_gone "${pid_of[finding]}"
ok $? "an agent waits for the other one"
spawn reviewing bob sh "$T/agents-review.sh"
reap finding
exits 0 "they find each other"
like "$out" '^reviewer is there, as [^,]*, uid '"${uid_of[bob]}\$" "and who it is"
sed 's/tries=60/tries=1/; s/"reviewer"/"nobody"/' "$T/agents-find.sh" >"$T/nobody.sh"
run alice sh "$T/nobody.sh"
exits 124 "but the wait has an end"

recipe agents-tell
run alice sh "$T/agents-tell.sh"
is "$out" delivered "an agent is told something"
run bob pchat -s reviewer read --notes --raw
is "$out" "the parser is done, tests are green" "which it reads"
sed 's/ reviewer / nobody-here /' "$T/agents-tell.sh" >"$T/nobody.sh"
run alice sh "$T/nobody.sh"
is "$out" "not delivered" "nothing is told to nobody"

recipe agents-patch
printf '%s\n' one two three >"$T/bob/file"
printf '%s\n' '--- file' '+++ file' '@@ -1,3 +1,3 @@' ' one' '-two' '+2' ' three' >"$T/alice/change.patch"
is_root && chown "${uid_of[bob]}" "$T/bob/file"
if command -v patch >/dev/null; then
	run alice sh "$T/agents-patch.sh"
	exits 0 "a patch is handed over, and accepted"
	cmp -s "$T/alice/change.patch" <(head -n 7 "$T/bob/change.patch")
	ok $? "as it was"
	printf '%s\n' one three >"$T/bob/file"
	run alice sh "$T/agents-patch.sh"
	exits 1 "one that does not fit is refused"
	like "$out" "FAILED" "and it is told why"
else
	skip "it takes patch" "a patch is handed over"
fi
# Where the question was not even sent in that time it is asked anew, with more.
program bob review "while [ -e $T/busy ]; do sleep 0.1; done"
: >"$T/busy"
for ((limit = SLOW; limit <= 64 * SLOW; limit *= 4)); do
	sed "s/ask --to/ask --timeout $limit --to/; s/--timeout 600//" "$T/agents-patch.sh" >"$T/late.sh"
	run alice sh "$T/late.sh"
	[ "$out" = "no answer: status 124" ] || break
done
exits 1 "a reviewer that says nothing is not waited for"
is "$out" "no answer: status 1" "and it is told so"
rm "$T/busy"

recipe agents-person
run alice sh "$T/agents-person.sh"
exits 1 "a person who is not there has not agreed"
login carol
for answer in n y; do
	spawn asking alice sh "$T/agents-person.sh"
	wait_until has_unread carol 1
	run carol pchat read --raw
	is "$out" "merge the parser? [y/n]" "a person is asked"
	run carol pchat send "$answer"
	reap asking
	is "$status" "$([ $answer = y ] && echo 0 || echo 1)" "and what she says counts: $answer"
	run carol pchat read
done
run bob pchat -s reviewer quit
reap reviewing
run alice pchat -s writer quit

# -------------------------------------------------------------------------- log
printf 'line %s\n' 1 2 3 >"$T/alice/app.log"
is_root && chown "${uid_of[alice]}" "$T/alice/app.log"
recipe log
spawn log alice env PCHAT_SESSION=alice sh "$T/log.sh"
wait_until has_unread bob 3
ok $? "bob gets the lines of the log"
echo 'line 4' >>"$T/alice/app.log"
wait_until has_unread bob 4
ok $? "and those that are written later"
run bob pchat leave
reap log
exits 8 "when bob leaves it ends"
run bob pchat read
run alice pchat read

# ----------------------------------------------------------------------- filter
recipe filter
run alice sh "$T/filter.sh"
exits 0 "lines are said"
run bob pchat read --raw
is "$out" $'the numbers of today:\n17\n4' "and arrive"
run alice pchat leave

# -------------------------------------------------------------------------- ssh
is "$(printf '%s\n' "${tried[@]}" ssh | sort -u)" "$(sed -n 's/^<!-- recipe: \(.*\) -->$/\1/p' "$SRCDIR/docs/RECIPES.md" | sort)" \
	"each recipe of the page is tried here"
if ! command -v sshd >/dev/null || ! command -v ssh >/dev/null || ! is_root; then
	skip "it takes sshd, ssh and root" "chat across hosts"
	finish
fi
remote=nobody
mkdir -p /run/sshd
mkdir -m 0700 "$T/far" "$T/far/run" "$T/far/state"
ssh-keygen -q -t ed25519 -N '' -f "$T/host_key" && ssh-keygen -q -t ed25519 -N '' -f "$T/user_key"
install -m 0644 "$T/user_key.pub" "$T/authorized_keys"
port=$((20000 + $$ % 20000))
cat >"$T/sshd_config" <<-CONFIG
	Port $port
	ListenAddress 127.0.0.1
	HostKey $T/host_key
	PidFile none
	UsePAM no
	StrictModes no
	PasswordAuthentication no
	AuthorizedKeysFile $T/authorized_keys
	AllowStreamLocalForwarding yes
CONFIG
cat >"$T/ssh_config" <<-CONFIG
	Host host.example
	HostName 127.0.0.1
	Port $port
	User $remote
	IdentityFile $T/user_key
	IdentitiesOnly yes
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
CONFIG
mkdir "$T/bin"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$T/ssh_config" >"$T/bin/ssh"
chmod 0755 "$T/bin" "$T/bin/ssh"
spawn sshd root "$(command -v sshd)" -D -e -f "$T/sshd_config"
listens() { has_line "$T/sshd.err" 'Server listening'; }
if ! wait_until listens; then
	skip "sshd does not start here: $(tail -n 1 "$T/sshd.err")" "chat across hosts"
	finish
fi
recipe ssh
far=(env "PATH=$T/bin:$PATH" "HOME=$T/far" "XDG_RUNTIME_DIR=$T/far/run" "XDG_STATE_HOME=$T/far/state")
run root "${far[@]}" sh "$T/ssh.sh"
exits 0 "a chat through a forwarded socket"
run bob pchat read
like "$out" 'traveller: greetings from afar' "the message arrives"
run bob pchat who --json
is "$(jq -r 'select(.name == "traveller") | .account' <<<"$out")" "$remote" "from the account that ssh has authenticated"
run root "${far[@]}" "PCHAT_SOCKET=$T/far/run/pchat-far.sock" pchat quit
exits 0 "and it can quit"
# The socket of an ssh that was killed is left behind.
kill_ssh() { wait_until pkill -KILL -f "^$(command -v ssh) -F $T/ssh_config"; }
kill_ssh
[ -S "$T/far/run/pchat-far.sock" ]
ok $? "a socket that a killed ssh left behind"
run bob pchat read
run root "${far[@]}" sh "$T/ssh.sh"
exits 0 "does not keep the recipe from working again"
run bob pchat read
like "$out" 'traveller: greetings from afar' "which brings the message once more"
# And with a session that lives: ssh alone is run again.
kill_ssh
sed '/^pchat /d' "$T/ssh.sh" >"$T/again.sh"
run root "${far[@]}" sh "$T/again.sh"
exits 0 "ssh dies under a session, and is run again"
run root "${far[@]}" "PCHAT_SOCKET=$T/far/run/pchat-far.sock" pchat --timeout $PATIENCE send "still here"
exits 0 "the session goes on"
run bob pchat read --raw
is "$out" "still here" "with its pair"
run root "${far[@]}" "PCHAT_SOCKET=$T/far/run/pchat-far.sock" pchat quit
exits 0 "and ends"
finish
