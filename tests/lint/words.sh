# Every sentence can be translated, and is: what people read is marked (src/base/translate.h), po/pchat.pot is what is in
# the sources, and each language has all of it, with the same format directives. Says what is missing: make missing-words.
set -u
: "${SRCDIR:?is set by make check}" "${WORDS_KEYWORDS:?is set by make check}"
export LC_ALL=C
for tool in xgettext msgcmp msgfmt msgattrib msgcomm; do
	command -v "$tool" >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
cd "$SRCDIR" || exit 99
T=$(mktemp -d) || exit 99
trap 'rm -rf "$T"' EXIT
number=0 failed=0

report() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# extract KEYWORDS FILE
extract() {
	# shellcheck disable=SC2086 # a list of words
	xgettext --from-code=UTF-8 -L C --no-location --sort-output $1 -f po/POTFILES -o "$2" 2>/dev/null
}

# msgids [OPTION...] FILE: all messages of a file, or those that msgattrib chooses, one a line, as they stand there.
msgids() {
	msgattrib --no-obsolete --no-wrap "$@" | awk '
		/^msgid(_plural)? "/ { if (on && text != "") print text; sub(/^msgid(_plural)? /, ""); text = substr($0, 2, length($0) - 2); on = 1; next }
		/^"/ && on { text = text substr($0, 2, length($0) - 2); next }
		on { if (text != "") print text; on = 0; text = "" }
		END { if (on && text != "") print text }' | sort -u
}

grep -lE '(^|[^A-Za-z0-9_])(_|N_|translate_count|report|report_message|remark|mistake|link_trouble|chat_note|editor_note|finding_(well|note|ill))\(' \
	-r --include='*.[ch]' --exclude=translate.h src | sort | diff - po/POTFILES >"$T/differ"
report $? "po/POTFILES names the sources that say something"
sed 's/^/# /' "$T/differ"

extract "$WORDS_KEYWORDS" "$T/marked.pot"
msgids "$T/marked.pot" >"$T/marked"
msgids po/pchat.pot | diff "$T/marked" - >"$T/differ"
report $? "po/pchat.pot is what is in the sources: make update-po"
sed 's/^/# /' "$T/differ"
! grep -F '<PRI' po/pchat.pot
report $? "numbers whose length the host decides go in as text: a catalogue has one form of a message"

# Two words and more are a sentence, unless po/unmarked says that they are for a program, or they are an example, what a
# shell evaluates, SQL, or for the log.
mkdir "$T/sources"
find src/cli src/client src/net src/session -name '*.c' | while read -r source; do
	mkdir -p "$T/sources/${source%/*}"
	perl -0pe 's/"(?:[^"\\]|\\.)*"(*SKIP)(*F)|\/\*.*?\*\///gs;
		s/\.examples =\s*(?:"(?:[^"\\]|\\.)*"\s*)+,//g; s/\\00?4//g; s/char hook_\w+\[\] =.*?;\n\n//gs;
		s/_Static_assert\(.*?\);//gs; s/log_(?:error|warning|notice|info|debug)\((?:[^"();]|"(?:[^"\\]|\\.)*"|(\((?:[^()]|(?1))*\)))*\);//g' "$source" >"$T/sources/$source"
done
(cd "$T/sources" && find src -name '*.c' -print0 | xargs -0 xgettext -a --from-code=UTF-8 -L C --no-location --sort-output -o "$T/all.pot" 2>/dev/null)
sql='(SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|CREATE|PRAGMA|ORDER BY|CASE WHEN) '
msgids "$T/all.pot" 2>/dev/null | grep -E '[A-Za-z]{2,} [a-z]{2,}' | grep -vE "$sql" | grep -vxFf "$T/marked" | grep -vxFf po/unmarked >"$T/unmarked"
[ ! -s "$T/unmarked" ]
report $? "every sentence is marked"
sed 's/^/# not marked: /' "$T/unmarked"
msgids "$T/all.pot" >"$T/all" 2>/dev/null
[ -s "$T/all" ] && grep -vxFf "$T/all" po/unmarked >"$T/gone"
[ ! -s "$T/gone" ]
report $? "what po/unmarked names is there"
sed 's/^/# gone: /' "$T/gone"

for language in po/*.po; do
	msgids --untranslated "$language" >"$T/missing"
	msgids --only-fuzzy "$language" >>"$T/missing"
	msgids "$language" | grep -vxFf - "$T/marked" >>"$T/missing"
	[ ! -s "$T/missing" ]
	report $? "$language lacks nothing, and nothing in it is a guess"
	sed 's/^/# missing: /' "$T/missing"
	msgfmt -c --check-format -o /dev/null "$language" >"$T/wrong" 2>&1
	report $? "$language has the format directives and the line ends of the English"
	sed 's/^/# /' "$T/wrong"
done

# That a lack is seen.
sed '0,/^msgstr ".\+/s/^msgstr ".\+/msgstr ""/' po/zh_CN.po >"$T/zh_CN.po"
sed -i '/^msgstr/s/%s/%d/' "$T/zh_CN.po"
! msgfmt -c -o /dev/null "$T/zh_CN.po" 2>/dev/null
report $? "a wrong directive would be seen"

echo "1..$number"
exit $failed
