# The walk of docs/HACKING.md, walked: valgrind notes which files the errands enter, and each file that the walk names is
# among them. Whether its tables are in order is tests/lint/walk.sh's.
set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"
skip() { # WHY
	echo "1..0 # SKIP $1"
	exit 0
}
command -v valgrind >/dev/null || skip "valgrind is missing"
! grep -q 'SANITIZE_FLAGS = *-' "$BUILDDIR/Makefile" || skip "valgrind and the sanitizers do not mix"
grep -Eq '^CFLAGS = .*-g' "$BUILDDIR/Makefile" || skip "the build does not say which file is where"

dir=$(mktemp -d /tmp/pchat-walk-XXXXXX) || exit 99
mkdir -m 700 "$dir"/{bin,run,state,notes}
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$dir"' EXIT

# What starts another program finds it here, where each notes what it enters.
for program in pchat-session pchatd pchat-full; do
	printf '#!/bin/sh\nexec valgrind -q --tool=callgrind --callgrind-out-file=%s/notes/%s.%%p %s/%s "$@"\n' \
		"$dir" "$program" "$BUILDDIR" "$program" >"$dir/bin/$program"
	chmod +x "$dir/bin/$program"
done
export PCHAT_EXEC_PATH=$dir/bin XDG_STATE_HOME=$dir/state XDG_RUNTIME_DIR=$dir/run PCHAT_SOCKET=$dir/sock
pchat() { timeout 300 "$dir/bin/pchat-full" "$@"; }

"$dir/bin/pchatd" --socket "$dir/sock" --state "$dir/state/daemon" >"$dir/daemon.log" 2>&1 &
daemon=$!
for _ in {1..600}; do
	[ -S "$dir/sock" ] && break
	sleep 0.2
done

tests=0
report() { # STATUS NAME
	tests=$((tests + 1))
	[ "$1" -eq 0 ] && echo "ok $tests - $2" || echo "not ok $tests - $2"
}

errands() {
	pchat login alice && pchat login bob && pchat -s alice to bob && pchat -s alice send "lunch?" &&
		pchat tell bob "a note" || return
	pchat tell --later "$(id -un)" "for later"
	[ $? -eq 12 ] || return
	printf 'a stream\n' | pchat -s alice pipe "a label" &
	until pchat -s bob accept --list | grep -q "a label"; do
		kill -0 $! || return
		sleep 0.2
	done
	pchat -s bob accept -o "$dir/stream" && wait $! && grep -qx 'a stream' "$dir/stream" || return
	pchat -s alice quit && pchat -s bob quit
}
errands >"$dir/words" 2>&1
report $? "the errands of the walk are done"
kill "$daemon" && wait "$daemon" 2>/dev/null
daemon=

entered=$(sed -nE 's/^c?f[lie]=\([0-9]+\) (.*)/\1/p' "$dir"/notes/* | grep -oE 'src/[a-z_/]+\.c$' | sed 's|src/||' | sort -u)
# A COMMAND is fed by pidfd_open(2), which this valgrind may not know: it is not tried.
unknown=cli/process/fed.c
walk=$(sed -n '/^## A walk/,/^## Building/p' "$SRCDIR/docs/HACKING.md")
named=$(sed -n '/^\*\*A message/,$p' <<<"$walk" | grep '^|' | grep -oE '`[a-z_/]+\.c`' | tr -d '`' |
	grep -vxF "$unknown" | sort -u)
missing=$(comm -23 <(echo "$named") <(echo "$entered"))
[ "$(wc -l <<<"$named")" -gt 60 ] && [ -z "$missing" ]
report $? "each file that the walk names is entered${missing:+, but }${missing//$'\n'/ }"
# And the other way round: what is entered is named, in a row or as left out; whole folders are left out, too.
mentioned=$(grep -oE '`[a-z_/]+\.c`' <<<"$walk" | tr -d '`' | sort -u)
unnamed=$(comm -13 <(echo "$mentioned") <(echo "$entered") | grep -vE '^(base|db|proto|net|core/names|core/unicode|cli/output)/')
[ -z "$unnamed" ]
report $? "each file that is entered is named by the walk${unnamed:+, but not }${unnamed//$'\n'/ }"
sed 's/^/# /' "$dir/words"
echo "1..$tests"
