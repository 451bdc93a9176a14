# Each header of src is included by a unit test. Those that none includes yet are named here: the list only gets shorter,
# and what a test includes has to go from it. What stands in it is tried by tests/system and tests/sim alone.
set -u
: "${SRCDIR:?is set by make check}"
pending='
cli/chat/chat.h
cli/chat/editor/editor.h
cli/chat/editor/editor_impl.h
cli/chat/editor/tty.h
cli/commands/message/sender_report.h
cli/commands/message/tell_report.h
cli/commands/message/text_source.h
cli/commands/session/cmd_status_prompt.h
cli/commands/shell/complete_files.h
cli/commands/stream/handing.h
cli/commands/stream/offers.h
cli/commands/stream/sink.h
cli/commands/stream/source.h
cli/commands/stream/taking.h
cli/line/edition.h
cli/line/options.h
cli/output/colour.h
cli/output/help.h
cli/output/overview.h
cli/output/pager.h
cli/output/report.h
cli/output/rows.h
cli/process/offspring.h
client/channel.h
client/conn.h
client/daemon_link.h
client/deliver.h
client/history_open.h
client/inbox.h
client/link.h
client/link_impl.h
client/offering.h
client/records.h
client/sender.h
client/teller.h
client/who.h
core/exchange_impl.h
core/unicode/unicode_impl.h
daemon/connection.h
daemon/daemon.h
daemon/dispatch.h
daemon/dispatch_notes.h
daemon/dispatch_streams.h
daemon/names/account.h
daemon/names/names.h
daemon/notify.h
daemon/roster_impl.h
daemon/server.h
proto/safe_rules.h
session/begin.h
session/history/history_serve.h
session/history/history_spawn.h
session/life.h
session/mailbox/forget_impl.h
session/mailbox/sent_scan.h
session/mailbox/store_impl.h
session/messages/offers_in.h
session/messages/offers_out.h
session/session.h
session/uplink/autostart.h
'
headers=$(cd "$SRCDIR/src" && find . -name '*.h' | sed 's|^\./||' | sort)
included=$(grep -rhoE --include='*.[ch]' '^ *# *include *"[^"]+"' "$SRCDIR/tests/unit" | sed -E 's/.*"(.*)"/\1/' | sort -u)
missing=$(comm -23 <(echo "$headers") <(echo "$included"))

report() { # NUMBER NAME WRONG
	[ -z "$3" ] && echo "ok $1 - $2" || echo "not ok $1 - $2: ${3//$'\n'/ }"
}
report 1 "a unit test includes each header that is not named as pending" \
	"$(comm -23 <(echo "$missing") <(sort <<<"$pending"))"
report 2 "what is named as pending is a header that no unit test includes" \
	"$(comm -13 <(echo "$missing") <(sed '/^$/d' <<<"$pending" | sort))"
report 3 "there are headers, and tests that include some" \
	"$([ "$(wc -l <<<"$headers")" -gt 100 ] && [ "$(wc -l <<<"$included")" -gt 50 ] || echo 'too few')"
# A test of one module stands where the module does.
astray=$(cd "$SRCDIR" && find tests/unit -mindepth 2 -name 'test_*.c' | while read -r test; do
	module=$(basename "$test" .c)
	module=${module#test_}
	homes=$(find src -name "$module.c" -printf '%h\n' | sed 's|^src/||')
	home=$(dirname "${test#tests/unit/}")
	# search.c of the editor and of a history, and notes in both directions, are tests of rooms that have no such file
	case $test in */history/test_search.c | */messages/test_notes.c) continue ;; esac
	[ -z "$homes" ] || grep -qxF "$home" <<<"$homes" || echo "$test"
done)
report 4 "unit tests mirror the folders" "$astray"
echo 1..4
