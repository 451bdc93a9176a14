# The README's two commands on a fresh Debian, DEB_SUITE, which is a folder of its own: `make check-fresh`, as root. What
# they print is left in fresh-SUITE.log in the build folder.
. "$SRCDIR/tests/system/lib.sh"
. "$SRCDIR/tests/hosts/debian.sh"

suite=${DEB_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
why=$(debian_can) || skip_all "$why"
tarball=$(echo "$BUILDDIR"/pchat-*.tar.xz)
[ -e "$tarball" ] || skip_all "there is no tarball: make dist"
base=$(debian_base "$suite" passwd) || skip_all "no $suite can be made here"
host=$T/host log=$BUILDDIR/fresh-$suite.log
debian_copy "$base" "$host"
cp /etc/resolv.conf "$host/etc/"
mkdir "$host/root/pchat"
tar -C "$host/root/pchat" --strip-components=1 -xf "$tarball"

host() {
	debian_inside "$host" "$@" >>"$log" 2>&1
}

: >"$log"
host apt-get -qq update
ok $? "$suite has its lists of packages" "$(tail -n 5 "$log")"
host sh -c 'cd /root/pchat && ./bootstrap try'
ok $? "$suite: ./bootstrap try" "$(tail -n 20 "$log")"
grep -q 'everything has been cleaned up' "$log"
ok $? "$suite: a conversation was held"
host sh -c 'cd /root/pchat && ./bootstrap check'
ok $? "$suite: ./bootstrap check" "$(grep -E '^(FAIL|ERROR)' "$log" | head -n 40)"
[ "$(grep -c '^PASS' "$log")" -gt 2000 ]
ok $? "$suite: there were tests"
finish
