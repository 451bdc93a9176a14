/* The editor on a terminal whose other end is the test's: what is typed there, and what becomes of it. */
#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/chat/editor/editor.h"
#include "cli/chat/editor/editor_impl.h"
#include "cli/chat/editor/tty.h"
#include "folder.h"
#include "net/loop.h"
#include "trace.h"

static int master, terminal;
static struct termios before;
static struct ev_loop *loop;
static struct recall *recall;
static struct editor *editor;
static enum editor_answer answer;
static unsigned happened;
static char screen[65536]; /* what the terminal was sent */
static size_t screen_len;

static enum editor_answer
said(void *context, const struct editor_line *line)
{
	(void)context;
	ck_assert_uint_eq(line->len, strlen(line->text));
	trace("said %s%s%s%s%s", line->text, *line->label ? " for " : "", line->label, line->changed ? " changed" : "",
	    line->pasted ? " pasted" : "");
	happened++;
	return answer;
}

static void
tab(void *context, const char *text, size_t len)
{
	(void)context;
	trace("tab %.*s", (int)len, text);
	happened++;
}

static void
touched(void *context)
{
	(void)context;
}

static void
interrupted(void *context)
{
	(void)context;
	trace("interrupted");
	happened++;
}

static void
ended(void *context, enum editor_end how)
{
	(void)context;
	trace("ended %u", how);
	happened++;
	ev_break(loop, EVBREAK_ALL); /* it may be told before the loop waits */
}

static void
open_terminal(void)
{
	const struct winsize size = { .ws_col = 60, .ws_row = 20 };

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(terminal, 0);
	ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
	ck_assert_int_eq(tcgetattr(terminal, &before), 0);
}

static void
setup(void)
{
	static const struct editor_class class = { said, tab, touched, interrupted, ended };

	trace_clear();
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	answer = EDITOR_TAKEN;
	happened = 0;
	screen_len = 0;
	open_terminal();
	loop = loop_new();
	recall = recall_new();
	editor = editor_new(loop, terminal, terminal, false, recall, &class, NULL);
	ck_assert_ptr_nonnull(editor);
}

static void
teardown(void)
{
	struct termios after;

	editor_free(editor);
	ck_assert_int_eq(tcgetattr(terminal, &after), 0);
	ck_assert_uint_eq(after.c_lflag, before.c_lflag); /* it is as it was */
	recall_free(recall);
	ev_loop_destroy(loop);
	(void)close(master);
	(void)close(terminal);
}

static void
read_screen(void)
{
	ssize_t n;

	while ((n = read(master, screen + screen_len, sizeof(screen) - 1 - screen_len)) > 0)
		screen_len += (size_t)n;
	screen[screen_len] = '\0';
}

/* Turns of the loop until so many things have happened in all. */
static void
until(unsigned count)
{
	while (happened < count) {
		(void)ev_run(loop, EVRUN_ONCE);
		read_screen();
	}
}

static void
type(const char *keys)
{
	ck_assert_int_eq(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void
expect_text(const char *text)
{
	size_t len;
	char *got = editor_before(editor, &len);

	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_mem_eq(got, text, len);
	free(got);
}

START_TEST(lines_are_said)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(terminal, &now), 0);
	ck_assert_uint_eq(now.c_lflag & (ICANON | ECHO), 0); /* each key comes as it is typed */
	editor_label(editor, "bob", 1);
	type("hello\r\033[A\r"); /* and once more, recalled */
	until(2);
	trace_is("said hello; said hello for bob");
	ck_assert(!editor_has_draft(editor));
	ck_assert_str_eq(recall_line(recall, 1), "hello");
	ck_assert_str_eq(recall_label(recall, 1), "bob");
}
END_TEST

START_TEST(a_line_stays)
{
	answer = EDITOR_STAYS;
	type("hello\r");
	until(1);
	trace_is("said hello");
	ck_assert(editor_has_draft(editor));
	expect_text("hello");
	ck_assert_ptr_null(recall_line(recall, 1));
}
END_TEST

START_TEST(tab_completes)
{
	type("/to bo\t");
	until(1);
	trace_is("tab /to bo");
	editor_complete(editor, 2, "bobby ");
	expect_text("/to bobby ");
	editor_insert(editor, "x");
	expect_text("/to bobby x");
	editor_complete(editor, 99, "no"); /* more than there is */
	expect_text("/to bobby x");
}
END_TEST

