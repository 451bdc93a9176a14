#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/translate.h"
#include "core/names/siphash.h"
#include "core/names/name.h"
#include "core/names/normal_impl.h"
#include "core/names/rules.h"
#include "core/names/same.h"
#include "core/unicode/unicode.h"
#include "guard.h"
#include "quick.h"

#define X31 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define HAN8 "\u5C0F\u660E\u5F20\u4E09\u674E\u56DB\u738B\u4E94"

static bool
valid(const char *text)
{
	return name_valid((const char *)guard_copy(text, strlen(text)), strlen(text));
}

/* The rule R2 for ASCII, said the other way round: each byte at each place. */
START_TEST(every_byte)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static const char later[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@";

	for (int byte = 0; byte < 256; byte++) {
		const char c = (char)byte;
		const char one[] = { c };
		const char two[] = { 'a', c };
		const char three[] = { 'a', c, 'a' };

		ck_assert_int_eq(name_valid(one, 1), c != '\0' && strchr(first, c) != NULL);
		ck_assert_int_eq(name_valid(two, 2), c != '\0' && strchr(later, c) != NULL);
		ck_assert_int_eq(name_valid(three, 3), c != '\0' && strchr(later, c) != NULL);
		ck_assert_int_eq(name_possible(three, 3), c != '\0' && strchr(later, c) != NULL);
	}
}
END_TEST

START_TEST(length)
{
	ck_assert(!name_valid("", 0));
	ck_assert(!name_valid("a", 0));
	ck_assert(name_valid("a", 1));
	ck_assert(name_valid(X31, 31));
	ck_assert(name_valid(X31 "x", 32));
	ck_assert(!name_valid(X31 "xx", 33));
	ck_assert(!name_possible(X31 "xx", 33));
}
END_TEST

/* No more bytes are looked at than were given. */
START_TEST(no_further)
{
	ck_assert(name_valid("bob\n", 3));
	ck_assert(!name_valid("bob\n", 4));
	ck_assert(!name_valid("\u5C0F\u660E", 5));
}
END_TEST

/* ------ every script ------ */

