# Completion knows which options take a value: the shells' files say so themselves, and must say what the program's own
# tables of options say, for every command. What they do not know they take for an operand.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"

add_user alice
export T
cp "$SRCDIR"/completions/pchat.* "$T/"

# options_of HELP...: "-f yes" and "--line no" for each option that this help lists; yes: the next word is its value.
options_of() {
	pchat "$@" </dev/null | sed -nE '/^ {4}(-[A-Za-z], | {4})--/ {
		s/^ +(-.), (--[a-z-]+) [][A-Z@:]+ .*/\1 yes\n\2 yes/
		s/^ +(-.), (--[a-z-]+)(\[=[A-Z]+\])? .*/\1 no\n\2 no/
		s/^ +(--[a-z-]+) [][A-Z@:]+ .*/\1 yes/
		s/^ +(--[a-z-]+)(\[=[A-Z]+\])? .*/\1 no/
		p
	}'
}

# "COMMAND OPTION yes|no", with - where there is no command yet.
pchat __complete commands | cut -f1 >"$T/commands"
{
	options_of help | sed 's/^/- /'
	while read -r command; do
		options_of help "$command" | sed "s/^/$command /"
	done <"$T/commands"
} >"$T/options"
pchat __complete options login | cut -f1 | sort >"$T/listed"
grep '^login ' "$T/options" | cut -d' ' -f2 | sort >"$T/read"
is "$(<"$T/read")" "$(<"$T/listed")" "the help lists every option"
for sample in 'tell -f yes' 'read -f no' 'login --via yes' 'to --wait no' '- --session yes' '- -q no'; do
	grep -qx -- "$sample" "$T/options"
	ok $? "the table: $sample" "$(<"$T/options")"
done

# agrees SHELL PROGRAM...: reads the table, and asks the shell's own function.
agrees() {
	local shell=$1
	shift
	feed alice "$@" <"$T/options"
	exits 0 "$shell: reads the table"
	is "$out" "" "$shell: takes for options with a value those that are"
}

# shellcheck disable=SC2016 # another shell's
ask='. "$T/pchat.SHELL"
while read -r command option value; do
	said=no
	! __pchat_takes_value "$option" "${command#-}" || said=yes
	[[ $said == $value ]] || echo "$command $option: $said"
done'
agrees bash bash --norc -c "${ask/SHELL/bash}"
if command -v zsh >/dev/null; then
	agrees zsh zsh -f -c "${ask/SHELL/zsh}"
else
	skip "zsh is missing" "zsh: all of it"
fi
if ! command -v fish >/dev/null; then
	skip "fish is missing" "fish: all of it"
	finish
fi
# shellcheck disable=SC2016
agrees fish fish --no-config -c 'source "$T/pchat.fish"
while read -l command option value
	set -l said no
	__pchat_takes_value $option (string replace -r "^-\$" "" -- $command); and set said yes
	test $said = $value; or echo "$command $option: $said"
end'

finish
