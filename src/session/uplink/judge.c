#include "session/uplink/judge.h"

#include <stdio.h>
#include <string.h>

#include "core/names/name.h"

static bool
is_name(const char *name)
{
	return name_valid(name, strlen(name));
}

/* What an inbox takes: from a name, or else from an account. */
static void
fit_sender(struct peer *from)
{
	if (from->name[0] && is_name(from->name))
		return;
	from->name[0] = '\0';
	if (!from->account[0])
		(void)snprintf(from->account, sizeof(from->account), "uid %u", (unsigned)from->uid);
}

bool
judge_names(struct upstream_message *m, const char *self)
{
	switch (m->type) {
	case UPSTREAM_WELCOME:
		return is_name(m->u.welcome.self.name) && name_equal(m->u.welcome.self.name, self);
	case UPSTREAM_PAIRED:
		return is_name(m->u.paired.peer.name);
	case UPSTREAM_WAITING:
		return is_name(m->u.waiting.peer.name);
	case UPSTREAM_NOTE:
		fit_sender(&m->u.note.from);
		return true;
	default:
		return true;
	}
}
