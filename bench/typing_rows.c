/*
 * What a key costs in a line as long as a message may be: the slowest of keys at places all over lines of several scripts,
 * from the change of the text to the bytes for the terminal, and the most that one of them writes.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "cli/chat/editor/buffer.h"
#include "cli/chat/editor/draw.h"
#include "core/limits.h"

#define PLACES 16U
#define KEYS 4U /* at each place: a letter twice, and back; then the cursor goes to the left, and a word to the left */

static const char *const texts[] = { "word ", "\u6f22\u5b57", "\u0939\u093f\u0928\u094d\u0926\u0940 ",
	"\U0001f469\u200d\U0001f680", "\u06a9\u0627\u0631\u200c\u0647\u0627 ", "e\u0301\u0302\u0303\u0304",
	"\u0915\u093f\n", "\U0001f1e9\U0001f1ea", "\u0301" };

struct typing {
	struct metrics metrics;
	struct buffer buffer;
	struct view view;
	struct draw draw;
	double slowest, most; /* milliseconds; bytes */
};

/* Of the processor: a busy machine makes no key dear. */
static double
used_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1000000;
}

static void
show(struct typing *t)
{
	if (!view_lay(&t->view, "to bob> ", t->buffer.text, t->buffer.len, t->buffer.at))
		errx(1, "out of memory");
	draw_update(&t->draw, &t->view);
}

/* What a key began at that time has changed is shown, and counts. */
static void
done(struct typing *t, double began)
{
	double took;

	show(t);
	took = used_ms() - began;
	t->slowest = took > t->slowest ? took : t->slowest;
	t->most = (double)t->draw.out_len > t->most ? (double)t->draw.out_len : t->most;
	t->draw.out_len = 0;
}

static void
type(struct typing *t, bool back)
{
	struct buffer *b = &t->buffer;
	const double began = used_ms();

	if (!buffer_replace(b, back ? buffer_left(b, b->at) : b->at, b->at, "x", back ? 0 : 1, !back))
		errx(1, "out of memory");
	done(t, began);
}

static void
move(struct typing *t, size_t (*place)(const struct buffer *b, size_t at))
{
	const double began = used_ms();

	buffer_move(&t->buffer, place(&t->buffer, t->buffer.at));
	done(t, began);
}

static void
fill(struct buffer *b, const char *text)
{
	const size_t n = strlen(text), len = (MESSAGE_MAX - KEYS) / n * n;
	char *whole = malloc(len);

	if (!whole)
		err(1, "malloc");
	for (size_t at = 0; at < len; at += n)
		memcpy(whole + at, text, n);
	if (!buffer_replace(b, 0, b->len, whole, len, false))
		errx(1, "out of memory");
	free(whole);
}

/* Keys all over such a line; the first drawing of each place is that of the cursor key that led there. */
static void
type_in(struct typing *t, const char *text)
{
	const size_t n = strlen(text);

	fill(&t->buffer, text);
	for (unsigned i = 0; i <= PLACES; i++) {
		buffer_move(&t->buffer, t->buffer.len / PLACES / n * n * i);
		show(t);
		t->draw.out_len = 0;
		for (unsigned k = 0; k < KEYS; k++)
			type(t, k >= KEYS / 2);
		move(t, buffer_left);
		move(t, buffer_word_left);
	}
}

void
rows_typing(const struct settings *set, json_t *report)
{
	const struct sample none = { 0 };
	struct sample time = { 0 }, bytes = { 0 };

	for (unsigned round = 0; round < set->rounds; round++) {
		struct typing t = { .slowest = 0 };

		if (!buffer_init(&t.buffer))
			err(1, "malloc");
		view_init(&t.view, &t.metrics);
		t.view.columns = 200;
		t.view.most = 40;
		draw_init(&t.draw, 200, 60, false);
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
			type_in(&t, texts[i]);
		sample_add(&time, t.slowest);
		sample_add(&bytes, t.most);
		draw_release(&t.draw);
		view_release(&t.view);
		buffer_release(&t.buffer);
	}
	json_array_append_new(report, row_new("key-64k-slowest", "ms", &time, &none, false, 5));
	json_array_append_new(report, row_new("key-64k-output", "bytes", &bytes, &none, false, 8192));
}
