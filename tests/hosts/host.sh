# pchat on a host as hosts are: systemd as process 1, installed as README.md says, a directory server (slapd, nslcd) that is up, down and
# slow, sshd, sudo, boots, restarts in storms, cleaners of /tmp. `make check-hosts`, as root; it takes minutes.
# shellcheck disable=SC2031 # $T is as lib.sh has set it
# shellcheck source=../system/lib.sh
. "$SRCDIR/tests/system/lib.sh"
# shellcheck source=debian.sh
. "$SRCDIR/tests/hosts/debian.sh"

suite=${HOST_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
why=$(debian_can) || skip_all "$why"
host=$T/host
# What lib.sh ends by itself does not include a whole system.
trap 'debian_stop "$host"; end' EXIT

# ------------------------------------------------------------------------ helpers

# host COMMAND...: runs it there, as root; sets $status, $out, $err.
host() {
	out=$(timeout -k 5 120 bash -c '. "$SRCDIR/tests/hosts/debian.sh"; debian_run "$@"' sh "$host" "$@" 2>"$T/host.err" </dev/null)
	status=$?
	err=$(cat "$T/host.err")
}

# user NAME COMMAND...: as that user, logged in.
user() {
	local name=$1
	shift
	host runuser -u "$name" -- env XDG_RUNTIME_DIR="/run/user/$(uid "$name")" HOME="/home/$name" "$@"
}

uid() {
	case $1 in
	alice) echo 2001 ;;
	bob) echo 2002 ;;
	boss) echo 3001 ;;
	esac
}

works() { # COMMAND...: on the host
	host "$@"
	[ "$status" -eq 0 ]
}

is_active() {
	host systemctl is-active "$1"
	[ "$out" = active ]
}

boot() {
	debian_boot "$host"
	ok $? "the host boots: $1" || finish
	for name in alice bob; do
		host loginctl enable-linger $name
		wait_until works test -d "/run/user/$(uid $name)"
	done
}

pair_up() {
	user alice pchat login alice
	exits 0 "alice logs in: $1"
	user bob pchat login bob
	exits 0 "bob logs in: $1"
	user alice pchat to bob
	exits 0 "they are paired: $1"
	user alice pchat send "hello: $1"
	exits 0 "and talk: $1"
}

# ------------------------------------------------------------------------ the host

base=$(debian_base "$suite" passwd util-linux slapd ldap-utils nslcd libnss-ldapd openssh-server openssh-client sudo libpam-systemd \
	jq libev4 libsqlite3-0 libjansson4 libutf8proc2 libedit2) || skip_all "no $suite can be made here"
debian_copy "$base" "$host"
make -C "$BUILDDIR" -s install DESTDIR="$T/installed" >"$T/install.log" 2>&1
ok $? "it is installed" "$(tail -n 5 "$T/install.log")"
cp -a "$T/installed/." "$host/"
# Where README's commands would have put what systemd reads.
prefix=$(sed -n 's/^prefix = //p' "$BUILDDIR/Makefile")
[ -e "$host/usr/lib/systemd/system/pchatd.socket" ] || cp "$BUILDDIR/systemd/pchatd.service" "$SRCDIR/systemd/pchatd.socket" "$host/etc/systemd/system/"
[ -e "$host/usr/lib/sysusers.d/pchat.conf" ] || cp "$SRCDIR/systemd/pchat.conf" "$host/usr/lib/sysusers.d/"
note "installed below $prefix"
printf 'passwd: files systemd ldap\ngroup: files systemd ldap\nshadow: files\nhosts: files\n' >"$host/etc/nsswitch.conf"
cat >"$host/etc/nslcd.conf" <<'EOF'
uid nslcd
gid nslcd
uri ldap://127.0.0.1/
base dc=example
bind_timelimit 30
timelimit 30
EOF
chmod 0640 "$host/etc/nslcd.conf"
debian_run "$host" chown root:nslcd /etc/nslcd.conf
for name in alice bob; do
	debian_run "$host" useradd -m -u "$(uid $name)" -s /bin/bash $name
