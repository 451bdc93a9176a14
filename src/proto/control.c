#include "proto/control.h"

#include "core/verdict.h"
#include "proto/codec.h"

static void
read_fields(struct codec *c, struct control_message *m)
{
	codec_u8(c, &m->u.read.flags, 0, READ_PEEK | READ_WAIT | READ_MESSAGES | READ_NOTES);
	codec_u32(c, &m->u.read.limit);
	codec_u64(c, &m->u.read.after);
}

static void
rule_fields(struct codec *c, struct control_message *m)
{
	codec_bool(c, &m->u.rule.remove);
	codec_u8(c, &m->u.rule.dnd, 0, 2);
	codec_bool(c, &m->u.rule.has_rule);
	if (m->u.rule.has_rule)
		codec_rule(c, &m->u.rule.rule);
	if (!c->writing)
		m->u.rule.notes = 0;
	if (codec_follows(c, m->u.rule.notes != 0))
		codec_u8(c, &m->u.rule.notes, 1, 2);
}

static void
history_fields(struct codec *c, struct control_message *m)
{
	codec_name_or_none(c, m->u.history.partner);
	codec_u32(c, &m->u.history.limit);
	codec_i64(c, &m->u.history.since_ms);
	codec_string(c, m->u.history.grep, sizeof(m->u.history.grep));
	if (!c->writing)
		m->u.history.notes = false;
	if (codec_follows(c, m->u.history.notes)) {
		codec_bool(c, &m->u.history.notes);
		c->bad = c->bad || !m->u.history.notes;
	}
}

static void
forget_fields(struct codec *c, struct control_message *m)
{
	codec_name_or_none(c, m->u.forget.partner);
	codec_i64(c, &m->u.forget.before_ms);
	codec_bool(c, &m->u.forget.unread);
	codec_bool(c, &m->u.forget.keep);
	codec_i64(c, &m->u.forget.keep_age_ms);
	codec_u64(c, &m->u.forget.keep_records);
}

/* What commands that name no features do not know stands at the end, as far as there is something to say. */
static void
state_notes(struct codec *c, struct control_message *m)
{
	bool notes, away;

	if (!c->writing) {
		m->u.state.notes = 0;
		m->u.state.notes_off = false;
		m->u.state.away[0] = m->u.state.partner_away[0] = '\0';
	}
	notes = m->u.state.notes != 0 || m->u.state.notes_off;
	away = m->u.state.away[0] || m->u.state.partner_away[0];
	if (!codec_follows(c, notes || away))
		return;
	codec_u64(c, &m->u.state.notes);
	codec_bool(c, &m->u.state.notes_off);
	if (codec_follows(c, away)) {
		codec_string(c, m->u.state.away, sizeof(m->u.state.away));
		codec_string(c, m->u.state.partner_away, sizeof(m->u.state.partner_away));
		c->bad = c->bad || (!m->u.state.away[0] && !m->u.state.partner_away[0]);
	} else {
		c->bad = c->bad || (m->u.state.notes == 0 && !m->u.state.notes_off);
	}
}

static void
state_fields(struct codec *c, struct control_message *m)
{
	codec_peer(c, &m->u.state.self);
	codec_peer_or_none(c, &m->u.state.partner);
	codec_u64(c, &m->u.state.pair);
	codec_u8(c, &m->u.state.state, WHO_FREE, WHO_RECONNECTING);
	codec_u8(c, &m->u.state.daemon, DAEMON_CONNECTED, DAEMON_RECONNECTING);
	codec_u8(c, &m->u.state.last_end, ENDING_NONE, ENDING_GONE);
	codec_bool(c, &m->u.state.partner_online);
	codec_bool(c, &m->u.state.dnd);
	codec_u64(c, &m->u.state.unread);
	codec_u64(c, &m->u.state.last);
	state_notes(c, m);
}

static void
record_fields(struct codec *c, struct record *r)
{
	codec_u64(c, &r->id);
	codec_u8(c, &r->type, RECORD_MESSAGE, RECORD_WAITING);
	codec_bool(c, &r->own);
	codec_i64(c, &r->time_ms);
	if (r->type == RECORD_NOTE)
		codec_peer_or_none(c, &r->peer);
	else
		codec_peer(c, &r->peer);
	codec_ident(c, &r->msgid);
	codec_rest(c, &r->body, &r->length, MESSAGE_MAX);
}

