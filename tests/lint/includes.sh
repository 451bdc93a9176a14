# The layers of docs/HACKING.md: a folder under src includes itself and what stands left of it, nothing else.
set -u
: "${SRCDIR:?is set by make check}"

declare -A may=(
	[base]="base"
	[core]="base core"
	[proto]="base core proto"
	[net]="base core proto net"
	[db]="base core proto net db"
	[daemon]="base core proto net db daemon"
	[session]="base core proto net db session"
	[client]="base core proto net client"
	[cli]="base core proto net client cli"
)

# The rooms inside of cli, from below: a room includes itself and what stands before it.
cli_rooms=(process line output commands chat/editor chat)

# The place of the room that the file $1, below cli, lies in: 1 and up; none: what stands above them all.
cli_place() {
	local place=0 room
	for room in "${cli_rooms[@]}"; do
		place=$((place + 1))
		[[ $1 != "$room"/* ]] || { echo "$place"; return; }
	done
}

# Prints what breaks the order of the rooms of cli below the folder $1.
cli_violations() {
	local file target from to
	while IFS=: read -r file target; do
		target=$(sed -n 's/^ *# *include *"cli\/\([^"]*\)".*/\1/p' <<<"$target")
		from=$(cli_place "$file")
		to=$(cli_place "$target")
		if [ -n "$from" ] && [ -n "$to" ] && [ "$to" -gt "$from" ]; then
			echo "src/cli/$file: climbs to \"cli/$target\""
		fi
	done < <(cd "$1/cli" && grep -rE --include='*.[ch]' '^ *# *include *"cli/' . | sed 's|^\./||')
}

# Prints what breaks the rule below the folder $1.
violations() {
	local file line folder target
	while IFS=: read -r file line; do
		folder=${file%%/*}
		target=$(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' <<<"$line")
		if [ -z "${may[$folder]-}" ]; then
			echo "src/$file: the folder '$folder' is none of the layers"
		elif [[ $target != */* ]]; then
			echo "src/$file: \"$target\" does not name its folder"
		elif [[ " ${may[$folder]} " != *" ${target%%/*} "* ]]; then
			echo "src/$file: $folder may not include \"$target\""
		fi
	done < <(cd "$1" && grep -rE --include='*.[ch]' '^ *# *include *"' . | sed 's|^\./||')
}

report() { # NUMBER STATUS NAME
	if [ "$2" -eq 0 ]; then
		echo "ok $1 - $3"
	else
		echo "not ok $1 - $3"
		failed=1
	fi
}

failed=0
echo "1..4"

found=$(violations "$SRCDIR/src")
[ -z "$found" ] || printf '%s\n' "$found" | sed 's/^/# /'
[ -z "$found" ]
report 1 $? "no include climbs the layers"

# The test of the test: each kind of violation is seen.
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
mkdir "$planted/core" "$planted/cli"
printf '#include "net/socket.h"\n' >"$planted/core/a.c"
printf '#include "session/inbox.h"\n#include "cli/main.h"\n' >"$planted/cli/b.c"
printf '#include "local.h"\n' >"$planted/cli/c.c"
[ "$(violations "$planted" | wc -l)" -eq 3 ]
report 2 $? "a planted violation is found"

found=$(cli_violations "$SRCDIR/src")
[ -z "$found" ] || printf '%s\n' "$found" | sed 's/^/# /'
[ -z "$found" ]
report 3 $? "no include climbs the rooms of cli"

mkdir "$planted/cli/process" "$planted/cli/chat" "$planted/cli/chat/editor"
printf '#include "cli/output/report.h"\n' >"$planted/cli/process/d.c"
printf '#include "cli/chat/chat.h"\n#include "cli/line/feed.h"\n' >"$planted/cli/chat/editor/e.c"
printf '#include "cli/chat/editor/editor.h"\n' >"$planted/cli/chat/f.c"
[ "$(cli_violations "$planted" | wc -l)" -eq 2 ]
report 4 $? "an include that climbs the rooms is found"
exit $failed
