#include "cli/output/overview.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/output/hint.h"
#include "cli/output/output.h"
#include "cli/output/rows.h"
#include "client/daemon_link.h"
#include "net/endpoint.h"
#include "proto/safe.h"

#define OVERVIEW_MS 1000

static void
suggest_doctor(void)
{
	output_string(_("    pchat doctor        find out what is wrong, and how to mend it\n"));
}

/* What stands behind the sentence that says who one is. */
static void
circumstances(const struct control_message *m)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, m->u.state.unread);
	if (m->u.state.unread > 0)
		output_printf(
		    translate_count(N_(" %s unread."), N_(" %s unread."), (unsigned long)m->u.state.unread), number);
	if (m->u.state.dnd)
		output_string(_(" You refuse new chats and notes: 'pchat dnd off' ends that."));
	if (m->u.state.daemon != DAEMON_CONNECTED)
		output_string(_(" The daemon cannot be reached at the moment."));
	output_string("\n\n");
}

/* Words may name files, whose names are foreign bytes. */
static void
print_words(const struct invocation *inv, const char *fmt)
{
	char shown[8 * sizeof(inv->link.words) + 16];

	shown[safe_line(inv->link.words, strlen(inv->link.words), shown, sizeof(shown) - 1)] = '\0';
	output_printf(fmt, shown);
}

static void
next_steps_with_several(void)
{
	output_string(_("    pchat -s NAME status            look at one of them\n"
			"    export PCHAT_SESSION=NAME       say which for this shell\n"
			"    pchat -s NAME quit              end one\n"));
}

/* Where a login would lead: to the daemon that is named, to the host's, or to one of the user's own. */
static void
next_steps_by_daemon(struct invocation *inv)
{
	struct link *l = &inv->link;
	const struct link_wish wish = { .socket = inv->opt.text[OPT_SOCKET] };
	struct daemon_link d = { .link = l, .explicit = inv->opt.given[OPT_SOCKET] };
	bool awaited;
	int r = -EINVAL;
	const bool named = link_named_socket(l, &wish, &d.socket) == VERDICT_OK;
	const bool shared = !named || endpoint_path(d.socket);

	if (named && (r = daemon_link_open(&d, &awaited)) == 0)
		link_close(l);
	if (shared && r < 0 && r != -EAGAIN) {
		print_words(inv, _("No session can begin now: %s.\n\n"));
		suggest_doctor();
		return;
	}
	output_string(_("    pchat login         log in under your account's name\n"
			"    pchat login NAME    or under another\n"));
	if (shared)
		return;
	output_string(r == 0 ? _("\nNote: this host has no daemon. A login leads to your own, which is running; only "
				 "your own sessions meet there.\n")
			     : _("\nNote: this host has no daemon. A login starts one of your own; only your own "
				 "sessions meet there.\n"));
	output_string(_("To meet other people, ask an administrator to start the host's daemon: systemctl enable --now "
			"pchatd.socket.\n"));
}

static void
next_steps_without_session(struct invocation *inv, enum verdict v)
{
	print_words(inv, "%s\n\n");
	if (v == VERDICT_NO_SESSION && inv->link.several)
		next_steps_with_several();
	else if (v == VERDICT_NO_SESSION)
		next_steps_by_daemon(inv);
	else if (v == VERDICT_FAILED) {
		suggest_doctor();
		output_string(_("    pchat login NAME    log in anew\n"));
	} else
		output_string(_("    pchat               look again\n    pchat status        wait longer for an "
				"answer\n"));
}

static void
next_steps_without_partner(const struct control_message *m)
{
	output_printf(_("You are %s; nobody is chatting with you."), m->u.state.self.name);
	circumstances(m);
	output_string(_("    pchat who           who is online\n    pchat to NAME       begin a chat\n"));
	if (m->u.state.last > 0)
		output_string(_("    pchat read          see what has arrived\n"));
	output_string(_("    pchat quit          log out\n"));
}

static void
next_steps_with_partner(const struct control_message *m)
{
	output_printf(m->u.state.partner_online
		? _("You are %s, chatting with %s.")
		: _("You are %s, chatting with %s, whose connection is lost for the moment."),
	    m->u.state.self.name, m->u.state.partner.name);
	circumstances(m);
	output_string(_("    pchat read          see what has arrived\n    pchat send TEXT     send a message\n"
			"    pchat ask TEXT      send a question, and wait for the answer\n    pchat leave         end "
			"the chat\n"));
}

static void
show(struct invocation *inv)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	const uint64_t deadline = deadline_in(OVERVIEW_MS);
	struct control_message m;
	enum verdict v = command_find_session(inv);

	inv->link.revive = true;
	if (v == VERDICT_OK && (v = link_connect(&inv->link, deadline)) == VERDICT_OK)
		v = link_call(&inv->link, &request, deadline, CONTROL_STATE, &m);
	if (v != VERDICT_OK)
		next_steps_without_session(inv, v);
	else if (m.u.state.partner.name[0])
		next_steps_with_partner(&m);
	else
		next_steps_without_partner(&m);
	if (v == VERDICT_OK && link_alone(&inv->link))
		output_printf(_("\nNote: %s.\n"), link_alone(&inv->link));
	if (v == VERDICT_OK && *hint_chosen())
		output_printf(_("\nEach of them takes -s: pchat %sCOMMAND\n"), hint_chosen());
	output_string(_("\n'pchat --help' lists all commands.\n"));
}

int
overview_run(struct invocation *inv)
{
	(void)rows_setup();
	rows_begin();
	show(inv);
	rows_end();
	return 0;
}
