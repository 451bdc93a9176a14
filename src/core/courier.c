#include "core/courier.h"

#include <stdio.h>
#include <string.h>

#include "core/names/name.h"

#define NOBODY UINT32_MAX /* owner of a run whose client is gone */

void
courier_attach(struct courier *c, uint32_t client)
{
	c->client[client] = (struct courier_client){ .used = true };
}

void
courier_detach(struct courier *c, uint32_t client)
{
	c->client[client] = (struct courier_client){ .used = false };
	for (uint32_t i = 0; i < c->run_count; i++) {
		struct courier_run *run = &c->run[(c->run_head + i) % WINDOW_MESSAGES];

		if (run->client == client)
			run->client = NOBODY;
	}
}

/* What a client hears of the pair that it names, when that is not the present one. */
static enum verdict
past_pair(const struct courier *c, uint64_t pair)
{
	const bool latest = !c->paired && pair != 0 && (c->pair == 0 || c->pair == pair);

	return latest ? ending_verdict(c->last_end) : VERDICT_NOT_PAIRED;
}

static void
note(struct courier *c, struct courier_client *cl, unsigned tell)
{
	const uint32_t client = (uint32_t)(cl - c->client);

	cl->tell |= (uint8_t)(1U << tell);
	if (client < c->noticed)
		c->noticed = client;
}

static enum courier_answer
hold(struct courier *c, struct courier_client *cl)
{
	cl->gen++;
	cl->held = true;
	cl->told = cl->pair != 0;
	cl->forwarded = 0;
	note(c, cl, COURIER_TELL_HELD);
	return COURIER_DROP;
}

/* The partner, as far as it is known, is not the one that this client wants. Of an earlier pair the client is told otherwise. */
static bool
unexpected(const struct courier *c, const struct courier_client *cl)
{
	return cl->expect[0] && c->partner[0] && (cl->pair == 0 || cl->pair == c->partner_pair) &&
	    !name_equal(cl->expect, c->partner);
}

enum verdict
courier_expect(struct courier *c, uint32_t client, const char *name)
{
	struct courier_client *cl = &c->client[client];

	(void)snprintf(cl->expect, sizeof(cl->expect), "%s", name);
	cl->answer = VERDICT_OK;
	if (unexpected(c, cl))
		cl->answer = VERDICT_WRONG_PARTNER;
	else if (c->known && !c->paired)
		cl->answer = VERDICT_NOT_PAIRED;
	return (enum verdict)cl->answer;
}

static enum courier_answer
forward(struct courier *c, uint32_t client, const struct ident *id, uint32_t size)
{
	struct courier_run *last = &c->run[(c->run_head + c->run_count - 1) % WINDOW_MESSAGES];
	struct courier_client *cl = &c->client[client];
	uint64_t distance;

	if (!window_push(&c->window, size))
		return COURIER_WAIT;
	c->went++;
	c->behind = cl->inflight > 0 ? 1 + (uint32_t)(c->went - cl->latest) : 1;
	cl->latest = c->went;
	cl->inflight++;
	if (c->run_count > 0 && last->client == client && ident_distance(&last->first, id, &distance) &&
	    distance == last->count) {
		last->count++;
		return COURIER_FORWARD;
	}
	c->run[(c->run_head + c->run_count++) % WINDOW_MESSAGES] =
	    (struct courier_run){ .first = *id, .client = client, .count = 1 };
	return COURIER_FORWARD;
}

enum courier_answer
courier_offer(struct courier *c, uint32_t client, uint64_t pair, uint32_t gen, const struct ident *id, uint32_t size,
    enum verdict *why)
{
	struct courier_client *cl = &c->client[client];

	if (gen != cl->gen)
		return COURIER_DROP;
	if (cl->over == VERDICT_OK)
		cl->over = cl->answer; /* whatever pair came since: it was told that this one is not delivered */
	if (cl->over != VERDICT_OK) {
		*why = cl->over;
		return COURIER_REFUSE;
	}
	if (cl->held)
		return COURIER_DROP;
	if (cl->pair == 0 && pair != 0) {
		cl->pair = pair;
		cl->told = true;
	}
	if (pair != 0 && pair != cl->pair) { /* it is meant for another partner than those before it (R9) */
		*why = VERDICT_NOT_PAIRED;
		cl->over = (uint8_t)*why;
		return COURIER_REFUSE;
	}
	if (unexpected(c, cl)) {
		*why = VERDICT_WRONG_PARTNER;
		cl->over = (uint8_t)*why;
		return COURIER_REFUSE;
	}
	if (cl->chain != VERDICT_OK && ident_equal(id, &cl->next)) {
		cl->next = ident_add(id, 1);
		*why = cl->chain;
		return COURIER_REFUSE;
	}
	if (!c->known)
		return hold(c, cl);
	if (!c->paired || (cl->pair != 0 && cl->pair != c->pair)) {
		*why = past_pair(c, cl->pair);
		cl->over = (uint8_t)*why; /* for good: what follows may not go without this one */
		return COURIER_REFUSE;
	}
	cl->pair = c->pair;
	if (!c->open)
		return hold(c, cl);
	if (!cl->told) {
		cl->told = true;
		note(c, cl, COURIER_TELL_READY);
	}
	return forward(c, client, id, size);
}

