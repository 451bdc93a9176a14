#!/bin/bash
# Every script readable: pages of sentences, as they arrive in each form that a person or a program reads.
. "${0%/*}/lib.sh"

pages=$SRCDIR/tests/text
# What says how a text is laid out is left out of what a person reads: soft hyphens and the marks of direction.
without_layout() {
	sed 's/\xc2\xad//g; s/\xe2\x80\x8e//g; s/\xe2\x80\x8f//g; s/\xd8\x9c//g' "$@"
}

# As a body is shown: its lines, all but the first indented.
as_record() { # FILE
	without_layout "$1" | sed '1s/^/[TIME] alice: /; 2,$s/^/    /'
}

start_daemon
pair alice bob
run bob pchat read
mkdir -m 0755 "$T/pages"
cp "$pages"/*.txt "$T/pages"
chmod 0644 "$T/pages"/*

count=0
for page in "$T/pages"/*.txt; do
	name=${page##*/}
	count=$((count + 1))
	feed alice pchat send <"$page"
	exits 0 "$name is sent"
	(as bob pchat read --peek) >"$T/shown"
	sed '1s/^\[[-0-9: ]*\]/[TIME]/' "$T/shown" | cmp - <(as_record "$page") >&2
	ok $? "$name is read, byte for byte"
	(as bob pchat read --peek --raw) | cmp - "$page" >&2
	ok $? "$name is whole under --raw"
	(as bob pchat read --json) | jq -r .text | cmp - "$page" >&2
	ok $? "$name is whole under --json"
done
[ "$count" -ge 25 ]
ok $? "there are pages of $count scripts" "only $count"

# --------------------------------------------------------------------- what cannot be seen, and what is searched for
run alice pchat send "so$(printf '\302\255')ft words"
run bob pchat read
like "$out" 'alice: soft words$' "a soft hyphen is not written"
run bob pchat history --grep 'soft words'
like "$out" 'alice: soft words$' "and is in nobody's way who searches"
run bob pchat history --grep "$(printf '\331\203')"
exits 0 "a search in another script"
run bob pchat history --grep 'کارها را'
like "$out" 'alice:' "a joiner is in nobody's way"
run alice pchat send "$(printf 'a\342\200\215b \342\200\256evil \363\240\201\201')"
run bob pchat read
like "$out" 'alice: a\\u\{200D\}b \\u\{202E\}evil \\u\{E0041\}$' "what has no place is shown as what it is"
finish
