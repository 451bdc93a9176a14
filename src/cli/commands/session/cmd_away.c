/* pchat away [TEXT]: say why you are away to who makes contact, or that you are no longer. */
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/report.h"

/* The words, joined by a blank. False: they are too long. */
static bool
join(const struct options *o, char text[AWAY_MAX + 1])
{
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < o->operand_count; i++) {
		const int more = snprintf(text + n, AWAY_MAX + 1 - n, "%s%s", i > 0 ? " " : "", o->operands[i]);

		if (more < 0 || (size_t)more > AWAY_MAX - n)
			return false;
		n += (size_t)more;
	}
	return true;
}

static int
away_run(struct invocation *inv)
{
	struct control_message request = { .type = CONTROL_AWAY };
	enum verdict v;

	if (!join(&inv->opt, request.u.away.text))
		return report(VERDICT_USAGE, "that is too long: at most %u bytes", AWAY_MAX);
	if (inv->opt.operand_count > 0 && !request.u.away.text[0])
		return report(VERDICT_USAGE, "the text is empty; 'pchat away' without one says that you are back");
	v = link_command(&inv->link, &request, options_deadline(&inv->opt));
	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	if (!inv->opt.given[OPT_QUIET])
		remark(request.u.away.text[0] ? N_("you are away until you say 'pchat away', or quit")
					      : N_("you are not away"));
	return 0;
}

const struct command command_away = {
	.name = "away",
	.operands = "[TEXT...]",
	.summary = N_("tell whoever makes contact that you are away; without TEXT, that you are back"),
	.examples = "pchat away back at two\n"
		    "pchat away\n",
	.details = N_("Nobody is refused, and messages arrive. TEXT has at most 200 bytes.\n"
		      "You are away until 'pchat away' or 'pchat quit'.\n"),
	.max_operands = OPERANDS_ANY,
	.needs_session = true,
	.run = away_run,
};
