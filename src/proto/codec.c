#include "proto/codec.h"

#include "core/names/name.h"
#include "core/verdict.h"

struct codec
codec_reader(const struct frame *f)
{
	return (struct codec){ .r = { .p = f->body, .end = f->body + f->length } };
}

struct codec
codec_writer(uint8_t *out, size_t cap)
{
	struct codec c = { .writing = true, .w = { .start = out, .p = out, .end = out + cap } };

	if (cap < FRAME_HEADER)
		c.w.bad = true;
	else
		c.w.p += FRAME_HEADER;
	return c;
}

bool
codec_done(const struct codec *c)
{
	return !c->bad && !c->r.bad && c->r.p == c->r.end;
}

size_t
codec_finish(struct codec *c, uint16_t type)
{
	const size_t total = (size_t)(c->w.p - c->w.start);

	if (c->bad || c->w.bad || total > FRAME_MAX)
		return 0;
	frame_header(c->w.start, type, (uint32_t)(total - FRAME_HEADER));
	return total;
}

void
codec_u8(struct codec *c, uint8_t *v, uint8_t least, uint8_t most)
{
	if (c->writing)
		write_u8(&c->w, *v);
	else
		*v = read_u8(&c->r);
	if (*v < least || *v > most)
		c->bad = true;
}

void
codec_bool(struct codec *c, bool *v)
{
	uint8_t byte = c->writing && *v;

	codec_u8(c, &byte, 0, 1);
	if (!c->writing)
		*v = byte == 1;
}

void
codec_u16(struct codec *c, uint16_t *v)
{
	if (c->writing)
		write_u16(&c->w, *v);
	else
		*v = read_u16(&c->r);
}

void
codec_u32(struct codec *c, uint32_t *v)
{
	if (c->writing)
		write_u32(&c->w, *v);
	else
		*v = read_u32(&c->r);
}

void
codec_u64(struct codec *c, uint64_t *v)
{
	if (c->writing)
		write_u64(&c->w, *v);
	else
		*v = read_u64(&c->r);
}

void
codec_i64(struct codec *c, int64_t *v)
{
	if (c->writing)
		write_u64(&c->w, (uint64_t)*v);
	else
		*v = (int64_t)read_u64(&c->r);
}

void
codec_ident(struct codec *c, struct ident *id)
{
	if (c->writing)
		write_ident(&c->w, id);
	else
		read_ident(&c->r, id);
}

void
codec_string(struct codec *c, char *s, size_t size)
{
	if (c->writing)
		write_str8(&c->w, s);
	else
		read_str8(&c->r, s, size);
}

void
codec_name_or_none(struct codec *c, char name[NAME_MAX_LEN + 1])
{
	codec_string(c, name, NAME_MAX_LEN + 1);
	if (name[0] != '\0' && !name_possible(name, strlen(name)))
		c->bad = true;
}

void
codec_name(struct codec *c, char name[NAME_MAX_LEN + 1])
{
	codec_name_or_none(c, name);
	if (name[0] == '\0')
		c->bad = true;
}

void
codec_rest(struct codec *c, const uint8_t **data, uint32_t *length, uint32_t most)
{
	if (!c->writing)
		*length = (uint32_t)(c->r.end - c->r.p);
	if (*length > most)
		c->bad = true;
	else if (c->writing)
		write_bytes(&c->w, *data, *length);
	else
		*data = read_bytes(&c->r, *length);
}

uint32_t
codec_count(struct codec *c, uint32_t *count, uint16_t most)
{
	uint16_t n = !c->writing ? 0 : (uint16_t)(*count <= most ? *count : most);

	if (c->writing && *count > most)
		c->bad = true;
	codec_u16(c, &n);
	if (n > most)
		c->bad = true;
	if (!c->writing)
		*count = n;
	return c->bad || c->r.bad || c->w.bad ? 0 : n;
}

bool
codec_follows(const struct codec *c, bool something)
{
	return c->writing ? something : c->r.p < c->r.end;
}

void
codec_hello(struct codec *c, uint32_t *magic, uint16_t *version, uint32_t *features)
{
	codec_u32(c, magic);
	codec_u16(c, version);
	if (!c->writing)
		*features = 0; /* an older end, or one that has nothing to tell */
	if (codec_follows(c, *features != 0)) {
		codec_u32(c, features);
		c->bad = c->bad || *features == 0;
	}
	if (*magic != PROTOCOL_MAGIC)
		c->bad = true;
}

void
codec_verdict(struct codec *c, uint8_t *verdict)
{
	codec_u8(c, verdict, VERDICT_OK, VERDICT_COUNT - 1);
}

void
codec_bye(struct codec *c, uint8_t *reason)
{
	codec_u8(c, reason, BYE_VERSION, BYE_STOPPING);
}

void
codec_peer_or_none(struct codec *c, struct peer *p)
{
	codec_name_or_none(c, p->name);
	codec_string(c, p->account, sizeof(p->account));
	codec_u32(c, &p->uid);
}

void
codec_peer(struct codec *c, struct peer *p)
{
	codec_peer_or_none(c, p);
	if (p->name[0] == '\0')
		c->bad = true;
}

void
codec_note(struct codec *c, const uint8_t **body, uint32_t *length)
{
	codec_rest(c, body, length, NOTE_MAX);
	if (*length == 0)
		c->bad = true;
}

void
codec_tell(struct codec *c, struct tell *t)
{
	codec_ident(c, &t->msgid);
	codec_u8(c, &t->flags, 0, TELL_TO_UID | TELL_LATER);
	codec_name(c, t->name);
	if (t->flags & TELL_TO_UID)
		codec_u32(c, &t->uid);
	codec_note(c, &t->body, &t->length);
}

void
codec_told(struct codec *c, struct told *t)
{
	codec_ident(c, &t->msgid);
	codec_verdict(c, &t->verdict);
}

void
codec_offer(struct codec *c, struct offer *o)
{
	codec_u64(c, &o->pair);
	codec_ident(c, &o->msgid);
	codec_bool(c, &o->open);
	codec_rest(c, &o->body, &o->length, OFFER_MAX);
	if (!c->bad && !c->r.bad && !offer_valid(o->body, o->length))
		c->bad = true;
}

void
codec_offer_word(struct codec *c, struct offer_word *w)
{
	codec_ident(c, &w->msgid);
	codec_verdict(c, &w->verdict);
	codec_u64(c, &w->number);
}

void
codec_rule(struct codec *c, struct policy_rule *r)
{
	codec_u8(c, &r->type, POLICY_BLOCK_NAME, POLICY_ALLOW_GROUP);
	codec_u32(c, &r->id);
	if (r->type == POLICY_BLOCK_NAME)
		codec_name(c, r->name);
	else
		codec_string(c, r->name, sizeof(r->name)); /* for people to read: an account or a group */
}

void
codec_policy(struct codec *c, struct policy *p)
{
	codec_bool(c, &p->dnd);
	for (uint32_t i = 0, n = codec_count(c, &p->count, POLICY_ENTRIES); i < n; i++)
		codec_rule(c, &p->rule[i]);
}
