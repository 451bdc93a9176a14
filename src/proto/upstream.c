#include "proto/upstream.h"

#include "proto/codec.h"

static void
login_fields(struct codec *c, struct upstream_message *m)
{
	codec_ident(c, &m->u.login.id);
	codec_name(c, m->u.login.name);
	codec_bool(c, &m->u.login.resume_only);
	codec_u64(c, &m->u.login.pair);
	if (m->u.login.pair != 0)
		codec_peer(c, &m->u.login.partner);
	codec_policy(c, &m->u.login.policy);
}

static void
welcome_fields(struct codec *c, struct upstream_message *m)
{
	codec_bool(c, &m->u.welcome.resumed);
	codec_u8(c, &m->u.welcome.last_end, ENDING_NONE, ENDING_GONE);
	codec_peer(c, &m->u.welcome.self);
	codec_u32(c, &m->u.welcome.grace_ms);
}

static void
who_entry_fields(struct codec *c, struct who_entry *e)
{
	codec_peer(c, &e->peer);
	codec_u8(c, &e->state, WHO_FREE, WHO_RECONNECTING);
	codec_bool(c, &e->reachable);
	codec_i64(c, &e->since_ms);
}

bool
who_page_add(struct who_page *p, uint8_t room[WHO_PAGE_BYTES], const struct who_entry *e)
{
	uint8_t *at = room + p->length;
	struct codec c = { .writing = true, .w = { .start = at, .p = at, .end = room + WHO_PAGE_BYTES } };

	who_entry_fields(&c, (struct who_entry *)e);
	if (p->count == WHO_PAGE_ENTRIES || c.bad || c.w.bad)
		return false;
	p->entries = room;
	p->length += (uint32_t)(c.w.p - at);
	p->count++;
	return true;
}

bool
who_page_next(struct who_page *p, struct who_entry *e)
{
	struct codec c = { .r = { .p = p->entries, .end = p->entries + p->length } };

	if (p->count == 0)
		return false;
	who_entry_fields(&c, e);
	if (c.bad || c.r.bad)
		return false;
	p->length = (uint32_t)(c.r.end - c.r.p);
	p->entries = c.r.p;
	p->count--;
	return true;
}

static void
who_page_outline(struct codec *c, struct who_page *p)
{
	codec_u32(c, &p->next);
	(void)codec_count(c, &p->count, WHO_PAGE_ENTRIES);
	codec_rest(c, &p->entries, &p->length, WHO_PAGE_BYTES);
}

int
who_page_open(const struct frame *f, struct who_page *p)
{
	struct codec c = codec_reader(f);

	who_page_outline(&c, p);
	return codec_done(&c) ? 0 : -1;
}

/* Bytes that are not `count` entries, and nothing else, are refused here, in both directions. */
static void
who_page_fields(struct codec *c, struct who_page *p)
{
	struct who_page rest;
	struct who_entry e;

	who_page_outline(c, p);
	rest = *p;
	while (!c->bad && !c->r.bad && who_page_next(&rest, &e))
		continue;
	if (!who_page_over(&rest))
		c->bad = true;
}

static void
paired_fields(struct codec *c, struct upstream_message *m)
{
	codec_u64(c, &m->u.paired.pair);
	codec_u32(c, &m->u.paired.epoch);
	codec_bool(c, &m->u.paired.online);
	codec_peer(c, &m->u.paired.peer);
}

static void
note_fields(struct codec *c, struct note *n)
{
	codec_u64(c, &n->token);
	codec_bool(c, &n->stranger);
	codec_peer_or_none(c, &n->from);
	codec_ident(c, &n->msgid);
	codec_note(c, &n->body, &n->length);
}

static void
kept_page_fields(struct codec *c, struct kept_page *p)
{
	codec_u64(c, &p->next);
	for (uint32_t i = 0, n = codec_count(c, &p->count, KEPT_PAGE_ENTRIES); i < n; i++) {
		codec_ident(c, &p->entry[i].msgid);
		codec_name(c, p->entry[i].name);
		codec_i64(c, &p->entry[i].time_ms);
		codec_u32(c, &p->entry[i].length);
	}
}

