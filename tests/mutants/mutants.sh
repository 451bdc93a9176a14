#!/bin/bash
# Whether the tests notice: small edits are drawn (draw.pl) and made, one at a time, in a copy of the tree; each has to turn
# a test red. First the unit tests, then system tests that fit, are run until one fails. What lives is a hole in
# the tests, or an equivalent one, named in the file `equivalent` with the reason. TAP.
#
#	MUTANTS        how many (100)            MUTANTS_SEED   the draw to come again (a new one, printed)
#	MUTANTS_UNITS  set: unit tests alone     MUTANTS_IN     a pattern of the sources (all of the five folders)
set -u
: "${SRCDIR:?is set by make mutants}" "${BUILDDIR:?is set by make mutants}"
count=${MUTANTS:-100} seed=${MUTANTS_SEED:-$((RANDOM * 32768 + RANDOM))}
here=$SRCDIR/tests/mutants
work=$(mktemp -d "${TMPDIR:-/tmp}/pchat-mutants.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
chmod 0711 "$work"
tree=$work/tree
echo "# MUTANTS_SEED=$seed MUTANTS=$count"

# The copy, built as the original is, but that warnings are none of its business.
build() {
	make -C "$tree/build" -s -j"$(nproc)" all check TESTS=
}

prepare() {
	local options
	mkdir -m 0755 "$tree" "$tree/build"
	(cd "$SRCDIR" && find . -mindepth 1 -maxdepth 1 ! -name .git ! -name 'build?*' ! -name build) |
		(cd "$SRCDIR" && xargs cp -R -t "$tree")
	cp -R "$SRCDIR/build-aux" "$tree/" 2>/dev/null
	eval "options=($("$BUILDDIR/config.status" --config))"
	(cd "$tree/build" && ../configure -q "${options[@]}" --disable-werror) && build
}

# Scripts in which a fault of that folder is soon met.
scripts_for() { # FILE
	case $1 in
	src/core/*) echo story pairing send names resume read registry hostile ;;
	src/proto/*) echo story send read output hostile scripting ;;
	src/session/*) echo story send read replaced storage scripting resume ;;
	src/daemon/*) echo story names pairing daemon hostile identity resume registry ;;
	src/net/*) echo story daemon identity embedded hostile resume ;;
	esac
}

units_pass() { # [SUITE]
	(cd "$tree/build" && SRCDIR=$tree BUILDDIR=$tree/build CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-30} \
		timeout -k 5 900 tests/unit/runner "$@") >"$work/log" 2>&1
}

script_passes() { # NAME
	SRCDIR=$tree BUILDDIR=$tree/build timeout -k 5 1800 bash "$tree/tests/system/$1.sh" >"$work/log" 2>&1 &&
		grep -q '^1\.\.' "$work/log"
}

# Sets killer: what noticed; empty when nothing did.
try() { # FILE
	local script
	if ! units_pass "$(basename "$1" .c)" || ! units_pass; then # its own suite is soon through
		killer="unit: $(grep -m 1 -oE '^not ok [0-9]+ - .*' "$work/log" | sed 's/.*test_\([a-z_]*\)\.c:[a-z_]*:\([a-z0-9_]*\).*/\2/')"
		return
	fi
	killer=
	[ -z "${MUTANTS_UNITS-}" ] || return
	for script in $(scripts_for "$1"); do
		script_passes "$script" || { killer="$script.sh: $(grep -m 1 '^not ok' "$work/log" | cut -d- -f2-)"; return; }
	done
}

# The reason why it is no fault: `FILE: LINE => LINE: REASON` of the file equivalent, blanks at the ends left out.
reason() { # FILE OLD NEW
	awk -v edit="$1: $2 => $3: " 'index($0, edit) == 1 { print substr($0, length(edit) + 1); exit }' "$here/equivalent"
}

trimmed() { # FILE LINE
	sed -n "$2{s/^[[:space:]]*//;s/[[:space:]]*$//;p}" "$1"
}

prepare >"$work/log" 2>&1 || { tail -n 20 "$work/log"; echo "Bail out! the copy cannot be built"; exit 1; }
units_pass || { grep '^not ok' "$work/log"; echo "Bail out! without an edit the unit tests are not green"; exit 1; }

cd "$tree" || exit 99
n=0 killed=0 alive=0 equivalent=0
# Some do not compile: those are drawn beyond the count.
while [ $n -lt "$count" ] && IFS=$'\t' read -r file line column length text <&3; do
	old=$(trimmed "$file" "$line")
	cp -p "$file" "$work/original"
	perl -i -pe 'BEGIN { ($l, $c, $n, $t) = splice @ARGV, 0, 4 } substr($_, $c, $n) = $t if $. == $l' \
		"$line" "$column" "$length" "$text" "$file"
	new=$(trimmed "$file" "$line")
	if build >"$work/log" 2>&1; then
		n=$((n + 1))
		try "$file"
		why=$(reason "$file" "$old" "$new")
		if [ -n "$killer" ]; then
			killed=$((killed + 1))
			echo "ok $n - $file:$line: $old => $new # $killer"
		elif [ -n "$why" ]; then
			equivalent=$((equivalent + 1))
			echo "ok $n - $file:$line: $old => $new # equivalent: $why"
		else
			alive=$((alive + 1))
			echo "not ok $n - alive: $file:$line: $old => $new"
		fi
	fi
	cp "$work/original" "$file" # newer than what was built
done 3< <(find src/core src/proto src/session src/daemon src/net -name '*.c' -path "${MUTANTS_IN:-*}" | LC_ALL=C sort |
	xargs perl "$here/draw.pl" "$seed" $((count * 2)))
echo "1..$n"
echo "# killed $killed, equivalent $equivalent, alive $alive"
[ $alive -eq 0 ] && [ $n -gt 0 ]
