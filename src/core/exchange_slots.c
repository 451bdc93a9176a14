/* The slots of the exchange, and the tables by which a session is found in one. */
#include <endian.h>
#include <stddef.h>
#include <string.h>

#include "core/exchange_impl.h"
#include "core/names/name.h"

#define FIRST_HEADS 64U

static uint32_t
heads_for(uint32_t capacity)
{
	uint32_t heads = 1;

	while (heads < capacity)
		heads *= 2;
	return heads;
}

size_t
exchange_size(uint32_t capacity)
{
	return sizeof(struct exchange) + capacity * sizeof(struct exchange_session) +
	    (NAME_FORMS + 1) * heads_for(capacity) * sizeof(uint32_t);
}

void
exchange_init(struct exchange *x, uint32_t capacity, uint64_t first_pair)
{
	x->capacity = capacity;
	x->most_heads = heads_for(capacity);
	x->heads = x->most_heads < FIRST_HEADS ? x->most_heads : FIRST_HEADS;
	x->ripe_first = x->ripe_last = SLOT_NONE;
	x->first_pair = x->next_pair = first_pair > 0 ? first_pair : 1;
}

void
exchange_set_secret(struct exchange *x, const uint64_t secret[2])
{
	memcpy(x->secret, secret, sizeof(x->secret));
}

const struct exchange_session *
exchange_session(const struct exchange *x, slot_t slot)
{
	return &x->session[slot];
}

uint32_t
exchange_capacity(const struct exchange *x)
{
	return x->capacity;
}

uint32_t
exchange_count(const struct exchange *x)
{
	return x->count;
}

uint64_t
exchange_next_pair(const struct exchange *x)
{
	return x->next_pair;
}

/* ------ the tables: chains of slots by name and by id ------ */

/* Ids are random unless somebody wants otherwise: every bit of theirs counts for every bit of the hash. */
static uint32_t
id_hash(const struct ident *id)
{
	uint64_t half[2];
	uint64_t mixed;

	memcpy(half, id->b, sizeof(half));
	mixed = le64toh(half[0]) * 0x9e3779b97f4a7c15U ^ le64toh(half[1]);
	mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93U;
	return (uint32_t)((mixed ^ mixed >> 32) * 0xd6e8feb86659fd93U >> 32);
}

static uint32_t
form_bucket(const struct exchange *x, const struct name_keys *keys, enum name_form form)
{
	return (uint32_t)form * x->most_heads + (keys->form[form] & (x->heads - 1));
}

static uint32_t
id_bucket(const struct exchange *x, const struct ident *id)
{
	return NAME_FORMS * x->most_heads + (id_hash(id) & (x->heads - 1));
}

static uint32_t *
head(struct exchange *x, uint32_t bucket)
{
	return (uint32_t *)&x->session[x->capacity] + bucket;
}

static uint32_t
head_value(const struct exchange *x, uint32_t bucket)
{
	return ((const uint32_t *)&x->session[x->capacity])[bucket];
}

/* The keys tell nearly always, and the names surely. */
static slot_t
find_form(const struct exchange *x, const char *name, const struct name_keys *keys, enum name_form form, slot_t except)
{
	uint32_t link = head_value(x, form_bucket(x, keys, form));

	for (; link != 0; link = x->session[link - 1].form_next[form]) {
		const struct exchange_session *s = &x->session[link - 1];

		if (link - 1 != except && name_keys_match(&s->keys, keys, form) && name_equal(s->name, name))
			break;
	}
	return link - 1;
}

slot_t
exchange_find_same(const struct exchange *x, const char *name, const struct name_keys *keys, slot_t except)
{
	slot_t slot = SLOT_NONE;

	for (unsigned form = 0; form < NAME_FORMS && slot == SLOT_NONE; form++)
		slot = find_form(x, name, keys, (enum name_form)form, except);
	return slot;
}

slot_t
exchange_find_name(const struct exchange *x, const char *name)
{
	struct name_keys keys;
	slot_t slot;

	if (name_keys_ascii(name, x->secret, &keys) &&
	    (slot = find_form(x, name, &keys, NAME_FOLD, SLOT_NONE)) != SLOT_NONE)
		return slot;
	return name_keys(name, x->secret, &keys) ? exchange_find_same(x, name, &keys, SLOT_NONE) : SLOT_NONE;
}

