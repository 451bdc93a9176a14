#!/bin/sh
# A client of a session's helper, with what every Unix has, and nc -U for the socket.
#
#	client.sh SOCKET send TEXT    0: delivered; 75: it may or may not arrive; 1: certainly not delivered
#	client.sh SOCKET read         prints what is unread, and marks it read
#
# $TIMEOUT (5) is how many seconds to wait for the helper. SOCKET is NAME.sock, mostly in
# $XDG_RUNTIME_DIR/pchat; docs/PROTOCOL.md ("Control socket") has all that goes over it.
# shellcheck disable=SC2046,SC2086 # lists of numbers are words
set -eu

octal() { for byte; do printf '\\0%o' "$byte"; done; } # bytes as printf %b takes them
number() {                                             # VALUE BYTES: little-endian
	[ "$2" -eq 0 ] || { printf '%b' "$(octal $(($1 & 255)))" && number $(($1 >> 8)) $(($2 - 1)); }
}
header() { number "$2" 4 && number "$1" 2 && number 0 2; } # TYPE LENGTH
bytes() { od -An -v -tu1 ${2+-j "$2"} -N "$1"; }           # COUNT [OFFSET]: of standard input, as decimal numbers

get() { # sets kind, and length; the body is in $dir/body. Status 1: the helper has ended, or said nothing for so long
	set -- $(timeout ${TIMEOUT:-5} od -An -v -tu1 -N8 <&3)
	[ $# -eq 8 ] || return 1
	length=$(($1 + $2 * 256 + $3 * 65536)) kind=$(($5 + $6 * 256))
	[ $kind -ne 196 ] || return 1 # BYE
	timeout ${TIMEOUT:-5} dd bs=1 count=$length <&3 >"$dir/body" 2>/dev/null
}

message() { # PAIR GENERATION: MSG
	header 16 $((32 + $(printf %s "$text" | wc -c)))
	printf '%b' "$1" && number "$2" 4 && number 0 4 && printf '%b%s' "$id" "$text"
}

send() {
	id=$(octal $(bytes 16 </dev/urandom)) held=no generation=0
	message "$(octal 0 0 0 0 0 0 0 0)" 0 >&4
	while get || { echo "the helper has ended; any command of pchat starts it again" >&2 && return 75; }; do
		set -- $(bytes $length <"$dir/body")
		case $kind in
		192 | 193) # HELD, READY: the pair, and the generation. What was on the way was dropped: once more
			pair=$(octal $1 $2 $3 $4 $5 $6 $7 $8) latest=$(($9 + ${10} * 256 + ${11} * 65536))
			[ $kind = 192 ] || [ $held$generation = no$latest ] || message "$pair" $latest >&4
			generation=$latest held=no
			[ $kind = 193 ] || held=yes ;;
		17 | 194) # ACK, ENDED: the verdict comes last
			shift $(($# - 1))
			case $1 in 0) return 0 ;; 17 | 25) return 75 ;; *) echo "refused: verdict $1" >&2 && return 1 ;; esac ;;
		esac
	done
}

read_all() {
	more=1
	while [ $more -eq 1 ]; do
		{ header 72 13 && number 8 1 && number 0 4 && number 0 8; } >&4 # READ, notes as well
		while get || return 75; [ $kind -eq 98 ]; do # RECORD
			name=$(bytes 1 18 <"$dir/body") && account=$(bytes 1 $((19 + name)) <"$dir/body")
			case $(bytes 1 8 <"$dir/body") in *" 0" | *" 8") # a message, a note. Its bytes may move the cursor
				tail -c +$((20 + 1 + name + account + 20)) "$dir/body" | LC_ALL=C tr -c '[:print:]\n' '?' && echo ;;
			esac
		done
		set -- $(bytes 14 <"$dir/body")
		more=$5
		shift 5
		[ "$*" = "0 0 0 0 0 0 0 0 $9" ] || { { header 73 9 && printf '%b' "$(octal $1 $2 $3 $4 $5 $6 $7 $8 0)"; } >&4 && get; }
	done
}

dir=$(mktemp -d)
trap 'kill $nc 2>/dev/null || :; rm -rf "$dir"' EXIT
trap '' PIPE # a helper that is gone is a failed write
mkfifo "$dir/up" "$dir/down"
nc -U "$1" <"$dir/up" >"$dir/down" &
nc=$! text=${3-}
exec 4>"$dir/up" 3<"$dir/down"
{ header 65 10 && printf CHAT && number 1 2 && number 2 4; } >&4 # HELLO: version 1, and that we know notes
case $2 in send) send ;; read) read_all ;; esac
