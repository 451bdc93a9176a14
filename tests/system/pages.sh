#!/bin/bash
# Pages of real sentences in every script, typed into a chat by a terminal: each cell of the line is what that terminal
# makes of the same text by itself, and what arrives is what was typed, byte for byte.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"

pages=$SRCDIR/tests/text
# What cannot be typed, since it says only how a text is laid out, is left out with a word.
typable() {
	sed 's/\xc2\xad//g; s/\xe2\x80\x8e//g; s/\xe2\x80\x8f//g; s/\xd8\x9c//g' "$@"
}

start_daemon
pair alice bob
mkdir -m 0755 "$T/pages"
for page in "$pages"/*.txt; do
	typable "$page" | sed '1s/^/to bob> /' >"$T/pages/${page##*/}"
done
chmod 0644 "$T/pages"/*

# What the terminal itself makes of each page.
terminal alice 100 24
for page in "$T/pages"/*; do
	anew "clear; cat $page; echo end" # the command itself does not stand there
	wait_until on_screen '^end$'
	screen | sed '/^end$/,$d; s/ *$//' >"$T/cells.${page##*/}"
done

anew 'pchat chat'
shows '^to bob> *$' "a chat"

# The rows of the line, and nothing below them. Blanks are left out: how wide a mark is, terminals say late when they are busy.
line_is() { # FILE
	screen | sed 's/ *$//' | sed -n '/^to bob>/,$p' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$T/drawn"
	cmp -s <(sed 's/ //g' "$T/drawn") <(sed 's/ //g' "$1")
}

# Whether the terminal itself shows all of a page: tmux drops, or moves, some of what it does not know.
is_known() { # PAGE CELLS
	sed 's/ *$//' "$1" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' | cmp -s - "$2"
}

count=0
for page in "$T/pages"/*; do
	name=${page##*/}
	first=yes
	while IFS= read -r row; do
		[ "$first" = yes ] || send_keys M-Enter
		first=no
		[ -z "$row" ] || type_keys "$row"
	done < <(sed '1s/^to bob> //' "$page")
	if is_known "$page" "$T/cells.$name"; then
		count=$((count + 1))
		wait_until line_is "$T/cells.$name"
		ok $? "$name is drawn as the terminal draws it" "$(diff "$T/cells.$name" "$T/drawn")"
	fi
	send_keys Enter
	wait_until has_unread bob 1
	sed '1s/^to bob> //' "$page" >"$T/wanted"
	(as bob pchat read --raw) | cmp - "$T/wanted" >&2
	ok $? "$name arrives as it was typed"
	send_keys C-l
done
[ "$count" -ge 25 ]
ok $? "pages of $count scripts were compared by cell" "only $count"
send_keys C-d
finish
