# The same commit gives the same bytes: tarball and package, built in two folders, at two times, under two locales.
# `make check-reproducible`; it takes a git tree and what `make deb` takes.
. "$SRCDIR/tests/system/lib.sh"

git -C "$SRCDIR" rev-parse HEAD >/dev/null 2>&1 || skip_all "this is no git tree"
command -v dpkg-buildpackage >/dev/null || skip_all "dpkg-buildpackage is not installed"

# build FOLDER: from a clone to a package, which lies in FOLDER/build/deb.
build() {
	git clone -q "$SRCDIR" "$1" &&
		(cd "$1" && ./bootstrap && mkdir build && cd build && ../configure -q && make -s -j2 deb) >"$1.log" 2>&1
}

# What depends on the folder, the clock, the user's mask or the language shows in one of them.
(umask 022 && LC_ALL=C.UTF-8 TZ=UTC build "$T/one")
ok $? "a first build" "$(tail -n 5 "$T/one.log")"
mkdir -p "$T/another/place"
(umask 027 && LC_ALL=C TZ=Asia/Tokyo build "$T/another/place/two")
ok $? "a second one, elsewhere" "$(tail -n 5 "$T/another/place/two.log")"

for file in "$T"/one/build/*.tar.xz "$T"/one/build/deb/*.deb "$T"/one/build/deb/*.dsc; do
	other=$T/another/place/two/build/${file#"$T/one/build/"}
	cmp "$file" "$other"
	ok $? "${file##*/} has the same bytes"
done
finish
