/*
 * Memory of a process. All simulated processes live in the simulator's address space, and each has its own copy of the
 * program and of the libraries that keep state, at addresses of its own: static state is no process's but its own, as it
 * is on a host, and giving the turn on is a change of stacks. Such a place (a slot) holds one process at a time. What is
 * between a beginning and the next, the initial values, is put back when a process begins.
 *
 * A child of fork(2) has the addresses of its parent, so both have one slot: whoever does not run is kept beside it.
 */
#include "kernel.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define OBJECTS 8
#define FIXES 16384
#define SEGMENTS 6
#define PARTS 4096
#define SMALL (4 * PAGE)   /* is quicker copied than asked for */
#define MEDIUM (16 * PAGE) /* likewise, of a heap */
#define GAP PAGE           /* what is free and less than that is copied with what lies around it */
#define IDLE 32            /* programs that left a page zero, until it is closed again */
#define UP(n) (((n) + PAGE - 1) & ~(PAGE - 1))
#define DOWN(n) ((n) & ~(PAGE - 1))

/* One that is loaded once more for each slot: the program, or a library. */
struct object {
	char path[256];
	uintptr_t base;           /* where the first one lies */
	uintptr_t span;           /* bytes */
	uintptr_t offset;         /* where in a slot's copies it begins */
	uintptr_t data, bss, end; /* what is written to; bss: from here on zero, up to end; from the base */
	uintptr_t keep;           /* where the part begins that only the loader writes to */
	uint8_t *initial;         /* data to end, as it was before main() */
	unsigned segments;
	ElfW(Phdr) segment[SEGMENTS];
};

/* A word that holds an address of an object. */
struct fix {
	unsigned in;
	uintptr_t at, value; /* at: from the base of its object; value: in the first copy */
	unsigned target;
};

/* Static is here what the director alone has to do with: it makes the images. What is large lies outside of what is copied. */
static struct object object[OBJECTS];
static struct fix *fix;
static unsigned objects, fixes;
static uintptr_t all_bytes;  /* of the copies of one slot */
static size_t initial_bytes; /* of what a beginning program's data are, in a slot */
static unsigned lazy_pages;  /* of zeroed memory, in a slot */

static void *
map(void *at, size_t n, int protection, int flags, int fd, long offset)
{
	const long r = raw(SYS_mmap, at, n, (long)protection, (long)flags, (long)fd, offset);

	if (r < 0 && r > -4096)
		kernel_bug("the real host has no memory left: %ld", -r);
	return (void *)r;
}

/* ------ what there is to be copied ------ */

static int
note_object(struct dl_phdr_info *info, size_t size, void *context)
{
	static const char *const shared[] = { "/libc.so", "/ld-linux", "/libm.so", "linux-vdso", "/libutf8proc" };
	struct object *o = &object[objects];

	(void)size, (void)context;
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (strstr(info->dlpi_name, shared[i]))
			return 0;
	if (objects++ == OBJECTS)
		kernel_bug("too many libraries");
	(void)snprintf(o->path, sizeof(o->path), "%s", info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe");
	o->base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];

		if (h->p_type == PT_GNU_RELRO)
			o->keep = h->p_vaddr + h->p_memsz;
		if (h->p_type != PT_LOAD)
			continue;
		if (o->segments == SEGMENTS)
			kernel_bug("%s has too many segments", o->path);
		o->segment[o->segments++] = *h;
		o->span = UP(h->p_vaddr + h->p_memsz);
		if (h->p_flags & PF_W) {
			o->data = h->p_vaddr;
			o->bss = h->p_vaddr + h->p_filesz;
			o->end = h->p_vaddr + h->p_memsz;
		}
	}
	o->offset = all_bytes;
	all_bytes += o->span;
	return 0;
}

static bool
find(uintptr_t value, unsigned *which)
{
	for (unsigned i = 0; i < objects; i++)
		if (value >= object[i].base && value < object[i].base + object[i].span)
			return *which = i, true;
	return false;
}

static void
note_fix(unsigned in, uintptr_t at, uintptr_t value)
{
	unsigned target;

	if (!find(value, &target))
		return;
	if (fixes == FIXES)
		kernel_bug("too many relocations");
	fix[fixes++] = (struct fix){ .in = in, .at = at, .value = value - object[target].base, .target = target };
}

