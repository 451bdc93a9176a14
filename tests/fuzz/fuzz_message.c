/* Any bytes as frames of either socket: what is understood encodes to the very same bytes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "proto/control.h"
#include "proto/upstream.h"

static uint8_t out[FRAME_MAX];

static void
check_upstream(const uint8_t *bytes, size_t n, const struct frame *f)
{
	static struct upstream_message m;

	memset(&m, 0xa5, sizeof(m));
	if (upstream_decode(f, &m) != 0)
		return;
	fuzz_require(upstream_encode(&m, out, sizeof(out)) == n);
	fuzz_require(memcmp(out, bytes, n) == 0);
	fuzz_require(upstream_encode(&m, out, n - 1) == 0);
}

static void
check_control(const uint8_t *bytes, size_t n, const struct frame *f)
{
	static struct control_message m;

	memset(&m, 0xa5, sizeof(m));
	if (control_decode(f, &m) != 0)
		return;
	fuzz_require(control_encode(&m, out, sizeof(out)) == n);
	fuzz_require(memcmp(out, bytes, n) == 0);
	fuzz_require(control_encode(&m, out, n - 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct frame f;
	ssize_t used;

	for (size_t at = 0; at < n; at += (size_t)used) {
		uint8_t *body;

		used = frame_parse(data + at, n - at, &f);
		if (used <= 0)
			break;
		f.body = body = fuzz_copy(f.body, f.length);
		check_upstream(data + at, (size_t)used, &f);
		check_control(data + at, (size_t)used, &f);
		free(body);
	}
	return 0;
}
