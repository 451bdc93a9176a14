# The pages are whole: what README.md and docs/ link to is there, in a checkout and in a release.
cd "$SRCDIR" || exit 99
tests=0
for page in README.md docs/*.md; do
	while IFS= read -r link; do
		tests=$((tests + 1))
		if [ -e "$(dirname "$page")/$link" ]; then
			echo "ok $tests - $page: $link"
		else
			echo "not ok $tests - $page: $link"
		fi
	done < <(grep -oE '\]\([^)#: ]+' "$page" | cut -c3- | sort -u)
done
echo "1..$tests"