static void
note_relocations(unsigned in, const ElfW(Rela) * r, size_t bytes, const ElfW(Sym) * symbols, const char *strings)
{
	for (; bytes >= sizeof(*r); r++, bytes -= sizeof(*r)) {
		const char *name = strings + symbols[ELF64_R_SYM(r->r_info)].st_name;
		const uintptr_t value = *(const uintptr_t *)(object[in].base + r->r_offset);
		void *symbol;

		switch (ELF64_R_TYPE(r->r_info)) {
		case R_X86_64_RELATIVE:
		case R_X86_64_64:
		case R_X86_64_GLOB_DAT:
			note_fix(in, r->r_offset, value);
			break;
		case R_X86_64_JUMP_SLOT: /* the first copy's may not be found yet */
			if ((symbol = dlsym(RTLD_DEFAULT, name))) {
				*(uintptr_t *)(object[in].initial + (r->r_offset - object[in].data)) =
				    (uintptr_t)symbol;
				note_fix(in, r->r_offset, (uintptr_t)symbol);
			}
			break;
		default: /* R_X86_64_COPY: libc.c sees to it; thread-local ones are as they are */
			break;
		}
	}
}

static void
note_relr(unsigned in, const ElfW(Relr) * r, size_t bytes)
{
	uintptr_t at = 0;

	for (; bytes >= sizeof(*r); r++, bytes -= sizeof(*r)) {
		if (!(*r & 1)) {
			note_fix(in, *r, *(const uintptr_t *)(object[in].base + *r));
			at = *r + sizeof(*r);
			continue;
		}
		for (unsigned bit = 0; bit < 63; bit++)
			if (*r >> (bit + 1) & 1)
				note_fix(in, at + bit * sizeof(*r),
				    *(const uintptr_t *)(object[in].base + at + bit * sizeof(*r)));
		at += 63 * sizeof(*r);
	}
}

/* What the dynamic section says; the loader may have made addresses of it. */
static uintptr_t
dynamic(const struct object *o, const ElfW(Dyn) * d, ElfW(Sxword) tag, bool address)
{
	for (; d->d_tag != DT_NULL; d++)
		if (d->d_tag == tag)
			return address && d->d_un.d_ptr < o->base ? o->base + d->d_un.d_ptr : d->d_un.d_ptr;
	return 0;
}

static int
note_dynamic(struct dl_phdr_info *info, size_t size, void *context)
{
	const ElfW(Dyn) *d = NULL;
	unsigned in = 0;
	const struct object *o;

	(void)size, (void)context;
	while (in < objects && object[in].base != info->dlpi_addr)
		in++;
	if (in == objects)
		return 0;
	o = &object[in];
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			d = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	if (!d)
		return 0;
	const ElfW(Sym) *symbols = (const ElfW(Sym) *)dynamic(o, d, DT_SYMTAB, true);
	const char *strings = (const char *)dynamic(o, d, DT_STRTAB, true);

	note_relocations(
	    in, (const ElfW(Rela) *)dynamic(o, d, DT_RELA, true), dynamic(o, d, DT_RELASZ, false), symbols, strings);
	note_relocations(in, (const ElfW(Rela) *)dynamic(o, d, DT_JMPREL, true), dynamic(o, d, DT_PLTRELSZ, false),
	    symbols, strings);
	note_relr(in, (const ElfW(Relr) *)dynamic(o, d, DT_RELR, true), dynamic(o, d, DT_RELRSZ, false));
	return 0;
}

/* What is not zero at the beginning, and written to by more than the loader. */
static uint8_t *
data_of(const struct slot *s, const struct object *o, size_t *n)
{
	const uintptr_t from = o->keep > o->data ? o->keep : o->data;

	*n = from < o->bss ? o->bss - from : 0;
	return s->copies + o->offset + from;
}

/* The whole pages of what is zero at the beginning, if they are many: few programs need many of them. */
static uint8_t *
lazy_of(const struct slot *s, const struct object *o, size_t *n)
{
	*n = o->end > UP(o->bss) + SMALL ? UP(o->end) - UP(o->bss) : 0;
	return s->copies + o->offset + UP(o->bss);
}

/* The rest of it. */
static uint8_t *
zeros_of(const struct slot *s, const struct object *o, size_t *n)
{
	size_t lazy;

	(void)lazy_of(s, o, &lazy);
	*n = (lazy > 0 ? UP(o->bss) : o->end) - o->bss;
	return s->copies + o->offset + o->bss;
}

