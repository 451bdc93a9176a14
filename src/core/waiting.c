#include "core/waiting.h"

/* Forgets what is over. */
static void
tidy(struct waiting *w, uint64_t chat, uint64_t now_ms)
{
	uint32_t kept = 0;

	if (w->chat != chat)
		w->count = 0;
	w->chat = chat;
	for (uint32_t i = 0; i < w->count; i++)
		if (now_ms - w->told[i].told_ms < WAITING_SECONDS * UINT64_C(1000))
			w->told[kept++] = w->told[i];
	w->count = kept;
}

bool
waiting_tells(struct waiting *w, uint32_t account, uint64_t chat, uint64_t now_ms)
{
	tidy(w, chat, now_ms);
	for (uint32_t i = 0; i < w->count; i++)
		if (w->told[i].account == account)
			return false;
	if (w->count == WAITING_ACCOUNTS)
		return false;
	w->told[w->count].account = account;
	w->told[w->count++].told_ms = now_ms;
	return true;
}
