# What `./bootstrap try` ends in: a conversation in pipes, and on a terminal the offer to hold one in two panes.
. "$SRCDIR/tests/system/lib.sh"
. "$SRCDIR/tests/system/terminal.sh"

add_user carol
# Other users may not be let to where the sources are.
install -m 0755 "$SRCDIR/tools/try.sh" "$T/try.sh"
try="TMPDIR='$T/carol' '$T/try.sh' '$programs'"
run carol bash -c "$try"
exits 0 "a conversation is held"
like "$out" "lunch\?.*still there\?.*exit status 7" "through the real commands"
unlike "$out" "two panes" "without a terminal nothing is offered"
is "$(compgen -G "$T/carol/tmp.*")" "" "nothing is left of it"

terminal carol 100 30
type_keys "$try" Enter
shows 'in two panes of tmux\? \[y/N\]' "on a terminal it offers two panes"
type_keys "n" Enter
shows 'everything has been cleaned up' "which one need not take"
send_keys C-l
wait_until on_screen '^\$ *$'
type_keys "clear; $try" Enter
shows 'in two panes of tmux\? \[y/N\]' "it offers again"
type_keys "y" Enter
shows '│' "there are two panes"
wait_until on_screen 'Ctrl-D leaves one'
ok $? "it says how to get out"
wait_until on_screen '│to (alice|bob)> *$' # before that the chat does not know its session yet
ok $? "and a chat is in each"
type_keys "hello from the right" Enter
in_both() {
	[ "$(screen | grep -o 'hello from the right' | wc -l)" -eq 2 ]
}
wait_until in_both
ok $? "what is said in one appears in the other" "$(screen)"
send_keys C-d
one_pane() {
	! on_screen '│'
}
wait_until one_pane
ok $? "one pane is left"
send_keys C-d
shows 'everything has been cleaned up' "it ends with the last pane"
close_terminal
is "$(compgen -G "$T/carol/tmp.*")" "" "nothing is left of it"
wait_until nothing_left
ok $? "no process either"
finish