slot_t
exchange_find_id(const struct exchange *x, const struct ident *id)
{
	uint32_t link = head_value(x, id_bucket(x, id));

	while (link != 0 && !ident_equal(&x->session[link - 1].id, id))
		link = x->session[link - 1].id_next;
	return link - 1;
}

static void
link_slot(struct exchange *x, slot_t slot)
{
	struct exchange_session *s = exchange_at(x, slot);
	uint32_t *by_id = head(x, id_bucket(x, &s->id));

	for (unsigned form = 0; form < NAME_FORMS; form++) {
		uint32_t *by_form = head(x, form_bucket(x, &s->keys, (enum name_form)form));

		s->form_next[form] = *by_form;
		*by_form = slot + 1;
	}
	s->id_next = *by_id;
	*by_id = slot + 1;
}

/* Chains stay short, and few sessions touch few pages. `entering`: this one is not listed yet. */
static void
grow(struct exchange *x, slot_t entering)
{
	for (uint32_t table = 0; table <= NAME_FORMS; table++)
		memset(head(x, table * x->most_heads), 0, x->heads * sizeof(uint32_t));
	x->heads *= 2;
	for (slot_t slot = 0; slot < x->fresh; slot++)
		if (slot != entering && x->session[slot].used)
			link_slot(x, slot);
}

void
exchange_slot_list(struct exchange *x, slot_t slot)
{
	if (x->count >= x->heads && x->heads < x->most_heads)
		grow(x, slot);
	link_slot(x, slot);
}

void
exchange_slot_unlist(struct exchange *x, slot_t slot)
{
	const struct exchange_session *s = exchange_at(x, slot);
	uint32_t *by_id = head(x, id_bucket(x, &s->id));

	for (unsigned form = 0; form < NAME_FORMS; form++) {
		uint32_t *by_form = head(x, form_bucket(x, &s->keys, (enum name_form)form));

		while (*by_form != slot + 1)
			by_form = &exchange_at(x, *by_form - 1)->form_next[form];
		*by_form = s->form_next[form];
	}
	while (*by_id != slot + 1)
		by_id = &exchange_at(x, *by_id - 1)->id_next;
	*by_id = s->id_next;
}

/* ------ slots ------ */

bool
exchange_slot_available(const struct exchange *x)
{
	return x->free_first != 0 || x->fresh < x->capacity;
}

slot_t
exchange_slot_take(struct exchange *x)
{
	const uint32_t link = x->free_first;

	if (link == 0)
		return x->fresh++;
	x->free_first = exchange_at(x, link - 1)->id_next;
	if (x->free_first == 0)
		x->free_last = 0;
	return link - 1;
}

void
exchange_slot_release(struct exchange *x, slot_t slot)
{
	exchange_at(x, slot)->id_next = 0;
	if (x->free_last == 0)
		x->free_first = slot + 1;
	else
		exchange_at(x, x->free_last - 1)->id_next = slot + 1;
	x->free_last = slot + 1;
}

/* The queue of free slots keeps its order. */
static void
forget_free_from(struct exchange *x, slot_t end)
{
	uint32_t link = x->free_first;

	x->free_first = x->free_last = 0;
	while (link != 0) {
		const slot_t slot = link - 1;

		link = exchange_at(x, slot)->id_next;
		if (slot < end)
			exchange_slot_release(x, slot);
	}
}

uint32_t
exchange_shrink(struct exchange *x, size_t *from, size_t *to)
{
	slot_t end = x->fresh;

	while (end > 0 && !x->session[end - 1].used && exchange_settled(x))
		end--;
	if (end < x->fresh) {
		forget_free_from(x, end);
		memset(exchange_at(x, end), 0, (x->fresh - end) * sizeof(x->session[0]));
		x->fresh = end;
	}
	*from = offsetof(struct exchange, session) + end * sizeof(x->session[0]);
	*to = offsetof(struct exchange, session) + x->capacity * sizeof(x->session[0]);
	return end;
}
