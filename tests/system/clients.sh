#!/bin/bash
# Programs that speak to a helper by themselves: the examples of docs/examples, as they stand there.
. "${0%/*}/lib.sh"

start_daemon
login alice bob
install -m 0755 "$SRCDIR/docs/examples/client.py" "$SRCDIR/docs/examples/client.sh" "$T"
export TIMEOUT=$PATIENCE

# Of code: neither comments nor what says how it is used.
lines_of() { # FILE
	awk '/"""/ { if (gsub(/"""/, "") == 1) quoted = !quoted; next } quoted || /^[[:space:]]*(#|$)/ { next } { n++ } END { print n }' "$1"
}
for client in py sh; do
	[ "$(lines_of "$T/client.$client")" -le 60 ]
	ok $? "client.$client has at most 60 lines of code" "$(lines_of "$T/client.$client")"
done

clients=()
for client in py sh; do
	case $client in
	py) needs=/usr/bin/python3 by=(/usr/bin/python3 "$T/client.py") ;;
	sh) needs=$(command -v nc) by=(sh "$T/client.sh") ;;
	esac
	if [ ! -x "$needs" ] || { [ $client = sh ] && ! nc -h 2>&1 | grep -q -e -U; }; then
		skip "it takes ${needs:-nc with -U}" "client.$client"
		continue
	fi
	clients+=("$client")
	alice=("${by[@]}" "$T/alice/run/pchat/alice.sock")

	run alice "${alice[@]}" send "anybody there?"
	exits 1 "client.$client: with no partner a message is refused"
	like "$err" 'verdict 6$' "and it says by which verdict"
	run alice pchat to bob
	run bob pchat read

	text=$'-n gr\xc3\xbc\xc3\x9fe \\0 %s\n'"und ein zweiter Satz"
	run alice "${alice[@]}" send "$text"
	exits 0 "client.$client: a message is delivered"
	run bob pchat read --json
	is "$(jq -r .text <<<"$out")" "$text" "byte for byte"
	run alice "${alice[@]}" send ""
	exits 1 "none of no bytes"

	run bob pchat send $'first\nmessage \e[2J'
	run bob pchat tell alice "a note"
	run bob pchat send second
	[ "$(unread_of alice)" = 2 ]
	ok $? "there is something to read"
	run alice "${alice[@]}" read
	exits 0 "client.$client: it reads"
	like "$out" 'first.*message .*a note.*second' "what came, in its order, notes as well"
	unlike "$out" $'\e' "and shows it so that it does no harm"
	run alice pchat read --notes
	exits 1 "and marks it read"
	run alice "${alice[@]}" read
	is "$status/$out" "0/" "nothing is left"

	# The daemon dies: what is sent meanwhile waits in the client, and goes when it is back.
	stop_daemon KILL
	wait_until daemon_is alice reconnecting
	spawn sending alice "${alice[@]}" send "through a crash"
	wait_until sleeps "${pid_of[sending]}"
	start_daemon
	reap sending
	exits 0 "client.$client: a message is held while there is no daemon, and is delivered then"
	run bob pchat read --raw
	is "$out" "through a crash" "once"

	# Many at once are told apart.
	for i in 1 2 3 4 5 6 7 8; do
		spawn "sending$i" alice "${alice[@]}" send "number $i"
	done
	for i in 1 2 3 4 5 6 7 8; do
		reap "sending$i"
		[ "$status" -eq 0 ] || ok 1 "client.$client: one of eight at once" "status $status" "$err"
	done
	run bob pchat read --raw
	is "$(wc -l <<<"$out")" 8 "client.$client: eight at once are delivered"

	run alice "${by[@]}" "$T/alice/run/pchat/nobody.sock" send hello
	is "$status" 1 "client.$client: without a helper nothing is delivered"

	# A helper that is killed while it holds the message.
	stop_daemon KILL
	wait_until daemon_is alice reconnecting
	spawn sending alice "${alice[@]}" send "to a helper that dies"
	wait_until sleeps "${pid_of[sending]}"
	kill -KILL "$(helper_pid alice)"
	reap sending
	exits 75 "client.$client: when its helper dies a message may or may not arrive"
	start_daemon
	run alice pchat leave
	run alice pchat read
	run bob pchat read
done
[ ${#clients[@]} -gt 0 ] || note "no client could be run here"
finish
