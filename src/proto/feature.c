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
