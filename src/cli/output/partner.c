#include "cli/output/partner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/translate.h"
#include "cli/output/foreign.h"

/* An account that no database knows is shown as "uid 1001". */
const char *
partner_words(const struct peer *partner, char out[PARTNER_WORDS])
{
	if (strcasecmp(partner->name, partner->account) == 0)
		(void)snprintf(out, PARTNER_WORDS, _("chatting with %s"), partner->name);
	else if (strncmp(partner->account, "uid ", 4) == 0)
		(void)snprintf(out, PARTNER_WORDS, _("chatting with %s (%s)"), partner->name, partner->account);
	else
		(void)snprintf(out, PARTNER_WORDS, _("chatting with %s (account %s)"), partner->name, partner->account);
	return out;
}

const char *
partner_away(const struct peer *partner, const char *text, char out[PARTNER_AWAY])
{
	char quoted[FOREIGN_QUOTED(AWAY_MAX)];

	(void)snprintf(out, PARTNER_AWAY, _("%s is away: \"%s\""), partner->name,
	    foreign_quoted(text, strlen(text), quoted, sizeof(quoted)));
	return out;
}
