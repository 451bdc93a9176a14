#!/bin/bash
# Whether the tests notice: small edits are drawn (draw.pl) and made, one at a time, in a copy of the tree; each has to turn
# a test red. Tests are run until one fails, those first that are likely to: the suite of the file's name, those of its
# folder, all unit tests, system tests that fit. Only what these need is built anew. What lives is a hole in the
# tests, or an equivalent one, named in the file `equivalent` with the reason. TAP.
#
#	MUTANTS        how many (100)            MUTANTS_SEED   the draw to come again (a new one, printed)
#	MUTANTS_UNITS  set: unit tests alone     MUTANTS_IN     a pattern of the sources (all of the five folders)
#	MUTANTS_FROM   the first of the draw to be made (1): goes on where a run was ended
set -u
: "${SRCDIR:?is set by make mutants}" "${BUILDDIR:?is set by make mutants}"
count=${MUTANTS:-100} first=${MUTANTS_FROM:-1} seed=${MUTANTS_SEED:-$((RANDOM * 32768 + RANDOM))}
here=$SRCDIR/tests/mutants
work=$(mktemp -d "${TMPDIR:-/tmp}/pchat-mutants.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
chmod 0711 "$work"
tree=$work/tree
echo "# MUTANTS_SEED=$seed MUTANTS=$count MUTANTS_FROM=$first"

# build TARGET...: the copy, as the original is built, but that warnings are none of its business.
build() {
	make -C "$tree/build" -s -j"$(nproc)" "$@" >"$work/log" 2>&1
}

prepare() {
	local options
	mkdir -m 0755 "$tree" "$tree/build"
	(cd "$SRCDIR" && find . -mindepth 1 -maxdepth 1 ! -name .git ! -name 'build?*' ! -name build) |
		(cd "$SRCDIR" && xargs cp -R -t "$tree")
	cp -R "$SRCDIR/build-aux" "$tree/" 2>/dev/null
	eval "options=($("$BUILDDIR/config.status" --config))"
	(cd "$tree/build" && ../configure -q "${options[@]}" --disable-werror) >"$work/log" 2>&1 &&
		build all && build check TESTS=
}

# Scripts in which a fault of that folder is soon met.
scripts_for() { # FILE
	case $1 in
	src/*/streams/* | *_streams.c) echo streams give streams_hostile ;;
	src/*/notes/* | *_notes.c) echo notes kept ;;
	src/net/stream.c | src/net/closing.c) echo streams passed hostile ;;
	src/core/names/* | src/core/unicode/*) echo names story ;;
	src/core/via.c) echo via ;;
	src/core/waiting.c) echo waiting ;;
	src/core/policy.c) echo scripting pairing ;;
	src/core/*) echo story pairing send resume hostile ;;
	src/proto/*) echo story read output hostile ;;
	src/session/history/*) echo scripting read forget ;;
	src/session/mailbox/*) echo read storage forget resume ;;
	src/session/session.c) echo story send streams via notes resume replaced scripting ;;
	src/session/uplink/*) echo resume embedded replaced ;;
	src/session/life.c) echo story send resume replaced scripting forget ;;
	src/session/main.c) echo storage story send resume replaced scripting ;;
	src/session/*) echo story send resume replaced scripting ;;
	src/daemon/names/*) echo names accounts ;;
	src/daemon/places/*) echo places boots registry daemon ;;
	src/daemon/roster*.c) echo story pairing daemon hostile resume identity registry waiting ;;
	src/daemon/*) echo story pairing daemon hostile resume identity ;;
	src/net/*) echo story daemon identity embedded places ;;
	esac
}

# Suites of the tests that stand in the folder of that name below tests/unit.
suites_beside() { # FILE
	local folder=${1#src/}
	sed -n 's/^\([a-z_]*\)_suite(void).*/\1/p' "$tree/tests/unit/${folder%/*}"/test_*.c 2>/dev/null
}

units_pass() { # [SUITE]
	(cd "$tree/build" && SRCDIR=$tree BUILDDIR=$tree/build CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-120} \
		timeout -k 5 900 tests/unit/runner "$@") >"$work/log" 2>&1
}

script_passes() { # NAME
	SRCDIR=$tree BUILDDIR=$tree/build timeout -k 5 1800 bash "$tree/tests/system/$1.sh" >"$work/log" 2>&1 &&
		grep -q '^1\.\.' "$work/log"
}

unit_that_failed() {
	local told
	told=$(grep -m 1 -oE '^not ok [0-9]+ - .*' "$work/log" | sed 's/.*test_\([a-z_]*\)\.c:[a-z_]*:\([a-z0-9_]*\).*/\2/')
	echo "unit: ${told:-ended early, or took too long}"
}

# Sets killer: what noticed; empty when nothing did. False: it does not compile.
try() { # FILE
	local script suites
	build tests/unit/runner || return
	mapfile -t suites < <(suites_beside "$1")
	if ! units_pass "$(basename "$1" .c)" || { [ ${#suites[@]} -gt 0 ] && ! units_pass "${suites[@]}"; } || ! units_pass; then
		killer=$(unit_that_failed)
		return
	fi
	killer=
	[ -z "${MUTANTS_UNITS-}" ] || return 0
	build all || return
	for script in $(scripts_for "$1"); do
		script_passes "$script" || { killer="$script.sh: $(grep -m 1 '^not ok' "$work/log" | cut -d- -f2-)"; return 0; }
	done
}

# The function in which a line stands.
function_of() { # FILE LINE
	awk -v line="$2" 'NR > line { exit } /^[a-z_0-9]+\(/ { name = substr($0, 1, index($0, "(") - 1) } END { print name }' "$1"
}

# The reason why it is no fault: `FILE[ FUNCTION]: LINE => LINE: REASON` of the file equivalent, blanks at the ends left out.
reason() { # FILE FUNCTION OLD NEW
	EDIT="$3 => $4: " FILE=$1 FUNCTION=$2 awk '
		BEGIN { begins[1] = ENVIRON["FILE"] " " ENVIRON["FUNCTION"] ": " ENVIRON["EDIT"]; begins[2] = ENVIRON["FILE"] ": " ENVIRON["EDIT"] }
		{ for (i in begins) if (index($0, begins[i]) == 1) { print substr($0, length(begins[i]) + 1); exit } }' "$here/equivalent"
}

trimmed() { # FILE LINE
	sed -n "$2{s/^[[:space:]]*//;s/[[:space:]]*$//;p}" "$1"
}

prepare || { tail -n 20 "$work/log"; echo "Bail out! the copy cannot be built"; exit 1; }
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
	if try "$file"; then
		n=$((n + 1))
		why=$(reason "$file" "$(function_of "$file" "$line")" "$old" "$new")
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
	xargs perl "$here/draw.pl" "$seed" $(((count + first) * 2)) | tail -n "+$first")
echo "1..$n"
echo "# killed $killed, equivalent $equivalent, alive $alive"
[ $alive -eq 0 ] && [ $n -gt 0 ]
