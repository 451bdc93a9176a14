#include "session/state/state.h"

#include <string.h>

void
state_changed(const struct state *s)
{
	s->changed(s->context);
}

void
state_show(const struct state *s, bool ready, struct control_message *m)
{
	const struct partner *p = &s->partner;

	m->u.state.self = s->self;
	memset(&m->u.state.partner, 0, sizeof(m->u.state.partner));
	if (p->pair)
		m->u.state.partner = p->peer;
	m->u.state.pair = p->pair;
	m->u.state.state = (uint8_t)(!ready ? WHO_RECONNECTING : p->pair ? WHO_PAIRED : WHO_FREE);
	m->u.state.daemon = ready ? DAEMON_CONNECTED : DAEMON_RECONNECTING;
	m->u.state.last_end = p->last_end;
	m->u.state.partner_online = p->pair && p->online;
	m->u.state.dnd = s->policy.dnd;
	m->u.state.notes_off = s->notes_off;
	memcpy(m->u.state.away, s->away, sizeof(m->u.state.away));
	memcpy(m->u.state.partner_away, p->pair ? p->away : "", p->pair ? sizeof(p->away) : 1);
}
