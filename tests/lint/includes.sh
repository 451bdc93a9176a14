# The layers of docs/HACKING.md, by what the sources include and by what the objects call: a folder under src uses itself
# and what stands left of it, nothing else; the same holds for the rooms inside of a folder. And what keeps a house
# walkable: no circle of folders, none of more than six files, at most 16 sources a folder, no name exported twice.
set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"
NM=${NM:-nm}

# FOLDER: what it may use, with the rooms inside of it. A folder that is not named here belongs to the one above it.
layers='
base:
core/unicode: base
core/names: base core/unicode
core: base core/unicode core/names
proto: base core
net: base core proto
db: base core proto net
daemon/names: base core proto net db
daemon/places: base core proto net db
daemon/notes: base core proto net db daemon/names
daemon: base core proto net db daemon/names daemon/places daemon/notes
session: base core proto net db session/mailbox session/history session/state session/messages session/uplink session/control
session/mailbox: base core proto net db
session/history: base core proto net db session/mailbox
session/state: base core proto net db
session/messages: base core proto net db session/mailbox session/state
session/uplink: base core proto net db session/state session/messages
session/control: base core proto net db session/state session/messages session/uplink
client: base core proto net
cli: base core proto net client cli/process cli/line cli/output cli/commands cli/chat cli/chat/editor
cli/process: base core proto net client
cli/line: base core proto net client cli/process
cli/output: base core proto net client cli/process cli/line
cli/commands: base core proto net client cli/process cli/line cli/output
cli/chat/editor: base core proto net client cli/process cli/line cli/output
cli/chat: base core proto net client cli/process cli/line cli/output cli/commands cli/chat/editor
'

# includes ROOT: "FROM TO" for each include of our own below ROOT, as paths below it.
includes() {
	(cd "$1" && grep -rE --include='*.[ch]' '^ *# *include *"' .) |
		sed -E 's|^\./([^:]*):[^"]*"([^"]*)".*|\1 \2|'
}

# calls: "FROM TO" for each symbol that an object uses and another one defines, as paths of their sources below src.
# An object of the sources of one program or archive may be named PROGRAM-SOURCE.o.
calls() {
	(cd "$BUILDDIR/src" && find . -name '*.o' | sed 's|^\./||' | sort | while read -r object; do
		source=$(sed -E 's|/[^/]*-([^/]*)$|/\1|; s|\.o$|.c|' <<<"$object")
		[ -e "$SRCDIR/src/$source" ] || continue # of a source that has moved
		"$NM" -g "$object" 2>/dev/null | awk -v source="$source" '
			NF == 3 && $3 != "main" { print "D", source, $3 }
			NF == 2 { print "U", source, $2 }'
	done) | awk '
		$1 == "D" { if (!($3 in home)) home[$3] = $2; else if (home[$3] != $2) home[$3] = "" }
		$1 == "U" { use[$2 " " $3] = $2 }
		END {
			for (u in use) {
				split(u, part, " ")
				to = home[part[2]]
				if (to != "" && to != use[u])
					print use[u], to
			}
		}' | sort -u
}

# violations: of "FROM TO" lines on standard input those that the layers do not allow.
violations() {
	awk -v layers="$layers" '
		function folder_of(path,    f) { # the longest that the layers name
			f = path
			while (sub(/\/[^\/]*$/, "", f))
				if (f in known)
					return f
			return ""
		}
		BEGIN {
			n = split(layers, line, "\n")
			for (i = 1; i <= n; i++) {
				if (split(line[i], part, ":") < 2)
					continue
				known[part[1]] = 1
				allowed[part[1], part[1]] = 1
				m = split(part[2], lower, " ")
				for (k = 1; k <= m; k++)
					allowed[part[1], lower[k]] = 1
			}
		}
		function may(from, to) { # what may use a folder from outside may use its rooms
			if ((from, to) in allowed)
				return 1
			while (sub(/\/[^\/]*$/, "", to))
				if ((from, to) in allowed && index(from "/", to "/") != 1)
					return 1
			return 0
		}
		{
			from = folder_of($1)
			to = folder_of($2)
			if (from == "" || to == "" || !may(from, to))
				print $1, $2
		}' | sort -u
}

# folder_circle: of "FROM TO" lines the folders that form a circle; nothing: there is none.
folder_circle() {
	awk '{
		sub(/\/[^\/]*$/, "", $1)
		sub(/\/[^\/]*$/, "", $2)
		if ($1 != $2)
			print $1, $2
	}' | sort -u | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \([^ ]*\)$/\1/p'
}

