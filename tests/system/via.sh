#!/bin/bash
# Sessions at another host, through a real sshd on loopback: who one is there, what ssh refuses in words, and cuts.
. "${0%/*}/lib.sh"
needs_root
unset SSH_AUTH_SOCK SSH_ASKPASS
sshd=$(command -v sshd || echo /usr/sbin/sshd)
{ [ -x "$sshd" ] && command -v ssh >/dev/null; } || skip_all "it takes ssh and sshd"

# Two accounts of this host that have a shell, or may have one: who logs in there.
far=(nobody daemon)
add_user games # on "this host", with keys for both: ssh serves only those who have an account
add_user news  # has none
mkdir -p /run/sshd
server=$T/server
mkdir -m 0755 "$server"
ssh-keygen -q -t ed25519 -N '' -f "$server/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$T/games/key"
ssh-keygen -q -t ed25519 -N secret -f "$T/games/locked"
cat "$T/games/key.pub" "$T/games/locked.pub" >"$server/authorized_keys"
chmod 0644 "$server/authorized_keys"
port=$((20000 + $$ % 20000))

# sshd_settings ALLOW: its configuration.
sshd_settings() {
	cat >"$server/sshd_config" <<-CONFIG
		Port $port
		ListenAddress ${listen:-127.0.0.1}
		HostKey $server/host_key
		PidFile none
		UsePAM no
		StrictModes no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		AuthorizedKeysFile $server/authorized_keys
		AllowStreamLocalForwarding $1
	CONFIG
}

# client_settings USER KEY: what ssh of that user knows. The name of the host is one of ssh's configuration.
client_settings() {
	cat >"$T/$1/ssh_config" <<-CONFIG
		Host lab.example
		HostName ${listen:-127.0.0.1}
		Port $port
		IdentityFile $2
		IdentitiesOnly yes
		UserKnownHostsFile $T/$1/known
		GlobalKnownHostsFile /dev/null
	CONFIG
	mkdir -p "$T/$1/bin"
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$T/$1/ssh_config" >"$T/$1/bin/ssh"
	chmod 0755 "$T/$1/bin" "$T/$1/bin/ssh"
	chown -R "${uid_of[$1]}" "$T/$1"
}

command_of() { # PID
	tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline"
}

listens() { has_line "$T/sshd.err" 'Server listening'; }
start_sshd() {
	spawn sshd root "$@" "$sshd" -D -e -f "$server/sshd_config"
	wait_until listens || skip_all "sshd does not start here: $(tail -n 1 "$T/sshd.err")"
}

# With the connections that it serves, each of which has processes of its own.
children_of() { # PID...
	local children
	# shellcheck disable=SC2086 # pids
	children=$(pgrep -P "$(IFS=,; echo "$*")") && echo $children && children_of $children
}
stop_sshd() {
	# shellcheck disable=SC2046 # pids
	kill -KILL "${pid_of[sshd]}" $(children_of "${pid_of[sshd]}")
	wait "${pid_of[sshd]}" 2>/dev/null
}

# The ssh of a session: pids.
ssh_of() { # USER
	local pid
	for pid in $(test_processes); do
		[[ $(command_of "$pid") == *"-F $T/$1/ssh_config -N -T"* ]] && echo "$pid"
	done
}
has_ssh() { [ -n "$(ssh_of "$1")" ]; }
has_no_ssh() { [ -z "$(ssh_of "$1")" ]; }

# at USER COMMAND...: run by a user whose ssh is ours, and who knows nothing of the daemon's socket here.
at() {
	local user=$1
	shift
	run "$user" env -u PCHAT_SOCKET "PATH=$T/$user/bin:$PATH" "$@"
}
far_daemon() { # USER HOST/NAME STATE
	at "$1" pchat -s "$2" status --json
	[ "$(json_says "$out" daemon)" = "$3" ]
}

start_daemon
login carol # at the server
sshd_settings yes
start_sshd
client_settings games "$T/games/key"
client_settings news /dev/null
here=lab.example
there=$here:$PCHAT_SOCKET

# ------------------------------------------------------------------ what ssh refuses
at games pchat login --via "${far[0]}@$there" ann
exits 4 "an unknown host key"
like "$err" "host key of '$here' is not known.*ssh ${far[0]}@$here true" "is told, and what to type"
if [ -e "$PCHAT_EXEC_PATH/locale/zh_CN/LC_MESSAGES/pchat.mo" ]; then
	at games env LC_ALL=C.UTF-8 LANGUAGE=zh_CN pchat login --via "${far[0]}@$there" ann
	like "$err" "${here}[^ ]*的主机密钥.*ssh ${far[0]}@$here true" "in the reader's language"
