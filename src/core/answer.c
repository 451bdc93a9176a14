#include "core/answer.h"

enum verdict
answer_to_message(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_ID_USED:
	case VERDICT_INBOX_FULL:
	case VERDICT_STORAGE:
		return v;
	default:
		return VERDICT_UNCONFIRMED;
	}
}

enum verdict
answer_to_note(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_ID_USED:
	case VERDICT_NOTES_FULL:
	case VERDICT_NO_NOTES:
	case VERDICT_STORAGE:
		return v;
	default:
		return VERDICT_UNCONFIRMED;
	}
}

/* A helper also says NOT_PAIRED, of an offer of an earlier pair; with that pair the daemon has forgotten the offer. */
enum verdict
answer_to_offer(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_ID_USED:
	case VERDICT_OFFERS_FULL:
	case VERDICT_STORAGE:
		return v;
	default:
		return VERDICT_NOT_TAKEN;
	}
}

enum verdict
answer_of_offer(enum verdict v)
{
	switch (v) {
	case VERDICT_ABSENT:
	case VERDICT_CHANNEL_OPEN:
	case VERDICT_DECLINED:
	case VERDICT_FAILED:
	case VERDICT_NOT_PAIRED:
	case VERDICT_NO_STREAMS:
	case VERDICT_RATE:
		return v;
	default:
		return answer_to_offer(v);
	}
}
