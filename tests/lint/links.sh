# The pages are whole: what README.md and docs/ link to is there, in a checkout and in a release.
cd "$SRCDIR" || exit 99
tests=0
for page in README.md README.zh_CN.md docs/*.md; do
	while IFS= read -r link; do
		tests=$((tests + 1))
		if [ -e "$(dirname "$page")/$link" ]; then
			echo "ok $tests - $page: $link"
		else
			echo "not ok $tests - $page: $link"
		fi
	done < <(grep -oE '\]\([^)#: ]+' "$page" | cut -c3- | sort -u)
	linked=$tests
	[ "$page" != README.md ] || of_readme=$linked
done
# The README leads to the pages, and they to each other.
tests=$((tests + 1))
if [ "$of_readme" -gt 0 ] && [ "$linked" -gt "$of_readme" ]; then
	echo "ok $tests - there are links: $linked"
else
	echo "not ok $tests - there are links: $linked, of the README $of_readme"
fi
echo "1..$tests"
