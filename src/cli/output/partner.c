#include "cli/output/partner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/translate.h"

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
partner_quoted(const char *text, char out[2 * AWAY_MAX + 1])
{
	size_t n = 0;

	for (; *text && n + 2 < 2 * AWAY_MAX + 1; text++) {
		if (*text == '"' || *text == '\\')
			out[n++] = '\\';
		out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}

const char *
partner_away(const struct peer *partner, const char *text, char out[PARTNER_AWAY])
{
	char quoted[2 * AWAY_MAX + 1];

	(void)snprintf(out, PARTNER_AWAY, _("%s is away: \"%s\""), partner->name, partner_quoted(text, quoted));
	return out;
}