static const struct {
	const char *text;
	enum name_fault fault;
} judged[] = {
	{ "\u5C0F\u660E", NAME_GOOD }, { "\u0434\u0438\u043C\u0430", NAME_GOOD },
	{ "\u0645\u0631\u06CC\u0645", NAME_GOOD }, { "\u05D3\u05D5\u05D3", NAME_GOOD },
	{ "\u0E2A\u0E21\u0E0A\u0E32\u0E22", NAME_GOOD }, { "\u0928\u092E\u0938\u094D\u0924\u0947", NAME_GOOD },
	{ "jos\u00E9", NAME_GOOD }, { "\u3042\u3044\u30A2\u4E9C", NAME_GOOD }, /* Kana and Han */
	{ "\u5C0F\u660Eabc", NAME_GOOD },                                      /* Han and Latin */
	{ "\uAE40\u6F22", NAME_GOOD },                                         /* Hangul and Han */
	{ "\u3105\u6F22a", NAME_GOOD },                                        /* Bopomofo, Han, Latin */
	{ "alice@example.org", NAME_GOOD }, { "\u5C0F\u660E@example.org", NAME_GOOD },
	{ "\u13A0\u13A1", NAME_LOOKS_LIKE }, /* Cherokee that looks like DR */
	{ "\uA549\uA55C", NAME_GOOD },       /* Vai, of limited use */
	/* one script */
	{ "\u0434ima", NAME_SCRIPTS }, { "\u0434\u03B1", NAME_SCRIPTS },
	{ "\u3042\uAE40", NAME_SCRIPTS }, /* Kana and Hangul */
	{ "\u3042\u3105", NAME_SCRIPTS }, { "\u0645a", NAME_SCRIPTS },
	/* characters */
	{ "", NAME_EMPTY }, { "-a\u00E9", NAME_FIRST }, { "@\u5C0F", NAME_FIRST }, { "\u0301a", NAME_FIRST },
	{ "\u5C0F\u3000", NAME_CHARACTER }, { "\u5C0F!", NAME_CHARACTER },
	{ "a\u00B7\u00E9", NAME_CHARACTER }, /* middle dot: inclusion only */
	{ "\u16A0\u16A1", NAME_CHARACTER },      /* runes: an excluded script */
	{ "\U0001F600", NAME_CHARACTER }, { "\uE000", NAME_CHARACTER }, { "\u5C0F\uFE0F", NAME_CHARACTER },
	{ "\uFF41\uFF42", NAME_CHARACTER }, /* full width: not NFKC */
	{ "\u0378", NAME_CHARACTER }, { "\uFB01sh", NAME_CHARACTER },
	/* composed */
	{ "jose\u0301", NAME_FORM }, { "\u212Bngstr\u00F6m", NAME_FORM }, { "a\377", NAME_NO_TEXT },
	/* digits */
	{ "\u0645\u0661\u0662", NAME_GOOD }, { "\u0645\u0661\u06F2", NAME_DIGITS }, { "\u0E01\u0E511", NAME_DIGITS },
	{ "\u06451", NAME_GOOD },
	/* direction */
	{ "\u05D3.\u05D5_1", NAME_GOOD }, { "1\u05D3", NAME_GOOD },
	/* marks */
	{ "\u05E9\u05BC\u05C1", NAME_GOOD }, { "\u05E9\u05B4\u05BC\u05C1", NAME_MARKS }, { "vi\u1EC7t", NAME_GOOD },
	{ "vi\u1EC7\u0308t", NAME_MARKS },
	/* joiners */
	{ "\u0915\u094D\u200D\u0937", NAME_GOOD }, { "\u0915\u094D\u200C\u0937", NAME_GOOD },
	{ "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", NAME_GOOD }, { "\u0915\u200D\u0937", NAME_CHARACTER },
	{ "\u0627\u200C\u0628", NAME_CHARACTER }, /* alef joins to nothing behind it */
	{ "\u0628\u200D\u0628", NAME_CHARACTER }, { "a\u200Db\u00E9", NAME_CHARACTER },
	/* looks like ASCII */
	{ "\u0421\u0430\u0440\u0430", NAME_LOOKS_LIKE }, { "\u0440\u043E\u0441\u0430", NAME_LOOKS_LIKE },
	{ "\u0440\u0430\u0443\u0440\u0430\u04C0", NAME_LOOKS_LIKE }, { "\u0412\u0410\u0422", NAME_LOOKS_LIKE },
	{ "\u0131van", NAME_GOOD }, /* Latin: R3 has the say */
	/* bounds */
	{ HAN8 HAN8 "\u5C0F\u660E\u5F20\u4E09\u674E", NAME_GOOD },       /* 63 bytes */
	{ HAN8 HAN8 "\u5C0F\u660E\u5F20\u4E09\u674Ea", NAME_GOOD },      /* 64 */
	{ HAN8 HAN8 "\u5C0F\u660E\u5F20\u4E09\u674E\u00E9", NAME_LONG }, /* 65 */
	{ X31 "\u00E9", NAME_GOOD },                                     /* 32 characters */
	{ X31 "x\u00E9", NAME_LONG },                                    /* 33 */
};

START_TEST(every_script)
{
	const char *text = judged[_i].text;
	const size_t n = strlen(text);
	struct name_judgement j;

	name_judge((const char *)guard_copy(text, n), n, &j);
	ck_assert_int_eq(j.fault, judged[_i].fault);
	ck_assert_int_eq(valid(text), judged[_i].fault == NAME_GOOD);
}
END_TEST

START_TEST(words)
{
	char out[NAME_WORDS_MAX + 1];
	struct name_judgement j;
	static const char paypal[] = "\u0440\u0430\u0443\u0440\u0430\u04C0";

	name_judge(paypal, strlen(paypal), &j);
	name_words(&j, translate, out);
	ck_assert_str_eq(out, "it looks like 'paypal'");
	name_judge("a\u00E9\u00B7", strlen("a\u00E9\u00B7"), &j);
	name_words(&j, translate, out);
	ck_assert_str_eq(out, "U+00B7 cannot stand there in a name");
	for (int fault = NAME_GOOD; fault <= NAME_LOOKS_LIKE; fault++) {
		j.fault = (enum name_fault)fault;
		name_words(&j, translate, out);
		ck_assert_uint_gt(strlen(out), 5);
	}
}
END_TEST

