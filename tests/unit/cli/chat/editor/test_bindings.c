/* Which bytes are which key: libedit's, ours, and before both the user's. */
#include <check.h>
#include <string.h>

#include "cli/chat/editor/bindings.h"

static struct bindings b;

static enum key
find(const char *bytes, bool *begins)
{
	return bindings_find(&b, (const uint8_t *)bytes, strlen(bytes), begins);
}

static void
setup(void)
{
	memset(&b, 0, sizeof(b));
}

START_TEST(keys_of_emacs)
{
	bool begins;

	ck_assert_int_eq(find("\r", &begins), KEY_ENTER);
	ck_assert_int_eq(find("\001", &begins), KEY_HOME);
	ck_assert_int_eq(find("\033[A", &begins), KEY_UP);
	ck_assert(!begins);
	ck_assert_int_eq(find("\033[", &begins), KEY_UNKNOWN);
	ck_assert(begins); /* arrows do */
	ck_assert_int_eq(find("\033[no key", &begins), KEY_UNKNOWN);
	ck_assert(!begins);
}
END_TEST

START_TEST(the_users_win)
{
	bool begins;

	ck_assert(bindings_take(&b, "\"^A\" -> ed-move-to-end"));
	ck_assert_int_eq(find("\001", &begins), KEY_END);
	ck_assert(bindings_take(&b, "\"^A\" -> vi-undo")); /* the later one */
	ck_assert_int_eq(find("\001", &begins), KEY_UNDO);
	ck_assert(bindings_take(&b, "\"^A\"  ->  no-such-function"));
	ck_assert_int_eq(find("\001", &begins), KEY_UNKNOWN);
	ck_assert(bindings_take(&b, "\"^Xq\" -> em-yank"));
	ck_assert_int_eq(find("\030q", &begins), KEY_YANK);
	ck_assert_int_eq(find("\030", &begins), KEY_UNKNOWN);
	ck_assert(begins);
}
END_TEST

START_TEST(other_lines_are_none)
{
	static const char *const lines[] = { "", "\"", "\"\" -> vi-undo", "\"^A\" vi-undo", "^A -> vi-undo",
		"\"^A -> vi-undo", "\"^A\" x -> vi-undo", "\"12345678901234567\" -> vi-undo" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(!bindings_take(&b, lines[i]), "%s", lines[i]);
	ck_assert_uint_eq(b.count, 0);
	for (unsigned i = 0; i < BINDINGS_OWN; i++)
		ck_assert(bindings_take(&b, "\"^A\" -> vi-undo"));
	ck_assert(!bindings_take(&b, "\"^A\" -> vi-undo"));
}
END_TEST

/* Keys beside each other that have one function are one line, and those beside them another one than before. */
START_TEST(what_has_changed)
{
	static const char before[] =
	    "Standard key bindings\n\"^@\"  ->  em-set-mark\n\"^A\"  ->  ed-move-to-beg\n"
	    "\"^B\"  ->  ed-prev-char\n\"^N\" to \"^P\"  ->  ed-insert\n\"!\" to \"~\"  ->  ed-insert\n"
	    "Multi-character bindings\n\"^[[A\"  ->  ed-prev-history\n";
	static const char after[] =
	    "Standard key bindings\n\"^@\"  ->  em-set-mark\n\"^A\" to \"^B\"   ->  ed-prev-char\n"
	    "\"^N\"  ->  ed-insert\n\"^O\"  ->  em-yank\n\"^P\"  ->  ed-insert\n\"!\" to \"~\"  ->  ed-insert\n"
	    "Multi-character bindings\n\"^[[A\"  ->  ed-prev-history\n\"^[[5~\"  ->  ed-prev-history";
	bool begins;

	b.count = 0;
	bindings_learn(&b, before, after);
	ck_assert_uint_eq(b.count, 3);
	ck_assert_int_eq(find("\001", &begins), KEY_LEFT);
	ck_assert_int_eq(find("\017", &begins), KEY_YANK);
	ck_assert_int_eq(find("\020", &begins), KEY_UP);
	ck_assert_int_eq(find("\033[5~", &begins), KEY_UP);
	b.count = 0;
	bindings_learn(&b, before, before);
	ck_assert_uint_eq(b.count, 0);
}
END_TEST

Suite *
bindings_suite(void)
{
	Suite *s = suite_create("bindings");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, keys_of_emacs);
	tcase_add_test(t, the_users_win);
	tcase_add_test(t, other_lines_are_none);
	tcase_add_test(t, what_has_changed);
	suite_add_tcase(s, t);
	return s;
}
