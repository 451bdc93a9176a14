# Each header of src is included by a unit test. A few offer what lives in a whole host alone: these stand in
# tests/sim/headers, each with a function and with a seed of the simulator whose run enters that (tests/sim/headers.sh).
set -u
: "${SRCDIR:?is set by make check}"
listed=$(grep -v '^#' "$SRCDIR/tests/sim/headers")
simulated=$(cut -d' ' -f1 <<<"$listed" | sort)
headers=$(cd "$SRCDIR/src" && find . -name '*.h' | sed 's|^\./||' | sort)
included=$(grep -rhoE --include='*.[ch]' '^ *# *include *"[^"]+"' "$SRCDIR/tests/unit" | sed -E 's/.*"(.*)"/\1/' | sort -u)
missing=$(comm -23 <(echo "$headers") <(echo "$included"))

report() { # NUMBER NAME WRONG
	[ -z "$3" ] && echo "ok $1 - $2" || echo "not ok $1 - $2: ${3//$'\n'/ }"
}
report 1 "a unit test includes each header, or a run of the simulator is named that enters it" \
	"$(comm -23 <(echo "$missing") <(echo "$simulated"))"
report 2 "what is named so is a header that no unit test includes" "$(comm -13 <(echo "$missing") <(echo "$simulated"))"
report 3 "there are headers, and tests that include some" \
	"$([ "$(wc -l <<<"$headers")" -gt 100 ] && [ "$(wc -l <<<"$included")" -gt 50 ] || echo 'too few')"
# The header declares the function, and the seed is a number.
untrue=$(while read -r header function seed rest; do
	{ grep -qE "^[^/*#].*\b$function\(" "$SRCDIR/src/$header" && [[ $seed =~ ^[0-9]+$ ]] && [ -z "$rest" ]; } || echo "$header"
done <<<"$listed")
report 4 "each of these names a function that it declares, and a seed" "$untrue"
# A test of one module stands where the module does.
astray=$(cd "$SRCDIR" && find tests/unit -mindepth 2 -name 'test_*.c' | while read -r test; do
	module=$(basename "$test" .c)
	module=${module#test_}
	homes=$(find src -name "$module.c" -printf '%h\n' | sed 's|^src/||')
	home=$(dirname "${test#tests/unit/}")
	# search.c of the editor and of a history, and notes in both directions, are tests of rooms that have no such file
	case $test in */history/test_search.c | */messages/test_notes.c) continue ;; esac
	[ -z "$homes" ] || grep -qxF "$home" <<<"$homes" || echo "$test"
done)
report 5 "unit tests mirror the folders" "$astray"
echo 1..5
