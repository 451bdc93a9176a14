#include "core/names/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t v[4];
};

static uint64_t
rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void
rounds(struct state *s, unsigned count)
{
	uint64_t *v = s->v;

	for (; count > 0; count--) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void
absorb(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	rounds(s, 2);
	s->v[0] ^= word;
}

static uint64_t
squeeze(struct state *s)
{
	rounds(s, 4);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

struct siphash
siphash(const uint64_t key[2], const void *data, size_t len)
{
	const uint8_t *p = data;
	struct state s = { .v = { key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU ^ 0xee,
			       key[0] ^ 0x6c7967656e657261U, key[1] ^ 0x7465646279746573U } };
	struct siphash hash;
	uint64_t word;

	for (size_t left = len; left >= sizeof(word); left -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		absorb(&s, le64toh(word));
	}
	word = 0;
	memcpy(&word, p, len % sizeof(word));
	absorb(&s, le64toh(word) | (uint64_t)len << 56);
	s.v[2] ^= 0xee;
	hash.half[0] = squeeze(&s);
	s.v[1] ^= 0xdd;
	hash.half[1] = squeeze(&s);
	return hash;
}