/* Every code point as a name, and behind a letter: nothing that cannot be seen, that is not assigned, or for private use. */
START_TEST(every_code_point)
{
	for (uint32_t cp = 0x80; cp <= UNICODE_MAX; cp += SPARSE(7)) {
		const struct unicode *u = unicode_get(cp);
		char text[8] = "a";
		size_t n;

		if (cp >= 0xD800 && cp < 0xE000)
			continue;
		n = unicode_encode(cp, text);
		if (name_valid(text, n))
			quick_assert(unicode_is_letter(u) || u->category == GC_ND || u->category == GC_NL);
		text[0] = 'a';
		n = 1 + unicode_encode(cp, text + 1);
		if (name_valid(text, n))
			quick_assert(u->category != GC_CN && u->category != GC_CO && u->category != GC_CF &&
			    !(u->flags & UNICODE_IGNORABLE));
	}
}
END_TEST

START_TEST(typed)
{
	char out[NAME_MAX_LEN + 1];

	ck_assert(name_normal("jose\u0301", strlen("jose\u0301"), out));
	ck_assert_str_eq(out, "jos\u00E9");
	ck_assert(name_normal("bob", 3, out));
	ck_assert_str_eq(out, "bob");
	ck_assert(!name_normal("a\377", 2, out));
	ck_assert(!name_normal("", 0, out));
	ck_assert(!name_normal(HAN8 HAN8 HAN8, strlen(HAN8 HAN8 HAN8), out));
}
END_TEST

START_TEST(numbers)
{
	ck_assert(name_is_number("12"));
	ck_assert(name_is_number("\u0661\u0662"));
	ck_assert(!name_is_number("1a"));
	ck_assert(!name_is_number("1.2"));
	ck_assert(!name_is_number(""));
}
END_TEST

/* ------ one name ------ */

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "bob", "bob", true }, { "bob", "BOB", true }, { "A.b_C-9", "a.B_c-9", true }, { "bob", "bo", false },
	{ "bo", "bob", false }, { "bob", "rob", false }, { "a-b", "a.b", false }, { "a_b", "a-b", false },
	{ "k0", "kO", false }, /* of ASCII, they stay distinct */
	{ "l1I", "lll", false }, { "Z", "z", true }, { X31 "a", X31 "A", true }, { X31 "a", X31 "b", false },
	{ "\u5C0F\u660E", "\u5C0F\u660E", true }, { "\u5C0F\u660E", "\u5C0F\u7EA2", false },
	{ "\u00C9lan", "\u00E9lan", true }, { "\u00E9lan", "elan", false },
	{ "\u0434\u0438\u043C\u0430", "\u0414\u0418\u041C\u0410", true },
	{ "stra\u00DFe", "STRASSE", true },    /* the fold */
	{ "\u0131van", "ivan", true },         /* the skeleton */
	{ "\u0412\u0410\u0422", "bat", true }, /* the fold of the skeleton, though the fold alone differs */
	{ "\u0412\u0410\u0422", "\u0432\u0430\u0442", true }, { "\u0440\u043E\u0441\u0430", "poca", true },
	{ "\u5DE5", "\u5DE1", false }, { "\u4E00", "\u30FC", true }, /* one, and the sign of a long vowel */
	{ "\u0915\u094D\u200D\u0937", "\u0915\u094D\u0937", true },  /* what cannot be seen tells no names apart */
};

START_TEST(one_name)
{
	static const uint64_t secret[2] = { 1, 2 };
	const char *a = pairs[_i].a, *b = pairs[_i].b;
	struct name_keys ka, kb;
	bool match = false;

	ck_assert_int_eq(name_equal(a, b), pairs[_i].same);
	ck_assert_int_eq(name_equal(b, a), pairs[_i].same);
	ck_assert(name_keys(a, secret, &ka) && name_keys(b, secret, &kb));
	for (int form = 0; form < NAME_FORMS; form++)
		match = match || name_keys_match(&ka, &kb, (enum name_form)form);
	ck_assert_int_eq(match, pairs[_i].same);
}
END_TEST

static size_t
encode_all(const uint32_t *cp, size_t count, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += unicode_encode(cp[i], out + n);
	out[n] = '\0';
	return n;
}

