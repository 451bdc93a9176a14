#include "core/streams/transfer.h"

static bool
go_on(struct transfer *t, bool allowed, enum transfer_stage next)
{
	t->stage = (uint8_t)(allowed ? next : TRANSFER_BROKEN);
	return allowed;
}

void
transfer_init(struct transfer *t, uint32_t files)
{
	*t = (struct transfer){ .files = files, .most = UINT64_MAX };
}

bool
transfer_begin(struct transfer *t, bool known_version)
{
	return go_on(
	    t, t->stage == TRANSFER_BEGINS && known_version, t->files > 0 ? TRANSFER_BETWEEN : TRANSFER_STREAM);
}

bool
transfer_file(struct transfer *t, uint32_t index, uint64_t size)
{
	if (!go_on(t, t->stage == TRANSFER_BETWEEN && index == t->next && index < t->files, TRANSFER_FILE))
		return false;
	t->next++;
	t->got = 0;
	t->most = size;
	return true;
}

static bool
take(struct transfer *t, bool allowed, uint64_t bytes)
{
	if (!go_on(t, allowed && bytes <= t->most - t->got, t->stage))
		return false;
	t->got += bytes;
	t->all += bytes;
	return true;
}

bool
transfer_bytes(struct transfer *t, uint64_t bytes)
{
	return take(t, t->stage == TRANSFER_STREAM || t->stage == TRANSFER_FILE, bytes);
}

bool
transfer_hole(struct transfer *t, uint64_t bytes)
{
	return take(t, t->stage == TRANSFER_FILE, bytes);
}

bool
transfer_end(struct transfer *t, uint64_t bytes)
{
	const bool stream = t->stage == TRANSFER_STREAM;
	const bool file = t->stage == TRANSFER_FILE && bytes == t->most;

	return go_on(t, (stream || file) && bytes == t->got, stream ? TRANSFER_WHOLE : TRANSFER_BETWEEN);
}

bool
transfer_done(struct transfer *t)
{
	return go_on(t, t->stage == TRANSFER_BETWEEN && t->next == t->files, TRANSFER_WHOLE);
}
