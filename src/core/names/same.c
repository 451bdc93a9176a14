#include "core/names/same.h"

#include <stdio.h>
#include <string.h>

#include "core/names/normal.h"
#include "core/names/rules.h"
#include "core/names/siphash.h"

/* ------ forms ------ */

struct forms {
	struct normal form[NAME_FORMS];
};

static void
decompose(const char *name, struct normal *n)
{
	normal_decompose(name, strnlen(name, NAME_MAX_LEN + 1), n);
}

static void
make_forms(const char *name, struct forms *f)
{
	struct normal decomposed, other;

	decompose(name, &decomposed);
	normal_fold(&decomposed, &f->form[NAME_FOLD]);
	normal_skeleton(&decomposed, &other);
	normal_fold(&other, &f->form[NAME_FOLD_OF_SKELETON]);
	normal_skeleton(&f->form[NAME_FOLD], &f->form[NAME_SKELETON_OF_FOLD]);
}

static bool
is_fit(const struct forms *f)
{
	for (unsigned i = 0; i < NAME_FORMS; i++)
		if (f->form[i].bad)
			return false;
	return true;
}

/* So much of a hash that two names seldom have the same. */
static uint32_t
key_of(const uint64_t secret[2], const uint32_t *cp, size_t count)
{
	return (uint32_t)siphash(secret, cp, count * sizeof(cp[0])).half[0];
}

/* Their order in memory is the machine's: the key is, too. */
bool
name_keys(const char *name, const uint64_t secret[2], struct name_keys *out)
{
	struct forms f;

	make_forms(name, &f);
	if (!is_fit(&f))
		return false;
	memset(out, 0, sizeof(*out)); /* with its padding: states of the exchange are compared byte by byte */
	out->ascii = name_is_ascii(name, strlen(name));
	for (unsigned i = 0; i < NAME_FORMS; i++)
		out->form[i] = key_of(secret, f.form[i].cp, f.form[i].count);
	return true;
}

bool
name_keys_ascii(const char *name, const uint64_t secret[2], struct name_keys *out)
{
	const size_t len = strnlen(name, NAME_MAX_LEN);
	char lower[NAME_MAX_LEN + 1];
	uint32_t cp[NAME_MAX_LEN];

	if (!name_is_ascii(name, len))
		return false;
	name_lower(name, lower);
	for (size_t i = 0; i < len; i++)
		cp[i] = (uint8_t)lower[i];
	memset(out, 0, sizeof(*out));
	out->ascii = true;
	out->form[NAME_FOLD] = key_of(secret, cp, len);
	return true;
}

bool
name_keys_match(const struct name_keys *a, const struct name_keys *b, enum name_form form)
{
	if (form != NAME_FOLD && a->ascii && b->ascii)
		return false;
	return a->form[form] == b->form[form];
}

static bool
is_same(const struct normal *a, const struct normal *b)
{
	return a->count == b->count && memcmp(a->cp, b->cp, a->count * sizeof(a->cp[0])) == 0;
}

bool
name_equal(const char *a, const char *b)
{
	struct forms fa, fb;

	if (name_equal_ascii(a, b))
		return true;
	if (name_is_ascii(a, strlen(a)) && name_is_ascii(b, strlen(b)))
		return false;
	make_forms(a, &fa);
	make_forms(b, &fb);
	if (!is_fit(&fa) || !is_fit(&fb))
		return false;
	for (unsigned i = 0; i < NAME_FORMS; i++)
		if (is_same(&fa.form[i], &fb.form[i]))
			return true;
	return false;
}

/* ------ files ------ */

void
name_fold(const char *name, char out[NAME_FOLD_MAX + 1])
{
	struct normal decomposed, folded;

	if (name_is_ascii(name, strnlen(name, NAME_MAX_LEN))) {
		name_lower(name, out);
		return;
	}
	decompose(name, &decomposed);
	normal_fold(&decomposed, &folded);
	normal_compose(&folded);
	if (normal_encode(&folded, out, NAME_FOLD_MAX + 1) == 0)
		name_lower(name, out);
}

void
name_file(const char *name, char out[NAME_FILE_MAX + 1])
{
	static const uint64_t everybody[2] = { 0, 0 };
	char folded[NAME_FOLD_MAX + 1];
	struct siphash hash;
	size_t length;

	name_fold(name, folded);
	length = strlen(folded);
	if (length <= NAME_FILE_MAX && name_is_ascii(folded, length)) {
		memcpy(out, folded, length + 1);
		return;
	}
	hash = siphash(everybody, folded, length);
	(void)snprintf(out, NAME_FILE_MAX + 1, "_%016llx%016llx", (unsigned long long)hash.half[0],
	    (unsigned long long)hash.half[1]);
}