START_TEST(its_end)
{
	type("\003");
	until(1);
	trace_is("interrupted");
	type("x\004\177\004"); /* on a line with text ^D is no end */
	until(2);
	trace_is("ended 0");
	ck_assert(!editor_has_draft(editor));
}
END_TEST

START_TEST(the_terminal_goes)
{
	(void)close(master);
	master = -1;
	while (happened < 1)
		(void)ev_run(loop, EVRUN_ONCE);
	trace_is("ended 1");
	before.c_lflag = 0; /* nobody can tell any more */
	editor_free(editor);
	editor = NULL;
	recall_free(recall);
	ev_loop_destroy(loop);
	(void)close(terminal);
}
END_TEST

START_TEST(text_above)
{
	editor_prompt(editor, "> ");
	editor_print(editor, "somebody speaks", 15);
	ck_assert_int_eq(editor_flush(editor), 0);
	read_screen();
	ck_assert_ptr_nonnull(strstr(screen, "somebody speaks"));
	(void)ev_run(loop, EVRUN_NOWAIT);
	read_screen();
	ck_assert_ptr_nonnull(strstr(strstr(screen, "somebody speaks"), "> "));
}
END_TEST

/* To be plain is no reason to take a paste for what was typed: the terminal is asked for that alone. */
START_TEST(pastes_on_a_plain_line)
{
	static const char on[] = "\033[?2004h", off[] = "\033[?2004l";
	static const struct editor_class class = { said, tab, touched, interrupted, ended };

	editor_free(editor);
	read_screen();
	ck_assert_ptr_null(strstr(screen, "2004")); /* dumb */
	ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
	editor = editor_new(loop, terminal, terminal, true, recall, &class, NULL);
	ck_assert_ptr_nonnull(editor);
	(void)ev_run(loop, EVRUN_NOWAIT);
	screen_len = 0;
	read_screen();
	ck_assert_ptr_nonnull(strstr(screen, on));
	ck_assert_ptr_null(strchr(strstr(screen, on) + 1, '\033'));
	type("\033[200~/quit\rtwo\033[201~\r");
	until(1);
	trace_is("said /quit\ntwo pasted");
	editor_leave_screen(editor);
	read_screen();
	ck_assert_ptr_nonnull(strstr(screen, off));
	editor_take_screen(editor);
}
END_TEST

/* What keys do, without a terminal between. */
START_TEST(keys)
{
	edit_insert(editor, "one two", 7);
	edit_key(editor, KEY_WORD_LEFT, NULL, 0);
	expect_text("one ");
	edit_key(editor, KEY_KILL_TO_END, NULL, 0);
	edit_key(editor, KEY_HOME, NULL, 0);
	edit_key(editor, KEY_YANK, NULL, 0);
	expect_text("two");
	edit_key(editor, KEY_END, NULL, 0);
	expect_text("twoone ");
	edit_replace_all(editor, "all else", 8, 3);
	expect_text("all");
	edit_key(editor, KEY_UNDO, NULL, 0);
	edit_key(editor, KEY_END, NULL, 0);
	expect_text("twoone ");
	edit_key(editor, KEY_KILL_LINE, NULL, 0);
	ck_assert(!editor_has_draft(editor));
}
END_TEST

static void
press(const enum key *pressed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		edit_key(editor, pressed[i], NULL, 0);
}

#define PRESS(...) \
	press((const enum key[]){ __VA_ARGS__ }, sizeof((const enum key[]){ __VA_ARGS__ }) / sizeof(enum key))

/* Enter was pressed, and the line was said like this; it is gone then. */
static void
expect_said(const char *expected)
{
	trace_clear();
	answer = EDITOR_STAYS;
	PRESS(KEY_ENTER);
	editor->drop_input = false;
	trace_is(expected);
	trace_clear();
	edit_key(editor, KEY_INTERRUPT, NULL, 0);
}

static void
write_for(const char *text, const char *label, uint64_t number)
{
	editor_label(editor, label, number);
	edit_key(editor, KEY_TEXT, text, strlen(text));
}

