# Whose a name is, when a directory server is asked: nobody gets a name that it has not answered for (R3), and nobody waits for
# it but who logs in. The server is a module of the C library (nss_test.c), named by an nsswitch.conf that only the daemon sees.
# shellcheck source=lib.sh
. "$SRCDIR/tests/system/lib.sh"
needs_root
[ -e "$BUILDDIR/tests/system/libnss_pchat.so.2" ] || skip_all "the C library has no name services"
unshare -m true 2>/dev/null || skip_all "there are no mount namespaces"
under_valgrind && skip_all "the module would be looked for by every program"

mkdir -m 0755 "$T/lib"
cp "$BUILDDIR/tests/system/libnss_pchat.so.2" "$T/lib/"
: >"$T/nss.asked"
chmod 0666 "$T/nss.asked"

# nss LINE...: from now on the directory server does that.
nss() {
	printf '%s\n' "$@" >"$T/nss.new"
	mv "$T/nss.new" "$T/nss"
}

# Root's session lives beside ours, not in a folder that other tests look into.
mkdir -m 0700 "$T/root" "$T/root/run"
roots=(env HOME="$T/root" XDG_RUNTIME_DIR="$T/root/run" XDG_STATE_HOME="$T/root/state")

asked() { # REGEXP; how often it was
	grep -Ec -- "$1" "$T/nss.asked"
}

# directory SERVICES [OPTION]...: the daemon, on a host that asks these.
directory() {
	local services=$1 before
	shift
	printf 'passwd: %s\n' "$services" >"$T/nsswitch.conf"
	before=$(socket_inode)
	# shellcheck disable=SC2016 # the inner shell's
	spawn daemon root env LD_LIBRARY_PATH="$T/lib" unshare -m --propagation private bash -c \
		'[ ! -e /var/run/nscd/socket ] || mount -t tmpfs none /var/run/nscd; mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"' \
		sh "$T/nsswitch.conf" pchatd --socket "$PCHAT_SOCKET" --state "$T/daemon" "$@"
	daemon_pid=${pid_of[daemon]}
	wait_until socket_is_new "$before" || { note "no daemon listens: $(cat "$T/daemon.err")"; exit 1; }
}

no_children() {
	[ -z "$(pgrep -P "$daemon_pid")" ]
}

for user in boss stranger carol; do
	add_user "$user"
done
quits() { # USER
	run "$1" pchat -s "$2" quit
}

# ------------------------------------------------------------- an answer is an answer

nss answer "ldapboss ${uid_of[boss]}"
directory "files pchat"
like "$(cat "$T/daemon.err")" "looked up in /etc/passwd, then by: pchat" "the daemon says at its start which databases it asks"
run boss pchat login ldapboss
exits 0 "an account of the directory has its name"
run boss pchat who --json
is "$(jq -r .account <<<"$out")" ldapboss "which is shown"
quits boss ldapboss
run stranger pchat login ldapboss
exits 9 "and nobody else has it"
run stranger pchat login LDAPBOSS
exits 9 "however it is spelled"
run stranger pchat login nobodys
exits 0 "what the directory says is nobody's, is free"
quits stranger nobodys
before=$(asked 'name nobodys')
run carol pchat login nobodys
exits 0 "so it is for the next"
is "$(asked 'name nobodys')" "$before" "without a second question: that is remembered for ten seconds"
quits carol nobodys
run stranger pchat login root
exits 9 "the host's own accounts are known"
is "$(asked 'name root')" 0 "and nobody is asked for them"

# ------------------------------------------------------------- no answer is none

declare -A errno=([ENOENT]=2 [ESRCH]=3 [EPERM]=1 [EIO]=5 [EBADF]=9 [EAGAIN]=11 [EACCES]=13 [EMFILE]=24
	[ENETUNREACH]=101 [ETIMEDOUT]=110 [ECONNREFUSED]=111 [EHOSTUNREACH]=113)
! sanitized || errno=([ESRCH]=3 [ECONNREFUSED]=111) # all in another build: a login takes a second here
for services in "files pchat" "pchat files" "files pchat [NOTFOUND=continue] files" "pchat [!SUCCESS=continue] files"; do
	stop_daemon
	directory "$services"
	for name in "${!errno[@]}"; do
		for how in unavail tryagain; do
			nss "$how ${errno[$name]}"
			run stranger pchat login ldapboss
			[ "$status $(grep -c "the user database does not answer" <<<"$err")" = "4 1" ] || break 2
		done
	done
	[ "$status" -eq 4 ] && [[ $err == *"database does not answer"* ]]
	ok $? "passwd: $services: each of ${#errno[@]} errors is a refusal" "$name ($how): exit status $status: $err"
done
nss "unavail 0"
run stranger pchat login ldapboss
exits 4 "so is one that says nothing"
wait_until has_line "$T/daemon.err" "user database does not answer .'pchat': .*until it does"
ok $? "the log tells which database it is" "$(cat "$T/daemon.err")"
is "$(grep -c 'database does not answer' "$T/daemon.err")" 1 "once"
run boss pchat login ldapboss
exits 4 "its owner is refused as well"
run root "${roots[@]}" pchat login root
exits 0 "an account of /etc/passwd logs in"
run root "${roots[@]}" pchat quit
nss answer "ldapboss ${uid_of[boss]}"
run boss pchat login ldapboss
exits 0 "it is the owner's as soon as the directory answers"
like "$(cat "$T/daemon.err")" "user database answers again" "which is told"

# ------------------------------------------------------------- a note for one who is not there