/* ------ spellings ------ */

/* Letters of Latin that ASCII spells otherwise; NULL for others. */
static const char *
spelled_in_ascii(uint32_t cp)
{
	switch (cp) {
	case 0x0130: /* I with a dot */
	case 0x0131:
		return "i";
	case 0x00DF:
	case 0x1E9E:
		return "ss";
	case 0x00C6:
	case 0x00E6:
		return "ae";
	case 0x0152:
	case 0x0153:
		return "oe";
	default:
		return NULL;
	}
}

/* False when the name has no such letter, or others that are not ASCII. */
static bool
spell_in_ascii(const char *name, char out[NAME_SPELLING_MAX + 1])
{
	struct normal n;
	bool spelled = false;
	size_t length = 0;

	decompose(name, &n);
	normal_compose(&n);
	for (uint32_t i = 0; i < n.count && length + 2 <= NAME_SPELLING_MAX; i++) {
		const char *ascii = spelled_in_ascii(n.cp[i]);

		if (!ascii && n.cp[i] >= 0x80)
			return false;
		spelled = spelled || ascii;
		for (; ascii && *ascii; ascii++)
			out[length++] = *ascii;
		if (n.cp[i] < 0x80)
			out[length++] = (char)n.cp[i];
	}
	out[length] = '\0';
	return spelled && !n.bad;
}

/* The form of a name that is not folded, or is; composed, or decomposed. */
static bool
spell(const char *name, bool folded, bool composed, char out[NAME_SPELLING_MAX + 1])
{
	struct normal decomposed, n;

	decompose(name, &decomposed);
	if (folded)
		normal_fold(&decomposed, &n);
	else
		n = decomposed;
	if (composed)
		normal_compose(&n);
	return normal_encode(&n, out, NAME_SPELLING_MAX + 1) > 0;
}

/* Of a number, whether or not one before is the same. */
static bool
spelling(const char *name, unsigned number, char out[NAME_SPELLING_MAX + 1])
{
	char ascii[NAME_SPELLING_MAX + 1];

	if (number < 4)
		return spell(name, number % 2 == 1, number < 2, out);
	if (number == 4)
		return spell_in_ascii(name, out);
	if (!spell_in_ascii(name, ascii))
		return false;
	name_lower(ascii, out);
	return true;
}

bool
name_spelling(const char *name, unsigned number, char out[NAME_SPELLING_MAX + 1])
{
	char before[NAME_SPELLING_MAX + 1];

	if (number >= NAME_SPELLINGS || !spelling(name, number, out))
		return false;
	for (unsigned i = 0; i < number; i++)
		if (spelling(name, i, before) && strcmp(before, out) == 0)
			return false;
	return true;
}

/* No stranger chooses the names of accounts: these hashes need no secret. One that has none matches nothing for long. */
void
name_account_keys(const char *account, struct name_keys *out)
{
	static const uint64_t no_secret[2] = { 0, 0 };

	if (name_keys(account, no_secret, out))
		return;
	memset(out, 0, sizeof(*out));
	out->ascii = name_is_ascii(account, strlen(account));
}

void
name_search_init(struct name_search *s, const char *name)
{
	s->name = name;
	s->count = 0;
	name_account_keys(name, &s->keys);
	if (name_is_ascii(name, strlen(name)))
		return;
	for (unsigned i = 0; i < NAME_SPELLINGS; i++)
		s->count += name_spelling(name, i, s->spelling[s->count]);
}

bool
name_search_finds(const struct name_search *s, const char *account, const struct name_keys *keys)
{
	bool alike = false;

	for (unsigned i = 0; i < NAME_FORMS; i++)
		alike = alike || name_keys_match(&s->keys, keys, (enum name_form)i);
	if (alike && name_equal(s->name, account))
		return true;
	for (unsigned i = 0; i < s->count; i++)
		if (name_equal_ascii(s->spelling[i], account))
			return true;
	return false;
}

static bool
take_name(const char *text, size_t len, char out[NAME_MAX_LEN + 1])
{
	return name_normal(text, len, out) && name_valid(out, strlen(out));
}

bool
name_of_account(const char *account, char out[NAME_MAX_LEN + 1], bool *part)
{
	const char *at = strrchr(account, '@'), *backslash = strchr(account, '\\');

	*part = false;
	if (take_name(account, strlen(account), out))
		return true;
	*part = true;
	if (backslash)
		return name_of_account(backslash + 1, out, &(bool){ false });
	return at && take_name(account, (size_t)(at - account), out);
}
