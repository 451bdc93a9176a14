/* pchat reply: a note to who wrote one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/commands/message/tell_report.h"
#include "cli/commands/message/text_source.h"
#include "cli/line/command.h"
#include "cli/output/report.h"
#include "client/teller.h"
#include "core/names/name.h"
#include "net/random.h"

static const struct option_row options[] = {
	{ OPT_NOTE, 0, "note", OPTION_COUNT, "N", N_("answer note N (its id under --json)") },
	{ OPT_LATER, 0, "later", OPTION_NOTHING, NULL, N_("have the daemon keep it, if nobody is there (status 12)") },
	TEXT_SOURCE_ROWS(N_("each line is a note, sent as it comes"), N_("each piece that ends with a NUL is a note")),
	{ OPT_ID, 0, "id", OPTION_IDENT, "ID", N_("repeat an unconfirmed note: it arrives once") },
	{ 0 },
};

static struct feed feed;

static int
report_none(const struct options *o, struct link *l, enum verdict v, uint64_t id)
{
	switch (v) {
	case VERDICT_NOTHING:
		if (id != 0)
			return report(v, "there is no note %ju in this inbox", (uintmax_t)id);
		return report(v, "no note was shown here yet; 'pchat read' shows what has arrived");
	case VERDICT_USAGE:
		return report(v, "a newer note, by somebody else, is unread: read it first, or say --note N");
	case VERDICT_STORAGE:
		return report(VERDICT_FAILED, "the inbox of '%s' cannot be read", l->shown);
	default:
		if (l->features == 0)
			v = link_old_helper(l, VERDICT_FAILED);
		return report_unsent(v, o->text[OPT_ID], l->words);
	}
}

/* Who wrote the note, and its number; 0, or reports why that is not known. */
static int
find_writer(struct invocation *inv, struct peer *writer, uint64_t *number)
{
	const struct options *o = &inv->opt;
	const uint64_t id = o->given[OPT_NOTE] ? o->number[OPT_NOTE] : 0;
	const struct control_message request = { .type = CONTROL_NOTE, .u.note.id = id };
	struct control_message reply;
	const enum verdict v = link_call(&inv->link, &request, options_deadline(o), CONTROL_RECORD, &reply);

	if (v != VERDICT_OK)
		return report_none(o, &inv->link, v, id);
	*writer = reply.u.record.peer;
	*number = reply.u.record.id;
	return 0;
}

static int
reply_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;
	struct peer writer = { .uid = 0 };
	struct teller t = {
		.link = &inv->link,
		.session = true,
		.feed = &feed,
		.to_uid = true,
		.later = o->given[OPT_LATER],
		.repeats = o->given[OPT_ID],
		.timeout_ms = options_timeout(o, SEND_TIMEOUT_SECONDS * 1000),
		.reading_deadline = o->given[OPT_TIMEOUT] ? options_deadline(o) : UINT64_MAX,
		.delivered = o->given[OPT_JSON] ? tell_report_delivered : NULL,
	};
	char whom[40];
	uint64_t number = 0;
	int rc;

	if (o->given[OPT_ID] && !o->given[OPT_NOTE])
		return report(VERDICT_USAGE, "--id takes --note N: the latest note may be another one by now");
	if ((rc = find_writer(inv, &writer, &number)) != 0)
		return rc;
	t.to = writer.name[0] ? writer.name : writer.account;
	t.uid = writer.uid;
	if (!name_valid(t.to, strlen(t.to)))
		return report(VERDICT_NO_SUCH_USER, "%s has no name to which an answer could go", t.to);
	if ((rc = text_source_open(o, 0, true, &feed)) != 0)
		return rc;
	if (o->given[OPT_ID])
		(void)ident_parse(o->text[OPT_ID], &t.id);
	else if ((rc = random_ident(&t.id)) < 0)
		return report(VERDICT_FAILED, "no random numbers: %s", error_words(-rc));
	remark("to %s", t.to);
	(void)snprintf(whom, sizeof(whom), "--note %" PRIu64, number);
	return tell_report(&t, "reply", whom, teller_run(&t));
}

const struct command command_reply = {
	.name = "reply",
	.operands = "[TEXT...]",
	.summary = N_("answer a note: tell something to whoever wrote the latest one shown here"),
	.examples = "pchat reply \"thank you\"\n"
		    "pchat reply --note 12 -- \"$answer\"\n",
	.details = N_("You are told to whom the answer goes. If a newer note by somebody else is unread,\n"
		      "nothing is sent, and the exit status is 2. The answer is a note from this session. It\n"
		      "goes only to the account that wrote the note, even if somebody else has that name by now.\n"),
	.options = options,
	.max_operands = OPERANDS_ANY,
	.takes_text = true,
	.needs_session = true,
	.knows_notes = true,
	.run = reply_run,
};
