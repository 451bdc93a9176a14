#include "session/uplink/login.h"

#include <string.h>

void
login_begin(struct login *l)
{
	l->state = LOGIN_GREETING;
	l->anew = false;
}

void
login_message(
    const struct login *l, const struct session_file *file, const struct state *state, struct upstream_message *m)
{
	*m = (struct upstream_message){ .type = UPSTREAM_LOGIN };
	m->u.login.id = file->id;
	memcpy(m->u.login.name, file->name, sizeof(m->u.login.name));
	m->u.login.resume_only = !l->fresh && !l->anew;
	m->u.login.pair = state->partner.pair;
	m->u.login.partner = state->partner.peer;
	m->u.login.policy = state->policy;
}

bool
login_welcome(struct login *l, bool resumed)
{
	l->state = LOGIN_SETTLING;
	return !resumed && !l->fresh && !l->anew;
}

void
login_settled(struct login *l)
{
	l->state = LOGIN_READY;
	l->fresh = l->anew = false;
}

enum login_refusal
login_refused(struct login *l, enum verdict v)
{
	switch (v) {
	case VERDICT_EXPIRED:
		if (l->anew)
			return LOGIN_OVER; /* somebody else has a session of this id */
		l->anew = true;
		return LOGIN_AGAIN;
	case VERDICT_STARTING:
	case VERDICT_RATE:
		return LOGIN_RETRY;
	case VERDICT_LIMIT:
	case VERDICT_FAILED:
		return l->fresh ? LOGIN_OVER : LOGIN_RETRY_LATE;
	default:
		return LOGIN_OVER;
	}
}
