#include "core/names/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "core/names/name.h"
#include "core/names/normal.h"
#include "core/unicode/unicode.h"

#define ZWNJ 0x200CU
#define ZWJ 0x200DU
#define VIRAMA 9U /* canonical combining class */

static enum name_fault
fault_at(struct name_judgement *j, enum name_fault fault, uint32_t cp)
{
	j->culprit = cp;
	return fault;
}

/* ------ characters ------ */

static bool
is_ascii_sign(uint32_t cp)
{
	return cp == '.' || cp == '_' || cp == '-' || cp == '@';
}

static bool
is_joiner(uint32_t cp)
{
	return cp == ZWNJ || cp == ZWJ;
}

static bool
begins_name(uint32_t cp)
{
	const struct unicode *u = unicode_get(cp);

	return u->flags & UNICODE_IDENT && (unicode_is_letter(u) || u->category == GC_ND || u->category == GC_NL);
}

/* RFC 5892, A.1: a letter that joins to what follows it, one that joins to what precedes it, and marks between. */
static bool
breaks_joining(const struct normal *n, uint32_t at)
{
	uint32_t before = at, after = at + 1;
	uint8_t left, right;

	while (before > 0 && unicode_get(n->cp[before - 1])->joining == JT_T)
		before--;
	while (after < n->count && unicode_get(n->cp[after])->joining == JT_T)
		after++;
	if (before == 0 || after == n->count)
		return false;
	left = unicode_get(n->cp[before - 1])->joining;
	right = unicode_get(n->cp[after])->joining;
	return (left == JT_L || left == JT_D) && (right == JT_R || right == JT_D);
}

/* RFC 5892, A.1 and A.2. */
static bool
joiner_has_place(const struct normal *n, uint32_t at)
{
	if (at > 0 && unicode_get(n->cp[at - 1])->ccc == VIRAMA)
		return true;
	return n->cp[at] == ZWNJ && breaks_joining(n, at);
}

static bool
continues_name(const struct normal *n, uint32_t at)
{
	const uint32_t cp = n->cp[at];

	return is_joiner(cp) ? joiner_has_place(n, at)
			     : is_ascii_sign(cp) || unicode_get(cp)->flags & UNICODE_IDENT;
}

static enum name_fault
check_characters(const struct normal *n, struct name_judgement *j)
{
	if (!begins_name(n->cp[0]))
		return fault_at(j, continues_name(n, 0) ? NAME_FIRST : NAME_CHARACTER, n->cp[0]);
	for (uint32_t i = 1; i < n->count; i++)
		if (!continues_name(n, i))
			return fault_at(j, NAME_CHARACTER, n->cp[i]);
	return NAME_GOOD;
}

/* ------ the whole ------ */

struct scripts {
	uint64_t word[UNICODE_SET_WORDS];
};

static bool
has(const uint64_t *word, unsigned bit)
{
	return word[bit / 64] >> bit % 64 & 1;
}

/* The scripts that all characters have in common; `latin`: but for those of Latin. */
static struct scripts
common_scripts(const struct normal *n, bool but_latin)
{
	struct scripts common;

	memset(&common, 0xFF, sizeof(common));
	for (uint32_t i = 0; i < n->count; i++) {
		const uint64_t *of = unicode_scripts(unicode_get(n->cp[i]));

		if (but_latin && has(of, SCRIPT_LATIN))
			continue;
		for (size_t w = 0; w < UNICODE_SET_WORDS; w++)
			common.word[w] &= of[w];
	}
	return common;
}

static bool
is_one_script(const struct normal *n)
{
	const struct scripts all = common_scripts(n, false), others = common_scripts(n, true);

	for (size_t w = 0; w < UNICODE_SET_WORDS; w++)
		if (all.word[w])
			return true;
	return has(others.word, UNICODE_SET_HANB) || has(others.word, UNICODE_SET_JPAN) ||
	    has(others.word, UNICODE_SET_KORE);
}

static bool
has_two_sets_of_digits(const struct normal *n)
{
	uint32_t zero = UINT32_MAX;

	for (uint32_t i = 0; i < n->count; i++) {
		const struct unicode *u = unicode_get(n->cp[i]);

		if (u->digit == UNICODE_NO_DIGIT)
			continue;
		if (zero != UINT32_MAX && zero != n->cp[i] - u->digit)
			return true;
		zero = n->cp[i] - u->digit;
	}
	return false;
}

/* RFC 5893, rule 2, of a name that has something from right to left: nothing in it goes from left to right. */
static bool
has_two_directions(const struct normal *n)
{
	bool right_to_left = false, left_to_right = false;

	for (uint32_t i = 0; i < n->count; i++) {
		switch (unicode_get(n->cp[i])->bidi) {
		case BC_R:
		case BC_AL:
		case BC_AN:
			right_to_left = true;
			break;
		case BC_EN:
		case BC_ES:
		case BC_CS:
		case BC_ET:
		case BC_ON:
		case BC_BN:
		case BC_NSM:
			break;
		default:
			left_to_right = true;
		}
	}
	return right_to_left && left_to_right;
}

static bool
has_many_marks(const struct normal *decomposed)
{
	unsigned marks = 0;

	for (uint32_t i = 0; i < decomposed->count; i++) {
		const struct unicode *u = unicode_get(decomposed->cp[i]);

		if (u->category == GC_MN || u->category == GC_ME) {
			if (++marks > NAME_MARKS_MAX)
				return true;
		} else if (!is_joiner(decomposed->cp[i])) {
			marks = 0;
		}
	}
	return false;
}

