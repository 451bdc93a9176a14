# shellcheck shell=bash
# A planted mistake is a file: what it is, the source that it changes, and a program for perl -0p.

mistake_source() { # MISTAKE
	echo "$SRCDIR/$(sed -n 2p "$1")"
}

# Prints its source with the mistake in it.
mistake_planted() { # MISTAKE
	perl -0pe "$(sed -n '3,$p' "$1")" "$(mistake_source "$1")"
}

# Whether it changes nothing any more.
mistake_is_stale() { # MISTAKE
	mistake_planted "$1" | cmp -s - "$(mistake_source "$1")"
}