/* The layout of each type, for both directions; a type that is none of these is bad. */
static void
upstream_fields(struct codec *c, struct upstream_message *m)
{
	switch (m->type) {
	case UPSTREAM_CANCEL:
	case UPSTREAM_LEAVE:
	case UPSTREAM_QUIT:
	case UPSTREAM_ABOUT:
		return;
	case UPSTREAM_HELLO:
		codec_hello(c, &m->u.hello.magic, &m->u.hello.version, &m->u.hello.features);
		return;
	case UPSTREAM_LOGIN:
		login_fields(c, m);
		return;
	case UPSTREAM_TO:
		codec_name(c, m->u.to.name);
		codec_bool(c, &m->u.to.wait);
		return;
	case UPSTREAM_WHO:
		codec_u32(c, &m->u.who.cursor);
		return;
	case UPSTREAM_POLICY:
		codec_policy(c, &m->u.policy);
		return;
	case UPSTREAM_RESULT:
	case UPSTREAM_WAIT_OVER:
		codec_verdict(c, &m->u.result.verdict);
		return;
	case UPSTREAM_WELCOME:
		welcome_fields(c, m);
		return;
	case UPSTREAM_WHO_PAGE:
		who_page_fields(c, &m->u.who_page);
		return;
	case UPSTREAM_PAIRED:
		paired_fields(c, m);
		return;
	case UPSTREAM_WAITING:
		codec_peer(c, &m->u.waiting.peer);
		return;
	case UPSTREAM_IS_AWAY:
		codec_u64(c, &m->u.away.pair);
		codec_string(c, m->u.away.text, sizeof(m->u.away.text));
		return;
	case UPSTREAM_AWAY:
		codec_string(c, m->u.away.text, sizeof(m->u.away.text));
		return;
	case UPSTREAM_ENDED:
		codec_u64(c, &m->u.ended.pair);
		codec_u8(c, &m->u.ended.ending, ENDING_LEFT, ENDING_MOVED);
		return;
	case UPSTREAM_LOST:
	case UPSTREAM_BACK:
		codec_u64(c, &m->u.link.pair);
		codec_u32(c, &m->u.link.epoch);
		return;
	case UPSTREAM_BYE:
		codec_bye(c, &m->u.bye.reason);
		return;
	case UPSTREAM_TELL:
		codec_tell(c, &m->u.tell);
		return;
	case UPSTREAM_KEPT:
		codec_u64(c, &m->u.kept.cursor);
		return;
	case UPSTREAM_KEPT_PAGE:
		kept_page_fields(c, &m->u.kept_page);
		return;
	case UPSTREAM_VERSION:
		codec_string(c, m->u.version.text, sizeof(m->u.version.text));
		return;
	case UPSTREAM_UNTELL:
		codec_ident(c, &m->u.untell.msgid);
		return;
	case UPSTREAM_TOLD:
		codec_told(c, &m->u.told);
		return;
	case UPSTREAM_NOTE:
		note_fields(c, &m->u.note);
		return;
	case UPSTREAM_OFFER:
	case UPSTREAM_OFFERED:
		codec_offer(c, &m->u.offer);
		return;
	case UPSTREAM_OFFER_ACK:
	case UPSTREAM_OFFER_TOLD:
	case UPSTREAM_OFFER_OVER:
	case UPSTREAM_OFFER_GONE:
	case UPSTREAM_ACCEPT:
	case UPSTREAM_DECLINE:
	case UPSTREAM_CHANNEL:
		codec_offer_word(c, &m->u.word);
		return;
	case UPSTREAM_NOTE_ACK:
		codec_u64(c, &m->u.note_ack.token);
		codec_verdict(c, &m->u.note_ack.verdict);
		return;
	}
	c->bad = true;
}

size_t
upstream_encode(const struct upstream_message *m, uint8_t *out, size_t cap)
{
	struct codec c = codec_writer(out, cap);

	upstream_fields(&c, (struct upstream_message *)m);
	return codec_finish(&c, (uint16_t)m->type);
}

int
upstream_decode(const struct frame *f, struct upstream_message *m)
{
	struct codec c = codec_reader(f);

	m->type = f->type;
	upstream_fields(&c, m);
	return codec_done(&c) ? 0 : -1;
}
