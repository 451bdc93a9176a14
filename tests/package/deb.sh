# Debian's package of a suite, DEB_SUITE: built there from the tarball, with nothing but what it says it needs; lintian of that
# suite has nothing to say, autopkgtest proves it; on a host with systemd it installs, holds a conversation, is upgraded under a
# stream of messages, is removed, and purging takes away what it made and nobody's inbox. It is left in deb-SUITE in the build
# folder. `make check-deb`, as root; DEB_BUILD_OPTIONS goes to the build.
. "$SRCDIR/tests/system/lib.sh"
. "$SRCDIR/tests/hosts/debian.sh"

suite=${DEB_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
why=$(debian_can) || skip_all "$why"
tarball=$(echo "$BUILDDIR"/pchat-*.tar.xz)
[ -e "$tarball" ] || skip_all "there is no tarball: make dist"

host=$T/host
# What lib.sh ends by itself does not include a whole system.
trap 'debian_stop "$host"; end' EXIT

# Runs a command there; sets $status, $out, $err.
host() {
	out=$(debian_run "$host" "$@" 2>"$T/host.err" </dev/null)
	status=$?
	err=$(cat "$T/host.err")
}

# ------------------------------------------------------------------------ built

base=$(debian_base "$suite" build-essential debhelper) || skip_all "no $suite can be made here"
builder=$T/builder
debian_copy "$base" "$builder"
# Runs a command where it is built; sets $status, $out.
builds() {
	out=$(debian_inside "$builder" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS-}" sh -c "$1" 2>&1)
	status=$?
}

mkdir "$builder/build"
tar -C "$builder/build" --strip-components=1 -xf "$tarball"
builds 'apt-get -qq update && mkdir /needs && cp -R /build/packaging/debian /needs/ && cd /needs && apt-get -qq build-dep --no-install-recommends -y ./'
ok "$status" "$suite has what its build needs" "$(tail -n 20 <<<"$out")"
builds 'cd /build && ./configure -q && make -s deb'
ok "$status" "make deb makes it on $suite" "$(grep -E '^(not ok|FAIL|ERROR)|error:' <<<"$out" | sort -u | head -n 20)" "$(tail -n 20 <<<"$out")" || finish
rm -rf "$BUILDDIR/deb-$suite"
cp -R "$builder/build/deb" "$BUILDDIR/deb-$suite"
package=$(echo "$BUILDDIR/deb-$suite"/pchat_*_*.deb)

# This host's own settings of apt, by which it is reached, are there already.
builds 'apt-get -qq install --no-install-recommends -y -o Dpkg::Options::=--force-confold lintian autopkgtest'
ok "$status" "what looks at it is installed" "$(tail -n 20 <<<"$out")"
builds 'cd /build/deb && lintian --fail-on error,warning --suppress-tags bad-distribution-in-changes-file pchat_*.changes'
ok "$status" "lintian of $suite has no error and no warning" "$out"
# It cannot boot a system there: the test that needs one is done below.
builds 'cd /build/deb && autopkgtest -B pchat_*.deb pchat_*.dsc -- null'
like "$status $out" '^[02] .*conversation +PASS' "autopkgtest holds a conversation through it"

# ------------------------------------------------------------------------ installed

# The same package under the next version.
dpkg-deb -R "$package" "$T/next" && sed -i 's/^Version: .*/&+next/' "$T/next/DEBIAN/control" &&
	dpkg-deb --root-owner-group -b "$T/next" "$T/pchat-next.deb" >"$T/dpkg-deb.log" 2>&1
ok $? "a next version is packed" "$(cat "$T/dpkg-deb.log")"

base=$(debian_base "$suite" passwd util-linux) || skip_all "no $suite can be made here"
debian_copy "$base" "$host"
cp "$package" "$host/pchat.deb"
cp "$T/pchat-next.deb" "$host/pchat-next.deb"
cp -R "$SRCDIR/packaging/debian/tests" "$host/tests"

# Its libraries come from the network, which the booted system does not have.
host apt-get -qq update
host env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y --download-only /pchat.deb
host env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y /pchat.deb
exits 0 "it is installed with apt"
debian_boot "$host"
ok $? "the host boots" || finish
host /tests/conversation
exits 0 "two users hold a conversation through it"
host systemctl is-active pchatd.socket
is "$out" active "the socket listens after the boot"
host /tests/service
exits 0 "two sessions live through a restart of the daemon"

# A stream during an upgrade.
host useradd -m alice
host useradd -m bob
host runuser -u alice -- pchat login
host runuser -u bob -- pchat login
host runuser -u alice -- pchat to bob
exits 0 "alice chats with bob"
debian_run "$host" runuser -u bob -- pchat read -f --raw >"$T/bob.out" 2>&1 </dev/null &
debian_run "$host" runuser -u alice -- sh -c \
	'i=0; until [ -e /tmp/upgraded ]; do i=$((i + 1)); echo $i; done | pchat send -l --timeout 120' \
	>"$T/stream.out" 2>&1 </dev/null &
stream=$!
wait_until 60 test -s "$T/bob.out"
host env DEBIAN_FRONTEND=noninteractive dpkg -i /pchat-next.deb
exits 0 "it is upgraded"
host touch /tmp/upgraded
wait "$stream"
ok $? "all lines of a stream are delivered through the upgrade" "$(cat "$T/stream.out")"
host sh -c 'dpkg-query -W -f "\${Version}" pchat'
like "$out" '\+next$' "the next version is there"
host runuser -u alice -- pchat leave
host runuser -u alice -- pchat history --json -n 1
last=$(sed -n 's/.*"text":"\([0-9]*\)".*/\1/p' <<<"$out")
wait_until 60 grep -qx "$last" "$T/bob.out"
seq "$last" | cmp - <(grep -x '[0-9]*' "$T/bob.out")
ok $? "bob has each of the $last lines once, in order"

host env DEBIAN_FRONTEND=noninteractive dpkg -r pchat
exits 0 "it is removed"
host systemctl is-active pchatd.socket
unlike "$out" '^active' "nothing listens after it"
host test -d /home/bob/.local/state/pchat/bob
exits 0 "bob's inbox is there"
host env DEBIAN_FRONTEND=noninteractive dpkg -P pchat
exits 0 "it is purged"
host sh -c 'ls -d /var/lib/pchat /run/pchat /usr/libexec/pchat 2>/dev/null; getent passwd pchat'
is "$out" "" "nothing of it is left"
host test -d /home/bob/.local/state/pchat/bob
exits 0 "but bob's inbox"
finish