void
courier_refused(struct courier *c, uint32_t client, const struct ident *next, enum verdict why)
{
	c->client[client].chain = (uint8_t)why;
	c->client[client].next = *next;
}

bool
courier_ack(struct courier *c, uint64_t pair, uint32_t epoch, struct ident *first, uint32_t *count, uint32_t *client,
    struct ident *run_first, uint32_t *run_count)
{
	while (*count > 0 && c->run_count > 0 && pair == c->pair && epoch == c->epoch) {
		struct courier_run *run = &c->run[c->run_head];
		const uint32_t n = *count < run->count ? *count : run->count;

		if (!ident_equal(first, &run->first))
			return false;
		*client = run->client;
		*run_first = *first;
		*run_count = n;
		*first = ident_add(first, n);
		*count -= n;
		window_pop(&c->window, n);
		run->first = *first;
		run->count -= n;
		if (run->count == 0) {
			c->run_head = (c->run_head + 1) % WINDOW_MESSAGES;
			c->run_count--;
		}
		if (*client == NOBODY)
			continue;
		c->client[*client].inflight -= n;
		return true;
	}
	return false;
}

static void
forget_under_way(struct courier *c)
{
	c->open = false;
	c->run_head = c->run_count = 0;
	window_reset(&c->window);
}

void
courier_blocked(struct courier *c)
{
	forget_under_way(c);
	for (struct courier_client *cl = c->client; cl < c->client + CONTROL_CLIENTS; cl++) {
		if (cl->tell & (1U << COURIER_TELL_READY)) { /* it never learned of it */
			cl->tell &= (uint8_t) ~(1U << COURIER_TELL_READY);
			cl->held = true;
		}
		if (cl->inflight == 0)
			continue;
		cl->gen++;
		cl->held = true;
		cl->forwarded = cl->inflight;
		cl->inflight = 0;
		note(c, cl, COURIER_TELL_HELD);
	}
}

void
courier_ended(struct courier *c, enum ending how)
{
	forget_under_way(c);
	c->known = true;
	c->paired = false;
	c->partner[0] = '\0';
	c->last_end = (uint8_t)how;
	for (struct courier_client *cl = c->client; cl < c->client + CONTROL_CLIENTS; cl++) {
		cl->inflight = 0;
		if (!cl->used || cl->over != VERDICT_OK || (cl->pair == 0 && !cl->held))
			continue;
		cl->over = (uint8_t)past_pair(c, cl->pair);
		note(c, cl, COURIER_TELL_ENDED);
	}
}

void
courier_left(struct courier *c)
{
	courier_blocked(c);
	courier_ended(c, ENDING_NONE);
}

void
courier_remember(struct courier *c, uint64_t pair, const char *partner)
{
	c->partner_pair = pair;
	(void)snprintf(c->partner, sizeof(c->partner), "%s", partner);
}

void
courier_paired(struct courier *c, uint64_t pair, uint32_t epoch, bool partner_online, const char *partner)
{
	if (c->paired && c->pair != pair)
		courier_left(c);
	else if (c->paired && (c->epoch != epoch || !partner_online))
		courier_blocked(c);
	c->known = c->paired = true;
	c->open = partner_online;
	c->pair = pair;
	c->epoch = epoch;
	courier_remember(c, pair, partner);
	c->last_end = ENDING_NONE;
	for (struct courier_client *cl = c->client; cl < c->client + CONTROL_CLIENTS; cl++) {
		if (!cl->held || cl->over != VERDICT_OK)
			continue;
		if (cl->pair != 0 && cl->pair != pair) { /* named by a client that outlived an earlier helper */
			cl->over = VERDICT_NOT_PAIRED;
			note(c, cl, COURIER_TELL_ENDED);
		} else if (partner_online) {
			cl->pair = pair;
			cl->held = false;
			cl->told = true;
			note(c, cl, COURIER_TELL_READY);
		}
	}
}

bool
courier_notice(struct courier *c, struct courier_notice *n)
{
	for (; c->noticed < CONTROL_CLIENTS; c->noticed++) {
		struct courier_client *cl = &c->client[c->noticed];

		for (unsigned tell = COURIER_TELL_HELD; tell <= COURIER_TELL_ENDED; tell++) {
			if (!(cl->tell & (1U << tell)))
				continue;
			cl->tell &= (uint8_t) ~(1U << tell);
			*n = (struct courier_notice){
				.client = c->noticed,
				.tell = tell,
				.pair = cl->pair,
				.gen = cl->gen,
				.forwarded = tell == COURIER_TELL_HELD ? cl->forwarded : 0,
				.why = cl->over,
			};
			return true;
		}
	}
	return false;
}
