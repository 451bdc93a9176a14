# The fuzz targets over their corpus, without a fuzzer. `make fuzz` lets them loose.
set -u
: "${SRCDIR:?is set by make check}" "${BUILDDIR:?is set by make check}"

corpus=$SRCDIR/tests/fuzz/corpus
echo 1..5
number=0

result() { # STATUS WORDS
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; fi
}

for target in frame message piece safe; do
	"$BUILDDIR/tests/fuzz/replay_$target" "$corpus/$target"/*
	result $? "every input of $target"
done

fresh=$(mktemp -d) || exit 99
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/frame" "$fresh/message" "$fresh/piece" "$fresh/safe"
"$BUILDDIR/tests/fuzz/seed" "$fresh" && diff -r "$fresh" "$corpus"
result $? "the corpus is what the messages are today (else: make corpus)"