else
	skip "these programs have no translations beside them" "in the reader's language"
fi
has_no_ssh games
ok $? "no ssh is left"
at games pchat -s $here/ann status
exits 3 "nor a session"
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$server/host_key.pub")" >"$T/games/known"
cp "$T/games/known" "$T/news/known"
chown "${uid_of[games]}" "$T/games/known"
chown "${uid_of[news]}" "$T/news/known"

at news pchat login --via "${far[0]}@$there" ann
exits 4 "without a key"
like "$err" "ssh-add" "it is told what to type"

for bad in -oProxyCommand=touch "" "lab/x" "lab:relative" "lab:relative/%h" "lab:/a b" ".."; do
	at games pchat login "--via=$bad" ann
	exits 2 "'$bad' is nowhere"
done
at games pchat login --via "$there" --socket /x ann
exits 2 "--via and --socket cannot be used together"
at games pchat login --via "${far[0]}@$here:$T/nobody.sock" ann
exits 4 "a daemon that is not there"
like "$err" "does not forward '$T/nobody.sock'|closed there at once" "is told"

# ------------------------------------------------------------------ being there
at games pchat login --via "${far[0]}@$there" ann
exits 0 "a session at another host"
like "$err" "-s $here/ann" "and how it is called"
[ -S "$T/games/run/pchat/via/$here/ann.sock" ] && [ -d "$T/games/state/pchat/via/$here/ann" ]
ok $? "its files have a place of their own"
[ ! -e "$T/games/run/pchat/_pchatd.sock" ]
ok $? "and there is no daemon of one's own"
run carol pchat who --json
is "$(jq -r 'select(.name == "ann") | .account' <<<"$out")" "${far[0]}" "it is the account's that ssh has authenticated"
at games pchat status
like "$out" "^ann: free.*at $here" "it is the only session, and found as such"
at games pchat login --if-needed --via "${far[0]}@$there" ann
is "$status/$err" 0/ "--if-needed finds it"
at games pchat login --via "${far[0]}@$there" ann
exits 9 "a second one of that name is refused"
at games pchat login --via "${far[1]}@$there" dan
exits 0 "another account there"
run carol pchat who --json
is "$(jq -r 'select(.name == "dan") | .account' <<<"$out")" "${far[1]}" "is another"
at games pchat login --via "${far[1]}@$there" "${far[0]}"
exits 9 "nobody gets the name of somebody else's account"
run games pchat login ann2
at games pchat status
like "$err" "3 sessions \(ann2, $here/ann, $here/dan\)|3 sessions.*$here/ann" "all sessions count"
run games pchat -s ann2 quit
at games pchat __complete sessions
like "$out" "$here/ann" "and are completed"

export PCHAT_SESSION=$here/ann
at games pchat to carol
exits 0 "a chat across hosts"
run carol env -u PCHAT_SESSION pchat read
at games pchat send "greetings from afar"
exits 0 "a message arrives"
run carol env -u PCHAT_SESSION pchat read --raw
is "$out" "greetings from afar" "there"
run carol env -u PCHAT_SESSION pchat send "and back"
at games pchat read --raw
is "$out" "and back" "and here"
at games pchat history --json
is "$(jq -r .text <<<"$out" | tr '\n' ' ')" "greetings from afar and back " "and both are in the history"
at games env "PCHAT_SOCKET=$PCHAT_SOCKET" pchat status
exits 0 "PCHAT_SOCKET says nothing of another host"

run carol env -u PCHAT_SESSION pchat read
at games pchat pipe "a dump" </dev/null
exits 6 "no stream goes across hosts"
run carol env -u PCHAT_SESSION pchat pipe "a dump"
exits 6 "in either direction"
at games pchat give known
exits 6 "nor do files"
printf 'a file\n' >"$T/carol/file"
run carol env -u PCHAT_SESSION pchat give "$T/carol/file"
exits 6 "in either direction"
at games pchat read --json
is "$out" "" "nothing is offered"
run carol env -u PCHAT_SESSION pchat read --json
is "$out" "" "on either side"