START_TEST(a_draft_knows_for_whom)
{
	write_for("draft", "bob", 1);
	editor_label(editor, "eve", 2);
	expect_said("said draft changed");
	write_for("draft", "bob", 3);
	PRESS(KEY_KILL_LINE);
	write_for("fresh", "eve", 4);
	expect_said("said fresh"); /* it was begun after that */
	PRESS(KEY_YANK);
	expect_said("said draft for bob changed");
	write_for("mine", "eve", 4);
	PRESS(KEY_HOME, KEY_YANK);
	expect_said("said draftmine for bob changed");
	write_for("draft", "bob", 5);
	PRESS(KEY_KILL_LINE);
	write_for("fresh", "eve", 6);
	PRESS(KEY_UNDO, KEY_UNDO);
	expect_said("said draft changed");
	write_for("draft", "bob", 7);
	PRESS(KEY_KILL_LINE);
	write_for("mine", "eve", 8);
	PRESS(KEY_HOME);
	write_for("and ", "eve", 8);
	expect_said("said and mine");
}
END_TEST

START_TEST(two_pieces_are_killed)
{
	write_for("one two", "bob", 1);
	PRESS(KEY_KILL_WORD_LEFT);
	editor_label(editor, "eve", 2);
	PRESS(KEY_KILL_LINE, KEY_YANK);
	expect_said("said one two for bob changed");
}
END_TEST

START_TEST(a_recalled_line_stays_whose_it_was)
{
	recall_add(recall, "older", 5, "bob");
	recall_add(recall, "secret", 6, "cyd");
	editor_label(editor, "bob", 1);
	PRESS(KEY_UP);
	expect_said("said secret for cyd"); /* and ^C */
	PRESS(KEY_UP);
	expect_said("said secret for cyd");
	PRESS(KEY_UP, KEY_KILL_LINE, KEY_YANK);
	expect_said("said secret for cyd");
	edit_key(editor, KEY_TEXT, "mine", 4);
	PRESS(KEY_UP, KEY_DOWN);
	expect_said("said mine");
	edit_key(editor, KEY_TEXT, "mine", 4);
	editor_label(editor, "cyd", 2);
	PRESS(KEY_UP, KEY_UP, KEY_UNDO, KEY_UNDO);
	expect_said("said mine changed");
	PRESS(KEY_UP);
	edit_key(editor, KEY_TEXT, "!", 1);
	ck_assert_str_eq(recall_label(recall, 1), "bob");
	expect_said("said mine! for bob");
}
END_TEST

START_TEST(a_line_that_nobody_took)
{
	recall_add(recall, "secret", 6, "cyd");
	editor_label(editor, "bob", 1);
	answer = EDITOR_UNSENT;
	PRESS(KEY_UP, KEY_ENTER);
	ck_assert(!editor_has_draft(editor));
	ck_assert_str_eq(recall_label(recall, 1), "cyd");
	answer = EDITOR_TAKEN; /* now he has it */
	PRESS(KEY_UP, KEY_ENTER);
	ck_assert_str_eq(recall_line(recall, 1), "secret");
	ck_assert_str_eq(recall_label(recall, 1), "bob");
}
END_TEST

/* Keys of what was typed, as they come from keys.h. */
static void
feed(const char *bytes)
{
	editor->drop_input = false;
	keys_feed(&editor->keys, (const uint8_t *)bytes, strlen(bytes), edit_key, editor);
}

static unsigned
times_shown(const char *text)
{
	unsigned n = 0;

	ck_assert_int_eq(editor_flush(editor), 0);
	read_screen();
	for (const char *p = screen; (p = strstr(p, text)); p++)
		n++;
	return n;
}

#define REFUSED "\xef\xb7\x90" /* U+FDD0 */

START_TEST(what_is_not_taken_is_named)
{
	feed("a" REFUSED REFUSED "\u202e\u202d" REFUSED "\xfe\xff");
	ck_assert_uint_eq(times_shown("U+FDD0 cannot be typed"), 2);
	ck_assert_uint_eq(times_shown("U+202E cannot be typed"), 1);
	ck_assert_uint_eq(times_shown("U+202D cannot be typed"), 1);
	ck_assert_uint_eq(times_shown("\\xFE cannot be typed"), 1);
	ck_assert_uint_eq(times_shown("\\xFF cannot be typed"), 1);
}
END_TEST

