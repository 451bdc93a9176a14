#include "core/quota.h"

/* Of `all` places, what those without a known account may have together when they were given `share`. */
static uint32_t
unknown_share(uint32_t share, uint32_t all)
{
	const uint32_t most = all - (all + 3) / 4;

	return share < most ? share : most;
}

static uint32_t
kept_for_logins(const struct quota *q)
{
	const uint32_t kept = q->connections / 64;

	if (q->connections <= 1)
		return 0;
	return kept < 1 ? 1 : kept < CONNECTIONS_GREETING ? kept : CONNECTIONS_GREETING;
}

uint32_t
quota_sessions(const struct quota *q)
{
	return q->connections - kept_for_logins(q);
}

enum quota_entry
quota_connection(const struct quota *q, const struct quota_use *use, const struct quota_user *who)
{
	if (who->greeting >= CONNECTIONS_GREETING_UID)
		return QUOTA_CROWDED;
	if (!who->known && use->unknown_greeting >= unknown_share(q->unknown_greeting, CONNECTIONS_GREETING))
		return QUOTA_INSTEAD_UNKNOWN;
	if (use->greeting < CONNECTIONS_GREETING && use->connections < q->connections)
		return QUOTA_ENTER;
	return who->known ? QUOTA_INSTEAD : QUOTA_INSTEAD_UNKNOWN;
}

enum verdict
quota_session(const struct quota *q, const struct quota_use *use, const struct quota_user *who)
{
	const uint32_t all = quota_sessions(q);

	if (who->sessions >= q->sessions_uid)
		return VERDICT_LIMIT;
	if (use->sessions >= all)
		return VERDICT_FULL;
	if (!who->known && use->unknown_sessions >= unknown_share(q->unknown_sessions, all))
		return VERDICT_FULL;
	return VERDICT_OK;
}
