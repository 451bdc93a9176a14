#include "client/daemon_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "client/link_impl.h"
#include "net/endpoint.h"
#include "net/socket.h"
#include "proto/feature.h"
#include "proto/status.h"

#define PAUSE_MS 50 /* between two attempts */

/* ------------------------------------------------------------------------- reaching it */

/* The user's own daemon, in whichever of the user's folders it is: a descriptor or -errno. */
static int
connect_own(void)
{
	char path[RUNDIR_PATH_MAX];
	struct rundir dir;
	int fd = -ENOENT;

	for (unsigned place = 0; place < RUNDIR_PLACES && fd < 0; place++) {
		if (rundir_open(&dir, place, NULL) < 0)
			continue;
		rundir_path(&dir, ENDPOINT_OWN, path);
		fd = socket_connect(path, false);
		rundir_close(&dir);
	}
	return fd;
}

/* A descriptor, or -errno; -EPERM: whoever listens there is not to be trusted. */
static int
reach(const struct daemon_link *d, const char *path)
{
	_cleanup_(closep) int fd = path ? socket_connect(path, false) : connect_own();
	int r;

	if (fd >= 0 && (r = endpoint_trusted(fd, path, d->explicit)) < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

static void
say_why(const struct daemon_link *d, const char *path, int error)
{
	struct link *l = d->link;

	if (path)
		endpoint_words(path, error, l->words, sizeof(l->words));
	else if (!d->own && (error == -ENOENT || error == -ECONNREFUSED))
		(void)link_trouble(l, VERDICT_NO_DAEMON,
		    "there is no daemon: neither the host's, nor one of your own; 'pchat login' starts one");
	else
		(void)link_trouble(l, VERDICT_NO_DAEMON, "cannot reach your own daemon: %s", error_words(-error));
}

void
daemon_link_queue(const struct daemon_link *d, const struct upstream_message *m)
{
	struct link *l = d->link;

	l->out_len += (uint32_t)upstream_encode(m, l->out + l->out_len, sizeof(l->out) - l->out_len);
}

int
daemon_link_open(const struct daemon_link *d, bool *awaited)
{
	const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = FEATURES_KNOWN } };
	const char *path = d->own ? NULL : endpoint_path(d->socket);
	const int fd = reach(d, path);

	*awaited = path && (fd == -ENOENT || fd == -ECONNREFUSED);
	if (fd < 0) {
		if (fd != -EAGAIN)
			say_why(d, path, fd);
		return fd;
	}
	link_adopt(d->link, fd);
	daemon_link_queue(d, &hello);
	return 0;
}

/* ------------------------------------------------------------------------- asking it */

/* Whether it is the answer: OK or why not; QUEUED: another frame. */
static enum verdict
take(const struct daemon_link *d, const struct frame *f, enum upstream_type expected, struct upstream_message *reply)
{
	if (upstream_decode(f, reply) < 0)
		return link_trouble(d->link, VERDICT_FAILED, "the daemon gave an answer that makes no sense");
	if (reply->type == expected)
		return VERDICT_OK;
	if (reply->type == UPSTREAM_RESULT)
		return link_trouble(d->link, (enum verdict)reply->u.result.verdict, "%s",
		    _(status_words((enum verdict)reply->u.result.verdict)));
	if (reply->type != UPSTREAM_BYE)
		return VERDICT_QUEUED;
	if (reply->u.bye.reason != BYE_MALFORMED && reply->u.bye.reason != BYE_VERSION)
		return VERDICT_STALE;
	return link_trouble(d->link, VERDICT_OLD_DAEMON, "%s", _(status_words(VERDICT_OLD_DAEMON)));
}

/* Writes what is queued, and waits for that type. STALE: the connection is gone, it is worth another one. */
static enum verdict
await(const struct daemon_link *d, uint64_t deadline, enum upstream_type expected, struct upstream_message *reply)
{
	struct frame f;
	enum verdict v = VERDICT_QUEUED;
	int r = link_flush(d->link, deadline);

	while (v == VERDICT_QUEUED && r != -ETIMEDOUT && (r = link_receive(d->link, deadline, &f)) == 0)
		v = take(d, &f, expected, reply);
	if (v != VERDICT_QUEUED)
		return v;
	return r == -ETIMEDOUT ? VERDICT_TIMED_OUT : VERDICT_STALE;
}

static enum verdict
ask(const struct daemon_link *d, const struct upstream_message *request, uint64_t deadline, enum upstream_type expected,
    struct upstream_message *reply)
{
	enum verdict v;
	bool awaited;
	int r;

	if ((r = daemon_link_open(d, &awaited)) < 0)
		return r == -EAGAIN || awaited ? VERDICT_STALE : VERDICT_NO_DAEMON;
	daemon_link_queue(d, request);
	v = await(d, deadline, expected, reply);
	link_close(d->link);
	return v;
}

enum verdict
daemon_link_call(const struct daemon_link *d, const struct upstream_message *request, uint64_t deadline,
    enum upstream_type expected, struct upstream_message *reply)
{
	enum verdict v;

	d->link->words[0] = '\0';
	while ((v = ask(d, request, deadline, expected, reply)) == VERDICT_STALE && poll_time(deadline) != 0)
		(void)poll(NULL, 0, PAUSE_MS);
	if (v != VERDICT_STALE && v != VERDICT_TIMED_OUT)
		return v;
	return link_trouble(d->link, d->link->words[0] ? VERDICT_NO_DAEMON : VERDICT_TIMED_OUT, "%s",
	    d->link->words[0] ? d->link->words : _("no answer in time from the daemon"));
}

/* One that names no features, or not this one, is older than the question. */
static enum verdict
ask_version(const struct daemon_link *d, uint64_t deadline, struct upstream_message *reply)
{
	static const struct upstream_message about = { .type = UPSTREAM_ABOUT };
	const enum verdict v = await(d, deadline, UPSTREAM_HELLO, reply);

	if (v != VERDICT_OK)
		return v;
	if (!(reply->u.hello.features & FEATURE_ABOUT))
		return VERDICT_OLD_DAEMON;
	daemon_link_queue(d, &about);
	return await(d, deadline, UPSTREAM_VERSION, reply);
}

enum verdict
daemon_link_version(const struct daemon_link *d, uint64_t deadline, char text[VERSION_MAX + 1])
{
	struct upstream_message reply;
	enum verdict v;
	bool awaited;

	d->link->words[0] = '\0';
	if (daemon_link_open(d, &awaited) < 0)
		return VERDICT_NO_DAEMON;
	v = ask_version(d, deadline, &reply);
	link_close(d->link);
	if (v == VERDICT_OK)
		memcpy(text, reply.u.version.text, VERSION_MAX + 1);
	if (v == VERDICT_STALE)
		v = link_trouble(d->link, VERDICT_NO_DAEMON, "the daemon closed the connection");
	return v;
}
