#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "cli/line/command.h"
#include "cli/line/edition.h"
#include "cli/line/options.h"
#include "words.h"

/* Parses words, on a fresh struct each time. */
static struct options o;

static int
parse(const char *const words[])
{
	return words_parse(&o, words);
}

#define PARSE(...) parse((const char *const[WORDS]){ __VA_ARGS__ })

START_TEST(test_options_before_and_after)
{
	ck_assert_int_eq(PARSE("-s", "alice", "send", "--timeout", "2.5", "-q", "hi", "there"), 0);
	ck_assert_ptr_eq(o.command, &command_send);
	ck_assert_str_eq(o.text[OPT_SESSION], "alice");
	ck_assert_uint_eq(o.number[OPT_TIMEOUT], 2500);
	ck_assert(o.given[OPT_QUIET]);
	ck_assert_int_eq(o.operand_count, 2);
	ck_assert_str_eq(o.operands[0], "hi");
	ck_assert_str_eq(o.operands[1], "there");
	ck_assert_int_eq(PARSE("read", "--timeout", ".25"), 0);
	ck_assert_uint_eq(o.number[OPT_TIMEOUT], 250);
	ck_assert_int_lt(PARSE("read", "--timeout", "."), 0);
}
END_TEST

START_TEST(test_options_forms)
{
	ck_assert_int_eq(PARSE("send", "-lqs", "bob", "--to=carol"), 0);
	ck_assert(o.given[OPT_LINES] && o.given[OPT_QUIET]);
	ck_assert_str_eq(o.text[OPT_SESSION], "bob");
	ck_assert_str_eq(o.text[OPT_TO], "carol");
	ck_assert_int_eq(PARSE("read", "-fqsbob"), 0);
	ck_assert_str_eq(o.text[OPT_SESSION], "bob");
	ck_assert_int_eq(PARSE("read", "-n5", "--wait"), 0);
	ck_assert_uint_eq(o.number[OPT_NUMBER], 5);
	ck_assert(o.given[OPT_WAIT] && !o.text[OPT_WAIT]);
	ck_assert_int_eq(PARSE("read", "--wait=3"), 0);
	ck_assert_uint_eq(o.number[OPT_WAIT], 3000);
	ck_assert_int_eq(PARSE("to", "bob", "--wait"), 0); /* an optional value is never the next word */
	ck_assert_int_eq(o.operand_count, 1);
}
END_TEST

START_TEST(test_options_end)
{
	ck_assert_int_eq(PARSE("send", "--", "-l", "--json", "--"), 0);
	ck_assert_int_eq(o.operand_count, 3);
	ck_assert_str_eq(o.operands[2], "--");
	ck_assert(!o.given[OPT_LINES] && !o.given[OPT_JSON]);
	ck_assert_int_eq(PARSE("send", "-"), 0); /* a word like others */
	ck_assert_int_eq(o.operand_count, 1);
}
END_TEST

/* DESIGN §5: what is text where a command takes text. */
START_TEST(test_options_text)
{
	static const struct {
		const char *word[WORDS];
		int operands; /* -1: a mistake */
	} lines[] = {
		{ { "send", "-x marks the spot" }, 1 }, { { "send", "--help me=please" }, 1 },
		{ { "send", "-f /etc/hosts", "is", "it" }, 3 }, { { "send", "-\tx" }, 1 },
		{ { "send", "--timeout=5 minutes" }, -1 }, /* the blank is in the value */
		{ { "send", "-f/etc/hostname" }, -1 }, { { "send", "-lf/etc/hostname" }, -1 },
		{ { "send", "-sbob", "hi" }, -1 }, { { "send", "-f", "/etc/hostname" }, 0 },
		{ { "send", "hi", "-f" }, -1 }, { { "send", "hi", "-q" }, -1 }, { { "send", "hi", "--help" }, -1 },
		{ { "send", "hi", "--to=bob" }, -1 }, { { "send", "hi", "--json=yes" }, -1 },
		{ { "send", "hi", "-x" }, 2 }, { { "send", "hi", "-5", "--", "--nonsense", "-fx", "-" }, 6 },
		{ { "send", "--", "-f", "--help", "-q" }, 3 }, { { "send", "-q", "--", "hi", "-f" }, 2 },
		{ { "send", "hi", "--", "-q" }, 3 },
		{ { "tell", "bob", "hi", "--", "--json" }, 4 }, /* the first is text */
		{ { "send", "hi", "-q", "--", "-f" }, -1 }, { { "send", "--", "hi", "--", "-f" }, 3 },
		{ { "ask", "really", "--wait" }, 2 }, /* of another command */
		{ { "ask", "really", "--to" }, -1 }, { { "read", "-n5", "-q" }, 0 },
		{ { "-sbob", "send", "hi" }, 1 }, /* before the command */
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const int rc = parse(lines[i].word);

		if (rc < 0 && o.given[OPT_HELP])
			continue;
		ck_assert_msg(rc == (lines[i].operands < 0 ? -1 : 0), "line %zu: %s", i, o.mistake);
		if (rc == 0)
			ck_assert_msg(o.operand_count == lines[i].operands, "line %zu: %d words", i, o.operand_count);
	}
}
END_TEST

START_TEST(test_options_many_operands)
{
	static char *argv[202];

	memset(&o, 0, sizeof(o));
	for (size_t i = 0; i < 201; i++)
		argv[i] = (char *)"word";
	argv[1] = (char *)"send";
	ck_assert_int_eq(options_parse(&o, edition.commands, 201, argv), 0);
	ck_assert_int_eq(o.operand_count, 199);
	ck_assert_str_eq(o.operands[198], "word");
	free(o.operands);
}
END_TEST

