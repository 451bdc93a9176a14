# pchat on a host as hosts are: systemd as process 1, installed as README.md says, a directory server (slapd, nslcd) that is up, down and
# slow, NIS, sshd, sudo, logouts, boots, restarts in storms, an upgrade, cleaners of /tmp. `make check-hosts`, as root; it takes minutes.
# `make check-hosts-short` does without NIS and its packages. HOST_PARTS='homes boot' chooses. Where no such host can be made or booted,
# all of it is skipped.
# shellcheck disable=SC2031 # $T is as lib.sh has set it

# What is mounted here is gone with us, whatever becomes of us.
if [ -z "${PCHAT_OWN_MOUNTS-}" ] && unshare -m true 2>/dev/null; then
	PCHAT_OWN_MOUNTS=yes exec unshare -m -- "$BASH" "$0" "$@"
fi
# shellcheck source=../system/lib.sh
. "$SRCDIR/tests/system/lib.sh"
# shellcheck source=debian.sh
. "$SRCDIR/tests/hosts/debian.sh"

suite=${HOST_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
read -ra parts <<<"${HOST_PARTS:-storms upgrade directory homes logout kills private_tmp nis group boot}"
why=$(debian_can) || skip_all "$why"
host=$T/host
# What lib.sh ends by itself does not include a whole system.
end_host() {
	local code=$?
	debian_stop "$host"
	umount "$host" 2>/dev/null
	(exit "$code")
	end
}
trap end_host EXIT

# ------------------------------------------------------------------------ helpers

# host COMMAND...: runs it there, as root; sets $status, $out, $err.
host() {
	bounded_run debian_run "$host" "$@"
}

# host_as UID COMMAND...
host_as() {
	bounded_run debian_run_as "$host" "$@"
}

bounded_run() {
	out=$(timeout -k 5 $((120 * SLOW)) bash -c '. "$SRCDIR/tests/hosts/debian.sh"; "$@"' sh "$@" 2>"$T/host.err" </dev/null)
	status=$?
	err=$(cat "$T/host.err")
}

# user NAME COMMAND...: as that user, logged in.
user() {
	local name=$1
	shift
	host_as "$(uid "$name")" env XDG_RUNTIME_DIR="/run/user/$(uid "$name")" HOME="/home/$name" "$@"
}

# spawn_user NAME COMMAND...: the same in the background. $! is its pid.
spawn_user() {
	local name=$1
	shift
	debian_run_as "$host" "$(uid "$name")" env XDG_RUNTIME_DIR="/run/user/$(uid "$name")" HOME="/home/$name" "$@" </dev/null &
}

uid() {
	case $1 in
	alice) echo 2001 ;;
	bob) echo 2002 ;;
	carol) echo 2003 ;;
	boss) echo 3001 ;;
	nisboss) echo 3002 ;;
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

# However often it failed, nothing waits for an administrator.
none_failed() { # NAME
	host systemctl is-failed pchatd.service pchatd.socket
	unlike "$out" failed "$1"
}

boot() { # WHEN
	debian_boot "$host"
	ok $? "the host boots: $1" || finish
	linger
}

# True when logind has made their runtime folders.
linger() {
	local name made=0
	for name in alice bob; do
		host loginctl enable-linger $name
		wait_until works test -d "/run/user/$(uid $name)" || made=1
	done
	return $made
}

pair_up() { # WHEN
	user alice pchat login alice
	exits 0 "alice logs in: $1"
	user bob pchat login bob
	exits 0 "bob logs in: $1"
	user alice pchat to bob
	exits 0 "they are paired: $1"
	user alice pchat send "hello: $1"
	exits 0 "and talk: $1"
}

# visit COMMAND...: carol is there by ssh, until the unit visit$n is stopped; she does not linger.
n=0
visit() {
	host systemd-run -q --unit="visit$((++n))" setpriv --reuid=2001 --regid=2001 --clear-groups env HOME=/home/alice \
		ssh -tt -o StrictHostKeyChecking=no carol@127.0.0.1 "$@"
}

visits() {
	works test -d /run/user/2003
}

no_runtime() {
	! visits
}

has_part() {
	[[ " ${parts[*]} " == *" $1 "* ]]
}

# ------------------------------------------------------------------------ the host