static bool
is_ascii(const struct normal *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		if (n->cp[i] >= 0x80)
			return false;
	return !n->bad;
}

/* All letters of the name are Latin ones: it may look like ASCII, as far as R3 lets it. */
static bool
is_latin(const struct normal *n)
{
	const struct scripts all = common_scripts(n, false);

	return has(all.word, SCRIPT_LATIN);
}

/* The skeleton of the name as it is, or in lower case, is ASCII. */
static bool
looks_like_ascii(const struct normal *decomposed, struct name_judgement *j)
{
	struct normal skeleton, folded;

	normal_skeleton(decomposed, &skeleton);
	if (!is_ascii(&skeleton)) {
		normal_fold(decomposed, &folded);
		normal_skeleton(&folded, &skeleton);
	}
	return is_ascii(&skeleton) && normal_encode(&skeleton, j->looks_like, sizeof(j->looks_like)) > 0;
}

static enum name_fault
check_whole(const struct normal *n, const struct normal *decomposed, struct name_judgement *j)
{
	if (!is_one_script(n))
		return NAME_SCRIPTS;
	if (has_two_sets_of_digits(n))
		return NAME_DIGITS;
	if (has_two_directions(n))
		return NAME_DIRECTION;
	if (has_many_marks(decomposed))
		return NAME_MARKS;
	return !is_latin(n) && looks_like_ascii(decomposed, j) ? NAME_LOOKS_LIKE : NAME_GOOD;
}

/* ------ judging ------ */

static size_t
count_clusters(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t at = 0; at < len; at += unicode_cluster(text + at, len - at))
		count++;
	return count;
}

static bool
is_same_text(const struct normal *n, const char *text, size_t len)
{
	char composed[NAME_MAX_LEN + 1];

	return normal_encode(n, composed, sizeof(composed)) == len && memcmp(composed, text, len) == 0;
}

static enum name_fault
judge(const char *text, size_t len, struct name_judgement *j)
{
	struct normal decomposed, composed;

	if (len == 0)
		return NAME_EMPTY;
	if (len > NAME_MAX_LEN)
		return NAME_LONG;
	normal_decompose(text, len, &decomposed);
	if (decomposed.bad)
		return NAME_NO_TEXT;
	if (count_clusters(text, len) > NAME_MAX_CHARACTERS)
		return NAME_LONG;
	composed = decomposed;
	normal_compose(&composed);
	if (!is_same_text(&composed, text, len))
		return NAME_FORM;
	j->fault = check_characters(&composed, j);
	return j->fault != NAME_GOOD ? j->fault : check_whole(&composed, &decomposed, j);
}

void
name_judge(const char *text, size_t len, struct name_judgement *j)
{
	*j = (struct name_judgement){ .fault = NAME_GOOD };
	j->fault = judge(text, len, j);
}

bool
name_valid(const char *text, size_t len)
{
	struct name_judgement j;

	if (!name_possible(text, len))
		return false;
	if (name_is_ascii(text, len))
		return true;
	name_judge(text, len, &j);
	return j.fault == NAME_GOOD;
}

bool
name_normal(const char *text, size_t len, char out[NAME_MAX_LEN + 1])
{
	struct normal n;

	normal_decompose(text, len, &n);
	normal_compose(&n);
	return normal_encode(&n, out, NAME_MAX_LEN + 1) > 0;
}

bool
name_is_number(const char *name)
{
	const size_t len = strnlen(name, NAME_MAX_LEN + 1);
	uint32_t cp;
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = unicode_decode(name + at, len - at, &cp);
		if (n == 0 || unicode_get(cp)->digit == UNICODE_NO_DIGIT)
			return false;
	}
	return len > 0;
}

/* ------ words ------ */

static const char *
words_of(enum name_fault fault)
{
	switch (fault) {
	case NAME_GOOD:
		return N_("it is a name");
	case NAME_EMPTY:
		return N_("it is empty");
	case NAME_LONG:
		return N_("a name has at most 32 characters and 64 bytes");
	case NAME_NO_TEXT:
		return N_("it is not UTF-8");
	case NAME_FORM:
		return N_("it is not composed (NFC)");
	case NAME_FIRST:
		return N_("a name begins with a letter or a digit");
	case NAME_SCRIPTS:
		return N_("it mixes scripts");
	case NAME_DIGITS:
		return N_("it mixes digits of several scripts");
	case NAME_DIRECTION:
		return N_("it mixes letters from left to right with letters from right to left");
	case NAME_MARKS:
		return N_("a character in it has more than 2 marks");
	default:
		return N_("it cannot be used");
	}
}

void
name_words(const struct name_judgement *j, const char *(*in_words)(const char *english), char out[NAME_WORDS_MAX + 1])
{
	if (j->fault == NAME_CHARACTER)
		(void)snprintf(
		    out, NAME_WORDS_MAX + 1, in_words(N_("U+%04X cannot stand there in a name")), (unsigned)j->culprit);
	else if (j->fault == NAME_LOOKS_LIKE)
		(void)snprintf(out, NAME_WORDS_MAX + 1, in_words(N_("it looks like '%s'")), j->looks_like);
	else
		(void)snprintf(out, NAME_WORDS_MAX + 1, "%s", in_words(words_of(j->fault)));
}