/* Whatever was pressed between, the first Enter says nothing, and the second does. */
START_TEST(what_is_not_taken_does_not_go_unnoticed)
{
	static const char *const typed[][2] = {
		{ "a" REFUSED "b\033[D\r", "ab" },
		{ REFUSED "ab\r", "ab" },
		{ REFUSED "\033[Dab\r", "ab" },
		{ "a" REFUSED "b\001\005\r", "ab" },
		{ "a" REFUSED "b\025\031\r", "ab" },     /* ^U ^Y */
		{ "a" REFUSED "b\025\037\r", "ab" },     /* ^U ^_ */
		{ "ab c\027" REFUSED "\037\r", "ab c" }, /* ^W, and what it took comes back */
		{ "a" REFUSED "b\033[A\033[B\r", "ab" }, /* Up, Down */
		{ "a" REFUSED "b\033[200~c\033[201~\r", "abc" },
	};
	char expected[16];

	for (size_t i = 0; i < ARRAY_SIZE(typed); i++) {
		trace_clear();
		recall_add(recall, "older", 5, "");
		feed(typed[i][0]);
		trace_is("");
		feed("\r");
		(void)snprintf(expected, sizeof(expected), "said %s", typed[i][1]);
		trace_is(expected);
	}
	ck_assert_uint_eq(times_shown("not sent: something was left out"), ARRAY_SIZE(typed));
}
END_TEST

/* When the text goes, what was left out of it is no matter any more. */
START_TEST(what_was_left_out_goes_with_the_text)
{
	static const char *const dropped[] = { "a" REFUSED "\003", "a" REFUSED "\025", "a" REFUSED "\177",
		REFUSED "\003", REFUSED "\025", REFUSED "\177" };

	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++) {
		feed(dropped[i]);
		trace_clear();
		feed("new\r");
		trace_is("said new");
	}
}
END_TEST

START_TEST(what_the_editor_wrote)
{
	char dir[FOLDER_PATH], script[FOLDER_PATH + 16], command[FOLDER_PATH + 32], text[16] = "";
	glob_t found;
	FILE *f;

	folder_make(dir);
	(void)snprintf(script, sizeof(script), "%s/editor", dir);
	(void)snprintf(command, sizeof(command), "sh %s", script);
	f = fopen(script, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fprintf(f, "printf 'x" REFUSED "y' >\"$1\"\n"), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(setenv("TMPDIR", dir, 1), 0);
	ck_assert_int_eq(unsetenv("VISUAL"), 0);
	ck_assert_int_eq(setenv("EDITOR", command, 1), 0);
	feed("before\030\005");
	expect_text("before");
	ck_assert_uint_eq(times_shown("what was written holds"), 1);
	ck_assert_ptr_nonnull(strstr(screen, "U+FDD0"));
	(void)snprintf(script, sizeof(script), "%s/pchat-*", dir);
	ck_assert_int_eq(glob(script, 0, NULL, &found), 0);
	f = fopen(found.gl_pathv[0], "r"); /* its name is shown, in rows of 60 columns */
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(text, 1, sizeof(text), f), 5);
	ck_assert_str_eq(text, "x" REFUSED "y");
	(void)fclose(f);
	globfree(&found);
	folder_remove(dir);
}
END_TEST

START_TEST(what_was_forgotten)
{
	char dir[FOLDER_PATH], path[FOLDER_PATH + 16], words[512];

	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/typed", dir);
	recall_open(recall, path, words, sizeof(words));
	recall_add(recall, "secret", 6, "bob");
	recall_add(recall, "secret, too", 11, "bob");
	edit_key(editor, KEY_TEXT, "mine", 4);
	PRESS(KEY_UP);
	ck_assert_int_eq(truncate(path, 0), 0);
	PRESS(KEY_UP); /* where it stood there is nothing any more */
	expect_text("mine");
	PRESS(KEY_UP);
	expect_text("mine");
	PRESS(KEY_SEARCH);
	edit_key(editor, KEY_TEXT, "sec", 3);
	PRESS(KEY_ABORT);
	expect_text("mine");
	PRESS(KEY_INTERRUPT, KEY_UP);
	expect_text("mine");
	ck_assert_ptr_null(recall_line(recall, 2));
	ck_assert_int_eq(truncate(path, 0), 0);
	PRESS(KEY_INTERRUPT); /* what Up has brought is not kept once more */
	PRESS(KEY_UP);
	expect_text("");
	folder_remove(dir);
}
END_TEST