packages=(passwd util-linux slapd nslcd libnss-ldapd openssh-server openssh-client sudo libpam-systemd)
! has_part nis || packages+=(libnss-nis ypserv ypbind-mt yp-tools rpcbind netbase)
libraries=(libev4 libsqlite3-0 libjansson4 libutf8proc2 libedit2)
[ "$suite" = bookworm ] || libraries=()
base=$(debian_base "$suite" "${packages[@]}" "${libraries[@]}") || skip_all "no $suite can be made here"
debian_layer "$base" "$host"
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
for name in alice bob carol; do
	debian_run "$host" useradd -m -u "$(uid $name)" -s /bin/bash $name
done
debian_run "$host" sh -c 'echo "alice ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/alice; chmod 0440 /etc/sudoers.d/alice'
debian_run "$host" systemctl disable -q slapd
! has_part nis || debian_run "$host" systemctl disable -q ypserv ypbind rpcbind.service rpcbind.socket 2>/dev/null
echo "127.0.0.1 localhost $(uname -n)" >"$host/etc/hosts"
mkdir -p "$host/etc/systemd/logind.conf.d"
printf '%s\n' '[Login]' 'UserStopDelaySec=0' >"$host/etc/systemd/logind.conf.d/test.conf"
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
debian_run "$host" slapadd -f /root/slapd.conf -l /root/boss.ldif || skip_all "slapadd makes no directory in a $suite here"
cat >"$host/etc/systemd/system/directory.service" <<'EOF'
[Unit]
Description=a directory server
[Service]
ExecStart=/usr/sbin/slapd -d 0 -f /root/slapd.conf -h ldap://127.0.0.1/
[Install]
WantedBy=multi-user.target
EOF
debian_run "$host" systemctl enable -q directory.service

# What follows is about pchat: where the host does not even do without it what all hosts do, nothing can be told.
debian_boot "$host" || skip_all "systemd-nspawn boots no $suite here"
linger || skip_all "logind makes no runtime folders in a container here"
works systemd-run -q --wait -p User=daemon -p PrivateTmp=yes -p PrivateNetwork=yes -p PrivateDevices=yes -p ProtectSystem=strict \
	-p ProtectProc=invisible -p ProcSubset=pid -p SystemCallFilter=@system-service true || skip_all "units of a container cannot be confined here"