/*
 * Every pair of the table of confusables: the two are one name, but for two of ASCII. The skeleton of a few on the right
 * is another one (UTS 39 maps once): no two names are such a pair.
 */
START_TEST(every_confusable)
{
	char a[2 * UNICODE_UTF8_MAX], b[NAME_MAX_LEN + 64];
	size_t tried = 0;

	for (size_t i = 0; i < normal_prototypes.count; i++) {
		const struct normal_sequence *s = &normal_prototypes.row[i];
		const size_t n = encode_all(&s->cp, 1, a), m = encode_all(normal_pool + s->at, s->count, b);

		if (m > NAME_MAX_LEN || unicode_get(s->cp)->flags & UNICODE_IGNORABLE)
			continue;
		if (name_is_ascii(a, n) && name_is_ascii(b, m))
			continue;
		ck_assert_msg(
		    name_equal(a, b) || !(name_valid(a, n) && name_valid(b, m)), "U+%04X and '%s'", (unsigned)s->cp, b);
		tried += name_equal(a, b);
	}
	ck_assert_uint_gt(tried, 5000);
}
END_TEST

/* No form of a valid name is longer than there is room for: of each character that may stand in one as many as fit. */
START_TEST(forms_fit)
{
	static const uint64_t secret[2] = { 0, 0 };

	for (uint32_t cp = 0x80; cp <= UNICODE_MAX; cp += SPARSE(7)) {
		char text[NAME_MAX_LEN + 1], bytes[UNICODE_UTF8_MAX], file[NAME_FILE_MAX + 1];
		struct name_keys keys;
		size_t n, used = 0;

		if (!(unicode_get(cp)->flags & UNICODE_IDENT))
			continue;
		if (unicode_get(cp)->script == SCRIPT_HAN && cp % 97 != 0)
			continue; /* tens of thousands that are alike */
		for (n = unicode_encode(cp, bytes); used + n <= NAME_MAX_LEN; used += n)
			memcpy(text + used, bytes, n);
		text[used] = '\0';
		quick_assert(name_keys(text, secret, &keys));
		name_file(text, file);
		quick_assert(strlen(file) <= NAME_FILE_MAX);
	}
}
END_TEST

START_TEST(folded)
{
	char out[NAME_FOLD_MAX + 1], file[NAME_FILE_MAX + 1], other[NAME_FILE_MAX + 1];

	name_fold("Alice.B_C-7", out);
	ck_assert_str_eq(out, "alice.b_c-7");
	name_fold(X31 "Y", out);
	ck_assert_str_eq(out, X31 "y");
	name_fold("\u00C9LAN", out);
	ck_assert_str_eq(out, "\u00E9lan");
	name_file("Alice", file);
	ck_assert_str_eq(file, "alice");
	name_file("\u00C9LAN", file);
	name_file("\u00E9lan", other);
	ck_assert_str_eq(file, other);
	ck_assert_uint_eq(strlen(file), 33);
	ck_assert_int_eq(file[0], '_');
	name_file("\u5C0F\u660E", other);
	ck_assert_str_ne(file, other);
}
END_TEST

static void
expect_spellings(const char *name, const char *const *want)
{
	char out[NAME_SPELLING_MAX + 1];

	for (unsigned i = 0; i < NAME_SPELLINGS; i++)
		if (name_spelling(name, i, out))
			ck_assert_str_eq(out, *want ? *want++ : "none");
	ck_assert_ptr_null(*want);
}

START_TEST(spellings)
{
	expect_spellings("bob", (const char *const[]){ "bob", NULL });
	expect_spellings("Bob", (const char *const[]){ "Bob", "bob", NULL });
	expect_spellings(
	    "Jos\u00E9", (const char *const[]){ "Jos\u00E9", "jos\u00E9", "Jose\u0301", "jose\u0301", NULL });
	expect_spellings("\u0131van", (const char *const[]){ "\u0131van", "ivan", NULL });
	expect_spellings("Wei\u00DF", (const char *const[]){ "Wei\u00DF", "weiss", "Weiss", NULL });
	expect_spellings("C\u00E6sar", (const char *const[]){ "C\u00E6sar", "c\u00E6sar", "Caesar", "caesar", NULL });
	expect_spellings("s\u0153ur", (const char *const[]){ "s\u0153ur", "soeur", NULL });
}
END_TEST