static void
read_end_fields(struct codec *c, struct control_message *m)
{
	codec_u32(c, &m->u.read_end.count);
	codec_bool(c, &m->u.read_end.more);
	codec_u64(c, &m->u.read_end.last);
	codec_verdict(c, &m->u.read_end.verdict);
	if (!c->writing)
		m->u.read_end.follows = false;
	if (codec_follows(c, m->u.read_end.follows)) {
		codec_bool(c, &m->u.read_end.follows);
		c->bad = c->bad || !m->u.read_end.follows;
	}
}

static void
way_fields(struct codec *c, struct control_message *m)
{
	codec_u64(c, &m->u.route.pair);
	codec_u32(c, &m->u.route.gen);
	codec_u32(c, &m->u.route.forwarded);
}

/* The layout of each type, for both directions; a type that is none of these is bad. */
static void
control_fields(struct codec *c, struct control_message *m)
{
	switch (m->type) {
	case CONTROL_STATUS:
	case CONTROL_LEAVE:
	case CONTROL_QUIT:
	case CONTROL_WATCH:
	case CONTROL_POLICY:
	case CONTROL_OFFERS:
	case CONTROL_LINK:
		return;
	case CONTROL_HELLO:
		codec_hello(c, &m->u.hello.magic, &m->u.hello.version, &m->u.hello.features);
		return;
	case CONTROL_TO:
		codec_name(c, m->u.to.name);
		codec_bool(c, &m->u.to.wait);
		return;
	case CONTROL_WHO:
		codec_u32(c, &m->u.who.cursor);
		return;
	case CONTROL_EXPECT:
		codec_name(c, m->u.expect.name);
		return;
	case CONTROL_READ:
		read_fields(c, m);
		return;
	case CONTROL_DONE:
		codec_u64(c, &m->u.done.last);
		codec_bool(c, &m->u.done.single);
		return;
	case CONTROL_RULE:
		rule_fields(c, m);
		return;
	case CONTROL_NOTE:
		codec_u64(c, &m->u.note.id);
		return;
	case CONTROL_AWAY:
		codec_string(c, m->u.away.text, sizeof(m->u.away.text));
		return;
	case CONTROL_HISTORY:
		history_fields(c, m);
		return;
	case CONTROL_FORGET:
		forget_fields(c, m);
		return;
	case CONTROL_OUTCOME:
		codec_verdict(c, &m->u.outcome.verdict);
		codec_string(c, m->u.outcome.words, sizeof(m->u.outcome.words));
		return;
	case CONTROL_STATE:
	case CONTROL_CHANGED:
		state_fields(c, m);
		return;
	case CONTROL_RECORD:
		record_fields(c, &m->u.record);
		return;
	case CONTROL_READ_END:
		read_end_fields(c, m);
		return;
	case CONTROL_RULES:
		codec_policy(c, &m->u.policy);
		return;
	case CONTROL_HELD:
	case CONTROL_READY:
		way_fields(c, m);
		return;
	case CONTROL_ENDED:
		codec_verdict(c, &m->u.ended.verdict);
		return;
	case CONTROL_BYE:
		codec_bye(c, &m->u.bye.reason);
		return;
	case CONTROL_TELL:
		codec_tell(c, &m->u.tell);
		return;
	case CONTROL_TOLD:
		codec_told(c, &m->u.told);
		return;
	case CONTROL_OFFER:
		codec_offer(c, &m->u.offer);
		return;
	case CONTROL_OFFER_TOLD:
	case CONTROL_CHANNEL:
		codec_offer_word(c, &m->u.word);
		return;
	case CONTROL_ACCEPT:
	case CONTROL_DECLINE:
		codec_u64(c, &m->u.offered.number);
		return;
	}
	c->bad = true;
}

size_t
control_encode(const struct control_message *m, uint8_t *out, size_t cap)
{
	struct codec c = codec_writer(out, cap);

	control_fields(&c, (struct control_message *)m);
	return codec_finish(&c, (uint16_t)m->type);
}

int
control_decode(const struct frame *f, struct control_message *m)
{
	struct codec c = codec_reader(f);

	m->type = f->type;
	control_fields(&c, m);
	return codec_done(&c) ? 0 : -1;
}
