#include "cli/commands/stream/offers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "client/records.h"
#include "proto/status.h"

enum verdict
offers_need_features(struct link *l)
{
	return l->features != 0 ? VERDICT_OK : link_old_helper(l, VERDICT_NO_STREAMS);
}

enum verdict
offers_list(struct link *l, uint64_t deadline, void (*fn)(const struct record *r, void *context), void *context)
{
	const struct control_message request = { .type = CONTROL_OFFERS };
	struct control_message end;
	enum verdict v;

	while ((v = records_batch(l, &request, deadline, fn, context, &end)) == VERDICT_STALE)
		if (l->features == 0 || (v = link_come_back(l, deadline)) != VERDICT_OK)
			break;
	if (v == VERDICT_STALE)
		v = offers_need_features(l);
	if (v == VERDICT_NOTHING)
		(void)snprintf(l->words, sizeof(l->words), "%s", _("nothing is offered"));
	return v;
}

bool
offers_number(const char *text, uint64_t *number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0 && *number > 0;
}
