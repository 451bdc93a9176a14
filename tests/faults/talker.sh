# shellcheck shell=bash
# One who talks, and one who reads, for nemesis.sh: talker.sh talk|read NAME PARTNER SEED FOLDER, until
# FOLDER/stop is there. A send may take $PATIENCE seconds. What each attempt to send was told goes to FOLDER/told.NAME, see
# ledger.c. And with tell|come: one who tells PARTNER notes without a session, and one who comes for them and goes again.
set -u
what=$1 me=$2 partner=$3 dir=$5
RANDOM=$4
exec {pause_fd}<> <(:)
err=$dir/err.$me
number=0 status=0

pause() { # MILLISECONDS
	local s
	printf -v s '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$s" -u "$pause_fd" || :
}

new_id() {
	id=$(head -c 16 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
}

told() { # FIRST LAST STATUS
	echo "$me $partner $1 $2 $3" >>"$dir/told.$me"
	case $3 in
	0 | 75* | 137* | 143*) ;;
	*) sed "s/^/$3 /" "$err" >>"$dir/refusals.$me" ;;
	esac
}

# One message; when its fate stays open, again with the same id.
say() {
	local id='' try
	number=$((number + 1))
	[ $((RANDOM % 3)) -gt 0 ] || new_id
	for ((try = 0; try < 8; try++)); do
		if [ -n "$id" ]; then
			pchat -s "$me" send --timeout "${PATIENCE:?is set by lib.sh}" --to "$partner" --id "$id" "$me $number" 2>"$err"
		else
			pchat -s "$me" send --timeout "$PATIENCE" --to "$partner" "$me $number" 2>"$err"
		fi
		status=$?
		told $number $number $status
		[ -n "$id" ] || id=$(sed -n 's/.*--id \([0-9a-f]\{32\}\).*/\1/p' "$err")
		[ -n "$id" ] || break
		[ $status -eq 75 ] || [ $status -gt 128 ] || break
	done
}

# A stream; its end, when that is not the end of the input, names the line.
stream() {
	local first=$((number + 1)) count=$((RANDOM % 100 + 2)) delivered
	number=$((number + count))
	seq -f "$me %.0f" $first $number | pchat -s "$me" send -l --timeout "$PATIENCE" --to "$partner" 2>"$err"
	status=${PIPESTATUS[1]}
	delivered=$(sed -n 's/^pchat: line \([0-9]*\):.*/\1/p' "$err")
	[ -z "$delivered" ] || delivered=$((delivered - 1))
	[ "$status" -eq 0 ] || [ -z "$delivered" ] || status=$status:$delivered
	told $first $number "$status"
	status=${status%%:*}
}

# Whatever it takes to be a pair again.
come_back() {
	case $status in
	3) pchat login "$me" ;;
	6 | 7 | 8) pchat -s "$me" to "$partner" ;;
	124) pause 200 ;;
	esac 2>/dev/null
}

talk() {
	until [ -e "$dir/stop" ]; do
		if [ $((RANDOM % 8)) -eq 0 ]; then
			stream
		else
			say
		fi
		come_back
		pause $((RANDOM % ${PAUSE_MS:-300}))
	done
	# The storm is over: now it has to go through.
	local deadline=$((SECONDS + 2 * PATIENCE))
	while [ $SECONDS -lt $deadline ]; do
		say
		[ "$status" -ne 0 ] || { echo through >"$dir/through.$me"; break; }
		come_back
		pause 100
	done
}

# Reads again and again; everything has to be seen in the end, whoever was killed while reading.
hear() {
	until [ -e "$dir/stop" ]; do
		pchat -s "$me" read --wait=1 --raw >>"$dir/heard.$me" 2>/dev/null || pause 50
		pause $((RANDOM % ${PAUSE_MS:-300}))
	done
}

# Notes, to be kept or not; what stays open is told again under its id, until that says what became of it.
tell() {
	local -A count=([later]=0 [at-once]=0)
	local way options again try id
	until [ -e "$dir/stop" ]; do
		way=at-once options=() again=()
		[ $((RANDOM % 2)) -eq 0 ] || { way=later options=(--later); }
		count[$way]=$((count[$way] + 1))
		[ $((RANDOM % 3)) -gt 0 ] || { new_id; options+=(--id "$id"); }
		for ((try = 0; try < 8; try++)); do
			pchat tell --timeout 2 "${options[@]}" "${again[@]}" "$partner" "$way ${count[$way]}" 2>"$err"
			status=$?
			echo "$way $partner ${count[$way]} ${count[$way]} $status" >>"$dir/told.$me"
			[ $status -eq 75 ] || [ $status -gt 128 ] || break
			[[ " ${options[*]} " == *" --id "* ]] || again=(--id "$(sed -n 's/.*--id \([0-9a-f]\{32\}\).*/\1/p' "$err")")
			[ -n "${again[1]-known}" ] || break # it was killed before it said which
		done
		pause $((RANDOM % ${PAUSE_MS:-300}))
	done
}

come() {
	until [ -e "$dir/stop" ]; do
		pchat -s "$me" read --wait=1 --raw --notes >>"$dir/heard.$me" 2>/dev/null
		[ $? -ne 3 ] || pchat login "$me" 2>/dev/null
		[ $((RANDOM % 4)) -gt 0 ] || pchat -s "$me" quit 2>/dev/null
		pause $((RANDOM % ${PAUSE_MS:-300}))
	done
}

case $what in
talk) talk ;;
tell) tell ;;
come) come ;;
read) hear ;;
esac
