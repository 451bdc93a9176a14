/*
 * pchat status --prompt: for PS1 and status lines. Says a word or nothing, never
 * fails, never takes long, starts nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands/session/cmd_status_prompt.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "net/process.h"
#include "proto/feature.h"

#define PROMPT_MS 40  /* of the 50 that a prompt may take */
#define SHOWN_MAX 256 /* bytes: a name and a number */

static const struct option_row options[] = {
	{ OPT_PROMPT, 0, "prompt", OPTION_NOTHING, NULL, "" },
	{ 0 },
};

/* A helper of an older pchat that knows no notes is asked again without them. */
static enum verdict
ask(struct link *l, uint64_t deadline, struct control_message *m)
{
	static const struct control_message request = { .type = CONTROL_STATUS };
	enum verdict v;
	int rc;

	do {
		if ((v = link_connect(l, deadline)) != VERDICT_OK)
			return v;
		rc = link_request(l, &request, deadline, m);
	} while (rc == -ECONNRESET && l->features == 0 && poll_time(deadline) != 0);
	return rc == 0 && m->type == CONTROL_STATE ? VERDICT_OK : VERDICT_FAILED;
}

/* Also what could not be written is forgotten. */
static enum verdict
show(struct invocation *inv, uint64_t deadline)
{
	struct link *l = &inv->link;
	struct control_message m;
	const char *name;
	enum verdict v;
	uint64_t unread;

	if ((v = command_find_session(inv)) != VERDICT_OK || (v = ask(l, deadline, &m)) != VERDICT_OK)
		return v;
	output_give_up(deadline);
	unread = m.u.state.unread + m.u.state.notes;
	name = m.u.state.partner.name[0] ? m.u.state.partner.name : m.u.state.self.name;
	if (unread > 0)
		output_printf("%s:%" PRIu64 "\n", name, unread);
	else
		output_printf("%s\n", name);
	output_redirect(STDOUT_FILENO);
	return VERDICT_OK;
}

/* ------------------------------------------------------------------------- what may hang */

/* It has nothing of ours, so that nobody waits for it but us. */
static _Noreturn void
look_everywhere(struct invocation *inv, int out, uint64_t deadline)
{
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(1);
	(void)close(STDIN_FILENO);
	(void)close(STDERR_FILENO);
	process_close_from(STDERR_FILENO + 1);
	inv->link.places = RUNDIR_PLACES;
	(void)show(inv, deadline);
	_exit(0);
}

/* What it shows comes in one piece. */
static void
pass_on(int from, uint64_t deadline)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	char text[SHOWN_MAX];
	ssize_t n;

	if (poll(&p, 1, poll_time(deadline)) <= 0 || (n = read(from, text, sizeof(text))) <= 0)
		return;
	output_give_up(deadline);
	output_write(text, (size_t)n);
	output_redirect(STDOUT_FILENO);
}

/*
 * The last of the folders lies below the user's home, which may be on a server that does not answer. A process of its
 * own looks there, and is given up.
 */
static void __attribute__((noinline)) show_from_afar(struct invocation *inv, uint64_t deadline)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if ((pid = fork()) == 0)
		look_everywhere(inv, ends[1], deadline);
	(void)close(ends[1]);
	if (pid > 0) {
		pass_on(ends[0], deadline);
		(void)kill(pid, SIGKILL);
	}
	(void)close(ends[0]);
}

int
status_prompt_run(struct invocation *inv)
{
	const uint64_t deadline = deadline_in(PROMPT_MS);
	struct link *l = &inv->link;

	l->features = FEATURE_NOTES;
	l->wordless = true;
	l->places = RUNDIR_STATE;
	if (show(inv, deadline) == VERDICT_NO_SESSION && !l->several)
		show_from_afar(inv, deadline);
	return 0;
}

/* The light program's row: every other form of status is the full program's. */
const struct command command_status_prompt = {
	.name = "status",
	.operands = "",
	.options = options,
	.only_with = OPT_PROMPT,
	.run = status_prompt_run,
};