done
debian_run "$host" sh -c 'echo "alice ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/alice; chmod 0440 /etc/sudoers.d/alice'
debian_run "$host" systemctl disable -q slapd 2>/dev/null
cat >"$host/root/slapd.conf" <<'EOF'
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example"
rootdn "cn=admin,dc=example"
directory /root/ldap
EOF
cat >"$host/root/boss.ldif" <<'EOF'
dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: uid=ldapboss,dc=example
objectClass: account
objectClass: posixAccount
cn: boss
uid: ldapboss
uidNumber: 3001
gidNumber: 3001
homeDirectory: /home/boss
loginShell: /bin/bash
EOF
mkdir -p "$host/root/ldap" "$host/home/boss"
chown 3001:3001 "$host/home/boss"
debian_run "$host" slapadd -f /root/slapd.conf -l /root/boss.ldif
ok $? "a directory has an account"
cat >"$host/etc/systemd/system/directory.service" <<'EOF'
[Unit]
Description=a directory server
[Service]
ExecStart=/usr/sbin/slapd -d 0 -f /root/slapd.conf -h ldap://127.0.0.1/
[Install]
WantedBy=multi-user.target
EOF
debian_run "$host" systemctl enable -q directory.service pchatd.socket
boot "for the first time"
host systemd-sysusers
host systemctl daemon-reload
host systemctl restart pchatd.socket
wait_until is_active pchatd.socket
ok $? "the socket listens"

# ------------------------------------------------------------------------ every day

pair_up "first"
user alice pchat who --json
is "$(jq -r 'select(.name == "bob") | .account' <<<"$out")" bob "accounts are known"
host stat -c '%U %a' /run/pchat /run/pchat/registry.db
is "$out" "pchat 755
pchat 600" "the registry is in the runtime folder, for pchatd alone"
host journalctl -u pchatd -o cat
like "$out" "looked up in /etc/passwd, then by: systemd, ldap" "the daemon tells which databases it asks"
host systemctl kill -s KILL pchatd.service
user alice pchat send "over a kill"
exits 0 "a daemon that is killed is started again under a message"
host systemctl restart pchatd.service
user alice pchat send "over a restart"
exits 0 "so is one that is restarted"
user bob pchat read --raw
is "$(tail -n 2 <<<"$out")" "over a kill
over a restart" "and all of it arrives"

# ------------------------------------------------------------------------ storms

for i in 1 2 3 4 5 6 7 8; do
	wait_until works systemctl is-active pchatd.service
	host systemctl kill -s KILL pchatd.service
done
user alice pchat send "after eight kills"
exits 0 "eight kills in a row leave neither service nor socket failed"
for i in 1 2 3 4 5 6 7 8; do
	host systemctl restart pchatd.service
done
user alice pchat send "after eight restarts"
exits 0 "nor do eight restarts"
host mv "$prefix/sbin/pchatd" "$prefix/sbin/pchatd.away"
host systemctl kill -s KILL pchatd.service
fails_often() {
	host systemctl show -p NRestarts --value pchatd.service
	[ "${out:-0}" -ge 6 ]
}
wait_until fails_often
ok $? "a daemon that cannot start is tried again and again" "$out"
host mv "$prefix/sbin/pchatd.away" "$prefix/sbin/pchatd"
user alice pchat send --timeout "$PATIENCE" "it is there again"
exits 0 "and comes back by itself when the cause is gone"

# ------------------------------------------------------------------------ the directory