quits boss ldapboss
notes() {
	find "$T/daemon/kept" -name '*.note' | wc -l
}
no_notes() {
	[ "$(notes)" -eq 0 ]
}
run stranger pchat tell ldapboss "who is not there"
exits 5 "an account of the directory that is not logged in is not told"
run stranger pchat tell --later ldapboss "the first"
exits 12 "with --later the note is kept: the directory is asked whose the name is"
printf 'line %d\n' 1 2 3 4 5 6 >"$T/lines"
feed stranger pchat tell --later -l --timeout "$PATIENCE" ldapboss <"$T/lines"
exits 12 "and so are six, each of which asks"
run stranger pchat tell --later nobodys2 "hello"
exits 5 "nothing is kept for a name that the directory says is nobody's"
for how in "unavail 111" "tryagain 11" "unavail 0" hang; do
	nss "$how"
	run stranger pchat tell --later --timeout "$(span 5000)" ldapboss "unanswered"
	exits 4 "nothing is kept while the directory does not answer ($how)"
	like "$err" "the user database does not answer" "which is told ($how)"
done
is "$(notes)" 7 "none of those is on the disk"
run root "${roots[@]}" pchat tell --later games "an account of /etc/passwd"
exits 12 "an account of /etc/passwd is known meanwhile"
wait_until no_children
nss answer "ldapboss ${uid_of[carol]}"
run boss pchat login ldapboss
exits 9 "whose account that is, changes in the directory"
run carol pchat login ldapboss
exits 0 "somebody else has the name now"
run carol pchat read --wait="$(span 300)"
exits 1 "and gets nothing of what was kept for the other"
quits carol ldapboss
nss answer "ldapboss ${uid_of[boss]}"
run boss pchat login ldapboss
exits 0 "it is the first one's again"
run root "${roots[@]}" pchat notes --cancel "$( (as root "${roots[@]}" pchat notes --kept --json) | jq -r .msgid)"
wait_until no_notes
run boss pchat read --raw --notes
is "$out" "$(printf '%s\n' "the first"; cat "$T/lines")" "who gets all of it, in order"

# ------------------------------------------------------------- nobody waits

login carol
run boss pchat -s ldapboss to carol
exits 0 "a pair"
nss hang
spawn waits stranger pchat login --timeout "$PATIENCE" newname
wait_until has_line "$T/nss.asked" "name newname"
ok $? "a directory that hangs is asked"
is "$(process_state "${pid_of[waits]}")" S "who logs in waits"
for i in 1 2 3; do
	run boss pchat -s ldapboss send "meanwhile $i"
	exits 0 "others talk on ($i)"
done
run root "${roots[@]}" pchat login root
exits 0 "and log in"
run root "${roots[@]}" pchat quit
is "$(process_state "${pid_of[waits]}")" S "while it waits"
reap waits
exits 4 "until its time is over"
like "$err" "the user database does not answer" "and is told why"
wait_until no_children
ok $? "no look-up is left"
stop_daemon KILL
directory "files pchat"
wait_until daemon_is boss connected
ok $? "a session is resumed without a look-up"
shown_as() { # NAME ACCOUNT
	[ "$( (as boss pchat -s ldapboss who --json) 2>/dev/null | jq -r --arg name "$1" 'select(.name == $name) | .account')" = "$2" ]
}
shown_as ldapboss ldapboss
ok $? "and its account's name is still known"
nss answer "ldapboss ${uid_of[boss]}" "carol2 ${uid_of[carol]}"
wait_until shown_as carol carol2
ok $? "an account that is shown as a number is looked up again" "$( (as boss pchat -s ldapboss who) 2>&1)" "asked: $(tail -n 3 "$T/nss.asked")"

# ------------------------------------------------------------- a lost registry, and nobody who answers

# More accounts of the directory than are looked up at once: some wait longer than a LOGIN may take.
stop_daemon
directory "files pchat"
people=(dora1 dora2 dora3 dora4 dora5 dora6 dora7 dora8 dora9 dora10 dora11 dora12)
known=("ldapboss ${uid_of[boss]}")
for user in "${people[@]}"; do
	add_user "$user"
	known+=("$user ${uid_of[$user]}")
done
nss answer "${known[@]}"
for user in "${people[@]}"; do
	run "$user" pchat login "$user"
done
run dora1 pchat to dora2
exits 0 "accounts of the directory, and a pair of them"
stop_daemon KILL
rm "$T/daemon/registry.db"*
nss hang
: >"$T/nss.asked"
window=$((3 * SLOW))
directory "files pchat" --grace $window
like "$(cat "$T/daemon.err")" "registry was lost: for $window s" "the registry is lost"
spawn newcomer root "${roots[@]}" pchat login --timeout $((2 * PATIENCE)) root
# Four are asked every three seconds: that is more than twice the window.
asked_for_long() {
	[ "$(asked 'name dora')" -ge $((8 + 8 * window / 3)) ]
}
wait_until asked_for_long
is "$(process_state "${pid_of[newcomer]}")" S "for as long as the directory does not answer, nobody new gets in"
nss answer "${known[@]}"
all_back() {
	local user
	for user in "${people[@]}"; do
		daemon_is "$user" connected || return 1
	done
}
wait_until all_back
ok $? "all who were here come back, however long they waited" "$(for user in "${people[@]}"; do
	echo "$user: $( (as "$user" pchat status) 2>&1)"
done)"
has_partner dora1 dora2 && has_partner dora2 dora1
ok $? "into their pair"
reap newcomer
exits 0 "then others may log in"

finish