/* How much there is of what each slot has. */
static void
measure(void)
{
	const struct slot none = { .copies = NULL };
	size_t n;

	initial_bytes = lazy_pages = 0;
	for (unsigned i = 0; i < objects; i++) {
		(void)data_of(&none, &object[i], &n);
		initial_bytes += n;
		(void)lazy_of(&none, &object[i], &n);
		lazy_pages += (unsigned)(n / PAGE);
	}
}

/* Before anything else: what is static is as the loader left it. */
void
image_begin(void)
{
	fix = kernel_memory(FIXES * sizeof(*fix));
	(void)dl_iterate_phdr(note_object, NULL);
	for (unsigned i = 0; i < objects; i++) {
		struct object *o = &object[i];

		o->initial = map(NULL, o->end - o->data, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memcpy(o->initial, (const void *)(o->base + o->data), o->bss - o->data);
	}
	(void)dl_iterate_phdr(note_dynamic, NULL);
	measure();
}

/* ------ slots ------ */

/* Where something of the program's lies in a slot. */
static void *
image_of(const struct slot *s, const void *original)
{
	unsigned i;

	if (!find((uintptr_t)original, &i))
		kernel_bug("it is not ours");
	return s->copies + object[i].offset + ((uintptr_t)original - object[i].base);
}

static void
apply(const struct slot *s)
{
	for (const struct fix *f = fix; f < fix + fixes; f++)
		*(uintptr_t *)(s->copies + object[f->in].offset + f->at) =
		    (uintptr_t)s->copies + object[f->target].offset + f->value;
}

static void
load(const struct slot *s, const struct object *o)
{
	uint8_t *const base = s->copies + o->offset;
	const int fd = (int)raw(SYS_open, o->path, 0L);

	for (unsigned i = 0; i < o->segments; i++) {
		const ElfW(Phdr) *h = &o->segment[i];
		uint8_t *from = base + DOWN(h->p_vaddr);
		const size_t n = UP(h->p_vaddr + h->p_memsz) - DOWN(h->p_vaddr);

		if (h->p_flags & PF_W)
			(void)map(from, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		else
			(void)map(from, n, PROT_READ | (h->p_flags & PF_X ? PROT_EXEC : 0), MAP_PRIVATE | MAP_FIXED, fd,
			    (long)DOWN(h->p_offset));
	}
	(void)raw(SYS_close, (long)fd);
	(void)raw(SYS_madvise, base + UP(o->bss), UP(o->end) - UP(o->bss), (long)MADV_NOHUGEPAGE);
	memcpy(base + o->data, o->initial, o->bss - o->data);
}

/* Programs begin with these data; pages that none has touched are closed, so that they need not be looked at. */
static void
set_aside(struct slot *s)
{
	uint8_t *to = s->initial = kernel_memory(UP(initial_bytes));
	size_t n;

	s->touched = kernel_memory(UP(lazy_pages * sizeof(*s->touched)));
	s->idle = kernel_memory(UP(lazy_pages));
	s->n_touched = 0;
	for (unsigned i = 0; i < objects; i++, to += n) {
		uint8_t *part = lazy_of(s, &object[i], &n);

		if (n > 0)
			(void)raw(SYS_mprotect, part, n, (long)PROT_NONE);
		part = data_of(s, &object[i], &n);
		memcpy(to, part, n);
	}
}

/* Somebody touches memory that was closed: false, it was not. */
bool
image_opens(const void *address)
{
	uint8_t *const page = (uint8_t *)DOWN((uintptr_t)address);
	size_t n;

	for (struct slot *s = k->slot; s < k->slot + SLOTS && s->made; s++)
		for (unsigned i = 0; i < objects; i++) {
			uint8_t *const lazy = lazy_of(s, &object[i], &n);

			if (page < lazy || page >= lazy + n)
				continue;
			for (unsigned t = 0; t < s->n_touched; t++)
				if (s->touched[t] == page)
					return false;
			s->idle[s->n_touched] = 0;
			s->touched[s->n_touched++] = page;
			return raw(SYS_mprotect, page, PAGE, (long)(PROT_READ | PROT_WRITE)) == 0;
		}
	return false;
}

static void
slot_make(struct slot *s)
{
	uint8_t *space;

	s->copies = map(NULL, all_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (unsigned i = 0; i < objects; i++)
		load(s, &object[i]);
	apply(s);
	set_aside(s);
	space =
	    map(NULL, 2 * (size_t)SPACE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	s->heap = (struct heap *)(((uintptr_t)space + SPACE - 1) & ~(uintptr_t)(SPACE - 1));
	s->top = (uint8_t *)s->heap + SPACE;
	(void)raw(SYS_mprotect, s->top - STACK, PAGE, (long)PROT_NONE);
	s->made = true;
}

/* Calls fn for each page that was ever touched; what was not is zero. */
void
image_each_touched(uint8_t *from, size_t n, void (*fn)(uint8_t *at, size_t n, void *context), void *context)
{
	unsigned char there[PARTS];

	for (size_t pages; n > 0; from += pages * PAGE, n -= pages * PAGE) {
		pages = n / PAGE < PARTS ? n / PAGE : PARTS;
		if (raw(SYS_mincore, from, pages * PAGE, there) != 0)
			kernel_bug("the real host does not say which pages are there");
		for (size_t i = 0; i < pages; i++)
			if (there[i] & 1)
				fn(from + i * PAGE, PAGE, context);
	}
}

static void
clear(uint8_t *at, size_t n, void *context)
{
	(void)context;
	memset(at, 0, n);
}

void
image_wipe(uint8_t *from, size_t n)
{
	image_each_touched(from, n, clear, NULL);
}

/* Pages that programs here have touched are zero again; what many of them had no use for is closed. */
static void
clear_touched(struct slot *s)
{
	static const uint8_t zeros[PAGE];

	for (unsigned t = 0; t < s->n_touched;) {
		uint8_t *const page = s->touched[t];

		if (memcmp(page, zeros, PAGE) != 0) {
			memset(page, 0, PAGE);
			s->idle[t++] = 0;
		} else if (++s->idle[t] < IDLE) {
			t++;
		} else {
			(void)raw(SYS_mprotect, page, PAGE, (long)PROT_NONE);
			s->touched[t] = s->touched[--s->n_touched];
			s->idle[t] = s->idle[s->n_touched];
		}
	}
}

/* As when a program is loaded. */
static void
slot_reset(struct slot *s)
{
	const uint8_t *from = s->initial;
	size_t n;

	for (unsigned i = 0; i < objects; i++, from += n) {
		uint8_t *part = zeros_of(s, &object[i], &n);

		memset(part, 0, n);
		part = data_of(s, &object[i], &n);
		memcpy(part, from, n);
	}
	clear_touched(s);
	heap_reset(s->heap);
}

/* A place for a program that begins, which then runs fn. */
void
image_load(int i, void (*fn)(void))
{
	struct proc *p = &k->proc[i];
	struct slot *s = k->slot;
	uintptr_t *stack;

	while (s < k->slot + SLOTS && s->users > 0)
		s++;
	if (s == k->slot + SLOTS)
		kernel_bug("too many programs");
	if (!s->made)
		slot_make(s);
	slot_reset(s);
	s->users = 1;
	s->in = i;
	p->slot = s;
	stack = (uintptr_t *)(s->top - 128);
	memset(stack, 0, 128);
	stack -= 6; /* the registers that turn_change() takes from there */
	memset(stack, 0, 6 * sizeof(*stack));
	stack[6] = (uintptr_t)image_of(s, (const void *)fn);
	p->sp = stack;
}

/* ------ two in one slot ------ */

static void
keep_part(uint8_t *at, size_t n, void *context)
{
	struct kept *kept = context;

	if (kept->n == IMAGE_PARTS || kept->bytes + n > IMAGE_BYTES)
		kernel_bug("a process that forks is too large");
	memcpy(kept->data + kept->bytes, at, n);
	kept->bytes += n;
	if (kept->n > 0 && kept->part[kept->n - 1].at + kept->part[kept->n - 1].n == at) {
		kept->part[kept->n - 1].n += n;
		return;
	}
	kept->part[kept->n].at = at;
	kept->part[kept->n++].n = n;
}

/* Of a heap; what is free needs no copy, and much of what is large was perhaps never touched. */
static void
keep_run(uint8_t *from, uint8_t *to, bool large, void *context)
{
	struct kept *kept = context;

	if (!large) {
		keep_part(from, (size_t)(to - from), kept);
		return;
	}
	if (kept->n_large == LARGE_MOST)
		kernel_bug("a process that forks has too much");
	from = (uint8_t *)DOWN((uintptr_t)from);
	to = (uint8_t *)UP((uintptr_t)to);
	kept->large[kept->n_large].at = from;
	kept->large[kept->n_large].n = (size_t)(to - from);
	kept->large[kept->n_large++].first = kept->n;
	image_each_touched(from, (size_t)(to - from), keep_part, kept);
}

static void
keep(int i)
{
	struct proc *p = &k->proc[i];
	const struct slot *s = p->slot;
	struct kept *kept = NULL;
	size_t n;

	for (int at = 0; at < IMAGES_KEPT && !kept; at++)
		if (!k->kept[at].used)
			kept = &k->kept[at];
	if (!kept)
		kernel_bug("too many processes that forked");
	if (!kept->data)
		kept->data =
		    map(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	kept->used = true;
	kept->n = kept->n_large = 0;
	kept->bytes = 0;
	for (unsigned at = 0; at < objects; at++) {
		uint8_t *part = data_of(s, &object[at], &n);

		keep_part(part, n, kept);
		part = zeros_of(s, &object[at], &n);
		keep_part(part, n, kept);
	}
	for (unsigned t = 0; t < s->n_touched; t++)
		keep_part(s->touched[t], PAGE, kept);
	kept->n_touched = s->n_touched;
	keep_part((uint8_t *)p->sp - 128, (size_t)(s->top - (uint8_t *)p->sp) + 128, kept);
	heap_each_run(s->heap, GAP, MEDIUM, keep_run, kept);
	p->kept = kept;
}

/* Of what was kept by the page. */
static void
clear_unkept(uint8_t *at, size_t n, void *context)
{
	struct kept *kept = context;

	while (kept->next < kept->n && kept->part[kept->next].at + kept->part[kept->next].n <= at)
		kept->next++;
	if (kept->next == kept->n || kept->part[kept->next].at > at)
		memset(at, 0, n);
}

/* The process comes into its slot; who was there is kept beside it. On a stack that is no process's. */
static void
bring(int i)
{
	struct proc *p = &k->proc[i];
	struct slot *s = p->slot;
	struct kept *kept = p->kept;
	const uint8_t *from;
	size_t dirty;

	if (s->in == i)
		return;
	if (s->in != NONE)
		keep(s->in);
	for (unsigned t = kept->n_touched; t < s->n_touched; t++)
		memset(s->touched[t], 0, PAGE);
	dirty = s->heap->dirty > s->heap->brk ? s->heap->dirty : s->heap->brk;
	for (unsigned l = 0; l < kept->n_large; l++) {
		kept->next = kept->large[l].first;
		image_each_touched(kept->large[l].at, kept->large[l].n, clear_unkept, kept);
	}
	from = kept->data;
	for (unsigned at = 0; at < kept->n; at++) {
		memcpy(kept->part[at].at, from, kept->part[at].n);
		from += kept->part[at].n;
	}
	if (s->heap->dirty < dirty)
		s->heap->dirty = dirty;
	kept->used = false;
	p->kept = NULL;
	s->in = i;
}

/* The process that runs has made a child, which goes on as it does, and first: it mostly begins another program soon. */
static void
share(int parent, int child)
{
	struct proc *p = &k->proc[parent], *c = &k->proc[child];

	c->sp = p->sp;
	c->libc = p->libc;
	c->slot->users++;
	c->kept = NULL;
	keep(parent);
	c->slot->in = child;
}

/* One that is over needs no memory. */
void
image_drop(int i)
{
	struct proc *p = &k->proc[i];
	struct slot *s = p->slot;

	if (!s)
		return;
	if (p->kept)
		p->kept->used = false;
	p->kept = NULL;
	if (s->in == i)
		s->in = NONE;
	s->users--;
	p->slot = NULL;
}

/* ------ the carrier: has a stack of its own, and moves the memory of those who share theirs ------ */

static void
carrier(void)
{
	for (;;) {
		if (k->carry_parent != NONE)
			share(k->carry_parent, k->carry_to);
		else
			bring(k->carry_to);
		k->carry_parent = NONE;
		turn_change(&k->carrier_sp, k->proc[k->carry_to].sp);
	}
}

void
image_carrier(void)
{
	static uint8_t *bottom;
	uintptr_t *stack;

	bottom = bottom ? bottom : kernel_memory(STACK);
	stack = (uintptr_t *)(((uintptr_t)bottom + STACK - 128) & ~(uintptr_t)127);

	stack -= 6;
	memset(stack, 0, 16 * sizeof(*stack));
	stack[6] = (uintptr_t)carrier;
	k->carrier_sp = stack;
	k->carry_parent = NONE;
}
