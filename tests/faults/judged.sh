#!/usr/bin/env bash
# A test of the test: a helper with a bug in it, acknowledging what it has not stored yet, has to be found guilty by the
# same scene and the same ledger that acquit the true one. The bug is put into a copy of the source, here and now.
set -u
: "${SRCDIR:?is set by make faults}" "${BUILDDIR:?is set by make faults}" "${CC:=cc}"
work=$(mktemp -d "${TMPDIR:-/tmp}/pchat-judged.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
command -v strace >/dev/null || { echo "1..0 # SKIP strace is not installed"; exit 0; }
# shellcheck source=../system/machine.sh
. "$SRCDIR/tests/system/machine.sh"
SLOW=$(slowness "$BUILDDIR/pchatd" "$work")
export SLOW # for scene.sh
echo 1..5

# Every other turn is acknowledged at once, and committed with the next one.
mkdir -p "$work/tests/faults"
awk '
	/^inbound_flush\(struct inbound \*i\)/ { inside = 1 }
	inside && /class->commit\(/ {
		print "\tstatic unsigned turn;"
		print "\tif (intake_owes(&i->intake) && turn++ % 2 == 0) {"
		print "\t\tacknowledge(i);"
		print "\t\treturn;"
		print "\t}"
		seeded = 1
	}
	{ print }
	inside && /^}/ { inside = 0 }
	END { exit !seeded }
' "$SRCDIR/src/session/messages/inbound.c" >"$work/inbound.c" || { echo "Bail out! the place for the bug is gone"; exit 1; }
cp "$BUILDDIR/libpchat_session.a" "$work/"
# shellcheck disable=SC2046 # lists of words
(cd "$work" && "$CC" -std=gnu17 -D_GNU_SOURCE -O1 -I"$SRCDIR/src" -c inbound.c -o inbound.o &&
	"$CC" -o pchat-session "$BUILDDIR/src/session/main.o" inbound.o libpchat_session.a "$BUILDDIR/libpchat_db.a" "$BUILDDIR/libpchat_net.a" "$BUILDDIR/libpchat_proto.a" \
		"$BUILDDIR/libpchat_core.a" "$BUILDDIR/libpchat_base.a" -lev -lsqlite3 $(pkg-config --libs libutf8proc)) ||
	{ echo "Bail out! the bug does not compile"; exit 1; }
for program in pchat pchat-full pchatd tests/faults/ledger; do
	ln -s "$BUILDDIR/$program" "$work/$program"
done

failed=0
verdict() { # NUMBER NAME COMMAND...
	local n=$1 name=$2
	shift 2
	if "$@"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		failed=1
	fi
}

# Bob's helper, killed at its Nth sync.
crimes() { # BUILDDIR N
	BUILDDIR=$1 timeout $((60 * SLOW)) bash "$SRCDIR/tests/faults/scene.sh" receiver -e trace=fdatasync \
		-e inject=fdatasync:signal=KILL:when="$2" 2>&1
	[ $? -ne 124 ] || echo "it does not end"
}

# With the bug, one N or another costs a message; without it, the same N does not.
for ((n = 1; n <= 40; n++)); do
	guilty=$(crimes "$work" $n)
	[[ $guilty != *"lost: "* ]] || break
done
verdict 1 "one that acknowledges before the commit is found guilty (killed at sync $n)" grep -q 'lost: ' <<<"$guilty"
printf '%s\n' "$guilty" | sed 's/^/# /' | head -n 20
honest=$(crimes "$BUILDDIR" $n)
verdict 2 "the true helper is acquitted" [ -z "$honest" ]
[ -z "$honest" ] || printf '%s\n' "$honest" | sed 's/^/# /' | head -n 20

# The ledger itself, on made-up evidence: each crime is seen.
mkdir -p "$work/in/alice" "$work/in/bob" "$work/in/carol"
for name in alice bob carol; do
	sqlite3 "$work/in/$name/inbox.db" 'CREATE TABLE record(id INTEGER PRIMARY KEY, time, type, body)'
done
sqlite3 "$work/in/bob/inbox.db" "INSERT INTO record(type, body) VALUES
	(0,'alice 1'),(0,'alice 1'),(0,'alice 4'),(0,'alice 3'),
	(64,x'07000000616c696365203508000000616c696365203131')" # a pack: 'alice 5', 'alice 11'
sqlite3 "$work/in/carol/inbox.db" "INSERT INTO record(type, body) VALUES(0,'alice 6')"
printf '%s\n' 'alice bob 1 1 0' 'alice bob 2 2 0' 'alice bob 3 3 0' 'alice bob 4 4 0' 'alice bob 5 5 8' 'alice bob 6 6 75' \
	'alice bob 10 12 75:0' >"$work/told"
got=$("$BUILDDIR/tests/faults/ledger" "$work/told" "$work/in/alice" "$work/in/bob" "$work/in/carol" 2>/dev/null)
verdict 3 "the ledger sees each kind of crime: $got" \
	[ "${got##*; }" = "lost 1, twice 1, reordered 2, lies 1, strays 1" ]

# Notes: kept ones have an order of their own, and one that was told as kept has to be there. Number 6 may have arrived
# when it was told first.
sqlite3 "$work/in/carol/inbox.db" "DELETE FROM record; INSERT INTO record(type, body) VALUES
	(8,'kept 2'),(8,'told 1'),(8,'kept 1'),(8,'told 2'),(8,'kept 4'),(8,'kept 4'),
	(8,'kept 6'),(8,'kept 5'),(8,'kept 8'),(8,'kept 7')"
printf '%s\n' 'kept carol 1 1 12' 'kept carol 2 2 12' 'kept carol 3 3 12' 'kept carol 4 4 10' 'kept carol 5 5 12' \
	'kept carol 6 6 75' 'kept carol 6 6 12' 'kept carol 7 7 75' 'kept carol 7 7 12' 'kept carol 8 8 12' 'told carol 1 1 0' \
	'told carol 2 2 0' >"$work/told"
got=$("$BUILDDIR/tests/faults/ledger" "$work/told" "$work/in/carol" 2>/dev/null)
verdict 4 "and of notes: $got" [ "${got##*; }" = "lost 1, twice 1, reordered 2, lies 1, strays 0" ]

# A damaged inbox was set aside, and a new one begun with what of it could be read, under its old ids.
rm "$work/in/alice/inbox.db" "$work/in/bob/inbox.db"
for file in bob/inbox.db.corrupt-20260101T000000Z bob/inbox.db alice/inbox.db; do
	sqlite3 "$work/in/$file" 'CREATE TABLE record(id INTEGER PRIMARY KEY, time, type, body)'
done
sqlite3 "$work/in/bob/inbox.db.corrupt-20260101T000000Z" "INSERT INTO record(id, type, body) VALUES
	(1,0,'alice 1'),(2,64,x'07000000616c696365203207000000616c6963652033'),(4,0,'alice 4')" # a pack: 'alice 2', 'alice 3'
sqlite3 "$work/in/bob/inbox.db" "INSERT INTO record(id, type, body) VALUES
	(1,0,'alice 1'),(3,0,'alice 3'),(5,0,'alice 5'),(6,0,'alice 4')"
for n in 1 2 3 4 5; do
	echo "alice bob $n $n 0"
done >"$work/told"
got=$("$BUILDDIR/tests/faults/ledger" "$work/told" "$work/in/alice" "$work/in/bob" 2>"$work/crimes")
verdict 5 "what was saved of a damaged inbox is no crime, what comes again is: $got" \
	[ "${got##*; }:$(cat "$work/crimes")" = "lost 0, twice 1, reordered 0, lies 0, strays 0:twice: alice 4 bob" ]
exit $failed