START_TEST(a_paste_stays_one)
{
	edit_key(editor, KEY_PASTE, "/quit", 5);
	PRESS(KEY_KILL_LINE, KEY_YANK);
	expect_said("said /quit pasted");
	edit_key(editor, KEY_PASTE, "/quit", 5);
	PRESS(KEY_KILL_LINE, KEY_UNDO);
	expect_said("said /quit pasted");
	edit_key(editor, KEY_PASTE, "/quit", 5);
	PRESS(KEY_UP, KEY_DOWN);
	expect_said("said /quit pasted");
	edit_key(editor, KEY_PASTE, "/quit", 5);
	answer = EDITOR_TAKEN;
	PRESS(KEY_ENTER, KEY_UP); /* it is said like this */
	expect_text("//quit");
	PRESS(KEY_INTERRUPT);
	edit_key(editor, KEY_PASTE, "/a\nb", 4);
	PRESS(KEY_INTERRUPT, KEY_UP);
	expect_text("/a\nb"); /* of several lines none is a command */
	PRESS(KEY_INTERRUPT);
	edit_key(editor, KEY_PASTE, "text", 4);
	PRESS(KEY_KILL_LINE);
	edit_key(editor, KEY_TEXT, "/who", 4);
	expect_said("said /who");
}
END_TEST

/* Modes, what the terminal can do, and the user's keys. */
START_TEST(terminals)
{
	static const char *const rest[] = { "", "edit off\n", "setty -d +isig +icanon +echo +ixon\n" };
	struct editrc rc;
	char dir[FOLDER_PATH], path[FOLDER_PATH + 16];
	struct bindings bindings = { .count = 0 };
	struct termios now, raw;
	struct tty *t;
	bool begins;
	FILE *f;

	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/.editrc", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fprintf(f, "bind ^A ed-move-to-end\n%s", rest[_i]), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(setenv("HOME", dir, 1), 0);
	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	open_terminal();
	t = tty_new(terminal, terminal);
	ck_assert_ptr_nonnull(t);
	tty_raw(t);
	ck_assert_int_eq(tcgetattr(terminal, &raw), 0);
	ck_assert_uint_eq(raw.c_lflag & (ICANON | ECHO | ISIG), 0);
	tty_restore(t);
	ck_assert_int_eq(tcgetattr(terminal, &now), 0);
	ck_assert_uint_eq(now.c_lflag, before.c_lflag);
	ck_assert(!tty_can_draw(t)); /* dumb */
	tty_bindings(t, &bindings, &rc);
	ck_assert_uint_eq(rc.count, 0);
	ck_assert_int_eq(bindings_find(&bindings, (const uint8_t *)"\001", 1, &begins), KEY_END);
	ck_assert_int_eq(bindings_find(&bindings, (const uint8_t *)"\005", 1, &begins), KEY_END);
	tty_raw(t); /* whatever that file says */
	ck_assert_int_eq(tcgetattr(terminal, &now), 0);
	ck_assert_uint_eq(now.c_lflag, raw.c_lflag);
	ck_assert_uint_eq(now.c_iflag, raw.c_iflag);
	tty_restore(t);
	tty_free(t);
	tty_free(NULL);
	ck_assert_ptr_null(tty_new(-1, -1));
	(void)close(master);
	(void)close(terminal);
	folder_remove(dir);
}
END_TEST

Suite *
editor_suite(void)
{
	Suite *s = suite_create("editor");
	TCase *tc = tcase_create("editor"), *gone = tcase_create("gone"), *tty = tcase_create("tty");

	tcase_set_timeout(tc, 60);
	tcase_set_timeout(gone, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lines_are_said);
	tcase_add_test(tc, a_line_stays);
	tcase_add_test(tc, tab_completes);
	tcase_add_test(tc, its_end);
	tcase_add_test(tc, text_above);
	tcase_add_test(tc, pastes_on_a_plain_line);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, a_draft_knows_for_whom);
	tcase_add_test(tc, two_pieces_are_killed);
	tcase_add_test(tc, a_recalled_line_stays_whose_it_was);
	tcase_add_test(tc, a_line_that_nobody_took);
	tcase_add_test(tc, what_is_not_taken_is_named);
	tcase_add_test(tc, what_is_not_taken_does_not_go_unnoticed);
	tcase_add_test(tc, what_was_left_out_goes_with_the_text);
	tcase_add_test(tc, what_the_editor_wrote);
	tcase_add_test(tc, what_was_forgotten);
	tcase_add_test(tc, a_paste_stays_one);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(gone, setup, NULL);
	tcase_add_test(gone, the_terminal_goes);
	suite_add_tcase(s, gone);
	tcase_add_loop_test(tty, terminals, 0, 3);
	suite_add_tcase(s, tty);
	return s;
}
