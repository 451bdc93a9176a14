# Names: R1, R2, R3, exit status 9.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

start_daemon
add_user alice
add_user bob
login alice

run bob pchat login ALICE
exits 9 "R1: a name in use is refused, whatever its case"
like "$err" "in use" "and it says so"
run bob pchat login --json alice
exits 9 "R1: also under --json"
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "9 taken" "where the error is an object"
run bob pchat login bob
exits 0 "R1: another name may be tried then"
run bob pchat quit
run bob pchat history
exits 1 "a refused login leaves no inbox behind: it is bob's history that is empty"
run bob pchat login bob

for name in "" -x _x .x "a b" a/b aä! ńя Сара 'a$(id)' "$(printf 'x%.0s' {1..33})"; do
	run bob pchat login -- "$name"
	exits 9 "R2: '$name' is no name"
	run bob pchat to -- "$name"
	exits 9 "R2: and nobody's"
done
run bob pchat login $'evil\e[2J'
exits 9 "R2: an escape sequence is no name"
unlike "$err" $'\e' "and is not repeated as it came"
for name in 0 12 ١٢; do
	run bob pchat login "$name"
	exits 9 "R2: '$name' is a number: an account's name, or nobody's"
done
for name in 小明 Élan दिमा مریم alice@example.org; do
	run bob pchat login "$name"
	exits 0 "R2: '$name' is one"
	run alice pchat who --json
	is "$(jq -r 'select(.uid == '"${uid_of[bob]}"' and .name != "bob") | .name' <<<"$out")" "$name" "and shown as it is"
	run bob pchat -s "$name" quit
	exits 0 "and quits under it"
done
run bob pchat login "$(printf 'Jose\xcc\x81')"
exits 0 "R2: what was typed decomposed is composed"
run bob pchat -s JOSÉ status --json
is "$(jq -r .name <<<"$out")" José "and one's own session is found whatever the case"
run alice pchat login "josé"
exits 9 "R1: somebody else's is in use, whatever its case"
run bob pchat -s José quit
# Errors of commands that have no tables: the full program lends them its own.
for name in שלום مریم दिमा; do
	run bob pchat login "$name"
	run bob pchat quit
	exits 3 "with two sessions it is unclear whose end is meant"
	like "$err" "$name" "and the words have '$name' as it is written"
	run bob pchat -s "$name" quit
done
run bob pchat tell -f $'/nonexistent/\u05e7\u05d5\e[2J' alice
like "$err" '/nonexistent/קו\\u\{001B\}' "so for a file's name, and nothing in it reaches the terminal"
run bob env PCHAT_EXEC_PATH=/nonexistent pchat tell -f /nonexistent/קו alice
like "$err" '/nonexistent/\\xD7\\xA7\\xD7\\x95' "without the full program they are shown byte by byte"
run bob env PCHAT_EXEC_PATH=/nonexistent pchat --json who
exits 71 "what it cannot do then"
is "$(jq -r '.error | "\(.code) \(.name)"' <<<"$err")" "71 failed" "is told under --json as under --json"
run bob env PCHAT_EXEC_PATH=/nonexistent pchat --json status --prompt
exits 0 "but a prompt never ends in an error"
# One whose files are called by ASCII, as ASCII spells it: it is over by each of its names.
run bob pchat quit
for name in Straße STRASSE straße; do
	run bob pchat login Straße
	exits 0 "R2: 'Straße' is one, and one with 'strasse'"
	run bob pchat -s "$name" send x
	exits 7 "its session is found by '$name'"
	run bob pchat -s "$name" quit
	exits 0 "and ended"
	run bob pchat status
	exits 3 "after which nothing brings it back"
done
run bob pchat login bob
for name in "$(printf '\xd0\xa1\xd0\xb0\xd1\x80\xd0\xb0')" "$(printf '\xd1\x80\xd0\xbe\xd1\x81\xd0\xb0')"; do
	run bob pchat login "$name"
	exits 9 "R2: what looks like ASCII as a whole is no name"
	like "$err" "looks like '(Capa|poca)'" "and the words say so"
done
for name in a 0a A.b_c-9 "$(printf 'x%.0s' {1..32})"; do
	run bob pchat login "$name"
	exits 0 "R2: '$name' is one"
	run bob pchat -s "$name" quit
done

if is_root; then
	run bob pchat login root
	exits 9 "R3: root's name is not for bob"
	is "$(jq -r .error.name <<<"$(as bob pchat --json login root 2>&1)")" reserved "R3: it is reserved"
	run bob pchat login ROOT
	exits 9 "R3: whatever its case"
	run bob pchat login daemon
	exits 9 "R3: nor another account's"
	for name in dæmon bın; do
		run bob pchat login --json "$name"
		is "$(jq -r .error.name <<<"$err")" reserved "R3: nor one that ASCII spells like it: $name"
	done
	mkdir -p "$T/rootrun"
	run root env XDG_RUNTIME_DIR="$T/rootrun" XDG_STATE_HOME="$T/rootrun" pchat login daemon
	exits 9 "R3: which root may not take either"
	run root env XDG_RUNTIME_DIR="$T/rootrun" XDG_STATE_HOME="$T/rootrun" pchat login
	exits 0 "the account's name is the default"
	run alice pchat who --json
	is "$(jq -r 'select(.name == "root") | .account' <<<"$out")" root "and root is there under it"

	# An account with a capital letter, on a daemon that sees another account file.
	{ cat /etc/passwd; echo "Carol:x:59876:59876::/nonexistent:/bin/false"; } >"$T/passwd"
	for user in alice bob; do
		run "$user" pchat quit
	done
	stop_daemon
	if unshare -m true 2>/dev/null; then
		spawn daemon root unshare -m sh -c 'mount --bind "$0" /etc/passwd && exec "$@"' "$T/passwd" \
			pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon"
		wait_until test -S "$PCHAT_SOCKET"
		for name in carol CAROL Carol; do
			run bob pchat login "$name"
			exits 9 "R3: Carol's name is not for bob, not as $name either"
		done
		add_user carol
		uid_of[carol]=59876
		chown -R 59876 "$T/carol"
		run carol pchat login carol
		exits 0 "R3: Carol may be carol"
	else
		skip "takes mount namespaces" "R3: names of accounts with capital letters"
	fi
else
	skip "takes root" "R3: names of accounts"
	run alice pchat login
	exits 0 "the account's name is the default"
fi

finish