START_TEST(test_options_mistakes)
{
	static const struct {
		const char *words[WORDS];
		const char *mistake; /* part of it */
	} t[] = {
		{ { "snd" }, "unknown command 'snd'" }, { { "--bogus", "send" }, "unknown option '--bogus'" },
		{ { "--to", "bob", "send" }, "unknown option '--to'" }, /* of a command: behind it */
		{ { "send", "-x" }, "unknown option '-x'" }, { { "send", "-s" }, "needs a value" },
		{ { "send", "--json=yes" }, "takes no value" }, { { "send", "--id", "123" }, "32 hex digits" },
		{ { "read", "-n", "0" }, "number from 1" }, { { "read", "-n", "4294967296" }, "from 1 to 4294967295" },
		{ { "read", "-n", "1x" }, "number from 1" }, { { "read", "--timeout", "-1" }, "number of seconds" },
		{ { "read", "--timeout", "1000000001" }, "up to 1000000000" },
		{ { "read", "--wait=" }, "number of seconds" }, { { "send", "-f", "" }, "'' is none: --file FILE" },
		{ { "--socket=", "who" }, "'' is none: --socket PATH" },
		{ { "read", "--color", "blue" }, "auto, always or never" }, { { "to" }, "to whom?" },
		{ { "to", "a", "b" }, "one NAME only; 'b' is left over" },
		{ { "--bogus", "--worse", "send" }, "'--bogus'" }, /* the first one is told */
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_int_eq(parse(t[i].words), -1);
		ck_assert_msg(strstr(o.mistake, t[i].mistake), "'%s' should hold '%s'", o.mistake, t[i].mistake);
		ck_assert(!o.malformed);
	}
}
END_TEST

START_TEST(test_options_names)
{
	static const char *const bad[] = { "", "a b", "-x", "../x", "x$(id)", "123456789012345678901234567890123" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(PARSE("to", "--", bad[i]), -1);
		ck_assert(o.malformed);
		ck_assert_int_eq(PARSE("send", "--to", bad[i], "hi"), -1);
		ck_assert(o.malformed);
	}
}
END_TEST

START_TEST(test_options_help_wins)
{
	ck_assert_int_eq(PARSE("--help"), 0);
	ck_assert_ptr_null(o.command);
	ck_assert_int_eq(PARSE("to", "-h"), 0);
	ck_assert_ptr_eq(o.command, &command_to);
	ck_assert_int_eq(PARSE("--bogus", "to", "--help"), 0);
	ck_assert_int_eq(PARSE("--json", "nonsense"), -1);
	ck_assert(o.given[OPT_JSON]);
	ck_assert_int_eq(PARSE("nonsense", "--json"), -1); /* however late: errors take that form */
	ck_assert(o.given[OPT_JSON]);
}
END_TEST

START_TEST(test_options_seconds)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t ms;
	} t[] = {
		{ "0", true, 0 },
		{ "1", true, 1000 },
		{ "0.25", true, 250 },
		{ "1.5", true, 1500 },
		{ "0.0019", true, 1 },
		{ "1000000000", true, 1000000000000 },
		{ "1000000001", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ ".5", true, 500 },
		{ "1.", false, 0 },
		{ "1s", false, 0 },
		{ "-1", false, 0 },
		{ "1.5.2", false, 0 },
		{ " 1", false, 0 },
		{ "inf", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		uint64_t ms = 0;

		ck_assert_msg(options_seconds(t[i].text, &ms) == t[i].good, "'%s'", t[i].text);
		if (t[i].good)
			ck_assert_uint_eq(ms, t[i].ms);
	}
}
END_TEST

/* What an edition has: each command once, and no option that means two things. */
START_TEST(test_options_rows)
{
	for (const struct command *const *c = edition.commands; *c; c++) {
		ck_assert_ptr_eq(command_find(edition.commands, (*c)->name), *c);
		for (const struct option_row *row = (*c)->options; row && row->name; row++) {
			const size_t n = strlen(row->name);

			ck_assert_ptr_eq(options_find((*c)->options, row->name, n), row);
			ck_assert_msg(!options_find(options_global, row->name, n), "%s --%s", (*c)->name, row->name);
			if (!row->letter)
				continue;
			ck_assert_ptr_eq(options_find_letter((*c)->options, row->letter), row);
			ck_assert_msg(
			    !options_find_letter(options_global, row->letter), "%s -%c", (*c)->name, row->letter);
		}
	}
	ck_assert_ptr_null(command_find(edition.commands, "sen"));
	ck_assert_ptr_null(options_find(options_global, "jso", 3));
	ck_assert_ptr_null(options_find(NULL, "json", 4));
	ck_assert(edition.print != NULL);
}
END_TEST

Suite *
options_suite(void)
{
	Suite *s = suite_create("options");
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, test_options_before_and_after);
	tcase_add_test(tc, test_options_forms);
	tcase_add_test(tc, test_options_end);
	tcase_add_test(tc, test_options_text);
	tcase_add_test(tc, test_options_many_operands);
	tcase_add_test(tc, test_options_mistakes);
	tcase_add_test(tc, test_options_names);
	tcase_add_test(tc, test_options_help_wins);
	tcase_add_test(tc, test_options_seconds);
	tcase_add_test(tc, test_options_rows);
	suite_add_tcase(s, tc);
	return s;
}
