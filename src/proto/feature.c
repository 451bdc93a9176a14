#include "proto/feature.h"

#include <stdio.h>
#include <string.h>

#include "core/names/name.h"

bool
feature_holds_name(uint32_t features, const char *name)
{
	return features & FEATURE_NAMES || (name_is_ascii(name, strlen(name)) && !strchr(name, '@'));
}

void
feature_fit_peer(uint32_t features, struct peer *peer)
{
	if (!(features & FEATURE_NAMES) && strlen(peer->account) > FEATURE_OLD_ACCOUNT)
		(void)snprintf(peer->account, sizeof(peer->account), "uid %u", (unsigned)peer->uid);
}

enum verdict
feature_fit_verdict(uint32_t features, enum verdict v)
{
	if (features != 0 || v <= VERDICT_NOT_RUN)
		return v;
	switch (v) {
	case VERDICT_NO_ANSWER:
	case VERDICT_UNMAPPED:
	case VERDICT_FULL:
		return VERDICT_NO_DAEMON;
	case VERDICT_TAKEN_OVER:
		return VERDICT_TAKEN; /* its helper ends */
	case VERDICT_OLD_PARTNER:
		return VERDICT_REFUSES;
	default:
		return VERDICT_FAILED;
	}
}
