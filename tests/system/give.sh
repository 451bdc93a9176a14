# Files between partners (R13): give and accept; names, holes, what is no file, what shrinks; and hostile ends.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root

start_daemon
pair alice bob

is_offered() {
	(as bob pchat accept --list) >"$T/list" 2>/dev/null
}

is_offered_no_more() {
	! is_offered
}

# give NAME FILE...: alice's command, as $T/NAME.*, until bob can take it.
give() {
	local name=$1
	shift
	spawn "$name" alice pchat give "$@"
	wait_until is_offered || { note "nothing is offered: $(cat "$T/$name.err")"; exit 1; }
}

# made FILE: of alice's, with our standard input in it.
made() {
	cat >"$T/alice/$1"
	chown "${uid_of[alice]}" "$T/alice/$1"
}

seq 100000 | made report.pdf
head -c 300000 /dev/urandom | made 'a b.csv'
: | made empty

# ---------------------------------------------------------------- files

give one report.pdf 'a b.csv' empty
run bob pchat read --json
is "$(jq -c 'select(.type=="offer") | [.kind, [.files[] | .name, .size]]' <<<"$out")" \
	'["files",["report.pdf",588895,"a b.csv",300000,"empty",0]]' "the offer tells names and sizes"
run bob pchat accept --list
like "$out" '^[0-9]+  files from alice: 3 files, 888895 bytes: "report.pdf", "a b.csv", "empty"$' "--list has them last"
run bob pchat accept
exits 0 "they are taken"
reap one
exits 0 "and whoever gave them knows"
for file in report.pdf 'a b.csv' empty; do
	cmp -s "$T/alice/$file" "$T/bob/$file"
	ok $? "$file arrived as it was"
done
is "$(stat -c %a "$T/bob/report.pdf" "$T/bob/a b.csv" "$T/bob/empty" | sort -u)" 600 "for bob alone to read"
give again report.pdf
run bob pchat accept
exits 74 "no file is written over"
like "$err" report.pdf "which is named"
mkdir -m 755 "$T/closed"
run bob sh -c "cd '$T/closed' && exec pchat accept"
exits 74 "nor is it taken in a folder where no file can be made"
like "$err" "report.pdf.*Permission denied" "which is told"
run bob pchat accept -o ""
exits 2 "nor into a file without a name"
run bob pchat accept -o second.pdf
exits 0 "but taken under another name"
reap again
cmp -s "$T/alice/report.pdf" "$T/bob/second.pdf"
ok $? "whole"
give piped report.pdf empty
run bob pchat accept -- wc -l
is "$out" 100000 "files are a command's input, too"
reap piped
exits 0 "all of them"

# ---------------------------------------------------------------- holes

as alice truncate -s 64M "$T/alice/holes" &
wait $!
(as alice dd if=/dev/urandom of="$T/alice/holes" bs=4096 count=1 seek=4000 conv=notrunc) 2>/dev/null
as alice truncate -s 100M "$T/alice/holes" &
wait $!
give holes holes
run bob pchat accept
exits 0 "a file with holes"
reap holes
exits 0 "is whole"
cmp -s "$T/alice/holes" "$T/bob/holes"
ok $? "as it was"
[ "$(stat -c %b "$T/bob/holes")" -lt 1000 ]
ok $? "and keeps its holes" "blocks: $(stat -c %b "$T/bob/holes")"

# ---------------------------------------------------------------- what is not given

as alice mkfifo "$T/alice/fifo" &
wait $!
ln -s report.pdf "$T/alice/link"
printf secret >"$T/secret"
chmod 0600 "$T/secret"
for file in fifo . /dev/zero /dev/tty link no-such-file "$T/secret" "$T/pchat.sock"; do
	run alice pchat give report.pdf "$file"
	exits 71 "not given: ${file#"$T/"}"
done
run bob pchat accept --list
exits 1 "and nothing was offered"
run alice pchat give
exits 2 "give takes a file"

# ---------------------------------------------------------------- names

for name in .bashrc '.bashrc" is to become "b' 'a" is there'; do
	echo "$name" | made "$name"
done
for name in .bashrc -rf $'e\e[31mvil' $'line\nfeed' $'bad\xff'; do
	echo "$name" | made "$name"
	give named -- "$name"
	run bob pchat accept --list
	unlike "$out" $'\e' "what could hurt a terminal is not shown"
	run bob pchat accept
	exits 2 "a name that has to be changed is refused"
	run bob pchat decline
	reap named
	exits 11 "and that is told"