# file_circles MOST: of "FROM TO" lines the files, headers and source as one, that stand in a circle of more than MOST.
file_circles() {
	awk -v most="$1" '
		{
			sub(/(_impl)?\.[ch]$/, "", $1)
			sub(/(_impl)?\.[ch]$/, "", $2)
			if ($1 != $2 && !(($1, $2) in edge)) {
				edge[$1, $2] = 1
				next_of[$1] = next_of[$1] " " $2
				node[$1] = node[$2] = 1
			}
		}
		function visit(start,    stack, top, at, part, n, i) {
			stack[top = 1] = start
			while (top > 0) {
				at = stack[top--]
				n = split(next_of[at], part, " ")
				for (i = 1; i <= n; i++)
					if (!((start, part[i]) in reach)) {
						reach[start, part[i]] = 1
						stack[++top] = part[i]
					}
			}
		}
		END {
			for (a in node)
				visit(a)
			for (a in node) {
				size = 0
				for (b in node)
					size += a == b || ((a, b) in reach && (b, a) in reach)
				if (size > most)
					print a, size
			}
		}' | sort
}

# exported_twice: names that two archives export.
exported_twice() {
	for archive in "$BUILDDIR"/libpchat_*.a; do
		"$NM" -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
	done | sort | uniq -d
}

# crowded ROOT MOST: folders below ROOT with more than MOST sources.
crowded() {
	(cd "$1" && find . -name '*.c') | sed 's|/[^/]*$||' | sort | uniq -c | awk -v most="$2" '$1 > most { print $2, $1 }'
}

# lost_on_the_walk: files that the walk of docs/HACKING.md names and that are not there.
lost_on_the_walk() {
	sed -n '/^## A walk/,/^## Building/p' "$SRCDIR/docs/HACKING.md" | grep -oE '`[a-z]+/[a-z_/]+\.c`' | tr -d '`' | sort -u |
		while read -r file; do
			[ -e "$SRCDIR/src/$file" ] || echo "$file"
		done
}

failed=0
count=0
holds() { # NAME FINDINGS: well when there are none
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		printf '%s\n' "$2" | sed 's/^/# /'
		echo "not ok $count - $1"
		failed=1
	fi
}
finds() { # NAME WANTED GOT: the test of the test
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		echo "# wanted: ${2//$'\n'/, }; got: ${3//$'\n'/, }"
		echo "not ok $count - $1"
		failed=1
	fi
}

echo "1..16"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
includes "$SRCDIR/src" >"$work/includes"
calls >"$work/calls"

holds "no include climbs the layers" "$(violations <"$work/includes")"
holds "no call climbs the layers" "$(violations <"$work/calls")"
holds "no folders form a circle" "$(cat "$work/includes" "$work/calls" | folder_circle)"
holds "no circle has more than six files" "$(cat "$work/includes" "$work/calls" | file_circles 6)"
holds "no folder has more than 16 sources" "$(crowded "$SRCDIR/src" 16)"
holds "no two archives export one name" "$(exported_twice)"
holds "the files of the walk are there" "$(lost_on_the_walk)"
finds "all of it was looked at" yes "$([ "$(wc -l <"$work/includes")" -gt 500 ] && [ "$(wc -l <"$work/calls")" -gt 500 ] &&
	[ "$(sed -n '/^## A walk/,/^## Building/p' "$SRCDIR/docs/HACKING.md" | grep -c ' · ')" -gt 10 ] && echo yes)"

# The test of the test: each kind of violation is seen.
export LC_ALL=C
mkdir -p "$work/src/core" "$work/src/cli/process" "$work/src/session/uplink" "$work/src/none"
printf '#include "net/socket.h"\n#include "core/b.h"\n' >"$work/src/core/a.c"
printf '#include "session/uplink/a.h"\n#include "core/a.h"\n' >"$work/src/cli/b.c"
printf '#include "local.h"\n# include "cli/line/feed.h"\n' >"$work/src/cli/process/c.c"
printf '#include "session/control/client.h"\n#include "session/state/state.h"\n' >"$work/src/session/uplink/d.c"
printf '#include "core/a.h"\n' >"$work/src/none/e.c"
touch "$work/src/cli/process/f.c"
finds "a climbing include is found" "cli/b.c session/uplink/a.h
cli/process/c.c cli/line/feed.h
cli/process/c.c local.h
core/a.c net/socket.h
none/e.c core/a.h
session/uplink/d.c session/control/client.h" "$(includes "$work/src" | violations)"
finds "a room uses what stands below it" "" "$(echo 'session/control/a.c session/uplink/b.c' | violations)"
finds "a call is an arrow" yes "$(grep -qx 'session/messages/inbound.c core/intake.c' "$work/calls" && echo yes)"
finds "a climbing call is found" "core/a.c net/b.c" "$(echo 'core/a.c net/b.c' | violations)"
finds "a circle of folders is found" "a
b
c" "$(printf '%s\n' 'a/1.c b/1.c' 'b/2.c c/1.c' 'c/3.c a/9.c' 'd/1.c a/1.c' | folder_circle | sort)"
finds "a circle of files is found" "a/x 3
a/y 3
a/z 3" "$(printf '%s\n' 'a/x.c a/y.h' 'a/y.c a/z.h' 'a/z.h a/x.h' 'a/w.c a/x.h' 'a/v.c a/v.h' | file_circles 2)"
finds "one of as many as may be is none" "" "$(printf '%s\n' 'a/x.c a/y.h' 'a/y.c a/x.h' | file_circles 2)"
finds "a crowded folder is found" "./cli/process 2" "$(crowded "$work/src" 1)"
exit $failed