host mkdir -p /run/user/3001
host chown 3001:3001 /run/user/3001
host chmod 0700 /run/user/3001
boss() {
	host setpriv --reuid=3001 --regid=3001 --clear-groups env HOME=/home/boss XDG_RUNTIME_DIR=/run/user/3001 "$@"
}
wait_until works getent passwd ldapboss
boss pchat login ldapboss
exits 0 "an account of the directory logs in"
boss pchat who --json
is "$(jq -r 'select(.name == "ldapboss") | .account' <<<"$out")" ldapboss "and is known by its name"
boss pchat quit
user bob pchat login ldapboss
exits 9 "nobody else gets its name"
host systemctl stop directory.service
user bob pchat login ldapboss
exits 4 "nor when the directory is down"
like "$err" "the user database does not answer" "which is said"
user bob pchat login somebody
exits 4 "a name that nobody can answer for is nobody's"
user alice pchat send "the directory is down"
exits 0 "others talk on"
user alice pchat quit
user alice pchat login alice
exits 0 "accounts of /etc/passwd log in"
user alice pchat to bob
exits 0 "and are paired"
complains() {
	host journalctl -u pchatd -p err -o cat
	[[ $out == *"user database does not answer"* ]]
}
wait_until complains
ok $? "the journal has it, as an error"
# It is there, and never answers.
host systemctl start directory.service
wait_until works getent passwd ldapboss
host systemctl kill -s STOP directory.service
user alice pchat send "the directory hangs"
exits 0 "a directory that hangs stops nobody's messages"
user bob pchat login another
exits 4 "who needs it is told so"
user alice pchat send "it still hangs"
exits 0 "and nobody else"
host systemctl kill -s CONT directory.service
back() {
	boss pchat login ldapboss
	[ "$status" -eq 0 ]
}
wait_until back
ok $? "when it answers again its accounts log in"
boss pchat quit

# ------------------------------------------------------------------------ homes, sudo, /tmp

user alice sudo -E pchat login root-as-alice
unlike "$status" '^(0|137)$' "sudo -E does not make alice's folders root's"
host find /home/alice /run/user/2001 -user root
is "$out" "" "nothing below her home is root's"
user alice pchat send "after sudo"
exits 0 "and her session goes on"
host runuser -u bob -- env -u XDG_RUNTIME_DIR HOME=/home/bob XDG_RUNTIME_DIR=/nonexistent pchat login tmpbob
exits 0 "a session that lives in another folder"
host sh -c 'find /tmp -maxdepth 1 -name "pchat-*" -exec touch -d "20 days ago" {} + -exec find {} -exec touch -h -d "20 days ago" {} + \;'
host sh -c 'echo "d /tmp 1777 root root 10d" >/etc/tmpfiles.d/tmp.conf && systemd-tmpfiles --clean'
user bob pchat -s tmpbob status
exits 0 "is not swept from /tmp"
user bob pchat -s tmpbob quit

# ------------------------------------------------------------------------ ssh

host sh -c 'mkdir -p /run/sshd; su - alice -c "mkdir -m 0700 .ssh; ssh-keygen -q -t ed25519 -N \"\" -f .ssh/id_ed25519; cp .ssh/id_ed25519.pub .ssh/authorized_keys"'
host systemctl restart ssh
user alice ssh -o StrictHostKeyChecking=no 127.0.0.1 pchat -s alice send over-ssh
exits 0 "a command over ssh finds the session"

# ------------------------------------------------------------------------ a boot

debian_stop "$host"
boot "again"
user alice pchat login alice
exits 0 "after a boot alice logs in under her name"
user bob pchat login bob
exits 0 "and bob under his"
user alice pchat to bob
exits 0 "and they are paired"
user alice pchat send "after the boot"
exits 0 "and talk"
host journalctl -b -u pchatd -o cat
unlike "$out" "registry was lost" "nothing is called lost"

# A bot in a unit of its own, with a runtime folder that goes with it.
printf '%s\n' '[Service]' 'User=bob' 'RuntimeDirectory=bot' 'Environment=XDG_RUNTIME_DIR=/run/bot' 'PrivateTmp=yes' 'Type=oneshot' \
	'RemainAfterExit=yes' "ExecStart=$prefix/bin/pchat login bot" >"$host/etc/systemd/system/bot.service"
host systemctl daemon-reload
host systemctl start bot.service
exits 0 "a bot logs in from a unit"
for i in 1 2 3; do
	host systemctl restart bot.service
	exits 0 "and again when it is restarted ($i)"
done

finish
