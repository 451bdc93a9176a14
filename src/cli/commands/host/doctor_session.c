/*
 * The sessions: whether their helpers answer, and have their daemons, of which another check sees only one. A helper that
 * is not there is started by the next command; one that is silent is not.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/commands/host/doctor.h"
#include "client/link.h"
#include "core/via.h"
#include "net/rundir.h"
#include "net/session_file.h"
#include "net/socket.h"

#define HELPER_WAIT_MS 5000U /* for all of them */

struct round {
	struct finding *finding;
	unsigned sessions;
	uint64_t deadline;
};

static void
tell_silent(const struct link *l, struct finding *f)
{
	struct credentials peer = { 0 };

	if (socket_peer(l->fd, &peer) < 0)
		peer.pid = 0; /* nobody knows */
	finding_ill(f, N_("wake it: kill -CONT PID; or end it: kill -KILL PID, and the next command starts it again"),
	    "the helper of session '%s' (PID %jd) does not answer", l->shown, (intmax_t)peer.pid);
}

/* Its helper answers, and tries to come back: commands that need the daemon end with 124. */
static void
tell_lost(struct link *l, struct finding *f)
{
	struct link_daemon d;

	if (!l->host[0] && link_daemon_of(l, &d) == VERDICT_OK && d.socket[0])
		finding_ill(f, N_("start that daemon, and the session goes on; or end the session: pchat -s NAME quit"),
		    "session '%s' has lost its daemon, at '%s'", l->shown, d.socket);
	else
		finding_ill(f,
		    N_("look whether it comes back: pchat -s NAME status; or end the session: pchat -s NAME quit"),
		    "session '%s' has lost its daemon", l->shown);
}

/* False: enough is known. */
static bool
look_at(const char *host, const char *name, void *context)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	char session[VIA_SESSION_MAX + 1];
	const struct link_wish wish = { .session = session, .socket = "" }; /* at whichever daemon it is */
	struct round *round = context;
	struct finding *f = round->finding;
	_cleanup_(freep) struct link *l = calloc(1, sizeof(*l));
	struct control_message reply;
	bool ill;
	int rc;

	round->sessions++;
	if (!l) {
		finding_ill(f, N_("end other programs"), "there is no memory");
		return false;
	}
	link_init(l);
	via_join(host, name, session);
	if (link_find(l, &wish) != VERDICT_OK)
		return true; /* it has just ended */
	rc = link_connect(l, round->deadline) == VERDICT_OK ? link_request(l, &request, round->deadline, &reply) : -EIO;
	if (rc == -ETIMEDOUT)
		tell_silent(l, f);
	else if (rc >= 0 && reply.type == CONTROL_STATE && reply.u.state.daemon != DAEMON_CONNECTED)
		tell_lost(l, f);
	ill = f->state == FINDING_ILL;
	link_close(l);
	rundir_close(&l->dir);
	return !ill;
}

static bool
look_at_own(const char *name, void *context)
{
	return look_at("", name, context);
}

void
doctor_session(const struct options *o, struct finding *f)
{
	struct round round = { .finding = f, .deadline = deadline_in(HELPER_WAIT_MS) };

	(void)o;
	finding_well(f, "every helper answers");
	for (unsigned place = 0; place < RUNDIR_PLACES && f->state == FINDING_WELL; place++) {
		struct rundir r = { .fd = -1 };

		if (rundir_open(&r, place, NULL) < 0)
			continue;
		if (session_file_each(&r, look_at_own, &round) < 0) /* of that another check tells */
			round.sessions++;
		if (f->state == FINDING_WELL)
			session_file_each_via(&r, look_at, &round);
		rundir_close(&r);
	}
	if (round.sessions == 0)
		finding_well(f, "you are not logged in");
}