# As README.md has it.
make -C "$BUILDDIR" -s install DESTDIR="$T/installed" >"$T/install.log" 2>&1
ok $? "it is installed" "$(tail -n 5 "$T/install.log")"
cp -a "$T/installed/." "$host/"
# Where the packages have other names: what the programs are linked with here, but for the C library.
if [ ${#libraries[@]} -eq 0 ]; then
	ldd "$BUILDDIR"/pchat{d,-session,-full,-chat} | awk '$2 == "=>" && $1 !~ /^lib(c|m|tinfo)\.so/ { print $3 }' | sort -u |
		while read -r library; do
			cp -L "$library" "$host/usr/local/lib/"
		done
	host ldconfig
fi
prefix=$(sed -n 's/^prefix = //p' "$BUILDDIR/Makefile")
[ -e "$host/usr/lib/systemd/system/pchatd.socket" ] || cp "$BUILDDIR/systemd/pchatd.service" "$SRCDIR/systemd/pchatd.socket" "$host/etc/systemd/system/"
[ -e "$host/usr/lib/sysusers.d/pchat.conf" ] || cp "$SRCDIR/systemd/pchat.conf" "$host/usr/lib/sysusers.d/"
note "installed below $prefix"
host systemd-sysusers
host systemctl daemon-reload
host systemctl enable --now pchatd.socket
exits 0 "the socket is enabled"
wait_until is_active pchatd.socket
ok $? "and listens"
host sh -c 'su - alice -c "mkdir -m 0700 .ssh; ssh-keygen -q -t ed25519 -N \"\" -f .ssh/id_ed25519; cp .ssh/id_ed25519.pub .ssh/authorized_keys"'
host sh -c 'install -d -m 0700 -o carol -g carol /home/carol/.ssh && cp /home/alice/.ssh/authorized_keys /home/carol/.ssh/ && chown carol:carol /home/carol/.ssh/authorized_keys'

# ------------------------------------------------------------------------ every day

part_every_day() {
	pair_up "first"
	user alice pchat who --json
	is "$(jq -r 'select(.name == "bob") | .account' <<<"$out")" bob "accounts are known"
	host stat -c '%U %a' /run/pchat /run/pchat/registry.db
	is "$out" $'pchat 755\npchat 600' "the registry is in the runtime folder, for pchatd alone"
	host journalctl -u pchatd -o cat
	like "$out" "looked up in /etc/passwd, then by: systemd, ldap" "the daemon tells which databases it asks"
	host systemctl kill -s KILL pchatd.service
	user alice pchat send "over a kill"
	exits 0 "a daemon that is killed is started again under a message"
	host systemctl restart pchatd.service
	user alice pchat send "over a restart"
	exits 0 "so is one that is restarted"
	user bob pchat read --raw
	is "$(tail -n 2 <<<"$out")" $'over a kill\nover a restart' "and all of it arrives"
}

# ------------------------------------------------------------------------ storms

part_storms() {
	for i in 1 2 3 4 5 6 7 8; do
		wait_until works systemctl is-active pchatd.service || break
		host systemctl kill -s KILL pchatd.service
	done
	user alice pchat send "after eight kills"
	exits 0 "eight kills in a row stop nobody"
	none_failed "and leave neither service nor socket failed"
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
	host systemctl stop pchatd.service
	is_active pchatd.socket
	ok $? "its socket listens all the same" "$out"
	for i in 1 2 3 4 5 6 7 8; do
		user carol pchat login --timeout 0.2 carol
	done
	none_failed "eight who connect to it leave neither failed"
	host mv "$prefix/sbin/pchatd.away" "$prefix/sbin/pchatd"
	user alice pchat send --timeout "$PATIENCE" "it is there again"
	exits 0 "it comes back by itself when the cause is gone"
	host systemctl stop pchatd.socket
	! works test -e /run/pchat/pchat.sock
	ok $? "a socket that is stopped leaves no file behind"
	user carol pchat login --timeout 0.2 carol
	exits 4 "which is no reason to begin a daemon of one's own"
	like "$err" "host's daemon is not running.*systemctl start pchatd.socket" "but to tell what an administrator does"
	host systemctl start pchatd.socket
	user alice pchat send --timeout "$PATIENCE" "it was started"
	exits 0 "who had sessions has them when it is started"
}

# ------------------------------------------------------------------------ an upgrade

part_upgrade() {
	user bob pchat read
	spawn_user alice sh -c 'i=0; until [ -e /tmp/upgraded ]; do i=$((i + 1)); echo $i; done | pchat send -l --timeout "$1"' sh "$PATIENCE" \
		>"$T/stream.out" 2>&1
	stream=$!
	spawn_user bob pchat read -f --raw >"$T/followed" 2>&1
	follower=$!
	wait_until test -s "$T/followed"
	rm -r "$T/installed"
	make -C "$BUILDDIR" -s install DESTDIR="$T/installed" >"$T/install.log" 2>&1
	cp -a --remove-destination "$T/installed/." "$host/"
	host systemctl daemon-reload
	host systemctl restart pchatd.service
	user alice touch /tmp/upgraded
	wait "$stream"
	ok $? "all lines of a stream are delivered through an upgrade" "$(cat "$T/stream.out")"
	user alice pchat history --json -n 1
	last=$(jq -r .text <<<"$out")
	wait_until has_line "$T/followed" "^$last\$"
	seq "$last" | cmp - "$T/followed"
	ok $? "each of the $last once, in order"
	user bob pchat leave
	user bob pchat to alice
	kill "$follower"
}

# ------------------------------------------------------------------------ the directory

part_directory() {
	host mkdir -p /run/user/3001
	host chown 3001:3001 /run/user/3001
	host chmod 0700 /run/user/3001
	wait_until works getent passwd ldapboss
	user boss pchat login ldapboss
	exits 0 "an account of the directory logs in"
	user boss pchat who --json
	is "$(jq -r 'select(.name == "ldapboss") | .account' <<<"$out")" ldapboss "and is known by its name"
	user boss pchat quit
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
		user boss pchat login ldapboss
		[ "$status" -eq 0 ]
	}
	wait_until back
	ok $? "when it answers again its accounts log in"
	user boss pchat quit
	# One that is slow: it goes on while somebody waits for its answer, which counts if it comes in time.
	looks_up() {
		# shellcheck disable=SC2016 # expanded there
		host sh -c 'p=$(systemctl show -p MainPID --value pchatd.service); test -n "$(cat "/proc/$p/task/$p/children")"'
		[ "$status" -eq 0 ]
	}
	# A look-up is given up after 3 s, which may be less than it takes to see it on a slow machine: then once more.
	looks_up_or_is_over() {
		looks_up || ! kill -0 "$login" 2>/dev/null
	}
	waits_and_is_let_in() {
		local login
		host systemctl kill -s STOP directory.service
		spawn_user bob pchat login --timeout "$PATIENCE" "slow$((++tries))" >"$T/slow.out" 2>&1
		login=$!
		wait_until looks_up_or_is_over
		host systemctl kill -s CONT directory.service
		wait "$login"
	}
	tries=0
	wait_until waits_and_is_let_in
	ok $? "who waits for a slow directory is let in when it answers" "$(cat "$T/slow.out")"
	user bob pchat -s "slow$tries" quit
}

# ------------------------------------------------------------------------ homes, sudo, /tmp

part_homes() {
	user alice sudo -E pchat login root-as-alice
	exits 71 "sudo -E does not make alice's folders root's"
	like "$err" "'/home/alice.*(HOME|not yours)" "which is said"
	host find /home/alice /run/user/2001 -user root
	is "$out" "" "nothing below her home is root's"
	user alice pchat send "after sudo"
	exits 0 "and her session goes on"
	# She does not linger and is not there: her sessions live in /tmp.
	carols() {
		host_as 2003 env HOME=/home/carol pchat "$@"
	}
	carols login carol
	exits 0 "a session that lives in /tmp"
	host sh -c 'mkdir /tmp/other && touch /tmp/other/file' # the younger one
	printf '%s\n' 'd /tmp 1777 root root 1s' 'x /tmp/systemd-private-*' >"$host/etc/tmpfiles.d/tmp.conf"
	swept() {
		host systemd-tmpfiles --clean
		! works test -e /tmp/other/file
	}
	wait_until swept
	ok $? "what is old is swept from /tmp"
	works test -S /tmp/pchat-2003/carol.sock -a -s /tmp/pchat-2003/carol.session
	ok $? "but not the files of a session that lives" "$(host find /tmp; echo "$out")"
	carols status
	exits 0 "which serves"
	carols quit
	host rm -r /etc/tmpfiles.d/tmp.conf /tmp/pchat-2003
}

# ------------------------------------------------------------------------ a logout

part_logout() {
	user alice ssh -o StrictHostKeyChecking=no 127.0.0.1 pchat -s alice send over-ssh
	exits 0 "a command over ssh finds the session"
	visit sleep 10000
	wait_until visits
	user carol pchat login carol
	exits 0 "one who does not linger logs in"
	host systemctl stop "visit$n"
	wait_until no_runtime
	ok $? "at her last logout her runtime folder vanishes"
	user carol pchat status
	exits 3 "her session is over"
	like "$err" "'carol' ended .*folder.* was removed, as at a last logout" "the next command says why"
	host journalctl -o cat
	like "$out" "the session ends: its folder '/run/user/2003/pchat' was removed" "so does the log"
	user carol pchat login carol
	exits 0 "she logs in anew"
	user carol pchat read
	like "$out" "your session carol ended: its folder was removed" "and a record says so"
	user carol pchat quit
}

# What logind kills then.
part_kills() {
	host sh -c 'echo KillUserProcesses=yes >>/etc/systemd/logind.conf.d/test.conf; systemctl restart systemd-logind'
	visit pchat login carol
	wait_until visits
	wait_until no_runtime
	user carol pchat status
	exits 3 "a session that logind killed is over"
	like "$err" "'carol' ended .*folder.* was removed, as at a last logout" "the next command says why"
	host loginctl enable-linger carol
	visit systemd-run --user --unit=pchat-carol -p Type=oneshot -p RemainAfterExit=yes pchat login carol
	in_service() {
		user carol pchat status
		[ "$status" -eq 0 ]
	}
	wait_until in_service
	ok $? "one that is a service of a user who lingers stays"
	user carol pchat quit
	host sh -c 'sed -i /Kill/d /etc/systemd/logind.conf.d/test.conf; systemctl restart systemd-logind'
}

# ------------------------------------------------------------------------ a /tmp of one's own

part_private_tmp() {
	printf '%s\n' '[Service]' 'User=daemon' 'PrivateTmp=yes' 'StateDirectory=inside' 'Environment=HOME=/var/lib/inside' 'Type=oneshot' \
		'RemainAfterExit=yes' "ExecStart=$prefix/bin/pchat login daemon" >"$host/etc/systemd/system/inside.service"
	host systemctl daemon-reload
	host systemctl start inside.service
	exits 0 "a service with a /tmp of its own logs in"
	outside() {
		host_as 1 env HOME=/var/lib/inside "$@"
	}
	outside pchat status
	exits 3 "from outside it is not reached"
	like "$err" "lives in '/tmp/pchat-1', which cannot be seen from here .*PrivateTmp" "which is said as it is"
	host systemctl restart inside.service
	exits 0 "restarted it logs in again"
	host systemctl stop inside.service
}

# ------------------------------------------------------------------------ NIS

part_nis() {
	# Asked over the network by each program itself: without one libnss_nis says nothing that tells "no answer" from "nobody".
	host sh -c 'echo testdom >/etc/defaultdomain; echo "domain testdom server 127.0.0.1" >/etc/yp.conf
		mkdir -p /var/yp/testdom; cd /var/yp/testdom
		line=nisboss:x:3002:3002::/home/nisboss:/bin/sh
		printf "nisboss\t%s\n" $line | /usr/lib/yp/makedbm - passwd.byname; printf "3002\t%s\n" $line | /usr/lib/yp/makedbm - passwd.byuid
		systemctl start rpcbind ypserv ypbind; install -d -m 0700 -o 3002 -g 3002 /home/nisboss /run/user/3002'
	host sed -i 's/^passwd:.*/passwd: files systemd nis/' /etc/nsswitch.conf
	knows_nisboss() {
		host getent passwd nisboss
		[ "$status" -eq 0 ]
	}
	wait_until knows_nisboss
	ok $? "an account of NIS" "$err"
	host systemctl restart pchatd.service
	user bob pchat login nisboss
	exits 4 "where the unit is kept from the network, NIS does not answer"
	user nisboss pchat login nisboss
	exits 4 "its accounts neither"
	user bob pchat login nobodys
	exits 4 "nobody gets a name that it was not asked for"
	host journalctl -u pchatd -p err -o cat
	like "$out" "database does not answer .'nis'.*may not use the network here.*Start by systemd" "the journal has it from the start on, and what to do"
	host mkdir -p /etc/systemd/system/pchatd.service.d
	# As pchatd(8) shows it.
	sed -n '/^\[Service\]$/,/^\.Ed$/p' "$SRCDIR"/man/pchatd.8* | sed '/^\.Ed/,$d' >"$host/etc/systemd/system/pchatd.service.d/network.conf"
	host grep -c = /etc/systemd/system/pchatd.service.d/network.conf
	is "$out" 3 "the manual has a drop-in"
	host systemctl daemon-reload
	host systemctl restart pchatd.service
	user bob pchat login nisboss
	exits 9 "with it the name is somebody else's"
	user nisboss pchat login nisboss
	exits 0 "its owner's"
	user nisboss pchat who --json
	is "$(jq -r 'select(.name == "nisboss") | .account' <<<"$out")" nisboss "who is known"
	user nisboss pchat quit
	host systemctl stop ypbind ypserv
	user bob pchat login nisboss
	exits 4 "when NIS is down, too, nobody gets it"
	host rm -r /etc/systemd/system/pchatd.service.d
	host sed -i 's/^passwd:.*/passwd: files systemd ldap/' /etc/nsswitch.conf
	host systemctl daemon-reload
}

# ------------------------------------------------------------------------ a group

part_group() {
	host sh -c 'groupadd chatters && install -d -m 0711 /run/group && pchatd --socket /run/group/sock --state /run/group/state --mode 0660 --group chatters --detach'
	exits 0 "a daemon for a group"
	user carol pchat --socket /run/group/sock login carol
	exits 4 "it is closed to others"
	like "$err" "for the group 'chatters'; ask an administrator to add you" "who are told what an administrator does"
	host usermod -aG chatters carol
	user carol pchat --socket /run/group/sock login carol
	exits 4 "a login of before does not have the group yet"
	like "$err" "which you joined after you logged in to this host" "which is said"
	host setpriv --reuid=2003 --regid=2003 --init-groups env XDG_RUNTIME_DIR=/run/user/2003 HOME=/home/carol \
		pchat --socket /run/group/sock login carol
	exits 0 "a new one does"
	user carol pchat -s carol quit
}

# ------------------------------------------------------------------------ a boot

part_boot() {
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
}

# ------------------------------------------------------------------------ all of them

part_every_day
for part in "${parts[@]}"; do
	if declare -F "part_$part" >/dev/null; then
		"part_$part"
	else
		ok 1 "there is a part '$part'"
	fi
done
finish