# ------------------------------------------------------------------ cuts
ssh_before=$(ssh_of games)
# shellcheck disable=SC2086 # pids
kill -KILL $ssh_before
at games pchat --timeout $PATIENCE send "after a cut"
exits 0 "ssh is killed: it is started again, and the message arrives"
run carol env -u PCHAT_SESSION pchat read --raw
is "$out" "after a cut" "once"
far_daemon games $here/ann connected
ok $? "the session goes on"
at games pchat status --json
is "$(jq -r .partner <<<"$out")" carol "with its pair"
for pid in $ssh_before; do is_gone "$pid" || ok 1 "an ssh that was killed is gone" "$pid"; done

# The helper is killed: its ssh ends with it, and another one takes the session up.
kill -KILL "$(helper_pid games $here/ann || helper_pid games ann)"
at games pchat --timeout $PATIENCE send "after a kill"
exits 0 "the helper is killed: the message arrives"
run carol env -u PCHAT_SESSION pchat read --raw
is "$out" "after a kill" "once"

# The daemon there goes and comes back while ssh stays.
stop_daemon KILL
start_daemon
at games pchat --timeout $PATIENCE send "after a crash"
exits 0 "the daemon there is killed and started: the message arrives"

# This host sleeps: nobody of us runs, and what is written to us waits.
sleepers() {
	helper_pid games $here/ann || helper_pid games ann
	ssh_of games
}
# shellcheck disable=SC2046 # pids
kill -STOP $(sleepers)
spawn asleep carol env -u PCHAT_SESSION pchat --timeout $PATIENCE send "good morning"
wait_until sleeps "${pid_of[asleep]}"
# shellcheck disable=SC2046 # pids
kill -CONT $(sleepers)
reap asleep
exits 0 "this host sleeps for a moment: what was sent meanwhile arrives"
at games pchat read --raw
is "$out" "good morning" "once"

# It sleeps longer than the grace there, and sshd there has given it up.
stop_daemon KILL
start_daemon --grace $((2 * SLOW))
at_rest() {
	far_daemon games "$here/ann" connected && [ "$(json_says "$(as carol env -u PCHAT_SESSION pchat status --json)" daemon)" = connected ]
}
wait_until at_rest
at games pchat --timeout $PATIENCE send "good night"
exits 0 "the pair is there"
run carol env -u PCHAT_SESSION pchat read
asleep=$(sleepers)
# shellcheck disable=SC2086 # pids
kill -STOP $asleep
# shellcheck disable=SC2046 # pids
kill -KILL $(children_of "${pid_of[sshd]}")
is_told() { # TYPE: carol is
	(as carol env -u PCHAT_SESSION pchat read --peek --json) 2>/dev/null | jq -e --arg type "$1" -s 'any(.type == $type)' >/dev/null
}
wait_until is_told gone
ok $? "after the grace the partner is told that who sleeps is gone"
# shellcheck disable=SC2086 # pids
kill -CONT $asleep
wait_until far_daemon games $here/ann connected
ok $? "after a long sleep the session comes back by itself"
at games pchat status --json
is "$(jq -c '[.name, .partner]' <<<"$out")" '["ann",null]' "under its name, without its pair"
at games pchat send "to nobody"
exits 7 "nobody is chatting with it"
run carol env -u PCHAT_SESSION pchat read
unlike "$out" "to nobody" "and nothing goes to an old partner"
at games pchat read
like "$out" "gone|over|ended|left" "who slept is told that the chat is over"
stop_daemon KILL
start_daemon
wait_until at_rest
at games pchat to carol
exits 0 "a new chat can be begun"
run carol env -u PCHAT_SESSION pchat read

# The host there reboots: sshd and daemon go, and the runtime folder is empty.
stop_sshd
stop_daemon KILL
rm -rf "$T/daemon" "$PCHAT_SOCKET" "$PCHAT_SOCKET.lock"
run carol env -u PCHAT_SESSION pchat status
wait_until far_daemon games $here/ann reconnecting
ok $? "while the other host boots the session is reconnecting"
at games pchat status
like "$err" "cannot be reached|Connection refused|closed" "and status says why"
at games pchat --timeout "$(span 500)" to carol
exits 4 "a command says so"
start_daemon
start_sshd
wait_until far_daemon games $here/ann connected
ok $? "it comes back by itself, and is logged in anew"
at games pchat read
back() { at games pchat to carol && [ "$status" -eq 0 ]; }
wait_until back
ok $? "and can begin anew"
at games pchat --timeout $PATIENCE send "after a boot"
exits 0 "and send"
run carol env -u PCHAT_SESSION pchat read
like "$out" "after a boot" "which arrives"

