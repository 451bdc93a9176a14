# Another processor: built for it by a cross compiler, run by qemu's user mode, in a Debian of its own. The unit tests, a
# conversation, and an inbox that one processor wrote and the other reads. `make check-arch ARCH=s390x` (big-endian) or
# arm64; as root.
. "$SRCDIR/tests/system/lib.sh"
. "$SRCDIR/tests/hosts/debian.sh"

arch=${ARCH:-s390x}
case $arch in
s390x) machine=s390x endian=big ;;
arm64) machine=aarch64 endian=little ;;
*) skip_all "ARCH is s390x or arm64" ;;
esac
why=$(debian_can) || skip_all "$why"
command -v "qemu-$machine-static" >/dev/null || skip_all "qemu-user-static is not installed"
tarball=$(echo "$BUILDDIR"/pchat-*.tar.xz)
[ -e "$tarball" ] || skip_all "there is no tarball: make dist"

# The kernel hands programs of the other processor to qemu, which it has opened beforehand: it need not be in the folder.
binfmt=/proc/sys/fs/binfmt_misc
[ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt || skip_all "no binfmt_misc here"
magic='\x7fELF\x02\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x16'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff'
if [ "$arch" = arm64 ]; then
	magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
	mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
fi
[ -e "$binfmt/qemu-$machine" ] ||
	printf '%s' ":qemu-$machine:M::$magic:$mask:/usr/bin/qemu-$machine-static:F" >$binfmt/register ||
	skip_all "qemu cannot be registered"

gcc=gcc-${machine/_/-}-linux-gnu
base=$(debian_base bookworm build-essential pkgconf "$gcc") || skip_all "no Debian can be made here"
host=$T/host
debian_copy "$base" "$host"

# Runs a command there; sets $status, $out, $err. What hangs in qemu is ended, with what it has started.
DEBIAN_LIMIT=$((20 * PATIENCE))
host() {
	out=$(debian_inside "$host" "$@" 2>"$T/host.err")
	status=$?
	err=$(tail -n 20 "$T/host.err")
}

host dpkg --add-architecture "$arch"
host apt-get -qq update
host env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
	"libc6-dev:$arch" "libev-dev:$arch" "libsqlite3-dev:$arch" "libjansson-dev:$arch" "libutf8proc-dev:$arch" \
	"libedit-dev:$arch" "check:$arch" locales
exits 0 "the libraries of $arch are installed"
mkdir "$host/build"
tar -C "$host/build" --strip-components=1 -xf "$tarball"
host env "PKG_CONFIG_LIBDIR=/usr/lib/$machine-linux-gnu/pkgconfig" sh -c "cd /build && ./configure -q --host=$machine-linux-gnu --without-front-cc --prefix=/usr \
	CPPFLAGS=-DTESTS_EMULATED && make -s -j2 &&
	make -s tests/unit/runner && make -s install"
exits 0 "the tarball builds for $arch, without autotools"
cp "$SRCDIR/packaging/debian/tests/conversation" "$host/conversation"
host env PCHAT_TEST_KEEP=/kept /conversation
exits 0 "a conversation is held on $arch"

# The inbox that it left is read by this processor's pchat, and the reverse.
add_user reader
mkdir -p "$T/reader/state/pchat"
cp -R "$host/kept/pchat/tester-a" "$T/reader/state/pchat/reader"
[ "$(id -u)" -ne 0 ] || chown -R "${uid_of[reader]}:${uid_of[reader]}" "$T/reader/state"
run reader pchat -s reader history --json
is "$(jq -r 'select(.type == "message") | .text' <<<"$out" | sort | paste -sd ' ')" "at twelve lunch?" \
	"an inbox of $arch is read here"

start_daemon
pair alice bob
run alice pchat send "from here"
run bob pchat read
cp -R "$T/bob/state/pchat" "$host/root/pchat"
chown -R 0:0 "$host/root/pchat"
host env HOME=/root XDG_STATE_HOME=/root pchat -s bob history --json
like "$out" '"text": ?"from here"' "an inbox of this processor is read by $arch"

# What takes longest, last: an hour where the processor is shared. Each test has a limit of its own, this one is for qemu.
# The host's own locales are of this processor's byte order.
DEBIAN_LIMIT=$((120 * PATIENCE))
host sh -c "mkdir /locale && localedef --$endian-endian -i C -f UTF-8 /locale/C.UTF-8"
exits 0 "there is a locale for $arch"
host env LOCPATH=/locale SRCDIR=/build CK_TIMEOUT_MULTIPLIER=5 sh -c 'cd /build && tests/unit/runner'
[ "$status" -lt 124 ]
ok $? "the unit tests come to their end on $arch" "status $status, the last: $(grep -E '^(not )?ok' <<<"$out" | tail -n 1)"
is "$(grep '^not ok' <<<"$out")" "" "the unit tests hold on $arch"
lacking=$(grep '^# not run here' <<<"$out")
held=$(($(grep -c '^ok' <<<"$out") - $(grep -c . <<<"$lacking")))
[ $held -gt 500 ]
ok $? "there were some"
note "$held unit tests held on $arch"
[ -z "$lacking" ] || echo "$lacking"
finish
