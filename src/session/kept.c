#include "session/kept.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "session/mailbox/store.h"

#define PAIR "pair"
#define POLICY "policy"
#define AWAY "away"                                         /* the text; empty: not away */
#define NOTES_OFF "notes_off"                               /* empty: they are taken */
#define KEPT_MAX 8192U                                      /* bytes of one of them */
#define PAIR_MAX (FRAME_HEADER + 64U + sizeof(struct peer)) /* of the pair */

_Static_assert(sizeof(struct policy) < KEPT_MAX - 64 && sizeof(struct peer) < KEPT_MAX - 64, "each fits");

/* 1; 0: there is none; -errno: it could not be read; -EUCLEAN: it is something else. */
static int
load(struct store *store, const char *key, enum upstream_type type, struct upstream_message *m)
{
	uint8_t frame[KEPT_MAX];
	const ssize_t n = store_kept(store, key, frame, sizeof(frame));
	struct frame f;

	if (n <= 0)
		return (int)n;
	if (frame_parse(frame, (size_t)n, &f) != n || upstream_decode(&f, m) < 0 || m->type != type)
		return -EUCLEAN;
	return 1;
}

void
kept_pair(struct store *store, const struct partner *partner)
{
	const struct upstream_message m = { .type = UPSTREAM_PAIRED,
		.u.paired = { .pair = partner->pair, .online = partner->online, .peer = partner->peer } };
	uint8_t frame[PAIR_MAX], old[PAIR_MAX];
	const size_t n = partner->pair ? upstream_encode(&m, frame, sizeof(frame)) : 0;

	if (partner->pair != 0 && n == 0) { /* no bytes would say that there is none */
		log_error("the pair cannot be kept: it cannot be written down");
		return;
	}
	/* What is kept already need not be written again: a login and its end have none, as a rule. */
	if (store_kept(store, PAIR, old, sizeof(old)) != (ssize_t)n || memcmp(old, frame, n) != 0)
		(void)store_keep(store, PAIR, frame, n);
}

void
kept_load_pair(struct store *store, struct partner *partner)
{
	struct upstream_message m;

	if (load(store, PAIR, UPSTREAM_PAIRED, &m) <= 0)
		return;
	partner->pair = m.u.paired.pair;
	partner->online = m.u.paired.online;
	partner->peer = m.u.paired.peer;
}

/* The end of a transaction in which something was kept, or could not be. */
static int
commit(struct store *store, int kept)
{
	const int r = store_commit(store);

	if (kept < 0)
		return kept;
	return r > 0 ? -EIO : r;
}

int
kept_no_pair(struct store *store)
{
	kept_pair(store, &(const struct partner){ .pair = 0 });
	return commit(store, 0);
}

int
kept_policy(struct store *store, const struct policy *policy)
{
	const struct upstream_message m = { .type = UPSTREAM_POLICY, .u.policy = *policy };
	uint8_t frame[KEPT_MAX];
	const size_t n = upstream_encode(&m, frame, sizeof(frame));

	if (n == 0) /* no bytes would say that there are none */
		return -EOVERFLOW;
	return commit(store, store_keep(store, POLICY, frame, n));
}

int
kept_notes_off(struct store *store, bool off)
{
	return commit(store, store_keep(store, NOTES_OFF, "1", off));
}

int
kept_load_notes_off(struct store *store, bool *off)
{
	char mark;
	const ssize_t n = store_kept(store, NOTES_OFF, &mark, sizeof(mark));

	*off = n > 0;
	return n < 0 ? (int)n : 0;
}

int
kept_away(struct store *store, const char *text)
{
	return commit(store, store_keep(store, AWAY, text, strlen(text)));
}

void
kept_load_away(struct store *store, char text[AWAY_MAX + 1])
{
	const ssize_t n = store_kept(store, AWAY, text, AWAY_MAX);

	text[n > 0 ? n : 0] = '\0';
}

int
kept_load_policy(struct store *store, struct policy *policy)
{
	struct upstream_message m;
	const int r = load(store, POLICY, UPSTREAM_POLICY, &m);

	if (r > 0)
		*policy = m.u.policy;
	return r < 0 ? r : 0;
}