# A key that is locked: nothing comes back by itself, and each command says what to type.
stop_sshd
client_settings games "$T/games/locked"
start_sshd
needs_person() {
	at games pchat status
	[[ $err == *ssh-add* ]]
}
wait_until needs_person
ok $? "a passphrase that is missing is told by status"
at games pchat to carol
exits 4 "and by commands"
like "$err" "ssh-add" "with what to type"
at games pchat --timeout "$(span 500)" send hello
exits 4 "also by send"
at games pchat -s $here/dan quit
exits 0 "one can quit"
client_settings games "$T/games/key"
wait_until far_daemon games $here/ann connected
ok $? "when it was typed the session comes back"

# ------------------------------------------------------------------ the end
at games pchat quit
exits 0 "quit"
wait_until has_no_ssh games
ok $? "ends ssh"
[ ! -e "$T/games/run/pchat/via/$here/ann.via" ] && [ ! -e "$T/games/run/pchat/via/$here/ann.session" ]
ok $? "and leaves no files"
run carol env -u PCHAT_SESSION pchat who --json
is "$(jq -r 'select(.name == "ann") | .name' <<<"$out")" "" "and no name there"
at games pchat history -n 1
exits 0 "the history is still read"
unset PCHAT_SESSION

# Two sessions of one name, here and there: each has a history of its own, and it is known by HOST/NAME.
run games pchat login ann
run games pchat to carol
run games pchat send "said on this host"
run carol pchat read
run games pchat quit
at games pchat -s $here/ann history --json
is "$(jq -r 'select(.text == "greetings from afar") | .from' <<<"$out")" ann "history -s HOST/NAME has what was said there"
unlike "$out" "said on this host" "and nothing of this host's session of that name"
at games pchat history -s $here/ann --grep afar
exits 0 "also with the option behind the command, and searched"
at games pchat -s "${here^^}/ann" history -n 1
exits 0 "hosts have no case"
at games pchat -s ann history --json
like "$out" "said on this host" "history -s NAME has what was said here"
unlike "$out" afar "and nothing of the other host"
at games pchat -s nowhere.example/ann history
exits 3 "a host where one never was has none"
at games pchat -s $here/ann history --delete
exits 0 "what was said there can be forgotten"
at games pchat -s $here/ann history
exits 1 "and is"
! grep -qraF "greetings from afar" "$T/games/state/pchat/via"
ok $? "in every file"
at games pchat -s ann history
like "$out" "said on this host" "while the other one's is left alone"

# ------------------------------------------------------------------ an agent, and a host key that changed
# What it says to type is typed: an agent has the key, and its socket is remembered.
client_settings games "$T/games/locked"
agent=$T/games/agent
printf '#!/bin/sh\necho secret\n' >"$T/games/bin/passphrase"
chmod 0755 "$T/games/bin/passphrase"
spawn agent games ssh-agent -D -a "$agent"
wait_until test -S "$agent"
at games env SSH_AUTH_SOCK="$agent" pchat login --via "${far[0]}@$there" ann
exits 4 "an agent without the key"
like "$err" "ssh-add" "it is told what to type"
at games env SSH_AUTH_SOCK="$agent" SSH_ASKPASS="$T/games/bin/passphrase" SSH_ASKPASS_REQUIRE=force ssh-add "$T/games/locked"
exits 0 "which is typed"
at games env SSH_AUTH_SOCK="$agent" pchat login --via "${far[0]}@$there" ann
exits 0 "and then it is let in"
# shellcheck disable=SC2046 # pids
kill -KILL $(ssh_of games)
at games pchat --timeout $PATIENCE to carol
exits 0 "ssh is killed: the next one asks the agent, too"
run carol pchat read
kill -KILL "$(helper_pid games $here/ann || helper_pid games ann)"
at games pchat --timeout $PATIENCE send "by the agent"
exits 0 "the helper is killed: another one, started where nothing names the agent, asks it"
run carol pchat read --raw
is "$out" "by the agent" "and the message arrives"
kill "${pid_of[agent]}"
reap agent
# shellcheck disable=SC2046 # pids
kill -KILL $(ssh_of games)
wait_until needs_person
ok $? "without the agent it is told what to type"
at games pchat quit
exits 0 "and one can quit"
run carol pchat read

