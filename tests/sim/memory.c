/*
 * malloc(3) in the bottle: each simulated process has a heap of its own, in the same mapping as its stack (image.c), which
 * is thrown away with it. What is given out is filled, so that whoever reads it before it is written does so the same way
 * each time. It runs short when the weather says so.
 */
#include "kernel.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ALIGN 16U
#define SMALL 1024U  /* up to here a class for every 16 bytes */
#define STEPS 4U     /* above, so many for each doubling */
#define FILLED 1024U /* the beginning of what is given out */
#define FILL 0xa5
#define LAST ((struct piece *)1) /* behind the last free one of a class */
#define LARGE (256U * 1024U)     /* is as if it had never been given out, where it is the last */

/* In front of each piece. */
struct piece {
	size_t size; /* of its class */
	struct piece *next;
};

static struct heap *first; /* the simulator's own, also before there is a kernel */

static struct heap *
heap_of(const void *p)
{
	return (struct heap *)((uintptr_t)p & ~(uintptr_t)(SPACE - 1));
}

void
heap_reset(struct heap *h)
{
	const size_t dirty = h->dirty > h->brk ? h->dirty : h->brk;

	*h = (struct heap){ .brk = sizeof(*h), .dirty = dirty };
}

/* What an earlier program left there is gone. */
static void
wipe(uint8_t *from, size_t n)
{
	uint8_t *const inner = (uint8_t *)(((uintptr_t)from + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
	uint8_t *const last = (uint8_t *)(((uintptr_t)from + n) & ~(uintptr_t)(PAGE - 1));

	if (n < LARGE) {
		memset(from, 0, n);
		return;
	}
	memset(from, 0, (size_t)(inner - from));
	image_wipe(inner, (size_t)(last - inner));
	memset(last, 0, (size_t)(from + n - last));
}

static struct heap *
heap_now(void)
{
	if (k && me != 0 && !k->host)
		return k->proc[me].slot->heap;
	if (!first) {
		const long at = raw(SYS_mmap, 0L, 2L * SPACE, (long)(PROT_READ | PROT_WRITE),
		    (long)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), -1L, 0L);

		first = (struct heap *)(((uintptr_t)at + SPACE - 1) & ~(uintptr_t)(SPACE - 1));
		heap_reset(first);
	}
	return first;
}

/* The class that n bytes are of, and how many those of it have. */
static unsigned
class_of(size_t n, size_t *size)
{
	unsigned class = SMALL / ALIGN;
	size_t top = SMALL;

	if (n <= SMALL) {
		class = n ? (unsigned)((n - 1) / ALIGN) : 0;
		*size = (class + 1) * (size_t)ALIGN;
		return class;
	}
	for (;; top *= 2)
		for (unsigned step = 1; step <= STEPS; step++, class ++)
			if (n <= top + top / STEPS * step) {
				*size = top + top / STEPS * step;
				return class;
			}
}

static bool
runs_short(void)
{
	if (!k || me == 0 || k->host || !k->proc[me].mortal)
		return false;
	if (!kernel_fault(k->weather.enomem) &&
	    (k->weather.enomem_command == 0 || strcmp(process_program(&k->proc[me]), "pchat") != 0 ||
		!kernel_fault(k->weather.enomem_command)))
		return false;
	kernel_trace("no memory");
	k->watched_failed |= k->proc[me].watched; /* it may have been for what it writes */
	errno = ENOMEM;
	return true;
}

/* *stale: so many bytes at its beginning are an earlier program's; *used: it was given out before, by this one. */
static void *
take(size_t n, size_t *stale, bool *used)
{
	struct heap *h = heap_now();
	struct piece *p;
	size_t size;
	unsigned class;

	if (n > SPACE / 4)
		return errno = ENOMEM, NULL;
	class = class_of(n, &size);
	*stale = 0;
	if ((*used = (p = h->free[class]) != NULL)) {
		h->free[class] = p->next == LAST ? NULL : p->next;
	} else {
		if (h->brk + sizeof(*p) + size > SPACE - STACK)
			return errno = ENOMEM, NULL;
		p = (struct piece *)((uint8_t *)h + h->brk);
		h->brk += sizeof(*p);
		if (h->dirty > h->brk)
			*stale = size < h->dirty - h->brk ? size : h->dirty - h->brk;
		h->brk += size;
		p->size = size;
	}
	h->in_use += size;
	h->pieces++;
	p->next = NULL;
	return p + 1;
}

static void
note_other(uint8_t *at, size_t n, void *context)
{
	bool *zeros = context;

	for (size_t i = 0; i < n && *zeros; i += 8)
		*zeros = *(const uint64_t *)(const void *)(at + i) == 0;
}

bool
heap_holds_zeros(const void *p, size_t n)
{
	const struct heap *h = heap_of(p);
	uint8_t *const page = (uint8_t *)((uintptr_t)p & ~(uintptr_t)(PAGE - 1));
	uint8_t *const from = page + PAGE, *const to = (uint8_t *)(((uintptr_t)p + n) & ~(uintptr_t)(PAGE - 1));
	const uint8_t *const end = (const uint8_t *)p + n;
	bool zeros = true;

	if (me == 0 || h != k->proc[me].slot->heap || n < 2 * PAGE)
		return false;
	for (const uint8_t *at = p; at < from; at++)
		zeros &= *at == 0;
	for (const uint8_t *at = to; at < end; at++)
		zeros &= *at == 0;
	if (zeros)
		image_each_touched(from, (size_t)(to - from), note_other, &zeros);
	return zeros;
}

void
heap_each_run(struct heap *h, size_t gap, size_t large,
    void (*fn)(uint8_t *from, uint8_t *to, bool large, void *context), void *context)
{
	uint8_t *const end = (uint8_t *)h + h->brk;
	uint8_t *from = (uint8_t *)h, *next;

	for (uint8_t *at = from + sizeof(*h); at < end; at = next) {
		const struct piece *p = (const struct piece *)(const void *)at;
		uint8_t *const body = at + sizeof(*p);

		next = body + p->size;
		if (p->next ? p->size < gap : p->size < large)
			continue;
		fn(from, body, false, context);
		if (!p->next)
			fn(body, next, true, context);
		from = next;
	}
	if (from < end)
		fn(from, end, false, context);
}

void *
malloc(size_t n)
{
	const size_t filled = n < FILLED ? n : FILLED;
	size_t stale;
	bool used;
	void *p = runs_short() ? NULL : take(n, &stale, &used);

	if (!p)
		return NULL;
	memset(p, FILL, filled);
	if (stale > filled)
		wipe((uint8_t *)p + filled, stale - filled);
	return p;
}

void
free(void *at)
{
	struct piece *p = (struct piece *)at - 1;
	struct heap *h = heap_of(at);
	size_t size;
	unsigned class;

	if (!at)
		return;
	class = class_of(p->size, &size);
	if (p->next || size != p->size)
		kernel_bug("freed twice, or never given out");
	h->in_use -= size;
	h->pieces--;
	if (size >= LARGE && (uint8_t *)at + size == (uint8_t *)h + h->brk) {
		h->dirty = h->dirty > h->brk ? h->dirty : h->brk;
		h->brk = (size_t)((uint8_t *)p - (uint8_t *)h);
		return;
	}
	p->next = h->free[class] ? h->free[class] : LAST;
	h->free[class] = p;
}

void *
calloc(size_t n, size_t each)
{
	size_t all, stale;
	bool used;
	void *p;

	if (__builtin_mul_overflow(n, each, &all))
		return errno = ENOMEM, NULL;
	if (!(p = runs_short() ? NULL : take(all, &stale, &used)))
		return NULL;
	if (used)
		return memset(p, 0, all);
	wipe(p, stale);
	return p;
}

void *
realloc(void *at, size_t n)
{
	struct piece *p = (struct piece *)at - 1;
	void *new;

	if (!at)
		return malloc(n);
	if (n == 0)
		return free(at), NULL;
	if (n <= p->size && n > p->size / 4)
		return at;
	if (!(new = malloc(n)))
		return NULL;
	memcpy(new, at, p->size < n ? p->size : n);
	free(at);
	return new;
}

void *
reallocarray(void *at, size_t n, size_t each)
{
	size_t all;

	if (__builtin_mul_overflow(n, each, &all))
		return errno = ENOMEM, NULL;
	return realloc(at, all);
}

size_t
malloc_usable_size(void *at)
{
	return at ? ((struct piece *)at - 1)->size : 0;
}

int
malloc_trim(size_t pad)
{
	return (void)pad, 0;
}

int
mallopt(int what, int value)
{
	return (void)what, (void)value, 1;
}
