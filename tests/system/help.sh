# Usage: help, mistakes, suggestions; exit statuses 2, 3. And the manual and the README know every command.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

add_user alice
commands=$(as alice pchat __complete commands | cut -f1)
like "$commands" 'send' "the program lists its commands"

for command in $commands; do
	case $command in
	send | ask | tell | reply) run alice pchat help "$command" ;; # whose --help is no success
	*) run alice pchat "$command" --help ;;
	esac
	exits 0 "$command: help"
	like "$out" "pchat.* $command" "$command --help shows how it is used"
	like "$out" "^(Examples|examples)" "$command --help begins with examples"
	grep -Eq "^\.It (Cm|Ic) $command( |\$)" "$SRCDIR/man/pchat.1"
	ok $? "$command is in the manual"
	grep -Eq "^\| .*\`(pchat )?$command" "$SRCDIR/README.md"
	ok $? "$command is in the README"
	grep -Eq "^\\| .*\`(pchat )?$command" "$SRCDIR/README.zh_CN.md"
	ok $? "and in the Chinese one"
done
run alice pchat --help
exits 0 "--help"
for command in $commands; do
	like "$out" "(^|"$'\n'") *$command" "--help lists $command"
done
run alice pchat --version
like "$out" '^pchat [0-9]+\.[0-9]+' "--version"

run alice pchat snd hello
exits 2 "an unknown command"
like "$err" "'send'" "gets a suggestion"
run alice pchat --josn who
exits 2 "an unknown option"
like "$err" "--josn" "is named"
for line in '--peek read=read --peek' '-f read=read -f' '--wait=3 to bob=to --wait' '-n 5 read=read -n' '--peek=read --peek'; do
	# shellcheck disable=SC2086 # words
	run alice pchat ${line%=*}
	exits 2 "a command's option before it: ${line%=*}"
	like "$err" "before the command; write it after the command: pchat ${line##*=}\$" "is told where it belongs"
done
run alice pchat --peek send x
unlike "$err" 'belongs' "but not of one that the command does not have"
run alice pchat send --bogus x
exits 2 "also of a command"
run alice pchat to
exits 2 "an operand is missing"
run alice pchat to a b
exits 2 "there is one too many"
run alice pchat read -n many
exits 2 "a number that is none"
run alice pchat --timeout soon status
exits 2 "a time that is none"
run alice pchat $'x\e[31m'
exits 2 "an escape sequence for a command"
unlike "$err" $'\e' "is not repeated as it came"
run alice pchat --json nonsense
exits 2 "--json: mistakes too"
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "2 usage" "--json: as an object"
run alice pchat --json
exits 2 "--json: a command is wanted"
is "$out" "" "--json: and nothing is printed for people"
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "2 usage" "--json: but an object"
run alice pchat --version
version=${out#pchat }
run alice pchat --json --version
exits 0 "--json: the version"
is "$(jq -c . <<<"$out")" "{\"version\":\"$version\"}" "--json: as an object"
run alice pchat status --json -V
is "$(jq -c . <<<"$out")" "{\"version\":\"$version\"}" "--json: behind a command, too"
run alice pchat --json send --version
exits 2 "--json: but no delivery"
is "$(head -n 1 <<<"$err" | jq -c .)" "{\"version\":\"$version\"}" "--json: where text was expected"
run alice pchat who --json --help
exits 0 "--json: help"
like "$out" "Usage: pchat who" "--json: is for people in any case"
for command in send status leave quit who read "to bob" "ask x"; do
	# shellcheck disable=SC2086 # words
	run alice pchat $command
	exits 3 "not logged in: $command"
	like "$err" "pchat login" "not logged in: the next step is named"
done
run alice pchat -s nobody status
exits 3 "-s: no such session"

# Every exit status of the table stands in all three.
for code in 0 1 2 3 4 5 6 7 8 9 10 11 12 71 74 75 124; do
	grep -Eq "^\.It (Cm |Li )?$code\$" "$SRCDIR/man/pchat.1"
	ok $? "exit status $code is in the manual"
	for page in README.md README.zh_CN.md; do
		grep -Eq "^\| *$code +\||\| *$code *\|" "$SRCDIR/$page"
		ok $? "exit status $code is in $page"
	done
done

# The Chinese page has the commands and the examples of the other one.
rows_of() { # PAGE
	sed -n 's/^| \(`pchat .*`\) | .*/\1/p' "$SRCDIR/$1"
}
is "$(rows_of README.zh_CN.md)" "$(rows_of README.md)" "both READMEs have the same commands, with the same options"
# Examples, without what they print, the picture, and how to choose the language.
examples_of() { # PAGE
	sed -n '/^    /!d; /^ *12:01 /d; /pchat \[/d; /LANGUAGE=/d; /[►◄─▲]/d; /(short-lived)\|短暂运行/d; p' "$SRCDIR/$1"
}
is "$(grep -c '^## ' "$SRCDIR/README.zh_CN.md")" "$(grep -c '^## ' "$SRCDIR/README.md")" "both READMEs have the same sections"
is "$(examples_of README.zh_CN.md)" "$(examples_of README.md)" "and the same examples"

# ------------------------------------------------------------------------ how broad

broad=$(for command in "" $(as root pchat __complete commands | cut -f 1); do
	(as root pchat help "$command") | awk -v c="$command" 'length > 80 { print c ": " $0 }'
done)
is "$broad" "" "no line of help is over 80 columns"
narrow=$(for command in "" $(as root pchat __complete commands | cut -f 1); do
	(as root script -qec "stty cols 40; pchat help $command" /dev/null) | tr -d '\r' |
		awk -v c="$command" '/^Usage/ { u = 1 } u && length > 40 { print c ": " $0 }'
done)
is "$narrow" "" "nor over the 40 of a narrow terminal, but for examples"
narrow=$( (as root script -qec "stty cols 40; pchat" /dev/null) | sed 's/\r//; s/\x1b\[?7[hl]//g' | awk 'length > 40')
is "$narrow" "" "nor is what pchat alone says"
run root pchat to
exits 2 "what is missing"
like "$err" "to whom\? usage: pchat to NAME \[--wait\[=SEC\]\]" "is asked for, and the usage has the options"
run root pchat to a b
like "$err" "one NAME only; 'b' is left over" "as is what is left over"

# ------------------------------------------------------------------------ sentences

says() { # SENTENCE COMMAND...: among what the command says, wherever its lines end
	local sentence=$1
	shift
	run alice "$@"
	[[ $(tr -s ' \n' '  ' <<<"$out$err") == *"$sentence"* ]]
	ok $? "$*: $sentence" "$out" "$err"
}
says "give up after SEC seconds" pchat help
says "remove a rule made by block or allow" pchat help unblock
says "refuse new chats and notes, or accept them again" pchat help dnd
says "remembered across logins" pchat help dnd
says "remembered across logins" pchat help block
says "become 75: an earlier attempt may have arrived" pchat help send
for option in --since "--delete --before"; do
	# shellcheck disable=SC2086 # words
	says "'99' is not a time; write 2026-11-23, '2026-11-23 12:01', 12:01, today, yesterday, a record's time under --json, or how long ago: 90s, 30m, 2h, 3d, 1w" \
		pchat history $option 99
done
for pair in logout:quit msg:send write:send say:send ls:who users:who ignore:block join:to talk:chat inbox:read log:history; do
	run root pchat "${pair%:*}"
	like "$err" "did you mean '${pair#*:}'" "${pair%:*} is ${pair#*:} here"
done

finish