static bool
belongs_to(const char *name, const char *account)
{
	struct name_search search;
	struct name_keys keys;

	name_search_init(&search, name);
	name_account_keys(account, &keys);
	return name_search_finds(&search, account, &keys);
}

/* One name, whatever its form, and each spelling of it; and what only looks like it to a hash is not it. */
START_TEST(search_of_accounts)
{
	static const char *const names[] = { "bob", "BOB", "ivan", "\u0131van", "weiss", "Wei\u00DF", "Jos\u00E9",
		"jose\u0301", "lvan", "\u5C0F\u660E", "\u03B1lice", "alice", "rn", "m" };
	char spelled[NAME_SPELLING_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			bool want = name_equal(names[i], names[j]);

			for (unsigned n = 0; n < NAME_SPELLINGS && !name_is_ascii(names[i], strlen(names[i])); n++)
				if (name_spelling(names[i], n, spelled))
					want = want || name_equal_ascii(spelled, names[j]);
			ck_assert_msg(belongs_to(names[i], names[j]) == want, "%s, %s", names[i], names[j]);
		}
	ck_assert(belongs_to("Wei\u00DF", "weiss"));
	ck_assert(!belongs_to("bob", "b\xff"));
	ck_assert(!belongs_to("b\xff", "b\xfe"));
}
END_TEST

START_TEST(accounts)
{
	static const struct {
		const char *account, *name;
		bool part;
	} t[] = {
		{ "alice", "alice", false },
		{ "Alice@example.org", "Alice@example.org", false },
		{ "jose\u0301", "jos\u00E9", false },
		{ "EXAMPLE\\alice", "alice", true },
		{ "EXAMPLE\\$x", NULL, true },
		{ "alice@a-very-long-domain.of.a.university.example.org", "alice", true },
		{ "al ice@example.org", NULL, true },
		{ "$", NULL, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char out[NAME_MAX_LEN + 1];
		bool part;

		ck_assert_int_eq(name_of_account(t[i].account, out, &part), t[i].name != NULL);
		if (t[i].name)
			ck_assert_str_eq(out, t[i].name);
		ck_assert_int_eq(part, t[i].part);
	}
}
END_TEST

/* The first vectors that its authors give. */
/* What is no UTF-8 has no forms, and so no keys. */
START_TEST(no_keys)
{
	static const uint64_t key[2] = { 1, 2 };
	struct name_keys keys;

	ck_assert(name_keys("bob", key, &keys));
	ck_assert(!name_keys("b\xff", key, &keys));
	ck_assert(!name_keys_ascii("b\xc3\xb6", key, &keys));
}
END_TEST

START_TEST(hashes)
{
	static const uint8_t want[3][16] = {
		{ 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93 },
		{ 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45 },
		{ 0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4 },
	};
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	static const uint8_t data[] = { 0, 1, 2 };

	for (size_t n = 0; n < 3; n++) {
		const struct siphash hash = siphash(key, data, n);

		for (unsigned i = 0; i < 16; i++)
			ck_assert_uint_eq((uint8_t)(hash.half[i / 8] >> i % 8 * 8), want[n][i]);
	}
}
END_TEST

Suite *
name_suite(void)
{
	Suite *suite = suite_create("name");
	TCase *tc = tcase_create("name");

	tcase_add_test(tc, every_byte);
	tcase_add_test(tc, length);
	tcase_add_test(tc, no_further);
	tcase_add_loop_test(tc, every_script, 0, ARRAY_SIZE(judged));
	tcase_add_test(tc, words);
	tcase_add_test(tc, every_code_point);
	tcase_add_test(tc, typed);
	tcase_add_test(tc, numbers);
	tcase_add_loop_test(tc, one_name, 0, ARRAY_SIZE(pairs));
	tcase_add_test(tc, every_confusable);
	tcase_add_test(tc, forms_fit);
	tcase_add_test(tc, folded);
	tcase_add_test(tc, spellings);
	tcase_add_test(tc, search_of_accounts);
	tcase_add_test(tc, accounts);
	tcase_add_test(tc, no_keys);
	tcase_add_test(tc, hashes);
	suite_add_tcase(suite, tc);
	return suite;
}