done
give asked -- .bashrc
run bob script -qec 'echo y | cat >/dev/null; pchat accept' /dev/null
exits 2 "without an answer on a terminal, too"
run bob pchat accept -o dotfile
exits 0 "under a name of one's own it is taken"
reap asked
give forged -- '.bashrc" is to become "b'
printf 'n\n' >"$T/answer"
feed bob script -qec 'pchat accept' /dev/null <"$T/answer"
like "$out" '"\.bashrc\\" is to become \\"b" is to become "_bashrc\\" is to become \\"b" here' "what is asked cannot be forged by a name"
like "$out" 'the name "\.bashrc\\" is to become \\"b" would have' "nor can what is told"
run bob pchat decline
reap forged
give there -- 'a" is there'
: >"$T/bob/a\" is there"
run bob pchat accept
exits 74 "no file is written over"
like "$err" '^pchat: "a\\" is there" is there already' "which is told as well"
run bob pchat decline
reap there
give typed -- -rf
printf 'y\n' >"$T/answer"
feed bob script -qec 'pchat accept' /dev/null <"$T/answer"
exits 0 "with a yes as well"
reap typed
exits 0 "and whole"
is "$(cat "$T/bob/_rf")" "-rf" "under its safe name"
echo 1 | made same
mkdir "$T/alice/other"
echo 2 >"$T/alice/other/same"
chown -R "${uid_of[alice]}" "$T/alice/other"
run alice pchat give same other/same
exits 2 "two of one name are not given"
like "$err" "'same' and 'other/same' have one name" "which is said"

# ---------------------------------------------------------------- files that change

seq 1000000 | made shrinks
give shrinks shrinks
: >"$T/alice/shrinks"
run bob pchat accept
exits 11 "one that has shrunk is not whole"
reap shrinks
exits 71 "which is told"
like "$err" shrunk "in words"
[ ! -e "$T/bob/shrinks" ]
ok $? "and no file is left" "$(ls -la "$T/bob")"
seq 10 | made grows
give grows grows
seq 10000 >"$T/alice/grows"
run bob pchat accept
exits 0 "one that has grown"
reap grows
is "$(cat "$T/bob/grows")" "$(seq 10000 | head -c "$(seq 10 | wc -c)")" "is given as long as it was offered"

# ---------------------------------------------------------------- a disk that is full

mkdir "$T/small"
if mount -t tmpfs -o size=256k tmpfs "$T/small" 2>/dev/null; then
	chown "${uid_of[bob]}" "$T/small"
	give large report.pdf
	run bob pchat accept -o "$T/small/report.pdf"
	exits 74 "a full disk"
	reap large
	exits 11 "is told to who gave"
	[ ! -e "$T/small/report.pdf" ]
	ok $? "and no half of a file is left"
	umount "$T/small"
else
	skip "no file system can be mounted" "a full disk"
fi

# ---------------------------------------------------------------- how far it is

# Taken by a command that reads some of it, and then no more.
head -c 30000000 /dev/zero | made long
progress='^\{"progress":\{"bytes":[0-9]+,"of":30000000,"rate":[0-9]+,"seconds":[0-9]+\.[0-9]{3}\}\}$'
give far --json long
spawn taker bob pchat --json accept -- sh -c 'head -c 1000000 >/dev/null; exec sleep 10000'
for name in far taker; do
	wait_until has_line "$T/$name.err" "$progress"
	ok $? "--json tells how far it is: $name" "$(head -n 5 "$T/$name.err")"
done
kill -INT "${pid_of[taker]}"
reap taker
exits 130 "^C ends it"
reap far
exits 11 "on both sides"
progress='[0-9.]+ [kM]B of 30 MB, [0-9.]+ [kM]B/s, [0-9]+:[0-9][0-9] left'
spawn far alice env TERM=xterm script -qec "pchat give long" /dev/null
wait_until is_offered
spawn taker bob env TERM=xterm script -qec "pchat accept -- sh -c 'head -c 1000000 >/dev/null; exec sleep 10000'" /dev/null
for name in far taker; do
	wait_until has_line "$T/$name.out" "$progress"
	ok $? "on a terminal a person sees it: $name" "$(head -c 500 "$T/$name.out")"
done
pkill -INT -u "${uid_of[alice]}" -f '^pchat give'
reap far
exits 130 "^C ends it there"
reap taker
exits 11 "and here"

# ---------------------------------------------------------------- descriptors come back

fds() { # PID
	find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}

daemon_before=$(fds "$daemon_pid")
helper_before=$(fds "$(helper_pid bob)")
for i in {1..10}; do
	give "round$i" report.pdf
	run bob pchat accept -- cat
	reap "round$i"
done
exits 0 "ten more are taken"
daemon_rests() {
	[ "$(fds "$daemon_pid")" -le "$daemon_before" ]
}
helper_rests() {
	[ "$(fds "$(helper_pid bob)")" -le "$helper_before" ]
}
wait_until daemon_rests
ok $? "the daemon has as many descriptors as before"
wait_until helper_rests
ok $? "and so has the helper"
is "$(find "$T/bob" -name '.pchat-*' | wc -l)" 0 "no temporary file is left"
run alice pchat send "still here"
exits 0 "messages go on beside it"
finish
