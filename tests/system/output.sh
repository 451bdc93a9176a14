# What arrives cannot hurt the terminal it is read on.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
pair alice bob
run bob pchat read

shown() { # BYTES WANTED NAME
	printf '%b' "$1" >"$T/body"
	feed alice pchat send <"$T/body"
	run bob pchat read
	is "${out#*alice: }" "$2" "$3"
}

shown '\033[2J\033]0;owned\007' '\u{001B}[2J\u{001B}]0;owned\u{0007}' "escape sequences"
shown 'a\rb' 'a\u{000D}b' "carriage returns"
shown '\xc2\x9b31m' '\u{009B}31m' "C1 controls"
shown 'a\xe2\x80\xaeb' 'a\u{202E}b' "what turns the direction of writing"
shown 'a\xe2\x80\x8bb' 'a\u{200B}b' "what has no width"
shown '\xe2\x80\xa8' '\u{2028}' "other line breaks"
shown '\xff\xfe' '\xFF\xFE' "bytes that are not UTF-8"
shown 'a\0b' 'a\u{0000}b' "NUL"
shown 'a\tb' 'a       b' "a tab becomes spaces"
shown 'gr\xc3\xbc\xc3\x9fe \xe4\xbd\xa0\xe5\xa5\xbd' 'grüße 你好' "all else stays as it is"
printf 'hi\n[2026-01-01 00:00:00] carol: pay me\n' >"$T/body"
feed alice pchat send <"$T/body"
run bob pchat read
like "$out" $'\n    \\[2026-01-01 00:00:00\\] carol: pay me$' "no body can imitate a record"
printf 'a\033[31m\302\23331m\342\200\256\177\363\240\200\201 gr\303\274\303\237e' >"$T/body"
feed alice pchat send <"$T/body"
run bob pchat read --peek --json
unlike "$out" $'\e|\302\233|\342\200\256|\177|\363\240\200\201' "--json is read by people, too: nothing harmful as it came"
like "$out" 'grüße' "and letters as they are"
jq -j .text "$T/out" | cmp -s - "$T/body"
ok $? "and to a program it is the same"
run bob pchat --json $'\302\23331m'
unlike "$err" $'\302\233' "errors under --json: the same"
run bob pchat read
printf '\033[31mred' >"$T/body"
feed alice pchat send <"$T/body"
run bob pchat read --raw
is "$out" $'\e[31mred' "--raw gives the bytes as they came"

finish
