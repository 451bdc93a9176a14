#include "core/names/normal.h"

#include "core/names/normal_impl.h"
#include "core/unicode/unicode.h"

/* Hangul syllables are counted, not listed (The Unicode Standard, 3.12). */
#define HANGUL_BASE 0xAC00U
#define HANGUL_L 0x1100U
#define HANGUL_V 0x1161U
#define HANGUL_T 0x11A7U
#define HANGUL_L_COUNT 19U
#define HANGUL_V_COUNT 21U
#define HANGUL_T_COUNT 28U
#define HANGUL_COUNT (HANGUL_L_COUNT * HANGUL_V_COUNT * HANGUL_T_COUNT)

static void
add(struct normal *n, uint32_t cp)
{
	if (n->count < NORMAL_MAX)
		n->cp[n->count++] = cp;
	else
		n->bad = true;
}

static const struct normal_sequence *
find(const struct normal_table *table, uint32_t cp)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (table->row[middle].cp < cp)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->count && table->row[low].cp == cp ? &table->row[low] : NULL;
}

/* Adds what the table has for the code point, or itself. */
static void
add_mapped(struct normal *n, const struct normal_table *table, uint32_t cp)
{
	const struct normal_sequence *s = find(table, cp);

	if (!s)
		add(n, cp);
	for (uint32_t i = 0; s && i < s->count; i++)
		add(n, normal_pool[s->at + i]);
}

static void
add_decomposed(struct normal *n, uint32_t cp)
{
	const uint32_t index = cp - HANGUL_BASE;

	if (cp < HANGUL_BASE || index >= HANGUL_COUNT) {
		add_mapped(n, &normal_decompositions, cp);
		return;
	}
	add(n, HANGUL_L + index / (HANGUL_V_COUNT * HANGUL_T_COUNT));
	add(n, HANGUL_V + index % (HANGUL_V_COUNT * HANGUL_T_COUNT) / HANGUL_T_COUNT);
	if (index % HANGUL_T_COUNT > 0)
		add(n, HANGUL_T + index % HANGUL_T_COUNT);
}

/* Marks behind a base stand in the order of their classes; those of one class as they came. */
static void
order(struct normal *n)
{
	for (uint32_t i = 1; i < n->count; i++) {
		const uint32_t cp = n->cp[i];
		const uint8_t class = unicode_get(cp)->ccc;
		uint32_t at = i;

		for (; class > 0 && at > 0 && unicode_get(n->cp[at - 1])->ccc > class; at--)
			n->cp[at] = n->cp[at - 1];
		n->cp[at] = cp;
	}
}

void
normal_decompose(const char *text, size_t len, struct normal *out)
{
	out->bad = false;
	out->count = 0;
	for (size_t at = 0; at < len && !out->bad;) {
		uint32_t cp;
		const size_t n = unicode_decode(text + at, len - at, &cp);

		if (n == 0)
			out->bad = true;
		else
			add_decomposed(out, cp);
		at += n;
	}
	order(out);
}

/* 0: they do not compose. */
static uint32_t
pair(uint32_t first, uint32_t second)
{
	size_t low = 0, high = normal_pairs_count;

	if (first - HANGUL_L < HANGUL_L_COUNT && second - HANGUL_V < HANGUL_V_COUNT)
		return HANGUL_BASE + ((first - HANGUL_L) * HANGUL_V_COUNT + second - HANGUL_V) * HANGUL_T_COUNT;
	if (first - HANGUL_BASE < HANGUL_COUNT && (first - HANGUL_BASE) % HANGUL_T_COUNT == 0 && second > HANGUL_T &&
	    second - HANGUL_T < HANGUL_T_COUNT)
		return first + second - HANGUL_T;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct normal_pair *p = &normal_pairs[middle];

		if (p->first == first && p->second == second)
			return p->composed;
		if (p->first < first || (p->first == first && p->second < second))
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

void
normal_compose(struct normal *n)
{
	uint32_t made = 0, starter = UINT32_MAX;
	uint8_t before = 0; /* class of the latest that stayed behind the starter; 0 when none did */

	for (uint32_t i = 0; i < n->count; i++) {
		const uint32_t cp = n->cp[i];
		const uint8_t class = unicode_get(cp)->ccc;
		const bool adjacent = starter != UINT32_MAX && made == starter + 1;
		const bool blocked = starter == UINT32_MAX || (!adjacent && before >= class);
		const uint32_t composed = blocked ? 0 : pair(n->cp[starter], cp);

		if (composed != 0) {
			n->cp[starter] = composed;
			continue;
		}
		if (class == 0)
			starter = made;
		before = class;
		n->cp[made++] = cp;
	}
	n->count = made;
}

/* Each code point by the table, decomposed again. */
static void
map(const struct normal *n, const struct normal_table *table, bool unseen, struct normal *out)
{
	struct normal mapped; /* not zeroed: it is large */

	mapped.bad = n->bad;
	mapped.count = 0;
	for (uint32_t i = 0; i < n->count; i++)
		if (unseen || !(unicode_get(n->cp[i])->flags & UNICODE_IGNORABLE))
			add_mapped(&mapped, table, n->cp[i]);
	out->bad = mapped.bad;
	out->count = 0;
	for (uint32_t i = 0; i < mapped.count; i++)
		add_decomposed(out, mapped.cp[i]);
	order(out);
}

void
normal_fold(const struct normal *n, struct normal *out)
{
	map(n, &normal_folds, true, out);
}

void
normal_skeleton(const struct normal *n, struct normal *out)
{
	map(n, &normal_prototypes, false, out);
}

size_t
normal_encode(const struct normal *n, char *out, size_t size)
{
	size_t length = 0;

	if (n->bad)
		return 0;
	for (uint32_t i = 0; i < n->count; i++) {
		char bytes[UNICODE_UTF8_MAX];
		const size_t more = unicode_encode(n->cp[i], bytes);

		if (length + more >= size)
			return 0;
		for (size_t b = 0; b < more; b++)
			out[length + b] = bytes[b];
		length += more;
	}
	out[length] = '\0';
	return length;
}
