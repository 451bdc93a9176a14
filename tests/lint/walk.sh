# The walk of docs/HACKING.md: each errand names files that are there, numbers them in the order in which they are entered
# for the first time, enters none twice in one step, and stays below the number of files that a reader can bear.
set -u
: "${SRCDIR:?is set by make check}"
page=${WALK_PAGE:-$SRCDIR/docs/HACKING.md}

# What an errand is called in its first words, and how many files it may enter.
limits='A message 20
A pair 22
A login 26
A stream 20
A note 10
A kept note 6'

# steps: of the page, "ERRAND<tab>STEP<tab>NUMBER<tab>FILE" for each file that a row of a table names; NUMBER 0: it was named before.
steps() {
	awk -F'|' '
		/^## / { walk = $0 == "## A walk" }
		!walk { next }
		/^\*\*/ { errand = $0; sub(/^\*\*/, "", errand); sub(/\*\*.*/, "", errand); step = 0 }
		/^\|/ && $3 ~ /`/ {
			step++
			n = split($3, part, "·")
			for (i = 1; i <= n; i++) {
				number = match(part[i], /[0-9]+ +`/) ? part[i] + 0 : 0
				file = part[i]
				gsub(/^[^`]*`|`.*/, "", file)
				print errand "\t" step "\t" number "\t" file
			}
		}' "$page"
}

# judge ERRAND LIMIT: what is wrong with it, a line each.
judge() {
	steps | awk -F'\t' -v errand="$1" -v limit="$2" -v src="$SRCDIR/src/" '
		$1 != errand { next }
		{
			if (system("test -f \"" src $4 "\"") != 0)
				print $4 " is not there"
			if ($3 > 0 && $3 != ++count)
				print $4 " is number " $3 ", and comes as " count
			if ($3 > 0 && $4 in seen)
				print $4 " is numbered, and was entered before"
			if ($3 == 0 && !($4 in seen))
				print $4 " has no number"
			if (step[$4] == $2)
				print $4 " is entered twice in one step"
			seen[$4] = 1
			step[$4] = $2
		}
		END {
			if (count == 0)
				print "there is no such errand"
			if (count > limit)
				print count " files"
		}'
}

tests=0
while read -r line; do
	errand=${line% *} limit=${line##* }
	tests=$((tests + 1))
	wrong=$(judge "$errand" "$limit")
	if [ -z "$wrong" ]; then
		echo "ok $tests - $errand: at most $limit files"
	else
		echo "not ok $tests - $errand: ${wrong//$'\n'/; }"
	fi
done <<<"$limits"

# Each errand of the page is judged.
tests=$((tests + 1))
unknown=$(steps | cut -f1 | sort -u | grep -vxFf <(cut -d' ' -f1- <<<"$limits" | sed 's/ [0-9]*$//'))
if [ -z "$unknown" ]; then
	echo "ok $tests - every errand has a limit"
else
	echo "not ok $tests - without a limit: $unknown"
fi
echo "1..$tests"