client_settings games "$T/games/key"
ssh-keygen -q -t ed25519 -N '' -f "$T/other_key"
cp "$T/games/known" "$T/known"
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$T/other_key.pub")" >"$T/games/known"
at games pchat login --via "${far[0]}@$there" ann
exits 4 "a host key that changed"
like "$err" "host key of '$here' has changed" "is told as what it is"
cp "$T/known" "$T/games/known"
echo "NoSuchOption yes" >>"$T/games/ssh_config"
at games pchat login --via "${far[0]}@$there" ann
exits 4 "a wrong configuration of ssh"
like "$err" "configuration is wrong" "is told as what it is"
client_settings games "$T/games/key"

stop_sshd
sshd_settings no
start_sshd
at games pchat login --via "${far[0]}@$there" ann
exits 4 "AllowStreamLocalForwarding no"
like "$err" "AllowStreamLocalForwarding|closed there at once" "is told in words"
wait_until has_no_ssh games
ok $? "and leaves no ssh"
stop_sshd
at games pchat login --via "${far[0]}@$there" ann
exits 4 "no sshd"
like "$err" "Connection refused" "is told in ssh's words"
at games env PATH=/nowhere "$programs/pchat" login --via "${far[0]}@$there" ann
exits 4 "no ssh here"
like "$err" "cannot run ssh" "is told"

# ------------------------------------------------------------------ a network that drops packets
# The server is in a network namespace, and its end of the cable goes down: nothing is refused, and nothing answers.
net=pchat-$$
if ! command -v ip >/dev/null || ! ip netns add $net 2>/dev/null; then
	skip "it takes network namespaces" "packets are dropped"
	finish
fi
end_net() {
	local code=$?
	ip link del "pv$$" 2>/dev/null
	ip netns del "$net"
	(exit "$code")
	end
}
trap end_net EXIT
block=198.18.$(($$ / 64 % 256)).$(($$ % 64 * 4)) # for tests of networks (RFC 2544); another one beside us has its own
listen=${block%.*}.$((${block##*.} + 2))
if ! { ip link add pv$$ type veth peer name far netns $net && ip addr add "${block%.*}.$((${block##*.} + 1))/30" dev pv$$ && ip link set pv$$ up &&
	ip -n $net addr add "$listen/30" dev far && ip -n $net link set far up; } 2>"$T/net.err"; then
	skip "no cable can be laid: $(cat "$T/net.err")" "packets are dropped"
	finish
fi
sshd_settings yes
client_settings games "$T/games/key"
echo "ServerAliveCountMax 1" >>"$T/games/ssh_config"
printf '[%s]:%s %s\n' "$listen" "$port" "$(cut -d' ' -f1,2 "$server/host_key.pub")" >>"$T/games/known"
start_sshd ip netns exec $net
at games pchat login --via "${far[0]}@$there" ann
exits 0 "a host behind a cable" || { note "$(tail -n 8 "$T/sshd.err" "$T/daemon.err")"; finish; }
at games pchat to carol
run carol pchat read
ip -n $net link set far down
spawn short games env -u PCHAT_SOCKET "PATH=$T/games/bin:$PATH" pchat --timeout $PATIENCE send "over a short gap"
wait_until sleeps "${pid_of[short]}"
ip -n $net link set far up
reap short
exits 0 "packets are dropped for a moment: the message arrives"
run carol pchat read --raw
is "$out" "over a short gap" "once"
before=$(ssh_of games)
ip -n $net link set far down
wait_until far_daemon games $here/ann reconnecting
ok $? "packets are dropped for long: that is seen"
spawn long games env -u PCHAT_SOCKET "PATH=$T/games/bin:$PATH" pchat --timeout $PATIENCE send "over a long gap"
wait_until sleeps "${pid_of[long]}"
ip -n $net link set far up
reap long
exits 0 "and when they pass again the message arrives"
run carol pchat read --raw
is "$out" "over a long gap" "once"
at games pchat status --json
is "$(jq -r .partner <<<"$out")" carol "the pair went on"
[ "$(ssh_of games)" != "$before" ]
ok $? "through another ssh"
at games pchat quit
exits 0 "and it ends"
finish
