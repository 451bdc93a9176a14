#include "core/notes/notes.h"

#include "core/limits.h"

enum verdict
notes_may_go(const struct notes_way *w)
{
	if (w->all >= NOTES_WAY || w->of_sender >= NOTES_WAY_UID)
		return VERDICT_FULL;
	return w->to_receiver < NOTES_WAY_RECEIVER && w->of_both < NOTES_WAY_RECEIVER_UID ? VERDICT_OK : VERDICT_ABSENT;
}

enum verdict
notes_have_room(const struct notes_unread *u, uint64_t length)
{
	return u->count < NOTES_UNREAD && u->bytes + length <= NOTES_UNREAD_BYTES && u->of_sender < NOTES_UNREAD_UID
	    ? VERDICT_OK
	    : VERDICT_NOTES_FULL;
}

enum verdict
notes_may_tell(const struct notes_tellers *t, bool known)
{
	const uint32_t places = t->connections / TELLERS_PART;

	if (t->of_sender >= TELLERS_UID || (!known && t->unknown >= TELLERS_UID))
		return VERDICT_FULL;
	return t->all < (places > 0 ? places : 1) ? VERDICT_OK : VERDICT_FULL;
}
